//! A manifest that does not parse.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{FileId, Span, order};

use super::{Context, Rule, finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fact::SourceProblem;
use crate::model::world::WorldKind;

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "unparsable-source",
    severity: Severity::Error,
    since: "0.1.0",
    fixable: false,
    docs: None,
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports documents that claim to be Kubernetes objects and do not parse, or whose pods are shaped so that the API server refuses
them, and files that are not text. A warning where an object is read, but not as it stands: a key on which a pull depends stands
twice, of which the last counts, or text follows `...`.

## Why it matters
kubectl refuses them, and nothing in them could be checked.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
```

## How to fix
Mend the syntax at the place shown.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let built = built_by_kustomize(context);
    let mut refused: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for (index, _, _, pod) in context.pulls() {
        if let Some((_, span)) = &pod.fact.refused {
            refused.entry(*span).or_default().push(index);
        }
    }
    for (index, file) in context.model.files.iter().enumerate() {
        let id = FileId::at(index);
        let by_kubectl = !built.contains(&id);
        // A file that is none of ours, and cannot be read, holds no document.
        let worth_telling = |problem: &&SourceProblem| problem.fatal || file.documents > 0;
        let problems = file.problems.iter().filter(worth_telling);
        for problem in problems.filter(|problem| by_kubectl || !problem.kubectl_only) {
            let span = Span::new(id, problem.range);
            found.push(if problem.fatal {
                let help = "mend what stands here; the other documents were read";
                let pulls = refused.remove(&span).unwrap_or_default();
                let message = format!("not readable: {}", problem.message);
                Diagnostic { pulls, ..finding(&RULE, span, message, help) }
            } else {
                let message = format!("not read as it stands: {}", problem.message);
                let help = "kubectl refuses it or reads it otherwise: write what is meant";
                Diagnostic { severity: Severity::Warning, ..finding(&RULE, span, message, help) }
            });
        }
    }
}

/// The files that kubectl gets to see only as kustomize writes them anew.
fn built_by_kustomize(context: &Context<'_>) -> BTreeSet<FileId> {
    let worlds = context.model.worlds.iter().filter(|world| world.kind == WorldKind::Kustomization);
    order::gather(worlds.flat_map(|world| &world.members).map(|member| member.file))
}
