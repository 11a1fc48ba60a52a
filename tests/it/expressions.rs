//! What the expressions of Bicep and of ARM templates come to, as far as grants tell.

use canpull_core::config::Config;
use canpull_core::fact::azure::{PrincipalRef, ResourceRef};
use canpull_core::fact::{Field, FileFacts};
use canpull_core::{Options, analyze, deployment, read};
use canpull_syntax::FileId;

const AKS: &str = "resource aks 'Microsoft.ContainerService/managedClusters@2025-05-01' = {\n  name: 'prod'\n}\n";
const ACR: &str = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'contoso'\n}\n";
const PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

fn resolved(path: &str, text: &str) -> Vec<FileFacts> {
    let mut facts = vec![read(FileId::at(0), path, text.as_bytes())];
    assert_eq!(facts[0].problems, []);
    deployment::resolve(&mut facts);
    facts
}

fn named(resource: &ResourceRef) -> String {
    let symbol = resource.symbol.as_deref().map(|own| own.split_once('#').map_or(own, |(_, name)| name));
    resource.name.as_deref().or(symbol).unwrap_or("?").to_owned()
}

/// Each role assignment: role, principal and scope.
fn grants(path: &str, text: &str) -> Vec<String> {
    let principal = |own: &PrincipalRef| match own {
        PrincipalRef::Of { resource, attribute, .. } => format!("{} {attribute:?}", named(resource)),
        PrincipalRef::Written(text, _) => text.clone(),
        PrincipalRef::Unknown(..) | PrincipalRef::Absent(_) => "?".to_owned(),
    };
    let scope = |own: &Field<ResourceRef>| own.known().map_or_else(|| "?".to_owned(), named);
    let all = resolved(path, text);
    let all = all.iter().flat_map(|file| &file.azure.assignments);
    all.map(|own| {
        let role = own.role.written.text().map_or("?", |role| role.rsplit('/').next().unwrap_or(role));
        format!("{role} to {} on {}", principal(&own.principal), scope(&own.scope))
    })
    .collect()
}

fn bicep(principal: &str, role: &str) -> String {
    format!(
        "{AKS}{ACR}resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid(acr.id, aks.id)\n  scope: acr\n  properties: {{\n    principalId: {principal}\n    roleDefinitionId: {role}\n  }}\n}}\n"
    )
}

fn arm(parts: &str, resources: &str) -> String {
    format!("{{\"$schema\": \"{SCHEMA}\", {parts} \"resources\": [{resources}]}}")
}

#[test]
fn keys_count_in_any_case_of_letters() {
    let role = format!("subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PULL}')");
    for principal in [
        "aks.properties.identityProfile.kubeletIdentity.objectId",
        "aks.properties.IdentityProfile.kubeletidentity.objectID",
    ] {
        assert_eq!(
            grants("main.bicep", &bicep(principal, &role)),
            [format!("{PULL} to prod KubeletObjectId on contoso")]
        );
    }
}

#[test]
fn a_default_decides_and_the_way_leads_through_it() {
    let text = "param own bool = false\n".to_owned()
        + &bicep(
            "own ? aks.identity.principalId : aks.properties.identityProfile.kubeletidentity.objectId",
            &format!("'{PULL}'"),
        );
    assert_eq!(grants("main.bicep", &text), [format!("{PULL} to prod KubeletObjectId on contoso")]);
    let facts = resolved("main.bicep", &text);
    let [grant] = facts[0].azure.assignments.as_slice() else { panic!("{:?}", facts[0].azure.assignments) };
    assert!(!grant.maybe);
    let ways: Vec<&str> = grant.principal_via.iter().map(|span| span.range.slice(&text)).collect();
    assert!(ways.iter().any(|way| way.starts_with("own ?")), "{ways:?}");
}

#[test]
fn a_choice_of_somebody_and_nobody_is_no_choice() {
    let kubelet = "aks.properties.identityProfile.kubeletidentity.objectId";
    for (choice, is_maybe) in [
        (format!("on ? {kubelet} : ''"), false),
        (format!("contains(names, 'prod') ? {kubelet} : null"), false),
        (format!("on ? {kubelet} : '11111111-2222-4333-8444-555555555555'"), true),
    ] {
        let text = format!("param on bool\nparam names array\nvar who = {choice}\n");
        let text = text + &bicep("who", &format!("'{PULL}'")).replace("aks.id", "who");
        let facts = resolved("main.bicep", &text);
        let all = &facts[0].azure.assignments;
        assert_eq!(all.iter().map(|own| own.maybe).collect::<Vec<_>>(), vec![is_maybe; 1 + usize::from(is_maybe)]);
        // The name tells whom it is for, whichever that is.
        assert!(all.iter().all(|own| own.name_without_principal.is_none()), "{choice}");
    }
}

