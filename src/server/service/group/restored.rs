//! A backup that is brought back: the entries that say so.

use super::{Group, Origin};
use crate::domain::command::Actor;
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

    fn of_the_journal(&mut self, event: Event, actor: Actor) -> Outcome {
        self.seal(Subject::Journal, &event, &Origin::machine(actor), &[]);
        Outcome::Decided(vec![event])
    }
}
