//! Reading on: one task reads and decodes, a second folds, a third keeps what that makes, so that both cores work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, watch};

use super::projections::{MeasureError, Projections, ReadTo};
use super::write::Step;
use crate::domain::event::{Event, Subject};
use crate::domain::measure::Fold;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::journal::Entry;
use crate::server::store::Store;

/// Entries read at once: the thread that reads serves others, too.
const PAGE: usize = 5_000;

/// Pages of one transaction while much is to be read.
const PAGES: usize = 10;

/// Conversations at hand, after which they are put away: what measuring needs of memory does not grow with the journal.
const AT_HAND: usize = 30_000;

/// What reading on came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Entries taken in.
    pub entries: u64,
    /// Whether it began from the start.
    pub refolded: bool,
}

/// One fact, read.
struct Fact {
    seq: u64,
    at: Timestamp,
    subject: Subject,
    event: Event,
}

/// A page of the journal.
struct Pages {
    facts: Vec<Fact>,
    /// Policies that came into force in it.
    policies: Vec<Playbook>,
    /// Its last entry.
    last: (u64, [u8; 32], Timestamp),
    entries: u64,
}

/// Reads on to the journal's end. A file that has read another journal begins anew.
pub async fn follow(
    store: &Arc<dyn Store>,
    projections: &Arc<Projections>,
    shutdown: &watch::Receiver<bool>,
) -> Result<Followed, MeasureError> {
    follow_by(store, projections, shutdown, (PAGE, PAGES)).await
}

/// The same with pages and transactions of another size: what it makes is the same.
pub async fn follow_by(
    store: &Arc<dyn Store>,
    projections: &Arc<Projections>,
    shutdown: &watch::Receiver<bool>,
    (page, pages): (usize, usize),
) -> Result<Followed, MeasureError> {
    let (head, epoch) = store.head().await?;
    let mut from = projections.read_to()?;
    let whole = from.seq == 0 || (from.epoch == epoch && from.seq <= head.seq && is_there(store, &from).await?);
    if !whole {
        projections.clear()?;
        from = ReadTo::default();
    }
    if from.seq == head.seq {
        return Ok(Followed::default());
    }
    let known = policies(store, from.world.playbook).await?;
    let (send, received) = mpsc::channel(2);
    let reading = tokio::spawn(read(Arc::clone(store), from.seq, page, shutdown.clone(), send));
    let (projections, refolded) = (Arc::clone(projections), from.seq == 0);
    let folding = tokio::task::spawn_blocking(move || fold(&projections, epoch, from, known, received, pages));
    let entries = folding.await.map_err(|e| MeasureError::File(e.to_string()))?;
    reading.abort();
    Ok(Followed { entries: entries?, refolded })
}

/// Whether the journal has what was read last.
async fn is_there(store: &Arc<dyn Store>, from: &ReadTo) -> Result<bool, MeasureError> {
    let found = store.entries(from.seq - 1, 1).await?;
    Ok(found.first().is_some_and(|entry| entry.seq == from.seq && entry.hash == from.hash))
}

/// Policies up to a version.
async fn policies(store: &Arc<dyn Store>, newest: u32) -> Result<BTreeMap<u32, Playbook>, MeasureError> {
    let mut known = BTreeMap::new();
    for version in 1..=newest {
        known.extend(store.playbook_of(version).await?.map(|playbook| (version, playbook)));
    }
    Ok(known)
}

async fn read(
    store: Arc<dyn Store>,
    mut after: u64,
    page: usize,
    shutdown: watch::Receiver<bool>,
    send: mpsc::Sender<Result<Pages, MeasureError>>,
) {
    while !*shutdown.borrow() {
        let read = page_after(&store, after, page).await;
        match read {
            Ok(None) => return,
            Ok(Some(pages)) => {
                after = pages.last.0;
                if send.send(Ok(pages)).await.is_err() {
                    return;
                }
            }
            Err(e) => {
                drop(send.send(Err(e)).await);
                return;
            }
        }
    }
}

async fn page_after(store: &Arc<dyn Store>, after: u64, page: usize) -> Result<Option<Pages>, MeasureError> {
    let entries = store.entries(after, page).await?;
    let Some(last) = entries.last().map(|entry| (entry.seq, entry.hash, entry.at)) else { return Ok(None) };
    let count = entries.len() as u64;
    let facts: Vec<Fact> = entries.iter().filter_map(decoded).collect();
    let mut policies = Vec::new();
    for fact in &facts {
        if let Event::PlaybookApplied { version, .. } = fact.event {
            policies.extend(store.playbook_of(version).await?);
        }
    }
    Ok(Some(Pages { facts, policies, last, entries: count }))
}

