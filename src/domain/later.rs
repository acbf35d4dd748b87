//! A time as people type it: `9:00`, `tomorrow 9am`, `fri 14:30`, `2026-12-24 10:00`, `2026-12-24T10:00`, `2h`. Read on the clock of a zone, and
//! safe where clocks change: a time that does not exist means the first moment after the gap, one that comes twice its
//! first.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::quiet_hours::instants;
use super::time::{Span, Timestamp};

/// The longest text that is read as a time.
const LONGEST: usize = 40;

/// The instant that a text means, after `now`; none when it is no time, or one that has passed.
pub fn parse(text: &str, now: Timestamp, zone: Tz) -> Option<Timestamp> {
    read(text, now, now, zone)
}

/// Like [`parse`]; when nothing to come is meant, a time that has passed.
pub fn parse_ever(text: &str, now: Timestamp, zone: Tz) -> Option<Timestamp> {
    parse_begin(text, now, zone).or_else(|| read(text, now, Timestamp::MIN, zone))
}

/// Like [`parse`], and `now`.
pub fn parse_begin(text: &str, now: Timestamp, zone: Tz) -> Option<Timestamp> {
    if text.trim().eq_ignore_ascii_case("now") { Some(now) } else { parse(text, now, zone) }
}

/// When something ends that begins at `from`, and not before `now`: lengths, times of day and weekdays count from there,
/// but today and tomorrow are those of whoever types.
pub fn parse_end(text: &str, from: Timestamp, now: Timestamp, zone: Tz) -> Option<Timestamp> {
    let after = from.max(now);
    let of_today = |word: &str| ["today", "tomorrow", "tom"].contains(&word.to_lowercase().as_str());
    let base = if text.split_whitespace().any(of_today) { now } else { after };
    read(text, base, after, zone)
}

/// The first instant after `after` that a text means to somebody who says it at `now`.
fn read(text: &str, now: Timestamp, after: Timestamp, zone: Tz) -> Option<Timestamp> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().filter(|word| !["at", "in", "there"].contains(word)).collect();
    let today = now.utc().with_timezone(&zone).date_naive();
    let on = |date: NaiveDate, time: Option<&str>| {
        let minute = time.map_or(Some(9 * 60), minute)?;
        instants(zone, date, minute).into_iter().find(|at| *at > after)
    };
    match words.as_slice() {
        [one] => {
            if let Some(span) = span(one) {
                return Some(now + span).filter(|at| *at > after);
            }
            if let Some(minute) = minute(one) {
                let days = [Some(today), today.succ_opt()];
                return days.into_iter().flatten().flat_map(|date| instants(zone, date, minute)).find(|at| *at > after);
            }
            // As a machine writes it.
            if let Some((day, time)) =
                one.split_once('t').filter(|(day, _)| day.ends_with(|c: char| c.is_ascii_digit()))
            {
                return dates(day, today).into_iter().find_map(|date| on(date, Some(time)));
            }
            dates(one, today).into_iter().find_map(|date| on(date, None))
        }
        [day, time] => dates(day, today).into_iter().find_map(|date| on(date, Some(time))),
        _ => None,
    }
}

/// Nine o'clock, so many days from today.
pub fn nine(now: Timestamp, zone: Tz, days: u64) -> Option<Timestamp> {
    let date = now.utc().with_timezone(&zone).date_naive().checked_add_days(Days::new(days))?;
    instants(zone, date, 9 * 60).into_iter().find(|at| *at > now)
}

/// Nine o'clock of the next Monday.
pub fn monday(now: Timestamp, zone: Tz) -> Option<Timestamp> {
    let today = now.utc().with_timezone(&zone).date_naive();
    nine(now, zone, u64::from(7 - today.weekday().num_days_from_monday()))
}

/// `30m`, `2h`, `3d`.
fn span(word: &str) -> Option<Span> {
    let unit = word.strip_suffix('m').map(|n| (n, 1)).or_else(|| word.strip_suffix('h').map(|n| (n, 60)));
    let (number, minutes) = unit.or_else(|| word.strip_suffix('d').map(|n| (n, 24 * 60)))?;
    let number: u16 = number.parse().ok()?;
    (number > 0 && number <= 999).then(|| Span::minutes(i64::from(number) * minutes))
}

