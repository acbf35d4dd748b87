//! `comeback line test`: which setting at Twilio is wrong, and what to put there.
//!
//! A number's texts are posted by whatever stands first of: its messaging service (unless the service leaves it to the
//! number), the application chosen for it, its own webhook. Only what counts is compared.

use serde::Deserialize;
use url::Url;

use self::webhook::{Webhook, finding};
use super::{MOST_PAGES, Twilio, account_url};
use crate::server::carrier::{CarrierError, Finding};
use crate::server::store::CarrierLine;

mod tokens;
mod webhook;

#[derive(Deserialize)]
struct Numbers {
    incoming_phone_numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    sid: String,
    #[serde(rename = "phone_number")]
    address: String,
    sms_application_sid: Option<String>,
    #[serde(flatten)]
    webhook: SmsWebhook,
}

/// A number's own webhook, or an application's: they are written alike.
#[derive(Deserialize)]
struct SmsWebhook {
    #[serde(rename = "sms_url")]
    url: Option<String>,
    #[serde(rename = "sms_method")]
    method: Option<String>,
    #[serde(rename = "sms_fallback_url")]
    fallback: Option<String>,
    #[serde(rename = "sms_fallback_method")]
    fallback_method: Option<String>,
}

impl SmsWebhook {
    fn at(&self, place: &str) -> Webhook {
        Webhook {
            place: place.to_owned(),
            url: self.url.clone(),
            method: self.method.clone(),
            fallback: self.fallback.clone(),
            fallback_method: self.fallback_method.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Services {
    services: Vec<Service>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    next_page_url: Option<String>,
}

#[derive(Deserialize)]
struct Service {
    sid: String,
    #[serde(default)]
    use_inbound_webhook_on_number: bool,
    inbound_request_url: Option<String>,
    inbound_method: Option<String>,
    fallback_url: Option<String>,
    fallback_method: Option<String>,
}

/// A member of a service's pool; that it is one is all we ask.
#[derive(Deserialize)]
struct Member {}

/// Looks at everything a line needs. What cannot be asked is a finding too.
pub(super) async fn check(twilio: &Twilio, line: &CarrierLine, public_url: &str) -> Vec<Finding> {
    let (mut findings, accepted) = tokens::check(twilio, line).await;
    let Some(token) = accepted else { return findings };
    let asked = Asked { twilio, line: CarrierLine { tokens: vec![token], ..line.clone() } };
    let wanted = format!("{public_url}/hooks/twilio/inbound");
    if let Err(e) = asked.settings(&wanted, &mut findings).await {
        findings.push(finding(false, "the carrier's API", &format!("{e}; the rest could not be looked at")));
    }
    findings
}

/// The line with a token that opens the API.
struct Asked<'a> {
    twilio: &'a Twilio,
    line: CarrierLine,
}

impl Asked<'_> {
    async fn settings(&self, wanted: &str, findings: &mut Vec<Finding>) -> Result<(), CarrierError> {
        let mut url = account_url(&self.line, "IncomingPhoneNumbers.json")?;
        url.query_pairs_mut().append_pair("PhoneNumber", self.line.number.as_str());
        let numbers: Numbers = self.twilio.get(&self.line, url).await?;
        // The carrier lists every number that holds these digits.
        let ours = numbers.incoming_phone_numbers.iter().find(|n| n.address == self.line.number.as_str());
        let Some(number) = ours else {
            findings.push(finding(false, "number", "this account does not have it: is it in a subaccount?"));
            return Ok(());
        };
        let service = self.service_of(number).await?;
        findings.extend(membership(self.line.service.as_deref(), service.as_ref()));
        let webhook = match service.filter(|s| !s.use_inbound_webhook_on_number) {
            Some(service) => Webhook {
                place: format!("the messaging service {}, Integration", service.sid),
                url: service.inbound_request_url,
                method: service.inbound_method,
                fallback: service.fallback_url,
                fallback_method: service.fallback_method,
            },
            None => match number.sms_application_sid.as_deref().filter(|sid| !sid.is_empty()) {
                Some(sid) => {
                    let place =
                        format!("the TwiML app {sid}, chosen in the number's Messaging in place of its webhook");
                    let found = self.maybe::<SmsWebhook>(account_url(&self.line, &format!("Applications/{sid}.json"))?);
                    let Some(app) = found.await? else {
                        findings.push(finding(false, &place, "there is no such app: choose a webhook there"));
                        return Ok(());
                    };
                    app.at(&place)
                }
                None => number.webhook.at("the number's Messaging"),
            },
        };
        findings.extend(webhook.findings(wanted));
        Ok(())
    }

    /// The service whose pool the number is in: the one set up here is asked first, then all of them.
    async fn service_of(&self, number: &Number) -> Result<Option<Service>, CarrierError> {
        if let Some(sid) = &self.line.service
            && let Some(service) = self.maybe::<Service>(self.messaging(&format!("Services/{sid}"))?).await?
            && self.is_member(&service, number).await?
        {
            return Ok(Some(service));
        }
        let mut url = self.messaging("Services?PageSize=100")?;
        for _ in 0..MOST_PAGES {
            let page: Services = self.twilio.get(&self.line, url.clone()).await?;
            for service in page.services {
                if self.is_member(&service, number).await? {
                    return Ok(Some(service));
                }
            }
            let Some(next) = page.meta.next_page_url.filter(|next| !next.is_empty()) else { break };
            let next = url.join(&next).map_err(|e| CarrierError::Unreachable(e.to_string()))?;
            if next.origin() != url.origin() {
                return Err(CarrierError::Unreachable("its next page is at another host".to_owned()));
            }
            url = next;
        }
        Ok(None)
    }

    async fn is_member(&self, service: &Service, number: &Number) -> Result<bool, CarrierError> {
        let url = self.messaging(&format!("Services/{}/PhoneNumbers/{}", service.sid, number.sid))?;
        Ok(self.maybe::<Member>(url).await?.is_some())
    }

    /// What is there, or nothing for 404.
    async fn maybe<T: for<'de> Deserialize<'de>>(&self, url: Url) -> Result<Option<T>, CarrierError> {
        match self.twilio.get(&self.line, url).await {
            Ok(found) => Ok(Some(found)),
            Err(CarrierError::Refused { status: 404, .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// An address of the messaging API, which has a host of its own.
    fn messaging(&self, path: &str) -> Result<Url, CarrierError> {
        let api = self.line.api.trim_end_matches('/');
        let base = if api == "https://api.twilio.com" { "https://messaging.twilio.com" } else { api };
        format!("{base}/v1/{path}")
            .parse()
            .map_err(|_| CarrierError::Unreachable("the API's address is not one".to_owned()))
    }
}

/// Whether the number is in the service that sends go through.
fn membership(set_up: Option<&str>, found: Option<&Service>) -> Option<Finding> {
    const SETTING: &str = "messaging service";
    match (set_up, found) {
        (None, None) => None,
        (Some(set_up), Some(found)) if set_up == found.sid => Some(finding(true, SETTING, "the number is in it")),
        (Some(set_up), Some(found)) => {
            let says = format!(
                "the number is in {}, not in {set_up}: answers would be refused; comeback line add … --service {}",
                found.sid, found.sid
            );
            Some(finding(false, SETTING, &says))
        }
        (Some(set_up), None) => {
            let says = format!(
                "the number is not in {set_up}: answers would be refused; add it to the service's senders, or comeback \
                 line add … without --service"
            );
            Some(finding(false, SETTING, &says))
        }
        (None, Some(found)) => {
            let says = format!("the number is in {}; answers leave from the number itself", found.sid);
            Some(finding(true, SETTING, &says))
        }
    }
}
