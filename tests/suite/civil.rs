//! The clock on a zone's wall, walked minute by minute, by a library that the product does not use.
//!
//! The product converts with chrono and its tables; here jiff does it, with tables of its own. A mistake of either, or of
//! ours in how we use one, shows as a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use comeback::domain::hours::Window;
use comeback::domain::time::Timestamp;
use jiff::tz::{TimeZone as Zone, TimeZoneDatabase};

pub(crate) const MINUTE: i64 = 60_000;

/// Zone and first date of [`DAYS`] days with something odd in their middle.
pub(crate) const PLACES: [(Tz, (i32, u32, u32)); 14] = [
    (Tz::America__New_York, (2026, 3, 3)),
    (Tz::America__New_York, (2026, 10, 26)),
    (Tz::Europe__London, (2026, 3, 24)),
    (Tz::Europe__London, (2026, 10, 20)),
    (Tz::Australia__Lord_Howe, (2026, 4, 1)),
    (Tz::Australia__Lord_Howe, (2026, 9, 30)),
    (Tz::Asia__Kathmandu, (1985, 12, 27)),
    (Tz::Asia__Kathmandu, (2026, 6, 1)),
    (Tz::Africa__Casablanca, (2026, 2, 10)),
    (Tz::Africa__Casablanca, (2026, 3, 17)),
    (Tz::Pacific__Apia, (2011, 12, 25)),
    (Tz::America__Havana, (2026, 3, 3)),
    (Tz::America__Sao_Paulo, (2018, 2, 13)),
    (Tz::Pacific__Kwajalein, (1993, 8, 16)),
];

pub(crate) const DAYS: i64 = 12;

/// Days walked before and after the stretch, for windows and turns that reach in.
const MORE: i64 = 6;

/// A stretch of [`DAYS`] days and which instant first showed each civil minute in and around it.
pub(crate) struct Walk {
    pub(crate) zone: Tz,
    pub(crate) first_date: NaiveDate,
    /// Midnight of the first date, read as UTC, in milliseconds since the epoch.
    pub(crate) first: i64,
    seen: BTreeMap<NaiveDateTime, i64>,
    dates: BTreeSet<NaiveDate>,
}

/// The walks of all [`PLACES`]: made once, since walking is what takes long.
pub(crate) fn walks() -> &'static [Walk] {
    static WALKS: OnceLock<Vec<Walk>> = OnceLock::new();
    WALKS.get_or_init(|| {
        let date = |(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        PLACES.into_iter().map(|(zone, first)| Walk::of(zone, date(first))).collect()
    })
}

impl fmt::Debug for Walk {
    /// What a failing test prints: a walk has thousands of minutes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DAYS} days in {} from {}", self.zone, self.first_date)
    }
}

fn jiff_zone(zone: Tz) -> Zone {
    TimeZoneDatabase::bundled().get(zone.name()).unwrap()
}

/// What the clock on the wall shows, by jiff.
fn civil_at(zone: &Zone, ms: i64) -> NaiveDateTime {
    let c = zone.to_datetime(jiff::Timestamp::from_millisecond(ms).unwrap());
    let part = |n: i8| u32::try_from(n).unwrap();
    let date = NaiveDate::from_ymd_opt(i32::from(c.year()), part(c.month()), part(c.day())).unwrap();
    date.and_hms_opt(part(c.hour()), part(c.minute()), part(c.second())).unwrap()
}

impl Walk {
    pub(crate) fn of(zone: Tz, first_date: NaiveDate) -> Self {
        let first = Utc.from_utc_datetime(&first_date.and_hms_opt(0, 0, 0).unwrap()).timestamp_millis();
        let jiff = jiff_zone(zone);
        let mut seen = BTreeMap::new();
        for minute in -MORE * 1440..(DAYS + MORE) * 1440 {
            let ms = first + minute * MINUTE;
            seen.entry(civil_at(&jiff, ms)).or_insert(ms);
        }
        let dates = seen.keys().map(NaiveDateTime::date).collect();
        Self { zone, first_date, first, seen, dates }
    }

    /// Minutes of the stretch.
    pub(crate) fn minutes() -> usize {
        usize::try_from(DAYS * 1440).unwrap()
    }

    pub(crate) fn at(&self, minute: usize) -> Timestamp {
        Timestamp::from_millis(self.first + i64::try_from(minute).unwrap() * MINUTE)
    }

    /// Which minute of the stretch an instant is; none outside.
    pub(crate) fn minute(&self, ms: i64) -> Option<usize> {
        usize::try_from((ms - self.first).div_euclid(MINUTE)).ok().filter(|minute| *minute < Self::minutes())
    }

    /// Whether the walk covers this civil time; the days at its very ends are left out.
    pub(crate) fn covers(&self, civil: NaiveDateTime) -> bool {
        let midnight = self.first_date.and_hms_opt(0, 0, 0).unwrap();
        let more = TimeDelta::days(MORE - 1);
        midnight - more <= civil && civil < midnight + TimeDelta::days(DAYS) + more
    }

    /// The instant that first shows this civil minute. One that no clock showed: go on from the last one shown before
    /// it, at the old offset.
    pub(crate) fn instant(&self, civil: NaiveDateTime) -> i64 {
        let (last, ms) = self.seen.range(..=civil).next_back().unwrap();
        ms + (civil - *last).num_milliseconds()
    }

    /// Which minutes of the stretch these windows of each date cover. A date that no clock showed has none.
    pub(crate) fn open<'w>(&self, windows_of: impl Fn(NaiveDate) -> &'w [Window]) -> Vec<bool> {
        let mut open = vec![false; Self::minutes()];
        for day in -4..DAYS + 4 {
            let date = self.first_date + TimeDelta::days(day);
            if !self.dates.contains(&date) {
                continue;
            }
            let midnight = date.and_hms_opt(0, 0, 0).unwrap();
            for window in windows_of(date) {
                let edge = |minute: u16| self.instant(midnight + TimeDelta::minutes(minute.into()));
                for ms in (edge(window.open)..edge(window.close)).step_by(60_000) {
                    if let Some(minute) = self.minute(ms) {
                        open[minute] = true;
                    }
                }
            }
        }
        open
    }
}

#[test]
fn two_libraries_with_tables_of_their_own_show_the_same_clock() {
    for walk in walks() {
        let jiff = jiff_zone(walk.zone);
        for minute in (-1440 * MORE..1440 * (DAYS + MORE)).step_by(3) {
            let ms = walk.first + minute * MINUTE;
            let at = DateTime::from_timestamp_millis(ms).unwrap().naive_utc();
            let chrono = walk.zone.from_utc_datetime(&at).naive_local();
            assert_eq!(civil_at(&jiff, ms), chrono, "{} at {at}", walk.zone);
        }
    }
}

#[test]
fn the_walk_reads_gaps_and_folds_as_jiff_does() {
    for walk in walks() {
        let jiff = jiff_zone(walk.zone);
        let midnight = walk.first_date.and_hms_opt(0, 0, 0).unwrap();
        for minute in (0..DAYS * 1440).step_by(5) {
            let civil = midnight + TimeDelta::minutes(minute);
            let text = civil.format("%Y-%m-%dT%H:%M:%S").to_string();
            let there: jiff::civil::DateTime = text.parse().unwrap();
            let wanted = jiff.to_timestamp(there).unwrap().as_millisecond();
            assert_eq!(walk.instant(civil), wanted, "{} {civil}", walk.zone);
        }
    }
}
