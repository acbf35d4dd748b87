//! Enrich: what the CRM knows of the person behind a number, as a card beside the conversation.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{AccountId, ContactId, DealId, RepId};
use super::time::Timestamp;

/// One person of the CRM, with account and deal, as last read. Personal data: never in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The CRM's own id.
    pub contact: ContactId,
    /// Name as the CRM has it; hostile until drawn through `SafeText`.
    pub name: String,
    /// Job title.
    #[serde(default)]
    pub title: String,
    /// The contact's own time zone, when the CRM has one.
    #[serde(default)]
    pub zone: Option<Tz>,
    /// Where they are, as the CRM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// Company.
    #[serde(default)]
    pub account: Option<Account>,
    /// Who the CRM says owns the person.
    #[serde(default)]
    pub owner: Option<RepId>,
    /// The SDR who opened the door.
    #[serde(default)]
    pub sdr: Option<RepId>,
    /// The open deal.
    #[serde(default)]
    pub opportunity: Option<Opportunity>,
    /// The campaign whose text the buyer is answering.
    #[serde(default)]
    pub campaign: Option<Campaign>,
    /// The last thing that happened between us and them.
    #[serde(default)]
    pub last_touch: Option<Touch>,
    /// The last thing that happened between us and anybody of their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_touch: Option<Touch>,
    /// What happened lately between us and them on any channel, newest first. [`Card::last_touch`] is not repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Touch>,
    /// Recent signs of interest, newest first.
    #[serde(default)]
    pub intents: Vec<Intent>,
}

/// An address in the CRM, as people typed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// ZIP or postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A company in the CRM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The CRM's own id: whose colleagues text is told by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// Who owns the account.
    #[serde(default)]
    pub owner: Option<RepId>,
    /// Where it is: ISO 3166-1, as `US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The state or province, as the CRM writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Which kind of customer, in the CRM's words: `enterprise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// How many people work there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// Which part of the world, in the CRM's words: `EMEA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A deal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opportunity {
    /// The CRM's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DealId>,
    /// Its name.
    pub name: String,
    /// Its stage, in the CRM's words.
    pub stage: String,
    /// Its amount in hundredths of the currency; 0 when the CRM has none, and then nothing is shown.
    #[serde(default)]
    pub amount_cents: i64,
    /// ISO 4217.
    #[serde(default)]
    pub currency: String,
    /// Who owns the deal.
    #[serde(default)]
    pub owner: Option<RepId>,
    /// Others on the deal, with their part.
    #[serde(default)]
    pub team: Vec<TeamMember>,
    /// When it is expected to close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Timestamp>,
    /// Since when it is in its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_since: Option<Timestamp>,
}

/// Somebody on a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMember {
    /// Who.
    pub rep: RepId,
    /// As what.
    #[serde(default)]
    pub role: String,
}

/// A campaign that texted this buyer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// What its text was for: a use case of the playbook.
    #[serde(default)]
    pub use_case: String,
    /// Its own name, which a use case may mean.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The words it sent last.
    #[serde(default)]
    pub last_text: String,
}

/// Something that happened: a call, a mail, a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// When.
    pub at: Timestamp,
    /// Which of us, when the CRM says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RepId>,
    /// `call`, `mail`, …
    pub kind: String,
    /// One line on it.
    #[serde(default)]
    pub summary: String,
}

/// A sign of interest: a visited page, an opened quote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When.
    pub at: Timestamp,
    /// `pricing_page`, …
    pub kind: String,
    /// One line on it.
    #[serde(default)]
    pub detail: String,
    /// Where it was seen, when whoever tells it says so; else its kind says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How much it means, from 1 to 100, when whoever tells it says so; else its kind says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
}

/// Where a sign of interest was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// On our pages.
    Site,
    /// In a mail of ours.
    Mail,
    /// In the product.
    Product,
    /// In a campaign: a form, an event, an advertisement.
    Campaign,
}

/// As many of these touches as are kept of one person, in their order, which is newest first: the newest on each channel
/// before a second one on any.
pub fn of_every_channel(touches: impl IntoIterator<Item = Touch>, most: usize) -> Vec<Touch> {
    let mut channels = BTreeSet::new();
    let is_first = |(_, touch): &(usize, Touch)| channels.insert(touch.kind.to_lowercase());
    let (mut kept, others): (Vec<_>, Vec<_>) = touches.into_iter().enumerate().partition(is_first);
    kept.extend(others);
    kept.truncate(most);
    kept.sort_by_key(|(place, _)| *place);
    kept.into_iter().map(|(_, touch)| touch).collect()
}

impl Account {
    /// What tells it from others: the CRM's id, else its name however it is written.
    pub fn key(&self) -> Option<String> {
        let name = self.name.trim().to_ascii_lowercase();
        let named = (!name.is_empty()).then(|| format!("name:{name}"));
        self.id.as_ref().map(|id| format!("id:{id}")).or(named)
    }
}

impl Card {
    /// Somebody of whom nothing more is known.
    pub const fn of(contact: ContactId) -> Self {
        Self {
            contact,
            name: String::new(),
            title: String::new(),
            zone: None,
            home: None,
            account: None,
            owner: None,
            sdr: None,
            opportunity: None,
            campaign: None,
            last_touch: None,
            account_touch: None,
            touches: Vec::new(),
            intents: Vec::new(),
        }
    }

    /// Who is to be brought in: who leads the deal, else the account's owner, else the person's.
    pub fn account_executive(&self) -> Option<&RepId> {
        self.deal_executive().or_else(|| self.account_owner()).or(self.owner.as_ref())
    }

    /// Who leads the deal: whoever of its team is called account executive, else its owner.
    pub fn deal_executive(&self) -> Option<&RepId> {
        let deal = self.opportunity.as_ref()?;
        let leads = |role: &str| matches!(role.to_lowercase().as_str(), "ae" | "account executive");
        let of_team = deal.team.iter().find(|member| leads(&member.role));
        of_team.map(|member| &member.rep).or(deal.owner.as_ref())
    }

    /// Who owns the account.
    pub fn account_owner(&self) -> Option<&RepId> {
        self.account.as_ref()?.owner.as_ref()
    }

    /// The stage of the open deal.
    pub fn stage(&self) -> Option<&str> {
        self.opportunity.as_ref().map(|o| o.stage.as_str())
    }
}
