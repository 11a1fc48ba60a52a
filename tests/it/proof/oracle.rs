//! The oracle: a deliberately naive kubelet, run on every completion of what an estate leaves open.
//!
//! It is written from what the API server, the kubelet and the node's provider do, and shares no code with the proofs.

use std::collections::BTreeMap;

use canpull_core::proof::Truth;

use super::estate::{Cluster, Content, Estate, HOSTS, Image, List, Name, Namespace};

/// Whether what is taken for granted counts as known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    /// Assumptions hold.
    Granting,
    /// Assumptions may fail.
    Strict,
}

/// Proven if every completion pulls, refuted if none does.
pub(crate) fn verdict(estate: &Estate, reading: Reading) -> Truth {
    let (mut some, mut all) = (false, true);
    let mut choices = Choices::default();
    loop {
        let completion = Completion { estate, reading, choices: &mut choices, hidden: BTreeMap::new() };
        if let Some(pulled) = completion.pulls() {
            some |= pulled;
            all &= pulled;
        }
        if !choices.next() {
            break;
        }
    }
    match (some, all) {
        (true, true) => Truth::Yes,
        (false, _) => Truth::No,
        _ => Truth::Unknown,
    }
}

/// Every sequence of choices, one after the other: an odometer whose wheels are found on the way.
#[derive(Default)]
pub(crate) struct Choices {
    /// What was chosen, of how many.
    wheels: Vec<(usize, usize)>,
    at: usize,
}

impl Choices {
    pub(crate) fn choose(&mut self, of: usize) -> usize {
        if self.at == self.wheels.len() {
            self.wheels.push((0, of));
        }
        self.at += 1;
        self.wheels[self.at - 1].0
    }

    /// Turns to the next sequence, unless all have been.
    pub(crate) fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.wheels.pop() {
            if chosen + 1 < of {
                self.wheels.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// What a pull secret gives the kubelet for the image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    Good,
    Bad,
    /// What containerd takes for none: the registry is asked without.
    Empty,
    Undecodable,
}

/// One way in which what is open may turn out.
struct Completion<'e> {
    estate: &'e Estate,
    reading: Reading,
    choices: &'e mut Choices,
    /// Secrets that are not visible, by name: what was chosen for one stays.
    hidden: BTreeMap<&'static str, Given>,
}

impl Completion<'_> {
    /// Whether the pod's image is pulled; `None` where the choices contradict each other.
    fn pulls(mut self) -> Option<bool> {
        let estate = self.estate;
        let given = *["shop", "bank", "elsewhere"].get(self.choices.choose(3))?;
        let place = |namespace: Namespace| namespace.unwrap_or(given);
        if !distinct(estate, place) {
            return None;
        }
        let clusters = estate.clusters.len().max(1);
        let cluster = estate.clusters.get(self.choices.choose(clusters)).cloned().unwrap_or_default();
        if estate.pod.list == List::Strings {
            return Some(false);
        }
        let namespace = place(estate.pod.namespace);
        let host = match estate.pod.image {
            Image::Valid { host, .. } => host,
            Image::Invalid => return Some(false),
            Image::Placeholder if !estate.pod.never && self.flip() => return Some(false),
            Image::Placeholder => "filled-in.example",
        };
        if estate.pod.never {
            return Some(self.flip());
        }
        let mut offered = Vec::new();
        for name in self.effective(namespace, place, &cluster) {
            offered.push(self.secret(name, namespace, place, host, &cluster));
        }
        if offered.contains(&Given::Undecodable) {
            return Some(false);
        }
        offered.retain(|given| *given != Given::Nothing);
        let acr = host == HOSTS[0];
        // The provider of the nodes offers a pull without credentials too, but for Azure registries only.
        let anonymous = acr || offered.is_empty() || offered.contains(&Given::Empty);
        Some(offered.contains(&Given::Good) || self.node(host, &cluster) || (anonymous && self.open(host)))
    }

    fn flip(&mut self) -> bool {
        self.choices.choose(2) == 1
    }

    /// The names that reach the kubelet: the pod's own, or where it has none, its service account's.
    fn effective(
        &mut self,
        namespace: &str,
        place: impl Fn(Namespace) -> &'static str,
        cluster: &Cluster,
    ) -> Vec<Name> {
        let estate = self.estate;
        if let List::Names(names) = &estate.pod.list
            && !names.is_empty()
        {
            return names.clone();
        }
        let account = match estate.pod.account {
            Name::Known(name) => name,
            Name::Empty => "default",
            Name::Placeholder => return self.unseen_list(),
        };
        let written = estate.accounts.iter().find(|own| own.name == account && place(own.namespace) == namespace);
        match written.map(|written| &written.list) {
            Some(List::Names(names)) => names.clone(),
            Some(_) => Vec::new(),
            None if cluster.all_accounts && !estate.external_accounts.contains(&account) => Vec::new(),
            None => self.unseen_list(),
        }
    }

