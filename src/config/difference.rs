//! What two playbooks do differently, one line for each rule, in the file's own words.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::domain::playbook::Playbook;

/// The differences, in the order of the rules; none when both say the same, whatever their versions. Times are those of
/// the second one's first calendar.
pub fn differences(from: &Playbook, to: &Playbook) -> Vec<String> {
    let value = |playbook: &Playbook| {
        let unversioned = Playbook { version: 0, ..playbook.clone() };
        serde_json::to_value(unversioned).expect("BUG: a domain value is always JSON")
    };
    let mut found = Differences { zone: to.zone(), path: Vec::new(), lines: Vec::new() };
    found.compare(Some(&value(from)), Some(&value(to)));
    found.lines
}

/// What is found on the way through both.
struct Differences {
    zone: Tz,
    path: Vec<String>,
    lines: Vec<String>,
}

impl Differences {
    fn compare(&mut self, from: Option<&Value>, to: Option<&Value>) {
        match (from, to) {
            (a, b) if a == b => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => self.objects(a, b),
            (Some(Value::Array(a)), Some(Value::Array(b))) => {
                if let (Some(before), Some(after)) = (names(a), names(b)) {
                    self.named((a, &before), (b, &after));
                } else if self.path.last().is_some_and(|key| key == "week") && a.len() == b.len() {
                    for (day, (a, b)) in DAYS.iter().zip(a.iter().zip(b)) {
                        self.at((*day).to_owned(), Some(a), Some(b));
                    }
                } else if a.len() == b.len() && a.iter().chain(b).all(is_table) {
                    for (at, (a, b)) in a.iter().zip(b).enumerate() {
                        self.at((at + 1).to_string(), Some(a), Some(b));
                    }
                } else {
                    self.say('~', &format!("{} → {}", self.list(a), self.list(b)));
                }
            }
            (None | Some(Value::Null), Some(new)) => self.say('+', &self.show(&self.path, new)),
            (Some(old), None | Some(Value::Null)) => self.say('-', &self.show(&self.path, old)),
            (Some(old), Some(new)) => {
                self.say('~', &format!("{} → {}", self.show(&self.path, old), self.show(&self.path, new)));
            }
            (None, None) => {}
        }
    }

    fn say(&mut self, sign: char, what: &str) {
        self.lines.push(format!("{sign} {}: {what}", self.path.join(" ")));
    }

    fn at(&mut self, step: String, from: Option<&Value>, to: Option<&Value>) {
        self.path.push(step);
        self.compare(from, to);
        self.path.pop();
    }

