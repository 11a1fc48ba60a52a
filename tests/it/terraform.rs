//! Terraform over several files: what configurations make, whatever way values take, and that no input takes long.

use canpull_core::config::Config;
use canpull_core::diagnostic::{Applicability, Change};
use canpull_core::fact::azure::{PrincipalAttribute, PrincipalRef};
use canpull_core::fact::{AzureFacts, FileFacts};
use canpull_core::{Options, Report, analyze, deployment, read};
use canpull_syntax::{FileId, edit};

const ACR: &str = "resource \"azurerm_container_registry\" \"acr\" {\n  name = \"contoso\"\n}\n";
const AKS: &str = "resource \"azurerm_kubernetes_cluster\" \"aks\" {\n  name = \"prod\"\n}\n";

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

/// The names of the registries that are made, `None` of such as are not known.
fn registries(files: &[(&str, &str)]) -> Vec<Option<String>> {
    made(files).iter().flat_map(|file| &file.registries).map(|fact| fact.resource.name.clone()).collect()
}

/// Whom the only role assignment is for: the resource's name with its attribute, and whether it is certain.
fn grants(files: &[(&str, &str)]) -> Vec<(String, bool)> {
    let principal = |principal: &PrincipalRef| match principal {
        PrincipalRef::Of { resource, attribute, .. } => {
            format!("{} {attribute:?}", resource.name.as_deref().unwrap_or("?"))
        }
        PrincipalRef::Written(text, _) => text.clone(),
        PrincipalRef::Unknown(..) => "?".to_owned(),
        PrincipalRef::Absent(_) => "absent".to_owned(),
    };
    let all = made(files);
    let all = all.iter().flat_map(|file| &file.assignments);
    all.map(|fact| (principal(&fact.principal), !fact.maybe)).collect()
}

fn grant_to(principal: &str) -> String {
    format!(
        "resource \"azurerm_role_assignment\" \"pull\" {{\n  scope = azurerm_container_registry.acr.id\n  role_definition_name = \"AcrPull\"\n  principal_id = {principal}\n}}\n"
    )
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: contoso.azurecr.io/a:1}\n";

const KUBELET: &str = "prod KubeletObjectId";

#[test]
fn a_principal_is_followed_whatever_way_it_takes() {
    let counted = "resource \"azurerm_kubernetes_cluster\" \"aks\" {\n  count = 1\n  name = \"prod\"\n}\n";
    let keyed = "resource \"azurerm_kubernetes_cluster\" \"aks\" {\n  for_each = toset([\"blue\", \"prod\"])\n  name = each.key\n}\n";
    let cases = [
        (AKS, "azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id"),
        (AKS, "azurerm_kubernetes_cluster.aks.kubelet_identity.0.object_id"),
        (AKS, "\"${azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id}\""),
        (AKS, "one(azurerm_kubernetes_cluster.aks.kubelet_identity[*].object_id)"),
        (AKS, "azurerm_kubernetes_cluster.aks.kubelet_identity.*.object_id[0]"),
        (AKS, "element(azurerm_kubernetes_cluster.aks.kubelet_identity, 0).object_id"),
        (AKS, "try(azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id, null)"),
        (AKS, "lookup({ a = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id }, \"a\")"),
        (AKS, "[for id in azurerm_kubernetes_cluster.aks.kubelet_identity : id.object_id][0]"),
        (counted, "azurerm_kubernetes_cluster.aks[0].kubelet_identity[0].object_id"),
        (counted, "azurerm_kubernetes_cluster.aks.0.kubelet_identity.0.object_id"),
        (counted, "one(azurerm_kubernetes_cluster.aks[*].kubelet_identity[0].object_id)"),
        (counted, "join(\"\", azurerm_kubernetes_cluster.aks.*.kubelet_identity.0.object_id)"),
        (keyed, "azurerm_kubernetes_cluster.aks[\"prod\"].kubelet_identity[0].object_id"),
        (keyed, "values(azurerm_kubernetes_cluster.aks)[1].kubelet_identity[0].object_id"),
        (
            keyed,
            "{ for key, own in azurerm_kubernetes_cluster.aks : key => own.kubelet_identity[0].object_id }[\"prod\"]",
        ),
    ];
    for (cluster, principal) in cases {
        let text = format!("{ACR}{cluster}{}", grant_to(principal));
        let found = grants(&[("main.tf", &text)]);
        assert_eq!(found, [(KUBELET.to_owned(), true)], "{principal}");
    }
}

