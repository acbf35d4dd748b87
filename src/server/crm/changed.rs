//! What a CRM says has changed, by its webhooks: ids alone. What it changed to is asked for, since a webhook may be late,
//! come twice, or overtake another.

use std::collections::BTreeSet;

use crate::domain::contact::Address;
use crate::domain::id::ContactId;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person.
    Contact,
    /// A company.
    Company,
    /// A deal.
    Deal,
}

impl Kind {
    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Deal => "deal",
        }
    }

    /// The one that is stored so.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Contact, Self::Company, Self::Deal].into_iter().find(|kind| kind.word() == word)
    }
}

/// A record that changed, was made, merged or deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// Which kind.
    pub kind: Kind,
    /// The CRM's id.
    pub id: String,
}

/// Whom it concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// People.
    pub contacts: Vec<ContactId>,
    /// Numbers they have now.
    pub addresses: BTreeSet<Address>,
}
