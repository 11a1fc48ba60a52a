//! Scripts: golden syntax of `fixtures/syntax/shell`, and what holds for any text at all.

use std::fmt::Write as _;
use std::fs;

use canpull_syntax::TextRange;
use canpull_syntax::shell::{
    Access, Assign, Command, Dialect, Mode, Part, Statement, Substitution, Variable, Word, parse,
};

/// A script's statements, a line each.
fn print(text: &str, dialect: Dialect) -> String {
    let mut out = String::new();
    for statement in parse(text, 0, dialect) {
        if !matches!(statement, Statement::Enter(..) | Statement::Leave(_)) {
            let _ = writeln!(out, "{:?} {}", statement.when(), show_statement(&statement, text));
        }
    }
    out
}

fn show_statement(statement: &Statement<'_>, text: &str) -> String {
    match statement {
        Statement::Assign(assign) => show_assign(assign, text),
        Statement::Pipeline(pipeline) => {
            let commands: Vec<_> = pipeline.commands.iter().map(|command| show_command(command, text)).collect();
            commands.join(" | ")
        }
        Statement::Enter(scope, _) => format!("enter {scope:?}"),
        Statement::Leave(_) => "leave".to_owned(),
    }
}

fn show_assign(assign: &Assign<'_>, text: &str) -> String {
    let operator = match assign.mode {
        Mode::Set => "=",
        Mode::Append => "+=",
        Mode::Each => " in ",
        Mode::Unknown => "=?",
    };
    let values = show_words(&assign.values, text);
    let values = if assign.array { format!("({values})") } else { values };
    format!("{}{operator}{values}", assign.name)
}

fn show_command(command: &Command<'_>, text: &str) -> String {
    let mut shown: Vec<_> =
        command.assignments.iter().map(|assign| format!("[{}]", show_assign(assign, text))).collect();
    shown.extend(command.words.iter().map(|word| show_word(word, text)));
    for redirect in &command.redirects {
        shown.push(format!("{:?}:{}", redirect.kind, show_word(&redirect.target, text)));
    }
    if let Some(body) = command.input {
        let flags = [(body.expands, "expands "), (body.strips_tabs, "tabs ")];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        shown.push(format!("<<{flags}{:?}", body.range.slice(text)));
    }
    shown.join(" ")
}

fn show_words(words: &[Word<'_>], text: &str) -> String {
    words.iter().map(|word| show_word(word, text)).collect::<Vec<_>>().join(" ")
}

fn show_word(word: &Word<'_>, text: &str) -> String {
    if let Some(literal) = word.literal() {
        return if word.range.slice(text) == literal && !literal.is_empty() {
            literal.into_owned()
        } else {
            format!("{literal:?}")
        };
    }
    word.parts.iter().map(|part| show_part(part, text)).collect::<Vec<_>>().join("+")
}

fn show_part(part: &Part<'_>, text: &str) -> String {
    match part {
        Part::Text { text, .. } => format!("{text:?}"),
        Part::Variable(variable) => show_variable(variable, text),
        Part::Substitution(inner) => format!("${}", show_script(inner, text)),
        Part::Process(inner) => format!("<{}", show_script(inner, text)),
        Part::Hole(range) => format!("hole:{:?}", range.slice(text)),
        Part::Opaque(range) => format!("opaque:{:?}", range.slice(text)),
    }
}

fn show_variable(variable: &Variable<'_>, text: &str) -> String {
    let default = variable.default.as_ref().map(|word| format!(":-{}", show_word(word, text))).unwrap_or_default();
    let quote = if variable.quoted { "\"" } else { "" };
    format!("{quote}${{{}{}{default}}}{quote}", variable.name, show_path(&variable.path))
}

fn show_script(script: &Substitution<'_>, text: &str) -> String {
    let statements: Vec<_> = script.statements.iter().map(|statement| show_statement(statement, text)).collect();
    let quote = if script.quoted { "\"" } else { "" };
    format!("{quote}({}){quote}{}", statements.join("; "), show_path(&script.path))
}

fn show_path(path: &[Access<'_>]) -> String {
    path.iter()
        .map(|access| match access {
            Access::Member(name) => format!(".{name}"),
            Access::Index(index) => format!("[{index}]"),
            Access::Each => "[*]".to_owned(),
        })
        .collect()
}

/// The scripts among the fixtures, with their dialects.
fn scripts() -> Vec<(std::path::PathBuf, String, Dialect)> {
    let mut paths: Vec<_> = fs::read_dir("fixtures/syntax/shell").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let dialect = |path: &std::path::Path| match path.extension()?.to_str()? {
        "sh" => Some(Dialect::Bash),
        "ps1" => Some(Dialect::PowerShell),
        _ => None,
    };
    let with_text = |path: std::path::PathBuf| {
        let dialect = dialect(&path)?;
        let text = fs::read_to_string(&path).unwrap();
        Some((path, text, dialect))
    };
    paths.into_iter().filter_map(with_text).collect()
}

#[test]
fn scripts_have_their_golden_syntax() {
    for (path, text, dialect) in scripts() {
        let golden = path.with_extension(format!("{}.txt", path.extension().unwrap().to_str().unwrap()));
        let printed = print(&text, dialect);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&golden, &printed).unwrap();
        }
        assert_eq!(printed, fs::read_to_string(&golden).unwrap_or_default(), "{}", path.display());
    }
}

