//! The rules: one file each, listed here.

mod admin_user_enabled;
mod anonymous_pull_enabled;
mod assignment_name_not_unique;
mod cluster_without_pull_role;
mod commands;
mod credential_breaks_public_image;
mod deprecated_service_principal_name;
mod docker_server_not_login_server;
mod grants;
mod image_pull_secrets_malformed;
mod image_pull_secrets_misplaced;
mod image_pull_secrets_misspelt;
mod incomplete_rbac_flags;
mod invalid_image_reference;
mod login_server_mismatch;
mod msi_client_id_as_assignee;
mod principal_is_group;
mod principal_type_missing;
mod pull_credential_admin;
mod pull_credential_expired;
mod pull_credential_plaintext;
mod pull_credential_powerless;
mod pull_credential_short_lived;
mod pull_denied;
mod pull_role_on_wrong_identity;
mod pull_role_wrong_id_kind;
mod pull_secret_in_other_namespace;
mod pull_secret_not_found;
mod pull_secret_not_referenced;
mod pull_secret_registry_mismatch;
mod pull_secret_undecodable;
mod pull_secret_wrong_layout;
mod pull_secret_wrong_type;
mod pull_unproven;
mod registry_host_missing;
mod registry_unreachable;
mod registry_withholds_images;
mod removed_api_version;
mod removed_cli_property;
mod role_cannot_pull;
mod role_condition_excludes_repository;
mod role_condition_loose;
mod role_denied;
mod role_ignored_by_registry_mode;
mod role_scope_misses_registry;
mod role_scope_missing;
mod role_scope_too_broad;
mod role_too_powerful;
mod service_account_not_found;
mod service_account_patch_replaces;
mod service_account_secrets_misplaced;
mod service_account_secrets_shadowed;
mod unparsable_source;
mod unresolved_value;
mod unused_suppression;
mod virtual_node_needs_pull_secret;

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::edit::Edit;
use canpull_syntax::{FileId, Span, TextRange, order, text, to_offset};

use crate::diagnostic::{Annotation, Applicability, Change, Confidence, Diagnostic, Fix, RuleInfo, Severity};
use crate::fact::script::SlipFact;
use crate::fact::{DefectKind, FieldDefect, Insertion, ServiceAccountFact};
use crate::model::azure::{Registry, RegistryId};
use crate::model::docker_config::Credential;
use crate::model::image::ImageReference;
use crate::model::registry;
use crate::model::{AccessModel, Content, ImageUse, Pod, PullSecret};
use crate::proof::review::{NearMiss, Review};
use crate::proof::{self, Claim, Link, PullProof, Route, RouteKind, Truth};

use commands::{grant_fix, registry_id, shown};
use grants::{edit, handed_on, puller_instead, role_instead};

/// What a rule may look at.
pub struct Context<'a> {
    /// Objects and worlds.
    pub model: &'a AccessModel<'a>,
    /// One proof for each image use, in the model's order.
    pub proofs: &'a [PullProof],
    /// Role assignments, reviewed.
    pub review: Review<'a, 'a>,
    /// Those that fail of their purpose.
    pub near_misses: Vec<NearMiss<'a, 'a>>,
    /// The time to hold expiry dates against, in seconds since 1970.
    pub now: Option<i64>,
}

