//! Effects: answers leave here.
//!
//! **Invariant:** a text is never sent twice. Entering `sending` is a journalled decision that reads consent again; the
//! call starts within two seconds of it or is abandoned; what is in `sending` is never claimed again. A crash between
//! call and record leaves `unknown`, settled by a callback or by the carrier's list, never by sending again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::carrier::meaning::{self, Meaning};
use super::carrier::{Carrier, SendOutcome};
use super::service::{Outcome, Service, ServiceError, Work};
use super::store::{CarrierLine, DueSend, LineStop, StoreError};
use super::{engine, lines};
use crate::domain::command::{Actor, Command};
use crate::domain::contact::Address;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, LineId};
use crate::domain::message::Delivery;
use crate::domain::pacing::Full;
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// From the decision to the start of the call.
const START_WITHIN: Duration = Duration::from_secs(2);

/// The same on the clock that decides.
const START_WITHIN_SPAN: Span = Span::seconds(2);

/// After the carrier said "not now" for the first time; each further time doubles it.
const BUSY_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause between two attempts: every attempt is facts in the journal, and an outage may last.
const LONGEST_BUSY_PAUSE: Duration = Duration::from_secs(60);

/// While somebody else holds the database.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// Requests to the carrier at once.
const AT_ONCE: usize = 32;

/// How soon it is looked again whether the carriers' lists were read.
const FIRST_LOOK: Span = Span::millis(100);

/// The runner of sends.
pub struct Sender {
    /// Decides.
    pub service: Service,
    /// Sends.
    pub carrier: Arc<dyn Carrier>,
    /// Where carriers reach us, without a slash at the end.
    pub public_url: String,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({})", self.public_url)
    }
}

/// What a runner remembers from one look to the next.
#[derive(Debug, Default)]
struct Seen {
    /// Lines without a carrier that were complained of.
    complained: BTreeSet<LineId>,
    /// Stops that an admin was told of.
    told: BTreeSet<Uuid>,
    /// Whether no list is to be read before anything leaves.
    caught_up: bool,
    /// Numbers from which nothing left at the last look.
    stopped: BTreeSet<Address>,
}

/// Numbers and classes whose next text found no room in this look.
#[derive(Debug, Default)]
struct Overtaken {
    lines: BTreeSet<LineId>,
    classes: BTreeSet<String>,
}

impl Overtaken {
    fn holds(&self, playbook: &Playbook, line: &LineId) -> bool {
        let class = playbook.lines.get(line).and_then(|line| line.class.as_ref());
        self.lines.contains(line) || class.is_some_and(|class| self.classes.contains(class))
    }

    fn found(&mut self, playbook: &Playbook, line: &LineId, full: Full) {
        if full.of_line {
            self.lines.insert(line.clone());
        }
        let class = playbook.lines.get(line).and_then(|line| line.class.clone());
        self.classes.extend(class.filter(|_| full.of_class));
    }
}

/// How an attempt to send ended.
enum Ended {
    /// Its conversation may be looked at again at once.
    Done,
    /// It has to wait for something else: an open send.
    Waits,
    /// The carrier said "not now".
    Busy,
}

/// Answers being decided, called and recorded: a request that takes its time holds back only its own conversation.
struct OnTheirWay {
    tasks: JoinSet<(ConversationId, Result<Ended, ServiceError>)>,
    conversations: BTreeSet<ConversationId>,
    /// By conversation: how often the carrier said "not now" in a row.
    busy: BTreeMap<ConversationId, u32>,
    may_start: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

impl OnTheirWay {
    fn new(shutdown: watch::Receiver<bool>) -> Self {
        let may_start = Arc::new(Semaphore::new(AT_ONCE));
        Self { tasks: JoinSet::new(), conversations: BTreeSet::new(), busy: BTreeMap::new(), may_start, shutdown }
    }

    /// Whether one of a conversation is on its way, or rests.
    fn has(&self, conversation: ConversationId) -> bool {
        self.conversations.contains(&conversation)
    }

