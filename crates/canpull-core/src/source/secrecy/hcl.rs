//! What no source line of a Terraform file may show: literals that may be credentials, and comments that may hold one.

use canpull_syntax::expression::{Accessor, Expression, ExpressionKind};
use canpull_syntax::hcl::{self, Block, Body};
use canpull_syntax::{TextRange, to_offset};

use super::{holds_credential, names_credential};

/// What shows in a block that holds secrets.
const OPEN: [&str; 15] = [
    "name",
    "namespace",
    "type",
    "description",
    "resource_group_name",
    "location",
    "sensitive",
    "source",
    "version",
    "for_each",
    "count",
    "container_registry_name",
    "api_version",
    "kind",
    "metadata",
];

/// The ranges of a Terraform file that may hold a credential.
pub(super) fn secrets(text: &str) -> Vec<TextRange> {
    let parsed = hcl::parse(text);
    let mut search = Search { found: Vec::new() };
    search.body(&parsed.body, false);
    // What does not parse is read line by line; so are comments, which no tree has.
    let is_broken = !parsed.problems.is_empty();
    lines(text, is_broken, &mut search.found);
    search.found
}

struct Search {
    found: Vec<TextRange>,
}

impl Search {
    fn body(&mut self, body: &Body, is_secret: bool) {
        for own in &body.attributes {
            self.named(&own.name, &own.value, is_secret);
        }
        for block in &body.blocks {
            let opens = OPEN.contains(&&*block.kind);
            self.body(&block.body, (is_secret && !opens) || holds_secrets(block));
        }
    }

    /// What goes by a name.
    fn named(&mut self, name: &str, value: &Expression, is_secret: bool) {
        let opens = OPEN.contains(&name);
        self.visit(value, (is_secret && !opens) || names_credential(name) || name == "auth");
    }

    fn all(&mut self, all: &[Expression], is_hidden: bool) {
        for own in all {
            self.visit(own, is_hidden);
        }
    }

    fn visit(&mut self, value: &Expression, is_hidden: bool) {
        match &value.kind {
            ExpressionKind::Text(text) if is_hidden || holds_credential(text) => self.found.push(value.range),
            // What does not parse far enough may hold anything.
            ExpressionKind::Number(_) | ExpressionKind::Opaque if is_hidden => self.found.push(value.range),
            ExpressionKind::Template(parts) => {
                if is_hidden || parts.iter().any(|part| part.text().is_some_and(holds_credential)) {
                    self.found.push(value.range);
                } else {
                    self.all(parts, false);
                }
            }
            ExpressionKind::List(items) => self.all(items, is_hidden),
            ExpressionKind::Operation(own) => self.all(&own.operands, is_hidden),
            ExpressionKind::Call(call) => self.all(&call.arguments, is_hidden),
            ExpressionKind::Object(properties) => {
                // `{ kind = "Secret", data = { … } }`, as of a manifest.
                let kind = value.at(&["kind"]).and_then(Expression::text);
                let is_secret = is_hidden || kind.is_some_and(|kind| kind.contains("Secret"));
                let named = value.at(&["name"]).and_then(Expression::text).is_some_and(names_credential);
                for own in properties {
                    match own.key.text() {
                        Some("value") if named => self.visit(&own.value, true),
                        Some(key) => self.named(key, &own.value, is_secret),
                        None => self.visit(&own.value, is_secret),
                    }
                }
            }
            ExpressionKind::Condition(parts) => {
                let [test, yes, no] = &**parts;
                self.visit(test, false);
                self.visit(yes, is_hidden);
                self.visit(no, is_hidden);
            }
            ExpressionKind::For(each) => {
                self.visit(&each.over, is_hidden);
                self.visit(&each.body, is_hidden);
            }
            ExpressionKind::Spread(of) => self.visit(of, is_hidden),
            ExpressionKind::Access(access) => {
                self.visit(&access.of, is_hidden);
                if let Accessor::Index(index) = &access.accessor {
                    self.visit(index, false);
                }
            }
            _ => {}
        }
    }
}

/// Whether all that a block says is secret, but for what it is and what it is called.
fn holds_secrets(block: &Block) -> bool {
    let is_secret = |label: &str| label.contains("secret") || names_credential(label);
    let is_sensitive = block.body.value("sensitive").is_some_and(|own| own.kind == ExpressionKind::Bool(true));
    is_sensitive || block.labels.iter().any(|label| is_secret(label))
}

/// Comments that may hold a credential, and where nothing can be parsed lines that may.
fn lines(text: &str, is_broken: bool, found: &mut Vec<TextRange>) {
    let mut at = 0;
    let mut in_comment = false;
    for line in text.split_inclusive('\n') {
        let range = TextRange::new(to_offset(at), to_offset(at + line.trim_end().len()));
        let opens = line.find(['#', '/']).filter(|_| line.contains('#') || line.contains("//") || line.contains("/*"));
        let comment = if in_comment { Some(0) } else { opens };
        let suspect = |text: &str| names_credential(text) || holds_credential(text);
        if let Some(start) = comment.filter(|start| line.get(*start..).is_some_and(suspect)) {
            // A `#` in a literal is no comment: then the literal is hidden by its name, and the rest shows too little.
            let is_own = line.get(start..).is_some_and(|rest| rest.contains("canpull:"));
            if !is_own {
                found.push(TextRange::new(
                    range.start + to_offset(start),
                    range.end.max(range.start + to_offset(start)),
                ));
            }
        } else if is_broken && line.contains('"') && suspect(line) {
            found.push(range);
        }
        in_comment = (in_comment || line.trim_start().starts_with("/*")) && !line.contains("*/");
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn credentials_are_found_and_the_rest_shows() {
        let text = "variable \"admin_password\" {\n  type = string\n  default = \"p1\"\n}\nlocals {\n  name = \"contoso\" # the registry\n  \
            token = \"p2\" // password p3\n  pair = { user = \"me\", password = \"p4\" }\n}\nresource \"kubernetes_secret\" \"pull\" {\n  \
            metadata {\n    name = \"acr-auth\"\n  }\n  data = {\n    \".dockerconfigjson\" = jsonencode({ auths = { \"contoso.azurecr.io\" = { auth = base64encode(\"me:p5\") } } })\n  }\n}\n";
        let found = secrets(text);
        let shown: Vec<&str> = found.iter().map(|range| range.slice(text)).collect();
        assert_eq!(shown, ["\"p1\"", "\"p2\"", "\"p4\"", "\"me:p5\"", "// password p3"]);
    }

    #[test]
    fn what_does_not_parse_is_hidden_by_lines() {
        let text = "locals {\n  password = \"p1\n}\n";
        assert_eq!(secrets(text).iter().map(|range| range.slice(text)).collect::<Vec<_>>(), ["  password = \"p1"]);
    }
}
