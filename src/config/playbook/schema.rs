//! The playbook's JSON Schema (draft 2020-12), for editors: they complete keys and mark mistakes as they are typed.
//!
//! It is kept by hand, with a sentence for each key. The tests ask the reader itself which keys and words it knows, so that
//! the two cannot drift apart.

/// The schema, as `comeback playbook schema` prints it.
pub const SCHEMA: &str = include_str!("../../../assets/playbook.schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;
    use toml::Value;

    use super::SCHEMA;
    use crate::config::diagnose::Diagnostic;
    use crate::config::playbook::document::Document;
    use crate::config::playbook::{example, read_all};

    const EXAMPLE: &str = include_str!("../../../assets/playbook.toml");
    /// No key and no word of any playbook.
    const STRANGER: &str = "zzz";

    /// Every table of the schema, and one of it in the example.
    const TABLES: [(&str, &[&str]); 38] = [
        ("", &[]),
        ("compliance", &["compliance"]),
        ("consent", &["consent"]),
        ("programme", &["consent", "programme", "east"]),
        ("language", &["consent", "words", "es"]),
        ("use_case", &["use_case", "survey"]),
        ("team_table", &["team", "east"]),
        ("rotation", &["team", "east", "on_call"]),
        ("rep_table", &["rep", "maya"]),
        ("auditor", &["auditor", "nina"]),
        ("cohort", &["cohort", "0"]),
        ("target", &["cohort", "0", "first_response"]),
        ("calendar", &["calendar", "office"]),
        ("step", &["ladder", "standard", "0"]),
        ("ladder_table", &["ladder", "fast"]),
        ("owner_rule", &["ownership", "1"]),
        ("part", &["territory", "east", "0"]),
        ("presence", &["presence"]),
        ("sends", &["sends"]),
        ("acknowledgement", &["acknowledgement"]),
        ("channel", &["channel", "page"]),
        ("alerts", &["alerts"]),
        ("quiet", &["alerts", "quiet"]),
        ("operations", &["operations"]),
        ("report", &["report", "weekly"]),
        ("schedule", &["schedule", "east"]),
        ("layer", &["schedule", "east", "layer", "1"]),
        ("only", &["schedule", "east", "layer", "1", "only"]),
        ("line", &["line", "main"]),
        ("campaign_class", &["campaign_class", "low_volume"]),
        ("snippet", &["snippet", "whole"]),
        ("next_step", &["next_step", "2"]),
        ("regulated", &["use_case", "event", "regulated"]),
        ("price", &["price"]),
        ("crm", &["crm"]),
        ("follow_up", &["crm", "follow_up", "0"]),
        ("expect", &["expect", "0"]),
        ("then", &["expect", "0", "then"]),
    ];

    /// The example with every table that a playbook can have.
    fn whole() -> Value {
        let short = "\n[consent]\nscope = \"programme\"\nevidence = \"ask\"\nreplies = \"us\"\n[consent.programme.east]\nlines = [\"main\"]\n[consent.words.es]\nstop = [\"alto\"]\n[team.east.on_call]\nreps = [\"omar\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 7\nzone = \"UTC\"\n[campaign_class.low_volume]\nper_day = 2000\n[use_case.event.regulated]\nsnippets = [\"book\"]\ndisclosure = \"x\"\ndisclose = \"once\"\n[snippet.whole]\ntext = \"{x}\"\nask = [\"x\"]\n";
        toml::from_str(&format!("{EXAMPLE}{short}")).unwrap()
    }

    fn at<'v>(value: &'v mut Value, path: &[&str]) -> &'v mut Value {
        path.iter().fold(value, |value, key| match key.parse::<usize>() {
            Ok(index) => &mut value.as_array_mut().unwrap()[index],
            Err(_) => value.as_table_mut().unwrap().get_mut(*key).unwrap_or_else(|| panic!("no {key}")),
        })
    }

    /// What the reader says could have stood there.
    fn choices(document: &Value) -> BTreeSet<String> {
        let text = toml::to_string(document).unwrap();
        let said = toml::from_str::<Document>(&text).err().map(|e| e.message().to_owned()).expect("a stranger");
        let expected = said.split(&format!("`{STRANGER}`")).nth(1).unwrap_or_else(|| panic!("{said}"));
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn definition<'s>(schema: &'s Json, name: &str) -> &'s Json {
        if name.is_empty() { schema } else { &schema["$defs"][name] }
    }

    #[test]
    fn the_schema_knows_every_key_that_the_reader_knows_and_no_other() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let told: BTreeSet<&str> = TABLES.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
        let objects = schema["$defs"].as_object().unwrap().iter().filter(|(_, d)| d.get("properties").is_some());
        assert_eq!(told, objects.map(|(name, _)| name.as_str()).collect(), "each table of the schema is asked for");
        for (name, path) in TABLES {
            let mut document = whole();
            at(&mut document, path).as_table_mut().unwrap().insert(STRANGER.to_owned(), true.into());
            let ours = definition(&schema, name)["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(choices(&document), ours, "{name}");
        }
    }

    #[test]
    fn the_schema_requires_what_the_reader_requires() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let tables: [(&str, &[&str]); 14] = [
            ("", &[]),
            ("use_case", &["use_case", "survey"]),
            ("programme", &["consent", "programme", "east"]),
            ("rotation", &["team", "east", "on_call"]),
            ("rep_table", &["rep", "maya"]),
            ("cohort", &["cohort", "0"]),
            ("layer", &["schedule", "east", "layer", "1"]),
            ("line", &["line", "main"]),
            ("snippet", &["snippet", "whole"]),
            ("next_step", &["next_step", "2"]),
            ("regulated", &["use_case", "event", "regulated"]),
            ("follow_up", &["crm", "follow_up", "0"]),
            ("price", &["price"]),
            ("expect", &["expect", "0"]),
        ];
        for (name, path) in tables {
            let keys: Vec<String> = at(&mut whole(), path).as_table().unwrap().keys().cloned().collect();
            for key in keys {
                let mut document = whole();
                at(&mut document, path).as_table_mut().unwrap().remove(&key);
                let read = toml::from_str::<Document>(&toml::to_string(&document).unwrap()).is_ok();
                let required = definition(&schema, name)["required"].as_array().unwrap().contains(&key.clone().into());
                assert_eq!(read, !required, "{name} without {key}");
            }
        }
    }

    #[test]
    fn the_schema_knows_every_word_that_the_reader_knows_and_no_other() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let words: [(&Json, &[&str]); 13] = [
            (&schema["$defs"]["consent"]["properties"]["scope"], &["consent", "scope"]),
            (&schema["$defs"]["consent"]["properties"]["evidence"], &["consent", "evidence"]),
            (&schema["$defs"]["replies"], &["consent", "replies"]),
            (&schema["$defs"]["owner_source"], &["ownership", "0"]),
            (&schema["$defs"]["rep_table"]["properties"]["role"], &["rep", "lea", "role"]),
            (&schema["$defs"]["step"]["properties"]["who"], &["ladder", "standard", "0", "who"]),
            (&schema["$defs"]["regulated"]["properties"]["disclose"], &["use_case", "event", "regulated", "disclose"]),
            (&schema["$defs"]["follow_up"]["properties"]["outcome"], &["crm", "follow_up", "0", "outcome"]),
            (&schema["$defs"]["crm"]["properties"]["reroute"], &["crm", "reroute"]),
            (&schema["$defs"]["next_step"]["properties"]["kinds"]["items"], &["next_step", "1", "kinds", "0"]),
            (&schema["$defs"]["next_step"]["properties"]["action"], &["next_step", "1", "action"]),
            (&schema["$defs"]["weekday"], &["schedule", "east", "layer", "1", "only", "days", "0"]),
            (&schema["$defs"]["layer"]["properties"]["holidays"], &["schedule", "east", "layer", "2", "holidays"]),
        ];
        for (definition, path) in words {
            let mut document = whole();
            *at(&mut document, path) = STRANGER.into();
            let ours = definition["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
            assert_eq!(choices(&document), ours.collect(), "{path:?}");
        }
    }

    fn real<'s>(schema: &'s Json, node: &'s Json) -> &'s Json {
        let name = node.get("$ref").and_then(|to| to.as_str()?.rsplit('/').next());
        name.map_or(node, |name| real(schema, &schema["$defs"][name]))
    }

    /// Values that a key does not take, by what it takes.
    fn wrong(node: &Json) -> Vec<Value> {
        let minimum = node["minimum"].as_i64();
        match node["type"].as_str() {
            Some("integer") => {
                let mut all: Vec<Value> = vec!["many".into(), true.into(), 1.5.into()];
                all.extend(minimum.map(|_| (-1).into()));
                all
            }
            Some("boolean") => vec![1.into(), "perhaps".into(), "yes".into()],
            Some("array" | "object") => vec![1.into(), "x".into(), true.into()],
            _ => vec![8.into(), (-8).into(), true.into(), 1.5.into(), vec![1].into()],
        }
    }

    #[test]
    fn a_value_that_a_key_does_not_take_is_told_with_its_place_and_what_to_write() {
        let schema: Json = serde_json::from_str(SCHEMA).unwrap();
        let mut silent = Vec::new();
        let mut asked = 0;
        for (name, path) in TABLES {
            for (key, node) in definition(&schema, name)["properties"].as_object().unwrap() {
                for value in wrong(real(&schema, node)) {
                    let mut document = whole();
                    at(&mut document, path).as_table_mut().unwrap().insert(key.clone(), value.clone());
                    let source = toml::to_string(&document).unwrap();
                    let told = read_all("playbook.toml", &source, &example::beside).mistakes;
                    asked += 1;
                    let is_of_it = |told: &&Diagnostic| {
                        let line = source.lines().nth(told.line.saturating_sub(1)).unwrap_or_default();
                        told.line > 0
                            && told.column > 0
                            && line.contains(key.as_str())
                            && told.excerpt.contains(key.as_str())
                    };
                    let says = |told: &Diagnostic| {
                        told.hint.is_some() || ["write ", "as in ", ", as \""].iter().any(|w| told.message.contains(w))
                    };
                    if !told.iter().filter(is_of_it).any(says) {
                        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
                        silent.push(format!("{name} {key} = {value}: {told:#?}"));
                    }
                }
            }
        }
        assert!(silent.is_empty(), "{} of {asked}:\n{}", silent.len(), silent.join("\n"));
        assert!(asked > 500, "{asked}");
    }
}
