variable "cluster_name" { default = null }
variable "prefix" { default = "" }
variable "resource_group_name" {}
variable "node_resource_group" { default = null }
variable "client_id" { default = "" }
variable "identity_type" { default = "SystemAssigned" }
variable "identity_ids" { default = null }
variable "kubelet_identity" { default = null }
variable "attached_acr_id_map" { default = {} }

resource "azurerm_kubernetes_cluster" "main" {
  name                = coalesce(var.cluster_name, "${var.prefix}-aks")
  resource_group_name = var.resource_group_name
  node_resource_group = var.node_resource_group

  dynamic "identity" {
    for_each = var.client_id == "" ? [var.identity_type] : []
    content {
      type         = identity.value
      identity_ids = var.identity_ids
    }
  }

  dynamic "service_principal" {
    for_each = var.client_id == "" ? [] : [var.client_id]
    content {
      client_id = service_principal.value
    }
  }

  dynamic "kubelet_identity" {
    for_each = var.kubelet_identity == null ? [] : [var.kubelet_identity]
    content {
      client_id                 = kubelet_identity.value.client_id
      object_id                 = kubelet_identity.value.object_id
      user_assigned_identity_id = kubelet_identity.value.user_assigned_identity_id
    }
  }
}

resource "azurerm_role_assignment" "acr" {
  for_each                         = var.attached_acr_id_map
  principal_id                     = azurerm_kubernetes_cluster.main.kubelet_identity[0].object_id
  scope                            = each.value
  role_definition_name             = "AcrPull"
  skip_service_principal_aad_check = true
}

output "aks_id" { value = azurerm_kubernetes_cluster.main.id }
output "aks_name" { value = azurerm_kubernetes_cluster.main.name }
output "cluster_identity" { value = azurerm_kubernetes_cluster.main.identity[0] }
output "kubelet_identity" { value = azurerm_kubernetes_cluster.main.kubelet_identity }
output "node_resource_group" { value = azurerm_kubernetes_cluster.main.node_resource_group }
output "key_vault_secrets_provider" { value = azurerm_kubernetes_cluster.main.key_vault_secrets_provider[0] }
output "oms_agent" { value = azurerm_kubernetes_cluster.main.oms_agent[0] }
output "ingress_application_gateway" { value = azurerm_kubernetes_cluster.main.ingress_application_gateway[0] }
output "web_app_routing_identity" { value = azurerm_kubernetes_cluster.main.web_app_routing[0].web_app_routing_identity }
