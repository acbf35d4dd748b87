//! Signed checkpoints of the journal, one a line, in a file outside the database: what shows an end that was cut off, or
//! a chain that was written anew from the start.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;

use super::service::Service;
use super::store::{Store, StoreError};
use crate::domain::time::Timestamp;
use crate::journal::{Checkpoint, CheckpointError, Inconsistent, Key};

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
    /// Signs them.
    pub key: Key,
    /// Between two, in real time.
    pub every: Duration,
}

/// Appends one now, one after each pause, and one at the end, whenever the journal has grown. A failure is told in the
/// log and tried again: the backend goes on.
pub async fn run(service: Service, kept: Kept, mut shutdown: watch::Receiver<bool>) {
    loop {
        let last = *shutdown.borrow();
        let now = service.clock().now();
        match append(service.store().as_ref(), &kept.file, &kept.key, now).await {
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
    key: &Key,
    now: Timestamp,
) -> Result<Option<Checkpoint>, KeepError> {
    let (head, epoch) = store.head().await?;
    let epoch = u64::from(epoch);
    let made = Checkpoint::of(epoch, &head, now);
    if let Some(newest) = read(file, key)?.pop() {
        let there = store.entries(newest.seq.saturating_sub(1), 1).await?;
        let there = there.first().filter(|e| e.seq == newest.seq).map(|e| e.hash);
        newest.check(epoch, &head, |_| there)?;
        if newest.seq == head.seq {
            return Ok(None);
        }
    }
    let mut to = OpenOptions::new().create(true).append(true).read(true).open(file)?;
    // A line that a crash cut off was never promised to anyone.
    to.set_len(finished(&to)?)?;
    to.write_all(format!("{}\n", made.sign(key)).as_bytes())?;
    to.sync_all()?;
    Ok(Some(made))
}

/// How long a file is up to the end of its last whole line.
fn finished(mut file: &File) -> std::io::Result<u64> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Ok(end as u64)
}

/// Every checkpoint of a file, oldest first; none when there is no file yet. Each must be signed with this key. A line
/// without its end does not count.
pub fn read(file: &Path, key: &Key) -> Result<Vec<Checkpoint>, KeepError> {
    let mut text = String::new();
    match File::open(file) {
        Ok(mut file) => drop(file.read_to_string(&mut text)?),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
    }
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(n, line)| Checkpoint::verify(line, key).map_err(|why| KeepError::Line { line: n + 1, why })).collect()
}
