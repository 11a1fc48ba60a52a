//! What a value means where a resource, a scope, a principal, a role or a login server is expected.

use canpull_syntax::Span;

use super::value::{self, Joined, Output, Piece, Shape};
use crate::acr_host::acr_host;
use crate::fact::azure::{PrincipalAttribute, PrincipalRef, ResourceKind, ResourceRef, kind_of, names_node_group};
use crate::fact::{Field, Why};
use crate::{lowering, placeholder};

/// A value's text, or why there is none.
pub(super) fn text(joined: &[Piece], span: Span) -> Field<String> {
    if let Some(text) = value::settled(joined) {
        return Field::Known(text.to_owned(), span);
    }
    if let Some(output) = value::as_output(joined)
        && let Some(name) = output_name(output)
    {
        return Field::Known(name, span);
    }
    match value::why(joined) {
        Some(why) => Field::Unknown(why, span),
        None => Field::Known(String::new(), span),
    }
}

/// The name of a resource, where that is what an output is.
fn output_name(output: &Output) -> Option<String> {
    let is_name = matches!(last(output), Some("name" | "displayName" | "appDisplayName"));
    if let (Shape::Role(name), Some("id" | "name" | "roleName")) = (&output.shape, last(output)) {
        return Some(name.clone());
    }
    output.resource.name.clone().filter(|_| is_name)
}

fn last(output: &Output) -> Option<&str> {
    match output.path.as_slice() {
        [key] => Some(key),
        _ => None,
    }
}

/// A truth value of a flag, `true` where the flag stands alone.
pub(super) fn truth(joined: &[Piece], span: Span) -> Field<bool> {
    match text(joined, span) {
        Field::Known(text, span) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "on" | "" => Field::Known(true, span),
            "false" | "no" | "n" | "0" | "off" => Field::Known(false, span),
            _ => Field::Unknown(Why::NotText, span),
        },
        Field::Unknown(why, span) => Field::Unknown(why, span),
        Field::Absent(span) => Field::Absent(span),
    }
}

/// The resource that a name or id means. `file` makes symbols unique among all sources.
pub(super) fn resource(kind: ResourceKind, joined: &[Piece], file: &str, span: Span) -> ResourceRef {
    if let Some(output) = value::as_output(joined)
        && output.resource.kind == kind
        && matches!(output.shape, Shape::Resource)
        && matches!(last(output), Some("name" | "id" | "displayName" | "loginServer"))
    {
        return ResourceRef { span, ..output.resource.clone() };
    }
    if kind == ResourceKind::ResourceGroup && is_node_group(joined) {
        let symbol = value::symbol(joined).map(|symbol| format!("{file}#{symbol}"));
        return ResourceRef { symbol, ..ResourceRef::unknown(ResourceKind::NodeGroup, span) };
    }
    if starts_as_id(joined)
        && let Some(found) = by_id(joined, file, span)
    {
        return ResourceRef { kind, ..found };
    }
    if let Some(text) = value::settled(joined) {
        let name = match (kind, acr_host(text)) {
            (ResourceKind::Registry, Some(host)) => host.name_and_label().0,
            (ResourceKind::ServicePrincipal | ResourceKind::Application, _) => without_scheme(text),
            _ => text,
        };
        return ResourceRef::named(kind, name, span);
    }
    let symbol = value::symbol(joined).map(|symbol| format!("{file}#{}", without_scheme(&symbol)));
    ResourceRef { symbol, ..ResourceRef::unknown(kind, span) }
}

/// Whether it is the name of the resource group that AKS makes for a cluster's nodes.
fn is_node_group(joined: &[Piece]) -> bool {
    value::as_output(joined).is_some_and(|output| {
        output.resource.kind == ResourceKind::Cluster && last(output).is_some_and(names_node_group)
    })
}

/// The display name in the `http://name` of old service principals.
pub(super) fn without_scheme(name: &str) -> &str {
    name.strip_prefix("http://").or_else(|| name.strip_prefix("https://")).unwrap_or(name)
}

fn starts_as_id(joined: &[Piece]) -> bool {
    match joined.first() {
        Some(Piece::Text(text)) => text.starts_with('/') && text.to_ascii_lowercase().contains("subscriptions/"),
        Some(Piece::Output(output)) => joined.len() > 1 && last(output) == Some("id"),
        _ => false,
    }
}

/// Where a role applies.
pub(super) fn scope(joined: &[Piece], file: &str, span: Span) -> Field<ResourceRef> {
    if let Some(output) = value::as_output(joined) {
        let of_resource = matches!(output.shape, Shape::Resource) && last(output) == Some("id");
        return if of_resource && output.resource.kind != ResourceKind::ServicePrincipal {
            Field::Known(ResourceRef { span, ..output.resource.clone() }, span)
        } else {
            Field::Unknown(Why::FilledAtRunTime, span)
        };
    }
    if let Some(text) = value::settled(joined) {
        let known = text.starts_with('/');
        return if known {
            Field::Known(ResourceRef::from_id(text, span), span)
        } else {
            Field::Unknown(Why::NotText, span)
        };
    }
    if is_below_registry(joined) {
        return Field::Known(ResourceRef::unknown(ResourceKind::BelowRegistry, span), span);
    }
    match by_id(joined, file, span) {
        Some(resource) => Field::Known(resource, span),
        None => Field::Unknown(value::why(joined).unwrap_or(Why::NotText), span),
    }
}

