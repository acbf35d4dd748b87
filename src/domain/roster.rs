//! Who is here and who is away, who has whose shift by an override, and whose turn it is in each pool: what is true of
//! the people, whatever they hold.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::contact::Body;
use super::event::Event;
use super::id::{OverrideId, RepId, ScheduleId, TeamId};
use super::oncall::Override;
use super::ownership::turn::Turns;
use super::playbook::Playbook;
use super::time::{Span, Timestamp};

/// Overrides and absences that ended longer ago are forgotten here; the journal keeps them.
const KEPT: Span = Span::minutes(31 * 24 * 60);

/// Everybody's standing, as state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Who is away, and since when.
    pub away: BTreeMap<RepId, Timestamp>,
    /// What is known of an absence besides when it began.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absences: BTreeMap<RepId, Absence>,
    /// When somebody was away last, now that they are back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub returned: BTreeMap<RepId, Returned>,
    /// Who has a shift whatever the layers say, from the earliest made to the latest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<ScheduleId, Vec<Override>>,
    /// When an override was last made or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shifts_changed: Option<Timestamp>,
    /// Whose turn it is, by pool.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub turns: BTreeMap<TeamId, Turns>,
}

/// What is known of an absence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Nobody said so: no device of theirs was seen for a while in hours. It ends when one is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
    /// What whoever covers should know. Words of a person: they stand here, erasable, and only their digest in the
    /// journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Body>,
}

/// An absence that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// When it began.
    pub since: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// What whoever covered should have known: words of a person, erasable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Body>,
}

impl Roster {
    /// A roster of people who are away since these instants, and nothing else.
    pub fn of_away(away: impl IntoIterator<Item = (RepId, Timestamp)>) -> Self {
        Self { away: away.into_iter().collect(), ..Self::default() }
    }

    /// Takes in one fact.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what happened to conversations is no fact about people")]
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Presence { rep, away: true, until, unseen, .. } => {
                self.away.entry(rep.clone()).or_insert(at);
                let note = self.absences.remove(rep).and_then(|absence| absence.note);
                let absence = Absence { until: *until, unseen: *unseen, note };
                if absence != Absence::default() {
                    self.absences.insert(rep.clone(), absence);
                }
            }
            Event::Presence { rep, away: false, .. } => {
                if let Some(since) = self.away.remove(rep) {
                    self.returned.retain(|_, last| last.at > at - KEPT);
                    let note = self.absences.get(rep).and_then(|absence| absence.note.clone());
                    self.returned.insert(rep.clone(), Returned { since, at, note });
                }
                self.absences.remove(rep);
            }
            Event::Overridden { schedule, shift } => {
                self.shifts_changed = Some(at);
                let all = self.overrides.entry(schedule.clone()).or_default();
                all.retain(|o| o.to > at - KEPT);
                // One that is made anew keeps its place among the others, and what of it is over stays as it was.
                match all.iter().rposition(|o| o.id == shift.id) {
                    Some(place) => {
                        let known = std::mem::replace(&mut all[place], shift.clone());
                        if known.from < at && known.from < shift.from {
                            all.insert(place, Override { to: known.to.min(at), ..known });
                        }
                    }
                    None => all.push(shift.clone()),
                }
            }
            Event::OverrideDropped { schedule, id } => {
                self.shifts_changed = Some(at);
                if let Some(all) = self.overrides.get_mut(schedule) {
                    all.retain(|o| o.id != *id || o.from < at);
                    for over in all.iter_mut().filter(|o| o.id == *id) {
                        over.to = over.to.min(at);
                    }
                    if all.is_empty() {
                        self.overrides.remove(schedule);
                    }
                }
            }
            Event::TurnPassed { pool, rep, weight } => {
                self.turns.entry(pool.clone()).or_default().passed(rep, *weight);
            }
            _ => {}
        }
    }

    /// Sets the words of a cover note beside the absence that a fact began. Without an absence there is nothing to
    /// cover, and nothing is kept.
    pub fn set_note(&mut self, rep: &RepId, note: Body) {
        if self.away.contains_key(rep) {
            self.absences.entry(rep.clone()).or_default().note = Some(note).filter(|note| !note.is_blank());
        }
    }

    /// Whether somebody can be asked: in the playbook, not gone for good, and not away.
    pub fn is_here(&self, playbook: &Playbook, rep: &RepId) -> bool {
        playbook.is_active(rep) && !self.away.contains_key(rep)
    }

    /// Whether somebody is away, and as far as it is known still will be then.
    pub fn is_away_at(&self, rep: &RepId, at: Timestamp) -> bool {
        let until = self.absences.get(rep).and_then(|absence| absence.until);
        self.away.contains_key(rep) && until.is_none_or(|until| until > at)
    }

    /// What was said about somebody's absence.
    pub fn absence(&self, rep: &RepId) -> Option<&Absence> {
        self.absences.get(rep)
    }

    /// Overrides of a schedule, from the earliest made to the latest.
    pub fn overrides_of(&self, schedule: &ScheduleId) -> &[Override] {
        self.overrides.get(schedule).map_or(&[], Vec::as_slice)
    }

    /// The override with this id, and its schedule; of one that was made anew, the part that is not over.
    pub fn override_of(&self, id: OverrideId) -> Option<(&ScheduleId, &Override)> {
        self.overrides.iter().find_map(|(schedule, all)| Some((schedule, all.iter().rev().find(|o| o.id == id)?)))
    }

    /// Absences that have ended by themselves at `now`.
    pub fn ended(&self, now: Timestamp) -> BTreeSet<&RepId> {
        let ended = self.absences.iter().filter(|(_, absence)| absence.until.is_some_and(|until| until <= now));
        ended.map(|(rep, _)| rep).collect()
    }

    /// When the next absence ends by itself.
    pub fn next_return(&self) -> Option<Timestamp> {
        self.absences.values().filter_map(|absence| absence.until).min()
    }
}
