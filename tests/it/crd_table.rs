//! Generates the table of custom resources that run pods from `fixtures/tables/podspec_paths.json`.
//! `UPDATE=1` rewrites it; otherwise a stale table fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

const SOURCE: &str = "fixtures/tables/podspec_paths.json";
const TABLE: &str = "crates/canpull-core/src/source/kubernetes/crd_table.rs";

/// Groups whose images something else than a kubelet pulls: a cloud's own runtime, a package manager.
const NOT_KUBELET: [&str; 5] = [
    "app.azure.com",
    "containerinstance.azure.com",
    "pkg.crossplane.io",
    "run.cnrm.cloud.google.com",
    "sagemaker.services.k8s.aws",
];

/// String fields called `image` that name no container image to pull: block device images, statuses, build results.
const NOT_PULLED: [&str; 5] = ["rbd.image", ".status.", "relatedImages", "output.image", "customParams"];

#[derive(Clone, Default, PartialEq, Eq)]
struct Pods {
    at: String,
    images: Vec<String>,
    inside: bool,
    pull_secrets: Vec<(String, &'static str)>,
    accounts: Vec<String>,
    overrides: Vec<String>,
}

/// By group and kind, and by version where the versions of a kind differ.
type Table = BTreeMap<(String, String, String), Vec<Pods>>;

#[test]
fn the_table_of_custom_resources_is_fresh() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source: Value = serde_json::from_str(&std::fs::read_to_string(root.join(SOURCE)).unwrap()).unwrap();
    let text = print(&table(&source));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(root.join(TABLE), &text).unwrap();
    }
    let written = std::fs::read_to_string(root.join(TABLE)).unwrap();
    assert!(written == text, "{TABLE} is stale: run the tests with UPDATE=1");
}

fn table(source: &Value) -> Table {
    let mut table = read_from_types(&source["crd_from_type_source"]);
    let mut secrets_of = BTreeMap::new();
    for entry in list(&source["crd_from_catalog"]) {
        let key = (text(&entry["group"]), text(&entry["kind_lower"]), String::new());
        secrets_of.insert(key.clone(), secrets(entry));
        let known = table.keys().any(|(group, kind, _)| (group, kind) == (&key.0, &key.1));
        if !NOT_KUBELET.contains(&&*key.0) && !known {
            let pods = catalog(entry);
            if !pods.is_empty() {
                table.insert(key, pods);
            }
        }
    }
    for entry in list(&source["crd_free_form_templates_from_catalog"]) {
        let key = (text(&entry["group"]), text(&entry["kind_lower"]), String::new());
        let secrets = secrets_of.get(&key).cloned().unwrap_or_default();
        let pods = table.entry(key).or_default();
        for path in strings(&entry["free_form_pod_template_paths"]) {
            // A template holds its pod spec under `spec`; a field called so is the pod spec itself.
            let at = if path.ends_with("podSpec") { path } else { format!("{path}.spec") };
            if pods.iter().all(|own| own.at != at) {
                let pull_secrets = near(&secrets, &at);
                pods.push(Pods { at, inside: true, pull_secrets, ..Pods::default() });
            }
        }
    }
    for entry in list(&source["crd_not_verified_here"]) {
        let (group, kinds) = api(&text(&entry["api"]));
        for kind in kinds {
            let pods = strings(&entry["pod"]).map(|path| {
                // `spec.{pytorch,tf,…}ReplicaSpecs`: each kind has the one that is called like it.
                let own = kind.strip_suffix("job").unwrap_or(&kind);
                let at = match (path.split_once('{'), path.split_once('}')) {
                    (Some((before, _)), Some((_, after))) => format!("{before}{own}{after}"),
                    _ => path,
                };
                Pods { at, ..Pods::default() }
            });
            let images = strings(&entry["images"]).map(|path| {
                let (at, image) = path.rsplit_once('.').unwrap();
                Pods { at: at.to_owned(), images: vec![image.to_owned()], ..Pods::default() }
            });
            let pods: Vec<Pods> = pods.chain(images).collect();
            table.entry((group.clone(), kind, String::new())).or_insert(pods);
        }
    }
    table
}

