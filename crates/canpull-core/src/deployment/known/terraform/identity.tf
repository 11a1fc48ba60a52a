variable "name" {}
variable "resource_group_name" { default = null }
variable "federated_identity_credentials" { default = {} }

resource "azurerm_user_assigned_identity" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
}

resource "azurerm_federated_identity_credential" "this" {
  for_each  = var.federated_identity_credentials
  name      = each.key
  parent_id = azurerm_user_assigned_identity.this.id
}

output "resource" { value = azurerm_user_assigned_identity.this }
output "resource_id" { value = azurerm_user_assigned_identity.this.id }
output "resource_name" { value = azurerm_user_assigned_identity.this.name }
output "principal_id" { value = azurerm_user_assigned_identity.this.principal_id }
output "client_id" { value = azurerm_user_assigned_identity.this.client_id }
