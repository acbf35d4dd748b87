//! Business hours: which instants count for an SLA clock, and when a target measured in open time falls due.
//!
//! A [`Calendar`] is civil ("9:00 to 17:00 in New York"); instants are UTC. The rules, each with a test:
//!
//! * a window is half-open, `[open, close)`; a target that is used up exactly at close is due **at** close;
//! * an overnight window belongs to the day it opens, so a holiday closes what opens on it, not what was still open;
//! * several windows a day, touching or overlapping, count every instant once;
//! * an edge inside a DST gap moves on by the length of the gap (02:30 becomes 03:30), an edge in a fold means its
//!   first occurrence, and a date that the zone skipped whole has no windows at all;
//! * a calendar that does not open within [`MAX_CLOSED_DAYS`] has no answer, rather than a search without end.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};

use crate::domain::time::{Span, Timestamp};

mod window;

pub use window::{NotAWindow, Window};

/// How many days in a row may be closed before a search gives up.
pub const MAX_CLOSED_DAYS: u32 = 400;

/// How many days one search or count walks at most (ten years): a hostile number costs milliseconds, not minutes.
pub const MAX_WALK_DAYS: u32 = 3660;

/// Civil opening rules in one IANA zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The zone that windows and holidays are written in.
    pub zone: Tz,
    /// The windows of each weekday, Monday first.
    pub week: [Vec<Window>; 7],
    /// Dates that differ from their weekday: no windows is closed, else these windows instead.
    pub holidays: BTreeMap<NaiveDate, Vec<Window>>,
}

/// A day a window is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningDay {
    /// Every such weekday.
    Every(Weekday),
    /// One date, from the holidays.
    On(NaiveDate),
}

/// Why opening rules make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A window of no length, or one that closes before it opens.
    #[error("{day}: the window {window} has no length")]
    NoLength {
        /// Where it is written.
        day: OpeningDay,
        /// The window.
        window: Window,
    },
    /// Minutes that no day has.
    #[error("{day}: a window opens before 24:00 and closes by 24:00 of the next day, not {window}")]
    OutOfDay {
        /// Where it is written.
        day: OpeningDay,
        /// The window.
        window: Window,
    },
    /// Two windows share time: nothing is counted twice, but someone meant something else.
    #[error("{day}: the window {second} overlaps {first}")]
    Overlap {
        /// The day of the second window.
        day: OpeningDay,
        /// The one that is still open.
        first: Window,
        /// The one that opens too early.
        second: Window,
    },
    /// No weekday has a window: every clock on it would stand for ever.
    #[error("no weekday has opening hours, so no clock would ever run")]
    NeverOpen,
}

impl fmt::Display for OpeningDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(day) => f.write_str(match day {
                Weekday::Mon => "Monday",
                Weekday::Tue => "Tuesday",
                Weekday::Wed => "Wednesday",
                Weekday::Thu => "Thursday",
                Weekday::Fri => "Friday",
                Weekday::Sat => "Saturday",
                Weekday::Sun => "Sunday",
            }),
            Self::On(date) => date.fmt(f),
        }
    }
}

impl Calendar {
    /// Open all day, every day: a clock that counts every second.
    pub fn always(zone: Tz) -> Self {
        Self { zone, week: std::array::from_fn(|_| vec![Window::WHOLE_DAY]), holidays: BTreeMap::new() }
    }

    /// Is this instant inside a window?
    pub fn is_open(&self, at: Timestamp) -> bool {
        // A stored number may be out of range: serde does not clamp.
        let at = Timestamp::from_millis(at.millis()).millis();
        Openings { until: at.saturating_add(1), ..self.openings(Timestamp::from_millis(at)) }
            .next()
            .is_some_and(|(open, _)| open == at)
    }

    /// The instant at which `open_time` has been spent since `start`, counting open time only.
    ///
    /// Nothing to spend is spent at once, open or not. `None` when it does not open in time: [`MAX_CLOSED_DAYS`]
    /// in a row closed, or [`MAX_WALK_DAYS`] in all.
    pub fn add(&self, start: Timestamp, open_time: Span) -> Option<Timestamp> {
        let mut left = open_time.as_millis();
        if left <= 0 {
            return Some(start);
        }
        for (open, close) in self.openings(start) {
            let length = close - open;
            if left <= length {
                return Some(Timestamp::from_millis(open + left));
            }
            left -= length;
        }
        None
    }

