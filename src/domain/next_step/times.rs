//! Two concrete times for a meeting, inside the hours of both.

use chrono::{Datelike as _, TimeZone as _, Timelike as _, Weekday};
use chrono_tz::Tz;

use crate::domain::hours::Calendar;
use crate::domain::time::{Span, Timestamp};

/// The hours in which a buyer is asked to talk, by their own clock: minutes after midnight.
const BUYER: std::ops::Range<u32> = 9 * 60..17 * 60;

/// How long a meeting is taken to be: it has to end inside the hours, too.
const LENGTH: Span = Span::minutes(30);

/// The first time offered leaves so much room to answer.
const NOTICE: Span = Span::minutes(120);

/// Meetings begin on the full and on the half hour.
const STEP_MINUTES: i64 = 30;

/// How far ahead is looked: two weeks, so that holidays do not leave nothing to offer.
const AHEAD_MINUTES: i64 = 14 * 24 * 60;

/// Two times inside the rep's opening hours and the buyer's working day: the first that is left, and the first of the next
/// day with another half of the day, so that a buyer who cannot in the morning can in the afternoon. Fewer where there
/// are none.
pub fn propose(now: Timestamp, rep: &Calendar, buyer: Tz) -> Vec<Timestamp> {
    let minutes = now.millis() / 60_000 + NOTICE.as_millis() / 60_000;
    let start = (minutes / STEP_MINUTES + 1) * STEP_MINUTES;
    let all = (start..start + AHEAD_MINUTES).step_by(30).map(|minute| Timestamp::from_millis(minute * 60_000));
    let fits = |at: &Timestamp| {
        rep.is_open(*at) && rep.is_open(*at + LENGTH - Span::minutes(1)) && is_in_their_day(*at, buyer)
    };
    let mut free = all.filter(fits);
    let Some(first) = free.next() else { return Vec::new() };
    let day = |at: Timestamp| local(at, buyer).date_naive();
    let half = |at: Timestamp| local(at, buyer).hour() >= 12;
    let rest: Vec<_> = free.filter(|at| day(*at) != day(first)).collect();
    let other = rest.iter().find(|at| half(**at) != half(first)).or_else(|| rest.first());
    std::iter::once(first).chain(other.copied()).collect()
}

fn local(at: Timestamp, zone: Tz) -> chrono::DateTime<Tz> {
    zone.from_utc_datetime(&at.utc().naive_utc())
}

fn is_in_their_day(at: Timestamp, zone: Tz) -> bool {
    let begins = local(at, zone);
    let minute = begins.hour() * 60 + begins.minute();
    let is_weekday = !matches!(begins.weekday(), Weekday::Sat | Weekday::Sun);
    is_weekday && BUYER.contains(&minute) && minute + 30 <= BUYER.end
}

/// The times as an answer says them, on the buyer's clock: `Tue Mar 3 at 10:00 AM or Wed Mar 4 at 2:00 PM`. With the zone
/// when the two clocks differ, so that nobody calls an hour late.
pub fn words(times: &[Timestamp], buyer: Tz, rep: Tz) -> String {
    let differs = times.iter().any(|at| local(*at, buyer).naive_local() != local(*at, rep).naive_local());
    let form = if differs { "%a %b %-d at %-I:%M %p %Z" } else { "%a %b %-d at %-I:%M %p" };
    let one = |at: &Timestamp| local(*at, buyer).format(form).to_string();
    times.iter().map(one).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{Los_Angeles, New_York};

    use super::*;

    fn at(zone: Tz, text: &str) -> Timestamp {
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        zone.from_local_datetime(&naive).unwrap().to_utc().into()
    }

    fn office() -> Calendar {
        let mut office = Calendar::always(New_York);
        for (day, windows) in office.week.iter_mut().enumerate() {
            *windows = if day < 5 { vec![crate::domain::hours::Window { open: 540, close: 1080 }] } else { Vec::new() };
        }
        office
    }

    #[test]
    fn two_times_lie_inside_the_hours_of_both() {
        // Friday at 15:00 in New York: noon for the buyer in Los Angeles.
        let times = propose(at(New_York, "2026-03-06 15:00"), &office(), Los_Angeles);
        assert_eq!(times, [at(New_York, "2026-03-06 17:30"), at(New_York, "2026-03-09 12:00")]);
        assert_eq!(words(&times, Los_Angeles, New_York), "Fri Mar 6 at 2:30 PM PST or Mon Mar 9 at 9:00 AM PDT");
    }

    #[test]
    fn a_zone_is_named_only_where_the_clocks_differ_and_nothing_is_offered_where_nothing_is_free() {
        let times = propose(at(New_York, "2026-03-03 09:10"), &office(), New_York);
        assert_eq!(words(&times, New_York, New_York), "Tue Mar 3 at 11:30 AM or Wed Mar 4 at 12:00 PM");
        let mut never = office();
        never.week.iter_mut().for_each(Vec::clear);
        assert_eq!(propose(at(New_York, "2026-03-03 09:10"), &never, New_York), []);
    }
}