#[test]
fn locals_variables_and_files_of_variables_are_followed() {
    let main = "variable \"name\" {\n  default = \"contoso\"\n}\nlocals {\n  full = \"${var.name}prod\"\n}\nresource \"azurerm_container_registry\" \"acr\" {\n  name = local.full\n}\n";
    let name = |text: &str| Some(text.to_owned());
    assert_eq!(registries(&[("infra/main.tf", main)]), [name("contosoprod")]);
    let own = ("infra/terraform.tfvars", "name = \"tailspin\"\n");
    assert_eq!(registries(&[("infra/main.tf", main), own]), [name("tailspinprod")]);
    let auto = ("infra/a.auto.tfvars", "name = \"fabrikam\"\n");
    assert_eq!(registries(&[("infra/main.tf", main), auto, own]), [name("fabrikamprod")]);
    let (one, two) = (("infra/envs/dev.tfvars", "name = \"one\"\n"), ("infra/prod.tfvars", "name = \"two\"\n"));
    assert_eq!(registries(&[("infra/main.tf", main), own, one, two]), [name("oneprod"), name("twoprod")]);
    // Another folder is another configuration.
    assert_eq!(registries(&[("infra/main.tf", main), ("other/b.tfvars", "name = \"other\"\n")]), [name("contosoprod")]);
    // Who fills it in, no source tells.
    let blank = "variable \"name\" {\n  default = \"ENTER NAME HERE\"\n}\nresource \"azurerm_container_registry\" \"acr\" {\n  name = var.name\n}\n";
    assert_eq!(registries(&[("main.tf", blank)]), [None]);
}

#[test]
fn modules_are_followed_both_ways() {
    let main = "module \"cluster\" {\n  source = \"./modules/cluster\"\n  name = \"prod\"\n}\nmodule \"registry\" {\n  source = \"./modules/registry\"\n  readers = [module.cluster.kubelet]\n}\n";
    let cluster = "variable \"name\" {}\nmodule \"inner\" {\n  source = \"../inner\"\n  cluster_name = var.name\n}\noutput \"kubelet\" {\n  value = module.inner.aks.kubelet_identity[0].object_id\n}\n";
    let inner = "variable \"cluster_name\" {}\nresource \"azurerm_kubernetes_cluster\" \"this\" {\n  name = var.cluster_name\n}\noutput \"aks\" {\n  value = azurerm_kubernetes_cluster.this\n}\n";
    let registry = format!(
        "variable \"readers\" {{ type = list(string) }}\n{ACR}resource \"azurerm_role_assignment\" \"pull\" {{\n  count = length(var.readers)\n  scope = azurerm_container_registry.acr.id\n  role_definition_name = \"AcrPull\"\n  principal_id = var.readers[count.index]\n}}\n"
    );
    let files = [
        ("main.tf", main),
        ("modules/cluster/main.tf", cluster),
        ("modules/inner/main.tf", inner),
        ("modules/registry/main.tf", &registry),
    ];
    assert_eq!(grants(&files), [(KUBELET.to_owned(), true)]);
}

#[test]
fn known_modules_are_followed() {
    let main = format!(
        "{ACR}module \"aks\" {{\n  source = \"Azure/aks/azurerm\"\n  cluster_name = \"prod\"\n  resource_group_name = \"shop\"\n  attached_acr_id_map = {{ acr = azurerm_container_registry.acr.id }}\n}}\n"
    );
    assert_eq!(grants(&[("main.tf", &main)]), [(KUBELET.to_owned(), true)]);
    let verified = "module \"acr\" {\n  source = \"Azure/avm-res-containerregistry-registry/azurerm\"\n  name = \"contoso\"\n  role_assignments = {\n    pull = {\n      principal_id = module.aks.kubelet_identity.objectId\n      role_definition_id_or_name = \"AcrPull\"\n    }\n  }\n}\nmodule \"aks\" {\n  source = \"Azure/avm-res-containerservice-managedcluster/azurerm\"\n  name = \"prod\"\n  parent_id = \"/subscriptions/1/resourceGroups/shop\"\n}\n";
    assert_eq!(grants(&[("main.tf", verified)]), [(KUBELET.to_owned(), true)]);
    // What a module gives out is no word of the caller's to edit.
    let wrong = verified.replace("kubelet_identity.objectId", "identity_principal_id");
    let report = report(&[("main.tf", &wrong)]);
    let [found] = report.diagnostics.as_slice() else { panic!("{:?}", report.diagnostics) };
    assert_eq!(found.rule, "pull-role-on-wrong-identity");
    assert!(found.fixes.iter().all(|fix| fix.applicability == Applicability::DisplayOnly), "{:?}", found.fixes);
}

