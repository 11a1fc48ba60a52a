//! Small random estates: one pod, a few secrets and service accounts, a configuration. Seeded, so every run is the same.

use std::fmt::Write as _;

use canpull_core::fact::FileFacts;
use canpull_core::{Options, Report, analyze, read, read_config};
use canpull_syntax::FileId;

/// Before every expiry but the past one.
pub(crate) const NOW: i64 = 1_767_268_800;

/// What is known of an image that a container may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Image {
    /// The kubelet accepts the name; the host is that of the registry.
    Valid { text: &'static str, host: &'static str },
    /// The kubelet refuses the name.
    Invalid,
    /// Filled in before deploying.
    Placeholder,
}

pub(crate) const ACR: Image = Image::Valid { text: "contoso.azurecr.io/shop/web:1", host: "contoso.azurecr.io" };
pub(crate) const PRIVATE: Image = Image::Valid { text: "registry.corp.example/web:1", host: "registry.corp.example" };
pub(crate) const HUB: Image = Image::Valid { text: "nginx:1.27", host: "docker.io" };
pub(crate) const OTHER: Image = Image::Valid { text: "quay.example/team/web:1", host: "quay.example" };
pub(crate) const HOSTS: [&str; 4] = ["contoso.azurecr.io", "registry.corp.example", "docker.io", "quay.example"];

/// A namespace: written, or given at deploy time.
pub(crate) type Namespace = Option<&'static str>;

/// A name in a list of pull secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    Known(&'static str),
    Empty,
    Placeholder,
}

/// A list of pull secrets; a list of strings is refused by the API server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum List {
    Absent,
    Names(Vec<Name>),
    Strings,
}

