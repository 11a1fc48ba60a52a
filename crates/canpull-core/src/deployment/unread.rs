//! Modules that are in no source: what they are handed, and what they may grant with it.

use std::collections::VecDeque;

use canpull_syntax::{FileId, Span};

use super::Evaluator;
use super::instance::Env;
use super::target::Target;
use super::value::{Data, Evaluated, Piece};
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef, kind_of};
use crate::fact::grant::{GrantOrigin, RoleAssignmentFact, RoleRef};
use crate::fact::{Field, Why};
use crate::lowering::guid;

/// So many values are searched in what is handed to something.
const MAX_SEARCHED: usize = 1_000;

/// So many principals, and so many registries, of one module are told apart.
const MAX_HANDED: usize = 8;

/// What names of arguments say, by their words.
const OF_PRINCIPALS: [&str; 7] = ["principal", "principals", "object", "objects", "kubelet", "assignee", "assignees"];
const OF_REGISTRIES: [&str; 3] = ["registry", "registries", "acr"];
const OF_ROLES: [&str; 9] =
    ["role", "roles", "rbac", "assignment", "assignments", "grant", "grants", "permission", "permissions"];

/// What bears on pulling in what a module is handed.
#[derive(Default)]
struct Handed {
    principals: Vec<PrincipalRef>,
    registries: Vec<ResourceRef>,
    /// Whom roles may be for is handed over, and not known.
    open_principal: Option<Span>,
    /// The same of a registry.
    open_registry: Option<Span>,
    /// The same of roles with all that belongs to them.
    open_roles: bool,
}

impl<'f> Evaluator<'f> {
    /// A module that is not read may give the identities that it is handed to anything, and grant them roles.
    pub(super) fn hand_over(&self, env: &Env<'f>, index: usize) {
        let Some(&(file, module)) = env.instance.unit.modules.get(index) else { return };
        let mut handed = Handed::default();
        for argument in &module.arguments {
            let value = self.evaluate(&argument.value, env);
            self.used(&value, file);
            handed.search(&argument.name, &value, env);
        }
        let grants = handed.grants(env.called_at(file, module.range));
        self.made.borrow_mut().entry(file).or_default().azure.assignments.extend(grants);
    }

    /// Notes identities that something other than a cluster is given.
    pub(super) fn used(&self, value: &Evaluated, file: FileId) {
        for Part { value, .. } in within("", value) {
            if let Data::Resource(target, _) = &value.data
                && target.reference.kind == ResourceKind::Identity
            {
                let used = ResourceRef { span: value.span, ..target.reference.clone() };
                self.made.borrow_mut().entry(file).or_default().azure.identity_uses.push(used);
            }
        }
    }
}

/// Something in a value.
#[derive(Clone, Copy)]
struct Part<'v> {
    /// The name that it goes by.
    name: &'v str,
    value: &'v Evaluated,
    /// It is a key of an object: the name of a thing, or of what is said of one.
    is_key: bool,
}

/// What is in a value, level by level.
fn within<'v>(name: &'v str, value: &'v Evaluated) -> Vec<Part<'v>> {
    let part = |name, value| Part { name, value, is_key: false };
    let mut open = VecDeque::from([part(name, value)]);
    let mut found = Vec::new();
    while let Some(own) = open.pop_front() {
        match &own.value.data {
            Data::List(items) | Data::OneOf(items, _) if open.len() < MAX_SEARCHED => {
                open.extend(items.iter().map(|item| part(own.name, item)));
            }
            Data::Object(pairs) if open.len() < MAX_SEARCHED => {
                for (key, value) in pairs.iter() {
                    let key_itself = Part { name: own.name, value: key, is_key: true };
                    open.extend([key_itself, part(key.data.as_text().unwrap_or(own.name), value)]);
                }
            }
            _ => {}
        }
        found.push(own);
        if found.len() >= MAX_SEARCHED {
            break;
        }
    }
    found
}

impl Handed {
    fn search(&mut self, name: &str, value: &Evaluated, env: &Env<'_>) {
        for part in within(name, value) {
            self.take(part, env);
        }
    }

