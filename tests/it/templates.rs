//! Templates over several files: what they make, how edits right them, and that no input takes long.

use canpull_core::config::Config;
use canpull_core::diagnostic::{Applicability, Change, Severity};
use canpull_core::fact::{AzureFacts, FileFacts};
use canpull_core::{Options, Report, analyze, deployment, read};
use canpull_syntax::{FileId, edit};

const PULL: &str =
    "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')";

fn facts(files: &[(&str, &str)]) -> Vec<FileFacts> {
    let read = |(at, (path, text)): (usize, &(&str, &str))| read(FileId::at(at), path, text.as_bytes());
    files.iter().enumerate().map(read).collect()
}

fn made(files: &[(&str, &str)]) -> Vec<AzureFacts> {
    let mut facts = facts(files);
    deployment::resolve(&mut facts);
    facts.into_iter().map(|file| file.azure).collect()
}

fn report(files: &[(&str, &str)]) -> Report {
    analyze(facts(files), &Config::default(), &Options::default())
}

#[test]
fn the_right_principal_is_an_edit_away() {
    let bicep = include_str!("../../fixtures/equivalence/control-plane/bicep/main.bicep");
    let arm = include_str!("../../fixtures/equivalence/control-plane/arm/azuredeploy.json");
    let terraform = include_str!("../../fixtures/equivalence/control-plane/terraform/main.tf");
    for (path, text) in [("main.bicep", bicep), ("azuredeploy.json", arm), ("main.tf", terraform)] {
        let report = report(&[(path, text)]);
        let [found] = report.diagnostics.as_slice() else { panic!("{path}: {:?}", report.diagnostics) };
        assert_eq!(found.rule, "pull-role-on-wrong-identity");
        let fix = found.fixes.iter().find(|fix| fix.applicability == Applicability::Unsafe).unwrap();
        let Change::Edits(edits) = &fix.change else { panic!("{fix:?}") };
        let edits: Vec<_> = edits.iter().map(|(_, edit)| edit.clone()).collect();
        let mended = edit::apply(text, &edits).unwrap();
        let right = if path == "main.tf" {
            "principal_id         = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id\n"
        } else {
            ".properties.identityProfile.kubeletidentity.objectId"
        };
        assert!(mended.contains(right), "{mended}");
        assert_eq!(self::report(&[(path, &mended)]).diagnostics, [], "{mended}");
    }
}

/// What a text is once the edits of the only fix of a rule's only finding are made.
fn mended(path: &str, text: &str, rule: &str) -> String {
    let report = report(&[(path, text)]);
    let mut found = report.diagnostics.iter().filter(|own| own.rule == rule);
    let (Some(finding), None) = (found.next(), found.next()) else { panic!("{path}: {:?}", report.diagnostics) };
    let edits = finding.fixes.iter().find_map(|fix| match &fix.change {
        Change::Edits(edits) if fix.applicability == Applicability::Unsafe => Some(edits),
        _ => None,
    });
    let edits = edits.unwrap_or_else(|| panic!("{path}: {finding:?}"));
    let edits: Vec<_> = edits.iter().map(|(_, edit)| edit.clone()).collect();
    edit::apply(text, &edits).unwrap()
}

#[test]
fn the_right_role_is_an_edit_away() {
    let acrpull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
    let reader = "b93aa761-3e63-49ed-ac28-beffa264f7ac";
    let lister = "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7";
    let bicep = include_str!("../../fixtures/equivalence/granted/bicep/main.bicep");
    let arm = include_str!("../../fixtures/equivalence/granted/arm/azuredeploy.json");
    let in_variable = bicep.replace(&format!("'{acrpull}'"), "role") + &format!("\nvar role = '{acrpull}'\n");
    for (path, text) in [("main.bicep", bicep), ("azuredeploy.json", arm), ("main.bicep", &in_variable)] {
        let wrong = text.replace(acrpull, lister);
        assert_eq!(mended(path, &wrong, "role-cannot-pull"), text);
        let abac = text.replace("LegacyRegistryPermissions", "AbacRepositoryPermissions");
        assert_eq!(mended(path, &abac, "role-ignored-by-registry-mode"), abac.replace(acrpull, reader));
    }
    let terraform = include_str!("../../fixtures/equivalence/granted/terraform/main.tf");
    let wrong = terraform.replace("AcrPull", "Container Registry Repository Catalog Lister");
    assert_eq!(mended("main.tf", &wrong, "role-cannot-pull"), terraform);
    let abac = terraform.replace("LegacyRegistryPermissions", "AbacRepositoryPermissions");
    let right = abac.replace("AcrPull", "Container Registry Repository Reader");
    assert_eq!(mended("main.tf", &abac, "role-ignored-by-registry-mode"), right);
    let aso = include_str!("../../fixtures/equivalence/wrong-scope/aso/estate.yaml");
    let aso = aso
        .replace(
            "    group: resources.azure.com\n    kind: ResourceGroup\n    name: prod-nodes",
            "    group: containerregistry.azure.com\n    kind: Registry\n    name: contoso",
        )
        .replace("LegacyRegistryPermissions", "AbacRepositoryPermissions");
    let right = aso.replace("AcrPull", "Container Registry Repository Reader");
    assert_eq!(mended("estate.yaml", &aso, "role-ignored-by-registry-mode"), right);
}

