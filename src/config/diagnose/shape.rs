//! Brackets and quotes of a text that is no TOML: each that was opened and not closed, where it was opened. The reader
//! tells what it met after that, line by line to the end of the file; nobody can mend that.
//!
//! Looked at only where the reader found something: what is said here is a guess, by what lines of a playbook begin with.

use std::ops::Range;

use super::twice;

/// Brackets within brackets. The reader follows no more.
const DEEPEST: usize = 80;

/// Texts of one line that are looked at again when a quote is missing in it.
const TEXTS: usize = 200;

/// What is wrong with a text, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, in bytes.
    pub(super) span: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What would be right.
    pub(super) hint: String,
    /// What mends it, when that can be told.
    pub(super) edit: Option<Edit>,
}

/// A part of a text, and what stands there instead. Never a line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) span: Range<usize>,
    pub(super) put: String,
}

impl Edit {
    fn put(at: usize, put: impl Into<String>) -> Self {
        Self { span: at..at, put: put.into() }
    }
}

/// A text, as far as its brackets and quotes tell.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Headings, and keys with their values, each from its first letter to the end of its last line.
    pub(super) statements: Vec<Range<usize>>,
    /// In the order in which they are met.
    pub(super) faults: Vec<Fault>,
}

/// Looks through a text.
pub(super) fn of(source: &str) -> Shape {
    let mut scan = Scan { source, at: 0, stack: Vec::new(), texts: Vec::new(), last: 0, shape: Shape::default() };
    while let Some(c) = scan.peek() {
        match c {
            c if c.is_whitespace() => scan.at += c.len_utf8(),
            '#' => scan.at = scan.line_end(scan.at),
            c => {
                let start = scan.at;
                if c == '[' {
                    scan.heading();
                } else {
                    scan.pair();
                }
                scan.at = scan.line_end(scan.at);
                scan.shape.statements.push(start..scan.at);
            }
        }
    }
    scan.shape
}

/// A text of one line, and what was open before it.
struct Text {
    span: Range<usize>,
    stack: Vec<(usize, u8)>,
}

