//! The emulated search: what it takes, what it finds, and that it may lag.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{Refusal, told};
use super::records::{Book, Kind, Record, is_property};

/// Filter groups and filters of one group.
const MOST_GROUPS: usize = 5;
const MOST_FILTERS: usize = 6;
/// Nothing behind it is found, however it is paged.
const DEPTH: usize = 10_000;
/// Records of a page where nobody says how many.
const PAGE: usize = 10;
/// The longest text that is looked for, in characters.
const LONGEST: usize = 3_000;

/// The texts of a kind that a query looks through, as they are documented, and the digits of numbers that searches know.
/// Other kinds are searched by filters alone.
const TEXTS: [(Kind, &[&str]); 8] = [
    (
        "contacts",
        &[
            "firstname",
            "lastname",
            "email",
            "phone",
            "mobilephone",
            "hs_searchable_calculated_phone_number",
            "hs_searchable_calculated_mobile_number",
        ],
    ),
    ("companies", &["name", "domain"]),
    ("deals", &["dealname", "pipeline", "dealstage"]),
    ("calls", &["hs_call_title", "hs_call_body"]),
    ("emails", &["hs_email_subject"]),
    ("meetings", &["hs_meeting_title", "hs_meeting_body"]),
    ("notes", &["hs_note_body"]),
    ("tasks", &["hs_task_subject", "hs_task_body"]),
];

/// Answers `POST …/search`. Whatever is not said of it is as usual: an empty object finds the first page of all.
pub(super) fn search(book: &Book, kind: Kind, asked: &Value) -> Result<Value, Refusal> {
    let members = asked.as_object().ok_or_else(|| Refusal::bad("the body must be an object"))?;
    let known = ["after", "filterGroups", "limit", "properties", "sorts", "query"];
    if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::bad(&format!("Unknown field {name}")));
    }
    let whole = |n: u64| usize::try_from(n).ok();
    let limit = if asked["limit"].is_null() { Some(PAGE) } else { asked["limit"].as_u64().and_then(whole) };
    let limit = limit.filter(|n| (1..=200).contains(n)).ok_or_else(|| Refusal::bad("limit must be from 1 to 200"))?;
    let after = match &asked["after"] {
        Value::String(text) if text.is_empty() => Some(0),
        Value::String(text) => text.parse::<usize>().ok(),
        Value::Number(n) => n.as_u64().and_then(whole),
        Value::Null => Some(0),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let after = after.ok_or_else(|| Refusal::bad("after must be a cursor"))?;
    if after + limit > DEPTH {
        return Err(Refusal::bad("Paging is limited to 10,000 results of one query"));
    }
    let groups = list(&asked["filterGroups"], "filterGroups")?;
    if groups.len() > MOST_GROUPS {
        return Err(Refusal::bad("Too many filter groups"));
    }
    let groups: Vec<Vec<Filter<'_>>> =
        groups.iter().map(|group| filters(kind, group)).collect::<Result<_, Refusal>>()?;
    let query = Words::of(kind, &asked["query"])?;
    let mut found: Vec<(&String, &Record, &BTreeMap<String, String>)> = book
        .of(kind)
        .iter()
        .filter(|(_, record)| !record.archived)
        .filter_map(|(id, record)| Some((id, record, record.indexed.as_ref()?)))
        .filter(|(_, _, as_found)| query.are_in(as_found))
        .filter(|(_, _, as_found)| groups.is_empty() || groups.iter().any(|g| g.iter().all(|f| f.fits(as_found))))
        .collect();
    for sort in list(&asked["sorts"], "sorts")?.iter().rev() {
        let (name, descending) = match sort {
            Value::String(name) => name.strip_prefix('-').map_or((name.as_str(), false), |name| (name, true)),
            Value::Object(_) => (sort["propertyName"].as_str().unwrap_or_default(), sort["direction"] == "DESCENDING"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err(Refusal::bad("a sort is the name of a property"));
            }
        };
        if !is_property(kind, name) {
            return Err(Refusal::bad(&format!("Property \"{name}\" does not exist")));
        }
        found.sort_by(|(_, _, a), (_, _, b)| {
            let order = a.get(name).cmp(&b.get(name));
            if descending { order.reverse() } else { order }
        });
    }
    let properties: Vec<&str> = list(&asked["properties"], "properties")?.iter().filter_map(Value::as_str).collect();
    let total = found.len();
    let page: Vec<Value> =
        found.iter().skip(after).take(limit).map(|(id, record, _)| told(kind, id, record, &properties, &[])).collect();
    let mut answer = json!({ "total": total, "results": page });
    if after + limit < total {
        answer["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
    }
    Ok(answer)
}

/// A list; an empty one where nobody gave any.
fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], Refusal> {
    if value.is_null() {
        return Ok(&[]);
    }
    value.as_array().map(Vec::as_slice).ok_or_else(|| Refusal::bad(&format!("{name} must be a list")))
}

