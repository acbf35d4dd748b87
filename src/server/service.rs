//! The committer: the one task that turns commands into facts.
//!
//! It gathers whatever waits (bounded, no timer), opens one transaction, loads all read sets, decides the commands one
//! by one, each over what the earlier ones left, and appends everything at once: one fsync serves many. A refusal
//! touches only itself; a group that fails on a constraint runs its members singly; a failed write ends the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::crm::Asks;
use super::first_look::FirstLook;
use super::line_secrets::Known;
use super::measure::Projections;
use super::media::Attachment;
use super::store::{DedupeKey, RawEvent, Restored, Store, StoreError, departure};
use super::telemetry::Metrics;
use super::throttle::Throttle;
use super::unwritten::Stuck;
use crate::clock::Clock;
use crate::domain::command::{Actor, Command};
use crate::domain::consent::ledger::Taken;
use crate::domain::contact::{Address, Body};
use crate::domain::id::{ConversationId, DeviceId, LineId, MessageId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::rejection::Rejection;
use crate::wire::command::{Envelope, Receipt};

mod beside;
mod commit;
mod group;
mod heard;
mod pulse;
mod tally;

pub use beside::{BesideChange, WaitingPolicy};
pub use heard::Heard;
pub use pulse::Pulse;

/// Commands that may wait; a flood past this is answered 503, not queued for ever.
const QUEUE: usize = 4096;

/// Pieces of work in one group.
const GROUP: usize = 256;

/// Why a piece of work has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Too much waits, or the database is held by somebody else. Nothing was written; try again.
    #[error("busy: try again")]
    Busy,
    /// The database holds something unreadable where this piece of work must look. Nothing was written of it; other
    /// work goes on.
    #[error("the database holds something unreadable: {0}")]
    Unreadable(String),
    /// The committer has stopped: the database failed. Nothing was acknowledged.
    #[error("stopped: {0}")]
    Stopped(String),
}

/// A buyer's text as a carrier's adapter read it.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// The carrier's own id of it.
    pub key: DedupeKey,
    /// Who texts.
    pub from: Address,
    /// Which of our lines.
    pub line: LineId,
    /// The words.
    pub body: Body,
    /// Pictures and other media.
    pub media: Vec<Attachment>,
    /// The carrier's own reading: START, STOP or HELP.
    pub opt_out_type: Option<String>,
    /// As it came.
    pub raw: RawEvent,
    /// When the carrier had it, where its webhook or its list says so.
    pub sent: Option<crate::domain::time::Timestamp>,
}

/// A version of the policy, and who wants it. Their words are kept in the journal for ever.
#[derive(Clone, Debug)]
pub struct PlaybookChange {
    /// The policy; its version is given when it comes into force.
    pub playbook: Playbook,
    /// Who puts it in force, as they call themselves; nobody for the one that a new database starts with.
    pub by: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// The earlier version whose rules come back.
    pub back_to: Option<u32>,
    /// Whether running clocks get new due times; without they keep theirs.
    pub recompute: bool,
}

impl From<Playbook> for PlaybookChange {
    fn from(playbook: Playbook) -> Self {
        Self { playbook, by: None, why: None, back_to: None, recompute: false }
    }
}

/// A piece of work.
#[derive(Clone, Debug)]
pub enum Work {
    /// Commands of a device, in order.
    Push {
        /// Which device.
        device: DeviceId,
        /// Whose.
        rep: RepId,
        /// In order of `n`.
        envelopes: Vec<Envelope>,
    },
    /// A buyer's text.
    Receive(Box<Inbound>),
    /// A carrier's report on an answer of ours.
    Report {
        /// Which answer.
        message: MessageId,
        /// What is reported.
        command: Command,
        /// As it came.
        raw: RawEvent,
        /// Lines set up at another account than the one that signed it: of their answers it may not speak.
        foreign: BTreeSet<LineId>,
    },
    /// A clock, an effect or the CRM wants something.
    Machine {
        /// Who.
        actor: Actor,
        /// About which conversation.
        conversation: ConversationId,
        /// What.
        command: Command,
    },
    /// Somebody says something about people and their shifts.
    People {
        /// Who.
        actor: Actor,
        /// What.
        command: Command,
    },
    /// A version of the policy to put in force.
    Playbook(Box<PlaybookChange>),
    /// Nothing of its own. Another process put a version in force, which is taken over here as any work takes it over.
    Follow,
    /// Something about a version that is not in force.
    Beside(Box<BesideChange>),
    /// A list, another program or a record beside the database says something about a number's consent.
    Heard(Box<Heard>),
    /// This database is a backup brought back.
    Restored(Restored),
    /// All that buyers wrote since that backup has been read.
    Reconciled,
    /// A rep texts the number that pages them.
    Paged(Box<PageReply>),
    /// A webhook that was refused, as it came: for whoever looks why.
    Kept(Box<RawEvent>),
}

