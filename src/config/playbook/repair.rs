//! Reads the document although parts of it are wrong, so that one run tells every mistake: each is noted, the word that was
//! meant is put in its place or the part is left out, and the document is read again.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use super::document::Document;
use super::listed::{self, Listed};
use super::{hidden, kind};
use crate::config::diagnose::mend::{Mended, mended};
use crate::config::diagnose::{Diagnostic, twice, wanted, wanted_hint};

/// How often a document is read at most: each reading tells one mistake.
const READINGS: usize = 40;

/// What became of a document.
pub(super) struct Reading {
    /// As it would be with every mistake mended; none when it cannot be read at all.
    pub(super) document: Option<Document>,
    /// In the order found; what is no TOML stands in `mended`.
    pub(super) mistakes: Vec<Diagnostic>,
    /// What was read instead of a text that is no TOML.
    pub(super) mended: Option<Mended>,
    /// What was left out, so that nobody is told that it does not exist.
    pub(super) left_out: LeftOut,
}

/// What of the document is not read.
#[derive(Default)]
pub(super) struct LeftOut {
    /// Tables from which anything is missing: `rep`, `cohort`, …
    tables: BTreeSet<String>,
    /// What is missing as a whole, as `("rep", "maya")`; without a name the whole table.
    names: BTreeSet<(String, Option<String>)>,
    /// Keys whose value is missing, each with the place at which its table begins.
    keys: BTreeSet<(usize, String)>,
}

impl LeftOut {
    /// Whether nothing that counts is missing. Cases that are expected stand for themselves.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table == "expect")
    }

    /// Whether anything of a table is missing.
    pub(super) fn is_of(&self, table: &str) -> bool {
        self.tables.contains(table)
    }

    /// Whether the value of a key is missing in the table that begins at this place.
    pub(super) fn lacks(&self, start: usize, key: &str) -> bool {
        self.keys.contains(&(start, key.to_owned()))
    }

    /// Whether a name of a table may stand in what is missing.
    pub(super) fn may_have(&self, table: &str, name: &str) -> bool {
        let has = |name: Option<&str>| self.names.contains(&(table.to_owned(), name.map(str::to_owned)));
        has(None) || has(Some(name))
    }
}

/// Reads it. A text that is no TOML is read as it would be with its brackets and quotes mended, where it is plain how.
pub(super) fn document(file: &str, source: &str) -> Reading {
    let Some(mended) = mended(file, source, READINGS) else { return toml(file, source) };
    let reading = toml(file, &mended.text);
    // What is left of one that nobody can mend says nothing about what its author meant, beside what is written twice.
    let (document, mistakes) = if mended.whole {
        (reading.document, reading.mistakes)
    } else {
        let errors = DeTable::parse_recoverable(&mended.text).1;
        (None, twice::told(file, &mended.text, &errors, READINGS))
    };
    Reading { document, mistakes, mended: Some(mended), left_out: reading.left_out }
}

