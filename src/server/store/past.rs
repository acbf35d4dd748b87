//! What was before: replies and their answers as other programs had them, imported to be held against. Rows that are no
//! facts of the journal. They hold no phone and no text.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::event::Outcome;
use crate::domain::id::{ContactId, RepId, TeamId};
use crate::domain::time::Timestamp;

/// A reply of before that asked for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastReply {
    /// Which file or program told it.
    pub source: String,
    /// Its id there: the same one is kept once, as it was told last.
    pub id: String,
    /// The team whose it was, by the playbook.
    pub team: TeamId,
    /// When it came.
    pub received: Timestamp,
    /// When it was first answered; nothing when it was not.
    pub answered: Option<Timestamp>,
    /// Its class, where it is known.
    pub cohort: Option<String>,
    /// What it was about, where it is known.
    pub use_case: Option<String>,
    /// Who answered, where it is known.
    pub rep: Option<RepId>,
    /// Who wrote, by the CRM's id, where it is known: deals are found by it.
    pub contact: Option<ContactId>,
    /// The stage that their deal stood in then, in the CRM's words, where it is known.
    pub stage: Option<String>,
    /// How it ended, where it is known.
    pub outcome: Option<Outcome>,
}

/// What became of one that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// Nobody knew it.
    New,
    /// It was known, and said something else: it says this now.
    Replaced,
    /// It was known as it is.
    Known,
}

/// Replies of before.
#[async_trait]
pub trait PastLog: Send + Sync + 'static {
    /// Keeps them, all in one transaction, in order; what became of each. What is told of one that is known replaces what was
    /// told before: a file with a mistake in it is put right and told again.
    async fn put_past(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError>;

    /// The same of what tells of no more than times, teams and people: what else was told of one stays.
    async fn put_past_times(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError>;

    /// Those that came in a span of time, its end left out, oldest first.
    async fn past(&self, from: Timestamp, until: Timestamp) -> Result<Vec<PastReply>, StoreError>;
}
