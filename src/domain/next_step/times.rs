//! Two concrete times for a meeting, inside the hours of both.

use std::ops::Range;

use chrono::{Datelike as _, NaiveDate, TimeZone as _, Timelike as _, Weekday};
use chrono_tz::Tz;

use super::named::{Clock, Named, Wish};
use crate::domain::hours::Calendar;
use crate::domain::time::{Span, Timestamp};

/// The hours in which a buyer is asked to talk, by their own clock: minutes after midnight.
const BUYER: Range<u32> = 9 * 60..17 * 60;

/// The middle of a day of which nothing more is named.
const NOON: u32 = 12 * 60;

/// How long a meeting is taken to be: it has to end inside the hours, too.
const LENGTH: Span = Span::minutes(30);

/// The first time offered leaves so much room to answer.
const NOTICE: Span = Span::minutes(120);

/// Meetings begin on the full and on the half hour.
const STEP_MINUTES: i64 = 30;

/// How far ahead is looked: two weeks, so that holidays do not leave nothing to offer.
const AHEAD_DAYS: usize = 14;
const AHEAD_MINUTES: i64 = 14 * 24 * 60;

/// Two times for an answer. The first is the one that the buyer named, where it lies ahead and inside the rep's opening
/// hours, else the nearest to it; the second is another that they named.
///
/// Nothing is offered that they ruled out. What they did not name is chosen inside the rep's opening hours and the buyer's working day: the first that is left, and
/// the first of the next day with another half of the day, so that a buyer who cannot in the morning can in the afternoon.
/// Fewer where there are none.
pub fn propose(now: Timestamp, rep: &Calendar, buyer: Tz, named: &Named) -> Vec<Timestamp> {
    let hours = Hours { now, rep, buyer, named };
    let day = |at: Timestamp| local(at, buyer).date_naive();
    let half = |at: Timestamp| local(at, buyer).hour() >= 12;
    let wished: Vec<(usize, Timestamp)> =
        named.wishes.iter().enumerate().flat_map(|(n, wish)| hours.meeting(wish).map(move |at| (n, at))).collect();
    let nearest = || {
        let wanted = named.wishes.iter().find_map(|wish| hours.wanted(wish))?;
        let from = hours.earliest().max(wanted - Span::minutes(AHEAD_MINUTES / 2));
        hours.free(from).min_by_key(|at| (at.millis() - wanted.millis()).abs())
    };
    let found = wished.first().copied();
    let first = found.map(|(_, at)| at).or_else(nearest).or_else(|| hours.free(hours.earliest()).next());
    let Some(first) = first else { return Vec::new() };
    // Another wish; of one and the same another day or half of the day, for the next half hour leaves no choice.
    let another = || {
        let (of, _) = found?;
        let others = || wished.iter().filter(|(n, at)| *n != of && *at != first);
        let differs = |at: Timestamp| day(at) != day(first) || half(at) != half(first);
        let other = others().find(|(_, at)| half(*at) != half(first)).or_else(|| others().next());
        other.or_else(|| wished.iter().find(|(_, at)| differs(*at))).map(|(_, at)| *at)
    };
    let later = || {
        let days: Vec<_> = hours.free(first).filter(|at| day(*at) != day(first)).collect();
        days.iter().find(|at| half(**at) != half(first)).or_else(|| days.first()).copied()
    };
    std::iter::once(first).chain(another().or_else(later)).collect()
}

/// When both can.
#[derive(Clone, Copy)]
struct Hours<'a> {
    now: Timestamp,
    rep: &'a Calendar,
    buyer: Tz,
    named: &'a Named,
}

