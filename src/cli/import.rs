//! `comeback import sends|history|messages FILE…`: what campaigns sent, and what was before, from files.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;

use super::{DatabaseArg, say};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::server::store::past::{Imported, PastLog as _, PastReply};
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{CampaignSend, SendLog as _, Store as _, StoreError};
use crate::server::{past, sends};
use crate::wire::past::PastRow;
use crate::wire::sends::SendRow;
use crate::wire::table::{FileRow, Rows, Wrong};
use progress::Progress;

mod messages;
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
    /// Replies of before and when they were answered, to hold against what is measured since: files of rows with `id`,
    /// `team`, `received_at` and perhaps `answered_at`, `cohort`, `use_case`, `rep`, `contact` (the CRM's id), `stage` and
    /// `outcome`; deals come from the CRM. No phone, no text.
    ///
    /// A .csv with these names in its first line, or a .jsonl with an object on each line. Rows that cannot be kept are told
    /// with their line, and the others are kept. Run again, a file changes nothing; a row that was put
    /// right replaces the one of its source and id.
    History {
        #[command(flatten)]
        database: DatabaseArg,
        /// Which program had them: ids are its own.
        #[arg(long, default_value = "import", value_parser = super::api_key::name)]
        source: String,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// The same, from a carrier's own log of messages, as Twilio or Telnyx exports it: what a buyer writes to one of our
    /// numbers is a reply, and our first text after it the answer.
    ///
    /// A .csv with the carrier's names in its first line, in whatever order, or a .jsonl with an object on each line.
    /// Give all files of a log together: what one ends with may be answered in the next. Texts that cannot be read are
    /// told with their line, and the others count. Numbers and words are not kept. Run again, it changes nothing.
    Messages {
        #[command(flatten)]
        database: DatabaseArg,
        /// Which carrier's it is: ids are its own.
        #[arg(long, default_value = "messages", value_parser = super::api_key::name)]
        source: String,
        /// Whose texts were that came to numbers of no line of the playbook: a team of it.
        #[arg(long)]
        team: Option<String>,
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
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
            Self::Sends { database, source, file } => import::<Sends>(&database, &source, &[file], Sends::put).await,
            Self::History { database, source, files } => {
                import::<History>(&database, &source, &files, async |store, rows| store.put_past(rows).await).await
            }
            Self::Messages { database, source, team, files } => {
                messages::import(&database, &source, team.as_deref(), &files).await
            }
        }
    }
}

/// What is imported.
trait Kind {
    /// As it stands in a file.
    type Row: FileRow;
    /// As it is kept.
    type Kept: PartialEq;

    /// A row as it is kept, or why it is not.
    fn checked(row: Self::Row, source: &str, playbook: &Playbook, now: Timestamp) -> Result<Self::Kept, String>;

    /// The id that the tool that had it knows it by.
    fn id(kept: &Self::Kept) -> &str;

    /// What tells a row from another with its id that was kept before, where that one would be replaced.
    fn told(_: &Self::Kept) -> Option<u64> {
        None
    }
}

/// What campaigns sent.
struct Sends;

impl Kind for Sends {
    type Row = SendRow;
    type Kept = CampaignSend;

    fn checked(row: SendRow, source: &str, playbook: &Playbook, now: Timestamp) -> Result<CampaignSend, String> {
        sends::checked(row, source, playbook, now)
    }

    fn id(kept: &CampaignSend) -> &str {
        &kept.id
    }
}

impl Sends {
    /// A text that left is not sent otherwise by being told again.
    async fn put(store: &SqliteStore, rows: &[CampaignSend]) -> Result<Vec<Imported>, StoreError> {
        let new = store.put_sends(rows).await?;
        Ok(new.into_iter().map(|new| if new { Imported::New } else { Imported::Known }).collect())
    }
}

/// Replies of before.
struct History;

impl Kind for History {
    type Row = PastRow;
    type Kept = PastReply;

    fn checked(row: PastRow, source: &str, playbook: &Playbook, now: Timestamp) -> Result<PastReply, String> {
        past::checked(&row, source, playbook, now)
    }

    fn id(kept: &PastReply) -> &str {
        &kept.id
    }

    fn told(kept: &PastReply) -> Option<u64> {
        let mut told = DefaultHasher::new();
        format!("{kept:?}").hash(&mut told);
        Some(told.finish())
    }
}

async fn import<K: Kind>(
    database: &DatabaseArg,
    source: &str,
    files: &[PathBuf],
    put: impl AsyncFn(&SqliteStore, &[K::Kept]) -> Result<Vec<Imported>, StoreError>,
) -> anyhow::Result<()> {
    let mut import = Importing::<K, _>::open(database, source, put).await?;
    let mut refused = 0;
    for file in files {
        import.file(file, database).await?;
        refused += std::mem::take(&mut import.refused);
        (import.new, import.replaced, import.known) = (0, 0, 0);
    }
    all_kept(refused)
}

