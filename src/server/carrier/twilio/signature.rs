//! `X-Twilio-Signature`: is this webhook from the account it names?
//!
//! Computed over the configured public URL, never over Host or forwarded headers (twilio.com, "Webhooks security").
//! The classic signature carries no time, so a replay cannot be told by it: the dedupe key is kept for ever.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::parse::Params;
use crate::journal::to_hex;

/// Why a webhook is refused. For the log: without body, number or token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The header is missing.
    #[error("no X-Twilio-Signature header: not from Twilio, or a proxy drops it")]
    NoSignature,
    /// No token is set up for the account.
    #[error("no auth token is set up for this account: comeback line add")]
    NoToken,
    /// It does not match.
    #[error(
        "the signature does not match {0}: is this the URL given to the carrier (scheme, port, trailing slash), and the \
         token the account's primary one?"
    )]
    WrongSignature(String),
    /// The body is not the one that was signed.
    #[error("the body does not match bodySHA256")]
    BodyHash,
    /// The newer scheme, which this version does not check.
    #[error(
        "signed with the shared-key scheme (X-Twilio-Webhooks-Signature-Settings), which this version does not check"
    )]
    SharedKey,
}

/// What was signed.
#[derive(Clone, Copy, Debug)]
pub enum Signed<'a> {
    /// A form's parameters.
    Form(&'a Params),
    /// A raw JSON body; the URL's query holds its hash.
    Json(&'a [u8]),
    /// A GET: the URL alone.
    Nothing,
}

/// Checks a signature against every token (two live while a token is rotated). Fails closed without a token.
pub fn verify(tokens: &[String], url: &str, signed: Signed<'_>, signature: Option<&str>) -> Result<(), Refused> {
    let signature = signature.ok_or(Refused::NoSignature)?;
    if tokens.iter().all(String::is_empty) {
        return Err(Refused::NoToken);
    }
    if let Signed::Json(body) = signed {
        let hash = query_value(url, "bodySHA256").unwrap_or_default();
        if !bool::from(to_hex(&Sha256::digest(body)).as_bytes().ct_eq(hash.to_ascii_lowercase().as_bytes())) {
            return Err(Refused::BodyHash);
        }
    }
    let mut matches = subtle::Choice::from(0);
    for token in tokens.iter().filter(|t| !t.is_empty()) {
        for url in spellings(url) {
            let made = sign(token, &url, signed);
            matches |= made.as_bytes().ct_eq(signature.trim().as_bytes());
        }
    }
    if bool::from(matches) { Ok(()) } else { Err(Refused::WrongSignature(loggable(url))) }
}

/// base64(HMAC-SHA1(token, URL and every parameter's name and value, by name)); a repeated name's values are sorted and
/// said once each.
fn sign(token: &str, url: &str, signed: Signed<'_>) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("BUG: HMAC takes keys of any length");
    mac.update(url.as_bytes());
    if let Signed::Form(params) = signed {
        for (name, value) in params.sorted() {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The URL as given, and with the default port said or left out: the carrier is not consistent about it.
fn spellings(url: &str) -> Vec<String> {
    let exact = bare(url);
    let mut all = vec![exact.clone()];
    if let Some((scheme, rest)) = exact.split_once("://") {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let host_end = authority.rfind(']').map_or(0, |at| at + 1);
        if let Some(colon) = authority[host_end..].rfind(':') {
            all.push(format!("{scheme}://{}{tail}", &authority[..host_end + colon]));
        } else {
            let port = if scheme == "http" { 80 } else { 443 };
            all.push(format!("{scheme}://{authority}:{port}{tail}"));
        }
    }
    all
}

/// For the log: a query may hold a buyer's number and words (a webhook set to GET), so only that there was one is said.
fn loggable(url: &str) -> String {
    let url = bare(url);
    url.split_once('?').map_or_else(|| url.clone(), |(address, _)| format!("{address}?…"))
}

/// Without fragment and user info.
pub(super) fn bare(url: &str) -> String {
    let url = url.split('#').next().unwrap_or(url);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}{tail}")
}

fn query_value(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(token: &str, url: &str, form: &[(&str, &str)], signature: &str) -> Result<(), Refused> {
        let params = Params::of(form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        verify(&[token.to_owned()], url, Signed::Form(&params), Some(signature))
    }

    const CALL: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ];

    /// The vectors of Twilio's own Python library, and of its documentation.
    #[test]
    fn the_published_vectors_verify() {
        let docs = [CALL[0], CALL[1], ("From", "+14158675310"), CALL[3], ("Caller", "+14158675310")];
        let twice =
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")];
        for (url, form, signature) in [
            ("https://mycompany.com/myapp.php?foo=1&bar=2", &CALL[..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("https://mycompany.com:443/myapp.php?foo=1&bar=2", &CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
            ("http://mycompany.com:80/myapp.php?foo=1&bar=2", &CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", &CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            ("https://mycompany.com/myapp.php?foo=1&bar=2", &twice, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
            ("https://example.com/myapp.php?foo=1&bar=2", &docs, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
            // The port is said or left out by either side.
            ("https://mycompany.com/myapp.php?foo=1&bar=2", &CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
            ("https://mycompany.com:443/myapp.php?foo=1&bar=2", &CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            // Fragment and user info are not signed.
            ("https://u:p@mycompany.com/myapp.php?foo=1&bar=2#rc=5", &CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ] {
            assert_eq!(check("12345", url, form, signature), Ok(()), "{url}");
            assert!(check("54321", url, form, signature).is_err(), "{url}");
            assert!(check("12345", &format!("{url}x"), form, signature).is_err() || url.contains('#'), "{url}");
        }
    }

    #[test]
    fn a_json_body_is_signed_by_its_hash() {
        let body = br#"{"property": "value", "boolean": true}"#;
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        let signature = Some("a9nBmqA0ju/hNViExpshrM61xv4=");
        let tokens = ["12345".to_owned()];
        assert_eq!(verify(&tokens, url, Signed::Json(body), signature), Ok(()));
        assert_eq!(verify(&tokens, url, Signed::Json(b"{}"), signature), Err(Refused::BodyHash));
        let unhashed = "https://mycompany.com/myapp.php";
        assert_eq!(verify(&tokens, unhashed, Signed::Json(body), signature), Err(Refused::BodyHash));
    }

    #[test]
    fn tokens_rotate_and_fail_closed() {
        let params = Params::of(CALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let (url, signature) = ("https://mycompany.com/myapp.php?foo=1&bar=2", Some("RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        let both = ["new".to_owned(), "12345".to_owned()];
        assert_eq!(verify(&both, url, Signed::Form(&params), signature), Ok(()));
        assert_eq!(verify(&[], url, Signed::Form(&params), signature), Err(Refused::NoToken));
        assert_eq!(verify(&[String::new()], url, Signed::Form(&params), signature), Err(Refused::NoToken));
        assert_eq!(verify(&both, url, Signed::Form(&params), None), Err(Refused::NoSignature));
    }
}
