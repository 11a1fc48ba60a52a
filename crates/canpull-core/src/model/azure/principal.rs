//! Principals: which ids, names and attributes of the sources mean the same identity.

use std::collections::{BTreeMap, BTreeSet};

use canpull_syntax::{Span, to_offset};

use crate::fact::Field;
use crate::fact::azure::{IdentityIds, PrincipalAttribute, ResourceKind, ResourceRef};
use crate::model::azure::cluster::ClusterId;
use crate::model::role::is_guid;

/// Index of a principal in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PrincipalId(pub u32);

/// Something that means one principal. Ids are in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    /// What roles are granted to.
    Object(String),
    /// `clientId`, `appId`.
    Client(String),
    /// A managed identity's resource id.
    Resource(String),
    /// What stands for it in its sources.
    Symbol(String),
    /// A managed identity or service principal by name, and the resource group where one is told.
    Name(ResourceKind, String, Option<String>),
    /// What pulls in a cluster with managed identities.
    Kubelet(ClusterId),
    /// The identity of a cluster's control plane, where it is the cluster's own.
    ControlPlane(ClusterId),
    /// The identity of a cluster's add-on.
    AddOn(ClusterId, String),
    /// The service principal that a cluster acts as.
    ClusterServicePrincipal(ClusterId),
}

/// What a principal is, as far as the sources tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PrincipalKind {
    /// Only its id is known.
    Unknown,
    /// The own identity of something other than a cluster, which no kubelet has.
    Owned,
    /// A user-assigned identity.
    Identity,
    /// A service principal.
    ServicePrincipal,
    /// A cluster's control plane.
    ControlPlane,
    /// A cluster's add-on.
    AddOn,
    /// A cluster's kubelets.
    Kubelet,
}

/// An identity that rights can be given to.
#[derive(Clone, Debug)]
pub struct Principal {
    /// What it is; of several, the one that is nearest to pulling.
    pub kind: PrincipalKind,
    /// For people: "the kubelet identity of cluster `prod`".
    pub label: String,
    /// Its object ids, in lower case: one, unless the sources disagree.
    pub object_ids: BTreeSet<String>,
    /// Its client ids, in lower case.
    pub client_ids: BTreeSet<String>,
    /// It is a user-assigned identity or a service principal that the sources tell apart from others.
    pub named: bool,
    /// Where it is told of.
    pub spans: Vec<Span>,
}

/// Which sort of id stands where a principal is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdSort {
    /// The object id, or a reference to the principal itself.
    Object,
    /// The client id, `appId`.
    Client,
    /// A resource id.
    Resource,
}

/// Whom a reference means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// A principal of the sources, by this sort of id.
    Known(PrincipalId, IdSort),
    /// An id, or a name, that nothing in the sources explains.
    Stranger(String),
    /// A registry's admin user, who needs no role.
    Admin,
    /// No principal at all, and why.
    Nobody(String),
    /// Not resolvable.
    Open,
}

/// All principals, joined by what means the same.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    by_key: BTreeMap<Key, u32>,
    parents: Vec<u32>,
    all: Vec<Principal>,
}

impl Principals {
    /// Takes in that all these keys mean one principal.
    pub(super) fn join(&mut self, kind: PrincipalKind, label: String, keys: Vec<Key>, span: Span) -> PrincipalId {
        let own = to_offset(self.parents.len());
        self.parents.push(own);
        let named = keys.iter().any(|key| matches!(key, Key::Resource(_) | Key::Symbol(_) | Key::Name(..)));
        self.all.push(Principal {
            kind,
            label,
            object_ids: BTreeSet::new(),
            client_ids: BTreeSet::new(),
            named,
            spans: vec![span],
        });
        let mut root = own;
        for key in keys {
            if let Key::Object(id) = &key
                && let Some(principal) = self.all.get_mut(root as usize)
            {
                principal.object_ids.insert(id.clone());
            }
            if let Key::Client(id) = &key
                && let Some(principal) = self.all.get_mut(root as usize)
            {
                principal.client_ids.insert(id.clone());
            }
            match self.lookup(&key) {
                Some(other) => root = self.unite(root, other),
                None => {
                    self.by_key.insert(key, root);
                }
            }
        }
        PrincipalId(root)
    }

    /// What a key leads to. A name with its resource group is also meant by the name alone, and a name alone by the only
    /// one with a group.
    fn lookup(&self, key: &Key) -> Option<u32> {
        if let Some(&found) = self.by_key.get(key) {
            return Some(found);
        }
        let Key::Name(kind, name, group) = key else { return None };
        if group.is_some() {
            return self.by_key.get(&Key::Name(*kind, name.clone(), None)).copied();
        }
        let same = |other: &Key| matches!(other, Key::Name(own, text, _) if own == kind && text == name);
        let mut found = self.by_key.range(key.clone()..).take_while(|(other, _)| same(other)).map(|(_, &index)| index);
        let only = found.next()?;
        found.all(|other| self.root(other) == self.root(only)).then_some(only)
    }

    fn root(&self, mut index: u32) -> u32 {
        while let Some(&parent) = self.parents.get(index as usize) {
            if parent == index {
                break;
            }
            index = parent;
        }
        index
    }