#[test]
fn states_tell_ids() {
    let state = r#"{"format_version":"1.0","terraform_version":"1.9.8","values":{"root_module":{"resources":[
        {"address":"azurerm_kubernetes_cluster.aks","mode":"managed","type":"azurerm_kubernetes_cluster","name":"aks","values":{"name":"prod","resource_group_name":"shop","identity":[{"type":"SystemAssigned","principal_id":"44444444-4444-4444-4444-444444444444"}],"kubelet_identity":[{"object_id":"22222222-2222-2222-2222-222222222222","client_id":"33333333-3333-3333-3333-333333333333"}]}}],
        "child_modules":[{"address":"module.acr","resources":[
        {"address":"module.acr.azurerm_container_registry.acr","mode":"managed","type":"azurerm_container_registry","name":"acr","values":{"name":"contoso","login_server":"contoso.azurecr.io","role_assignment_mode":"LegacyRegistryPermissions"}},
        {"address":"module.acr.azurerm_role_assignment.pull[0]","mode":"managed","type":"azurerm_role_assignment","name":"pull","index":0,"values":{"principal_id":"22222222-2222-2222-2222-222222222222","role_definition_name":"AcrPull","scope":"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerRegistry/registries/contoso"}}]}]}}}"#;
    assert_eq!(report(&[("state.json", state), ("pod.yaml", POD)]).pulls[0].verdict.as_str(), "yes");
    for cut in (0..state.len()).step_by(7) {
        made(&[("state.json", &state[..cut])]);
    }
    let head = "{\"format_version\": \"1.0\", \"terraform_version\": \"1.9.8\", ";
    for deep in [
        "\"values\": {\"root_module\": {\"child_modules\": [{\"child_modules\": [",
        "\"configuration\": {\"root_module\": {\"module_calls\": {\"a\": {\"module\": {",
        "\"a\": [",
    ] {
        made(&[("plan.json", &format!("{head}{}", deep.repeat(5_000)))]);
    }
}

#[test]
fn what_may_not_be_made_is_open() {
    let maybe = format!(
        "variable \"on\" {{ default = true }}\n{ACR}{AKS}resource \"azurerm_role_assignment\" \"pull\" {{\n  count = var.on ? 1 : 0\n  scope = azurerm_container_registry.acr.id\n  role_definition_name = \"AcrPull\"\n  principal_id = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id\n}}\n"
    );
    let off = maybe.replace("default = true", "default = false");
    let open = maybe.replace("{ default = true }", "{}");
    assert_eq!(grants(&[("main.tf", &off)]), [(KUBELET.to_owned(), false)]);
    assert_eq!(grants(&[("main.tf", &open)]), [(KUBELET.to_owned(), false)]);
    // What a default makes is made.
    assert_eq!(grants(&[("main.tf", &maybe)]), [(KUBELET.to_owned(), true)]);
    assert_eq!(grants(&[("main.tf", &off), ("terraform.tfvars", "on = true\n")]), [(KUBELET.to_owned(), true)]);
    assert_eq!(grants(&[("main.tf", &maybe), ("terraform.tfvars", "on = false\n")]), []);
    let either = format!(
        "variable \"own\" {{}}\n{ACR}{AKS}resource \"azurerm_user_assigned_identity\" \"id\" {{\n  name = \"kubelet\"\n}}\n{}",
        grant_to(
            "var.own ? azurerm_user_assigned_identity.id.principal_id : azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id"
        )
    );
    let both = [(format!("kubelet {:?}", PrincipalAttribute::PrincipalId), false), (KUBELET.to_owned(), false)];
    assert_eq!(grants(&[("main.tf", &either)]), both);
}

#[test]
fn types_of_variables_complete_what_is_given() {
    let text = format!(
        "variable \"names\" {{\n  type = set(string)\n  default = [\"contoso\"]\n}}\nvariable \"apps\" {{\n  type = map(object({{\n    acr = optional(string, \"contoso\")\n    pull = optional(bool, true)\n    role = optional(object({{ name = optional(string, \"AcrPull\") }}), {{}})\n  }}))\n  default = {{\n    a = {{}}\n    b = {{ pull = false }}\n  }}\n}}\nresource \"azurerm_container_registry\" \"acr\" {{\n  for_each = var.names\n  name = each.key\n}}\n{AKS}resource \"azurerm_role_assignment\" \"pull\" {{\n  for_each = {{ for k, v in var.apps : k => v if v.pull }}\n  scope = azurerm_container_registry.acr[each.value.acr].id\n  role_definition_name = each.value.role.name\n  principal_id = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id\n}}\n"
    );
    assert_eq!(registries(&[("main.tf", &text)]), [Some("contoso".to_owned())]);
    assert_eq!(grants(&[("main.tf", &text)]), [(KUBELET.to_owned(), true)]);
    let made = made(&[("main.tf", &text)]);
    let grant = &made[0].assignments[0];
    assert_eq!(grant.scope.known().unwrap().name.as_deref(), Some("contoso"));
    assert_eq!(grant.role.written.text(), Some("AcrPull"));
}

