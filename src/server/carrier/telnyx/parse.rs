//! What Telnyx's webhooks say: `{"data": {"event_type", "id", "occurred_at", "payload": {…}}}`. Pure.

use serde::Deserialize;

use crate::domain::contact::{Address, Body};
use crate::domain::message::Delivery;
use crate::domain::time::Timestamp;
use crate::server::carrier::hook::{Report, Text};
use crate::server::carrier::{Heard, Hooked, Listed, Said, Unreadable};
use crate::server::media::Attachment;

#[derive(Deserialize)]
struct Hook {
    data: Event,
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    payload: serde_json::Value,
}

/// A message, in a webhook or as it is looked up.
#[derive(Deserialize)]
pub(super) struct Payload {
    id: String,
    #[serde(default)]
    direction: Option<String>,
    from: Party,
    to: Vec<Party>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    media: Option<Vec<Media>>,
    /// What Telnyx itself answered, when it did: to a STOP, a START or a HELP, also in words of the profile's own.
    #[serde(default)]
    autoresponse_type: Option<String>,
    #[serde(default)]
    messaging_profile_id: Option<String>,
    #[serde(default)]
    received_at: Option<String>,
    #[serde(default)]
    sent_at: Option<String>,
    #[serde(default)]
    webhook_url: Option<String>,
    #[serde(default)]
    errors: Option<Vec<Error>>,
}

#[derive(Deserialize)]
struct Party {
    phone_number: String,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Media {
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

/// An error of Telnyx's; its code is a number in quotation marks.
#[derive(Deserialize)]
pub(super) struct Error {
    code: serde_json::Value,
}

impl Error {
    /// The code as a number.
    pub(super) fn number(&self) -> Option<u32> {
        let number = || self.code.as_u64().and_then(|n| u32::try_from(n).ok());
        self.code.as_str().map_or_else(number, |text| text.parse().ok())
    }
}

/// RFC 3339, as Telnyx writes instants.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc().into())
}

/// Telnyx's word for how a message stands.
pub fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" | "scheduled" => Delivery::Accepted,
        "queued" => Delivery::Queued,
        "sending" => Delivery::Sending,
        // Final as well: the network has it, and nobody says whether it arrived.
        "sent" | "delivery_unconfirmed" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "delivery_failed" => Delivery::Undelivered,
        "sending_failed" | "expired" | "gw_timeout" | "cancelled" => Delivery::Failed,
        "read" => Delivery::Read,
        _ => return None,
    })
}

/// As every carrier's reading of a keyword is called here.
fn keyword(said: &str) -> Option<&'static str> {
    match said.to_ascii_lowercase().as_str() {
        "stop" | "opt_out" => Some("STOP"),
        "start" | "opt_in" => Some("START"),
        "help" | "info" => Some("HELP"),
        _ => None,
    }
}

fn missing(what: &str) -> Unreadable {
    Unreadable(format!("{what} is missing or not what it must be"))
}

/// Reads a webhook. Other events than those of messages say nothing to us.
pub fn heard(hooked: &Hooked<'_>) -> Result<Heard, Unreadable> {
    let raw = std::str::from_utf8(hooked.body).map_err(|_| Unreadable("not UTF-8".to_owned()))?;
    let hook: Hook = serde_json::from_str(raw).map_err(|_| missing("data.event_type or data.payload"))?;
    let payload = || serde_json::from_value::<Payload>(hook.data.payload.clone()).map_err(|_| missing("data.payload"));
    let said = match hook.data.event_type.as_str() {
        "message.received" => Said::Text(payload()?.text()?),
        "message.sent" | "message.finalized" => payload()?.report(hooked)?,
        _ => Said::Nothing("another_event"),
    };
    Ok(Heard { said, raw: raw.to_owned() })
}

impl Payload {
    fn address(party: Option<&Party>, what: &str) -> Result<Address, Unreadable> {
        party.and_then(|p| Address::parse(&p.phone_number).ok()).ok_or_else(|| missing(what))
    }

    fn id(&self) -> Result<String, Unreadable> {
        let plain = !self.id.is_empty() && self.id.len() <= 64;
        let plain = plain && self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if plain { Ok(self.id.clone()) } else { Err(missing("data.payload.id")) }
    }

    fn attachments(&self) -> Vec<Attachment> {
        let told = self.media.iter().flatten().map(|m| (m.content_type.as_deref(), m.url.as_deref()));
        Attachment::all("telnyx", told)
    }

    fn text(self) -> Result<Text, Unreadable> {
        Ok(Text {
            id: self.id()?,
            account: None,
            service: self.messaging_profile_id.clone(),
            from: Self::address(Some(&self.from), "data.payload.from")?,
            to: Self::address(self.to.first(), "data.payload.to")?,
            media: self.attachments(),
            opt_out_type: self.autoresponse_type.as_deref().and_then(keyword).map(str::to_owned),
            sent: self.received_at.as_deref().and_then(instant),
            body: Body::new(self.text.unwrap_or_default()),
        })
    }

    fn report(self, hooked: &Hooked<'_>) -> Result<Said, Unreadable> {
        self.id()?;
        // Posted to the address given with the send, or to the profile's: then the message repeats it.
        let repeated = || self.webhook_url.as_deref().and_then(super::reference);
        let Some(message) = hooked.reported().or_else(repeated) else { return Ok(Said::Nothing("not_ours")) };
        let word = self.to.first().and_then(|to| to.status.as_deref()).unwrap_or_default();
        let Some(delivery) = delivery(word) else { return Ok(Said::Nothing("unknown_word")) };
        let error = self.errors.iter().flatten().find_map(Error::number).filter(|_| delivery.is_failure());
        let from = Self::address(Some(&self.from), "data.payload.from").ok();
        Ok(Said::Report(Report { message, account: None, from, delivery, error }))
    }

    /// As it is looked up.
    pub(super) fn listed(self) -> Option<Listed> {
        let ours = self.direction.as_deref() == Some("outbound");
        let at = self.received_at.as_deref().or(self.sent_at.as_deref()).and_then(instant)?;
        let to = self.to.first()?;
        Some(Listed {
            from: Address::parse(&self.from.phone_number).ok()?,
            to: Address::parse(&to.phone_number).ok()?,
            at,
            delivery: if ours { delivery(to.status.as_deref().unwrap_or_default()) } else { None },
            error: self.errors.iter().flatten().find_map(Error::number),
            media: self.attachments(),
            reference: self.webhook_url.as_deref().filter(|_| ours).and_then(super::reference),
            partial: false,
            body: Body::new(self.text.unwrap_or_default()),
            id: self.id,
        })
    }
}
