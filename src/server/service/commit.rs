//! The committer's loop: gather, decide, append, answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, mpsc, watch};

use super::group::Group;
use super::{BesideChange, GROUP, Job, Outcome, Pulse, Reply, Says, ServiceError, Work};
use crate::clock::Clock;
use crate::domain::command::Command;
use crate::domain::playbook::Playbook;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::journal::Head;
use crate::server::crm::Asks;
use crate::server::store::{Loaded, Store, StoreError, Wants};
use crate::server::telemetry::Metrics;
use crate::wire::command::{Receipt, Verdict};

pub(super) struct Committer {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) playbook: Arc<watch::Sender<Arc<Playbook>>>,
    pub(super) pulse: Pulse,
    pub(super) metrics: Arc<Metrics>,
    /// Counts how often people came, went or had another shift.
    pub(super) moves: watch::Sender<u64>,
    pub(super) alerted: Arc<Notify>,
    pub(super) asks: Arc<Asks>,
    /// The policy that decides beside the one in force, with the entry that put it there.
    pub(super) shadow: Mutex<(u64, Option<Arc<Playbook>>)>,
}

impl Committer {
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Job>, died: watch::Sender<Option<String>>) {
        while let Some(first) = queue.recv().await {
            let mut jobs = vec![first];
            while jobs.len() < GROUP
                && let Ok(next) = queue.try_recv()
            {
                jobs.push(next);
            }
            if let Err(e) = self.serve(jobs).await {
                tracing::error!(error = %e, "the database failed: stopping rather than guessing");
                died.send_replace(Some(e.to_string()));
                return;
            }
        }
    }

    /// Runs a group; by halves when one of its members hit a constraint or something unreadable, down to the one at
    /// fault.
    async fn serve(&self, jobs: Vec<Job>) -> Result<(), StoreError> {
        let (work, replies): (Vec<Work>, Vec<Reply>) = jobs.into_iter().map(|j| (j.work, j.reply)).unzip();
        let work = Arc::new(work);
        match self.run_group(&work).await {
            Ok(outcomes) => {
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    drop(reply.send(Ok(outcome)));
                }
                Ok(())
            }
            Err(StoreError::Busy) => {
                for reply in replies {
                    drop(reply.send(Err(ServiceError::Busy)));
                }
                Ok(())
            }
            Err(StoreError::Conflict(why) | StoreError::Corrupt(why)) if work.len() > 1 => {
                tracing::warn!(why, size = work.len(), "a group met a row it cannot use; its halves run by themselves");
                let mut jobs: Vec<Job> =
                    work.iter().cloned().zip(replies).map(|(work, reply)| Job { work, reply }).collect();
                let later = jobs.split_off(jobs.len() / 2);
                Box::pin(self.serve(jobs)).await?;
                Box::pin(self.serve(later)).await
            }
            Err(StoreError::Conflict(why)) => {
                tracing::error!(why, "a piece of work met a conflict on its own");
                for (work, reply) in work.iter().zip(replies) {
                    drop(reply.send(self.one_by_one(work).await?));
                }
                Ok(())
            }
            Err(StoreError::Corrupt(why)) => {
                tracing::error!(why, "a piece of work needs a row that does not read; the rest goes on");
                for reply in replies {
                    drop(reply.send(Err(ServiceError::Unreadable(why.clone()))));
                }
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    /// A push that names ids which are already there, as a copied cache does: its commands run one by one, up to the
    /// one at fault, which is told so. "Try again" would keep its device trying for ever.
    async fn one_by_one(&self, work: &Work) -> Result<Result<Outcome, ServiceError>, StoreError> {
        let Work::Push { device, rep, envelopes } = work else { return Ok(Err(ServiceError::Busy)) };
        let mut receipts = Vec::new();
        for envelope in envelopes {
            let work = Work::Push { device: *device, rep: rep.clone(), envelopes: vec![envelope.clone()] };
            match self.run_group(&Arc::new(vec![work])).await {
                Ok(outcomes) => {
                    let ran = outcomes.into_iter().filter_map(Outcome::into_receipts);
                    receipts.extend(ran.flatten());
                }
                Err(StoreError::Conflict(_)) => {
                    let verdict = Verdict::Refused { rejection: Rejection::CounterUsed };
                    receipts.push(Receipt { id: envelope.id, n: envelope.n, verdict });
                    break;
                }
                Err(StoreError::Busy) if receipts.is_empty() => return Ok(Err(ServiceError::Busy)),
                Err(StoreError::Busy) => break,
                Err(e) => return Err(e),
            }
        }
        Ok(Ok(Outcome::Receipts(receipts)))
    }

    async fn run_group(&self, work: &Arc<Vec<Work>>) -> Result<Vec<Outcome>, StoreError> {
        let known = Arc::clone(&self.playbook.borrow());
        let (tell, told) = std::sync::mpsc::channel();
        let shadow = self.shadow.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (clock, mut wants) = (Arc::clone(&self.clock), wants(work, known.version, self.clock.now()));
        wants.beside.shadow = shadow.0;
        let (pieces, crm) = (Arc::clone(work), (self.asks.connects(), self.asks.answers()));
        let decide = move |head: &Head, mut loaded: Loaded| {
            // Another process may have put a newer version in force.
            let playbook = loaded.playbook.take().map_or(known, Arc::new);
            let hold = clock.of_real(playbook.undo_hold);
            let shadow = now_beside(shadow, &mut loaded);
            let mut group = Group::new(*head, loaded, playbook, clock.now().max(head.at), hold);
            group.shadow.clone_from(&shadow.1);
            group.asks_of(crm, clock.as_ref());
            let outcomes: Vec<Outcome> = pieces.iter().map(|piece| group.run(piece)).collect();
            let mut done = group.finish();
            let in_force = Arc::clone(&done.playbook);
            let batch = (!done.is_empty()).then(|| std::mem::take(&mut done.batch));
            let seq = batch.as_ref().and_then(|b| b.entries.last()).map_or(head.seq, |e| e.seq);
            let alerts = batch.as_ref().is_some_and(|b| !b.notices.is_empty());
            let wrote = batch.is_some().then_some((done, alerts));
            // Whoever asked is gone only when the process ends.
            let _ = tell.send((outcomes, wrote, in_force, seq, shadow));
            batch
        };
        self.store.group(wants, Box::new(decide)).await?;
        let gone = || StoreError::Fatal("a group was committed without having been decided".to_owned());
        let (outcomes, wrote, in_force, seq, shadow) = told.try_recv().map_err(|_| gone())?;
        *self.shadow.lock().unwrap_or_else(PoisonError::into_inner) = shadow;
        let turned = self.turn_to(&in_force);
        let Some((done, alerts)) = wrote else {
            if turned {
                // Nothing was written, but whoever waits goes by another policy from here on.
                self.pulse.beat(seq, BTreeMap::new(), BTreeMap::new());
            }
            return Ok(outcomes);
        };
        if done.moved {
            self.moves.send_modify(|moves| *moves += 1);
            self.pulse.moved(seq);
        }
        self.pulse.beat(seq, done.principals, done.devices);
        self.asks.want(done.old);
        if alerts {
            self.alerted.notify_one();
        }
        self.metrics.group(work.len());
        done.tally.count(&self.metrics, self.clock.now());
        Ok(outcomes)
    }

    /// Goes by this policy from here on; whether it is another one than before. It was in force in a transaction of ours:
    /// nobody else says here which one is.
    fn turn_to(&self, in_force: &Arc<Playbook>) -> bool {
        let turned = self.playbook.send_if_modified(|known| {
            let turned = !Arc::ptr_eq(known, in_force);
            known.clone_from(in_force);
            turned
        });
        if turned {
            tracing::info!(version = in_force.version, "this version of the playbook is in force");
            // Whichever process put it there, what it left to be told is looked for.
            self.alerted.notify_one();
        }
        turned
    }
}

/// The policy that decides beside the one in force: the one at hand, unless another stands there now. One that cannot be
/// read decides nothing, and costs no reply.
fn now_beside(known: (u64, Option<Arc<Playbook>>), loaded: &mut Loaded) -> (u64, Option<Arc<Playbook>>) {
    if loaded.beside.shadow_seq == known.0 {
        return known;
    }
    let read = loaded.beside.shadow.take().and_then(|kept| match serde_json::from_str::<Playbook>(&kept.body) {
        Ok(playbook) => Some(Arc::new(playbook)),
        Err(e) => {
            let (line, column) = (e.line(), e.column());
            tracing::error!(line, column, "the playbook that was to decide beside the one in force cannot be read");
            None
        }
    });
    (loaded.beside.shadow_seq, read)
}

fn wants(work: &[Work], playbook: u32, now: Timestamp) -> Wants {
    let mut wants = Wants { playbook, ..Wants::default() };
    for piece in work {
        match piece {
            Work::Push { device, envelopes, .. } => {
                let ns = wants.devices.entry(*device).or_default();
                for e in envelopes {
                    ns.insert(e.n);
                    wants.conversations.extend(e.conversation);
                    if let Command::Begin { to, .. } = &e.command {
                        wants.addresses.insert(to.clone());
                    }
                    wants.words.extend(e.command.lets_go());
                }
            }
            Work::Receive(inbound) => {
                wants.addresses.insert(inbound.from.clone());
                wants.dedupe.insert(inbound.key.clone());
                let asked = (inbound.from.clone(), inbound.line.clone(), inbound.sent.unwrap_or(now));
                wants.answering.insert(inbound.key.clone(), asked);
            }
            Work::Report { message, .. } => {
                wants.messages.insert(*message);
            }
            Work::Machine { conversation, command, .. } => {
                wants.conversations.insert(*conversation);
                wants.words.extend(command.lets_go());
                if *command == Command::Match {
                    wants.answered.insert(*conversation);
                }
            }
            Work::Heard(heard) => drop(wants.addresses.insert(heard.address.clone())),
            Work::Paged(reply) => {
                wants.dedupe.insert(reply.key.clone());
                if let Says::Take(conversation) = reply.says {
                    wants.conversations.extend(conversation);
                }
            }
            Work::Beside(change) => wants.beside.waiting |= matches!(**change, BesideChange::Due { .. }),
            Work::Playbook(_)
            | Work::Follow
            | Work::Restored(_)
            | Work::Reconciled
            | Work::People { .. }
            | Work::Kept(_) => {}
        }
    }
    wants
}
