//! A backup that is brought back: the entries that say so, and consent as a record outside the database tells it.

use super::{Group, Origin};
use crate::domain::command::{Actor, Command};
use crate::domain::consent::OptOutSource;
use crate::domain::contact::Address;
use crate::domain::event::{Event, Subject};
use crate::server::service::Outcome;
use crate::server::store::{RestoreWrite, Restored};

impl Group {
    pub(super) fn restored(&mut self, restored: &Restored) -> Outcome {
        let event = Event::Restored { epoch: restored.epoch, after: restored.after };
        self.batch.restore = Some(RestoreWrite::Begun(restored.clone()));
        self.of_the_journal(event, Actor::Operator)
    }

    pub(super) fn reconciled(&mut self) -> Outcome {
        self.batch.restore = Some(RestoreWrite::Reconciled);
        self.of_the_journal(Event::Reconciled, Actor::Carrier)
    }

    /// A number that never had a conversation keeps the word all the same: its first text must not open the door.
    pub(super) fn consent(&mut self, address: &Address, out: bool, source: &OptOutSource) -> Outcome {
        let number = self.number_of(address);
        let conversations = self.loaded.conversations.values().map(|l| &l.state);
        let conversation = conversations.filter(|c| c.number == number).map(|c| c.id).max();
        let source = source.clone();
        let origin = Origin::machine(Actor::Operator);
        if let Some(conversation) = conversation {
            let command = if out { Command::OptOut { source } } else { Command::OptIn { source } };
            return self.outcome(conversation, &command, &origin);
        }
        let is_out = self.loaded.numbers.get(&number).is_some_and(|n| n.opted_out.is_some());
        if is_out == out {
            return Outcome::Decided(Vec::new());
        }
        let event = if out { Event::OptedOut { source } } else { Event::OptedIn { source } };
        // Takes no words in: the command only names what is recorded.
        self.take_in(Subject::Number(number), &event, &Command::Doubt, &origin);
        Outcome::Decided(vec![event])
    }

    fn of_the_journal(&mut self, event: Event, actor: Actor) -> Outcome {
        self.seal(Subject::Journal, &event, &Origin::machine(actor), &[]);
        Outcome::Decided(vec![event])
    }
}
