//! An image that starts with a registry's name without its suffix.

use std::collections::BTreeMap;

use canpull_syntax::order;

use super::{Context, Rule, finding, image_fix};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::azure::Registry;
use crate::model::{PullSecret, registry};

/// The rule.
pub(super) const RULE: Rule = Rule {
    id: "registry-host-missing",
    severity: Severity::Warning,
    since: "0.1.0",
    fixable: true,
    docs: Some("https://kubernetes.io/docs/concepts/containers/images/"),
    page: PAGE,
    check,
};

const PAGE: &str = r#"## What it does
Reports images whose first component is the name of a registry that the sources make, or that other images or secrets
use, without `.azurecr.io`.

## Why it matters
Without a dot the first component is a Docker Hub namespace, so Docker Hub is asked.

## Wrong
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
---
apiVersion: v1
kind: Pod
metadata: {name: worker}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso/worker:1
```

## Right
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/web:1
---
apiVersion: v1
kind: Secret
metadata: {name: acr-auth}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '{"auths": {"contoso.azurecr.io": {"username": "pull", "password": "example"}}}'
---
apiVersion: v1
kind: Pod
metadata: {name: worker}
spec:
  imagePullSecrets:
    - name: acr-auth
  containers:
    - name: web
      image: contoso.azurecr.io/worker:1
```

## How to fix
Write the login server in full.
"#;

fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let images = context.model.image_uses.iter().filter_map(|image| Some(image.parsed()?.registry.as_str()));
    let keys = context.model.secrets.iter().flat_map(PullSecret::credentials);
    let keys = keys.filter_map(|credential| credential.index_key.as_deref()?.split('/').next());
    let named =
        |registry: &Registry<'_>| Some((registry.place.name.as_deref()?.to_ascii_lowercase(), registry.host()?));
    let hosts = images
        .chain(keys)
        .filter_map(|host| Some((registry::acr_host(host)?.name.to_ascii_lowercase(), host.to_owned())));
    let known: BTreeMap<String, String> =
        order::gather(context.model.azure.registries.iter().filter_map(named).chain(hosts));
    for (index, _, image, _) in context.pulls() {
        let Some(reference) = image.parsed().filter(|reference| reference.registry == "docker.io") else { continue };
        // Who writes `docker.io` means it.
        if image.text.contains("docker.io") {
            continue;
        }
        let Some((first, _)) = reference.repository.split_once('/') else { continue };
        let Some(host) = known.get(first) else { continue };
        let message = format!("`{}` is asked of Docker Hub, for `{first}` is no host", image.text);
        let help = format!("write `{host}`");
        let fixes = image_fix(image, first, host).into_iter().collect();
        found.push(Diagnostic { pulls: vec![index], fixes, ..finding(&RULE, image.span, message, &help) });
    }
}
