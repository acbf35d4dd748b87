//! Characters that nobody sees, in names and labels: one that turns the reading direction makes a name look like another's,
//! and one without a width makes two names look alike (Trojan Source, CVE-2021-42574). Screens draw none of them; a playbook
//! that has one was pasted from somewhere, and says something else than what its author reads.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::template::quoted;
use crate::config::diagnose::Diagnostic;
use crate::domain::safe_text::SafeText;

/// What buyers read: it may have lines, and marks by which a script is read the right way.
const WORDS: [&str; 4] = ["acknowledgement", "confirmation", "disclosure", "help"];

/// What people read in the place of a short name: screens would show nothing.
const SHOWN: [&str; 3] = ["company", "label", "name"];

/// Everything hidden in a document, at most so much.
pub(super) fn told(file: &str, source: &str, root: &DeTable<'_>, most: usize) -> Vec<Diagnostic> {
    let mut look = Look { file, source, most, told: Vec::new() };
    look.table(root, &mut Vec::new());
    look.told
}

struct Look<'s> {
    file: &'s str,
    source: &'s str,
    most: usize,
    told: Vec<Diagnostic>,
}

impl Look<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>) {
        for (key, value) in table {
            self.text(key.get_ref(), key.span(), false);
            path.push(key.get_ref().to_string());
            self.value(value, path);
            path.pop();
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &mut Vec<String>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(members) => members.iter().for_each(|member| self.value(member, path)),
            DeValue::String(text) => {
                let key = path.last().map_or("", String::as_str);
                let table = path.first().map_or("", String::as_str);
                // What a buyer may write is whatever a buyer may write.
                if SHOWN.contains(&key) && text.trim().is_empty() && self.told.len() < self.most {
                    let message = format!("this {key} is empty: screens would show nothing in its place");
                    let told = Diagnostic::at(self.file, self.source, value.span(), message, None);
                    self.told.push(Diagnostic { hint: Some(format!("write {key} = \"…\"")), ..told });
                } else if (table, key) != ("expect", "text") {
                    self.text(text, value.span(), key == "text" || WORDS.contains(&key));
                }
            }
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn text(&mut self, text: &str, span: Range<usize>, is_words: bool) {
        if self.told.len() >= self.most || text.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return;
        }
        let may_stand = |c: char| is_words && matches!(c, '\n' | '\r' | '\t' | '\u{61c}' | '\u{200e}' | '\u{200f}');
        let found = text.chars().find_map(|c| Some((c, why(c)?)).filter(|(c, _)| !may_stand(*c)));
        let Some((c, why)) = found.or_else(|| joiner(text)) else { return };
        // Where it stands itself, unless it was written as an escape.
        let here = self.source.get(span.clone()).and_then(|raw| raw.find(c));
        let span = here.map_or(span.clone(), |at| span.start + at..span.start + at + c.len_utf8());
        let message = format!("U+{:04X} stands in this text: {why}", u32::from(c));
        let without: String = text
            .chars()
            .map(|c| if matches!(c, '\n' | '\t') && !may_stand(c) { ' ' } else { c })
            .filter(|c| *c == ' ' || may_stand(*c) || why_not(*c).is_none())
            .collect();
        let without = without.trim();
        let hint = if without.is_empty() || without.len() > 80 || without.contains(['\n', '\r']) {
            "leave it out".to_owned()
        } else {
            format!("leave it out: write {}", quoted(without))
        };
        let told = Diagnostic::at(self.file, self.source, span, message, None);
        self.told.push(Diagnostic { hint: Some(hint), ..told });
    }
}

/// What is wrong with a character wherever it stands.
fn why(c: char) -> Option<&'static str> {
    Some(match c {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => "a line break, which a name does not have",
        '\t' => "a tab, which a name does not have",
        c if c.is_control() => "a control character",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "it turns the reading direction, and nobody sees it"
        }
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' => "nobody sees it",
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "it has no meaning that everybody knows",
        _ => return None,
    })
}

/// What joins letters and pictures, in the eyes of whoever draws them; elsewhere nobody sees it.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

fn why_not(c: char) -> Option<&'static str> {
    why(c).or_else(|| is_joiner(c).then_some("nobody sees it"))
}

/// One that joins nothing where it stands.
fn joiner(text: &str) -> Option<(char, &'static str)> {
    let c = text.chars().find(|c| is_joiner(*c))?;
    let kept = SafeText::block(text);
    let lost = text.chars().filter(|c| is_joiner(*c)).count() > kept.as_str().chars().filter(|c| is_joiner(*c)).count();
    lost.then_some((c, "nobody sees it here"))
}
