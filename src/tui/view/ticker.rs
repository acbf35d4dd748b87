//! Texts that change by themselves. Every one of them says when it will next change, so the loop sleeps until then and
//! draws nothing in between.

use std::cell::Cell;

use chrono::{Datelike, Days, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::domain::time::{Span, Timestamp};

/// Makes texts of instants, and remembers the earliest change.
#[derive(Debug)]
pub(super) struct Ticker {
    /// The backend's clock.
    pub(super) now: Timestamp,
    second: i64,
    next: Cell<Option<Timestamp>>,
}

impl Ticker {
    /// `second` is one real second on the backend's clock, in milliseconds.
    pub(super) fn new(now: Timestamp, second: i64) -> Self {
        Self { now, second: second.max(1), next: Cell::new(None) }
    }

    /// The earliest change of all texts made so far.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next.get()
    }

    /// Something drawn changes then.
    pub(super) fn changes_at(&self, at: Timestamp) {
        if at > self.now {
            self.next.set(Some(self.next.get().map_or(at, |next| next.min(at))));
        }
    }

    /// So many real seconds by the backend's clock, which may run at another pace.
    pub(super) const fn real_seconds(&self, seconds: i64) -> Span {
        Span::millis(self.second * seconds)
    }

    /// Real time until an instant: `8 s`, `3 min`; zero seconds once it has come.
    pub(super) fn until(&self, at: Timestamp) -> String {
        let left = at.since(self.now).as_millis();
        let seconds = left.div_euclid(self.second) + i64::from(left.rem_euclid(self.second) > 0);
        if seconds <= 0 {
            return "0 s".to_owned();
        }
        let (count, unit, word) = match seconds {
            ..=90 => (seconds, 1, "s"),
            91..=5400 => (seconds.div_euclid(60) + i64::from(seconds % 60 > 0), 60, "min"),
            _ => (seconds.div_euclid(3600) + i64::from(seconds % 3600 > 0), 3600, "h"),
        };
        // Where the unit changes (91 s left, 90 s left), the text changes no later than the finer unit says.
        let finer = match unit {
            60 => 90,
            3600 => 5400,
            _ => 0,
        };
        let lower = ((count - 1) * unit).max(finer);
        self.changes_at(at - Span::millis(lower.saturating_mul(self.second)));
        format!("{count} {word}")
    }

    /// How long something lasts: `8 h`, `2 d 4 h`.
    pub(super) fn length(span: Span) -> String {
        minutes_in_words(span.as_millis().div_euclid(60_000).max(0))
    }

    /// How far off an instant is on the backend's clock, as whoever typed it counts: `in 3 h 5 min`, `in 2 d 4 h`,
    /// `3 h ago`.
    pub(super) fn distance(&self, at: Timestamp) -> String {
        const MINUTE: i64 = 60_000;
        let left = at.since(self.now).as_millis();
        if left <= 0 {
            let age = self.dated_age(at);
            return if age == "just now" { "now".to_owned() } else { format!("{age} ago") };
        }
        let minutes = left.div_euclid(MINUTE) + i64::from(left.rem_euclid(MINUTE) > 0);
        self.changes_at(at - Span::millis((minutes - 1).saturating_mul(MINUTE)));
        format!("in {}", minutes_in_words(minutes))
    }

    /// Real time since an instant: `just now`, `3 min`, `2 h`, `5 d`.
    pub(super) fn real_age(&self, since: Timestamp) -> String {
        self.age(since, self.second)
    }

    /// Time since an instant on the backend's clock, for what the CRM dated.
    pub(super) fn dated_age(&self, since: Timestamp) -> String {
        self.age(since, 1000)
    }

    fn age(&self, since: Timestamp, second: i64) -> String {
        let seconds = self.now.since(since).as_millis().div_euclid(second);
        let (count, unit, word) = match seconds {
            ..60 => (0, 60, ""),
            60..3600 => (seconds / 60, 60, "min"),
            3600..86_400 => (seconds / 3600, 3600, "h"),
            _ => (seconds / 86_400, 86_400, "d"),
        };
        self.changes_at(since + Span::millis((count + 1).saturating_mul(unit).saturating_mul(second)));
        if count == 0 { "just now".to_owned() } else { format!("{count} {word}") }
    }

    /// The time of day somewhere, now.
    pub(super) fn wall(&self, zone: Tz) -> String {
        let minute = Span::minutes(1).as_millis();
        let into = self.now.millis().rem_euclid(minute);
        self.changes_at(self.now + Span::millis(minute - into));
        self.now.utc().with_timezone(&zone).format("%H:%M").to_string()
    }

    /// A time of day; with the day when it is not today.
    pub(super) fn clock_time(&self, at: Timestamp, zone: Tz) -> String {
        let (local, today) = (at.utc().with_timezone(&zone), self.now.utc().with_timezone(&zone));
        let midnight = today.date_naive().checked_add_days(Days::new(1)).map(|day| day.and_time(NaiveTime::MIN));
        if let Some(midnight) = midnight.and_then(|m| zone.from_local_datetime(&m).earliest()) {
            self.changes_at(midnight.to_utc().into());
        }
        let days = (today.date_naive() - local.date_naive()).num_days();
        let format = match days {
            0 => "%H:%M",
            -6..=6 => "%a %H:%M",
            _ if local.year() == today.year() => "%-d %b %H:%M",
            _ => "%-d %b %Y",
        };
        local.format(format).to_string()
    }
}

