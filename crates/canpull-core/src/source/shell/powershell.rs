//! Cmdlets of Azure PowerShell: what each states, and what it puts out.

use canpull_syntax::{Span, TextRange};

use super::arguments::{Argument, Arguments, Style};
use super::feed::Feed;
use super::meaning;
use super::run::Run;
use super::slip;
use super::value::{Joined, Shape, Value};
use crate::fact::azure::{
    ClusterFact, IdentityFact, PrincipalAttribute, PrincipalRef, RegistryFact, ResourceKind, ResourceRef, Statement,
};
use crate::fact::grant::{GrantOrigin, RevocationFact, RoleAssignmentFact, RoleRef};
use crate::fact::{Field, Why};

/// How properties are spelt that scripts ask for; PowerShell takes them in any case of letters.
const PROPERTIES: [&str; 21] = [
    "id",
    "name",
    "loginServer",
    "principalId",
    "clientId",
    "appId",
    "objectId",
    "resourceId",
    "identityProfile",
    "kubeletidentity",
    "servicePrincipalProfile",
    "identity",
    "addonProfiles",
    "username",
    "accessToken",
    "displayName",
    "passwords",
    "password",
    "value",
    "userAssignedIdentities",
    "resourceGroup",
];

const GROUP: &[&str] = &["-resourcegroupname", "-resourcegroup"];

/// A property as the Azure CLI spells it.
pub(super) fn property(written: &str) -> String {
    let found = PROPERTIES.iter().find(|known| known.eq_ignore_ascii_case(written));
    match found {
        Some(known) => (*known).to_owned(),
        None if written.eq_ignore_ascii_case("applicationId") => "appId".to_owned(),
        None => written.to_owned(),
    }
}

/// Notes what a cmdlet states and tells what it puts out; `None` for what is not known.
pub(super) fn run(
    run: &mut Run<'_>,
    name: &str,
    arguments: Vec<Argument>,
    feed: Feed,
    range: TextRange,
) -> Option<Value> {
    let arguments = Arguments::new(arguments, Style::PowerShell);
    let mut cmdlet = Cmdlet { run, arguments: &arguments, range };
    match name {
        "get-azakscluster" => cmdlet.cluster(Statement::Mentions),
        "new-azakscluster" | "new-azaks" => cmdlet.cluster(Statement::Makes),
        "set-azakscluster" | "set-azaks" => cmdlet.cluster(Statement::Changes),
        "get-azcontainerregistry" => cmdlet.registry(Statement::Mentions),
        "new-azcontainerregistry" => cmdlet.registry(Statement::Makes),
        "update-azcontainerregistry" => cmdlet.registry(Statement::Changes),
        "get-azcontainerregistrycredential" => {
            cmdlet.registry(Statement::Mentions).map(|value| value.shaped(&Shape::AdminCredential))
        }
        "get-azuserassignedidentity" => cmdlet.identity(Statement::Mentions),
        "new-azuserassignedidentity" => cmdlet.identity(Statement::Makes),
        "get-azadserviceprincipal" | "new-azadserviceprincipal" => {
            cmdlet.output(ResourceKind::ServicePrincipal, &["-displayname"])
        }
        "get-azresourcegroup" => cmdlet.output(ResourceKind::ResourceGroup, &["-name", "-resourcegroupname"]),
        "new-azroleassignment" => {
            cmdlet.grant();
            None
        }
        "remove-azroleassignment" => {
            cmdlet.revoke();
            None
        }
        "select-object" | "select" => {
            let Feed::Value(value) = feed else { return None };
            let key = arguments.text(&["-expandproperty"]).map(property);
            Some(value.select(&key.into_iter().collect::<Vec<_>>(), (range, false)))
        }
        _ => None,
    }
}

/// A cmdlet with its parameters.
struct Cmdlet<'c, 'q, 'r> {
    run: &'c mut Run<'r>,
    arguments: &'q Arguments,
    range: TextRange,
}

