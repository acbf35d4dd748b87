//! Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over
//! `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::domain::time::Timestamp;

/// Shortest and longest secret, in bytes, as the rules have it.
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// A signing secret. Redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Why a text is no signing secret. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a signing secret: whsec_ and the base64 of 24 to 64 random bytes, as `openssl rand -base64 32` gives them"
)]
pub struct NotASecret;

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads `whsec_…`; the prefix may be left out.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| NotASecret)?;
        if LENGTH.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(NotASecret) }
    }

    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("BUG: HMAC takes keys of any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// How far a webhook's time may be from ours, in seconds: the published libraries have five minutes.
pub const TOLERANCE: i64 = 300;

/// Why a signed webhook is refused. For the log: without body or secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing to check it with.
    #[error("no secret that reads is set up")]
    NoSecret,
    /// Not whole seconds.
    #[error("its webhook-timestamp is no number of seconds")]
    NoTime,
    /// A replay, or a clock that is wrong.
    #[error("signed {0} s away from this machine's time, more than {TOLERANCE}: a replay, or a clock that is wrong")]
    Stale(u64),
    /// None of its signatures is one of ours.
    #[error("no signature of it matches a secret set up: is it the same on both sides, and the body unchanged?")]
    WrongSignature,
}

/// Checks a webhook that came: its id, time and signatures as its headers say them. Every secret that is live is tried
/// against every signature, in constant time. Fails closed without a secret.
pub fn verify(
    secrets: &[Secret],
    id: &str,
    time: &str,
    signed: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refused> {
    if secrets.is_empty() {
        return Err(Refused::NoSecret);
    }
    let seconds: i64 = time.parse().map_err(|_| Refused::NoTime)?;
    // As we write it: another spelling of the same number was not signed.
    if seconds.to_string() != time {
        return Err(Refused::NoTime);
    }
    let away = now.millis().div_euclid(1000).abs_diff(seconds);
    if away > TOLERANCE.unsigned_abs() {
        return Err(Refused::Stale(away));
    }
    let mut matches = subtle::Choice::from(0);
    for secret in secrets {
        let made = secret.sign(id, seconds, body);
        for theirs in signed.split(' ') {
            matches |= made.as_bytes().ct_eq(theirs.as_bytes());
        }
    }
    if bool::from(matches) { Ok(()) } else { Err(Refused::WrongSignature) }
}

/// The value of `webhook-signature`: one for each secret that is live, so that the other side may change at any time.
pub fn signatures(secrets: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    secrets.iter().map(|secret| secret.sign(id, seconds, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const AT: i64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    #[test]
    fn a_message_is_signed_as_the_published_vector_says() {
        let secret = Secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        assert_eq!(signatures(std::slice::from_ref(&secret), ID, AT, BODY), SIGNED);
        assert_eq!(Secret::parse("C2FVsBQIhrscChlQIMV+b5sSYspob7oD\n"), Ok(secret.clone()));
        // Two secrets are two signatures, the new one's first; anything else signed is another signature.
        let new = Secret(vec![7; 24]);
        let both = signatures(&[new, secret.clone()], ID, AT, BODY);
        assert!(both.starts_with("v1,") && both.ends_with(&format!(" {SIGNED}")), "{both}");
        for (id, at, body) in [("msg_1", AT, BODY), (ID, AT + 1, BODY), (ID, AT, &BODY[1..])] {
            assert_ne!(signatures(std::slice::from_ref(&secret), id, at, body), SIGNED);
        }
    }

    #[test]
    fn a_webhook_that_came_is_believed_by_any_live_secret_and_for_five_minutes() {
        let secret = Secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let both = [Secret(vec![7; 24]), secret.clone()];
        let at = |away: i64| Timestamp::from_millis((AT + away) * 1000);
        let time = AT.to_string();
        let check =
            |id: &str, time: &str, signed: &str, body: &[u8], away| verify(&both, id, time, signed, body, at(away));
        assert_eq!(check(ID, &time, SIGNED, BODY, 0), Ok(()));
        assert_eq!(check(ID, &time, &format!("v1a,AAAA v1,AAAA {SIGNED}"), BODY, 300), Ok(()), "one of several");
        assert_eq!(check(ID, &time, SIGNED, BODY, -300), Ok(()));
        assert_eq!(check(ID, &time, SIGNED, BODY, 301), Err(Refused::Stale(301)));
        assert_eq!(check(ID, &time, SIGNED, BODY, -301), Err(Refused::Stale(301)));
        for (id, signed, body) in [("msg_1", SIGNED, BODY), (ID, "", BODY), (ID, "v1,", BODY), (ID, SIGNED, &BODY[1..])]
        {
            assert_eq!(check(id, &time, signed, body, 0), Err(Refused::WrongSignature), "{id} {signed}");
        }
        for time in ["", "soon", "+1649367553", " 1649367553", "1649367553.0"] {
            assert_eq!(check(ID, time, SIGNED, BODY, 0), Err(Refused::NoTime), "{time:?}");
        }
        assert_eq!(verify(&[], ID, &time, SIGNED, BODY, at(0)), Err(Refused::NoSecret));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for text in ["", "whsec_", "hunter2hunter2hunter2", short.as_str(), long.as_str()] {
            let told = Secret::parse(text).unwrap_err().to_string();
            assert!(text.len() < 7 || !told.contains(text), "{told}");
        }
        assert_eq!(format!("{:?}", Secret(vec![7; 24])), "Secret");
    }
}
