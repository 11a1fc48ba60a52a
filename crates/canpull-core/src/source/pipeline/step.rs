//! Steps of pipelines that deploy manifests with pull secrets, or make such secrets.

use canpull_syntax::{Kind, Node, Span};

use super::Reader;
use crate::acr_host::acr_host;
use crate::fact::azure::PrincipalRef;
use crate::fact::script::{InjectionFact, ScriptSecretFact};
use crate::fact::{self, Field, FileFacts, Why};
use crate::placeholder;

const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";

/// Whether a text may hold such steps.
pub(super) fn mentions_tasks(text: &str) -> bool {
    ["KubernetesManifest@", "Kubernetes@", "/k8s-deploy@", "/k8s-create-secret@"].iter().any(|task| text.contains(task))
}

/// Notes what a step hands out, if anything.
pub(super) fn read(reader: &Reader<'_>, node: Node<'_>, facts: &mut FileFacts) {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    let (uses, task) = (text("uses").to_ascii_lowercase(), text("task"));
    let inputs = |key: &str| node.get(key).filter(|inputs| inputs.kind() == Kind::Map);
    let span = reader.input.span(node);
    if let Some(inputs) = inputs("with") {
        let step = Step { reader, inputs, span };
        if uses.starts_with("azure/k8s-deploy@") {
            step.deploys("imagepullsecrets", facts);
        } else if uses.starts_with("azure/k8s-create-secret@") {
            step.action_secret(facts);
        }
    }
    if let Some(inputs) = inputs("inputs") {
        let step = Step { reader, inputs, span };
        if task.starts_with("KubernetesManifest@") {
            match step.text("action").as_deref() {
                Some("createSecret") => step.task_secret("dockerRegistryEndpoint", facts),
                Some("deploy" | "promote") | None => step.deploys("imagePullSecrets", facts),
                _ => {}
            }
        } else if task.starts_with("Kubernetes@") && step.text("secretName").is_some() {
            step.task_secret("azureContainerRegistry", facts);
        }
    }
}

/// What a task of Azure runs by `kubectl`: the words in front of its arguments, and these.
pub(super) fn kubectl<'t>(reader: &Reader<'_>, node: Node<'t>) -> Option<(String, Node<'t>)> {
    let runs = node.get("task").and_then(Node::text).is_some_and(|task| task.starts_with("Kubernetes@"));
    let inputs = node.get("inputs").filter(|inputs| runs && inputs.kind() == Kind::Map)?;
    let step = Step { reader, inputs, span: reader.input.span(node) };
    let is_word = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let command = step.text("command").filter(is_word)?;
    let namespace = step.text("namespace").filter(is_word).map(|own| format!(" --namespace {own}")).unwrap_or_default();
    Some((format!("kubectl{namespace} {command} "), inputs.get("arguments")?))
}

/// A step with its inputs.
struct Step<'s, 'i> {
    reader: &'s Reader<'i>,
    inputs: Node<'s>,
    span: Span,
}

impl Step<'_, '_> {
    /// An input in any case of letters, with the variables in it replaced.
    fn input(&self, key: &str) -> Option<(String, Span)> {
        let entry = self.inputs.written_entries().find(|entry| entry.name().eq_ignore_ascii_case(key))?;
        let text = entry.value.text()?;
        let text = self.reader.resolve(text.trim());
        (!text.is_empty()).then(|| (text, self.reader.input.span(entry.value)))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.input(key).map(|(text, _)| text)
    }

    fn field(&self, key: &str) -> Field<String> {
        match self.input(key) {
            Some((text, span)) if placeholder::find(&text).is_none() => Field::Known(text, span),
            Some((_, span)) => Field::Unknown(Why::Placeholder, span),
            None => Field::Absent(self.span),
        }
    }

    /// An input with a value on each line, or between commas.
    fn lines(&self, key: &str) -> Vec<(String, Span)> {
        let Some((text, span)) = self.input(key) else { return Vec::new() };
        let parts = text.split(['\n', ',']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| (part.to_owned(), span)).collect()
    }

