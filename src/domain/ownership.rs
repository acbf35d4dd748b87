//! Own: whose reply is it? Candidates in order, each with why or why not.

use serde::{Deserialize, Serialize};

use super::context::Card;
use super::id::RepId;
use super::playbook::Playbook;
use super::routing::Passed;

/// Where an owner is looked for. The playbook orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerSource {
    /// Who owned this conversation before.
    Conversation,
    /// Who owns the open deal.
    Opportunity,
    /// Who owns the person.
    Contact,
    /// Who owns the company.
    Account,
    /// The SDR who opened the door.
    Sdr,
}

impl OwnerSource {
    /// For "because Maya owns the deal".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Conversation => "had this conversation before",
            Self::Opportunity => "owns the deal",
            Self::Contact => "owns the contact",
            Self::Account => "owns the account",
            Self::Sdr => "is the SDR",
        }
    }
}

/// The outcome of looking for an owner.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// Who, and where it was found.
    pub owner: Option<(RepId, OwnerSource)>,
    /// Candidates passed over, in order.
    pub passed: Vec<Passed>,
}

/// Looks for the owner in the playbook's order. People who left are passed over and named.
pub fn find(playbook: &Playbook, before: Option<&RepId>, cards: &[Card]) -> Found {
    let mut passed = Vec::new();
    for source in &playbook.ownership {
        let mut candidates: Vec<&RepId> = match source {
            OwnerSource::Conversation => before.into_iter().collect(),
            OwnerSource::Opportunity => cards.iter().filter_map(|c| c.opportunity.as_ref()?.owner.as_ref()).collect(),
            OwnerSource::Contact => cards.iter().filter_map(|c| c.owner.as_ref()).collect(),
            OwnerSource::Account => cards.iter().filter_map(|c| c.account.as_ref()?.owner.as_ref()).collect(),
            OwnerSource::Sdr => cards.iter().filter_map(|c| c.sdr.as_ref()).collect(),
        };
        candidates.dedup();
        for rep in candidates {
            if playbook.is_active(rep) {
                return Found { owner: Some((rep.clone(), *source)), passed };
            }
            let miss = Passed { who: rep.to_string(), why: format!("{}, but is not with us any more", source.words()) };
            if !passed.contains(&miss) {
                passed.push(miss);
            }
        }
    }
    Found { owner: None, passed }
}