#[test]
fn sets_are_multiplied_lists_zipped_and_numbers_padded() {
    let kubelet = "azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id";
    let zipped = format!("{ACR}{AKS}{}", grant_to(&format!("zipmap([\"k\"], [{kubelet}])[\"k\"]")));
    assert_eq!(grants(&[("main.tf", &zipped)]), [(KUBELET.to_owned(), true)]);
    let pairs = format!(
        "{ACR}{AKS}{}",
        grant_to("each.value").replace(
            "  scope",
            &format!("  for_each = {{ for p in setproduct([\"a\", \"b\"], [{kubelet}]) : p[0] => p[1] }}\n  scope")
        )
    );
    assert_eq!(grants(&[("main.tf", &pairs)]), [(KUBELET.to_owned(), true), (KUBELET.to_owned(), true)]);
    let padded = ACR.replace("\"contoso\"", "format(\"%s%02d\", \"contoso\", 7)");
    assert_eq!(registries(&[("main.tf", &padded)]), [Some("contoso07".to_owned())]);
}

#[test]
fn a_role_is_known_by_its_definition_wherever_its_id_stands() {
    for (found, id) in [
        ("role_definition_id = \"7f951dda-4ed3-4680-a7ca-43fe172d538d\"", "data.azurerm_role_definition.pull.id"),
        (
            "role_definition_id = \"7f951dda-4ed3-4680-a7ca-43fe172d538d\"",
            "\"${data.azurerm_subscription.own.id}${data.azurerm_role_definition.pull.id}\"",
        ),
    ] {
        let text = format!(
            "data \"azurerm_subscription\" \"own\" {{}}\ndata \"azurerm_role_definition\" \"pull\" {{\n  {found}\n}}\n{ACR}{AKS}{}",
            grant_to("azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id")
                .replace("role_definition_name = \"AcrPull\"", &format!("role_definition_id = {id}"))
        );
        let made = made(&[("main.tf", &text)]);
        assert_eq!(made[0].assignments[0].role.written.text(), Some("7f951dda-4ed3-4680-a7ca-43fe172d538d"), "{id}");
    }
}

#[test]
fn a_role_for_the_group_of_an_open_name_reaches_its_registry() {
    let text = format!(
        "variable \"group\" {{}}\nresource \"azurerm_resource_group\" \"rg\" {{\n  name = var.group\n}}\nresource \"azurerm_container_registry\" \"acr\" {{\n  name = \"contoso\"\n  resource_group_name = azurerm_resource_group.rg.name\n}}\n{AKS}{}",
        grant_to("azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id")
            .replace("azurerm_container_registry.acr.id", "azurerm_resource_group.rg.id")
    );
    let report = report(&[("main.tf", &text), ("pod.yaml", POD)]);
    assert_eq!(report.pulls[0].verdict.as_str(), "yes");
}

#[test]
fn what_does_not_parse_costs_itself_alone() {
    let text = format!(
        "{ACR}resource \"azurerm_kubernetes_cluster\" \"aks\" {{\n  name = = \"prod\"\n}}\nlocals {{\n  a = {{ b = 1, b = 2 }}\n}}\n"
    );
    let facts = facts(&[("main.tf", &text)]);
    let [problem] = facts[0].problems.as_slice() else { panic!("{:?}", facts[0].problems) };
    assert_eq!(facts[0].lines.position(problem.range.start).line, 5);
    assert_eq!(registries(&[("main.tf", &text)]), [Some("contoso".to_owned())]);
    for taken in [
        "a = { b = 1, b = 2, b = 3 }\n",
        "\u{feff}a = 1\n",
        "a = { for k in b : k => c &&\n d }\n",
        "a = {\n for k in b : # each\n k => 1\n if true }\n",
    ] {
        assert_eq!(self::facts(&[("main.tf", taken)])[0].problems, [], "{taken}");
    }
}

