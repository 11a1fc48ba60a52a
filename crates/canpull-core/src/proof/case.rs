//! One pull to be proven: the common links, and every route in the order in which the kubelet tries them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use canpull_syntax::{Span, text, to_offset};

use crate::config::{ClusterDecl, CompleteKind, Declared};
use crate::fact::{Field, SecretList, Why};
use crate::model::{AccessModel, ImageUse, ImageUseId, Pod, Reference, ServiceAccount, WorldId};
use crate::proof::credential;
use crate::proof::identity::Found;
use crate::proof::{Claim, Link, PullProof, Route, RouteKind, Truth};

/// Proves every image use of the model, in its order.
pub fn prove_all(model: &AccessModel<'_>, now: Option<i64>) -> Vec<PullProof> {
    let memo = Memo::default();
    let ids = (0..to_offset(model.image_uses.len())).map(ImageUseId);
    ids.filter_map(|id| prove(model, id, now, &memo)).collect()
}

/// What does not change from pull to pull, worked out once.
#[derive(Default)]
pub(super) struct Memo<'m, 'a> {
    /// What the clusters of a world may pull from a host and repository.
    pub(super) accesses: RefCell<BTreeMap<(WorldId, String, String), Vec<Link>>>,
    /// Which registry a host is.
    pub(super) registries: RefCell<BTreeMap<String, Rc<Found<'m, 'a>>>>,
}

fn prove<'m, 'a>(
    model: &'m AccessModel<'a>,
    id: ImageUseId,
    now: Option<i64>,
    memo: &Memo<'m, 'a>,
) -> Option<PullProof> {
    let image = model.image_use(id)?;
    let pod = model.pod(image.pod)?;
    let case = Case { model, pod, image, now, memo };
    let mut common = vec![case.reference()];
    common.extend(case.host_serves());
    common.extend(case.list_accepted());
    common.extend(case.well_formed());
    common.extend(case.admitted());
    if image.pull_policy.text() == Some("Never") {
        return Some(PullProof { image_use: id, common, routes: vec![case.no_pull_needed()] });
    }
    let lists = case.lists();
    common.extend(case.secrets_decode(&lists));
    let mut routes = case.secret_routes(&lists);
    common.extend(credential::unseen_decode(&routes));
    routes.extend(case.node_identity());
    routes.extend(case.account_identity());
    routes.extend(case.attached());
    let anonymous = case.anonymous(&routes);
    routes.push(anonymous);
    Some(PullProof { image_use: id, common, routes })
}

/// One pull to be proven.
pub(super) struct Case<'c, 'm, 'a> {
    pub(super) model: &'m AccessModel<'a>,
    pub(super) pod: &'m Pod<'a>,
    pub(super) image: &'m ImageUse<'a>,
    pub(super) now: Option<i64>,
    pub(super) memo: &'c Memo<'m, 'a>,
}

/// A list of pull secrets with what decides whether the pod gets it.
pub(super) struct NamedList<'m> {
    pub(super) kind: RouteKind,
    pub(super) list: &'m SecretList,
    /// What must hold for the list to count: the pod's own list always does.
    pub(super) condition: Vec<Link>,
    /// The list may be another one: its service account is in a namespace that may be another's.
    pub(super) uncertain: bool,
    /// Several sources write the list, and not the same.
    pub(super) disputed: bool,
    /// Added by a script or pipeline to a list that is written elsewhere, or nowhere.
    pub(super) added: bool,
    /// Whether kustomize writes the names that it gives to generated secrets into the list.
    pub(super) follows_names: Truth,
}

impl NamedList<'_> {
    /// Whether the pod gets the list.
    pub(super) fn applies(&self) -> Truth {
        let truth = self.condition.iter().fold(Truth::Yes, |truth, link| truth.and(link.truth));
        if self.is_open() { truth.and(Truth::Unknown) } else { truth }
    }

    /// Whether the list may be another one.
    pub(super) const fn is_open(&self) -> bool {
        self.uncertain || self.disputed
    }

    /// The claim that the list holds a name, and whose list it is.
    pub(super) fn owner(&self) -> (Claim, &'static str) {
        match self.kind {
            RouteKind::PodPullSecret => (Claim::PodNames, "the pod"),
            _ => (Claim::ServiceAccountNames, "its service account"),
        }
    }
}

