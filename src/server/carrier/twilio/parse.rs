//! What Twilio's webhooks say: forms and JSON bodies, every parameter kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::contact::{Address, Body};
use crate::domain::message::Delivery;
use crate::server::media::{Attachment, MOST_MEDIA};

/// Parameters in the order they came; a name may come more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Why a webhook cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Neither a form nor JSON.
    #[error("neither a form nor JSON")]
    MediaType,
    /// Not UTF-8 once decoded.
    #[error("not UTF-8")]
    NotUtf8,
    /// A percent sign without two hexadecimal digits, or JSON that does not end.
    #[error("cut short or garbled")]
    Garbled,
    /// A parameter without which it means nothing.
    #[error("{0} is missing or not what it must be")]
    Missing(&'static str),
}

impl Params {
    /// From pairs, for tests and listings.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Reads a form strictly: nothing is guessed, blank values are kept.
    pub fn form(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut pairs = Vec::new();
        for pair in bytes.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
            let at = pair.iter().position(|b| *b == b'=');
            let (name, value) = at.map_or((pair, &pair[..0]), |at| (&pair[..at], &pair[at + 1..]));
            pairs.push((decoded(name)?, decoded(value)?));
        }
        Ok(Self(pairs))
    }

    /// Reads a JSON object; values that are no texts are kept as JSON.
    pub fn json(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)?;
        let Ok(Value::Object(object)) = serde_json::from_str(text) else { return Err(Malformed::Garbled) };
        let as_text = |v: Value| if let Value::String(s) = v { s } else { v.to_string() };
        Ok(Self(object.into_iter().map(|(name, value)| (name, as_text(value))).collect()))
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// By name in byte order, each value of a name once, in byte order: as they are signed.
    pub fn sorted(&self) -> BTreeSet<(&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
    }

    /// Everything as a JSON object, lists where a name came more than once.
    pub fn to_json(&self) -> String {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.0 {
            all.entry(name).or_default().push(value);
        }
        let object = all.into_iter().map(|(name, mut values)| {
            let value = if values.len() == 1 { values.pop().map(Value::from) } else { None };
            (name.to_owned(), value.unwrap_or_else(|| Value::from(values)))
        });
        Value::Object(object.collect()).to_string()
    }
}

fn decoded(bytes: &[u8]) -> Result<String, Malformed> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|d| char::from(*d).to_digit(16));
                let (high, low) = (digit().ok_or(Malformed::Garbled)?, digit().ok_or(Malformed::Garbled)?);
                out.push(u8::try_from(high * 16 + low).map_err(|_| Malformed::Garbled)?);
            }
            other => out.push(*other),
        }
    }
    String::from_utf8(out).map_err(|_| Malformed::NotUtf8)
}

/// A buyer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundText {
    /// Twilio's id of it.
    pub sid: String,
    /// Whose account.
    pub account: String,
    /// The messaging service, when the number is in one.
    pub service: Option<String>,
    /// Who texts.
    pub from: Address,
    /// Our number.
    pub to: Address,
    /// The words; empty for a picture alone.
    pub body: Body,
    /// Pictures and other media.
    pub media: Vec<Attachment>,
    /// START, STOP or HELP, with Advanced Opt-Out only.
    pub opt_out_type: Option<String>,
}

/// Reads an inbound text.
pub fn inbound(params: &Params) -> Result<InboundText, Malformed> {
    let address = |name: &'static str| {
        let text = params.get(name).ok_or(Malformed::Missing(name))?;
        Address::parse(text).map_err(|_| Malformed::Missing(name))
    };
    let sid = params.get("MessageSid").or_else(|| params.get("SmsMessageSid")).or_else(|| params.get("SmsSid"));
    let media = params.get("NumMedia").and_then(|n| n.parse::<usize>().ok()).unwrap_or(0).min(MOST_MEDIA);
    let param = |name: &str, n: usize| params.get(&format!("{name}{n}"));
    let media = (0..media).map(|n| (param("MediaContentType", n), param("MediaUrl", n)));
    Ok(InboundText {
        sid: sid_of(sid, "MessageSid")?,
        account: sid_of(params.get("AccountSid"), "AccountSid")?,
        service: params.get("MessagingServiceSid").filter(|s| !s.is_empty()).map(str::to_owned),
        from: address("From")?,
        to: address("To")?,
        body: Body::new(params.get("Body").unwrap_or_default()),
        media: Attachment::all("twilio", media),
        opt_out_type: params.get("OptOutType").filter(|t| !t.is_empty()).map(str::to_owned),
    })
}