#[test]
fn hostile_configurations_end_soon() {
    let registry = "resource \"azurerm_container_registry\" \"acr\" {\n  name = NAME\n}\n";
    let named = |name: &str| registry.replace("NAME", name);
    for open in [
        "[",
        "{a=",
        "(",
        "f(",
        "!",
        "-",
        "\"${",
        "a[",
        "a ? b : ",
        "[for a in ",
        "{for a in b : a => ",
        "<<E\n${",
        "{\n",
        "a = {\n",
        "\"",
        "/*",
        "%{if ",
    ] {
        let deep = open.repeat(20_000);
        made(&[("main.tf", &named(&deep))]);
        made(&[("main.tf", &format!("a = {deep}"))]);
        made(&[("main.tf", &format!("{ACR}{deep}"))]);
    }
    for chain in [".a", "[0]", "[*]", ".*", " + 1", " && a", "()"] {
        made(&[("main.tf", &named(&format!("a{}", chain.repeat(20_000))))]);
    }
    made(&[("main.tf", &"a \"b\" {\n".repeat(20_000))]);
    let wide = (0..40_000).map(|n| format!("a{n} = {n}\n")).collect::<Vec<_>>().concat();
    for (open, close) in [("", ""), ("locals {\n", "}\n"), ("a = {\n", "}\n"), ("a = [{\n", "}]\n")] {
        made(&[("main.tf", &format!("{open}{wide}{close}"))]);
    }
    let doubling = (0..60).fold("locals {\n  v0 = [\"a\"]\n  s0 = \"ab\"\n".to_owned(), |text, n| {
        let next = n + 1;
        text + &format!(
            "  v{next} = concat(local.v{n}, local.v{n})\n  s{next} = \"${{local.s{n}}}${{local.s{n}}}\"\n  o{next} = {{ a = local.v{n}, b = local.v{n} }}\n  f{next} = flatten([local.v{n}, local.v{n}])\n"
        )
    });
    made(&[("main.tf", &format!("{doubling}}}\n{}", named("local.s60")))]);
    let chain = (0..20_000).map(|n| format!("  v{} = local.v{n}\n", n + 1)).collect::<Vec<_>>().concat();
    made(&[("main.tf", &format!("locals {{\n  v0 = \"a\"\n{chain}}}\n{}", named("local.v20000")))]);
    let cycle = "locals {\n  a = local.b\n  b = local.a\n}\nvariable \"c\" {\n  default = var.c\n}\nresource \"azurerm_container_registry\" \"acr\" {\n  count = length(azurerm_container_registry.acr)\n  name = \"${local.a}${var.c}${azurerm_container_registry.acr[0].name}\"\n}\nmodule \"m\" {\n  source = \"./\"\n  for_each = module.m\n  c = module.m.x\n}\nmodule \"up\" {\n  source = \"../infra\"\n  c = module.up.x\n}\noutput \"x\" {\n  value = module.m.x\n}\n";
    made(&[("infra/main.tf", cycle)]);
    made(&[("infra/main.tf", cycle), ("main.tf", "module \"m\" {\n  source = \"./infra\"\n}\n")]);
    let fan: Vec<(String, String)> = (0..30)
        .map(|n| {
            let call = |name: &str| format!("module \"{name}\" {{\n  source = \"../m{}\"\n}}\n", n + 1);
            (format!("m{n}/main.tf"), call("a") + &call("b"))
        })
        .collect();
    let fan: Vec<(&str, &str)> = fan.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    made(&fan);
    let text = format!(
        "{ACR}{AKS}{}",
        grant_to("\"${one(azurerm_kubernetes_cluster.aks[*].kubelet_identity[0].object_id)}\"")
    );
    for cut in 0..text.len() {
        made(&[("main.tf", &text[..cut])]);
    }
}

#[test]
fn a_choice_that_may_be_right_is_not_called_wrong() {
    let choice = |test: &str| {
        format!(
            "variable \"own\" {{}}\n{ACR}{AKS}{}",
            grant_to(&format!(
                "{test} ? azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id : azurerm_kubernetes_cluster.aks.identity[0].principal_id"
            ))
        )
    };
    for test in ["var.own", "length(azurerm_kubernetes_cluster.aks.kubelet_identity) > 0"] {
        let report = report(&[("main.tf", &choice(test)), ("pod.yaml", POD)]);
        assert_eq!(report.pulls[0].verdict.as_str(), "unknown");
        let rules: Vec<&str> = report.diagnostics.iter().map(|found| found.rule).collect();
        assert_eq!(rules, ["unresolved-value"], "{test}");
    }
}

/// What is said of a configuration whose listings are all complete: the verdict of the pod, and the findings in order.
fn closed(text: &str) -> (&'static str, Vec<String>) {
    let config = "clusters:\n  - name: prod\n    complete: [role-assignments, attached, secrets, service-accounts]\n";
    let (config, errors) = canpull_core::config::parse("canpull.yaml", FileId(9), config, &[]);
    assert_eq!(errors, []);
    let files = [("main.tf", text), ("pod.yaml", POD)];
    let report = analyze(facts(&files), &config, &Options::default());
    let found = report.diagnostics.iter().map(|found| format!("{} {:?}", found.rule, found.severity));
    (report.pulls[0].verdict.as_str(), found.collect())
}

#[test]
fn a_management_group_may_be_above_any_registry() {
    for (group, id) in [
        ("data \"azurerm_management_group\" \"m\" {\n  name = \"corp\"\n}\n", "data.azurerm_management_group.m.id"),
        (
            "resource \"azurerm_management_group\" \"m\" {\n  display_name = \"corp\"\n}\n",
            "azurerm_management_group.m.id",
        ),
    ] {
        let grant = grant_to("azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id");
        let grant = grant.replace("azurerm_container_registry.acr.id", id);
        let infos = ["unresolved-value Info", "role-scope-too-broad Info"].map(str::to_owned);
        assert_eq!(closed(&format!("{ACR}{AKS}{group}{grant}")), ("unknown", infos.to_vec()));
    }
}

