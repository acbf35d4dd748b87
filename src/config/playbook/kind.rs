//! How a value would be written that is of another kind than its key takes, as the schema knows it: a number where a span
//! stands in quotes, a text where a list stands.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::file::value;
use super::schema::SCHEMA;
use super::template::quoted;
use crate::config::text::duration;
use crate::domain::time::Span;

static KNOWN: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap_or_default());

/// Words that a list of choices names at most.
const LISTED: usize = 12;

/// What stands at this path as its key takes it, when that can be told: `"8s"` for `8`. With the key, as it is written.
pub(super) fn instead(path: &[Option<&str>], found: &DeValue<'_>) -> Option<String> {
    let value = like(place(path)?.node, found).filter(|value| *value != as_it_is(found))?;
    let key = path.last().copied().flatten();
    Some(key.map_or_else(|| format!("write {value}"), |key| format!("write {key} = {value}")))
}

/// The value itself that [`hint`] or [`instead`] tells to write, when it is what stands there in another form.
pub(super) fn meant<'i>(path: &[Option<&str>], found: &DeValue<'i>) -> Option<DeValue<'i>> {
    let node = place(path)?.node;
    let is_told_otherwise = real(node).get("anyOf").is_some() || choices(real(node)).is_some();
    let text = like(node, found).filter(|value| *value != as_it_is(found) && !is_told_otherwise)?;
    made(DeValue::parse(&text).ok()?.into_inner(), found)
}

/// The same value, which keeps no text but that of the file.
fn made<'i>(value: DeValue<'_>, found: &DeValue<'i>) -> Option<DeValue<'i>> {
    match (value, found) {
        (DeValue::String(text), _) => Some(DeValue::String(Cow::Owned(text.into_owned()))),
        (DeValue::Boolean(word), _) => Some(DeValue::Boolean(word)),
        (DeValue::Datetime(at), _) => Some(DeValue::Datetime(at)),
        (DeValue::Integer(_), DeValue::String(Cow::Borrowed(text))) => {
            DeValue::parse(text.trim()).ok().map(Spanned::into_inner)
        }
        (DeValue::Array(all), _) => {
            let mut members = DeArray::new();
            for member in &all {
                let value = made(member.get_ref().clone(), found)?;
                members.push(Spanned::new(member.span(), value));
            }
            Some(DeValue::Array(members))
        }
        (DeValue::Integer(_) | DeValue::Float(_) | DeValue::Table(_), _) => None,
    }
}

/// A text or a list of texts as it was written.
fn as_it_is(found: &DeValue<'_>) -> String {
    match found.as_array() {
        Some(all) => format!("[{}]", all.iter().map(|one| as_it_is(one.get_ref())).collect::<Vec<_>>().join(", ")),
        None => found.as_str().map(quoted).unwrap_or_default(),
    }
}

/// What to write in the place of `found`, which stands at this path; a member of a list has no name in it.
pub(super) fn hint(path: &[Option<&str>], found: &DeValue<'_>) -> Option<String> {
    let place = place(path)?;
    let key = path.last().copied().flatten();
    let node = real(place.node);
    if let Some(alternatives) = node.get("anyOf").and_then(Json::as_array).filter(|_| key.is_none()) {
        let all: Vec<String> = alternatives.iter().filter_map(|one| sample(one).or_else(|| inline(one))).collect();
        return Some(format!("write {}", all.join(", or "))).filter(|_| !all.is_empty());
    }
    if place.is_named || path.len() == 1 {
        let name = path.iter().map(|step| step.unwrap_or_default()).collect::<Vec<_>>().join(".");
        if is(node, "object") || node.get("anyOf").is_some() {
            return Some(format!("write it as a table: [{name}]"));
        }
        if is(node, "array") && node.get("items").is_some_and(|items| is(real(items), "object")) {
            return Some(format!("write each of them as [[{name}]]"));
        }
    }
    if let Some(choices) = choices(node) {
        return Some(choices);
    }
    let value = like(place.node, found).or_else(|| due_in(node, found));
    let value = value.or_else(|| sample(place.node)).or_else(|| inline(node));
    let Some(value) = value else { return as_table(path, node) };
    let written = key.map_or_else(|| format!("write {value}"), |key| format!("write {key} = {value}"));
    let range = range(node).unwrap_or_default();
    let leave = if key.is_some() && !place.is_required { ", or leave it out" } else { "" };
    Some(format!("{written}{range}{leave}"))
}