    fn unseen_list(&mut self) -> Vec<Name> {
        if self.flip() { vec![Name::Placeholder] } else { Vec::new() }
    }

    fn secret(
        &mut self,
        name: Name,
        namespace: &str,
        place: impl Fn(Namespace) -> &'static str,
        host: &str,
        cluster: &Cluster,
    ) -> Given {
        let name = match name {
            Name::Empty => return Given::Nothing,
            Name::Placeholder => return self.unseen("${SECRET}"),
            Name::Known(name) => name,
        };
        let written = self.estate.secrets.iter().find(|own| own.name == name && place(own.namespace) == namespace);
        let external = self.estate.external_secrets.contains(&name);
        match written.map(|written| written.content) {
            Some(content) => self.content(name, content, host),
            None if external => self.taken_as_good(),
            None if cluster.all_secrets => Given::Nothing,
            None => self.unseen(name),
        }
    }

    /// A secret that no source makes: it may be missing, or fit. That it harms nothing is taken for granted.
    fn unseen(&mut self, name: &'static str) -> Given {
        if let Some(given) = self.hidden.get(name) {
            return *given;
        }
        let harm = self.reading == Reading::Strict;
        let ways = [Given::Nothing, Given::Good, Given::Bad, Given::Undecodable];
        let given = ways[self.choices.choose(if harm { 4 } else { 2 })];
        self.hidden.insert(name, given);
        given
    }

    fn taken_as_good(&mut self) -> Given {
        match self.reading {
            Reading::Granting => Given::Good,
            Reading::Strict => [Given::Good, Given::Bad, Given::Undecodable, Given::Nothing][self.choices.choose(4)],
        }
    }

    fn content(&mut self, name: &'static str, content: Content, host: &str) -> Given {
        let assumed = |own: &mut Self| {
            if own.reading == Reading::Strict && own.flip() { Given::Bad } else { Given::Good }
        };
        match content {
            Content::Good(own) | Content::Expired(own) | Content::Expiring(own) | Content::NoPassword(own)
                if own != host =>
            {
                Given::Nothing
            }
            Content::Expired(_) if self.estate.now => Given::Bad,
            Content::Expired(_) | Content::Expiring(_) if !self.estate.now => {
                if self.flip() {
                    Given::Bad
                } else {
                    Given::Good
                }
            }
            Content::Good(_) | Content::Expiring(_) | Content::Expired(_) => assumed(self),
            Content::NoPassword(_) => Given::Empty,
            Content::WrongType | Content::Refused => Given::Nothing,
            Content::Undecodable => Given::Undecodable,
            Content::Placeholder => self.unseen(name),
        }
    }

    /// Whether the node's own credentials serve: its identity on an Azure registry, a docker config file elsewhere.
    fn node(&mut self, host: &str, cluster: &Cluster) -> bool {
        if cluster.attached.contains(&host) {
            return true;
        }
        let public = match host {
            "docker.io" => !self.estate.private.contains(&host),
            _ => host != HOSTS[0] && self.estate.public.contains(&host),
        };
        // That nodes hold no credentials for a public registry is taken for granted.
        let may = !public || self.reading == Reading::Strict;
        may && !cluster.all_attached && self.flip()
    }

    /// Whether the registry answers without credentials.
    fn open(&mut self, host: &str) -> bool {
        if self.estate.public.contains(&host) || self.estate.private.contains(&host) {
            return self.estate.public.contains(&host);
        }
        match host {
            _ if host == HOSTS[0] => self.reading == Reading::Strict && self.flip(),
            "docker.io" => self.reading == Reading::Granting || self.flip(),
            _ => self.flip(),
        }
    }
}

/// Two objects of a kind that come to have one name in one namespace cannot both be deployed; nor can one that is made
/// elsewhere too.
fn distinct(estate: &Estate, place: impl Fn(Namespace) -> &'static str) -> bool {
    let mut secrets: Vec<_> = estate.secrets.iter().map(|own| (place(own.namespace), own.name)).collect();
    secrets.extend(estate.external_secrets.iter().map(|name| (place(estate.pod.namespace), *name)));
    let accounts: Vec<_> = estate.accounts.iter().map(|own| (place(own.namespace), own.name)).collect();
    let unique = |names: &[(&str, &str)]| names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
    unique(&secrets) && unique(&accounts)
}
