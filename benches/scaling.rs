//! Inputs that invite quadratic work: the time of each at one size, at twice and at four times that size.

use std::process::Command;

use crate::corpus::{self, File};
use crate::{Outcome, canpull, run, templates, written};

/// An input of some size.
type Shape = (&'static str, usize, fn(usize) -> Vec<File>);

const SHAPES: [Shape; 28] = [
    ("files", 2_500, |size| corpus::files(size).collect()),
    ("resources of one kustomization", 2_500, resources),
    ("patches of one kustomization", 1_000, patches),
    ("kustomizations, each the base of the next", 1_000, chain),
    ("pods that name one secret", 5_000, one_secret),
    ("namespaces with a secret of one name", 2_500, one_secret_name),
    ("pods without a namespace, and secrets of one name", 2_500, open_namespaces),
    ("service accounts", 5_000, service_accounts),
    ("secrets for one registry", 2_500, one_registry),
    ("names that no secret has", 2_500, names),
    ("credentials of one secret", 2_500, one_docker_config),
    ("containers of one pod", 12_500, containers),
    ("documents of one file", 12_500, documents),
    ("ignores of one file", 5_000, ignores),
    ("role assignments for many registries and clusters", 2_500, |size| assignments(size, 100, 50, size / 5)),
    ("registries with a pull and a grant each", 1_000, |size| assignments(size, size, 1, size)),
    ("grants of one script", 2_000, grants),
    ("resources of one ARM template", 1_000, arm),
    ("grants without a scope", 1_000, bare_grants),
    ("references to resources by their names", 1_000, by_name),
    ("modules of one Bicep file", 1_000, modules),
    ("modules by the names of their deployments", 500, by_module_name),
    ("callers of one module", 500, callers),
    ("choices among a thousand values", 500, choices),
    ("references to what is counted", 500, counted),
    ("clusters with identities of their own", 1_000, identities),
    ("objects of an operator", 1_000, objects),
    ("objects of one name in many folders", 500, namesakes),
];

/// Prints for every shape how its time grows when its size doubles: about twice is linear, four times quadratic.
pub(super) fn scaling(shape: &str) -> Outcome<()> {
    let canpull = canpull()?;
    for (name, size, files) in SHAPES.into_iter().filter(|(name, ..)| name.contains(shape)) {
        let mut times = Vec::new();
        for size in [size, 2 * size, 4 * size] {
            let folder = written(files(size).into_iter())?;
            let runs = (0..3).map(|_| run(Command::new(&canpull).arg(folder.path()).args(["--output-format", "json"])));
            let runs = runs.collect::<Outcome<Vec<_>>>()?;
            times.push(runs.iter().map(|run| run.time.as_secs_f64()).fold(f64::INFINITY, f64::min));
        }
        let growth: Vec<String> = times.array_windows().map(|[one, twice]| format!("{:.1}", twice / one)).collect();
        let last = times.last().copied().unwrap_or_default();
        println!("{:>6} {name}: {last:.2} s, times {} for twice as many", 4 * size, growth.join(" and "));
    }
    Ok(())
}

fn pod(name: usize, namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{name}\n  namespace: {namespace}\nspec:\n{spec}  containers:\n    - name: app\n      image: contoso.azurecr.io/app:{name}\n---\n"
    )
}

fn secret(name: &str, namespace: &str, config: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {namespace}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{config}'\n---\n"
    )
}

/// A docker config with a credential for each host.
fn docker_config(hosts: impl Iterator<Item = String>) -> String {
    let entries: Vec<String> =
        hosts.map(|host| format!("\"{host}\":{{\"username\":\"u\",\"password\":\"p\"}}")).collect();
    format!("{{\"auths\":{{{}}}}}", entries.join(","))
}

fn one_config() -> String {
    docker_config(std::iter::once("contoso.azurecr.io".to_owned()))
}

const NAMED: &str = "  imagePullSecrets:\n    - name: regcred\n";

