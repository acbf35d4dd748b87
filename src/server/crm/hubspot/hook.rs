//! HubSpot's webhooks: signed by version 3 (HMAC-SHA256 by the app's client secret over method, address, body and time,
//! in base64), five minutes valid. Pure.
//!
//! They come in batches, late, twice, and in any order; so only what changed is taken from them, and never to what.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::super::changed::{Changed, Kind};
use crate::config::secret::Secret;
use crate::domain::time::Timestamp;

/// How far its time may be from ours, in milliseconds: HubSpot's documentation has five minutes.
pub const TOLERANCE: u64 = 5 * 60 * 1000;

/// The length of a signature: 32 bytes in base64.
const SIGNATURE: usize = 44;

/// Events of one webhook; HubSpot sends a hundred.
const MOST: usize = 1000;

/// What of a webhook is signed.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// POST.
    pub method: &'a str,
    /// The whole address, as HubSpot was told it.
    pub url: &'a str,
    /// The body as it came.
    pub body: &'a [u8],
    /// `X-HubSpot-Request-Timestamp`.
    pub time: Option<&'a str>,
    /// `X-HubSpot-Signature-v3`.
    pub signature: Option<&'a str>,
}

impl std::fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signed({} bytes)", self.body.len())
    }
}

/// Why a webhook is refused. For the log: without body or secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not signed by version 3.
    #[error("no {0} header: not signed, or a proxy drops it")]
    Unsigned(&'static str),
    /// Not a number of milliseconds.
    #[error("its X-HubSpot-Request-Timestamp is no number of milliseconds")]
    NoTime,
    /// A replay, or a clock that is wrong.
    #[error("signed {0} s away from this machine's time, more than 300: a replay, or a clock that is wrong")]
    Stale(u64),
    /// Not by our secret.
    #[error("its signature does not match: is it this app's client secret, and the address the one set up there?")]
    WrongSignature,
}

/// Checks what needs no secret: that it is signed at all, by version 3, and now.
pub fn looks_signed(signed: &Signed<'_>, now: Timestamp) -> Result<(), Refused> {
    match verify(&[], signed, now) {
        Err(Refused::WrongSignature) if signed.signature.is_some_and(|text| text.len() == SIGNATURE) => Ok(()),
        other => other,
    }
}

/// Checks who signed. Every secret that is live is tried, in constant time; none live believes nothing.
pub fn verify(secrets: &[Secret], signed: &Signed<'_>, now: Timestamp) -> Result<(), Refused> {
    let signature = signed.signature.ok_or(Refused::Unsigned("X-HubSpot-Signature-v3"))?;
    let time = signed.time.ok_or(Refused::Unsigned("X-HubSpot-Request-Timestamp"))?;
    let millis: i64 = time.parse().map_err(|_| Refused::NoTime)?;
    // As HubSpot writes it: another spelling of the same number was not signed.
    if millis.to_string() != time {
        return Err(Refused::NoTime);
    }
    let away = now.millis().abs_diff(millis);
    if away > TOLERANCE {
        return Err(Refused::Stale(away / 1000));
    }
    let mut matches = subtle::Choice::from(0);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        matches |= sign(secret, signed.method, signed.url, signed.body, time).as_bytes().ct_eq(signature.as_bytes());
    }
    if bool::from(matches) { Ok(()) } else { Err(Refused::WrongSignature) }
}

