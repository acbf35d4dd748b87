//! What is written twice, or once as a table and once as one of several: told once, in its place, with the place of the
//! first.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, Error};

use super::{Diagnostic, boundary, shown};

/// Every mistake of a text that is no TOML, at most so many. Of a table that is written twice its keys are not told again.
pub(in crate::config) fn told(file: &str, source: &str, errors: &[Error], most: usize) -> Vec<Diagnostic> {
    let mut doubled: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut all: Vec<Diagnostic> = Vec::new();
    for error in errors.iter().take(most) {
        if let Some(span) = error.span().filter(|_| is_double(error)) {
            let here = header_at(source, span.start);
            let table =
                here.as_ref().map(|header| header.path.clone()).or_else(|| Some(last_header(source, span.start)?.path));
            let parts = table.as_deref().unwrap_or_default();
            // The header itself is told; what stands under it is not.
            let own = if here.is_some() { parts.len() } else { parts.len() + 1 };
            if (1..own).any(|length| parts.get(..length).is_some_and(|outer| doubled.contains(outer))) {
                continue;
            }
            doubled.extend(here.map(|header| header.path));
        }
        let mistake = Diagnostic::from_toml(file, source, error);
        // One place is told once: [cohort] beside three [[cohort]] is wrong thrice to the reader.
        let is_there = |told: &Diagnostic| (told.line, told.column) == (mistake.line, mistake.column);
        if !all.iter().any(is_there) {
            all.push(mistake);
        }
    }
    all
}

/// Whether something is written twice.
pub(super) fn is_double(error: &Error) -> bool {
    error.message() == "duplicate key"
}

/// Lists of tables: each of them is written `[[NAME]]`. A part `*` is any name.
const LISTS: [&[&str]; 8] = [
    &["cohort"],
    &["expect"],
    &["next_step"],
    &["territory", "*"],
    &["ladder", "*"],
    &["ladder", "*", "step"],
    &["schedule", "*", "layer"],
    &["crm", "follow_up"],
];

/// A line `[a.b]` or `[[a.b]]`.
struct Header {
    path: Vec<String>,
    /// With two brackets.
    is_list: bool,
    /// The line, without the space around it.
    span: Range<usize>,
}

impl Header {
    fn name(&self) -> String {
        let name = shown(&self.path.join("."));
        if self.is_list { format!("[[{name}]]") } else { format!("[{name}]") }
    }

    /// Whether there may be several of its name.
    fn is_of_several(&self) -> bool {
        is_of_several(&self.path)
    }
}

/// Whether there may be several tables of a name.
pub(super) fn is_of_several(path: &[String]) -> bool {
    // [ladder.NAME] with steps under it is a table, too.
    let is = |list: &&[&str]| {
        list.len() == path.len() && list.iter().zip(path).all(|(wanted, part)| *wanted == "*" || wanted == part)
    };
    LISTS.iter().any(is)
}

/// How a table is written of which there may be several, when one pair of brackets stands there.
pub(super) fn brackets(source: &str, at: usize) -> Option<String> {
    let header = header_at(source, at).filter(|header| !header.is_list && header.is_of_several())?;
    Some(format!("write [[{}]], with two brackets: there can be several", shown(&header.path.join("."))))
}

/// A key or table that is written a second time.
pub(super) fn twice(file: &str, source: &str, span: Range<usize>) -> Diagnostic {
    match header_at(source, span.start) {
        Some(header) => table_twice(file, source, &header),
        None => key_twice(file, source, span),
    }
}

fn table_twice(file: &str, source: &str, header: &Header) -> Diagnostic {
    let above = &source[..boundary(source, header.span.start)];
    let first = headers(above).find(|other| other.path == header.path);
    if let Some(first) = first.as_ref().filter(|first| first.is_list != header.is_list) {
        let (one, list) = if first.is_list { (header, first) } else { (first, header) };
        let message =
            format!("{} stands here, and {} in line {}", one.name(), list.name(), number(source, list.span.start));
        let hint = if one.is_of_several() {
            format!("write {} here, too: there can be several", list.name())
        } else {
            "write both alike".to_owned()
        };
        return Diagnostic { hint: Some(hint), ..Diagnostic::at(file, source, one.span.clone(), message, None) };
    }
    let place = first
        .map_or_else(String::new, |first| format!(": it stands in line {} already", number(source, first.span.start)));
    let hint = match brackets(source, header.span.start) {
        Some(hint) => hint,
        None => "leave one of the two out, or give it another name".to_owned(),
    };
    let message = format!("{} is written twice{place}", header.name());
    Diagnostic { hint: Some(hint), ..Diagnostic::at(file, source, header.span.clone(), message, None) }
}

fn key_twice(file: &str, source: &str, span: Range<usize>) -> Diagnostic {
    let word = source.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let above = &source[..boundary(source, span.start)];
    let header = headers(above).last();
    // Only what stands above in the same table: of two the reader keeps the second.
    let from = header.as_ref().map_or(0, |header| header.span.end);
    let whole_lines = above[from..].rfind('\n').map_or(from, |at| from + at + 1);
    let mut before = Vec::new();
    keys(DeTable::parse_recoverable(&source[from..whole_lines]).0.get_ref(), &mut |name, at| {
        before.extend((name == word).then_some(from + at.start));
    });
    let place = match before.first() {
        Some(first) => format!(": it stands in line {} already", number(source, *first)),
        None => String::new(),
    };
    let of = header.map_or_else(String::new, |header| format!(" in {}", header.name()));
    let message = format!("\"{}\" is written twice{of}{place}", shown(word));
    let hint = Some("leave one of the two out".to_owned());
    Diagnostic { hint, ..Diagnostic::at(file, source, span, message, None) }
}

/// The line of a place, from 1.
pub(super) fn number(source: &str, at: usize) -> usize {
    source[..boundary(source, at)].matches('\n').count() + 1
}

/// Lines that begin a table, in their order.
fn headers(source: &str) -> impl DoubleEndedIterator<Item = Header> + '_ {
    let line = |(at, _): (usize, &str)| header_at(source, at);
    let starts = std::iter::once((0, "")).chain(source.match_indices('\n').map(|(at, line)| (at + 1, line)));
    starts.collect::<Vec<_>>().into_iter().filter_map(line)
}

fn last_header(source: &str, before: usize) -> Option<Header> {
    headers(&source[..boundary(source, before)]).next_back()
}

/// The header in whose line a place stands.
fn header_at(source: &str, at: usize) -> Option<Header> {
    let at = boundary(source, at);
    let start = source[..at].rfind('\n').map_or(0, |at| at + 1);
    let text = source[start..].lines().next().unwrap_or("");
    let indent = text.len() - text.trim_start().len();
    let text = text.trim();
    if !text.starts_with('[') {
        return None;
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return None;
    }
    let mut path = Vec::new();
    let mut table = root.get_ref();
    let mut is_list = false;
    while let Some((key, value)) = table.iter().next() {
        path.push(key.get_ref().to_string());
        let value = value.get_ref();
        is_list = value.is_array();
        let inner = value.as_table().or_else(|| value.as_array()?.first()?.get_ref().as_table());
        match inner {
            Some(inner) => table = inner,
            None => break,
        }
    }
    let start = start + indent;
    (!path.is_empty()).then_some(Header { path, is_list, span: start..start + text.len() })
}

/// Every key of a document, with its place.
fn keys(table: &DeTable<'_>, told: &mut impl FnMut(&str, Range<usize>)) {
    for (key, value) in table {
        told(key.get_ref(), key.span());
        if let Some(table) = value.get_ref().as_table() {
            keys(table, told);
        }
    }
}
