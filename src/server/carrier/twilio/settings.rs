//! `comeback line test`: which setting at Twilio is wrong, and what to put there.
//!
//! A number's texts are posted by whatever stands first of: its messaging service (unless the service leaves it to the
//! number), the application chosen for it, its own webhook. Only what counts is compared.

use serde::Deserialize;
use url::Url;

pub(super) use self::set::set;
use self::webhook::{Webhook, finding};
use super::pool::{Meta, messaging_url, next_page};
use super::{MOST_PAGES, Twilio, account_url};
use crate::server::carrier::{CarrierError, Finding};
use crate::server::store::CarrierLine;

mod set;
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
struct Service {
    sid: String,
    #[serde(default)]
    use_inbound_webhook_on_number: bool,
    inbound_request_url: Option<String>,
    inbound_method: Option<String>,
    fallback_url: Option<String>,
    fallback_method: Option<String>,
    #[serde(default = "yes")]
    sticky_sender: bool,
}

impl Service {
    fn at(&self, place: &str) -> Webhook {
        Webhook {
            place: place.to_owned(),
            url: self.inbound_request_url.clone(),
            method: self.inbound_method.clone(),
            fallback: self.fallback_url.clone(),
            fallback_method: self.fallback_method.clone(),
        }
    }
}

const fn yes() -> bool {
    true
}

/// A member of a service's pool; that it is one is all we ask.
#[derive(Deserialize)]
struct Member {}

const NOT_HERE: &str = "this account does not have it: is it in a subaccount?";

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
        let Some(number) = self.number().await? else {
            findings.push(finding(false, "number", NOT_HERE));
            return Ok(());
        };
        let number = &number;
        let service = self.service_of(number).await?;
        findings.extend(membership(self.line.service.as_deref(), service.as_ref()));
        findings.extend(service.as_ref().filter(|s| self.line.service.as_ref() == Some(&s.sid)).map(sticky));
        let webhook = match service.filter(|s| !s.use_inbound_webhook_on_number) {
            Some(service) => service.at(&format!("the messaging service {}, Integration", service.sid)),
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

    /// The number as the account has it.
    async fn number(&self) -> Result<Option<Number>, CarrierError> {
        let mut url = account_url(&self.line, "IncomingPhoneNumbers.json")?;
        url.query_pairs_mut().append_pair("PhoneNumber", self.line.number.as_str());
        let numbers: Numbers = self.twilio.get(&self.line, url).await?;
        // The carrier lists every number that holds these digits.
        Ok(numbers.incoming_phone_numbers.into_iter().find(|n| n.address == self.line.number.as_str()))
    }

    /// The service whose pool the number is in: the one set up here is asked first, then all of them.
    async fn service_of(&self, number: &Number) -> Result<Option<Service>, CarrierError> {
        if let Some(sid) = &self.line.service
            && let Some(service) = self.maybe::<Service>(messaging_url(&self.line, &format!("Services/{sid}"))?).await?
            && self.is_member(&service, number).await?
        {
            return Ok(Some(service));
        }
        let mut url = messaging_url(&self.line, "Services?PageSize=100")?;
        for _ in 0..MOST_PAGES {
            let page: Services = self.twilio.get(&self.line, url.clone()).await?;
            for service in page.services {
                if self.is_member(&service, number).await? {
                    return Ok(Some(service));
                }
            }
            let Some(next) = next_page(&url, page.meta)? else { break };
            url = next;
        }
        Ok(None)
    }

    async fn is_member(&self, service: &Service, number: &Number) -> Result<bool, CarrierError> {
        let url = messaging_url(&self.line, &format!("Services/{}/PhoneNumbers/{}", service.sid, number.sid))?;
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

/// Answers leave by the service, which chooses the number: it has to be the one that the buyer knows.
fn sticky(service: &Service) -> Finding {
    const SETTING: &str = "messaging service: Sticky Sender";
    if service.sticky_sender {
        return finding(true, SETTING, "on: a buyer's answers come from the number they know");
    }
    finding(false, SETTING, "off: answers may come from another number of the pool than the buyer texted; turn it on")
}
