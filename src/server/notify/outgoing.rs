//! Other people's webhooks: bounded in time, without redirects, and without a look at what they answer.

use std::time::Duration;

use axum::http::HeaderName;
use url::Url;

use super::gone::Gone;
use super::standard::{Secret, signatures};
use crate::domain::time::Timestamp;
use crate::server::egress::{Ask, Egress, EgressError};

/// Longest wait for the whole answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why nothing is posted to an address.
const GONE: &str = "it said that it is gone (410): nothing is posted there until its address changes";

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The channel has it.
    Accepted,
    /// It does not want it, now or later.
    Refused(String),
    /// It may be tried again.
    Later(String),
    /// Nothing is wrong, but it is not its turn before then.
    NotBefore(Timestamp),
    /// Nobody knows whether it has it, and it must not have it twice.
    Unknown,
}

/// Posts JSON, signed when there are secrets. `seconds` is the wall clock's: receivers refuse an old timestamp. Redirects
/// are not followed: what is signed is signed for one address.
pub(super) async fn post(
    (egress, gone): (&Egress, &Gone),
    url: &str,
    id: &str,
    seconds: i64,
    body: String,
    secrets: &[Secret],
) -> Attempt {
    let Ok(parsed) = Url::parse(url) else { return Attempt::Later("its address is not one".to_owned()) };
    if gone.has(url) {
        return Attempt::Refused(GONE.to_owned());
    }
    let mut ask = Ask::post(parsed).json(body.clone()).within(PATIENCE);
    if !secrets.is_empty() {
        let signature = signatures(secrets, id, seconds, body.as_bytes());
        ask = ask
            .header(HeaderName::from_static("webhook-id"), id)
            .header(HeaderName::from_static("webhook-timestamp"), &seconds.to_string())
            .header(HeaderName::from_static("webhook-signature"), &signature);
    }
    match egress.ask(ask).await {
        // The answer's body is not read: nothing in it is wanted.
        Ok(answer) if answer.is_success() => Attempt::Accepted,
        Ok(answer) if answer.status() == 410 => {
            if gone.mark(url) {
                tracing::error!(
                    "a channel says that it is gone (410): nothing is posted there until its address changes"
                );
            }
            Attempt::Refused(GONE.to_owned())
        }
        Ok(answer) => Attempt::Later(format!("it answers {}", answer.status())),
        Err(EgressError::TooLong { .. }) => Attempt::Later("it does not answer in time".to_owned()),
        Err(EgressError::NoConnection { .. }) => Attempt::Later("no connection".to_owned()),
        Err(EgressError::Plain { .. }) => {
            Attempt::Later("its address would be called in the clear: use https".to_owned())
        }
        Err(EgressError::Broke { .. }) => Attempt::Later("the connection broke".to_owned()),
        // The host may be the secret's part that tells who we are; where it is helps more.
        Err(EgressError::Forbidden { ip, kind, .. }) => {
            Attempt::Later(format!("it is at {ip}, {}: --egress-allow says what may be called", kind.words()))
        }
        Err(e) => Attempt::Later(e.to_string()),
    }
}
