//! Signed checkpoints of the journal, one a line, in a file outside the database: what shows an end that was cut off, or
//! a chain that was written anew from the start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;

use super::outside;
use super::service::Service;
use super::store::{Restored, Store, StoreError};
use crate::domain::event::Event;
use crate::domain::time::Timestamp;
use crate::journal::{Checkpoint, CheckpointError, Entry, Frame, Head, Inconsistent, Keys};

/// Why no checkpoint was written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file.
    #[error("the checkpoint file cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// A line is not signed with this key, or no checkpoint.
    #[error("line {line} of the checkpoint file: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: CheckpointError,
    },
    /// The key cannot sign.
    #[error("{0}")]
    Key(#[source] CheckpointError),
    /// The journal is not the one that the newest checkpoint saw.
    #[error("{0}: `comeback audit verify --checkpoint` says more. No new checkpoint was signed")]
    Inconsistent(#[from] Inconsistent),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where checkpoints are kept, and how often one is made.
#[derive(Debug)]
pub struct Kept {
    /// The file.
    pub file: PathBuf,
    /// The first that is live signs them.
    pub keys: Keys,
    /// Between two, in real time.
    pub every: Duration,
}

/// Appends one now, one after each pause, and one at the end, whenever the journal has grown. A failure is told in the
/// log and tried again: the backend goes on.
pub async fn run(service: Service, kept: Kept, mut shutdown: watch::Receiver<bool>) {
    loop {
        let last = *shutdown.borrow();
        let now = service.clock().now();
        match append(service.store().as_ref(), &kept.file, &kept.keys, now).await {
            Ok(Some(made)) => tracing::info!(seq = made.seq, "a checkpoint of the journal was signed"),
            Ok(None) => {}
            Err(e) => tracing::error!(error = %e, "no checkpoint of the journal was signed"),
        }
        if last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(kept.every) => {}
            _ = shutdown.wait_for(|down| *down) => {}
        }
    }
}

/// Appends a signed checkpoint of the journal's head to a file; `None` when the newest one there is of this head. It is
/// on disk when this returns. A journal that contradicts the newest checkpoint gets no new one.
pub async fn append(
    store: &dyn Store,
    file: &Path,
    keys: &Keys,
    now: Timestamp,
) -> Result<Option<Checkpoint>, KeepError> {
    let (head, epoch) = store.head().await?;
    let (number, epoch) = (epoch, u64::from(epoch));
    let made = Checkpoint::of(epoch, &head, now);
    if let Some(newest) = read(file, keys)?.pop() {
        let there = store.entries(newest.seq.saturating_sub(1), 1).await?;
        let there = there.first().filter(|e| e.seq == newest.seq).map(|e| e.hash);
        let restores = store.restores().await?;
        let standing = stands(&newest, number, &head, &restores, |_| there)?;
        if standing == Standing::Later {
            newest.check(epoch, &head, |_| there)?;
        }
        if newest.epoch == epoch && newest.seq == head.seq {
            return Ok(None);
        }
    }
    let line = keys.signer().and_then(|key| made.sign(key)).map_err(KeepError::Key)?;
    outside::append(file, &[line])?;
    Ok(Some(made))
}

/// How a checkpoint stands to a journal that does not contradict it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The journal holds what it saw.
    Held,
    /// What it saw was lost when a backup was brought back.
    Lost,
    /// It saw more than there is: right for a backup, wrong for a journal in force.
    Later,
}

/// Holds a checkpoint against a journal of this epoch and head, with the backups that were brought back in its past,
/// oldest first. `hash_of` gives the hash of one entry, by number.
pub fn stands(
    checkpoint: &Checkpoint,
    epoch: u32,
    head: &Head,
    restores: &[Restored],
    hash_of: impl FnOnce(u64) -> Option<[u8; 32]>,
) -> Result<Standing, Inconsistent> {
    let theirs = checkpoint.epoch;
    if theirs > u64::from(epoch) || (theirs == u64::from(epoch) && checkpoint.seq > head.seq) {
        return Ok(Standing::Later);
    }
    if let Some(next) = restores.iter().find(|r| u64::from(r.epoch) > theirs) {
        // An epoch that a later restore left behind stands nowhere in this journal's past.
        let first = restores.first().is_some_and(|first| theirs < u64::from(first.epoch));
        let ours = first || restores.iter().any(|r| u64::from(r.epoch) == theirs);
        if !ours || checkpoint.seq > next.after {
            return Ok(Standing::Lost);
        }
    }
    // Of the journal as it was in that epoch, which this one goes on from.
    checkpoint.check(theirs, head, hash_of).map(|()| Standing::Held)
}

/// The restore that an entry tells of.
pub fn restore_of(entry: &Entry) -> Option<Restored> {
    // Most entries are about something else: no JSON is read for them.
    entry.body.windows(10).any(|w| w == b"\"restored\"").then_some(())?;
    let event = serde_json::from_value(Frame::decode(&entry.body).ok()?.event).ok()?;
    let Event::Restored { epoch, after } = event else { return None };
    Some(Restored { epoch, after, since: entry.at, reconciled: true })
}

/// Every checkpoint of a file, oldest first; none when there is no file yet. Each must be signed with one of these keys. A
/// line without its end does not count.
pub fn read(file: &Path, keys: &Keys) -> Result<Vec<Checkpoint>, KeepError> {
    let lines = outside::lines(file)?;
    keys.read(lines.iter().map(String::as_str)).map_err(|(n, why)| KeepError::Line { line: n + 1, why })
}
