//! Webhooks in words that every carrier shares: as they came, what they say, and why they are refused.

use axum::http::HeaderMap;

use crate::domain::contact::{Address, Body};
use crate::domain::id::MessageId;
use crate::domain::message::Delivery;
use crate::domain::time::Timestamp;
use crate::server::media::Attachment;
use crate::server::store::CarrierLine;

/// A webhook as it came, before anything of it is believed. Its body holds a buyer's words: never logged.
#[derive(Clone, Copy)]
pub struct Hooked<'a> {
    /// Whose hook was called: the kind that stands behind `/hooks/`.
    pub carrier: &'a str,
    /// What stands behind that, without a slash at its end: `inbound`, `status/…`.
    pub path: &'a str,
    /// GET or POST.
    pub method: &'a str,
    /// The whole address, as the carrier was told it: public URL, path and query.
    pub url: &'a str,
    /// The query alone, empty when there is none.
    pub query: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// The body as it came.
    pub body: &'a [u8],
    /// When it came, by the clock that decides.
    pub at: Timestamp,
}

impl std::fmt::Debug for Hooked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hooked({}, {} bytes)", self.carrier, self.body.len())
    }
}

impl<'a> Hooked<'a> {
    /// A header, when it is plain text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Whether the body is said to be of this media type.
    pub fn is(&self, media_type: &str) -> bool {
        let said = self.header("content-type").unwrap_or_default();
        said.split(';').next().is_some_and(|m| m.trim().eq_ignore_ascii_case(media_type))
    }

    /// The answer of ours that a hook for reports is about, as its path says.
    pub fn reported(&self) -> Option<MessageId> {
        self.path.strip_prefix("status/")?.parse().ok().map(MessageId)
    }
}

/// Why a webhook is not believed. For the log: without body, number or secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbelieved {
    /// It cannot be read as far as it must be to be checked.
    #[error("{0}")]
    Unreadable(String),
    /// Nobody who is set up here signed it.
    #[error("{0}")]
    Forged(String),
}

/// Why a webhook that is believed cannot be read. For the log: without body or number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// What a webhook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Read.
    pub said: Said,
    /// Everything it said, as a JSON object, kept whole.
    pub raw: String,
}

/// What a webhook says, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A buyer's text.
    Text(Text),
    /// How an answer of ours stands.
    Report(Report),
    /// Nothing that anything follows from, in a word for the counters.
    Nothing(&'static str),
}

/// A buyer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The carrier's own id of it.
    pub id: String,
    /// Whose account, when it says one; else it is the signer's.
    pub account: Option<String>,
    /// The messaging service, when the number is in one.
    pub service: Option<String>,
    /// Who texts.
    pub from: Address,
    /// Our number.
    pub to: Address,
    /// The words; empty for a picture alone.
    pub body: Body,
    /// Pictures and other media.
    pub media: Vec<Attachment>,
    /// START, STOP or HELP, where the carrier reads it itself.
    pub opt_out_type: Option<String>,
    /// When the carrier had it, where it says so: texts may come in another order.
    pub sent: Option<Timestamp>,
}

/// A report on an answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which answer.
    pub message: MessageId,
    /// Whose account, when it says one; else it is the signer's.
    pub account: Option<String>,
    /// From which of our numbers, when it says so.
    pub from: Option<Address>,
    /// How it stands.
    pub delivery: Delivery,
    /// The carrier's error code.
    pub error: Option<u32>,
}

/// Which line does a webhook speak of? Account and number first; a service id that is missing or unknown never refuses.
pub fn find_line<'a>(
    lines: &'a [CarrierLine],
    carrier: &str,
    account: &str,
    to: &Address,
    service: Option<&str>,
) -> Option<&'a CarrierLine> {
    let of_account = || lines.iter().filter(|l| l.provider == carrier && l.account == account);
    of_account()
        .find(|l| l.number == *to)
        .or_else(|| of_account().find(|l| service.is_some() && l.service.as_deref() == service))
}
