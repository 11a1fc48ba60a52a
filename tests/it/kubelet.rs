//! The kubelet's own answers, computed with the real Go libraries: every row of the tables is a case.

use canpull_core::model::registry::{self, AcrHostKind};
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
                row["ok"] == false
                    && text(&row, "error") == error
                    && text(&row, "default_pull_policy") == "IfNotPresent"
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
        let looked_up = |name: &str| !keyring::lookup(&[index.as_deref().ok()], name).is_empty();
        let found = match mode {
            "urls_match" => keyring::matches(key, image),
            "lookup" => looked_up(&ImageReference::parse(image).map(|image| image.lookup_name()).unwrap_or_default()),
            _ => looked_up(image),
        };
        let same_index = match row["index_key"].as_str() {
            None => true,
            Some(expected) => match expected.strip_prefix("ERR: ") {
                Some(error) => index.as_ref().err().is_some_and(|own| own == error),
                None => index.as_deref() == Ok(expected),
            },
        };
        if row["match"] != found || !same_index {
            failed.push(format!("{row}: {found} {index:?}"));
        }
    }
    report(&failed);
}

#[test]
fn keys_with_a_password_do_not_show_it() {
    for key in ["user:hunter2@my acr.io", "https://user:hunter2/x@acr.io", "user:%hunter2@acr.io", "u:hunter2|@acr.io"]
    {
        let error = keyring::index_key(key).unwrap_err();
        assert!(!error.contains("hunter2") && !error.contains("%hu"), "{error}");
    }
    assert_eq!(keyring::index_key("user:hunter2@acr.io").as_deref(), Ok("acr.io"));
}

#[test]
fn keys_parse_as_go_parses_urls() {
    let same = ["a%C3%A4.io", "[fe80::1%25eth0]:5000", "a]b.io", "[::ffff:10.0.0.1]"].map(keyring::index_key);
    let expected = ["aä.io", "[fe80::1%eth0]:5000", "a]b.io", "[::ffff:10.0.0.1]"];
    assert_eq!(same.map(Result::unwrap), expected.map(str::to_owned));
    for bad in ["a%20b.io", "a:1:2", "[10.0.0.1]", "[::g]", "[::1", "[::1]x", "a.io/%+1", "a.io#%", "a|b@c.io", "a\tb"]
    {
        assert!(keyring::index_key(bad).is_err(), "{bad}");
    }
}

#[test]
fn odd_references_are_refused_with_gos_words() {
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let refused = |image: &str| ImageReference::parse(image).unwrap_err();
    assert_eq!(refused("My_Team/app"), "repository name must be lowercase");
    assert_eq!(refused(&format!("a/b:1@SHA256:{hex}")), "invalid checksum digest format");
    let written = format!("acr.example:443/a/b:1@sha256:{hex}");
    assert_eq!(ImageReference::parse(&written).unwrap().to_string(), written);
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
    for row in [table("dockerconfig_cases"), table("dockerconfig_extra")].concat() {
        let layout = match text(&row, "secret_key") {
            ".dockercfg" => docker_config::Layout::DockerCfg,
            _ => docker_config::Layout::DockerConfigJson,
        };
        let payload = text(&row, "decoded_value");
        let decoded = docker_config::decode(layout, payload);
        let accepted = text(&row, "api_server") == "accepts";
        // The kubelet never decodes a value without content.
        let expected = if payload.is_empty() { "ok" } else { text(&row, "kubelet") };
        let mut good = decoded.api_server.is_ok() == accepted && decoded.kubelet.is_ok() == (expected == "ok");
        if let (Err(own), Some(error)) = (&decoded.kubelet, expected.strip_prefix("keyring error: ")) {
            // The place of broken JSON is added; a letter there, and a header's name, may be secret and are left out.
            let without_letter = match error.strip_prefix("invalid character '") {
                Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
                    format!("invalid character{}", &rest[2..])
                }
                _ => error.replace("HttpHeaders.X", "HttpHeaders"),
            };
            good &= own.split(" (line").next() == Some(without_letter.as_str());
        }
        if let (Ok(credentials), Some(entries)) = (&decoded.kubelet, row["entries"].as_object()) {
            good &= credentials.len() == entries.len();
            for credential in credentials {
                let expected = &entries[&credential.registry_key];
                good &= credential.user == text(expected, "username");
                good &= credential.has_password != text(expected, "password").is_empty();
            }
        }
        if !good {
            failed.push(format!("{row}: {decoded:?}"));
        }
    }
    report(&failed);
}

