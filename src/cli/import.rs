//! `comeback import sends FILE`: what campaigns sent, from a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::domain::playbook::Playbook;
use crate::server::sends::checked;
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{CampaignSend, SendLog as _, Store as _, StoreError};
use crate::wire::sends::SendRow;
use crate::wire::table::{Rows, Wrong};
use progress::Progress;

pub(super) mod progress;

/// Bring in what other programs know.
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// What campaigns sent, from a file of rows with `id`, `to`, `from`, `campaign`, `text`, `sent_at` and perhaps
    /// `use_case`: a .csv with these names in its first line, or a .jsonl with an object on each line.
    ///
    /// Rows that cannot be kept are told with their line, and the others are kept. Run again, a file changes nothing.
    Sends {
        #[command(flatten)]
        database: DatabaseArg,
        /// Which program sent it. Give the name of its API key when it reports over HTTP as well: ids are its own.
        #[arg(long, default_value = "import", value_parser = super::api_key::name)]
        source: String,
        /// The file.
        file: PathBuf,
    },
}

/// Rows kept in one transaction.
const BATCH: usize = 1_000;

/// How often a database that somebody else holds is tried again, and how long is waited in between.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(500);

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Sends { database, source, file } => sends(&database, &source, &file).await,
        }
    }
}

async fn sends(database: &DatabaseArg, source: &str, file: &Path) -> anyhow::Result<()> {
    let store = database.open()?;
    let playbook = store.playbook().await?.ok_or_else(|| {
        anyhow::anyhow!("this database has no playbook yet: start it once with comeback serve --playbook FILE")
    })?;
    let name = file.display().to_string();
    let open = std::fs::File::open(file).with_context(|| format!("{name} cannot be read"))?;
    let size = open.metadata().map_or(0, |m| m.len());
    let clock = database.clock();
    let mut rows =
        Rows::<SendRow>::open(file, open).map_err(|why| anyhow::anyhow!("{name}:1: {why}. Nothing was kept"))?;
    let mut import = Importing { store, playbook, source, batch: Vec::new(), new: 0, known: 0, refused: 0 };
    let mut progress = Progress::new(size);
    let mut ended = Ok(());
    while let Some((line, row)) = rows.next() {
        progress.at(rows.bytes(), import.new + import.known + import.refused);
        let row = match row {
            Ok(row) => row,
            Err(Wrong::Row(why)) => {
                progress.clear();
                import.refuse(&name, line, &why);
                continue;
            }
            Err(Wrong::File(why)) => {
                ended = Err(anyhow::anyhow!("{name}:{line}: {why}. Nothing after it was read"));
                break;
            }
        };
        match checked(row, source, &import.playbook, clock.now()) {
            Ok(send) => import.keep(send).await?,
            Err(why) => {
                progress.clear();
                import.refuse(&name, line, &why);
            }
        }
    }
    import.flush().await?;
    progress.clear();
    let Importing { new, known, refused, .. } = import;
    say(&format!("{name}: {new} kept, {known} known before, {refused} refused"));
    ended?;
    anyhow::ensure!(
        refused == 0,
        "{refused} row(s) were not kept; the others are. Mend them and run it again: what is kept stays as it is"
    );
    Ok(())
}

/// An import on its way: at most one batch is in memory.
struct Importing<'a> {
    store: SqliteStore,
    playbook: Playbook,
    source: &'a str,
    batch: Vec<CampaignSend>,
    new: u64,
    known: u64,
    refused: u64,
}

impl Importing<'_> {
    async fn keep(&mut self, send: CampaignSend) -> anyhow::Result<()> {
        debug_assert_eq!(send.source, self.source, "one source for all");
        self.batch.push(send);
        if self.batch.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    fn refuse(&mut self, name: &str, line: u64, why: &str) {
        self.refused += 1;
        say(&format!("{name}:{line}: {why}"));
    }

    /// The backend may run on the same database: it is waited for.
    async fn flush(&mut self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            match self.store.put_sends(&self.batch).await {
                Ok(new) => {
                    let fresh = new.iter().filter(|new| **new).count();
                    self.new += u64::try_from(fresh).unwrap_or(u64::MAX);
                    self.known += u64::try_from(new.len() - fresh).unwrap_or(u64::MAX);
                    self.batch.clear();
                    return Ok(());
                }
                Err(StoreError::Busy) => tokio::time::sleep(PAUSE).await,
                Err(e) => return Err(e.into()),
            }
        }
        anyhow::bail!("the database is busy for too long. {} row(s) are kept; run it again for the rest", self.new)
    }
}