/// The kinds whose Go types were read. `<as Kind.spec>` stands for all that is below another kind's `spec`.
fn read_from_types(entries: &Value) -> Table {
    let mut table = Table::new();
    let by_kind: BTreeMap<String, &Value> = list(entries)
        .flat_map(|entry| api(&text(&entry["api"])).1.into_iter().map(move |kind| (kind, entry)))
        .fold(BTreeMap::new(), |mut map, (kind, entry)| {
            map.entry(kind).or_insert(entry);
            map
        });
    for entry in list(entries) {
        let (group, kinds) = api(&text(&entry["api"]));
        for kind in kinds {
            // Of a kind whose versions differ, one entry tells of the images of all.
            let entries: Vec<&Value> = list(entries).filter(|own| is_of(own, &group, &kind)).collect();
            let version = if entries.len() > 1 { version(entry) } else { String::new() };
            let mut pods = Vec::new();
            for at in entries.iter().flat_map(|own| expanded(own, "pod", &by_kind)) {
                pods.push(Pods { at, inside: true, ..Pods::default() });
            }
            let mut bases: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for image in entries.iter().flat_map(|own| expanded(own, "images", &by_kind)) {
                let base = base(&image);
                bases.entry(base.to_owned()).or_default().push(image[base.len() + 1..].to_owned());
            }
            for (at, images) in bases {
                pods.push(Pods { at, images, ..Pods::default() });
            }
            let secrets: Vec<(String, &'static str)> = fields(entry, "pull_secrets", &by_kind)
                .into_iter()
                .filter(|field| !field.contains("injected into matching pods"))
                .map(|field| {
                    let path = field.split(" (").next().unwrap().to_owned();
                    (path, if field.contains("STRINGS") { "Strings" } else { "Names" })
                })
                .collect();
            let accounts = fields(entry, "service_account", &by_kind);
            for pods in &mut pods {
                for (path, shape) in &secrets {
                    if reaches(&pods.at, path) {
                        pods.pull_secrets.push((path.clone(), *shape));
                    } else if let Some((list, _)) = path.split_once("[]") {
                        pods.overrides.push(list.to_owned());
                    }
                }
                // The executor's account is not the one that pulls.
                let own = accounts.iter().filter(|path| reaches(&pods.at, path) && !path.contains(".executor."));
                pods.accounts.extend(own.cloned());
                pods.accounts.sort_by_key(|path| std::cmp::Reverse(path.matches('.').count()));
                if kind.contains("workflow") {
                    let spec = pods.at.find(".template").map(|at| pods.at[..at].to_owned()).unwrap();
                    pods.overrides.extend([format!("{spec}.podSpecPatch"), format!("{}.podSpecPatch", pods.at)]);
                }
                pods.overrides.sort();
                pods.overrides.dedup();
            }
            table.insert((group.clone(), kind, version), pods);
        }
    }
    table
}

/// A field's paths with `<as Kind.spec>` and `<same>` written out.
fn expanded(entry: &Value, field: &str, by_kind: &BTreeMap<String, &Value>) -> Vec<String> {
    let mut paths = Vec::new();
    for path in strings(&entry[field]) {
        if let Some((prefix, _)) = path.split_once("<same>") {
            let siblings =
                strings(&entry[field]).filter_map(|own| own.strip_prefix("spec.templates[].").map(str::to_owned));
            paths.extend(siblings.map(|own| format!("{prefix}{own}")));
        } else if let Some((prefix, other)) = reference(&path) {
            let others = expanded(by_kind[&other], field, by_kind);
            paths.extend(others.iter().map(|own| format!("{prefix}{}", own.strip_prefix("spec.").unwrap())));
        } else {
            paths.push(path);
        }
    }
    paths
}

/// A field's paths; where the kind has none, those of the kind that its images refer to.
fn fields(entry: &Value, field: &str, by_kind: &BTreeMap<String, &Value>) -> Vec<String> {
    let own: Vec<String> = strings(&entry[field]).collect();
    if !own.is_empty() {
        return own;
    }
    let mut found = BTreeSet::new();
    for path in strings(&entry["images"]) {
        if let Some((prefix, other)) = reference(&path) {
            let others = fields(by_kind[&other], field, by_kind);
            found.extend(others.iter().map(|own| format!("{prefix}{}", own.strip_prefix("spec.").unwrap())));
        }
    }
    found.into_iter().collect()
}

/// `prefix.<as Kind.spec>`.
fn reference(path: &str) -> Option<(String, String)> {
    let (prefix, rest) = path.split_once("<as ")?;
    let kind = rest.strip_suffix(".spec>")?;
    Some((prefix.to_owned(), kind.to_lowercase()))
}

/// The map that stands for one pod: a template or a task, else the whole spec.
fn base(image: &str) -> &str {
    for mark in ["taskSpec.", "templates[].", "templateDefaults.", "vertices[].", "envoyDeployment.", "envoyDaemonSet."]
    {
        if let Some(at) = image.rfind(mark) {
            return &image[..at + mark.len() - 1];
        }
    }
    "spec"
}

/// Whether a field can be found from a place by plain keys once their ways part.
fn reaches(at: &str, field: &str) -> bool {
    let common = at.split('.').zip(field.split('.')).take_while(|(own, other)| own == other).count();
    field.split('.').skip(common).all(|key| !key.ends_with("[]") && key != "*")
}

/// The pull-secret fields of a kind, with their shapes.
fn secrets(entry: &Value) -> Vec<(String, &'static str)> {
    list(&entry["pull_secret_fields"])
        .filter_map(|field| {
            let shape = match &*text(&field["shape"]) {
                "list of {name}" => "Names",
                "list of strings" => "Strings",
                "string" => "Text",
                "list of object{}" => return None,
                _ => "Name",
            };
            Some((text(&field["path"]), shape))
        })
        .collect()
}

/// The fields that are certain to be for the pods at a place: those beside it or above, the nearest first.
fn near(secrets: &[(String, &'static str)], at: &str) -> Vec<(String, &'static str)> {
    let mut near: Vec<(String, &'static str)> = secrets
        .iter()
        .filter(|(path, _)| {
            let holder = path.rsplit_once('.').unwrap().0;
            holder == at || at.strip_prefix(holder).is_some_and(|rest| rest.starts_with(['.', '[']))
        })
        .cloned()
        .collect();
    near.sort_by_key(|(path, _)| std::cmp::Reverse(path.matches('.').count()));
    near
}

fn catalog(entry: &Value) -> Vec<Pods> {
    let secrets = secrets(entry);
    let near = |at: &str| near(&secrets, at);
    let mut pods = Vec::new();
    let mut specs = Vec::new();
    for spec in list(&entry["pod_spec_paths"]) {
        let at = text(&spec["path"]);
        let inside = spec["imagePullSecrets_inside"].as_bool().unwrap();
        let pull_secrets =
            near(&at).into_iter().filter(|(path, _)| *path != format!("{at}.imagePullSecrets")).collect();
        specs.push(at.clone());
        pods.push(Pods { at, inside, pull_secrets, ..Pods::default() });
    }
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for image in strings(&entry["image_string_fields"]) {
        let in_spec = specs.iter().any(|at| {
            let rest = image.strip_prefix(at.as_str()).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| ["containers[].image", "initContainers[].image"].contains(&rest))
        });
        if in_spec || NOT_PULLED.iter().any(|part| image.contains(part)) {
            continue;
        }
        let holder = image.rsplit_once('.').unwrap().0;
        if let Some((nearest, _)) = near(holder).first() {
            let at = nearest.rsplit_once('.').unwrap().0.to_owned();
            let below = image[at.len() + 1..].to_owned();
            groups.entry(at).or_default().push(below);
        }
    }
    for (at, images) in groups {
        pods.push(Pods { pull_secrets: near(&at), images, at, ..Pods::default() });
    }
    pods
}

/// `group/versions Kind, Kind` as the group and the kinds in lower case; remarks in parentheses dropped.
fn api(api: &str) -> (String, Vec<String>) {
    let (group, kinds) = api.split_once(' ').unwrap();
    let group = group.split('/').next().unwrap().to_owned();
    let kinds = kinds.split('(').next().unwrap();
    (group, kinds.split([',', '/']).map(|kind| kind.trim().to_lowercase()).collect())
}

fn is_of(entry: &Value, group: &str, kind: &str) -> bool {
    let (own, kinds) = api(&text(&entry["api"]));
    own == group && kinds.iter().any(|own| own == kind)
}

/// The version of an entry that tells of one.
fn version(entry: &Value) -> String {
    let api = text(&entry["api"]);
    api.split([' ', '/']).nth(1).unwrap().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn strings(value: &Value) -> impl Iterator<Item = String> {
    list(value).map(text)
}

fn print(table: &Table) -> String {
    let mut out = String::from(
        "//! The custom resources that run pods. Generated by `tests/it/crd_table.rs` from\n\
         //! `fixtures/tables/podspec_paths.json`; not for editing.\n\n\
         use super::custom::{CustomKind, Pods};\n\
         use super::secret_list::Shape::{Name, Names, Strings, Text};\n\n\
         /// Sorted by group, kind and version.\n\
         pub(super) const KINDS: &[CustomKind] = &[\n",
    );
    for ((group, kind, version), pods) in table {
        writeln!(out, "    CustomKind {{ group: {group:?}, kind: {kind:?}, version: {version:?}, pods: &[").unwrap();
        for Pods { at, images, inside, pull_secrets, accounts, overrides } in pods {
            let secrets: Vec<String> =
                pull_secrets.iter().map(|(path, shape)| format!("({path:?}, {shape})")).collect();
            writeln!(
                out,
                "        Pods {{ at: {at:?}, images: &{images:?}, inside: {inside}, pull_secrets: &[{}], accounts: &{accounts:?}, overrides: &{overrides:?} }},",
                secrets.join(", ")
            )
            .unwrap();
        }
        out.push_str("    ] },\n");
    }
    out.push_str("];\n");
    out
}