impl<'a> Hours<'a> {
    /// Every time behind an instant that may be offered to somebody who did not name it.
    fn free(self, from: Timestamp) -> impl Iterator<Item = Timestamp> + use<'a> {
        let start = (from.millis() / 60_000 / STEP_MINUTES + 1) * STEP_MINUTES;
        let all = (start..start + AHEAD_MINUTES).step_by(30).map(|minute| Timestamp::from_millis(minute * 60_000));
        all.filter(move |at| self.is_open(*at) && is_in_their_day(*at, self.buyer))
    }

    fn earliest(self) -> Timestamp {
        self.now + NOTICE
    }

    /// Whether the rep works then and the buyer did not rule it out.
    fn is_open(self, at: Timestamp) -> bool {
        let works = self.rep.is_open(at) && self.rep.is_open(at + LENGTH - Span::minutes(1));
        works && !self.named.bars(at, self.buyer)
    }

    /// The times by which a wish comes true. What the buyer names to the minute needs neither notice nor their working day.
    fn meeting(self, wish: &Wish) -> impl Iterator<Item = Timestamp> + use<'a> {
        let today = local(self.now, self.buyer).date_naive();
        let any: Vec<NaiveDate> = today.iter_days().take(AHEAD_DAYS).collect();
        let days = if wish.days.is_empty() { any } else { wish.days.clone() };
        let clock = wish.clock.clone();
        days.into_iter().flat_map(move |day| match &clock {
            Some(Clock::At { minutes, zone }) => {
                let all = minutes.iter().filter_map(|minute| instant(day, *minute, zone.unwrap_or(self.buyer)));
                all.into_iter().find(|at| *at > self.now && self.is_open(*at)).into_iter().collect::<Vec<_>>()
            }
            Some(Clock::Within(part)) => self.within(day, part.clone()),
            None => self.within(day, BUYER),
        })
    }

    fn within(self, day: NaiveDate, part: Range<u32>) -> Vec<Timestamp> {
        let all = part.step_by(30).filter_map(|minute| instant(day, minute, self.buyer));
        let fits = |at: &Timestamp| *at > self.earliest() && self.is_open(*at) && is_in_their_day(*at, self.buyer);
        all.filter(fits).collect()
    }

    /// The instant that a wish means, while it lies ahead: what comes nearest to it is offered.
    fn wanted(self, wish: &Wish) -> Option<Timestamp> {
        let today = local(self.now, self.buyer).date_naive();
        let (minute, zone) = match &wish.clock {
            Some(Clock::At { minutes, zone }) => (*minutes.first()?, zone.unwrap_or(self.buyer)),
            Some(Clock::Within(part)) => (part.start, self.buyer),
            None => (NOON, self.buyer),
        };
        let days = if wish.days.is_empty() { vec![today, today.succ_opt()?] } else { wish.days.clone() };
        days.into_iter().filter_map(|day| instant(day, minute, zone)).find(|at| *at > self.now)
    }
}

