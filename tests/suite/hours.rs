//! Business hours against an oracle that knows nothing of windows becoming instants: it walks the zone's clock minute
//! by minute, by another library ([`crate::civil`]), notes which instant first shows each civil minute, and counts.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use comeback::domain::hours::{Calendar, Window};
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::civil::{DAYS, Walk, walks};

/// Which minutes of a stretch are open, found by walking.
struct Oracle {
    walk: &'static Walk,
    open: Vec<bool>,
}

impl Oracle {
    fn new(calendar: &Calendar, walk: &'static Walk) -> Self {
        assert_eq!(calendar.zone, walk.zone);
        let weekday = |date: NaiveDate| chrono::Datelike::weekday(&date).num_days_from_monday() as usize;
        let open = walk.open(|date| calendar.holidays.get(&date).unwrap_or(&calendar.week[weekday(date)]));
        Self { walk, open }
    }

    fn at(&self, minute: usize) -> Timestamp {
        self.walk.at(minute)
    }

    /// The minute at which `left` open minutes are used up; `None` when that is after the stretch.
    fn add(&self, start: usize, mut left: usize) -> Option<usize> {
        let mut now = start;
        while left > 0 {
            left -= usize::from(*self.open.get(now)?);
            now += 1;
        }
        Some(now)
    }
}

pub(crate) fn window() -> impl Strategy<Value = Window> {
    // Edges crowd into the small hours, where clocks change.
    let edge = prop_oneof![1 => 0u16..1440, 3 => (0u16..48).prop_map(|n| n * 5), 1 => Just(0), 1 => Just(1439)];
    (edge, prop_oneof![1u16..1440, (1u16..40).prop_map(|n| n * 5), Just(1440)])
        .prop_map(|(open, length)| Window { open, close: (open + length).min(2880) })
}

fn week() -> impl Strategy<Value = [Vec<Window>; 7]> {
    let day = || prop::collection::vec(window(), 0..3);
    [day(), day(), day(), day(), day(), day(), day()]
        .prop_filter("must open", |week| week.iter().any(|d| !d.is_empty()))
}

fn calendar() -> impl Strategy<Value = (Calendar, &'static Walk)> {
    let holiday = (0..DAYS, prop::collection::vec(window(), 0..2));
    (0..walks().len(), week(), prop::collection::vec(holiday, 0..3)).prop_map(|(place, week, holidays)| {
        let walk = &walks()[place];
        let date = |day| walk.first_date + TimeDelta::days(day);
        let holidays = holidays.into_iter().map(|(day, windows)| (date(day), windows)).collect();
        (Calendar { zone: walk.zone, week, holidays }, walk)
    })
}

fn compare(calendar: &Calendar, walk: &'static Walk) {
    let oracle = Oracle::new(calendar, walk);
    for (minute, &open) in oracle.open.iter().enumerate() {
        // Every edge on both sides, to the millisecond, and every seventh minute between.
        let edge = minute > 0 && oracle.open[minute - 1] != open;
        if edge {
            let before = oracle.at(minute) - Span::millis(1);
            assert_eq!(calendar.is_open(before), !open, "{} at {before} on {calendar:?}", calendar.zone);
        }
        if edge || minute % 7 == 0 {
            let at = oracle.at(minute);
            assert_eq!(calendar.is_open(at), open, "{} at {at} on {calendar:?}", calendar.zone);
        }
    }
    for start in (0..oracle.open.len()).step_by(211) {
        let at = oracle.at(start);
        if let Some(next) = oracle.open[start..].iter().position(|open| *open) {
            assert_eq!(calendar.next_open(at), Some(oracle.at(start + next)), "next open after {at}");
        }
        for minutes in [1, 15, 30, 60, 480, 1440] {
            if let Some(due) = oracle.add(start, minutes) {
                let span = Span::minutes(i64::try_from(minutes).unwrap());
                assert_eq!(calendar.add(at, span), Some(oracle.at(due)), "{at} + {minutes} min on {calendar:?}");
                assert_eq!(calendar.between(at, oracle.at(due)), span, "{at} to {}", oracle.at(due));
            }
        }
    }
}

#[test]
fn office_hours_lunch_breaks_and_nights_agree_with_a_minute_by_minute_walk() {
    let read = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<Window>>();
    for walk in walks() {
        for day in [&["09:00-12:00", "13:00-17:00"][..], &["22:00-06:00"], &["00:00-02:30", "02:45-24:00"]] {
            let week = std::array::from_fn(|_| read(day));
            compare(&Calendar { zone: walk.zone, week, holidays: BTreeMap::new() }, walk);
        }
        compare(&Calendar::always(walk.zone), walk);
    }
}

#[test]
fn a_day_of_the_year_the_clocks_change_has_23_or_25_hours_and_a_skipped_day_none() {
    let day = |zone: Tz, y, m, d| {
        let midnight = |date: NaiveDate| {
            let civil = date.and_hms_opt(0, 0, 0).unwrap();
            Timestamp::from(zone.from_local_datetime(&civil).earliest().unwrap().to_utc())
        };
        let date = NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let weekday = chrono::Datelike::weekday(&date).num_days_from_monday() as usize;
        let mut calendar = Calendar { zone, week: Default::default(), holidays: BTreeMap::new() };
        calendar.week[weekday] = vec![Window::WHOLE_DAY];
        let eve = midnight(date - TimeDelta::days(1));
        calendar.between(eve, midnight(date + TimeDelta::days(2))).as_seconds() / 60
    };
    assert_eq!(day(Tz::America__New_York, 2026, 3, 8), 23 * 60);
    assert_eq!(day(Tz::America__New_York, 2026, 11, 1), 25 * 60);
    assert_eq!(day(Tz::Australia__Lord_Howe, 2026, 4, 5), 24 * 60 + 30);
    assert_eq!(day(Tz::Asia__Kathmandu, 1986, 1, 1), 24 * 60 - 15);
    assert_eq!(day(Tz::Pacific__Apia, 2011, 12, 30), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_calendar_agrees_with_a_minute_by_minute_walk((calendar, walk) in calendar()) {
        compare(&calendar, walk);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn adding_and_counting_belong_together(
        (calendar, walk) in calendar(),
        after in 0i64..DAYS * 86_400_000,
        later in 0i64..86_400_000,
        (a, b) in (0i64..40_000_000, 0i64..40_000_000),
    ) {
        let start = Timestamp::from_millis(walk.first + after);
        let (a, b) = (Span::millis(a), Span::millis(b));
        let both = Span::millis(a.as_millis() + b.as_millis());
        // A week that opens a minute on Mondays can need years: that is `None`, and then there is nothing to compare.
        if let Some(due) = calendar.add(start, both) {
            let half = calendar.add(start, a).unwrap();
            prop_assert_eq!(calendar.between(start, due), both);
            prop_assert_eq!(calendar.add(half, b), Some(due));
            prop_assert!(start <= half && half <= due);
            prop_assert!(calendar.add(start + Span::millis(later), both).is_none_or(|d| d >= due));
        }
    }
}
