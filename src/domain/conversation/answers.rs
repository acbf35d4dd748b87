//! What becomes of our texts: each is held, waits, is parked or taken back, leaves, arrives.

use super::{Answer, AnswerState, Conversation};
use crate::domain::consent::told::Automatic;
use crate::domain::event::{Event, Review};
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;

impl Conversation {
    /// Something about a text of ours.
    pub(super) fn apply_answer(&mut self, at: Timestamp, event: &Event) {
        if let Event::AnswerHeld { message, by, not_before, waits, .. } = event {
            let state = AnswerState::Held { not_before: *not_before, waits: *waits };
            self.answers.insert(*message, Answer { at, state, ..Answer::of(by) });
        } else if let Event::Acknowledged { message, not_before } = event {
            self.answers.insert(*message, Answer::by_itself(Automatic::Acknowledgement, at, *not_before));
            self.acknowledged = true;
        } else if let Event::ToldBuyer { message, what, not_before } = event {
            self.answers.insert(*message, Answer::by_itself(*what, at, *not_before));
            if *what == Automatic::Help {
                self.helped = Some(at);
            }
        } else if let Event::AnswerParked { message, by, reasons } = event {
            let state = AnswerState::Parked { reasons: reasons.clone() };
            let since = self.answers.get(message).map_or(at, |a| a.at);
            self.answers.insert(*message, Answer { at: since, state, ..Answer::of(by) });
        } else if let Event::AnswerReleased { message, not_before, accepted } = event {
            let waits = accepted.contains(&Review::QuietHours).then_some(Waits::Overruled);
            self.stand(message, AnswerState::Held { not_before: *not_before, waits });
        } else if let Event::AnswerWaits { message, not_before, .. } = event {
            let waits = Some(Waits::Window);
            self.stand(message, AnswerState::Held { not_before: *not_before, waits });
        } else if let Event::AnswerRecalled { message } = event {
            self.answers.remove(message);
        } else if let Event::SendStarted { message } = event {
            self.stand(message, AnswerState::Sending);
            if !self.answers.get(message).is_some_and(|a| a.automatic) {
                self.answered = true;
                self.acknowledged = false;
            }
        } else if let Event::SendAbandoned { message } = event {
            self.stand(message, AnswerState::Held { not_before: at, waits: None });
        } else if let Event::SendUnknown { message } = event {
            self.stand(message, AnswerState::Unknown);
        } else if let Event::DeliveryChanged { message, delivery, error } = event {
            self.stand(message, AnswerState::Out { delivery: *delivery, error: *error });
            self.forget_settled();
        }
    }
}