    fn unite(&mut self, one: u32, other: u32) -> u32 {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return one;
        }
        // The earlier one stays, so that ids are stable.
        let (keep, drop) = (one.min(other), one.max(other));
        if let Some(parent) = self.parents.get_mut(drop as usize) {
            *parent = keep;
        }
        let Some(gone) = self.all.get(drop as usize).cloned() else { return keep };
        if let Some(kept) = self.all.get_mut(keep as usize) {
            kept.object_ids.extend(gone.object_ids);
            kept.client_ids.extend(gone.client_ids);
            kept.spans.extend(gone.spans);
            kept.named |= gone.named;
            if gone.kind > kept.kind {
                kept.kind = gone.kind;
                kept.label = gone.label;
            }
        }
        keep
    }

    pub(super) fn find(&self, key: &Key) -> Option<PrincipalId> {
        self.lookup(key).map(|index| PrincipalId(self.root(index)))
    }

    /// A principal.
    pub fn get(&self, id: PrincipalId) -> Option<&Principal> {
        self.all.get(self.root(id.0) as usize)
    }

    /// The one id that stands for a principal among all that mean it.
    pub fn settled(&self, id: PrincipalId) -> PrincipalId {
        PrincipalId(self.root(id.0))
    }

    /// Whether two ids mean one principal.
    pub fn same(&self, one: PrincipalId, other: PrincipalId) -> bool {
        self.root(one.0) == self.root(other.0)
    }

    /// Whom an id or a name means, as written.
    pub(super) fn written(&self, written: &str) -> Who {
        let id = written.trim().to_ascii_lowercase();
        if id == "msi" {
            return Who::Nobody(
                "`msi` is no id: it is what a cluster with managed identities shows as its service principal's".into(),
            );
        }
        if let Some(found) = self.find(&Key::Object(id.clone())) {
            return Who::Known(found, IdSort::Object);
        }
        if let Some(found) = self.find(&Key::Client(id.clone())) {
            return Who::Known(found, IdSort::Client);
        }
        if let Some(found) = self.find(&Key::Resource(id.clone())) {
            return Who::Known(found, IdSort::Resource);
        }
        if !is_guid(&id)
            && let Some(found) = self.find(&Key::Name(ResourceKind::ServicePrincipal, id, None))
        {
            return Who::Known(found, IdSort::Object);
        }
        Who::Stranger(written.trim().to_owned())
    }

    /// The principal with this client id, `appId`.
    pub fn by_client_id(&self, id: &str) -> Option<PrincipalId> {
        self.find(&Key::Client(id.to_ascii_lowercase()))
    }

    /// The user-assigned identity with this resource id.
    pub fn by_resource_id(&self, id: &str) -> Option<PrincipalId> {
        self.find(&Key::Resource(id.to_ascii_lowercase()))
    }

    /// The user-assigned identity or service principal that a reference means.
    pub(super) fn resource(&self, resource: &ResourceRef) -> Option<PrincipalId> {
        resource_keys(resource).iter().find_map(|key| self.find(key))
    }
}

/// What means the identity or service principal of a reference.
pub(super) fn resource_keys(resource: &ResourceRef) -> Vec<Key> {
    let id = resource.id.iter().map(|id| Key::Resource(id.to_ascii_lowercase()));
    let symbol = resource.symbol.iter().map(|symbol| Key::Symbol(symbol.clone()));
    let kind = match resource.kind {
        ResourceKind::Application => ResourceKind::ServicePrincipal,
        kind => kind,
    };
    let group =
        resource.group.as_ref().filter(|_| kind == ResourceKind::Identity).map(|group| group.to_ascii_lowercase());
    let name = resource.name.iter().map(|name| Key::Name(kind, name.to_ascii_lowercase(), group.clone()));
    id.chain(symbol).chain(name).collect()
}

/// What means the managed identity of these ids.
pub(super) fn identity_keys(ids: &IdentityIds) -> Vec<Key> {
    let object = ids.object_id.text().map(|id| Key::Object(id.to_ascii_lowercase()));
    let client = ids.client_id.text().map(|id| Key::Client(id.to_ascii_lowercase()));
    let resource = ids.resource.iter().flat_map(resource_keys);
    object.into_iter().chain(client).chain(resource).collect()
}

/// The keys of a pair of ids that stand in fields.
pub(super) fn id_keys(object: &Field<String>, client: &Field<String>) -> Vec<Key> {
    let object = object.text().map(|id| Key::Object(id.to_ascii_lowercase()));
    let client = client.text().map(|id| Key::Client(id.to_ascii_lowercase()));
    object.into_iter().chain(client).collect()
}

/// The sort of id that an attribute is.
pub(super) const fn sort_of(attribute: &PrincipalAttribute) -> IdSort {
    match attribute {
        PrincipalAttribute::KubeletClientId
        | PrincipalAttribute::ClusterServicePrincipalClientId
        | PrincipalAttribute::ClientId
        | PrincipalAttribute::AppId => IdSort::Client,
        PrincipalAttribute::KubeletResourceId | PrincipalAttribute::ResourceId => IdSort::Resource,
        _ => IdSort::Object,
    }
}
