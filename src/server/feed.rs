//! The feed: what changed for a person since a cursor. Snapshots and removals, never raw events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::service::Service;
use super::store::{Device, Page, PageQuery, StoreError, Subject};
use super::writing::Writers;
use crate::clock::monotonic;
use crate::domain::answering::Answering;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::domain::visibility::{self, Principal};
use crate::journal::to_hex;
use crate::wire::changes::{Changes, HeadView, Presence, Snapshot};

/// Conversations in one page.
const PAGE: usize = 200;

/// Messages sent with each conversation; older ones on demand.
const MESSAGES: usize = 50;

/// The longest a poll may wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A rep whose device asked this recently is here.
const HERE: Duration = Duration::from_secs(75);

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The cursor is of another epoch, another membership, or not ours: sync anew, and keep outbox and drafts.
    #[error("this cursor is gone")]
    Gone,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose devices asked lately.
#[derive(Debug, Default)]
pub struct Presences {
    seen: Mutex<BTreeMap<RepId, Instant>>,
    /// Who types now.
    pub writers: Writers,
}

impl Presences {
    /// A device of this rep asks.
    pub fn saw(&self, rep: &RepId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(rep.clone(), monotonic());
    }

    /// Who was seen within this time, in real time.
    pub fn within(&self, time: Duration) -> BTreeSet<RepId> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|(_, at)| at.elapsed() < time).map(|(rep, _)| rep.clone()).collect()
    }

    fn is_here(&self, rep: &RepId) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(rep).is_some_and(|at| at.elapsed() < HERE)
    }
}

/// What a device asks.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Its cursor; empty for the first sync.
    pub since: String,
    /// Receipts it knows.
    pub known: u64,
    /// The playbook it has.
    pub playbook: u32,
    /// The last it was told of who types; a device that does not say is told nothing of it.
    pub writing: Option<u64>,
    /// How long to wait for something.
    pub wait: Duration,
    /// Turns true when the process drains: then the answer is due at once, so that the device comes back to whoever
    /// follows.
    pub drain: Option<watch::Receiver<bool>>,
}

/// Answers a device: at once when something waits for it, else when something happens or the wait is over.
pub async fn changes(
    service: &Service,
    presences: &Presences,
    device: &Device,
    ask: &Ask,
) -> Result<Changes, FeedError> {
    presences.saw(&device.rep);
    let mut deadline = tokio::time::Instant::now() + ask.wait.min(LONGEST_WAIT);
    let mut drain = ask.drain.clone();
    let mut wake = service.pulse().watch();
    let mut typing = presences.writers.watch();
    let mut stuck = service.unwritten().watch();
    let mut playbook = service.playbook();
    let mut principals = visibility::principals(&playbook, &device.rep);
    let mut tag = tag(&principals);
    let unwritten = service.unwritten().seen_by(&principals);
    loop {
        wake.mark_unchanged();
        typing.mark_unchanged();
        // Every commit wakes everybody who waits: what a person sees with is worked out again only under another policy.
        let in_force = service.playbook();
        if !Arc::ptr_eq(&in_force, &playbook) {
            playbook = in_force;
            principals = visibility::principals(&playbook, &device.rep);
            tag = self::tag(&principals);
        }
        let since = read_cursor(&ask.since, &tag)?;
        // A cursor from ahead is of a database that was replaced by an older one: no waiting would help it.
        // So may one of another epoch be, whatever its number; only the database knows its epoch for sure.
        let ahead = since.1 > *wake.borrow() || since.0.is_some_and(|epoch| epoch != service.epoch());
        let at_once = ask.since.is_empty() || ask.playbook != playbook.version;
        let timed_out = tokio::time::Instant::now() >= deadline;
        let types = |known| presences.writers.concerns(&principals, &device.rep, known);
        let somebody_types = ask.writing.is_some_and(types);
        // Who is away stands in no conversation: the cursor says which roster the device was told.
        let somebody_moved = service.pulse().has_moved(since.1);
        if at_once
            || ahead
            || somebody_types
            || somebody_moved
            || timed_out
            || service.pulse().concerns(&principals, since.1, device.id, ask.known)
        {
            let query = PageQuery {
                principals: principals.clone(),
                since: since.1,
                device: device.id,
                known: ask.known,
                limit: PAGE,
                messages: MESSAGES,
            };
            let page = service.store().page(&query).await?;
            if since.0.is_some_and(|epoch| epoch != page.epoch) || since.1 > page.head.seq {
                return Err(FeedError::Gone);
            }
            let something = !page.subjects.is_empty() || !page.receipts.is_empty();
            if at_once || something || somebody_types || somebody_moved || timed_out {
                let seen_by = |_| presences.writers.seen_by(&principals, &device.rep, service.clock().as_ref());
                let writing = ask.writing.map(seen_by);
                return Ok(Changes { writing, ..render(service, presences, ask, &principals, &tag, page) });
            }
        }
        tokio::select! {
            _ = wake.changed() => {}
            _ = typing.changed(), if ask.writing.is_some() => {}
            // What the CRM has not taken, and why, is told with a page: at once when it is not what it was.
            _ = stuck.changed() => {
                if service.unwritten().seen_by(&principals) != unwritten {
                    deadline = tokio::time::Instant::now();
                }
            }
            () = tokio::time::sleep_until(deadline) => {}
            () = drained(&mut drain) => deadline = tokio::time::Instant::now(),
        }
    }
}