/// What a query looks for: each word stands somewhere in one of the texts.
struct Words {
    words: Vec<String>,
    texts: &'static [&'static str],
}

impl Words {
    fn of(kind: Kind, query: &Value) -> Result<Self, Refusal> {
        let text = match query {
            Value::Null => "",
            Value::String(text) if text.chars().count() <= LONGEST => text.as_str(),
            Value::String(_) => return Err(Refusal::bad("query is longer than 3,000 characters")),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return Err(Refusal::bad("query must be a text"));
            }
        };
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let texts = TEXTS.iter().find(|(of, _)| *of == kind).map(|(_, texts)| *texts);
        match texts {
            Some(texts) => Ok(Self { words, texts }),
            None if words.is_empty() => Ok(Self { words, texts: &[] }),
            None => Err(Refusal::bad(&format!("{kind} have no text that a query looks through"))),
        }
    }

    fn are_in(&self, properties: &BTreeMap<String, String>) -> bool {
        let texts: Vec<String> =
            self.texts.iter().filter_map(|name| properties.get(*name)).map(|text| text.to_lowercase()).collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

struct Filter<'a> {
    name: &'a str,
    operator: &'a str,
    value: &'a str,
    /// Of `IN`.
    values: Vec<&'a str>,
}

fn filters<'a>(kind: Kind, group: &'a Value) -> Result<Vec<Filter<'a>>, Refusal> {
    let all = list(&group["filters"], "filters")?;
    if all.is_empty() || all.len() > MOST_FILTERS {
        return Err(Refusal::bad("a filter group has 1 to 6 filters"));
    }
    let read = |filter: &'a Value| {
        let text = |name: &str| filter[name].as_str().unwrap_or_default();
        let (name, operator, value) = (text("propertyName"), text("operator"), text("value"));
        if !is_property(kind, name) {
            return Err(Refusal::bad(&format!("Property \"{name}\" does not exist")));
        }
        let known = ["EQ", "NEQ", "LT", "LTE", "GT", "GTE", "IN", "CONTAINS_TOKEN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"];
        if !known.contains(&operator) {
            return Err(Refusal::bad(&format!("operator {operator} is none")));
        }
        let values: Vec<&str> = list(&filter["values"], "values")?.iter().filter_map(Value::as_str).collect();
        if operator == "IN" && values.is_empty() {
            return Err(Refusal::bad("IN needs values"));
        }
        if value.is_empty() && operator != "IN" && !operator.ends_with("HAS_PROPERTY") {
            return Err(Refusal::bad("a filter needs a value"));
        }
        Ok(Filter { name, operator, value, values })
    };
    all.iter().map(read).collect()
}

impl Filter<'_> {
    fn fits(&self, properties: &BTreeMap<String, String>) -> bool {
        let value = properties.get(self.name).map(String::as_str).filter(|v| !v.is_empty());
        let has = value.is_some();
        let Some(value) = value else { return self.operator == "NOT_HAS_PROPERTY" || self.operator == "NEQ" };
        let order = || number(value).partial_cmp(&number(self.value));
        match self.operator {
            "EQ" => value.eq_ignore_ascii_case(self.value),
            "NEQ" => !value.eq_ignore_ascii_case(self.value),
            "LT" => order().is_some_and(std::cmp::Ordering::is_lt),
            "LTE" => order().is_some_and(std::cmp::Ordering::is_le),
            "GT" => order().is_some_and(std::cmp::Ordering::is_gt),
            "GTE" => order().is_some_and(std::cmp::Ordering::is_ge),
            // Of texts, values in small letters are found.
            "IN" => self.values.contains(&value.to_lowercase().as_str()),
            "HAS_PROPERTY" => has,
            "CONTAINS_TOKEN" => value.split(|c: char| !c.is_alphanumeric()).any(|token| matches(token, self.value)),
            _ => false,
        }
    }
}

/// A number, or the milliseconds of an instant; both are compared so.
fn number(text: &str) -> Option<f64> {
    let instant = || chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis().to_string());
    text.parse().ok().or_else(|| instant()?.parse().ok())
}

/// A token against a pattern with `*` at its ends.
fn matches(token: &str, pattern: &str) -> bool {
    let (token, pattern) = (token.to_lowercase(), pattern.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => token.contains(rest.trim_end_matches('*')),
        (Some(end), None) => token.ends_with(end),
        (None, Some(start)) => token.starts_with(start),
        (None, None) => token == pattern,
    }
}
