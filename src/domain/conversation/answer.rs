//! One of our texts on its way, and where it stands.

#![allow(missing_docs, reason = "each variant says what its fields, named by the vocabulary, are")]

use serde::{Deserialize, Serialize};

use crate::domain::consent::told::Automatic;
use crate::domain::event::Review;
use crate::domain::id::RepId;
use crate::domain::message::Delivery;
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;

/// One answer on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who wrote it; no name when nobody did.
    pub by: RepId,
    /// The playbook wrote it: it is nobody's answer and meets no clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// What it says then.
    #[serde(default, skip_serializing_if = "Automatic::is_usual")]
    pub what: Automatic,
    /// When it was accepted.
    pub at: Timestamp,
    /// The second person who approved of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<RepId>,
    /// Where it stands.
    pub state: AnswerState,
}

/// Where an answer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    /// It can be taken back until then.
    Held {
        not_before: Timestamp,
        /// What it waits for besides its undo time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<Waits>,
    },
    /// It needs its rep's eye.
    Parked { reasons: Vec<Review> },
    /// The carrier may have it; it is never sent again.
    Sending,
    /// Nobody knows; it is never sent again unless the carrier's list proves that it never left.
    Unknown,
    /// The carrier has it.
    Out { delivery: Delivery, error: Option<u32> },
}

impl AnswerState {
    /// Why it needs somebody's eye; nothing while it does not.
    pub fn reasons(&self) -> &[Review] {
        match self {
            Self::Parked { reasons } => reasons,
            Self::Held { .. } | Self::Sending | Self::Unknown | Self::Out { .. } => &[],
        }
    }

    /// Whether it has not left and may be taken back.
    pub const fn is_waiting(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Parked { .. })
    }

    /// Until when it is held, and whether that is more than its undo time.
    pub const fn held(&self) -> Option<(Timestamp, bool)> {
        match self {
            Self::Held { not_before, waits: Some(Waits::Window | Waits::Chosen) } => Some((*not_before, true)),
            Self::Held { not_before, waits: None | Some(Waits::Overruled) } => Some((*not_before, false)),
            Self::Parked { .. } | Self::Sending | Self::Unknown | Self::Out { .. } => None,
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_settled(&self) -> bool {
        match self {
            Self::Out { delivery, .. } => delivery.rank() >= 4,
            Self::Held { .. } | Self::Parked { .. } | Self::Sending | Self::Unknown => false,
        }
    }
}
