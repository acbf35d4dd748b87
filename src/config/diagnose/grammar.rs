//! What the TOML reader says of a text that is no TOML, in the words of somebody who writes a playbook, and what would mend
//! it.

use std::ops::Range;

use super::shape::{Edit, Fault};
use super::{boundary, shown};

/// What is wrong in a statement of `source`, of which the reader said this at this place.
pub(super) fn fault(source: &str, statement: &Range<usize>, said: &str, at: Range<usize>) -> Fault {
    let start = boundary(source, at.start).clamp(statement.start, statement.end);
    let end = boundary(source, at.end).clamp(start, statement.end);
    let place = Place { source, statement: statement.clone(), span: start..end };
    let what = said.split(", expected").next().unwrap_or(said);
    let control = source[start..].chars().next().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if let Some(c) = control {
        let place = Place { span: start..start + c.len_utf8(), ..place };
        let edit = Some(Edit { span: place.span.clone(), put: String::new() });
        let message = format!("U+{:04X} stands here: a control character, which nobody sees", u32::from(c));
        return place.said(&message, "leave it out; save the file as plain text", edit);
    }
    match what {
        // The second half: what looks like a number, a day or a word, and is none.
        "string values must be quoted"
        | "missing opening quote"
        | "invalid boolean"
        | "invalid float"
        | "invalid datetime"
        | "unexpected leading zero"
        | "invalid mantissa"
        | "redundant numeric sign"
        | "redundant integer number prefix"
        | "radix must be lowercase"
        | "integers with a radix cannot be signed"
        | "unexpected sign" => place.bare(),
        _ if ["invalid date", "invalid time", "invalid integer", "invalid exponent", "`_` may only go"]
            .iter()
            .any(|w| what.starts_with(w)) =>
        {
            place.number()
        }
        "key with no value" => place.key_alone(),
        "invalid unquoted key"
        | "unquoted keys cannot be empty"
        | "invalid key-value pair"
        | "missing value for key" => place.key(what),
        "missing assignment between key-value pairs" => place.said(
            "a key stands here without a value",
            "write KEY = VALUE, as in { warn = \"3m\", due = \"5m\" }",
            None,
        ),
        "extra `=`" | "unexpected `=` in array" | "extra assignment between key-value pairs" => {
            place.one_too_many('=', "one key has one value: write KEY = VALUE, one a line")
        }
        "missing comma between array elements" => place.comma("a list"),
        "missing comma between key-value pairs" => place.comma("a table in { }"),
        "extra comma in array" | "extra comma in inline table" => place.one_too_many(',', "leave one comma out"),
        "missing value" | "invalid value" | "missing key for inline table element" | "invalid inline table element" => {
            place.said(
                "something is missing here",
                "write what belongs between the two, or leave one of them out",
                None,
            )
        }
        "unexpected key or value" | "unexpected content" | "unexpected content between comment and newline" => place
            .said(
                "the line should have ended here",
                "write one KEY = VALUE a line; several values stand in a list: [\"…\", \"…\"]",
                None,
            ),
        "missing escaped value" | "too few unicode value digits" => place.said(
            "a \\ in a text begins an escape, and this is none",
            "write \\\\ for a \\ that is meant, or put the text into '…'",
            None,
        ),
        "carriage return must be followed by newline" | "invalid comment character" => {
            place.said("a control character stands here", "leave it out; save the file as plain text", None)
        }
        "recursion limit" | "cannot recurse further; max recursion depth met" => place.said(
            "lists and tables stand in each other too deep",
            "leave some of the brackets out: no key needs more than four",
            None,
        ),
        _ if what.starts_with("cannot extend value of type") => place.said(
            "this key has a value already, so nothing can stand under it",
            "leave one of the two out, or give it another name",
            None,
        ),
        "invalid basic string"
        | "invalid literal string"
        | "invalid multi-line basic string"
        | "invalid multi-line literal string" => {
            place.said("this text is not closed", "close it with the quote that it began with", None)
        }
        _ => place.said(
            "this line says nothing that can be read",
            "a line is KEY = VALUE, [TABLE] or [[ONE OF SEVERAL]]; texts stand in quotes",
            None,
        ),
    }
}

/// A place in a statement.
struct Place<'s> {
    source: &'s str,
    statement: Range<usize>,
    span: Range<usize>,
}

