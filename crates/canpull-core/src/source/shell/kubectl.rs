//! Commands of `kubectl`: secrets and service accounts that they make or change, manifests that they are fed.

pub(super) mod patch;

use std::rc::Rc;

use canpull_syntax::edit::Edit;
use canpull_syntax::{Span, TextRange};

use super::super::retype;
use super::arguments::{Argument, Arguments, Style};
use super::feed::Feed;
use super::meaning;
use super::run::Run;
use super::value::{self, Shape, Value};
use crate::acr_host::{AcrHostKind, acr_host, near_acr};
use crate::fact::azure::{PrincipalRef, RegistryFact, ResourceRef, Statement};
use crate::fact::script::{ScriptSecretFact, SlipFact, SlipKind};
use crate::fact::{Field, Retype, Why};
use crate::password::looks_live;
use crate::placeholder;

/// The flags that take a value in the next word.
const VALUED: [&str; 33] = [
    "-n",
    "--namespace",
    "-f",
    "--filename",
    "-k",
    "--kustomize",
    "-o",
    "--output",
    "-p",
    "--patch",
    "--patch-file",
    "--type",
    "-l",
    "--selector",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "--docker-server",
    "--docker-username",
    "--docker-password",
    "--docker-email",
    "--from-file",
    "--from-literal",
    "--from-env-file",
    "--image",
    "--cert",
    "--key",
    "--as",
    "--field-manager",
    "--template",
    "-s",
    "--server",
];

const NAMESPACE: &[&str] = &["--namespace", "-n"];
const FILE: &[&str] = &["--filename", "-f"];

/// The user of tokens that a registry hands out.
const ZERO_USER: &str = "00000000-0000-0000-0000-000000000000";

/// Notes what a command does to the cluster, and tells what it prints.
pub(super) fn run(run: &mut Run<'_>, arguments: Vec<Argument>, feed: &Feed, range: TextRange) -> Feed {
    let arguments = Arguments::new(arguments, Style::Listed(&VALUED));
    mask(run, &arguments);
    if run.never {
        return Feed::Nothing;
    }
    let words = arguments.command();
    match words.as_slice() {
        ["create", "secret", kind @ ("docker-registry" | "generic" | "tls"), ..] => {
            return secret(run, &arguments, kind, range);
        }
        ["get", "secret" | "secrets", _, ..] if prints(&arguments) => return copy(run, &arguments, range),
        ["get", ..] if prints(&arguments) => return patch::shown(run, &arguments, range),
        ["patch", ..] => patch::patch(run, &arguments, range),
        ["delete", "secret" | "secrets", ..] if !is_dry(&arguments) => delete_secrets(run, &arguments, range),
        ["delete", ..] if !is_dry(&arguments) => patch::delete(run, &arguments, range),
        ["set", "serviceaccount" | "sa", ..] if !is_dry(&arguments) => {
            if let Some(target) = patch::target(run, &arguments, 2, range) {
                patch::open(run, &target);
            }
        }
        // What a dry run prints is what it was fed.
        ["apply" | "create" | "replace", ..] if is_dry(&arguments) => {
            return if prints(&arguments) { feed.clone() } else { Feed::Nothing };
        }
        ["apply" | "create" | "replace", ..] => manifests(run, &arguments, feed, range),
        _ => {}
    }
    Feed::Nothing
}

/// Notes which of the script's secrets are gone again.
fn delete_secrets(run: &mut Run<'_>, arguments: &Arguments, range: TextRange) {
    if !run.is_certain() {
        return;
    }
    let span = run.span(range);
    let namespace = field(run, arguments, NAMESPACE, range);
    let names = arguments.words.iter().skip(2).filter_map(|word| word.value.as_text());
    let names: Vec<String> = names.map(str::to_owned).collect();
    for secret in run.secrets() {
        let named = secret.name.text().is_some_and(|own| names.iter().any(|name| name == own));
        if named && same_text(&secret.namespace, &namespace) {
            secret.deleted = Some(span);
        }
    }
}

/// Whether two values are known to be one, or left out both.
fn same_text(own: &Field<String>, other: &Field<String>) -> bool {
    (own.is_absent() && other.is_absent()) || own.text().is_some_and(|text| other.text() == Some(text))
}

/// Whether a command only shows what it would do.
fn is_dry(arguments: &Arguments) -> bool {
    arguments.flag(&["--dry-run"]).is_some_and(|flag| {
        let asked = flag.values.first().and_then(|argument| argument.value.as_text());
        !asked.is_some_and(|asked| ["none", "false"].contains(&asked))
    })
}

