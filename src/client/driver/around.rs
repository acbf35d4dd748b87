//! What is known around the conversation that is open: asked beside everything else, again while it stays open, and kept
//! nowhere. A backend that does not know the question says nothing, and nothing is shown then.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::Driver;
use crate::client::handle::{Around, LinkState, Notice};
use crate::domain::asking::heard::Heard;
use crate::domain::id::ConversationId;
use crate::wire::around::CrmState;

/// How soon it is asked again while the conversation stays open: a card that was old may have been read meanwhile.
const SOON: Duration = Duration::from_secs(2);
/// How often after that.
const AGAIN: Duration = Duration::from_secs(30);
/// How often while the CRM owes an answer: that it came is to be on the screen soon.
const OWED: Duration = Duration::from_secs(5);

/// What was asked last.
#[derive(Debug, Default)]
pub(super) struct Asked {
    about: Option<ConversationId>,
    next: Option<Duration>,
    /// How far the CRM has spoken of the number of a conversation, when that was asked last.
    heard: Option<(ConversationId, Heard)>,
    /// Where answers come in.
    tell: Option<UnboundedSender<Around>>,
}

impl Asked {
    /// Nothing yet; answers come in there.
    pub(super) fn telling(tell: UnboundedSender<Around>) -> Self {
        Self { tell: Some(tell), ..Self::default() }
    }

    /// How far the CRM has said who is behind the number of a conversation.
    pub(super) fn heard(&self, id: ConversationId) -> Heard {
        self.heard.filter(|(of, _)| *of == id).map_or(Heard::Unsure, |(_, heard)| heard)
    }
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
            (self.around.about, self.around.next) = (self.open, self.open.map(|_| mono));
        }
        let (Some(id), Some(tell)) = (self.open, self.around.tell.clone()) else { return };
        if self.machine.link(mono) != LinkState::Online || self.around.next.is_some_and(|next| next > mono) {
            return;
        }
        self.around.next = Some(mono + if fresh { SOON } else { AGAIN });
        let backend = self.backend.clone();
        tokio::spawn(async move {
            if let Ok(around) = backend.around(id).await {
                drop(tell.send(around));
            }
        });
    }

    /// The answer. What is recommended hangs on whether the CRM has said who this is: the conversation is shown anew.
    /// While the CRM owes that, or does not answer, it is asked again sooner.
    pub(super) fn looked(&mut self, around: Around) {
        if self.open == Some(around.conversation) {
            if owes(&around) {
                let soon = self.mono() + OWED;
                self.around.next = self.around.next.map(|next| next.min(soon));
            }
            let heard = Heard::of(around.read_at.is_some(), around.crm.is_some());
            self.around.heard = Some((around.conversation, heard));
            self.show_thread();
        }
        drop(self.notices.send(Notice::Around(Arc::new(around))));
    }
}

/// Whether the CRM owes an answer. One whose day is used up says when it gives one.
fn owes(around: &Around) -> bool {
    let owes = |crm: &CrmState| crm.used_up.is_none() && (crm.failing.is_some() || around.read_at.is_none());
    around.crm.as_ref().is_some_and(owes)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_crm_owes_an_answer_until_it_answers_and_has_said_who_this_is() {
        let at = Some(Timestamp::from_millis(7));
        let told = |read_at, crm| Around {
            conversation: ConversationId(Uuid::nil()),
            read_at,
            crm,
            others: Vec::new(),
            hidden: 0,
            held: Vec::new(),
        };
        let crm = |failing, used_up| {
            let name = "HubSpot".to_owned();
            Some(CrmState { name, failing, since_before: false, last_read: None, used_up })
        };
        assert!(!owes(&told(None, None)), "nobody is asked");
        assert!(owes(&told(None, crm(None, None))), "nobody knows who this is");
        assert!(owes(&told(at, crm(at, None))), "it does not answer");
        assert!(!owes(&told(at, crm(None, None))));
        assert!(!owes(&told(None, crm(at, at))), "it says when it does");
    }
}
