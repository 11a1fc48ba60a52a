//! Modules of public registries that grant roles or make what pulls: what of them matters, in Bicep of our own.

use std::collections::BTreeMap;

use crate::fact::FileFacts;
use crate::fact::template::{Source, TemplateFact};
use crate::source::bicep_template;

/// Azure Verified Modules, by their paths in the public registry, in lower case.
const MODULES: [(&str, &str); 6] = [
    ("avm/res/container-registry/registry", include_str!("known/registry.bicep")),
    ("avm/res/container-service/managed-cluster", include_str!("known/managed_cluster.bicep")),
    ("avm/res/managed-identity/user-assigned-identity", include_str!("known/identity.bicep")),
    ("avm/ptn/authorization/resource-role-assignment", include_str!("known/resource_role_assignment.bicep")),
    ("avm/res/authorization/role-assignment/rg-scope", include_str!("known/group_role_assignment.bicep")),
    ("avm/res/authorization/role-assignment/sub-scope", include_str!("known/subscription_role_assignment.bicep")),
];

/// Where the public registry of modules is, under each of its names.
const REGISTRIES: [&str; 2] = ["br/public:", "br:mcr.microsoft.com/bicep/"];

/// The known modules that the templates of some files call, by path.
pub(super) fn called(files: &[FileFacts]) -> BTreeMap<&'static str, TemplateFact> {
    let modules = files.iter().flat_map(|file| &file.templates).flat_map(|template| &template.modules);
    let known = modules.filter_map(|module| match &module.source {
        Source::Elsewhere(written) => path(written),
        _ => None,
    });
    let mut found = BTreeMap::new();
    for own in known {
        if let Some((_, text)) = MODULES.iter().find(|(path, _)| *path == own) {
            found.entry(own).or_insert_with(|| bicep_template(text));
        }
    }
    found
}

/// The path of a known module in the public registry, of any version.
pub(super) fn path(written: &str) -> Option<&'static str> {
    let rest = REGISTRIES.iter().find_map(|registry| written.strip_prefix(registry))?;
    let own = rest.split_once(':').map_or(rest, |(path, _)| path);
    MODULES.iter().map(|(path, _)| *path).find(|path| path.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::{MODULES, path};
    use crate::source::bicep_template;

    #[test]
    fn modules_are_found_by_path_and_read() {
        assert!(path("br/public:avm/res/container-registry/registry:0.9.1").is_some());
        assert!(path("br:mcr.microsoft.com/bicep/avm/res/container-service/managed-cluster:0.9.0").is_some());
        assert!(path("br/public:avm/res/network/virtual-network:0.7.0").is_none());
        for (path, text) in MODULES {
            let template = bicep_template(text);
            assert!(!template.resources.is_empty() && !template.outputs.is_empty(), "{path}");
        }
    }
}
