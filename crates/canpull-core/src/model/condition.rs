//! Conditions of Azure role assignments: what they say of an action on a repository, in three values.

mod operator;
mod parse;

use canpull_syntax::{TextRange, order};

use crate::model::role;
use crate::placeholder;
use crate::proof::Truth;
use operator::Operator;

pub use parse::{ConditionError, parse};

/// The only version of the language in which attributes can be asked for.
pub const VERSION: &str = "2.0";

/// The attribute that holds the name of the repository, without host, tag and digest.
const REPOSITORY_NAME: &str = "Microsoft.ContainerRegistry/registries/repositories:name";

/// A condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    root: Expression,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Expression {
    /// Joined by `AND`; a single operand as well.
    All(Vec<Self>),
    /// Joined by `OR`.
    Any(Vec<Self>),
    /// Joined by both without parentheses, which the language asks for.
    Unordered(Vec<Self>),
    Not(Box<Self>),
    /// `ActionMatches{'…'}`.
    Action {
        patterns: Vec<Literal>,
        range: TextRange,
    },
    Comparison {
        left: Operand,
        operator: Operator,
        right: Operand,
    },
    /// A suboperation, or a function or an operator that is not evaluated.
    Open,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Operand {
    /// `@Source[name]`.
    Attribute {
        source: String,
        name: String,
        range: TextRange,
    },
    Literals(Vec<Literal>),
}

/// A value as written, without its quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Literal {
    text: String,
    range: TextRange,
}

impl Operand {
    /// The attribute that names the repository of the request.
    fn is_repository(&self) -> bool {
        matches!(self, Self::Attribute { source, name, .. }
            if source.eq_ignore_ascii_case("Request") && name.eq_ignore_ascii_case(REPOSITORY_NAME))
    }

    /// The values, where they can be known.
    fn values<'v>(&'v self, repository: Option<&'v str>) -> Option<Vec<&'v str>> {
        match self {
            Self::Attribute { .. } => repository.filter(|_| self.is_repository()).map(|name| vec![name]),
            Self::Literals(literals) => {
                let known = literals.iter().all(|literal| placeholder::find(&literal.text).is_none());
                known.then(|| literals.iter().map(|literal| literal.text.as_str()).collect())
            }
        }
    }
}

impl Condition {
    /// Whether the condition holds for an action, on a repository where one is meant. Attributes that cannot be known
    /// leave it open.
    pub fn allows(&self, action: &str, repository: Option<&str>) -> Truth {
        self.root.holds(action, repository)
    }

    /// What the condition says that its author will hardly have meant, in order of writing.
    pub fn lints(&self) -> Vec<ConditionLint> {
        let mut lints = Vec::new();
        // Whatever the attributes are: pulling is not among the actions that the condition is about.
        let actions = self.root.first_action().filter(|_| self.allows(role::PULL_DATA_ACTION, None) == Truth::Yes);
        lints.extend(actions.map(|range| ConditionLint { kind: ConditionLintKind::PullNotCovered, range }));
        self.root.lint(&mut lints);
        order::sort_by_key(&mut lints, |lint| (lint.range, lint.kind));
        lints
    }
}

impl Expression {
    fn holds(&self, action: &str, repository: Option<&str>) -> Truth {
        let each = |operands: &[Self]| -> Vec<Truth> {
            operands.iter().map(|operand| operand.holds(action, repository)).collect()
        };
        match self {
            Self::All(operands) => each(operands).into_iter().fold(Truth::Yes, Truth::and),
            Self::Any(operands) => each(operands).into_iter().fold(Truth::No, Truth::or),
            Self::Unordered(operands) => agreed(each(operands)),
            Self::Not(operand) => operand.holds(action, repository).not(),
            Self::Action { patterns, .. } => {
                agreed(patterns.iter().map(|pattern| role::matches(&pattern.text, action).into()))
            }
            Self::Comparison { left, operator, right } => match (left.values(repository), right.values(repository)) {
                (Some(left), Some(right)) => operator.holds(&left, &right),
                _ => Truth::Unknown,
            },
            Self::Open => Truth::Unknown,
        }
    }

    /// Where the first action is named.
    fn first_action(&self) -> Option<TextRange> {
        match self {
            Self::Action { range, .. } => Some(*range),
            _ => self.operands().iter().find_map(Self::first_action),
        }
    }

    fn operands(&self) -> &[Self] {
        match self {
            Self::All(operands) | Self::Any(operands) | Self::Unordered(operands) => operands,
            Self::Not(operand) => std::slice::from_ref(operand),
            Self::Action { .. } | Self::Comparison { .. } | Self::Open => &[],
        }
    }

    fn lint(&self, lints: &mut Vec<ConditionLint>) {
        self.operands().iter().for_each(|operand| operand.lint(lints));
        let Self::Comparison { left, operator, right } = self else { return };
        for operand in [left, right] {
            if let Operand::Attribute { source, name, range } = operand
                && source.eq_ignore_ascii_case("Resource")
                && name.eq_ignore_ascii_case(REPOSITORY_NAME)
            {
                lints.push(ConditionLint { kind: ConditionLintKind::ResourceAttribute, range: *range });
            }
        }
        let Operand::Literals(literals) = right else { return };
        for Literal { text, range } in literals.iter().filter(|_| left.is_repository()) {
            if operator.is_case_sensitive() && text.contains(char::is_uppercase) {
                lints.push(ConditionLint { kind: ConditionLintKind::CapitalsNeverMatch, range: *range });
            }
            // `base-` says that it goes on; `base` looks like the name of a repository or folder, and is not held to it.
            if operator.is_prefix() && text.ends_with(char::is_alphanumeric) {
                lints.push(ConditionLint { kind: ConditionLintKind::PrefixWithoutSlash, range: *range });
            }
        }
    }
}

/// What all say; open where they differ.
fn agreed(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut truths = truths.into_iter();
    let first = truths.next().unwrap_or(Truth::Unknown);
    if truths.all(|truth| truth == first) { first } else { Truth::Unknown }
}

/// Something that a condition says, but that its author will hardly have meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConditionLint {
    /// What.
    pub kind: ConditionLintKind,
    /// The bytes of the condition's text that say it.
    pub range: TextRange,
}

/// The ways in which a condition says what was not meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ConditionLintKind {
    /// Names actions, but not `content/read`: every repository may be pulled.
    PullNotCovered,
    /// `@Resource[…repositories:name]`, which is not documented; `@Request` is.
    ResourceAttribute,
    /// A comparison that heeds case, with a capital: names of repositories have none.
    CapitalsNeverMatch,
    /// A prefix such as `backend`, which `backend-infra/tool` starts with as well.
    PrefixWithoutSlash,
}
