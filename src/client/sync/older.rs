//! Older texts on demand: a lane of its own, for one conversation at a time.

use std::time::Duration;

use super::super::handle::{Toast, Weight};
use super::super::state::older::{Unjoined, missing_before};
use super::{Action, Failure, Lane, Machine, PATIENCE, Which};
use crate::domain::id::ConversationId;
use crate::wire::changes::Message;

/// What is wanted, and what is out.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    pub(super) lane: Lane,
    /// The conversation whose older texts somebody waits for.
    wanted: Option<ConversationId>,
    /// What the question that is out asks for.
    asked: Option<(ConversationId, u64)>,
}

impl Older {
    /// The conversation that the question which is out is about.
    pub(super) fn asks_about(&self) -> Option<ConversationId> {
        self.asked.map(|(conversation, _)| conversation)
    }
}

impl Machine {
    /// Whether older texts of this conversation are asked for and have not come.
    pub fn awaits_older(&self, conversation: ConversationId) -> bool {
        self.older.wanted == Some(conversation)
    }

    pub(super) fn wish_older(&mut self, conversation: ConversationId) {
        let missing = self.state.base.get(&conversation).and_then(missing_before);
        if missing.is_none() || self.older.wanted == Some(conversation) {
            return;
        }
        self.forget_older();
        self.older.wanted = Some(conversation);
    }

    /// What is out belongs to a history that may not be ours any more; what is wanted is asked for again.
    pub(super) fn forget_older(&mut self) {
        if let Some(ticket) = self.older.lane.abandon() {
            self.actions.push_back(Action::Abandon { ticket });
        }
        self.older.lane.answered();
    }

    pub(super) fn plan_older(&mut self, mono: Duration) {
        let Some(conversation) = self.older.wanted else { return };
        if !self.older.lane.is_free(mono) || self.state.stale.is_some() || self.state.cursor.is_empty() {
            return;
        }
        let Some(before) = self.state.base.get(&conversation).and_then(missing_before) else {
            // Out of sight, or nothing is missing any more.
            self.older.wanted = None;
            return;
        };
        let ticket = self.ticket();
        self.older.lane.start(ticket, mono, PATIENCE);
        self.older.asked = Some((conversation, before));
        self.actions.push_back(Action::Older { ticket, conversation, before });
    }

    pub(super) fn got_older(&mut self, ticket: u64, result: Result<Vec<Message>, Failure>, mono: Duration) {
        // A late answer is of no use: another one is out, or nobody waits.
        if self.older.lane.land(ticket).is_none() {
            return;
        }
        let Some((conversation, before)) = self.older.asked.take() else { return };
        self.news.view = true;
        let joined = match result {
            Ok(messages) => self.state.join_older(conversation, before, messages, &mut self.writes),
            Err(failure @ Failure::Unreachable(_)) => return self.failed(Which::Older, &failure, mono),
            Err(failure) if failure.status() == Some(401) => return self.failed(Which::Older, &failure, mono),
            // Not ours to see any more: the feed is about to say so.
            Err(failure) if failure.status() == Some(404) => Ok(()),
            Err(failure) => return self.give_up_older(conversation, &failure),
        };
        match joined {
            Ok(()) => {
                self.older.wanted = None;
                self.older.lane.answered();
            }
            // Asked for again from where it is whole now.
            Err(Unjoined::Stale) => self.older.lane.answered(),
            Err(Unjoined::NotOlder) => {
                self.give_up_older(conversation, &Failure::Garbage("these texts are not older".to_owned()));
            }
        }
    }

    /// The backend answers, but not with texts: the person may ask again.
    fn give_up_older(&mut self, conversation: ConversationId, failure: &Failure) {
        self.older.wanted = None;
        self.older.lane.answered();
        let text = format!("Older texts did not come: {}. Scroll up to ask again.", failure.words());
        self.news.toasts.push(Toast { text, weight: Weight::Loud, conversation: Some(conversation) });
    }
}
