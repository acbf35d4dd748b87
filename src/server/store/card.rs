//! Cards that change because somebody outside says so: a CRM's webhooks, and programs that push.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ContactId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::crm::{Changed, Touched};

/// What a program says of one person on one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardChange {
    /// Takes the number's id when nobody knows the number yet.
    pub fresh: NumberId,
    /// The number.
    pub address: Address,
    /// Who.
    pub contact: ContactId,
    /// Since when it is so, by the program's word: what it said of a later time stays.
    pub at: Timestamp,
    /// The card as it is now; nothing takes the person off the number.
    pub card: Option<Card>,
}

impl CardChange {
    /// The cards of the number with the change in them. Whoever is new comes last.
    pub fn onto(&self, cards: &[Card]) -> Vec<Card> {
        let mut after = cards.to_vec();
        let place = after.iter().position(|card| card.contact == self.contact);
        match (&self.card, place) {
            (Some(card), Some(n)) => after[n] = card.clone(),
            (Some(card), None) => after.push(card.clone()),
            (None, Some(n)) => drop(after.remove(n)),
            (None, None) => {}
        }
        after
    }
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

    /// Takes in what a program says, all in one transaction, in order. Conversations whose cards changed are marked, as by
    /// [`put_cards`](super::Store::put_cards).
    async fn push_cards(&self, changes: &[CardChange], at: Timestamp) -> Result<Vec<Pushed>, StoreError>;
}
