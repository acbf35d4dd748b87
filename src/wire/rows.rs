//! Rows of named texts, as other programs report them: one object of JSON each, or a line of a table.

use serde_json::{Map, Value};

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
    let row: Map<String, Value> = serde_json::from_str(json).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => "not an object in { }".to_owned(),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!("not JSON at column {}", e.column())
        }
    })?;
    from(&|key| match row.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) if numbers.contains(&key) => Ok(Some(number.to_string())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(format!("{key} is not a text in quotes"))
        }
    })
}
