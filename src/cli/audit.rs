//! `comeback audit verify|checkpoint|key`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::time::Timestamp;
use crate::journal::{Checkpoint, Head, Key, from_hex, to_hex, verify};
use crate::server::checkpoints::{self, Kept, Standing};
use crate::server::store::{Restored, Store};

/// Entries read at once.
const PAGE: usize = 5_000;

/// Check the record.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Compute the whole chain of the journal anew and name the first entry that does not fit.
    ///
    /// A chain cannot show that its end was cut off, or that it was written anew from the start: give it the
    /// checkpoints that were signed before.
    Verify {
        #[command(flatten)]
        database: DatabaseArg,
        /// A file of signed checkpoints: does the journal still hold what each of them saw?
        #[arg(long, requires = "key")]
        checkpoint: Option<PathBuf>,
        /// The key they were signed with.
        #[arg(long, value_name = "FILE", requires = "checkpoint")]
        key: Option<PathBuf>,
    },
    /// Append a signed checkpoint of the journal's newest entry to a file. Keep the file where whoever can write to the
    /// database cannot write.
    Checkpoint {
        #[command(flatten)]
        database: DatabaseArg,
        /// The key to sign with: comeback audit key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The file; it is made when there is none.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a key for checkpoints, in a new file that only you can read. It signs and it verifies, so keep it away from
    /// the database.
    Key {
        /// The file; an existing one is never written over.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Checkpoints that the backend signs while it runs.
#[derive(Debug, Args)]
pub(super) struct CheckpointArgs {
    /// Append signed checkpoints of the journal to this file, and one at the end, when the journal has grown.
    #[arg(long = "checkpoint-file", value_name = "FILE", requires = "key")]
    file: Option<PathBuf>,
    /// The key to sign them with: comeback audit key
    #[arg(long = "checkpoint-key", value_name = "FILE", requires = "file")]
    key: Option<PathBuf>,
    /// Minutes between two checkpoints.
    #[arg(long = "checkpoint-minutes", value_name = "N", default_value_t = 60, requires = "file")]
    minutes: u64,
}

impl CheckpointArgs {
    /// What to keep, when something is to be kept.
    pub(super) fn kept(&self) -> anyhow::Result<Option<Kept>> {
        let (Some(file), Some(key)) = (&self.file, &self.key) else { return Ok(None) };
        let (key, every) = (read_key(key)?, Duration::from_secs(self.minutes.max(1) * 60));
        // A file that cannot be used is told at the start, not in a log line an hour later.
        checkpoints::read(file, &key)?;
        Ok(Some(Kept { file: file.clone(), key, every }))
    }
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Verify { database, checkpoint, key } => {
                let seen = match (&checkpoint, &key) {
                    (Some(file), Some(key)) => {
                        let seen = checkpoints::read(file, &read_key(key)?)?;
                        anyhow::ensure!(!seen.is_empty(), "there is no checkpoint in {}", file.display());
                        seen
                    }
                    _ => Vec::new(),
                };
                whole(&database.open()?, &seen).await
            }
            Self::Checkpoint { database, key, out } => {
                let (store, key) = (database.open()?, read_key(&key)?);
                match checkpoints::append(&store, &out, &key, SystemClock.now()).await? {
                    Some(made) => say(&format!("signed: entry {}, {}", made.seq, to_hex(&made.hash))),
                    None => say("the journal has not grown since the newest checkpoint: nothing was added"),
                }
                Ok(())
            }
            Self::Key { out } => {
                write_key(&out)?;
                say(&format!("a new key is in {}; only you can read it", out.display()));
                Ok(())
            }
        }
    }
}

/// What a walk through the whole journal found.
pub(super) struct Walked {
    /// Its end.
    pub(super) head: Head,
    /// Its epoch.
    pub(super) epoch: u64,
    /// Backups that were brought back, as its entries tell.
    pub(super) restores: Vec<(Timestamp, Restored)>,
    /// How each checkpoint stands to it.
    pub(super) standings: Vec<Standing>,
}