struct Scan<'s> {
    source: &'s str,
    at: usize,
    /// Where brackets were opened that are open still.
    stack: Vec<(usize, u8)>,
    /// Texts that ended on this line.
    texts: Vec<Text>,
    /// The end of what was met last, beside space and comments.
    last: usize,
    shape: Shape,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn line_end(&self, at: usize) -> usize {
        let end = self.source[at..].find('\n').map_or(self.source.len(), |n| at + n);
        if self.source[at..end].ends_with('\r') { end - 1 } else { end }
    }

    fn go_to(&mut self, at: usize) {
        (self.at, self.last) = (at, at);
    }

    fn fault(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>, edit: Option<Edit>) {
        self.shape.faults.push(Fault { span, message: message.into(), hint: hint.into(), edit });
    }

    /// A line that begins with a bracket: the name of a table.
    fn heading(&mut self) {
        let end = self.line_end(self.at);
        let text = &self.source[self.at..end];
        let opened = text.bytes().take_while(|b| *b == b'[').count();
        let after = opened + outside(&text[opened..], |c| matches!(c, ']' | '#')).unwrap_or(text.len() - opened);
        let closed = text[after..].bytes().take_while(|b| *b == b']').count();
        let name = text[opened..after].trim();
        if opened == closed || name.is_empty() {
            return;
        }
        let wanted = if closed == 0 { opened.min(2) } else { self.brackets(name) };
        let message = if closed == 0 {
            "this table's name is not closed".to_owned()
        } else {
            format!("this table's name is opened with {} and closed with {}", "[".repeat(opened), "]".repeat(closed))
        };
        let written = format!("{}{name}{}", "[".repeat(wanted), "]".repeat(wanted));
        let span = self.at..self.at + opened + text[opened..after].trim_end().len().max(1) + closed;
        let whole = self.at..self.at + after + closed;
        self.fault(span, message, format!("write {written}"), Some(Edit { span: whole, put: written }));
    }

    /// How many brackets a table's name stands in. One that others stand under is no list of several.
    fn brackets(&self, name: &str) -> usize {
        let path: Vec<String> = name.split('.').map(|part| part.trim().trim_matches(['"', '\'']).to_owned()).collect();
        let is_list = twice::is_of_several(&path) && !self.source.contains(&format!("[{name}."));
        if is_list { 2 } else { 1 }
    }

    /// A key and its value, over as many lines as its brackets are open.
    fn pair(&mut self) {
        let end = self.line_end(self.at);
        let text = &self.source[self.at..end];
        let Some(equals) = outside(text, |c| matches!(c, '=' | '#')).filter(|n| text.as_bytes()[*n] == b'=') else {
            return self.unopened_heading();
        };
        self.go_to(self.at + equals + 1);
        while let Some(c) = self.peek() {
            match c {
                '\n' if self.unopened_table() => {}
                '\n' => {
                    if self.stack.is_empty() || self.begins_anew(self.at + 1) {
                        break;
                    }
                    self.texts.clear();
                    self.at += 1;
                }
                '#' => self.at = self.line_end(self.at),
                '"' | '\'' => self.text(c),
                '[' | '{' if self.stack.len() >= DEEPEST => {
                    // The reader says so.
                    self.stack.clear();
                    break;
                }
                '[' | '{' => {
                    self.stack.push((self.at, self.source.as_bytes()[self.at]));
                    self.go_to(self.at + 1);
                }
                ']' | '}' => self.close(c),
                c if c.is_whitespace() => self.at += c.len_utf8(),
                c => self.go_to(self.at + c.len_utf8()),
            }
        }
        self.unclosed(0, self.last);
        self.texts.clear();
        self.at = self.at.max(self.last);
    }

    /// `rep.maya]`.
    fn unopened_heading(&mut self) {
        let text = &self.source[self.at..self.line_end(self.at)];
        let text = text[..outside(text, |c| c == '#').unwrap_or(text.len())].trim_end();
        let name = text.trim_end_matches(']').trim();
        if text.ends_with(']') && !name.is_empty() && name.chars().all(of_a_key) {
            let wanted = text.len() - text.trim_end_matches(']').len();
            let wanted = wanted.min(2);
            let written = format!("{}{name}{}", "[".repeat(wanted), "]".repeat(wanted));
            let span = self.at..self.at + text.len();
            let edit = Some(Edit { span: span.clone(), put: written.clone() });
            self.fault(span, "this table's name is not opened", format!("write {written}"), edit);
        }
    }

    /// `rule = "sdr", skip = ["hours"] },` in a list, on the line that begins here.
    fn unopened_table(&mut self) -> bool {
        let next = self.at + 1;
        let line = &self.source[next..self.line_end(next)];
        let text = line.trim_start();
        let indent = next + line.len() - text.len();
        let key = outside(text, |c| matches!(c, '=' | '#')).filter(|n| text.as_bytes()[*n] == b'=');
        let key = key.map(|end| text[..end].trim()).filter(|key| !key.is_empty() && key.chars().all(of_a_key));
        let in_list = self.stack.last().is_some_and(|(_, kind)| *kind == b'[');
        let Some(key) = key.filter(|_| in_list && text.trim_end().trim_end_matches(',').ends_with('}')) else {
            return false;
        };
        // Every table of the line that was opened in it is closed, and one more.
        if text.matches('}').count() <= text.matches('{').count() {
            return false;
        }
        let hint = format!("write {{ {key} = …");
        self.texts.clear();
        self.fault(indent..indent + key.len(), "a { is missing before this", hint, Some(Edit::put(indent, "{ ")));
        self.stack.push((indent, b'{'));
        self.go_to(indent);
        true
    }

    /// Whether the line from here on is a heading or a key that cannot stand in the bracket that is open.
    fn begins_anew(&self, at: usize) -> bool {
        let text = self.source[at..self.line_end(at)].trim_start();
        let Some((_, open)) = self.stack.last() else { return true };
        if text.starts_with('[') {
            return is_heading(text);
        }
        let key = outside(text, |c| matches!(c, '=' | '#')).filter(|n| text.as_bytes()[*n] == b'=');
        let key = key.map(|end| text[..end].trim()).filter(|key| !key.is_empty() && key.chars().all(of_a_key));
        // A table may go on with the next key after a comma.
        let goes_on = *open == b'{' && self.source[..self.last].ends_with([',', '{']);
        key.is_some() && !goes_on
    }

    /// Whatever was opened after so many brackets is not closed before `at`.
    fn unclosed(&mut self, below: usize, at: usize) {
        while self.stack.len() > below {
            let Some((open, kind)) = self.stack.pop() else { return };
            let (what, with) = if kind == b'[' { ("list", "]") } else { ("table", "}") };
            let edit = Some(Edit::put(at, with));
            self.fault(open..open + 1, format!("this {what} is not closed"), format!("close it with {with}"), edit);
        }
    }

    fn close(&mut self, with: char) {
        let opening = if with == ']' { b'[' } else { b'{' };
        let here = self.at..self.at + 1;
        match self.stack.iter().rposition(|(_, kind)| *kind == opening) {
            Some(index) => {
                self.unclosed(index + 1, self.last);
                self.stack.pop();
            }
            None if self.stack.pop().is_some() => {
                let (what, wanted) = if with == ']' { ("table", "}") } else { ("list", "]") };
                let edit = Some(Edit { span: here.clone(), put: wanted.to_owned() });
                self.fault(here, format!("this {what} is closed with {with}"), format!("close it with {wanted}"), edit);
            }
            None => {
                let edit = Some(Edit { span: here.clone(), put: " ".to_owned() });
                self.fault(here, format!("this {with} closes nothing"), "leave it out", edit);
            }
        }
        self.go_to(self.at + 1);
    }

    fn text(&mut self, quote: char) {
        let start = self.at;
        let three: String = std::iter::repeat_n(quote, 3).collect();
        if self.source[start..].starts_with(&three) {
            return self.long_text(start, quote, &three);
        }
        let end = self.line_end(start);
        if let Some(length) = closing(&self.source[start + 1..end], quote) {
            let text = Text { span: start..start + 1 + length, stack: self.stack.clone() };
            self.go_to(text.span.end);
            if self.texts.len() < TEXTS {
                self.texts.push(text);
            }
            return;
        }
        // One quote of this line is missing: most likely where a text touches a word.
        let mut texts = std::mem::take(&mut self.texts);
        texts.push(Text { span: start..end, stack: self.stack.clone() });
        for Text { span, stack } in texts {
            let is_last = span.end == end;
            let word = self.word_before(span.start);
            if word.start < span.start {
                self.stack = stack;
                return self.unopened_text(word, quote, end);
            }
            let touches = self.source[span.end..].chars().next().is_some_and(of_a_word);
            if is_last || touches {
                let inside = span.start + 1..if is_last { end } else { span.end - 1 };
                let cut = inside.start + cut(&self.source[inside.clone()], is_last, !stack.is_empty());
                let mark = self.source[span.start..].chars().next().unwrap_or(quote);
                self.stack = stack;
                let edit = Some(Edit::put(cut, mark));
                self.fault(span.start..cut, "this text is not closed", format!("close it with {mark}"), edit);
                return self.go_to(cut);
            }
        }
    }

    /// A text over several lines.
    fn long_text(&mut self, start: usize, quote: char, three: &str) {
        let inside = start + 3;
        if let Some(length) = closing_of_three(&self.source[inside..], quote, three) {
            self.texts.clear();
            return self.go_to(inside + length);
        }
        // To the last line before one that begins something else.
        let mut end = self.line_end(inside);
        let mut last = inside + self.source[inside..end].trim_end().len();
        while end < self.source.len() {
            let next = end + self.source[end..].find('\n').map_or(0, |n| n + 1);
            let line = &self.source[next..self.line_end(next)];
            let key = outside(line, |c| matches!(c, '=' | '#')).filter(|n| line.as_bytes()[*n] == b'=');
            let is_key = key.is_some_and(|n| !line[..n].trim().is_empty() && line[..n].trim().chars().all(of_a_key));
            if next <= end || is_key || is_heading(line.trim_start()) {
                break;
            }
            end = self.line_end(next);
            if !line.trim().is_empty() {
                last = next + line.trim_end().len();
            }
        }
        let edit = Some(Edit::put(last, three));
        self.fault(start..inside, "this text is not closed", format!("close it with {three}"), edit);
        self.go_to(last);
    }

    /// A text that only its closing quote tells.
    fn unopened_text(&mut self, word: Range<usize>, quote: char, end: usize) {
        let message = "a quote is missing before this text";
        if quote == '\'' {
            // An apostrophe, most likely.
            let text = self.source[word.start..end].trim_end_matches([',', ']', '}', ' ']).to_owned();
            self.fault(word, message, format!("write \"{text}\""), None);
            return self.go_to(end);
        }
        let edit = Some(Edit::put(word.start, quote));
        let hint = format!("write {quote}{}{quote}", &self.source[word.clone()]);
        let after = word.end + 1;
        self.fault(word, message, hint, edit);
        self.go_to(after);
    }

    /// The bare words that end here.
    fn word_before(&self, end: usize) -> Range<usize> {
        let before = &self.source[..end];
        if !before.ends_with(of_a_word) {
            return end..end;
        }
        let start = before.rfind(['=', '[', '{', ',', '\n', '"', '\'']).map_or(0, |n| n + 1);
        let start = start + (before[start..].len() - before[start..].trim_start().len());
        start..end
    }
}