#[test]
fn registry_hosts_are_told_apart() {
    let kind = |host| registry::acr_host(host).map(|acr| acr.kind);
    assert_eq!(kind("contoso.azurecr.io"), Some(AcrHostKind::LoginServer));
    assert_eq!(kind("contoso.westeurope.geo.azurecr.cn:443"), Some(AcrHostKind::Regional));
    assert_eq!(kind("contoso.westeurope.data.azurecr.us"), Some(AcrHostKind::Data));
    assert_eq!(kind("contoso.privatelink.azurecr.de"), Some(AcrHostKind::PrivateLink));
    assert_eq!(kind("a.b.c.d.azurecr.io"), Some(AcrHostKind::Other));
    for other in ["azurecr.io", ".azurecr.io", "contosoazurecr.io", "contoso.azurecr.io.example.com", "azurecr.io.evil"]
    {
        assert_eq!(kind(other), None, "{other}");
    }
    let acr = registry::acr_host("contoso-abc123.azurecr.us:443").unwrap();
    assert_eq!((acr.name_and_label(), acr.suffix, acr.port), (("contoso", Some("abc123")), "azurecr.us", Some("443")));
}

#[test]
fn the_nodes_provider_serves_what_its_globs_match() {
    for served in ["contoso.azurecr.io/app", "contoso-abc123.azurecr.us/app", "contoso.eastus.geo.azurecr.cn/app"] {
        assert!(registry::node_provider_serves(served), "{served}");
    }
    for other in
        ["contoso.azurecr.io:443/app", "contoso.eastus.data.azurecr.io/app", "Contoso.AzureCR.io/app", "quay.io/a"]
    {
        assert!(!registry::node_provider_serves(other), "{other}");
    }
}

#[test]
fn misspelt_suffixes_have_a_likely_host() {
    for slip in ["azureacr.io", "azurecr.com", "azurecr.net", "azcr.io", "azurcr.io", "azuercr.io", "azurecr.oi"] {
        assert_eq!(registry::near_acr(&format!("contoso.{slip}")).as_deref(), Some("contoso.azurecr.io"), "{slip}");
    }
    assert_eq!(registry::near_acr("contoso.azurecr.co:443").as_deref(), Some("contoso.azurecr.io:443"));
    for right in ["contoso.azurecr.io", "contoso.azurecr.us", "quay.io", "azurecr.io", "docker.io", "contoso.azure.io"]
    {
        assert_eq!(registry::near_acr(right), None, "{right}");
    }
}

fn decode_json(payload: &str) -> docker_config::Decoded {
    docker_config::decode(docker_config::Layout::DockerConfigJson, payload)
}