#[test]
fn roles_are_found_by_name_id_and_guid_in_a_table() {
    let table = format!(
        "param role string\nvar table = {{\n  AcrPull: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PULL}')\n  Owner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')\n}}\n"
    );
    let kubelet = "aks.properties.identityProfile.kubeletidentity.objectId";
    for role in [
        "'AcrPull'".to_owned(),
        format!("'{PULL}'"),
        format!("subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PULL}')"),
        format!("'/providers/Microsoft.Authorization/roleDefinitions/{PULL}'"),
    ] {
        let chosen = "table[?given] ?? (contains(given, '/providers/Microsoft.Authorization/roleDefinitions/') ? given : subscriptionResourceId('Microsoft.Authorization/roleDefinitions', given))";
        let text = format!("{table}var given = {role}\n{}", bicep(kubelet, chosen));
        assert_eq!(grants("main.bicep", &text), [format!("{PULL} to prod KubeletObjectId on contoso")], "{role}");
    }
}

#[test]
fn lambdas_make_what_they_say() {
    let ids = "var ids = [cp.id]\nresource cp 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {\n  name: 'cp'\n}\n";
    let given =
        "reduce(map(filter(ids, id => !empty(id)), (id) => { '${id}': {} }), {}, (all, next) => union(all, next))";
    let text = format!(
        "{ids}resource aks 'Microsoft.ContainerService/managedClusters@2025-05-01' = {{\n  name: 'prod'\n  identity: {{\n    type: 'UserAssigned'\n    userAssignedIdentities: {given}\n  }}\n}}\n"
    );
    let facts = resolved("main.bicep", &text);
    let [cluster] = facts[0].azure.clusters.as_slice() else { panic!("{:?}", facts[0].azure.clusters) };
    let names: Vec<String> = cluster.control_plane.iter().filter_map(|ids| ids.resource.as_ref()).map(named).collect();
    assert_eq!(names, ["cp"]);
    let of = "resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'cp')";
    let given = "[reduce(map(variables('ids'), lambda('id', createObject(format('{0}', lambdaVariables('id')), createObject()))), createObject(), lambda('all', 'next', union(lambdaVariables('all'), lambdaVariables('next'))))]";
    let cluster = format!(
        "{{\"type\": \"Microsoft.ContainerService/managedClusters\", \"name\": \"prod\", \"identity\": {{\"type\": \"UserAssigned\", \"userAssignedIdentities\": \"{given}\"}}}}"
    );
    let facts = resolved("azuredeploy.json", &arm(&format!("\"variables\": {{\"ids\": [\"[{of}]\"]}},"), &cluster));
    let [cluster] = facts[0].azure.clusters.as_slice() else { panic!("{:?}", facts[0].azure.clusters) };
    let names: Vec<String> = cluster.control_plane.iter().filter_map(|ids| ids.resource.as_ref()).map(named).collect();
    assert_eq!(names, ["cp"]);
    let listed = "join(map(toObject(['a'], k => k, k => 'contoso').a == 'contoso' ? ['contoso'] : [], n => n), '')";
    let text = format!("resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {{\n  name: {listed}\n}}\n");
    assert_eq!(resolved("main.bicep", &text)[0].azure.registries[0].resource.name.as_deref(), Some("contoso"));
}

#[test]
fn functions_of_a_file_are_called() {
    let text = "func role(id string, all { a: string, b: int }[]) string => '/providers/Microsoft.Authorization/roleDefinitions/${id}'\n".to_owned()
        + &bicep("aks.properties.identityProfile.kubeletidentity.objectId", &format!("role('{PULL}', [])"));
    assert_eq!(grants("main.bicep", &text), [format!("{PULL} to prod KubeletObjectId on contoso")]);
}

#[test]
fn functions_of_an_arm_template_are_called() {
    let kubelet = "reference(resourceId('Microsoft.ContainerService/managedClusters', 'prod'), '2025-05-01')";
    let functions = format!(
        r#""functions": [{{"namespace": "__bicep", "members": {{
            "kubelet": {{"parameters": [{{"name": "of"}}], "output": {{"value": "[parameters('of').identityProfile.kubeletidentity.objectId]"}}}},
            "role": {{"parameters": [{{"name": "Name"}}], "output": {{"value": "[createObject('pull', '{PULL}')[parameters('name')]]"}}}}}}}}],"#
    );
    let grant = format!(
        r#"{{"type": "Microsoft.Authorization/roleAssignments", "scope": "Microsoft.ContainerRegistry/registries/contoso", "name": "a",
            "properties": {{"principalId": "[__bicep.kubelet({kubelet})]", "roleDefinitionId": "[__bicep.role('pull')]"}}}}"#
    );
    let found = grants("azuredeploy.json", &arm(&functions, &grant));
    assert_eq!(found, [format!("{PULL} to prod KubeletObjectId on contoso")]);
}

