//! People who take turns, and the instants at which the turns change.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domain::hours::{Calendar, instant};
use crate::domain::id::RepId;
use crate::domain::time::Timestamp;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// People who take turns: one layer of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// As people say it: "weekends". Empty in a team's short form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// In order of turns; a turn may hold nobody. Empty means nobody is ever on call.
    pub reps: Vec<Option<RepId>>,
    /// The local day of the first hand-off. Turns of seven days change on its weekday.
    pub since: NaiveDate,
    /// Local minute of the day at which turns change.
    pub hand_off: u16,
    /// How long a turn is, by the clock on the wall.
    #[serde(flatten)]
    pub length: Length,
    /// The zone of the hand-off.
    pub zone: Tz,
    /// The hours in which this rotation has anybody at all, holidays among them; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Calendar>,
}

/// How long a turn is. Nothing counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// From a hand-off to the same wall time so many days later.
    Days(u32),
    /// So many hours by the wall clock: turns of 12 hours that change at 9:00 and 21:00 still do so in summer.
    Hours(u32),
}

impl Length {
    fn millis(self) -> i64 {
        match self {
            Self::Days(days) => i64::from(days.max(1)) * DAY,
            Self::Hours(hours) => i64::from(hours.max(1)) * HOUR,
        }
    }
}

/// A stretch in which one person has this rotation, in milliseconds since the epoch.
pub(super) struct Turn<'a> {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) rep: &'a RepId,
}

impl Rotation {
    /// Who is on call at `at`; nobody before the first hand-off, in an empty turn, or outside this rotation's hours.
    pub fn at(&self, at: Timestamp) -> Option<&RepId> {
        if self.only.as_ref().is_some_and(|hours| !hours.is_open(at)) {
            return None;
        }
        self.rep_of(self.turn(at.millis())?)
    }

    /// Who has it when in `[from, to)`: in order, disjoint, stretches with nobody left out. The caller keeps the range
    /// within [`super::MAX_DAYS`].
    pub(super) fn turns(&self, from: Timestamp, to: Timestamp) -> Vec<Turn<'_>> {
        let turns = self.unrestricted(from.millis(), to.millis());
        let Some(hours) = &self.only else { return turns };
        let open: Vec<(i64, i64)> = hours.open_between(from, to).collect();
        let (mut turn, mut window, mut told) = (0, 0, Vec::new());
        while let (Some(t), Some((opens, closes))) = (turns.get(turn), open.get(window)) {
            let (from, to) = (t.from.max(*opens), t.to.min(*closes));
            if from < to {
                told.push(Turn { from, to, rep: t.rep });
            }
            if t.to <= *closes { turn += 1 } else { window += 1 }
        }
        told
    }

    /// The turns of `[from, to)` that hold somebody, whatever the hours.
    fn unrestricted(&self, from: i64, to: i64) -> Vec<Turn<'_>> {
        let Some(last) = self.last_before(to) else { return Vec::new() };
        let first = self.turn(from).unwrap_or(0);
        // Where the clock skips more than a turn, an earlier hand-off may come after a later one: the later turn has
        // it then. Read backwards, a turn ends where the first of all later ones begins.
        let (mut end, mut turns) = (to, Vec::new());
        for turn in (first..=last).rev() {
            let Some(begin) = self.begins(turn).map(|begin| begin.max(from)) else { continue };
            if begin < end {
                turns.extend(self.rep_of(turn).map(|rep| Turn { from: begin, to: end, rep }));
                end = begin;
            }
        }
        turns.reverse();
        turns
    }

    /// The turn that has it: the last one whose hand-off has come.
    fn turn(&self, at: i64) -> Option<i64> {
        (0..=self.last_before(at)?).rev().find(|turn| self.begins(*turn).is_some_and(|begin| begin <= at))
    }

    /// The last turn that may have begun by `at`. An offset is under a day, so a hand-off is within a day of what its
    /// wall time would be in UTC; one more than a day before `at` has surely come, which keeps every search short.
    fn last_before(&self, at: i64) -> Option<i64> {
        let first = self.first()?.and_utc().timestamp_millis();
        let passed = at.checked_add(DAY)?.checked_sub(first)?;
        (passed >= 0).then(|| passed / self.length.millis())
    }

    /// The wall time of the first hand-off.
    fn first(&self) -> Option<NaiveDateTime> {
        self.since.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::minutes(self.hand_off.into()))
    }

    /// The instant at which a turn begins, by the same rules as opening hours: a hand-off inside a gap moves on by the
    /// length of the gap, one in a fold is the first, and one on a skipped day is at the same time of the next.
    fn begins(&self, turn: i64) -> Option<i64> {
        let passed = TimeDelta::try_milliseconds(turn.checked_mul(self.length.millis())?)?;
        instant(self.zone, self.first()?.checked_add_signed(passed)?).map(|(at, _)| at)
    }

    fn rep_of(&self, turn: i64) -> Option<&RepId> {
        let people = i64::try_from(self.reps.len()).ok().filter(|people| *people > 0)?;
        self.reps.get(usize::try_from(turn % people).ok()?)?.as_ref()
    }
}
