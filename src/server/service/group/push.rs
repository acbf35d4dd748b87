//! A device's commands, in its order, each once.

use super::super::Parked;
use super::{Group, Origin};
use crate::domain::command::{Actor, Command};
use crate::domain::conversation::AnswerState;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{DeviceId, RepId};
use crate::domain::playbook::Role;
use crate::domain::rejection::Rejection;
use crate::server::store::{DeviceState, ReceiptWrite};
use crate::wire::command::{Envelope, Receipt, Verdict};

/// A refusal that is itself a fact: the record keeps it, the device is told of it like of any other.
fn refused(facts: &[(Subject, Event)]) -> Option<Verdict> {
    facts.iter().find_map(|(_, event)| {
        let Event::AnswerRefused { why, .. } = event else { return None };
        Some(Verdict::Refused { rejection: (*why).into() })
    })
}

impl Group {
    /// Runs a device's commands in order. Stops at a gap in the counter: the device sends the missing ones first.
    pub(super) fn push(&mut self, device: DeviceId, rep: &RepId, envelopes: &[Envelope]) -> Vec<Receipt> {
        let role = self.playbook.role_of(rep).unwrap_or(Role::Rep);
        let mut receipts = Vec::new();
        for envelope in envelopes {
            let state = self.loaded.devices.entry(device).or_default().clone();
            if envelope.n <= state.last_n {
                receipts.push(self.again(device, envelope));
                continue;
            }
            if envelope.n != state.last_n + 1 {
                break;
            }
            let receipt = self.run_envelope(device, rep, role, envelope, state);
            self.loaded.receipts.insert((device, envelope.n), receipt.clone());
            let write = ReceiptWrite { device, receipt: receipt.clone(), seq: self.head.seq, at: self.now };
            self.batch.receipts.push(write);
            receipts.push(receipt);
        }
        receipts
    }

    /// A command that came before: its recorded outcome, never a second run.
    fn again(&self, device: DeviceId, envelope: &Envelope) -> Receipt {
        let rejection = match self.loaded.receipts.get(&(device, envelope.n)) {
            Some(receipt) if receipt.id == envelope.id => return receipt.clone(),
            Some(_) => Rejection::CounterUsed,
            None => Rejection::OutcomeExpired,
        };
        Receipt { id: envelope.id, n: envelope.n, verdict: Verdict::Refused { rejection } }
    }

    fn run_envelope(
        &mut self,
        device: DeviceId,
        rep: &RepId,
        role: Role,
        envelope: &Envelope,
        state: DeviceState,
    ) -> Receipt {
        let mut parked: Parked = state.parked;
        parked.retain(|_, n| *n > envelope.after);
        let behind = envelope.conversation.is_some_and(|c| parked.contains_key(&c));
        let actor = Actor::Rep { rep: rep.clone(), role };
        let origin = Origin { command: Some(envelope.id), seen: envelope.seen, behind, ..Origin::machine(actor) };
        let decided = if let Command::Begin { to, line, .. } = &envelope.command {
            self.begin(to, line, &origin)
        } else if matches!(envelope.command, Command::TakeElsewhere { .. }) {
            // The CRM and the page say so themselves: on a device's word the record would name a door that nobody used.
            Err(Rejection::NotAllowed { needs: "the CRM or a page".to_owned() })
        } else {
            self.decide(envelope.conversation, &envelope.command, &origin)
        };
        let verdict = match decided {
            Ok(facts) => refused(&facts).unwrap_or_else(|| self.verdict_of(envelope)),
            Err(Rejection::NeedsReview { reasons }) => Verdict::Parked { reasons },
            Err(rejection) => Verdict::Refused { rejection },
        };
        if let (Verdict::Parked { .. }, Some(conversation)) = (&verdict, envelope.conversation) {
            parked.insert(conversation, envelope.n);
        }
        self.loaded.devices.insert(device, DeviceState { last_n: envelope.n, parked });
        self.touched.insert(device);
        Receipt { id: envelope.id, n: envelope.n, verdict }
    }

    /// What became of a person's command. An answer that needs its rep's eye says so also when nothing changed about
    /// it: "done" would read as if it had gone.
    fn verdict_of(&self, envelope: &Envelope) -> Verdict {
        let released = |c: &Command| if let Command::Release { message, .. } = c { Some(*message) } else { None };
        let Some(message) = envelope.command.answer().or_else(|| released(&envelope.command)) else {
            return Verdict::Done;
        };
        let loading = envelope.conversation.and_then(|id| self.loaded.conversations.get(&id));
        match loading.and_then(|l| l.state.answers.get(&message)).map(|a| &a.state) {
            Some(AnswerState::Parked { reasons }) => Verdict::Parked { reasons: reasons.clone() },
            Some(AnswerState::Held { .. } | AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. })
            | None => Verdict::Done,
        }
    }
}