/// A rule: its metadata, its page and its check.
pub struct Rule {
    /// Stable id in kebab-case that names the defect.
    pub id: &'static str,
    /// Severity unless a finding's evidence or the configuration says otherwise.
    pub severity: Severity,
    /// The version that brought it.
    pub since: &'static str,
    /// Whether it offers edits, safe or unsafe, for the mistake that its page shows.
    pub fixable: bool,
    /// Where those who make Kubernetes or Azure document what it rests on.
    pub docs: Option<&'static str>,
    /// The page, in Markdown: its examples are executed by the tests.
    pub page: &'static str,
    /// Finds.
    pub check: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// All rules, by id.
pub const ALL: &[Rule] = &[
    admin_user_enabled::RULE,
    anonymous_pull_enabled::RULE,
    assignment_name_not_unique::RULE,
    cluster_without_pull_role::RULE,
    credential_breaks_public_image::RULE,
    deprecated_service_principal_name::RULE,
    docker_server_not_login_server::RULE,
    image_pull_secrets_malformed::RULE,
    image_pull_secrets_misplaced::RULE,
    image_pull_secrets_misspelt::RULE,
    incomplete_rbac_flags::RULE,
    invalid_image_reference::RULE,
    login_server_mismatch::RULE,
    msi_client_id_as_assignee::RULE,
    principal_is_group::RULE,
    principal_type_missing::RULE,
    pull_credential_admin::RULE,
    pull_credential_expired::RULE,
    pull_credential_plaintext::RULE,
    pull_credential_powerless::RULE,
    pull_credential_short_lived::RULE,
    pull_denied::RULE,
    pull_role_on_wrong_identity::RULE,
    pull_role_wrong_id_kind::RULE,
    pull_secret_in_other_namespace::RULE,
    pull_secret_not_found::RULE,
    pull_secret_not_referenced::RULE,
    pull_secret_registry_mismatch::RULE,
    pull_secret_undecodable::RULE,
    pull_secret_wrong_layout::RULE,
    pull_secret_wrong_type::RULE,
    pull_unproven::RULE,
    registry_host_missing::RULE,
    registry_unreachable::RULE,
    registry_withholds_images::RULE,
    removed_api_version::RULE,
    removed_cli_property::RULE,
    role_cannot_pull::RULE,
    role_condition_excludes_repository::RULE,
    role_condition_loose::RULE,
    role_denied::RULE,
    role_ignored_by_registry_mode::RULE,
    role_scope_misses_registry::RULE,
    role_scope_missing::RULE,
    role_scope_too_broad::RULE,
    role_too_powerful::RULE,
    service_account_not_found::RULE,
    service_account_patch_replaces::RULE,
    service_account_secrets_misplaced::RULE,
    service_account_secrets_shadowed::RULE,
    unparsable_source::RULE,
    unresolved_value::RULE,
    unused_suppression::RULE,
    virtual_node_needs_pull_secret::RULE,
];

/// Rules about who else may get at images or credentials, with how bad that is on the scale of CVSS: code scanning
/// services rank these apart.
const SECURITY: &[(&str, &str)] = &[
    ("admin-user-enabled", "5.5"),
    ("anonymous-pull-enabled", "6.5"),
    ("pull-credential-admin", "6.5"),
    ("pull-credential-plaintext", "8.5"),
    ("role-condition-loose", "4.5"),
    ("role-scope-too-broad", "3.5"),
    ("role-too-powerful", "5.5"),
];

impl Rule {
    /// What those who show findings may know of it.
    pub fn info(&self) -> RuleInfo {
        let security = SECURITY.iter().find(|(id, _)| *id == self.id).map(|(_, score)| *score);
        RuleInfo { id: self.id, severity: self.severity, page: self.page, docs: self.docs, security }
    }
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id)
}

impl Rule {
    /// Its page, in Markdown, under its id.
    pub fn markdown(&self) -> String {
        format!("# {}\n\n{}", self.id, self.body())
    }

    /// Its page, and where to read on.
    pub fn body(&self) -> String {
        let page = self.page.trim();
        self.docs.map_or_else(|| format!("{page}\n"), |docs| format!("{page}\n\n## See also\n<{docs}>\n"))
    }
}

impl<'a> Context<'a> {
    /// Every pull with its index, image and pod.
    fn pulls(&self) -> impl Iterator<Item = (usize, &'a PullProof, &'a ImageUse<'a>, &'a Pod<'a>)> {
        self.proofs.iter().enumerate().filter_map(|(index, proof)| {
            let image = self.model.image_use(proof.image_use)?;
            Some((index, proof, image, self.model.pod(image.pod)?))
        })
    }

    /// The registry of the sources that a host is for certain.
    fn registry_at(&self, host: &str) -> Option<(RegistryId, &'a Registry<'a>)> {
        let azure = &self.model.azure;
        let (id, _) = azure.registries_at(host).into_iter().find(|(_, truth)| *truth == Truth::Yes)?;
        Some((id, azure.registry(id)?))
    }

