//! Several people of the CRM have one number, and a person says which of them writes.
//!
//! The rules of ownership go on looking at all of them: who it goes to was decided when nobody knew. What is said is whom the
//! screen shows, whose fields a snippet takes and whose record the CRM is told of.

use super::context::Card;
use super::conversation::Conversation;
use super::decide::{Decided, Draft};
use super::event::Event;
use super::id::{ContactId, RepId};
use super::rejection::Rejection;

/// Takes in who it is; nobody when that is not known after all. What says nothing new is no fact.
pub(super) fn name(mut d: Draft, by: &RepId, contact: Option<&ContactId>) -> Result<Decided, Rejection> {
    if contact.is_some_and(|contact| d.c.contacts.len() < 2 || !d.c.contacts.contains(contact)) {
        return Err(Rejection::NotOneOfThem);
    }
    if d.c.writer.as_ref() != contact {
        d.say(Event::WriterNamed { contact: contact.cloned(), by: by.clone() });
    }
    Ok(d.facts())
}

/// The one person of the CRM behind a conversation, as far as that is known.
pub fn one(c: &Conversation) -> Option<&ContactId> {
    match c.contacts.as_slice() {
        [contact] => Some(contact),
        several => c.writer.as_ref().filter(|writer| several.contains(writer)),
    }
}

/// The cards of those who may have written: one once somebody said who.
pub fn cards<'a>(c: &Conversation, all: &'a [Card]) -> &'a [Card] {
    let writer = c.writer.as_ref().and_then(|writer| all.iter().position(|card| card.contact == *writer));
    writer.map_or(all, |at| &all[at..=at])
}
