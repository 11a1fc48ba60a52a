//! The formats that canpull reads, and the one way in: from a file's bytes to its facts.

mod arm;
mod azure_cli;
mod bicep;
mod candidate;
mod comment;
mod json_patch;
mod kubernetes;
mod kustomization;
mod loaded;
mod name_reference;
mod pipeline;
mod retype;
mod secrecy;
mod shell;
mod template;
mod terraform;

use canpull_syntax::{FileId, LineIndex, Node, Parsed, Span, TextRange, order, text, to_offset, yaml};

pub(crate) use bicep::template as bicep_template;
pub(crate) use terraform::template as terraform_template;

pub use candidate::{is_candidate, is_skipped};
pub use kubernetes::removed_api;
pub use loaded::loads_files;
pub(crate) use secrecy::secrets;

use crate::fact::{FileFacts, SourceProblem};

/// Larger files are reported, not parsed, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// Replaces the variables in a text by what they hold; `None` where any is not known.
type Fill<'f> = dyn Fn(&str) -> Option<String> + 'f;

/// A decoded and parsed file.
#[derive(Clone, Copy)]
struct Input<'i> {
    file: FileId,
    /// Relative to the project root, with `/`.
    path: &'i str,
    text: &'i str,
    parsed: &'i Parsed<'i>,
    /// What fills in the variables of an expanding here-document.
    fill: Option<&'i Fill<'i>>,
}

impl Input<'_> {
    fn span(&self, node: Node<'_>) -> Span {
        Span::new(self.file, node.range())
    }

    /// An empty span at the start of a map: where a key that is not written would stand.
    fn start_of(&self, node: Node<'_>) -> Span {
        Span::new(self.file, TextRange::empty(node.range().start))
    }
}

/// A kind of source file.
trait Format: Sync {
    /// Whether a file may hold this format, judged before it is parsed.
    fn detect(&self, path: &str, text: &str) -> bool;
    /// Whether charts may hold it as templates.
    fn is_rendered(&self) -> bool {
        true
    }
    /// Parses the file as whoever deploys it does.
    fn parse<'t>(&self, text: &'t str) -> Parsed<'t> {
        yaml::parse(text)
    }
    /// Takes the facts from a parsed file.
    fn read(&self, input: Input<'_>, facts: &mut FileFacts);
}

/// The formats; the first that claims a file reads it.
const FORMATS: [&dyn Format; 8] = [
    &kustomization::Kustomization,
    &name_reference::NameReferences,
    &json_patch::JsonPatch,
    &pipeline::Pipeline,
    &arm::Arm,
    &terraform::Plan,
    &azure_cli::AzureCli,
    &kubernetes::Kubernetes,
];

/// Reads one file. Never fails: what cannot be read is a problem in the facts.
pub fn read(file: FileId, path: &str, bytes: &[u8]) -> FileFacts {
    let mut facts = FileFacts { path: path.to_owned(), bytes: bytes.len() as u64, ..FileFacts::default() };
    if bytes.len() > MAX_BYTES {
        facts.problems.push(problem(path, 0, "it is larger than 64 MiB"));
        return facts;
    }
    let text = match text::decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            facts.lines = LineIndex::new(&error.before);
            facts.problems.push(problem(path, error.before.len(), &format!("the file is not text: {}", error.message)));
            return facts;
        }
    };
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        facts.lines = LineIndex::new(text.get(..at).unwrap_or_default());
        facts.problems.push(problem(path, at, "the file is not text: it is binary"));
        return facts;
    }
    facts.lines = LineIndex::new(&text);
    facts.touches = kustomization::touches(&text);
    if loads_files(path) {
        facts.loads = loaded::names(&text);
    }
    if shell::claims(path, &text) {
        shell::read(file, path, &text, &mut facts);
        if path.rsplit('.').next() == Some("txt") {
            facts.content = loaded::content(&text);
        }
        return facts;
    }
    if terraform::claims(path) {
        terraform::read(path, &text, &mut facts);
        return facts;
    }
    if bicep::claims(path) {
        bicep::read(path, &text, &mut facts);
        return facts;
    }
    let Some(format) = FORMATS.iter().find(|format| format.detect(path, &text)) else {
        facts.content = loaded::content(&text);
        return facts;
    };
    if text.contains("\"auths\"") {
        facts.content = loaded::content(&text);
    }
    if format.is_rendered() && template::in_chart(path, &text) {
        template::pass_over(&text, &mut facts);
        return facts;
    }
    let parsed = format.parse(&text);
    comment::ignores(&text, &parsed, &mut facts);
    format.read(Input { file, path, text: &text, parsed: &parsed, fill: None }, &mut facts);
    facts
}

/// Whether a file is read as commands, of which any word may be a credential.
pub(crate) fn is_script(path: &str, text: &str) -> bool {
    shell::claims(path, text)
}

/// The ranges of a file that may hold a credential, in order and apart from one another: what is to be taken out before the
/// file is shown to others. Of a file that is not text, none.
pub fn credentials(path: &str, bytes: &[u8]) -> Vec<TextRange> {
    let mut ranges = read(FileId::at(0), path, bytes).masked;
    if let Ok(text) = text::decode(bytes) {
        ranges.extend(secrets(path, &text));
    }
    order::sort(&mut ranges);
    let mut apart: Vec<TextRange> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Reads Kubernetes objects that stand within a text of another sort, each document on its own: lines of `---` part
/// them, however far they are indented. `blank` is the text as whatever reads the objects gets it, each byte in its place.
fn manifest(
    (file, path, text): (FileId, &str, &str),
    (range, blank): (TextRange, &str),
    fill: Option<&Fill<'_>>,
    facts: &mut FileFacts,
) {
    let mut start = range.start;
    let mut at = range.start;
    let mut documents = Vec::new();
    for line in range.slice(text).split_inclusive('\n') {
        let end = at + to_offset(line.len());
        if line.trim() == "---" {
            documents.push(TextRange::new(start, at));
            start = end;
        }
        at = end;
    }
    documents.push(TextRange::new(start, range.end));
    for document in documents.into_iter().filter(|document| document.slice(text).contains("apiVersion")) {
        let parsed = yaml::parse_within(blank, document);
        // What breaks here may be a placeholder's doing.
        if !parsed.documents.iter().any(|document| document.broken) {
            let problems = facts.problems.len();
            kubernetes::objects(Input { file, path, text, parsed: &parsed, fill }, facts);
            facts.problems.truncate(problems);
        }
    }
}

/// What begins a new line beside what stands at an offset, where that opens its own line.
fn line_break(text: &str, at: u32) -> Option<String> {
    let before = text.get(..at as usize)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = before.get(start..).filter(|indent| indent.trim().is_empty())?;
    let end = if before.get(..start)?.ends_with("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{end}{indent}"))
}

/// A problem with a whole file: an error where its name says that it is YAML or JSON.
fn problem(path: &str, at: usize, message: &str) -> SourceProblem {
    let at = to_offset(at);
    SourceProblem {
        range: TextRange::empty(at),
        message: message.to_owned(),
        fatal: claims_yaml(path),
        kubectl_only: false,
    }
}

/// Whether a file's name says that it is YAML or JSON.
fn claims_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
        || kustomization::directory(path).is_some()
        || path == "-"
}
