//! Respond: which clock runs, and when is it due? A burst of texts shares one clock; only a person's answer meets it.

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::conversation::Conversation;
use super::decide::{Decided, Draft};
use super::event::Event;
use super::playbook::{Cohort, Playbook};
use super::time::Timestamp;
use super::use_case;

/// A running clock: instants decided when it started, in open time of its calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// First or next response.
    pub response: Response,
    /// The cohort that set the target.
    pub cohort: String,
    /// When the buyer's text came.
    pub started: Timestamp,
    /// When the warning comes.
    pub warn: Timestamp,
    /// When the answer must have left.
    pub due: Timestamp,
    /// How far it is.
    pub stage: Stage,
    /// The playbook's version that set the target.
    pub playbook: u32,
}

/// Which answer a clock waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The first one of a conversation.
    First,
    /// Any later one.
    Next,
}

/// How far a clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// There is time.
    Running,
    /// The warning came.
    Warned,
    /// The due time passed.
    Breached,
}

impl Clock {
    /// The next instant at which something happens to it.
    pub fn next(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Running => Some(self.warn.min(self.due)),
            Stage::Warned => Some(self.due),
            Stage::Breached => None,
        }
    }
}

/// The class by which an answer is due: the one that set the running clock, which keeps it whatever the CRM says later of the
/// deal; without a clock the one that the conversation is of now.
pub fn class(c: &Conversation) -> &str {
    c.clock.as_ref().map_or(c.cohort.as_str(), |clock| clock.cohort.as_str())
}

/// A running clock follows the targets of the policy in force: as if they had held when the buyer wrote. One that is
/// breached stays so, and a cohort that is no more is looked for anew.
pub(super) fn recompute(mut d: Draft, world: &ReadSet<'_>) -> Decided {
    let Some(old) = d.c.clock.clone().filter(|clock| clock.stage != Stage::Breached) else { return d.facts() };
    let playbook = world.playbook;
    let cohort = playbook.cohort(&old.cohort).or_else(|| use_case::cohort(playbook, &d.c.use_case, world.cards));
    let Some(cohort) = cohort else { return d.facts() };
    let new = start(playbook, cohort, old.response, old.started);
    if (new.warn, new.due) != (old.warn, old.due) {
        // A warning that came is not taken back, unless there is time again.
        let stage = if new.warn <= d.now { old.stage } else { Stage::Running };
        d.say(Event::SlaRecomputed { clock: Clock { stage, ..new } });
    }
    d.facts()
}

/// Starts the clock of a cohort for a text that came at `now`. A calendar that never opens again (checked when the
/// playbook is read) counts as always open rather than never due.
pub fn start(playbook: &Playbook, cohort: &Cohort, response: Response, now: Timestamp) -> Clock {
    let target = match response {
        Response::First => cohort.first_response,
        Response::Next => cohort.next_response,
    };
    let calendar = playbook.calendars.get(&cohort.calendar);
    let add = |span| calendar.map_or(Some(now + span), |c| c.add(now, span)).unwrap_or(now + span);
    Clock {
        response,
        cohort: cohort.name.clone(),
        started: now,
        warn: add(target.warn),
        due: add(target.due),
        stage: Stage::Running,
        playbook: playbook.version,
    }
}