    /// Open time from `from` to `to`; none when `to` is earlier. Counts at most [`MAX_WALK_DAYS`].
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Span {
        let openings = self.openings(from).take_while(|(open, _)| *open < to.millis());
        Span::millis(openings.map(|(open, close)| close.min(to.millis()) - open).sum())
    }

    /// Whether it was open the whole time from `from` to `to`.
    pub fn is_open_throughout(&self, from: Timestamp, to: Timestamp) -> bool {
        self.is_open(to) && self.between(from, to) >= to.since(from)
    }

    /// The first open instant at or after `at`; `None` when it does not open within [`MAX_CLOSED_DAYS`].
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        self.openings(at).next().map(|(open, _)| Timestamp::from_millis(open))
    }

    /// The open stretches of `[from, to)` as instants: in order, disjoint, not empty; a long one comes in touching
    /// pieces. Walks at most [`MAX_WALK_DAYS`], closed days and all.
    pub(super) fn open_between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (i64, i64)> + '_ {
        let to = to.millis();
        Openings { until: to, patience: MAX_WALK_DAYS, ..self.openings(from) }
            .take_while(move |(open, _)| *open < to)
            .map(move |(open, close)| (open, close.min(to)))
    }

    /// Checks what a person wrote. Arithmetic is sound without it: senseless windows are passed over, overlaps merged.
    pub fn validate(&self) -> Result<(), CalendarError> {
        let mut spill: Option<Window> = self.sorted(Weekday::Sun).last().copied();
        for (day, windows) in WEEK.into_iter().zip(&self.week) {
            let day = OpeningDay::Every(day);
            check_day(day, windows)?;
            let mut windows = windows.clone();
            windows.sort_unstable();
            if let (Some(first), Some(second)) = (spill, windows.first().copied())
                && first.close > Window::DAY + second.open
            {
                return Err(CalendarError::Overlap { day, first, second });
            }
            spill = windows.last().copied();
        }
        for (date, windows) in &self.holidays {
            check_day(OpeningDay::On(*date), windows)?;
        }
        if self.week.iter().all(Vec::is_empty) { Err(CalendarError::NeverOpen) } else { Ok(()) }
    }

    /// Whether a date has opening hours.
    pub(super) fn has_hours(&self, date: NaiveDate) -> bool {
        !self.windows_of(date).is_empty()
    }

    fn sorted(&self, day: Weekday) -> Vec<Window> {
        let mut windows = self.week[day.num_days_from_monday() as usize].clone();
        windows.sort_unstable();
        windows
    }

    fn windows_of(&self, date: NaiveDate) -> &[Window] {
        match self.holidays.get(&date) {
            Some(windows) => windows,
            None => &self.week[date.weekday().num_days_from_monday() as usize],
        }
    }

    /// The windows of one date as instants.
    fn openings_of(&self, date: NaiveDate) -> impl Iterator<Item = Opening> + '_ {
        let edge = move |minute: u16| {
            let civil = date.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::minutes(minute.into()))?;
            instant(self.zone, civil)
        };
        let exists = || edge(0).is_some_and(|(_, lands_on)| lands_on == date);
        let windows = self.windows_of(date);
        let windows = if windows.is_empty() || !exists() { &[] } else { windows };
        windows.iter().filter(|w| w.is_sound()).filter_map(move |w| {
            let (open, _) = edge(w.open)?;
            let (close, _) = edge(w.close)?;
            // A gap can move the opening past the close (02:30-03:15 in a gap from 2 to 3): nothing is left of it.
            (open < close).then_some((open, close))
        })
    }

    /// Open time from `start` on: in order, disjoint, not empty; a long opening comes in touching pieces.
    fn openings(&self, start: Timestamp) -> Openings<'_> {
        // A stored number may be out of range: serde does not clamp.
        let start = Timestamp::from_millis(start.millis());
        let here = self.zone.from_utc_datetime(&start.utc().naive_utc()).date_naive();
        // A window may run for two days, and a skipped day may lie between.
        let date = here.checked_sub_days(Days::new(4)).unwrap_or(here);
        Openings {
            calendar: self,
            date,
            from: start.millis(),
            until: i64::MAX,
            patience: MAX_CLOSED_DAYS,
            settled: i64::MIN,
            waiting: Vec::new(),
            ready: Vec::new(),
            idle: 0,
            walked: 0,
        }
    }
}

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

