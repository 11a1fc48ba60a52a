param name string
param managedIdentities object = {}
param identityProfile object?
param aksServicePrincipalProfile object?
param nodeResourceGroup string?
param securityProfile object?
param bootstrapProfile object?

var given = managedIdentities.?userAssignedResourceIds ?? []

resource managedCluster 'Microsoft.ContainerService/managedClusters@2025-10-01' = {
  name: name
  identity: empty(given) ? {
    type: 'SystemAssigned'
  } : {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${first(given)}': {}
    }
  }
  properties: {
    identityProfile: identityProfile
    servicePrincipalProfile: aksServicePrincipalProfile
    nodeResourceGroup: nodeResourceGroup
    securityProfile: securityProfile
    bootstrapProfile: bootstrapProfile
  }
}

output name string = managedCluster.name
output resourceId string = managedCluster.id
output resourceGroupName string = resourceGroup().name
output systemAssignedMIPrincipalId string = managedCluster.identity.principalId
output kubeletIdentityClientId string = managedCluster.properties.identityProfile.kubeletidentity.clientId
output kubeletIdentityObjectId string = managedCluster.properties.identityProfile.kubeletidentity.objectId
output kubeletIdentityResourceId string = managedCluster.properties.identityProfile.kubeletidentity.resourceId
output kubeletidentityObjectId string = managedCluster.properties.identityProfile.kubeletidentity.objectId
output omsagentIdentityObjectId string = managedCluster.properties.addonProfiles.omsagent.identity.objectId
output keyvaultIdentityObjectId string = managedCluster.properties.addonProfiles.azureKeyvaultSecretsProvider.identity.objectId
output webAppRoutingIdentityObjectId string = managedCluster.properties.ingressProfile.webAppRouting.identity.objectId
