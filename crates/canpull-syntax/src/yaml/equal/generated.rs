//! Streams of YAML, made at random from a seed: all styles, anchors, merges, comments, tabs and line breaks.

/// Scalars that YAML 1.1 and YAML 1.2 read alike.
const PLAIN: [&str; 22] = [
    "nginx",
    "nginx:1.27",
    "a b  c",
    "1",
    "-7",
    "0",
    "1.5",
    "-0.25",
    "1e3",
    "true",
    "false",
    "null",
    "~",
    "a#b",
    "a:b",
    "-x",
    "http://x/y?z=1",
    "é ü 𝄞",
    "it's",
    "a\"b",
    "<none>",
    "x",
];
const SINGLE: [&str; 7] = ["", "it''s", "a # b", "{x: 1}", "yes", "1", "\ttab: é 𝄞"];
const DOUBLE: [&str; 8] =
    ["", "a\\tb\\n", "\\u00e9 \\x41 \\U0001d11e", "\\\"q\\\"", "# no", "01", "a\\\\b", "\\0\\e\\_"];
const FLOW: [&str; 7] = ["x", "'y, z'", "\"q\"", "1", "null", "true", "a b"];
const HEADERS: [&str; 6] = ["|", ">", "|-", ">-", "|+", ">+"];
const LINES: [&str; 7] = ["one", "two  words", "  deeper", "# no comment", "", "key: value", "\ttab"];

/// What a value has been given a name for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchored {
    Map,
    Other,
}

/// A writer of one stream.
pub(super) struct Stream {
    state: u64,
    text: String,
    anchors: Vec<Anchored>,
    keys: usize,
}

/// The stream of a seed.
pub(super) fn stream(seed: u64) -> String {
    let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut stream = Stream { state, text: String::new(), anchors: Vec::new(), keys: 0 };
    for at in 0..=stream.below(3) {
        if at > 0 {
            let separator = stream.pick(&["---\n", "--- # next\n", "---\n# next\n\n"]);
            stream.text.push_str(separator);
        }
        stream.anchors.clear();
        stream.map(0, 4);
    }
    if stream.below(4) == 0 { stream.text.replace('\n', "\r\n") } else { stream.text }
}

