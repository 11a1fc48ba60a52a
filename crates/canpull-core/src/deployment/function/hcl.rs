//! The functions of Terraform.

use canpull_syntax::Span;
use canpull_syntax::expression::{Expression, ExpressionKind};

use super::{cased, contains, length, range, replace, split, union, written};
use crate::deployment::Evaluator;
use crate::deployment::instance::Env;
use crate::deployment::operate::{concat, joined};
use crate::deployment::value::{Data, Evaluated};
use crate::fact::Why;

/// What a function gives back as it is, as far as pulling goes: values keep their structure, whatever they are encoded
/// as.
const SAME: [&str; 16] = [
    "sensitive",
    "nonsensitive",
    "ephemeralasnull",
    "distinct",
    "tomap",
    "tobool",
    "tonumber",
    "jsonencode",
    "jsondecode",
    "yamlencode",
    "yamldecode",
    "chomp",
    "trimspace",
    "any",
    "abspath",
    "title",
];

/// Products of sets have so many rows at most.
const MAX_PRODUCT: usize = 64;

/// Lists are flattened this deep.
const MAX_FLATTENED: usize = 8;

impl<'f> Evaluator<'f> {
    /// What a function of Terraform makes of its arguments.
    pub(super) fn call_of_terraform(
        &self,
        function: &str,
        arguments: &'f [Expression],
        env: &Env<'f>,
        span: Span,
    ) -> Evaluated {
        let Some(all) = self.arguments(arguments, env) else { return Evaluated::unknown(span) };
        let firm = all.iter().all(|own| own.firm);
        let new = |data: Data| Evaluated::new(data, span).given(firm);
        let first = all.first();
        let given = || first.cloned().unwrap_or_else(|| Evaluated::unknown(span));
        match function {
            function if SAME.contains(&function) => given(),
            "tostring" => match first {
                Some(own) if own.data.pieces().is_some() => own.clone(),
                _ => Evaluated::unknown(span),
            },
            "base64encode" | "textencodebase64" | "base64gzip" | "filebase64" => new(Data::Open(Why::Encoded, None)),
            "file" => {
                self.loaded(function, &all, env, span).unwrap_or_else(|| new(Data::open(written(function, &all))))
            }
            "lower" => cased("tolower", first, span),
            "upper" => cased("toupper", first, span),
            "try" => try_each(&all, span),
            "one" => one(given(), span),
            "element" => match all.get(1) {
                Some(index) => self.item(&given(), index, span),
                None => Evaluated::unknown(span),
            },
            "lookup" => self.lookup(&all, span),
            "merge" => union(&all, span),
            "concat" if all.iter().all(|own| matches!(own.data, Data::List(_))) => concat(&all, span),
            "concat" => Evaluated::unknown(span),
            "coalesce" => coalesce(all, span),
            "coalescelist" => {
                let is_filled = |own: &&Evaluated| !matches!(&own.data, Data::List(items) if items.is_empty());
                all.iter().find(is_filled).cloned().unwrap_or_else(|| Evaluated::unknown(span))
            }
            "compact" => new(compact(first)),
            "flatten" => flatten(given(), span),
            "reverse" => match first.map(|own| &own.data) {
                Some(Data::List(items)) => new(Data::List(items.iter().rev().cloned().collect())),
                _ => Evaluated::unknown(span),
            },
            "sort" => match first.map(|own| &own.data) {
                Some(Data::List(items)) if items.len() < 2 => given(),
                _ => Evaluated::unknown(span),
            },
            "toset" => match first.map(|own| &own.data) {
                Some(Data::List(items)) => {
                    new(Data::Object(items.iter().map(|item| (item.clone(), item.clone())).collect()))
                }
                _ => given(),
            },
            "tolist" | "values" => match first.map(|own| &own.data) {
                Some(Data::Object(pairs)) if !given().has_optional_keys() => {
                    new(Data::List(pairs.iter().map(|(_, own)| own.clone()).collect()))
                }
                Some(Data::List(_)) => given(),
                _ => Evaluated::unknown(span),
            },
            "keys" => match first.map(|own| &own.data) {
                Some(Data::Object(pairs)) if !given().has_optional_keys() => {
                    new(Data::List(pairs.iter().map(|(own, _)| own.clone()).collect()))
                }
                _ => Evaluated::unknown(span),
            },
            "setproduct" => set_product(&all, span),
            "zipmap" => match all.as_slice() {
                [Evaluated { data: Data::List(keys), .. }, Evaluated { data: Data::List(own), .. }] => {
                    new(Data::Object(keys.iter().cloned().zip(own.iter().cloned()).collect()))
                }
                _ => Evaluated::unknown(span),
            },
            "join" => join(&all, span),
            "format" => format(&all, span),
            "length" => new(length(first)),
            "contains" => new(contains(&all)),
            "split" => match all.as_slice() {
                [by, text] => new(split(&[text.clone(), by.clone()], span)),
                _ => Evaluated::unknown(span),
            },
            // A pattern in slashes is a regular expression.
            "replace" if all.get(1).and_then(|own| own.data.as_text()).is_some_and(|own| !own.starts_with('/')) => {
                new(replace(&all))
            }
            "range" => match all.as_slice() {
                [count] => new(range(&[Evaluated::new(Data::Number(0), span), count.clone()], span)),
                _ => Evaluated::unknown(span),
            },
            "trimprefix" | "trimsuffix" => match all.iter().map(|own| own.data.as_text()).collect::<Option<Vec<_>>>() {
                Some(texts) => match (function, texts.as_slice()) {
                    ("trimprefix", [text, part]) => new(Data::text(text.strip_prefix(part).unwrap_or(text))),
                    (_, [text, part]) => new(Data::text(text.strip_suffix(part).unwrap_or(text))),
                    _ => Evaluated::unknown(span),
                },
                None => new(Data::open(written(function, &all))),
            },
            "substr" => new(substring(&all).unwrap_or_else(|| Data::open(written(function, &all)))),
            _ => new(Data::open(written(function, &all))),
        }
    }

