//! Clusters: which facts speak of the same one, and who pulls in it.

use canpull_syntax::{Span, order};

use crate::fact::Field;
use crate::fact::azure::{ClusterFact, ClusterIdentityKind, Statement, label};
use crate::model::azure::principal::PrincipalId;
use crate::model::azure::setting::{self, Setting};
use crate::model::scope::Place;

/// Index of a cluster in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClusterId(pub u32);

/// A cluster of the sources.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// Which one.
    pub place: Place,
    /// What speaks of it.
    pub facts: Vec<&'a ClusterFact>,
    /// The identity that pulls where the cluster has managed identities.
    pub kubelet: PrincipalId,
    /// Whether the sources may leave out which identity the kubelets have: another identity of theirs may be it.
    pub kubelet_open: bool,
    /// The service principal that pulls where the cluster has one.
    pub service_principal: Option<PrincipalId>,
    /// The identities of the control plane.
    pub control_plane: Vec<PrincipalId>,
}

impl<'a> Cluster<'a> {
    /// Its name, or what stands for it, for people.
    pub fn label(&self) -> String {
        label(self.place.name.as_deref(), self.place.symbol.as_deref())
    }

    /// Managed identities or a service principal. A cluster that is made without a word of it has managed identities.
    pub fn identity_kind(&self) -> Setting<ClusterIdentityKind> {
        let told = setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.identity_kind)));
        if told != Setting::Unseen {
            return told;
        }
        if self.facts.iter().any(|fact| fact.service_principal.is_some()) {
            return Setting::Known(ClusterIdentityKind::ServicePrincipal, self.spans());
        }
        let managed = |fact: &&&ClusterFact| {
            fact.statement == Statement::Makes || !fact.kubelet.object_id.is_absent() || fact.kubelet.resource.is_some()
        };
        match self.facts.iter().find(managed) {
            Some(fact) => Setting::Known(ClusterIdentityKind::Managed, vec![fact.span]),
            None => Setting::Unseen,
        }
    }

    /// Whether service accounts bring identities of their own to ACR.
    pub fn service_account_pull(&self) -> Setting<bool> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.service_account_pull)))
    }

    /// The client id of the identity for service accounts that name none.
    pub fn service_account_default(&self) -> Option<(&'a str, Span)> {
        self.facts.iter().find_map(|fact| match &fact.service_account_default {
            Field::Known(id, span) => Some((id.as_str(), *span)),
            _ => None,
        })
    }

    /// What the nodes ask without the proxy that they are told of.
    pub fn no_proxy(&self) -> Setting<Vec<String>> {
        setting::of(self.facts.iter().map(|fact| (fact.statement, &fact.no_proxy)))
    }

    /// Where the sources speak of it, the most telling first.
    pub fn spans(&self) -> Vec<Span> {
        let mut facts: Vec<_> = self.facts.iter().map(|fact| (std::cmp::Reverse(fact.statement), fact.span)).collect();
        order::sort(&mut facts);
        facts.into_iter().map(|(_, span)| span).collect()
    }
}
