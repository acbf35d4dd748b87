//! Two more carriers, smaller than Twilio's world: Telnyx, and one behind our own protocol of signed webhooks. Nobody texts
//! by themselves here; a test says who does.
//!
//! Like the rest of the emulator they share no code with our adapters: they were written from the carriers'
//! documentation, and are held against the carriers' own libraries.

use std::time::Duration;

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::faults::Times;

pub mod bridge;
mod control;
mod pictures;
pub mod telnyx;

/// Attempts of a webhook that is not answered 2xx.
const ATTEMPTS: usize = 3;

/// What goes wrong on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtherFaults {
    /// Each webhook comes once more so many times.
    pub repeats: usize,
    /// The report on a text's end comes before the one that it was sent.
    pub swapped: bool,
    /// Webhooks come so many real milliseconds late.
    pub delay_ms: u64,
    /// Webhooks are kept back, to be released in any order.
    pub held: bool,
    /// A webhook is never posted.
    pub webhook_drop: Times,
    /// A send is answered 429; nothing is sent.
    pub send_429: Times,
    /// A send is refused because a queue is full; nothing is sent.
    pub queue_full: Times,
    /// A send is taken, and answered 500.
    pub send_swallowed: Times,
    /// Every send is refused: the number is set up wrongly.
    pub misconfigured: bool,
    /// Texts end undelivered with this error of the carrier's.
    pub undelivered: Option<String>,
}

/// A text as an emulated carrier keeps it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    /// Content types of what came with it.
    pub(super) media: Vec<String>,
    pub(super) ours: bool,
    /// RFC 3339.
    pub(super) at: String,
    pub(super) status: &'static str,
    pub(super) error: Option<String>,
    /// Where reports go, or what the sender calls it.
    pub(super) hook: String,
}

impl Kept {
    /// As whoever drives the emulator sees it.
    fn shown(&self) -> Value {
        json!({ "id": self.id, "from": self.from, "to": self.to, "body": self.text, "status": self.status, "at": self.at })
    }
}

/// How the posts of one webhook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Which event.
    pub event: String,
    /// The statuses of the answers, in order; 0 for none.
    pub answers: Vec<u16>,
}

/// Posts a webhook until it is taken; the status of each answer.
async fn post(http: &reqwest::Client, url: &str, headers: &HeaderMap, body: &str) -> Vec<u16> {
    let mut answers = Vec::new();
    for _ in 0..ATTEMPTS {
        let request = http.post(url).headers(headers.clone()).body(body.to_owned());
        let status = request.send().await.map_or(0, |answer| answer.status().as_u16());
        answers.push(status);
        if (200..300).contains(&status) {
            break;
        }
    }
    answers
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
    builder.build().unwrap_or_default()
}

/// Events in the order in which they are posted, with the faults in it.
fn ordered(mut events: Vec<Value>, faults: &OtherFaults) -> Vec<Value> {
    if faults.swapped {
        events.reverse();
    }
    let copies = faults.repeats + 1;
    // The whole row again, so that a repetition also comes after what is newer.
    (0..copies).flat_map(|_| events.clone()).collect()
}

fn problem(code: &str, title: &str) -> Value {
    json!({ "errors": [{ "code": code, "title": title, "detail": title }] })
}
