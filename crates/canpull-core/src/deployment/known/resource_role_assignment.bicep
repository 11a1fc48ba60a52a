param resourceId string
param roleDefinitionId string
param principalId string
param principalType string?

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: resourceId
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: roleDefinitionId
  }
}

output resourceGroupName string = resourceGroup().name