fn sid_of(text: Option<&str>, name: &'static str) -> Result<String, Malformed> {
    let plain = |s: &&str| !s.is_empty() && s.len() <= 64 && s.bytes().all(|b| b.is_ascii_alphanumeric());
    text.filter(plain).map(str::to_owned).ok_or(Malformed::Missing(name))
}

/// A report on an answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// Whose account.
    pub account: String,
    /// How it stands; absent for a word this version does not know.
    pub delivery: Option<Delivery>,
    /// Twilio's error code.
    pub error: Option<u32>,
}

/// Reads a status callback.
pub fn status(params: &Params) -> Result<StatusReport, Malformed> {
    let word =
        params.get("MessageStatus").or_else(|| params.get("SmsStatus")).ok_or(Malformed::Missing("MessageStatus"))?;
    Ok(StatusReport {
        account: sid_of(params.get("AccountSid"), "AccountSid")?,
        delivery: delivery(word),
        error: params.get("ErrorCode").and_then(|c| c.parse().ok()),
    })
}

/// Twilio's word for how a message stands.
pub fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" | "scheduled" => Delivery::Accepted,
        "queued" => Delivery::Queued,
        "sending" => Delivery::Sending,
        "sent" => Delivery::Sent,
        "delivered" | "partially_delivered" => Delivery::Delivered,
        "undelivered" => Delivery::Undelivered,
        "failed" | "canceled" => Delivery::Failed,
        "read" => Delivery::Read,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &[u8] = b"MessageSid=SM0123&AccountSid=AC9&From=%2B14155550123&To=%2B16465550100&Body=Caf%C3%A9+%26+tea&NumMedia=1&MediaContentType0=image%2Fjpeg&New=kept";

    #[test]
    fn a_text_is_read_and_everything_kept() {
        let params = Params::form(FORM).unwrap();
        let text = inbound(&params).unwrap();
        let jpeg = Attachment::from("image/jpeg".to_owned());
        assert_eq!((text.body.as_str(), text.media.as_slice()), ("Café & tea", [jpeg].as_slice()));
        assert!(params.to_json().contains("\"New\":\"kept\""));
    }

    #[test]
    fn a_text_cut_anywhere_is_refused_or_has_its_sids() {
        for end in 0..FORM.len() {
            if let Ok(text) = Params::form(&FORM[..end]).and_then(|p| inbound(&p)) {
                assert_eq!((text.account.as_str(), text.from.as_str()), ("AC9", "+14155550123"), "cut at {end}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(Params::form(b"Body=%ff"), Err(Malformed::NotUtf8));
        assert_eq!(Params::form(b"Body=%f"), Err(Malformed::Garbled));
        assert_eq!(Params::json(b"{\"a\":"), Err(Malformed::Garbled));
        assert_eq!(inbound(&Params::default()), Err(Malformed::Missing("MessageSid")));
        assert_eq!(status(&Params::default()), Err(Malformed::Missing("MessageStatus")));
    }

    #[test]
    fn every_status_word_is_known() {
        let words =
            "queued sending sent failed delivered undelivered accepted scheduled read partially_delivered canceled";
        assert!(words.split(' ').all(|w| delivery(w).is_some()));
        assert_eq!(delivery("teleported"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for params in [Params::form(&bytes), Params::json(&bytes)].into_iter().flatten() {
                drop((inbound(&params), status(&params)));
                prop_assert!(serde_json::from_str::<Value>(&params.to_json()).is_ok());
            }
        }

        #[test]
        fn one_byte_changed_never_panics(at in 0..FORM.len(), byte in any::<u8>()) {
            let mut bytes = FORM.to_vec();
            bytes[at] = byte;
            if let Ok(params) = Params::form(&bytes) {
                drop(inbound(&params));
            }
        }
    }
}
