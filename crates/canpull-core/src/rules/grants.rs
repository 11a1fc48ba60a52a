//! What rules on role assignments share: the way that a principal came, and the edits that right it.

use canpull_syntax::Span;
use canpull_syntax::edit::Edit;

use crate::diagnostic::{Annotation, Applicability, Change, Fix};
use crate::fact::azure::RegistryMode;
use crate::fact::grant::RoleAssignmentFact;
use crate::model::role::{self, BuiltIn};

/// Where whom an assignment is for is handed on.
pub(super) fn handed_on(fact: &RoleAssignmentFact) -> impl Iterator<Item = Annotation> {
    fact.principal_via.iter().map(|&span| Annotation { span, message: "handed on here".to_owned() })
}

/// The edit that grants to what pulls instead. It changes who may pull.
pub(super) fn puller_instead(fact: &RoleAssignmentFact) -> Option<Fix> {
    let own = fact.puller_instead.as_ref()?;
    let title = if own.is_service_principal {
        "grant it to the cluster's service principal"
    } else {
        "grant it to the kubelet identity"
    };
    Some(edit(title, Applicability::Unsafe, own.place, &own.text))
}

/// The edit that grants the role that this mode heeds, in place of the one that is written. It changes who may pull. A
/// condition is about the role that is written: without that it would be left over.
pub(super) fn role_instead(fact: &RoleAssignmentFact, mode: RegistryMode) -> Option<Fix> {
    let span = fact.role_at.filter(|_| fact.condition.is_absent())?;
    let is_guid = fact.role.written.text().is_some_and(|written| role::is_guid(role::last_segment(written)));
    let name = role::to_grant(mode);
    let right = BuiltIn::find(name)?;
    let quotable = fact.role_is_word && name.contains(' ');
    let text = if is_guid || quotable { right.guid } else { right.name };
    Some(edit(&format!("grant {name} instead"), Applicability::Unsafe, span, text))
}

/// A fix of one edit.
pub(super) fn edit(title: &str, applicability: Applicability, span: Span, text: &str) -> Fix {
    let edit = Edit { range: span.range, text: text.to_owned() };
    Fix { title: title.to_owned(), applicability, change: Change::Edits(vec![(span.file, edit)]) }
}
