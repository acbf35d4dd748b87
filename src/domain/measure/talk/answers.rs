//! Answers of a conversation that have not left for sure.

use super::{MOST_DRAFTS, Seen, Talk};
use crate::domain::event::{Event, Review};
use crate::domain::id::{MessageId, RepId};
use crate::domain::measure::carried::Turn;
use crate::domain::measure::closed::Closed;
use crate::domain::measure::fold::Facts;
use crate::domain::measure::reply::Draft;
use crate::domain::message::Delivery;
use crate::domain::quiet_hours::Waits;

impl Talk {
    /// An answer on its way.
    pub(super) fn answer(&mut self, seen: &Seen<'_>, facts: &mut Facts) {
        if let Event::AnswerHeld { message, by, not_before, waits, .. } = seen.event {
            self.put(*message, Some(by), draft(*waits));
            if *waits == Some(Waits::Window) {
                facts.closed(seen, &self.line, Closed::Quiet, *not_before);
            }
            if *waits == Some(Waits::Overruled) {
                facts.closed(seen, &self.line, Closed::Overruled, seen.at);
            }
        } else if let Event::AnswerWaits { message, not_before, .. } = seen.event {
            self.put(*message, None, Draft::Window);
            facts.closed(seen, &self.line, Closed::Quiet, *not_before);
        } else if let Event::AnswerParked { message, by, reasons } = seen.event {
            self.put_away(seen.at);
            self.put(*message, Some(by), Draft::Parked(reasons.clone()));
        } else if let Event::AnswerDeclined { message, by } = seen.event {
            self.put(*message, None, Draft::Parked(vec![Review::Declined(by.clone())]));
        } else if let Event::AnswerReleased { message, .. } | Event::AnswerApproved { message, .. } = seen.event {
            self.put(*message, None, Draft::Held);
        } else if let Event::AnswerRecalled { message } = seen.event {
            self.put_away(seen.at);
            self.drafts.retain(|(id, _, _)| id != message);
        } else {
            self.at_the_carrier(seen, facts);
        }
    }

    fn at_the_carrier(&mut self, seen: &Seen<'_>, facts: &mut Facts) {
        if let Event::SendStarted { message, .. } = seen.event {
            facts.count(seen.at, "sent", self.line.as_str());
            self.put(*message, None, Draft::Sending);
            facts.turn(seen, self.author(message), Turn::Answer, 1);
        } else if let Event::SendAbandoned { message } = seen.event {
            facts.recount(seen.at, "sent", self.line.as_str(), -1);
            self.put(*message, None, Draft::Held);
            facts.turn(seen, self.author(message), Turn::Answer, -1);
        } else if let Event::DeliveryChanged { message, delivery, .. } = seen.event {
            self.drafts.retain(|(id, _, _)| id != message);
            let arrived = matches!(delivery, Delivery::Delivered | Delivery::Read);
            let met = self.last.as_ref().and_then(|last| last.end.as_ref()?.text) == Some(*message);
            if let Some(last) = self.last.as_mut().filter(|_| arrived && met) {
                // It cannot fail any more; how long the buyer waited is still asked.
                last.asked.clear();
            }
        }
    }

    fn author(&self, message: &MessageId) -> Option<&RepId> {
        self.drafts.iter().find(|(id, _, _)| id == message).map(|(_, by, _)| by)
    }

    fn put(&mut self, message: MessageId, by: Option<&RepId>, draft: Draft) {
        if let Some((_, _, before)) = self.drafts.iter_mut().find(|(id, _, _)| *id == message) {
            *before = draft;
        } else if let Some(by) = by {
            self.drafts.push((message, by.clone(), draft));
            if self.drafts.len() > MOST_DRAFTS {
                self.drafts.remove(0);
            }
        }
    }
}

const fn draft(waits: Option<Waits>) -> Draft {
    match waits {
        Some(Waits::Window) => Draft::Window,
        Some(Waits::Chosen) => Draft::Chosen,
        Some(Waits::Overruled) | None => Draft::Held,
    }
}
