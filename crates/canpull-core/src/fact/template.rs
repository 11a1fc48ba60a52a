//! What a single file states as a template: parameters, variables, resources, modules and outputs, as expressions.
//! What they come to is worked out over all files, by [`crate::deployment`].

use canpull_syntax::TextRange;
use canpull_syntax::edit::Edit;
use canpull_syntax::expression::Expression;

/// A function of no language: the resource that an object of Kubernetes stands for. Its arguments are the object's key,
/// `group/Kind namespace/name`, and its type in Azure.
pub const OBJECT: &str = "object of kubernetes";

/// A function of no language: what stands in a `ConfigMap` under a key, `namespace/name/key`.
pub const CONFIG_VALUE: &str = "value of a config map";

/// A function of no language: what somebody fills in before deploying, as written.
pub const PLACEHOLDER: &str = "placeholder of a manifest";

/// What a template is deployed to, where it does not say otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Target {
    /// A resource group.
    #[default]
    ResourceGroup,
    /// A subscription.
    Subscription,
    /// A management group, or the tenant.
    Above,
}

/// A name with what it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name.
    pub name: Box<str>,
    /// What it stands for.
    pub value: Expression,
}

/// A parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Box<str>,
    /// What it is where no caller says.
    pub default: Option<Expression>,
    /// In Terraform: its type, which may say what parts of it are where they are left out.
    pub kind: Option<Expression>,
    /// Where it is declared.
    pub range: TextRange,
}

/// One for each item of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loop {
    /// What the loop goes by: in Bicep what an item is called, in ARM templates the loop's own name.
    pub name: Box<str>,
    /// What an item's index is called.
    pub index: Option<Box<str>>,
    /// The items, or how many there are.
    pub over: Expression,
}

/// When, and how often, a resource or module is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// Only where this holds.
    pub condition: Option<Expression>,
    /// Once for each of these.
    pub each: Option<Box<Loop>>,
}

/// What the parts of a resource are called, where that is not what Azure calls them: `kubelet_identity[0].object_id` for
/// `identityProfile.kubeletidentity.objectId`.
pub type Words = &'static [(&'static str, &'static str)];

/// A resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// What it goes by in its template.
    pub symbol: Option<Box<str>>,
    /// `Microsoft.ContainerRegistry/registries`, without a version. Of a child, below its parent, the last part may be
    /// all that is written.
    pub kind: Box<str>,
    /// It is not made, only referred to.
    pub existing: bool,
    /// Its name.
    pub name: Option<Expression>,
    /// What it is set upon, or where it is.
    pub scope: Option<Expression>,
    /// The resource group that it is in, by name, where it says so itself.
    pub group: Option<Expression>,
    /// What it belongs to, as an expression.
    pub parent: Option<Expression>,
    /// In Terraform: which configuration of its provider it is made with, where it says so.
    pub provider: Option<Box<str>>,
    /// The resource that it changes, by its id, where it is none of its own.
    pub changes: Option<Expression>,
    /// The resource that it is written in, by its place among the template's.
    pub within: Option<usize>,
    /// When it is made.
    pub terms: Terms,
    /// All that is said of it, its properties below `properties`.
    pub body: Expression,
    /// Of a role assignment without a principal's type: the edit that tells it.
    pub with_type: Option<Edit>,
    /// What its parts are called where others read them.
    pub words: Words,
    /// What it is told, by the names under which others may read it.
    pub settings: Vec<Named>,
}

/// Where the template of a module is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In a file of the project, or, where that is a folder, in all of its files.
    Path(Box<str>),
    /// In a file of the project of which nothing is deployed: its variables are what it gives out.
    Variables(Box<str>),
    /// In the same file, by its place among the file's templates. Its expressions may be the caller's.
    Inline(usize, Scoping),
    /// What another configuration of the project gives out, found by where it keeps its state.
    State(Box<State>),
    /// In a registry of modules, or anywhere else that is not read, as written.
    Elsewhere(Box<str>),
}

/// Where a configuration of Terraform keeps its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// The sort of place: `azurerm`, `local`.
    pub backend: Box<str>,
    /// Where there, as an object.
    pub config: Expression,
}

/// Whose parameters and variables the expressions of an inline template mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scoping {
    /// Its own.
    Inner,
    /// Those of the template that it is in.
    Outer,
}

/// A template that is deployed by another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// What it goes by in its template.
    pub symbol: Option<Box<str>>,
    /// The deployment's name.
    pub name: Option<Expression>,
    /// Where its template is.
    pub source: Source,
    /// What its parameters are.
    pub arguments: Vec<Named>,
    /// Where it is deployed to.
    pub scope: Option<Expression>,
    /// The resource group that it is deployed to, by name.
    pub group: Option<Expression>,
    /// The subscription that it is deployed to, by id.
    pub subscription: Option<Expression>,
    /// In Terraform: it is handed configurations of providers, which need not be its caller's.
    pub has_providers: bool,
    /// When it is deployed.
    pub terms: Terms,
    /// Where it is called.
    pub range: TextRange,
}

/// A template.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TemplateFact {
    /// What it is deployed to.
    pub target: Target,
    /// It is Terraform's: what it makes several times goes by one name, and what modules give out are parts of them.
    pub is_terraform: bool,
    /// It is one with the templates of all other files in its folder.
    pub is_of_folder: bool,
    /// What it says is laid over what the other files of its folder say.
    pub overrides: bool,
    /// It was compiled from a file of this ending: where that is there too, it is what counts.
    pub compiled_from: Option<&'static str>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Variables, locals.
    pub variables: Vec<Named>,
    /// Resources that bear on pulling.
    pub resources: Vec<Resource>,
    /// Of role assignments without a scope, by their places among the resources: the edit that gives them the only
    /// registry of the template.
    pub scopes: Vec<(usize, Edit)>,
    /// Templates that it deploys.
    pub modules: Vec<Module>,
    /// Outputs.
    pub outputs: Vec<Named>,
    /// In Terraform: the cloud that its provider works in.
    pub cloud: Option<Expression>,
    /// In Terraform: where it keeps its state.
    pub state: Option<State>,
}

impl TemplateFact {
    /// Gives back the room that it would take to hold more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.parameters.shrink_to_fit();
        self.variables.shrink_to_fit();
        self.resources.shrink_to_fit();
        self.modules.shrink_to_fit();
        self.outputs.shrink_to_fit();
    }
}

/// Which template a file of parameters is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Receiver {
    /// The one that it names, relative to the project root.
    Named(String),
    /// One beside it.
    Beside,
    /// That of its folder, or of the next one above that has one. Always, or only where it is chosen.
    Folder {
        /// It is read whatever else is.
        always: bool,
    },
}

/// A file of parameters for a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgumentsFact {
    /// Which template it is for.
    pub receiver: Receiver,
    /// What the parameters are.
    pub values: Vec<Named>,
}
