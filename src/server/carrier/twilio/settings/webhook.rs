//! Compares a webhook as it is set up with the one wanted.

use url::Url;

use crate::server::carrier::Finding;
use crate::server::carrier::twilio::signature::bare;

/// An address that is ours and not encrypted.
const HTTP: &str = "says http, not https";

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

    /// Addresses of other programs that stand here, as they may be shown.
    pub(super) fn others(&self, wanted: &str) -> Vec<String> {
        let all = [self.url.as_deref(), self.fallback.as_deref()];
        let others = all.into_iter().flatten().filter(|found| !found.is_empty() && is_others(found, wanted));
        others.map(shown).collect()
    }

    /// All that stands here, to be put back: nothing is left out of it.
    pub(super) fn whole(&self) -> String {
        let one = |url: Option<&str>, method: Option<&str>| {
            let url = url.filter(|url| !url.is_empty());
            let method = method.filter(|method| !method.is_empty()).unwrap_or("POST");
            url.map_or_else(|| "nothing".to_owned(), |url| format!("{url} by HTTP {method}"))
        };
        let first = one(self.url.as_deref(), self.method.as_deref());
        let fails = one(self.fallback.as_deref(), self.fallback_method.as_deref());
        format!("{first}, and {fails} for when that fails")
    }
}

/// Whether an address is somebody else's: neither one of ours, nor what Twilio gives a new number, which only greets.
fn is_others(found: &str, wanted: &str) -> bool {
    let ours = |wanted: &str| differs(found, wanted).is_none_or(|why| why == HTTP);
    let (_, host) = found.split_once("://").unwrap_or(("", found));
    let greets = host == "demo.twilio.com" || host.starts_with("demo.twilio.com/");
    !(greets || ours(wanted) || second(wanted).is_some_and(|second| ours(&second)))
}

/// An address without what may be a secret: one with a name, a password or a query is told by its host alone.
fn shown(found: &str) -> String {
    let Ok(mut url) = Url::parse(found) else { return "something that is no address".to_owned() };
    url.set_fragment(None);
    let is_secret = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    if is_secret { format!("{}/…", url.origin().ascii_serialization()) } else { url.into() }
}

/// Our address for when the first one fails: it ends differently, so that a log tells which one was called. Both take a
/// text alike.
fn second(wanted: &str) -> Option<String> {
    wanted.strip_suffix("/inbound").map(|hooks| format!("{hooks}/fallback"))
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
    let ours = second(wanted).filter(|second| differs(found, second).is_none());
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
        Some(HTTP)
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
    fn another_program_s_address_is_told_from_ours_and_shown_without_its_secrets() {
        let there = |url: Option<&str>, fallback: Option<&str>| Webhook {
            place: "x".to_owned(),
            url: url.map(str::to_owned),
            method: None,
            fallback: fallback.map(str::to_owned),
            fallback_method: Some("GET".to_owned()),
        };
        for (url, fallback, wanted) in [
            (None, None, &[] as &[&str]),
            (Some(""), Some(""), &[]),
            (Some("https://c.example/hooks/twilio/inbound#rc=5&rp=all"), Some(WANTED), &[]),
            (Some("http://c.example/hooks/twilio/inbound"), Some("https://c.example/hooks/twilio/fallback"), &[]),
            (Some("https://demo.twilio.com/welcome/sms/reply/"), None, &[]),
            (Some("https://demo.twilio.com.tool.example/in"), None, &["https://demo.twilio.com.tool.example/in"]),
            (Some("https://old.example/hooks/twilio/inbound"), None, &["https://old.example/hooks/twilio/inbound"]),
            (Some("https://tool.example/in#rc=3"), Some(WANTED), &["https://tool.example/in"]),
            (Some("https://me:pw@tool.example:8443/in"), None, &["https://tool.example:8443/…"]),
            (Some("https://tool.example/in?key=s"), None, &["https://tool.example/…"]),
            (Some(WANTED), Some("https://tool.example/down"), &["https://tool.example/down"]),
            (Some("tool"), None, &["something that is no address"]),
        ] {
            assert_eq!(there(url, fallback).others(WANTED), wanted, "{url:?} {fallback:?}");
        }
        let whole = there(Some("https://me:pw@tool.example/in?key=s"), Some("https://tool.example/down")).whole();
        let wanted =
            "https://me:pw@tool.example/in?key=s by HTTP POST, and https://tool.example/down by HTTP GET for when";
        assert!(whole.starts_with(wanted), "{whole}");
        assert_eq!(
            there(Some("https://t.example/"), None).whole(),
            "https://t.example/ by HTTP POST, and nothing for when that fails"
        );
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
