//! What becomes of our texts: each is held, waits, is parked or taken back, approved of, leaves, arrives.

use super::{Answer, AnswerState, Conversation};
use crate::domain::consent::told::Automatic;
use crate::domain::event::{Event, Review};
use crate::domain::id::{MessageId, RepId};
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;

impl Answer {
    /// A rep's, that needs their eye.
    fn of(by: &RepId) -> Self {
        let state = AnswerState::Parked { reasons: Vec::new() };
        Self {
            by: by.clone(),
            automatic: false,
            what: Automatic::default(),
            at: Timestamp::default(),
            approved: None,
            state,
        }
    }

    /// One that nobody wrote.
    fn by_itself(what: Automatic, at: Timestamp, not_before: Timestamp) -> Self {
        let state = AnswerState::Held { not_before, waits: None };
        Self { by: RepId::new(""), automatic: true, what, at, approved: None, state }
    }
}

/// Ids of answers taken back that a conversation knows at most: more than anybody takes back while one is looked at.
const MOST_RECALLED: usize = 500;

impl Conversation {
    /// Something about a text of ours.
    pub(super) fn apply_answer(&mut self, at: Timestamp, event: &Event) {
        if let Event::AnswerRecalled { message } = event {
            self.answers.remove(message);
            if self.recalled.len() >= MOST_RECALLED {
                self.recalled.remove(0);
            }
            self.recalled.push(*message);
        } else if let Event::SendStarted { message, .. } = event {
            self.stand(message, AnswerState::Sending);
            if !self.answers.get(message).is_some_and(|a| a.automatic) {
                self.answered = true;
                self.acknowledged = false;
            }
        } else if let Event::SendAbandoned { message } = event {
            self.stand(message, AnswerState::Held { not_before: at, waits: None });
            self.was_not_read(message);
        } else if let Event::SendUnknown { message } = event {
            self.stand(message, AnswerState::Unknown);
        } else if let Event::DeliveryChanged { message, delivery, error } = event {
            self.stand(message, AnswerState::Out { delivery: *delivery, error: *error });
            self.disclosed.take_if(|carried| carried == message && delivery.is_failure());
            self.forget_settled();
        } else {
            self.keep(at, event);
            self.regulate(event);
        }
    }

    /// A text that has not left: it waits out its undo time, or for somebody's eye.
    fn keep(&mut self, at: Timestamp, event: &Event) {
        if let Event::AnswerHeld { message, by, not_before, waits, .. } = event {
            let state = AnswerState::Held { not_before: *not_before, waits: *waits };
            self.answers.insert(*message, Answer { at, state, ..Answer::of(by) });
        } else if let Event::Acknowledged { message, not_before } = event {
            self.answers.insert(*message, Answer::by_itself(Automatic::Acknowledgement, at, *not_before));
            self.acknowledged = true;
            self.acknowledged_at = Some(at);
        } else if let Event::ToldBuyer { message, what, not_before } = event {
            self.answers.insert(*message, Answer::by_itself(*what, at, *not_before));
            if *what == Automatic::Help {
                self.helped = Some(at);
            }
        } else if let Event::AnswerParked { message, by, reasons } = event {
            let state = AnswerState::Parked { reasons: reasons.clone() };
            let before = self.answers.get(message);
            let (since, approved) = before.map_or((at, None), |a| (a.at, a.approved.clone()));
            self.answers.insert(*message, Answer { at: since, approved, state, ..Answer::of(by) });
            self.was_not_read(message);
        } else if let Event::AnswerReleased { message, not_before, accepted } = event {
            let waits = accepted.contains(&Review::QuietHours).then_some(Waits::Overruled);
            self.stand(message, AnswerState::Held { not_before: *not_before, waits });
        } else if let Event::AnswerWaits { message, not_before, .. } = event {
            let waits = Some(Waits::Window);
            self.stand(message, AnswerState::Held { not_before: *not_before, waits });
        }
    }

    /// A second person looked, or the text that leaves carries the disclosure.
    fn regulate(&mut self, event: &Event) {
        if let Event::AnswerApproved { message, by, not_before } = event
            && let Some(answer) = self.answers.get_mut(message)
        {
            answer.approved = Some(by.clone());
            answer.state = AnswerState::Held { not_before: *not_before, waits: None };
        } else if let Event::AnswerDeclined { message, by } = event {
            self.stand(message, AnswerState::Parked { reasons: vec![Review::Declined(by.clone())] });
        } else if let Event::Disclosed { message } = event {
            self.disclosed = Some(*message);
        }
    }

    /// A text that did not arrive, or did not leave after all: what it carried was not read.
    fn was_not_read(&mut self, message: &MessageId) {
        self.disclosed.take_if(|carried| carried == message);
    }
}
