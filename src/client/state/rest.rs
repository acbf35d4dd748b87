//! What rests on the disk, so that a cache of any size opens at once and fits in memory.
//!
//! In memory are the conversations that are *awake*, each with the few messages that a list needs. A conversation that
//! is done and has nothing on its way rests in the cache. Whoever drives the machine wakes what an input is about
//! before it is handled ([`Machine::needs`](crate::client::sync::Machine::needs)), and lays the rest back once
//! everything is written down.
//!
//! **Invariant:** what is in memory of a conversation is what the cache holds of it, or less of its messages; which
//! ones are cut is known, and a cut one is never written.

use std::collections::BTreeSet;

use super::State;
use crate::domain::conversation::{Answer, AnswerState, Conversation};
use crate::domain::id::{ConversationId, MessageId};
use crate::wire::changes::{Author, Message, Snapshot};

/// Finished conversations that stay in memory for the list, at least; twice as many at most.
pub const KEPT_DONE: usize = 200;

/// Whether a conversation has to be in memory: it is not done, or a text of it is still on its way.
pub fn is_awake(c: &Conversation) -> bool {
    !c.is_done() || c.answers.values().any(|a| !a.state.is_settled())
}

/// The messages that a list and the outbox need: the last one that is no note, answers on their way, and those that did
/// not arrive, which the outbox tells of long after the carrier did.
pub fn tail(snapshot: &Snapshot) -> Vec<Message> {
    let last = snapshot.messages.iter().rev().find(|m| !matches!(m.author, Author::Note(_))).map(|m| m.id);
    let newest = snapshot.messages.last().map(|m| m.id);
    let told = |id: &MessageId| snapshot.state.answers.get(id).is_some_and(|a| !a.state.is_settled() || has_failed(a));
    let needed = |m: &&Message| Some(m.id) == last || Some(m.id) == newest || told(&m.id);
    snapshot.messages.iter().filter(needed).cloned().collect()
}

/// Whether the buyer will never get it.
const fn has_failed(answer: &Answer) -> bool {
    match &answer.state {
        AnswerState::Out { delivery, .. } => delivery.is_failure(),
        AnswerState::Held { .. } | AnswerState::Parked { .. } | AnswerState::Sending | AnswerState::Unknown => false,
    }
}

/// A conversation as the cache holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Woken {
    /// Whole.
    pub snapshot: Snapshot,
    /// How far its person has read.
    pub seen: u64,
    /// A feed that starts anew has not brought it yet.
    pub stale: bool,
}

impl State {
    /// Whether a conversation is not whole in memory: it rests, or only the tail of its messages is here.
    pub fn rests(&self, id: ConversationId) -> bool {
        self.cut.contains(&id) || !self.base.contains_key(&id)
    }

    /// Takes in a conversation as the cache holds it.
    pub fn wake(&mut self, woken: Woken) {
        let Woken { snapshot, seen, stale } = woken;
        let id = snapshot.state.id;
        let cut = self.cut.remove(&id);
        if self.base.contains_key(&id) && !cut {
            return;
        }
        if let Some(before) = self.stale.as_mut().filter(|_| stale) {
            before.insert(id);
        }
        let known = self.seen.entry(id).or_default();
        *known = seen.max(*known);
        self.base.insert(id, snapshot);
    }

    /// Lays back what nobody looks at, once everything is written down: messages of all but `open`, and finished
    /// conversations beyond those that the list shows.
    pub fn rest(&mut self, open: Option<ConversationId>) {
        let whole = self.base.iter_mut().filter(|(id, _)| Some(**id) != open && !self.cut.contains(*id));
        let mut cut = Vec::new();
        for (id, snapshot) in whole {
            let short = tail(snapshot);
            if short.len() < snapshot.messages.len() {
                snapshot.messages = short;
                cut.push(*id);
            }
        }
        self.cut.extend(cut);
        self.lay_done(open);
    }

    fn lay_done(&mut self, open: Option<ConversationId>) {
        let done = self.base.values().filter(|s| !is_awake(&s.state));
        let mut done: Vec<_> = done.map(|s| (s.state.changed, s.state.id)).collect();
        if done.len() <= 2 * KEPT_DONE {
            return;
        }
        done.sort_unstable();
        let wanted: BTreeSet<ConversationId> =
            self.outbox.entries().iter().filter_map(|e| e.envelope.conversation).chain(open).collect();
        for (_, id) in done.iter().take(done.len() - KEPT_DONE) {
            if !wanted.contains(id) && !self.drafts.contains_key(id) {
                self.base.remove(id);
                self.cut.remove(id);
                self.seen.remove(id);
            }
        }
    }
}