#[test]
fn one_of_a_loop_is_meant_by_its_number() {
    let text = format!(
        r#"{{"$schema": "{SCHEMA}", "languageVersion": "2.0", "resources": {{
            "who": {{"copy": {{"name": "who", "count": 2}}, "existing": true, "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "name": "[createArray('one', 'two')[copyIndex()]]"}},
            "grant": {{"copy": {{"name": "grant", "count": 2}}, "type": "Microsoft.Authorization/roleAssignments",
                "scope": "Microsoft.ContainerRegistry/registries/contoso", "name": "[guid('a', string(copyIndex()))]",
                "properties": {{"principalId": "[reference(format('who[{{0}}]', range(0, 2)[copyIndex()])).principalId]", "roleDefinitionId": "{PULL}"}}}},
            "last": {{"type": "Microsoft.Authorization/roleAssignments", "scope": "Microsoft.ContainerRegistry/registries/contoso",
                "name": "b", "properties": {{"principalId": "[reference('who[2]').principalId]", "roleDefinitionId": "{PULL}"}}}}}}}}"#
    );
    let found = grants("azuredeploy.json", &text);
    assert_eq!(found, ["one PrincipalId", "two PrincipalId", "?"].map(|who| format!("{PULL} to {who} on contoso")));
}

#[test]
fn names_of_a_parameter_file_are_its_own() {
    let template = "param config object\nresource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: config.name\n}\n";
    let given = |text: &str| {
        let text = format!("using 'main.bicep'\n{text}");
        let files = [("main.bicep", template), ("main.bicepparam", text.as_str())];
        let read = |(at, (path, text)): (usize, &(&str, &str))| read(FileId::at(at), path, text.as_bytes());
        let mut facts: Vec<FileFacts> = files.iter().enumerate().map(read).collect();
        deployment::resolve(&mut facts);
        facts[0].azure.registries[0].resource.name.clone()
    };
    assert_eq!(given("var acr = 'contoso'\nparam config = { name: '${acr}1' }\n").as_deref(), Some("contoso1"));
    assert_eq!(given("param config = { name: acr }\n"), None);
    let doubled = |text: String, at: u32| text + &format!("var a{at} = [a{}, a{}]\n", at - 1, at - 1);
    let deep = (1..200).fold("var a0 = 'contoso'\n".to_owned(), doubled);
    assert_eq!(given(&format!("{deep}param config = {{ name: a199 }}\n")), None);
    let nested =
        (1..200).fold("var a0 = 'contoso'\n".to_owned(), |text, at| text + &format!("var a{at} = [[[a{}]]]\n", at - 1));
    assert_eq!(given(&format!("{nested}param config = {{ name: a199 }}\n")), None);
}

#[test]
fn the_identity_that_azure_makes_for_kubelets_is_named_after_the_cluster() {
    let made = "resource kubelet 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {\n  name: '${aks.name}-agentpool'\n  scope: resourceGroup(aks.properties.nodeResourceGroup)\n}\n";
    let role = format!("subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PULL}')");
    for name in ["'prod'", "'aks-${env}'", "env"] {
        let text = format!(
            "param env string\n{made}{}",
            bicep("kubelet.properties.principalId", &role).replace("'prod'", name)
        );
        let facts = vec![read(FileId::at(0), "main.bicep", text.as_bytes())];
        let report = analyze(facts, &Config::default(), &Options::default());
        assert!(report.diagnostics.iter().all(|own| own.rule != "pull-role-on-wrong-identity"), "{name}");
    }
}

/// A cluster, a registry and the grant between them, named by variables as compiled templates do.
const COMPILED: &str = r#"
    {"type": "Microsoft.ContainerService/managedClusters", "name": "[format('aks-{0}', variables('seed'))]"},
    {"type": "Microsoft.ContainerRegistry/registries", "name": "[format('cr{0}', variables('seed'))]"},
    {"type": "Microsoft.Authorization/roleAssignments", "scope": "[format('Microsoft.ContainerRegistry/registries/{0}', format('cr{0}', variables('seed')))]",
     "name": "[guid(variables('seed'))]", "properties": {
       "principalId": "[reference(resourceId('Microsoft.ContainerService/managedClusters', format('aks-{0}', variables('seed'))), '2024-01-01').identityProfile.kubeletidentity.objectId]",
       "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')]"}}"#;