pub(super) fn link(claim: Claim, truth: Truth, text: impl Into<String>, because: Vec<Span>) -> Link {
    Link { claim, text: text::brief(text.into()), truth, assumed: false, because }
}

pub(super) fn assumed(claim: Claim, truth: Truth, text: impl Into<String>, because: Vec<Span>) -> Link {
    Link { assumed: true, ..link(claim, truth, text, because) }
}

/// What follows from an uncertain candidate can be refuted by the real one: No becomes Unknown.
pub(super) fn weakened(mut link: Link) -> Link {
    link.truth = link.truth.max(Truth::Unknown);
    link
}

impl<'m, 'a> Case<'_, 'm, 'a> {
    pub(super) fn image_span(&self) -> Vec<Span> {
        std::iter::once(self.image.span).chain(self.image.overridden).collect()
    }

    fn reference(&self) -> Link {
        let (truth, text) = match &self.image.reference {
            Reference::Parsed(reference) => (Truth::Yes, format!("the kubelet reads the image as `{reference}`")),
            Reference::Invalid(error) => {
                (Truth::No, format!("the kubelet refuses the image name (InvalidImageName): {error}"))
            }
            Reference::Unresolved(why) => {
                (Truth::Unknown, format!("the image is not known before deploying: {}", why.describe()))
            }
        };
        link(Claim::ReferenceParses, truth, text, self.image_span())
    }

    /// A host that looks like a registry's and is none; what answers there, if anything does, no source tells.
    fn host_serves(&self) -> Option<Link> {
        let host = &self.image.parsed()?.registry;
        let wrong = self.model.azure.wrong_host(host)?;
        let text = format!("`{host}` is {}: images are not pulled from it", wrong.reason);
        Some(link(Claim::HostServes, Truth::Unknown, text, self.image_span()))
    }

    fn list_accepted(&self) -> Option<Link> {
        let SecretList::Refused(_, span) = &self.pod.pull_secrets else { return None };
        let text = "the API server accepts `imagePullSecrets`: it must be a list of `{name: …}`";
        Some(link(Claim::ListAccepted, Truth::No, text, vec![*span]))
    }

    fn no_pull_needed(&self) -> Route {
        let because = vec![self.image.pull_policy.span()];
        let text =
            "`imagePullPolicy: Never`: the image must be on the node already, or the pod fails with ErrImageNeverPull";
        Route::new(RouteKind::NoPullNeeded, vec![link(Claim::ImagePresent, Truth::Unknown, text, because)])
    }

    /// Whether the pod's own list is empty, which is when admission copies the service account's.
    fn own_list_empty(&self) -> Link {
        let own = &self.pod.pull_secrets;
        let (truth, text) = match own {
            SecretList::Empty(_) if self.pod.is_made() => {
                (Truth::No, "the pod is made already, and its service account's pull secrets are not in it")
            }
            SecretList::Empty(_) => {
                (Truth::Yes, "the pod names no pull secret, so its service account's are copied into it")
            }
            SecretList::Entries(..) | SecretList::Refused(..) => {
                (Truth::No, "the pod names pull secrets of its own, so its service account's are not added")
            }
            SecretList::Unknown(..) => (Truth::Unknown, "whether the pod names pull secrets of its own is not known"),
        };
        link(Claim::PodListEmpty, truth, text, vec![own.span()])
    }

    /// The pod's own list, and those of the service accounts that may be its own.
    fn lists(&self) -> Vec<NamedList<'m>> {
        // The kubelet runs static pods without the API server: no service account, no secrets.
        if self.pod.fact.is_static {
            return Vec::new();
        }
        let own = &self.pod.pull_secrets;
        let mut lists = vec![NamedList {
            kind: RouteKind::PodPullSecret,
            list: own,
            condition: Vec::new(),
            uncertain: false,
            disputed: false,
            added: false,
            follows_names: self.pod.follows_names,
        }];
        lists.extend(self.injected());
        let Some(name) = self.account_name() else { return lists };
        let condition = self.own_list_empty();
        let accounts = self.accounts();
        lists.extend(self.patched_accounts(name, &accounts, &condition));
        let disputed = disputed(&accounts);
        lists.extend(accounts.into_iter().map(|(account, uncertain)| NamedList {
            kind: RouteKind::ServiceAccountPullSecret,
            list: &account.pull_secrets,
            condition: std::iter::once(condition.clone()).chain(account_refused(account)).collect(),
            uncertain,
            disputed: disputed || self.may_be_replaced(name, &account.pull_secrets),
            added: false,
            follows_names: Truth::Yes,
        }));
        lists
    }

    /// The written service accounts that may be the pod's own, each with whether that is uncertain.
    pub(super) fn accounts(&self) -> Vec<(&'m ServiceAccount<'a>, bool)> {
        // The kubelet runs static pods without the API server.
        let Some(name) = self.account_name().filter(|_| !self.pod.fact.is_static) else { return Vec::new() };
        // A pod that names none runs as what is called `default` in the end.
        let implied = !matches!(&self.pod.service_account, Field::Known(name, _) if !name.is_empty());
        let counts = |account: &&'m ServiceAccount<'a>| !(implied && account.renamed);
        let (world, namespace) = (self.pod.world, &self.pod.namespace);
        let mut here = self.model.accounts_here(world, name, namespace).filter(counts).peekable();
        // Where one is certainly meant, no other can be: a namespace has but one of a name.
        if here.peek().is_some() {
            return here.map(|account| (account, false)).collect();
        }
        let maybe = self.model.accounts_maybe_here(world, name, namespace).filter(counts);
        maybe.map(|account| (account, true)).collect()
    }

    /// Pull secrets that pipelines add to the pod as they deploy it, and commands to its workload.
    fn injected(&self) -> impl Iterator<Item = NamedList<'m>> {
        let path =
            self.model.files.get(self.pod.fact.object.span.file.0 as usize).map_or("", |file| file.path.as_str());
        let changing = self.model.injections.iter().filter_map(move |injection| {
            let reaches = injection.reaches(&self.pod.fact.object, &self.pod.namespace, path);
            (reaches != Truth::No).then_some((injection, reaches == Truth::Unknown))
        });
        changing.map(|(injection, uncertain)| NamedList {
            kind: RouteKind::PodPullSecret,
            list: &injection.list,
            condition: Vec::new(),
            uncertain,
            disputed: false,
            added: true,
            follows_names: Truth::No,
        })
    }

    /// The service account's name; `None` where it is not known.
    pub(super) fn account_name(&self) -> Option<&'m str> {
        match &self.pod.service_account {
            Field::Known(name, _) if !name.is_empty() => Some(name),
            Field::Unknown(..) => None,
            _ => Some("default"),
        }
    }

    fn secret_routes(&self, lists: &[NamedList<'m>]) -> Vec<Route> {
        if self.pod.fact.is_static {
            return Vec::new();
        }
        let mut routes = Vec::new();
        for list in lists {
            routes.extend(list.list.entries().iter().filter_map(|entry| self.secret_route(list, entry)));
            if let SecretList::Unknown(why, span) = list.list {
                routes.push(open_route(list, *why, *span));
            }
        }
        let certain =
            |list: &NamedList<'_>| list.kind == RouteKind::ServiceAccountPullSecret && !list.uncertain && !list.added;
        if !lists.iter().any(certain) {
            routes.push(self.unwritten_account());
        }
        routes.extend(self.patched());
        credential::settle_hub_entries(&mut routes);
        routes
    }

    /// The service account is in no source: its list is Unknown, or empty where the sources hold all accounts.
    fn unwritten_account(&self) -> Route {
        let span = self.pod.service_account.span();
        let (truth, text, because) = match self.account_name() {
            None => (Truth::Unknown, "which service account the pod runs as is not known".to_owned(), vec![span]),
            Some(name) => {
                let complete = self.complete(CompleteKind::ServiceAccounts);
                let declared = self.external(&self.model.config.external_service_accounts, name);
                match (complete, declared) {
                    (Some(complete), None) => {
                        let text = format!(
                            "service account `{name}` is in no source, and the configuration says that these are all"
                        );
                        (Truth::No, text, [vec![span], complete].concat())
                    }
                    (_, Some((_, declared))) => {
                        let text =
                            format!("service account `{name}` is made elsewhere; its pull secrets are not visible");
                        (Truth::Unknown, text, vec![span, declared])
                    }
                    (None, None) => {
                        let text =
                            format!("service account `{name}` is in no source; its pull secrets are not visible");
                        (Truth::Unknown, text, vec![span])
                    }
                }
            }
        };
        let links = vec![self.own_list_empty(), link(Claim::ServiceAccountNames, truth, text, because)];
        Route::new(RouteKind::ServiceAccountPullSecret, links)
    }

    /// An operator or policy that hands out pull secrets leaves no trace in the pod's manifest.
    fn patched(&self) -> Option<Route> {
        let on_pods = self.model.patchers.iter().find(|patcher| patcher.patches_pods);
        let patcher = on_pods.or(self.model.patchers.first())?;
        let text = format!("{} may add pull secrets at run time", patcher.object.kind);
        let (kind, mut links) = if patcher.patches_pods {
            (RouteKind::PodPullSecret, Vec::new())
        } else {
            (RouteKind::ServiceAccountPullSecret, vec![self.own_list_empty()])
        };
        links.push(link(Claim::HandedOut, Truth::Unknown, text, vec![patcher.object.span]));
        Some(Route::new(kind, links))
    }

    pub(super) fn clusters(&self) -> impl Iterator<Item = &'m ClusterDecl> {
        self.model.clusters_of(self.pod.world)
    }

    /// Where every cluster of the world is declared to have all objects of a kind in the sources; `None` unless all are.
    pub(super) fn complete(&self, kind: CompleteKind) -> Option<Vec<Span>> {
        self.model.complete(self.pod.world, kind)
    }

    /// The declaration that an object of this name is made elsewhere, in the pod's namespace or in one that may be its.
    pub(super) fn external(&self, globs: &[Declared<String>], name: &str) -> Option<(Truth, Span)> {
        self.pod.namespace.declared(globs, name)
    }
}

