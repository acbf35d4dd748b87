//! Cards that change because somebody outside says so: a CRM's webhooks, and programs that push.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::StoreError;
use crate::domain::contact::Address;
use crate::domain::context::{Account, Card, Intent};
use crate::domain::conversation::Conversation;
use crate::domain::id::{ContactId, ConversationId, DealId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::crm::{Changed, Touched};

/// What a program says of a number: of one person on it, or what was seen of whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardChange {
    /// Takes the number's id when nobody knows the number yet.
    pub fresh: NumberId,
    /// The number.
    pub address: Address,
    /// Since when it is so, by the program's word: what it said of a later time stays.
    pub at: Timestamp,
    /// What.
    pub says: Says,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The card of a person as it is now. Its signs of interest stay on it, whatever the CRM says of them.
    Is(Box<Card>),
    /// This person has it no more. Whom the CRM itself named there stays, and the number's cards are stale from then on: the
    /// CRM's next answer counts.
    Gone(ContactId),
    /// The same where no CRM is asked: whoever named them, they are taken off.
    Off(ContactId),
    /// Signs of interest of whoever has it, in place of those that the same program said before.
    Signs(Vec<Intent>),
}

impl Says {
    /// Of whom; nobody in particular for signs of whoever has the number.
    pub fn of(&self) -> Option<&ContactId> {
        match self {
            Self::Is(card) => Some(&card.contact),
            Self::Gone(contact) | Self::Off(contact) => Some(contact),
            Self::Signs(_) => None,
        }
    }

    /// The signs that stand by it from now on.
    pub fn signs(&self) -> &[Intent] {
        match self {
            Self::Is(card) => &card.intents,
            Self::Gone(_) | Self::Off(_) => &[],
            Self::Signs(signs) => signs,
        }
    }
}

impl CardChange {
    /// The same where no CRM is asked: nobody else would take off whom one named once.
    #[must_use]
    pub fn without_crm(self) -> Self {
        let says = match self.says {
            Says::Gone(contact) => Says::Off(contact),
            says @ (Says::Is(_) | Says::Off(_) | Says::Signs(_)) => says,
        };
        Self { says, ..self }
    }

    /// The cards of the number with the change in them. Whoever is new comes last.
    pub fn onto(&self, cards: &[Card]) -> Vec<Card> {
        let mut after = cards.to_vec();
        let place = |of: &ContactId| cards.iter().position(|card| card.contact == *of);
        match &self.says {
            Says::Is(card) => match place(&card.contact) {
                Some(n) => after[n] = (**card).clone(),
                None => after.push((**card).clone()),
            },
            Says::Gone(contact) | Says::Off(contact) => after.retain(|card| card.contact != *contact),
            Says::Signs(_) => {}
        }
        after
    }
}

/// Most signs that one program has on a number, of whoever has it: the newest.
const MOST_SIGNS: usize = 200;

/// The most that they say, in bytes: as much as one change may.
const MOST_SAID: usize = 64 * 1024;

/// What one program pushes at once, statement by statement, and what became of each change. Changes that say signs of the
/// same number are one statement: a program that reports event by event does not replace its own events.
pub(super) fn by_statement<E>(
    changes: &[CardChange],
    mut push: impl FnMut(&CardChange) -> Result<Pushed, E>,
) -> Result<Vec<Pushed>, E> {
    let mut outcomes = vec![Pushed::Known; changes.len()];
    for (statement, rows) in statements(changes) {
        let outcome = push(&statement)?;
        for row in rows {
            outcomes[row] = outcome;
        }
    }
    Ok(outcomes)
}

/// The statements, in the order of their first changes, and which changes each is of.
fn statements(changes: &[CardChange]) -> Vec<(CardChange, Vec<usize>)> {
    let mut all: Vec<(CardChange, Vec<usize>)> = Vec::new();
    let mut of_numbers: BTreeMap<&Address, usize> = BTreeMap::new();
    for (row, change) in changes.iter().enumerate() {
        let Says::Signs(more) = &change.says else {
            all.push((change.clone(), vec![row]));
            continue;
        };
        let place = *of_numbers.entry(&change.address).or_insert(all.len());
        if place == all.len() {
            all.push((CardChange { says: Says::Signs(Vec::new()), ..change.clone() }, Vec::new()));
        }
        let (statement, rows) = &mut all[place];
        statement.at = statement.at.max(change.at);
        rows.push(row);
        if let Says::Signs(signs) = &mut statement.says {
            add(signs, more);
        }
    }
    all
}

/// Adds signs to those that the same statement has already. None at all takes back what stands before it.
fn add(signs: &mut Vec<Intent>, more: &[Intent]) {
    if more.is_empty() {
        signs.clear();
    }
    for sign in more {
        if !signs.contains(sign) {
            signs.push(sign.clone());
        }
        while signs.len() > MOST_SIGNS || said(signs) > MOST_SAID {
            let oldest = signs.iter().enumerate().min_by_key(|(_, sign)| sign.at).map(|(n, _)| n);
            signs.remove(oldest.unwrap_or_default());
        }
    }
}

/// How much signs say, in bytes.
fn said(signs: &[Intent]) -> usize {
    signs.iter().map(|sign| sign.kind.len() + sign.detail.len()).sum()
}

/// Signs that programs pushed of one number: of one person on it, or of whoever has it. In the order of the persons, and of
/// one in the order of the programs' names.
pub(super) type PushedSigns = Vec<(Option<ContactId>, Vec<Intent>)>;

