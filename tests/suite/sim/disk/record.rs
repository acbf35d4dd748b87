//! The journal by what it is about: as the store below has it.

use async_trait::async_trait;
use comeback::domain::id::ConversationId;
use comeback::journal::Entry;
use comeback::server::store::StoreError;
use comeback::server::store::record::RecordStore;

use super::Disk;

#[async_trait]
impl RecordStore for Disk {
    async fn entries_of(&self, conversation: ConversationId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries_of(conversation, limit).await
    }
}
