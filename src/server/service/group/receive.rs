//! A buyer's text comes in.

use uuid::Uuid;

use super::super::{Inbound, Outcome};
use super::{Group, Origin};
use crate::clock::Clock;
use crate::domain::command::{Actor, Command, Receive};
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, MessageId, NumberId};
use crate::domain::ownership::territory;
use crate::domain::time::{Span, Timestamp};
use crate::server::carrier::keywords;
use crate::server::media::wanted;
use crate::server::store::RawEvent;

impl Group {
    /// Whether there is a CRM, and whether it answers: then first replies may wait for it.
    pub(in super::super) fn asks_of(&mut self, (connected, answers): (bool, bool), clock: &dyn Clock) {
        self.connected = connected;
        let (asking, now) = (&self.playbook.asking, self.now);
        let times = || (now + clock.of_real(asking.budget), now - clock.of_real(asking.fresh));
        self.asks = answers.then(times);
    }

    /// Until when the offer of a reply from there may wait for the CRM. Of whom something is known that is old, the card is
    /// wanted anew; whoever was never asked about is found by that.
    fn wait_until(&mut self, number: NumberId, from: &Address) -> Option<Timestamp> {
        let (until, fresh) = self.asks?;
        let read = self.loaded.read.get(&number).copied();
        if read.is_some_and(|at| at >= fresh) {
            return None;
        }
        if read.is_some() {
            self.old.push(from.clone());
        }
        (until.since(self.now) > Span::ZERO).then_some(until)
    }

    pub(super) fn receive(&mut self, inbound: &Inbound) -> Outcome {
        if !self.loaded.duplicates.insert(inbound.key.clone()) {
            return Outcome::Received { new: false };
        }
        let number = self.number_of(&inbound.from);
        let existing = self.loaded.conversations.values().map(|l| &l.state);
        let conversation = existing.filter(|c| c.number == number && c.line == inbound.line).map(|c| c.id).max();
        let message = MessageId(Uuid::now_v7());
        let text = Receive {
            message,
            conversation: conversation.unwrap_or_else(|| ConversationId(Uuid::now_v7())),
            number,
            line: inbound.line.clone(),
            body: inbound.body.clone(),
            media: inbound.media.len(),
            opt_out_type: inbound.opt_out_type.clone(),
            area_code: territory::area_code(inbound.from.as_str()).map(str::to_owned),
            sent: inbound.sent,
            acknowledgement: is_phone(&inbound.from).then(|| MessageId(Uuid::now_v7())),
            wait_until: self.wait_until(number, &inbound.from),
            by_carrier: keywords::acts_on(&inbound.key.provider, inbound.body.as_str()),
        };
        let command = Command::Receive(text.clone());
        self.batch.raw.push(RawEvent { at: self.now, ..inbound.raw.clone() });
        self.batch.dedupe.push((inbound.key.clone(), message));
        let answering = self.loaded.answering.remove(&inbound.key);
        let (media, answering) = (&inbound.media[..], answering.as_ref());
        let origin = Origin { media, answering, ..Origin::machine(Actor::Carrier) };
        // What two policies make of a reply is compared as it is known now: neither waits.
        let at_once = Command::Receive(Receive { wait_until: None, ..text.clone() });
        let would = self.shadowed(conversation, &text, &at_once, &origin);
        let is = would.as_ref().and_then(|_| self.at_once(conversation, &text, &at_once, &origin));
        match self.decide(conversation, &command, &origin) {
            Ok(_) => {
                self.compare(&text, is, would);
                let fetched = wanted(&inbound.key, &text, &inbound.media, self.now);
                self.batch.media.extend(fetched);
                Outcome::Received { new: true }
            }
            Err(rejection) => Outcome::Refused(rejection),
        }
    }
}

/// Whether somebody may read a text there: short codes and names are machines.
fn is_phone(address: &Address) -> bool {
    address.as_str().starts_with('+') || address.as_str().contains(':')
}