fn toml(file: &str, source: &str) -> Reading {
    let (root, errors) = DeTable::parse_recoverable(source);
    let mut mistakes = twice::told(file, source, &errors, READINGS);
    let mut left_out = LeftOut::default();
    let mended = None;
    if !mistakes.is_empty() {
        // Of two that are written alike nobody knows which one is meant.
        return Reading { document: None, mistakes, mended, left_out };
    }
    if root.get_ref().is_empty() {
        let hint = Some("comeback playbook init writes one from a few questions".to_owned());
        mistakes.push(Diagnostic { hint, ..Diagnostic::at(file, source, 0..0, "nothing is written in it", None) });
        return Reading { document: None, mistakes, mended, left_out };
    }
    mistakes.extend(hidden::told(file, source, root.get_ref(), READINGS));
    let span = root.span();
    let mut root = Spanned::new(span, DeValue::Table(root.into_inner()));
    for _ in 0..READINGS {
        let Some(Listed { path, told }) = listed::first(file, source, &root) else { break };
        mistakes.push(told);
        let spot = Spot { path, is_key: false };
        if !single(&mut root, &spot) {
            leave_out(&mut root, &spot, &mut left_out);
        }
    }
    let mut rewritten = BTreeSet::new();
    for _ in 0..READINGS {
        let error = match Document::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(document) => return Reading { document: Some(document), mistakes, mended, left_out },
            Err(error) => error,
        };
        let spot = error.span().and_then(|span| spot(&root, &span, missing(&error)));
        let beside = spot.as_ref().filter(|spot| spot.is_key).map(|spot| beside(&mut root, spot)).unwrap_or_default();
        let is_ours = spot.as_ref().zip(missing(&error)).is_some_and(|(spot, key)| {
            value(&mut root, &spot.path).is_some_and(|table| left_out.lacks(table.span().start, key))
        });
        if !is_ours {
            let told = Diagnostic::from_toml(file, source, &error);
            mistakes.push(match &spot {
                Some(spot) if !spot.is_key => with_hint(told, spot, &mut root),
                Some(_) if !beside.is_empty() => {
                    Diagnostic { hint: wanted_hint(&error, &beside).or(told.hint), ..told }
                }
                Some(_) | None => told,
            });
        }
        let Some(spot) = spot else { break };
        match missing(&error).filter(|_| spot.path.is_empty()) {
            Some(key) => fill(&mut root, key, &mut left_out),
            None if mend(&mut root, &spot, wanted(&error, &beside).as_deref()) => {}
            None if rewrite(&mut root, &spot, &mut rewritten) => {}
            None => leave_out(&mut root, &spot, &mut left_out),
        }
    }
    Reading { document: None, mistakes, mended, left_out }
}

/// What a document says without its mistakes, and every one of them, in the order of the file. Any of its keys may be
/// left out; nothing where it says too little.
pub(in crate::config) fn every<T: DeserializeOwned>(file: &str, source: &str) -> (Option<T>, Vec<Diagnostic>) {
    let Some(mended) = mended(file, source, READINGS) else { return of_toml(file, source) };
    let (document, found) = of_toml(file, &mended.text);
    let mut mistakes: Vec<Diagnostic> = found.into_iter().filter(|told| mended.whole && !mended.hides(told)).collect();
    let document = document.filter(|_| mended.whole);
    mistakes.extend(mended.mistakes);
    mistakes.sort_by_key(|told| (told.line, told.column));
    // It is no TOML, whatever could be told of it.
    if let (true, Err(error)) = (mistakes.is_empty(), toml::from_str::<T>(source)) {
        mistakes.push(Diagnostic::from_toml(file, source, &error));
    }
    (document, mistakes)
}

fn of_toml<T: DeserializeOwned>(file: &str, source: &str) -> (Option<T>, Vec<Diagnostic>) {
    let (root, errors) = DeTable::parse_recoverable(source);
    let mut mistakes = twice::told(file, source, &errors, READINGS);
    let span = root.span();
    let mut root = Spanned::new(span, DeValue::Table(root.into_inner()));
    let mut document = None;
    // Of two that are written alike nobody knows which one is meant.
    let readings = if mistakes.is_empty() { READINGS } else { 0 };
    for _ in 0..readings {
        let error = match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(read) => {
                document = Some(read);
                break;
            }
            Err(error) => error,
        };
        let told = Diagnostic::from_toml(file, source, &error);
        let Some(spot) = error.span().and_then(|span| spot(&root, &span, None)) else {
            mistakes.push(told);
            break;
        };
        let beside = if spot.is_key { beside(&mut root, &spot) } else { Vec::new() };
        let free = wanted_hint(&error, &beside).filter(|_| spot.is_key);
        mistakes.push(Diagnostic { hint: free.or(told.hint), ..told });
        if !mend(&mut root, &spot, wanted(&error, &beside).as_deref()) {
            leave_out(&mut root, &spot, &mut LeftOut::default());
        }
    }
    mistakes.sort_by_key(|told| (told.line, told.column));
    (document, mistakes)
}

