//! Writes into the CRM on their way. They follow the journal: how far it was read stands with them, and no entry wants the
//! same write twice. Rows that are no facts of the journal; they name texts and hold none.

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::domain::consent::Number;
use crate::domain::id::{ContactId, ConversationId, MessageId, NumberId, RepId};
use crate::domain::time::Timestamp;
use crate::domain::write_back::Wanted;
use crate::wire::changes::Message;

/// A write and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmRow {
    /// The key under which it is made, and looked for after a crash. It derives from nothing.
    pub key: Uuid,
    /// What it is called: a second one of the name is none.
    pub once: String,
    /// Of which conversation; of a number's consent, the number in its place. Its writes are made in order.
    pub conversation: ConversationId,
    /// Its place in that order: the entry of the journal that wanted it, and which one of that entry's.
    pub place: (u64, u32),
    /// When it was wanted.
    pub at: Timestamp,
    /// Which rep it is of.
    pub rep: Option<RepId>,
    /// What is to be written.
    pub wanted: Wanted,
    /// What it changes: the task that it ends, the meeting that gives way.
    pub about: Option<Uuid>,
    /// Of a task: another write ends it, or somebody did there.
    pub closed: bool,
    /// It waits because we have no right to it in the CRM, and is tried again by itself. No call of it is on its way: one
    /// that may have made it before has ended.
    pub forbidden: bool,
    /// Not before then.
    pub next_at: Timestamp,
    /// How often it came to nothing.
    pub tries: u32,
    /// A call may have made it: it is looked for before it is made again.
    pub begun: bool,
    /// What it waits for, in words; nothing when it was not tried.
    pub waits: Option<String>,
    /// How it ended, once it did.
    pub ended: Option<(CrmEnd, Timestamp)>,
    /// The CRM's own id of what was made. Of a number's consent, whom it marked.
    pub made: Option<String>,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrmEnd {
    /// It stands in the CRM.
    Made,
    /// It is not wanted any more, or its words were erased.
    Dropped,
    /// The CRM does not take it, or nobody there is the buyer.
    Refused,
}

impl CrmEnd {
    /// As it is stored, counted and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }

    /// The one that is stored so.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Made, Self::Dropped, Self::Refused].into_iter().find(|end| end.word() == word)
    }
}

/// How all of them stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrmStanding {
    /// Not made yet.
    pub waiting: u64,
    /// Since when the oldest of those is wanted.
    pub oldest: Option<Timestamp>,
    /// How many of those wait because we have no right to them in the CRM.
    pub forbidden: u64,
    /// How many of those wait because they came to nothing for another cause, and are tried again.
    pub failed: u64,
    /// Ended without being made, and not because nobody wanted them any more.
    pub refused: u64,
}

impl CrmStanding {
    /// How many a person has to do something about.
    pub const fn stuck(&self) -> u64 {
        self.forbidden.saturating_add(self.refused)
    }
}

/// What a store keeps of them. Part of every [`super::Store`].
#[async_trait]
pub trait CrmWriteStore: Send + Sync + 'static {
    /// How far the journal was read; nothing while nobody ever did.
    async fn crm_read_to(&self) -> Result<Option<u64>, StoreError>;

    /// Keeps what a part of the journal wants, and how far it was read, in one transaction. A row whose name is there
    /// already is left out; a task that a new row ends is closed.
    async fn crm_follow(&self, read_to: u64, rows: &[CrmRow]) -> Result<(), StoreError>;

    /// Writes that may be made now, longest due first, at most `limit`, and when to look again. Of each conversation only
    /// the first that has not ended.
    async fn crm_due(&self, now: Timestamp, limit: usize) -> Result<(Vec<CrmRow>, Option<Timestamp>), StoreError>;

    /// Keeps a write as it is now; on disk when it returns.
    async fn put_crm_row(&self, row: &CrmRow) -> Result<(), StoreError>;

    /// One of them.
    async fn crm_row(&self, key: Uuid) -> Result<Option<CrmRow>, StoreError>;

    /// The rules took in who has its number, or somebody said who writes: what waits in a conversation may be tried at
    /// once, and what the CRM refused is, too. A write that a call may have made keeps its time, unless that call has
    /// ended. So it is with all that is written of a number once its cards come or change
    /// ([`put_cards`](super::Store::put_cards)).
    async fn crm_wake(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError>;

    /// A right was given: what waits for one may be tried at once.
    async fn crm_wake_forbidden(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Tasks that nothing ended, oldest first, at most `limit`: of one conversation, or those after a key.
    async fn crm_tasks(
        &self,
        conversation: Option<ConversationId>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CrmRow>, StoreError>;

    /// Tasks of a conversation that are closed, and that none of our writes ended: somebody completed or deleted them there.
    async fn crm_tasks_closed_there(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError>;

    /// Tasks of a conversation that are closed because a write of ours ends them, and that no call has begun to end.
    async fn crm_tasks_ending(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError>;

    /// Takes back that a task is to be ended, unless a call has begun to; whether it stays.
    async fn crm_task_stays(&self, task: Uuid) -> Result<bool, StoreError>;

    /// Ends of a conversation that were written or are to, their tasks for later, and what later ends change of both, oldest
    /// first.
    async fn crm_ends(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError>;

    /// How all of them stand.
    async fn crm_standing(&self) -> Result<CrmStanding, StoreError>;

    /// Those that wait, longest first, and those that were refused, newest first; at most `limit` of each.
    async fn crm_stuck(&self, limit: usize) -> Result<(Vec<CrmRow>, Vec<CrmRow>), StoreError>;

    /// The one that waits longest because we have no right to it.
    async fn crm_first_forbidden(&self) -> Result<Option<CrmRow>, StoreError>;

    /// Puts what was refused back in the queue, and lets what we had no right to be tried at once; how many. What a call may
    /// have made is looked for first.
    async fn crm_retry(&self, now: Timestamp) -> Result<usize, StoreError>;

    /// Forgets those that ended before `older_than`, at most `limit`; how many. An open task stays, and so does a task
    /// for later that was made, until the day that it is for is before that, too: a later end may have to put it aside.
    async fn forget_crm(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// What of a number's consent was written or is to be, oldest first, the newest `limit`.
    async fn crm_consents(&self, number: NumberId, limit: usize) -> Result<Vec<CrmRow>, StoreError>;

    /// What stands of the numbers that this person of the CRM has, as far as it was read.
    async fn numbers_of(&self, contact: &ContactId) -> Result<Vec<Number>, StoreError>;

    /// One text or note.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;
}
