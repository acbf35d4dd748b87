//! A small CRM: about forty contacts of believable companies, the same for the same seed, with the traps of a real one:
//! a number shared by two people, contacts without an owner, an owner who left, names that are hard to draw.

mod control;
mod deals;
pub mod fill;
mod folder;
mod http;
pub mod hubspot;
mod make;
mod names;
pub mod salesforce;
mod tables;
mod writes;

pub(crate) use folder::Folder;
pub(crate) use http::router;
pub(crate) use make::contacts;
pub(crate) use writes::Written;

use serde::Serialize;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) title: String,
    /// The first is a mobile in E.164; a second one stands as somebody typed it.
    pub(crate) phones: Vec<String>,
    pub(crate) email: String,
    /// IANA name.
    pub(crate) timezone: String,
    pub(crate) account: Account,
    /// Rep id.
    pub(crate) owner: Option<String>,
    /// Rep id.
    pub(crate) sdr: Option<String>,
    pub(crate) opportunity: Option<Opportunity>,
    pub(crate) campaign: Option<Campaign>,
    pub(crate) last_touch: Option<Touch>,
    /// The newest with anybody of the account.
    pub(crate) account_touch: Option<Touch>,
    pub(crate) intents: Vec<Intent>,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) industry: String,
    /// ISO 3166-1.
    pub(crate) country: String,
    /// Where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    pub(crate) segment: String,
    /// How many people work there.
    pub(crate) size: u32,
    /// Which part of the world, as sales teams divide it.
    pub(crate) region: String,
    /// Rep id.
    pub(crate) owner: Option<String>,
}

/// A deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Opportunity {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `discovery`, `evaluation`, `proposal`, `negotiation` or `contract`.
    pub(crate) stage: String,
    pub(crate) amount_cents: i64,
    /// ISO 4217.
    pub(crate) currency: String,
    /// A day, `YYYY-MM-DD`.
    pub(crate) close_date: String,
    pub(crate) owner: Option<String>,
    pub(crate) team: Vec<Member>,
}

/// Somebody on a deal's team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Member {
    pub(crate) rep: String,
    /// `AE`, `SE`, `SDR` or `CSM`.
    pub(crate) role: String,
}

/// The campaign whose text the buyer had last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    /// `late_stage`, `meeting`, `new_lead`, `renewal` or `event`.
    pub(crate) use_case: String,
    pub(crate) last_text: String,
}

/// What was last done with a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Touch {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    /// Rep id.
    pub(crate) by: Option<String>,
    /// `call`, `email`, `meeting` or `text`.
    pub(crate) kind: String,
    pub(crate) summary: String,
}

/// A sign of interest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Intent {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    /// `page_view`, `email_open`, `download` or `trial`.
    pub(crate) kind: String,
    pub(crate) detail: String,
}