#[test]
fn a_module_that_is_not_read_may_grant_what_it_is_handed() {
    let kubelet = "azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id";
    let module = |arguments: &str| {
        format!("{ACR}{AKS}module \"m\" {{\n  source = \"git::https://git.example.com/m.git\"\n{arguments}}}\n")
    };
    for arguments in [
        format!("  principal_ids = [{kubelet}]\n  scope = azurerm_container_registry.acr.id\n"),
        format!("  assignments = {{ a = {{ principal_id = {kubelet}, role = \"AcrPull\" }} }}\n"),
        "  registry_id = azurerm_container_registry.acr.id\n".to_owned(),
        "  acr_name = azurerm_container_registry.acr.name\n".to_owned(),
        "  role_mapping = var.roles\n".to_owned(),
        format!(
            "  principal_id = {kubelet}\n  registries = [{{ server = azurerm_container_registry.acr.login_server }}]\n"
        ),
    ] {
        assert_eq!(closed(&module(&arguments)), ("unknown", vec!["unresolved-value Info".to_owned()]), "{arguments}");
    }
    let refused = vec!["cluster-without-pull-role Warning".to_owned(), "pull-denied Error".to_owned()];
    for arguments in [
        "  name = \"vnet\"\n  resource_group_name = var.group\n  subnets = { a = var.subnet }\n",
        "  principal_id = azurerm_user_assigned_identity.other.principal_id\n  scope = azurerm_container_registry.acr.id\n",
        "  scope = azurerm_container_registry.other.id\n  acr_name = \"fabrikam\"\n",
        "  principal_id = azurerm_kubernetes_cluster.aks.identity[0].principal_id\n  acr = azurerm_container_registry.acr.id\n",
    ] {
        let others = "resource \"azurerm_user_assigned_identity\" \"other\" {\n  name = \"other\"\n}\nresource \"azurerm_container_registry\" \"other\" {\n  name = \"fabrikam\"\n}\n";
        assert_eq!(closed(&(module(arguments) + others)), ("no", refused.clone()), "{arguments}");
    }
    // What is granted elsewhere is granted.
    let granted = module(&format!("  principal_id = {kubelet}\n")) + &grant_to(kubelet);
    assert_eq!(closed(&granted), ("yes", Vec::new()));
}

#[test]
fn a_module_that_is_not_read_may_make_up_for_a_wrong_grant() {
    let wrong = grant_to("azurerm_kubernetes_cluster.aks.identity[0].principal_id");
    let report_of = |module: &str| {
        let text = format!(
            "{ACR}{AKS}{wrong}module \"m\" {{\n  source = \"git::https://git.example.com/m.git\"\n{module}}}\n"
        );
        let report = report(&[("main.tf", &text), ("pod.yaml", POD)]);
        let found = report.diagnostics.iter().filter(|found| found.rule == "pull-role-on-wrong-identity");
        found.map(|found| format!("{:?}", found.severity)).collect::<Vec<_>>()
    };
    assert_eq!(report_of("  name = \"vnet\"\n"), ["Error"]);
    assert_eq!(report_of("  target_id = azurerm_container_registry.acr.id\n"), ["Warning"]);
    let kubelet = "  kubelet_id = azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id\n";
    assert_eq!(report_of(kubelet), Vec::<String>::new());
}

/// What a configuration is once the edits of its only finding of a rule are made; `None` where it offers none.
fn mended(text: &str, rule: &str) -> Option<String> {
    let report = report(&[("main.tf", text)]);
    let mut found = report.diagnostics.iter().filter(|own| own.rule == rule);
    let (Some(finding), None) = (found.next(), found.next()) else { panic!("{:?}", report.diagnostics) };
    let edits = finding.fixes.iter().find_map(|fix| match &fix.change {
        Change::Edits(edits) => Some(edits.iter().map(|(_, edit)| edit.clone()).collect::<Vec<_>>()),
        Change::Command(_) => None,
    })?;
    Some(edit::apply(text, &edits).unwrap())
}

#[test]
fn the_control_plane_of_a_cluster_that_is_only_read_never_pulls() {
    let aks = "data \"azurerm_kubernetes_cluster\" \"aks\" {\n  name = \"prod\"\n}\n";
    let wrong = "data.azurerm_kubernetes_cluster.aks.identity[0].principal_id";
    let text = format!("{ACR}{aks}{}", grant_to(wrong));
    let report = report(&[("main.tf", &text), ("pod.yaml", POD)]);
    let found = report.diagnostics.iter().find(|found| found.rule == "pull-role-on-wrong-identity").unwrap();
    assert_eq!(found.severity, canpull_core::diagnostic::Severity::Error);
    let right = format!("{ACR}{aks}{}", grant_to("data.azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id"));
    assert_eq!(mended(&text, "pull-role-on-wrong-identity"), Some(right));
}

