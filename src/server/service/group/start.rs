//! A rep begins with a number that may never have texted.

use uuid::Uuid;

use super::{Group, Origin};
use crate::domain::command::Command;
use crate::domain::contact::Address;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ConversationId, LineId};
use crate::domain::rejection::Rejection;

impl Group {
    /// Decides it over the conversation of that line with the number, when there is one. The id of a new one is made here:
    /// one that a device names could be somebody else's. A number that no record knows is refused without being kept.
    pub(super) fn begin(
        &mut self,
        to: &Address,
        line: &LineId,
        origin: &Origin<'_>,
    ) -> Result<Vec<(Subject, Event)>, Rejection> {
        let number = self.loaded.addresses.get(to).copied();
        let existing = self.loaded.conversations.values().map(|l| &l.state);
        let known = existing.filter(|c| Some(c.number) == number && c.line == *line).map(|c| c.id).max();
        let conversation = ConversationId(Uuid::now_v7());
        self.decide(known, &Command::Begin { to: to.clone(), line: line.clone(), conversation }, origin)
    }
}