/// A resource by an id of which parts may be open: `/subscriptions/$SUB/resourceGroups/$RG/providers/…`.
fn by_id(joined: &[Piece], file: &str, span: Span) -> Option<ResourceRef> {
    if let Some(text) = value::settled(joined) {
        return Some(ResourceRef::from_id(text, span));
    }
    let (base, segments) = segments(joined);
    let after = |key: &str| {
        let is_key = |segment: &Joined| value::as_text(segment).is_some_and(|text| text.eq_ignore_ascii_case(key));
        segments.get(segments.iter().position(is_key)? + 1)
    };
    let known = |key: &str| after(key).and_then(|own| text(own, span).known().cloned());
    let base_group = base.filter(|base| base.resource.kind == ResourceKind::ResourceGroup);
    let group = known("resourceGroups").or_else(|| base_group.and_then(|base| base.resource.name.clone()));
    let subscription = known("subscriptions");
    let provider = segments
        .iter()
        .rposition(|segment| value::as_text(segment).is_some_and(|text| text.eq_ignore_ascii_case("providers")));
    let (kind, own) = match provider.map(|at| segments.get(at + 1..).unwrap_or_default()) {
        Some([namespace, of_type, name]) => {
            let of_type = format!("{}/{}", value::as_text(namespace)?, value::as_text(of_type)?);
            (kind_of(&of_type), name)
        }
        Some(_) => return None,
        // `/subscriptions/$SUB` and `…/resourceGroups/$RG`, with nothing behind them.
        None => match segments.as_slice() {
            [_, subscription] if base.is_none() => (ResourceKind::Subscription, subscription),
            [_, _, _, group] if base.is_none() && is_node_group(group) => (ResourceKind::NodeGroup, group),
            [_, _, _, group] if base.is_none() => (ResourceKind::ResourceGroup, group),
            _ => return None,
        },
    };
    if kind == ResourceKind::Subscription && after("subscriptions").is_none() {
        return None;
    }
    let named = resource_name(own, file, span);
    Some(ResourceRef { kind, group, subscription, ..named })
}

/// Whether an id goes on behind a registry's: only that has repositories.
fn is_below_registry(joined: &[Piece]) -> bool {
    let (base, segments) = segments(joined);
    let is = |at: usize, word: &str| {
        let segment = segments.get(at).and_then(|segment| value::as_text(segment));
        segment.is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let registry = (0..segments.len()).find(|at| is(*at, "Microsoft.ContainerRegistry") && is(at + 1, "registries"));
    match (registry, base) {
        (Some(at), _) => segments.len() > at + 3,
        (None, Some(base)) => base.resource.kind == ResourceKind::Registry && !segments.is_empty(),
        // An id that is open: `$ACR_ID/repositories/web`.
        (None, None) => is(1, "repositories"),
    }
}

/// A reference by the name in an id's last segment.
fn resource_name(own: &[Piece], file: &str, span: Span) -> ResourceRef {
    let found = ResourceRef::unknown(ResourceKind::Other, span);
    match text(own, span) {
        Field::Known(name, _) => ResourceRef { name: Some(name), ..found },
        _ => match value::as_output(own) {
            Some(output) if last(output) == Some("name") => ResourceRef { span, ..output.resource.clone() },
            _ => ResourceRef { symbol: value::symbol(own).map(|symbol| format!("{file}#{symbol}")), ..found },
        },
    }
}

fn known_text(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::Open { .. } | Piece::Output(_) => None,
    }
}

/// An id's segments, with the resource whose id opens it.
fn segments(joined: &[Piece]) -> (Option<&Output>, Vec<Joined>) {
    let (base, rest) = match joined {
        [Piece::Output(output), rest @ ..] if last(output) == Some("id") => (Some(&**output), rest),
        rest => (None, rest),
    };
    let segments = lowering::segments(rest, known_text, |text| Piece::Text(text.to_owned()));
    (base, segments)
}

/// Who is meant by an id, a name or an attribute.
pub(super) fn principal(joined: &[Piece], file: &str, span: Span) -> PrincipalRef {
    if let Some(text) = value::settled(joined) {
        return PrincipalRef::Written(text.to_owned(), span);
    }
    if let Some(output) = value::as_output(joined) {
        if let Shape::DirectoryOf(written) = &output.shape {
            return entry(written, output, span);
        }
        return match attribute(output) {
            Some((resource, attribute)) => PrincipalRef::Of { resource, attribute, span },
            None => PrincipalRef::Unknown(Why::FilledAtRunTime, span),
        };
    }
    // A service principal by its name: `http://$NAME`.
    if let [Piece::Text(scheme), rest @ ..] = joined
        && without_scheme(scheme).len() < scheme.len()
        && !rest.is_empty()
    {
        let resource = resource(ResourceKind::ServicePrincipal, joined, file, span);
        return PrincipalRef::Of { resource, attribute: PrincipalAttribute::ObjectId, span };
    }
    match value::why(joined) {
        Some(why) => PrincipalRef::Unknown(why, span),
        None => PrincipalRef::Absent(span),
    }
}

