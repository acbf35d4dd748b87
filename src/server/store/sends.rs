//! What campaigns sent, and the keys of the tools that report it: rows that are no facts of the journal.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::answering::Answering;
use crate::domain::contact::Address;
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;

/// A campaign's text, as the marketing tool reported it. Personal data: erasable, never logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignSend {
    /// Which tool reported it.
    pub source: String,
    /// That tool's own id of it: the same one is kept once.
    pub id: String,
    /// To whom.
    pub to: Address,
    /// From which of our lines.
    pub line: LineId,
    /// What was sent, and when.
    pub sent: Answering,
}

/// A program that may report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// As its operator called it: the source of what it reports.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A reply that looks for the text it answers: from which address, to which line, when.
pub type Asked = (Address, LineId, Timestamp);

/// What campaigns sent, and who may say so.
#[async_trait]
pub trait SendLog: Send + Sync + 'static {
    /// Keeps what was sent, all in one transaction; for each whether it is new. In the same transaction conversations
    /// with a reply after it are marked, as by [`put_cards`](super::Store::put_cards): what they answer may be another
    /// text now.
    async fn put_sends(&self, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError>;

    /// The text that a reply of that time answers: the newest from the line to the address that was sent before it.
    async fn answered(&self, asked: &Asked) -> Result<Option<Answering>, StoreError>;

    /// Remembers a key by its token's hash. Several may have one name, while they are changed.
    async fn put_api_key(&self, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError>;

    /// The key with this token, unless revoked.
    async fn api_key(&self, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError>;

    /// Every key, for the operator.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes every key of a name; how many.
    async fn revoke_api_key(&self, name: &str) -> Result<u32, StoreError>;
}
