//! Small texts of configuration files: durations, times of day, opening windows, days.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::diagnose::said::NO_ZONE;
use crate::domain::hours::Window;
use crate::domain::oncall::Length;
use crate::domain::pacing::Rate;
use crate::domain::time::Span;

/// `30s`, `5m`, `2h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub Span);

/// Reads `30s`, `5m`, `2h` or `1d`.
pub fn duration(text: &str) -> Option<Span> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let count: i64 = digits.parse().ok().filter(|n| *n <= 1_000_000)?;
    match unit {
        "s" => Some(Span::seconds(count)),
        "m" => Some(Span::minutes(count)),
        "h" => Some(Span::minutes(count * 60)),
        "d" => Some(Span::minutes(count * 24 * 60)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        duration(&text).map(Self).ok_or_else(|| D::Error::custom("not a duration: write it 30s, 5m, 2h or 1d"))
    }
}

/// So many in so much time: `1/s`, `240/m`, `3000/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerTime(pub Rate);

fn per_time(text: &str) -> Option<Rate> {
    let (count, unit) = text.split_once('/')?;
    let segments = count.parse().ok().filter(|n| (1..=1_000_000).contains(n) && !count.starts_with('+'))?;
    let every = match unit {
        "s" => Span::seconds(1),
        "m" => Span::minutes(1),
        "h" => Span::minutes(60),
        _ => return None,
    };
    Some(Rate { segments, every })
}

impl<'de> Deserialize<'de> for PerTime {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        per_time(&text).map(Self).ok_or_else(|| D::Error::custom("not a rate: write it 1/s, 240/m or 3000/h"))
    }
}

/// How long a turn is: `1d`, `7d` or `12h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Length);

fn every(text: &str) -> Option<Length> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let count: u32 = digits.parse().ok().filter(|n| (1..=10_000).contains(n))?;
    match unit {
        "h" => Some(Length::Hours(count)),
        "d" => Some(Length::Days(count)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        every(&text).map(Self).ok_or_else(|| D::Error::custom("not a turn's length: write it 1d, 7d or 12h"))
    }
}

/// `09:30`, as a minute of the day; `24:00` is its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay(pub u16);

fn time_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two =
        |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let valid = (hours < 24 && minutes < 60) || (hours == 24 && minutes == 0);
    valid.then_some(hours * 60 + minutes)
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let minute = time_of_day(&text).filter(|m| *m < 24 * 60);
        minute.map(Self).ok_or_else(|| D::Error::custom("not a time of day: write it 09:30"))
    }
}

/// A zone by its name in the IANA's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(pub Tz);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Self).map_err(|_| D::Error::custom(format!("{NO_ZONE}{text}`")))
    }
}

/// Opening windows of a day: `["08:00-12:30", "22:00-06:00"]`; one that ends before it begins ends on the next day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times(pub Vec<Window>);

fn window(text: &str) -> Option<Window> {
    let (open, close) = text.split_once('-')?;
    let (open, close) = (time_of_day(open.trim())?, time_of_day(close.trim())?);
    let close = if close <= open { close + 24 * 60 } else { close };
    (open < 24 * 60).then_some(Window { open, close })
}

/// It would be a whole day from then on, which nobody means who writes the same time twice.
fn begins_when_it_ends(text: &str) -> bool {
    text.split_once('-').is_some_and(|(open, close)| open.trim() == close.trim())
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(d)?;
        let windows: Option<Vec<Window>> = texts.iter().map(|t| window(t)).collect();
        if let Some(text) = texts.iter().find(|text| begins_when_it_ends(text)).filter(|_| windows.is_some()) {
            return Err(D::Error::custom(format!(
                "\"{text}\" ends when it begins: write 00:00-24:00 for the whole day, or [] for none of it"
            )));
        }
        windows.map(Self).ok_or_else(|| D::Error::custom("not opening hours: write it 09:00-17:00"))
    }
}

/// `2026-12-25`.
pub fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read() {
        assert_eq!(duration("90s"), Some(Span::seconds(90)));
        assert_eq!(duration("2h"), Some(Span::minutes(120)));
        for wrong in ["", "5", "5 m", "-5m", "5w", "99999999999999999999s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(every("7d"), Some(Length::Days(7)));
        assert_eq!(every("12h"), Some(Length::Hours(12)));
        for wrong in ["", "d", "0d", "0h", "7", "1w", "30m", "-1d", "7 d", "99999999999d"] {
            assert_eq!(every(wrong), None, "{wrong}");
        }
        assert_eq!(per_time("1/s"), Some(Rate { segments: 1, every: Span::seconds(1) }));
        assert_eq!(per_time("240/m"), Some(Rate { segments: 240, every: Span::minutes(1) }));
        assert_eq!(per_time("3000/h"), Some(Rate { segments: 3000, every: Span::minutes(60) }));
        for wrong in ["", "1", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "1/d", "1 / s", "1/s/s", "9999999/s"] {
            assert_eq!(per_time(wrong), None, "{wrong}");
        }
        assert_eq!(window("22:00-06:00"), Some(Window { open: 1320, close: 1800 }));
        assert_eq!(window("00:00-24:00"), Some(Window { open: 0, close: 1440 }));
        for wrong in ["9-17", "09:00", "25:00-26:00", "24:00-01:00", "09:60-10:00"] {
            assert_eq!(window(wrong), None, "{wrong}");
        }
    }
}
