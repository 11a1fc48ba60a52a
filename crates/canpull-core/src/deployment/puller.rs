//! The edit that makes a role assignment one for what pulls in the cluster that it is meant for.

use std::rc::Rc;

use canpull_syntax::expression::Expression;
use canpull_syntax::{Span, TextRange};

use super::Evaluator;
use super::instance::{Env, Instance};
use super::target::Target;
use super::value::{Data, Evaluated};
use crate::fact::azure::{ResourceKind, ResourceRef};
use crate::fact::grant::PullerInstead;
use crate::fact::template::Resource;

/// Where a cluster has the object id of its kubelet identity.
const KUBELET: &str = "identityProfile.kubeletidentity.objectId";

impl<'f> Evaluator<'f> {
    /// The edit that would make another part of a cluster what pulls in it. What others may use as well, it leaves alone:
    /// the principal of the assignment itself is changed, or nothing.
    pub(super) fn puller_instead(
        &self,
        principal: &Evaluated,
        env: &Env<'f>,
        resource: &'f Resource,
        is_choice: bool,
    ) -> Option<PullerInstead> {
        let Data::Resource(target, path) = &principal.data else { return None };
        if target.reference.kind != ResourceKind::Cluster {
            return None;
        }
        let own = resource.body.at(&["properties", "principalId"]);
        let is_here = principal.hops.is_empty() || own.is_some_and(|own| is_within(principal.span, env.span(own)));
        let whole = if is_here { Some(principal.span) } else { own.and_then(|own| written(own, env)) };
        let whole = whole.filter(|_| is_here || !is_choice);
        if let Some(client) = self.service_principal_of(target) {
            let symbol = self.service_principal_beside(&client, env)?;
            let text = format!("{symbol}.object_id");
            return Some(PullerInstead { place: whole?, text, is_service_principal: true });
        }
        if is_here {
            let path: Vec<&str> = path.iter().map(|key| &**key).collect();
            let place = Span::new(principal.span.file, TextRange::new(principal.part_at?, principal.span.range.end));
            return Some(PullerInstead { place, text: kubelet(target, &path)?, is_service_principal: false });
        }
        let symbol = self.symbol_beside(target, env)?;
        let part = target.in_its_words(KUBELET).map_or_else(|| format!("properties.{KUBELET}"), str::to_owned);
        Some(PullerInstead { place: whole?, text: format!("{symbol}.{part}"), is_service_principal: false })
    }

    /// By what client id a cluster acts as a service principal, where it does.
    fn service_principal_of(&self, cluster: &Target) -> Option<Evaluated> {
        let (id, index) = cluster.declared?;
        let instance = self.instance(id)?;
        let &(file, resource) = instance.unit.resources.get(index)?;
        let body = self.evaluate(&resource.body, &instance.env(file));
        let is_told = |own: &&Evaluated| !matches!(own.data, Data::Null | Data::Open(..));
        if body.key("identity").and_then(|own| own.key("type")).is_some_and(|own| !matches!(own.data, Data::Null)) {
            return None;
        }
        let client = body.key("properties")?.key("servicePrincipalProfile")?.key("clientId").filter(is_told)?;
        let is_msi = client.data.as_text().is_some_and(|id| id.eq_ignore_ascii_case("msi"));
        (!is_msi).then(|| client.clone())
    }

    /// What the service principal of a client id goes by where an assignment is written.
    fn service_principal_beside(&self, client: &Evaluated, env: &Env<'f>) -> Option<&'f str> {
        let Data::Resource(client, _) = &client.data else { return None };
        let is_it = |own: &ResourceRef| {
            let same = (&own.id, &own.name, &own.symbol)
                == (&client.reference.id, &client.reference.name, &client.reference.symbol);
            same && own.kind == ResourceKind::ServicePrincipal
        };
        let instance = &env.instance;
        let all = instance.unit.resources.iter().enumerate().filter(|(_, (_, own))| own.changes.is_none());
        let mut found =
            all.filter(|(_, (_, own))| own.terms.each.is_none() && own.kind.ends_with("/servicePrincipals"));
        let (_, (_, resource)) = found.find(|(index, _)| is_it(&self.declared(env, *index).reference))?;
        resource.symbol.as_deref().filter(|_| self.has_symbols(env))
    }

    /// What a resource goes by where an assignment is written.
    fn symbol_beside(&self, target: &Target, env: &Env<'f>) -> Option<&'f str> {
        let (id, index) = target.declared.filter(|(id, _)| *id == env.instance.id)?;
        let instance: Rc<Instance<'f>> = self.instance(id)?;
        let (_, resource) = instance.unit.resources.get(index).filter(|(_, own)| own.terms.each.is_none())?;
        resource.symbol.as_deref().filter(|_| self.has_symbols(env))
    }

    /// Whether a file is of a language whose expressions mean resources by their symbols.
    fn has_symbols(&self, env: &Env<'f>) -> bool {
        let path = self.files.get(env.file.0 as usize).map_or("", |file| file.path.as_str());
        [".tf", ".bicep"].iter().any(|ending| path.ends_with(ending))
    }
}

fn is_within(one: Span, other: Span) -> bool {
    one.file == other.file && other.range.start <= one.range.start && one.range.end <= other.range.end
}

/// Where an expression is written, unless it is one of a sketch.
fn written(own: &Expression, env: &Env<'_>) -> Option<Span> {
    let span = env.span(own);
    (span.file == env.file && span.range == own.range).then_some(span)
}

/// What follows a cluster where its kubelet identity's object id is meant in place of what stands at the end of a path.
fn kubelet(target: &Target, path: &[&str]) -> Option<String> {
    if let Some(kubelet) = target.in_its_words(KUBELET) {
        return Some(format!(".{kubelet}"));
    }
    // A reference to the properties alone leaves that word out.
    let properties = match path {
        ["properties" | "identity", ..] => ".properties",
        ["identityProfile", ..] => "",
        _ => return None,
    };
    Some(format!("{properties}.{KUBELET}"))
}