/// How a table is written of which the schema has no example.
fn as_table(path: &[Option<&str>], node: &Json) -> Option<String> {
    let name: Option<Vec<&str>> = path.iter().copied().collect();
    let several = is(node, "array");
    match name.map(|name| name.join(".")) {
        Some(name) if several => Some(format!("write each of them as [[{name}]]")),
        Some(name) => Some(format!("write it as a table: [{name}]")),
        None => path.last().copied().flatten().map(|key| format!("write {key} = {{ KEY = VALUE }}")),
    }
}

/// Whether one table stands at this path, and never a list.
pub(super) fn is_one_table(path: &[Option<&str>]) -> bool {
    let is_table = |node: &Json| is(node, "object") || node.get("anyOf").is_some();
    place(path).is_some_and(|place| alternatives(real(place.node)).all(is_table))
}

/// Whether the keys of the table at this path are names that the file gives.
pub(super) fn has_names(path: &[Option<&str>]) -> bool {
    let node = place(path).map(|place| real(place.node));
    node.is_some_and(|node| node.get("properties").is_none() && node.get("anyOf").is_none())
}

/// A place in the schema.
struct Place {
    node: &'static Json,
    /// Whether the name of it is the file's own: `meeting` in `use_case.meeting`.
    is_named: bool,
    is_required: bool,
}

fn place(path: &[Option<&str>]) -> Option<Place> {
    let mut place = Place { node: &KNOWN, is_named: false, is_required: false };
    for step in path {
        let table = real(place.node);
        place = match step {
            Some(key) => under(table, key)?,
            None => Place { node: items(table)?, is_named: false, is_required: true },
        };
    }
    Some(place)
}

fn alternatives(node: &'static Json) -> impl Iterator<Item = &'static Json> {
    let several = node.get("anyOf").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    std::iter::once(node).chain(several.iter().map(real))
}

fn under(table: &'static Json, key: &str) -> Option<Place> {
    alternatives(table).find_map(|table| {
        if let Some(node) = table.get("properties").and_then(|all| all.get(key)) {
            let required = table.get("required").and_then(Json::as_array);
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == key));
            return Some(Place { node, is_named: false, is_required });
        }
        let node =
            table.get("additionalProperties").or_else(|| table.get("patternProperties")?.as_object()?.values().next());
        node.filter(|node| node.is_object()).map(|node| Place { node, is_named: true, is_required: true })
    })
}