/// An id of whom the directory holds under another, as written: a client id or an object id.
fn entry(written: &str, output: &Output, span: Span) -> PrincipalRef {
    let attribute = match last(output) {
        Some("id" | "objectId") => PrincipalAttribute::ObjectId,
        Some("appId") => PrincipalAttribute::AppId,
        _ => return PrincipalRef::Unknown(Why::FilledAtRunTime, span),
    };
    let resource = ResourceRef { id: Some(written.to_owned()), ..output.resource.clone() };
    PrincipalRef::Of { resource, attribute, span }
}

/// Which id of which resource an output is.
pub(super) fn attribute(output: &Output) -> Option<(ResourceRef, PrincipalAttribute)> {
    let path: Vec<&str> = output.path.iter().map(String::as_str).collect();
    let attribute = match &output.shape {
        Shape::Resource => PrincipalAttribute::at(output.resource.kind, &path)?,
        Shape::KubeletIdentity => match path.as_slice() {
            ["principalId"] => PrincipalAttribute::KubeletObjectId,
            ["clientId"] => PrincipalAttribute::KubeletClientId,
            ["id"] => PrincipalAttribute::KubeletResourceId,
            _ => return None,
        },
        Shape::Directory(known) => match path.as_slice() {
            ["id" | "objectId"] => object_id(known),
            ["appId"] => client_id(known),
            _ => return None,
        },
        Shape::ForRbac => match path.as_slice() {
            ["appId" | "clientId" | "name"] => PrincipalAttribute::AppId,
            _ => return None,
        },
        Shape::AdminCredential => match path.as_slice() {
            ["username"] => PrincipalAttribute::AdminUser,
            _ => return None,
        },
        Shape::DirectoryOf(_) | Shape::LoginToken | Shape::Role(_) => return None,
    };
    Some((output.resource.clone(), attribute))
}

/// The object id of whom another of its ids means.
fn object_id(known: &PrincipalAttribute) -> PrincipalAttribute {
    match known {
        PrincipalAttribute::KubeletClientId | PrincipalAttribute::KubeletResourceId => {
            PrincipalAttribute::KubeletObjectId
        }
        PrincipalAttribute::ClusterServicePrincipalClientId => PrincipalAttribute::ClusterServicePrincipalObjectId,
        PrincipalAttribute::ClientId | PrincipalAttribute::ResourceId => PrincipalAttribute::PrincipalId,
        PrincipalAttribute::AppId => PrincipalAttribute::ObjectId,
        known => known.clone(),
    }
}

/// The client id of whom another of its ids means.
fn client_id(known: &PrincipalAttribute) -> PrincipalAttribute {
    match known {
        PrincipalAttribute::KubeletObjectId | PrincipalAttribute::KubeletResourceId => {
            PrincipalAttribute::KubeletClientId
        }
        PrincipalAttribute::ClusterServicePrincipalObjectId => PrincipalAttribute::ClusterServicePrincipalClientId,
        PrincipalAttribute::PrincipalId | PrincipalAttribute::ResourceId => PrincipalAttribute::ClientId,
        PrincipalAttribute::ObjectId => PrincipalAttribute::AppId,
        known => known.clone(),
    }
}

/// A registry's host, with the registry where the host is what Azure or its name makes of it.
pub(super) fn server(joined: &[Piece], file: &str, span: Span) -> (Field<String>, Option<ResourceRef>) {
    if let Some(output) = value::as_output(joined)
        && output.resource.kind == ResourceKind::Registry
        && last(output) == Some("loginServer")
    {
        let resource = ResourceRef { span, ..output.resource.clone() };
        return (Field::Unknown(Why::FilledAtRunTime, span), Some(resource));
    }
    // `$ACR.azurecr.io`, the host of a registry by its name.
    if let Some((Piece::Text(end), name)) = joined.split_last()
        && !name.is_empty()
        && acr_host(&format!("x{end}")).is_some_and(|host| host.name == "x")
    {
        let bare = match name {
            [Piece::Text(scheme), rest @ ..] if scheme == "https://" => rest,
            name => name,
        };
        let registry = resource(ResourceKind::Registry, bare, file, span);
        let known = registry.name.as_ref().map(|name| format!("{name}{end}"));
        let host = known.map_or(Field::Unknown(Why::Placeholder, span), |host| Field::Known(host, span));
        return (host, Some(registry).filter(|registry| !registry.is_open()));
    }
    (text(joined, span), None)
}

/// Whether text is, or holds, a placeholder.
pub(super) fn is_placeholder(text: &str) -> bool {
    placeholder::find(text).is_some()
}