#[test]
fn a_scope_is_an_edit_away() {
    let text = format!(
        "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {{\r\n  name: 'contoso'\r\n}}\r\nparam who string\r\nresource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\r\n  name: guid(who) // its name\r\n  properties: {{\r\n    principalId: who\r\n    roleDefinitionId: {PULL}\r\n  }}\r\n}}\r\n"
    );
    let right = text.replace("guid(who) // its name", "guid(who)\r\n  scope: acr // its name");
    assert_eq!(mended("main.bicep", &text, "role-scope-missing"), right);
}

#[test]
fn a_principal_is_found_where_it_is_written_and_where_it_is_handed_on() {
    let main = "resource aks 'Microsoft.ContainerService/managedClusters@2024-05-01' = {\n  name: 'prod'\n}\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: {\n    who: aks.identity.principalId\n  }\n}\n";
    let module = format!(
        "param who string\nresource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {{\n  name: 'contoso'\n}}\nresource g 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid(who)\n  scope: acr\n  properties: {{\n    principalId: who\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: {PULL}\n  }}\n}}\n"
    );
    let report = report(&[("main.bicep", main), ("m.bicep", &module)]);
    let [found] = report.diagnostics.as_slice() else { panic!("{:?}", report.diagnostics) };
    assert_eq!(found.span.range.slice(main), "aks.identity.principalId");
    let handed = found.related.iter().find(|own| own.message == "handed on here").unwrap();
    assert_eq!(handed.span.file, FileId(1));
    assert_eq!(handed.span.range.slice(&module), "who");
}

#[test]
fn files_of_parameters_are_for_the_templates_that_they_name() {
    let main = "param name string = 'other'\nresource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: name\n}\n";
    let json = |name: &str| {
        format!(
            "{{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#\", \"parameters\": {{\"name\": {{\"value\": \"{name}\"}}}}}}"
        )
    };
    let (one, two) = (json("contoso"), json("fabrikam"));
    let named = "using 'main.bicep'\nparam name = 'tailspin'\n";
    let files = [
        ("main.bicep", main),
        ("main.parameters.json", &one),
        ("main.parameters.dev.json", &two),
        ("x.bicepparam", named),
    ];
    let names: Vec<_> = made(&files)[0].registries.iter().map(|fact| fact.resource.name.clone().unwrap()).collect();
    assert_eq!(names, ["contoso", "fabrikam", "tailspin"]);
}

#[test]
fn what_bicep_was_compiled_to_counts_once() {
    let bicep = "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: 'contoso'\n}\n";
    let arm = "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"metadata\": {\"_generator\": {\"name\": \"bicep\"}}, \"resources\": [{\"type\": \"Microsoft.ContainerRegistry/registries\", \"apiVersion\": \"2023-07-01\", \"name\": \"contoso\"}]}";
    let made = made(&[("main.bicep", bicep), ("main.json", arm)]);
    assert_eq!((made[0].registries.len(), made[1].registries.len()), (1, 0));
    assert_eq!(self::made(&[("main.json", arm)])[0].registries.len(), 1);
}

#[test]
fn a_role_is_known_whatever_the_subscription() {
    let arm = "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"variables\": {\"pull\": \"[concat('/subscriptions/', subscription().subscriptionId, '/providers/Microsoft.Authorization/roleDefinitions/', '7f951dda-4ed3-4680-a7ca-43fe172d538d')]\"}, \"resources\": [{\"type\": \"Microsoft.Authorization/roleAssignments\", \"name\": \"x\", \"properties\": {\"roleDefinitionId\": \"[variables('pull')]\"}}]}";
    let made = made(&[("main.json", arm)]);
    assert_eq!(made[0].assignments[0].role.written.text(), Some("7f951dda-4ed3-4680-a7ca-43fe172d538d"));
}