/// A file for each pod, all in one kustomization that also lists images.
fn resources(size: usize) -> Vec<File> {
    let mut files: Vec<File> = (0..size).map(|at| (format!("pod-{at}.yaml"), pod(at, "shop", NAMED))).collect();
    let list: String = files.iter().flat_map(|(path, _)| ["  - ", path, "\n"]).collect();
    files.push(("kustomization.yaml".to_owned(), format!("resources:\n{list}")));
    files
}

/// A kustomization with a patch file for each of its pods.
fn patches(size: usize) -> Vec<File> {
    let patch = |at: usize| {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{at}\nspec:\n  serviceAccountName: a\n");
        (format!("patch-{at}.yaml"), text)
    };
    let patches: Vec<File> = (0..size).map(patch).collect();
    let list: String = patches.iter().flat_map(|(path, _)| ["  - path: ", path, "\n"]).collect();
    let mut files = resources(size);
    if let Some((_, kustomization)) = files.last_mut() {
        *kustomization = kustomization.clone() + "patches:\n" + &list;
    }
    files.extend(patches);
    files
}

/// Kustomizations of which each is the base of the next.
fn chain(size: usize) -> Vec<File> {
    let level = |at: usize| {
        let base = if at == 0 { String::new() } else { format!("  - ../level-{}\n", at - 1) };
        let kustomization = format!("resources:\n  - pod.yaml\n{base}images:\n  - name: level-{at}\n    newTag: '1'\n");
        [
            (format!("level-{at}/kustomization.yaml"), kustomization),
            (format!("level-{at}/pod.yaml"), pod(at, "shop", NAMED)),
        ]
    };
    (0..size).flat_map(level).collect()
}

fn one_secret(size: usize) -> Vec<File> {
    let pods = (0..size).map(|at| (format!("pod-{at}.yaml"), pod(at, "shop", NAMED)));
    pods.chain([("secret.yaml".to_owned(), secret("regcred", "shop", &one_config()))]).collect()
}

fn one_secret_name(size: usize) -> Vec<File> {
    let namespace = |at: usize| {
        let name = format!("team-{at}");
        (format!("{name}.yaml"), secret("regcred", &name, &one_config()) + &pod(at, &name, NAMED))
    };
    (0..size).map(namespace).collect()
}

/// Secrets of one name in many namespaces, and pods that may be in any of them.
fn open_namespaces(size: usize) -> Vec<File> {
    let file = |at: usize| {
        let pod = pod(at, "", NAMED).replace("  namespace: \n", "");
        (format!("{at}.yaml"), secret("regcred", &format!("team-{at}"), &one_config()) + &pod)
    };
    (0..size).map(file).collect()
}

/// Service accounts of one name, each in its namespace with a pod.
fn service_accounts(size: usize) -> Vec<File> {
    let namespace = |at: usize| {
        let account = format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n  namespace: team-{at}\nimagePullSecrets:\n  - name: regcred\n---\n"
        );
        (format!("team-{at}.yaml"), account + &pod(at, &format!("team-{at}"), ""))
    };
    (0..size).map(namespace).collect()
}

/// Secrets that all fit the images of pods that name none.
fn one_registry(size: usize) -> Vec<File> {
    let files = |at: usize| {
        (format!("{at}.yaml"), secret(&format!("regcred-{at}"), "shop", &one_config()) + &pod(at, "shop", ""))
    };
    (0..size).map(files).collect()
}

/// Pods that each name a secret that is not there, beside as many secrets that nobody names.
fn names(size: usize) -> Vec<File> {
    let named = |at: usize| NAMED.replace("regcred", &format!("missing-{at}"));
    let files = |at: usize| {
        (format!("{at}.yaml"), secret(&format!("present-{at}"), "shop", &one_config()) + &pod(at, "shop", &named(at)))
    };
    (0..size).map(files).collect()
}

fn one_docker_config(size: usize) -> Vec<File> {
    let config = docker_config((0..size).map(|at| format!("registry-{at}.example")));
    let pods = (0..100).map(|at| pod(at, "shop", NAMED)).collect();
    vec![("secret.yaml".to_owned(), secret("regcred", "shop", &config)), ("pods.yaml".to_owned(), pods)]
}

