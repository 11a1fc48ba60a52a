//! The formats that canpull reads, and the one way in: from a file's bytes to its facts.

mod kubernetes;
mod kustomization;

use canpull_syntax::{FileId, LineIndex, TextRange, text, yaml};

use crate::fact::{FileFacts, SourceProblem};

/// Larger files are reported, not parsed.
const MAX_BYTES: usize = 64 << 20;

/// Reads one file. Never fails: what cannot be read is a problem in the facts.
pub fn read(file: FileId, path: &str, bytes: &[u8]) -> FileFacts {
    let mut facts = FileFacts { path: path.to_owned(), bytes: bytes.len() as u64, ..FileFacts::default() };
    if bytes.len() > MAX_BYTES {
        facts.problems.push(problem(0, "the file is larger than 64 MiB and was not read"));
        return facts;
    }
    let text = match text::decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            facts.lines = LineIndex::new(&error.before);
            let at = u32::try_from(error.before.len()).unwrap_or(u32::MAX);
            facts.problems.push(problem(at, &format!("the file is not text: {}", error.message)));
            return facts;
        }
    };
    facts.lines = LineIndex::new(&text);
    facts.touches_pulls = kustomization::touches_pulls(&text);
    let parsed = yaml::parse(&text);
    match kustomization::directory(path) {
        Some(directory) => {
            facts.recognised = true;
            facts.documents = 1;
            let fatal = parsed.problems.iter().filter(|problem| problem.fatal);
            let problems = fatal.map(|p| SourceProblem { range: p.range, message: p.message.clone(), fatal: true });
            facts.problems.extend(problems);
            let root = parsed.roots().next();
            facts.kustomization = root.map(|(_, root)| kustomization::read(file, directory, root));
        }
        None => kubernetes::read(file, &text, &parsed, &mut facts),
    }
    facts
}

fn problem(at: u32, message: &str) -> SourceProblem {
    SourceProblem { range: TextRange::empty(at), message: message.to_owned(), fatal: true }
}
