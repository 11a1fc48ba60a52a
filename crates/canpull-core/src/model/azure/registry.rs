//! Registries: which facts speak of the same one, under which hosts it answers, and how it decides.

use canpull_syntax::{Span, order};

use crate::acr_host::{AcrHostKind, acr_host};
use crate::fact::Field;
use crate::fact::azure::{RegistryFact, RegistryMode, Statement, label};
use crate::model::azure::setting::{self, Setting};
use crate::model::scope::Place;
use crate::proof::Truth;

/// What login servers end with in the public cloud.
const PUBLIC: &str = "azurecr.io";

/// Index of a registry in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegistryId(pub u32);

/// A registry of the sources.
#[derive(Clone, Debug)]
pub struct Registry<'a> {
    /// Which one.
    pub place: Place,
    /// What speaks of it.
    pub facts: Vec<&'a RegistryFact>,
}

impl Registry<'_> {
    /// Its name, or what stands for it, for people.
    pub fn label(&self) -> String {
        label(self.place.name.as_deref(), self.place.symbol.as_deref())
    }

    /// Its login server, where a source tells.
    pub fn login_server(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| fact.login_server.text())
    }

    /// Its login server, told or by its name; `None` where only Azure knows it.
    pub fn host(&self) -> Option<String> {
        let told = self.login_server().map(str::to_owned);
        let suffix = self.suffixes().next().unwrap_or(PUBLIC);
        let by_name = || self.place.name.as_ref().map(|name| format!("{}.{suffix}", name.to_ascii_lowercase()));
        told.or_else(|| if self.has_label() { None } else { by_name() })
    }

    /// Whether an image's host is one of this registry's. A registry without a seen login server or domain name label is
    /// `<name>.azurecr.io`.
    pub fn answers(&self, host: &str) -> Truth {
        let bare = host.split(':').next().unwrap_or(host);
        if let Some(server) = self.login_server()
            && server.eq_ignore_ascii_case(bare)
        {
            return Truth::Yes;
        }
        let Some(acr) = acr_host(bare) else { return Truth::No };
        let (name, label) = acr.name_and_label();
        let Some(own) = &self.place.name else {
            return if self.login_server().is_some() { Truth::No } else { Truth::Unknown };
        };
        if !own.eq_ignore_ascii_case(name) {
            return Truth::No;
        }
        let in_cloud = self.is_in_cloud(acr.suffix);
        if acr.kind == AcrHostKind::Regional {
            return in_cloud;
        }
        match (self.login_server(), label) {
            (Some(_), _) => Truth::No,
            (None, None) => in_cloud.and((!self.has_label()).into()),
            (None, Some(_)) => in_cloud.and((!self.is_made_without_label()).into()),
        }
    }

    /// Whether it is in the cloud whose login servers have this ending. Where no source tells, it is taken to be in the
    /// public one; it may be in another yet. Where only some tell, the others may mean one of its name in the public one.
    fn is_in_cloud(&self, suffix: &str) -> Truth {
        let all_tell = self.facts.iter().all(|fact| suffix_of(fact).is_some());
        match (self.suffixes().next(), all_tell) {
            (Some(_), _) if self.suffixes().any(|own| own == suffix) => Truth::Yes,
            (None, _) if suffix == PUBLIC => Truth::Yes,
            (Some(_), true) => Truth::No,
            (Some(_), false) if suffix != PUBLIC => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// What the login servers of the clouds that it is told to be in end with.
    fn suffixes(&self) -> impl Iterator<Item = &'static str> {
        self.facts.iter().filter_map(|fact| suffix_of(fact))
    }

    /// Whether the sources make it, and its login server is its bare name: where a template or a command says nothing of a
    /// label, it has none.
    fn is_made_without_label(&self) -> bool {
        let made = self.facts.iter().any(|fact| fact.statement == Statement::Makes);
        let without = |fact: &&RegistryFact| match &fact.domain_name_label {
            Field::Known(label, _) => !label,
            Field::Unknown(..) => false,
            Field::Absent(_) => true,
        };
        made && self.facts.iter().all(without)
    }

    /// Whether its login server carries a hash that only Azure knows.
    fn has_label(&self) -> bool {
        self.facts.iter().any(|fact| fact.domain_name_label.known() == Some(&true))
    }

    /// By what it decides who may pull.
    pub fn mode(&self) -> Setting<RegistryMode> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.mode)))
    }

    /// Whether the sources switch the mode one way and the other: which one a grant meets, its moment decides.
    pub fn changes_mode_back(&self) -> bool {
        let changes = self.facts.iter().filter(|fact| fact.statement == Statement::Changes);
        let mut modes = changes.filter_map(|fact| fact.mode.known());
        modes.next().is_some_and(|first| modes.any(|mode| mode != first))
    }

    /// Whether it has no name yet: a page leaves `<it>` to its readers.
    pub fn is_left_to_readers(&self) -> bool {
        let own = |symbol: &String| symbol.rsplit_once('#').is_some_and(|(_, own)| own.starts_with('<'));
        self.place.name.is_none() && self.place.symbols.iter().all(own)
    }

    /// Whether everyone may pull.
    pub fn anonymous_pull(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.anonymous_pull)))
    }

    /// Where the sources make it of the SKU that has no anonymous pull.
    pub fn is_basic(&self) -> Option<Vec<Span>> {
        match setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.sku))) {
            Setting::Known(sku, spans) => sku.eq_ignore_ascii_case("Basic").then_some(spans),
            _ => None,
        }
    }

    /// Whether the admin user is on.
    pub fn admin_enabled(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.admin_enabled)))
    }

    /// Where it is made without a word of the admin user, who then is off: the service's default.
    pub fn made_without_admin(&self) -> Option<Span> {
        let made = self.facts.iter().filter(|fact| fact.statement == Statement::Makes);
        made.map(|fact| fact.span).next().filter(|_| self.facts.iter().all(|fact| fact.admin_enabled.is_absent()))
    }

    /// Whether it answers on public addresses.
    pub fn public_network(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.public_network)))
    }

    /// Whether its network rules let some addresses in.
    pub fn lets_in(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.lets_in)))
    }

    /// Whether new images are withheld until released.
    pub fn quarantine(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.quarantine)))
    }

    /// Where the sources speak of it, the most telling first.
    pub fn spans(&self) -> Vec<Span> {
        let mut facts: Vec<_> = self.facts.iter().map(|fact| (std::cmp::Reverse(fact.statement), fact.span)).collect();
        order::sort(&mut facts);
        facts.into_iter().map(|(_, span)| span).collect()
    }
}

/// What the login servers of the cloud end with that a source tells.
fn suffix_of(fact: &RegistryFact) -> Option<&'static str> {
    fact.suffix.or_else(|| acr_host(fact.login_server.text()?).map(|host| host.suffix))
}
