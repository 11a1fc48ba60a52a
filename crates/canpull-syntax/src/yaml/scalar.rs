//! What a scalar stands for, by the rules of go-yaml v2, which Kubernetes reads with.

use std::borrow::Cow;

use crate::tree::Value;

/// Resolves a scalar's text. Quoted and block scalars are strings unless a tag says otherwise.
pub(crate) fn resolve<'t>(text: Cow<'t, str>, plain: bool, tag: Option<&str>) -> Value<'t> {
    match tag {
        Some("!!str" | "!!binary" | "!") => return Value::Str(text),
        Some("!!null") => return Value::Null,
        Some("!!int" | "!!float" | "!!bool") => {}
        _ if !plain => return Value::Str(text),
        _ => {}
    }
    word(&text).or_else(|| number(&text)).unwrap_or(Value::Str(text))
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
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) || text.len() > 128 {
        return None;
    }
    let digits = text.replace('_', "");
    let (sign, unsigned) = match digits.as_bytes().first()? {
        b'-' => (-1, digits.get(1..)?),
        b'+' => (1, digits.get(1..)?),
        _ => (1, digits.as_str()),
    };
    if let Some(value) = integer(unsigned) {
        return Some(Value::Int(sign * value));
    }
    // Rust also reads `inf`, `nan` and `infinity`, which YAML takes for text.
    let numeric =
        unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let has_digit = unsigned.bytes().any(|byte| byte.is_ascii_digit());
    (numeric && has_digit).then(|| digits.parse().ok().map(Value::Float))?
}

fn integer(text: &str) -> Option<i128> {
    let radix = |digits: &str, radix| {
        let plain = !digits.starts_with(['+', '-']);
        plain.then(|| i128::from_str_radix(digits, radix).ok()).flatten()
    };
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0b").or_else(|| text.strip_prefix("0B")) {
        return radix(digits, 2);
    }
    if let Some(digits) = text.strip_prefix("0o").or_else(|| text.strip_prefix("0O")) {
        return radix(digits, 8);
    }
    if text.len() > 1
        && let Some(digits) = text.strip_prefix('0')
    {
        return radix(digits, 8);
    }
    radix(text, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Value<'_> {
        resolve(Cow::Borrowed(text), true, None)
    }

    #[test]
    fn plain_scalars_resolve_as_in_go_yaml() {
        let table: &[(&str, Value<'_>)] = &[
            ("y", Value::Bool(true)),
            ("No", Value::Bool(false)),
            ("off", Value::Bool(false)),
            ("~", Value::Null),
            ("", Value::Null),
            ("0777", Value::Int(511)),
            ("0o17", Value::Int(15)),
            ("1_000", Value::Int(1000)),
            ("-0x1F", Value::Int(-31)),
            ("0b101", Value::Int(5)),
            ("1.5", Value::Float(1.5)),
            ("1e3", Value::Float(1000.0)),
            ("1:30", Value::Str("1:30".into())),
            ("2001-01-01", Value::Str("2001-01-01".into())),
            ("1.27.3", Value::Str("1.27.3".into())),
            ("inf", Value::Str("inf".into())),
            ("nginx", Value::Str("nginx".into())),
            ("-", Value::Str("-".into())),
        ];
        for (text, value) in table {
            assert_eq!(&plain(text), value, "{text}");
        }
    }

    #[test]
    fn quoted_and_tagged_scalars_are_strings() {
        assert_eq!(resolve(Cow::Borrowed("yes"), false, None), Value::Str("yes".into()));
        assert_eq!(resolve(Cow::Borrowed("1"), true, Some("!!str")), Value::Str("1".into()));
        assert_eq!(resolve(Cow::Borrowed("1"), false, Some("!!int")), Value::Int(1));
    }
}
