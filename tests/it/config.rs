//! `canpull.yaml`: values with their places, and errors that say where and what was meant.

use canpull_core::config::{CompleteKind, Config, ConfigError, Level, parse, schema};
use canpull_core::diagnostic::Severity;
use canpull_syntax::{FileId, Span};

const RULES: [&str; 2] = ["pull-unproven", "pull-denied"];

const WHOLE: &str = r#"# what lives elsewhere
clusters:
  - name: prod
    paths: [deploy/prod/**]
    attached: [contoso.azurecr.io]
    complete: [secrets, service-accounts, attached, role-assignments]
registries:
  - { host: mirror.corp.example, public: true }
  - host: registry.corp.example:5000
    private: true
external:
  secrets: ["*/acr-auth", "team-*/regcred"]
  service-accounts: ["*/default"]
rules: { pull-denied: off, pull-unproven: error }
ignore:
  - { rule: pull-unproven, object: Deployment/shop/web, reason: "granted by the platform team" }
  - { rule: gone-rule, path: "vendor/**" }
exclude: ["vendor/**"]
"#;

fn read(text: &str) -> (Config, Vec<ConfigError>) {
    parse("canpull.yaml", FileId(7), text, &RULES)
}

fn first_error(text: &str) -> String {
    read(text).1.first().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn every_value_keeps_its_place() {
    let (config, errors) = read(WHOLE);
    assert_eq!(errors, []);
    let at = |span: Span| {
        assert_eq!(span.file, FileId(7));
        span.range.slice(WHOLE)
    };
    let prod = &config.clusters[0];
    assert_eq!(at(prod.name.span), "prod");
    assert_eq!(at(prod.attached[0].span), "contoso.azurecr.io");
    assert_eq!(at(prod.complete[1].span), "service-accounts");
    assert_eq!(prod.complete[3].value, CompleteKind::RoleAssignments);
    assert_eq!(at(config.registries[1].host.span), "registry.corp.example:5000");
    assert!(config.registries[0].public && config.registries[1].private);
    assert_eq!(at(config.external_secrets[1].span), "\"team-*/regcred\"");
    assert_eq!(config.external_service_accounts[0].value, "*/default");
    let levels: Vec<_> = config.rules.iter().map(|(rule, level)| (at(rule.span), *level)).collect();
    assert_eq!(levels, [("pull-denied", Level::Off), ("pull-unproven", Level::At(Severity::Error))]);
    assert_eq!(at(config.ignore[1].rule.span), "gone-rule");
    assert!(at(config.ignore[0].span).starts_with("{ rule: pull-unproven"));
    assert_eq!(config.exclude[0].value, "vendor/**");
}

#[test]
fn nothing_is_a_configuration_too() {
    for text in ["", "# nothing yet\n", "---\n", "{}", "null"] {
        assert_eq!(read(text), (Config::default(), vec![]), "{text:?}");
    }
}

#[test]
fn unknown_keys_are_errors_with_the_nearest_name() {
    let errors = read("clusters:\n  - nmae: prod\nregistrys: []\nzzz: 1\n").1;
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown[0], "canpull.yaml:2:5: unknown key `nmae` under `clusters`; did you mean `name`?");
    assert_eq!(shown[1], "canpull.yaml:3:1: unknown key `registrys`; did you mean `registries`?");
    assert!(shown[2].starts_with("canpull.yaml:4:1: unknown key `zzz`; known are "), "{}", shown[2]);
}

#[test]
fn wrong_values_are_named_with_their_place() {
    assert_eq!(
        first_error("rules:\n  pull-unprovn: error\n"),
        "canpull.yaml:2:3: no rule is called `pull-unprovn`; did you mean `pull-unproven`?"
    );
    let both = first_error("registries:\n  - host: h.example\n    public: true\n    private: true\n");
    assert_eq!(both, "canpull.yaml:2:11: registry `h.example` is declared both public and private");
    assert!(first_error("ignore:\n  - rule: pull-denied\n").starts_with("canpull.yaml:2:5: say what to ignore"));
    for (text, line) in [
        ("rules:\n  pull-denied: loud\n", 2),
        ("exclude: no-list\n", 1),
        ("clusters:\n  - name: [x]\n", 2),
        ("clusters:\n  - paths: []\n", 2),
        ("a: b: c\n", 1),
        ("exclude: []\n---\nexclude: []\n", 2),
    ] {
        let error = first_error(text);
        let at = error.strip_prefix("canpull.yaml:").and_then(|rest| rest.split(':').next()).unwrap_or_default();
        let found: u32 = at.parse().unwrap_or_default();
        assert!(found == line || found == line + 1, "{text:?}: {error}");
        assert!(!error.contains(" at line "), "{error}");
    }
}

#[test]
fn globs_that_fit_nothing_are_told_of() {
    let choices = "globs know `*`, `?` and `**`, and no choices in braces: write one glob for each of them";
    for (written, told) in [
        ("{vendor,third_party}/**", choices),
        ("!vendor", "a glob takes back nothing that another one names; leave out the `!` and what it is for"),
        ("/vendor/**", "paths start at the project's root, without a `/` in front: write `vendor/**`"),
        ("charts\\\\vendor", "paths are written with `/` on every system: write `charts/vendor`"),
    ] {
        assert_eq!(first_error(&format!("exclude: [\"{written}\"]\n")), format!("canpull.yaml:1:11: {told}"));
        let paths = first_error(&format!("clusters:\n  - name: prod\n    paths: [\"{written}\"]\n"));
        assert_eq!(paths, format!("canpull.yaml:3:13: {told}"));
    }
    let secrets = first_error("external:\n  secrets: [\"{a,b}/regcred\"]\n");
    assert_eq!(secrets, format!("canpull.yaml:2:13: {choices}"));
    for written in ["./vendor", "app/[id]/**", "**/{{name}}", "vendor/*.y?ml", "."] {
        assert_eq!(first_error(&format!("exclude: [\"{written}\"]\n")), "", "{written}");
    }
}

#[test]
fn hosts_are_written_as_images_name_them() {
    let alone = |host: &str| format!("a registry's host stands alone, without scheme and path; write `{host}`");
    let none = "this is no registry's host as images name it";
    for (written, told) in [
        ("https://contoso.azurecr.io", alone("contoso.azurecr.io")),
        ("contoso.azurecr.io/", alone("contoso.azurecr.io")),
        ("contoso.azurecr.io/team", alone("contoso.azurecr.io")),
        ("http://puller:Q7geheim@mirror.example:5000/v2/", alone("mirror.example:5000")),
        (
            "https://index.docker.io/v1/",
            "images of Docker Hub are looked up at another host; write `docker.io`".to_owned(),
        ),
        ("Contoso", format!("{none}; write `contoso.azurecr.io` for the Azure Container Registry")),
        ("acr", format!("{none}, such as `contoso.azurecr.io`")),
        ("", format!("{none}, such as `contoso.azurecr.io`")),
        ("<name>.azurecr.io", format!("{none}, such as `contoso.azurecr.io`")),
        ("contoso.azurecr.io.", format!("{none}, such as `contoso.azurecr.io`")),
        ("mirror.example:http", format!("{none}, such as `contoso.azurecr.io`")),
        (
            "*.azurecr.io",
            "a registry's host is no pattern: name each registry, such as `contoso.azurecr.io`".to_owned(),
        ),
    ] {
        let attached = first_error(&format!("clusters:\n  - name: prod\n    attached: [\"{written}\"]\n"));
        let named = written == "Contoso";
        assert_eq!(attached, if named { String::new() } else { format!("canpull.yaml:3:16: {told}") }, "{written}");
        let registry = first_error(&format!("registries:\n  - host: \"{written}\"\n"));
        assert_eq!(registry, format!("canpull.yaml:2:11: {told}"), "{written}");
    }
    for host in
        ["contoso.azurecr.io", "Contoso.AzureCR.io:443", "localhost", "registry:5000", "10.0.0.5", "[2001:db8::1]:5000"]
    {
        let text = format!("clusters:\n  - name: prod\n    attached: [\"{host}\"]\n");
        assert_eq!(first_error(&text), "", "{host}");
    }
    let named = read("clusters:\n  - name: prod\n    attached: [Contoso]\n").0;
    assert_eq!(named.clusters[0].attached[0].value, "contoso.azurecr.io");
}

#[test]
fn the_schema_knows_every_key() {
    let schema = schema();
    for key in ["clusters", "registries", "external", "rules", "ignore", "exclude"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