#[test]
fn a_fix_changes_the_assignment_and_nothing_that_others_use() {
    let kubelet = "azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id";
    let shared = format!(
        "{ACR}{AKS}locals {{\n  id = azurerm_kubernetes_cluster.aks.identity[0].principal_id\n}}\n{}",
        grant_to("local.id")
    );
    let right = shared.replace("principal_id = local.id", &format!("principal_id = {kubelet}"));
    assert_eq!(mended(&shared, "pull-role-on-wrong-identity"), Some(right));
    // Whether the cluster is there at all, its own count says.
    let counted = shared.replace("\"aks\" {\n", "\"aks\" {\n  count = 1\n").replace("aks.identity", "aks[0].identity");
    assert_eq!(mended(&counted, "pull-role-on-wrong-identity"), None);
}

#[test]
fn a_cluster_with_a_service_principal_pulls_with_that() {
    let directory = "resource \"azuread_application\" \"a\" {\n  display_name = \"a\"\n}\nresource \"azuread_service_principal\" \"p\" {\n  client_id = azuread_application.a.client_id\n}\n";
    let aks = "resource \"azurerm_kubernetes_cluster\" \"aks\" {\n  name = \"prod\"\n  service_principal {\n    client_id = CLIENT\n  }\n}\n";
    let wrong = grant_to("azurerm_kubernetes_cluster.aks.service_principal[0].client_id");
    for client in ["azuread_application.a.client_id", "azuread_service_principal.p.client_id"] {
        let aks = aks.replace("CLIENT", client);
        let text = format!("{ACR}{directory}{aks}{wrong}");
        let right = format!("{ACR}{directory}{aks}{}", grant_to("azuread_service_principal.p.object_id"));
        assert_eq!(mended(&text, "pull-role-wrong-id-kind"), Some(right), "{client}");
    }
    let unseen = format!(
        "variable \"client\" {{}}\n{ACR}{}{wrong}",
        aks.replace("CLIENT", "\"33333333-3333-4333-8333-333333333333\"")
    );
    assert_eq!(mended(&unseen, "pull-role-wrong-id-kind"), None);
}

#[test]
fn a_group_of_the_directory_is_a_group() {
    let text = format!(
        "{ACR}{AKS}resource \"azuread_group\" \"g\" {{\n  display_name = \"pullers\"\n}}\n{}",
        grant_to("azuread_group.g.object_id")
    );
    let report = report(&[("main.tf", &text), ("pod.yaml", POD)]);
    assert!(report.diagnostics.iter().any(|found| found.rule == "principal-is-group"), "{:?}", report.diagnostics);
    assert_eq!(report.pulls[0].verdict.as_str(), "unknown");
}

#[test]
fn what_a_change_says_in_azures_words_counts() {
    let grant = grant_to("azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id");
    let change = |id: &str, count: &str| {
        format!(
            "{ACR}{AKS}{grant}resource \"azapi_update_resource\" \"abac\" {{\n{count}  type = \"Microsoft.ContainerRegistry/registries@2025-11-01\"\n  resource_id = {id}\n  body = {{ properties = {{ roleAssignmentMode = \"AbacRepositoryPermissions\" }} }}\n}}\n"
        )
    };
    let said = |text: &str| {
        let report = report(&[("main.tf", text), ("pod.yaml", POD)]);
        let ignored = report.diagnostics.iter().any(|found| found.rule == "role-ignored-by-registry-mode");
        (report.pulls[0].verdict.as_str(), ignored)
    };
    assert_eq!(said(&change("azurerm_container_registry.acr.id", "")), ("unknown", true));
    assert_eq!(said(&change("azurerm_container_registry.acr.id", "  count = var.n\n")), ("unknown", false));
    assert_eq!(said(&change("azurerm_container_registry.other.id", "")), ("yes", false));
}

