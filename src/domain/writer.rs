//! Several people of the CRM have one number, and a person says which of them writes.
//!
//! The rules of ownership go on looking at all of them: who it goes to was decided when nobody knew. What is said is whom the
//! screen shows, whose fields a snippet takes and whose record the CRM is told of.

use std::collections::BTreeSet;

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

/// The one person of the CRM behind a number, by its cards; nobody where there are several.
pub fn only(cards: &[Card]) -> Option<&ContactId> {
    if let [card] = cards { Some(&card.contact) } else { None }
}

/// The cards of those who may have written: one once somebody said who.
pub fn cards<'a>(c: &Conversation, all: &'a [Card]) -> &'a [Card] {
    let writer = c.writer.as_ref().and_then(|writer| all.iter().position(|card| card.contact == *writer));
    writer.map_or(all, |at| &all[at..=at])
}

/// The account of those who may have written, as one says it: its name when it is that of all, else how many there are:
/// `5 accounts`. Nobody is silently the first.
pub fn account(cards: &[Card]) -> Option<String> {
    let accounts = cards.iter().map(|card| card.account.as_ref());
    told(
        accounts.map(|account| account.map(|a| (a.id.as_ref().map_or("", |id| id.as_str()), a.name.as_str()))),
        "accounts",
    )
}

/// Their open deal, in the same way.
pub fn deal(cards: &[Card]) -> Option<String> {
    let deals = cards.iter().map(|card| card.opportunity.as_ref());
    told(deals.map(|deal| deal.map(|d| (d.id.as_ref().map_or("", |id| id.as_str()), d.name.as_str()))), "deals")
}

/// The stage of it, in the same way.
pub fn stage(cards: &[Card]) -> Option<String> {
    told(cards.iter().map(|card| card.stage().map(|stage| ("", stage))), "stages")
}

/// What all have, by id and name; how many there are where they differ. Where some have none, the one that is there is not
/// known to be the writer's.
fn told<'a>(all: impl Iterator<Item = Option<(&'a str, &'a str)>>, many: &str) -> Option<String> {
    let all: Vec<_> = all.collect();
    let different: BTreeSet<_> = all.iter().flatten().collect();
    match (different.len(), different.first()) {
        (1, Some((_, name))) if all.iter().all(Option::is_some) => Some((*name).to_owned()),
        (1, Some((_, name))) => Some(format!("{name} or none")),
        (0, _) => None,
        (n, _) => Some(format!("{n} {many}")),
    }
}
