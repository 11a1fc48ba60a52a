//! Templates that mean harm: each ends soon, in little memory, and hides no other file.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use canpull_core::Options;
use canpull_core::project::Project;
use canpull_core::render::Format;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  containers:\n  - name: c\n    image: contoso.azurecr.io/a:1\n";

const ARM: &str =
    r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": ["#;

/// Far more than any of these takes, and far less than one that hangs.
const SOON: Duration = Duration::from_mins(2);

/// Judges files with a pod beside them, which must be judged whatever they hold.
#[track_caller]
fn judged(name: &str, files: Vec<(String, String)>) {
    let since = Instant::now();
    let files = files.into_iter().chain([("pod.yaml".to_owned(), POD.to_owned())]);
    let files = files.map(|(path, text)| (path, text.into_bytes()));
    let project = Project::new(files, None, true).unwrap();
    let analysis = project.analyse(&Options::default(), &BTreeMap::default()).unwrap();
    let report = analysis.render(Format::find("json").unwrap());
    assert!(report.contains("contoso.azurecr.io/a:1"), "{name}");
    assert!(since.elapsed() < SOON, "{name} took {:?}", since.elapsed());
}

fn grant(at: usize, who: &str, scope: &str) -> String {
    format!(
        "resource g{at} 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid('{at}')\n  scope: {scope}\n  properties: {{\n    principalId: {who}\n    roleDefinitionId: '7f951dda-4ed3-4680-a7ca-43fe172d538d'\n  }}\n}}\n"
    )
}