/// Walks the chain from its start, and holds it against what was seen before. A backup is the journal of an earlier time:
/// what later checkpoints saw is found to be lost.
pub(super) async fn walk(store: &dyn Store, seen: &[Checkpoint]) -> anyhow::Result<Walked> {
    let mut hashes: BTreeMap<u64, Option<[u8; 32]>> = seen.iter().map(|c| (c.seq, None)).collect();
    let mut restores = Vec::new();
    let mut head = Head::GENESIS;
    loop {
        let entries = store.entries(head.seq, PAGE).await?;
        if entries.is_empty() {
            break;
        }
        head = verify(&head, &entries)?;
        for entry in &entries {
            hashes.entry(entry.seq).and_modify(|hash| *hash = Some(entry.hash));
            restores.extend(checkpoints::restore_of(entry).map(|r| (entry.at, r)));
        }
    }
    let (stored, epoch) = store.head().await?;
    anyhow::ensure!(
        stored.seq == head.seq && stored.hash == head.hash,
        "the journal ends at entry {}, but its head says {}: entries are missing",
        head.seq,
        stored.seq
    );
    let newest = restores.last().map_or(1, |(_, r): &(_, Restored)| r.epoch);
    anyhow::ensure!(
        epoch == newest,
        "the journal is of epoch {newest}, but its head says {epoch}: no restore made that"
    );
    let only: Vec<Restored> = restores.iter().map(|(_, r)| r.clone()).collect();
    let mut standings = Vec::new();
    for checkpoint in seen {
        let hash_of = |seq| hashes.get(&seq).copied().flatten();
        let stands = checkpoints::stands(checkpoint, epoch, &head, &only, hash_of);
        standings.push(stands.with_context(|| format!("the journal contradicts the checkpoint of {}", checkpoint.at))?);
    }
    Ok(Walked { head, epoch: u64::from(epoch), restores, standings })
}

async fn whole(store: &dyn Store, seen: &[Checkpoint]) -> anyhow::Result<()> {
    let Walked { head, epoch, restores, standings } = walk(store, seen).await?;
    for (checkpoint, standing) in seen.iter().zip(&standings) {
        // Right for a backup, wrong for what is in force.
        if *standing == Standing::Later {
            let agrees = checkpoint.check(epoch, &head, |_| None);
            agrees.with_context(|| format!("the journal contradicts the checkpoint of {}", checkpoint.at))?;
        }
    }
    say(&format!("whole: {} entries, head {}", head.seq, to_hex(&head.hash)));
    for (at, restored) in &restores {
        say(&format!(
            "a backup that ended at entry {} was brought back at {at} and began epoch {}: what had come after it is lost",
            restored.after, restored.epoch
        ));
    }
    let lost = standings.iter().filter(|s| matches!(s, Standing::Lost)).count();
    if let Some(newest) = seen.iter().zip(&standings).rfind(|(_, s)| **s == Standing::Held).map(|(c, _)| c) {
        say(&format!(
            "it holds what {} checkpoint(s) saw, the newest of entry {} at {}",
            seen.len() - lost,
            newest.seq,
            newest.at
        ));
    }
    if lost > 0 {
        say(&format!("{lost} checkpoint(s) saw entries that were lost when a backup was brought back"));
    }
    Ok(())
}

/// Makes the file before anything is in it, so that it is never readable by others.
fn write_key(file: &Path) -> anyhow::Result<()> {
    let name = file.display();
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.with_context(|| format!("{name} cannot be made; an existing file is never written over"))?;
    let key: [u8; 32] = rand::random();
    made.write_all(format!("{}\n", to_hex(&key)).as_bytes())
        .and_then(|()| made.sync_all())
        .with_context(|| format!("{name} cannot be written"))
}

/// Reads a key that only its owner may read.
pub(super) fn read_key(file: &Path) -> anyhow::Result<Key> {
    let name = file.display();
    let about = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?;
    anyhow::ensure!(
        (about.permissions().mode() & 0o077).count_ones() == 0,
        "others may read {name}, and whoever reads it can forge checkpoints: chmod 600 it, or make a new one"
    );
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let bytes: [u8; 32] = from_hex(text.trim())
        .ok_or_else(|| anyhow::anyhow!("{name} is no key of 64 hexadecimal digits: comeback audit key makes one"))?;
    Ok(Key::new(&bytes)?)
}
