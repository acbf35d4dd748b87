//! Lists, spans and times of day as a sentence has them.

use chrono_tz::Tz;

use crate::domain::time::{Span, Timestamp};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(all: &[String], last: &str) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// `5 minutes`, `1 hour 30 minutes`; nothing is `0 seconds`.
pub(in crate::domain) fn span(span: Span) -> String {
    let seconds = span.as_seconds().max(0);
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let told: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| count(*n, unit)).collect();
    if told.is_empty() { "0 seconds".to_owned() } else { told.join(" ") }
}

/// `1 rep`, `2 reps`.
pub(super) fn count(n: i64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `09:30`.
pub(super) fn minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `Mon 2026-03-02 09:00 EST`.
pub(super) fn instant(at: Timestamp, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
}