/// Whether a command prints objects whole.
fn prints(arguments: &Arguments) -> bool {
    let format = arguments.value(&["--output", "-o"]).and_then(|argument| argument.value.as_text());
    format.is_some_and(|format| ["yaml", "json"].contains(&format))
}

/// A secret that is read to be made anew elsewhere, in what namespace and with what changes is not followed.
fn copy(run: &Run<'_>, arguments: &Arguments, range: TextRange) -> Feed {
    let span = run.span(range);
    Feed::Copy(Rc::new(ScriptSecretFact { name: name_at(run, arguments, 2, range), ..ScriptSecretFact::open(span) }))
}

/// Notes a secret, and hands it on where it is only printed.
fn made(run: &mut Run<'_>, fact: ScriptSecretFact) -> Feed {
    let printed = fact.printed.then_some(run.facts.script.secrets.len());
    run.facts.script.secrets.push(fact);
    printed.map_or(Feed::Nothing, Feed::Secret)
}

/// Manifests from a pipe, or from files that the script has written.
fn manifests(run: &mut Run<'_>, arguments: &Arguments, feed: &Feed, range: TextRange) {
    let files = arguments.flags.iter().filter(|flag| FILE.contains(&flag.name.as_str()));
    let files: Vec<String> = files.filter_map(|flag| Some(flag.values.first()?.value.as_text()?.to_owned())).collect();
    for file in files {
        let fed = if file == "-" { Some(feed.clone()) } else { run.written(&file) };
        match fed {
            Some(Feed::Text(body)) => run.manifest(body),
            Some(Feed::Secret(index)) => {
                if let Some(secret) = run.facts.script.secrets.get_mut(index) {
                    secret.printed = false;
                }
            }
            Some(Feed::Object(target)) => patch::open(run, &target),
            Some(Feed::Copy(secret)) => run.facts.script.secrets.push((*secret).clone()),
            // It may make a secret.
            Some(Feed::Unread) => run.facts.script.secrets.push(ScriptSecretFact::open(run.span(range))),
            Some(Feed::Value(_) | Feed::Nothing) | None => {}
        }
    }
}

/// The values of literals are not shown.
fn mask(run: &mut Run<'_>, arguments: &Arguments) {
    let literals = arguments.flags.iter().filter(|flag| flag.name == "--from-literal");
    for value in literals.flat_map(|flag| &flag.values) {
        let written = run.slice(value.range);
        let key = written.find('=').map_or(0, |at| at + 1);
        let range = Run::within(value.range, (key, written.len()));
        run.mask(range);
    }
}

/// One text of what a flag may be; several are none.
fn field(run: &Run<'_>, arguments: &Arguments, names: &[&str], range: TextRange) -> Field<String> {
    match arguments.value(names) {
        Some(argument) => text(run, argument),
        None if arguments.open => Field::Unknown(Why::FilledAtRunTime, run.span(range)),
        None => Field::Absent(run.end_of(range)),
    }
}

fn text(run: &Run<'_>, argument: &Argument) -> Field<String> {
    let span = run.span(argument.range);
    match argument.value.alternatives() {
        [joined] => meaning::text(joined, span),
        _ => Field::Unknown(Why::FilledAtRunTime, span),
    }
}

fn name_at(run: &Run<'_>, arguments: &Arguments, at: usize, range: TextRange) -> Field<String> {
    arguments.words.get(at).map_or(Field::Unknown(Why::FilledAtRunTime, run.span(range)), |word| text(run, word))
}

