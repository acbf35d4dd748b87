//! Measure: how soon replies were answered, who carried the load, where nobody was there, what consent cost.
//!
//! A fold over the journal. It keeps a little state for each conversation ([`Talk`]) and each number ([`Asker`]), and tells
//! finished facts: one [`Reply`] for each clock that started, one [`OptOut`], one [`HeldNumber`], who held how much
//! ([`load`]), and counts of days. Every fact can be told again when more is known of it; the newest telling counts. What is
//! told depends on the entries alone, never on where a reader stopped and went on: **dropped and folded again it is the
//! same.**
//!
//! [`Cell`]s add facts up by day so that a year is answered without reading each of them; they merge and subtract. What a
//! report says stands in [`report`], and every number's definition in `assets/docs/measure.md`.

pub mod carried;
pub mod carriers;
pub mod cell;
pub mod chart;
pub mod closed;
pub mod compare;
pub mod credit;
pub mod days;
pub mod exchange;
pub mod fold;
pub mod gap;
pub mod histogram;
pub mod interval;
pub mod load;
pub mod money;
pub mod name;
pub mod number;
pub mod on_hold;
pub mod outcomes;
pub mod pairing;
pub mod reply;
pub mod report;

pub mod sample;
pub mod sheet;
pub mod story;
pub mod talk;

pub use cell::Cell;
pub use exchange::{Adherence, Exchange};
pub use fold::{Facts, Fold, Policies};
pub use gap::{Cause, Gap};
pub use histogram::Histogram;
pub use name::ReportName;
pub use number::{Asker, Band, HeldNumber, OptOut};
pub use reply::{Asked, Reply, Spent, Standing};
pub use talk::Talk;

use chrono::{Datelike, TimeZone, Timelike};
use chrono_tz::Tz;

use super::playbook::Playbook;
use super::time::Timestamp;

/// The local day of an instant, counted from 1970-01-01, and its hour of the week, counted from Monday 0:00.
pub fn civil(zone: Tz, at: Timestamp) -> (i32, u8) {
    let local = zone.from_utc_datetime(&at.utc().naive_utc());
    let hour = local.weekday().num_days_from_monday() * 24 + local.hour();
    (local.num_days_from_ce() - EPOCH_DAY, u8::try_from(hour).unwrap_or(0))
}

/// 1970-01-01 as chrono counts days.
const EPOCH_DAY: i32 = 719_163;

/// The zone that replies of a cohort are counted in: that of the hours its clocks run in.
pub fn zone_of(playbook: Option<&Playbook>, cohort: &str) -> Tz {
    let Some(playbook) = playbook else { return Tz::UTC };
    let calendar = playbook.cohort(cohort).and_then(|cohort| playbook.calendars.get(&cohort.calendar));
    calendar.map_or_else(|| playbook.zone(), |calendar| calendar.zone)
}
