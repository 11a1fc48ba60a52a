//! Whose credential a pull secret holds, and whether that service principal, token or admin user may pull.

use canpull_syntax::Span;

use crate::fact::azure::{ResourceRef, TokenFact};
use crate::fact::{Field, TokenGeneratorFact};
use crate::model::azure::{PrincipalId, Setting, Who};
use crate::model::docker_config::{Credential, UserKind};
use crate::model::image::ImageReference;
use crate::model::registry::acr_host;
use crate::model::scope_map;
use crate::proof::authorization::{self, Grant, Puller};
use crate::proof::case::{Case, assumed, link};
use crate::proof::{Claim, Link, Truth};

impl Case<'_, '_, '_> {
    /// Whether the holder of a credential may pull, where the sources tell anything of it. Without a word of theirs, the
    /// credential is taken as good.
    pub(super) fn holder(&self, credential: &Credential, user: Option<&Who>, image: &ImageReference) -> Option<Link> {
        let host = acr_host(&image.registry)?;
        let written = || self.model.azure.principals.by_client_id(&credential.user);
        match user {
            Some(Who::Known(principal, _)) => return self.service_principal(*principal, image),
            Some(Who::Admin) => return self.admin(&image.registry),
            None if credential.user_kind == UserKind::Guid => return self.service_principal(written()?, image),
            Some(_) | None => {}
        }
        if credential.user_kind != UserKind::Name {
            return None;
        }
        if credential.user.eq_ignore_ascii_case(host.name_and_label().0) {
            return self.admin(&image.registry);
        }
        self.token(&credential.user, image)
    }

    fn service_principal(&self, principal: PrincipalId, image: &ImageReference) -> Option<Link> {
        let azure = &self.model.azure;
        if let Some(ends) = self.secrets_ended(principal) {
            let text = "every secret of the credential's service principal that a source tells of has ended";
            return Some(link(Claim::HolderIsCurrent, Truth::No, text, ends));
        }
        let found = self.registry_at(&image.registry);
        let puller = Puller { principal, cluster: None, open: false };
        let label = azure.principals.get(principal).map(|principal| principal.label.clone())?;
        let pulls = link(Claim::HolderMayPull, Truth::Yes, format!("the credential is that of {label}"), Vec::new());
        let mut links = self.granted(puller, pulls, &found, &image.repository);
        let decisive = links.pop()?;
        // What no source tells of is taken as good; only evidence speaks here. Whom all grants of the sources at this registry
        // let pull in vain may have another, but is not taken to.
        let in_vain = || {
            let is_vain = |grant: &Grant<'_>| grant.truth() == Truth::No && !grant.fails_by_assumption();
            let grants: Vec<_> = authorization::grants(azure, puller, &found.target, &image.repository).collect();
            grants.iter().any(|grant| grant.who.and(grant.scope) == Truth::Yes) && grants.iter().all(is_vain)
        };
        let told = decisive.truth != Truth::Unknown || in_vain();
        told.then(|| {
            let text = format!("the credential is that of {label}: {}", decisive.text.replace("to it", "to that"));
            Link { claim: Claim::HolderMayPull, text, ..decisive }
        })
    }

    /// Where all secrets of a service principal end that a source tells of, if all have ended.
    pub(super) fn secrets_ended(&self, principal: PrincipalId) -> Option<Vec<Span>> {
        let azure = &self.model.azure;
        let facts = azure.service_principals.iter().filter(|(_, id)| azure.principals.same(*id, principal));
        let ends: Vec<Field<i64>> = facts.flat_map(|(fact, _)| fact.secrets_end.iter().cloned()).collect();
        all_before(&ends, self.now?)
    }

    fn admin(&self, host: &str) -> Option<Link> {
        let found = self.registry_at(host);
        let registry = found.registry?;
        let (enabled, spans) = match registry.admin_enabled() {
            Setting::Known(enabled, spans) => (enabled, spans),
            Setting::Unseen if !self.may_be_switched_on() => {
                let text = "the credential is that of the registry's admin user, which is off unless it is switched on";
                return Some(assumed(Claim::HolderIsOn, Truth::No, text, vec![registry.made_without_admin()?]));
            }
            Setting::Open(_) | Setting::Unseen => return None,
        };
        let state = if enabled { "on" } else { "off" };
        let text = format!("the credential is that of the registry's admin user, which is switched {state}");
        Some(link(Claim::HolderIsOn, enabled.into(), text, spans))
    }

    /// Whether a registry of which no source tells which it is has its admin user switched on.
    fn may_be_switched_on(&self) -> bool {
        let nameless = self.model.azure.registries.iter().filter(|registry| registry.place.name.is_none());
        let mut facts = nameless.flat_map(|registry| &registry.facts);
        facts.any(|fact| !fact.admin_enabled.is_absent() && fact.admin_enabled.known() != Some(&false))
    }

    /// What speaks against a token that an operator mints for this image.
    pub(super) fn minted(&self, token: &TokenGeneratorFact) -> Option<Link> {
        let image = self.image.parsed()?;
        let said = |truth: Truth, text: String, span: Span| Some(link(Claim::HolderMayPull, truth, text, vec![span]));
        if let Field::Known(registry, span) = &token.registry
            && is_other(registry, &image.registry)
        {
            return said(Truth::No, format!("its token is minted for `{registry}`"), *span);
        }
        let (scope, span) = match &token.scope {
            Field::Absent(_) => return None,
            Field::Known(scope, _) if scope.is_empty() => return None,
            Field::Known(scope, span) => (scope_map::token_scope(scope), *span),
            Field::Unknown(_, span) => (None, *span),
        };
        match scope {
            None => said(Truth::Unknown, "what the scope of its token lets it pull is not known".to_owned(), span),
            Some((own, _)) if own != image.repository => {
                said(Truth::No, format!("the scope of its token names `{own}` alone"), span)
            }
            Some((_, false)) => said(Truth::No, "the scope of its token does not let it pull".to_owned(), span),
            Some(_) => None,
        }
    }

    fn token(&self, name: &str, image: &ImageReference) -> Option<Link> {
        let found = self.registry_at(&image.registry);
        let here = |registry: &ResourceRef| found.target.place.is(registry) == Truth::Yes;
        let tokens = self.model.azure.tokens.iter().copied();
        let tokens: Vec<&TokenFact> =
            tokens.filter(|token| token.name.text() == Some(name) && here(&token.registry)).collect();
        let said = |truth: Truth, text: String, spans: Vec<Span>| Some(link(Claim::HolderMayPull, truth, text, spans));
        if let Some((false, span)) = agreed(tokens.iter().map(|token| &token.enabled)) {
            return said(Truth::No, format!("the credential is token `{name}`, which is disabled"), vec![span]);
        }
        let ends: Vec<Field<i64>> = tokens.iter().flat_map(|token| token.passwords_end.iter().cloned()).collect();
        if let Some(ends) = self.now.and_then(|now| all_before(&ends, now)) {
            let text = format!("every password of the credential's token `{name}` has ended");
            return Some(link(Claim::HolderIsCurrent, Truth::No, text, ends));
        }
        let (map, token) = agreed(tokens.iter().map(|token| &token.scope_map))?;
        let (reads, span) = self.scope_map((&map, token), &image.repository, &here)?;
        let repository = &image.repository;
        let text = if reads {
            format!("the credential is token `{name}`, whose scope map lets it pull `{repository}`")
        } else {
            format!("the credential is token `{name}`, whose scope map does not let it pull `{repository}`")
        };
        said(reads.into(), text, vec![span, token])
    }

    /// Whether a token's scope map lets it read a repository, where the map is known.
    fn scope_map(
        &self,
        (name, named_at): (&str, Span),
        repository: &str,
        here: &dyn Fn(&ResourceRef) -> bool,
    ) -> Option<(bool, Span)> {
        if let Some(reads) = scope_map::system_map_reads(name) {
            return Some((reads, named_at));
        }
        let maps = self.model.azure.scope_maps.iter();
        let maps: Vec<_> = maps.filter(|map| map.name.text() == Some(name) && here(&map.registry)).collect();
        let reads = maps.iter().map(|map| Some(scope_map::reads(map.actions.known()?, repository)));
        let reads: Option<Vec<bool>> = reads.collect();
        let (reads, map) = (reads?, maps.first()?);
        let first = *reads.first()?;
        // What one source makes of the map, another may have changed.
        reads.iter().all(|own| *own == first).then_some((first, map.span))
    }
}

/// Whether two hosts are those of different registries.
fn is_other(host: &str, asked: &str) -> bool {
    match (acr_host(host), acr_host(asked)) {
        (Some(own), Some(asked)) => {
            let (name, other) = (own.name_and_label().0, asked.name_and_label().0);
            !name.eq_ignore_ascii_case(other) || own.suffix != asked.suffix
        }
        _ => false,
    }
}

/// What several facts of one thing say of it, where they agree.
fn agreed<'f, T: Clone + PartialEq + 'f>(told: impl Iterator<Item = &'f Field<T>>) -> Option<(T, Span)> {
    let mut told = told.filter(|field| !field.is_absent());
    let Field::Known(first, span) = told.next()? else { return None };
    told.all(|other| other.known() == Some(first)).then(|| (first.clone(), *span))
}

/// Where all ends stand, if all are known and before now. What never ends, or is not known, keeps the rest alive.
fn all_before(ends: &[Field<i64>], now: i64) -> Option<Vec<Span>> {
    let passed = |end: &Field<i64>| matches!(end, Field::Known(end, _) if *end <= now);
    (!ends.is_empty() && ends.iter().all(passed)).then(|| ends.iter().map(Field::span).collect())
}