    /// The arguments of a call; those of a list that is handed over whole, one by one.
    fn arguments(&self, arguments: &'f [Expression], env: &Env<'f>) -> Option<Vec<Evaluated>> {
        let mut all = Vec::new();
        for argument in arguments {
            let ExpressionKind::Spread(of) = &argument.kind else {
                all.push(self.evaluate(argument, env));
                continue;
            };
            match self.evaluate(of, env).data {
                Data::List(own) => all.extend(own.iter().cloned()),
                _ => return None,
            }
        }
        Some(all)
    }

    /// The value of a key, or what is given for one that is missing.
    fn lookup(&self, all: &[Evaluated], span: Span) -> Evaluated {
        let [of, key, rest @ ..] = all else { return Evaluated::unknown(span) };
        let found = self.item(of, key, span);
        match (&found.data, rest.first()) {
            (Data::Null, Some(default)) => default.clone(),
            (Data::Open(..), Some(default)) => Evaluated::one_of(vec![found, default.clone()], span),
            _ => found,
        }
    }
}

/// The first value that can be worked out. What is not there cannot; what is not known may not.
fn try_each(all: &[Evaluated], span: Span) -> Evaluated {
    let mut possible = Vec::new();
    for value in all {
        match value.data {
            Data::Null if possible.is_empty() && all.len() > 1 => {}
            Data::Open(..) => possible.push(value.clone()),
            _ => {
                possible.push(value.clone());
                break;
            }
        }
    }
    if possible.is_empty() { Evaluated::new(Data::Null, span) } else { Evaluated::one_of(possible, span) }
}

/// The only item of a list, or nothing.
fn one(of: Evaluated, span: Span) -> Evaluated {
    let firm = of.firm;
    let item = match &of.data {
        Data::List(items) => match &**items {
            [] => return Evaluated::new(Data::Null, span).given(firm),
            [only] => only.clone(),
            _ => return Evaluated::unknown(span),
        },
        Data::Object(pairs) => match &**pairs {
            [(_, only)] => only.clone(),
            _ => return Evaluated::unknown(span),
        },
        Data::OneOf(all, _) => {
            return Evaluated::one_of(all.iter().map(|own| one(own.clone(), span)), span).given(firm);
        }
        _ => return of,
    };
    item.given(firm)
}

/// The first value that is neither null nor an empty text.
fn coalesce(all: Vec<Evaluated>, span: Span) -> Evaluated {
    let is_filled = |own: &Evaluated| own.data.as_text() != Some("");
    crate::deployment::operate::coalesce(all.into_iter().filter(is_filled).collect(), span)
}

/// A list without nulls and empty texts.
fn compact(first: Option<&Evaluated>) -> Data {
    match first.map(|own| &own.data) {
        Some(Data::List(items)) => {
            let is_filled = |own: &&Evaluated| !matches!(own.data, Data::Null) && own.data.as_text() != Some("");
            Data::List(items.iter().filter(is_filled).cloned().collect())
        }
        _ => Data::unknown(),
    }
}