/// A text from a rep's own phone to the number that pages them.
#[derive(Clone, Debug)]
pub struct PageReply {
    /// The carrier's own id of it.
    pub key: DedupeKey,
    /// As it came.
    pub raw: RawEvent,
    /// Who.
    pub rep: RepId,
    /// The channel that pages from that number.
    pub channel: String,
    /// What it says.
    pub says: Says,
}

/// What a rep says to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// I take the one I was paged of last, if there is one.
    Take(Option<ConversationId>),
    /// Anything else: kept as it came, and nothing follows.
    Other,
}

impl Work {
    /// Consent, holds and blocks belong to the phone, whatever channel it writes by: no piece of work gets past this.
    fn by_person(mut self) -> Self {
        match &mut self {
            Self::Receive(inbound) => inbound.from = inbound.from.person(),
            Self::Heard(heard) => heard.address = heard.address.person(),
            Self::Push { envelopes, .. } => {
                for envelope in envelopes {
                    if let Command::Begin { to, .. } = &mut envelope.command {
                        *to = to.person();
                    }
                }
            }
            Self::Report { .. }
            | Self::Machine { .. }
            | Self::People { .. }
            | Self::Playbook(_)
            | Self::Follow
            | Self::Beside(_)
            | Self::Restored(_)
            | Self::Reconciled
            | Self::Paged(_)
            | Self::Kept(_) => {}
        }
        self
    }
}

/// What became of a piece of work. On disk when it is told.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Receipts of the commands that were run, in order. Fewer than sent when the counter had a gap.
    Receipts(Vec<Receipt>),
    /// The text is a message; `new` is false when it had come before.
    Received {
        /// Whether it came for the first time.
        new: bool,
    },
    /// The facts that followed; none when there was nothing to do.
    Decided(Vec<crate::domain::event::Event>),
    /// Refused.
    Refused(Rejection),
    /// A report on an answer of another account's line. Nothing followed from it.
    Foreign,
    /// A word of consent from outside.
    Heard(Taken),
}

impl Outcome {
    /// Whether something followed.
    pub const fn has_facts(&self) -> bool {
        match self {
            Self::Decided(facts) => !facts.is_empty(),
            Self::Received { new } => *new,
            Self::Receipts(receipts) => !receipts.is_empty(),
            Self::Heard(taken) => matches!(taken, Taken::New),
            Self::Refused(_) | Self::Foreign => false,
        }
    }

    fn into_receipts(self) -> Option<Vec<Receipt>> {
        match self {
            Self::Receipts(receipts) => Some(receipts),
            Self::Received { .. } | Self::Decided(_) | Self::Refused(_) | Self::Foreign | Self::Heard(_) => None,
        }
    }
}

type Reply = oneshot::Sender<Result<Outcome, ServiceError>>;

struct Job {
    work: Work,
    reply: Reply,
}

