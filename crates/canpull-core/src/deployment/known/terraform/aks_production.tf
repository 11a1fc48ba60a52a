variable "name" {}
variable "resource_group_name" {}
variable "acr" { default = null }
variable "node_resource_group" { default = null }

resource "azurerm_container_registry" "this" {
  for_each                      = toset(var.acr == null ? [] : ["acr"])
  name                          = var.acr.name
  resource_group_name           = var.resource_group_name
  sku                           = "Premium"
  public_network_access_enabled = false
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-${var.name}"
  resource_group_name = var.resource_group_name
  node_resource_group = var.node_resource_group
}

resource "azurerm_role_assignment" "acr" {
  for_each                         = toset(var.acr == null ? [] : ["acr"])
  principal_id                     = azurerm_kubernetes_cluster.this.kubelet_identity[0].object_id
  scope                            = azurerm_container_registry.this["acr"].id
  role_definition_name             = "AcrPull"
  skip_service_principal_aad_check = true
}

output "resource_id" { value = azurerm_kubernetes_cluster.this.id }
output "identity_principal_id" { value = azurerm_kubernetes_cluster.this.identity[0].principal_id }
