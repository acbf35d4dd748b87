//! The days of a text.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::clauses::Reader;
use super::words::{AT, NO_DAY, Token, UNREAD, among, month, weekday};

/// What names a day.
pub(super) enum Found {
    Day(Day),
    /// A date that is not understood.
    Unread(Unread),
}

/// A day as it was read.
#[derive(Clone, Debug)]
pub(super) struct Day {
    pub(super) days: Vec<NaiveDate>,
    /// How many tokens it takes.
    pub(super) taken: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// "Thursday": a date beside it is the same day.
    Weekday,
    Dated,
    /// "Next week".
    Week,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Unread {
    pub(super) taken: usize,
    /// It is a date, and not only a stretch of time: "in two weeks", not "for two weeks".
    pub(super) is_date: bool,
    /// How many days it lasts: "out for two weeks".
    pub(super) lasts: Option<u32>,
}

const WORKING: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

/// What may stand behind "the 20th".
const BEHIND_DATE: &str = "at or and works is if would should could for in on after before from around but then please \
                           morning afternoon through to";

impl Reader<'_> {
    pub(super) fn day(&self, at: usize) -> Option<Found> {
        let found = |days: Option<NaiveDate>, taken| found(days, taken, Kind::Other);
        let ahead = |days| self.written.checked_add_days(Days::new(days));
        let is_part = |at| matches!(self.word(at), Some("morning" | "afternoon"));
        let Some(word) = self.word(at) else { return self.date_in_figures(at) };
        match word.strip_suffix("'s").unwrap_or(word) {
            "today" => found(ahead(0), 1),
            "this" if is_part(at + 1) => found(ahead(0), 1),
            "tomorrow" | "tmrw" | "tmr" | "tomorow" | "tommorow" | "tommorrow" => {
                let after = at >= 2 && self.word(at - 2) == Some("day") && self.word(at - 1) == Some("after");
                found(ahead(if after { 2 } else { 1 }), 1)
            }
            "next" if self.word(at + 1) == Some("week") => {
                let on = at + 2 + usize::from(self.word(at + 2) == Some("on"));
                match self.word(on).and_then(weekday) {
                    Some(day) => found(self.next_week(day), on + 1 - at),
                    None => Some(Found::Day(Day {
                        days: WORKING.iter().filter_map(|day| self.next_week(*day)).collect(),
                        taken: 2,
                        kind: Kind::Week,
                    })),
                }
            }
            word => {
                let date = || self.date_behind_month(at, month(word)?);
                weekday(word).map(|day| self.weekday(at, day)).or_else(date).or_else(|| self.unread(at, word))
            }
        }
    }

    fn weekday(&self, at: usize, day: Weekday) -> Found {
        let next_week = |taken| found(self.next_week(day), taken, Kind::Other).unwrap_or(unread(1));
        let week_behind = self.word(at + 1) == Some("next") && self.word(at + 2) == Some("week");
        let after_next = self.word(at + 1) == Some("after") && self.word(at + 2) == Some("next");
        match self.word_before(at) {
            // Over: it takes its time with it.
            Some("last" | "past") => return Found::Day(Day { days: Vec::new(), taken: 1, kind: Kind::Other }),
            Some("following") => return unread(1),
            Some(_) | None if after_next || matches!(self.word(at + 1), Some("week" | "fortnight")) => {
                return unread(1);
            }
            Some("next") => return next_week(1),
            Some(_) | None if week_behind => return next_week(3),
            Some(_) | None => {}
        }
        // "Thursday the 12th".
        let the = at + 1 + usize::from(self.word(at + 1) == Some("the"));
        if let (Some((of_month, 2)), None) = (self.day_of_month(the), self.word(the + 2).and_then(month)) {
            let date = self.written.iter_days().take(62).find(|date| date.day() == of_month);
            let date = date.filter(|date| date.weekday() == day);
            return found(date, the + 2 - at, Kind::Dated).unwrap_or(unread(the + 2 - at));
        }
        if self.says_next_week {
            return next_week(1);
        }
        let ahead = u64::from((day.num_days_from_monday() + 7 - self.written.weekday().num_days_from_monday()) % 7);
        // On a Thursday, "Thursday" may be today.
        let all = if ahead == 0 { vec![0, 7] } else { vec![ahead] };
        let days = all.into_iter().filter_map(|days| self.written.checked_add_days(Days::new(days))).collect();
        Found::Day(Day { days, taken: 1, kind: Kind::Weekday })
    }

    fn next_week(&self, day: Weekday) -> Option<NaiveDate> {
        let ahead = 7 + day.num_days_from_monday() - self.written.weekday().num_days_from_monday();
        self.written.checked_add_days(Days::new(ahead.into()))
    }

    fn count(&self, at: usize) -> Option<u32> {
        if let Some(Token::Number(count, None)) = self.tokens.get(at).copied() { Some(count) } else { None }
    }

