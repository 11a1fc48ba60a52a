//! Makes a repository of manifests as teams write them: for each size the same on every machine.

mod manifests;

/// A file: its path below the repository's root, and its text.
pub(crate) type File = (String, String);

/// Applications that share a namespace.
const APPS_PER_TEAM: usize = 8;

/// The first `count` files of the repository.
pub(crate) fn files(count: usize) -> impl Iterator<Item = File> {
    (0..).flat_map(app).take(count)
}

/// The files of one application; the first of a team brings the team's own.
fn app(index: usize) -> Vec<File> {
    let mut app = App::new(index);
    let folder = format!("teams/{}/{}", app.team, app.name);
    let mut files = if index.is_multiple_of(APPS_PER_TEAM) { app.shared() } else { Vec::new() };
    let own = app.own();
    if index.is_multiple_of(2) {
        let resources: String = own.iter().flat_map(|(name, _)| ["  - ", name, "\n"]).collect();
        files.push((format!("{folder}/base/kustomization.yaml"), manifests::BASE.to_owned() + &resources));
        files.extend(own.into_iter().map(|(name, text)| (format!("{folder}/base/{name}"), text)));
        files.extend(app.all(&format!("{folder}/overlays/prod"), &manifests::OVERLAY));
    } else {
        files.extend(own.into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)));
    }
    files
}

/// One application of a team.
struct App {
    index: usize,
    team: String,
    name: String,
    number: usize,
    random: Random,
}

impl App {
    fn new(index: usize) -> Self {
        let team = format!("team-{:03}", index / APPS_PER_TEAM);
        Self { index, team, name: format!("app-{index:04}"), number: 1000, random: Random(index as u64) }
    }

    fn all(&mut self, folder: &str, texts: &[(&str, &str)]) -> Vec<File> {
        texts.iter().map(|(name, text)| (format!("{folder}/{name}"), self.filled(text))).collect()
    }

    fn shared(&mut self) -> Vec<File> {
        let folder = format!("teams/{}/shared", self.team);
        let mut files = self.all(&folder, &manifests::SHARED);
        let definition = self.repeated(manifests::DEFINITION, manifests::PROPERTY, 60);
        files.push((format!("{folder}/definition.yaml"), definition));
        files
    }

    fn own(&mut self) -> Vec<(&'static str, String)> {
        let mut files: Vec<_> = manifests::PLAIN.into_iter().map(|(name, text)| (name, self.filled(text))).collect();
        files.push(("deployment.yaml", self.workload(manifests::DEPLOYMENT, 4)));
        files.push(("configmap.yaml", self.repeated(manifests::CONFIG_MAP, manifests::SETTING, 10)));
        files.push(match self.index % 4 {
            0 => ("cronjob.yaml", self.workload(manifests::CRON_JOB, 8)),
            2 => ("rollout.yaml", self.workload(manifests::ROLLOUT, 4)),
            _ => ("secret.yaml", self.filled(manifests::SECRET)),
        });
        files
    }

    /// A workload whose pod template stands at `indent`, with one to three containers.
    fn workload(&mut self, head: &str, indent: usize) -> String {
        let mut template = manifests::TEMPLATE.to_owned();
        if self.index.is_multiple_of(2) {
            template += manifests::PULL_SECRETS;
        }
        if self.index.is_multiple_of(5) {
            template = template + "  initContainers:\n" + manifests::CONTAINER;
        }
        template = template + "  containers:\n" + &manifests::CONTAINER.repeat(1 + self.index % 3);
        let margin = " ".repeat(indent);
        let lines: String = template.split_inclusive('\n').flat_map(|line| [margin.as_str(), line]).collect();
        self.filled(&(head.to_owned() + &lines))
    }

    /// A text with `least` parts or up to twice as many.
    fn repeated(&mut self, head: &str, part: &str, least: usize) -> String {
        let parts = least + self.random.below(least);
        self.filled(&(head.to_owned() + &part.repeat(parts)))
    }

    /// A text with its variables filled in; each `$IMAGE` is another, and each `$NUMBER` larger than the last.
    fn filled(&mut self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(part.len());
            let (variable, rest) = part.split_at(end);
            match variable {
                "NAME" => filled += &self.name,
                "TEAM" => filled += &self.team,
                "IMAGE" => filled += &self.image(),
                _ => filled += &self.number().to_string(),
            }
            filled += rest;
        }
        filled
    }

    fn number(&mut self) -> usize {
        self.number += 1 + self.random.below(9);
        self.number
    }

    fn image(&mut self) -> String {
        let Self { team, name, random, .. } = self;
        let registry = match random.below(4) {
            0 => "mcr.microsoft.com",
            1 => "ghcr.io/contoso",
            _ => "contoso.azurecr.io",
        };
        format!("{registry}/{team}/{name}:1.{}.{}", random.below(40), random.below(20))
    }
}

/// `SplitMix64`: enough to vary the manifests, and no dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap_or_default()
    }
}
