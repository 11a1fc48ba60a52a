//! Ways to learn more about an estate that contradict nothing that is known of it.

use super::estate::{
    ACR, Account, Cluster, Content, Estate, HOSTS, HUB, Image, List, Name, OTHER, PRIVATE, Random, Secret,
};

impl Estate {
    /// The estate with one thing more known; `None` where the chosen thing is known already.
    pub(crate) fn learn(&self, random: &mut Random) -> Option<Self> {
        let mut learned = self.clone();
        let new = match random.below(8) {
            0 | 1 => learned.add_secret(random),
            2 => learned.add_account(random),
            3 => learned.declare_of_clusters(random),
            4 => learned.declare_of_registries(random),
            5 => learned.declare_external(random),
            6 => learned.fill_in(random),
            _ => !std::mem::replace(&mut learned.now, true),
        };
        new.then_some(learned)
    }

    fn add_secret(&mut self, random: &mut Random) -> bool {
        let (namespace, name) = (random.pick(&[Some("shop"), Some("bank"), None]), random.pick(&["pull", "hub"]));
        let known = self.secrets.iter().any(|own| (own.namespace, own.name) == (namespace, name));
        let closed = self.clusters.iter().any(|cluster| cluster.all_secrets) || self.external_secrets.contains(&name);
        let content = random.content(self.host());
        self.secrets.push(Secret { namespace, name, content });
        !known && !closed
    }

    fn add_account(&mut self, random: &mut Random) -> bool {
        let (namespace, name) =
            (random.pick(&[Some("shop"), Some("bank"), None]), random.pick(&["default", "builder"]));
        let known = self.accounts.iter().any(|own| (own.namespace, own.name) == (namespace, name));
        let closed = self.clusters.iter().any(|cluster| cluster.all_accounts) || self.external_accounts.contains(&name);
        let list = random.list();
        let refused = list == List::Strings;
        self.accounts.push(Account { namespace, name, list });
        !known && !closed && !refused
    }

    fn declare_of_clusters(&mut self, random: &mut Random) -> bool {
        if self.clusters.is_empty() {
            self.clusters.push(Cluster::default());
        }
        let host = if random.once_in(2) { self.host() } else { random.pick(&HOSTS) };
        let at = random.below(self.clusters.len());
        let cluster = &mut self.clusters[at];
        match random.below(4) {
            0 => !std::mem::replace(&mut cluster.all_secrets, true),
            1 => !std::mem::replace(&mut cluster.all_accounts, true),
            2 => !std::mem::replace(&mut cluster.all_attached, true),
            _ => {
                let new = !cluster.all_attached && !cluster.attached.contains(&host);
                cluster.attached.push(host);
                new
            }
        }
    }

    fn declare_of_registries(&mut self, random: &mut Random) -> bool {
        let host = if random.once_in(2) { self.host() } else { random.pick(&HOSTS) };
        let new = !self.public.contains(&host) && !self.private.contains(&host);
        let declared = if random.once_in(2) { &mut self.public } else { &mut self.private };
        declared.push(host);
        new
    }

    fn declare_external(&mut self, random: &mut Random) -> bool {
        if random.once_in(2) {
            let name = random.pick(&["default", "builder"]);
            let known = self.external_accounts.contains(&name) || self.accounts.iter().any(|own| own.name == name);
            self.external_accounts.push(name);
            return !known && !self.clusters.iter().any(|cluster| cluster.all_accounts);
        }
        let name = random.pick(&["pull", "hub"]);
        let known = self.external_secrets.contains(&name) || self.secrets.iter().any(|own| own.name == name);
        self.external_secrets.push(name);
        !known && !self.clusters.iter().any(|cluster| cluster.all_secrets)
    }

    /// Replaces a placeholder by a value.
    fn fill_in(&mut self, random: &mut Random) -> bool {
        let lists = std::iter::once(&mut self.pod.list).chain(self.accounts.iter_mut().map(|own| &mut own.list));
        let names = lists.flat_map(|list| match list {
            List::Names(names) => names.as_mut_slice(),
            _ => &mut [],
        });
        if let Some(name) = names.into_iter().find(|name| **name == Name::Placeholder && random.once_in(2)) {
            *name = Name::Known(random.pick(&["pull", "hub"]));
            return true;
        }
        if self.pod.account == Name::Placeholder && random.once_in(2) {
            self.pod.account = Name::Known(random.pick(&["default", "builder"]));
            return true;
        }
        if self.pod.image == Image::Placeholder && random.once_in(2) {
            self.pod.image = random.pick(&[ACR, PRIVATE, HUB, OTHER, Image::Invalid]);
            return true;
        }
        let host = self.host();
        let hidden = self.secrets.iter_mut().find(|secret| secret.content == Content::Placeholder);
        hidden.is_some_and(|secret| {
            secret.content = random.content(host);
            secret.content != Content::Placeholder
        })
    }

    fn host(&self) -> &'static str {
        if let Image::Valid { host, .. } = self.pod.image { host } else { HOSTS[0] }
    }
}