    /// A day of the month, and how many tokens it takes: two with "th" behind it.
    fn day_of_month(&self, at: usize) -> Option<(u32, usize)> {
        let day = self.count(at).filter(|day| (1..=31).contains(day))?;
        let ordinal = matches!(self.word(at + 1), Some("st" | "nd" | "rd" | "th"));
        Some((day, 1 + usize::from(ordinal)))
    }

    /// A year behind a date, and how many tokens it takes.
    fn year(&self, at: usize) -> (Option<i32>, usize) {
        let comma = usize::from(self.is_mark(Some(at), ","));
        let year = self.count(at + comma).filter(|year| (2000..2100).contains(year));
        match year.and_then(|year| i32::try_from(year).ok()) {
            Some(year) => (Some(year), comma + 1),
            None => (None, 0),
        }
    }

    /// "March 12", "Mar 12th, 2026".
    fn date_behind_month(&self, at: usize, month: u32) -> Option<Found> {
        let (day, taken) = self.day_of_month(at + 1)?;
        if matches!(self.word(at + 1 + taken), Some("am" | "pm")) {
            return None;
        }
        let (year, more) = self.year(at + 1 + taken);
        let first = self.dated(year, month, day, 1 + taken + more);
        Some(if more == 0 { self.and_on(first, at + 1 + taken) } else { first })
    }

    /// "March 9-13": its days up to the last.
    fn and_on(&self, first: Found, behind: usize) -> Found {
        let Found::Day(mut day) = first else { return first };
        let is_time = matches!(self.word(behind + 2), Some("am" | "pm")) || self.is_mark(Some(behind + 2), ":");
        let last = self.count(behind + 1).filter(|_| self.is_mark(Some(behind), "-–") && !is_time);
        if let (Some(last), Some(begin)) = (last, day.days.first().copied()) {
            let all = begin.iter_days().take(31).take_while(|date| date.month() == begin.month() && date.day() <= last);
            day.days = all.collect();
            day.taken += 2;
            if day.days.is_empty() {
                return unread(day.taken);
            }
        }
        Found::Day(day)
    }

    fn dated(&self, year: Option<i32>, month: u32, day: u32, taken: usize) -> Found {
        let of = |year| NaiveDate::from_ymd_opt(year, month, day).filter(|date| *date >= self.written);
        let this = self.written.year();
        let date = year.map_or_else(|| of(this).or_else(|| of(this + 1)), of);
        found(date, taken, Kind::Dated).unwrap_or(unread(taken))
    }

    fn date_in_figures(&self, at: usize) -> Option<Found> {
        self.iso(at).or_else(|| self.slashed(at)).or_else(|| self.date_before_month(at)).or_else(|| self.ordinal(at))
    }

    /// "12 March", "12th of March". "At 3 may work" is none.
    fn date_before_month(&self, at: usize) -> Option<Found> {
        let (day, taken) = self.day_of_month(at)?;
        let of = usize::from(self.word(at + taken) == Some("of"));
        let named = self.word(at + taken + of)?;
        let month = month(named)?;
        if named == "may" && taken + of == 1 && self.word_before(at).is_some_and(|word| among(AT, word)) {
            return None;
        }
        let (year, more) = self.year(at + taken + of + 1);
        Some(self.dated(year, month, day, taken + of + 1 + more))
    }

    /// "2026-11-06", also with a "T" behind it.
    fn iso(&self, at: usize) -> Option<Found> {
        let year = self.count(at).filter(|year| (2000..2100).contains(year))?;
        let month = self.count(at + 2).filter(|_| self.is_mark(Some(at + 1), "-/"))?;
        let day = self.count(at + 4).filter(|_| self.is_mark(Some(at + 3), "-/"))?;
        let taken = 5 + usize::from(self.word(at + 5) == Some("t"));
        Some(self.dated(i32::try_from(year).ok(), month, day, taken))
    }

    /// "11/12", month first in the United States and day first elsewhere. What is over or no date is not understood.
    fn slashed(&self, at: usize) -> Option<Found> {
        let within = |at| self.count(at).filter(|n| (1..=31).contains(n));
        let (first, second) = (within(at)?, within(at + 2)?);
        let dashed = self.is_mark(Some(at + 1), "-") && self.word_before(at) == Some("on");
        // "24/7" and "3/4 of us" are none.
        let is_share = (first, second) == (24, 7) || self.word(at + 3) == Some("of");
        if !(self.is_mark(Some(at + 1), "/") || dashed) || is_share || first.min(second) > 12 {
            return None;
        }
        let third = self.count(at + 4).filter(|_| self.is_mark(Some(at + 3), "/-"));
        let taken = if third.is_some() { 5 } else { 3 };
        let year = match third {
            Some(year @ 0..=99) => i32::try_from(2000 + year).ok(),
            Some(year) => i32::try_from(year).ok(),
            None => None,
        };
        let (month, day) = if is_us(self.buyer) { (first, second) } else { (second, first) };
        let this_year = NaiveDate::from_ymd_opt(self.written.year(), month, day);
        let is_over = this_year.is_some_and(|date| date < self.written) && first.max(second) <= 12 && year.is_none();
        Some(if is_over || dashed { unread(taken) } else { self.dated(year, month, day, taken) })
    }

