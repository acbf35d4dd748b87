//! One reply that asked for an answer, from the text to whatever became of it.

use serde::{Deserialize, Serialize};

use super::gap::Cause;
use crate::domain::event::Review;
use crate::domain::id::{ConversationId, LineId, NumberId, RepId, TeamId};
use crate::domain::routing::Holder;
use crate::domain::sla::Response;
use crate::domain::time::Timestamp;

/// A clocked reply as far as it is known. A burst of texts shares one clock and is one reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The entry that started its clock: what it is known by.
    pub seq: u64,
    /// Where.
    pub conversation: ConversationId,
    /// Whose number.
    pub number: NumberId,
    /// To which of our numbers.
    pub line: LineId,
    /// Whose pool and lead.
    pub team: TeamId,
    /// What it was about.
    pub use_case: String,
    /// The class that set its target.
    pub cohort: String,
    /// First answer of the conversation, or a later one.
    pub response: Response,
    /// Who was accountable.
    pub owner: Option<RepId>,
    /// Who had it in the end, or has it now.
    pub holder: Option<Holder>,
    /// Whose text, call or mail answered it.
    pub answered_by: Option<RepId>,
    /// Whose it counts as: who answered, when that was in time; else who had it when it fell due, else its owner.
    pub rep: Option<RepId>,
    /// When the buyer wrote.
    pub received: Timestamp,
    /// When somebody was asked first.
    pub offered: Option<Timestamp>,
    /// When somebody first took it.
    pub taken: Option<Timestamp>,
    /// When the answer had to have left.
    pub due: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub standing: Standing,
    /// From the text to the answer; nothing until there is one.
    pub spent: Option<Spent>,
    /// From the first offer to the first take; nothing when it was had already, or nobody took it.
    pub waited: Option<Spent>,
    /// The local day of the text, from 1970-01-01, in the company's zone, as all days are.
    pub day: i32,
    /// Its hour of the week, from Monday 0:00, in the zone of the cohort's hours.
    pub hour: u8,
    /// How often it moved up its ladder.
    pub climbs: u8,
    /// The steps of the ladder it stood on, a bit each.
    pub steps: u16,
    /// Where nobody was there, a bit each: see [`super::Gap::bit`].
    pub gaps: u8,
    /// Why it was late.
    pub cause: Option<Cause>,
    /// The policy that set its target.
    pub playbook: u32,
    /// Who was asked, in order: the first [`super::talk::MOST_ASKED`].
    pub asked: Vec<Asked>,
}

/// A length in time on the wall and in open time of the hours its clock ran in, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// On the wall.
    pub wall: i64,
    /// In open time.
    pub business: i64,
}

/// How a reply stands to its due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits, and there is time.
    Running,
    /// Answered in time.
    InTime,
    /// Answered, late.
    Late,
    /// Past due, and still not answered.
    Overdue,
    /// No answer was needed any more, and there was time.
    Dropped,
    /// No answer was needed any more, but it had fallen due before.
    DroppedLate,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::InTime, Self::Late, Self::Overdue, Self::Dropped, Self::DroppedLate];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::InTime => "in_time",
            Self::Late => "late",
            Self::Overdue => "overdue",
            Self::Dropped => "dropped",
            Self::DroppedLate => "dropped_late",
        }
    }

    /// The standing with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }

    /// Whether it fell due unanswered: a breach, whatever came after.
    pub const fn is_missed(self) -> bool {
        matches!(self, Self::Late | Self::Overdue | Self::DroppedLate)
    }
}

/// Somebody was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub to: Holder,
    /// Which step of the ladder, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    /// Why they were: `owner`, `backup`, `on call`, `handed over`.
    pub how: String,
    /// When they took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<Timestamp>,
    /// Why it left them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// Where nobody was on the way to them, a bit each.
    #[serde(default, skip_serializing_if = "is_none")]
    pub gaps: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_none(gaps: &u8) -> bool {
    *gaps == 0
}

/// Where an answer stands that has not left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draft {
    /// It waits out its undo time.
    Held,
    /// Until the hours open where the buyer is.
    Window,
    /// Until the time its rep chose.
    Chosen,
    /// For somebody's eye.
    Parked(Vec<Review>),
    /// The carrier may have it.
    Sending,
}