fn flatten(of: Evaluated, span: Span) -> Evaluated {
    let firm = of.firm;
    let mut all = vec![of];
    for _ in 0..MAX_FLATTENED {
        let mut next = Vec::new();
        let mut changed = false;
        for value in all {
            match &value.data {
                Data::List(items) if next.len() + items.len() < 1_000 => {
                    changed = true;
                    next.extend(items.iter().cloned());
                }
                Data::Open(..) | Data::OneOf(..) => return Evaluated::unknown(span),
                _ => next.push(value),
            }
        }
        all = next;
        if !changed {
            break;
        }
    }
    Evaluated::new(Data::List(all.into()), span).given(firm)
}

/// Each item of a list or set with each of the next.
fn set_product(all: &[Evaluated], span: Span) -> Evaluated {
    let firm = all.iter().all(|own| own.firm);
    let mut rows: Vec<Vec<Evaluated>> = vec![Vec::new()];
    for own in all {
        let items: Vec<Evaluated> = match &own.data {
            Data::List(items) => items.to_vec(),
            Data::Object(pairs) => pairs.iter().map(|(_, item)| item.clone()).collect(),
            _ => return Evaluated::unknown(span),
        };
        if rows.len() * items.len() > MAX_PRODUCT {
            return Evaluated::unknown(span);
        }
        let longer = |row: &Vec<Evaluated>| {
            let row = row.clone();
            items.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect()).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    let rows = rows.into_iter().map(|row| Evaluated::new(Data::List(row.into()), span));
    Evaluated::new(Data::List(rows.collect()), span).given(firm)
}

/// The items of a list with something between them.
fn join(all: &[Evaluated], span: Span) -> Evaluated {
    let [between, of] = all else { return Evaluated::unknown(span) };
    let Data::List(items) = &of.data else { return one(of.clone(), span) };
    if let [only] = &**items {
        return only.clone();
    }
    joined(items, between, span).given(of.firm || !items.is_empty())
}

/// A text with its `%s` filled in.
fn format(all: &[Evaluated], span: Span) -> Evaluated {
    let Some((first, rest)) = all.split_first() else { return Evaluated::unknown(span) };
    let Some(pattern) = first.data.as_text() else { return Evaluated::unknown(span) };
    let mut given = rest.iter();
    let mut parts = Vec::new();
    let mut text = pattern;
    let known = |text: &str| Evaluated::new(Data::text(text), span);
    while let Some((before, after)) = text.split_once('%') {
        if !before.is_empty() {
            parts.push(known(before));
        }
        let (verb, behind) = match after.chars().next() {
            Some(verb) => (verb, after.get(verb.len_utf8()..).unwrap_or_default()),
            None => return Evaluated::unknown(span),
        };
        // `%02d`
        let padded = after.strip_prefix('0').and_then(|rest| {
            let width = rest.chars().next()?.to_digit(10)?;
            Some((usize::try_from(width).ok()?, rest.get(1..)?.strip_prefix('d')?))
        });
        if let Some((width, behind)) = padded {
            let Some(Evaluated { data: Data::Number(number), .. }) = given.next() else {
                return Evaluated::new(Data::open(written("format", all)), span);
            };
            parts.push(known(&format!("{number:0width$}")));
            text = behind;
            continue;
        }
        match verb {
            '%' => parts.push(known("%")),
            's' | 'd' | 'v' => match given.next() {
                Some(value) => parts.push(value.clone()),
                None => return Evaluated::unknown(span),
            },
            _ => return Evaluated::new(Data::open(written("format", all)), span),
        }
        text = behind;
    }
    if !text.is_empty() || parts.is_empty() {
        parts.push(known(text));
    }
    match parts.as_slice() {
        [only] => only.clone(),
        parts => concat(parts, span),
    }
}

/// A part of a known text, by its first character and its length.
fn substring(all: &[Evaluated]) -> Option<Data> {
    let [text, Evaluated { data: Data::Number(from), .. }, Evaluated { data: Data::Number(count), .. }] = all else {
        return None;
    };
    let (from, text) = (usize::try_from(*from).ok()?, text.data.as_text()?);
    let count = usize::try_from(*count).unwrap_or(usize::MAX);
    Some(Data::text(text.chars().skip(from).take(count).collect::<String>()))
}