    fn deploys(&self, key: &str, facts: &mut FileFacts) {
        let secrets: Vec<Field<String>> = self
            .lines(key)
            .into_iter()
            .map(|(name, span)| match placeholder::find(&name) {
                Some(_) => Field::Unknown(Why::Placeholder, span),
                None => Field::Known(name, span),
            })
            .collect();
        if secrets.is_empty() {
            return;
        }
        let manifests: Option<Vec<String>> =
            self.lines("manifests").iter().map(|(path, _)| project_path(path)).collect();
        let (namespace, span) = (self.field("namespace"), self.span);
        let manifests = manifests.unwrap_or_default();
        facts.script.injections.push(InjectionFact { secrets, manifests, workload: None, namespace, span });
    }

    fn action_secret(&self, facts: &mut FileFacts) {
        let docker = self.input("container-registry-url").is_some();
        let secret_type = match self.field("secret-type") {
            Field::Known(word, span) if word == "docker-registry" || (docker && word != "generic") => {
                Field::Known(DOCKER_CONFIG_JSON.to_owned(), span)
            }
            Field::Absent(span) if docker => Field::Known(DOCKER_CONFIG_JSON.to_owned(), span),
            Field::Known(word, span) if word == "generic" => Field::Known("Opaque".to_owned(), span),
            other => other,
        };
        let user = match self.field("container-registry-username") {
            Field::Known(name, span) => PrincipalRef::Written(name, span),
            Field::Unknown(why, span) => PrincipalRef::Unknown(why, span),
            Field::Absent(span) => PrincipalRef::Absent(span),
        };
        self.secret(facts, self.field("secret-name"), secret_type, self.field("container-registry-url"), user);
    }

    /// A secret with the credential of a service connection.
    fn task_secret(&self, server: &str, facts: &mut FileFacts) {
        let docker = self.text("secretType").is_none_or(|word| word.eq_ignore_ascii_case("dockerRegistry"));
        let place = self.span;
        let secret_type = if docker { DOCKER_CONFIG_JSON } else { "Opaque" };
        // A connection goes by a name of its own; only a host tells the registry.
        let server = match self.field(server) {
            Field::Known(host, span) if acr_host(&host).is_some() => Field::Known(host, span),
            other => Field::Unknown(Why::FilledAtRunTime, other.span()),
        };
        let user = PrincipalRef::Unknown(Why::FilledAtRunTime, place);
        self.secret(facts, self.field("secretName"), Field::Known(secret_type.to_owned(), place), server, user);
    }

    fn secret(
        &self,
        facts: &mut FileFacts,
        name: Field<String>,
        secret_type: Field<String>,
        server: Field<String>,
        user: PrincipalRef,
    ) {
        let is_docker = secret_type.text() == Some(DOCKER_CONFIG_JSON);
        facts.script.secrets.push(ScriptSecretFact {
            name,
            namespace: self.field("namespace"),
            secret_type,
            keys: is_docker.then(|| vec![".dockerconfigjson".to_owned()]),
            server,
            user,
            ..ScriptSecretFact::open(self.span)
        });
    }
}

/// A path as a step writes it, relative to the project's root.
fn project_path(written: &str) -> Option<String> {
    const ROOTS: [&str; 4] = [
        "$(Build.SourcesDirectory)",
        "$(System.DefaultWorkingDirectory)",
        "$(Build.Repository.LocalPath)",
        "${{ github.workspace }}",
    ];
    let bare = ROOTS.iter().find_map(|root| written.strip_prefix(root)).unwrap_or(written).trim_start_matches('/');
    if placeholder::find(bare).is_some() {
        return None;
    }
    fact::join("", bare)
}

#[cfg(test)]
mod tests {
    use super::project_path;

    #[test]
    fn paths_are_told_from_the_root() {
        let path = |written: &str| project_path(written);
        assert_eq!(path("$(Build.SourcesDirectory)/manifests/*").as_deref(), Some("manifests/*"));
        assert_eq!(path("./k8s/web.yaml").as_deref(), Some("k8s/web.yaml"));
        assert_eq!(path("$(Pipeline.Workspace)/manifests/x.yaml"), None);
    }
}
