//! The journal by what it is about.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::id::ConversationId;
use crate::journal::Entry;

/// What reading the journal about one conversation asks. Part of every [`super::Store`].
#[async_trait]
pub trait RecordStore: Send + Sync + 'static {
    /// Entries about a conversation, oldest first, the newest `limit` of them.
    async fn entries_of(&self, conversation: ConversationId, limit: usize) -> Result<Vec<Entry>, StoreError>;
}
