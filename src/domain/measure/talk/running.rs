//! A reply whose clock runs, or ran.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{MOST_ASKED, is_not};
use crate::domain::id::{MessageId, RepId};
use crate::domain::measure::civil;
use crate::domain::measure::fold::Policies;
use crate::domain::measure::gap::{Cause, Gap};
use crate::domain::measure::reply::Asked;
use crate::domain::playbook::Playbook;
use crate::domain::routing::{Because, Holder, Reason};
use crate::domain::sla::{Clock, Response};
use crate::domain::time::Timestamp;

/// A reply whose clock runs, or ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub(super) seq: u64,
    pub(super) received: Timestamp,
    pub(super) response: Response,
    pub(super) cohort: String,
    pub(super) due: Timestamp,
    pub(super) playbook: u32,
    /// Somebody had it when the buyer wrote.
    #[serde(default, skip_serializing_if = "is_not")]
    pub(in crate::domain::measure) had: bool,
    /// What had met its clock failed.
    #[serde(default, skip_serializing_if = "is_not")]
    pub(in crate::domain::measure) failed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::domain::measure) offered: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::domain::measure) taken: Option<Timestamp>,
    #[serde(default)]
    pub(super) climbs: u8,
    #[serde(default)]
    pub(super) steps: u16,
    #[serde(default)]
    pub(in crate::domain::measure) gaps: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) asked: Vec<Asked>,
    /// Since it fell due: why, and who had it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) breach: Option<(Cause, Option<RepId>)>,
    /// The same, as it stood when it was due: an answer that waited was put away later, before anything said that it
    /// fell due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<(Cause, Option<RepId>)>,
    /// The entry by which it last ran again, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rearmed: Option<(u64, Timestamp)>,
    /// Once it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<End>,
}

/// How a clock stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) at: Timestamp,
    /// Who answered; nobody when no answer was needed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<RepId>,
    pub(super) answered: bool,
    /// The text that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<MessageId>,
}

/// Why somebody was asked, in a few words.
pub(super) fn how(because: &Because) -> String {
    match &because.reason {
        Reason::Owner(_) => "owner".to_owned(),
        Reason::Step(who) | Reason::Unowned(who) => who.words(),
        Reason::SentOn(webhook) => format!("answered by the program behind {webhook}"),
        Reason::Person(_) => "handed over".to_owned(),
        Reason::Took | Reason::TookElsewhere(_) => "took it".to_owned(),
        Reason::Returned(_) => "back from being away".to_owned(),
        Reason::InPlaceOf(_) => "in place of whoever left".to_owned(),
    }
}

impl Running {
    pub(super) fn new(seq: u64, clock: &Clock) -> Self {
        Self {
            seq,
            received: clock.started,
            response: clock.response,
            cohort: clock.cohort.clone(),
            due: clock.due,
            playbook: clock.playbook,
            had: false,
            failed: false,
            offered: None,
            taken: None,
            climbs: 0,
            steps: 0,
            gaps: 0,
            asked: Vec::new(),
            breach: None,
            was: None,
            rearmed: None,
            end: None,
        }
    }

    /// The local day that it counts on: by the policy that its clock runs by.
    pub(super) fn day(&self, policies: &dyn Policies) -> i32 {
        civil(policies.of(self.playbook).map_or(Tz::UTC, Playbook::zone), self.received).0
    }

    pub(super) fn ask(&mut self, asked: Asked) {
        if self.asked.len() < MOST_ASKED {
            self.asked.push(asked);
        }
    }

    pub(super) fn offer(&mut self, at: Timestamp, to: &Holder, step: Option<u8>, because: &Because) {
        self.had = false;
        self.offered = self.offered.or(Some(at));
        let gaps = because.passed.iter().filter_map(Gap::of).fold(0, |all, gap| all | gap.bit());
        self.gaps |= gaps;
        if let Some(step) = step {
            self.steps |= 1_u16.checked_shl(step.into()).unwrap_or(1 << 15);
        }
        self.ask(Asked { at, to: to.clone(), step, how: how(because), took: None, left: None, gaps });
    }
}
