//! What the other side of our own protocol posts and lists: `{"type", "timestamp", "data": {…}}`. Pure.

use serde::Deserialize;
use uuid::Uuid;

use crate::domain::contact::{Address, Body};
use crate::domain::id::MessageId;
use crate::domain::message::Delivery;
use crate::domain::time::Timestamp;
use crate::server::carrier::hook::{Report, Text};
use crate::server::carrier::{Heard, Hooked, Listed, Said, Unreadable, meaning};
use crate::server::media::{Attachment, MOST_MEDIA};

#[derive(Deserialize)]
struct Hook {
    #[serde(rename = "type")]
    kind: String,
    data: serde_json::Value,
}

#[derive(Deserialize)]
struct Received {
    id: String,
    from: String,
    to: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    media: Vec<Media>,
    #[serde(default)]
    opt_out: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

#[derive(Deserialize)]
struct Media {
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
struct Standing {
    #[serde(default)]
    reference: Option<Uuid>,
    status: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    from: Option<String>,
}

/// A text in a list.
#[derive(Deserialize)]
pub(super) struct Item {
    id: String,
    #[serde(default)]
    reference: Option<Uuid>,
    from: String,
    to: String,
    #[serde(default)]
    text: String,
    at: String,
    /// Of one that we sent.
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    media: ListedMedia,
}

/// The media of a listed text: how many, or each as in a webhook.
#[derive(Deserialize)]
#[serde(untagged)]
enum ListedMedia {
    Told(Vec<Media>),
    Counted(usize),
}

impl Default for ListedMedia {
    fn default() -> Self {
        Self::Counted(0)
    }
}

/// RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc().into())
}

/// An instant as we write it: `2026-11-03T15:00:00.000Z`.
pub(super) fn said(at: Timestamp) -> String {
    at.utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// How a message stands, in the words of our protocol.
pub fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" => Delivery::Accepted,
        "queued" => Delivery::Queued,
        "sending" => Delivery::Sending,
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "undelivered" => Delivery::Undelivered,
        "failed" => Delivery::Failed,
        "read" => Delivery::Read,
        _ => return None,
    })
}

fn missing(what: &str) -> Unreadable {
    Unreadable(format!("{what} is missing or not what it must be"))
}

/// Reads a webhook. Other types than ours say nothing to us.
pub fn heard(hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
    let raw = std::str::from_utf8(hooked.body).map_err(|_| Unreadable("not UTF-8".to_owned()))?;
    let hook: Hook = serde_json::from_str(raw).map_err(|_| missing("type or data"))?;
    let said = match hook.kind.as_str() {
        "message.received" => {
            let received = serde_json::from_value::<Received>(hook.data).map_err(|_| missing("data"))?;
            Said::Text(received.text()?)
        }
        "message.status" => {
            let status = serde_json::from_value::<Standing>(hook.data).map_err(|_| missing("data"))?;
            status.report(hooked)?
        }
        _ => Said::Nothing("another_event"),
    };
    Ok(Heard { said, raw: raw.to_owned() })
}

fn id_of(id: String) -> Result<String, Unreadable> {
    let plain = !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(id) } else { Err(missing("data.id")) }
}

fn attachments(media: &[Media]) -> Vec<Attachment> {
    Attachment::all("generic", media.iter().map(|m| (m.content_type.as_deref(), m.url.as_deref())))
}

impl Received {
    fn text(self) -> Result<Text, Unreadable> {
        let address = |text: &str, what| Address::parse(text).map_err(|_| missing(what));
        Ok(Text {
            id: id_of(self.id)?,
            account: None,
            service: None,
            from: address(&self.from, "data.from")?,
            to: address(&self.to, "data.to")?,
            body: Body::new(self.text),
            media: attachments(&self.media),
            opt_out_type: self.opt_out.filter(|t| !t.is_empty()),
            sent: self.at.as_deref().and_then(instant),
        })
    }
}

impl Standing {
    fn report(self, hooked: &Hooked<'_>) -> Result<Said, Unreadable> {
        let of_path = hooked.reported();
        let message = of_path.or(self.reference.map(MessageId)).ok_or_else(|| missing("data.reference"))?;
        let Some(delivery) = delivery(&self.status) else { return Ok(Said::Nothing("unknown_word")) };
        let error = self.error.filter(|_| delivery.is_failure()).map(|word| meaning::code_of(&word));
        let from = self.from.as_deref().and_then(|from| Address::parse(from).ok());
        Ok(Said::Report(Report { message, account: None, from, delivery, error }))
    }
}

impl Item {
    pub(super) fn listed(self) -> Option<Listed> {
        Some(Listed {
            id: id_of(self.id).ok()?,
            from: Address::parse(&self.from).ok()?,
            to: Address::parse(&self.to).ok()?,
            body: Body::new(self.text),
            at: instant(&self.at)?,
            delivery: self.status.as_deref().and_then(delivery),
            error: self.error.map(|word| meaning::code_of(&word)),
            media: match self.media {
                ListedMedia::Told(media) => attachments(&media),
                ListedMedia::Counted(n) => vec![Attachment::told(None, None); n.min(MOST_MEDIA)],
            },
            reference: self.reference.map(MessageId),
            partial: false,
        })
    }
}
