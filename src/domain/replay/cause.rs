//! Why a reply comes out otherwise than it did: by the other rules, or for want of something that is not in the record.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::context::Card;
use crate::domain::conversation::Conversation;
use crate::domain::ownership::OwnerSource;
use crate::domain::use_case::Evidence;

/// The reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The rules differ.
    Rules,
    /// A word of the text, or the campaign's text that it answered, told what it was about: neither is in the record.
    Words,
    /// The CRM says another stage, owner or campaign than it did then.
    Crm,
    /// The rules are those that decided it then: something else that is not in the record.
    Unrecorded,
}

impl Cause {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Rules, Self::Words, Self::Crm, Self::Unrecorded];

    /// As a report counts them: "3 because …".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Rules => "by these rules",
            Self::Words => "since a word or a campaign's text told what it was about, which is not in the record",
            Self::Crm => "since the CRM says something else today than it did then",
            Self::Unrecorded => "for want of something else that is not in the record: the rules are the same",
        }
    }

    /// Its word in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Words => "words",
            Self::Crm => "crm",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// What the record lacks for this reply, when that shows. `known` are today's cards of the number, `stages` those of the
/// deals of then.
pub(super) fn of(then: &Conversation, use_case: &str, known: &[Card], stages: Option<&[String]>) -> Option<Cause> {
    let told = matches!(then.evidence, Some(Evidence::Keyword { .. } | Evidence::Send { .. }));
    if told && then.use_case != use_case {
        return Some(Cause::Words);
    }
    let now: BTreeSet<&str> = known.iter().filter_map(Card::stage).collect();
    let other_stages = stages.is_some_and(|then| then.iter().map(String::as_str).collect::<BTreeSet<_>>() != now);
    let gone = then.contacts.iter().any(|contact| !known.iter().any(|card| card.contact == *contact));
    (other_stages || gone || other_owner(then, known)).then_some(Cause::Crm)
}

/// Whether the CRM named the owner then, and does not today.
fn other_owner(then: &Conversation, known: &[Card]) -> bool {
    let (Some(owner), Some(source)) = (&then.owner, then.owned_by) else { return false };
    let deals = || known.iter().filter_map(|card| card.opportunity.as_ref());
    let touches = |card: &Card| [card.last_touch.clone(), card.account_touch.clone()];
    match source {
        OwnerSource::Opportunity => !deals().any(|deal| deal.owner.as_ref() == Some(owner)),
        OwnerSource::OpportunityTeam => !deals().any(|deal| deal.team.iter().any(|member| member.rep == *owner)),
        OwnerSource::Contact => !known.iter().any(|card| card.owner.as_ref() == Some(owner)),
        OwnerSource::Account => {
            !known.iter().any(|card| card.account.as_ref().is_some_and(|a| a.owner.as_ref() == Some(owner)))
        }
        OwnerSource::Sdr => !known.iter().any(|card| card.sdr.as_ref() == Some(owner)),
        OwnerSource::LastTouch => {
            !known.iter().flat_map(touches).flatten().any(|touch| touch.by.as_ref() == Some(owner))
        }
        OwnerSource::Conversation | OwnerSource::Territory | OwnerSource::RoundRobin | OwnerSource::LeastLoaded => {
            false
        }
    }
}