#[derive(Deserialize)]
struct Lean<'a> {
    #[serde(borrow)]
    subject: &'a RawValue,
    kind: &'a str,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// What an entry says, when measuring asks for it. What a later version wrote says nothing to this one.
fn decoded(entry: &Entry) -> Option<Fact> {
    let frame: Lean<'_> = serde_json::from_slice(&entry.body).ok()?;
    if !Fold::reads(frame.kind) {
        return None;
    }
    let event = serde_json::from_str(frame.event.get()).ok()?;
    let subject = serde_json::from_str(frame.subject.get()).ok()?;
    Some(Fact { seq: entry.seq, at: entry.at, subject, event })
}

/// Folds pages as they come while what they make is kept beside; how many entries.
fn fold(
    projections: &Projections,
    epoch: u32,
    from: ReadTo,
    policies: BTreeMap<u32, Playbook>,
    received: mpsc::Receiver<Result<Pages, MeasureError>>,
    pages: usize,
) -> Result<u64, MeasureError> {
    // Nothing waits in it: a step is handed over once the one before is kept.
    let (hand, handed) = std::sync::mpsc::sync_channel::<Arc<Step>>(0);
    std::thread::scope(|scope| {
        let keeping = scope.spawn(move || handed.iter().try_for_each(|step| projections.keep(&step)));
        let folded = Folding { projections, epoch, pages, hand }.run(from, policies, received);
        let kept = keeping.join().map_err(|_| MeasureError::File("keeping stopped".to_owned()))?;
        // Why keeping stopped is what there is to say, when it did.
        kept.and(folded)
    })
}

/// The half that folds.
struct Folding<'a> {
    projections: &'a Projections,
    epoch: u32,
    pages: usize,
    hand: std::sync::mpsc::SyncSender<Arc<Step>>,
}

impl Folding<'_> {
    fn run(
        self,
        from: ReadTo,
        mut policies: BTreeMap<u32, Playbook>,
        mut received: mpsc::Receiver<Result<Pages, MeasureError>>,
    ) -> Result<u64, MeasureError> {
        let mut fold = Fold::resume(from.world, &policies);
        let (mut kept, mut waiting, mut entries) = (from.seq, 0, 0);
        let mut last = None;
        loop {
            let page = received.blocking_recv().transpose()?;
            let over = page.is_none();
            if let Some(page) = page {
                policies.extend(page.policies.into_iter().map(|playbook| (playbook.version, playbook)));
                let (talks, askers) = wanted(&page.facts);
                self.projections.bring(&mut fold, &talks, &askers)?;
                for fact in &page.facts {
                    fold.take_in((fact.seq, fact.at), fact.subject, &fact.event, &policies);
                }
                last = Some(page.last);
                waiting += 1;
                entries += page.entries;
            }
            if let Some((seq, hash, at)) = last.filter(|_| over || waiting >= self.pages) {
                let to = ReadTo { epoch: self.epoch, seq, hash, at, world: fold.world.clone() };
                let step = Arc::new(Step::of(&mut fold, &policies, kept, to)?);
                if self.hand.send(Arc::clone(&step)).is_err() {
                    return Ok(entries);
                }
                (kept, waiting, last) = (seq, 0, None);
                if fold.talks.len() > AT_HAND {
                    // All before this step are kept by now, and can be brought again.
                    fold.talks.retain(|id, _| step.has_talk(id));
                    fold.askers.retain(|id, _| step.has_asker(id));
                }
            }
            if over {
                return Ok(entries);
            }
        }
    }
}

fn wanted(facts: &[Fact]) -> (BTreeSet<crate::domain::id::ConversationId>, BTreeSet<crate::domain::id::NumberId>) {
    let (mut talks, mut askers) = (BTreeSet::new(), BTreeSet::new());
    for fact in facts {
        match fact.subject {
            Subject::Conversation(id) => {
                talks.insert(id);
                askers.extend(Fold::wants(&fact.event));
            }
            Subject::Number(id) => {
                askers.insert(id);
            }
            Subject::Roster | Subject::Playbook | Subject::Journal => {}
        }
    }
    (talks, askers)
}