    /// Starts a send, unless one of its conversation is on its way.
    fn start(
        &mut self,
        conversation: ConversationId,
        send: impl Future<Output = Result<Ended, ServiceError>> + Send + 'static,
    ) {
        if !self.conversations.insert(conversation) {
            return;
        }
        let may_start = Arc::clone(&self.may_start);
        let mut shutdown = self.shutdown.clone();
        let busy = self.busy.get(&conversation).copied().unwrap_or(0);
        self.tasks.spawn(async move {
            // Closed: we are stopping, and what was not begun waits for the next start.
            let Ok(permit) = may_start.acquire().await else { return (conversation, Ok(Ended::Waits)) };
            let ended = send.await;
            // A pause is nobody's turn.
            drop(permit);
            let (pause, ended) = match ended {
                // Somebody else holds the database; nothing was begun.
                Err(ServiceError::Busy) => (DATABASE_PAUSE, Ok(Ended::Done)),
                // Nothing of this conversation can be decided or recorded; others leave.
                Err(ServiceError::Unreadable(_)) => (LONGEST_BUSY_PAUSE, Ok(Ended::Done)),
                Ok(Ended::Busy) => (busy_pause(busy), Ok(Ended::Busy)),
                ended @ (Ok(Ended::Done | Ended::Waits) | Err(ServiceError::Stopped(_))) => {
                    return (conversation, ended);
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = shutdown.wait_for(|down| *down) => {}
            }
            (conversation, ended)
        });
    }

    /// The next one that ends: whether its conversation should be looked at again at once. `None` when there is none.
    async fn next(&mut self) -> Option<Result<bool, ServiceError>> {
        let (conversation, ended) = match self.tasks.join_next().await? {
            Ok(ended) => ended,
            Err(e) => return Some(Err(ServiceError::Stopped(e.to_string()))),
        };
        self.conversations.remove(&conversation);
        if matches!(ended, Ok(Ended::Busy)) {
            *self.busy.entry(conversation).or_default() += 1;
        } else {
            self.busy.remove(&conversation);
        }
        Some(ended.map(|ended| !matches!(ended, Ended::Waits)))
    }

    /// Starts nothing more, and waits for requests in hand to be recorded, also when one of them fails.
    async fn finish(&mut self) -> Result<(), ServiceError> {
        self.may_start.close();
        let mut first = Ok(());
        while let Some(ended) = self.next().await {
            first = first.and(ended.map(drop));
        }
        first
    }
}

/// Doubles with every "not now" in a row.
fn busy_pause(before: u32) -> Duration {
    BUSY_PAUSE.saturating_mul(1 << before.min(10)).min(LONGEST_BUSY_PAUSE)
}

impl Sender {
    /// Runs until `shutdown` or until the database fails. Requests in hand are waited for and recorded, whatever ends it.
    pub async fn run(self, shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        let sender = Arc::new(self);
        sender.give_up_started().await?;
        let mut on_their_way = OnTheirWay::new(shutdown.clone());
        let ended = sender.send_all(&mut on_their_way, shutdown).await;
        let finished = on_their_way.finish().await;
        ended.and(finished)
    }