/// The same cards with the signs that programs pushed: a CRM that is read knows nothing of them. They stand last and in the
/// order of `pushed`, whichever came first: a card that is pushed again is no other one.
pub(super) fn with_signs(mut cards: Vec<Card>, pushed: &PushedSigns) -> Vec<Card> {
    for card in &mut cards {
        let of_them = pushed.iter().filter(|(of, _)| of.as_ref().is_none_or(|of| *of == card.contact));
        let signs: Vec<&Intent> = of_them.flat_map(|(_, signs)| signs).collect();
        card.intents.retain(|sign| !signs.contains(&sign));
        for sign in signs {
            if !card.intents.contains(sign) {
                card.intents.push(sign.clone());
            }
        }
    }
    cards
}

/// The same without signs that a program took back.
pub(super) fn without_signs(mut cards: Vec<Card>, of: Option<&ContactId>, signs: &[Intent]) -> Vec<Card> {
    for card in cards.iter_mut().filter(|card| of.is_none_or(|of| *of == card.contact)) {
        card.intents.retain(|sign| !signs.contains(sign));
    }
    cards
}

/// The cards of a number after the CRM was read: its own, then whoever was there before and was only ever pushed. A CRM
/// that never named somebody on this number does not take them off it.
pub(super) fn with_pushed(read: &[Card], before: Vec<Card>, only_pushed: impl Fn(&ContactId) -> bool) -> Vec<Card> {
    let named = |card: &Card| read.iter().any(|one| one.contact == card.contact);
    let kept = before.into_iter().filter(|card| !named(card) && only_pushed(&card.contact));
    read.iter().cloned().chain(kept).collect()
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is so now.
    Taken,
    /// It was so.
    Known,
    /// Something newer was said before.
    Overtaken,
}

/// Whether cards of a number name other people or deals than before: what the CRM refused of the ones may be taken of the
/// others. A touch that is new changes nothing of that, and our own texts make touches.
pub fn name_others(before: &[Card], now: &[Card]) -> bool {
    let names = |cards: &[Card]| -> Vec<(ContactId, Option<DealId>)> {
        let deal = |card: &Card| card.opportunity.as_ref().and_then(|deal| deal.id.clone());
        cards.iter().map(|card| (card.contact.clone(), deal(card))).collect()
    };
    names(before) != names(now)
}

/// What stands around a conversation.
#[derive(Clone, Debug)]
pub struct Around {
    /// Its state.
    pub state: Conversation,
    /// Where its buyer texts from, unless that was erased.
    pub address: Option<Address>,
    /// When its cards were read; nothing when they never were.
    pub read_at: Option<Timestamp>,
    /// Whether the CRM said since that they have changed.
    pub stale: bool,
    /// Conversations of other numbers of the same accounts, the newest change first, at most 200.
    pub others: Vec<Neighbour>,
}

/// A conversation with somebody of the same account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its state.
    pub state: Conversation,
    /// Who texts there, as the CRM calls them.
    pub name: String,
}

/// Most conversations of the same accounts that are told.
pub(super) const NEIGHBOURS: usize = 200;

/// What tells the accounts of these people.
pub(super) fn accounts(cards: &[Card]) -> BTreeSet<String> {
    cards.iter().filter_map(|card| card.account.as_ref()?.key()).collect()
}

/// Who of these people is of one of the accounts.
pub(super) fn of_accounts(cards: &[Card], accounts: &BTreeSet<String>) -> Option<String> {
    let is = |card: &&Card| card.account.as_ref().and_then(Account::key).is_some_and(|key| accounts.contains(&key));
    cards.iter().find(is).map(|card| card.name.clone())
}

/// Cards that others change.
#[async_trait]
pub trait CardStore: Send + Sync + 'static {
    /// Keeps that these records changed, and in the same transaction makes the cards of the people among them stale
    /// ([`stale_numbers`](super::Store::stale_numbers)). One that waits already is moved to the end.
    async fn crm_changed(&self, changed: &[Changed]) -> Result<(), StoreError>;

    /// Changes that were not followed yet, oldest first, with the place of each.
    async fn crm_changes(&self, limit: usize) -> Result<Vec<(u64, Changed)>, StoreError>;

    /// Makes the cards stale of everybody whom changes concern, and in the same transaction forgets the changes up to that
    /// place; what came again meanwhile stands behind it. A number that nobody ever texted from stays unknown.
    async fn crm_followed(&self, up_to: u64, touched: &Touched) -> Result<(), StoreError>;

    /// What stands around a conversation, its neighbours by the accounts on its cards.
    async fn around(&self, conversation: ConversationId) -> Result<Option<Around>, StoreError>;

    /// Whether the CRM itself was ever seen to name this person on this number. The id of one who was only pushed is the
    /// pushing program's.
    async fn crm_named(&self, number: NumberId, contact: &ContactId) -> Result<bool, StoreError>;

    /// The CRM itself names these people on this number. Their cards stay as they are until they are read.
    async fn crm_names(&self, number: NumberId, contacts: &[ContactId]) -> Result<(), StoreError>;

    /// When the CRM was last read: its newest answer that is kept. Numbers that a program pushed onto do not tell, so it may
    /// have answered later, and never earlier.
    async fn crm_last_read(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Takes in what a program says, all in one transaction, in order. Conversations whose cards changed are marked, and writes
    /// woken, as by [`put_cards`](super::Store::put_cards). Signs are kept by program: they replace those that the same one
    /// said of the number or the person, and those that were kept before programs were told apart (the program is empty
    /// there). Changes that say signs of the same number are one statement, since the newest of them, and have one outcome.
    async fn push_cards(&self, program: &str, changes: &[CardChange], at: Timestamp)
    -> Result<Vec<Pushed>, StoreError>;
}
