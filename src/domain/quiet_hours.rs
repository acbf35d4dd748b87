//! May a text disturb the buyer now? If not, when may it?
//!
//! The law's hours come from `assets/quiet_hours.toml`, each row with its source; the playbook narrows them. Where a buyer
//! may be in several zones or states, a text may leave only when it may in each of them (**the intersection**). A direct
//! answer, within the playbook's minutes of the buyer's own text, may leave at any hour: it disturbs nobody who sleeps
//! (47 CFR 64.1200(c)(1) speaks of solicitations). Whatever closed or opened the hours is recorded with the answer.

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};

use super::playbook::Compliance;
use super::time::{Span, Timestamp};
use super::zone::{Place, Source};

mod holiday;
mod table;

pub use holiday::is_federal;
pub use table::{On, Rule, checked, rules};

/// How far a window is looked for: longer than the longest row of closed days.
pub const SEARCHED_DAYS: u64 = 14;

/// Why a text that could go does not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Until the hours open where the buyer is.
    Window,
    /// Until the time its rep chose.
    Chosen,
    /// Only for its undo time, although it is night there: its rep looked and said so.
    Overruled,
}

/// What the hours said of a text, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The verdict.
    pub said: Said,
    /// Every zone the buyer may be in.
    pub zones: Vec<Tz>,
    /// What told the zones.
    pub by: Source,
    /// Every state whose law counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<String>,
    /// What closes the hours, when something does: a law, or `playbook`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
}

/// The verdict of the hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// They are open.
    Open,
    /// They are closed, but the buyer just wrote: a direct answer.
    Direct,
    /// They are closed until then.
    Until(Timestamp),
    /// They are closed, and do not open within [`SEARCHED_DAYS`]: law and playbook leave no minute in common.
    Never,
    /// They are closed, and its rep said: send anyway.
    Overruled,
}

/// The hours that count for one buyer.
#[derive(Clone, Copy, Debug)]
pub struct Hours<'a> {
    /// Where they may be.
    pub place: &'a Place,
    /// The tenant's own limits.
    pub own: &'a Compliance,
}

impl Hours<'_> {
    /// Whether a text that nobody just asked for may leave.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.closed_by(at).is_none()
    }

    /// What forbids it: a law's name, or `playbook`.
    pub fn closed_by(&self, at: Timestamp) -> Option<String> {
        self.place.zones.iter().find_map(|zone| {
            let local = local(*zone, at);
            let minute = u16::try_from(local.num_seconds_from_midnight() / 60).unwrap_or(u16::MAX);
            let date = local.date_naive();
            let law = self.laws(date).find(|rule| !rule.allows(minute)).map(|rule| rule.law.clone());
            law.or_else(|| (!self.own_allows(minute)).then(|| "playbook".to_owned()))
        })
    }

    /// The first instant from `at` on at which the hours are open in every zone and state; none within
    /// [`SEARCHED_DAYS`].
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        // The hours of all are open together from the moment the last of them opens.
        let mut edges: Vec<Timestamp> = self.place.zones.iter().flat_map(|zone| self.openings(*zone, at)).collect();
        edges.sort_unstable();
        edges.into_iter().find(|edge| *edge > at && self.is_open(*edge))
    }

    /// Judges a text: one that leaves now, in the light of when the buyer last wrote.
    pub fn judge(&self, last_inbound: Option<Timestamp>, now: Timestamp) -> Judged {
        let closed_by = self.closed_by(now);
        let said = if closed_by.is_none() {
            Said::Open
        } else if last_inbound.is_some_and(|at| now.since(at) <= self.own.reply_window) {
            Said::Direct
        } else {
            self.next_open(now).map_or(Said::Never, Said::Until)
        };
        let Place { zones, by, states, .. } = self.place.clone();
        Judged { said, zones, by, states, closed_by }
    }

    fn own_allows(&self, minute: u16) -> bool {
        (self.own.open_minute..self.own.close_minute).contains(&minute)
    }

    /// The rules that count on a date: of each state, and of the country.
    fn laws(&self, date: NaiveDate) -> impl Iterator<Item = &'static Rule> + '_ {
        let country = self.place.in_us.then_some("US");
        country.into_iter().chain(self.place.states.iter().map(String::as_str)).filter_map(move |p| table::of(p, date))
    }

    /// Every instant at which something opens in a zone, from the day of `at` on; each edge of a clock change counts.
    fn openings(&self, zone: Tz, at: Timestamp) -> Vec<Timestamp> {
        let today = local(zone, at).date_naive();
        let mut found = Vec::new();
        for date in (0..=SEARCHED_DAYS).filter_map(|n| today.checked_add_days(Days::new(n))) {
            let opens = self.laws(date).filter_map(|rule| rule.hours.map(|(open, _)| open));
            // A day may begin within the hours of all, and an hour that comes twice is open twice.
            for minute in opens.chain([self.own.open_minute, 0]) {
                found.extend(instants(zone, date, minute));
            }
            found.extend(clock_changes(zone, date));
        }
        found
    }
}

impl Judged {
    /// Whether it is worth recording: a direct answer in open hours is not.
    pub fn is_telling(&self, last_inbound: Option<Timestamp>, own: &Compliance, now: Timestamp) -> bool {
        let direct = last_inbound.is_some_and(|at| now.since(at) <= own.reply_window);
        self.said != Said::Open || !direct
    }
}

fn local(zone: Tz, at: Timestamp) -> DateTime<Tz> {
    zone.from_utc_datetime(&at.utc().naive_utc())
}

/// The instants of a minute of a local day: none twice, two in a fold, the end of the gap in a gap.
pub fn instants(zone: Tz, date: NaiveDate, minute: u16) -> Vec<Timestamp> {
    let civil = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minute.into()));
    let Some(civil) = civil else { return Vec::new() };
    match zone.from_local_datetime(&civil) {
        LocalResult::Single(at) => vec![at.to_utc().into()],
        LocalResult::Ambiguous(one, two) => vec![one.to_utc().into(), two.to_utc().into()],
        LocalResult::None => {
            let end = GapInfo::new(&civil, &zone).and_then(|gap| gap.end);
            end.map(|end| end.to_utc().into()).into_iter().collect()
        }
    }
}

/// The first instants after the clocks of a zone change on a date.
fn clock_changes(zone: Tz, date: NaiveDate) -> Vec<Timestamp> {
    let offset = |at: Timestamp| chrono::Offset::fix(local(zone, at).offset()).local_minus_utc();
    let Some(begin) = instants(zone, date, 0).first().copied() else { return Vec::new() };
    // Clocks change on a full quarter of an hour, in every zone and year of the database's present rules.
    let quarter = |n: i64| begin + Span::minutes(15 * n);
    // They change for weeks at least: a day that ends as it began has no change in it.
    if offset(begin) == offset(quarter(100)) {
        return Vec::new();
    }
    let changes = (1..=100).filter(|n| offset(quarter(n - 1)) != offset(quarter(*n)));
    changes.map(quarter).collect()
}

#[cfg(test)]
mod tests;
