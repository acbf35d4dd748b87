//! The days and times of day that a buyer's texts name: "Thursday 10am", "tomorrow at 3 or Friday afternoon".
//!
//! English, and only what is plain. What is not read costs nothing: times are then offered as to a text that names none. So
//! they are where a date is named that is not understood ("in two weeks at 10"), for its time belongs to no other day. What
//! is ruled out is never offered. A day goes by the text that it stands in, and every time by the buyer's clock unless the
//! text says whose.

mod clauses;
mod clocks;
mod dates;
mod pairs;
mod words;

use std::ops::Range;

use chrono::{NaiveDate, TimeZone as _, Timelike as _};
use chrono_tz::Tz;

use self::pairs::Item;
use crate::domain::time::Timestamp;

/// What some texts name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// When it suits them, days with a time first.
    pub wishes: Vec<Wish>,
    /// When it does not.
    pub barred: Vec<Bar>,
}

/// A day, a time of day, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The days that it may be, the likeliest first; none where only a time of day is named.
    pub days: Vec<NaiveDate>,
    /// The time of day.
    pub clock: Option<Clock>,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// One instant.
    At {
        /// Minutes after midnight; of "at 3" both that it may be, the likelier first.
        minutes: Vec<u32>,
        /// By whose clock, where the text says so.
        zone: Option<Tz>,
    },
    /// A part of the day, in minutes after midnight.
    Within(Range<u32>),
}

/// A stretch of some days that they ruled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The days, up to the first that it is not.
    pub days: Range<NaiveDate>,
    /// What of each day, in minutes after midnight.
    pub minutes: Range<u32>,
    /// By whose clock, where the text says so.
    pub zone: Option<Tz>,
}

const DAY: Range<u32> = 0..24 * 60;

impl Bar {
    fn is_of_one_day(&self) -> bool {
        self.days.start.succ_opt() == Some(self.days.end)
    }

    fn is_of_whole_days(&self) -> bool {
        self.minutes == DAY
    }
}

impl Named {
    /// Whether they ruled out that something begins at this instant.
    pub fn bars(&self, at: Timestamp, buyer: Tz) -> bool {
        self.barred.iter().any(|bar| {
            let local = bar.zone.unwrap_or(buyer).from_utc_datetime(&at.utc().naive_utc());
            let minute = local.hour() * 60 + local.minute();
            bar.days.contains(&local.date_naive()) && bar.minutes.contains(&minute)
        })
    }
}

/// Where something stands: in which text, and at which of its tokens.
type Place = (usize, usize);

/// A bar, with where it stands.
#[derive(Clone, Debug)]
struct Said {
    place: Place,
    bar: Bar,
    /// Only a time of the day was ruled out, and nothing more is known of the rest: any wish for that day goes before.
    weak: bool,
}

/// Reads texts that came one after the other, oldest first. The newest that names a day counts, with the times that come
/// after it: "Thursday?" and "10am works" may be two texts. What is ruled out goes by its newest word.
pub fn read(texts: &[(Timestamp, &str)], buyer: Tz, rep: Tz) -> Named {
    let (mut items, mut bars, mut has_day, mut unread) = (Vec::<Item>::new(), Vec::new(), false, false);
    for (number, (at, text)) in texts.iter().enumerate().rev() {
        let written = buyer.from_utc_datetime(&at.utc().naive_utc()).date_naive();
        let mut heard = clauses::heard(text, number, written, buyer, rep);
        bars.append(&mut heard.bars);
        if !has_day {
            unread = heard.unread;
            has_day = unread || heard.items.iter().any(Item::names_a_day);
            items.splice(0..0, heard.items);
        }
    }
    let wishes = if unread { Vec::new() } else { pairs::paired(&items) };
    settled(wishes, bars)
}

/// Wishes and bars, where they speak of the same day or time: the later word counts.
fn settled(wishes: Vec<(Place, Wish)>, mut bars: Vec<Said>) -> Named {
    let mut kept: Vec<Wish> = Vec::new();
    for (place, mut wish) in wishes {
        let covers = |said: &Said, day: &NaiveDate| said.bar.is_of_whole_days() && said.bar.days.contains(day);
        let named = !wish.days.is_empty();
        // "I'm out for two weeks, then Tuesday" is none of these Tuesdays.
        let wins = |said: &Said| said.place > place || (said.place.0 == place.0 && !said.bar.is_of_one_day());
        wish.days.retain(|day| !bars.iter().any(|said| !said.weak && wins(said) && covers(said, day)));
        if named && wish.days.is_empty() {
            continue;
        }
        // "I can't today. Tuesday?" is Tuesday in a week.
        let before = |day: &NaiveDate| bars.iter().any(|said| !said.weak && covers(said, day));
        if !wish.days.iter().all(before) {
            wish.days.retain(|day| !before(day));
        }
        bars.retain(|said| {
            let of_day = said.bar.is_of_whole_days() && wish.days.iter().any(|day| said.bar.days.contains(day));
            let of_time = said.place.0 < place.0 && meets(&said.bar, &wish);
            !of_day && !of_time
        });
        kept.push(wish);
    }
    bars.sort_by_key(|said| said.place);
    Named { wishes: kept, barred: bars.into_iter().map(|said| said.bar).collect() }
}

/// Whether a wish names a time that a bar rules out.
fn meets(bar: &Bar, wish: &Wish) -> bool {
    let of_day = wish.days.is_empty() || wish.days.iter().any(|day| bar.days.contains(day));
    let of_time = match &wish.clock {
        Some(Clock::At { minutes, .. }) => minutes.first().is_some_and(|minute| bar.minutes.contains(minute)),
        Some(Clock::Within(part)) => bar.minutes.contains(&part.start),
        None => false,
    };
    of_day && of_time
}

#[cfg(test)]
mod tests;
