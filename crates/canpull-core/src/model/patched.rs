//! What patches make of pods and service accounts, as far as they are evaluated.

use std::borrow::Cow;

use canpull_syntax::Span;

use crate::fact::{
    Field, ImageFact, SecretList, SecretRef, ServiceAccountFact, StepChange, StepFact, Touches, Why, WorkloadFact,
};
use crate::model::patch::Patch;

/// Of patches that name more, the lists are not merged.
const MANY: usize = 64;

/// A pod while it passes through kustomizations.
pub(crate) struct PatchedPod<'a> {
    pub(crate) fact: &'a WorkloadFact,
    /// Those written and those added, without images among them.
    pub(crate) images: Vec<PatchedImage<'a>>,
    /// What is not evaluated and may change its images.
    pub(crate) images_open: Option<Span>,
    list: Cow<'a, SecretList>,
    account: Cow<'a, Field<String>>,
    /// What is not evaluated and may change its pull secrets or its service account.
    access_open: Option<Span>,
    /// Containers are no longer in the order in which they are written.
    reordered: bool,
}

/// One of its images.
pub(crate) struct PatchedImage<'a> {
    /// What is written of it, or of what took its place.
    pub(crate) fact: &'a ImageFact,
    pub(crate) image: &'a Field<String>,
    pub(crate) pull_policy: &'a Field<String>,
    pub(crate) text: String,
    /// The override that changed it last.
    pub(crate) overridden: Option<Span>,
    /// What it was before overrides.
    pub(crate) before: Vec<String>,
}

impl<'a> PatchedImage<'a> {
    fn new(fact: &'a ImageFact) -> Self {
        let (image, pull_policy, text) = (&fact.image, &fact.pull_policy, fact.text.clone());
        Self { fact, image, pull_policy, text, overridden: None, before: Vec::new() }
    }

    /// Takes what a patch says in place of what it was.
    fn replace(&mut self, image: &'a Field<String>, text: &str) {
        self.image = image;
        text.clone_into(&mut self.text);
        self.overridden = None;
        self.before.clear();
    }
}

impl<'a> PatchedPod<'a> {
    pub(crate) fn new(fact: &'a WorkloadFact) -> Self {
        Self {
            fact,
            images: fact.images.iter().map(PatchedImage::new).collect(),
            images_open: None,
            list: Cow::Borrowed(&fact.pull_secrets),
            account: Cow::Borrowed(&fact.service_account),
            access_open: None,
            reordered: false,
        }
    }

    /// Its pull secrets.
    pub(crate) fn pull_secrets(&self) -> SecretList {
        let open = self.access_open.map(|span| SecretList::Unknown(Why::PartlyEvaluated, span));
        open.unwrap_or_else(|| self.list.as_ref().clone())
    }

    /// Its service account.
    pub(crate) fn service_account(&self) -> Field<String> {
        let open = self.access_open.map(|span| Field::Unknown(Why::PartlyEvaluated, span));
        open.unwrap_or_else(|| self.account.as_ref().clone())
    }

    /// Leaves open what something at a place may change.
    pub(crate) fn leave_open(&mut self, touches: Touches, span: Span) {
        if touches.images {
            self.images_open.get_or_insert(span);
        }
        if touches.access() {
            self.access_open.get_or_insert(span);
        }
    }

    /// Applies a patch that may be for it.
    pub(crate) fn apply(&mut self, patch: &Patch<'a>) {
        let object = &self.fact.object;
        let span = patch.fact.span;
        // The lists of custom resources are merged in other ways.
        if !patch.fits(object) || !self.fact.built_in {
            return self.leave_open(patch.may_touch(), span);
        }
        if !patch.merges() {
            let open = follow(patch, |step| self.step(step));
            return open.into_iter().for_each(|(touches, span)| self.leave_open(touches, span));
        }
        let takes = |own: &&WorkloadFact| own.path == self.fact.path && patch.merges_into(&own.object, object);
        let mut merged = patch.workloads.iter().filter(takes);
        match (merged.next(), merged.next()) {
            (Some(own), None) if !patch.touches.removes => self.merge(own, patch.touches, span),
            _ => self.leave_open(patch.touches, span),
        }
    }

    fn merge(&mut self, own: &'a WorkloadFact, touches: Touches, span: Span) {
        if touches.secrets && !self.merge_secrets(&own.pull_secrets) {
            self.access_open.get_or_insert(span);
        }
        match &own.service_account {
            Field::Absent(_) if touches.accounts => drop(self.access_open.get_or_insert(span)),
            Field::Absent(_) => {}
            written => self.account = Cow::Borrowed(written),
        }
        self.reordered |= !own.images.is_empty();
        let merged = own.images.len() <= MANY && own.images.iter().all(|image| self.merge_image(image));
        self.images_open = self.images_open.or(Some(span).filter(|_| !merged));
    }

