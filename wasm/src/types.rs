//! The TypeScript types of the npm package, made from the schemas of what goes over the border.
//! `UPDATE=1` writes them; without it, the test fails where they are stale.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::forms::{Changes, Refusal, Rule, RulePage};
use crate::options::CheckOptions;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/npm/src/types.ts");

const HEAD: &str = "// What goes over the border. Made from the Rust types by `UPDATE=1 cargo test -p canpull-wasm`.\n";

#[test]
fn types_are_those_of_rust() {
    let types = typescript();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &types).unwrap();
    }
    let written = std::fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(written, types, "{FILE} is stale: UPDATE=1 writes it anew");
}

fn typescript() -> String {
    let mut all = BTreeMap::new();
    collect(canpull_core::render::schema(), &mut all);
    for schema in [written::<Rule>(), written::<RulePage>(), written::<Changes>(), written::<Refusal>()] {
        collect(schema.to_value(), &mut all);
    }
    collect(read::<CheckOptions>().to_value(), &mut all);
    let mut out = HEAD.to_owned();
    for (name, schema) in &all {
        out.push('\n');
        comment(&mut out, schema, "");
        match schema.get("properties") {
            Some(_) => {
                let _ = writeln!(out, "export interface {name} {}", shape(schema, ""));
            }
            None => {
                let _ = writeln!(out, "export type {name} = {};", shape(schema, ""));
            }
        }
    }
    out
}

fn written<T: JsonSchema>() -> Schema {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn read<T: JsonSchema>() -> Schema {
    SchemaSettings::default().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// The schema under its own name, and those that it refers to.
fn collect(schema: Value, all: &mut BTreeMap<String, Value>) {
    if let Some(parts) = schema.get("$defs").and_then(Value::as_object) {
        all.extend(parts.iter().map(|(name, part)| (name.clone(), part.clone())));
    }
    let name = schema.get("title").and_then(Value::as_str).unwrap().to_owned();
    all.insert(name, schema);
}

fn comment(out: &mut String, schema: &Value, indent: &str) {
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let _ = writeln!(out, "{indent}/** {} */", text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

fn shape(schema: &Value, indent: &str) -> String {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.rsplit('/').next().unwrap().to_owned();
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = list("enum") {
        return values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(ways) = list("anyOf").or_else(|| list("oneOf")) {
        return ways.iter().map(|way| shape(way, indent)).collect::<Vec<_>>().join(" | ");
    }
    match schema.get("type") {
        Some(Value::Array(types)) => {
            let one = |of: &Value| {
                let mut schema = schema.clone();
                schema["type"] = of.clone();
                shape(&schema, indent)
            };
            types.iter().map(one).collect::<Vec<_>>().join(" | ")
        }
        Some(Value::String(name)) => match name.as_str() {
            "object" => object(schema, indent),
            "array" => {
                let item = shape(&schema["items"], indent);
                if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") }
            }
            "integer" => "number".to_owned(),
            name => name.to_owned(),
        },
        _ => panic!("no TypeScript for {schema}"),
    }
}

fn object(schema: &Value, indent: &str) -> String {
    let deeper = format!("{indent}  ");
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut out = "{\n".to_owned();
    for (name, property) in schema["properties"].as_object().unwrap() {
        comment(&mut out, property, &deeper);
        let optional = !required.iter().any(|own| own == name);
        // What may be left out when read need not be written as null.
        let shape = shape(property, &deeper);
        let shape = if optional { shape.trim_end_matches(" | null") } else { &shape };
        let _ = writeln!(out, "{deeper}{name}{}: {shape};", if optional { "?" } else { "" });
    }
    out + indent + "}"
}
