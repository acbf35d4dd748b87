//! What must be in memory for an input, and what may go back to the disk. See [`state::rest`](super::super::state::rest).

use std::collections::BTreeSet;

use super::super::handle::OutboxId;
use super::super::state::rest::Woken;
use super::{Input, Machine, Wish};
use crate::domain::id::ConversationId;

impl Machine {
    /// The conversations that must be whole in memory before an input is handled.
    pub fn needs(&self, input: &Input) -> BTreeSet<ConversationId> {
        let cut = |id: &ConversationId| self.state.rests(*id);
        let of_answer = |entry: &OutboxId| match entry {
            OutboxId::Command(id) => self.state.outbox.get(*id).and_then(|e| e.envelope.conversation),
            OutboxId::Answer(message) => self.state.find_answer(*message).map(|(id, _)| id),
        };
        let mut needed: BTreeSet<ConversationId> = match input {
            Input::Wish(wish) => match wish {
                Wish::Do { conversation, .. } => conversation.iter().copied().collect(),
                Wish::SaveDraft { conversation, .. } | Wish::See(conversation, _) | Wish::Older(conversation) => {
                    [*conversation].into()
                }
                Wish::Drop { entry, .. } | Wish::Send(entry) => of_answer(entry).into_iter().collect(),
                Wish::Alerted(_) | Wish::ReadWhileAway => BTreeSet::new(),
            },
            // What the feed brings anew does not join what was there.
            Input::Pulled { result: Ok(page), .. } if page.since.is_empty() || self.state.stale.is_some() => {
                BTreeSet::new()
            }
            Input::Pulled { result: Ok(page), .. } => page.upserts.iter().map(|s| s.state.id).collect(),
            Input::Older { .. } => self.older.asks_about().into_iter().collect(),
            Input::Pulled { .. }
            | Input::Session { .. }
            | Input::Pushed { .. }
            | Input::SyncNow
            | Input::SignedIn
            | Input::Tick => BTreeSet::new(),
        };
        // Whether a text of the outbox is at the backend is read from its conversation.
        if matches!(input, Input::Pulled { .. } | Input::Pushed { .. }) {
            needed.extend(self.state.outbox.entries().iter().filter_map(|e| e.envelope.conversation));
        }
        needed.retain(cut);
        needed
    }

    /// While the feed starts anew: how many conversations it has brought.
    pub fn syncing(&self) -> Option<u64> {
        self.state.stale.as_ref().map(|_| self.state.brought)
    }

    /// Takes in a conversation as the cache holds it.
    pub fn wake(&mut self, woken: Woken) {
        self.state.wake(woken);
        self.news.view = true;
    }

    /// How far the person had read in a conversation that is not here.
    pub fn remember_seen(&mut self, conversation: ConversationId, seen: u64) {
        let known = self.state.seen.entry(conversation).or_default();
        *known = seen.max(*known);
    }

    /// Lays back what nobody looks at. Only once everything is written down.
    pub fn rest(&mut self, open: Option<ConversationId>) {
        self.state.rest(open);
    }
}
