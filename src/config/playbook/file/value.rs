//! Values as the file writes them.

use serde::Serialize;

use crate::config::playbook::template::quoted;
use crate::domain::alert::Setting;
use crate::domain::hours::Window;
use crate::domain::time::{Span, Timestamp};

/// The word of the file for a value that is one, quoted.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    quoted(&bare(value))
}

/// The word of the file for a value that is one.
pub(super) fn bare<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_value(value).expect("BUG: a domain value is always JSON");
    json.as_str().unwrap_or_default().to_owned()
}

/// A list of values.
pub(super) fn list(members: &[String]) -> String {
    format!("[{}]", members.join(", "))
}

/// A table in one line.
pub(super) fn inline(parts: &[(&str, String)]) -> String {
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{ {} }}", parts.join(", "))
}

/// A duration.
pub(in crate::config::playbook) fn span(span: Span) -> String {
    quoted(&duration(span.as_millis()))
}

/// A time of day.
pub(super) fn minute(minute: u16) -> String {
    quoted(&time_of_day(minute.into()))
}

/// Opening windows of a day.
pub(super) fn times(windows: &[Window]) -> String {
    list(&windows.iter().map(|window| quoted(&window.to_string())).collect::<Vec<_>>())
}

/// A value, or where it is found.
pub(super) fn setting(setting: &Setting) -> String {
    quoted(&match setting {
        Setting::Plain(text) => text.clone(),
        Setting::Env(name) => format!("env:{name}"),
        Setting::File(path) => format!("file:{path}"),
        Setting::Keyring(name) => format!("keyring:{name}"),
    })
}

/// An instant, with the offset of a zone.
pub(super) fn instant(at: Timestamp, zone: chrono_tz::Tz) -> String {
    at.utc().with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn time_of_day(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Milliseconds as the file writes a duration.
fn duration(millis: i64) -> String {
    if millis % 1000 != 0 {
        return format!("{millis}ms");
    }
    let seconds = millis / 1000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(unit, _)| seconds != 0 && seconds % unit == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(unit, letter)| format!("{}{letter}", seconds / unit))
}