/// A value of another kind than its key takes, with how it would be written.
fn with_hint(told: Diagnostic, spot: &Spot, root: &mut Spanned<DeValue<'_>>) -> Diagnostic {
    let Some(found) = value(root, &spot.path).map(|found| found.get_ref()) else { return told };
    let path = Step::names(&spot.path);
    // Some say what to write by themselves.
    let says = ["write ", "as in ", ", as \""].iter().any(|words| told.message.contains(words));
    let more = || if says { kind::instead(&path, found) } else { kind::hint(&path, found) };
    let hint = told.hint.or_else(more);
    // To the reader of types a day is a table of its parts.
    let message = match found.as_datetime() {
        Some(at) => told.message.replace("found a table", &format!("found the day or time {at}")),
        None if told.message.contains("untagged enum") => "this key takes another kind of value".to_owned(),
        None => told.message,
    };
    Diagnostic { message, hint, ..told }
}

/// The key that an error misses.
fn missing(error: &toml::de::Error) -> Option<&str> {
    error.message().strip_prefix("missing field `")?.strip_suffix('`')
}

/// One step from a table or list into what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    At(usize),
}

impl Step {
    /// The keys on the way to a part; a member of a list has none.
    pub(super) fn names(path: &[Self]) -> Vec<Option<&str>> {
        path.iter()
            .map(|step| match step {
                Self::Key(key) => Some(key.as_str()),
                Self::At(_) => None,
            })
            .collect()
    }
}

/// What an error is about.
struct Spot {
    path: Vec<Step>,
    /// The key itself, and not what stands behind it.
    is_key: bool,
}

/// The innermost part that stands at a span; for a key that is missing, the table that lacks it.
fn spot(root: &Spanned<DeValue<'_>>, span: &Range<usize>, lacks: Option<&str>) -> Option<Spot> {
    let mut path = Vec::new();
    let mut found = None;
    look(root, span, lacks, &mut path, &mut found);
    found
}

fn look(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    lacks: Option<&str>,
    path: &mut Vec<Step>,
    found: &mut Option<Spot>,
) {
    let fits = match (lacks, value.get_ref()) {
        (Some(key), DeValue::Table(table)) => !table.contains_key(key),
        (Some(_), _) => false,
        (None, _) => true,
    };
    let deeper = found.as_ref().is_none_or(|found| found.path.len() <= path.len());
    if value.span() == *span && fits && deeper {
        *found = Some(Spot { path: path.clone(), is_key: false });
    }
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                path.push(Step::Key(key.get_ref().to_string()));
                if lacks.is_none() && key.span() == *span {
                    *found = Some(Spot { path: path.clone(), is_key: true });
                }
                look(value, span, lacks, path, found);
                path.pop();
            }
        }
        DeValue::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                path.push(Step::At(at));
                look(value, span, lacks, path, found);
                path.pop();
            }
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

fn value<'v, 'i>(root: &'v mut Spanned<DeValue<'i>>, path: &[Step]) -> Option<&'v mut Spanned<DeValue<'i>>> {
    path.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => {
            let DeValue::Table(table) = value.get_mut() else { return None };
            table.get_mut(key.as_str())
        }
        Step::At(at) => {
            let DeValue::Array(list) = value.get_mut() else { return None };
            list.get_mut(*at)
        }
    })
}

/// The keys of the table in which a key stands.
fn beside(root: &mut Spanned<DeValue<'_>>, spot: &Spot) -> Vec<String> {
    let Some((_, path)) = spot.path.split_last() else { return Vec::new() };
    let table = value(root, path).and_then(|table| table.get_ref().as_table());
    table.map(|table| table.keys().map(|key| key.get_ref().to_string()).collect()).unwrap_or_default()
}

