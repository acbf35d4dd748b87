//! The schedules of a playbook by name: those written out, and the short form that a team may have.

use chrono_tz::Tz;

use super::{FinalSchedule, Rotation};
use crate::domain::conversation::Conversation;
use crate::domain::escalation::{Step, Who};
use crate::domain::id::{ScheduleId, TeamId};
use crate::domain::playbook::Playbook;
use crate::domain::roster::Roster;

/// A schedule with its name. A team's short form goes by the name of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Its name.
    pub id: ScheduleId,
    /// As people say it.
    pub label: &'a str,
    /// The team whose ladders ask it.
    pub team: Option<&'a TeamId>,
    /// The zone in which people read it.
    pub zone: Tz,
    /// From the lowest to the one that wins over all others.
    pub layers: &'a [Rotation],
}

/// Every schedule there is.
pub fn plans(playbook: &Playbook) -> Vec<Plan<'_>> {
    let written = playbook.schedules.iter().map(|(id, s)| Plan {
        id: id.clone(),
        label: &s.label,
        team: s.team.as_ref(),
        zone: s.zone,
        layers: &s.layers,
    });
    let short = playbook.teams.iter().filter_map(|(id, team)| {
        let rotation = team.on_call.as_ref()?;
        let (name, layers) = (ScheduleId::new(id.as_str()), std::slice::from_ref(rotation));
        Some(Plan { id: name, label: &team.label, team: Some(id), zone: rotation.zone, layers })
    });
    written.chain(short).collect()
}

/// The schedule with this name.
pub fn plan<'a>(playbook: &'a Playbook, id: &ScheduleId) -> Option<Plan<'a>> {
    plans(playbook).into_iter().find(|plan| plan.id == *id)
}

/// Who is on call for this team: its own rotation, or the schedule that names it.
pub fn of_team<'a>(playbook: &'a Playbook, team: &TeamId) -> Option<Plan<'a>> {
    let mut all: Vec<Plan<'a>> = plans(playbook).into_iter().filter(|plan| plan.team == Some(team)).collect();
    let own = all.iter().position(|plan| plan.id.as_str() == team.as_str()).unwrap_or(0);
    (own < all.len()).then(|| all.swap_remove(own))
}

impl<'a> Plan<'a> {
    /// Whether it is the one by which a team is on call.
    pub fn is_of_team(&self, playbook: &Playbook) -> bool {
        self.team.and_then(|team| of_team(playbook, team)).is_some_and(|plan| plan.id == self.id)
    }

    /// Whether whoever is on call by it may be asked about this conversation: it is its team's, or a step of its ladder.
    pub fn answers_for(&self, playbook: &Playbook, c: &Conversation) -> bool {
        let ladder = playbook.cohort(&c.cohort).and_then(|cohort| playbook.ladders.get(&cohort.ladder));
        let asks = |step: &Step| matches!(&step.who, Who::Schedule(id) if *id == self.id);
        (self.team == Some(&c.team) && self.is_of_team(playbook)) || ladder.is_some_and(|l| l.steps.iter().any(asks))
    }

    /// With the overrides of the roster on top: what everybody goes by.
    pub fn with(&self, roster: &'a Roster) -> FinalSchedule<'a> {
        FinalSchedule { layers: self.layers, overrides: roster.overrides_of(&self.id) }
    }

    /// As the layers alone say it.
    pub fn alone(&self) -> FinalSchedule<'a> {
        FinalSchedule { layers: self.layers, overrides: &[] }
    }
}
