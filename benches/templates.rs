//! Templates of any size, as generators write them: the same on every machine.

/// Resources of an ARM template, of which a part bears on pulling; `$` is their number.
const RESOURCES: [&str; 5] = [
    r#"    {
      "type": "Microsoft.ContainerRegistry/registries",
      "apiVersion": "2025-11-01",
      "name": "[format('contoso{0}', '$')]",
      "location": "[parameters('location')]",
      "tags": { "team": "shop", "environment": "production" },
      "sku": { "name": "Premium" },
      "properties": {
        "adminUserEnabled": false,
        "anonymousPullEnabled": false,
        "policies": { "quarantinePolicy": { "status": "disabled" } }
      }
    }"#,
    r#"    {
      "type": "Microsoft.ContainerService/managedClusters",
      "apiVersion": "2025-05-01",
      "name": "[concat('prod', '$')]",
      "location": "[parameters('location')]",
      "identity": { "type": "SystemAssigned" },
      "properties": {
        "dnsPrefix": "[variables('prefix')]",
        "agentPoolProfiles": [
          { "name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4s_v5", "osType": "Linux" },
          { "name": "apps", "mode": "User", "count": 5, "vmSize": "Standard_D8s_v5", "osType": "Linux" }
        ]
      }
    }"#,
    r#"    {
      "type": "Microsoft.Authorization/roleAssignments",
      "apiVersion": "2022-04-01",
      "scope": "[resourceId('Microsoft.ContainerRegistry/registries', 'contoso$')]",
      "name": "[guid(resourceId('Microsoft.ContainerRegistry/registries', 'contoso$'), 'prod$', 'pull')]",
      "properties": {
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')]",
        "principalId": "[reference(resourceId('Microsoft.ContainerService/managedClusters', 'prod$'), '2025-05-01').identityProfile.kubeletidentity.objectId]"
      }
    }"#,
    r#"    {
      "type": "Microsoft.Storage/storageAccounts",
      "apiVersion": "2023-05-01",
      "name": "[concat('files', '$')]",
      "location": "[parameters('location')]",
      "kind": "StorageV2",
      "sku": { "name": "Standard_LRS" },
      "properties": { "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false, "supportsHttpsTrafficOnly": true }
    }"#,
    r#"    {
      "type": "Microsoft.Network/virtualNetworks",
      "apiVersion": "2024-05-01",
      "name": "[concat('net', '$')]",
      "location": "[parameters('location')]",
      "properties": {
        "addressSpace": { "addressPrefixes": [ "10.0.0.0/16" ] },
        "subnets": [ { "name": "nodes", "properties": { "addressPrefix": "10.0.0.0/20" } } ]
      },
      "dependsOn": [ "[resourceId('Microsoft.Storage/storageAccounts', 'files$')]" ]
    }"#,
];

/// An ARM template of about so many bytes.
pub(crate) fn arm(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + (1 << 12));
    text += "{\n  \"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\n";
    text += "  \"contentVersion\": \"1.0.0.0\",\n  \"parameters\": { \"location\": { \"type\": \"string\" } },\n";
    text += "  \"variables\": { \"prefix\": \"[uniqueString(resourceGroup().id)]\" },\n  \"resources\": [\n";
    let mut number = 0;
    while text.len() < bytes || number == 0 {
        for resource in RESOURCES {
            text += if text.ends_with("[\n") { "" } else { ",\n" };
            text += &resource.replace('$', &number.to_string());
        }
        number += 1;
    }
    text + "\n  ]\n}\n"
}

/// A Bicep file of about so many bytes.
pub(crate) fn bicep(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + (1 << 12));
    text +=
        "targetScope = 'resourceGroup'\n\n@description('Where.')\nparam location string = resourceGroup().location\n";
    let mut number = 0;
    while text.len() < bytes || number == 0 {
        text += &BICEP.replace('#', &number.to_string());
        number += 1;
    }
    text
}

/// A registry, a cluster, a grant and what else stands in such files; `#` is their number.
const BICEP: &str = r"
// What the team needs.
@description('The registry of team #.')
resource acr# 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: 'contoso#'
  location: location
  sku: {
    name: 'Premium'
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

resource aks# 'Microsoft.ContainerService/managedClusters@2025-05-01' = {
  name: 'prod#'
  location: location
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    dnsPrefix: '${uniqueString(resourceGroup().id)}#'
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        count: 3
        vmSize: 'Standard_D4s_v5'
      }
    ]
  }
}

resource pull# 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(acr#.id, aks#.properties.identityProfile.kubeletidentity.objectId, 'pull')
  scope: acr#
  properties: {
    principalId: aks#.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
  }
}

var tags# = {
  team: 'shop'
  names: [for item in range(0, 3): 'app-${item}']
  production: startsWith(location, 'west') ? true : false
}

output server# string = acr#.properties.loginServer
";
