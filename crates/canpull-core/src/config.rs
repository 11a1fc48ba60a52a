//! `canpull.yaml`: what lives outside the repository, said once. serde for the types, the spanned tree for the places.

mod file;
mod host;
mod keys;
mod pattern;

use canpull_syntax::edit::Edit;
use canpull_syntax::yaml::Layout;
use canpull_syntax::{FileId, Node, Position, Span, TextRange, to_offset, yaml};

use crate::diagnostic::Severity;

pub use file::schema;
pub use keys::{did_you_mean, nearest};

/// A configured value with its place in the configuration file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared<T> {
    /// The value.
    pub value: T,
    /// Where it is declared.
    pub span: Span,
}

/// What the sources hold completely, so that absence is No.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CompleteKind {
    /// Every Secret is in the sources or declared external.
    Secrets,
    /// Every service account is.
    ServiceAccounts,
    /// `attached` lists every registry that the nodes may pull from.
    Attached,
    /// Every role assignment is.
    RoleAssignments,
}

/// A declared cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterDecl {
    /// Its name.
    pub name: Declared<String>,
    /// Globs of the files deployed to it; none means all.
    pub paths: Vec<Declared<String>>,
    /// Registry hosts that its nodes may pull from.
    pub attached: Vec<Declared<String>>,
    /// What is complete.
    pub complete: Vec<Declared<CompleteKind>>,
}

/// A declared registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryDecl {
    /// Host, with a port where it has one.
    pub host: Declared<String>,
    /// Everyone may pull.
    pub public: bool,
    /// Credentials are needed.
    pub private: bool,
}

impl ClusterDecl {
    /// Where it is declared that the cluster's nodes may pull from a host.
    pub fn attached_at(&self, host: &str) -> Option<Span> {
        self.attached.iter().find(|declared| declared.value.eq_ignore_ascii_case(host)).map(|declared| declared.span)
    }
}

/// Where a project keeps its configuration, the first that is there.
pub const CONFIG_PATHS: [&str; 2] = ["canpull.yaml", ".github/canpull.yaml"];

/// What a rule is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Not run.
    Off,
    /// Run, at this severity.
    At(Severity),
}

/// An `ignore` entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoreDecl {
    /// The rule's id, or `*`.
    pub rule: Declared<String>,
    /// `Kind/namespace/name` or `Kind/name`, globs allowed.
    pub object: Option<Declared<String>>,
    /// A path glob.
    pub path: Option<Declared<String>>,
    /// Why.
    pub reason: Option<String>,
    /// The entry.
    pub span: Span,
    /// What to delete so that it is gone, where others stay.
    pub removal: Option<TextRange>,
}

impl Config {
    /// What is declared of the registry at a host. Hosts are the same in whatever case of letters.
    pub fn registry(&self, host: &str) -> Option<&RegistryDecl> {
        self.registries.iter().find(|registry| registry.host.value.eq_ignore_ascii_case(host))
    }
}

/// The configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Clusters.
    pub clusters: Vec<ClusterDecl>,
    /// Registries.
    pub registries: Vec<RegistryDecl>,
    /// Globs `namespace/name` of secrets made elsewhere.
    pub external_secrets: Vec<Declared<String>>,
    /// Globs `namespace/name` of service accounts made elsewhere.
    pub external_service_accounts: Vec<Declared<String>>,
    /// Rule levels.
    pub rules: Vec<(Declared<String>, Level)>,
    /// Suppressions.
    pub ignore: Vec<IgnoreDecl>,
    /// What takes all suppressions away.
    pub without_ignore: Option<Edit>,
    /// Globs of paths that are not read.
    pub exclude: Vec<Declared<String>>,
}

/// Why a configuration cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The configuration's path.
    pub path: String,
    /// Where in it.
    pub at: Position,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.at.line, self.at.column, self.message)
    }
}

