//! What can be asked of policies beside the one in force.

use serde::{Deserialize, Serialize};

use super::PlaybookChange;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;

/// What becomes of a policy beside the one in force.
#[derive(Clone, Debug)]
pub enum BesideChange {
    /// It comes into force at an instant, in place of one that waits.
    Wait {
        /// The version, and who wants it.
        change: PlaybookChange,
        /// When.
        from: Timestamp,
    },
    /// What waits will not come into force.
    Cancel {
        /// Who takes it back.
        by: Option<String>,
        /// Why.
        why: Option<String>,
    },
    /// What waits comes into force now, if its time has come.
    Due {
        /// The entry that made it wait: another one is another version.
        seq: u64,
        /// What is wrong with it: then the one in force stays.
        wrong: Option<String>,
    },
    /// It decides every reply beside the one in force, and changes nothing.
    Shadow(PlaybookChange),
    /// It does so no longer.
    EndShadow {
        /// Who ends it.
        by: Option<String>,
    },
    /// Every running clock was looked at after a change.
    Recomputed,
}

/// A version that waits, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitingPolicy {
    /// The policy.
    pub playbook: Playbook,
    /// Who wants it.
    pub by: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// Whether running clocks get new due times then.
    #[serde(default)]
    pub recompute: bool,
}
