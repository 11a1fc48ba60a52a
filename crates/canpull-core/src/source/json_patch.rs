//! Files of JSON patches, in YAML or JSON: lists of operations that kustomizations name.

use canpull_syntax::Kind;

use super::{Format, Input, kubernetes};
use crate::fact::FileFacts;

/// A list of operations, which is no object: it has no API version.
pub(super) struct JsonPatch;

impl Format for JsonPatch {
    fn detect(&self, _path: &str, text: &str) -> bool {
        let says_nothing = |line: &&str| line.is_empty() || line.starts_with('#') || *line == "---";
        let first = || text.lines().map(str::trim).find(|line| !says_nothing(line));
        let is_list = || first().is_some_and(|line| line.starts_with(['-', '[']));
        let names_part = || ["/spec", "/imagePullSecrets"].iter().any(|path| text.contains(path));
        text.contains("path") && names_part() && is_list() && !text.contains("apiVersion")
    }

    fn read(&self, input: Input<'_>, facts: &mut FileFacts) {
        let mut roots = input.parsed.roots();
        if let (Some((_, root)), None) = (roots.next(), roots.next())
            && root.kind() == Kind::List
            && root.items().all(|item| item.get("op").is_some())
        {
            facts.recognised = true;
            facts.documents = 1;
            kubernetes::operations(input, root, facts);
        }
    }
}
