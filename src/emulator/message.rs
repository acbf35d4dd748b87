//! A message as the carrier keeps it and as its API shows it.

use serde_json::{Value, json};

use super::segments;
use crate::domain::time::Timestamp;

/// Which way a text went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From a buyer.
    Inbound,
    /// Sent through the API.
    Api,
    /// Sent by the carrier itself (an opt-out confirmation) or by `TwiML` in a webhook's answer.
    Reply,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Api => "outbound-api",
            Self::Reply => "outbound-reply",
        }
    }
}

/// One picture or file of a message.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    /// ME and 32 hexadecimal digits.
    pub(crate) sid: String,
    /// As in `MediaContentType0`.
    pub(crate) content_type: String,
}

/// One text.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// SM (or MM, with media) and 32 hexadecimal digits.
    pub(crate) sid: String,
    /// Sender. Empty while a messaging service has not chosen a number.
    pub(crate) from: String,
    /// Receiver.
    pub(crate) to: String,
    /// Its words.
    pub(crate) body: String,
    /// Its pictures.
    pub(crate) media: Vec<Media>,
    /// Which way.
    pub(crate) direction: Direction,
    /// One of Twilio's words for it.
    pub(crate) status: &'static str,
    /// Why it was not delivered.
    pub(crate) error_code: Option<i64>,
    /// MG…, when a service is in play.
    pub(crate) service: Option<String>,
    /// When the carrier had it.
    pub(crate) created: Timestamp,
    /// When it left the carrier (inbound: arrived).
    pub(crate) sent: Option<Timestamp>,
    /// Last change.
    pub(crate) updated: Timestamp,
}

impl Message {
    /// As the API answers it.
    pub(crate) fn json(&self, account: &str) -> Value {
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", self.sid);
        let from = if self.from.is_empty() { Value::Null } else { json!(self.from) };
        json!({
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": rfc2822(self.created),
            "date_sent": self.sent.map(rfc2822),
            "date_updated": rfc2822(self.updated),
            "direction": self.direction.name(),
            "error_code": self.error_code,
            "error_message": self.error_code.map(error_text),
            "from": from,
            "messaging_service_sid": self.service,
            "num_media": self.media.len().to_string(),
            "num_segments": segments::count(&self.body).to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": { "media": format!("{uri}/Media.json") },
            "to": self.to,
            "uri": format!("{uri}.json"),
        })
    }

    /// The instant that `DateSent` filters look at. A queued text has none yet; it is found by its creation.
    pub(crate) fn date(&self) -> Timestamp {
        self.sent.unwrap_or(self.created)
    }
}

/// A date as the 2010-04-01 API writes it: RFC 2822, whole seconds, UTC.
pub(crate) fn rfc2822(at: Timestamp) -> String {
    at.utc().format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Twilio's sentence for a delivery error.
pub(crate) fn error_text(code: i64) -> &'static str {
    match code {
        21610 => "Attempt to send to unsubscribed recipient",
        30001 => "Queue overflow",
        30003 => "Unreachable destination handset",
        30004 => "Message blocked",
        30005 => "Unknown destination handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        30034 => "Message from an Unregistered Number",
        _ => "Unknown error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_twilio_writes_them() {
        assert_eq!(rfc2822(Timestamp::from_millis(1_692_853_305_999)), "Thu, 24 Aug 2023 05:01:45 +0000");
        assert_eq!(rfc2822(Timestamp::from_millis(0)), "Thu, 01 Jan 1970 00:00:00 +0000");
    }

    #[test]
    fn numbers_that_twilio_writes_as_strings_are_strings() {
        let message = Message {
            sid: format!("SM{}", "0".repeat(32)),
            from: String::new(),
            to: "+14155550100".to_owned(),
            body: "á".repeat(71),
            media: Vec::new(),
            direction: Direction::Api,
            status: "accepted",
            error_code: None,
            service: None,
            created: Timestamp::default(),
            sent: None,
            updated: Timestamp::default(),
        };
        let json = message.json("AC1");
        assert_eq!((&json["num_segments"], &json["num_media"]), (&json!("2"), &json!("0")));
        assert!(json["price"].is_null() && json["from"].is_null() && json["date_sent"].is_null());
    }
}
