//! What a scalar stands for, by the rules of go-yaml v2, which Kubernetes reads with.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::tree::Value;

/// Base64 as Go's standard encoding decodes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Resolves a scalar's text. Quoted and block scalars are strings unless a tag says otherwise; `None` where the tag
/// forbids the text.
pub(crate) fn resolve<'t>(text: Cow<'t, str>, plain: bool, tag: Option<&str>) -> Option<Value<'t>> {
    let value = match tag {
        None if plain => untagged(&text),
        Some("!!int" | "!!float" | "!!bool" | "!!null") => untagged(&text),
        Some("!!binary") => return binary(&text).map(|text| Value::Str(Cow::Owned(text))),
        _ => return Some(Value::Str(text)),
    };
    match (tag, value) {
        (None, value) => Some(value.unwrap_or(Value::Str(text))),
        (Some("!!float"), Some(Value::Int(value))) => i64::try_from(value).ok().map(to_float),
        (Some("!!int"), Some(value @ Value::Int(_)))
        | (Some("!!float"), Some(value @ Value::Float(_)))
        | (Some("!!bool"), Some(value @ Value::Bool(_)))
        | (Some("!!null"), Some(value @ Value::Null)) => Some(value),
        _ => None,
    }
}

/// Why Kubernetes refuses a document for this scalar, if it does.
pub(super) fn refusal(text: &str, plain: bool, tag: Option<&str>, is_key: bool) -> Option<&'static str> {
    if tag.is_none() {
        let unusual = plain && (text.len() <= 5 && text.starts_with(['.', '+', '-', '~', 'n', 'N']) || text.is_empty());
        return if unusual { word(text).and_then(|value| no_json(&value, is_key)) } else { None };
    }
    match resolve(Cow::Borrowed(text), plain, tag) {
        Some(value) => no_json(&value, is_key),
        None => Some("this value is not what its tag says"),
    }
}

/// Kubernetes turns YAML into JSON, which cannot say everything.
fn no_json(value: &Value<'_>, is_key: bool) -> Option<&'static str> {
    match value {
        Value::Null if is_key => Some("a key cannot be null; put it in quotes if it is text"),
        Value::Float(number) if !is_key && !number.is_finite() => {
            Some("Kubernetes has no infinity and no NaN; put the value in quotes if it is text")
        }
        _ => None,
    }
}

fn untagged(text: &str) -> Option<Value<'static>> {
    word(text).or_else(|| number(text))
}

#[expect(clippy::cast_precision_loss, reason = "Go rounds likewise")]
fn to_float(value: i64) -> Value<'static> {
    Value::Float(value as f64)
}

fn word(text: &str) -> Option<Value<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Value<'static>> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    // Behind a leading point Go's own rule holds: an underscore stands between digits.
    if first == b'.' && !underscores_between_digits(text.as_bytes()) {
        return None;
    }
    let digits = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    let (negative, unsigned) = match first {
        b'-' => (true, digits.get(1..)?),
        b'+' => (false, digits.get(1..)?),
        _ => (false, &*digits),
    };
    let integer = integer(unsigned).map(|value| if negative { -value } else { value });
    if let Some(value) = integer.filter(|value| (i64::MIN.into()..=u64::MAX.into()).contains(value)) {
        return Some(Value::Int(value));
    }
    // Rust also reads `inf`, `nan` and `infinity`, which YAML takes for text.
    let numeric =
        unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = digits.parse().ok().filter(|_| numeric && !unsigned.starts_with(['+', '-']))?;
    value.is_finite().then_some(Value::Float(value))
}

fn underscores_between_digits(text: &[u8]) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    let mut places = text.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    places.all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

fn integer(text: &str) -> Option<i128> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', b'b' | b'B', ..] => (text.get(2..)?, 2),
        [b'0', b'o' | b'O', ..] => (text.get(2..)?, 8),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    if digits.starts_with(['+', '-']) { None } else { i128::from_str_radix(digits, radix).ok() }
}

/// The text of `!!binary`. Bytes that are no UTF-8 are replaced, as in Kubernetes' JSON.
fn binary(text: &str) -> Option<String> {
    let bytes = BASE64.decode(text.replace(['\r', '\n'], "")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A number that is a map's key, as the string that Kubernetes makes of it: Go's shortest form of 32 bits.
pub(crate) fn float_key(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Kubernetes rounds likewise")]
    let value = value as f32;
    if !value.is_finite() {
        let infinity = if value > 0.0 { ".inf" } else { "-.inf" };
        return if value.is_nan() { ".nan" } else { infinity }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..6 => value.to_string(),
        exponent => format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}
