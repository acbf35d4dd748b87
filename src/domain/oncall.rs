//! Who is on call at an instant, who was, and who will be.
//!
//! A schedule is made of layers, each a [`Rotation`]; overrides lie on top. The rules, each with a test:
//!
//! * where several layers have somebody, the **later layer** has it, and where it has nobody the earlier ones show
//!   through (the order of `PagerDuty`'s layers, whose word "final schedule" we keep);
//! * an override wins over every layer, a later override over an earlier one; "nobody" is an answer like any other, and
//!   no layer shows through it;
//! * turns change by the clock on the wall of the rotation's zone: a 9:00 hand-off stays at 9:00 when the clocks change;
//!   a hand-off inside a DST gap moves on by the length of the gap, one in a fold is the first of the two, and a turn
//!   that a skipped day swallows has no length;
//! * a rotation's hours and holidays follow the rules of opening hours ([`super::hours`]): a night belongs to the day it
//!   opens, so a holiday takes the night that begins on it and leaves the morning that ends on it;
//! * turns pass whether or not anybody is asked: a rotation of weekends counts weeks, not weekends worked.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::id::{OverrideId, RepId, TeamId};
use super::rejection::Rejection;
use super::time::{Span, Timestamp};

mod plan;
mod rotation;
mod timeline;

pub use plan::{Plan, of_team, plan, plans};
pub use rotation::{Length, Rotation};
use timeline::{Stretch, timeline};

/// How many days one question may be about (ten years); what lies beyond is not looked at, so that a hostile number
/// costs milliseconds, not minutes.
pub const MAX_DAYS: u32 = 3650;

/// How far ahead an override may end: two years. What lies beyond is a slip of the hand.
pub const FAR: Span = Span::minutes(2 * 366 * 24 * 60);

/// How many days a search for a hand-off goes on.
pub const MAX_QUIET_DAYS: u32 = 400;

/// Who is on call, when: rotations in layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// As people say it.
    pub label: String,
    /// The team whose ladders ask this schedule when they ask who is on call.
    pub team: Option<TeamId>,
    /// The zone in which people read it; each layer has its own hand-offs.
    pub zone: chrono_tz::Tz,
    /// From the lowest to the one that wins over all others.
    pub layers: Vec<Rotation>,
}

/// Somebody has it for a time, whatever the layers say. It carries decided numbers: another playbook does not move it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its name in the record.
    pub id: OverrideId,
    /// Who has it; none means that nobody is on call.
    pub rep: Option<RepId>,
    /// From when on.
    pub from: Timestamp,
    /// Until when; the end itself is not part of it. One that ends before it begins changes nothing.
    pub to: Timestamp,
}

/// Layers with the overrides on top: what everybody goes by.
#[derive(Clone, Copy, Debug)]
pub struct FinalSchedule<'a> {
    /// From the lowest to the one that wins over all others.
    pub layers: &'a [Rotation],
    /// From the earliest made to the latest, which wins over all others.
    pub overrides: &'a [Override],
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// An override.
    Override(OverrideId),
    /// This layer of the schedule, counted from 0.
    Layer(usize),
    /// No layer has anybody.
    Nobody,
}

/// The answer for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnCall<'a> {
    /// Who is on call.
    pub rep: Option<&'a RepId>,
    /// What that rests on.
    pub why: Why,
}

/// A stretch in which one person is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Who.
    pub rep: RepId,
    /// From when on.
    pub from: Timestamp,
    /// Until when; the end itself is not part of it.
    pub to: Timestamp,
    /// What it rests on, each once, in the order of time.
    pub why: Vec<Why>,
}

/// A stretch in which nobody is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// From when on.
    pub from: Timestamp,
    /// Until when; the end itself is not part of it.
    pub to: Timestamp,
    /// What it rests on, each once, in the order of time: no layer, or overrides.
    pub why: Vec<Why>,
}

/// One person, or nobody, gives to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOff {
    /// When.
    pub at: Timestamp,
    /// Who was on call until then.
    pub gives: Option<RepId>,
    /// Who is on call from then on.
    pub takes: Option<RepId>,
}

/// Why two shifts cannot be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASwap {
    /// Both are the same one.
    #[error("both times lie in one shift, so there is nothing to exchange")]
    OneShift,
    /// Both are the same person's.
    #[error("both shifts are the same person's, so nothing would change")]
    SamePerson,
    /// They share time.
    #[error("the two shifts overlap, so one person would be on call twice at once")]
    Overlap,
    /// One ends before it begins.
    #[error("a shift must end after it begins")]
    NoLength,
}

impl Schedule {
    /// This schedule with its overrides on top.
    pub fn with<'a>(&'a self, overrides: &'a [Override]) -> FinalSchedule<'a> {
        FinalSchedule { layers: &self.layers, overrides }
    }
}