/// Where a text ends whose quote is missing: before the comma that follows, or what closes the brackets around it.
fn cut(inside: &str, is_last: bool, is_in_brackets: bool) -> usize {
    let comment = inside.find(" #").unwrap_or(inside.len());
    let text = &inside[..comment];
    let end = match text.find(',') {
        Some(comma) if is_in_brackets && !is_last => comma,
        _ if is_in_brackets => text.trim_end_matches([',', ']', '}', ' ', '\t']).len(),
        _ => text.len(),
    };
    text[..end].trim_end().len()
}

/// The first place outside of texts where this is so.
fn outside(text: &str, is: impl Fn(char) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if is(c) {
            return Some(at);
        }
        at += c.len_utf8();
        if matches!(c, '"' | '\'') {
            at += closing(&text[at..], c)?;
        }
    }
    None
}

/// The bytes to the end of a text of one line, its quote with it.
fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The same of a text between three quotes, which may end in two of its own.
fn closing_of_three(rest: &str, quote: char, three: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote && rest[at..].starts_with(three) => {
                let more = rest[at + 3..].chars().take(2).take_while(|c| *c == quote).count();
                return Some(at + 3 + more);
            }
            _ => {}
        }
    }
    None
}

/// A line that names a table, or would.
fn is_heading(text: &str) -> bool {
    let opened = text.bytes().take_while(|b| *b == b'[').count();
    let name = &text[opened..];
    let name = name[..name.find([']', '#']).unwrap_or(name.len())].trim();
    let is_value = matches!(name, "true" | "false" | "inf" | "nan");
    (1..=2).contains(&opened)
        && !is_value
        && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(of_a_key)
}

fn of_a_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ' | '\t')
}

fn of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
