//! The facts of Kubernetes objects and kustomizations as text.

use std::fmt::Write as _;

use canpull_core::fact::{
    Field, FileFacts, KustomizationFact, ObjectMeta, PatchFact, PatchTarget, Reach, SecretList, SecretRef, Sensitive,
    StepChange, Touches,
};
use canpull_syntax::TextRange;

use super::{Source, field};

pub(super) fn print(source: &Source<'_>, out: &mut String) {
    let facts = source.facts;
    workloads(facts, out);
    service_accounts(facts, out);
    secrets(facts, out);
    producers(facts, out);
    patchers(facts, out);
    defects(source, out);
    if let Some(fact) = &facts.kustomization {
        kustomization(fact, out);
    }
    for fact in &facts.deployers {
        writeln!(out, "deploys {:?}", fact.folder).unwrap();
        changes(&fact.changes, out);
    }
}

fn workloads(facts: &FileFacts, out: &mut String) {
    for fact in &facts.workloads {
        let flags = [
            (fact.built_in, "built-in"),
            (fact.is_static, "static"),
            (fact.virtual_node.is_some() && fact.virtual_node_certain, "virtual-node"),
            (fact.virtual_node.is_some() && !fact.virtual_node_certain, "virtual-node?"),
            (fact.insertion.is_some(), "insertable"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        writeln!(out, "workload {} at {} [{}]", object(&fact.object), fact.path, flags.join(" ")).unwrap();
        writeln!(out, "  account {}", field(&fact.service_account)).unwrap();
        writeln!(out, "  secrets {}", list(&fact.pull_secrets)).unwrap();
        for image in &fact.images {
            let policy =
                if image.pull_policy.is_absent() { String::new() } else { format!(" {}", field(&image.pull_policy)) };
            let shown =
                if image.image.text() == Some(&image.text) { String::new() } else { format!(" ({})", image.text) };
            let role = format!("{:?}", image.role).to_lowercase();
            writeln!(out, "  {role} {:?} {}{shown}{policy}", image.container, field(&image.image)).unwrap();
        }
        if !fact.mounted_classes.is_empty() {
            writeln!(out, "  mounts {}", fact.mounted_classes.join(", ")).unwrap();
        }
    }
}

fn service_accounts(facts: &FileFacts, out: &mut String) {
    for fact in &facts.service_accounts {
        writeln!(out, "service-account {}", object(&fact.object)).unwrap();
        writeln!(out, "  secrets {}; mountable {}", list(&fact.pull_secrets), entries(&fact.secrets)).unwrap();
    }
}

fn secrets(facts: &FileFacts, out: &mut String) {
    for fact in &facts.secrets {
        let hidden = fact.hidden.map(|why| format!(" hidden {why:?}")).unwrap_or_default();
        writeln!(out, "secret {} type {}{hidden}", object(&fact.object), field(&fact.secret_type)).unwrap();
        for value in &fact.values {
            let kept = match &value.value {
                Field::Known(value, _) => {
                    let _: &Sensitive = value;
                    "kept".to_owned()
                }
                Field::Unknown(why, _) => format!("unknown {why:?}"),
                Field::Absent(_) => "name only".to_owned(),
            };
            writeln!(out, "  {} {}{kept}", value.key, if value.encoded { "base64 " } else { "" }).unwrap();
        }
    }
}

fn producers(facts: &FileFacts, out: &mut String) {
    for fact in &facts.producers {
        let reach = match &fact.reach {
            Reach::Namespace(namespace) => field(namespace),
            Reach::Cluster => "everywhere".to_owned(),
        };
        write!(out, "producer {} makes {} in {reach}", object(&fact.object), field(&fact.name)).unwrap();
        write!(out, " type {}", field(&fact.secret_type)).unwrap();
        if let Some(keys) = &fact.keys {
            write!(out, " keys {}", keys.join(",")).unwrap();
        }
        if let Some(registry) = &fact.registry {
            write!(out, " registry {}", field(registry)).unwrap();
        }
        if let Some(generator) = &fact.generator {
            write!(out, " token of {generator}").unwrap();
        }
        if let Some(class) = &fact.needs_mount {
            write!(out, " while mounted {class}").unwrap();
        }
        out.push('\n');
    }
    for fact in &facts.generators {
        let (registry, scope) = (field(&fact.registry), field(&fact.scope));
        writeln!(out, "generator {} for {registry} scope {scope}", object(&fact.object)).unwrap();
    }
}

fn patchers(facts: &FileFacts, out: &mut String) {
    for fact in &facts.patchers {
        let what = if fact.patches_pods { "pods" } else { "accounts" };
        let account = fact.service_account.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let secret = fact.secret.as_deref().unwrap_or("?");
        writeln!(out, "patcher {} {what}{account} secret {secret}", object(&fact.object)).unwrap();
    }
}

fn defects(source: &Source<'_>, out: &mut String) {
    for fact in &source.facts.defects {
        writeln!(
            out,
            "defect {:?} {} -> {} at {:?}",
            fact.kind,
            fact.path,
            fact.belongs,
            source.slice(fact.span.range)
        )
        .unwrap();
        for edit in &fact.edits {
            writeln!(out, "  line {} {:?} => {:?}", source.line(edit.range), source.slice(edit.range), edit.text)
                .unwrap();
        }
    }
}

fn kustomization(fact: &KustomizationFact, out: &mut String) {
    writeln!(out, "kustomization {:?}{}", fact.directory, if fact.component { " component" } else { "" }).unwrap();
    let paths = |paths: &[(String, TextRange)]| paths.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    writeln!(out, "  resources {:?} components {:?}", paths(&fact.resources), paths(&fact.components)).unwrap();
    changes(fact, out);
}

fn changes(fact: &KustomizationFact, out: &mut String) {
    let namespace = fact.namespace.as_ref().map(|(name, _)| name);
    writeln!(out, "  namespace {namespace:?} renames {}", fact.renames).unwrap();
    for image in &fact.images {
        writeln!(out, "  image {} -> {:?} {:?} {:?}", image.name, image.new_name, image.new_tag, image.digest).unwrap();
    }
    for made in &fact.generators {
        let (namespace, kind) = (&made.namespace, &made.secret_type);
        writeln!(out, "  generates {} in {namespace:?} type {kind:?} keys {:?}", made.name, made.keys).unwrap();
    }
    for fact in &fact.patches {
        patch(fact, out);
    }
    for (key, _) in &fact.opaque {
        writeln!(out, "  opaque {key}").unwrap();
    }
}

fn patch(fact: &PatchFact, out: &mut String) {
    let PatchTarget { kind, name, group, version, selects, .. } = &fact.target;
    let selects = if *selects { " some" } else { "" };
    writeln!(out, "  patch {:?} for{selects} {kind:?} {name:?} of {group:?} {version:?}", fact.file).unwrap();
    let Touches { images, secrets, accounts, payload, removes } = fact.body.touches;
    let touched = [
        (images, " images"),
        (secrets, " secrets"),
        (accounts, " accounts"),
        (payload, " payload"),
        (removes, " removes"),
    ];
    let touched: String = touched.iter().filter(|(touched, _)| *touched).map(|(_, part)| *part).collect();
    writeln!(out, "    touches{touched}").unwrap();
    for fact in &fact.body.workloads {
        writeln!(out, "    merges {} secrets {}", object(&fact.object), list(&fact.pull_secrets)).unwrap();
    }
    for fact in &fact.body.service_accounts {
        writeln!(out, "    merges {} secrets {}", object(&fact.object), list(&fact.pull_secrets)).unwrap();
    }
    for step in &fact.body.steps {
        let change = match &step.change {
            StepChange::Secrets(own) => format!("secrets {}", list(own)),
            StepChange::Secret(entry, place) => format!("secret {} at {place:?}", field(&entry.name)),
            StepChange::Account(name) => format!("account {}", field(name)),
            StepChange::Image(role, place, image, _) => format!("image of {role:?} {place} {}", field(image)),
        };
        writeln!(out, "    sets {:?} {change}", step.of).unwrap();
    }
}

fn object(meta: &ObjectMeta) -> String {
    let mut out = format!("{} {} {}/{}", meta.api_version, meta.kind, field(&meta.namespace), field(&meta.name));
    if meta.live {
        out.push_str(" live");
    }
    if let Some(removed) = meta.removed_api {
        write!(out, " removed-in {} use {}", removed.removed_in, removed.replacement).unwrap();
    }
    if let Some(source) = &meta.helm_source {
        write!(out, " from {source}").unwrap();
    }
    for rule in &meta.ignores {
        write!(out, " ignores {}", rule.id).unwrap();
    }
    out
}

fn list(list: &SecretList) -> String {
    match list {
        SecretList::Empty(_) => "none".to_owned(),
        SecretList::Entries(found, _) => entries(found),
        SecretList::Refused(found, _) => format!("refused {}", entries(found)),
        SecretList::Unknown(why, _) => format!("?{why:?}"),
    }
}

fn entries(entries: &[SecretRef]) -> String {
    let names: Vec<String> = entries.iter().map(|entry| field(&entry.name)).collect();
    format!("[{}]", names.join(", "))
}