/// `9`, `9:30`, `9am`, `9:30pm`, `noon` as a minute of the day.
fn minute(word: &str) -> Option<u16> {
    if word == "noon" {
        return Some(12 * 60);
    }
    let (word, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(rest), _) => (rest, Some(0)),
        (None, Some(rest)) => (rest, Some(12)),
        (None, None) => (word, None),
    };
    let (hour, minute) = word.split_once(':').unwrap_or((word, "00"));
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The dates a word may mean, soonest first: a weekday is today or in a week.
fn dates(word: &str, today: NaiveDate) -> Vec<NaiveDate> {
    let after = |days: u64| today.checked_add_days(Days::new(days));
    if word == "today" {
        return vec![today];
    }
    if word == "tomorrow" || word == "tom" {
        return after(1).into_iter().collect();
    }
    // chrono reads the names of weekdays, short or in full.
    if let Ok(day) = word.parse::<Weekday>() {
        let ahead = u64::from(day.days_since(today.weekday()));
        return [after(ahead), after(ahead + 7)].into_iter().flatten().collect();
    }
    NaiveDate::parse_from_str(word, "%Y-%m-%d").into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).expect("valid").to_utc().into()
    }

    const ZONE: Tz = Tz::America__New_York;

    #[test]
    fn times_are_read_as_people_type_them() {
        // A Tuesday.
        let now = at("2026-03-03T10:00:00-05:00");
        for (text, wanted) in [
            ("14:30", Some("2026-03-03T14:30:00-05:00")),
            ("9:00", Some("2026-03-04T09:00:00-05:00")),
            ("9", Some("2026-03-04T09:00:00-05:00")),
            ("9am", Some("2026-03-04T09:00:00-05:00")),
            ("12am", Some("2026-03-04T00:00:00-05:00")),
            ("12:15pm", Some("2026-03-03T12:15:00-05:00")),
            ("noon", Some("2026-03-03T12:00:00-05:00")),
            (" Tomorrow at 9:00 there ", Some("2026-03-04T09:00:00-05:00")),
            ("tomorrow", Some("2026-03-04T09:00:00-05:00")),
            ("tue 14:00", Some("2026-03-03T14:00:00-05:00")),
            ("tue 9:00", Some("2026-03-10T09:00:00-04:00")),
            ("Friday 2pm", Some("2026-03-06T14:00:00-05:00")),
            ("2026-12-24 10:00", Some("2026-12-24T10:00:00-05:00")),
            ("2026-12-24T10:00", Some("2026-12-24T10:00:00-05:00")),
            ("2026-12-24T10:00:00-05:00", None),
            ("2h", Some("2026-03-03T12:00:00-05:00")),
            ("in 30m", Some("2026-03-03T10:30:00-05:00")),
            ("3d", Some("2026-03-06T10:00:00-05:00")),
            ("today 9:00", None),
            ("2026-03-02 9:00", None),
            ("25:00", None),
            ("13pm", None),
            ("9:5", None),
            ("0m", None),
            ("soon", None),
            ("", None),
            ("tomorrow 9:00 sharp please", None),
        ] {
            assert_eq!(parse(text, now, ZONE), wanted.map(at), "{text}");
        }
        assert_eq!(nine(now, ZONE, 1), Some(at("2026-03-04T09:00:00-05:00")));
        assert_eq!(monday(now, ZONE), Some(at("2026-03-09T09:00:00-04:00")));
    }

    #[test]
    fn a_time_in_a_gap_moves_on_and_one_in_a_fold_means_its_first() {
        let spring = at("2026-03-07T12:00:00-05:00");
        assert_eq!(parse("tomorrow 2:30", spring, ZONE), Some(at("2026-03-08T03:00:00-04:00")));
        let autumn = at("2026-10-31T12:00:00-04:00");
        assert_eq!(parse("tomorrow 1:30", autumn, ZONE), Some(at("2026-11-01T01:30:00-04:00")));
        // Between the two of them, the second is still to come.
        assert_eq!(parse("1:30", at("2026-11-01T01:45:00-04:00"), ZONE), Some(at("2026-11-01T01:30:00-05:00")));
    }

    #[test]
    fn an_end_counts_from_the_beginning_and_today_is_the_day_it_is_typed() {
        // A Tuesday; it begins on Friday at 14:00.
        let (now, from) = (at("2026-03-03T10:00:00-05:00"), at("2026-03-06T14:00:00-05:00"));
        for (text, wanted) in [
            ("17:00", Some("2026-03-06T17:00:00-05:00")),
            ("9:00", Some("2026-03-07T09:00:00-05:00")),
            ("8h", Some("2026-03-06T22:00:00-05:00")),
            ("fri 17:00", Some("2026-03-06T17:00:00-05:00")),
            ("fri 9:00", Some("2026-03-13T09:00:00-04:00")),
            ("mon 9:00", Some("2026-03-09T09:00:00-04:00")),
            ("2026-03-08 9:00", Some("2026-03-08T09:00:00-04:00")),
            ("tomorrow 9:00", None),
            ("today 17:00", None),
            ("2026-03-05 9:00", None),
            ("now", None),
        ] {
            assert_eq!(parse_end(text, from, now, ZONE), wanted.map(at), "{text}");
        }
        assert_eq!(parse_end("tomorrow 9:00", now, now, ZONE), Some(at("2026-03-04T09:00:00-05:00")));
        // What began before now ends after now.
        assert_eq!(
            parse_end("9:30", at("2026-03-03T09:00:00-05:00"), now, ZONE),
            Some(at("2026-03-04T09:30:00-05:00"))
        );
        assert_eq!(parse_begin(" Now ", now, ZONE), Some(now));
        assert_eq!(parse_begin("soon", now, ZONE), None);
    }

    #[test]
    fn what_is_looked_up_may_have_passed_when_nothing_to_come_is_meant() {
        let now = at("2026-03-03T10:00:00-05:00");
        for (text, wanted) in [
            ("2026-03-01 9:00", Some("2026-03-01T09:00:00-05:00")),
            ("today 9:00", Some("2026-03-03T09:00:00-05:00")),
            ("9:00", Some("2026-03-04T09:00:00-05:00")),
            ("now", Some("2026-03-03T10:00:00-05:00")),
            ("soon", None),
        ] {
            assert_eq!(parse_ever(text, now, ZONE), wanted.map(at), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_end_is_after_the_beginning_and_to_come(
            text in "(today|tomorrow|mon|now|[0-9]{4}-[0-9]{2}-[0-9]{2}T?)?.{0,2}[0-9]{1,3}(:[0-9]{0,3})?(am|pm|m|h|d)?",
            from in 0i64..4_000_000_000_000,
            ms in 0i64..4_000_000_000_000,
        ) {
            let (from, now) = (Timestamp::from_millis(from), Timestamp::from_millis(ms));
            prop_assert!(parse_end(&text, from, now, ZONE).is_none_or(|at| at > from && at > now));
            let _ = parse_ever(&text, now, ZONE);
        }

        #[test]
        fn whatever_is_typed_is_a_time_to_come_or_none(text in "\\PC{0,50}", ms in 0i64..4_000_000_000_000) {
            let now = Timestamp::from_millis(ms);
            prop_assert!(parse(&text, now, ZONE).is_none_or(|at| at > now));
        }

        #[test]
        fn what_looks_like_a_time_is_one_to_come_or_none(
            day in "(today|tomorrow|mon|sunday|[0-9]{4}-[0-9]{2}-[0-9]{2})?",
            time in "[0-9]{1,3}(:[0-9]{0,3})?(am|pm|m|h|d)?",
            ms in any::<i64>(),
        ) {
            let now = Timestamp::from_millis(ms);
            let at = parse(&format!("{day} {time}"), now, ZONE);
            prop_assert!(at.is_none_or(|at| at > now || now == Timestamp::MAX));
        }
    }
}