fn check_day(day: OpeningDay, windows: &[Window]) -> Result<(), CalendarError> {
    for &window in windows {
        if window.open >= window.close {
            return Err(CalendarError::NoLength { day, window });
        }
        if !window.is_sound() {
            return Err(CalendarError::OutOfDay { day, window });
        }
    }
    let mut windows = windows.to_vec();
    windows.sort_unstable();
    match windows.windows(2).find(|pair| pair[1].open < pair[0].close) {
        Some(pair) => Err(CalendarError::Overlap { day, first: pair[0], second: pair[1] }),
        None => Ok(()),
    }
}

/// `[open, close)` in milliseconds since the epoch.
type Opening = (i64, i64);

/// A civil time as an instant, and the civil date that instant really has: inside a gap it moves on by the length of
/// the gap, in a fold it is the first.
pub(super) fn instant(zone: Tz, civil: NaiveDateTime) -> Option<(i64, NaiveDate)> {
    let at: DateTime<Tz> = match zone.from_local_datetime(&civil) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
        LocalResult::None => {
            let (_, before) = GapInfo::new(&civil, &zone)?.begin?;
            zone.from_utc_datetime(&civil.checked_sub_offset(before.fix())?)
        }
    };
    Some((at.timestamp_millis(), at.date_naive()))
}

/// Walks a calendar day by day.
///
/// A gap makes civil order differ from the order of instants, so openings wait until no later date can come before
/// them: an offset is under 24 hours, so that is a day before the next date's midnight read as UTC.
struct Openings<'a> {
    calendar: &'a Calendar,
    /// The next date to read.
    date: NaiveDate,
    /// Everything before is told or does not count.
    from: i64,
    /// Nothing from here on is wanted.
    until: i64,
    /// How many dates in a row may tell nothing.
    patience: u32,
    /// Openings before this are all read.
    settled: i64,
    /// Openings read, some of which may still be joined by later ones.
    waiting: Vec<Opening>,
    /// Openings to tell, the next one last.
    ready: Vec<Opening>,
    /// Dates read since something was told.
    idle: u32,
    /// Dates read.
    walked: u32,
}

impl Openings<'_> {
    fn read_one_date(&mut self) -> Option<()> {
        self.waiting.extend(self.calendar.openings_of(self.date));
        self.date = self.date.succ_opt()?;
        let settled = Utc.from_utc_datetime(&self.date.and_hms_opt(0, 0, 0)?) - TimeDelta::days(1);
        let settled = settled.timestamp_millis();
        self.settled = settled;
        self.waiting.sort_unstable();
        for (open, close) in &self.waiting {
            let (open, close) = ((*open).max(self.from), (*close).min(settled));
            if open < close {
                self.ready.push((open, close));
                self.from = close;
            }
        }
        self.waiting.retain(|(_, close)| *close > settled);
        self.ready.reverse();
        Some(())
    }
}