fn items(list: &'static Json) -> Option<&'static Json> {
    alternatives(list).find_map(|list| list.get("items"))
}

/// What a reference stands for.
fn real(node: &'static Json) -> &'static Json {
    let mut node = node;
    for _ in 0..8 {
        let Some(name) = node.get("$ref").and_then(Json::as_str).and_then(|to| to.rsplit('/').next()) else { break };
        let Some(meant) = KNOWN.get("$defs").and_then(|all| all.get(name)) else { break };
        node = meant;
    }
    node
}

fn is(node: &Json, kind: &str) -> bool {
    node.get("type").is_some_and(|said| said == kind)
}

/// A value as an example of it stands in the schema.
fn sample(node: &'static Json) -> Option<String> {
    let meant = real(node);
    let example = node.get("examples").or_else(|| meant.get("examples")).and_then(|all| all.get(0));
    match example {
        Some(example) => Some(written(example, meant)),
        None if is(meant, "boolean") => Some("true".to_owned()),
        None if is(meant, "array") => Some(format!("[{}]", sample(meant.get("items")?)?)),
        None if meant.get("anyOf").is_some() => sample(meant.get("anyOf")?.get(0)?),
        None => meant.get("enum").and_then(|all| all.get(0)).map(|word| written(word, meant)),
    }
}

/// A target of which only one time is written: that is when an answer is due, and the warning comes half way.
fn due_in(target: &'static Json, found: &DeValue<'_>) -> Option<String> {
    let due = target.get("properties")?.get("due")?;
    let text = like(due, found)?;
    let span = duration(text.trim_matches('"')).filter(|due| *due > Span::ZERO)?;
    let warn = value::span(Span::seconds(span.as_seconds() / 2));
    Some(format!("{{ warn = {warn}, due = {text} }}"))
}

/// A small table with the keys that it must have.
fn inline(node: &'static Json) -> Option<String> {
    let table = real(node);
    let required = table.get("required").and_then(Json::as_array)?.iter().filter_map(Json::as_str);
    let one = |key: &str| Some(format!("{key} = {}", sample(table.get("properties")?.get(key)?)?));
    let keys: Vec<String> = required.map(one).collect::<Option<_>>()?;
    Some(format!("{{ {} }}", keys.join(", "))).filter(|_| !keys.is_empty())
}

fn written(example: &Json, node: &Json) -> String {
    match example {
        Json::String(text) if is_of_the_calendar(node) => text.clone(),
        Json::String(text) => quoted(text),
        Json::Array(all) => {
            format!("[{}]", all.iter().map(|one| written(one, &Json::Null)).collect::<Vec<_>>().join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => example.to_string(),
    }
}

/// A day or an instant, which stands without quotes.
fn is_of_the_calendar(node: &Json) -> bool {
    pattern(node).is_some_and(|pattern| pattern.starts_with("^[0-9]{4}-"))
}

fn is_zone(node: &'static Json) -> bool {
    KNOWN.get("$defs").and_then(|all| all.get("zone")).is_some_and(|zone| std::ptr::eq(zone, node))
}

fn pattern(node: &Json) -> Option<&str> {
    node.get("pattern").and_then(Json::as_str)
}

fn choices(node: &Json) -> Option<String> {
    let all = node.get("enum").and_then(Json::as_array)?;
    let words: Vec<&str> = all.iter().filter_map(Json::as_str).take(LISTED).collect();
    Some(format!("it can be {}", words.join(", ")))
}

/// From which number to which.
fn range(node: &Json) -> Option<String> {
    let bound = |name: &str| node.get(name).and_then(Json::as_i64);
    if !is(node, "integer") {
        return None;
    }
    Some(match (bound("minimum"), bound("maximum").filter(|most| *most < 1_000_000)) {
        (Some(least), Some(most)) => format!(": a whole number from {least} to {most}"),
        (Some(least), None) => format!(": a whole number from {least} on"),
        (None, _) => ": a whole number".to_owned(),
    })
}

/// What stands there, in the form that is wanted.
fn like(node: &'static Json, found: &DeValue<'_>) -> Option<String> {
    let meant = real(node);
    let text = match found {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(word) => word.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Array(all) if all.len() == 1 && is(meant, "string") => return like(node, all.first()?.get_ref()),
        DeValue::Array(all) if is(meant, "array") => {
            let items = meant.get("items")?;
            let all: Vec<String> = all.iter().map(|one| like(items, one.get_ref())).collect::<Option<_>>()?;
            return Some(format!("[{}]", all.join(", "))).filter(|_| !all.is_empty());
        }
        DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    if text.len() > 60 {
        return None;
    }
    let is_text = matches!(found, DeValue::String(_));
    if is(meant, "array") {
        if !is_text {
            return None;
        }
        return Some(format!("[{}]", like(meant.get("items")?, found)?));
    }
    // In quotes a number is no zone either.
    if is_zone(meant) && !is_text {
        return None;
    }
    if is(meant, "boolean") {
        return match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true".to_owned()),
            "false" | "no" | "off" | "0" => Some("false".to_owned()),
            _ => None,
        };
    }
    if is(meant, "integer") {
        let least = meant.get("minimum").and_then(Json::as_i64).unwrap_or(i64::MIN);
        let most = meant.get("maximum").and_then(Json::as_i64).unwrap_or(i64::MAX);
        return text.trim().parse::<i64>().ok().filter(|n| (least..=most).contains(n)).map(|n| n.to_string());
    }
    let example = node.get("examples").or_else(|| meant.get("examples")).and_then(|all| all.get(0)?.as_str());
    match (pattern(meant), example) {
        _ if is_of_the_calendar(meant) => text.starts_with(|c: char| c.is_ascii_digit()).then_some(()).and_then(|()| {
            let day: toml::value::Datetime = text.trim().parse().ok()?;
            Some(day.to_string()).filter(|_| is_text)
        }),
        (Some(pattern), Some(example)) if units(pattern).is_some() => span(&text, example, units(pattern)?),
        (Some(pattern), _) if pattern.contains("-\\s*") => hours(&text),
        (Some(pattern), _) if pattern.contains("[0-5][0-9]$") => time(&text).map(|at| quoted(&at)),
        (_, Some(example)) if example.starts_with('+') => {
            let digits = text.trim_start_matches('+');
            let is_number = digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| quoted(&format!("+{digits}")))
        }
        (Some(pattern), _) if pattern == AREA_CODE => {
            let digits = text.trim_start_matches(['0', '1', '+']);
            let is_one = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
            is_one.then(|| quoted(digits))
        }
        (None, _) if is(meant, "string") => Some(quoted(&text)),
        (None, _) => {
            let known = meant.get("enum").and_then(Json::as_array)?.iter().any(|one| *one == text);
            known.then(|| quoted(&text))
        }
        _ => None,
    }
}

/// How the schema writes an area code of the North American plan.
const AREA_CODE: &str = "^[2-9][0-9]{2}$";

/// The units of a span with this pattern.
fn units(pattern: &str) -> Option<&'static [&'static str]> {
    match pattern {
        _ if pattern.ends_with("[smhd]$") => Some(&["s", "m", "h", "d"]),
        _ if pattern.ends_with("[hd]$") => Some(&["h", "d"]),
        _ if pattern.ends_with("m?s$") => Some(&["ms", "s"]),
        _ => None,
    }
}

/// `8`, `8 seconds` and `8 min`; a number alone in the unit of the example.
fn span(text: &str, example: &str, units: &[&str]) -> Option<String> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let count: u32 = digits.parse().ok().filter(|n| *n <= 1_000_000)?;
    let usual = example.trim_start_matches(|c: char| c.is_ascii_digit());
    let (count, unit) = match unit.trim().to_lowercase().as_str() {
        "" => (count, usual),
        "ms" | "millis" | "milliseconds" => (count, "ms"),
        "s" | "sec" | "secs" | "second" | "seconds" => (count, "s"),
        "m" | "min" | "mins" | "minute" | "minutes" => (count, "m"),
        "h" | "hr" | "hrs" | "hour" | "hours" => (count, "h"),
        "d" | "day" | "days" => (count, "d"),
        "w" | "week" | "weeks" => (count * 7, "d"),
        _ => return None,
    };
    units.contains(&unit).then(|| quoted(&format!("{count}{unit}")))
}

/// `9`, `9:30`, `9 am` and `09:30:00` as `09:30`.
fn time(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (text, later) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(early), _) => (early.trim(), Some(0)),
        (_, Some(late)) => (late.trim(), Some(12)),
        (None, None) => (text.as_str(), None),
    };
    let mut parts = text.split([':', '.']);
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next().map_or(Some(0), |minute| minute.parse().ok())?;
    let hour = later.map_or(hour, |later| hour % 12 + later);
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

