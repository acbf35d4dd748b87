//! `comeback audit verify|checkpoint|key|refusals|entries`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{DatabaseArg, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::time::Timestamp;
use crate::journal::{Checkpoint, Head, Keys, to_hex, verify};
use crate::server::checkpoints::{self, Kept, Standing};
use crate::server::store::{Restored, Store};

mod entries;
mod keys;
mod refusals;

pub(super) use self::keys::read_keys;

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
        /// The key they were signed with, or its public half; given twice while it is changed.
        #[arg(long, value_name = "FILE", requires = "checkpoint")]
        key: Vec<PathBuf>,
        /// A key that was in use before: what it signed counts up to the first checkpoint of a newer one.
        #[arg(long, value_name = "FILE", requires = "key")]
        retired_key: Vec<PathBuf>,
    },
    /// Append a signed checkpoint of the journal's newest entry to a file. Keep the file where whoever can write to the
    /// database cannot write.
    Checkpoint {
        #[command(flatten)]
        database: DatabaseArg,
        /// The key to sign with: comeback audit key. Others that are live may follow.
        #[arg(long, value_name = "FILE", required = true)]
        key: Vec<PathBuf>,
        /// A key that was in use before.
        #[arg(long, value_name = "FILE")]
        retired_key: Vec<PathBuf>,
        /// The file; it is made when there is none.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a key for checkpoints, in a new file that only you can read. Keep it away from the database. Alone it signs and
    /// verifies; with --public it is a pair, and whoever checks needs the public half only.
    Key {
        /// The file; an existing one is never written over.
        #[arg(long)]
        out: PathBuf,
        /// A file for the public half, which anybody may read.
        #[arg(long, value_name = "FILE")]
        public: Option<PathBuf>,
    },
    Refusals(refusals::RefusalArgs),
    Entries(entries::EntryArgs),
}

/// Checkpoints that the backend signs while it runs.
#[derive(Debug, Args)]
pub(super) struct CheckpointArgs {
    /// Append signed checkpoints of the journal to this file, and one at the end, when the journal has grown.
    #[arg(long = "checkpoint-file", value_name = "FILE", requires = "key")]
    file: Option<PathBuf>,
    /// The key to sign them with: comeback audit key. Given twice while it is changed, the one that signs first.
    #[arg(long = "checkpoint-key", value_name = "FILE", requires = "file")]
    key: Vec<PathBuf>,
    /// A key that was in use before: what it signed counts up to the first checkpoint of a newer one.
    #[arg(long = "checkpoint-retired-key", value_name = "FILE", requires = "key")]
    retired_key: Vec<PathBuf>,
    /// Minutes between two checkpoints.
    #[arg(long = "checkpoint-minutes", value_name = "N", default_value_t = 60, requires = "file")]
    minutes: u64,
}

impl CheckpointArgs {
    /// What to keep, when something is to be kept.
    pub(super) fn kept(&self) -> anyhow::Result<Option<Kept>> {
        let Some(file) = &self.file else { return Ok(None) };
        let (keys, every) = (read_keys(&self.key, &self.retired_key)?, Duration::from_secs(self.minutes.max(1) * 60));
        // A file or a key that cannot be used is told at the start, not in a log line an hour later.
        keys.signer()?;
        checkpoints::read(file, &keys)?;
        Ok(Some(Kept { file: file.clone(), keys, every }))
    }
}

impl Audit {
    pub(super) async fn run(self, profile: &str) -> anyhow::Result<()> {
        match self {
            Self::Verify { database, checkpoint, key, retired_key } => {
                let seen = match &checkpoint {
                    Some(file) => seen(file, &read_keys(&key, &retired_key)?)?,
                    None => Vec::new(),
                };
                whole(&database.open()?, &seen).await
            }
            Self::Checkpoint { database, key, retired_key, out } => {
                let (store, keys) = (database.open()?, read_keys(&key, &retired_key)?);
                match checkpoints::append(&store, &out, &keys, SystemClock.now()).await? {
                    Some(made) => say(&format!("signed: entry {}, {}", made.seq, to_hex(&made.hash))),
                    None => say("the journal has not grown since the newest checkpoint: nothing was added"),
                }
                Ok(())
            }
            Self::Key { out, public } => {
                keys::write(&out, public.as_deref())?;
                say(&format!("a new key is in {}; only you can read it", out.display()));
                if let Some(public) = public {
                    say(&format!("its public half is in {}: whoever checks needs nothing else", public.display()));
                }
                Ok(())
            }
            Self::Refusals(refusals) => refusals.run(profile).await,
            Self::Entries(entries) => entries.run(profile).await,
        }
    }
}

/// Every checkpoint of a file that must have one.
pub(super) fn seen(file: &std::path::Path, keys: &Keys) -> anyhow::Result<Vec<Checkpoint>> {
    let seen = checkpoints::read(file, keys)?;
    anyhow::ensure!(!seen.is_empty(), "there is no checkpoint in {}", file.display());
    Ok(seen)
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
