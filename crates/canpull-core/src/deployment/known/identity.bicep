param name string
param federatedIdentityCredentials array = []

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
}

resource federated 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for credential in federatedIdentityCredentials: {
  parent: identity
  name: credential.name
}]

output name string = identity.name
output resourceId string = identity.id
output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
output resourceGroupName string = resourceGroup().name
