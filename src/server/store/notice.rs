//! Notices on their way, and where reps are reached: rows that are no facts of the journal.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{StoreError, Subject};
use crate::domain::alert::{Notice, What};
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;

/// A notice and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id: the key that makes repeating it harmless where the other side looks.
    pub id: Uuid,
    /// What may be told once only: a second notice with the same key is none.
    pub key: Option<String>,
    /// What and whom.
    pub notice: Notice,
    /// Not before then.
    pub next_at: Timestamp,
    /// Rounds through its channels that came to nothing.
    pub tries: u32,
    /// Channels that are not tried again: they refused it, or may have it.
    pub passed: BTreeSet<String>,
    /// How it ended, once it did.
    pub ended: Option<(Ended, Timestamp)>,
    /// The one of its message that an answer to a page takes; of a bundle that is one.
    pub first: bool,
    /// The channel that accepted it.
    pub by: Option<String>,
}

impl NoticeRow {
    /// Whether it tells another system of a word of consent.
    pub const fn is_consent(&self) -> bool {
        matches!(self.notice.what, What::Consent { .. })
    }

    /// Whether it waits, and is none of those.
    pub const fn is_waiting_alert(&self) -> bool {
        self.ended.is_none() && !self.is_consent()
    }

    /// One that nobody tried yet.
    pub fn new(id: Uuid, notice: Notice) -> Self {
        let (next_at, passed) = (notice.at, BTreeSet::new());
        Self { id, key: None, notice, next_at, tries: 0, passed, ended: None, first: false, by: None }
    }
}

/// How a notice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// A channel accepted it.
    Sent,
    /// It was not wanted any more.
    Dropped,
    /// A page may have left, and is not repeated.
    Unknown,
    /// No channel took it in all that time.
    Dead,
}

impl Ended {
    /// The one that is stored so.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Sent, Self::Dropped, Self::Unknown, Self::Dead].into_iter().find(|ended| ended.word() == word)
    }

    /// As it is stored and counted.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
        }
    }
}

/// Where a rep is reached. Personal data: never in the journal, and never on a colleague's machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Reach {
    /// Who.
    pub rep: RepId,
    /// Their own phone.
    pub phone: Option<Address>,
    /// Their mailbox.
    pub email: Option<String>,
    /// Since when pages stopped: they texted STOP.
    pub stopped: Option<Timestamp>,
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (phone, email) = (self.phone.is_some(), self.email.is_some());
        write!(f, "Reach({}, phone {phone}, mail {email}, stopped {:?})", self.rep, self.stopped)
    }
}

/// Notices by where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Not told yet.
    pub waiting: u64,
    /// Given up; kept for a while so that somebody sees.
    pub dead: u64,
}

/// What a store keeps of notices. Part of every [`super::Store`].
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Notices that have not ended, oldest first, of each recipient at most `each`: what waits for one whose channel is down
    /// holds back nobody else's. Words of consent wait apart, so that a long list of them holds back no alert:
    /// [`super::consent::ConsentStore::consents_due`].
    async fn notices(&self, each: usize) -> Result<Vec<NoticeRow>, StoreError>;

    /// Writes notices as they are now; on disk when it returns. A new one whose key is there already is left out.
    async fn put_notices(&self, rows: &[NoticeRow]) -> Result<(), StoreError>;

    /// When messages were sent since an instant, by [`crate::domain::alert::To::key`]: a bundle counts once.
    async fn sent_notices(&self, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError>;

    /// The conversation that this channel told a rep of last, by a message that is about one.
    async fn told_last(&self, rep: &RepId, channel: &str) -> Result<Option<ConversationId>, StoreError>;

    /// How many wait, and how many were given up.
    async fn count_notices(&self) -> Result<Notices, StoreError>;

    /// Forgets those that ended before `older_than`, at most `limit`; how many.
    async fn forget_notices(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Replaces where a rep is reached; one with neither phone nor mailbox is forgotten.
    async fn put_reach(&self, reach: &Reach) -> Result<(), StoreError>;

    /// Where everybody is reached, by rep.
    async fn reaches(&self) -> Result<Vec<Reach>, StoreError>;

    /// A conversation as clients see it, with its newest messages; `None` when there is no such one.
    async fn subject(&self, conversation: ConversationId, messages: usize) -> Result<Option<Subject>, StoreError>;
}