/// Resolves when the process drains; never when nobody would say so.
async fn drained(drain: &mut Option<watch::Receiver<bool>>) {
    let said = match drain {
        Some(drain) => drain.wait_for(|down| *down).await.is_ok(),
        None => false,
    };
    if !said {
        std::future::pending::<()>().await;
    }
}

/// A cursor is `epoch.seq.tag`; the tag changes with what the person sees with, so that a changed membership resyncs.
fn read_cursor(cursor: &str, tag: &str) -> Result<(Option<u32>, u64), FeedError> {
    if cursor.is_empty() {
        return Ok((None, 0));
    }
    let mut parts = cursor.splitn(3, '.');
    let epoch: u32 = parts.next().and_then(|p| p.parse().ok()).ok_or(FeedError::Gone)?;
    let seq: u64 = parts.next().and_then(|p| p.parse().ok()).ok_or(FeedError::Gone)?;
    // One spelling only: a device compares cursors as texts.
    if cursor == format!("{epoch}.{seq}.{tag}") { Ok((Some(epoch), seq)) } else { Err(FeedError::Gone) }
}

fn tag(principals: &std::collections::BTreeSet<Principal>) -> String {
    let mut hash = Sha256::new();
    for principal in principals {
        hash.update(principal.key().as_bytes());
        hash.update([0]);
    }
    to_hex(&hash.finalize()[..4])
}

fn render(
    service: &Service,
    presences: &Presences,
    ask: &Ask,
    principals: &std::collections::BTreeSet<Principal>,
    tag: &str,
    page: Page,
) -> Changes {
    let playbook = service.playbook();
    let roster = playbook.reps.iter().filter(|(_, r)| r.active).map(|(rep, _)| Presence {
        rep: rep.clone(),
        here: presences.is_here(rep),
        away: page.roster.away.contains_key(rep),
        since: page.roster.away.get(rep).copied(),
        until: page.roster.absence(rep).and_then(|absence| absence.until),
        note: page.roster.absence(rep).and_then(|absence| absence.note.clone()),
        returned: page.roster.returned.get(rep).filter(|_| principals.contains(&Principal::Rep(rep.clone()))).cloned(),
        load: page.loads.get(rep).copied().unwrap_or(0),
    });
    let (mut upserts, mut removals) = (Vec::new(), Vec::new());
    for subject in page.subjects {
        if visibility::may_see(principals, &subject.state) {
            upserts.push(snapshot(&playbook, subject));
        } else {
            removals.push(subject.state.id);
        }
    }
    Changes {
        since: ask.since.clone(),
        cursor: format!("{}.{}.{tag}", page.epoch, page.through),
        more: page.more,
        server_time: service.clock().now(),
        pace: service.clock().pace(),
        acked: page.acked,
        receipts: page.receipts,
        upserts,
        removals,
        roster: roster.collect(),
        on_call: page.roster.overrides.clone(),
        writing: None,
        unwritten: service.unwritten().seen_by(principals),
        head: HeadView { seq: page.head.seq, hash: to_hex(&page.head.hash) },
        playbook: (ask.playbook != playbook.version).then(|| playbook.for_clients()),
    }
}

fn snapshot(playbook: &Playbook, subject: Subject) -> Snapshot {
    // Single answers may stand before the newest messages; what is between is left out.
    let newest = subject.messages.len().checked_sub(MESSAGES).and_then(|at| subject.messages.get(at));
    let whole_from = newest.map(|m| m.n).filter(|n| *n > 1);
    let replied = subject.state.last_inbound;
    let is_answered = |sent: &Answering| replied.is_some_and(|at| sent.is_answered_at(playbook, at));
    Snapshot {
        answering: subject.answering.filter(is_answered),
        state: subject.state,
        seq: subject.seq,
        address: subject.address,
        number: subject.number,
        cards: subject.cards,
        messages: subject.messages,
        earlier: whole_from.is_some(),
        whole_from,
    }
}