/// Checks that ranges nest, follow each other and slice to whole characters.
struct Ranges<'t> {
    text: &'t str,
    base: u32,
}

impl Ranges<'_> {
    fn check(&self, inner: TextRange, outer: TextRange) {
        assert!(inner.start <= inner.end && outer.contains(inner), "{inner:?} in {outer:?}");
        let at = |offset: u32| (offset - self.base) as usize;
        assert!(self.text.get(at(inner.start)..at(inner.end)).is_some(), "{inner:?} splits a character");
    }

    fn in_order(&self, ranges: impl Iterator<Item = TextRange>, outer: TextRange) {
        let mut end = outer.start;
        for range in ranges {
            self.check(range, outer);
            assert!(end <= range.start, "{range:?} begins before {end}");
            end = range.end;
        }
    }

    fn statements(&self, statements: &[Statement<'_>], outer: TextRange) {
        for statement in statements {
            self.check(statement.range(), outer);
            match statement {
                Statement::Assign(assign) => self.assign(assign, outer),
                Statement::Pipeline(pipeline) => {
                    assert!(!pipeline.commands.is_empty());
                    self.in_order(pipeline.commands.iter().map(|command| command.range), pipeline.range);
                    pipeline.commands.iter().for_each(|command| self.command(command));
                }
                Statement::Enter(..) | Statement::Leave(_) => {}
            }
        }
    }

    fn command(&self, command: &Command<'_>) {
        command.assignments.iter().for_each(|assign| self.assign(assign, command.range));
        self.words(&command.words, command.range);
        for redirect in &command.redirects {
            self.check(redirect.range, command.range);
            self.word(&redirect.target, redirect.range);
        }
        if let Some(body) = command.input {
            // A body may stand behind the substitution that its line ends.
            let end = self.base + u32::try_from(self.text.len()).unwrap();
            self.check(body.range, TextRange::new(command.range.start, end));
        }
    }

    fn assign(&self, assign: &Assign<'_>, outer: TextRange) {
        self.check(assign.range, outer);
        self.check(assign.name_range, assign.range);
        let from = (assign.name_range.start - self.base) as usize;
        assert!(self.text[from..].starts_with(assign.name) || self.text[from..].starts_with('{'), "{assign:?}");
        self.words(&assign.values, assign.range);
    }

    fn words(&self, words: &[Word<'_>], outer: TextRange) {
        self.in_order(words.iter().map(|word| word.range), outer);
        for word in words {
            self.word(word, outer);
        }
    }

    fn word(&self, word: &Word<'_>, outer: TextRange) {
        self.check(word.range, outer);
        self.check(word.content(), word.range);
        self.in_order(word.parts.iter().map(Part::range), word.range);
        for part in &word.parts {
            match part {
                Part::Text { text: std::borrow::Cow::Borrowed(text), range } => {
                    assert_eq!(*text, &self.text[(range.start - self.base) as usize..(range.end - self.base) as usize]);
                }
                Part::Variable(variable) => {
                    if let Some(word) = &variable.default {
                        self.word(word, variable.range);
                    }
                }
                Part::Substitution(inner) | Part::Process(inner) => self.statements(&inner.statements, inner.range),
                _ => {}
            }
        }
    }
}

fn check_any(text: &str, dialect: Dialect) {
    let base = 1000;
    let statements: Vec<_> = parse(text, base, dialect).collect();
    let whole = TextRange::new(base, base + u32::try_from(text.len()).unwrap());
    Ranges { text, base }.statements(&statements, whole);
}

/// A small generator of numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

const SNIPPETS: [&str; 44] = [
    "$(",
    "${",
    "`",
    "\"",
    "'",
    "<<A\n",
    "<<-'B'\n",
    "\nA\n",
    ")",
    "}",
    "{",
    "(",
    "((",
    "))",
    "\\",
    "\\\n",
    "\r\n",
    "\n\n",
    "é",
    "<hole>",
    "{{ x }}",
    "${{ a }}",
    "#{X}#",
    "if ",
    "; then ",
    "\nfi\n",
    "case x in ",
    "esac",
    ";;",
    "for i in ",
    "; do ",
    "done",
    "f() {",
    "X=",
    "A=(",
    "export ",
    "|",
    "&&",
    "||",
    "$'\\x41",
    "${X:-",
    "@\"\n",
    "\n\"@",
    "@{",
];

#[test]
fn any_text_is_read_and_its_ranges_hold() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (_, text, dialect) in scripts() {
        check_any(&text, dialect);
        for _ in 0..400 {
            let mut bytes = text.clone();
            for _ in 0..=random.below(6) {
                let mut from = random.below(bytes.len() + 1);
                let mut to = (from + random.below(20)).min(bytes.len());
                (from, to) = (bytes.floor_char_boundary(from), bytes.floor_char_boundary(to));
                bytes.replace_range(from..to, SNIPPETS[random.below(SNIPPETS.len())]);
            }
            check_any(&bytes, Dialect::Bash);
            check_any(&bytes, Dialect::PowerShell);
        }
    }
    for _ in 0..4000 {
        let soup: String = (0..random.below(30)).map(|_| SNIPPETS[random.below(SNIPPETS.len())]).collect();
        check_any(&soup, Dialect::Bash);
        check_any(&soup, Dialect::PowerShell);
    }
}