fn secret(run: &mut Run<'_>, arguments: &Arguments, kind: &str, range: TextRange) -> Feed {
    let span = run.span(range);
    let is_docker = kind == "docker-registry";
    let known = |text: &str| Field::Known(text.to_owned(), span);
    let secret_type = match (kind, field(run, arguments, &["--type"], range)) {
        ("docker-registry", _) => known("kubernetes.io/dockerconfigjson"),
        ("tls", _) => known("kubernetes.io/tls"),
        (_, written) => written,
    };
    let keys = match kind {
        // A file is kept under the key that it is given, and under the right one where it is given none.
        "docker-registry" => match keys(arguments, Some(".dockerconfigjson")) {
            Some(keys) if keys.is_empty() => Some(vec![".dockerconfigjson".to_owned()]),
            keys => keys,
        },
        "tls" => Some(vec!["tls.crt".to_owned(), "tls.key".to_owned()]),
        _ => keys(arguments, None),
    };
    let (server, registry) =
        if is_docker { server(run, arguments, range) } else { (Field::Unknown(Why::FilledAtRunTime, span), None) };
    let user = user(run, arguments, range);
    let short_lived = arguments.value(&["--docker-password"]).filter(|password| is_login_token(&password.value));
    let short_lived = short_lived.map(|password| run.span(password.range));
    let live_password = live_password(run, arguments);
    if is_docker {
        wrong_server(run, arguments, &user, range);
    }
    if is_docker && lacks_login(arguments) {
        return Feed::Nothing;
    }
    let name = if arguments.has(&["--append-hash"]) {
        Field::Unknown(Why::FilledAtRunTime, span)
    } else {
        name_at(run, arguments, 3, range)
    };
    let namespace = field(run, arguments, NAMESPACE, range);
    let retype = retype(run, arguments, keys.as_deref().unwrap_or_default());
    made(
        run,
        ScriptSecretFact {
            name,
            namespace,
            secret_type,
            keys,
            server,
            registry,
            user,
            retype,
            short_lived,
            live_password,
            printed: is_dry(arguments),
            ..ScriptSecretFact::open(span)
        },
    )
}

/// Whether kubectl refuses to make the secret: it asks for a user and a password, or a file. Three dots stand for more.
fn lacks_login(arguments: &Arguments) -> bool {
    let elided = |word: &Argument| word.value.as_text().is_some_and(|text| ["...", "…"].contains(&text));
    let told = arguments.has(&["--docker-username"]) && arguments.has(&["--docker-password"]);
    !told && !arguments.has(&["--from-file"]) && !arguments.open && !arguments.words.iter().any(elided)
}

/// Where a password is written that looks like one in use.
fn live_password(run: &Run<'_>, arguments: &Arguments) -> Option<Span> {
    let written = |flag: &str| arguments.value(&[flag]).filter(|argument| argument.value.as_text().is_some());
    let (user, password) = (written("--docker-username"), written("--docker-password")?);
    let user = user.and_then(|user| user.value.as_text()).unwrap_or("unknown");
    looks_live(user, password.value.as_text()?).then(|| run.span(password.range))
}

/// Whether a password is what `az acr login --expose-token` prints.
fn is_login_token(value: &Value) -> bool {
    let outputs = value.alternatives().iter().filter_map(|joined| value::as_output(joined));
    outputs.into_iter().any(|output| output.shape == Shape::LoginToken)
}

/// The keys that a command gives values, where it lists them all; a file without one is kept under `own`, or its own name.
fn keys(arguments: &Arguments, own: Option<&str>) -> Option<Vec<String>> {
    if arguments.open || arguments.has(&["--from-env-file"]) {
        return None;
    }
    let mut keys = Vec::new();
    for flag in arguments.flags.iter().filter(|flag| ["--from-file", "--from-literal"].contains(&flag.name.as_str())) {
        let [joined] = flag.values.first()?.value.alternatives() else { return None };
        let written = value::symbol(joined)?;
        let key = match written.split_once('=') {
            Some((key, _)) => key,
            None if own.is_some() => own?,
            // A folder has a key for each of its files; a file is named after itself.
            None if flag.name == "--from-file" && !written.ends_with('/') => written.rsplit(['/', '\\']).next()?,
            None => return None,
        };
        if placeholder::find(key).is_some() {
            return None;
        }
        keys.push(key.to_owned());
    }
    Some(keys)
}

/// How to give a secret with these keys the type that it is meant to have: in place of another one, or in front of the
/// first flag.
fn retype(run: &Run<'_>, arguments: &Arguments, keys: &[String]) -> Option<Retype> {
    let secret_type = retype::meant(keys.iter().map(String::as_str))?;
    if let Some(argument) = arguments.value(&["--type"]) {
        let edit = Edit { range: run.place(argument.range), text: secret_type.to_owned() };
        return argument.literal.then_some(Retype { secret_type, edit });
    }
    let first = arguments.flags.first()?;
    // Within quotes, the flag is not where the word begins.
    let before = first.range.start.checked_sub(1)?;
    let apart = [" ", "\t"].contains(&run.slice(TextRange::new(before, first.range.start)));
    let place = TextRange::empty(run.place(first.range).start);
    let edit = Edit { range: place, text: format!("--type={secret_type} ") };
    apart.then_some(Retype { secret_type, edit })
}