impl Stream {
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % limit
    }

    fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[self.below(of.len())]
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn indent(&mut self, indent: usize) {
        self.put(&" ".repeat(indent));
    }

    /// A key that its map does not have yet.
    fn key(&mut self) -> String {
        self.keys += 1;
        let number = self.keys;
        match self.below(6) {
            0 => format!("'k {number}'"),
            1 => format!("\"k\\t{number}\""),
            2 => number.to_string(),
            3 => format!("app.example/k-{number}"),
            _ => format!("k{number}"),
        }
    }

    fn map(&mut self, indent: usize, depth: usize) {
        if let Some(at) = self.anchors.iter().position(|anchored| *anchored == Anchored::Map)
            && self.below(3) == 0
        {
            self.indent(indent);
            // Behind other keys a merge would mean something else to Kubernetes.
            self.put(&format!("<<: *a{at}\n"));
        }
        for _ in 0..=self.below(4) {
            self.comment_line(indent);
            self.indent(indent);
            let key = self.key();
            self.put(&key);
            self.text.push(':');
            self.value(indent, depth);
        }
    }

    fn list(&mut self, indent: usize, depth: usize) {
        for _ in 0..=self.below(3) {
            self.comment_line(indent);
            self.indent(indent);
            self.text.push('-');
            if depth > 0 && self.below(3) == 0 {
                // A map whose first key stands behind the dash.
                self.text.push(' ');
                let key = self.key();
                self.put(&format!("{key}:"));
                self.value(indent + 2, depth - 1);
                self.map(indent + 2, depth - 1);
            } else {
                self.value(indent, depth);
            }
        }
    }

    fn comment_line(&mut self, indent: usize) {
        match self.below(12) {
            0 => self.put(&format!("{}# a comment: [\n", " ".repeat(indent))),
            1 => self.put("\n"),
            _ => {}
        }
    }

    /// What follows a key or a dash, to the end of its line or lines.
    fn value(&mut self, indent: usize, depth: usize) {
        if !self.anchors.is_empty() && self.below(10) == 0 {
            let at = self.below(self.anchors.len());
            self.put(&format!(" *a{at}"));
            return self.end_of_line();
        }
        let named = self.below(8) == 0;
        if named {
            // Its number is given once it is closed: nothing inside may stand for it.
            self.put(" &a?");
        }
        let mark = self.text.len();
        let is_map = self.content(indent, depth);
        if named {
            let number = self.anchors.len().to_string();
            self.text.replace_range(mark - 1..mark, &number);
            self.anchors.push(if is_map { Anchored::Map } else { Anchored::Other });
        }
    }

    /// Writes a value; tells whether it is a map.
    fn content(&mut self, indent: usize, depth: usize) -> bool {
        match self.below(if depth > 0 { 12 } else { 8 }) {
            0..=2 => self.inline(&PLAIN, ""),
            3 => self.inline(&SINGLE, "'"),
            4 => self.inline(&DOUBLE, "\""),
            5 => self.block(indent),
            6 => self.wrapped(indent),
            7 => return self.flow(indent),
            8 | 9 => {
                self.text.push('\n');
                self.map(indent + 2, depth - 1);
                return true;
            }
            10 => {
                self.text.push('\n');
                self.list(indent + 2, depth - 1);
            }
            _ => self.end_of_line(),
        }
        false
    }

    fn inline(&mut self, of: &[&str], quote: &str) {
        let behind_key = self.text.ends_with(':');
        let space = self.pick(if behind_key { &[" ", "  ", " ", "\t"] } else { &[" ", "  "] });
        let text = self.pick(of);
        self.put(&format!("{space}{quote}{text}{quote}"));
        self.end_of_line();
    }

    fn block(&mut self, indent: usize) {
        let header = self.pick(&HEADERS);
        self.put(&format!(" {header}"));
        self.end_of_line();
        // The first line tells the indentation.
        self.put(&format!("{}first\n", " ".repeat(indent + 2)));
        for _ in 0..self.below(4) {
            let line = self.pick(&LINES);
            let indent = if line.is_empty() { 0 } else { indent + 2 };
            self.put(&format!("{}{line}\n", " ".repeat(indent)));
        }
    }

    /// A scalar over several lines.
    fn wrapped(&mut self, indent: usize) {
        let quote = self.pick(&["", "'", "\""]);
        let next = " ".repeat(indent + 2);
        let gap = self.pick(&["\n", "\n\n", " \n"]);
        self.put(&format!(" {quote}several{gap}{next}lines\n{next}of text{quote}"));
        self.end_of_line();
    }

    fn flow(&mut self, indent: usize) -> bool {
        let next = " ".repeat(indent + 2);
        let comma = [", ".to_owned(), ",".to_owned() + " ", format!(",\n{next}"), format!(", # why\n{next}")];
        let is_map = self.below(2) == 0;
        let mut items = Vec::new();
        for _ in 0..self.below(4) {
            let value = self.pick(&FLOW);
            let key = if is_map { format!("{}: ", self.key()) } else { String::new() };
            items.push(format!("{key}{value}"));
        }
        let comma = &comma[self.below(4)];
        let (open, close) = if is_map { ('{', '}') } else { ('[', ']') };
        let last = if items.is_empty() { "" } else { self.pick(&["", ","]) };
        self.put(&format!(" {open}{}{last}{close}", items.join(comma)));
        self.end_of_line();
        is_map
    }

    fn end_of_line(&mut self) {
        // Behind a dash Kubernetes takes no tab.
        let tab = if self.text.ends_with('-') { "\n" } else { "\t# why\n" };
        let end = self.pick(&["\n", "\n", "\n", "\n", "  \n", " # why\n", tab]);
        self.put(end);
    }
}