/// A time of day as an instant; none where the clocks leave it out.
fn instant(day: NaiveDate, minute: u32, zone: Tz) -> Option<Timestamp> {
    let civil = day.and_hms_opt(minute / 60, minute % 60, 0)?;
    zone.from_local_datetime(&civil).earliest().map(|at| at.to_utc().into())
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
    use crate::domain::next_step::named;

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
        let times = propose(at(New_York, "2026-03-06 15:00"), &office(), Los_Angeles, &Named::default());
        assert_eq!(times, [at(New_York, "2026-03-06 17:30"), at(New_York, "2026-03-09 12:00")]);
        assert_eq!(words(&times, Los_Angeles, New_York), "Fri Mar 6 at 2:30 PM PST or Mon Mar 9 at 9:00 AM PDT");
    }

    #[test]
    fn a_zone_is_named_only_where_the_clocks_differ_and_nothing_is_offered_where_nothing_is_free() {
        let times = propose(at(New_York, "2026-03-03 09:10"), &office(), New_York, &Named::default());
        assert_eq!(words(&times, New_York, New_York), "Tue Mar 3 at 11:30 AM or Wed Mar 4 at 12:00 PM");
        let mut never = office();
        never.week.iter_mut().for_each(Vec::clear);
        assert_eq!(propose(at(New_York, "2026-03-03 09:10"), &never, New_York, &Named::default()), []);
    }

    /// What is proposed on Tuesday 3 March 2026 at 10:00 to a buyer whose text came at 9:50.
    fn proposed(text: &str, buyer: Tz) -> String {
        let now = at(New_York, "2026-03-03 10:00");
        let named = named::read(&[(now - Span::minutes(10), text)], buyer, New_York);
        words(&propose(now, &office(), buyer, &named), buyer, New_York)
    }

    #[test]
    fn the_time_that_the_buyer_named_comes_first_where_the_rep_works_then() {
        for (text, wanted) in [
            ("What does it cost?", "Tue Mar 3 at 12:30 PM or Wed Mar 4 at 9:00 AM"),
            ("Thursday 10am", "Thu Mar 5 at 10:00 AM or Fri Mar 6 at 12:00 PM"),
            ("Can we do thurs at 10:15 a.m.?", "Thu Mar 5 at 10:15 AM or Fri Mar 6 at 12:00 PM"),
            ("Thursday at 3 or Friday at 10", "Thu Mar 5 at 3:00 PM or Fri Mar 6 at 10:00 AM"),
            // Asked for by them, it needs no notice.
            ("today at 11?", "Tue Mar 3 at 11:00 AM or Wed Mar 4 at 12:00 PM"),
            // A day alone: both of its halves.
            ("Does Thursday work?", "Thu Mar 5 at 9:00 AM or Thu Mar 5 at 12:00 PM"),
            ("Thursday afternoon is best", "Thu Mar 5 at 12:00 PM or Fri Mar 6 at 9:00 AM"),
            ("Thursday or Friday", "Thu Mar 5 at 9:00 AM or Fri Mar 6 at 12:00 PM"),
            // A time alone: the next days on which it can be. Nine is over today.
            ("I can talk at 9", "Wed Mar 4 at 9:00 AM or Thu Mar 5 at 9:00 AM"),
            // What they cannot is not offered.
            ("I can't do Tuesday or Wednesday", "Thu Mar 5 at 9:00 AM or Fri Mar 6 at 12:00 PM"),
            ("I'm out Thursday, how about Friday at 2", "Fri Mar 6 at 2:00 PM or Mon Mar 9 at 9:00 AM"),
            // Half past five is after their day, but they asked, and the rep works until six; seven is too late for both.
            ("tomorrow 5:30pm", "Wed Mar 4 at 5:30 PM or Thu Mar 5 at 9:00 AM"),
            ("tomorrow at 7pm", "Wed Mar 4 at 4:30 PM or Thu Mar 5 at 9:00 AM"),
            ("Thursday 7am?", "Thu Mar 5 at 9:00 AM or Fri Mar 6 at 12:00 PM"),
            ("Saturday at 10", "Fri Mar 6 at 4:30 PM or Mon Mar 9 at 9:00 AM"),
            // More than two weeks ahead, since they say when.
            ("March 26 at 2pm", "Thu Mar 26 at 2:00 PM or Fri Mar 27 at 9:00 AM"),
            ("March 28 at 10am", "Fri Mar 27 at 4:30 PM or Mon Mar 30 at 9:00 AM"),
        ] {
            assert_eq!(proposed(text, New_York), wanted, "{text}");
        }
    }

    /// What is proposed on Tuesday 3 November 2026 at 10:00 to texts that came just before.
    fn answered(texts: &[&str]) -> String {
        let now = at(New_York, "2026-11-03 10:00");
        let texts: Vec<_> = texts.iter().map(|text| (now - Span::minutes(10), *text)).collect();
        words(&propose(now, &office(), New_York, &named::read(&texts, New_York, New_York)), New_York, New_York)
    }

    const AS_IF_NONE: &str = "Tue Nov 3 at 12:30 PM or Wed Nov 4 at 9:00 AM";

    #[test]
    fn what_they_ruled_out_is_not_offered() {
        for (text, wanted) in [
            ("any day but Thursday", AS_IF_NONE),
            ("no Thursday, no Friday. Monday?", "Mon Nov 9 at 9:00 AM or Mon Nov 9 at 12:00 PM"),
            ("Thursday doesn't work. Neither does Friday", AS_IF_NONE),
            ("I can't tomorrow or Thursday", "Tue Nov 3 at 12:30 PM or Fri Nov 6 at 9:00 AM"),
            ("I can't before 11 on Wednesday", "Wed Nov 4 at 11:00 AM or Wed Nov 4 at 12:00 PM"),
            ("Thursday works but not before 2", "Thu Nov 5 at 2:00 PM or Fri Nov 6 at 9:00 AM"),
            ("Don't call before 3pm tomorrow", "Wed Nov 4 at 3:00 PM or Thu Nov 5 at 9:00 AM"),
            ("tomorrow morning, but not 9", "Wed Nov 4 at 9:30 AM or Thu Nov 5 at 12:00 PM"),
            ("I moved our Thursday 10am, how about Friday 3pm?", "Fri Nov 6 at 3:00 PM or Mon Nov 9 at 9:00 AM"),
            ("Friday instead of Thursday", "Fri Nov 6 at 9:00 AM or Fri Nov 6 at 12:00 PM"),
            ("I'm in meetings until 2 tomorrow", "Wed Nov 4 at 2:00 PM or Thu Nov 5 at 9:00 AM"),
            ("I'm out this week", "Mon Nov 9 at 9:00 AM or Tue Nov 10 at 12:00 PM"),
            ("can't today. Tuesday?", "Tue Nov 10 at 9:00 AM or Tue Nov 10 at 12:00 PM"),
            ("I'm out until the 12th, any time after", "Fri Nov 13 at 9:00 AM or Fri Nov 13 at 12:00 PM"),
            ("After the 15th", "Mon Nov 16 at 9:00 AM or Mon Nov 16 at 12:00 PM"),
            ("not free at 3 on Thursday, 4 works", "Thu Nov 5 at 4:00 PM or Fri Nov 6 at 9:00 AM"),
            ("mornings are bad", "Tue Nov 3 at 12:30 PM or Wed Nov 4 at 12:00 PM"),
        ] {
            assert_eq!(answered(&[text]), wanted, "{text}");
        }
        assert_eq!(answered(&["Thursday at 10 works", "sorry I can't Thursday anymore"]), AS_IF_NONE);
        let friday = "Fri Nov 6 at 2:00 PM or Mon Nov 9 at 9:00 AM";
        assert_eq!(answered(&["Thursday at 10 or Friday at 2", "can't Thursday"]), friday);
        let thursday = "Thu Nov 5 at 10:00 AM or Fri Nov 6 at 12:00 PM";
        assert_eq!(answered(&["I can't before 11", "Thursday at 10 works"]), thursday, "the newest word counts");
    }

    #[test]
    fn a_date_that_is_not_understood_takes_its_time_with_it() {
        for text in [
            "in two weeks, Tuesday 11am",
            "in 2 days at 10",
            "a week from today at 10",
            "the week of the 16th at 10",
            "Thursday after next at 10",
            "Monday week at 10",
            "next month at 10",
            "in December at 10",
            "this weekend at 11",
            "Sat at 11",
            "Thrusday at 11",
            "11/2 at 4pm",
            "on 11.12. at 4pm",
            "2026-11-31 15:00",
            "Thursday, Nov 6 at 11",
            "we spoke last Thursday at 11",
        ] {
            assert_eq!(answered(&[text]), AS_IF_NONE, "{text}");
        }
    }

    #[test]
    fn a_time_is_read_by_the_buyers_clock_unless_they_say_whose() {
        for (text, wanted) in [
            ("Thursday 10am", "Thu Mar 5 at 10:00 AM PST or Fri Mar 6 at 12:00 PM PST"),
            ("Thursday 10am ET", "Thu Mar 5 at 7:00 AM PST or Fri Mar 6 at 12:00 PM PST"),
            ("10am your time on Thursday", "Thu Mar 5 at 7:00 AM PST or Fri Mar 6 at 12:00 PM PST"),
        ] {
            assert_eq!(proposed(text, Los_Angeles), wanted, "{text}");
        }
    }

    #[test]
    fn a_day_goes_by_the_text_and_not_by_when_it_is_answered() {
        let (sent, now) = (at(New_York, "2026-03-02 16:00"), at(New_York, "2026-03-03 10:00"));
        let told = |text| {
            let named = named::read(&[(sent, text)], New_York, New_York);
            words(&propose(now, &office(), New_York, &named), New_York, New_York)
        };
        assert_eq!(told("tomorrow at 3"), "Tue Mar 3 at 3:00 PM or Wed Mar 4 at 9:00 AM");
        // Over: as if they had named none.
        assert_eq!(told("today at 5"), "Tue Mar 3 at 12:30 PM or Wed Mar 4 at 9:00 AM");
        assert_eq!(told("tomorrow at 9"), "Tue Mar 3 at 12:30 PM or Wed Mar 4 at 9:00 AM");
    }
}