#[test]
fn conditions_and_loops_make_what_they_say() {
    let text = "param on bool = true\nparam names array\nresource a 'Microsoft.ContainerRegistry/registries@2023-07-01' = if (on) {\n  name: 'one'\n}\nresource b 'Microsoft.ContainerRegistry/registries@2023-07-01' = if (false) {\n  name: 'two'\n}\nresource c 'Microsoft.ContainerRegistry/registries@2023-07-01' = [for i in range(0, 3): {\n  name: 'three${i}'\n}]\nresource d 'Microsoft.ContainerRegistry/registries@2023-07-01' = [for name in names: {\n  name: name\n}]\n";
    let made = made(&[("main.bicep", text)]);
    let names: Vec<_> = made[0].registries.iter().map(|fact| fact.resource.name.as_deref()).collect();
    assert_eq!(names, [Some("one"), Some("three0"), Some("three1"), Some("three2"), None]);
}

#[test]
fn hostile_templates_end_soon() {
    let doubling = (0..60).fold("var v0 = ['a']\nvar s0 = 'ab'\n".to_owned(), |text, n| {
        text + &format!(
            "var v{} = concat(v{n}, v{n})\nvar s{} = '${{s{n}}}${{s{n}}}'\nvar o{} = {{ a: v{n}, b: v{n} }}\n",
            n + 1,
            n + 1,
            n + 1
        )
    });
    let resource = "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: s60\n  tags: o60\n  sku: { name: v60 }\n}\n";
    made(&[("main.bicep", &(doubling + resource))]);
    let chain = (0..20_000).fold("var v0 = 'a'\n".to_owned(), |text, n| text + &format!("var v{} = v{n}\n", n + 1));
    made(&[(
        "main.bicep",
        &(chain + "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: v20000\n}\n"),
    )]);
    let cycle = "var a = b\nvar b = a\nparam c string = c\nresource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: '${a}${c}${acr.name}'\n}\nmodule m 'main.bicep' = {\n  name: m.name\n  params: { c: m.outputs.x }\n}\noutput x string = m.outputs.x\n";
    made(&[("main.bicep", cycle)]);
    made(&[("main.bicep", cycle), ("top.bicep", "module m 'main.bicep' = {\n  name: 'm'\n}\n")]);
    let fan: Vec<(String, String)> = (0..30)
        .map(|n| {
            (
                format!("m{n}.bicep"),
                format!("module a 'm{0}.bicep' = {{ name: 'a' }}\nmodule b 'm{0}.bicep' = {{ name: 'b' }}\n", n + 1),
            )
        })
        .collect();
    let fan: Vec<(&str, &str)> = fan.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    made(&fan);
    let many =
        "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: 'contoso'\n}\n".repeat(5_000);
    assert!(made(&[("main.bicep", &many)])[0].registries.len() <= 5_000);
    let schema = "\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\"";
    for deep in ["{\"resources\": [", "{\"a\": ", "[", "{\"resources\": [{\"type\": \"a/b\", \"resources\": ["] {
        made(&[("main.json", &format!("{{{schema}, \"a\": {}", deep.repeat(20_000)))]);
    }
    let text = "{SCHEMA, \"variables\": {\"a\": \"[variables('a')]\"}, \"resources\": [{\"type\": \"Microsoft.ContainerRegistry/registries\", \"name\": \"[variables('a')]\"}]}".replace("SCHEMA", schema);
    for cut in 0..text.len() {
        made(&[("main.json", &text[..cut])]);
    }
}

const CLUSTER: &str = "resource aks 'Microsoft.ContainerService/managedClusters@2025-05-01' = {\n  name: 'shop'\n  identity: { type: 'SystemAssigned' }\n}\n";

const REGISTRY: &str = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'contoso'\n}\n";

/// A deployment of an image of the registry.
const WEB: &str = include_str!("../../fixtures/estates/bicep-own-group/web.yaml");

fn bicep_grant_to(principal: &str) -> String {
    format!(
        "resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid(acr.id, {principal}, 'pull')\n  scope: acr\n  properties: {{\n    principalId: {principal}\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: {PULL}\n  }}\n}}\n"
    )
}

