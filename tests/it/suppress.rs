//! The three ways to accept a finding, and that each is held to its use.

use canpull_core::config::Config;
use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report, analyze, read, read_config, render};
use canpull_syntax::{FileId, LineIndex};

/// Analyses files, the last being the configuration where it is called so.
fn report(files: &[(&str, &str)], options: &Options) -> Report {
    let mut config = Config::default();
    let mut facts = Vec::new();
    for (index, (name, text)) in files.iter().enumerate() {
        let id = FileId(u32::try_from(index).unwrap());
        if *name == "canpull.yaml" {
            let (read, errors) = read_config(name, id, text);
            assert_eq!(errors, []);
            config = read;
            facts.push(FileFacts { path: (*name).to_owned(), lines: LineIndex::new(text), ..FileFacts::default() });
        } else {
            facts.push(read(id, name, text.as_bytes()));
        }
    }
    analyze(facts, &config, options)
}

/// The findings as `path:line rule`.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let report = report(files, &Options::default());
    let line = |finding: &canpull_core::diagnostic::Diagnostic| {
        let at = render::place(&report, finding.span);
        format!("{}:{} {}", at.path, at.start.line, finding.rule)
    };
    report.diagnostics.iter().map(line).collect()
}

fn pod(name: &str, annotation: &str, comment: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations: {{{annotation}}}\nspec:\n  containers:\n  - name: c\n    image: contoso.azurecr.io/a:1 {comment}\n"
    )
}

const ANNOTATION: &str = "canpull/ignore: pull-unproven";
const COMMENT: &str = "# canpull: ignore[pull-unproven] attached by hand";

#[test]
fn comments_annotations_and_the_configuration_silence_findings() {
    let plain = pod("p", "", "");
    assert_eq!(found(&[("p.yaml", &plain)]), ["p.yaml:10 pull-unproven"]);
    assert_eq!(found(&[("p.yaml", &pod("p", "", COMMENT))]), [""; 0]);
    let above = plain.replace("    image:", &format!("    {COMMENT}\n    image:"));
    assert_eq!(found(&[("p.yaml", &above)]), [""; 0]);
    assert_eq!(found(&[("p.yaml", &pod("p", ANNOTATION, ""))]), [""; 0]);
    for entry in [
        "rule: pull-unproven, object: Pod/shop/p",
        "rule: pull-unproven, object: Pod/p",
        "rule: '*', object: '*/shop/*'",
        "rule: pull-unproven, path: '*.yaml'",
        "rule: pull-unproven, path: p.yaml, object: Pod/p",
    ] {
        let config = format!("ignore:\n  - {{ {entry}, reason: known }}\n");
        assert_eq!(found(&[("p.yaml", &plain), ("canpull.yaml", &config)]), [""; 0], "{entry}");
    }
}

#[test]
fn what_silences_nothing_is_reported_where_it_stands() {
    let plain = pod("p", "", "");
    let other = COMMENT.replace("pull-unproven", "pull-denied");
    assert_eq!(
        found(&[("p.yaml", &pod("p", "", &other))]),
        ["p.yaml:10 pull-unproven", "p.yaml:10 unused-suppression"]
    );
    let unknown = pod("p", "canpull/ignore: pull-unprovn", "");
    assert_eq!(found(&[("p.yaml", &unknown)]), ["p.yaml:6 unused-suppression", "p.yaml:10 pull-unproven"]);
    let config =
        "ignore:\n  - { rule: pull-unproven, object: Deployment/shop/web }\n  - { rule: no-such, path: '**' }\n";
    let files = [("p.yaml", plain.as_str()), ("canpull.yaml", config)];
    let unused = ["canpull.yaml:2 unused-suppression", "canpull.yaml:3 unused-suppression"];
    assert_eq!(found(&files)[..2], unused);
    let partial = Options { partial: true, ..Options::default() };
    assert_eq!(report(&files, &partial).diagnostics.len(), 1);
}