#[test]
fn scripts_tell_their_dialect() {
    let (bash, powershell) = (Some(Dialect::Bash), Some(Dialect::PowerShell));
    for (dialect, text) in [
        (powershell, "$id = az acr show -n a\n"),
        (powershell, "az acr show `\n  -n a\n"),
        (powershell, "# first\n$FQDN=(az x)\n"),
        (bash, "az acr show \\\n  -n a\n"),
        (bash, "ID=$(az acr show)\naz x --assignee $ID\n"),
        (None, "az acr show -n $NAME\n"),
        (bash, "x=`\ndate`\n"),
        (None, ""),
    ] {
        assert_eq!(Dialect::guess(text), dialect, "{text}");
    }
}

/// Pieces of words that mean the same wherever they run.
const PIECES: [&str; 30] = [
    "a",
    "--query",
    "[0].id",
    "x=y",
    "'single $X'",
    "\"double\"",
    "\"a \\\"b\\\" \\$c \\\\ \\d\"",
    "''",
    "\"\"",
    "\\ ",
    "\\'",
    "\\\"",
    "$'tab\\there\\x41\\u00e9\\'\\\\'",
    "\\\n",
    "é",
    "%s",
    "@",
    "#no-comment",
    "--a=b,c",
    ":",
    "!",
    "^",
    "{x}",
    "{",
    "}",
    "'it'\\''s'",
    "\"\\\n\"",
    "$\"l\"",
    "/subscriptions/0/x",
    "+",
];

#[test]
fn words_are_those_of_bash() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut script = String::new();
    for _ in 0..600 {
        script.push_str("printf '%s\\0' .");
        for _ in 0..random.below(6) {
            script.push_str([" ", "\t", " \\\n ", "  "][random.below(4)]);
            for at in 0..=random.below(4) {
                let piece = PIECES[random.below(PIECES.len())];
                script.push_str(if at == 0 && piece.starts_with('#') { "a" } else { "" });
                script.push_str(piece);
            }
        }
        script.push_str([" # comment 'open\n", "\n", " ;\n"][random.below(3)]);
    }
    let Ok(output) = std::process::Command::new("bash").env("LC_ALL", "C.UTF-8").arg("-c").arg(&script).output() else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut read = Vec::new();
    for statement in parse(&script, 0, Dialect::Bash) {
        let Statement::Pipeline(pipeline) = statement else { panic!("{statement:?}") };
        for word in pipeline.commands[0].words.iter().skip(2) {
            read.push(word.literal().unwrap_or_else(|| panic!("{word:?}")).into_owned());
        }
    }
    let told = String::from_utf8(output.stdout).unwrap();
    let told: Vec<&str> = told.split_terminator('\0').collect();
    for (at, (read, told)) in read.iter().zip(&told).enumerate() {
        assert_eq!(read, told, "word {at}");
    }
    assert_eq!(read.len(), told.len());
    assert!(read.len() > 1_000, "{}", read.len());
}

