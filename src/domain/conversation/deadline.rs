//! When time alone changes something, and what waits for a card.

use super::{Conversation, Status};
use crate::domain::sla::Clock;
use crate::domain::time::Timestamp;

impl Conversation {
    /// Its offer waits for the CRM. What was finished is nobody's until then, as a first reply is: whoever had it has it no
    /// more than others, and their absence is over.
    pub(super) fn await_card(&mut self, until: Timestamp) {
        self.awaits = Some(until);
        if self.is_done() {
            self.worked = self.taker().map(|(rep, _)| rep.clone());
            (self.assignment, self.loan) = (None, None);
        }
    }

    /// The earliest instant at which the clock, an offer, a snooze, a ruling or the wait for a card wants attention. A ruling
    /// does also when nothing else is left to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let ruling = self.ruling.map(|clock| clock.next());
        if self.is_done() {
            return ruling;
        }
        let offer = self.assignment.as_ref().and_then(|a| a.expires);
        let snooze = match self.status {
            Status::Snoozed(until) => Some(until),
            Status::Open | Status::Done(_) => None,
        };
        let clock = self.clock.as_ref().and_then(Clock::next);
        [offer, snooze, clock, ruling, self.awaits].into_iter().flatten().min()
    }
}
