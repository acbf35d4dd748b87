//! Which days a period has, and when they were: the company's zone may have become another one meanwhile.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::civil;
use super::load::begins;
use crate::domain::time::{Span, Timestamp};

/// A day in milliseconds.
const DAY: i64 = 24 * 3_600_000;

/// The first and the last local day of a period that ends now. Of whole days today is the last one, and so many dates
/// are in it, however long the clocks' changes made them. Other hours reach back to the day on which they began.
pub fn period(zone: Tz, now: Timestamp, since: Span) -> (i32, i32) {
    let last = civil(zone, now).0;
    let length = since.as_millis();
    let first = if length % DAY == 0 {
        last.saturating_sub(i32::try_from(length / DAY - 1).unwrap_or(i32::MAX))
    } else {
        civil(zone, now - since).0
    };
    (first.min(last), last)
}

/// When the local day begins that is so many days after the one of an instant; before it where they are less than none.
pub fn begin(zone: Tz, at: Timestamp, days: i64) -> Timestamp {
    let never = if days < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let day = i32::try_from(days).ok().and_then(|days| civil(zone, at).0.checked_add(days));
    day.and_then(|day| begins(zone, day)).unwrap_or(never)
}

/// How many local days are over between two instants: from the one of the first, as a whole, to before the one of the last.
pub fn whole_days(zone: Tz, from: Timestamp, until: Timestamp) -> i64 {
    i64::from(civil(zone, until).0) - i64::from(civil(zone, from).0)
}

/// The company's zones, each since when it is in force, the oldest first. What happened was counted on the day that it
/// was in the zone of its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zones(Vec<(Timestamp, Tz)>);

impl Zones {
    /// From now on it is this one.
    pub(super) fn enter(&mut self, at: Timestamp, zone: Tz) {
        if self.0.last().is_none_or(|(_, before)| *before != zone) {
            self.0.push((at, zone));
        }
    }

    /// What was counted on these days happened between these instants, each end left out: oldest first, each by the
    /// zone of its time. Where none is known, all was in `zone`.
    pub fn spans(&self, zone: Tz, (first, last): (i32, i32)) -> Vec<(Timestamp, Timestamp)> {
        let never = |day: i32| if day > 0 { Timestamp::MAX } else { Timestamp::MIN };
        let usual = [(Timestamp::MIN, zone)];
        let all = if self.0.is_empty() { usual.as_slice() } else { self.0.as_slice() };
        let ends = all.iter().skip(1).map(|(at, _)| *at).chain([Timestamp::MAX]);
        let span = |(n, (&(since, zone), end)): (usize, (&(Timestamp, Tz), Timestamp))| {
            // The first one is taken for what was before it, too.
            let since = if n == 0 { Timestamp::MIN } else { since };
            let from = begins(zone, first).unwrap_or_else(|| never(first)).max(since);
            let next = last.checked_add(1).map(|next| begins(zone, next).unwrap_or_else(|| never(next)));
            let until = next.unwrap_or(Timestamp::MAX).min(end);
            (from < until).then_some((from, until))
        };
        all.iter().zip(ends).enumerate().filter_map(span).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{Los_Angeles, New_York};
    use chrono_tz::Pacific;

    use super::super::load::{date, day_of};
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().to_utc().into()
    }

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    #[test]
    fn a_period_has_as_many_dates_as_it_says_at_every_hour_around_both_changes_of_the_clocks() {
        // New York goes on an hour on 8 March 2026, and back on 1 November; UTC never does.
        for zone in [New_York, Tz::UTC] {
            for noon in ["2026-03-08T12:00:00-04:00", "2026-11-01T12:00:00-05:00"] {
                let noon = at(noon);
                for hour in -72..10 * 24 {
                    let now = noon + Span::minutes(60 * hour + 30);
                    let today = civil(zone, now).0;
                    for days in [1, 2, 7, 30, 365] {
                        let wanted = (today - (days - 1), today);
                        let since = Span::minutes(i64::from(days) * 24 * 60);
                        assert_eq!(period(zone, now, since), wanted, "{days}d at {now} in {zone}");
                    }
                }
            }
        }
        // As it was found: late in the evening three days after, and early in the morning.
        for (now, since, wanted) in [
            ("2026-11-04T23:30:00-05:00", "2026-10-29", "2026-11-04"),
            ("2026-11-05T00:30:00-05:00", "2026-10-30", "2026-11-05"),
            ("2026-03-11T00:30:00-04:00", "2026-03-05", "2026-03-11"),
            ("2026-03-10T23:30:00-04:00", "2026-03-04", "2026-03-10"),
        ] {
            let (first, last) = period(New_York, at(now), Span::minutes(7 * 24 * 60));
            let told = [first, last].map(|day| date(day).unwrap().to_string());
            assert_eq!(told, [since, wanted], "{now}");
        }
    }

