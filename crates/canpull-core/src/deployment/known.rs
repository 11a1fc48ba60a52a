//! Modules of public registries that grant roles or make what pulls: what of them matters, in Bicep and HCL of our own.

use std::collections::BTreeMap;

use crate::fact::FileFacts;
use crate::fact::template::{Source, TemplateFact};
use crate::source::{bicep_template, terraform_template};

/// Azure Verified Modules in Bicep, by their paths in the public registry, in lower case.
const BICEP: [(&str, &str); 6] = [
    ("avm/res/container-registry/registry", include_str!("known/registry.bicep")),
    ("avm/res/container-service/managed-cluster", include_str!("known/managed_cluster.bicep")),
    ("avm/res/managed-identity/user-assigned-identity", include_str!("known/identity.bicep")),
    ("avm/ptn/authorization/resource-role-assignment", include_str!("known/resource_role_assignment.bicep")),
    ("avm/res/authorization/role-assignment/rg-scope", include_str!("known/group_role_assignment.bicep")),
    ("avm/res/authorization/role-assignment/sub-scope", include_str!("known/subscription_role_assignment.bicep")),
];

/// Modules in Terraform by their addresses in its public registry, in lower case.
const TERRAFORM: [(&str, &str); 5] = [
    ("azure/aks/azurerm", include_str!("known/terraform/aks.tf")),
    ("azure/avm-ptn-aks-production/azurerm", include_str!("known/terraform/aks_production.tf")),
    ("azure/avm-res-containerregistry-registry/azurerm", include_str!("known/terraform/registry.tf")),
    ("azure/avm-res-containerservice-managedcluster/azurerm", include_str!("known/terraform/managed_cluster.tf")),
    ("azure/avm-res-managedidentity-userassignedidentity/azurerm", include_str!("known/terraform/identity.tf")),
];

/// Where the public registry of Bicep's modules is, under each of its names.
const REGISTRIES: [&str; 2] = ["br/public:", "br:mcr.microsoft.com/bicep/"];

/// The public registry of Terraform's modules, which may be left out.
const TERRAFORM_REGISTRY: &str = "registry.terraform.io/";

/// Where the sources of Terraform's modules of Azure are, each named after its module and provider.
const REPOSITORIES: &str = "github.com/azure/terraform-azurerm-";

/// The known modules that the templates of some files call, by path.
pub(super) fn called(files: &[FileFacts]) -> BTreeMap<&'static str, TemplateFact> {
    let modules = files.iter().flat_map(|file| &file.templates).flat_map(|template| &template.modules);
    let known = modules.filter_map(|module| match &module.source {
        Source::Elsewhere(written) => path(written),
        _ => None,
    });
    let mut found = BTreeMap::new();
    for own in known {
        let text =
            |modules: &[(&str, &'static str)]| modules.iter().find(|(path, _)| *path == own).map(|(_, text)| *text);
        if let Some(text) = text(&BICEP) {
            found.entry(own).or_insert_with(|| bicep_template(text));
        } else if let Some(text) = text(&TERRAFORM) {
            found.entry(own).or_insert_with(|| terraform_template(text));
        }
    }
    found
}

/// The path of a known module in its public registry, of any version.
pub(super) fn path(written: &str) -> Option<&'static str> {
    if let Some(rest) = REGISTRIES.iter().find_map(|registry| written.strip_prefix(registry)) {
        let own = rest.split_once(':').map_or(rest, |(path, _)| path);
        return BICEP.iter().map(|(path, _)| *path).find(|path| path.eq_ignore_ascii_case(own));
    }
    let written = written.to_ascii_lowercase();
    let address = match written.split_once(REPOSITORIES) {
        Some((_, rest)) => {
            let name = rest.split(['?', '/']).next().unwrap_or(rest);
            format!("azure/{}/azurerm", name.trim_end_matches(".git"))
        }
        None => written.strip_prefix(TERRAFORM_REGISTRY).unwrap_or(&written).to_owned(),
    };
    TERRAFORM.iter().map(|(path, _)| *path).find(|path| *path == address)
}

#[cfg(test)]
mod tests {
    use super::{BICEP, TERRAFORM, path};
    use crate::source::{bicep_template, terraform_template};

    #[test]
    fn modules_are_found_by_path_and_read() {
        assert!(path("br/public:avm/res/container-registry/registry:0.9.1").is_some());
        assert!(path("br:mcr.microsoft.com/bicep/avm/res/container-service/managed-cluster:0.9.0").is_some());
        assert!(path("br/public:avm/res/network/virtual-network:0.7.0").is_none());
        for known in [
            "Azure/aks/azurerm",
            "registry.terraform.io/Azure/aks/azurerm",
            "git::https://github.com/Azure/terraform-azurerm-aks.git?ref=9.4.1",
            "github.com/Azure/terraform-azurerm-avm-res-containerregistry-registry",
        ] {
            assert!(path(known).is_some(), "{known}");
        }
        assert!(path("Azure/aks/google").is_none() && path("terraform-aws-modules/eks/aws").is_none());
        for (path, text) in BICEP {
            let template = bicep_template(text);
            assert!(!template.resources.is_empty() && !template.outputs.is_empty(), "{path}");
        }
        for (path, text) in TERRAFORM {
            let template = terraform_template(text);
            assert!(!template.resources.is_empty() && !template.outputs.is_empty(), "{path}");
        }
    }
}
