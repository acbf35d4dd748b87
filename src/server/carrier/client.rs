//! The client by which carriers' APIs are called: bounded in time and size, without redirects, which would carry our
//! credentials along.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url, redirect};
use serde::de::DeserializeOwned;

use super::CarrierError;
use crate::server::{is_here, read_at_most};

/// The largest answer read.
const LARGEST: usize = 8 * 1024 * 1024;

/// One for addresses elsewhere, one for this machine.
#[derive(Clone, Debug)]
pub(super) struct Api {
    /// By the proxy that the environment names, if any.
    far: Client,
    /// For an API on this machine: an emulator.
    here: Client,
}

impl Api {
    /// A client whose answers may take so long.
    pub(super) fn answered_within(limit: Duration) -> Result<Self, CarrierError> {
        let builder = || {
            Client::builder().connect_timeout(Duration::from_secs(2)).timeout(limit).redirect(redirect::Policy::none())
        };
        let failed = |e: reqwest::Error| CarrierError::Unreachable(e.to_string());
        Ok(Self { far: builder().build().map_err(failed)?, here: builder().no_proxy().build().map_err(failed)? })
    }

    /// The one for this address.
    pub(super) fn of(&self, url: &Url) -> &Client {
        if is_here(url) { &self.here } else { &self.far }
    }

    /// An address below a base, or why it is none.
    pub(super) fn url(base: &str, path: &str) -> Result<Url, CarrierError> {
        let text = format!("{}{path}", base.trim_end_matches('/'));
        text.parse().map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
    }

    /// Asks, and reads the JSON that comes back. `code` finds the carrier's own error in a refusal.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        code: impl FnOnce(&[u8]) -> u32,
    ) -> Result<T, CarrierError> {
        let (status, body) = self.raw(request).await.map_err(|e| unreachable(&e))?;
        let body = body.ok_or_else(|| CarrierError::Unreachable("its answer does not end".to_owned()))?;
        if !(200..300).contains(&status) {
            let hint = if status == 401 { "is the secret this account's?" } else { "see the carrier's list of errors" };
            return Err(CarrierError::Refused { status, code: code(&body), hint: hint.to_owned() });
        }
        let garbled = |_| CarrierError::Unreachable("its answer is not the JSON it should be".to_owned());
        serde_json::from_slice(&body).map_err(garbled)
    }

    /// The status and the body of an answer; no body when it does not end or broke off.
    pub(super) async fn raw(&self, request: RequestBuilder) -> Result<(u16, Option<Vec<u8>>), reqwest::Error> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, read_at_most(answer, LARGEST).await.ok().flatten()))
    }
}

/// Errors of the client hold the address, and that may hold a number.
fn unreachable(e: &reqwest::Error) -> CarrierError {
    let what = if e.is_timeout() { "it took too long" } else { "the connection failed" };
    CarrierError::Unreachable(what.to_owned())
}
