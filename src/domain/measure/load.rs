//! Who holds how much, day by day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::civil;
use crate::domain::hours::instant;
use crate::domain::id::RepId;
use crate::domain::time::Timestamp;

/// A conversation that is open goes from one rep to another, comes to one, or leaves one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    /// When.
    pub at: Timestamp,
    /// Whose it was.
    pub from: Option<RepId>,
    /// Whose it is.
    pub to: Option<RepId>,
}

/// What a rep's day was. Days add up; of the most held at once the larger counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadDay {
    /// Conversations offered to them.
    pub offers: i64,
    /// Conversations they took.
    pub takes: i64,
    /// Offers they let pass.
    pub passes: i64,
    /// Texts of theirs that left.
    pub answers: i64,
    /// Open conversations they held, times the milliseconds they held each.
    pub open_ms: i64,
    /// The most they held at once.
    pub most: i64,
}

impl LoadDay {
    /// Takes in another part of the same day, or another day.
    pub fn merge(&mut self, other: &Self) {
        self.offers += other.offers;
        self.takes += other.takes;
        self.passes += other.passes;
        self.answers += other.answers;
        self.open_ms += other.open_ms;
        self.most = self.most.max(other.most);
    }
}

/// How many a rep holds, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// How many.
    pub n: i64,
    /// Since when it is as many.
    pub since: Timestamp,
}

/// Days of reps.
pub type DaysOfReps = BTreeMap<(i32, RepId), LoadDay>;

/// When a local day begins.
pub fn begins(zone: Tz, day: i32) -> Option<Timestamp> {
    let date = NaiveDate::from_num_days_from_ce_opt(day.checked_add(super::EPOCH_DAY)?)?;
    instant(zone, date.and_hms_opt(0, 0, 0)?).map(|(at, _)| Timestamp::from_millis(at))
}

/// The most days that one stretch is spread over: whoever holds something longer is not told day by day.
const LONGEST: u64 = 1_000;

/// Spreads a stretch in which a rep held as many over its local days.
pub fn spread(days: &mut DaysOfReps, zone: Tz, rep: &RepId, open: Open, until: Timestamp) {
    if open.n <= 0 || until <= open.since {
        return;
    }
    let (mut from, last) = (open.since, civil(zone, until).0);
    let first = civil(zone, from).0;
    let first = first.max(last.saturating_sub(i32::try_from(LONGEST).unwrap_or(i32::MAX)));
    for day in first..=last {
        let end = if day == last { until } else { begins(zone, day + 1).unwrap_or(until) };
        let end = end.min(until);
        let of_day = days.entry((day, rep.clone())).or_default();
        of_day.open_ms += open.n.saturating_mul(end.since(from).as_millis());
        of_day.most = of_day.most.max(open.n);
        from = from.max(end);
    }
}

/// Takes in a move: what was held until then is spread, and from then on it is one more or less.
pub fn take_in(open: &mut BTreeMap<RepId, Open>, days: &mut DaysOfReps, zone: Tz, moves: &Moves) {
    for (rep, by) in [(&moves.from, -1), (&moves.to, 1)] {
        let Some(rep) = rep else { continue };
        let held = open.entry(rep.clone()).or_insert(Open { n: 0, since: moves.at });
        spread(days, zone, rep, *held, moves.at);
        *held = Open { n: (held.n + by).max(0), since: moves.at };
        let most = held.n;
        if most > 0 {
            let of_day = days.entry((civil(zone, moves.at).0, rep.clone())).or_default();
            of_day.most = of_day.most.max(most);
        }
    }
}

/// What is held was held in this zone until now, and is in another one from here on.
pub fn settle(open: &mut BTreeMap<RepId, Open>, days: &mut DaysOfReps, zone: Tz, at: Timestamp) {
    for (rep, held) in open {
        spread(days, zone, rep, *held, at);
        held.since = held.since.max(at);
    }
}

/// The date of a local day.
pub fn date(day: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.checked_add(super::EPOCH_DAY)?)
}

/// The local day of a date.
pub fn day_of(date: NaiveDate) -> i32 {
    chrono::Datelike::num_days_from_ce(&date) - super::EPOCH_DAY
}

/// The local day so many days before another.
pub fn before(day: i32, days: u64) -> i32 {
    let then = date(day).and_then(|date| date.checked_sub_days(Days::new(days)));
    then.map_or(i32::MIN, |date| chrono::Datelike::num_days_from_ce(&date) - super::EPOCH_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_over_a_night_belongs_to_both_days() {
        let zone = Tz::America__New_York;
        // Tuesday 2026-03-03, 22:00 in New York, for three hours; two conversations.
        let from = Timestamp::from_millis(1_772_593_200_000);
        let (mut open, mut days, rep) = (BTreeMap::new(), DaysOfReps::new(), RepId::from("maya"));
        let comes = |at| Moves { at, from: None, to: Some(rep.clone()) };
        take_in(&mut open, &mut days, zone, &comes(from));
        take_in(&mut open, &mut days, zone, &comes(from));
        let until = from + crate::domain::time::Span::minutes(180);
        take_in(&mut open, &mut days, zone, &Moves { at: until, from: Some(rep.clone()), to: None });
        let (tuesday, _) = civil(zone, from);
        let hour = 3_600_000;
        let held = |day| days.get(&(day, rep.clone())).map(|d: &LoadDay| (d.open_ms, d.most));
        assert_eq!(held(tuesday), Some((4 * hour, 2)));
        assert_eq!(held(tuesday + 1), Some((2 * hour, 2)));
        assert_eq!(date(tuesday).unwrap().to_string(), "2026-03-03");
        assert_eq!(before(tuesday, 3), tuesday - 3);
    }

    #[test]
    fn what_is_held_while_the_zone_changes_belongs_to_the_days_of_both() {
        let (new_york, tokyo) = (Tz::America__New_York, Tz::Asia__Tokyo);
        // Tuesday 2026-03-03, 8:00 in New York: 22:00 in Tokyo. Two hours later the zone is that of Tokyo, for three
        // hours.
        let from = Timestamp::from_millis(1_772_542_800_000);
        let hours = |n: i64| crate::domain::time::Span::minutes(60 * n);
        let (mut open, mut days, rep) = (BTreeMap::new(), DaysOfReps::new(), RepId::from("maya"));
        take_in(&mut open, &mut days, new_york, &Moves { at: from, from: None, to: Some(rep.clone()) });
        settle(&mut open, &mut days, new_york, from + hours(2));
        let gone = Moves { at: from + hours(5), from: Some(rep.clone()), to: None };
        take_in(&mut open, &mut days, tokyo, &gone);
        let (tuesday, _) = civil(new_york, from);
        let held = |day| days.get(&(day, rep.clone())).map(|d: &LoadDay| d.open_ms / 3_600_000);
        assert_eq!((held(tuesday), held(tuesday + 1), days.len()), (Some(2), Some(3), 2));
    }
}
