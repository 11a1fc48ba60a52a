//! The kubelet's own answers, computed with the real Go libraries: every row of the tables is a case.

use canpull_core::model::{docker_config, image::ImageReference, keyring};
use serde_json::Value;

fn table(name: &str) -> Vec<Value> {
    let path = format!("{}/fixtures/tables/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

fn report(failed: &[String]) {
    assert!(failed.is_empty(), "{} rows differ:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn image_references_parse_as_in_the_kubelet() {
    let mut failed = Vec::new();
    for row in table("image_cases") {
        let image = text(&row, "image");
        let good = match ImageReference::parse(image) {
            Ok(parsed) => {
                row["ok"] == true
                    && parsed.registry == text(&row, "domain")
                    && parsed.repository == text(&row, "path")
                    && parsed.tag.as_deref() == row["tag"].as_str()
                    && parsed.digest.as_deref() == row["digest"].as_str()
                    && parsed.lookup_name() == text(&row, "keyring_lookup_name")
                    && parsed.default_pull_policy() == text(&row, "default_pull_policy")
            }
            Err(error) => {
                row["ok"] == false && row["error"].as_str().is_none_or(|expected| expected.starts_with(&error))
            }
        };
        if !good {
            failed.push(format!("{row}: {:?}", ImageReference::parse(image)));
        }
    }
    report(&failed);
}

#[test]
fn keys_match_as_in_the_kubelet() {
    let mut failed = Vec::new();
    for row in table("keyring_cases") {
        let (key, image, mode) = (text(&row, "registry_key"), text(&row, "image"), text(&row, "mode"));
        let index = keyring::index_key(key);
        let found = match mode {
            "urls_match" => keyring::matches(key, image),
            _ => {
                let name = match mode {
                    "lookup" => ImageReference::parse(image).map(|image| image.lookup_name()).unwrap_or_default(),
                    _ => image.to_owned(),
                };
                !keyring::lookup(&[index.as_deref().ok()], &name).is_empty()
            }
        };
        let same_index = match row["index_key"].as_str() {
            None => true,
            Some(expected) if expected.starts_with("ERR") => index.is_err(),
            Some(expected) => index.as_deref() == Ok(expected),
        };
        if row["match"] != found || !same_index {
            failed.push(format!("{row}: {found} {index:?}"));
        }
    }
    report(&failed);
}

#[test]
fn credentials_are_tried_in_the_kubelets_order() {
    let mut failed = Vec::new();
    for row in table("keyring_order_cases") {
        let keys: Vec<&str> = row["registry_keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let index: Vec<Option<String>> = keys.iter().map(|key| keyring::index_key(key).ok()).collect();
        let index: Vec<Option<&str>> = index.iter().map(Option::as_deref).collect();
        let order = keyring::lookup(&index, text(&row, "lookup_name"));
        let tried: Vec<&str> = order.into_iter().map(|at| keys[at]).collect();
        if row["tried_in_order"] != serde_json::json!(tried) {
            failed.push(format!("{row}: {tried:?}"));
        }
    }
    report(&failed);
}

#[test]
fn auth_fields_decode_as_in_the_kubelet() {
    let mut failed = Vec::new();
    for row in table("auth_field_cases") {
        let auth = text(&row, "auth");
        // An empty field is treated as absent before it is decoded.
        let good = auth.is_empty()
            || match docker_config::auth_field(auth) {
                Ok((user, password)) => {
                    row["error"].is_null() && user == text(&row, "username") && password == text(&row, "password")
                }
                Err(error) => row["error"].as_str() == Some(error.as_str()),
            };
        if !good {
            failed.push(format!("{row}: {:?}", docker_config::auth_field(auth)));
        }
    }
    report(&failed);
}

#[test]
fn payloads_decode_as_in_the_api_server_and_the_kubelet() {
    let mut failed = Vec::new();
    for row in table("dockerconfig_cases") {
        let layout = match text(&row, "secret_key") {
            ".dockercfg" => docker_config::Layout::DockerCfg,
            _ => docker_config::Layout::DockerConfigJson,
        };
        let payload = text(&row, "decoded_value");
        let decoded = docker_config::decode(layout, payload);
        let accepted = text(&row, "api_server") == "accepts";
        let decodes = text(&row, "kubelet") == "ok";
        let mut good = decoded.api_server.is_ok() == accepted && decoded.kubelet.is_ok() == decodes;
        if let (Ok(credentials), Some(entries)) = (&decoded.kubelet, row["entries"].as_object()) {
            good &= credentials.len() == entries.len();
            for credential in credentials {
                let expected = &entries[&credential.registry_key];
                good &= credential.user == text(expected, "username");
                good &= credential.has_password == !text(expected, "password").is_empty();
            }
        }
        if !good {
            failed.push(format!("{row}: {decoded:?}"));
        }
    }
    report(&failed);
}