impl Iterator for Openings<'_> {
    type Item = Opening;

    fn next(&mut self) -> Option<Opening> {
        loop {
            if let Some(opening) = self.ready.pop() {
                self.idle = 0;
                return Some(opening);
            }
            if self.idle >= self.patience || self.walked >= MAX_WALK_DAYS || self.settled >= self.until {
                return None;
            }
            self.read_one_date()?;
            self.idle += 1;
            self.walked += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: Tz, text: &str) -> Timestamp {
        let civil = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        zone.from_local_datetime(&civil).earliest().unwrap().to_utc().into()
    }

    /// Monday to Friday with the same windows, weekends closed.
    fn weekdays(zone: Tz, windows: &[&str]) -> Calendar {
        let day: Vec<Window> = windows.iter().map(|w| w.parse().unwrap()).collect();
        let week = std::array::from_fn(|i| if i < 5 { day.clone() } else { Vec::new() });
        Calendar { zone, week, holidays: BTreeMap::new() }
    }

    /// (windows, start, minutes, due), all in New York; 2026-11-06 is a Friday.
    #[test]
    fn it_is_open_throughout_what_no_closed_minute_lies_in() {
        let office = Calendar {
            zone: chrono_tz::America::New_York,
            week: std::array::from_fn(|_| vec!["09:00-17:00".parse().unwrap()]),
            holidays: [].into(),
        };
        let at = |hour: u32, minute: u32| {
            let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 3).unwrap().and_hms_opt(hour, minute, 0).unwrap();
            Timestamp::from(day.and_local_timezone(office.zone).unwrap().to_utc())
        };
        for (from, to, wanted) in [
            (at(9, 0), at(9, 20), true),
            (at(8, 55), at(9, 0), false),
            (at(8, 59), at(9, 20), false),
            (at(16, 50), at(17, 0), false),
            (at(16, 50), at(16, 59), true),
        ] {
            assert_eq!(office.is_open_throughout(from, to), wanted, "{from} to {to}");
        }
    }

    #[test]
    fn targets_fall_due_in_open_time() {
        let zone = Tz::America__New_York;
        let lunch = ["09:00-12:00", "13:00-17:00"];
        for (windows, start, minutes, due) in [
            // A published guide says Monday 09:00: it forgets that closing time is not worked time.
            (&["09:00-17:00"][..], "2026-11-06 17:00", 480, "2026-11-09 17:00"),
            // A published manual says Tuesday 11:00: one hour is left on Friday, three on Monday.
            (&["08:00-17:00"], "2026-11-06 16:00", 240, "2026-11-09 11:00"),
            // Chatwoot #13392: Friday 16:30 and one hour. Half on Friday, half on Monday.
            (&["09:00-17:00"], "2026-11-06 16:30", 60, "2026-11-09 09:30"),
            // Exactly used up at close: due at close, not next morning.
            (&["09:00-17:00"], "2026-11-06 16:30", 30, "2026-11-06 17:00"),
            // Chatwoot #14009: lunch does not count.
            (&lunch, "2026-11-06 11:45", 30, "2026-11-06 13:15"),
            (&lunch, "2026-11-06 12:30", 5, "2026-11-06 13:05"),
            (&lunch, "2026-11-06 11:30", 30, "2026-11-06 12:00"),
            // Saturday arrives, Monday counts.
            (&["09:00-17:00"], "2026-11-07 11:00", 15, "2026-11-09 09:15"),
            // Friday night belongs to Friday: open until Saturday 6:00, then Monday 22:00.
            (&["22:00-06:00"], "2026-11-07 05:30", 60, "2026-11-09 22:30"),
            (&["22:00-06:00"], "2026-11-06 05:30", 60, "2026-11-06 22:30"),
            // Touching and overlapping windows count once.
            (&["09:00-13:00", "12:00-17:00", "17:00-18:00"], "2026-11-06 11:30", 390, "2026-11-06 18:00"),
            // Nothing to spend is spent at once.
            (&["09:00-17:00"], "2026-11-07 11:00", 0, "2026-11-07 11:00"),
        ] {
            let calendar = weekdays(zone, windows);
            let got = calendar.add(at(zone, start), Span::minutes(minutes));
            assert_eq!(got, Some(at(zone, due)), "{windows:?} {start} + {minutes} min");
            assert_eq!(calendar.between(at(zone, start), at(zone, due)), Span::minutes(minutes));
        }
    }

    #[test]
    fn holidays_close_or_shorten_a_day_in_the_calendars_own_zone() {
        let zone = Tz::Pacific__Auckland;
        let mut calendar = weekdays(zone, &["09:00-17:00", "22:00-02:00"]);
        let date = |d| NaiveDate::from_ymd_opt(2026, 12, d).unwrap();
        calendar.holidays = [(date(24), vec!["09:00-12:00".parse().unwrap()]), (date(25), vec![])].into();
        // Thursday 24th shortened, Friday 25th closed, so an hour after 11:30 is Monday 9:30.
        assert_eq!(calendar.add(at(zone, "2026-12-24 11:30"), Span::minutes(60)), Some(at(zone, "2026-12-28 09:30")));
        // What opened on Wednesday evening is still open on the shortened day's first hours.
        assert!(calendar.is_open(at(zone, "2026-12-24 01:59")));
        assert!(!calendar.is_open(at(zone, "2026-12-24 02:00")));
        assert!(!calendar.is_open(at(zone, "2026-12-25 01:00")));
    }

    #[test]
    fn edges_in_a_gap_move_on_and_edges_in_a_fold_are_the_first() {
        let zone = Tz::America__New_York;
        let mut calendar = Calendar::always(zone);
        calendar.week[6] = vec!["02:30-05:00".parse().unwrap()];
        calendar.week[5] = vec![];
        // 2026-03-08: 02:00 becomes 03:00, so 02:30 is read as 03:30 EDT.
        assert_eq!(calendar.next_open(at(zone, "2026-03-07 12:00")), Some(at(zone, "2026-03-08 03:30")));
        // 2026-11-01: 01:30 happens twice; the first one counts, and the day to 02:00 has 90 minutes.
        calendar.week[6] = vec!["01:30-02:00".parse().unwrap()];
        let (opens, closes) = (at(zone, "2026-11-01 01:30"), at(zone, "2026-11-01 02:00"));
        assert_eq!(calendar.next_open(at(zone, "2026-10-31 12:00")), Some(opens));
        assert_eq!(calendar.between(opens, closes), Span::minutes(90));
        // A window that the gap swallows whole is no opening.
        calendar.week[6] = vec!["02:30-03:15".parse().unwrap()];
        assert_eq!(calendar.next_open(at(zone, "2026-03-07 12:00")), Some(at(zone, "2026-03-09 00:00")));
    }

    #[test]
    fn a_search_ends() {
        let zone = Tz::UTC;
        let mut never = weekdays(zone, &[]);
        let start = at(zone, "2026-11-06 11:30");
        assert_eq!(never.add(start, Span::minutes(1)), None);
        assert_eq!(never.next_open(start), None);
        assert_eq!(never.between(Timestamp::MIN, Timestamp::MAX), Span::ZERO);
        never.holidays = [(NaiveDate::from_ymd_opt(2027, 10, 1).unwrap(), vec![Window::WHOLE_DAY])].into();
        assert!(never.next_open(start).is_some(), "329 days on");
        assert_eq!(Calendar::always(zone).add(start, Span::millis(i64::MAX)), None);
        for hostile in [i64::MIN, i64::MAX] {
            let edge: Timestamp = serde_json::from_value(hostile.into()).unwrap();
            let _ = (Calendar::always(zone).is_open(edge), never.add(edge, Span::millis(i64::MAX)));
        }
    }

    #[test]
    fn mistakes_are_named() {
        let zone = Tz::UTC;
        let said = |windows: &[(u16, u16)]| {
            let day: Vec<_> = windows.iter().map(|&(open, close)| Window { open, close }).collect();
            let mut calendar = weekdays(zone, &[]);
            calendar.week[0] = day;
            calendar.validate().map_err(|e| e.to_string())
        };
        assert_eq!(said(&[(540, 1020)]), Ok(()));
        assert_eq!(said(&[(1320, 1800)]), Ok(()));
        assert_eq!(said(&[(540, 540)]).unwrap_err(), "Monday: the window 09:00-09:00 has no length");
        assert!(said(&[(1440, 1500)]).is_err_and(|e| e.contains("opens before 24:00")));
        assert_eq!(said(&[(720, 900), (540, 780)]).unwrap_err(), "Monday: the window 12:00-15:00 overlaps 09:00-13:00");
        assert!(said(&[]).is_err_and(|e| e.contains("no clock would ever run")));
        // A night of Sunday runs into Monday morning.
        let mut calendar = weekdays(zone, &["05:00-17:00"]);
        calendar.week[6] = vec!["22:00-06:00".parse().unwrap()];
        assert_eq!(calendar.validate().unwrap_err().to_string(), "Monday: the window 05:00-17:00 overlaps 22:00-06:00");
        assert_eq!(Calendar::always(zone).validate(), Ok(()));
    }
}
