//! What pages say beside conversations: what the CRM has not taken, and who types: asked beside everything else, told to the screen, and kept nowhere.

use std::sync::Arc;

use super::Driver;
use crate::client::handle::{LinkState, Notice};
use crate::client::sync::Input;
use crate::domain::id::ConversationId;

impl Driver {
    /// The person types. Offline nobody is told, now or later.
    pub(super) fn writes(&self, conversation: ConversationId) {
        if self.machine.link(self.mono()) == LinkState::Online {
            let backend = self.backend.clone();
            tokio::spawn(async move { backend.writes(conversation).await });
        }
    }

    /// A page says who else does.
    pub(super) fn hear_of_writing(&self, input: &Input) {
        if let Input::Pulled { result: Ok(page), .. } = input
            && let Some(writing) = &page.writing
            && !writing.who.is_empty()
        {
            drop(self.notices.send(Notice::Writing(Arc::new(writing.who.clone()))));
        }
    }

    /// A page says what the CRM has not taken: all of it, each time. Told when it is another than before.
    pub(super) fn hear_of_unwritten(&mut self, input: &Input) {
        if let Input::Pulled { result: Ok(page), .. } = input
            && *self.not_in_crm != page.unwritten
        {
            self.not_in_crm = Arc::new(page.unwritten.clone());
            drop(self.notices.send(Notice::Unwritten(Arc::clone(&self.not_in_crm))));
        }
    }
}