    async fn send_all(
        self: &Arc<Self>,
        on_their_way: &mut OnTheirWay,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ServiceError> {
        let mut wake = self.service.pulse().watch();
        let mut seen = Seen::default();
        while !*shutdown.borrow() {
            wake.mark_unchanged();
            let next = match self.start_due(on_their_way, &mut seen).await {
                Ok(next) => next,
                Err(StoreError::Busy) => Some(self.service.clock().now() + Span::seconds(1)),
                Err(e) => return Err(ServiceError::Stopped(e.to_string())),
            };
            let wait = next.map_or(LONGEST_SLEEP, |at| self.service.clock().real_wait(at, LONGEST_SLEEP));
            let waited = tokio::time::sleep(wait.max(Duration::from_millis(5)));
            tokio::pin!(waited);
            loop {
                tokio::select! {
                    () = &mut waited => break,
                    _ = wake.changed() => break,
                    _ = shutdown.changed() => break,
                    Some(again) = on_their_way.next() => if again? { break },
                }
            }
        }
        Ok(())
    }

    /// What was in `sending` when we stopped may have reached the carrier: it becomes unknown, never sent again.
    async fn give_up_started(&self) -> Result<(), ServiceError> {
        let open = loop {
            match self.service.store().open_sends(usize::MAX).await {
                Ok(open) => break open,
                Err(StoreError::Busy) => tokio::time::sleep(DATABASE_PAUSE).await,
                Err(e) => return Err(ServiceError::Stopped(e.to_string())),
            }
        };
        for send in open {
            match self.say(&send, Command::LoseSend { message: send.message }).await {
                // It stays open, so that it is not sent either.
                Ok(_) | Err(ServiceError::Unreadable(_)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Starts everything whose time has come, and does not wait for it; tells when to look again. A line without a
    /// carrier is complained of once, until it is set up.
    async fn start_due(
        self: &Arc<Self>,
        on_their_way: &mut OnTheirWay,
        seen: &mut Seen,
    ) -> Result<Option<Timestamp>, StoreError> {
        // In a backup that was brought back nothing leaves before the carriers' lists are read; the reconciler says so
        // loudly, and its entry in the journal wakes us.
        if !seen.caught_up {
            seen.caught_up = self.service.store().restores().await?.iter().all(|r| r.reconciled);
        }
        if !seen.caught_up {
            return Ok(None);
        }
        if !self.service.first_look().is_over() {
            return Ok(Some(self.service.clock().now() + self.service.clock().of_real(FIRST_LOOK)));
        }
        if engine::is_clock_behind(&self.service).await? {
            return Ok(None);
        }
        // All that may go, one of each conversation: those of a line that is not set up hold back no other.
        let (due, next) = self.service.store().due_sends(self.service.clock().now(), usize::MAX).await?;
        let lines = self.service.lines().await?;
        let (mut next, any) = (next, !due.is_empty());
        seen.complained.retain(|line| self.carrier_line(line, &lines).is_none());
        let stops = self.service.store().line_stops().await?;
        lines::tell(&self.service, &stops, &mut seen.told).await?;
        self.look_at_resumed(&stops, &lines, seen);
        let playbook = self.service.playbook();
        let mut full = Overtaken::default();
        for send in due {
            let Some(line) = self.carrier_line(&send.line, &lines) else {
                if seen.complained.insert(send.line.clone()) {
                    let line = &send.line;
                    tracing::error!(%line, "no carrier is set up for this line: `comeback line add`; its answers wait");
                }
                continue;
            };
            if on_their_way.has(send.conversation) || is_stopped(&stops, &line, self.service.clock().now()) {
                continue;
            }
            // The queue is in the order in which answers came due, so each line's texts leave in it: where one finds no
            // room, none behind it takes what comes free.
            if full.holds(&playbook, &send.line) {
                continue;
            }
            let clock = self.service.clock().as_ref();
            if let Err(none) = self.service.throttle().take(&playbook, &send.line, &send.body, clock) {
                next = Some(next.map_or(none.at, |next| next.min(none.at)));
                full.found(&playbook, &send.line, none);
                continue;
            }
            let sender = Arc::clone(self);
            on_their_way.start(send.conversation, async move { sender.send(send, line).await });
        }
        // Whatever waits behind an open send is looked at again when something is committed, or after a pause.
        let again = self.service.clock().now() + self.service.clock().of_real(Span::seconds(5));
        Ok(if any { Some(next.map_or(again, |at| at.min(again))) } else { next })
    }

    /// Lines whose stop is over since the last look: the first text from one shows whether its carrier takes them.
    fn look_at_resumed(&self, stops: &[LineStop], lines: &[CarrierLine], seen: &mut Seen) {
        let now = self.service.clock().now();
        let stopped: BTreeSet<Address> =
            stops.iter().filter(|stop| stop.holds(now)).map(|s| s.number.clone()).collect();
        let playbook = self.service.playbook();
        for number in seen.stopped.difference(&stopped).filter(|number| lines.iter().any(|l| l.number == **number)) {
            if let Some((line, _)) = playbook.line_of(number) {
                self.service.throttle().resumed(line);
            }
        }
        seen.stopped = stopped;
    }

    fn carrier_line(&self, line: &LineId, lines: &[CarrierLine]) -> Option<CarrierLine> {
        let playbook = self.service.playbook();
        let number = &playbook.lines.get(line)?.number;
        lines.iter().find(|l| l.number == *number).cloned()
    }

    /// Decides, calls, records.
    async fn send(&self, send: DueSend, line: CarrierLine) -> Result<Ended, ServiceError> {
        // Measured from before the decision: a slow disk counts against the two seconds too. By both clocks: the
        // monotonic one stands still while the machine is suspended, the other may be set back.
        let (decided, at) = (tokio::time::Instant::now(), self.service.clock().now());
        let facts = self.say(&send, Command::BeginSend { message: send.message }).await?;
        if !facts.iter().any(|e| matches!(e, Event::SendStarted { .. })) {
            self.service.throttle().untried(&send.line);
            return Ok(if facts.is_empty() { Ended::Waits } else { Ended::Done });
        }
        let callback = format!("{}/hooks/{}/status/{}", self.public_url, line.provider, send.message);
        let clock = self.service.clock();
        // Another text of this line may have stopped it since this one was begun.
        let stops = self.service.store().line_stops().await;
        if stops.is_ok_and(|stops| is_stopped(&stops, &line, clock.now())) {
            self.service.throttle().untried(&send.line);
            self.say(&send, Command::AbandonSend { message: send.message }).await?;
            return Ok(Ended::Waits);
        }
        // Asked last, for nothing may take its time between this and the call.
        if decided.elapsed() > START_WITHIN || clock.now().since(at) > clock.of_real(START_WITHIN_SPAN) {
            self.service.throttle().untried(&send.line);
            self.say(&send, Command::AbandonSend { message: send.message }).await?;
            return Ok(Ended::Done);
        }
        let outcome = self.carrier.send(&line, &send.to.by_way_of(&line.number), &send.body, &callback).await;
        tracing::info!(message = %send.message, outcome = outcome.word(), "answer handed to the carrier");
        let message = send.message;
        match outcome {
            SendOutcome::Busy => self.service.throttle().refused(&send.line, clock.now()),
            SendOutcome::Accepted { .. } | SendOutcome::Refused { .. } | SendOutcome::Unknown => {
                self.service.throttle().taken(&send.line);
            }
        }
        let command = match outcome {
            SendOutcome::Refused { code } if meaning::of(&line.provider, code) == Meaning::Admin => {
                // It did not leave, and none from this number can: it waits with the others.
                self.heard(&line, code).await?;
                Command::AbandonSend { message }
            }
            SendOutcome::Accepted { delivery, .. } => Command::Report { message, delivery, error: None },
            SendOutcome::Refused { code } => Command::Report { message, delivery: Delivery::Failed, error: Some(code) },
            SendOutcome::Busy => Command::AbandonSend { message },
            SendOutcome::Unknown => Command::LoseSend { message },
        };
        let busy = matches!(command, Command::AbandonSend { .. });
        self.say(&send, command).await?;
        if let SendOutcome::Refused { code } = outcome {
            self.heard(&line, code).await?;
        }
        Ok(if busy { Ended::Busy } else { Ended::Done })
    }

    /// What an error means for the line is kept before anything else leaves from it.
    async fn heard(&self, line: &CarrierLine, code: u32) -> Result<(), ServiceError> {
        loop {
            match lines::heard(&self.service, line, code).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Busy) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(e) => return Err(ServiceError::Stopped(e.to_string())),
            }
        }
    }

    /// Records a fact about an answer. While the database is held by somebody else it waits: this may not be lost.
    async fn say(&self, send: &DueSend, command: Command) -> Result<Vec<Event>, ServiceError> {
        loop {
            let work =
                Work::Machine { actor: Actor::Effects, conversation: send.conversation, command: command.clone() };
            match self.service.submit(work).await {
                Ok(Outcome::Decided(facts)) => return Ok(facts),
                Ok(
                    Outcome::Refused(_)
                    | Outcome::Receipts(_)
                    | Outcome::Received { .. }
                    | Outcome::Foreign
                    | Outcome::Heard(_),
                ) => {
                    return Ok(Vec::new());
                }
                Err(ServiceError::Busy) if !matches!(command, Command::BeginSend { .. }) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(e) => return Err(e),
            }
        }
    }
}

/// Whether nothing leaves from a line now.
fn is_stopped(stops: &[LineStop], line: &CarrierLine, now: Timestamp) -> bool {
    stops.iter().any(|stop| stop.number == line.number && stop.holds(now))
}

impl SendOutcome {
    /// For the log.
    const fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
        }
    }
}