/// That the API server refuses a service account whose list has another shape: what it names is named by nobody.
fn account_refused(account: &ServiceAccount<'_>) -> Option<Link> {
    let SecretList::Refused(_, span) = &account.pull_secrets else { return None };
    let text = "the API server refuses the service account: `imagePullSecrets` must be a list of `{name: …}`";
    Some(link(Claim::ListAccepted, Truth::No, text, vec![*span]))
}

/// Whether several sources write one service account, and not the same pull secrets: the last one that is applied counts.
fn disputed(accounts: &[(&ServiceAccount<'_>, bool)]) -> bool {
    let names = |account: &ServiceAccount<'_>| -> Vec<Option<String>> {
        account.pull_secrets.entries().iter().map(|entry| entry.name.text().map(str::to_owned)).collect()
    };
    let mut certain = accounts.iter().filter(|(_, uncertain)| !uncertain).map(|(account, _)| names(account));
    let first = certain.next();
    certain.any(|names| Some(names) != first)
}

fn open_route(list: &NamedList<'_>, why: Why, span: Span) -> Route {
    let text = format!("which pull secrets are named is not known: {}", why.describe());
    let mut links = list.condition.clone();
    links.push(link(Claim::NamesOpen, Truth::Unknown, text, vec![span]));
    Route::new(list.kind, links)
}

impl Route {
    /// A route that no secret leads to.
    pub(super) fn new(kind: RouteKind, links: Vec<Link>) -> Self {
        Self { kind, links, secret_name: None, named_at: None, secrets: Vec::new() }
    }
}

impl Why {
    /// For messages: `a placeholder that is filled in before deploying`.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Placeholder => "a placeholder that is filled in before deploying",
            Self::Encrypted => "it is encrypted in the repository",
            Self::NotText => "it is not text",
            Self::PartlyEvaluated => "the kustomization changes it in a way that is not evaluated",
            Self::FilledAtRunTime => "it is filled in at run time",
            Self::Encoded => "it is encoded as base64, and what it holds is not evaluated",
        }
    }
}
