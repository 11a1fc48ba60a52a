//! The types of resources that bear on pulling, with what they and their parts are called in Azure.

use crate::fact::template::Words;

/// A type of resource.
pub(super) struct Kind {
    /// Its name.
    pub(super) name: &'static str,
    /// What Azure calls it.
    pub(super) azure: &'static str,
    /// What it is told, by Azure's names and its own.
    pub(super) told: &'static [(&'static str, &'static str)],
    /// What others read of it.
    pub(super) words: Words,
}

const CLUSTER_WORDS: Words = &[
    ("kubelet_identity[0].object_id", "identityProfile.kubeletidentity.objectId"),
    ("kubelet_identity[0].client_id", "identityProfile.kubeletidentity.clientId"),
    ("kubelet_identity[0].user_assigned_identity_id", "identityProfile.kubeletidentity.resourceId"),
    ("identity[0].principal_id", "identity.principalId"),
    ("service_principal[0].client_id", "servicePrincipalProfile.clientId"),
    ("service_principal[0].object_id", "servicePrincipalProfile.objectId"),
    ("oms_agent[0].oms_agent_identity[0].object_id", "addonProfiles.omsagent.identity.objectId"),
    ("oms_agent[0].oms_agent_identity[0].client_id", "addonProfiles.omsagent.identity.clientId"),
    (
        "key_vault_secrets_provider[0].secret_identity[0].object_id",
        "addonProfiles.azureKeyvaultSecretsProvider.identity.objectId",
    ),
    (
        "key_vault_secrets_provider[0].secret_identity[0].client_id",
        "addonProfiles.azureKeyvaultSecretsProvider.identity.clientId",
    ),
    (
        "ingress_application_gateway[0].ingress_application_gateway_identity[0].object_id",
        "addonProfiles.ingressApplicationGateway.identity.objectId",
    ),
    ("web_app_routing[0].web_app_routing_identity[0].object_id", "ingressProfile.webAppRouting.identity.objectId"),
    ("aci_connector_linux[0].connector_identity[0].object_id", "addonProfiles.aciConnectorLinux.identity.objectId"),
];

const IDENTITY_WORDS: Words = &[("principal_id", "principalId"), ("client_id", "clientId")];

const REGISTRY_WORDS: Words = &[("login_server", "loginServer"), ("admin_username", "adminUsername")];

const ROLE_WORDS: Words = &[("role_definition_resource_id", "id"), ("role_definition_id", "id")];

const SERVICE_PRINCIPAL_WORDS: Words =
    &[("object_id", "objectId"), ("client_id", "appId"), ("application_id", "appId"), ("display_name", "displayName")];

/// The identity that anything else has.
pub(super) const OTHER_WORDS: Words = &[("identity[0].principal_id", "identity.principalId")];

