//! The one client of other people's webhooks: bounded in time, without redirects, and without a look at what they answer.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::redirect;
use url::Url;

use super::standard::{Secret, signatures};
use crate::server::is_here;

/// Longest wait for the whole answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The channel has it.
    Accepted,
    /// It does not want it, now or later.
    Refused(String),
    /// It may be tried again.
    Later(String),
    /// Nobody knows whether it has it, and it must not have it twice.
    Unknown,
}

/// The client, made when it is first needed: a backend without webhooks starts without reading certificates for them.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// By the proxy that the environment names, if any.
    far: OnceLock<Option<reqwest::Client>>,
    /// For an address on this machine.
    here: OnceLock<Option<reqwest::Client>>,
}

/// Follows no redirects: what is signed is signed for one address.
fn client(here: bool) -> Option<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(PATIENCE)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("comeback/", env!("CARGO_PKG_VERSION")));
    if here { builder.no_proxy() } else { builder }.build().ok()
}

impl Outgoing {
    /// Posts JSON, signed when there are secrets. `seconds` is the wall clock's: receivers refuse an old timestamp.
    pub(super) async fn post(&self, url: &str, id: &str, seconds: i64, body: String, secrets: &[Secret]) -> Attempt {
        let Ok(url) = Url::parse(url) else { return Attempt::Later("its address is not one".to_owned()) };
        let here = is_here(&url);
        if url.scheme() != "https" && !(here && url.scheme() == "http") {
            return Attempt::Later("its address would be called in the clear: use https".to_owned());
        }
        let made = if here { &self.here } else { &self.far };
        let Some(client) = made.get_or_init(|| client(here)) else {
            return Attempt::Later("TLS does not start".to_owned());
        };
        let mut request = client.post(url).header(CONTENT_TYPE, "application/json");
        if !secrets.is_empty() {
            let signature = signatures(secrets, id, seconds, body.as_bytes());
            request = request
                .header(HeaderName::from_static("webhook-id"), id)
                .header(HeaderName::from_static("webhook-timestamp"), seconds)
                .header(HeaderName::from_static("webhook-signature"), signature);
        }
        match request.body(body).send().await {
            // The answer's body is not read: nothing in it is wanted.
            Ok(answer) if answer.status().is_success() => Attempt::Accepted,
            Ok(answer) if answer.status().as_u16() == 410 => Attempt::Refused("it is gone (410)".to_owned()),
            Ok(answer) => Attempt::Later(format!("it answers {}", answer.status().as_u16())),
            Err(e) if e.is_timeout() => Attempt::Later("it does not answer in time".to_owned()),
            Err(e) if e.is_connect() => Attempt::Later("no connection".to_owned()),
            Err(_) => Attempt::Later("the connection broke".to_owned()),
        }
    }
}
