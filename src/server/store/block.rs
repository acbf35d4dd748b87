//! Numbers that nobody hears of, as whoever looks after compliance reads them.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::block::Block;
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, NumberId};

/// A blocked number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Which one.
    pub number: NumberId,
    /// The number itself; none once it is erased.
    pub address: Option<Address>,
    /// Who blocked it, when and why.
    pub block: Block,
    /// Its newest conversation, where it is unblocked.
    pub conversation: Option<ConversationId>,
}

/// What a store tells of blocked numbers. Part of every [`super::Store`].
#[async_trait]
pub trait BlockLog: Send + Sync {
    /// At most `limit` blocked numbers whose ids come before another's, those that texted first last.
    async fn blocked(&self, before: Option<NumberId>, limit: usize) -> Result<Vec<Blocked>, StoreError>;
}
