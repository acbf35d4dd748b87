//! Effects: answers leave here.
//!
//! **Invariant:** a text is never sent twice. Entering `sending` is a journalled decision that reads consent again; the
//! call starts within two seconds of it or is abandoned; what is in `sending` is never claimed again. A crash between
//! call and record leaves `unknown`, settled by a callback or by the carrier's list, never by sending again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::carrier::{Carrier, SendOutcome};
use super::engine;
use super::service::{Outcome, Service, ServiceError, Work};
use super::store::{CarrierLine, DueSend, StoreError};
use crate::domain::command::{Actor, Command};
use crate::domain::event::Event;
use crate::domain::id::ConversationId;
use crate::domain::message::Delivery;
use crate::domain::time::{Span, Timestamp};

const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// From the decision to the start of the call.
const START_WITHIN: Duration = Duration::from_secs(2);

/// After the carrier said "not now".
const BUSY_PAUSE: Duration = Duration::from_secs(2);

/// Answers on their way at once.
const ROUND: usize = 32;

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

impl Sender {
    /// Runs until `shutdown` or until the database fails.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        let sender = Arc::new(self);
        sender.give_up_started().await?;
        let mut wake = sender.service.pulse().watch();
        while !*shutdown.borrow() {
            wake.mark_unchanged();
            let next = match sender.round().await {
                Ok(next) => next,
                Err(StoreError::Busy) => Some(sender.service.clock().now() + Span::seconds(1)),
                Err(e) => return Err(ServiceError::Stopped(e.to_string())),
            };
            let wait = next.map_or(LONGEST_SLEEP, |at| sender.service.clock().real_wait(at, LONGEST_SLEEP));
            tokio::select! {
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
                _ = wake.changed() => {}
                _ = shutdown.changed() => {}
            }
        }
        Ok(())
    }

    /// What was in `sending` when we stopped may have reached the carrier: it becomes unknown, never sent again.
    async fn give_up_started(&self) -> Result<(), ServiceError> {
        let open = self.service.store().open_sends(usize::MAX).await;
        for send in open.map_err(|e| ServiceError::Stopped(e.to_string()))? {
            self.say(&send, Command::LoseSend { message: send.message }).await?;
        }
        Ok(())
    }

    /// Starts everything whose time has come and waits for it; tells when the next one is.
    async fn round(self: &Arc<Self>) -> Result<Option<Timestamp>, StoreError> {
        if engine::is_clock_behind(&self.service).await? {
            return Ok(None);
        }
        let (due, next) = self.service.store().due_sends(self.service.clock().now(), ROUND).await?;
        let lines = self.service.store().lines().await?;
        let mut on_their_way = tokio::task::JoinSet::new();
        let mut by_conversation: BTreeMap<ConversationId, Vec<DueSend>> = BTreeMap::new();
        for send in due {
            by_conversation.entry(send.conversation).or_default().push(send);
        }
        for sends in by_conversation.into_values() {
            let sender = Arc::clone(self);
            let sends: Vec<_> = sends.into_iter().map(|send| (self.line_of(&send, &lines), send)).collect();
            on_their_way.spawn(async move { sender.one_by_one(sends).await });
        }
        let any = !on_their_way.is_empty();
        let mut moved = false;
        while let Some(done) = on_their_way.join_next().await {
            match done {
                Ok(Ok(left)) => moved |= left,
                Ok(Err(ServiceError::Busy)) => return Err(StoreError::Busy),
                Ok(Err(e)) => return Err(StoreError::Fatal(e.to_string())),
                Err(e) => return Err(StoreError::Fatal(e.to_string())),
            }
        }
        // Whatever waits behind an open send is looked at again when something is committed, or after a pause.
        let again = self.service.clock().now() + self.service.clock().of_real(Span::seconds(if moved { 0 } else { 5 }));
        Ok(if any { Some(next.map_or(again, |at| at.min(again))) } else { next })
    }

    /// The texts of one conversation, one at a time. Which of them may go first is decided by the rules, not by the
    /// order of this list: one that must wait for another never keeps that other from being asked about.
    async fn one_by_one(&self, sends: Vec<(Option<CarrierLine>, DueSend)>) -> Result<bool, ServiceError> {
        let mut moved = false;
        for (line, send) in sends {
            moved |= self.send(send, line).await?;
        }
        Ok(moved)
    }

    fn line_of(&self, send: &DueSend, lines: &[CarrierLine]) -> Option<CarrierLine> {
        let playbook = self.service.playbook();
        let number = &playbook.lines.get(&send.line)?.number;
        lines.iter().find(|l| l.number == *number).cloned()
    }

    /// Decides, calls, records. True when the text left or was settled.
    async fn send(&self, send: DueSend, line: Option<CarrierLine>) -> Result<bool, ServiceError> {
        let Some(line) = line else {
            tracing::error!(line = %send.line, "no carrier is set up for this line: `comeback line add`; its answers wait");
            return Ok(false);
        };
        // Measured from before the decision: a slow disk counts against the two seconds too.
        let decided = tokio::time::Instant::now();
        let facts = self.say(&send, Command::BeginSend { message: send.message }).await?;
        if !facts.iter().any(|e| matches!(e, Event::SendStarted { .. })) {
            return Ok(!facts.is_empty());
        }
        let callback = format!("{}/hooks/twilio/status/{}", self.public_url, send.message);
        if decided.elapsed() > START_WITHIN {
            self.say(&send, Command::AbandonSend { message: send.message }).await?;
            return Ok(false);
        }
        let outcome = self.carrier.send(&line, &send.to, &send.body, &callback).await;
        tracing::info!(message = %send.message, outcome = outcome.word(), "answer handed to the carrier");
        let message = send.message;
        let command = match outcome {
            SendOutcome::Accepted { delivery, .. } => Command::Report { message, delivery, error: None },
            SendOutcome::Refused { code } => Command::Report { message, delivery: Delivery::Failed, error: Some(code) },
            SendOutcome::Busy => Command::AbandonSend { message },
            SendOutcome::Unknown => Command::LoseSend { message },
        };
        let busy = matches!(command, Command::AbandonSend { .. });
        self.say(&send, command).await?;
        if busy {
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        Ok(!busy)
    }

    /// Records a fact about an answer. While the database is held by somebody else it waits: this may not be lost.
    async fn say(&self, send: &DueSend, command: Command) -> Result<Vec<Event>, ServiceError> {
        loop {
            let work =
                Work::Machine { actor: Actor::Effects, conversation: send.conversation, command: command.clone() };
            match self.service.submit(work).await {
                Ok(Outcome::Decided(facts)) => return Ok(facts),
                Ok(Outcome::Refused(_) | Outcome::Receipts(_) | Outcome::Received { .. }) => return Ok(Vec::new()),
                Err(ServiceError::Busy) if !matches!(command, Command::BeginSend { .. }) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(e) => return Err(e),
            }
        }
    }
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