#[test]
fn the_control_plane_of_a_cluster_that_is_only_meant_never_pulls() {
    let existing = CLUSTER.replace("= {", "existing = {").replace("  identity: { type: 'SystemAssigned' }\n", "");
    let template = format!("{existing}{REGISTRY}{}", bicep_grant_to("aks.identity.principalId"));
    let found = report(&[("main.bicep", &template), ("web.yaml", WEB)]);
    let wrong = found.diagnostics.iter().find(|own| own.rule == "pull-role-on-wrong-identity").unwrap();
    assert_eq!(wrong.severity, Severity::Error);
    // What the control plane is given the kubelets may have too.
    let given = format!(
        "resource id 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {{\n  name: 'id'\n}}\n{existing}{REGISTRY}{}",
        bicep_grant_to("aks.identity.userAssignedIdentities[id.id].principalId")
    );
    let found = report(&[("main.bicep", &given), ("web.yaml", WEB)]);
    assert!(found.diagnostics.iter().all(|own| own.rule != "pull-role-on-wrong-identity"), "{:?}", found.diagnostics);
}

#[test]
fn a_fix_leaves_what_others_use() {
    let template = format!(
        "{CLUSTER}{REGISTRY}var pid = aks.identity.principalId\n{}",
        bicep_grant_to("pid").replace("acr.id, pid", "acr.id, aks.id")
    );
    let right =
        template.replace("principalId: pid", "principalId: aks.properties.identityProfile.kubeletidentity.objectId");
    assert_eq!(mended("main.bicep", &template, "pull-role-on-wrong-identity"), right);
}

#[test]
fn a_role_with_a_condition_is_not_swapped() {
    let role = PULL.replace("7f951dda-4ed3-4680-a7ca-43fe172d538d", "b93aa761-3e63-49ed-ac28-beffa264f7ac");
    let legacy = REGISTRY.replace(
        "name: 'contoso'",
        "name: 'contoso'\n  properties: { roleAssignmentMode: 'LegacyRegistryPermissions' }",
    );
    let grant = bicep_grant_to("aks.properties.identityProfile.kubeletidentity.objectId").replace(PULL, &role);
    let edits = |text: &str| {
        let report = report(&[("main.bicep", text)]);
        let found = report.diagnostics.iter().find(|own| own.rule == "role-ignored-by-registry-mode").unwrap();
        found.fixes.iter().any(|fix| matches!(fix.change, Change::Edits(_)))
    };
    assert!(edits(&format!("{CLUSTER}{legacy}{grant}")));
    let condition = "    conditionVersion: '2.0'\n    condition: '@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase \\'web\\''\n    roleDefinitionId";
    assert!(!edits(&format!("{CLUSTER}{legacy}{}", grant.replace("    roleDefinitionId", condition))));
}

#[test]
fn a_module_that_is_not_read_may_grant() {
    let config = "clusters:\n  - name: shop\n    complete: [role-assignments, attached, secrets, service-accounts]\n";
    let (config, errors) = canpull_core::config::parse("canpull.yaml", FileId(9), config, &[]);
    assert_eq!(errors, []);
    let verdict = |path: &str, text: &str| {
        let report = analyze(facts(&[(path, text), ("web.yaml", WEB)]), &config, &Options::default());
        report.pulls[0].verdict.as_str()
    };
    for source in
        ["br:corp.azurecr.io/bicep/grant:v1", "ts:00000000-0000-0000-0000-000000000000/rg/specs:v1", "gone.bicep"]
    {
        let module = |handed: &str| {
            format!("{CLUSTER}{REGISTRY}module m '{source}' = {{\n  name: 'm'\n  params: {{\n    {handed}\n  }}\n}}\n")
        };
        let kubelet = module("principalId: aks.properties.identityProfile.kubeletidentity.objectId");
        assert_eq!(verdict("main.bicep", &kubelet), "unknown", "{source}");
        assert_eq!(verdict("main.bicep", &module("registry: acr.name")), "unknown", "{source}");
        assert_eq!(verdict("main.bicep", &module("location: 'westeurope'")), "no", "{source}");
    }
    let linked = |value: &str| {
        format!(
            r#"{{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
  {{"type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2025-11-01", "name": "contoso"}},
  {{"type": "Microsoft.ContainerService/managedClusters", "apiVersion": "2025-05-01", "name": "shop", "identity": {{"type": "SystemAssigned"}}}},
  {{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "l", "properties": {{
    "templateLink": {{"uri": "https://example.com/l.json"}}, "parameters": {{"who": {{"value": "{value}"}}}}}}}}]}}"#
        )
    };
    let kubelet = linked("[reference('shop').identityProfile.kubeletidentity.objectId]");
    assert_eq!(verdict("azuredeploy.json", &kubelet), "unknown");
    assert_eq!(verdict("azuredeploy.json", &linked("westeurope")), "no");
}
