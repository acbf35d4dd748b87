//! `X-Twilio-Signature`, from Twilio's published rules (docs: usage/webhooks/webhooks-security).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Signs `url` with the form `params`: HMAC-SHA1 under the account's token of the URL, then every name and value in
/// byte order of the names. The values of a repeated name are sorted and written once each.
pub(crate) fn sign(token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in params {
        sorted.entry(name).or_default().insert(value);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("BUG: HMAC takes a key of any length");
    mac.update(signed_url(url).as_bytes());
    for (name, values) in sorted {
        for value in values {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The URL as it is signed and as it is on the wire: without fragment (the connection overrides) and user info.
pub(crate) fn signed_url(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// User name and password written into a URL, which become Basic authentication.
pub(crate) fn user_info(url: &str) -> Option<(String, String)> {
    let url = url::Url::parse(url).ok()?;
    if url.username().is_empty() {
        return None;
    }
    let plain = |s: &str| {
        form_urlencoded::parse(s.replace('+', "%2B").replace('&', "%26").replace('=', "%3D").as_bytes())
            .next()
            .map(|(k, _)| k.into_owned())
    };
    Some((plain(url.username())?, plain(url.password().unwrap_or_default()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn call(number: &str) -> Vec<(String, String)> {
        form(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", number),
            ("To", "+18005551212"),
            ("Caller", number),
        ])
    }

    // The published vectors: Twilio's documentation and the tests of its Python library.
    #[test]
    fn the_published_vectors_match() {
        let path = "mycompany.com/myapp.php?foo=1&bar=2";
        let ported = |scheme: &str, port| format!("{scheme}://mycompany.com:{port}/myapp.php?foo=1&bar=2");
        let us = call("+14158675309");
        for (url, params, wanted) in [
            (format!("https://{path}"), us.clone(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (ported("https", 443), us.clone(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
            (ported("http", 80), us.clone(), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            (ported("http", 1234), us.clone(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            (
                format!("https://{path}"),
                form(&[
                    ("Sid", "CA123"),
                    ("SidAccount", "AC123"),
                    ("Digits", "5678"),
                    ("Digits", "1234"),
                    ("Digits", "1234"),
                ]),
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            ),
            (
                format!("https://{path}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"),
                Vec::new(),
                "a9nBmqA0ju/hNViExpshrM61xv4=",
            ),
        ] {
            assert_eq!(sign("12345", &url, &params), wanted, "{url}");
        }
        let documented = form(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675310"),
            ("Digits", "1234"),
            ("From", "+14158675310"),
            ("To", "+18005551212"),
        ]);
        assert_eq!(
            sign("12345", "https://example.com/myapp.php?foo=1&bar=2", &documented),
            "L/OH5YylLD5NRKLltdqwSvS0BnU="
        );
    }

    #[test]
    fn overrides_and_credentials_are_not_signed() {
        assert_eq!(signed_url("https://u:p@w@h.example:8443/a?b=1#rc=5&rp=all"), "https://h.example:8443/a?b=1");
        assert_eq!(signed_url("http://h.example?x=a@b"), "http://h.example?x=a@b");
        assert_eq!(signed_url("not a url#x"), "not a url");
        assert_eq!(user_info("https://me:s%40fe@h.example/"), Some(("me".to_owned(), "s@fe".to_owned())));
        assert_eq!(user_info("https://h.example/"), None);
    }
}
