variable "name" {}
variable "parent_id" { default = null }
variable "resource_group_name" { default = null }
variable "managed_identities" { default = {} }
variable "identity_profile" { default = null }
variable "service_principal_profile" { default = null }
variable "node_resource_group" { default = null }

locals {
  given = var.managed_identities.user_assigned_resource_ids == null ? [] : var.managed_identities.user_assigned_resource_ids
}

resource "azapi_resource" "this" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = var.name
  parent_id = var.parent_id

  identity {
    type         = length(local.given) == 0 ? "SystemAssigned" : "UserAssigned"
    identity_ids = local.given
  }

  body = {
    properties = {
      identityProfile         = var.identity_profile == null ? null : { for key, own in var.identity_profile : key => { resourceId = own.resource_id } }
      servicePrincipalProfile = var.service_principal_profile == null ? null : { clientId = var.service_principal_profile.client_id }
      nodeResourceGroup       = var.node_resource_group
    }
  }
}

output "name" { value = azapi_resource.this.name }
output "resource_id" { value = azapi_resource.this.id }
output "kubelet_identity" { value = azapi_resource.this.output.properties.identityProfile.kubeletidentity }
output "kubelet_identity_id" { value = azapi_resource.this.output.properties.identityProfile.kubeletidentity.objectId }
output "identity_principal_id" { value = azapi_resource.this.identity[0].principal_id }
output "ingress_app_object_id" { value = azapi_resource.this.output.properties.addonProfiles.ingressApplicationGateway.identity.objectId }
output "ingress_profile_web_app_routing_identity" { value = azapi_resource.this.output.properties.ingressProfile.webAppRouting.identity }
output "key_vault_secrets_provider_identity" { value = azapi_resource.this.output.properties.addonProfiles.azureKeyvaultSecretsProvider.identity }
