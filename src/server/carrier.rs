//! Carriers: how texts leave, and how we learn what became of them. One trait; each carrier keeps its protocol to itself.
//!
//! What a carrier's webhooks say is checked and read by pure functions over the bytes that came; only sending, looking up
//! and listing make calls.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::media::Attachment;
use super::store::CarrierLine;
use crate::domain::contact::{Address, Body};
use crate::domain::id::MessageId;
use crate::domain::message::Delivery;
use crate::domain::time::Timestamp;

mod answer;
mod client;
pub mod generic;
pub mod hook;
pub mod keywords;
pub mod meaning;
mod set;
pub mod telnyx;
pub mod twilio;

pub use self::hook::{Heard, Hooked, Said, Unbelieved, Unreadable};
pub use self::set::Carriers;

/// What became of a call to the carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It has the text.
    Accepted {
        /// Its own id.
        id: String,
        /// How it stands.
        delivery: Delivery,
    },
    /// It refused, with its error code; the text did not leave.
    Refused {
        /// The carrier's code (Twilio: 21610 opted out, …).
        code: u32,
    },
    /// It did not take the text now (HTTP 429): trying again later is safe.
    Busy,
    /// Nobody knows: a time-out, a broken connection after the request was written, an unreadable answer.
    Unknown,
}

/// A text the carrier lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its own id.
    pub id: String,
    /// From.
    pub from: Address,
    /// To.
    pub to: Address,
    /// The words.
    pub body: Body,
    /// When the carrier says it was sent or received (its own clock, whole seconds).
    pub at: Timestamp,
    /// How it stands; `None` for a received one.
    pub delivery: Option<Delivery>,
    /// Its error, when it failed.
    pub error: Option<u32>,
    /// Media of a received one, each with where it is kept as far as the list tells.
    pub media: Vec<Attachment>,
    /// Which answer of ours it is, where the carrier repeats what we told it with the send.
    pub reference: Option<MessageId>,
    /// The list has no words: they are looked up by the id.
    pub partial: bool,
}

/// What a carrier's lists hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Every text: one that they lack never left.
    All,
    /// What they lack proves nothing.
    Some,
    /// It has none.
    Nothing,
}

/// Why the carrier could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// It refused us.
    #[error("the carrier refused ({status}, code {code}): {hint}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The carrier's code, 0 when it gave none.
        code: u32,
        /// What to do.
        hint: String,
    },
    /// What it has is nothing that is taken: trying again changes nothing. Why, without personal data.
    #[error("{0}")]
    Unfit(String),
    /// It did not answer, or not in a way we can read.
    #[error("the carrier did not answer: {0}")]
    Unreachable(String),
}

/// One finding of a check of the carrier's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is as it should be.
    pub ok: bool,
    /// Which setting, where at the carrier.
    pub setting: String,
    /// What it is, what it should be, and why.
    pub says: String,
}

/// A carrier.
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// Who signed this webhook: the accounts set up here whose secret did. Pure, and over the bytes as they came. A
    /// carrier that takes none believes none.
    fn verify(&self, lines: &[CarrierLine], hooked: &Hooked<'_>) -> Result<BTreeSet<String>, Unbelieved> {
        let _ = (lines, hooked);
        Err(Unbelieved::Forged("this carrier posts no webhooks".to_owned()))
    }

    /// What a webhook says, once it is believed. Pure.
    fn parse(&self, hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
        let _ = hooked;
        Err(Unreadable("this carrier posts no webhooks".to_owned()))
    }

    /// Sends one text. Never retries by itself. `callback` is where reports on it go.
    async fn send(&self, line: &CarrierLine, to: &Address, body: &Body, callback: &str) -> SendOutcome;

    /// What its lists hold of a line's texts.
    fn lists(&self, line: &CarrierLine) -> Lists {
        let _ = line;
        Lists::All
    }

    /// One text by the carrier's own id; `None` when it has none by it, or cannot be asked so.
    async fn look_up(&self, line: &CarrierLine, id: &str) -> Result<Option<Listed>, CarrierError> {
        let _ = (line, id);
        Ok(None)
    }

    /// Texts from our line since an instant, to one buyer or to all.
    async fn sent(
        &self,
        line: &CarrierLine,
        to: Option<&Address>,
        since: Timestamp,
    ) -> Result<Vec<Listed>, CarrierError>;

    /// Texts to our line since an instant.
    async fn received(&self, line: &CarrierLine, since: Timestamp) -> Result<Vec<Listed>, CarrierError>;

    /// The bytes of media that a text came with, at most so many. `source` is where a webhook said they are: nothing of it
    /// is believed.
    async fn media(&self, line: &CarrierLine, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        let _ = (line, source, most);
        Err(CarrierError::Unfit("this carrier's media are not fetched".to_owned()))
    }

    /// Where the `n`th of a listed text's media are asked for, when the carrier tells that by the text's id.
    fn listed_media(&self, line: &CarrierLine, id: &str, n: usize) -> Option<String> {
        let _ = (line, id, n);
        None
    }

    /// Takes back a text that was scheduled at the carrier and has not left; whether it was. Texts of this program wait
    /// here and never at a carrier: this is for one that another program scheduled.
    async fn cancel(&self, line: &CarrierLine, id: &str) -> Result<bool, CarrierError> {
        let _ = (line, id);
        Ok(false)
    }

    /// Puts our addresses where the carrier looks for them; in a sentence what was written and where. Where another
    /// address stands nothing is written, and the error names it, unless it is to be replaced: then the sentence holds it.
    async fn set(&self, line: &CarrierLine, public_url: &str, replace: bool) -> Result<String, CarrierError> {
        let _ = (line, public_url, replace);
        Err(CarrierError::Unfit("this carrier's settings are made at the carrier; nothing was written".to_owned()))
    }

    /// Compares the carrier's settings of a line with what this backend needs. A carrier that does not answer, or refuses
    /// us, is a finding like others: one line's trouble keeps nobody from looking at the next.
    async fn check(&self, line: &CarrierLine, public_url: &str) -> Vec<Finding>;
}
