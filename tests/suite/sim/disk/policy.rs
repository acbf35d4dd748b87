//! What changing a policy asks: as the store below has it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::{ConversationId, NumberId};
use comeback::domain::time::Timestamp;
use comeback::server::store::StoreError;
use comeback::server::store::policy::{Kept, Kind, Mark, PolicyStore};

use super::Disk;

#[async_trait]
impl PolicyStore for Disk {
    async fn version_in_force(&self) -> Result<u32, StoreError> {
        self.inner.version_in_force().await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.inner.marks().await
    }

    async fn kept(&self, kind: Kind) -> Result<Option<Kept>, StoreError> {
        self.inner.kept(kind).await
    }

    async fn armed(
        &self,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
        self.inner.armed(after, limit).await
    }

    async fn cards_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError> {
        self.inner.cards_of(numbers).await
    }

    async fn addresses_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError> {
        self.inner.addresses_of(numbers).await
    }
}