impl Override {
    /// Whether it can be made at `now`, or what its times are refused for. Who may make it is another question.
    pub fn possible(&self, now: Timestamp) -> Result<(), Rejection> {
        if self.to <= self.from {
            return Err(Rejection::NoSuchShift { why: "a shift must end after it begins".to_owned() });
        }
        if self.to <= now {
            return Err(Rejection::InThePast);
        }
        if self.to > now + FAR {
            return Err(Rejection::NoSuchShift { why: "that is more than two years away".to_owned() });
        }
        Ok(())
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// Exchanges two shifts: each takes the other's. A swap is nothing but these two overrides, in the order of the shifts.
pub fn swap(ids: [OverrideId; 2], one: &Shift, other: &Shift) -> Result<[Override; 2], NotASwap> {
    if one.from >= one.to || other.from >= other.to {
        return Err(NotASwap::NoLength);
    }
    if (&one.rep, one.from, one.to) == (&other.rep, other.from, other.to) {
        return Err(NotASwap::OneShift);
    }
    if one.rep == other.rep {
        return Err(NotASwap::SamePerson);
    }
    if one.from < other.to && other.from < one.to {
        return Err(NotASwap::Overlap);
    }
    let [first, second] = ids;
    Ok([
        Override { id: first, rep: Some(other.rep.clone()), from: one.from, to: one.to },
        Override { id: second, rep: Some(one.rep.clone()), from: other.from, to: other.to },
    ])
}

impl<'a> FinalSchedule<'a> {
    /// Who is on call at `at`, and what that rests on.
    pub fn at(self, at: Timestamp) -> OnCall<'a> {
        if let Some(o) = self.overrides.iter().rev().find(|o| o.holds(at)) {
            return OnCall { rep: o.rep.as_ref(), why: Why::Override(o.id) };
        }
        let mut layers = self.layers.iter().enumerate().rev();
        layers
            .find_map(|(layer, rotation)| Some(OnCall { rep: Some(rotation.at(at)?), why: Why::Layer(layer) }))
            .unwrap_or(OnCall { rep: None, why: Why::Nobody })
    }

    /// Who is on call when in `[from, to)`: in order and disjoint; what touches and is the same person's is one shift.
    /// What lies outside is cut off, and so is what lies more than [`MAX_DAYS`] after `from`.
    pub fn shifts(self, from: Timestamp, to: Timestamp) -> Vec<Shift> {
        let joined = joined(self.stretches(from, to)).into_iter();
        joined.filter_map(|j| Some(Shift { rep: j.rep?.clone(), from: j.from, to: j.to, why: j.why })).collect()
    }

    /// The whole shift that `at` lies in; none when nobody is on call then. Looks [`MAX_QUIET_DAYS`] either way, and cuts
    /// what is longer.
    pub fn shift_at(self, at: Timestamp) -> Option<Shift> {
        let at = Timestamp::from_millis(at.millis());
        // Mostly it is days long: look near first.
        for days in [8, 64, MAX_QUIET_DAYS] {
            let (from, to) = (at - whole_days(days), at + whole_days(days));
            let shift = self.shifts(from, to).into_iter().find(|shift| shift.from <= at && at < shift.to)?;
            if days == MAX_QUIET_DAYS || (from < shift.from && shift.to < to) {
                return Some(shift);
            }
        }
        None
    }

    /// When nobody is on call in `[from, to)`, in order, disjoint and not touching; cut off as [`Self::shifts`] are.
    pub fn gaps(self, from: Timestamp, to: Timestamp) -> Vec<Gap> {
        let joined = joined(self.stretches(from, to)).into_iter();
        joined.filter(|j| j.rep.is_none()).map(|j| Gap { from: j.from, to: j.to, why: j.why }).collect()
    }

    /// The next instant after `after` at which somebody else is on call, or nobody any more; none when nothing changes
    /// within [`MAX_QUIET_DAYS`].
    pub fn next_hand_off(self, after: Timestamp) -> Option<HandOff> {
        let after = Timestamp::from_millis(after.millis());
        let gives = self.at(after).rep;
        // Mostly it is days away: look near first.
        let (mut from, mut days) = (after, 8);
        let end = after + whole_days(MAX_QUIET_DAYS);
        while from < end {
            let to = (from + whole_days(days)).min(end);
            if let Some(next) = self.stretches(from, to).iter().find(|s| s.rep != gives) {
                let at = Timestamp::from_millis(next.from);
                return Some(HandOff { at, gives: gives.cloned(), takes: next.rep.cloned() });
            }
            (from, days) = (to, days * 2);
        }
        None
    }

    /// Who had it last before `at`, however long nobody did in between; none when nobody did within [`MAX_QUIET_DAYS`].
    pub fn last_before(self, at: Timestamp) -> Option<RepId> {
        let at = Timestamp::from_millis(at.millis());
        // Mostly it is a moment ago: look near first.
        let mut near = [1, 8, 64, MAX_QUIET_DAYS].into_iter();
        near.find_map(|days| self.shifts(at - whole_days(days), at).pop()).map(|shift| shift.rep)
    }

    fn stretches(self, from: Timestamp, to: Timestamp) -> Vec<Stretch<'a>> {
        // A stored number may be out of range: serde does not clamp.
        let (from, to) = (Timestamp::from_millis(from.millis()), Timestamp::from_millis(to.millis()));
        timeline(self, from, to.min(from + whole_days(MAX_DAYS)))
    }
}

fn whole_days(days: u32) -> Span {
    Span::minutes(i64::from(days) * 24 * 60)
}

/// Touching stretches with the same answer as one.
struct Joined<'a> {
    rep: Option<&'a RepId>,
    from: Timestamp,
    to: Timestamp,
    why: Vec<Why>,
}

fn joined(stretches: Vec<Stretch<'_>>) -> Vec<Joined<'_>> {
    let mut joined: Vec<Joined<'_>> = Vec::new();
    let mut told = BTreeSet::new();
    for s in stretches {
        let (from, to) = (Timestamp::from_millis(s.from), Timestamp::from_millis(s.to));
        if let Some(last) = joined.last_mut().filter(|last| last.rep == s.rep) {
            last.to = to;
            last.why.extend(told.insert(s.why).then_some(s.why));
        } else {
            told = [s.why].into();
            joined.push(Joined { rep: s.rep, from, to, why: vec![s.why] });
        }
    }
    joined
}

#[cfg(test)]
mod tests;
