//! What two playbooks do differently, one line for each rule, in the file's own keys and values: both are written as files
//! and the files are compared, so that whoever wrote a key finds it again.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::config::playbook::file;
use crate::domain::playbook::Playbook;

mod lists;
#[cfg(test)]
mod tests;

/// The differences, in the order of the file; none when both say the same, whatever their versions. Times are those of the
/// second one's company.
pub fn differences(from: &Playbook, to: &Playbook) -> Vec<String> {
    let unversioned = |playbook: &Playbook| Playbook { version: 0, ..playbook.clone() };
    if unversioned(from) == unversioned(to) {
        return Vec::new();
    }
    let tables = |playbook: &Playbook| file::compared(playbook, to.zone()).parse::<Table>();
    let mut found = Differences::default();
    if let (Ok(from), Ok(to)) = (tables(from), tables(to)) {
        found.tables(&Place::default(), &from, &to);
    }
    if found.lines.is_empty() {
        // Versions of earlier programs may say more than a file can.
        found.lines.push(format!(
            "~ something that no file says: comeback playbook show --json, and the same with {} after show",
            from.version
        ));
    }
    found.lines
}

/// What another zone does to days that were counted already, in a line; nothing where it is the same one.
pub fn days(from: &Playbook, to: &Playbook) -> Option<String> {
    let (old, new) = (from.zone().name(), to.zone().name());
    (old != new).then(|| {
        format!(
            "days of reports: what was counted keeps its day in {old}, what comes is counted by {new}, and deals go by that \
             at once, also for days before"
        )
    })
}

/// Tables in the order in which the file has them.
const ORDER: [&str; 29] = [
    "company",
    "undo_hold",
    "zone",
    "ownership",
    "compliance",
    "consent",
    "sends",
    "acknowledgement",
    "use_case",
    "presence",
    "team",
    "rep",
    "auditor",
    "territory",
    "cohort",
    "calendar",
    "snippet",
    "price",
    "line",
    "campaign_class",
    "ladder",
    "schedule",
    "channel",
    "alerts",
    "operations",
    "report",
    "next_step",
    "crm",
    "expect",
];

/// Keys that stand first in a table.
const FIRST: [&str; 3] = ["name", "label", "rule"];

/// Tables that stand in the line of their key.
const INLINE: [&str; 6] = ["first_response", "next_response", "only", "quiet", "then", "owners"];

/// Members of a list of words that are shown whole.
const SHOWN: usize = 8;

/// Where something stands.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The tables around it: `rep`, `maya`.
    path: Vec<String>,
    /// Which one of several it is: ` "late_stage":`.
    member: Option<String>,
    /// Keys of tables in one line, before its own.
    keys: Vec<String>,
}

impl Place {
    fn under(&self, key: &str) -> Self {
        Self { path: self.path.iter().cloned().chain([key.to_owned()]).collect(), ..Self::default() }
    }

    fn within(&self, key: &str) -> Self {
        let mut place = self.clone();
        place.keys.push(key.to_owned());
        place
    }

    fn of(&self, member: String) -> Self {
        Self { path: self.path.clone(), member: Some(member), keys: Vec::new() }
    }

    /// Its name, as it heads the table.
    fn name(&self) -> String {
        self.path.iter().map(|part| file::key(part)).collect::<Vec<_>>().join(".")
    }

    /// `[rep.maya] `, `[[cohort]] "late_stage": `, or nothing at the top.
    fn head(&self) -> String {
        match (&self.member, self.path.is_empty()) {
            (Some(member), _) if self.path == ["ownership"] => format!("ownership {member}: "),
            (Some(member), _) => format!("[[{}]] {member}: ", self.name()),
            (None, false) => format!("[{}] ", self.name()),
            (None, true) => String::new(),
        }
    }

    /// The head and the key.
    fn key(&self, key: &str) -> String {
        let keys: Vec<String> = self.keys.iter().map(String::as_str).chain([key]).map(file::key).collect();
        format!("{}{}", self.head(), keys.join("."))
    }
}

/// What is found on the way through both.
#[derive(Default)]
struct Differences {
    lines: Vec<String>,
}

impl Differences {
    fn say(&mut self, sign: char, what: &str) {
        self.lines.push(format!("{sign} {}", what.trim_end()));
    }

    fn tables(&mut self, place: &Place, from: &Table, to: &Table) {
        let gone = renamed(from, to);
        for key in keys(from, to) {
            if let Some((_, new)) = gone.iter().find(|(old, _)| *old == key) {
                let (old, new) = (place.under(key).head(), place.under(new).head());
                self.say('~', &format!("{} is now called {}", old.trim_end(), new.trim_end()));
                continue;
            }
            if gone.iter().any(|(_, new)| *new == key) {
                continue;
            }
            self.values(place, key, from.get(key), to.get(key));
        }
    }

