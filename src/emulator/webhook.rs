//! Calls webhooks as the carrier does: signed, tried again only where its policy says so, then the fallback URL, then
//! given up as error 11200.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::dice::Dice;
use super::overrides::{Failure, Overrides};
use super::shared::Shared;
use super::signature;
use super::state::Hook;

/// Twilio's "HTTP retrieval failure".
const RETRIEVAL_FAILED: u32 = 11200;
/// Twilio's "invalid Content-Type": the answer was not `TwiML`.
const NOT_TWIML: u32 = 12300;

/// How a webhook is called.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Get,
    Post,
}

impl Method {
    /// As it is set up: POST unless it says GET.
    pub(crate) fn of(set: Option<&str>) -> Self {
        if set.is_some_and(|m| m.eq_ignore_ascii_case("GET")) { Self::Get } else { Self::Post }
    }
}

/// One thing to tell the backend.
pub(crate) struct Call {
    /// `inbound`, `fallback` or `status`.
    pub(crate) kind: &'static str,
    /// The message it is about.
    pub(crate) sid: String,
    /// With its fragment.
    pub(crate) url: String,
    pub(crate) method: Method,
    /// The form, or with GET the query.
    pub(crate) params: Vec<(String, String)>,
}

/// How one attempt ended.
enum Attempt {
    /// 2xx, with the answer's type and text.
    Answered(u16, String, String),
    Failed(Failure, String),
}

/// Calls the URL, as often as the overrides allow. Returns the `TwiML` of a good answer; `None` is a failure, logged.
pub(crate) async fn call(shared: &Shared, call: &Call) -> Option<String> {
    let rules = Overrides::of(&call.url);
    let mut attempts = 0;
    let mut last = Attempt::Failed(Failure::Read, "no answer within the total time".to_owned());
    let all = async {
        loop {
            attempts += 1;
            last = attempt(shared, call, &rules, attempts).await;
            match &last {
                Attempt::Failed(failure, _) if attempts <= rules.retries && rules.retries_on(*failure) => {}
                Attempt::Failed(..) | Attempt::Answered(..) => break,
            }
        }
    };
    let out_of_time = timeout(rules.total, all).await.is_err();
    let (status, error, why, twiml) = match last {
        _ if out_of_time => (None, Some(RETRIEVAL_FAILED), Some("no answer within the total time".to_owned()), None),
        Attempt::Answered(status, kind, text) => {
            let is_twiml =
                call.kind == "status" || kind.contains("xml") || kind.starts_with("text/plain") || text.is_empty();
            let why = (!is_twiml).then(|| format!("answered {kind}, not TwiML"));
            (Some(status), (!is_twiml).then_some(NOT_TWIML), why, Some(text))
        }
        Attempt::Failed(Failure::Status(status), why) => (Some(status), Some(RETRIEVAL_FAILED), Some(why), None),
        Attempt::Failed(Failure::Connect | Failure::Read, why) => (None, Some(RETRIEVAL_FAILED), Some(why), None),
    };
    if let Some(why) = &why {
        tracing::info!(kind = call.kind, sid = call.sid, attempts, why, "a webhook failed");
    }
    let message_status = call.params.iter().find(|(k, _)| k == "MessageStatus").map(|(_, v)| v.clone());
    let hook = Hook {
        kind: call.kind,
        sid: call.sid.clone(),
        url: signature::signed_url(&call.url),
        status,
        error,
        why,
        attempts,
        at: shared.now().to_string(),
        message_status,
    };
    shared.state().hooks.push(hook);
    twiml
}

async fn attempt(shared: &Shared, call: &Call, rules: &Overrides, n: u32) -> Attempt {
    let client = match client(rules.connect) {
        Ok(client) => client,
        Err(error) => return Attempt::Failed(Failure::Connect, words(&error)),
    };
    let url = signature::signed_url(&call.url);
    // Twilio sends one token with every attempt at one delivery: that is what it is for.
    let token = Dice::new(0, &format!("{} {}", call.kind, call.url), u64::from(fold(&call.sid))).hex(32);
    let sign = |url: &str, params: &[(String, String)]| signature::sign(&shared.auth_token, url, params);
    let request = match call.method {
        Method::Post => client.post(&url).header("X-Twilio-Signature", sign(&url, &call.params)).form(&call.params),
        Method::Get => {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.params).finish();
            let url = format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' });
            client.get(&url).header("X-Twilio-Signature", sign(&url, &[]))
        }
    };
    let mut request = request.header("I-Twilio-Idempotency-Token", token).header("X-Emulated-Attempt", n);
    if let Some((user, password)) = signature::user_info(&call.url) {
        request = request.basic_auth(user, Some(password));
    }
    let answer = async {
        let answer = request.send().await?;
        let status = answer.status();
        let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let text = answer.text().await?;
        Ok::<_, reqwest::Error>((status, kind, text))
    };
    match timeout(rules.connect + rules.read, answer).await {
        Err(_) => Attempt::Failed(Failure::Read, "no answer within the read time".to_owned()),
        Ok(Err(error)) if error.is_connect() => Attempt::Failed(Failure::Connect, words(&error)),
        Ok(Err(error)) => Attempt::Failed(Failure::Read, words(&error)),
        Ok(Ok((status, kind, text))) if status.is_success() => Attempt::Answered(status.as_u16(), kind, text),
        Ok(Ok((status, ..))) => Attempt::Failed(Failure::Status(status.as_u16()), format!("answered {status}")),
    }
}

fn fold(text: &str) -> u32 {
    text.bytes().fold(0, |sum: u32, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)))
}

/// An error with its causes: "connection refused" stands at the bottom of the chain.
fn words(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A client of its own for each attempt: the carrier keeps no connection to us, and the limits differ by URL.
fn client(connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let build = || {
        reqwest::Client::builder()
            .connect_timeout(connect)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("TwilioProxy/1.1")
    };
    // Without the machine's certificates (a bare container) plain HTTP must still work.
    build().build().or_else(|_| build().tls_backend_preconfigured(trusts_nobody()).build())
}

fn trusts_nobody() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("BUG: ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