/// The only credential of a secret, with the host of its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    Good(&'static str),
    /// A token whose expiry lies before `NOW`.
    Expired(&'static str),
    /// A token whose expiry lies after `NOW`.
    Expiring(&'static str),
    NoPassword(&'static str),
    WrongType,
    Undecodable,
    Refused,
    Placeholder,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Secret {
    pub(crate) namespace: Namespace,
    pub(crate) name: &'static str,
    pub(crate) content: Content,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Account {
    pub(crate) namespace: Namespace,
    pub(crate) name: &'static str,
    pub(crate) list: List,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: Namespace,
    pub(crate) list: List,
    pub(crate) account: Name,
    pub(crate) image: Image,
    pub(crate) never: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) attached: Vec<&'static str>,
    pub(crate) all_secrets: bool,
    pub(crate) all_accounts: bool,
    pub(crate) all_attached: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Estate {
    pub(crate) pod: Pod,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) public: Vec<&'static str>,
    pub(crate) private: Vec<&'static str>,
    pub(crate) external_secrets: Vec<&'static str>,
    pub(crate) external_accounts: Vec<&'static str>,
    pub(crate) now: bool,
}

/// `SplitMix64`: small, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// True once in `odds` times.
    pub(crate) fn once_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    fn host(&mut self) -> &'static str {
        self.pick(&HOSTS)
    }

    pub(crate) fn content(&mut self, host: &'static str) -> Content {
        let host = if self.once_in(3) { self.host() } else { host };
        match self.below(10) {
            0..3 => Content::Good(host),
            3 => Content::Expired(host),
            4 => Content::Expiring(host),
            5 => Content::NoPassword(host),
            6 => Content::WrongType,
            7 => Content::Undecodable,
            8 => Content::Refused,
            _ => Content::Placeholder,
        }
    }

    fn name(&mut self) -> Name {
        match self.below(8) {
            0 => Name::Empty,
            1 => Name::Placeholder,
            _ => Name::Known(self.pick(&["pull", "hub"])),
        }
    }

    pub(crate) fn list(&mut self) -> List {
        match self.below(12) {
            0..4 => List::Absent,
            4 => List::Names(Vec::new()),
            5 => List::Strings,
            length => List::Names((0..=usize::from(length > 9)).map(|_| self.name()).collect()),
        }
    }

    /// A namespace; most estates have one only, so that the pod's is rarely that of nothing.
    fn namespace(&mut self, usual: Namespace) -> Namespace {
        if self.once_in(4) { self.pick(&[Some("shop"), Some("bank"), None]) } else { usual }
    }

    fn cluster(&mut self, host: &'static str) -> Cluster {
        let attached = if self.once_in(3) { vec![host] } else { Vec::new() };
        Cluster { attached, all_secrets: self.once_in(2), all_accounts: self.once_in(2), all_attached: self.once_in(2) }
    }

    pub(crate) fn estate(&mut self) -> Estate {
        let usual = self.pick(&[Some("shop"), None]);
        let image = self.pick(&[ACR, ACR, PRIVATE, PRIVATE, HUB, HUB, OTHER, Image::Invalid, Image::Placeholder]);
        let host = if let Image::Valid { host, .. } = image { host } else { HOSTS[0] };
        let account = self.pick(&[Name::Empty, Name::Empty, Name::Known("builder"), Name::Placeholder]);
        let pod = Pod { namespace: self.namespace(usual), list: self.list(), account, image, never: self.once_in(16) };
        let mut secrets: Vec<Secret> = Vec::new();
        for _ in 0..self.below(4) {
            let (namespace, name, content) = (self.namespace(usual), self.pick(&["pull", "hub"]), self.content(host));
            secrets.push(Secret { namespace, name, content });
        }
        let mut accounts: Vec<Account> = Vec::new();
        for _ in 0..self.below(3) {
            let list = match self.list() {
                List::Strings => List::Absent,
                list => list,
            };
            let (namespace, name) = (self.namespace(usual), self.pick(&["default", "builder"]));
            accounts.push(Account { namespace, name, list });
        }
        // Two objects of one name are one object, applied twice.
        let mut seen = Vec::new();
        secrets.retain(|own| {
            !seen.contains(&(own.namespace, own.name)) && {
                seen.push((own.namespace, own.name));
                true
            }
        });
        seen.clear();
        accounts.retain(|own| {
            !seen.contains(&(own.namespace, own.name)) && {
                seen.push((own.namespace, own.name));
                true
            }
        });
        let clusters = (0..self.pick(&[0, 0, 1, 1, 1, 2])).map(|_| self.cluster(host)).collect();
        let some =
            |random: &mut Self, of: &[&'static str]| if random.once_in(6) { vec![random.pick(of)] } else { Vec::new() };
        let public = some(self, &HOSTS);
        let mut private = some(self, &HOSTS);
        if image == PRIVATE && self.below(4) > 0 {
            private = vec![host];
        }
        private.retain(|host| !public.contains(host));
        let (mut external_secrets, external_accounts) =
            (some(self, &["pull", "hub"]), some(self, &["default", "builder"]));
        external_secrets.retain(|name| !secrets.iter().any(|own| own.name == *name && own.namespace == pod.namespace));
        let now = self.once_in(2);
        Estate { pod, secrets, accounts, clusters, public, private, external_secrets, external_accounts, now }
    }
}

impl Estate {
    /// Whether some objects may or may not be in the pod's namespace.
    pub(crate) fn has_mixed_namespaces(&self) -> bool {
        let secrets = self.secrets.iter().map(|own| own.namespace);
        let mut others = secrets.chain(self.accounts.iter().map(|own| own.namespace));
        others.any(|namespace| namespace.is_some() != self.pod.namespace.is_some())
    }

    /// The manifests of the estate, one document an object.
    pub(crate) fn manifests(&self) -> String {
        let mut documents = vec![self.pod.manifest()];
        documents.extend(self.secrets.iter().map(Secret::manifest));
        documents.extend(self.accounts.iter().map(Account::manifest));
        documents.join("---\n")
    }

    /// Its `canpull.yaml`.
    pub(crate) fn config(&self) -> String {
        let mut out = String::from("clusters:\n");
        for (index, cluster) in self.clusters.iter().enumerate() {
            let complete = [
                (cluster.all_secrets, "secrets"),
                (cluster.all_accounts, "service-accounts"),
                (cluster.all_attached, "attached"),
            ];
            let complete: Vec<&str> = complete.iter().filter(|(all, _)| *all).map(|(_, kind)| *kind).collect();
            let (attached, complete) = (cluster.attached.join(", "), complete.join(", "));
            writeln!(out, "  - {{ name: c{index}, attached: [{attached}], complete: [{complete}] }}").unwrap();
        }
        if self.clusters.is_empty() {
            out = "clusters: []\n".into();
        }
        let hosts = self.public.iter().map(|host| format!("{{ host: {host}, public: true }}"));
        let hosts = hosts.chain(self.private.iter().map(|host| format!("{{ host: {host}, private: true }}")));
        writeln!(out, "registries: [{}]", hosts.collect::<Vec<_>>().join(", ")).unwrap();
        let globs = |names: &[&str]| names.iter().map(|name| format!("\"*/{name}\"")).collect::<Vec<_>>().join(", ");
        let (secrets, accounts) = (globs(&self.external_secrets), globs(&self.external_accounts));
        writeln!(out, "external: {{ secrets: [{secrets}], service-accounts: [{accounts}] }}").unwrap();
        out
    }

    /// What canpull makes of it.
    pub(crate) fn report(&self) -> Report {
        let text = self.config();
        let (config, errors) = read_config("canpull.yaml", FileId(1), &text);
        assert_eq!(errors, [], "{text}");
        let manifests = self.manifests();
        let sources = read(FileId(0), "estate.yaml", manifests.as_bytes());
        assert!(sources.problems.is_empty(), "{manifests}");
        let facts = vec![sources, FileFacts { path: "canpull.yaml".into(), ..FileFacts::default() }];
        analyze(facts, &config, &Options { now: self.now.then_some(NOW), ..Options::default() })
    }
}

fn metadata(namespace: Namespace, name: &str) -> String {
    let namespace = namespace.map(|namespace| format!(", namespace: {namespace}")).unwrap_or_default();
    format!("metadata: {{name: {name}{namespace}}}\n")
}

impl Pod {
    fn manifest(&self) -> String {
        let mut out = format!("apiVersion: v1\nkind: Pod\n{}spec:\n", metadata(self.namespace, "web"));
        match self.account {
            Name::Known(name) => writeln!(out, "  serviceAccountName: {name}").unwrap(),
            Name::Placeholder => writeln!(out, "  serviceAccountName: ${{ACCOUNT}}").unwrap(),
            Name::Empty => {}
        }
        out += &self.list.field("  ");
        let image = match self.image {
            Image::Valid { text, .. } => text,
            Image::Invalid => "contoso.azurecr.io/Shop/web:1",
            Image::Placeholder => "${REGISTRY}/web:1",
        };
        writeln!(out, "  containers:\n    - name: web\n      image: {image}").unwrap();
        if self.never {
            out += "      imagePullPolicy: Never\n";
        }
        out
    }
}

impl List {
    fn field(&self, indent: &str) -> String {
        let entry = |name: &Name| match name {
            Name::Known(name) => format!("{{name: {name}}}"),
            Name::Empty => "{name: \"\"}".into(),
            Name::Placeholder => "{name: \"${SECRET}\"}".into(),
        };
        match self {
            Self::Absent => String::new(),
            Self::Names(names) => {
                format!("{indent}imagePullSecrets: [{}]\n", names.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Self::Strings => format!("{indent}imagePullSecrets: [pull]\n"),
        }
    }
}

impl Account {
    fn manifest(&self) -> String {
        format!("apiVersion: v1\nkind: ServiceAccount\n{}{}", metadata(self.namespace, self.name), self.list.field(""))
    }
}

impl Secret {
    fn manifest(&self) -> String {
        // {"exp": 1700000000} and {"exp": 4000000000}
        const EXPIRED: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.c2ln";
        const EXPIRING: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQwMDAwMDAwMDB9.c2ln";
        let config = |host: &str, password: &str| {
            format!(r#"'{{"auths": {{"{host}": {{"username": "pull", "password": "{password}"}}}}}}'"#)
        };
        let payload = match self.content {
            Content::Good(host) => config(host, "example"),
            Content::Expired(host) => config(host, EXPIRED),
            Content::Expiring(host) => config(host, EXPIRING),
            Content::NoPassword(host) => config(host, ""),
            Content::WrongType => config(HOSTS[0], "example"),
            Content::Undecodable => r#"'{"auths": {"contoso.azurecr.io": {"auth": "pull:example"}}}'"#.into(),
            Content::Refused => "'{'".into(),
            Content::Placeholder => "\"${DOCKER_CONFIG}\"".into(),
        };
        let kind = if self.content == Content::WrongType { "Opaque" } else { "kubernetes.io/dockerconfigjson" };
        let metadata = metadata(self.namespace, self.name);
        format!("apiVersion: v1\nkind: Secret\n{metadata}type: {kind}\nstringData:\n  .dockerconfigjson: {payload}\n")
    }
}