fn containers(size: usize) -> Vec<File> {
    let more = |at: usize| format!("    - name: container-{at}\n      image: contoso.azurecr.io/app:{at}\n");
    let containers: Vec<String> = (0..size).map(more).collect();
    vec![("pod.yaml".to_owned(), pod(0, "shop", NAMED).replace("---\n", "") + &containers.concat())]
}

fn documents(size: usize) -> Vec<File> {
    vec![("all.yaml".to_owned(), (0..size).map(|at| pod(at, "shop", NAMED)).collect())]
}

fn ignores(size: usize) -> Vec<File> {
    let mark = "# canpull: ignore[pull-unproven] known\n";
    vec![(
        "all.yaml".to_owned(),
        (0..size).map(|at| pod(at, "shop", NAMED).replace("spec:", &format!("{mark}spec:"))).collect(),
    )]
}

const SUBSCRIPTION: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";

/// A GUID of a sort of things.
fn guid(sort: usize, at: usize) -> String {
    format!("{sort:08x}-0000-4000-8000-{at:012x}")
}

fn registry_id(at: usize) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/registry{at}")
}

/// What Azure lists of clusters, registries and `size` role assignments on these, and pods that pull from them.
fn assignments(size: usize, registries: usize, clusters: usize, pods: usize) -> Vec<File> {
    let cluster = |at: usize| {
        let (object, client) = (guid(1, at), guid(2, at));
        format!(
            "{{\"id\": \"{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/cluster-{at}\", \"name\": \"cluster-{at}\", \"identityProfile\": {{\"kubeletidentity\": {{\"objectId\": \"{object}\", \"clientId\": \"{client}\"}}}}, \"servicePrincipalProfile\": {{\"clientId\": \"msi\"}}}}"
        )
    };
    let registry = |at: usize| {
        format!(
            "{{\"id\": \"{}\", \"name\": \"registry{at}\", \"loginServer\": \"registry{at}.azurecr.io\"}}",
            registry_id(at)
        )
    };
    let assignment = |at: usize| {
        let (scope, name) = (registry_id(at % registries), guid(3, at));
        let principal = if at.is_multiple_of(2) { guid(1, at % clusters) } else { guid(4, at) };
        format!(
            "{{\"id\": \"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}\", \"principalId\": \"{principal}\", \"principalName\": \"{}\", \"principalType\": \"ServicePrincipal\", \"roleDefinitionId\": \"/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d\", \"scope\": \"{scope}\"}}",
            guid(5, at)
        )
    };
    let list = |name: &str, items: Vec<String>| (name.to_owned(), format!("[{}]", items.join(",\n")));
    let host = |at: usize| format!("registry{}.azurecr.io", at % registries);
    let pods = (0..pods).map(|at| pod(at, "shop", "").replace("contoso.azurecr.io", &host(at)));
    vec![
        list("clusters.json", (0..clusters).map(cluster).collect()),
        list("registries.json", (0..registries).map(registry).collect()),
        list("roles.json", (0..size).map(assignment).collect()),
        ("pods.yaml".to_owned(), pods.collect()),
    ]
}

/// A script that makes a registry, attaches it and grants on it, over and over.
fn grants(size: usize) -> Vec<File> {
    let commands = |at: usize| {
        format!(
            "az acr create --resource-group shop --name registry{at} --sku Basic\naz aks update --resource-group shop --name prod --attach-acr registry{at}\nACR_ID=$(az acr show --name registry{at} --query id --output tsv)\naz role assignment create --assignee {} --role AcrPush --scope $ACR_ID\n",
            guid(4, at)
        )
    };
    let script: String = (0..size).map(commands).collect();
    let cluster = "az aks create --resource-group shop --name prod --enable-managed-identity\n";
    vec![("setup.sh".to_owned(), format!("{cluster}{script}")), ("pod.yaml".to_owned(), pod(0, "shop", ""))]
}

