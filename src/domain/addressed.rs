//! A note that is written for one colleague: they are told of it, and it asks for them until they do something here, or
//! the conversation is finished.

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::event::Event;
use super::id::{MessageId, RepId};

/// Notes whose reader the state keeps, the newest.
const KEPT: usize = 8;

/// For whom a note is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressed {
    /// The note.
    pub message: MessageId,
    /// Who wrote it.
    pub by: RepId,
    /// Whom it is for.
    pub to: RepId,
    /// They have done nothing here since.
    pub asks: bool,
}

/// Takes in what a fact says of it. Reading is no fact: whoever reads on a device knows that there.
pub(super) fn turn(notes: &mut Vec<Addressed>, event: &Event) {
    let (over, rep) = (matches!(event, Event::Done { .. }), acts(event));
    for note in notes.iter_mut() {
        note.asks &= !over && rep != Some(&note.to);
    }
    if let Event::Noted { message, by, to: Some(to) } = event {
        notes.push(Addressed { message: *message, by: by.clone(), to: to.clone(), asks: true });
        notes.drain(..notes.len().saturating_sub(KEPT));
    }
}

/// Who shows by this fact that they know what stands here.
fn acts(event: &Event) -> Option<&RepId> {
    if let Event::Taken { by, .. }
    | Event::AnswerHeld { by, .. }
    | Event::Noted { by, .. }
    | Event::Snoozed { by, .. } = event
    {
        return Some(by);
    }
    None
}

/// Whom a note is for.
pub fn reader(c: &Conversation, message: MessageId) -> Option<&RepId> {
    c.addressed.iter().find(|note| note.message == message).map(|note| &note.to)
}

/// Notes that ask for this person.
pub fn asking<'c>(c: &'c Conversation, rep: &RepId) -> impl Iterator<Item = &'c Addressed> {
    c.addressed.iter().filter(move |note| note.asks && note.to == *rep)
}

/// Whether a note still asks for its reader.
pub fn asks(c: &Conversation, message: MessageId) -> bool {
    c.addressed.iter().any(|note| note.asks && note.message == message)
}
