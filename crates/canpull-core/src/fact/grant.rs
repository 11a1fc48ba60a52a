//! What a single file states of rights in Azure: role assignments, role definitions, deny assignments, and how complete
//! a listing of them is.

use canpull_syntax::Span;

use super::Field;
use super::azure::{PrincipalRef, ResourceRef};

/// How a role assignment comes to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GrantOrigin {
    /// Read from Azure: `az role assignment list`.
    Listed,
    /// `az role assignment create`, `New-AzRoleAssignment`.
    Command,
    /// `--attach-acr`: the role `AcrPull` for whatever pulls in the cluster.
    Attach,
    /// `az ad sp create-for-rbac --role … --scopes …`.
    CreateForRbac,
    /// A resource of a template.
    Resource,
    /// A module that is in no source: it may grant what it is handed.
    Unread,
}

/// A role, as an assignment names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleRef {
    /// Its name, GUID or full id, in any spelling.
    pub written: Field<String>,
    /// What stands for a role definition of the sources.
    pub symbol: Option<String>,
}

/// An edit that grants to what pulls in a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PullerInstead {
    /// What it replaces.
    pub place: Span,
    /// What stands there then.
    pub text: String,
    /// That is the cluster's service principal, not its kubelet identity.
    pub is_service_principal: bool,
}

/// A name that is made from a seed which says nothing of whom a role is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LooseName {
    /// Where it is written.
    pub span: Span,
    /// It says at least which cluster: one that is made anew has another identity.
    pub tells_cluster: bool,
}

/// A role given to a principal at a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleAssignmentFact {
    /// How it comes to be.
    pub origin: GrantOrigin,
    /// To whom.
    pub principal: PrincipalRef,
    /// Where whom it is for is handed on, from where it is written up to the assignment.
    pub principal_via: Vec<Span>,
    /// `principalType`: `User`, `Group`, `ServicePrincipal`, `ForeignGroup`.
    pub principal_type: Field<String>,
    /// Which role.
    pub role: RoleRef,
    /// Where it applies. Absent is the default of what makes it.
    pub scope: Field<ResourceRef>,
    /// The condition.
    pub condition: Field<String>,
    /// `conditionVersion`.
    pub condition_version: Field<String>,
    /// The assignment's own name is made from a seed that leaves out the principal: a second grant collides with it.
    pub name_without_principal: Option<LooseName>,
    /// The edit that would make what pulls in the cluster whom it is for.
    pub puller_instead: Option<PullerInstead>,
    /// The edit, with its place, that would tell the principal's type.
    pub with_type: Option<(Span, String)>,
    /// The edit, with its place, that would give the only registry beside it as its scope.
    pub with_scope: Option<(Span, String)>,
    /// Where the role's name or GUID is written out, and nothing but that.
    pub role_at: Option<Span>,
    /// There it is a bare word of a script, where blanks would need quotes.
    pub role_is_word: bool,
    /// The directory is not asked whether the principal exists (`--assignee-object-id`,
    /// `skip_service_principal_aad_check`): a wrong id is accepted and never works.
    pub unchecked: bool,
    /// One of several alternatives, or under a condition: it may not be made.
    pub maybe: bool,
    /// Where the whole is written.
    pub span: Span,
}

impl RoleAssignmentFact {
    /// One of which nothing is written yet; what is left out would go `home`.
    pub(crate) const fn bare(origin: GrantOrigin, home: Span, span: Span) -> Self {
        Self {
            origin,
            principal: PrincipalRef::Absent(home),
            principal_via: Vec::new(),
            principal_type: Field::Absent(home),
            role: RoleRef { written: Field::Absent(home), symbol: None },
            scope: Field::Absent(home),
            condition: Field::Absent(home),
            condition_version: Field::Absent(home),
            name_without_principal: None,
            puller_instead: None,
            with_type: None,
            with_scope: None,
            role_at: None,
            role_is_word: false,
            unchecked: false,
            maybe: false,
            span,
        }
    }

    /// Whether it is for a group. Who is in one, no source tells.
    pub fn is_for_group(&self) -> bool {
        self.principal_type.text().is_some_and(|sort| sort.ends_with("Group"))
    }

    /// Whether it says of whom it is for what no managed identity and no service principal is: Azure then refuses it.
    pub fn misjudges_application(&self) -> bool {
        self.principal_type.text().is_some_and(|sort| !sort.eq_ignore_ascii_case("ServicePrincipal"))
            && !self.is_for_group()
    }

    /// Whether it is for a person. No node acts as one.
    pub fn is_for_person(&self) -> bool {
        self.principal_type.text().is_some_and(|sort| sort.eq_ignore_ascii_case("User"))
    }
}

/// An object id and the client id of the same principal: the `principalName` of a listed role assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrincipalAlias {
    /// The object id.
    pub object_id: Field<String>,
    /// The client id.
    pub client_id: Field<String>,
    /// Where the client id is written.
    pub span: Span,
}

/// The end of a role assignment: `az role assignment delete`, `--detach-acr`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevocationFact {
    /// Whose.
    pub principal: PrincipalRef,
    /// Which role; Absent is any.
    pub role: RoleRef,
    /// Where; Absent is any.
    pub scope: Field<ResourceRef>,
    /// Where the whole is written.
    pub span: Span,
}

/// One permission object of a role or deny assignment. Patterns hold `*` for any run of characters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Permission {
    /// `actions`.
    pub actions: Vec<String>,
    /// `notActions`.
    pub not_actions: Vec<String>,
    /// `dataActions`.
    pub data_actions: Vec<String>,
    /// `notDataActions`.
    pub not_data_actions: Vec<String>,
    /// A condition of its own.
    pub condition: Option<String>,
}

/// A role definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleDefinitionFact {
    /// Its GUID, where known.
    pub guid: Field<String>,
    /// `roleName`.
    pub name: Field<String>,
    /// What stands for it in its sources.
    pub symbol: Option<String>,
    /// `permissions`; Unknown where any of it cannot be known.
    pub permissions: Field<Vec<Permission>>,
    /// Where the whole is written.
    pub span: Span,
}

/// A deny assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DenyAssignmentFact {
    /// Object ids of whom it hits.
    pub principals: Vec<Field<String>>,
    /// It hits everybody: the zero GUID of type `SystemDefined`.
    pub everyone: bool,
    /// Object ids of whom it spares.
    pub excluded: Vec<Field<String>>,
    /// What it denies; Unknown where any of it cannot be known.
    pub permissions: Field<Vec<Permission>>,
    /// Where it applies.
    pub scope: Field<ResourceRef>,
    /// It does not reach below its scope.
    pub only_at_scope: bool,
    /// Where the whole is written.
    pub span: Span,
}

/// A command that lists role assignments into a file, so that what the file lacks does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListingFact {
    /// The file that it writes, relative to the project root.
    pub output: String,
    /// What the listing holds.
    pub reach: ListingReach,
    /// Only this principal's assignments.
    pub assignee: Option<PrincipalRef>,
    /// The command.
    pub span: Span,
}

/// Which scopes a listing of role assignments covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListingReach {
    /// `--all`: everything at and below the subscription, though nothing above it.
    Subscription,
    /// `--scope`: this scope, and with `--include-inherited` all above it.
    Scope {
        /// The scope.
        scope: ResourceRef,
        /// `--include-inherited`.
        inherited: bool,
    },
    /// Neither: the subscription's own only.
    SubscriptionOnly,
}