    /// The pulls from a registry that are not proven to succeed.
    fn pulls_from(&self, registry: Option<&Registry<'_>>) -> Vec<usize> {
        let Some(registry) = registry else { return Vec::new() };
        let from = |image: &ImageUse<'_>| {
            image.parsed().is_some_and(|reference| registry.answers(&reference.registry) == Truth::Yes)
        };
        let open = self.pulls().filter(|(_, proof, image, _)| proof.verdict() != Truth::Yes && from(image));
        open.map(|(index, ..)| index).collect()
    }

    /// The pulls from any Azure registry that are not proven to succeed.
    fn pulls_unproven(&self) -> Vec<usize> {
        let of_azure = |image: &ImageUse<'_>| {
            image.parsed().is_some_and(|reference| registry::acr_host(&reference.registry).is_some())
        };
        let open = self.pulls().filter(|(_, proof, image, _)| proof.verdict() != Truth::Yes && of_azure(image));
        open.map(|(index, ..)| index).collect()
    }

    /// Whether the sources hold all assignments and none lets the nodes pull: shown by one of these pulls.
    fn is_refused(&self, pulls: &[usize]) -> bool {
        pulls.iter().filter_map(|index| self.proofs.get(*index)).any(refuses_nodes)
    }

    /// An error where nothing makes up for a near miss, else a warning.
    fn severity_of(near: &NearMiss<'_, '_>) -> Severity {
        if near.certain { Severity::Error } else { Severity::Warning }
    }

    /// Commands that do not do what they are meant to.
    fn slips(&self) -> impl Iterator<Item = &'a SlipFact> {
        self.model.files.iter().flat_map(|file| &file.script.slips)
    }

    /// Whether some route holds for a pull: what is wrong with others is a trap at most.
    fn is_proven(&self, pull: usize) -> bool {
        self.proofs.get(pull).is_some_and(|proof| proof.verdict() == Truth::Yes)
    }

    /// The secrets that pods get, each with the route that leads through it and the pull's index.
    fn named_secrets(&self) -> impl Iterator<Item = (usize, &'a PullProof, &'a Route, &'a PullSecret<'a>)> {
        let model = self.model;
        self.proofs.iter().enumerate().flat_map(move |(index, proof)| {
            let routes = proof.routes.iter().filter(|route| !is_shadowed(route));
            routes.flat_map(move |route| {
                route.secrets.iter().filter_map(move |id| Some((index, proof, route, model.secret(*id)?)))
            })
        })
    }

    /// One finding for each secret whose content `defect` objects to, however many pulls it concerns, with what mends
    /// the secret.
    fn secret_findings(
        &self,
        rule: &Rule,
        defect: fn(&Content) -> Option<(String, &'static str, Span)>,
        mend: fn(&PullSecret<'_>) -> Option<Fix>,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut by_place = BTreeMap::new();
        for (index, _, route, secret) in self.named_secrets() {
            let Some((reason, help, span)) = defect(&secret.content) else { continue };
            let diagnostic = by_place.entry(span).or_insert_with(|| {
                let name = secret.name.as_deref().unwrap_or_default();
                let mut diagnostic = finding(rule, span, format!("pull secret `{name}`: {reason}"), help);
                diagnostic.fixes.extend(mend(secret));
                diagnostic.related.extend(
                    route.named_at.map(|span| Annotation { span, message: "named here for pulling".to_owned() }),
                );
                diagnostic
            });
            diagnostic.pulls.push(index);
        }
        for mut diagnostic in by_place.into_values() {
            diagnostic.pulls.dedup();
            found.push(diagnostic);
        }
    }

    /// One finding for each secret and reason for which the holder of its credential is refused.
    fn holder_findings(&self, rule: &Rule, claim: &Claim, help: &str, found: &mut Vec<Diagnostic>) {
        let mut by_cause = BTreeMap::new();
        for (index, _, route, secret) in self.named_secrets() {
            let refused = |link: &&Link| link.claim == *claim && link.truth == Truth::No;
            let Some(link) = route.links.iter().find(refused) else { continue };
            let diagnostic = by_cause.entry((secret.span, link.text.as_str())).or_insert_with(|| {
                let name = secret.name.as_deref().unwrap_or_default();
                let message = format!("pull secret `{name}` does not help: {}", link.text);
                let mut diagnostic =
                    Diagnostic { severity: Severity::Error, ..finding(rule, secret.span, message, help) };
                let told = link.because.iter().map(|&span| Annotation { span, message: "told here".to_owned() });
                diagnostic.related.extend(told);
                diagnostic
            });
            diagnostic.pulls.push(index);
        }
        found.extend(by_cause.into_values());
    }

    /// The findings of a rule about fields that went wrong, with the edits that right them.
    fn defect_findings(&self, describe: fn(&FieldDefect) -> Option<Diagnostic>, found: &mut Vec<Diagnostic>) {
        let mut pulls_of: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
        for (index, _, _, pod) in self.pulls() {
            pulls_of.entry(pod.fact.object.span).or_default().push(index);
        }
        for defect in self.model.files.iter().flat_map(|file| &file.defects) {
            let Some(mut diagnostic) = describe(defect) else { continue };
            if !defect.edits.is_empty() {
                let edits = defect.edits.iter().map(|edit| (defect.span.file, edit.clone())).collect();
                diagnostic.fixes.push(Fix {
                    title: title(defect),
                    applicability: Applicability::Safe,
                    change: Change::Edits(edits),
                });
            }
            diagnostic.pulls = pulls_of.get(&defect.object.span).cloned().unwrap_or_default();
            // The object is made all the same; where all its images can be pulled, nothing fails.
            let is_skipped = matches!(defect.kind, DefectKind::EmptyName) && !diagnostic.pulls.is_empty();
            if is_skipped && diagnostic.pulls.iter().all(|pull| self.is_proven(*pull)) {
                diagnostic.severity = diagnostic.severity.min(Severity::Warning);
            }
            found.push(diagnostic);
        }
    }

    /// Whether a pull-secret field of the pod's object went wrong.
    fn has_defect(&self, pod: &Pod<'_>) -> bool {
        let file = self.model.files.get(pod.fact.object.span.file.0 as usize);
        file.is_some_and(|file| file.defects.iter().any(|defect| defect.object.span == pod.fact.object.span))
    }

    /// Secrets that are certainly in the pod's namespace and have a key for the image.
    fn fitting_secrets(&self, pod: &Pod<'a>, image: &ImageReference) -> impl Iterator<Item = &'a PullSecret<'a>> {
        let lookup_name = image.lookup_name();
        let secrets = self.model.secrets_for(pod.world, &pod.namespace, &image.registry);
        secrets.filter(move |secret| {
            secret.name.is_some()
                && pod.can_name(secret)
                && !proof::matching(secret.credentials(), &lookup_name).is_empty()
                && !secret.credentials().iter().all(Credential::is_empty)
        })
    }

    /// Names of pull secrets that no source makes and nothing declares, on routes that count.
    fn unseen_names(&self) -> Vec<UnseenName<'a>> {
        let mut names = Vec::new();
        for (pull, proof, _, pod) in self.pulls() {
            for route in proof.routes.iter().filter(|route| route.secrets.is_empty() && !is_shadowed(route)) {
                let exists = route.links.iter().find(|link| link.claim == Claim::SecretExists);
                let (Some(exists), Some(name), Some(at)) = (exists, &route.secret_name, route.named_at) else {
                    continue;
                };
                if exists.truth == Truth::Yes {
                    continue;
                }
                let quoted = at.range.end - at.range.start == to_offset(name.len() + 2);
                names.push(UnseenName { pull, pod, name: name.clone(), at, quoted, exists: exists.truth });
            }
        }
        names
    }

    /// A generated secret of this name, which kustomize gives another that it does not write here.
    fn generated(&self, named: &UnseenName<'a>) -> Option<&'a PullSecret<'a>> {
        let mut secrets = self.model.secrets_named(named.pod.world, &named.name);
        secrets.find(|secret| secret.is_hashed() && secret.namespace.same(&named.pod.namespace) != Truth::No)
    }

    /// A secret of this name in another, written-out namespace.
    fn elsewhere(&self, named: &UnseenName<'a>) -> Option<&'a PullSecret<'a>> {
        let mut secrets = self.model.secrets_named(named.pod.world, &named.name);
        secrets.find(|secret| secret.namespace.same(&named.pod.namespace) == Truth::No)
    }
}