fn arm(size: usize) -> Vec<File> {
    vec![("azuredeploy.json".to_owned(), templates::arm(size * 500))]
}

const ACR_PULL: &str =
    "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')";

fn bicep_grant(at: usize, who: &str, scope: &str) -> String {
    format!(
        "resource g{at} 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid('{at}')\n{scope}  properties: {{\n    principalId: {who}\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: {ACR_PULL}\n  }}\n}}\n"
    )
}

/// Grants for the resource group, and as many registries in it.
fn bare_grants(size: usize) -> Vec<File> {
    let own = |at: usize| {
        let registry = format!(
            "resource r{at} 'Microsoft.ContainerRegistry/registries@2023-07-01' = {{\n  name: 'contoso{at}'\n}}\n"
        );
        registry + &bicep_grant(at, "'22222222-2222-2222-2222-222222222222'", "")
    };
    vec![("main.bicep".to_owned(), (0..size).map(own).collect())]
}

const ARM_HEAD: &str = "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"resources\": [\n";

/// An ARM template whose grants mean their clusters by nothing but a name.
fn by_name(size: usize) -> Vec<File> {
    let own = |at: usize| {
        format!(
            "{{\"type\": \"Microsoft.ContainerService/managedClusters\", \"apiVersion\": \"2025-05-01\", \"name\": \"prod{at}\"}},\n{{\"type\": \"Microsoft.Authorization/roleAssignments\", \"apiVersion\": \"2022-04-01\", \"name\": \"g{at}\", \"scope\": \"[resourceId('Microsoft.ContainerRegistry/registries', 'contoso')]\", \"properties\": {{\"roleDefinitionId\": \"7f951dda-4ed3-4680-a7ca-43fe172d538d\", \"principalId\": \"[reference('prod{at}').identityProfile.kubeletidentity.objectId]\"}}}}"
        )
    };
    let all: Vec<String> = (0..size).map(own).collect();
    vec![("azuredeploy.json".to_owned(), format!("{ARM_HEAD}{}\n]}}\n", all.join(",\n")))]
}

/// A file that deploys a module for each grant.
fn modules(size: usize) -> Vec<File> {
    let call = |at: usize| {
        format!(
            "module m{at} 'pull.bicep' = {{\n  name: 'm{at}'\n  params: {{\n    who: 'aaaaaaaa-0000-4000-8000-{at:012}'\n  }}\n}}\n"
        )
    };
    let module = "param who string\n".to_owned() + &bicep_grant(0, "who", "");
    vec![("main.bicep".to_owned(), (0..size).map(call).collect()), ("pull.bicep".to_owned(), module)]
}

/// Templates in a template, of which grants mean the outputs by the names of their deployments.
fn by_module_name(size: usize) -> Vec<File> {
    let own = |at: usize| {
        format!(
            "{{\"type\": \"Microsoft.Resources/deployments\", \"apiVersion\": \"2022-09-01\", \"name\": \"d{at}\", \"properties\": {{\"template\": {{\"resources\": [], \"outputs\": {{\"id\": {{\"type\": \"string\", \"value\": \"{}\"}}}}}}}}}},\n{{\"type\": \"Microsoft.Authorization/roleAssignments\", \"apiVersion\": \"2022-04-01\", \"name\": \"g{at}\", \"properties\": {{\"roleDefinitionId\": \"7f951dda-4ed3-4680-a7ca-43fe172d538d\", \"principalId\": \"[reference('d{at}').outputs.id.value]\"}}}}",
            guid(5, at)
        )
    };
    let all: Vec<String> = (0..size).map(own).collect();
    vec![("azuredeploy.json".to_owned(), format!("{ARM_HEAD}{}\n]}}\n", all.join(",\n")))]
}

/// Many files that each deploy one and the same module.
fn callers(size: usize) -> Vec<File> {
    let call = |at: usize| {
        let text =
            format!("module m '../pull.bicep' = {{\n  name: 'm'\n  params: {{\n    who: '{}'\n  }}\n}}\n", guid(6, at));
        (format!("caller-{at}/main.bicep"), text)
    };
    let module = "param who string\n".to_owned() + &bicep_grant(0, "who", "");
    (0..size).map(call).chain([("pull.bicep".to_owned(), module)]).collect()
}

