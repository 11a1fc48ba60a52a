param roleDefinitionIdOrName string
param principalId string
param principalType string?
param condition string?
param conditionVersion string?

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: roleDefinitionIdOrName
    condition: condition
    conditionVersion: conditionVersion
  }
}

output scope string = resourceGroup().id
