//! `comeback backup` and `comeback restore`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::{DatabaseArg, audit, say};
use crate::clock::{Clock as _, SystemClock};
use crate::journal::{Head, to_hex};
use crate::server::checkpoints::{self, Standing};
use crate::server::opt_outs::{self, Words};
use crate::server::restore;
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::sqlite::backup::{close, companions, copy, is_sound, sync, unpack};

/// Copy the database into one file, also while `serve` runs on it.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    database: DatabaseArg,
    /// The new file; an existing one is never written over. It holds everything the database holds, secrets too.
    #[arg(long)]
    out: PathBuf,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let from = self.database.existing()?;
        copy(from, &self.out)?;
        let read = async {
            is_sound(&self.out)?;
            let store = SqliteStore::open(&self.out)?;
            audit::walk(&store, &[]).await.map(|walked| (walked.head, walked.epoch))
        };
        // The copy was opened to be read: it ends as one file again.
        let (head, epoch) = read.await.context("the backup that was written does not read: make another one")?;
        close(&self.out)?;
        say(&format!(
            "backed up to {}: {} entries of epoch {epoch}, head {}",
            self.out.display(),
            head.seq,
            to_hex(&head.hash)
        ));
        Ok(())
    }
}

/// Bring a backup back, as a new database.
///
/// What happened since is not in it. So clients sync anew and sign in again, answers that had not settled are unknown
/// until the carrier's list settles them, and no answer leaves before all texts since the backup are read from the
/// carriers. `serve` does that when it starts.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// What `comeback backup` wrote.
    #[arg(long)]
    backup: PathBuf,
    #[command(flatten)]
    database: DatabaseArg,
    /// What `serve --opt-out-file` wrote: opt-outs since the backup hold again.
    #[arg(long, value_name = "FILE")]
    opt_outs: Option<PathBuf>,
    /// The file of signed checkpoints: is the backup what stood there?
    #[arg(long, requires = "key")]
    checkpoint: Option<PathBuf>,
    /// The key they were signed with, and that signs the restore; given twice while it is changed, the one that signs first.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    key: Vec<PathBuf>,
    /// A key that was in use before.
    #[arg(long, value_name = "FILE", requires = "key")]
    retired_key: Vec<PathBuf>,
}

impl Restore {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let to = &self.database.database;
        let words = match &self.opt_outs {
            Some(file) => {
                anyhow::ensure!(file.exists(), "there is no file {}", file.display());
                opt_outs::read(file)?
            }
            None => Words::default(),
        };
        anyhow::ensure!(self.backup.exists(), "there is no backup at {}", self.backup.display());
        let _serving = self.database.serve_alone()?;
        for file in [to.clone()].iter().chain(&companions(to)) {
            anyhow::ensure!(
                !file.exists(),
                "{} is there already. Nothing was changed. Move it and what lies beside it away, and keep it: it may hold \
                 what the backup lacks",
                file.display()
            );
        }
        let mut name = to.as_os_str().to_owned();
        name.push(".restoring");
        let making = PathBuf::from(name);
        // Of a restore that was cut off: never promised to anyone.
        for file in [making.clone()].iter().chain(&companions(&making)) {
            drop(std::fs::remove_file(file));
        }
        unpack(&self.backup, &making)?;
        let done = self.make(&making, &words).await;
        if done.is_err() {
            drop(std::fs::remove_file(&making));
            return done;
        }
        close(&making)?;
        std::fs::rename(&making, to).with_context(|| format!("{} cannot be made", to.display()))?;
        sync(to)?;
        self.sign(to).await?;
        say(
            "start `comeback serve` on it: no answer leaves before all texts since the backup are read from the carriers",
        );
        Ok(())
    }

    /// Checks the copy and prepares it.
    async fn make(&self, making: &Path, words: &Words) -> anyhow::Result<()> {
        is_sound(making)?;
        let store = Arc::new(SqliteStore::open(making)?);
        let seen = match &self.checkpoint {
            Some(file) => {
                let keys = audit::read_keys(&self.key, &self.retired_key)?;
                // The restore is signed in the end: a key that cannot is told before anything is done.
                keys.signer()?;
                audit::seen(file, &keys)?
            }
            None => Vec::new(),
        };
        let walked = audit::walk(store.as_ref(), &seen).await?;
        let Head { seq, hash, at } = walked.head;
        say(&format!(
            "the backup is whole: {seq} entries of epoch {}, head {}, until {at}",
            walked.epoch,
            to_hex(&hash)
        ));
        if let Some(newest) = seen.last() {
            let held = walked.standings.iter().filter(|s| matches!(s, Standing::Held)).count();
            say(&format!("it holds what {held} of {} checkpoint(s) saw", seen.len()));
            if newest.seq > seq || newest.epoch != walked.epoch {
                say(&format!(
                    "it is older than the newest, which saw entry {} of epoch {} at {}: what came after entry {seq} is lost",
                    newest.seq, newest.epoch, newest.at
                ));
            }
        }
        let prepared = restore::prepare(store, Arc::new(SystemClock), words).await?;
        say(&format!(
            "epoch {}: every device must sign in again; {} answer(s) unknown until the carrier's list settles them",
            prepared.epoch, prepared.doubtful
        ));
        if self.opt_outs.is_some() {
            say(&format!("consent of {} number(s) set as the file of opt-outs says", prepared.consents));
        } else {
            say("no --opt-outs: of those since the backup only what the carrier's list still tells is known again");
        }
        if words.unknown > 0 {
            say(&format!(
                "{} line(s) of the file are of a kind that this version does not know: install the newer one first",
                words.unknown
            ));
        }
        Ok(())
    }

    /// The restore itself is attested: a journal that claims one without a checkpoint of its epoch is suspect.
    async fn sign(&self, to: &Path) -> anyhow::Result<()> {
        if let Some(file) = &self.checkpoint {
            let (store, keys) = (SqliteStore::open(to)?, audit::read_keys(&self.key, &self.retired_key)?);
            checkpoints::append(&store, file, &keys, SystemClock.now()).await?;
            say(&format!("a checkpoint of the new epoch was added to {}", file.display()));
        }
        Ok(())
    }
}
