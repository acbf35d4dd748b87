//! What a conversation was about since the buyer last began, and which of their texts is the newest: from that follows what
//! other programs are told of it.

use super::{Conversation, Status};
use crate::domain::addressed;
use crate::domain::event::Event;
use crate::domain::routing::Reason;

impl Conversation {
    /// Takes in what a fact says of that. Called before the fact is taken in: what it was about until now is still here.
    pub(super) fn turn(&mut self, event: &Event) {
        addressed::turn(&mut self.addressed, event);
        if let Event::Received { message, kind } = event
            && kind.arms_clock()
        {
            self.last_text = Some(*message);
        }
        if matches!(event, Event::SlaStarted { .. } | Event::Reopened { .. }) {
            self.topics.insert(self.use_case.clone());
        }
        // A text or a report tells later what it is about; until somebody is waited for or answered nothing is under way.
        if let Event::Matched { use_case, .. } = event
            && *use_case != self.use_case
            && self.is_under_way()
        {
            self.topics.insert(use_case.clone());
        }
        let goes_on = matches!(event, Event::Offered { because, .. } if matches!(because.reason, Reason::SentOn(_)));
        if goes_on {
            self.waits_anew();
        }
        if goes_on || matches!(event, Event::Done { .. }) {
            self.topics.clear();
        }
    }

    /// Whether the buyer wrote, and somebody waits or answered.
    fn is_under_way(&self) -> bool {
        let is_done = matches!(self.status, Status::Done(_));
        !is_done && self.inbound > 0 && (self.clock.is_some() || self.answered)
    }

    /// Whether another program answers it: it lies where people can look at it, and nobody is asked.
    pub fn is_sent_on(&self) -> bool {
        self.assignment.as_ref().is_some_and(|a| a.taken.is_none() && matches!(a.because.reason, Reason::SentOn(_)))
    }
}