#[test]
fn what_is_open_stays_one_and_the_same() {
    for seed in [
        r#""[variables('places')[resourceGroup().location]]", "places": "[json('{\"westeurope\": \"euw\", \"northeurope\": \"eun\"}')]""#,
        r#""[if(parameters('prod'), 'p', 'd')]""#,
        r#""[split(parameters('id'), '/')[8]]""#,
    ] {
        let parts = format!(
            "\"parameters\": {{\"prod\": {{\"type\": \"bool\"}}, \"id\": {{\"type\": \"string\"}}}}, \"variables\": {{\"seed\": {seed}}},"
        );
        let found = grants("azuredeploy.json", &arm(&parts, COMPILED));
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert!(found.starts_with(&format!("{PULL} to aks-${{")), "{found}");
        assert!(found.contains(" KubeletObjectId on cr${"), "{found}");
        let facts = resolved("azuredeploy.json", &arm(&parts, COMPILED));
        let grant = &facts[0].azure.assignments[0];
        let PrincipalRef::Of { resource, .. } = &grant.principal else { panic!("{grant:?}") };
        assert_eq!(resource.symbol, facts[0].azure.clusters[0].resource.symbol);
        assert_eq!(grant.scope.known().unwrap().symbol, facts[0].azure.registries[0].resource.symbol);
    }
    // A variable is no parameter of its name.
    let parts = "\"parameters\": {\"seed\": {\"type\": \"string\"}}, \"variables\": {\"seed\": \"[if(parameters('seed'), 'a', 'b')]\"},";
    let other = COMPILED.replacen("variables('seed')", "parameters('seed')", 1);
    let facts = resolved("azuredeploy.json", &arm(parts, &other));
    let PrincipalRef::Of { resource, .. } = &facts[0].azure.assignments[0].principal else { panic!() };
    assert_ne!(resource.symbol, facts[0].azure.clusters[0].resource.symbol);
}

#[test]
fn nobody_is_granted_what_nobody_asks_for() {
    let grant = |principal: &str| {
        format!(
            r#"{{"copy": {{"name": "all", "count": "[length(coalesce(parameters('grants'), createArray()))]"}},
                "type": "Microsoft.Authorization/roleAssignments", "scope": "Microsoft.ContainerRegistry/registries/contoso", "name": "[guid('a')]",
                "properties": {{"principalId": "{principal}", "roleDefinitionId": "{PULL}"}}}}"#
        )
    };
    let parts = |parameter: &str| format!("\"parameters\": {{\"grants\": {parameter}}},");
    let open = "[coalesce(parameters('grants'), createArray())[copyIndex()].principalId]";
    let nullable = r#"{"type": "array", "nullable": true}"#;
    assert_eq!(grants("azuredeploy.json", &arm(&parts(nullable), &grant(open))), [""; 0]);
    assert_eq!(grants("azuredeploy.json", &arm(&parts(nullable), &grant(""))), [""; 0]);
    let told = "11111111-2222-4333-8444-555555555555";
    let may_be = [format!("{PULL} to {told} on contoso")];
    assert_eq!(grants("azuredeploy.json", &arm(&parts(nullable), &grant(told))), may_be);
    assert_eq!(
        grants("azuredeploy.json", &arm(&parts(r#"{"type": "array"}"#), &grant(open))),
        [format!("{PULL} to ? on contoso")]
    );
}

#[test]
fn no_kubelet_has_the_own_identity_of_something_else() {
    let grant = |name: &str, principal: &str, role: &str, scope: &str| {
        format!(
            "resource {name} 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid({principal})\n  scope: {scope}\n  properties: {{\n    principalId: {principal}\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')\n  }}\n}}\n"
        )
    };
    let machine = "resource vm 'Microsoft.Compute/virtualMachines@2024-07-01' = {\n  name: 'jumpbox'\n  identity: {\n    type: 'SystemAssigned'\n  }\n}\n";
    let text = [
        AKS,
        ACR,
        machine,
        &grant("pull", "aks.identity.principalId", PULL, "acr"),
        &grant("jump", "vm.identity.principalId", "b24988ac-6180-42a0-ab88-20f7382dd24c", "resourceGroup()"),
    ]
    .concat();
    let facts = vec![read(FileId::at(0), "main.bicep", text.as_bytes())];
    let report = analyze(facts, &Config::default(), &Options::default());
    let found: Vec<&str> = report.diagnostics.iter().map(|own| own.rule).collect();
    assert_eq!(found, ["pull-role-on-wrong-identity"], "{:?}", report.diagnostics);
}
