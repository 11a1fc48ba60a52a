//! What the words of a script come to.

use canpull_syntax::TextRange;
use canpull_syntax::shell::{Access, Part, Scope, Statement, Substitution, Variable, Word};

use super::arguments::Argument;
use super::environment::key;
use super::powershell;
use super::run::Run;
use super::value::Value;
use crate::fact::Why;

/// Longer texts are no symbols, in bytes.
const MAX_SYMBOL: usize = 120;

impl Run<'_> {
    /// The output of a script whose output is used.
    fn substitution(&mut self, substitution: &Substitution<'_>) -> Value {
        // `$(NAME)` is a variable to Azure Pipelines and to make.
        if let [Statement::Pipeline(pipeline)] = substitution.statements.as_slice()
            && let [command] = pipeline.commands.as_slice()
            && let [name] = command.words.as_slice()
            && let Some(name) = name.literal()
            && !self.slice(substitution.range).contains(char::is_whitespace)
            && self.slice(substitution.range).starts_with("$(")
        {
            return self.given(&name, substitution.range);
        }
        let mut value = Value::unknown();
        let outside = self.shell.scopes.len();
        if !self.is_powershell() {
            self.shell.enter(Scope::Subshell);
        }
        for statement in &substitution.statements {
            let own = self.statement(statement);
            if matches!(statement, Statement::Pipeline(_)) {
                value = own;
            }
        }
        self.shell.leave_to(outside);
        self.taken(&value, &substitution.path, substitution.range)
    }

    /// A value of the surroundings, by its name.
    pub(super) fn given(&mut self, name: &str, range: TextRange) -> Value {
        let written = self.slice(range);
        let symbol = (written.len() <= MAX_SYMBOL).then(|| hole_symbol(written));
        let key = key(self.is_powershell(), name);
        // It is filled in before the shell starts.
        let known = self.shell.environment.get(&key).or_else(|| self.shell.now(&key)).and_then(|values| values.first());
        known.cloned().unwrap_or_else(|| Value::open(Why::Placeholder, symbol))
    }

    pub(super) fn taken(&self, value: &Value, path: &[Access<'_>], range: TextRange) -> Value {
        let keys: Vec<String> = path
            .iter()
            .filter_map(|step| if let Access::Member(key) = step { Some((*key).to_owned()) } else { None })
            .collect();
        value.select(&self.property_names(value, keys), (range, false))
    }

    /// PowerShell finds properties in any case of letters.
    fn property_names(&self, value: &Value, keys: Vec<String>) -> Vec<String> {
        if self.is_powershell() && value.as_output().is_some() {
            return keys.iter().map(|key| powershell::property(key)).collect();
        }
        keys
    }

    pub(super) fn variable(&mut self, variable: &Variable<'_>) -> Value {
        let powershell = self.is_powershell();
        let found = self.lookup(variable.name);
        let index = variable.path.iter().find_map(|step| match step {
            Access::Index(index) => index.parse::<usize>().ok(),
            _ => None,
        });
        let item = found.and_then(|values| {
            let value = values.get(index.unwrap_or(0)).or_else(|| values.first().filter(|_| values.len() == 1));
            value.cloned()
        });
        let value = match (item, &variable.default) {
            (Some(value), _) => value,
            (None, Some(default)) => self.word(default),
            // Parameters are others in each function.
            (None, None) if self.maybe && variable.name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') => {
                Value::unknown()
            }
            (None, None) => Value::open(Why::Placeholder, Some(variable_symbol(variable.name, powershell))),
        };
        self.taken(&value, &variable.path, variable.range)
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Vec<Value>> {
        self.shell.get(&key(self.is_powershell(), name))
    }

    /// The value of a variable that is no list.
    pub(super) fn value_of(&self, name: &str) -> Option<&Value> {
        self.lookup(name)?.first()
    }

    /// What a word comes to.
    pub(super) fn word(&mut self, word: &Word<'_>) -> Value {
        let mut value = Value::text("");
        for part in &word.parts {
            let own = self.part(part);
            value = value.then(&own);
        }
        value
    }

    fn part(&mut self, part: &Part<'_>) -> Value {
        match part {
            Part::Text { text, .. } => Value::text(text.clone()),
            Part::Variable(variable) => self.variable(variable),
            Part::Substitution(substitution) => self.substitution(substitution),
            Part::Process(substitution) => {
                self.substitution(substitution);
                Value::unknown()
            }
            Part::Hole(range) => {
                let name = hole_name(self.slice(*range)).to_owned();
                self.given(&name, *range)
            }
            Part::Opaque(range) => {
                let written = self.slice(*range);
                let symbol = (written.len() <= MAX_SYMBOL && !written.contains("$(")).then(|| written.to_owned());
                Value::open(Why::FilledAtRunTime, symbol)
            }
        }
    }

    /// The arguments that a word becomes.
    pub(super) fn argument(&mut self, word: &Word<'_>) -> Vec<Argument> {
        let range = word.content();
        if let [Part::Variable(variable)] = word.parts.as_slice() {
            let each = variable.path.contains(&Access::Each);
            if each && let Some(values) = self.lookup(variable.name).cloned() {
                let argument = |value: Value| {
                    let spread = value.is_anonymous();
                    Argument { value, range, literal: false, spread }
                };
                return values.into_iter().map(argument).collect();
            }
            let value = self.variable(variable);
            if !variable.quoted
                && !self.is_powershell()
                && let Some(words) = value.split()
            {
                let argument =
                    |word: String| Argument { value: Value::text(word), range, literal: false, spread: false };
                return words.into_iter().map(argument).collect();
            }
            let unsplit = !variable.quoted && value.as_text().is_none() && value.as_output().is_none();
            let spread = each || matches!(variable.name, "@" | "*") || (unsplit && !self.is_powershell());
            return vec![Argument { value, range, literal: false, spread }];
        }
        let value = self.word(word);
        let literal = word.literal().is_some_and(|text| text == self.slice(range));
        vec![Argument { value, range, literal, spread: false }]
    }
}

/// How a variable is written.
pub(super) fn variable_symbol(name: &str, powershell: bool) -> String {
    if powershell { format!("${}", key(true, name).1) } else { format!("${name}") }
}

/// A hole as all that mean the same are written: `${{ env.X }}` is `$X`, and blanks in it do not count.
fn hole_symbol(written: &str) -> String {
    let Some(inner) = written.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}")) else {
        return written.to_owned();
    };
    match inner.trim().strip_prefix("env.") {
        Some(name) => format!("${name}"),
        None => format!("${{{{ {} }}}}", inner.trim()),
    }
}

/// The name inside a hole: `env.X` in `${{ env.X }}`.
pub(super) fn hole_name(written: &str) -> &str {
    let inner = written.trim_matches(['$', '{', '}', '<', '>', '#', '(', ')', ' ']);
    inner.strip_prefix("env.").or_else(|| inner.strip_prefix("variables.")).unwrap_or(inner)
}
