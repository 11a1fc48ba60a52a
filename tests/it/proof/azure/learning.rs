//! Ways to learn more about an estate of Azure that contradict nothing that is known of it.

use super::estate::{Cluster, Estate, Id, Mode, Registry, Scope, Token};
use crate::proof::estate::Random;

impl Estate {
    /// The estate with one thing more known; `None` where the chosen thing is known already.
    pub(crate) fn learn(&self, random: &mut Random) -> Option<Self> {
        let mut learned = self.clone();
        match random.below(8) {
            0 => {
                let mode = random.pick(&[Mode::Legacy, Mode::Abac]);
                learned.registry.get_or_insert_with(Registry::default).mode.get_or_insert(mode);
            }
            1 => {
                learned.registry.get_or_insert_with(Registry::default).anonymous.get_or_insert(random.once_in(2));
            }
            2 => {
                learned.registry.get_or_insert_with(Registry::default).admin.get_or_insert(random.once_in(2));
            }
            3 => {
                learned.token.get_or_insert(Token { enabled: random.once_in(2), reads: random.once_in(2) });
            }
            4 => {
                learned.custom.get_or_insert((random.once_in(2), random.once_in(2)));
            }
            5 => learned.complete = true,
            6 if !self.complete => learned.assignments.push(random.assignment(&self.clusters)),
            _ => learned.settle(random)?,
        }
        (learned != *self).then_some(learned)
    }

    fn settle(&mut self, random: &mut Random) -> Option<()> {
        if self.clusters.is_empty() {
            return None;
        }
        let at = random.below(self.clusters.len());
        if let Some(own) = self.assignments.iter_mut().find(|own| own.maybe) {
            own.maybe = false;
        } else if let Some(own) = self.assignments.iter_mut().find(|own| own.to == Id::Open) {
            own.to = random.pick(&[Id::Stranger, Id::Team]);
        } else if let Some(own) = self.assignments.iter_mut().find(|own| own.scope == Scope::Absent) {
            own.scope = Scope::Subscription;
        } else if matches!(self.clusters[at], Cluster::Hidden) {
            self.clusters[at] = Cluster::Managed;
        } else if matches!(self.clusters[at], Cluster::Unknown) {
            self.clusters[at] = random.pick(&[Cluster::Managed, Cluster::Principal]);
        } else {
            self.principal_shown = true;
        }
        Some(())
    }
}
