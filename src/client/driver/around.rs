//! What is known around the conversation that is open: asked beside everything else, again while it stays open, and kept
//! nowhere. A backend that does not know the question says nothing, and nothing is shown then.

use std::sync::Arc;
use std::time::Duration;

use super::Driver;
use crate::client::handle::{LinkState, Notice};
use crate::domain::id::ConversationId;

/// How soon it is asked again while the conversation stays open: a card that was old may have been read meanwhile.
const SOON: Duration = Duration::from_secs(2);
/// How often after that.
const AGAIN: Duration = Duration::from_secs(30);

/// What was asked last.
#[derive(Debug, Default)]
pub(super) struct Asked {
    about: Option<ConversationId>,
    next: Option<Duration>,
}

impl Driver {
    /// When it is to be asked next, while a conversation is open and the network is there.
    pub(super) fn looks_around_at(&self) -> Option<Duration> {
        let online = self.machine.link(self.mono()) == LinkState::Online;
        self.around.next.filter(|_| self.open.is_some() && online)
    }

    /// Asks when a conversation was opened, or its time has come.
    pub(super) fn look_around(&mut self) {
        let mono = self.mono();
        let fresh = self.around.about != self.open;
        if fresh {
            self.around = Asked { about: self.open, next: self.open.map(|_| mono) };
        }
        let Some(id) = self.open else { return };
        if self.machine.link(mono) != LinkState::Online || self.around.next.is_some_and(|next| next > mono) {
            return;
        }
        self.around.next = Some(mono + if fresh { SOON } else { AGAIN });
        let (backend, notices) = (self.backend.clone(), self.notices.clone());
        tokio::spawn(async move {
            if let Ok(around) = backend.around(id).await {
                drop(notices.send(Notice::Around(Arc::new(around))));
            }
        });
    }
}