/// `9-17` as `09:00-17:00`.
fn hours(text: &str) -> Option<String> {
    let (open, close) = text.split_once(['-', '–'])?;
    Some(quoted(&format!("{}-{}", time(open)?, time(close)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &[Option<&str>], value: &str) -> Option<String> {
        let source = format!("x = {value}");
        let table = toml::de::DeTable::parse(&source).unwrap_or_else(|e| panic!("{source}: {e}"));
        hint(path, table.get_ref().get("x").unwrap().get_ref())
    }

    #[test]
    fn a_value_is_written_as_its_key_takes_it() {
        let cohort = [Some("cohort"), None, Some("first_response")];
        let due = [&cohort[..], &[Some("due")]].concat();
        let rep = |key| [Some("rep"), Some("maya"), Some(key)];
        for (path, value, wanted) in [
            (&[Some("undo_hold")][..], "8", "write undo_hold = \"8s\", or leave it out"),
            (&[Some("undo_hold")], "\"8 seconds\"", "write undo_hold = \"8s\", or leave it out"),
            (&[Some("undo_hold")], "-8", "write undo_hold = \"8s\", or leave it out"),
            (&[Some("company")], "8", "write company = \"8\""),
            (&[Some("zone")], "5", "write zone = \"America/New_York\", or leave it out"),
            (&[Some("zone")], "[true]", "write zone = \"America/New_York\", or leave it out"),
            (&[Some("zone")], "[\"Europe/Berlin\"]", "write zone = \"Europe/Berlin\", or leave it out"),
            (&[Some("calendar"), Some("office"), Some("zone")], "2026-01-05", "write zone = \"America/New_York\""),
            (&due, "15", "write due = \"15m\""),
            (&due, "\"2 weeks\"", "write due = \"14d\""),
            (&cohort, "\"6m\"", "write first_response = { warn = \"3m\", due = \"6m\" }"),
            (&cohort, "\"5 min\"", "write first_response = { warn = \"150s\", due = \"5m\" }"),
            (&cohort, "true", "write first_response = { warn = \"3m\", due = \"5m\" }"),
            (
                &[Some("territory"), Some("t"), None, Some("area_code")],
                "415",
                "write area_code = \"415\", or leave it out",
            ),
            (
                &[Some("territory"), Some("t"), None, Some("area_code")],
                "51",
                "write area_code = \"212\", or leave it out",
            ),
            (&rep("capacity"), "-1", "write capacity = 40: a whole number from 1 on, or leave it out"),
            (&rep("capacity"), "\"12\"", "write capacity = 12: a whole number from 1 on, or leave it out"),
            (&rep("active"), "\"no\"", "write active = false, or leave it out"),
            (&rep("active"), "\"gone\"", "write active = true, or leave it out"),
            (&rep("name"), "true", "write name = \"true\""),
            (&rep("role"), "1", "it can be rep, lead, admin, auditor"),
            (&[Some("rep"), Some("maya")], "3", "write it as a table: [rep.maya]"),
            (&[Some("rep")], "3", "write it as a table: [rep]"),
            (&[Some("cohort")], "3", "write each of them as [[cohort]]"),
            (&[Some("compliance"), Some("open")], "8", "write open = \"08:00\", or leave it out"),
            (&[Some("compliance"), Some("open")], "\"8:30 pm\"", "write open = \"20:30\", or leave it out"),
            (
                &[Some("calendar"), Some("office"), Some("monday")],
                "\"9-17\"",
                "write monday = [\"09:00-17:00\"], or leave it out",
            ),
            (
                &[Some("calendar"), Some("office"), Some("monday")],
                "[\"9-12:30\", \"1 pm - 5 pm\"]",
                "write monday = [\"09:00-12:30\", \"13:00-17:00\"], or leave it out",
            ),
            (
                &[Some("ladder"), Some("fast"), Some("repeat")],
                "300",
                "write repeat = 1: a whole number from 0 to 255, or leave it out",
            ),
            (
                &[Some("use_case"), Some("x"), Some("keywords")],
                "\"demo\"",
                "write keywords = [\"demo\"], or leave it out",
            ),
            (&[Some("line"), Some("main"), Some("number")], "16465550100", "write number = \"+16465550100\""),
            (
                &[Some("expect"), None, Some("at")],
                "\"2026-03-03T10:00:00-05:00\"",
                "write at = 2026-03-03T10:00:00-05:00",
            ),
        ] {
            assert_eq!(said(path, value).as_deref(), Some(wanted), "{path:?} = {value}");
        }
        assert_eq!(said(&[Some("zzz")], "1"), None);
    }
}
