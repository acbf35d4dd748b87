//! The client by which carriers' APIs are called: bounded in time and size, without redirects, which would carry our
//! credentials along.

use std::time::Duration;

use serde::de::DeserializeOwned;
use url::Url;

use super::CarrierError;
use crate::server::egress::{Answer, Ask, Egress, EgressError};

/// The largest answer read.
const LARGEST: usize = 8 * 1024 * 1024;

/// Longest wait for media.
const MEDIA_WITHIN: Duration = Duration::from_secs(30);

/// Calls by the one way out.
#[derive(Clone, Debug)]
pub(super) struct Api {
    egress: Egress,
    /// Longest wait for an answer.
    within: Duration,
}

/// The status by which a carrier says that it knows no such secret, and so did nothing (RFC 9110).
const UNKNOWN_SECRET: u16 = 401;

/// Asks by each of an account's secrets in turn, while the carrier knows none of those asked by: when one is exchanged for
/// another, which of the two counts changes there at a moment that nobody here chooses.
pub(super) async fn known(egress: &Egress, asks: Vec<Ask>) -> Result<Answer, EgressError> {
    let mut asks = asks.into_iter().peekable();
    while let Some(ask) = asks.next() {
        let answer = egress.ask(ask).await?;
        if answer.status() != UNKNOWN_SECRET || asks.peek().is_none() {
            return Ok(answer);
        }
    }
    Err(EgressError::NotAnAddress)
}

impl Api {
    /// A client whose answers may take so long.
    pub(super) const fn answered_within(egress: Egress, limit: Duration) -> Self {
        Self { egress, within: limit }
    }

    /// An address below a base, or why it is none.
    pub(super) fn url(base: &str, path: &str) -> Result<Url, CarrierError> {
        let text = format!("{}{path}", base.trim_end_matches('/'));
        text.parse().map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
    }

    /// Asks by one secret after the other, and reads the JSON that comes back. `code` finds the carrier's own error in a refusal.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        asks: Vec<Ask>,
        code: impl FnOnce(&[u8]) -> u32,
    ) -> Result<T, CarrierError> {
        let (status, body) = self.raw(asks).await.map_err(|e| unreachable(&e))?;
        let body = body.map_err(|e| unreachable(&e))?;
        if !(200..300).contains(&status) {
            let hint = if status == 401 { "is the secret this account's?" } else { "see the carrier's list of errors" };
            return Err(CarrierError::Refused { status, code: code(&body), hint: hint.to_owned() });
        }
        let garbled = |_| CarrierError::Unreachable("its answer is not the JSON it should be".to_owned());
        serde_json::from_slice(&body).map_err(garbled)
    }

    /// The bytes of media, wherever a webhook said they are. Nobody is told who we are.
    pub(super) async fn media(&self, source: &str, most: usize) -> Result<Vec<u8>, CarrierError> {
        let no_address = |_| CarrierError::Unfit("where it is kept is no address".to_owned());
        let ask = Ask::get(Url::parse(source).map_err(no_address)?).redirects(3);
        let unfit = |e: EgressError| if e.stays() { CarrierError::Unfit(e.to_string()) } else { unreachable(&e) };
        let answer = self.egress.ask(ask.at_most(most).within(MEDIA_WITHIN)).await.map_err(unfit)?;
        if !answer.is_success() {
            let hint = "its media are not handed out".to_owned();
            return Err(CarrierError::Refused { status: answer.status(), code: 0, hint });
        }
        answer.bytes().await.map_err(unfit)
    }

    /// The status and the body of an answer, or why the body does not end.
    pub(super) async fn raw(&self, asks: Vec<Ask>) -> Result<(u16, Result<Vec<u8>, EgressError>), EgressError> {
        let limited = asks.into_iter().map(|ask| ask.within(self.within).at_most(LARGEST)).collect();
        let answer = known(&self.egress, limited).await?;
        Ok((answer.status(), answer.bytes().await))
    }
}

fn unreachable(e: &EgressError) -> CarrierError {
    CarrierError::Unreachable(e.to_string())
}
