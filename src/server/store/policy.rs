//! What is kept of policies beside the one in force, and what changing one asks of the store.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::StoreError;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::Timestamp;

/// What stands beside the policy in force. At most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A version that comes into force later.
    Waiting,
    /// A version that decides beside the one in force, and changes nothing.
    Shadow,
    /// Running clocks must get the due times of the version in force.
    Recompute,
}

impl Kind {
    /// Its name in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Shadow => "shadow",
            Self::Recompute => "recompute",
        }
    }

    /// By its name in the database.
    pub fn of_key(key: &str) -> Option<Self> {
        [Self::Waiting, Self::Shadow, Self::Recompute].into_iter().find(|kind| kind.key() == key)
    }
}

/// That something stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What.
    pub kind: Kind,
    /// The entry of the journal that put it there: another one is another thing.
    pub seq: u64,
    /// When it is due.
    pub at: Timestamp,
}

/// The thing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands.
    pub mark: Mark,
    /// What it says, as JSON.
    pub body: String,
}

/// What a group wants of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WantsBeside {
    /// The shadow at hand, by the entry that put it there; 0 for none. Another one comes along.
    pub shadow: u64,
    /// Whether the version that waits is wanted.
    pub waiting: bool,
}

/// What a group gets of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadedBeside {
    /// The entry that put the shadow there; 0 when there is none.
    pub shadow_seq: u64,
    /// The shadow, when it is not the one at hand.
    pub shadow: Option<Kept>,
    /// The version that waits, when it was wanted and there is one.
    pub waiting: Option<Kept>,
}

/// Written with a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptWrite {
    /// Put there, in place of what stood there.
    Put(Kept),
    /// Taken away, if it is there.
    Gone(Kind),
}

/// What changing a policy asks.
#[async_trait]
pub trait PolicyStore: Send + Sync + 'static {
    /// The version in force, 0 when there is none: all that is read of a policy to see whether it is another one.
    async fn version_in_force(&self) -> Result<u32, StoreError>;

    /// Everything that stands beside the policy in force.
    async fn marks(&self) -> Result<Vec<Mark>, StoreError>;

    /// One of them, whole.
    async fn kept(&self, kind: Kind) -> Result<Option<Kept>, StoreError>;

    /// Conversations with a deadline, by that deadline and their id, from after `after` on, at most `limit`. One whose
    /// deadline moves meanwhile may come twice, never not at all when it moves on.
    async fn armed(
        &self,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ConversationId)>, StoreError>;

    /// What the CRM said last of these numbers.
    async fn cards_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError>;

    /// Whose numbers these are, as far as they are known.
    async fn addresses_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError>;
}