/// The way to the committer. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    jobs: mpsc::Sender<Job>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    playbook: Arc<watch::Sender<Arc<Playbook>>>,
    pulse: Pulse,
    epoch: u32,
    metrics: Arc<Metrics>,
    throttle: Arc<Throttle>,
    moves: watch::Receiver<u64>,
    alerted: Arc<Notify>,
    stopped: watch::Receiver<Option<String>>,
    measured: Arc<OnceLock<Arc<Projections>>>,
    secrets: Arc<Known>,
    asks: Arc<Asks>,
    unwritten: Arc<Stuck>,
    first_look: Arc<FirstLook>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    /// Starts the committer. A playbook is seeded into an empty database; a database that has one keeps it.
    pub async fn start(store: Arc<dyn Store>, clock: Arc<dyn Clock>, seed: &Playbook) -> Result<Self, StoreError> {
        Self::start_by(store, clock, seed.clone().into()).await
    }

    /// The same, where somebody puts the first playbook in force and says why.
    pub async fn start_by(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        seed: PlaybookChange,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (died, stopped) = watch::channel(None);
        let (tell_moves, moves) = watch::channel(0);
        let in_force = store.playbook().await?;
        let known = Arc::new(in_force.clone().unwrap_or_else(|| seed.playbook.clone()));
        let (head, epoch) = store.head().await?;
        let throttle = Arc::new(Throttle::after(&known, &store.departures(clock.now() - departure::KEPT).await?));
        let playbook = Arc::new(watch::Sender::new(known));
        let (pulse, metrics) = (Pulse::at(head.seq), Arc::new(Metrics::default()));
        let (alerted, asks) = (Arc::new(Notify::new()), Arc::new(Asks::default()));
        let committer = commit::Committer {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            playbook: Arc::clone(&playbook),
            pulse: pulse.clone(),
            metrics: Arc::clone(&metrics),
            moves: tell_moves,
            alerted: Arc::clone(&alerted),
            asks: Arc::clone(&asks),
            shadow: Mutex::default(),
        };
        tokio::spawn(committer.run(queue, died));
        let (measured, secrets, unwritten) = (Arc::default(), Arc::default(), Arc::default());
        let first_look = Arc::default();
        let service = Self {
            jobs,
            store,
            clock,
            playbook,
            pulse,
            epoch,
            metrics,
            throttle,
            moves,
            alerted,
            stopped,
            measured,
            secrets,
            asks,
            unwritten,
            first_look,
        };
        if in_force.is_none() {
            let work = Work::Playbook(Box::new(PlaybookChange { recompute: false, ..seed }));
            service.submit(work).await.map_err(|e| StoreError::Fatal(e.to_string()))?;
        }
        Ok(service)
    }

    /// Hands over a piece of work and waits until its outcome is on disk.
    pub async fn submit(&self, work: Work) -> Result<Outcome, ServiceError> {
        self.hand_over(work)?.await
    }

    /// Hands over a piece of work now, behind all that was handed over before; what it gives back waits until the
    /// outcome is on disk.
    pub fn hand_over(
        &self,
        work: Work,
    ) -> Result<impl Future<Output = Result<Outcome, ServiceError>> + use<>, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let work = work.by_person();
        self.jobs.try_send(Job { work, reply }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => ServiceError::Busy,
            mpsc::error::TrySendError::Closed(_) => self.why_stopped(),
        })?;
        let service = self.clone();
        Ok(async move { answer.await.map_err(|_| service.why_stopped())? })
    }

    fn why_stopped(&self) -> ServiceError {
        ServiceError::Stopped(self.stopped.borrow().clone().unwrap_or_else(|| "shutting down".to_owned()))
    }

    /// Resolves when the committer has stopped because the database failed.
    pub async fn failed(&self) -> String {
        let mut stopped = self.stopped.clone();
        let why = match stopped.wait_for(Option::is_some).await {
            Ok(why) => why.clone(),
            Err(_) => None,
        };
        why.unwrap_or_else(|| "the committer ended".to_owned())
    }

    /// Why nothing is decided any more, when that is so.
    pub fn stopped(&self) -> Option<String> {
        let why = self.stopped.borrow().clone();
        why.or_else(|| self.jobs.is_closed().then(|| "shutting down".to_owned()))
    }

    /// What lines' secrets were when they were read.
    pub(super) fn secrets(&self) -> &Known {
        &self.secrets
    }

    /// The store, for reads.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock that decides.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The playbook in force.
    pub fn playbook(&self) -> Arc<Playbook> {
        Arc::clone(&self.playbook.borrow())
    }

    /// Changes whenever another version is in force, whichever process put it there.
    pub fn playbooks(&self) -> watch::Receiver<Arc<Playbook>> {
        self.playbook.subscribe()
    }

    /// The database's epoch when this process started.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The counters of this process.
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether the carriers' lists were read since the start.
    pub const fn first_look(&self) -> &Arc<FirstLook> {
        &self.first_look
    }

    /// When numbers may be asked to send.
    pub const fn throttle(&self) -> &Arc<Throttle> {
        &self.throttle
    }

    /// Wakes whoever tells people when a group left notices. For one to wait on.
    pub const fn alerted(&self) -> &Arc<Notify> {
        &self.alerted
    }

    /// Pieces of work that wait for the committer.
    pub fn queued(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Changes whenever people came, went or had another shift, by work of this process.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.moves.clone()
    }

    /// What was measured, where reports are kept.
    pub fn measured(&self) -> Option<&Arc<Projections>> {
        self.measured.get()
    }

    /// From here on reports are answered from these.
    pub fn measured_by(&self, projections: Arc<Projections>) {
        // The first one stays.
        let _ = self.measured.set(projections);
    }

    /// How the CRM stands, and whose card is wanted anew.
    pub fn asks(&self) -> &Asks {
        &self.asks
    }

    /// What the CRM has not taken.
    pub fn unwritten(&self) -> &Stuck {
        &self.unwritten
    }

    /// Who must look at the feed.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }
}

/// Salts and ids of one group are made here, outside the rules.
fn fresh_salt() -> [u8; 16] {
    rand::random()
}

/// Conversations with a parked command, by device: kept small by forgetting those the device knows of.
type Parked = BTreeMap<ConversationId, u64>;
