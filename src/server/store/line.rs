//! Our numbers at carriers.

use crate::domain::contact::Address;

/// A number at a carrier, with what is needed to check its webhooks and to send. Secrets: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierLine {
    /// Our number.
    pub number: Address,
    /// `twilio`, …
    pub provider: String,
    /// The carrier's account.
    pub account: String,
    /// Tokens that sign webhooks: the primary first; two while they are rotated.
    pub tokens: Vec<String>,
    /// The messaging service, when the number is in one.
    pub service: Option<String>,
    /// Where the carrier's API is.
    pub api: String,
}

impl std::fmt::Debug for CarrierLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CarrierLine({:?}, {} {})", self.number, self.provider, self.account)
    }
}
