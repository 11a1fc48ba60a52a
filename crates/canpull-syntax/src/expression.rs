//! One spanned expression tree for the languages that describe deployments: HCL, Bicep and ARM templates.

mod text;

use crate::text::{FileId, TextRange, to_offset};

pub use text::Text;

/// Expressions nest this deep at most; parsers make what is nested deeper [`ExpressionKind::Opaque`].
pub const MAX_DEPTH: usize = 64;

/// An expression with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expression {
    /// The bytes that it was written with.
    pub range: TextRange,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an expression is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpressionKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text, escapes undone.
    Text(Text),
    /// Text with expressions in it; what stands between them is [`ExpressionKind::Text`].
    Template(Box<[Expression]>),
    /// Items in brackets.
    List(Box<[Expression]>),
    /// Keys and values in braces.
    Object(Box<[Property]>),
    /// Whatever goes by this name: a parameter, a variable, a resource, a module, what a loop goes over.
    Name(Box<str>),
    /// A part of a value.
    Access(Box<Access>),
    /// A function with its arguments.
    Call(Box<Call>),
    /// One of two values: the test, what holds if it does, and what holds if not.
    Condition(Box<[Expression; 3]>),
    /// A value for each item of another.
    For(Box<For>),
    /// A function without a name.
    Lambda(Box<Lambda>),
    /// An operator with its operands.
    Operation(Box<Operation>),
    /// All items or properties of a value, in place of one: `...value`.
    Spread(Box<Expression>),
    /// What another file says in its place.
    Elsewhere(Box<(FileId, Expression)>),
    /// What no source tells: what is nested too deep, what does not parse.
    Opaque,
}

/// A key with its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Property {
    /// The key; of all properties of another object ([`ExpressionKind::Spread`]) that object.
    pub key: Expression,
    /// The value.
    pub value: Expression,
}

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// The value.
    pub of: Expression,
    /// What is taken out of it.
    pub accessor: Accessor,
}

/// What is taken out of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accessor {
    /// `.name`, and `::name` of a nested resource.
    Member(Box<str>),
    /// `[index]`.
    Index(Box<Expression>),
    /// `[*]` or `.*`: each item.
    Splat,
}

/// A function with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The function's name.
    pub function: Box<str>,
    /// The arguments. What a method is called on is the first one.
    pub arguments: Box<[Expression]>,
}

/// A function without a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lambda {
    /// What its parameters go by in its value.
    pub names: Vec<Box<str>>,
    /// Its value.
    pub body: Expression,
}

/// `[for item in items: body]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct For {
    /// What an item goes by, and its index or key where it has a name: `(item, index)`.
    pub names: Vec<Box<str>>,
    /// What it goes over.
    pub over: Expression,
    /// The key of each, where an object is made.
    pub key: Option<Expression>,
    /// The value of each.
    pub body: Expression,
    /// Only where this holds.
    pub condition: Option<Expression>,
}

/// An operator with its operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// The operator.
    pub operator: Operator,
    /// One or two values.
    pub operands: Box<[Expression]>,
}

/// An operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `!`
    Not,
    /// `??`
    Coalesce,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    EqualInAnyCase,
    /// `!~`
    NotEqualInAnyCase,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`, between two values or in front of one.
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// Where the parts of an expression stand in a file.
#[derive(Clone, Copy)]
pub(crate) enum Places {
    /// As they stand in its text, which begins here.
    From(u32),
    /// Somewhere in this.
    Whole(TextRange),
}

impl Places {
    /// Where a range of the expression's text stands.
    pub(crate) fn range(self, start: usize, end: usize) -> TextRange {
        match self {
            Self::From(from) => TextRange::new(from + to_offset(start), from + to_offset(end)),
            Self::Whole(range) => range,
        }
    }
}

// Templates hold very many: what is large and rare stands in a box.
const _: () = assert!(size_of::<Expression>() <= 32);

impl ExpressionKind {
    /// A part of a value.
    pub fn access(of: Expression, accessor: Accessor) -> Self {
        Self::Access(Box::new(Access { of, accessor }))
    }

    /// A function with its arguments.
    pub fn call(function: impl Into<Box<str>>, arguments: impl Into<Box<[Expression]>>) -> Self {
        Self::Call(Box::new(Call { function: function.into(), arguments: arguments.into() }))
    }

    /// An operator with its operands.
    pub fn operation(operator: Operator, operands: impl Into<Box<[Expression]>>) -> Self {
        Self::Operation(Box::new(Operation { operator, operands: operands.into() }))
    }

    /// A function without a name.
    pub fn lambda(names: Vec<Box<str>>, body: Expression) -> Self {
        Self::Lambda(Box::new(Lambda { names, body }))
    }
}

impl Expression {
    /// An expression.
    pub const fn new(range: TextRange, kind: ExpressionKind) -> Self {
        Self { range, kind }
    }

    /// What no source tells.
    pub const fn opaque(range: TextRange) -> Self {
        Self::new(range, ExpressionKind::Opaque)
    }

    /// Its text, where it is one and nothing else.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            ExpressionKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The properties of an object; of anything else none.
    pub fn properties(&self) -> &[Property] {
        match &self.kind {
            ExpressionKind::Object(properties) => properties,
            _ => &[],
        }
    }

    /// The items of a list; of anything else none.
    pub fn items(&self) -> &[Expression] {
        match &self.kind {
            ExpressionKind::List(items) => items,
            _ => &[],
        }
    }

    /// A property of an object by its key, in any case of letters. Of several the last counts.
    pub fn property(&self, key: &str) -> Option<&Property> {
        let is = |own: &&Property| own.key.text().is_some_and(|own| own.eq_ignore_ascii_case(key));
        self.properties().iter().rev().find(is)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.property(key).map(|property| &property.value))
    }
}