    /// "The 20th". Of what follows it, nothing may make it another thing: "the 2nd option".
    fn ordinal(&self, at: usize) -> Option<Found> {
        if let Some(Token::Number(1..=31, Some(('.', 1..=12)))) = self.tokens.get(at) {
            // "On 11.12. at 4pm".
            let is_date = self.word_before(at) == Some("on") || self.count(at + 2).is_some_and(|year| year > 2000);
            return (is_date && self.is_mark(Some(at + 1), ".")).then_some(unread(2));
        }
        let (day, 2) = self.day_of_month(at)? else { return None };
        let ends = match self.tokens.get(at + 2) {
            Some(Token::Word(word)) => among(BEHIND_DATE, word) || word.ends_with("n't"),
            Some(Token::Mark(_) | Token::Number(..)) | None => true,
        };
        if !ends {
            return (self.word_before(at) == Some("the")).then_some(unread(2));
        }
        let date = self.written.iter_days().take(31).find(|date| date.day() == day);
        Some(found(date, 2, Kind::Dated).unwrap_or(unread(2)))
    }

    /// What names a date in a way that is not read, and what lasts some days.
    fn unread(&self, at: usize, word: &str) -> Option<Found> {
        let before = |back: usize| at.checked_sub(back).and_then(|at| self.word(at));
        let no_date = |lasts| Some(Found::Unread(Unread { taken: 1, is_date: false, lasts }));
        let unit = match word {
            "day" | "days" => Some(1),
            "week" | "weeks" => Some(7),
            "month" | "months" => Some(31),
            "quarter" | "year" if before(1) == Some("next") => return Some(unread(1)),
            _ => None,
        };
        let Some(unit) = unit else {
            let of_month = month(word).is_some()
                && before(1).is_some_and(|word| among("in early late mid next of", word))
                && (word != "may" || before(1) == Some("in"));
            let like_a_day = word.len() > 4 && word.ends_with("day") && !among(NO_DAY, word);
            // "Sat at 10", and not "I sat down".
            let behind =
                matches!(self.word(at + 1), Some("at" | "morning" | "afternoon" | "or")) || self.word(at + 1).is_none();
            let alone = behind && before(1).is_none_or(|word| among("on this next or and", word));
            return match word {
                "sat" | "sun" => alone.then_some(unread(1)),
                "yesterday" => Some(Found::Day(Day { days: Vec::new(), taken: 1, kind: Kind::Other })),
                _ => (of_month || like_a_day || among(UNREAD, word)).then_some(unread(1)),
            };
        };
        let led = (1..=4).filter_map(before).any(|word| word == "in" || word == "within");
        let counted = at.checked_sub(1).and_then(|at| self.count(at));
        let some = before(1).is_some_and(|word| among("a an couple few several of some", word));
        let behind = |words: &str| self.word(at + 1).is_some_and(|next| among(words, next));
        let week_of = unit == 7 && (behind("of after") || (behind("on from") && some));
        let day_after = unit == 1 && behind("after") && self.word(at + 2).is_none_or(|word| !word.starts_with('t'));
        let is_date = ((counted.is_some() || some) && (led || behind("from out later")))
            || week_of
            || day_after
            || before(1).is_some_and(|word| among("following", word) || (word == "next" && unit == 31))
            || (unit > 1 && before(1) == Some("the") && before(2) == Some("of"));
        if is_date {
            return Some(Found::Unread(Unread { taken: 1, is_date, lasts: counted.map(|n| n.saturating_mul(unit)) }));
        }
        let left = 7 - self.written.weekday().num_days_from_monday();
        match before(1) {
            Some("this" | "all") if unit == 7 => no_date(Some(left)),
            Some("the") if unit == 7 && before(2) == Some("of") => no_date(Some(left)),
            Some("a" | "next") if unit > 1 => no_date(Some(unit)),
            Some(_) | None => counted.and_then(|n| no_date(Some(n.saturating_mul(unit)))),
        }
    }
}

fn found(day: Option<NaiveDate>, taken: usize, kind: Kind) -> Option<Found> {
    Some(Found::Day(Day { days: vec![day?], taken, kind }))
}

fn unread(taken: usize) -> Found {
    Found::Unread(Unread { taken, is_date: true, lasts: None })
}

/// Whether somebody there writes the month before the day.
fn is_us(zone: Tz) -> bool {
    const CITIES: &str = "New_York Chicago Denver Los_Angeles Phoenix Anchorage Juneau Nome Sitka Detroit Boise \
                          Menominee Puerto_Rico Adak Fort_Wayne Indianapolis Louisville Shiprock";
    let name = zone.name();
    let of_america = name.strip_prefix("America/");
    let in_states = ["Indiana/", "Kentucky/", "North_Dakota/"];
    name.starts_with("US/")
        || name == "Pacific/Honolulu"
        || of_america.is_some_and(|city| among(CITIES, city) || in_states.iter().any(|state| city.starts_with(state)))
}
