//! Route: who gets it now, and the recorded reason. "Why me?" is answered from the record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asking::heard::Heard;
use super::escalation::Who;
use super::event::Climb;
use super::id::{RepId, TeamId};
use super::ownership::{OwnerSource, inherited};
use super::time::Timestamp;

/// Who holds a conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// One rep.
    Rep(RepId),
    /// Everybody in the team's pool.
    Pool(TeamId),
}

impl Holder {
    /// The rep, when it is one.
    pub const fn rep(&self) -> Option<&RepId> {
        match self {
            Self::Rep(rep) => Some(rep),
            Self::Pool(_) => None,
        }
    }
}

/// A candidate who was passed over, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// A rep's short name, or a step of the ladder.
    pub who: String,
    /// Why not, in words for the rep who asks.
    pub why: String,
}

/// Why a conversation went to its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// The reason.
    pub reason: Reason,
    /// Everybody passed over on the way, in order.
    pub passed: Vec<Passed>,
    /// The playbook's version that decided.
    pub playbook: u32,
    /// Set when it came up the ladder from somebody else: why it left them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climbed: Option<Climb>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_usual(priority: &i32) -> bool {
    *priority == 0
}

/// What a decision looked at besides those it passed over: kept in the journal, not with the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// What the reply was about.
    pub use_case: String,
    /// Its cohort, which named target and ladder.
    pub cohort: String,
    /// How urgent its use case is against others.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub priority: i32,
    /// Stages of the open deals behind the number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// People of the CRM behind the number.
    pub contacts: usize,
    /// Whether the CRM was asked, and answered.
    #[serde(default, skip_serializing_if = "Heard::is_unsure")]
    pub heard: Heard,
    /// Where accounts behind the number are and how large, as territories read it: `US, NY, enterprise`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// How many open conversations the candidates had, and the members of a pool whose turn it was.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loads: BTreeMap<RepId, u32>,
    /// Whether it was within the hours of its cohort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Candidates of later rules, who were not needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Passed>,
}

/// The reason itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The owner, found there.
    Owner(OwnerSource),
    /// A step of the ladder.
    Step(Who),
    /// No owner is known; it took the ladder for unowned replies.
    Unowned(Who),
    /// A person handed it over.
    Person(RepId),
    /// The holder took it.
    Took,
    /// The holder acted on it outside of the inbox.
    TookElsewhere(Door),
    /// The owner is back; this rep covered meanwhile. Nobody when nobody took it.
    Returned(Option<RepId>),
    /// Whoever had it left, and the holder stands in their place.
    InPlaceOf(RepId),
    /// The program behind this webhook answers it: nobody is asked.
    SentOn(String),
}

/// Where somebody acts who is not at the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// The CRM, in which the reply was delivered as a task.
    Crm,
    /// A page, by the same channel.
    Page,
}

impl Reason {
    /// As screens and explanations say it; `name` says what a rep is called.
    pub fn words(&self, name: impl Fn(&RepId) -> String) -> String {
        match self {
            Self::Owner(source) => format!("the owner: {}", source.words()),
            Self::Step(who) => format!("next on the ladder: {}", who.words()),
            Self::Unowned(who) => format!("no owner is known: {}", who.words()),
            Self::Person(rep) => format!("handed over by {}", name(rep)),
            Self::InPlaceOf(rep) => format!("in place of {}, who left", name(rep)),
            Self::SentOn(webhook) => format!("it is answered by the program behind {webhook}, and nobody is asked"),
            Self::Took => "took it".to_owned(),
            Self::TookElsewhere(Door::Crm) => "took it: its task in the CRM is completed".to_owned(),
            Self::TookElsewhere(Door::Page) => "took it by a text back to the page".to_owned(),
            Self::Returned(Some(by)) => format!("back from being away; {} covered", name(by)),
            Self::Returned(None) => "back from being away".to_owned(),
        }
    }
}

impl Because {
    /// The reason for this holder; `name` says what a rep is called.
    pub fn words(&self, holder: Option<&RepId>, name: impl Fn(&RepId) -> String) -> String {
        match (&self.reason, holder) {
            (Reason::Owner(source), Some(owner)) => {
                format!("the owner: {}", inherited::words(*source, owner, &self.passed, name))
            }
            (reason, _) => reason.words(name),
        }
    }

    /// One line for the screen; `name` says what a rep is called, and gives back the words of a step.
    pub fn sentence(&self, holder: Option<&RepId>, name: impl Fn(&RepId) -> String) -> String {
        let reason = self.words(holder, &name);
        match self.passed.last() {
            Some(last) => format!("{reason} ({}: {})", name(&RepId::new(last.who.as_str())), last.why),
            None => reason,
        }
    }
}

/// Who has a conversation now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The holder.
    pub to: Holder,
    /// When the holder acted; until then it is an offer.
    pub taken: Option<Timestamp>,
    /// The step of the ladder it stands on; none when a person chose.
    pub step: Option<u8>,
    /// When the offer passes on to the next step; none on the last one.
    pub expires: Option<Timestamp>,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub because: Because,
}