/// Fails when something was refused, once the rest is kept.
fn all_kept(refused: u64) -> anyhow::Result<()> {
    anyhow::ensure!(
        refused == 0,
        "{refused} row(s) were not kept; the others are. Mend them and run it again: what is kept is not kept twice"
    );
    Ok(())
}

/// An import on its way: at most one batch is in memory.
struct Importing<'a, K: Kind, P> {
    store: SqliteStore,
    /// Keeps rows in one transaction, and says what became of each.
    put: P,
    playbook: Playbook,
    source: &'a str,
    batch: Vec<K::Kept>,
    /// Where in it which id stands first.
    ids: BTreeMap<String, usize>,
    /// Rows of the file so far, by their ids, where a later one would replace them.
    told: BTreeMap<String, u64>,
    new: u64,
    replaced: u64,
    known: u64,
    refused: u64,
}

impl<'a, K, P> Importing<'a, K, P>
where
    K: Kind,
    P: AsyncFn(&SqliteStore, &[K::Kept]) -> Result<Vec<Imported>, StoreError>,
{
    async fn open(database: &DatabaseArg, source: &'a str, put: P) -> anyhow::Result<Self> {
        let store = database.open()?;
        let playbook = store.playbook().await?.ok_or_else(|| {
            anyhow::anyhow!("this database has no playbook yet: start it once with comeback serve --playbook FILE")
        })?;
        Ok(Self {
            store,
            put,
            playbook,
            source,
            batch: Vec::new(),
            ids: BTreeMap::new(),
            told: BTreeMap::new(),
            new: 0,
            replaced: 0,
            known: 0,
            refused: 0,
        })
    }

    /// One file, from its first row to its last.
    async fn file(&mut self, file: &Path, database: &DatabaseArg) -> anyhow::Result<()> {
        let name = file.display().to_string();
        let open = std::fs::File::open(file).with_context(|| format!("{name} cannot be read"))?;
        let size = open.metadata().map_or(0, |m| m.len());
        let clock = database.clock();
        let mut rows =
            Rows::<K::Row>::open(file, open).map_err(|why| anyhow::anyhow!("{name}:1: {why}. Nothing was kept"))?;
        let mut progress = Progress::new(size);
        self.told.clear();
        let mut ended = Ok(());
        while let Some((line, row)) = rows.next() {
            progress.at(rows.bytes(), self.new + self.replaced + self.known + self.refused);
            let row = match row {
                Ok(row) => row,
                Err(Wrong::Row(why)) => {
                    progress.clear();
                    self.refuse(&name, line, &why);
                    continue;
                }
                Err(Wrong::File(why)) => {
                    ended = Err(anyhow::anyhow!("{name}:{line}: {why}. Nothing after it was read"));
                    break;
                }
            };
            match K::checked(row, self.source, &self.playbook, clock.now()) {
                Ok(kept) if self.contradicts(&kept) => {
                    progress.clear();
                    self.refuse(&name, line, sends::CONTRADICTS);
                }
                Ok(kept) => self.keep(kept).await?,
                Err(why) => {
                    progress.clear();
                    self.refuse(&name, line, &why);
                }
            }
        }
        self.flush().await?;
        progress.clear();
        say(&format!("{name}: {}", self.came()));
        ended
    }

    /// What became of the rows.
    fn came(&self) -> String {
        let replaced = if self.replaced > 0 { format!(", {} replaced", self.replaced) } else { String::new() };
        format!("{} kept{replaced}, {} known before, {} refused", self.new, self.known, self.refused)
    }

    /// Whether a row of the same batch has its id and says something else; of rows that replace others, one of the same file.
    fn contradicts(&self, kept: &K::Kept) -> bool {
        let known = self.ids.get(K::id(kept)).and_then(|place| self.batch.get(*place));
        let before = self.told.get(K::id(kept));
        known.is_some_and(|known| known != kept) || before.is_some_and(|before| Some(*before) != K::told(kept))
    }

    async fn keep(&mut self, kept: K::Kept) -> anyhow::Result<()> {
        self.ids.entry(K::id(&kept).to_owned()).or_insert(self.batch.len());
        self.told.extend(K::told(&kept).map(|told| (K::id(&kept).to_owned(), told)));
        self.batch.push(kept);
        if self.batch.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    fn refuse(&mut self, name: &str, line: u64, why: &str) {
        self.refused += 1;
        say(&format!("{name}:{line}: {why}"));
    }

    /// The backend may run on the same database: it is waited for.
    async fn flush(&mut self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            match (self.put)(&self.store, &self.batch).await {
                Ok(came) => {
                    for one in came {
                        let count = match one {
                            Imported::New => &mut self.new,
                            Imported::Replaced => &mut self.replaced,
                            Imported::Known => &mut self.known,
                        };
                        *count += 1;
                    }
                    self.batch.clear();
                    self.ids.clear();
                    return Ok(());
                }
                Err(StoreError::Busy) => tokio::time::sleep(PAUSE).await,
                Err(e) => return Err(e.into()),
            }
        }
        let kept = self.new + self.replaced;
        anyhow::bail!("the database is busy for too long. {kept} row(s) are kept; run it again for the rest")
    }
}
