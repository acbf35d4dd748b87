//! Media of buyers' texts: rows that are no facts of the journal.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::wire::media::Part;

/// Media to be fetched, written with the text it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaWrite {
    /// Which text.
    pub message: MessageId,
    /// Which of its media, from 0.
    pub n: u32,
    /// Where.
    pub conversation: ConversationId,
    /// Whose webhook told of it.
    pub provider: String,
    /// The carrier's account.
    pub account: String,
    /// Where the carrier keeps it.
    pub source: String,
    /// When it may be fetched.
    pub not_before: Timestamp,
}

/// Media whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaJob {
    /// Which text.
    pub message: MessageId,
    /// Which of its media.
    pub n: u32,
    /// Whose webhook told of it.
    pub provider: String,
    /// The carrier's account.
    pub account: String,
    /// Where the carrier keeps it.
    pub source: String,
    /// How often it was tried.
    pub tries: u32,
}

/// How a try ended.
#[derive(Clone, PartialEq, Eq)]
pub enum MediaEnd {
    /// It is here.
    Kept {
        /// What it is, recognised by its bytes.
        kind: String,
        /// SHA-256 of the bytes.
        hash: [u8; 32],
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// It is not kept, and why: without personal data.
    Refused(String),
    /// It is tried again then.
    Later(Timestamp),
}

impl std::fmt::Debug for MediaEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kept { kind, bytes, .. } => write!(f, "Kept({kind}, {} bytes)", bytes.len()),
            Self::Refused(why) => write!(f, "Refused({why})"),
            Self::Later(at) => write!(f, "Later({at:?})"),
        }
    }
}

/// How media stand.
#[derive(Clone, PartialEq, Eq)]
pub enum MediaState {
    /// Not fetched yet.
    Wanted,
    /// Here: what it is, and its bytes.
    Kept(String, Vec<u8>),
    /// Not kept, and why.
    Refused(String),
}

impl std::fmt::Debug for MediaState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wanted => f.write_str("Wanted"),
            Self::Kept(kind, bytes) => write!(f, "Kept({kind}, {} bytes)", bytes.len()),
            Self::Refused(why) => write!(f, "Refused({why})"),
        }
    }
}

/// What a text shows of one of its media once it is settled.
pub(super) fn shown(said: &str, end: &MediaEnd) -> Option<String> {
    match end {
        MediaEnd::Kept { kind, bytes, .. } => Some(Part::kept(kind, bytes.len())),
        MediaEnd::Refused(_) => Some(Part::refused(said)),
        MediaEnd::Later(_) => None,
    }
}

/// Media, and what is still to be fetched. Part of every [`super::Store`]; jobs come with the text, in its transaction.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// What may be fetched now, the longest due first, and when the next comes due.
    async fn due_media(&self, now: Timestamp, limit: usize) -> Result<(Vec<MediaJob>, Option<Timestamp>), StoreError>;

    /// Writes down how a try ended. The same bytes are kept once; the text shows it with the next change of its
    /// conversation. Settled media stay as they are.
    async fn settle_media(&self, message: MessageId, n: u32, end: &MediaEnd) -> Result<(), StoreError>;

    /// One of a text's media, with its conversation; `None` when it has none there.
    async fn media(&self, message: MessageId, n: u32) -> Result<Option<(ConversationId, MediaState)>, StoreError>;

    /// Erases every one of a text's media; bytes that no other text has go with them. How many were erased.
    async fn erase_media(&self, message: MessageId) -> Result<u32, StoreError>;
}
