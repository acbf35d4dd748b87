//! A folder of tables, watched for changes: the CRM of whoever has none, of exports, and of the demo.
//!
//! The folder is read whole. A file that is half written replaces nothing: what changed is read once it has stayed as it is
//! from one look to the next, and a reading during which anything moved is thrown away, as is one that ends in the middle of
//! a row. What was read before stays until then.
//!
//! It takes writes when it is told to: they stand in `written.jsonl`, a line each. The tables are never written by us.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::connector::{Crm, CrmError, Deals};
use super::owner::{Names, Owner, Reps};
use super::write::{Owned, TaskState, Write};
use crate::clock::Clock;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::DealId;
use crate::domain::time::Timestamp;

pub mod books;
mod loose;
mod nested;
mod rows;
mod written;

pub use books::Books;

use written::Written;

/// How often the folder is looked at, in real time.
const LOOK: Duration = Duration::from_secs(1);

/// Deals of one page.
const PAGE: usize = 200;

/// How each file of the folder was when it was looked at. Nothing for one that is not there.
type Stamps = BTreeMap<String, Stamp>;

/// How a file was, its times in seconds and nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    /// When it says that it was written: a copy may keep that of what it was made from, and a clock elsewhere was wrong.
    modified: (i64, i64),
    /// When it came to be as it is here, which nobody can say otherwise.
    came: (i64, i64),
}

impl Stamp {
    fn of(told: &Metadata) -> Self {
        let (modified, came) = ((told.mtime(), told.mtime_nsec()), (told.ctime(), told.ctime_nsec()));
        Self { length: told.len(), modified, came }
    }

    /// When it was written, by its own word: not after it came here, as it is.
    fn own(&self) -> Timestamp {
        at(self.modified.min(self.came))
    }

    /// When it came here, which is over by now, whatever the disk's clock says.
    fn here(&self, now: Option<Timestamp>) -> Timestamp {
        let came = at(self.came);
        now.map_or(came, |now| came.min(now))
    }
}

fn at((seconds, nanos): (i64, i64)) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000))
}

/// A folder.
pub struct Files {
    folder: PathBuf,
    reps: Reps,
    kept: Mutex<Kept>,
    /// By which what lies ahead is told; nothing where nobody needs it told.
    clock: Option<Arc<dyn Clock>>,
    /// Nothing where only is read.
    written: Option<Arc<Written>>,
}

#[derive(Default)]
struct Kept {
    /// How the folder was at the last look.
    looked: Option<Stamps>,
    /// How it was when it was last read, whatever came of it.
    tried: Option<Stamps>,
    /// The last reading that came to nothing: how the folder was then, and why.
    failed: Option<(Stamps, String)>,
    /// The last good reading: as of which stamps, and whom names meant.
    good: Option<(Stamps, Names, Arc<Books>)>,
    /// Numbers that were somebody's and are nobody's any more.
    gone: BTreeSet<Address>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({})", self.folder.display())
    }
}

impl Files {
    /// A folder. It is read when it is first asked.
    pub fn new(folder: &Path, reps: Reps) -> Result<Self, CrmError> {
        if !folder.is_dir() {
            return Err(CrmError::Unreachable(format!("there is no folder at {}", folder.display())));
        }
        Ok(Self { folder: folder.to_owned(), reps, kept: Mutex::default(), clock: None, written: None })
    }