/// Grants to one of a thousand principals, which one a parameter decides.
fn choices(size: usize) -> Vec<File> {
    let value = |at: usize| format!("  '{}'\n", guid(7, at));
    let all: String = (0..1_000).map(value).collect();
    let grants: String = (0..size).map(|at| bicep_grant(at, &format!("all[which + {at}]"), "")).collect();
    vec![("main.bicep".to_owned(), format!("param which int\nvar all = [\n{all}]\n{grants}"))]
}

/// Grants to clusters and on registries that Terraform counts.
fn counted(size: usize) -> Vec<File> {
    let grant = |at: usize| {
        format!(
            "resource \"azurerm_role_assignment\" \"g{at}\" {{\n  scope = azurerm_container_registry.acr[\"contoso{0}\"].id\n  role_definition_name = \"AcrPull\"\n  principal_id = azurerm_kubernetes_cluster.aks[{0}].kubelet_identity[0].object_id\n}}\n",
            at % 64
        )
    };
    let head = "resource \"azurerm_kubernetes_cluster\" \"aks\" {\n  count = 64\n  name = \"prod${count.index}\"\n}\nresource \"azurerm_container_registry\" \"acr\" {\n  for_each = toset([for i in range(64) : \"contoso${i}\"])\n  name = each.key\n}\n";
    let grants: String = (0..size).map(grant).collect();
    vec![("main.tf".to_owned(), format!("{head}{grants}"))]
}

/// Clusters that each pull with an identity of their own, which is granted so.
fn identities(size: usize) -> Vec<File> {
    let own = |at: usize| {
        let cluster = format!(
            "resource u{at} 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {{\n  name: 'u{at}'\n}}\nresource c{at} 'Microsoft.ContainerService/managedClusters@2025-05-01' = {{\n  name: 'prod{at}'\n  properties: {{\n    identityProfile: {{\n      kubeletidentity: {{\n        resourceId: u{at}.id\n      }}\n    }}\n  }}\n}}\n"
        );
        cluster + &bicep_grant(at, &format!("u{at}.properties.principalId"), "  scope: acr\n")
    };
    let registry =
        "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  name: 'contoso'\n}\n".to_owned();
    let all: String = (0..size).map(own).collect();
    vec![("main.bicep".to_owned(), registry + &all), ("pod.yaml".to_owned(), pod(0, "shop", ""))]
}

/// A registry, an identity and a grant of Azure Service Operator.
fn operator_objects(at: usize) -> String {
    format!(
        "apiVersion: containerregistry.azure.com/v20251101\nkind: Registry\nmetadata: {{name: contoso{at}, namespace: infra}}\nspec: {{owner: {{name: shop}}}}\n---\napiVersion: managedidentity.azure.com/v1api20230131\nkind: UserAssignedIdentity\nmetadata: {{name: id{at}, namespace: infra}}\nspec: {{owner: {{name: shop}}, operatorSpec: {{configMaps: {{principalId: {{name: id{at}, key: id}}}}}}}}\n---\napiVersion: authorization.azure.com/v1api20220401\nkind: RoleAssignment\nmetadata: {{name: pull{at}, namespace: infra}}\nspec:\n  owner: {{group: containerregistry.azure.com, kind: Registry, name: contoso{at}}}\n  principalIdFromConfig: {{name: id{at}, key: id}}\n  roleDefinitionReference: {{wellKnownName: AcrPull}}\n---\n"
    )
}

fn objects(size: usize) -> Vec<File> {
    vec![("azure.yaml".to_owned(), (0..size).map(operator_objects).collect())]
}

/// The same objects in each of many folders.
fn namesakes(size: usize) -> Vec<File> {
    (0..size).map(|at| (format!("team-{at}/azure.yaml"), operator_objects(0))).collect()
}