fn user(run: &Run<'_>, arguments: &Arguments, range: TextRange) -> PrincipalRef {
    let Some(argument) = arguments.value(&["--docker-username"]) else {
        return PrincipalRef::Absent(run.end_of(range));
    };
    let span = run.span(argument.range);
    match argument.value.alternatives() {
        [joined] => meaning::principal(joined, run.path, span),
        _ => PrincipalRef::Unknown(Why::FilledAtRunTime, span),
    }
}

fn server(run: &Run<'_>, arguments: &Arguments, range: TextRange) -> (Field<String>, Option<ResourceRef>) {
    if arguments.has(&["--from-file"]) {
        return (Field::Unknown(Why::FilledAtRunTime, run.span(range)), None);
    }
    match arguments.value(&["--docker-server"]) {
        Some(argument) => {
            let span = run.span(argument.range);
            match argument.value.alternatives() {
                [joined] => meaning::server(joined, run.path, span),
                _ => (Field::Unknown(Why::FilledAtRunTime, span), None),
            }
        }
        None => (field(run, arguments, &["--docker-server"], range), None),
    }
}

/// A server that no image can come from.
fn wrong_server(run: &mut Run<'_>, arguments: &Arguments, user: &PrincipalRef, range: TextRange) {
    let Some(argument) = arguments.value(&["--docker-server"]) else {
        // Without a server the credential is for Docker Hub, which knows no identities of Azure.
        let of_azure = matches!(user, PrincipalRef::Of { .. })
            || matches!(user, PrincipalRef::Written(written, _) if written == ZERO_USER);
        if of_azure && !arguments.open && !arguments.has(&["--from-file"]) {
            slip(run, String::new(), None, run.span(range), Vec::new());
        }
        return;
    };
    let [joined] = argument.value.alternatives() else { return };
    let span = run.span(argument.range);
    match meaning::text(joined, span) {
        Field::Known(written, _) => {
            let Some(meant) = meant(&written) else { return };
            let edit = meant.clone().filter(|_| argument.literal).map(|text| Edit { range: span.range, text });
            slip(run, written, meant, span, edit.into_iter().collect());
        }
        Field::Unknown(..) => {
            // The variable by whose value a registry is made: its name, while a look-up would take its host as well.
            let Some(symbol) = value::symbol(joined) else { return };
            let full = run.symbol(&symbol);
            let made = |fact: &&RegistryFact| {
                fact.statement == Statement::Makes && fact.resource.symbol.as_ref() == Some(&full)
            };
            if run.facts.azure.registries.iter().any(|fact| made(&fact)) {
                let meant = Some(format!("{symbol}.azurecr.io"));
                slip(run, symbol, meant, span, Vec::new());
            }
        }
        Field::Absent(_) => {}
    }
}

fn slip(run: &mut Run<'_>, written: String, meant: Option<String>, span: Span, edits: Vec<Edit>) {
    let kind = SlipKind::ServerNotLoginServer { written, meant };
    run.facts.script.slips.push(SlipFact { kind, span, edits });
}

/// For a server that no image can come from, what was likely meant by it.
#[expect(clippy::option_option, reason = "a wrong server may leave open what was meant")]
fn meant(server: &str) -> Option<Option<String>> {
    let bare = server.split_once("://").map_or(server, |(_, bare)| bare);
    let host = bare.split('/').next().unwrap_or(bare);
    if let Some(acr) = acr_host(host) {
        let wrong = matches!(acr.kind, AcrHostKind::Data | AcrHostKind::PrivateLink);
        return wrong.then(|| Some(format!("{}.{}", acr.name, acr.suffix)));
    }
    if let Some(meant) = near_acr(host) {
        return Some(Some(meant));
    }
    if host.contains(['.', ':']) || host == "localhost" || host.is_empty() {
        return None;
    }
    let is_name = (5..=50).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Some(is_name.then(|| format!("{}.azurecr.io", host.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_without_a_suffix_are_no_hosts() {
        assert_eq!(meant("contoso"), Some(Some("contoso.azurecr.io".to_owned())));
        assert_eq!(meant("https://contoso.westeurope.data.azurecr.io"), Some(Some("contoso.azurecr.io".to_owned())));
        assert_eq!(meant("acr"), Some(None));
        for right in ["contoso.azurecr.io", "https://index.docker.io/v1/", "localhost:5000", "registry.example"] {
            assert_eq!(meant(right), None, "{right}");
        }
    }
}
