//! What serde and the TOML reader said, in the words of somebody who writes a file.

use super::{nearest, nearest_zone, shown};

/// What the reader of zones says before the word that is none.
pub(in crate::config) const NO_ZONE: &str = "no zone `";

/// How a key that is missing would be written.
fn example(key: &str) -> String {
    let value = match key {
        "zone" => "\"America/New_York\"",
        "since" => "2026-01-05",
        "at" => "2026-03-02T10:00:00-05:00",
        "hand_off" => "\"09:00\"",
        "every" => "\"7d\"",
        "days" => "7",
        "warn" => "\"3m\"",
        "due" => "\"5m\"",
        "unseen" => "\"30m\"",
        "number" => "\"+15550100100\"",
        "first_response" | "next_response" => "{ warn = \"3m\", due = \"5m\" }",
        "ownership" => "[\"opportunity\", \"contact\"]",
        "reps" | "by" => "[\"…\"]",
        "times" => "[\"22:00-07:00\"]",
        "then" => "{ gets = \"…\" }",
        "cohort" => return "write one as [[cohort]]".to_owned(),
        "layer" => return "write one as [[schedule.NAME.layer]]".to_owned(),
        "step" => return "write one as [[ladder.NAME.step]]".to_owned(),
        "use_case" | "team" | "rep" | "calendar" | "ladder" | "line" => {
            return format!("write {key} = \"…\"; in the file itself it is a table, as in [{key}.NAME]");
        }
        _ => "\"…\"",
    };
    format!("write {key} = {value}")
}

/// What serde said, taken apart.
pub(super) struct Said<'a> {
    pub(super) message: String,
    pub(super) word: &'a str,
    pub(super) choices: Vec<&'a str>,
    /// When no choice is near.
    pub(super) hint: Option<String>,
}

impl<'a> Said<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let bare = |message| Self { message, word: "", choices: Vec::new(), hint: None };
        if let Some(word) = text.strip_prefix(NO_ZONE).and_then(|rest| rest.strip_suffix('`')) {
            let zone = nearest_zone(word);
            // A city alone is no misspelling of its zone, but that zone is most likely meant.
            let near = zone.filter(|zone| nearest(word, &[zone]).is_some());
            let hint = Some(match zone {
                Some(zone) => format!("did you mean \"{zone}\"?"),
                None => "write it America/New_York, as the zones of the IANA are named".to_owned(),
            });
            let choices = near.into_iter().collect();
            return Self { word, choices, hint, ..bare(format!("there is no zone \"{}\"", shown(word))) };
        }
        for (start, noun) in [("unknown field `", "key"), ("unknown variant `", "value")] {
            let Some(rest) = text.strip_prefix(start) else { continue };
            // The word is foreign and may hold anything; what follows it is serde's.
            if let Some((word, rest)) = rest.rfind("`, expected ").map(|at| (&rest[..at], &rest[at + 1..])) {
                let choices = rest.split('`').skip(1).step_by(2).collect();
                return Self { word, choices, ..bare(format!("unknown {noun} \"{}\"", shown(word))) };
            }
        }
        if let Some(key) = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            return Self { hint: Some(shown(&example(key))), ..bare(format!("the key \"{}\" is missing", shown(key))) };
        }
        for start in ["invalid type: ", "invalid value: "] {
            if let Some((found, wanted)) = text.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected ")) {
                return bare(format!("expected {}, found {}", plain_type(wanted), plain_value(found)));
            }
        }
        bare(shown(text))
    }
}

/// Serde's and Rust's names of types, in the words of TOML.
fn plain_type(wanted: &str) -> String {
    match wanted {
        "u8" => "a whole number from 0 to 255".into(),
        "u32" | "u64" | "usize" => "a whole number, not below 0".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a string" | "a borrowed string" | "string" => "a text in quotes".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list in [ ]".into(),
        "a map" => "a table".into(),
        "a TOML datetime" => "a day or a time without quotes, as 2026-01-05 or 2026-03-02T10:00:00-05:00".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => shown(other),
    }
}

fn plain_value(found: &str) -> String {
    let quoted = |start: &str, noun: &str| {
        let value = found.strip_prefix(start)?.trim_matches('`');
        Some(format!("{noun} {}", shown(value)))
    };
    match found {
        "map" => return "a table".into(),
        "sequence" => return "a list".into(),
        _ => {}
    }
    quoted("string ", "the text")
        .or_else(|| quoted("integer ", "the number"))
        .or_else(|| quoted("floating point ", "the number"))
        .or_else(|| quoted("boolean ", "the word"))
        .unwrap_or_else(|| shown(found))
}