    /// Entries are merged by name; those of the patch come first.
    fn merge_secrets(&mut self, own: &SecretList) -> bool {
        let (SecretList::Entries(first, span), SecretList::Entries(..) | SecretList::Empty(_)) =
            (own, self.list.as_ref())
        else {
            return false;
        };
        if first.len() > MANY {
            return false;
        }
        let mut entries = first.clone();
        let named =
            |name: &Field<String>| name.text().is_some() && first.iter().any(|own| own.name.text() == name.text());
        entries.extend(self.list.entries().iter().filter(|entry| !named(&entry.name)).cloned());
        self.list = Cow::Owned(SecretList::Entries(entries, *span));
        true
    }

    /// Containers and volumes are merged by name.
    fn merge_image(&mut self, own: &'a ImageFact) -> bool {
        let same = |image: &&mut PatchedImage<'_>| image.fact.role == own.role && image.fact.container == own.container;
        let mut found = self.images.iter_mut().filter(same);
        match (found.next(), found.next()) {
            _ if own.container.is_empty() => return false,
            (Some(_), Some(_)) => return false,
            (Some(image), None) => {
                if !own.image.is_absent() {
                    image.fact = own;
                    image.replace(&own.image, &own.text);
                }
                if !own.pull_policy.is_absent() {
                    image.pull_policy = &own.pull_policy;
                }
            }
            (None, _) => self.images.push(PatchedImage::new(own)),
        }
        true
    }

    /// Follows an operation of a JSON patch; tells whether that can be told.
    fn step(&mut self, step: &'a StepFact) -> bool {
        if step.of.strip_prefix('/') != Some(&self.fact.path.replace('.', "/")) {
            return false;
        }
        match &step.change {
            StepChange::Secrets(list) => self.list = Cow::Borrowed(list),
            StepChange::Secret(entry, place) => return put_in(&mut self.list, entry, *place),
            StepChange::Account(name) if name.text().is_some_and(|name| !name.is_empty()) => {
                self.account = Cow::Borrowed(name);
            }
            StepChange::Account(_) => return false,
            StepChange::Image(role, place, image, text) => {
                let mut images = self.images.iter_mut();
                let found = images.find(|image| image.fact.role == *role && image.fact.place == *place);
                match found.filter(|_| !self.reordered) {
                    Some(found) => found.replace(image, text),
                    None => return false,
                }
            }
        }
        true
    }
}

/// Follows the operations of a JSON patch as far as `step` can; returns what the patch leaves open, and where.
fn follow<'a>(patch: &Patch<'a>, mut step: impl FnMut(&'a StepFact) -> bool) -> Vec<(Touches, Span)> {
    let unfollowed = patch.steps.iter().filter(|own| !step(own)).map(|own| (patch.may_touch(), own.span));
    std::iter::once((patch.touches, patch.fact.span)).chain(unfollowed).collect()
}

/// Puts an entry into a list; tells whether there is one.
fn put_in(list: &mut Cow<'_, SecretList>, entry: &SecretRef, place: Option<usize>) -> bool {
    let place = place.unwrap_or(list.entries().len());
    match list.to_mut() {
        SecretList::Entries(entries, _) if place <= entries.len() => entries.insert(place, entry.clone()),
        _ => return false,
    }
    true
}

/// A service account's pull secrets while it passes through kustomizations.
pub(crate) struct PatchedAccount<'a> {
    fact: &'a ServiceAccountFact,
    list: Cow<'a, SecretList>,
    open: Option<Span>,
}

impl<'a> PatchedAccount<'a> {
    pub(crate) fn new(fact: &'a ServiceAccountFact) -> Self {
        Self { fact, list: Cow::Borrowed(&fact.pull_secrets), open: None }
    }

    pub(crate) fn pull_secrets(self) -> SecretList {
        let open = self.open.map(|span| SecretList::Unknown(Why::PartlyEvaluated, span));
        open.unwrap_or_else(|| self.list.into_owned())
    }

    pub(crate) fn leave_open(&mut self, touches: Touches, span: Span) {
        self.open = self.open.or(Some(span).filter(|_| touches.secrets));
    }

    /// Applies a patch that may be for it.
    pub(crate) fn apply(&mut self, patch: &Patch<'a>) {
        let span = patch.fact.span;
        if !patch.fits(&self.fact.object) {
            return self.leave_open(patch.may_touch(), span);
        }
        if !patch.merges() {
            let open = follow(patch, |step| self.step(step));
            return open.into_iter().for_each(|(touches, span)| self.leave_open(touches, span));
        }
        let mut merged = patch.accounts.iter().filter(|own| patch.merges_into(&own.object, &self.fact.object));
        match (merged.next(), merged.next()) {
            // The list has no key to merge its entries by.
            (Some(ServiceAccountFact { pull_secrets: list @ SecretList::Entries(..), .. }), None)
                if !patch.touches.removes =>
            {
                self.list = Cow::Borrowed(list);
            }
            _ => self.leave_open(patch.touches, span),
        }
    }

    fn step(&mut self, step: &'a StepFact) -> bool {
        match &step.change {
            _ if !step.of.is_empty() => return false,
            StepChange::Secrets(list) => self.list = Cow::Borrowed(list),
            StepChange::Secret(entry, place) => return put_in(&mut self.list, entry, *place),
            StepChange::Account(_) | StepChange::Image(..) => return false,
        }
        true
    }
}