/// Reads a configuration. `rule_ids` are the rules that exist. With errors, the configuration is not to be used.
pub fn parse(path: &str, file: FileId, text: &str, rule_ids: &[&str]) -> (Config, Vec<ConfigError>) {
    let parsed = yaml::parse(text);
    let mut errors = Errors { lines: canpull_syntax::LineIndex::new(text), path, found: Vec::new() };
    for problem in parsed.problems.iter().filter(|problem| problem.fatal) {
        errors.add(problem.range, problem.message.clone());
    }
    if let Some(second) = parsed.documents.get(1) {
        errors.add(second.range, "a configuration is one document; a second one begins here".to_owned());
    }
    let root = parsed.roots().next().map(|(_, root)| root);
    if errors.found.is_empty()
        && let Some(root) = root
    {
        keys::check(root, &schema(), &mut errors);
    }
    if !errors.found.is_empty() {
        return (Config::default(), errors.found);
    }
    match serde_yaml::from_str::<Option<file::ConfigFile>>(text) {
        Err(error) => {
            let offset = error.location().map_or(0, |location| to_offset(location.index()));
            let offset = offset.min(to_offset(text.len()));
            errors.add(TextRange::empty(offset), without_place(&error.to_string()));
            (Config::default(), errors.found)
        }
        Ok(written) => {
            let mut config = file::place(written.unwrap_or_default(), Places { file, root });
            if let Some(root) = root {
                removals(&mut config, &Layout::new(text, parsed.tree.comments()), root);
            }
            check_values(&config, rule_ids, &mut errors);
            (config, errors.found)
        }
    }
}

/// How suppressions can be taken away.
fn removals(config: &mut Config, layout: &Layout<'_>, root: Node<'_>) {
    let Some(entry) = root.entry("ignore").filter(|entry| root.range().contains(entry.range())) else { return };
    for (index, ignore) in config.ignore.iter_mut().enumerate() {
        ignore.removal = layout.item_removal(entry.value, index);
    }
    let deleted = |range| Edit { range, text: String::new() };
    let emptied = || Some(Edit { range: layout.value_range(entry)?, text: " []".to_owned() });
    config.without_ignore = layout.removal(root, entry).map(deleted).or_else(emptied);
}

/// The parser's message without its own "at line … column …": the place stands in front already.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

fn check_values(config: &Config, rule_ids: &[&str], errors: &mut Errors<'_>) {
    for (rule, _) in &config.rules {
        if !rule_ids.contains(&rule.value.as_str()) {
            let hint = keys::hint(&rule.value, rule_ids.iter().copied());
            errors.add(rule.span.range, format!("no rule is called `{}`{hint}", rule.value));
        }
    }
    host::check(config, errors);
    pattern::check(config, errors);
    for registry in config.registries.iter().filter(|registry| registry.public && registry.private) {
        let message = format!("registry `{}` is declared both public and private", registry.host.value);
        errors.add(registry.host.span.range, message);
    }
    for ignore in config.ignore.iter().filter(|ignore| ignore.object.is_none() && ignore.path.is_none()) {
        let message = format!(
            "say what to ignore `{0}` for, with `object` or `path`; `rules: {{ {0}: off }}` turns a rule off",
            ignore.rule.value
        );
        errors.add(ignore.span.range, message);
    }
}

struct Errors<'a> {
    lines: canpull_syntax::LineIndex,
    path: &'a str,
    found: Vec<ConfigError>,
}

impl Errors<'_> {
    fn add(&mut self, range: TextRange, message: String) {
        self.found.push(ConfigError { path: self.path.to_owned(), at: self.lines.position(range.start), message });
    }
}

/// The spanned tree beside the values.
#[derive(Clone, Copy)]
struct Places<'t> {
    file: FileId,
    root: Option<Node<'t>>,
}

impl<'t> Places<'t> {
    fn get(self, key: &str) -> Self {
        Self { root: self.root.and_then(|node| node.get(key)), ..self }
    }

    /// Where `key` itself is written.
    fn key(self, key: &str) -> Span {
        let entry = self.root.and_then(|node| node.entry(key));
        Span::new(self.file, entry.map(|entry| entry.key.range()).unwrap_or_default())
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let items: Vec<Node<'t>> = self.root.map(|node| node.items().collect()).unwrap_or_default();
        items.into_iter().map(move |item| Self { root: Some(item), ..self })
    }

    fn span(self) -> Span {
        Span::new(self.file, self.root.map(Node::range).unwrap_or_default())
    }

    fn declared<T>(self, value: T) -> Declared<T> {
        Declared { value, span: self.span() }
    }

    fn all<T>(self, values: Vec<T>) -> Vec<Declared<T>> {
        values.into_iter().zip(self.items()).map(|(value, place)| place.declared(value)).collect()
    }
}