    #[test]
    fn hours_that_are_no_whole_days_reach_back_to_the_day_on_which_they_began() {
        let now = at("2026-03-04T00:30:00-05:00");
        let of = |hours: i64| period(New_York, now, Span::minutes(60 * hours));
        let today = day("2026-03-04");
        let wanted = [(1, today - 1), (24, today), (25, today - 2), (48, today - 1)];
        for (hours, first) in wanted {
            assert_eq!(of(hours), (first, today), "{hours}h");
        }
    }

    #[test]
    fn days_are_counted_by_the_calendar_and_not_by_hours() {
        let sunday = at("2026-11-01T12:00:00-05:00");
        assert_eq!(begin(New_York, sunday, 0), at("2026-11-01T00:00:00-04:00"));
        assert_eq!(begin(New_York, sunday, 2), at("2026-11-03T00:00:00-05:00"), "49 hours later");
        assert_eq!(begin(New_York, at("2026-03-09T08:00:00-04:00"), -1), at("2026-03-08T00:00:00-05:00"));
        for (until, days) in [("2026-11-01T23:59:00-05:00", 0), ("2026-11-03T00:01:00-05:00", 2)] {
            assert_eq!(whole_days(New_York, at("2026-11-01T00:00:00-04:00"), at(until)), days, "{until}");
        }
        assert_eq!([-1, 1].map(|n| begin(New_York, sunday, n * i64::MAX)), [Timestamp::MIN, Timestamp::MAX]);
    }

    #[test]
    fn what_was_counted_on_a_day_happened_by_the_zone_of_its_time() {
        let tuesday = day("2026-03-03");
        let mut zones = Zones::default();
        let one = [(at("2026-03-03T00:00:00-05:00"), at("2026-03-04T00:00:00-05:00"))];
        assert_eq!(zones.spans(New_York, (tuesday, tuesday)), one);
        // From Auckland, 13 hours before UTC, to Los Angeles, 8 behind it, on Tuesday at ten there.
        let moved = at("2026-03-03T10:00:00-08:00");
        zones.enter(at("2026-01-01T00:00:00+13:00"), Pacific::Auckland);
        zones.enter(at("2026-02-01T00:00:00+13:00"), Pacific::Auckland);
        zones.enter(moved, Los_Angeles);
        assert_eq!(zones.0.len(), 2, "the same one again is none");
        let there = (at("2026-03-03T00:00:00+13:00"), at("2026-03-04T00:00:00+13:00"));
        let here = (moved, at("2026-03-04T00:00:00-08:00"));
        assert_eq!(zones.spans(Tz::UTC, (tuesday, tuesday)), [there, here]);
        // Wednesday had begun in Auckland.
        let early = (at("2026-03-04T00:00:00+13:00"), moved);
        let late = (at("2026-03-04T00:00:00-08:00"), at("2026-03-05T00:00:00-08:00"));
        assert_eq!(zones.spans(Tz::UTC, (tuesday + 1, tuesday + 1)), [early, late]);
        // Both, and all that comes.
        assert_eq!(zones.spans(Tz::UTC, (tuesday, i32::MAX)), [(there.0, moved), (moved, Timestamp::MAX)]);
        // The first zone is taken for what was before it.
        let before = day("2025-12-24");
        let then = (at("2025-12-24T00:00:00+13:00"), at("2025-12-25T00:00:00+13:00"));
        assert_eq!(zones.spans(Tz::UTC, (before, before)), [then]);
        assert!(zones.spans(Tz::UTC, (tuesday + 9, tuesday)).is_empty());
    }
}
