//! Operators, and the functions that stand for them in ARM templates.

use std::rc::Rc;

use canpull_syntax::Span;
use canpull_syntax::expression::Operator;

use super::value::{Data, Evaluated, Piece, same};
use crate::fact::Why;

/// What an operator makes of its operands.
pub(super) fn operate(operator: Operator, operands: Vec<Evaluated>, span: Span) -> Evaluated {
    let firm = operands.iter().all(|own| own.firm);
    let new = |data: Data| Evaluated::new(data, span).given(firm);
    let data = match (operator, operands.as_slice()) {
        (Operator::And, all) => return logic(all, false, span),
        (Operator::Or, all) => return logic(all, true, span),
        (Operator::Coalesce, [_, ..]) => return coalesce(operands, span),
        (Operator::Not, [one]) => match one.data {
            Data::Bool(value) => Data::Bool(!value),
            _ => Data::unknown(),
        },
        (Operator::Subtract, [one]) => match one.data {
            Data::Number(number) => number.checked_neg().map_or_else(Data::unknown, Data::Number),
            _ => Data::unknown(),
        },
        (_, [one, other]) => binary(operator, &one.data, &other.data),
        _ => Data::unknown(),
    };
    new(data)
}

fn binary(operator: Operator, one: &Data, other: &Data) -> Data {
    let truth = |value: Option<bool>| value.map_or_else(Data::unknown, Data::Bool);
    let numbers = match (one, other) {
        (Data::Number(one), Data::Number(other)) => Some((*one, *other)),
        _ => None,
    };
    let number = |of: fn(i64, i64) -> Option<i64>| {
        numbers.and_then(|(one, other)| of(one, other)).map_or_else(Data::unknown, Data::Number)
    };
    let order = |holds: fn(i64, i64) -> bool| truth(numbers.map(|(one, other)| holds(one, other)));
    match operator {
        Operator::Equal => truth(equal(one, other)),
        Operator::NotEqual => truth(equal(one, other).map(|own| !own)),
        Operator::EqualInAnyCase => truth(equal_in_any_case(one, other)),
        Operator::NotEqualInAnyCase => truth(equal_in_any_case(one, other).map(|own| !own)),
        Operator::Less => order(|one, other| one < other),
        Operator::LessOrEqual => order(|one, other| one <= other),
        Operator::Greater => order(|one, other| one > other),
        Operator::GreaterOrEqual => order(|one, other| one >= other),
        Operator::Add => number(i64::checked_add),
        Operator::Subtract => number(i64::checked_sub),
        Operator::Multiply => number(i64::checked_mul),
        Operator::Divide => number(i64::checked_div),
        Operator::Remainder => number(i64::checked_rem),
        Operator::And | Operator::Or | Operator::Not | Operator::Coalesce => Data::unknown(),
    }
}

/// Whether two values are equal, where that is known.
fn equal(one: &Data, other: &Data) -> Option<bool> {
    if same(one, other) {
        return Some(true);
    }
    let is_known =
        |data: &Data| matches!(data, Data::Null | Data::Bool(_) | Data::Number(_)) || data.as_text().is_some();
    let is_made = |data: &Data| matches!(data, Data::Object(_) | Data::List(_) | Data::Resource(..));
    match (one, other) {
        (Data::Null, made) | (made, Data::Null) if is_made(made) => Some(false),
        _ => (is_known(one) && is_known(other)).then_some(false),
    }
}

fn equal_in_any_case(one: &Data, other: &Data) -> Option<bool> {
    match (one.as_text(), other.as_text()) {
        (Some(one), Some(other)) => Some(one.eq_ignore_ascii_case(other)),
        _ => equal(one, other),
    }
}

/// `&&` or `||`: settled by any operand that is `decides`.
pub(super) fn logic(all: &[Evaluated], decides: bool, span: Span) -> Evaluated {
    let is = |own: &Evaluated, value: bool| matches!(own.data, Data::Bool(own) if own == value);
    if let Some(decisive) = all.iter().filter(|own| is(own, decides)).max_by_key(|own| own.firm) {
        return Evaluated::new(Data::Bool(decides), span).given(decisive.firm);
    }
    let firm = all.iter().all(|own| own.firm);
    let settled = all.iter().all(|own| is(own, !decides));
    Evaluated::new(if settled { Data::Bool(!decides) } else { Data::unknown() }, span).given(firm)
}

/// The first value that is not null.
pub(super) fn coalesce(all: Vec<Evaluated>, span: Span) -> Evaluated {
    let mut possible = Vec::new();
    let mut firm = true;
    for value in all {
        match value.data {
            // Where somebody else gives something in place of nothing, that is it.
            Data::Null => firm &= value.firm,
            Data::Open(..) | Data::OneOf(..) => {
                // What may be null leaves it to the next.
                possible.extend(value.alternatives().iter().filter(|own| !matches!(own.data, Data::Null)).cloned());
            }
            _ => {
                possible.push(value);
                // Somebody else may leave it out, but then something else is given.
                break;
            }
        }
    }
    let found = if possible.is_empty() { Evaluated::new(Data::Null, span) } else { Evaluated::one_of(possible, span) };
    found.given(firm)
}

/// Texts with one and the same between them.
pub(super) fn joined(items: &[Evaluated], between: &Evaluated, span: Span) -> Evaluated {
    let Some((first, rest)) = items.split_first() else { return Evaluated::new(Data::text(""), span) };
    let rest = rest.iter().flat_map(|item| [between.clone(), item.clone()]);
    concat(&std::iter::once(first.clone()).chain(rest).collect::<Vec<_>>(), span)
}

/// Texts in a row, or lists.
pub(super) fn concat(all: &[Evaluated], span: Span) -> Evaluated {
    let firm = all.iter().all(|own| own.firm);
    let lists: Option<Vec<&Rc<[Evaluated]>>> =
        all.iter().map(|own| if let Data::List(items) = &own.data { Some(items) } else { None }).collect();
    if let Some(lists) =
        lists.filter(|lists| !lists.is_empty() && lists.iter().map(|own| own.len()).sum::<usize>() < 1_000)
    {
        let items: Vec<Evaluated> = lists.into_iter().flat_map(|own| own.iter().cloned()).collect();
        return Evaluated::new(Data::List(items.into()), span).given(firm);
    }
    let open = || vec![Piece::Open(Why::FilledAtRunTime, None)];
    let pieces = all.iter().flat_map(|value| value.data.pieces().unwrap_or_else(open));
    Evaluated::new(Data::joined(pieces), span).given(firm)
}