/// `count` pieces of a text, each by its number.
fn each(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[test]
fn what_doubles_with_each_step_stays_small() {
    let steps = 100;
    let bicep = |first: &str, step: fn(usize) -> String| {
        format!("param p string\nparam c bool\n{first}{}{}", each(steps, step), grant(0, "v100", "v99"))
    };
    let objects = |name: &str, at: usize| format!("var {name}{} = {{\n  a: {name}{at}\n  b: {name}{at}\n}}\n", at + 1);
    let merged = format!(
        "param c bool\nvar v0 = {{a: 'x'}}\nvar w0 = {{a: 'y'}}\n{}{}var z = c ? v100 : w100\n{}",
        each(steps, |at| objects("v", at)),
        each(steps, |at| objects("w", at)),
        grant(0, "z.a.a", "z.b")
    );
    let terraform = format!(
        "variable \"c\" {{}}\nlocals {{\n  v0 = {{ a = \"x\" }}\n  w0 = {{ a = \"y\" }}\n{}}}\nresource \"azurerm_role_assignment\" \"g\" {{\n  scope = (var.c ? local.v100 : local.w100).a\n  principal_id = flatten([local.v100, local.w100])[0].a\n}}\n",
        each(steps, |at| {
            let next = at + 1;
            format!(
                "  v{next} = {{ a = local.v{at}, b = local.v{at} }}\n  w{next} = merge(local.w{at}, {{ a = local.w{at}, b = local.w{at} }})\n"
            )
        })
    );
    let all = [
        ("texts.bicep", bicep("var v0 = 'xy'\n", |at| format!("var v{} = '${{v{at}}}${{v{at}}}'\n", at + 1))),
        ("open.bicep", bicep("var v0 = p\n", |at| format!("var v{} = '${{v{at}}}-${{v{at}}}'\n", at + 1))),
        ("calls.bicep", bicep("var v0 = p\n", |at| format!("var v{} = uniqueString(v{at}, v{at})\n", at + 1))),
        ("parts.bicep", bicep("var v0 = p\n", |at| format!("var v{} = v{at}[v{at}].k\n", at + 1))),
        ("lists.bicep", bicep("var v0 = ['x']\n", |at| format!("var v{} = concat(v{at}, v{at})\n", at + 1))),
        ("nested.bicep", bicep("var v0 = ['x']\n", |at| format!("var v{} = [v{at}, v{at}]\n", at + 1))),
        ("merged.bicep", merged),
        ("main.tf", terraform),
    ];
    for (name, text) in all {
        judged(name, vec![(name.to_owned(), text)]);
    }
}

#[test]
fn what_chooses_among_much_is_looked_at_once() {
    let list = each(1_000, |at| format!("  '22222222-0000-4000-8000-{at:012}'\n"));
    let picks = each(2_000, |at| grant(at, &format!("l[i + {at}]"), "r"));
    judged("picks", vec![("main.bicep".to_owned(), format!("param i int\nvar l = [\n{list}]\n{picks}"))]);
    let ternaries = each(32, |at| format!("${{i > {at} ? 'a' : 'b'}}"));
    let text = format!("param i int\nvar v = '{ternaries}'\n{}", grant(0, "v", "v"));
    judged("ternaries", vec![("main.bicep".to_owned(), text)]);
    let levels = ["a", "b", "c", "d", "e"].windows(2).map(|two| match two {
        [inner, outer] => format!("var {outer} = [{}\n]\n", format!("\n  {inner}").repeat(1_000)),
        _ => String::new(),
    });
    let identity =
        "resource a 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {\n  name: 'x'\n}\n".to_owned();
    let handed = "module m 'br/public:foo/bar:1' = {\n  name: 'm'\n  params: {\n    all: e\n  }\n}\n";
    judged("handed over", vec![("main.bicep".to_owned(), identity + &levels.collect::<String>() + handed)]);
}

#[test]
fn loops_without_end_are_one_round() {
    let bicep = format!(
        "resource g 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for i in range(0, 1000000): {{\n  name: 'a${{i}}'\n  properties: {{\n    principalId: w[0][0][0][i]\n  }}\n}}]\nvar w = {}'${{i}}'{}\n",
        "[for i in range(0, 64): ".repeat(5),
        "]".repeat(5)
    );
    let terraform = "resource \"azurerm_role_assignment\" \"g\" {\n  count = 1000000000\n  principal_id = local.w[count.index]\n}\nlocals {\n  w = [for i in range(1000000) : [for j in range(1000000) : \"${i}${j}\"]]\n}\n";
    let arm = format!(
        "{ARM}{{\"type\": \"Microsoft.Authorization/roleAssignments\", \"name\": \"[concat('x', copyIndex())]\", \"copy\": {{\"name\": \"c\", \"count\": 1000000000}}, \"properties\": {{\"principalId\": \"[variables('v')[copyIndex()]]\"}}}}], \"variables\": {{\"copy\": [{{\"name\": \"v\", \"count\": 1000000000, \"input\": \"[copyIndex('v')]\"}}]}}}}"
    );
    let all = [("main.bicep", bicep), ("main.tf", terraform.to_owned()), ("azuredeploy.json", arm)];
    for (name, text) in all {
        judged(name, vec![(name.to_owned(), text)]);
    }
}

#[test]
fn modules_of_modules_end() {
    let call = |at: usize, path: &str| {
        format!("module m{at} '{path}' = {{\n  name: 'm{at}'\n  params: {{\n    who: '${{who}}-{at}'\n  }}\n}}\n")
    };
    let cycle = |own: usize| {
        let calls = each(20, |at| call(at, &format!("m{}.bicep", (own * at + at) % 20)));
        (format!("m{own}.bicep"), format!("param who string\n{calls}{}", grant(0, "who", "r")))
    };
    judged("cycles", (0..20).map(cycle).collect());
    let link = |own: usize| {
        (format!("m{own}.bicep"), "param who string\n".to_owned() + &call(0, &format!("m{}.bicep", own + 1)))
    };
    judged("a chain", (0..500).map(link).collect());
    let large = format!("param who string\n{}", each(500, |at| grant(at, "who", "r")));
    let caller = |at: usize| (format!("c{at}/main.bicep"), "param who string\n".to_owned() + &call(at, "../m.bicep"));
    judged("a large one of many", (0..500).map(caller).chain([("m.bicep".to_owned(), large)]).collect());
    let own = "locals {\n  a = local.a\n  b = \"${local.c}${local.b}\"\n  c = module.m.o\n}\nmodule \"m\" {\n  source = \"./\"\n  x = module.m.o\n}\noutput \"o\" {\n  value = \"${module.m.o}${local.b}\"\n}\nresource \"azurerm_role_assignment\" \"g\" {\n  scope = local.a\n  principal_id = local.b\n}\n";
    judged("itself", vec![("main.tf".to_owned(), own.to_owned())]);
    let below = |at: usize| {
        format!("resource r{} 'Microsoft.A/b/c@2020-01-01' = {{\n  parent: r{at}\n  name: 'x'\n}}\n", at + 1)
    };
    judged("parents", vec![("main.bicep".to_owned(), each(4_000, below) + &grant(0, "'x'", "r4000"))]);
}

#[test]
fn what_nests_deep_ends() {
    let pairs = [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("{a = ", "}"),
        ("f(", ")"),
        ("true ? 1 : (", ")"),
        ("'${", "}'"),
        ("\"${", "}\""),
        ("!", ""),
        ("-", ""),
        ("a[", "]"),
        ("[for x in ", ": x]"),
        ("1 + (", ")"),
        ("1 + ", ""),
        ("a ? ", " : 1"),
        ("a.b", ""),
        ("a[0]", ""),
        ("a[*].b", ""),
    ];
    for (open, close) in pairs {
        for depth in [60, 200, 20_000] {
            let value = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            let bicep = format!("var a = {value}\n{}", grant(0, "a", "a"));
            let terraform = format!(
                "locals {{\n  a = {value}\n}}\nresource \"azurerm_role_assignment\" \"g\" {{\n  scope = local.a\n}}\n"
            );
            let arm = format!("{ARM}], \"variables\": {{\"a\": \"[{}]\"}}}}", value.replace('"', "'"));
            let all = [("main.bicep", bicep), ("main.tf", terraform), ("azuredeploy.json", arm)];
            let all = all.into_iter().map(|(name, text)| (name.to_owned(), text));
            judged(&format!("{open} {depth}"), all.collect());
        }
    }
    for depth in [60, 200, 20_000] {
        let blocks = "a {\n".repeat(depth) + &"}\n".repeat(depth);
        let resources = "resource r 'Microsoft.A/b@2020-01-01' = {\n".repeat(depth) + &"}\n".repeat(depth);
        let arm = ARM.to_owned()
            + &"{\"type\": \"Microsoft.Resources/deployments\", \"name\": \"d\", \"properties\": {\"template\": {\"resources\": [".repeat(depth)
            + &"]}}}".repeat(depth)
            + "]}";
        let all = [("main.tf", blocks), ("main.bicep", resources), ("azuredeploy.json", arm)];
        judged("blocks", all.into_iter().map(|(name, text)| (name.to_owned(), text)).collect());
    }
}