/// Beginnings that nothing ends, and other text that invites reading it again and again.
const HOSTILE: [&str; 44] = [
    "$(",
    "\"",
    "'",
    "\" '",
    "`",
    "<<A ",
    "<<A\n",
    "<<A\n A\n",
    "${",
    "${X:-",
    "$((",
    "((",
    "(",
    "{",
    "{{",
    "<a ",
    "if ",
    "case x in ",
    "X=(",
    "\\\n",
    "\"$(",
    "\n\n \"a",
    "\n\n 'a",
    "\\\"",
    "@\"\n",
    "@'\n",
    "@(",
    "@{",
    "$x[",
    "$x.a(",
    "[a",
    "<#",
    "a|\n",
    "a\n#\n",
    "f()",
    "for x in ",
    "foreach ($a in ",
    "$a=",
    "$a +",
    "$a = +(",
    "$a = 'b' + [c]@(",
    "$a = 'b' + (",
    "$a = @(1) + (b:\n",
    "a'b`",
];

#[test]
fn hostile_scripts_are_read_in_linear_time() {
    let start = std::time::Instant::now();
    for dialect in [Dialect::Bash, Dialect::PowerShell] {
        for pattern in HOSTILE {
            let text = pattern.repeat(30_000);
            let count = parse(&text, 0, dialect).count();
            assert!(count <= text.len());
            // Reading it anew from each of its parts would take minutes, not seconds.
            assert!(start.elapsed().as_secs() < 120, "{pattern:?}");
        }
    }
}

#[test]
fn scopes_are_entered_and_left() {
    let shown = |text: &str, dialect| {
        let shown: Vec<String> = parse(text, 0, dialect).map(|own| show_statement(&own, text)).collect();
        shown.join("; ")
    };
    for (text, told) in [
        ("(A=1)\na", "enter Subshell; A=1; leave; a"),
        ("f() { local A=1; }\na", "enter Function; A=1; leave; a"),
        ("f() (\n a\n)\nb", "enter Subshell; enter Function; a; leave; leave; b"),
        ("{ a; }; b", "a; b"),
        ("( if a; then b )\nc", "enter Subshell; a; b; leave; c"),
    ] {
        assert_eq!(shown(text, Dialect::Bash), told);
    }
    let told = "enter Function; a=1; leave; b";
    assert_eq!(shown("function f { $a = 1 }\nb", Dialect::PowerShell), told);
    let locals: Vec<bool> = parse("local A=1\nB=2", 0, Dialect::Bash)
        .filter_map(|own| if let Statement::Assign(assign) = own { Some(assign.local) } else { None })
        .collect();
    assert_eq!(locals, [true, false]);
}

#[test]
fn statements_longer_than_any_are_dropped() {
    for (dialect, text) in [
        (Dialect::Bash, "az ".repeat(100_000)),
        (Dialect::Bash, format!("echo {}", "$a".repeat(100_000))),
        (Dialect::Bash, "a|".repeat(100_000) + "a"),
        (Dialect::PowerShell, "a|".repeat(100_000) + "a"),
        (Dialect::Bash, format!("echo \"{}\"", "\\\"".repeat(100_000))),
        (Dialect::Bash, format!("X=({})", "a ".repeat(100_000))),
        (Dialect::PowerShell, "az ".repeat(100_000)),
        (Dialect::PowerShell, format!("echo \"{}\"", "$a".repeat(100_000))),
        (Dialect::PowerShell, format!("echo @({})", "1,".repeat(100_000))),
    ] {
        let text = text + "\naz last\n";
        let printed = print(&text, dialect);
        assert_eq!(printed.get(..40).unwrap_or(&printed), "Always az last\n", "{}", &text[..20]);
    }
}