/// Whether a route leads through a service account whose secrets the pod does not get, for it names others.
fn is_shadowed(route: &Route) -> bool {
    route.links.iter().any(|link| link.claim == Claim::PodListEmpty && link.truth == Truth::No)
}

/// Whether a proof holds all assignments, and none of them lets the nodes pull.
fn refuses_nodes(proof: &PullProof) -> bool {
    let own = proof.routes.iter().filter(|route| route.kind == RouteKind::NodeIdentity);
    own.flat_map(|route| &route.links).any(|link| link.claim == Claim::RoleGranted && link.truth == Truth::No)
}

/// The rule whose findings come from applying the suppressions, not from a check of its own.
pub(crate) const UNUSED_SUPPRESSION: &Rule = &unused_suppression::RULE;

/// A finding about a suppression.
pub(crate) fn unused_suppression(span: Span, message: String) -> Diagnostic {
    finding(UNUSED_SUPPRESSION, span, message, unused_suppression::HELP)
}

/// A name in a list of pull secrets that stands for no secret of the sources.
struct UnseenName<'a> {
    pull: usize,
    pod: &'a Pod<'a>,
    name: String,
    at: Span,
    /// The name is written in quotes: its place is longer than it.
    quoted: bool,
    /// Unknown, or No where the sources hold all secrets.
    exists: Truth,
}