#[test]
fn data_is_base64_as_go_reads_it() {
    for (text, expected) in [
        ("", Ok("")),
        ("Zm9v\r\nYmFy\n", Ok("foobar")),
        ("Zm8=\n", Ok("fo")),
        ("Zg=\n=", Ok("f")),
        ("Zh==", Ok("f")),
        ("Zm9v YmFy", Err(4)),
        ("Zm9v\n YmFy", Err(5)),
        ("Zm8", Err(0)),
        ("Zm9vYg", Err(4)),
        ("Zg=", Err(3)),
        ("Zg=x", Err(2)),
        ("Zg==x", Err(4)),
        ("=", Err(0)),
        ("Zm9v=", Err(4)),
        ("${X}", Err(0)),
    ] {
        let expected = expected.map(|text: &str| text.as_bytes().to_vec());
        let expected = expected.map_err(|at| format!("illegal base64 data at input byte {at}"));
        assert_eq!(docker_config::base64_data(text), expected, "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_one_by_one() {
    assert_eq!(docker_config::utf8(b"a\xff\xf0\x9f\xa6\xc3\xa4"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{e4}");
    // {"auth": base64 of user FF FE, password}
    let login = docker_config::auth_field("//46cA==").unwrap();
    assert_eq!(login, ("\u{fffd}\u{fffd}".to_owned(), "p".to_owned()));
}

#[test]
fn fields_fold_as_in_gos_json() {
    let decoded = decode_json(
        r#"{"Auths":{"a.io":{"username":"u","USERNAME":null,"password":"p"},"b.io":{}},"auths":{"b.io":{"username":"x"}}}"#,
    );
    let found: Vec<(String, String)> =
        decoded.kubelet.unwrap().into_iter().map(|own| (own.registry_key, own.user)).collect();
    assert_eq!(found, [("a.io".into(), "u".into()), ("b.io".into(), "x".into())]);
    assert!(decode_json(r#"{"AUTHS":{"a.io":{}},"auths":null}"#).kubelet.unwrap().is_empty());
    assert_eq!(decode_json(r#"{"authſ":{"a.io":{"uſername":"u"}}}"#).kubelet.unwrap()[0].user, "u");
    let merged = decode_json(r#"{"auths":{"a.io":{},"b.io":{}},"auths":{"b.io":{"username":"x"}}}"#);
    assert_eq!(merged.kubelet.unwrap().len(), 2);
    assert!(decode_json(r#"{"auths":{"a.io":1},"auths":{"a.io":{}}}"#).kubelet.is_err());
    assert!(decode_json(r#"{"auths":{"a.io":{"username":1,"Username":"u"}}}"#).kubelet.is_err());
}

#[test]
fn odd_json_is_read_as_gos() {
    let deep = format!(r#"{{"auths":{{"a.io":{{}}}},"x":{}{}}}"#, "[".repeat(9_000), "]".repeat(9_000));
    for payload in [deep.as_str(), r#"{"auths":{"a.io":{"username":"\ud83d"}}}"#] {
        let decoded = decode_json(payload);
        assert!(decoded.api_server.is_ok() && decoded.kubelet.unwrap().len() == 1);
    }
    let large = decode_json(r#"{"auths":{"a.io":{}},"x":1e999}"#);
    assert!(large.api_server.is_err() && large.kubelet.is_ok());
    assert!(decode_json(&"[".repeat(1_000_000)).kubelet.is_err());
    let many: Vec<String> = (0..20_000).map(|at| format!(r#""auths":{{"{at}.io":{{}}}}"#)).collect();
    assert_eq!(decode_json(&format!("{{{}}}", many.join(","))).kubelet.unwrap().len(), 20_000);
}

#[test]
fn near_misses_are_named() {
    use docker_config::LayoutDefect::{
        AuthEncodedTwice, AuthInsteadOfAuths, AuthNotEncoded, ConfigJsonUnderCfg, CredsStoreOnly, DockerCfgUnderJson,
        DoubleBase64, IdentityTokenOnly, NoEntries,
    };
    for (payload, defects) in [
        (r#"{"a.io":{"auth":"dTpw"}}"#, vec![DockerCfgUnderJson]),
        (r#"{"auth":{"a.io":{}}}"#, vec![AuthInsteadOfAuths]),
        (r#"{"auths":{"a.io":{}},"credsStore":"desktop"}"#, vec![CredsStoreOnly]),
        (r#"{"auths":{"a.io":{"identitytoken":"t"}}}"#, vec![IdentityTokenOnly]),
        (r#"{"auths":{"a.io":{"auth":"user:word"}}}"#, vec![AuthNotEncoded]),
        (r#"{"auths":{"a.io":{"auth":"!!"}}}"#, vec![]),
        (r#"{"auths":{"a.io":{"auth":"ZFhObGNqcDNiM0prCg=="}}}"#, vec![AuthEncodedTwice]),
        (r#"{"auths":{"a.io":{"auth":"dG9rZW4td2l0aG91dC1jb2xvbg=="}}}"#, vec![]),
        ("eyJhdXRocyI6e319", vec![DoubleBase64]),
        ("{}", vec![NoEntries]),
        (r#"{"auths":{"a.io":{"auth":"dTpw"}}}"#, vec![]),
    ] {
        assert_eq!(decode_json(payload).defects, defects, "{payload}");
    }
    let cfg = docker_config::decode(docker_config::Layout::DockerCfg, r#"{"auths":{"a.io":{}},"credsStore":"x"}"#);
    assert!(cfg.kubelet.is_err() && cfg.defects == [ConfigJsonUnderCfg]);
}

#[test]
fn placeholders_leave_a_payload_open() {
    for open in [r#"{"auths":{"${ACR}.azurecr.io":{"auth":"dTpw"}}}"#, r#"{"auths": ${AUTHS}}"#, "__CONFIG__"] {
        assert!(decode_json(open).unresolved, "{open}");
    }
    for payload in
        [r#"{"auths":{"a.io":{"auth":"${AUTH}"}}}"#, r#"{"auths":{"a.io":{"username":"<u>","password":"p"}}}"#]
    {
        let decoded = decode_json(payload);
        assert!(!decoded.unresolved, "{payload}");
        assert_eq!(decoded.kubelet.unwrap(), [docker_config::Credential::declared("a.io")]);
    }
}

#[test]
fn nothing_secret_leaves_a_payload() {
    for payload in [
        r#"{"auths":{"bob:hunter2@a.io":{"username":"u","password":"hunter2hunter2"}}}"#,
        r#"{"auths":{"a.io":{"username":"u","password":"hunter2}}"#,
        r#"{"auths":{"a.io":{"username":"u","auth":"hunter2"}}}"#,
        r#"{"auths":{"a.io":"hunter2"},"HttpHeaders":{"hunter2":1}}"#,
        r#"{"HttpHeaders":{"hunter2":1}}"#,
        r#"{"auths":{"a.io":{"password":hunter2}}}"#,
        r#"{"auths":{"a.io":{"password":"hunter2" hunter2}}}"#,
        r#"{"auths":{"a.io":{"auth":"aHVudGVyMg=="}}}"#,
        "hunter2",
    ] {
        let shown = format!("{:?}", decode_json(payload));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn credentials_tell_their_kind_without_their_password() {
    use docker_config::UserKind;
    let credential = |user: &str, password: &str| {
        let payload = serde_json::json!({"auths": {"a.io": {"username": user, "password": password}}});
        decode_json(&payload.to_string()).kubelet.unwrap().remove(0)
    };
    assert_eq!(credential("00000000-0000-0000-0000-000000000000", "x").user_kind, UserKind::ZeroGuid);
    assert_eq!(credential("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "x").user_kind, UserKind::Guid);
    assert!(credential("u", "p\n").newline && !credential("u", "p").newline);
    // {"exp": 1700000000}
    let token = credential("u", "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.c2ln");
    assert!(token.jwt && token.expires == Some(1_700_000_000));
    assert!(credential("contoso", "q7Zk+Pw2vLr9Xc4TnB8sYd6H").looks_live);
    for example in
        ["", "short1A", "your-Password-123456", "AAAA1111aaaa----AAAA", "<Password-Goes-Here-1>", "changeMe1234567890"]
    {
        assert!(!credential("contoso", example).looks_live, "{example}");
    }
}

#[test]
fn a_literal_host_covers_images_of_that_host_only() {
    for row in table("keyring_cases").iter().filter(|row| row["match"] == true) {
        let Ok(key) = keyring::index_key(text(row, "registry_key")) else { continue };
        let image = text(row, "image");
        let name = ImageReference::parse(image).map_or_else(|_| image.to_owned(), |image| image.lookup_name());
        let host = name.split('/').next().unwrap_or_default();
        assert!(keyring::literal_host(&key).is_none_or(|own| own == host || image.starts_with(own)), "{row}");
    }
}
