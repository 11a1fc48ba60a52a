//! The operators that compare texts, and the quantifiers in front of them.

use crate::proof::Truth;

/// A comparison of texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Operator {
    quantifier: Quantifier,
    relation: Relation,
    negated: bool,
    ignores_case: bool,
}

/// How many values of either side must compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quantifier {
    /// None is written: one value of each.
    Single,
    AnyOfAny,
    AllOfAny,
    AnyOfAll,
    AllOfAll,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Relation {
    Equals,
    StartsWith,
    /// With `*`, `?` and backslashes in front of either that is meant literally.
    Like,
}

impl Operator {
    /// By its name, such as `ForAnyOfAnyValues:StringNotLikeIgnoreCase`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            Some(("foranyofanyvalues", name)) => (Quantifier::AnyOfAny, name),
            Some(("forallofanyvalues", name)) => (Quantifier::AllOfAny, name),
            Some(("foranyofallvalues", name)) => (Quantifier::AnyOfAll, name),
            Some(("forallofallvalues", name)) => (Quantifier::AllOfAll, name),
            Some(_) => return None,
            None => (Quantifier::Single, name.as_str()),
        };
        let name = name.strip_prefix("string")?;
        let (negated, name) = name.strip_prefix("not").map_or((false, name), |name| (true, name));
        let (ignores_case, name) = name.strip_suffix("ignorecase").map_or((false, name), |name| (true, name));
        let relation = match name {
            "equals" => Relation::Equals,
            "startswith" => Relation::StartsWith,
            "like" => Relation::Like,
            _ => return None,
        };
        Some(Self { quantifier, relation, negated, ignores_case })
    }

    /// Whether capitals count.
    pub(super) const fn is_case_sensitive(self) -> bool {
        !self.ignores_case
    }

    /// Whether texts that start alike fit.
    pub(super) fn is_prefix(self) -> bool {
        self.relation == Relation::StartsWith
    }

    /// Whether the values of the left compare to those of the right.
    pub(super) fn holds(self, left: &[&str], right: &[&str]) -> Truth {
        let fits = |left: &str, right: &str| self.fits(left, right);
        let any = |left: &str| right.iter().any(|right| fits(left, right));
        let all = |left: &str| right.iter().all(|right| fits(left, right));
        if left.is_empty() || right.is_empty() {
            return Truth::Unknown;
        }
        match (self.quantifier, left, right) {
            (Quantifier::Single, [left], [right]) => fits(left, right).into(),
            (Quantifier::Single, ..) => Truth::Unknown,
            (Quantifier::AnyOfAny, ..) => left.iter().any(|left| any(left)).into(),
            (Quantifier::AllOfAny, ..) => left.iter().all(|left| any(left)).into(),
            (Quantifier::AnyOfAll, ..) => left.iter().any(|left| all(left)).into(),
            (Quantifier::AllOfAll, ..) => left.iter().all(|left| all(left)).into(),
        }
    }

    fn fits(self, left: &str, right: &str) -> bool {
        let fold = |text: &str| if self.ignores_case { text.to_lowercase() } else { text.to_owned() };
        let (left, right) = (fold(left), fold(right));
        let fits = match self.relation {
            Relation::Equals => left == right,
            Relation::StartsWith => left.starts_with(&right),
            Relation::Like => like(&right, &left),
        };
        fits != self.negated
    }
}

/// One step of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Run,
    One,
    Literal(char),
}

/// Whether a text fits a pattern in which `*` stands for any run of characters and `?` for one, and a backslash takes the
/// meaning of what follows. Takes time in proportion to the product of the lengths.
fn like(pattern: &str, text: &str) -> bool {
    let steps = steps(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut here) = (0, 0);
    // Where to go on when a step fails: behind the last `*`, one character further than the last time.
    let mut retry: Option<(usize, usize)> = None;
    while here < text.len() {
        match (steps.get(at), text.get(here)) {
            (Some(Step::Run), _) => {
                retry = Some((at, here));
                at += 1;
            }
            (Some(Step::One), _) => (at, here) = (at + 1, here + 1),
            (Some(Step::Literal(own)), Some(found)) if own == found => (at, here) = (at + 1, here + 1),
            _ => {
                let Some((run, from)) = retry else { return false };
                retry = Some((run, from + 1));
                (at, here) = (run + 1, from + 1);
            }
        }
    }
    steps.iter().skip(at).all(|step| *step == Step::Run)
}

fn steps(pattern: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        steps.push(match c {
            '*' => Step::Run,
            '?' => Step::One,
            '\\' => Step::Literal(characters.next().unwrap_or(c)),
            _ => Step::Literal(c),
        });
    }
    steps
}