impl Place<'_> {
    fn said(self, message: &str, hint: &str, edit: Option<Edit>) -> Fault {
        Fault { span: self.span, message: message.to_owned(), hint: hint.to_owned(), edit }
    }

    /// The rest of the line from a place on, without a comment.
    fn rest(&self, from: usize) -> &str {
        let line = self.source[from..self.statement.end].lines().next().unwrap_or_default();
        line[..line.find('#').unwrap_or(line.len())].trim_end()
    }

    /// A value without quotes that is no number, no day and neither true nor false.
    fn bare(mut self) -> Fault {
        let rest = self.rest(self.span.start);
        let text = rest[..rest.find([',', ']', '}']).unwrap_or(rest.len())].trim_end();
        if text.is_empty() {
            let key = self.source[self.statement.start..self.span.start].trim_end_matches(['=', ' ', '\t']);
            let key = key.rsplit(['{', ',', '\n']).next().unwrap_or_default().trim();
            let hint = format!("write {} = …, or leave the key out", shown(key));
            return self.said("this key has no value", &hint, None);
        }
        // Quotes of a word processor, or one of two.
        let inner =
            text.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’'));
        let span = self.span.start..self.span.start + text.len();
        let (message, written) = match inner.to_lowercase().as_str() {
            "true" | "yes" | "on" if inner == text => ("this is no value that TOML knows", "true".to_owned()),
            "false" | "no" | "off" if inner == text => ("this is no value that TOML knows", "false".to_owned()),
            "null" | "none" | "nil" | "undefined" if inner == text => {
                self.span = span;
                return self.said("TOML has no value for nothing", "leave the key out", None);
            }
            _ if text.starts_with(['“', '”', '„', '‘', '’', '«', '»', '`']) => {
                ("these are not the quotes that TOML knows", format!("\"{inner}\""))
            }
            _ => ("a text stands in quotes", format!("\"{inner}\"")),
        };
        // A quote of its own would need an escape.
        let plain = !inner.is_empty() && !inner.contains(['"', '\\']);
        let edit = plain.then(|| Edit { span: span.clone(), put: written.clone() });
        self.span = span;
        let hint = if plain { format!("write {}", shown(&written)) } else { "write it between two \"".to_owned() };
        self.said(message, &hint, edit)
    }

    /// A number, a day or a time that there is not.
    fn number(mut self) -> Fault {
        // Some are told from their middle on.
        let before = &self.source[self.statement.start..self.span.start];
        self.span.start -=
            before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let rest = self.rest(self.span.start);
        let length = rest.find([',', ']', '}']).unwrap_or(rest.len());
        self.span = self.span.start..self.span.start + length;
        let message =
            format!("not a day, a time or a number: {}", shown(self.rest(self.span.start)[..length].trim_end()));
        let hint = "write 2026-01-05, 2026-03-02T10:00:00-05:00 or 15; anything else is a text and stands in quotes";
        self.said(&message, hint, None)
    }

    /// `priority 1`, or a key with nothing behind it.
    fn key_alone(mut self) -> Fault {
        let text = self.rest(self.statement.start).to_owned();
        let start = self.statement.start;
        let of_a_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if let Some(colon) = text.find(':').filter(|at| *at > 0 && text[..*at].chars().all(of_a_key)) {
            self.span = start + colon..start + colon + 1;
            return self.colon();
        }
        let split = text.find([' ', '\t']).map(|at| (at, text[at..].len() - text[at..].trim_start().len()));
        self.span = start..start + text.len();
        match split {
            Some((at, gap)) if !text[at..].contains('=') => {
                let edit = Edit { span: start + at..start + at + gap, put: " = ".to_owned() };
                let hint = format!("write {} = {}", shown(&text[..at]), shown(text[at..].trim()));
                self.said("a key and its value are joined by =", &hint, Some(edit))
            }
            Some((at, _)) => {
                let key = text[..text.find('=').unwrap_or(at)].trim();
                let hint = format!("write \"{}\" = …, or _ for the spaces", shown(key.trim_matches('"')));
                self.said("a key is one word", &hint, None)
            }
            None => {
                let hint = format!("write {} = …, or leave the line out", shown(&text));
                self.said("this key has no value", &hint, None)
            }
        }
    }

    fn key(mut self, what: &str) -> Fault {
        if self.source[self.span.start..].starts_with(':') {
            self.span = self.span.start..self.span.start + 1;
            return self.colon();
        }
        match what {
            "invalid unquoted key" => self.said(
                "a key is letters without accents, digits, - and _",
                "write it so, or in quotes: \"…\" = …",
                None,
            ),
            _ => self.said("a key is missing here", "write KEY = VALUE", None),
        }
    }

    /// As other languages join a key and its value.
    fn colon(self) -> Fault {
        let edit = Edit { span: self.span.clone(), put: " =".to_owned() };
        self.said("a key and its value are joined by =", "write = in the place of this :", Some(edit))
    }

    fn comma(self, of: &str) -> Fault {
        let edit = Edit { span: self.span.start..self.span.start, put: ", ".to_owned() };
        let hint = format!("write , between the parts of {of}");
        self.said("a comma is missing before this", &hint, Some(edit))
    }

    fn one_too_many(self, c: char, hint: &str) -> Fault {
        let is = self.source[self.span.start..].starts_with(c);
        let edit = is.then(|| Edit { span: self.span.start..self.span.start + 1, put: " ".to_owned() });
        self.said(&format!("one {c} too many"), hint, edit)
    }
}
