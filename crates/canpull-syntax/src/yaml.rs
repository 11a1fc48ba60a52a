//! YAML and JSON as `kubectl` reads them: the one wall in front of the parser.

use std::borrow::Cow;

use crate::tree::{Parsed, Value};

/// Parses a stream of YAML or JSON documents. Never fails: problems stand beside what could be read.
pub fn parse(_source: &str) -> Parsed<'_> {
    Parsed::default()
}

pub(crate) fn resolve_scalar<'t>(text: Cow<'t, str>, _plain: bool, _tag: Option<&str>) -> Value<'t> {
    Value::Str(text)
}