/// Two units at most, the second only when it is not zero.
fn minutes_in_words(minutes: i64) -> String {
    let (large, small, words) = match minutes {
        ..60 => (minutes, 0, ("min", "")),
        60..2880 => (minutes / 60, minutes % 60, ("h", "min")),
        _ => (minutes / 1440, minutes % 1440 / 60, ("d", "h")),
    };
    let rest = if small > 0 { format!(" {small} {}", words.1) } else { String::new() };
    format!("{large} {}{rest}", words.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_until_the_change_it_announced_and_not_longer() {
        let base = Timestamp::from_millis(1_760_000_000_000);
        for second in [1000, 60_000, 333] {
            for left in (1..200).chain((1..400).map(|n| n * 61)).map(|n| n * second / 3) {
                let at = base + Span::millis(left);
                let before = Ticker::new(base, second);
                let text = before.until(at);
                let next = before.next().expect("a countdown changes");
                assert_eq!(Ticker::new(next - Span::millis(1), second).until(at), text, "left {left} of {second}");
                assert_ne!(Ticker::new(next, second).until(at), text, "left {left} of {second}");
            }
            for age in (0..200).chain((1..3000).map(|n| n * 97)).map(|n| n * second / 3) {
                let since = base - Span::millis(age);
                let before = Ticker::new(base, second);
                let text = before.real_age(since);
                let next = before.next().expect("an age changes");
                assert_eq!(Ticker::new(next - Span::millis(1), second).real_age(since), text, "age {age}");
                assert_ne!(Ticker::new(next, second).real_age(since), text, "age {age} of {second}");
            }
        }
    }

    #[test]
    fn a_distance_counts_as_whoever_typed_the_time_counts_and_says_when_it_changes() {
        let now = Timestamp::from_millis(1_760_000_000_000);
        for (seconds, words) in [
            (1, "in 1 min"),
            (60, "in 1 min"),
            (61, "in 2 min"),
            (3600, "in 1 h"),
            (3 * 3600 + 301, "in 3 h 6 min"),
            (47 * 3600 + 3600, "in 2 d"),
            (12 * 86_400 + 22 * 3600 + 59, "in 12 d 22 h"),
            (0, "now"),
            (-59, "now"),
            (-60, "1 min ago"),
            (-3 * 86_400, "3 d ago"),
        ] {
            let at = now + Span::seconds(seconds);
            // A demo that runs faster counts no other minutes.
            let tick = Ticker::new(now, 60_000);
            assert_eq!(tick.distance(at), words, "{seconds}");
            if let Some(next) = tick.next() {
                assert_eq!(Ticker::new(next - Span::millis(1), 1000).distance(at), words, "{seconds}");
            }
        }
        assert_eq!(Ticker::length(Span::minutes(8 * 60)), "8 h");
    }
}