impl Cmdlet<'_, '_, '_> {
    fn span(&self) -> Span {
        self.run.span(self.range)
    }

    /// Where a parameter would stand that is not there.
    fn end(&self) -> Span {
        self.run.end_of(self.range)
    }

    fn alternatives(&self, names: &[&str]) -> Vec<(Joined, Span)> {
        let Some(argument) = self.arguments.value(names) else { return Vec::new() };
        let span = self.run.span(argument.range);
        argument.value.alternatives().iter().map(|joined| (joined.clone(), span)).collect()
    }

    /// What is written for a parameter; Unknown where it may be this or that.
    fn one<T>(&self, names: &[&str], of: impl Fn(&Joined, Span) -> Field<T>) -> Field<T> {
        match self.alternatives(names).as_slice() {
            [] if self.arguments.open => Field::Unknown(Why::FilledAtRunTime, self.span()),
            [] => Field::Absent(self.end()),
            [(joined, span)] => of(joined, *span),
            [(_, span), ..] => Field::Unknown(Why::FilledAtRunTime, *span),
        }
    }

    fn text(&self, names: &[&str]) -> Field<String> {
        self.one(names, |joined, span| meaning::text(joined, span))
    }

    fn resource(&self, kind: ResourceKind, names: &[&str]) -> Option<ResourceRef> {
        let found = self.alternatives(names);
        let [(joined, span)] = found.as_slice() else { return None };
        let mut own = meaning::resource(kind, joined, self.run.path, *span);
        if own.id.is_none() && own.group.is_none() && kind != ResourceKind::ResourceGroup {
            own.group = self.text(GROUP).known().cloned();
        }
        Some(own)
    }

    fn output(&self, kind: ResourceKind, names: &[&str]) -> Option<Value> {
        self.resource(kind, names).map(|own| Value::output(own, Shape::Resource))
    }

    fn cluster(&mut self, statement: Statement) -> Option<Value> {
        let cluster = self.resource(ResourceKind::Cluster, &["-name"])?;
        let (span, end) = (self.span(), self.end());
        if statement != Statement::Mentions || self.run.mentions(&cluster) {
            self.run
                .facts
                .azure
                .clusters
                .push(ClusterFact { span, ..ClusterFact::new(cluster.clone(), statement, end) });
        }
        let (role, pulls) = (
            RoleRef { written: Field::Known("AcrPull".to_owned(), span), symbol: None },
            PrincipalRef::Of { resource: cluster.clone(), attribute: PrincipalAttribute::KubeletObjectId, span },
        );
        if let Some(registry) = self.resource(ResourceKind::Registry, &["-acrnametoattach"]) {
            let registry = ResourceRef { group: None, ..registry };
            let scope = Field::Known(registry, span);
            let absent = || Field::Absent(end);
            self.assign(GrantOrigin::Attach, (pulls.clone(), absent()), role.clone(), scope, false);
        }
        if let Some(registry) = self.resource(ResourceKind::Registry, &["-acrnametodetach"]) {
            let scope = Field::Known(ResourceRef { group: None, ..registry }, span);
            self.run.facts.azure.revocations.push(RevocationFact { principal: pulls, role, scope, span });
        }
        Some(Value::output(cluster, Shape::Resource))
    }

    fn registry(&mut self, statement: Statement) -> Option<Value> {
        let registry = self.resource(ResourceKind::Registry, &["-name", "-registryname"])?;
        let mut fact = RegistryFact { span: self.span(), ..RegistryFact::new(registry.clone(), statement, self.end()) };
        if statement != Statement::Mentions {
            fact.sku = self.text(&["-sku"]);
            fact.admin_enabled = match self.arguments.flag(&["-enableadminuser"]) {
                Some(flag) if flag.values.is_empty() => Field::Known(true, self.run.span(flag.range)),
                Some(_) => self.one(&["-enableadminuser"], |joined, span| meaning::truth(joined, span)),
                None => Field::Absent(self.end()),
            };
        }
        if statement != Statement::Mentions || self.run.mentions(&registry) {
            self.run.facts.azure.registries.push(fact);
        }
        Some(Value::output(registry, Shape::Resource))
    }

    fn identity(&mut self, statement: Statement) -> Option<Value> {
        let resource = self.resource(ResourceKind::Identity, &["-name"])?;
        let span = self.span();
        let (principal_id, client_id) = (Field::Absent(self.end()), Field::Absent(self.end()));
        let fact = IdentityFact { resource: resource.clone(), statement, principal_id, client_id, span };
        if statement != Statement::Mentions || self.run.mentions(&fact.resource) {
            self.run.facts.azure.identities.push(fact);
        }
        Some(Value::output(resource, Shape::Resource))
    }

    fn principal(&self) -> PrincipalRef {
        const IDS: [&[&str]; 4] = [
            &["-objectid", "-id", "-principalid"],
            &["-applicationid", "-serviceprincipalname", "-spn"],
            &["-signinname", "-email"],
            &["-displayname"],
        ];
        let found = IDS.iter().map(|names| self.alternatives(names)).find(|found| !found.is_empty());
        match found.as_deref() {
            Some([(joined, span)]) => meaning::principal(joined, self.run.path, *span),
            Some([(_, span), ..]) => PrincipalRef::Unknown(Why::FilledAtRunTime, *span),
            _ if self.arguments.open => PrincipalRef::Unknown(Why::FilledAtRunTime, self.span()),
            _ => PrincipalRef::Absent(self.end()),
        }
    }

    fn role(&self) -> RoleRef {
        let names: &[&str] = &["-roledefinitionname", "-roledefinitionid"];
        RoleRef { written: self.text(names), symbol: None }
    }

    /// `-Scope`, or a resource by its name, type and group.
    fn scope(&self) -> Field<ResourceRef> {
        let path = self.run.path;
        let written = self.one(&["-scope"], |joined, span| meaning::scope(joined, path, span));
        if !written.is_absent() {
            return written;
        }
        let resource_type = self.text(&["-resourcetype"]);
        let kind = resource_type.text().map_or(ResourceKind::Other, crate::fact::azure::kind_of);
        if let Some(own) = self.resource(kind, &["-resourcename"]) {
            let span = own.span;
            return if own.is_open() { Field::Unknown(Why::FilledAtRunTime, span) } else { Field::Known(own, span) };
        }
        match self.resource(ResourceKind::ResourceGroup, GROUP) {
            Some(group) => Field::Known(group.clone(), group.span),
            None => written,
        }
    }

    fn grant(&mut self) {
        let principal = (self.principal(), self.text(&["-objecttype"]));
        let ids = ["-objectid", "-applicationid", "-serviceprincipalname", "-spn"];
        if let Some(id) = self.arguments.value(&ids) {
            slip::msi(self.run, id);
        }
        // The cmdlet asks the directory only where it is given no object id.
        let unchecked = self.arguments.has(&["-objectid"]) && self.arguments.has(&["-objecttype"]);
        self.assign(GrantOrigin::Command, principal, self.role(), self.scope(), unchecked);
    }

    fn assign(
        &mut self,
        origin: GrantOrigin,
        (principal, principal_type): (PrincipalRef, Field<String>),
        role: RoleRef,
        scope: Field<ResourceRef>,
        unchecked: bool,
    ) {
        let span = self.span();
        let fact = RoleAssignmentFact {
            principal,
            principal_type,
            role,
            scope,
            condition: self.text(&["-condition"]),
            condition_version: self.text(&["-conditionversion"]),
            unchecked,
            maybe: self.run.maybe,
            ..RoleAssignmentFact::bare(origin, span, span)
        };
        self.run.facts.azure.assignments.push(fact);
    }

    fn revoke(&mut self) {
        let (principal, role, scope, span) = (self.principal(), self.role(), self.scope(), self.span());
        // What is piped in may be any.
        if matches!(principal, PrincipalRef::Absent(_)) && scope.is_absent() {
            return;
        }
        self.run.facts.azure.revocations.push(RevocationFact { principal, role, scope, span });
    }
}