#[test]
fn a_suppression_of_a_rule_that_does_not_run_is_not_called_unused() {
    let text = pod("p", "", COMMENT);
    let ignore = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect();
    let files = [("p.yaml", text.as_str())];
    let off = Options { ignore: ignore(&["pull-unproven"]), ..Options::default() };
    assert_eq!(report(&files, &off).diagnostics, []);
    let only = Options { select: ignore(&["unused-suppression"]), ..Options::default() };
    assert_eq!(report(&files, &only).diagnostics, []);
    let files = [("p.yaml", text.as_str()), ("canpull.yaml", "rules: { pull-unproven: off }\n")];
    assert_eq!(report(&files, &Options::default()).diagnostics, []);
}

#[test]
fn one_suppression_silences_one_workload_of_a_shared_finding() {
    let (open, noted) = (pod("open", "", ""), pod("noted", ANNOTATION, ""));
    assert_eq!(found(&[("a.yaml", &noted), ("b.yaml", &open)]), ["b.yaml:10 pull-unproven"]);
    assert_eq!(found(&[("a.yaml", &open), ("b.yaml", &noted)]), ["a.yaml:10 pull-unproven"]);
    let inline = pod("inline", "", COMMENT);
    assert_eq!(found(&[("a.yaml", &inline), ("b.yaml", &noted), ("c.yaml", &open)]), ["c.yaml:10 pull-unproven"]);
    assert_eq!(found(&[("a.yaml", &inline), ("b.yaml", &noted)]), [""; 0]);
    let report =
        report(&[("a.yaml", &noted), ("b.yaml", &open), ("c.yaml", &pod("third", "", ""))], &Options::default());
    let finding = &report.diagnostics[0];
    assert_eq!((finding.pulls.as_slice(), finding.related.len()), (&[1, 2][..], 1));
}

#[test]
fn levels_of_the_configuration_hold() {
    let text = pod("p", "", "");
    for (level, shown) in [("error", "error"), ("info", "info")] {
        let config = format!("rules: {{ pull-unproven: {level} }}\n");
        let report = report(&[("p.yaml", &text), ("canpull.yaml", &config)], &Options::default());
        assert_eq!(render::severity_name(report.diagnostics[0].severity), shown);
    }
    let files = [("p.yaml", text.as_str()), ("canpull.yaml", "rules: { pull-unproven: off }\n")];
    assert_eq!(report(&files, &Options::default()).diagnostics, []);
    let select = Options { select: vec!["pull-unproven".to_owned()], ..Options::default() };
    assert_eq!(report(&files, &select).diagnostics.len(), 1);
}

#[test]
fn a_pull_that_fails_for_a_cause_that_is_not_told_is_denied() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: acr}\ntype: Opaque\n";
    let pod = |comment: &str| {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  imagePullSecrets: [{name: acr}]\n";
        let image = "  containers: [{name: web, image: contoso.azurecr.io/web:1}]\n";
        format!("{}{comment}\n---\n{pod}{image}", secret.trim_end())
    };
    let closed = "clusters:\n  - name: prod\n    complete: [secrets, service-accounts, attached]\n";
    let found = |config: &str, comment: &str, options: &Options| -> Vec<&str> {
        let config = format!("{closed}{config}");
        let report = report(&[("pod.yaml", &pod(comment)), ("canpull.yaml", &config)], options);
        report.diagnostics.iter().map(|finding| finding.rule).collect()
    };
    let all = Options::default();
    assert_eq!(found("", "", &all), ["pull-secret-wrong-type"]);
    assert_eq!(found("rules: {pull-secret-wrong-type: off}\n", "", &all), ["pull-denied"]);
    assert_eq!(found("rules: {pull-secret-wrong-type: info}\n", "", &all), ["pull-secret-wrong-type", "pull-denied"]);
    let ignore = Options { ignore: vec!["pull-secret-wrong-type".to_owned()], ..Options::default() };
    assert_eq!(found("", "", &ignore), ["pull-denied"]);
    // Who silences a finding where it stands knows of it, and of what follows.
    assert_eq!(found("", " # canpull: ignore[pull-secret-wrong-type] known", &all), [""; 0]);
}
