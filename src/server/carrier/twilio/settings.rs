//! `comeback line test`: which setting at Twilio is wrong, and what to put there.

use reqwest::Url;
use serde::Deserialize;

use super::{Twilio, account_url};
use crate::server::carrier::{CarrierError, Finding};
use crate::server::store::CarrierLine;

#[derive(Deserialize)]
struct Numbers {
    incoming_phone_numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    #[serde(rename = "sms_url")]
    url: Option<String>,
    #[serde(rename = "sms_method")]
    method: Option<String>,
    #[serde(rename = "sms_fallback_url")]
    fallback: Option<String>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    use_inbound_webhook_on_number: bool,
    #[serde(default)]
    inbound_request_url: Option<String>,
}

pub(super) async fn check(twilio: &Twilio, line: &CarrierLine, public_url: &str) -> Result<Vec<Finding>, CarrierError> {
    let wanted = format!("{public_url}/hooks/twilio/inbound");
    let mut url = account_url(line, "IncomingPhoneNumbers.json")?;
    url.query_pairs_mut().append_pair("PhoneNumber", line.number.as_str());
    let numbers: Numbers = twilio.get(line, url).await?;
    let mut findings = vec![finding(true, "account and auth token", "accepted")];
    let Some(number) = numbers.incoming_phone_numbers.first() else {
        findings.push(finding(false, "number", "this account does not have it: is it in a subaccount?"));
        return Ok(findings);
    };
    let inbound_by_service = match &line.service {
        Some(id) => {
            let service: Service = twilio.get(line, service_url(line, id)?).await?;
            let by_service = !service.use_inbound_webhook_on_number;
            if by_service {
                findings.push(inbound(
                    "the messaging service's Integration: request URL",
                    service.inbound_request_url.as_deref(),
                    &wanted,
                ));
            }
            by_service
        }
        None => false,
    };
    if !inbound_by_service {
        findings.push(inbound("the number's Messaging: a message comes in", number.url.as_deref(), &wanted));
        let post = number.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case("POST"));
        findings.push(finding(
            post,
            "the number's Messaging: method",
            if post { "HTTP POST" } else { "must be HTTP POST" },
        ));
        let fallback = number.fallback.as_deref().filter(|u| !u.is_empty());
        let says =
            fallback.map_or("none: texts that come while this backend is down are found by the reconciler", |_| "set");
        findings.push(finding(true, "the number's Messaging: primary handler fails", says));
    }
    Ok(findings)
}

fn service_url(line: &CarrierLine, id: &str) -> Result<Url, CarrierError> {
    let base = if line.api == "https://api.twilio.com" {
        "https://messaging.twilio.com"
    } else {
        line.api.trim_end_matches('/')
    };
    let text = format!("{base}/v1/Services/{id}");
    text.parse().map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
}

fn finding(ok: bool, setting: &str, says: &str) -> Finding {
    Finding { ok, setting: setting.to_owned(), says: says.to_owned() }
}

/// Compares a webhook's URL with the one wanted, and says what differs.
fn inbound(setting: &str, found: Option<&str>, wanted: &str) -> Finding {
    let Some(found) = found.filter(|u| !u.is_empty()) else {
        return finding(false, setting, &format!("empty: put {wanted}#rc=5&rp=all there"));
    };
    let (url, overrides) = found.split_once('#').unwrap_or((found, ""));
    if url != wanted {
        let why = if url.trim_end_matches('/') == wanted {
            "has a slash at the end"
        } else if url.replacen("http://", "https://", 1) == wanted {
            "says http, not https"
        } else {
            "is another address"
        };
        return finding(false, setting, &format!("{why}: put {wanted}#rc=5&rp=all there"));
    }
    if overrides.contains("rp=") {
        finding(true, setting, "right, and tried again when this backend is down")
    } else {
        finding(true, setting, "right; add #rc=5&rp=all so that a failed delivery is tried again")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named() {
        let wanted = "https://c.example/hooks/twilio/inbound";
        for (found, ok, says) in [
            (None, false, "empty"),
            (Some(""), false, "empty"),
            (Some("https://c.example/hooks/twilio/inbound/"), false, "slash"),
            (Some("http://c.example/hooks/twilio/inbound"), false, "http, not https"),
            (Some("https://demo.twilio.com/welcome/sms/reply/"), false, "another address"),
            (Some("https://c.example/hooks/twilio/inbound"), true, "add #rc=5"),
            (Some("https://c.example/hooks/twilio/inbound#rc=5&rp=all"), true, "tried again"),
        ] {
            let f = inbound("x", found, wanted);
            assert!(f.ok == ok && f.says.contains(says), "{found:?}: {}", f.says);
        }
    }
}