#[test]
fn the_subscription_of_a_provider_holds_what_it_makes() {
    let grant = |scope: &str| {
        grant_to("azurerm_kubernetes_cluster.aks.kubelet_identity[0].object_id")
            .replace("azurerm_container_registry.acr.id", scope)
    };
    let current = "data \"azurerm_subscription\" \"s\" {}\n";
    let hub = "data \"azurerm_subscription\" \"s\" {\n  provider = azurerm.hub\n}\n";
    let own = "data \"azurerm_client_config\" \"s\" {}\n";
    let named = "data \"azurerm_subscription\" \"s\" {\n  subscription_id = var.s\n}\n";
    let id = "data.azurerm_subscription.s.id";
    let in_hub = ACR.replace("  name", "  provider = azurerm.hub\n  name");
    for (registry, data, scope, verdict) in [
        (ACR, current, id, "yes"),
        (ACR, own, "\"/subscriptions/${data.azurerm_client_config.s.subscription_id}\"", "yes"),
        (ACR, current, "\"/subscriptions/${data.azurerm_subscription.s.subscription_id}\"", "yes"),
        (ACR, hub, id, "unknown"),
        (&in_hub, hub, id, "yes"),
        (&in_hub, current, id, "unknown"),
        (ACR, named, id, "unknown"),
    ] {
        let report = report(&[("main.tf", &format!("{registry}{AKS}{data}{}", grant(scope))), ("pod.yaml", POD)]);
        assert_eq!(report.pulls[0].verdict.as_str(), verdict, "{registry}{data}{scope}");
    }
}

/// The rules that find something wrong with a pod's secret of this user, and the verdict, in the middle of 2026.
fn with_secret(text: &str, user: &str) -> (&'static str, Vec<&'static str>) {
    let pod = POD.replace("  containers", "  imagePullSecrets: [{name: acr}]\n  containers");
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: acr}}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{{\"auths\": {{\"contoso.azurecr.io\": {{\"username\": \"{user}\", \"password\": \"example\"}}}}}}'\n"
    );
    let files = [("main.tf", text), ("pod.yaml", pod.as_str()), ("secret.yaml", secret.as_str())];
    let now = Some(1_782_000_000);
    let report = analyze(facts(&files), &Config::default(), &Options { now, ..Options::default() });
    let errors = report.diagnostics.iter().filter(|found| found.severity == canpull_core::diagnostic::Severity::Error);
    (report.pulls[0].verdict.as_str(), errors.map(|found| found.rule).collect())
}

#[test]
fn passwords_end_when_the_configuration_says() {
    let token = "resource \"azurerm_container_registry_token\" \"t\" {\n  name = \"puller\"\n  container_registry_name = azurerm_container_registry.acr.name\n}\nresource \"azurerm_container_registry_token_password\" \"p\" {\n  container_registry_token_id = azurerm_container_registry_token.t.id\n  password1 {\n    expiry = \"2026-01-01T00:00:00+00:00\"\n  }\n}\n";
    let ended = ("unknown", vec!["pull-credential-expired"]);
    assert_eq!(with_secret(&format!("{ACR}{token}"), "puller"), ended);
    let both = token.replace("  password1", "  password2 {}\n  password1");
    assert_eq!(with_secret(&format!("{ACR}{both}"), "puller").0, "yes");
    let open = token.replace("\"2026-01-01T00:00:00+00:00\"", "time_rotating.t.rotation_rfc3339");
    assert_eq!(with_secret(&format!("{ACR}{open}"), "puller").0, "yes");

    let id = "33333333-3333-4333-8333-333333333333";
    let principal = format!(
        "data \"azuread_service_principal\" \"p\" {{\n  client_id = \"{id}\"\n}}\nresource \"azuread_service_principal_password\" \"one\" {{\n  service_principal_id = data.azuread_service_principal.p.id\n  end_date = \"2026-01-01T00:00:00Z\"\n}}\n"
    );
    assert_eq!(with_secret(&format!("{ACR}{principal}"), id), ended);
    let second = principal.replace("\"one\"", "\"two\"").replace("2026-01", "2027-01");
    let second = second.split_once("resource").map_or("", |(_, second)| second);
    assert_eq!(with_secret(&format!("{ACR}{principal}resource{second}"), id).0, "yes");
}

#[test]
fn the_admin_user_is_off_unless_it_is_switched_on() {
    assert_eq!(with_secret(ACR, "contoso"), ("unknown", vec!["pull-credential-admin"]));
    let on = ACR.replace('}', "  admin_enabled = true\n}");
    assert_eq!(with_secret(&on, "contoso").0, "yes");
    let changed = "resource \"azapi_update_resource\" \"on\" {\n  type = \"Microsoft.ContainerRegistry/registries@2025-11-01\"\n  resource_id = ID\n  body = { properties = { adminUserEnabled = true } }\n}\n";
    for id in ["azurerm_container_registry.acr.id", "data.azurerm_container_registry.open.id"] {
        let text = format!(
            "{ACR}data \"azurerm_container_registry\" \"open\" {{\n  name = var.name\n}}\n{}",
            changed.replace("ID", id)
        );
        assert_eq!(with_secret(&text, "contoso").0, "yes", "{id}");
    }
    let only_read = ACR.replace("resource", "data");
    assert_eq!(with_secret(&only_read, "contoso").0, "yes");
}
