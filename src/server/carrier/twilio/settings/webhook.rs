//! Compares a webhook as it is set up with the one wanted.

use crate::server::carrier::Finding;
use crate::server::carrier::twilio::signature::bare;

/// Where texts are posted.
pub(super) struct Webhook {
    /// Where at the carrier it is set.
    pub(super) place: String,
    pub(super) url: Option<String>,
    /// POST when it is not said.
    pub(super) method: Option<String>,
    /// Where they go when `url` fails.
    pub(super) fallback: Option<String>,
    pub(super) fallback_method: Option<String>,
}

pub(super) fn finding(ok: bool, setting: &str, says: &str) -> Finding {
    Finding { ok, setting: setting.to_owned(), says: says.to_owned() }
}

impl Webhook {
    pub(super) fn findings(&self, wanted: &str) -> Vec<Finding> {
        let setting = |what: &str| format!("{}: {what}", self.place);
        vec![
            url(&setting("a message comes in"), self.url.as_deref(), wanted),
            method(&setting("method"), self.method.as_deref()),
            fallback(
                &setting("primary handler fails"),
                self.fallback.as_deref(),
                self.fallback_method.as_deref(),
                wanted,
            ),
        ]
    }
}

fn is_post(method: Option<&str>) -> bool {
    method.filter(|m| !m.is_empty()).is_none_or(|m| m.eq_ignore_ascii_case("POST"))
}

fn method(setting: &str, found: Option<&str>) -> Finding {
    match found {
        found if is_post(found) => finding(true, setting, "HTTP POST"),
        found => {
            let found = found.unwrap_or_default();
            let says =
                format!("HTTP {found}: it would put buyers' words into addresses, which logs keep; set HTTP POST");
            finding(false, setting, &says)
        }
    }
}

fn url(setting: &str, found: Option<&str>, wanted: &str) -> Finding {
    let Some(found) = found.filter(|u| !u.is_empty()) else {
        return finding(false, setting, &format!("empty, so texts go nowhere: put {wanted}#rc=5&rp=all there"));
    };
    let overrides = found.split_once('#').map_or("", |(_, overrides)| overrides);
    match differs(found, wanted) {
        Some(why) => finding(false, setting, &format!("{why}: put {wanted}#rc=5&rp=all there")),
        None if overrides.contains("rp=") => finding(true, setting, "right, and tried again when this backend is down"),
        None => finding(true, setting, "right; add #rc=5&rp=all so that a failed delivery is tried again"),
    }
}

fn fallback(setting: &str, found: Option<&str>, method: Option<&str>, wanted: &str) -> Finding {
    let Some(found) = found.filter(|u| !u.is_empty()) else {
        return finding(
            true,
            setting,
            "empty: a text that comes while this backend is down is found by the reconciler; comeback line test --set \
             puts our second address there",
        );
    };
    // The second address ends differently, so that a log tells which one was called; both take a text alike.
    let second = wanted.strip_suffix("/inbound").map(|hooks| format!("{hooks}/fallback"));
    let ours = second.filter(|second| differs(found, second).is_none());
    match ours.map_or_else(|| differs(found, wanted), |_| None) {
        Some(why) => {
            let says = format!("{why}, and it would answer buyers while this backend is down: clear it");
            finding(false, setting, &says)
        }
        None if is_post(method) => finding(true, setting, "right"),
        None => finding(false, setting, "our address, but not by HTTP POST: set HTTP POST or clear it"),
    }
}

/// How an address is another one than ours. A slash at its end is none: it is served alike, and the signature covers it.
fn differs(found: &str, wanted: &str) -> Option<&'static str> {
    let url = bare(found);
    let url = url.strip_suffix('/').unwrap_or(&url);
    if url == wanted {
        None
    } else if url.replacen("http://", "https://", 1) == wanted {
        Some("says http, not https")
    } else {
        Some("is another address")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = "https://c.example/hooks/twilio/inbound";

    #[test]
    fn differences_are_named() {
        for (found, ok, says) in [
            (None, false, "empty"),
            (Some(""), false, "empty"),
            (Some("http://c.example/hooks/twilio/inbound"), false, "http, not https"),
            (Some("https://demo.twilio.com/welcome/sms/reply/"), false, "another address"),
            (Some("https://c.example/hooks/twilio/inbound"), true, "add #rc=5"),
            (Some("https://c.example/hooks/twilio/inbound/"), true, "add #rc=5"),
            (Some("https://me:secret@c.example/hooks/twilio/inbound"), true, "add #rc=5"),
            (Some("https://c.example/hooks/twilio/inbound#rc=5&rp=all"), true, "tried again"),
        ] {
            let f = url("x", found, WANTED);
            assert!(f.ok == ok && f.says.contains(says), "{found:?}: {}", f.says);
        }
    }

    #[test]
    fn a_fallback_is_ours_or_none() {
        for (found, method, ok, says) in [
            (None, None, true, "reconciler"),
            (Some(""), Some("GET"), true, "reconciler"),
            (Some(WANTED), Some("POST"), true, "right"),
            (Some("https://c.example/hooks/twilio/fallback"), None, true, "right"),
            (Some("https://d.example/hooks/twilio/fallback"), None, false, "clear it"),
            (Some(WANTED), Some("GET"), false, "not by HTTP POST"),
            (Some("https://demo.twilio.com/welcome/sms/reply/"), Some("POST"), false, "clear it"),
        ] {
            let f = fallback("x", found, method, WANTED);
            assert!(f.ok == ok && f.says.contains(says), "{found:?} {method:?}: {}", f.says);
        }
    }
}