    fn objects(&mut self, from: &Map<String, Value>, to: &Map<String, Value>) {
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            // Tables are named in the singular, and so are members of lists.
            let is_table = self.path.is_empty() || ["layers", "steps"].contains(&key.as_str());
            self.at(if is_table { word(key) } else { key.clone() }, from.get(key), to.get(key));
        }
    }

    /// Lists whose members have names: the order counts, too.
    fn named(&mut self, (from, before): (&[Value], &[String]), (to, after): (&[Value], &[String])) {
        let find = |list: &[Value], names: &[String], name: &String| {
            names.iter().position(|other| other == name).and_then(|at| list.get(at)).cloned()
        };
        let gone: Vec<&String> = before.iter().filter(|name| !after.contains(name)).collect();
        let mut come: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
        // One that is the same but for its name has a new name.
        let mut renamed = Vec::new();
        for old in gone {
            let is_it = |new: &&String| {
                find(from, before, old)
                    .map(unnamed)
                    .is_some_and(|value| find(to, after, new).map(unnamed) == Some(value))
            };
            if let Some(at) = come.iter().position(is_it) {
                renamed.push((old, come.remove(at)));
            }
        }
        for name in before.iter().chain(come) {
            match renamed.iter().find(|(old, _)| *old == name) {
                Some((_, new)) => {
                    self.path.push(format!("\"{name}\""));
                    self.say('~', &format!("now called \"{new}\""));
                    self.path.pop();
                }
                None => {
                    self.at(format!("\"{name}\""), find(from, before, name).as_ref(), find(to, after, name).as_ref());
                }
            }
        }
        let now = |name: &String| renamed.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| *new).clone();
        let old: Vec<String> = before.iter().map(now).filter(|name| after.contains(name)).collect();
        let new: Vec<String> = after.iter().filter(|name| old.contains(name)).cloned().collect();
        if old != new {
            self.say('~', &format!("asked in the order {} → {}", old.join(", "), new.join(", ")));
        }
    }

    fn list(&self, members: &[Value]) -> String {
        self.show(&self.path, &Value::Array(members.to_vec()))
    }

    fn show(&self, path: &[String], value: &Value) -> String {
        let key = path.last().map_or("", String::as_str);
        let is_expected = path.first().is_some_and(|table| table == "expect");
        match value {
            Value::Number(n) if is_expected && ["at", "due"].contains(&key) => {
                let at = n.as_i64().and_then(chrono::DateTime::from_timestamp_millis);
                let local = |at: chrono::DateTime<Utc>| at.with_timezone(&self.zone);
                at.map_or_else(|| n.to_string(), |at| local(at).to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            Value::Number(n) if DURATIONS.contains(&key) => n.as_i64().map_or_else(|| n.to_string(), duration),
            Value::Number(n) if TIMES.contains(&key) => n.as_i64().map_or_else(|| n.to_string(), time_of_day),
            Value::String(text) => format!("\"{text}\""),
            Value::Array(members) if key == "reps" => {
                let turn = |rep: &Value| if rep.is_null() { "\"nobody\"".to_owned() } else { rep.to_string() };
                format!("[{}]", members.iter().map(turn).collect::<Vec<_>>().join(", "))
            }
            Value::Array(days) if key == "week" && days.len() == DAYS.len() => self.week(path, days),
            Value::Array(members) => {
                let shown: Vec<String> = members.iter().map(|member| self.show(path, member)).collect();
                format!("[{}]", shown.join(", "))
            }
            Value::Object(fields) => match window(fields) {
                Some(window) => window,
                None => self.fields(path, fields),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }

    /// Only the days that have hours.
    fn week(&self, path: &[String], days: &[Value]) -> String {
        let open = DAYS.iter().zip(days).filter(|(_, hours)| hours.as_array().is_some_and(|hours| !hours.is_empty()));
        let shown: Vec<String> = open.map(|(day, hours)| format!("{day} {}", self.show(path, hours))).collect();
        shown.join(", ")
    }

    fn fields(&self, path: &[String], fields: &Map<String, Value>) -> String {
        let one = |(key, value): (&String, &Value)| {
            let path: Vec<String> = path.iter().chain([key]).cloned().collect();
            format!("{key} = {}", self.show(&path, value))
        };
        let is_said = |value: &Value| {
            !value.is_null()
                && !value.as_array().is_some_and(Vec::is_empty)
                && !value.as_object().is_some_and(Map::is_empty)
        };
        let shown = fields.iter().filter(|(_, value)| is_said(value)).map(one);
        format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
    }
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Keys of durations, kept in milliseconds.
const DURATIONS: [&str; 10] = [
    "warn",
    "due",
    "wait",
    "undo_hold",
    "reply_window",
    "answered_within",
    "after",
    "within",
    "answered_after",
    "unseen",
];

/// Keys of times of day, kept in minutes.
const TIMES: [&str; 5] = ["open", "close", "open_minute", "close_minute", "hand_off"];

/// Whether it is compared key by key: opening hours are one word.
fn is_table(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| window(fields).is_none())
}

/// Opening hours as the file writes them.
fn window(fields: &Map<String, Value>) -> Option<String> {
    let minute = |key| fields.get(key).and_then(Value::as_i64);
    let (open, close) = minute("open").zip(minute("close")).filter(|_| fields.len() == 2)?;
    let close = if close > 24 * 60 { close - 24 * 60 } else { close };
    Some(format!("{}-{}", time_of_day(open), time_of_day(close)))
}

pub(super) fn time_of_day(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The names of a list's members, when each has one of its own.
fn names(list: &[Value]) -> Option<Vec<String>> {
    let name = |member: &Value| {
        let named = member.get("name").or_else(|| member.get("label"))?.as_str()?;
        Some(named.to_owned()).filter(|named| !named.is_empty())
    };
    let names: Vec<String> = list.iter().map(name).collect::<Option<_>>()?;
    let all: BTreeSet<&String> = names.iter().collect();
    (!list.is_empty() && all.len() == list.len()).then_some(names)
}

fn unnamed(mut member: Value) -> Value {
    let own = if member.get("name").is_some() { "name" } else { "label" };
    if let Some(fields) = member.as_object_mut() {
        fields.remove(own);
    }
    member
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
        ("layers", "layer"),
        ("steps", "step"),
        ("lines", "line"),
        ("classes", "campaign_class"),
        ("programmes", "programme"),
        ("expectations", "expect"),
        ("snippets", "snippet"),
        ("write_back", "crm"),
        ("asking", "crm"),
        ("follow_ups", "follow_up"),
        ("next_steps", "next_step"),
    ];
    single.iter().find(|(many, _)| *many == key).map_or_else(|| key.to_owned(), |(_, one)| (*one).to_owned())
}

/// Milliseconds as the file writes a duration.
pub(super) fn duration(millis: i64) -> String {
    if millis % 1000 != 0 {
        return format!("{millis}ms");
    }
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
                   then due: 2026-03-09T08:12:00-04:00 → 2026-03-09T08:13:00-04:00",
                ],
            ),
            // A rota change is the people, under the layer's own label.
            (
                "reps = [\"ben\", \"maya\", \"omar\"]",
                "reps = [\"maya\", \"nobody\", \"omar\"]",
                &[
                    "~ schedule east layer \"weekends\" reps: [\"ben\", \"maya\", \"omar\"] → [\"maya\", \"nobody\", \"omar\"]",
                ],
            ),
            (
                "hours = [\"09:00-21:00\"] }",
                "hours = [\"09:00-21:00\", \"22:00-02:00\"] }",
                &[
                    "~ schedule east layer \"weekends\" only week saturday: [09:00-21:00] → [09:00-21:00, 22:00-02:00]",
                    "~ schedule east layer \"weekends\" only week sunday: [09:00-21:00] → [09:00-21:00, 22:00-02:00]",
                ],
            ),
            (
                "monday = [\"08:00-12:30\", ",
                "monday = [\"08:30-12:30\", ",
                &["~ calendar office week monday: [08:00-12:30, 13:00-19:00] → [08:30-12:30, 13:00-19:00]"],
            ),
            (
                "label = \"weekends\"",
                "label = \"Saturdays and Sundays\"",
                &["~ schedule east layer \"weekends\": now called \"Saturdays and Sundays\""],
            ),
            (
                "name = \"A word in Spanish tells a renewal, and New York is Ben's\"",
                "name = \"New York is Ben's\"",
                &[
                    "~ expect \"A word in Spanish tells a renewal, and New York is Ben's\": now called \"New York is Ben's\"",
                ],
            ),
            (
                "who = \"pool\"\nwait = \"10m\"",
                "who = \"pool\"\nwait = \"20m\"",
                &["~ ladder standard step 3 wait: 10m → 20m"],
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
            [
                "~ cohort: asked in the order late_stage, meeting, renewal, standard → meeting, late_stage, renewal, standard"
            ]
        );
    }
}
