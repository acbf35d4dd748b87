//! Rows of named texts, as other programs report them: one object of JSON each, or a line of a table.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What a row's column holds; an error when it is no text.
pub type Column<'a> = &'a dyn Fn(&str) -> Result<Option<String>, String>;

/// Reads one row, and says what is wrong without repeating what stands there. Members that nobody asks for are passed over.
pub fn read<R>(json: &str, from: impl FnOnce(Column<'_>) -> Result<R, String>) -> Result<R, String> {
    read_with(json, &[], from)
}

/// The same, where some members may be numbers.
pub fn read_with<R>(
    json: &str,
    numbers: &[&str],
    from: impl FnOnce(Column<'_>) -> Result<R, String>,
) -> Result<R, String> {
    columns(&object(json)?, numbers, from)
}

/// The same, where members are put right before they are asked for: called by other names, or taken out of what holds them.
pub fn read_put_right<R>(
    json: &str,
    right: impl FnOnce(BTreeMap<String, Value>) -> BTreeMap<String, Value>,
    from: impl FnOnce(Column<'_>) -> Result<R, String>,
) -> Result<R, String> {
    let row = object(json)?;
    if !row.twice.is_empty() {
        return Err("a member stands there twice and says two things".to_owned());
    }
    columns(&Members { of: right(row.of), twice: BTreeSet::new() }, &[], from)
}

fn object(json: &str) -> Result<Members, String> {
    serde_json::from_str(json).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => "not an object in { }".to_owned(),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!("not JSON at column {}", e.column())
        }
    })
}

fn columns<R>(
    row: &Members,
    numbers: &[&str],
    from: impl FnOnce(Column<'_>) -> Result<R, String>,
) -> Result<R, String> {
    from(&|key| match row.of.get(key) {
        _ if row.twice.contains(key) => Err(format!("{key} stands there twice and says two things")),
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) if numbers.contains(&key) => Ok(Some(number.to_string())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(format!("{key} is not a text in quotes"))
        }
    })
}

/// The members of an object. Which one counts of two of one name no two readers agree on (RFC 8259 §4).
struct Members {
    of: BTreeMap<String, Value>,
    twice: BTreeSet<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reads;

        impl<'de> Visitor<'de> for Reads {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members { of: BTreeMap::new(), twice: BTreeSet::new() };
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if members.of.get(&key).is_some_and(|before| *before != value) {
                        members.twice.insert(key);
                    } else {
                        members.of.insert(key, value);
                    }
                }
                Ok(members)
            }
        }

        from.deserialize_map(Reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_there_twice_is_none_unless_it_says_the_same() {
        let event = |json: &str| read(json, |column| column("event"));
        let twice = Err("event stands there twice and says two things".to_owned());
        for (json, wanted) in [
            (r#"{"event":"opt_out"}"#, Ok(Some("opt_out".to_owned()))),
            (r#"{"event":"opt_out","event":"opt_out"}"#, Ok(Some("opt_out".to_owned()))),
            (r#"{"event":"opt_out","event":"opt_in"}"#, twice.clone()),
            (r#"{"event":"opt_out","event":null}"#, twice.clone()),
            (r#"{"event":"opt_out","event":"opt_in","event":"opt_out"}"#, twice),
            (r#"{"other":1,"other":2,"event":"opt_out"}"#, Ok(Some("opt_out".to_owned()))),
            (r#"{"event":null}"#, Ok(None)),
            ("{}", Ok(None)),
            ("[]", Err("not an object in { }".to_owned())),
            ("{", Err("not JSON at column 1".to_owned())),
        ] {
            assert_eq!(event(json), wanted, "{json}");
        }
    }
}