/// Puts the word that was meant in the place of the one that stands there. False when none is near, or it is there already.
fn mend(root: &mut Spanned<DeValue<'_>>, spot: &Spot, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return false };
    if !spot.is_key {
        let Some(value) = value(root, &spot.path) else { return false };
        let is_text = value.get_ref().is_str();
        if is_text {
            *value.get_mut() = DeValue::String(Cow::Owned(wanted.to_owned()));
        }
        return is_text;
    }
    let Some((Step::Key(key), path)) = spot.path.split_last() else { return false };
    let Some(DeValue::Table(table)) = value(root, path).map(Spanned::get_mut) else { return false };
    if table.contains_key(wanted) {
        return false;
    }
    let Some((key, value)) = table.remove_entry(key.as_str()) else { return false };
    table.insert(Spanned::new(key.span(), Cow::Owned(wanted.to_owned())), value);
    true
}

/// Writes a value as its key takes it, where it is plain how: `"20s"` for `"20 s"`. Once for each place.
fn rewrite(root: &mut Spanned<DeValue<'_>>, spot: &Spot, rewritten: &mut BTreeSet<usize>) -> bool {
    if spot.is_key {
        return false;
    }
    let Some(value) = value(root, &spot.path) else { return false };
    let Some(meant) = kind::meant(&Step::names(&spot.path), value.get_ref()) else { return false };
    if !rewritten.insert(value.span().start) {
        return false;
    }
    *value.get_mut() = meant;
    true
}

/// Puts the one table of a list in its place. False when it has none, or several.
fn single(root: &mut Spanned<DeValue<'_>>, spot: &Spot) -> bool {
    let Some(listed) = value(root, &spot.path) else { return false };
    let only = listed.get_ref().as_array().filter(|all| all.len() == 1).and_then(|all| all.iter().next());
    let Some(only) = only.filter(|only| only.get_ref().is_table()).cloned() else { return false };
    *listed = only;
    true
}

/// Takes the part away, and notes what may be missed.
fn leave_out(root: &mut Spanned<DeValue<'_>>, spot: &Spot, left_out: &mut LeftOut) {
    let Some((last, path)) = spot.path.split_last() else { return };
    let name = value(root, &spot.path).and_then(|v| v.get_ref().get("name")?.get_ref().as_str().map(str::to_owned));
    if let (Some(Step::Key(table)), false) = (spot.path.first(), spot.is_key) {
        left_out.tables.insert(table.clone());
        match spot.path.get(1) {
            None => drop(left_out.names.insert((table.clone(), None))),
            Some(Step::Key(name)) if spot.path.len() == 2 => {
                left_out.names.insert((table.clone(), Some(name.clone())));
            }
            Some(Step::At(_)) if spot.path.len() == 2 => drop(left_out.names.insert((table.clone(), name))),
            Some(Step::Key(_) | Step::At(_)) => {}
        }
    }
    let Some(parent) = value(root, path) else { return };
    let start = parent.span().start;
    if let (Step::Key(key), DeValue::Table(table)) = (last, parent.get_mut()) {
        table.remove(key.as_str());
        left_out.keys.insert((start, key.clone()));
    } else if let (Step::At(at), DeValue::Array(members)) = (last, parent.get_mut()) {
        let mut rest = DeArray::new();
        for (_, value) in members.iter().enumerate().filter(|(other, _)| other != at) {
            rest.push(value.clone());
        }
        *members = rest;
    }
}

/// Gives the document a table that it must have, empty: whatever would stand there may be named elsewhere.
fn fill(root: &mut Spanned<DeValue<'_>>, key: &str, left_out: &mut LeftOut) {
    let DeValue::Table(document) = root.get_mut() else { return };
    // Nothing of the file stands there: a later mistake of the whole file is not taken for one of it.
    let nowhere = usize::MAX..usize::MAX;
    let empty = match key {
        "company" => DeValue::String(Cow::Borrowed("?")),
        "ownership" | "cohort" => DeValue::Array(DeArray::new()),
        _ => DeValue::Table(DeTable::new()),
    };
    document.insert(Spanned::new(nowhere.clone(), Cow::Owned(key.to_owned())), Spanned::new(nowhere, empty));
    if key != "company" {
        left_out.tables.insert(key.to_owned());
        left_out.names.insert((key.to_owned(), None));
    }
}