fn sign(secret: &Secret, method: &str, url: &str, body: &[u8], time: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("BUG: HMAC takes keys of any length");
    for part in [method.as_bytes(), url.as_bytes(), body, time.as_bytes()] {
        mac.update(part);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    subscription_type: String,
    object_type_id: String,
    object_id: Option<u64>,
    primary_object_id: Option<u64>,
    new_object_id: Option<u64>,
    from_object_id: Option<u64>,
    merged_object_ids: Vec<u64>,
}

/// The webhook cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list of HubSpot's events, of {MOST} at most")]
pub struct Unreadable;

/// What changed. Events of kinds that no card shows are passed over, and so is a single one that does not read: the others
/// are not lost over it.
pub fn changed(body: &[u8]) -> Result<Vec<Changed>, Unreadable> {
    let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    if events.len() > MOST {
        return Err(Unreadable);
    }
    let mut all = std::collections::BTreeSet::new();
    for event in events.iter().filter_map(|event| serde_json::from_str::<Event>(event.get()).ok()) {
        let about = event.subscription_type.split('.').next().unwrap_or_default();
        let kind = match (about, event.object_type_id.as_str()) {
            ("contact", _) | ("object", "0-1") => Kind::Contact,
            ("company", _) | ("object", "0-2") => Kind::Company,
            ("deal", _) | ("object", "0-3") => Kind::Deal,
            _ => continue,
        };
        let one = [event.object_id, event.primary_object_id, event.new_object_id, event.from_object_id];
        let ids = one.into_iter().flatten().chain(event.merged_object_ids.into_iter().take(MOST));
        all.extend(ids.map(|id| Changed { kind, id: id.to_string() }));
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://c.example/hooks/hubspot/events";

    #[test]
    fn only_what_the_app_signed_within_five_minutes_is_believed() {
        let (secret, body) = (Secret::from("app-secret"), &br#"[{"objectId":1}]"#[..]);
        let at = Timestamp::from_millis(1_772_550_000_000);
        let time = at.millis().to_string();
        let signature = sign(&secret, "POST", URL, body, &time);
        let good = Signed { method: "POST", url: URL, body, time: Some(&time), signature: Some(&signature) };
        let live = [Secret::from("new-secret"), secret];
        assert_eq!(verify(&live, &good, at), Ok(()));
        assert_eq!(verify(&live[..1], &good, at), Err(Refused::WrongSignature));
        assert_eq!(verify(&[], &good, at), Err(Refused::WrongSignature));
        assert_eq!(verify(&[Secret::default()], &good, at), Err(Refused::WrongSignature));
        for bad in [
            Signed { method: "GET", ..good },
            Signed { url: "https://c.example/hooks/hubspot/event", ..good },
            Signed { body: br#"[{"objectId":2}]"#, ..good },
            Signed { signature: Some(""), ..good },
        ] {
            assert_eq!(verify(&live, &bad, at), Err(Refused::WrongSignature));
        }
        assert!(matches!(verify(&live, &Signed { signature: None, ..good }, at), Err(Refused::Unsigned(_))));
        assert!(matches!(verify(&live, &Signed { time: None, ..good }, at), Err(Refused::Unsigned(_))));
        let other = format!("+{time}");
        assert_eq!(verify(&live, &Signed { time: Some(&other), ..good }, at), Err(Refused::NoTime));
        for (minutes, wanted) in [(5, Ok(())), (6, Err(Refused::Stale(360)))] {
            let away = crate::domain::time::Span::minutes(minutes);
            assert_eq!(verify(&live, &good, at + away), wanted);
            assert_eq!(verify(&live, &good, at - away), wanted);
        }
    }

    #[test]
    fn what_changed_is_told_by_kind_and_id_and_nothing_else_is_believed() {
        let body = br#"[
            {"subscriptionType":"contact.propertyChange","objectId":101,"propertyName":"phone","propertyValue":"+1"},
            {"subscriptionType":"contact.propertyChange","objectId":101,"propertyName":"city"},
            {"subscriptionType":"object.creation","objectTypeId":"0-3","objectId":7},
            {"subscriptionType":"contact.merge","primaryObjectId":5,"mergedObjectIds":[6,8],"newObjectId":9},
            {"subscriptionType":"company.associationChange","fromObjectId":4,"toObjectId":101},
            {"subscriptionType":"ticket.creation","objectId":1},
            {"subscriptionType":"contact.creation","objectId":"not a number"}
        ]"#;
        let told: Vec<String> = changed(body).unwrap().iter().map(|c| format!("{} {}", c.kind.word(), c.id)).collect();
        assert_eq!(told, ["contact 101", "contact 5", "contact 6", "contact 8", "contact 9", "company 4", "deal 7"]);
        for bad in [&b""[..], b"{}", b"[", b"null"] {
            assert_eq!(changed(bad), Err(Unreadable));
        }
    }
}
