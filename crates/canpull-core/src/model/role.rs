//! Roles: which of them let a principal pull, in either mode of a registry.

#[rustfmt::skip]
mod table;

use crate::fact::azure::RegistryMode;
use crate::fact::grant::Permission;

/// What a legacy registry asks for.
pub const PULL_ACTION: &str = "Microsoft.ContainerRegistry/registries/pull/read";
/// What an ABAC registry asks for.
pub const PULL_DATA_ACTION: &str = "Microsoft.ContainerRegistry/registries/repositories/content/read";

/// What a built-in role is meant for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sort {
    /// Made for container registries.
    Registry,
    /// Owner, Contributor, Reader.
    Privileged,
    /// Pulls through a wildcard, which nobody intends.
    Accidental,
    /// For Microsoft's own services.
    Internal,
    /// Does not pull, whatever its name suggests.
    Powerless,
}

/// A built-in role. Their GUIDs are the same in all clouds and tenants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltIn {
    /// Its GUID, in lower case.
    pub guid: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is meant for.
    pub sort: Sort,
    pulls_legacy: bool,
    pulls_abac: bool,
}

impl BuiltIn {
    const fn new(guid: &'static str, name: &'static str, sort: Sort, pulls_legacy: bool, pulls_abac: bool) -> Self {
        Self { guid, name, sort, pulls_legacy, pulls_abac }
    }

    /// Whether it pulls from a registry in this mode.
    pub const fn pulls(&self, mode: RegistryMode) -> bool {
        match mode {
            RegistryMode::Legacy => self.pulls_legacy,
            RegistryMode::Abac => self.pulls_abac,
        }
    }

    /// Whether it pulls from a registry in any mode.
    pub const fn pulls_somewhere(&self) -> bool {
        self.pulls_legacy || self.pulls_abac
    }

    /// The built-in role with this name, GUID or id, in any case of letters. A GUID wins over a name.
    pub fn find(written: &str) -> Option<&'static Self> {
        let last = last_segment(written);
        let by_guid = table::ROLES.iter().find(|role| role.guid.eq_ignore_ascii_case(last));
        by_guid.or_else(|| table::ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(last)))
    }

    /// All that are known, by name.
    pub const fn all() -> &'static [Self] {
        &table::ROLES
    }
}

/// The data action that Microsoft's roles always pair with it.
pub const METADATA_ACTION: &str = "Microsoft.ContainerRegistry/registries/repositories/metadata/read";

/// The role to grant for pulling, by the registry's mode.
pub const fn to_grant(mode: RegistryMode) -> &'static str {
    match mode {
        RegistryMode::Legacy => "AcrPull",
        RegistryMode::Abac => "Container Registry Repository Reader",
    }
}

/// The GUID or name in what names a role: `/providers/…/roleDefinitions/<guid>` ends in it.
pub fn last_segment(written: &str) -> &str {
    let trimmed = written.trim().trim_end_matches('/');
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// Whether a text has the form of a GUID.
pub fn is_guid(text: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    let fits = |length: usize, part: Option<&str>| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    groups.iter().all(|&length| fits(length, parts.next())) && parts.next().is_none()
}

/// How permissions come to allow something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Allows {
    /// Not at all.
    No,
    /// Through a wildcard.
    ByWildcard,
    /// By name.
    ByName,
}

/// Whether these permissions let pull from a registry in this mode: the action, or data action, is in the effective set
/// of one of them. What one takes back (`notActions`) no other loses.
pub fn allows(permissions: &[Permission], mode: RegistryMode) -> Allows {
    let one = |permission: &Permission| {
        let (granted, withheld, wanted) = match mode {
            RegistryMode::Legacy => (&permission.actions, &permission.not_actions, PULL_ACTION),
            RegistryMode::Abac => (&permission.data_actions, &permission.not_data_actions, PULL_DATA_ACTION),
        };
        if withheld.iter().any(|pattern| matches(pattern, wanted)) {
            return Allows::No;
        }
        let grants = granted.iter().filter(|pattern| matches(pattern, wanted));
        let best = grants.map(|pattern| if pattern.contains('*') { Allows::ByWildcard } else { Allows::ByName });
        best.max().unwrap_or(Allows::No)
    };
    permissions.iter().map(one).max().unwrap_or(Allows::No)
}

/// Whether a pattern of actions covers an action: letters in any case, `*` for any run of characters, `/` included.
pub fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
