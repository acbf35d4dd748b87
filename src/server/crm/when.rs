//! Times as programs and spreadsheets write them.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;

use crate::domain::time::{Span, Timestamp};

/// What is written for a time: an instant, or a day. When that begins and ends is told by whose day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// An instant.
    At(Timestamp),
    /// A day.
    Day(NaiveDate),
}

impl When {
    /// An instant of RFC 3339, or a day, `2026-11-30`; nothing for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::At(at.to_utc().into()));
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self::Day)
    }

    /// The day that it is there.
    pub fn day(self, zone: Tz) -> NaiveDate {
        match self {
            Self::At(at) => at.utc().with_timezone(&zone).date_naive(),
            Self::Day(day) => day,
        }
    }

    /// The instant, or the beginning of the day there.
    pub fn begins(self, zone: Tz) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => beginning(day, zone),
        }
    }

    /// The instant, or the last millisecond of the day there.
    pub fn ends(self, zone: Tz) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day.succ_opt().map_or(Timestamp::MAX, |next| beginning(next, zone) - Span::millis(1)),
        }
    }
}

/// A day that begins with a change of the clocks begins when they have changed.
fn beginning(day: NaiveDate, zone: Tz) -> Timestamp {
    let begins = (0..3).find_map(|hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest());
    // A zone may have left out a whole day.
    begins.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc().into(), |at| at.to_utc().into())
}

/// An instant of RFC 3339, or the beginning of a day, `2026-11-30`, in UTC; nothing for anything else.
pub fn instant(text: &str) -> Option<Timestamp> {
    When::read(text).map(|when| when.begins(Tz::UTC))
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{New_York, Santiago};

    use super::*;

    #[test]
    fn a_day_is_its_beginning_and_nonsense_is_no_time() {
        assert_eq!(instant("2026-11-30"), instant("2026-11-30T00:00:00Z"));
        assert_eq!(instant(" 2026-11-30T01:00:00+01:00 "), instant("2026-11-30"));
        for nonsense in ["", "soon", "30.11.2026", "2026-02-30", "2026-11-30 10:00"] {
            assert_eq!(instant(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_where_it_is_and_an_instant_is_the_same_everywhere() {
        for (text, zone, begins, ends) in [
            ("2026-03-03", Tz::UTC, "2026-03-03T00:00:00Z", "2026-03-03T23:59:59.999Z"),
            ("2026-03-03", New_York, "2026-03-03T05:00:00Z", "2026-03-04T04:59:59.999Z"),
            // The clocks go forward in the night: a day of 23 hours.
            ("2026-03-08", New_York, "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999Z"),
            // There they do at midnight, which is left out.
            ("2026-09-06", Santiago, "2026-09-06T04:00:00Z", "2026-09-07T02:59:59.999Z"),
            ("2026-09-05", Santiago, "2026-09-05T04:00:00Z", "2026-09-06T03:59:59.999Z"),
            ("2026-03-03T10:00:00-05:00", New_York, "2026-03-03T15:00:00Z", "2026-03-03T15:00:00Z"),
        ] {
            let when = When::read(text).unwrap();
            let told = (Some(when.begins(zone)), Some(when.ends(zone)));
            assert_eq!(told, (instant(begins), instant(ends)), "{text} in {zone}");
            for moment in [when.begins(zone), when.ends(zone)] {
                assert_eq!(When::At(moment).day(zone), when.day(zone), "{text} in {zone}");
            }
        }
    }
}