/// What the edits of a defect do.
fn title(defect: &FieldDefect) -> String {
    match &defect.kind {
        DefectKind::Misplaced => format!("move it to `{}`", defect.belongs),
        DefectKind::Misspelt { .. } => format!("write it as `{}`", defect.belongs),
        DefectKind::WrongShape { .. } => "write a list of `name: <secret>`".to_owned(),
        DefectKind::ExtraKey { key } => format!("remove `{key}`"),
        DefectKind::EmptyName => "remove the entry".to_owned(),
        DefectKind::MapInName => "keep the name alone".to_owned(),
        DefectKind::DuplicateName { name } => format!("name `{name}` once"),
    }
}

/// A finding of a rule at its own severity.
fn finding(rule: &Rule, span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        rule: rule.id,
        severity: rule.severity,
        confidence: Confidence::High,
        message: text::brief(message),
        help: help.to_owned(),
        span,
        label: String::new(),
        related: Vec::new(),
        fixes: Vec::new(),
        pulls: Vec::new(),
        object: None,
    }
}

/// One cause, one finding: a secret that no source makes is told of once, at the first place that names it.
pub(crate) fn gather_named_causes(found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<(Severity, String), usize> = BTreeMap::new();
    let mut kept: Vec<Diagnostic> = Vec::new();
    for mut diagnostic in std::mem::take(found) {
        if diagnostic.rule != pull_secret_not_found::RULE.id || !diagnostic.fixes.is_empty() {
            kept.push(diagnostic);
            continue;
        }
        let cause = (diagnostic.severity, diagnostic.message.clone());
        if let Some(told) = first.get(&cause).and_then(|&at| kept.get_mut(at)) {
            let message = "named here too".to_owned();
            told.related.push(Annotation { span: diagnostic.span, message });
            told.pulls.append(&mut diagnostic.pulls);
        } else {
            first.insert(cause, kept.len());
            kept.push(diagnostic);
        }
    }
    *found = kept;
}

/// Writes `to` where an image begins with `from`, if the image stands in the file as it is read.
fn image_fix(image: &ImageUse<'_>, from: &str, to: &str) -> Option<Fix> {
    let written = image.fact.image.text() == Some(image.text.as_str()) && image.overridden.is_none();
    if !written || !image.text.starts_with(from) {
        return None;
    }
    let range = image.span.range;
    let quotes = (range.end - range.start).checked_sub(to_offset(image.text.len()))?;
    if quotes != 0 && quotes != 2 {
        return None;
    }
    let start = range.start + quotes / 2;
    let edit = Edit { range: TextRange::new(start, start + to_offset(from.len())), text: to.to_owned() };
    Some(Fix {
        title: format!("write `{to}{}`", image.text.get(from.len()..).unwrap_or_default()),
        applicability: Applicability::Unsafe,
        change: Change::Edits(vec![(image.span.file, edit)]),
    })
}

/// Names a secret in the pod's list; a kustomization may have renamed what is written, so the object's own file is edited
/// only.
fn name_secret(pod: &Pod<'_>, name: &str) -> Option<Fix> {
    let insertion = pod.fact.insertion.as_ref().filter(|_| !pod.fact.is_static)?;
    Some(insert_name(insertion, pod.fact.object.span.file, name))
}

/// Names a secret in the service account's list.
fn name_in_account(account: &ServiceAccountFact, name: &str) -> Option<Fix> {
    let insertion = account.insertion.as_ref().filter(|_| !account.object.live)?;
    Some(insert_name(insertion, account.object.span.file, name))
}

fn insert_name(insertion: &Insertion, file: FileId, name: &str) -> Fix {
    let text = format!("{}{name}{}", insertion.before, insertion.after);
    Fix {
        title: format!("name `{name}` in `imagePullSecrets`"),
        applicability: Applicability::Safe,
        change: Change::Edits(vec![(file, Edit { range: insertion.range, text })]),
    }
}