/// All of them.
pub(super) const KINDS: [Kind; 19] = [
    Kind {
        name: "azurerm_role_assignment",
        azure: "Microsoft.Authorization/roleAssignments",
        told: &[
            ("properties.principalId", "principal_id"),
            ("properties.roleDefinitionName", "role_definition_name"),
            ("properties.roleDefinitionId", "role_definition_id"),
            ("properties.condition", "condition"),
            ("properties.conditionVersion", "condition_version"),
            ("properties.skipServicePrincipalCheck", "skip_service_principal_aad_check"),
        ],
        words: &[],
    },
    Kind {
        name: "azurerm_kubernetes_cluster",
        azure: "Microsoft.ContainerService/managedClusters",
        told: &[
            ("identity.type", "identity.type"),
            ("identity.principalId", "identity.principal_id"),
            ("properties.identityProfile.kubeletidentity.objectId", "kubelet_identity.object_id"),
            ("properties.identityProfile.kubeletidentity.clientId", "kubelet_identity.client_id"),
            ("properties.identityProfile.kubeletidentity.resourceId", "kubelet_identity.user_assigned_identity_id"),
            ("properties.servicePrincipalProfile.clientId", "service_principal.client_id"),
            ("properties.nodeResourceGroup", "node_resource_group"),
            ("properties.httpProxyConfig.httpsProxy", "http_proxy_config.https_proxy"),
            ("properties.httpProxyConfig.noProxy", "http_proxy_config.no_proxy"),
            ("properties.bootstrapProfile.containerRegistryId", "bootstrap_profile.container_registry_id"),
        ],
        words: CLUSTER_WORDS,
    },
    Kind {
        name: "azurerm_container_registry",
        azure: "Microsoft.ContainerRegistry/registries",
        told: &[
            ("sku.name", "sku"),
            ("properties.loginServer", "login_server"),
            ("properties.adminUserEnabled", "admin_enabled"),
            ("properties.anonymousPullEnabled", "anonymous_pull_enabled"),
            ("properties.roleAssignmentMode", "role_assignment_mode"),
            ("properties.publicNetworkAccess", "public_network_access_enabled"),
            ("properties.networkRuleSet.defaultAction", "network_rule_set.default_action"),
            ("properties.policies.quarantinePolicy.status", "quarantine_policy_enabled"),
            (
                "properties.policies.azureADAuthenticationAsArmPolicy.status",
                "azuread_authentication_as_arm_policy_enabled",
            ),
        ],
        words: REGISTRY_WORDS,
    },
    Kind {
        name: "azurerm_user_assigned_identity",
        azure: "Microsoft.ManagedIdentity/userAssignedIdentities",
        told: &[("properties.principalId", "principal_id"), ("properties.clientId", "client_id")],
        words: IDENTITY_WORDS,
    },
    Kind {
        name: "azurerm_federated_identity_credential",
        azure: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        told: &[],
        words: &[],
    },
    Kind {
        name: "azurerm_container_registry_token",
        azure: "Microsoft.ContainerRegistry/registries/tokens",
        told: &[("properties.scopeMapId", "scope_map_id"), ("properties.status", "enabled")],
        words: &[],
    },
    Kind {
        name: "azurerm_container_registry_scope_map",
        azure: "Microsoft.ContainerRegistry/registries/scopeMaps",
        told: &[("properties.actions", "actions")],
        words: &[],
    },
    Kind {
        name: "azurerm_container_registry_token_password",
        azure: "Microsoft.ContainerRegistry/registries/tokens",
        told: &[],
        words: &[],
    },
    Kind { name: "azuread_application_password", azure: "Microsoft.Graph/applications", told: &[], words: &[] },
    Kind {
        name: "azuread_service_principal_password",
        azure: "Microsoft.Graph/servicePrincipals",
        told: &[],
        words: &[],
    },
    Kind { name: "azurerm_resource_group", azure: "Microsoft.Resources/resourceGroups", told: &[], words: &[] },
    Kind { name: "azurerm_management_group", azure: "Microsoft.Management/managementGroups", told: &[], words: &[] },
    Kind { name: "azurerm_subscription", azure: "Microsoft.Resources/subscriptions", told: &[], words: &[] },
    Kind {
        name: "azurerm_role_definition",
        azure: "Microsoft.Authorization/roleDefinitions",
        told: &[],
        words: ROLE_WORDS,
    },
    Kind {
        name: "azuread_service_principal",
        azure: "Microsoft.Graph/servicePrincipals",
        told: &[
            ("properties.appId", "client_id"),
            ("properties.appId", "application_id"),
            ("properties.displayName", "display_name"),
            ("properties.id", "object_id"),
        ],
        words: SERVICE_PRINCIPAL_WORDS,
    },
    Kind { name: "azuread_group", azure: "Microsoft.Graph/groups", told: &[], words: &[] },
    Kind { name: "azuread_user", azure: "Microsoft.Graph/users", told: &[], words: &[] },
    Kind {
        name: "azuread_application",
        azure: "Microsoft.Graph/applications",
        told: &[
            ("properties.displayName", "display_name"),
            ("properties.appId", "client_id"),
            ("properties.appId", "application_id"),
        ],
        words: SERVICE_PRINCIPAL_WORDS,
    },
    Kind {
        name: "azuread_application_registration",
        azure: "Microsoft.Graph/applications",
        told: &[("properties.displayName", "display_name")],
        words: SERVICE_PRINCIPAL_WORDS,
    },
];
