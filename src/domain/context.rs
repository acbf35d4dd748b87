//! Enrich: what the CRM knows of the person behind a number, as a card beside the conversation.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{ContactId, RepId};
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
}

/// A deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opportunity {
    /// Its name.
    pub name: String,
    /// Its stage, in the CRM's words.
    pub stage: String,
    /// Its amount in hundredths of the currency.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When.
    pub at: Timestamp,
    /// `pricing_page`, …
    pub kind: String,
    /// One line on it.
    #[serde(default)]
    pub detail: String,
}

impl Card {
    /// The stage of the open deal.
    pub fn stage(&self) -> Option<&str> {
        self.opportunity.as_ref().map(|o| o.stage.as_str())
    }
}
