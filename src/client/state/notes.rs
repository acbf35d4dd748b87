//! Notes that a colleague wrote for this person: they ask until they were on the screen.

use super::{State, Write};
use crate::domain::addressed;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, MessageId, RepId};
use crate::domain::time::Timestamp;

/// Kept beside the alerts: both are facts of which this person knows.
fn key(message: MessageId) -> String {
    format!("read:{message}")
}

impl State {
    /// Whether a note for this person stands there that they have not read.
    pub fn has_unread_note(&self, me: &RepId, c: &Conversation) -> bool {
        addressed::asking(c, me).any(|note| !self.alerted.contains_key(&key(note.message)))
    }

    /// The conversation is on the screen, with its notes.
    pub fn read_notes(&mut self, conversation: ConversationId, wall: Timestamp, out: &mut Vec<Write>) {
        let Some((session, snapshot)) = self.session.as_ref().zip(self.base.get(&conversation)) else { return };
        let notes = addressed::asking(&snapshot.state, &session.rep).map(|note| key(note.message));
        let new: Vec<String> = notes.filter(|key| !self.alerted.contains_key(key)).collect();
        for key in new {
            self.alerted.insert(key.clone(), wall);
            out.push(Write::Alerted(key, wall));
        }
    }
}
