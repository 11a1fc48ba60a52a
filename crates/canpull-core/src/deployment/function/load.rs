//! What a template loads from another file: its text, or what that says in JSON or YAML, or a part of it.

use canpull_syntax::{FileId, Kind, Node, Span, TextRange, Value, arm, yaml};

use crate::deployment::Evaluator;
use crate::deployment::instance::Env;
use crate::deployment::value::{Data, Evaluated};

/// Values nest this deep at most.
const MAX_DEPTH: usize = 32;

/// More values are no settings.
const MAX_VALUES: usize = 4_000;

/// So many bytes that are loaded count as one visit.
const BYTES_A_VISIT: u64 = 32;

impl<'f> Evaluator<'f> {
    /// What a function loads; `None` where no source holds it.
    pub(super) fn loaded(&self, function: &str, all: &[Evaluated], env: &Env<'f>, span: Span) -> Option<Evaluated> {
        let path = all.first()?.data.as_text()?;
        let (file, text) = self.content(env.file, path)?;
        self.visits.set(self.visits.get().saturating_sub(text.len() as u64 / BYTES_A_VISIT));
        let is_one_of = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        let structured = match function {
            "loadjsoncontent" => Some(arm::parse(text)),
            "loadyamlcontent" => Some(yaml::parse(text)),
            // Terraform decodes it next: values keep their structure, whatever they are encoded as.
            "file" if is_one_of(&[".json"]) => Some(arm::parse(text)),
            "file" if is_one_of(&[".yaml", ".yml"]) => Some(yaml::parse(text)),
            _ => None,
        };
        let Some(parsed) = structured else {
            let whole = Span::new(file, TextRange::empty(0));
            return Some(Evaluated::new(Data::text(text), whole).through(span));
        };
        if parsed.problems.iter().any(|problem| problem.fatal) {
            return None;
        }
        let (_, root) = parsed.roots().next()?;
        let wanted = all.get(1).filter(|own| function != "file" && !matches!(own.data, Data::Null));
        let own = match wanted {
            Some(wanted) => at(root, wanted.data.as_text()?)?,
            None => root,
        };
        Some(Reader { file, left: MAX_VALUES }.evaluated(own, 0).through(span))
    }
}

/// The value at the end of a plain path, `$.a.b[0]`; whatever chooses among several is not followed.
fn at<'n>(root: Node<'n>, path: &str) -> Option<Node<'n>> {
    let path = path.strip_prefix('$').unwrap_or(path).replace(']', "").replace('[', ".");
    let steps = path.split('.').filter(|step| !step.is_empty()).map(|step| step.trim_matches(['\'', '"']));
    steps.into_iter().try_fold(root, |node, step| match node.kind() {
        Kind::List => node.items().nth(step.parse().ok()?),
        _ => node.get(step),
    })
}

/// Reads values out of a file.
struct Reader {
    file: FileId,
    /// So many more, of what aliases stand for too.
    left: usize,
}

impl Reader {
    fn evaluated(&mut self, node: Node<'_>, depth: usize) -> Evaluated {
        let span = Span::new(self.file, node.range());
        let Some(left) = self.left.checked_sub(1).filter(|_| depth < MAX_DEPTH) else {
            return Evaluated::unknown(span);
        };
        self.left = left;
        let depth = depth + 1;
        let data = match (node.kind(), node.value()) {
            (Kind::Map, _) => {
                let pairs = node.entries().into_iter().take(self.left);
                Data::Object(
                    pairs.map(|own| (self.evaluated(own.key, depth), self.evaluated(own.value, depth))).collect(),
                )
            }
            (Kind::List, _) => Data::List(node.items().take(left).map(|own| self.evaluated(own, depth)).collect()),
            (_, Some(Value::Str(text))) => Data::text(text),
            (_, Some(Value::Null)) => Data::Null,
            (_, Some(Value::Bool(value))) => Data::Bool(value),
            (_, Some(Value::Int(value))) => i64::try_from(value).map_or_else(|_| Data::unknown(), Data::Number),
            _ => Data::unknown(),
        };
        Evaluated::new(data, span)
    }
}