    fn take(&mut self, Part { name, value, is_key }: Part<'_>, env: &Env<'_>) {
        match &value.data {
            Data::Resource(target, path) => {
                let path: Vec<&str> = path.iter().map(|key| &**key).collect();
                self.registries.extend(registry(target, &path, value.span));
                self.principals.extend(principal(target, &path, value.span));
            }
            Data::Text(pieces) => match value.data.as_text() {
                _ if matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with('/')) => {
                    let target = Target::by_id(pieces, &env.instance.root, value.span);
                    self.registries.extend(target.and_then(|target| registry(&target, &[], value.span)));
                }
                Some(text) if says(name, &OF_PRINCIPALS) => {
                    let id = guid(Field::Known(text.to_owned(), value.span));
                    self.principals.extend(id.known().map(|id| PrincipalRef::Written(id.clone(), value.span)));
                }
                Some(text) if is_key && says(name, &OF_REGISTRIES) && is_registry_name(text) => {
                    self.leave_open(name, value.span);
                }
                Some(text) if says(name, &OF_REGISTRIES) && is_registry_name(text) => {
                    self.registries.push(ResourceRef::named(ResourceKind::Registry, text, value.span));
                }
                Some(_) => {}
                None => self.leave_open(name, value.span),
            },
            Data::Open(..) | Data::Module(_) | Data::Outputs(..) => self.leave_open(name, value.span),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Object(_) | Data::OneOf(..) => {}
        }
    }

    fn leave_open(&mut self, name: &str, span: Span) {
        if says(name, &OF_PRINCIPALS) {
            self.open_principal = Some(span);
        } else if says(name, &OF_REGISTRIES) {
            self.open_registry = Some(span);
        } else if says(name, &OF_ROLES) {
            self.open_roles = true;
        }
    }

    /// The assignments that may be made of it: for whom is handed over, at the registries that are, or else for anyone, and
    /// anywhere.
    fn grants(self, span: Span) -> Vec<RoleAssignmentFact> {
        let known = !self.principals.is_empty() || !self.registries.is_empty();
        let open = self.open_principal.is_some() || self.open_registry.is_some();
        if !known && !open && !self.open_roles {
            return Vec::new();
        }
        let mut principals: Vec<PrincipalRef> = self.principals.into_iter().take(MAX_HANDED).collect();
        if principals.is_empty() || self.open_principal.is_some() {
            principals.push(PrincipalRef::Unknown(Why::FilledAtRunTime, self.open_principal.unwrap_or(span)));
        }
        let known = |own: ResourceRef| Field::Known(own.clone(), own.span);
        let mut scopes: Vec<Field<ResourceRef>> = self.registries.into_iter().take(MAX_HANDED).map(known).collect();
        if scopes.is_empty() || self.open_registry.is_some() {
            scopes.push(Field::Unknown(Why::FilledAtRunTime, self.open_registry.unwrap_or(span)));
        }
        let each = principals.iter().flat_map(|principal| scopes.iter().map(move |scope| (principal, scope)));
        each.map(|(principal, scope)| granted(principal.clone(), scope.clone(), span)).collect()
    }
}

fn granted(principal: PrincipalRef, scope: Field<ResourceRef>, span: Span) -> RoleAssignmentFact {
    RoleAssignmentFact {
        principal,
        role: RoleRef { written: Field::Unknown(Why::FilledAtRunTime, span), symbol: None },
        scope,
        maybe: true,
        ..RoleAssignmentFact::bare(GrantOrigin::Unread, span, span)
    }
}

/// The registry that is handed over: itself, its id or its name.
fn registry(target: &Target, path: &[&str], span: Span) -> Option<ResourceRef> {
    let is_it = kind_of(&target.kind) == ResourceKind::Registry && matches!(path, [] | ["id" | "name"]);
    (is_it && !target.reference.is_open()).then(|| ResourceRef { span, ..target.reference.clone() })
}

/// The principal that is handed over, by whichever of its ids: what is not read may look up the others.
fn principal(target: &Target, path: &[&str], span: Span) -> Option<PrincipalRef> {
    let kind = target.reference.kind;
    let attribute = match (kind, path) {
        (ResourceKind::Cluster, []) => PrincipalAttribute::KubeletObjectId,
        (ResourceKind::Identity, []) => PrincipalAttribute::PrincipalId,
        (ResourceKind::ServicePrincipal, []) => PrincipalAttribute::ObjectId,
        _ => match target.principal(path)?.1 {
            PrincipalAttribute::KubeletClientId | PrincipalAttribute::KubeletResourceId => {
                PrincipalAttribute::KubeletObjectId
            }
            PrincipalAttribute::ClusterServicePrincipalClientId => PrincipalAttribute::ClusterServicePrincipalObjectId,
            PrincipalAttribute::ClientId | PrincipalAttribute::ResourceId => PrincipalAttribute::PrincipalId,
            PrincipalAttribute::AppId => PrincipalAttribute::ObjectId,
            PrincipalAttribute::ApplicationObjectId
            | PrincipalAttribute::AdminUser
            | PrincipalAttribute::Missing(_) => return None,
            attribute => attribute,
        },
    };
    let resource = target.reference.clone();
    (!resource.is_open()).then_some(PrincipalRef::Of { resource, attribute, span })
}

/// Whether one of the words of a name is among these: `var.kubelet_object_id`, `principalIds`.
fn says(name: &str, words: &[&str]) -> bool {
    let mut own = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            own.push('_');
        }
        own.push(letter.to_ascii_lowercase());
    }
    own.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

fn is_registry_name(text: &str) -> bool {
    (5..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
