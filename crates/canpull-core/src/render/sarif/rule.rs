//! A rule as SARIF describes it.

use serde::Serialize;

use super::{Message, level};
use crate::diagnostic::{RuleInfo, Severity};

/// GitHub shows no more of a description.
const MOST_CHARACTERS: usize = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'r> {
    id: &'r str,
    short_description: Message,
    full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'r str>,
    help: Help<'r>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help<'r> {
    text: &'r str,
    markdown: &'r str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    precision: &'static str,
    tags: Vec<&'static str>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

pub(super) fn descriptor<'r>(rule: &RuleInfo) -> Descriptor<'r> {
    let does = section(rule.page, "What it does");
    let first = does.split_inclusive(". ").next().unwrap_or(does);
    let full = format!("{does} {}", section(rule.page, "Why it matters"));
    let page = rule.page.trim();
    let security = rule.security.map(|_| "security");
    Descriptor {
        id: rule.id,
        short_description: message(first.trim()),
        full_description: message(full.trim()),
        help_uri: rule.docs,
        help: Help { text: page, markdown: page },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: Properties {
            // What is an error is proven; what is a warning may be known better by people.
            precision: match rule.severity {
                Severity::Error => "very-high",
                Severity::Warning => "high",
                Severity::Info => "medium",
            },
            tags: ["kubernetes", "container-images"].into_iter().chain(security).collect(),
            security_severity: rule.security,
        },
    }
}

fn message(text: &str) -> Message {
    Message { text: text.replace('\n', " ").chars().take(MOST_CHARACTERS).collect() }
}

/// The text below a heading of a page.
fn section<'p>(page: &'p str, title: &str) -> &'p str {
    let behind = page.split("## ").find_map(|part| part.strip_prefix(title));
    behind.unwrap_or_default().trim()
}
