//! Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over
//! `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

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