/// A finding about a command, with the edits that right it.
fn slip_finding(rule: &Rule, slip: &SlipFact, message: String, help: &str) -> Diagnostic {
    let mut diagnostic = finding(rule, slip.span, message, help);
    if !slip.edits.is_empty() {
        let edits = slip.edits.iter().map(|edit| (slip.span.file, edit.clone())).collect();
        let title = "write the command as it is meant".to_owned();
        diagnostic.fixes.push(Fix { title, applicability: Applicability::Safe, change: Change::Edits(edits) });
    }
    diagnostic
}

/// The rules that tell of an assignment which was meant to let the cluster pull: where one speaks, a role is not missing.
const NEAR_MISSES: [&str; 6] = [
    msi_client_id_as_assignee::RULE.id,
    pull_role_on_wrong_identity::RULE.id,
    pull_role_wrong_id_kind::RULE.id,
    role_cannot_pull::RULE.id,
    role_ignored_by_registry_mode::RULE.id,
    role_scope_misses_registry::RULE.id,
];

/// The rules that tell why a secret which a pod names does not let it pull.
const SECRET_FAULTS: [&str; 9] = [
    docker_server_not_login_server::RULE.id,
    pull_credential_expired::RULE.id,
    pull_credential_powerless::RULE.id,
    pull_secret_in_other_namespace::RULE.id,
    pull_secret_not_found::RULE.id,
    pull_secret_registry_mismatch::RULE.id,
    pull_secret_undecodable::RULE.id,
    pull_secret_wrong_layout::RULE.id,
    pull_secret_wrong_type::RULE.id,
];

/// The other rules about secrets that may tell of errors.
const SECRET_TRAPS: [&str; 2] = [pull_credential_admin::RULE.id, pull_credential_short_lived::RULE.id];

/// Where other routes prove every pull that a finding about a secret is about, the secret is a trap at most.
pub(crate) fn temper_traps(found: &mut [Diagnostic], proofs: &[PullProof]) {
    let is_proven = |pull: &usize| proofs.get(*pull).is_some_and(|proof| proof.verdict() == Truth::Yes);
    let about_secrets = |rule: &str| SECRET_FAULTS.contains(&rule) || SECRET_TRAPS.contains(&rule);
    for diagnostic in found.iter_mut().filter(|diagnostic| about_secrets(diagnostic.rule)) {
        if !diagnostic.pulls.is_empty() && diagnostic.pulls.iter().all(is_proven) {
            diagnostic.severity = diagnostic.severity.min(Severity::Warning);
        }
    }
}

/// One cause, one finding. `cluster-without-pull-role` is silent where a grant goes wrong, `pull-denied` where an error names
/// the cause, `pull-unproven` where a secret is at hand that would prove the pull, `pull-secret-registry-mismatch` where the
/// command that makes the secret goes wrong, and `virtual-node-needs-pull-secret` where an error tells of the secret that is
/// named. A cause that is not told, for its rule is turned off or made less than an error, silences nothing.
pub(crate) fn silence_named_causes(found: &mut Vec<Diagnostic>) {
    let denied = pull_denied::RULE.id;
    silence(found, cluster_without_pull_role::RULE.id, |cause| NEAR_MISSES.contains(&cause.rule));
    silence(found, pull_secret_registry_mismatch::RULE.id, |cause| {
        cause.rule == docker_server_not_login_server::RULE.id
    });
    silence(found, virtual_node_needs_pull_secret::RULE.id, |cause| {
        cause.severity == Severity::Error && SECRET_FAULTS.contains(&cause.rule)
    });
    silence(found, denied, |cause| cause.severity == Severity::Error && cause.rule != denied);
    silence(found, pull_unproven::RULE.id, |cause| cause.rule == pull_secret_not_referenced::RULE.id);
}

/// Drops the findings of a rule all of whose pulls another finding names that `is_cause`.
fn silence(found: &mut Vec<Diagnostic>, rule: &str, is_cause: impl Fn(&Diagnostic) -> bool) {
    let causes = found.iter().filter(|diagnostic| is_cause(diagnostic));
    let named: BTreeSet<usize> = order::gather(causes.flat_map(|cause| cause.pulls.iter().copied()));
    found.retain(|diagnostic| diagnostic.rule != rule || !diagnostic.pulls.iter().all(|pull| named.contains(pull)));
}
