//! Which texts of a conversation are at hand, and how older ones join them.
//!
//! A snapshot brings the newest texts, and before them single answers that are not settled. So a conversation is
//! *whole* from some place on, and between those single answers and that place texts may be missing. Older texts are
//! asked for from that place back, and what snapshots bring later is joined to what is whole.

use super::{State, Write};
use crate::domain::conversation::AnswerState;
use crate::domain::id::ConversationId;
use crate::wire::changes::{Message, Snapshot};

/// Why older texts could not be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjoined {
    /// The conversation changed meanwhile: they must be asked for again, or not at all.
    Stale,
    /// They are not the texts before the place that was named.
    NotOlder,
}

/// The place before which texts are missing; nothing when none is.
pub fn missing_before(snapshot: &Snapshot) -> Option<u64> {
    // A backend that does not say from where on none is missing promises that of the newest alone.
    let newest = || snapshot.messages.last().map_or(u64::MAX, |m| m.n);
    snapshot.earlier.then(|| snapshot.whole_from.unwrap_or_else(newest))
}

/// An answer that waited and is no answer of the conversation any more was taken back.
fn is_recalled(snapshot: &Snapshot, message: &Message) -> bool {
    message.standing.as_ref().is_some_and(AnswerState::is_waiting) && !snapshot.state.answers.contains_key(&message.id)
}

/// Puts messages in front of those that are there already, each once.
fn join(snapshot: &mut Snapshot, older: Vec<Message>) {
    for message in older {
        if !is_recalled(snapshot, &message) && !snapshot.messages.iter().any(|m| m.id == message.id) {
            snapshot.messages.push(message);
        }
    }
    snapshot.messages.sort_by_key(|m| m.n);
}

/// Keeps what was whole before, when the newest texts of a fresh snapshot touch it.
pub(super) fn merge(old: Option<&Snapshot>, new: &mut Snapshot) {
    let (Some(old), Some(first)) = (old, missing_before(new)) else { return };
    let last_known = old.messages.last().map_or(0, |m| m.n);
    if last_known.saturating_add(1) < first {
        return;
    }
    let whole_from = missing_before(old).unwrap_or(0);
    let kept = old.messages.iter().filter(|m| (whole_from..first).contains(&m.n)).cloned().collect();
    new.earlier = old.earlier;
    new.whole_from = old.whole_from;
    join(new, kept);
}

impl State {
    /// Joins the texts that the backend gave for those before `before`; none at all says that nothing is older.
    pub fn join_older(
        &mut self,
        conversation: ConversationId,
        before: u64,
        messages: Vec<Message>,
        out: &mut Vec<Write>,
    ) -> Result<(), Unjoined> {
        if messages.iter().any(|m| m.n >= before) {
            return Err(Unjoined::NotOlder);
        }
        // While the feed starts anew, what is here may be of another history.
        if self.stale.is_some() {
            return Err(Unjoined::Stale);
        }
        // A cut one is never written: what it lacks would be lost.
        if self.cut.contains(&conversation) {
            return Err(Unjoined::NotOlder);
        }
        let Some(snapshot) = self.base.get_mut(&conversation) else { return Err(Unjoined::Stale) };
        // What was whole when they were asked for must be so still.
        if missing_before(snapshot).is_none_or(|from| from > before) {
            return Err(Unjoined::Stale);
        }
        let first = messages.iter().map(|m| m.n).min();
        snapshot.whole_from = first.filter(|n| *n > 1);
        snapshot.earlier = snapshot.whole_from.is_some();
        join(snapshot, messages);
        out.push(Write::Upsert(Box::new(snapshot.clone())));
        Ok(())
    }
}
