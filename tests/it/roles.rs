//! Roles against the table of Microsoft's built-in ones: who pulls, and what their permissions say.

use canpull_core::fact::azure::RegistryMode;
use canpull_core::fact::grant::Permission;
use canpull_core::model::role::{Allows, BuiltIn, allows, matches};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    pull_roles: Vec<Row>,
    non_pull_roles: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    guid: String,
    name: String,
    pull: Pull,
    #[serde(default)]
    permissions: Vec<Permissions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pull {
    legacy_registry_permissions: bool,
    abac_repository_permissions: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permissions {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

fn table() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tables/acr_roles.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn pulls(row: &Row, mode: RegistryMode) -> bool {
    match mode {
        RegistryMode::Legacy => row.pull.legacy_registry_permissions,
        RegistryMode::Abac => row.pull.abac_repository_permissions,
    }
}

#[test]
fn built_in_roles_are_those_of_the_table() {
    let table = table();
    let rows: Vec<&Row> = table.pull_roles.iter().chain(&table.non_pull_roles).collect();
    assert_eq!(BuiltIn::all().len(), rows.len());
    for row in rows {
        for written in [
            row.guid.clone(),
            row.guid.to_uppercase(),
            row.name.clone(),
            row.name.to_lowercase(),
            format!("/providers/Microsoft.Authorization/roleDefinitions/{}", row.guid),
            format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{}", row.guid),
        ] {
            let found = BuiltIn::find(&written).unwrap_or_else(|| panic!("{written} is not found"));
            assert_eq!((found.guid, found.name), (row.guid.as_str(), row.name.as_str()));
            for mode in [RegistryMode::Legacy, RegistryMode::Abac] {
                assert_eq!(found.pulls(mode), pulls(row, mode), "{} in {mode:?}", row.name);
            }
        }
    }
}

#[test]
fn permissions_give_what_the_table_says() {
    let table = table();
    for row in table.pull_roles.iter().filter(|row| !row.permissions.is_empty()) {
        let permissions: Vec<Permission> = row
            .permissions
            .iter()
            .map(|own| Permission {
                actions: own.actions.clone(),
                not_actions: own.not_actions.clone(),
                data_actions: own.data_actions.clone(),
                not_data_actions: own.not_data_actions.clone(),
                condition: None,
            })
            .collect();
        for mode in [RegistryMode::Legacy, RegistryMode::Abac] {
            assert_eq!(allows(&permissions, mode) != Allows::No, pulls(row, mode), "{} in {mode:?}", row.name);
        }
    }
}

#[test]
fn what_one_permission_takes_back_another_may_give() {
    let pull = "Microsoft.ContainerRegistry/registries/pull/read".to_owned();
    let all_but = Permission { actions: vec!["*".into()], not_actions: vec![pull.clone()], ..Permission::default() };
    assert_eq!(allows(std::slice::from_ref(&all_but), RegistryMode::Legacy), Allows::No);
    let named = Permission { actions: vec![pull], ..Permission::default() };
    assert_eq!(allows(&[all_but, named], RegistryMode::Legacy), Allows::ByName);
}

#[test]
fn patterns_of_actions() {
    let pull = "Microsoft.ContainerRegistry/registries/pull/read";
    for pattern in
        ["*", "*/read", "microsoft.containerregistry/*", "Microsoft.ContainerRegistry/registries/*/read", pull]
    {
        assert!(matches(pattern, pull), "{pattern}");
    }
    for pattern in ["", "*/write", "Microsoft.ContainerRegistry/registries/pull", "registries/pull/read", "*/pull/rea"]
    {
        assert!(!matches(pattern, pull), "{pattern}");
    }
}