    /// Tells rows that lie ahead of this clock, too.
    #[must_use]
    pub fn by(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// It takes writes, too: one program at a time.
    #[must_use]
    pub fn writing(mut self) -> Self {
        self.written = Some(Arc::new(Written::new(&self.folder)));
        self
    }

    /// What stands in the folder now, unless a file is not whole.
    pub async fn books(&self) -> Result<Arc<Books>, CrmError> {
        let names = self.reps.names().await.map_err(|e| CrmError::Unreachable(e.to_string()))?;
        let stamps = self.look().await?;
        if let Some((read, meant, books)) = &self.kept().good
            && *read == stamps
            && *meant == names
        {
            return Ok(Arc::clone(books));
        }
        self.kept().tried = Some(stamps.clone());
        let (folder, meant) = (self.folder.clone(), names.clone());
        let now = self.clock.as_ref().map(|clock| clock.now());
        let read = tokio::task::spawn_blocking(move || whole(&folder, &meant, now)).await;
        let (after, books) = match read.map_err(|e| CrmError::Unreachable(e.to_string()))? {
            Ok(read) => read,
            Err(why) => {
                let told = unreadable(&why);
                self.kept().failed = Some((stamps, why));
                return Err(told);
            }
        };
        let books = Arc::new(books);
        for wrong in &books.wrong {
            tracing::warn!(place = wrong, "something in the CRM's files does not read; all else counts");
        }
        if books.wrongs > books.wrong.len() {
            tracing::warn!(places = books.wrongs, "so much in the CRM's files does not read");
        }
        let mut kept = self.kept();
        if let Some((_, _, before)) = &kept.good {
            let lost: Vec<Address> =
                before.people.keys().filter(|address| !books.people.contains_key(*address)).cloned().collect();
            kept.gone.extend(lost);
        }
        kept.gone.retain(|address| !books.people.contains_key(address));
        kept.tried = Some(after.clone());
        kept.failed = None;
        kept.good = Some((after, names, Arc::clone(&books)));
        Ok(books)
    }

    /// Looks at the folder. Whether it differs from what was read, and has stayed as it is since the last look.
    pub fn has_settled(&self) -> bool {
        let Ok(now) = stamps(&self.folder) else { return false };
        let mut kept = self.kept();
        let settled = kept.looked.as_ref() == Some(&now) && kept.tried.as_ref().is_some_and(|tried| *tried != now);
        kept.looked = Some(now);
        settled
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was written, on a thread that may wait for the disk.
    async fn written<T: Send + 'static>(
        &self,
        cannot: &'static str,
        of: impl FnOnce(&Written) -> Result<T, CrmError> + Send + 'static,
    ) -> Result<T, CrmError> {
        let written = Arc::clone(self.written.as_ref().ok_or(CrmError::Cannot(cannot))?);
        let done = tokio::task::spawn_blocking(move || of(&written)).await;
        done.map_err(|e| CrmError::Unreachable(e.to_string()))?
    }

    /// How the folder is now.
    async fn look(&self) -> Result<Stamps, CrmError> {
        let folder = self.folder.clone();
        let stamps = tokio::task::spawn_blocking(move || stamps(&folder)).await;
        stamps.map_err(|e| CrmError::Unreachable(e.to_string()))?.map_err(CrmError::Unreachable)
    }

    /// Whether the last good reading speaks of now. What changed is waited for, a second or two; a folder that is gone,
    /// or that does not read as it is, says nothing of now, and what it said before is as old as that reading.
    async fn speaks(&self) -> Result<(), CrmError> {
        let now = self.look().await?;
        let kept = self.kept();
        if kept.good.as_ref().is_some_and(|(read, ..)| *read == now) {
            return Ok(());
        }
        let failed = kept.failed.as_ref().filter(|(then, _)| *then == now).map(|(_, why)| why.as_str());
        let gone = (!books::names_people(now.keys())).then_some(books::NO_PEOPLE);
        match failed.or(gone) {
            Some(why) => Err(CrmError::Unreachable(format!("{why}; what was read before stays"))),
            None => Ok(()),
        }
    }

    /// The last good reading, or a first one.
    async fn known(&self) -> Result<Arc<Books>, CrmError> {
        let good = self.kept().good.as_ref().map(|(_, _, books)| Arc::clone(books));
        match good {
            Some(books) => Ok(books),
            None => self.books().await,
        }
    }
}

fn unreadable(why: &str) -> CrmError {
    CrmError::Unreadable(format!("{why}; what was read before stays"))
}

/// How the folder's files are now.
fn stamps(folder: &Path) -> Result<Stamps, String> {
    let mut all = Stamps::new();
    for name in books::NAMES {
        for ending in books::ENDINGS {
            let name = format!("{name}.{ending}");
            match folder.join(&name).metadata() {
                Ok(told) => {
                    all.insert(name, Stamp::of(&told));
                }
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(format!("{name}: {e}")),
            }
        }
    }
    Ok(all)
}

/// A reading during which nothing moved.
fn whole(folder: &Path, names: &Names, now: Option<Timestamp>) -> Result<(Stamps, Books), String> {
    let before = stamps(folder)?;
    let mut books = books::read_at(folder, names, now)?;
    if stamps(folder)? != before {
        return Err("the folder is being written".to_owned());
    }
    let of_deals = before.iter().filter(|(name, _)| books::tells_deals(name));
    books.deals_written = of_deals.map(|(_, stamp)| stamp.here(now)).max().unwrap_or(Timestamp::MIN);
    Ok((before, books))
}

#[async_trait]
impl Crm for Files {
    fn name(&self) -> &'static str {
        "the folder"
    }

