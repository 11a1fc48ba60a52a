//! Image references, parsed as the kubelet parses them (`distribution/reference`).

/// A parsed, normalised image reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImageReference {
    /// Host with port, such as `docker.io` or `myacr.azurecr.io:443`.
    pub registry: String,
    /// Path without tag and digest, such as `library/nginx`.
    pub repository: String,
    /// The tag; `latest` where neither tag nor digest is written.
    pub tag: Option<String>,
    /// The digest, with its algorithm.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Parses and normalises as the kubelet does; the error is the kubelet's.
    pub fn parse(_image: &str) -> Result<Self, String> {
        Err(String::new())
    }

    /// The name that credentials are looked up by: registry and repository.
    pub fn lookup_name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}