    fn values(&mut self, place: &Place, key: &str, from: Option<&Value>, to: Option<&Value>) {
        match (from, to) {
            (a, b) if a == b => {}
            (Some(Value::Table(a)), Some(Value::Table(b))) if INLINE.contains(&key) => {
                self.tables(&place.within(key), a, b);
            }
            (Some(Value::Table(a)), Some(Value::Table(b))) => self.tables(&place.under(key), a, b),
            (Some(Value::Array(a)), Some(Value::Array(b))) if of_tables(place, key, a) || of_tables(place, key, b) => {
                self.lists(&place.under(key), a, b);
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) if a.len().max(b.len()) > SHOWN => {
                self.words(&place.key(key), a, b);
            }
            // A ladder with nothing said of it but its steps.
            (Some(Value::Array(steps)), Some(Value::Table(b))) if place.path == ["ladder"] => {
                self.tables(&place.under(key), &ladder(steps), b);
            }
            (Some(Value::Table(a)), Some(Value::Array(steps))) if place.path == ["ladder"] => {
                self.tables(&place.under(key), a, &ladder(steps));
            }
            (Some(a), Some(b)) => self.say('~', &format!("{} = {} → {}", place.key(key), shown(a), shown(b))),
            (None, Some(new)) => self.whole('+', place, key, new),
            (Some(old), None) => self.whole('-', place, key, old),
            (None, None) => {}
        }
    }

    /// Something that only one of them has, with everything under it.
    fn whole(&mut self, sign: char, place: &Place, key: &str, value: &Value) {
        match value {
            Value::Table(table) if !INLINE.contains(&key) => {
                let place = place.under(key);
                let (own, under) = parts(&place, table);
                if !own.is_empty() || under.is_empty() {
                    self.say(sign, &format!("{}{own}", place.head()));
                }
                for (key, value) in under {
                    self.whole(sign, &place, key, value);
                }
            }
            Value::Array(members) if of_tables(place, key, members) => {
                let place = place.under(key);
                for member in members {
                    self.say(sign, &written(&place, member));
                }
            }
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::Table(_) => self.say(sign, &format!("{} = {}", place.key(key), shown(value))),
        }
    }

    /// Long lists of words.
    fn words(&mut self, key: &str, from: &[Value], to: &[Value]) {
        let missing = |of: &[Value], other: &[Value]| {
            of.iter().filter(|one| !other.contains(one)).map(shown).collect::<Vec<_>>().join(", ")
        };
        let (come, gone) = (missing(to, from), missing(from, to));
        if !come.is_empty() {
            self.say('+', &format!("{key}: {come}"));
        }
        if !gone.is_empty() {
            self.say('-', &format!("{key}: {gone}"));
        }
        if come.is_empty() && gone.is_empty() {
            self.say('~', &format!("{key}: in another order"));
        }
    }
}

/// Keys of both, as the file has them.
fn keys<'t>(from: &'t Table, to: &'t Table) -> Vec<&'t str> {
    let all: BTreeSet<&str> = from.keys().chain(to.keys()).map(String::as_str).collect();
    let mut all: Vec<&str> = all.into_iter().collect();
    let order = if all.contains(&"company") { &ORDER[..] } else { &FIRST };
    all.sort_by_key(|key| order.iter().position(|known| known == key).unwrap_or(order.len()));
    all
}

/// What a table has, as the file has it.
fn entries(table: &Table) -> Vec<(&str, &Value)> {
    keys(table, table).into_iter().filter_map(|key| Some((key, table.get(key)?))).collect()
}

/// Tables that are the same but for their name.
fn renamed<'t>(from: &'t Table, to: &'t Table) -> Vec<(&'t str, &'t str)> {
    let gone = from.iter().filter(|(key, value)| value.is_table() && !to.contains_key(*key));
    let mut come: Vec<(&String, &Value)> = to.iter().filter(|(key, _)| !from.contains_key(*key)).collect();
    let mut renamed = Vec::new();
    for (old, value) in gone {
        if let Some(at) = come.iter().position(|(_, other)| *other == value) {
            renamed.push((old.as_str(), come.remove(at).0.as_str()));
        }
    }
    renamed
}

/// Whether a list is written one by one under headings of their own.
fn of_tables(place: &Place, key: &str, members: &[Value]) -> bool {
    let is_rules = place.path.is_empty() && key == "ownership";
    is_rules || !members.is_empty() && members.iter().all(Value::is_table)
}

fn ladder(steps: &[Value]) -> Table {
    let usual = [("repeat", Value::Integer(0)), ("stop", Value::String("taken".to_owned()))];
    let steps = [("step", Value::Array(steps.to_vec()))];
    usual.into_iter().chain(steps).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What stands in a table itself, in one line, and what has a heading of its own.
fn parts<'t>(place: &Place, table: &'t Table) -> (String, Vec<(&'t str, &'t Value)>) {
    let has_heading = |key: &str, value: &Value| match value {
        Value::Table(_) => !INLINE.contains(&key),
        Value::Array(members) => of_tables(place, key, members),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    };
    let (under, own): (Vec<_>, Vec<_>) = entries(table).into_iter().partition(|(key, value)| has_heading(key, value));
    let own = own.into_iter().map(|(key, value)| format!("{} = {}", file::key(key), shown(value)));
    (own.collect::<Vec<_>>().join(", "), under)
}

/// One of several, whole, with its heading.
fn written(place: &Place, member: &Value) -> String {
    match member.as_table().filter(|_| place.path != ["ownership"]) {
        Some(table) => format!("[[{}]] {}", place.name(), parts(place, table).0),
        None => format!("{}: {}", place.name(), shown(member)),
    }
}

/// A value as the file writes it, in one line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => in_one_line(text),
        Value::Array(members) => format!("[{}]", members.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let one = |(key, value): (&str, &Value)| format!("{} = {}", file::key(key), shown(value));
            let all: Vec<String> = entries(table).into_iter().map(one).collect();
            if all.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", all.join(", ")) }
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => value.to_string(),
    }
}

/// The file may write a text in several lines.
fn in_one_line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return file::quoted(text);
    }
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}
