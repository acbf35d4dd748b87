//! The example, which the demo runs on, uses all that a playbook can say: every key and every word of the schema, which
//! is itself held against the reader. A new one that it does not use fails here.

use std::collections::BTreeSet;

use comeback::config::playbook::{example, schema::SCHEMA};
use comeback::domain::oncall::Length;
use serde_json::Value;

/// What it leaves out on purpose, and why.
const LEFT_OUT: [(&str, &[&str]); 9] = [
    (
        "consent stands in it as comments: what is left out there is the usual",
        &[".consent", "consent.", "language.", "programme.", "replies = ", "line.replies"],
    ),
    (
        "a demo whose texts wait for the carrier would show nothing else",
        &[".campaign_class", "campaign_class.", "line.rate", "line.per_day", "line.class"],
    ),
    ("nobody could answer a regulated use case freely", &["use_case.regulated", "regulated."]),
    ("a playbook has one way with late answers", &["crm.reroute = never", "crm.reroute = untaken"]),
    ("a report by one kind of rows shows what the others are", &["report.by = "]),
    ("a follow-up after one outcome shows what the others are", &["follow_up.outcome = "]),
    ("whoever left in the demo has nobody in their place: it shows the next candidate", &["rep_table.successor"]),
    ("a rep is one without saying so", &["rep_table.role = rep"]),
    (
        "a rep signs in, an auditor stands elsewhere, and an admin would see what a lead must not",
        &["rep_table.role = admin", "rep_table.role = auditor"],
    ),
];

/// Keys as `table.key` and words as `table.key = word`, of the schema and of the example.
struct Words {
    schema: Value,
    used: BTreeSet<String>,
}

impl Words {
    /// The name of the definition that a node of the schema stands for, if it is one, and the definition itself.
    fn of<'s>(&'s self, node: &'s Value, at: &str) -> (&'s Value, String) {
        match node["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            Some(name) => self.of(&self.schema["$defs"][name], name),
            None => (node, at.to_owned()),
        }
    }

    /// Notes what a value uses of a node of the schema.
    fn walk(&mut self, node: &Value, value: &Value, at: &str) {
        let (node, at) = self.of(node, at);
        let node = node.clone();
        if node["enum"].as_array().is_some_and(|words| words.contains(value)) {
            self.used.insert(format!("{at} = {}", value.as_str().unwrap()));
        }
        for other in node["anyOf"].as_array().into_iter().flatten() {
            self.walk(other, value, &at);
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            if let Some(known) = node["properties"].get(key) {
                self.used.insert(format!("{at}.{key}"));
                self.walk(known, inner, &format!("{at}.{key}"));
            } else {
                self.walk(&node["additionalProperties"], inner, &at);
            }
            self.walk(&node["propertyNames"], &Value::from(key.as_str()), &at);
        }
        for inner in value.as_array().into_iter().flatten() {
            self.walk(&node["items"], inner, &at);
        }
    }
}

/// What a node of the schema knows. A word that holds when nothing is said is used by every playbook.
fn known(node: &Value, at: &str, all: &mut BTreeSet<String>) {
    if !node.is_object() {
        return;
    }
    let words = node["enum"].as_array().into_iter().flatten().filter(|word| node["default"] != **word);
    all.extend(words.map(|word| format!("{at} = {}", word.as_str().unwrap())));
    for (key, inner) in node["properties"].as_object().into_iter().flatten() {
        all.insert(format!("{at}.{key}"));
        known(inner, &format!("{at}.{key}"), all);
    }
    for key in ["items", "additionalProperties", "propertyNames"] {
        known(&node[key], at, all);
    }
    for inner in node["anyOf"].as_array().into_iter().flatten() {
        known(inner, at, all);
    }
}

/// TOML as a schema sees it: days and times are texts.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(all) => all.into_iter().map(json).collect(),
        toml::Value::Table(all) => all.into_iter().map(|(key, value)| (key, json(value))).collect(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(n) => n.into(),
        toml::Value::Float(n) => n.into(),
        toml::Value::Boolean(b) => b.into(),
    }
}

#[test]
fn the_demo_s_playbook_uses_every_key_and_every_word_that_a_playbook_can_have() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut all = BTreeSet::new();
    known(&schema, "", &mut all);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        known(definition, name, &mut all);
    }
    let mut words = Words { schema: schema.clone(), used: BTreeSet::new() };
    words.walk(&schema, &json(toml::from_str(example::PLAYBOOK).unwrap()), "");
    let begins = |word: &str, with: &str| word == with || with.ends_with(['.', ' ']) && word.starts_with(with);
    let left_out = |word: &String| LEFT_OUT.iter().any(|(_, words)| words.iter().any(|with| begins(word, with)));
    let unused: Vec<&String> = all.difference(&words.used).filter(|word| !left_out(word)).collect();
    assert_eq!(unused, Vec::<&String>::new(), "use them in assets/playbook.toml, or say here why not");
    // One outcome of several is used.
    let is_partly = |word: &&String| word.starts_with("follow_up.outcome = ") || word.starts_with("report.by = ");
    let needless: Vec<&String> = words.used.iter().filter(|word| left_out(word) && !is_partly(word)).collect();
    assert_eq!(needless, Vec::<&String>::new(), "it uses them after all");
    assert!(all.len() > 200, "{}", all.len());
}

#[test]
fn its_turns_are_of_a_day_of_a_week_and_of_hours_and_its_territories_know_a_part_by_every_column() {
    let playbook = comeback::config::playbook::read("playbook.toml", example::PLAYBOOK).unwrap();
    let layers = playbook.schedules.values().flat_map(|schedule| &schedule.layers);
    let lengths: BTreeSet<String> = layers.clone().map(|layer| format!("{:?}", layer.length)).collect();
    let wanted = [Length::Days(1), Length::Days(7), Length::Hours(12)].map(|length| format!("{length:?}"));
    assert_eq!(lengths, wanted.into());
    assert!(layers.clone().any(|layer| layer.reps.contains(&None)), "somebody's turn is empty");
    let parts = &playbook.territories["west"].rows;
    let columns: [fn(&comeback::domain::ownership::territory::Part) -> bool; 4] =
        [|p| p.country.is_some(), |p| p.state.is_some(), |p| p.area_code.is_some(), |p| p.segment.is_some()];
    assert!(columns.iter().all(|has| parts.iter().any(has)), "of {}", parts.len());
    assert_eq!(example::TERRITORIES.lines().next(), Some("country,state,area_code,segment,rep"));
}
