//! Who of a directory's answer counts: each person once, by an id that they can be known by.

use std::collections::{BTreeMap, BTreeSet};

use super::{Contact, card, e164};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::interest;
use crate::domain::time::Timestamp;

/// The longest id, in bytes.
pub(in crate::server::crm) const LONGEST_ID: usize = 200;

/// Whether somebody can be known by this id.
pub(in crate::server::crm) fn is_id(id: &str) -> bool {
    !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control)
}

/// Those who count, in the order of the answer, and what of it does not.
#[derive(Debug, Default)]
pub(in crate::server::crm) struct Counted {
    /// Each with the numbers that can be told.
    pub(in crate::server::crm) people: Vec<(BTreeSet<Address>, Card)>,
    /// The place of each of them among the contacts.
    pub(in crate::server::crm) places: Vec<usize>,
    /// What counts for nothing, each by its place among the contacts and without what stands there.
    pub(in crate::server::crm) wrong: Vec<String>,
}

/// Sorts them. `now`, where it is given, is what signs of interest are held against.
pub(super) fn counted(contacts: Vec<Contact>, now: Option<Timestamp>) -> Counted {
    let mut all = Counted::default();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, contact) in (1_usize..).zip(contacts) {
        if !is_id(&contact.id) {
            all.wrong.push(format!("contact {place}: id is not 1 to {LONGEST_ID} plain characters"));
            continue;
        }
        // Numbers as people type them: those without a country code cannot be told apart safely and are left out.
        let numbers: BTreeSet<Address> = contact.phones.iter().filter_map(|phone| e164(phone)).collect();
        if let Some(before) = places.get(&contact.id) {
            let (had, _) = &mut all.people[*before];
            had.extend(numbers);
            let why = "id stands before it: one person, as told first, with the numbers of both";
            all.wrong.push(format!("contact {place}: {why}"));
            continue;
        }
        places.insert(contact.id.clone(), all.people.len());
        let card = card(contact);
        if now.is_some_and(|now| card.intents.iter().any(|intent| interest::is_ahead(intent, now))) {
            let why = "a sign of interest is in the future: it counts for nothing until then";
            all.wrong.push(format!("contact {place}: {why}"));
        }
        all.people.push((numbers, card));
        all.places.push(place);
    }
    all
}
