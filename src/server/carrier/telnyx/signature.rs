//! `telnyx-signature-ed25519`: did the holder of this account's key sign this webhook, and just now?
//!
//! Ed25519 over `{telnyx-timestamp}|{raw body}` (developers.telnyx.com, "Receiving webhooks").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::server::carrier::Hooked;

/// How far its time may be from ours, in seconds: Telnyx's own libraries have five minutes.
pub const TOLERANCE: i64 = 300;

/// Why a webhook is refused. For the log: without body, number or key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header is missing.
    #[error("no {0} header: not from Telnyx, or a proxy drops it")]
    NoHeader(&'static str),
    /// No key is set up.
    #[error("no public key of Telnyx is set up: comeback line add")]
    NoKey,
    /// Not whole seconds.
    #[error("its timestamp is no number of seconds")]
    NoTime,
    /// A replay, or a clock that is wrong.
    #[error("signed {0} s away from this machine's time, more than {TOLERANCE}: a replay, or a clock that is wrong")]
    Stale(i64),
    /// Not base64 of 64 bytes.
    #[error("its signature is not base64 of 64 bytes")]
    NoSignature,
    /// It does not match.
    #[error("the signature matches none of the public keys set up: is it this account's, and the body unchanged?")]
    WrongSignature,
}

/// Reads a public key as Telnyx shows it: base64 of 32 bytes.
pub fn public_key(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok().filter(|bytes| bytes.len() == 32)
}

/// Whose key signed, of pairs of account and key: every account with that key. Fails closed without a key.
pub fn signers<'a>(
    keys: impl IntoIterator<Item = (&'a str, &'a str)>,
    hooked: &Hooked<'_>,
) -> Result<Vec<&'a str>, Refused> {
    let header = |name| hooked.header(name).ok_or(Refused::NoHeader(name));
    let (signature, time) = (header("telnyx-signature-ed25519")?, header("telnyx-timestamp")?);
    let keys: Vec<(&str, Vec<u8>)> =
        keys.into_iter().filter_map(|(account, key)| Some((account, public_key(key)?))).collect();
    if keys.is_empty() {
        return Err(Refused::NoKey);
    }
    let seconds: i64 = time.parse().map_err(|_| Refused::NoTime)?;
    let away = (hooked.at.millis().div_euclid(1000)).abs_diff(seconds);
    if away > TOLERANCE.unsigned_abs() {
        return Err(Refused::Stale(i64::try_from(away).unwrap_or(i64::MAX)));
    }
    let signature = STANDARD.decode(signature.trim()).map_err(|_| Refused::NoSignature)?;
    if signature.len() != 64 {
        return Err(Refused::NoSignature);
    }
    let signed = [time.as_bytes(), b"|", hooked.body].concat();
    let is_by = |key: &[u8]| UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature).is_ok();
    let found: Vec<&str> = keys.iter().filter(|(_, key)| is_by(key)).map(|(account, _)| *account).collect();
    if found.is_empty() { Err(Refused::WrongSignature) } else { Ok(found) }
}
