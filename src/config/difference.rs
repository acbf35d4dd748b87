//! What two playbooks do differently, one line for each rule, in the file's own words.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::domain::playbook::Playbook;

/// The differences, in the order of the rules; none when both say the same, whatever their versions.
pub fn differences(from: &Playbook, to: &Playbook) -> Vec<String> {
    let value = |playbook: &Playbook| {
        let unversioned = Playbook { version: 0, ..playbook.clone() };
        serde_json::to_value(unversioned).expect("BUG: a domain value is always JSON")
    };
    let mut lines = Vec::new();
    compare(&mut Vec::new(), Some(&value(from)), Some(&value(to)), &mut lines);
    lines
}

fn compare(path: &mut Vec<String>, from: Option<&Value>, to: Option<&Value>, lines: &mut Vec<String>) {
    match (from, to) {
        (a, b) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => objects(path, a, b, lines),
        (Some(Value::Array(a)), Some(Value::Array(b))) if is_named(a) && is_named(b) => named(path, a, b, lines),
        (None | Some(Value::Null), Some(new)) => lines.push(format!("+ {}: {}", path.join(" "), show(path, new))),
        (Some(old), None | Some(Value::Null)) => lines.push(format!("- {}: {}", path.join(" "), show(path, old))),
        (Some(old), Some(new)) => {
            lines.push(format!("~ {}: {} → {}", path.join(" "), show(path, old), show(path, new)));
        }
        (None, None) => {}
    }
}

fn objects(path: &mut Vec<String>, from: &Map<String, Value>, to: &Map<String, Value>, lines: &mut Vec<String>) {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for key in keys {
        path.push(word(key));
        compare(path, from.get(key), to.get(key), lines);
        path.pop();
    }
}

/// Lists whose members have names: the order counts, too.
fn named(path: &mut Vec<String>, from: &[Value], to: &[Value], lines: &mut Vec<String>) {
    let names = |list: &[Value]| list.iter().map(name_of).collect::<Vec<_>>();
    let (before, after) = (names(from), names(to));
    for name in before.iter().chain(after.iter().filter(|name| !before.contains(name))) {
        let find = |list: &'_ [Value]| list.iter().find(|member| name_of(member) == *name).cloned();
        path.push(format!("\"{name}\""));
        compare(path, find(from).as_ref(), find(to).as_ref(), lines);
        path.pop();
    }
    let kept = |list: &[String], other: &[String]| {
        list.iter().filter(|name| other.contains(name)).cloned().collect::<Vec<_>>()
    };
    let (old, new) = (kept(&before, &after), kept(&after, &before));
    if old != new {
        lines.push(format!("~ {}: asked in the order {} → {}", path.join(" "), old.join(", "), new.join(", ")));
    }
}

fn is_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|member| member.get("name").is_some_and(Value::is_string))
}

fn name_of(member: &Value) -> String {
    member.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A table of the file is named in the singular.
fn word(key: &str) -> String {
    let single = [
        ("use_cases", "use_case"),
        ("teams", "team"),
        ("reps", "rep"),
        ("auditors", "auditor"),
        ("cohorts", "cohort"),
        ("calendars", "calendar"),
        ("ladders", "ladder"),
        ("territories", "territory"),
        ("schedules", "schedule"),
        ("lines", "line"),
        ("classes", "campaign_class"),
        ("programmes", "programme"),
        ("expectations", "expect"),
        ("snippets", "snippet"),
    ];
    single.iter().find(|(many, _)| *many == key).map_or_else(|| key.to_owned(), |(_, one)| (*one).to_owned())
}

fn show(path: &[String], value: &Value) -> String {
    let key = path.last().map_or("", String::as_str);
    let is_expected = path.first().is_some_and(|table| table == "expect");
    match value {
        Value::Number(n) if is_expected && ["at", "due"].contains(&key) => {
            let at = n.as_i64().and_then(chrono::DateTime::from_timestamp_millis);
            at.map_or_else(|| n.to_string(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        }
        Value::Number(n) if ["warn", "due", "wait", "undo_hold", "reply_window", "answered_within"].contains(&key) => {
            n.as_i64().map_or_else(|| n.to_string(), duration)
        }
        Value::Number(n) if ["open", "close", "open_minute", "close_minute", "hand_off"].contains(&key) => {
            n.as_i64().map_or_else(|| n.to_string(), |m| format!("{:02}:{:02}", m / 60, m % 60))
        }
        Value::String(text) => format!("\"{text}\""),
        Value::Array(members) => {
            let shown: Vec<String> = members.iter().map(|member| show(path, member)).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Object(fields) => {
            let one = |(key, value): (&String, &Value)| {
                let path: Vec<String> = path.iter().chain([key]).cloned().collect();
                format!("{} = {}", word(key), show(&path, value))
            };
            let shown = fields.iter().filter(|(_, value)| !value.is_null()).map(one);
            format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Milliseconds as the file writes a duration.
fn duration(millis: i64) -> String {
    let seconds = millis / 1000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(unit, _)| seconds != 0 && seconds % unit == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(unit, letter)| format!("{}{letter}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

    fn read(source: &str) -> Playbook {
        crate::config::playbook::read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn each_changed_rule_is_one_line() {
        let before = read(EXAMPLE);
        assert_eq!(differences(&before, &Playbook { version: 9, ..before.clone() }), Vec::<String>::new());
        for (from, to, wanted) in [
            ("undo_hold = \"8s\"", "undo_hold = \"1m\"", &["~ undo_hold: 8s → 1m"][..]),
            (
                "warn = \"3m\", due = \"5m\"",
                "warn = \"3m\", due = \"6m\"",
                &["~ cohort \"late_stage\" first_response due: 5m → 6m"],
            ),
            ("backup = \"ben\"", "backup = \"ines\"", &["~ rep maya backup: \"ben\" → \"ines\""]),
            ("close = \"21:00\"", "close = \"20:30\"", &["~ compliance close_minute: 21:00 → 20:30"]),
            (
                "due = 2026-03-09T08:12:00-04:00",
                "due = 2026-03-09T08:13:00-04:00",
                &[
                    "~ expect \"Nobody's buyer on a Saturday night: the pool, due on Monday, and no answer after midnight\" \
                   then due: 2026-03-09T12:12:00Z → 2026-03-09T12:13:00Z",
                ],
            ),
            (
                "[use_case.event]",
                "[use_case.events]",
                &[
                    "- use_case event: { label = \"event follow-up\", sales = true }",
                    "+ use_case events: { label = \"event follow-up\", sales = true }",
                ],
            ),
        ] {
            let source = EXAMPLE.replacen(from, to, 1);
            assert_ne!(source, EXAMPLE, "{from}");
            assert_eq!(differences(&before, &read(&source)), wanted, "{to}");
        }
    }

    #[test]
    fn another_order_of_cohorts_is_a_difference() {
        let before = read(EXAMPLE);
        let mut after = before.clone();
        after.cohorts.swap(0, 1);
        assert_eq!(
            differences(&before, &after),
            ["~ cohort: asked in the order late_stage, meeting, standard → meeting, late_stage, standard"]
        );
    }
}