    async fn changed(&self) {
        while {
            tokio::time::sleep(LOOK).await;
            !self.has_settled()
        } {}
    }

    async fn everybody(&self) -> Result<Vec<(Address, Vec<Card>)>, CrmError> {
        let books = self.books().await?;
        let gone: Vec<Address> = self.kept().gone.iter().cloned().collect();
        let people = books.people.iter().map(|(address, cards)| (address.clone(), cards.clone()));
        Ok(people.chain(gone.into_iter().map(|address| (address, Vec::new()))).collect())
    }

    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError> {
        let books = self.known().await?;
        self.speaks().await?;
        Ok(books.people.get(address).cloned().unwrap_or_default())
    }

    /// Of what deals are told from, too: a folder that is being changed is read once it has settled.
    async fn complaints(&self) -> Result<(Vec<String>, usize), CrmError> {
        let books = self.known().await?;
        Ok((books.wrong.clone(), books.wrongs))
    }

    async fn unread_deals(&self) -> Result<usize, CrmError> {
        Ok(self.known().await?.unread_deals)
    }

    /// Whoever writes into the folder is this process.
    fn settles(&self) -> Duration {
        Duration::ZERO
    }

    fn takes_writes(&self) -> bool {
        self.written.is_some()
    }

    async fn write(&self, write: &Write) -> Result<String, CrmError> {
        if !self.known().await?.cards.iter().any(|card| card.contact == write.contact) {
            return Err(CrmError::NotFound);
        }
        let write = write.clone();
        self.written("take writes", move |written| written.write(&write)).await
    }

    async fn find(&self, write: &Write) -> Result<Option<String>, CrmError> {
        let key = write.key;
        self.written("look for writes", move |written| written.find(key)).await
    }

    /// A row says who owns somebody, and not who left: whom it names is a rep by our own word, or nobody.
    async fn owned(&self, write: &Write) -> Result<Owned, CrmError> {
        let books = self.known().await?;
        let card = books.cards.iter().find(|card| card.contact == write.contact).ok_or(CrmError::NotFound)?;
        Ok(card.owner.clone().map_or(Owned::Nobody, Owned::By))
    }

    /// Done is what one of our own lines says so of, and what somebody put into `tasks_done`.
    async fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        let key = id.to_owned();
        let state = self.written("tell how a task stands", move |written| written.task(&key)).await?;
        Ok(match self.known().await?.done.get(id) {
            Some(at) if state == TaskState::Open => TaskState::Done { at: *at },
            Some(_) | None => state,
        })
    }

    async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        Ok(self.known().await?.owners())
    }

    fn names_reps(&self) -> bool {
        true
    }

    /// All of them, when one of their tables came here at `since` or later: what a row says of its own change is nothing that
    /// whoever mends it, or adds an old one, need have thought of. Else by what rows say. Page by page in the order of their
    /// ids, which no change of the tables between two pages moves; and a table that was written meanwhile was written later
    /// than the next question begins, which is told all of it.
    async fn deals(&self, since: Timestamp, after: Option<&str>) -> Result<Deals, CrmError> {
        let books = self.known().await?;
        let behind = match after {
            Some(id) => books.deals.range((Bound::Excluded(DealId::new(id)), Bound::Unbounded)),
            None => books.deals.range(..),
        };
        let all = books.deals_written >= since;
        let of_late = behind.map(|(_, deal)| deal).filter(|deal| all || deal.changed >= since);
        let mut deals: Vec<_> = of_late.take(PAGE).cloned().collect();
        let next = deals.last().filter(|_| deals.len() == PAGE).map(|last| last.id.0.clone());
        deals.sort_by_key(|deal| deal.changed);
        Ok(Deals { deals, next })
    }

    async fn still(&self, deals: &[DealId]) -> Result<BTreeSet<DealId>, CrmError> {
        let books = self.known().await?;
        if books.deals.is_empty() {
            // A table that is being written anew may be away for a moment.
            return Err(CrmError::Cannot("tell which deals it still has while its table is away"));
        }
        Ok(deals.iter().filter(|deal| books.deals.contains_key(*deal)).cloned().collect())
    }
}
