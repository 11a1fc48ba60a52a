variable "name" {}
variable "resource_group_name" { default = null }
variable "sku" { default = "Premium" }
variable "admin_enabled" { default = false }
variable "anonymous_pull_enabled" { default = false }
variable "public_network_access_enabled" { default = true }
variable "quarantine_policy_enabled" { default = false }
variable "role_assignment_mode" { default = null }
variable "role_assignments" { default = {} }
variable "scope_maps" { default = {} }

resource "azurerm_container_registry" "this" {
  name                          = var.name
  resource_group_name           = var.resource_group_name
  sku                           = var.sku
  admin_enabled                 = var.admin_enabled
  anonymous_pull_enabled        = var.anonymous_pull_enabled
  public_network_access_enabled = var.public_network_access_enabled
  quarantine_policy_enabled     = var.quarantine_policy_enabled
  role_assignment_mode          = var.role_assignment_mode
}

resource "azurerm_role_assignment" "this" {
  for_each             = var.role_assignments
  scope                = azurerm_container_registry.this.id
  principal_id         = each.value.principal_id
  role_definition_name = each.value.role_definition_id_or_name
  condition            = each.value.condition
  condition_version    = each.value.condition_version
}

resource "azurerm_container_registry_scope_map" "this" {
  for_each                = var.scope_maps
  name                    = each.value.name
  container_registry_name = azurerm_container_registry.this.name
  resource_group_name     = var.resource_group_name
  actions                 = each.value.actions
}

output "name" { value = azurerm_container_registry.this.name }
output "resource" { value = azurerm_container_registry.this }
output "resource_id" { value = azurerm_container_registry.this.id }
output "login_server" { value = azurerm_container_registry.this.login_server }
output "admin_username" { value = azurerm_container_registry.this.admin_username }
