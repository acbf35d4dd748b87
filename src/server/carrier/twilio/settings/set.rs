//! `comeback line test --set`: puts our addresses where Twilio looks for them.
//!
//! **Invariant:** what stands there is read first. An address of another program is written over only when that was asked
//! for: a messaging service posts the texts of all of its numbers, and that program would hear none of them any more.

use serde::de::IgnoredAny;
use url::Url;

use super::webhook::Webhook;
use super::{Asked, NOT_HERE, Number, SmsWebhook, tokens};
use crate::domain::contact::Address;
use crate::server::carrier::CarrierError;
use crate::server::carrier::twilio::pool::messaging_url;
use crate::server::carrier::twilio::{Twilio, account_url};
use crate::server::store::CarrierLine;

/// Numbers that are named; of more only how many they are.
const NAMED: usize = 3;

/// What a number and an application call a webhook's address, its method, and both for when it fails.
const SMS: [&str; 4] = ["SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod"];

/// What a messaging service calls them.
const SERVICE: [&str; 4] = ["InboundRequestUrl", "InboundMethod", "FallbackUrl", "FallbackMethod"];

/// Where a number's texts are posted from, and what stands there.
struct Place {
    there: Webhook,
    /// Where it is written.
    url: Url,
    fields: [&'static str; 4],
    /// Other numbers whose texts are posted from there, too.
    sharing: Vec<Address>,
}

/// Writes the webhook and its fallback where the number's texts are posted from: its service, its application, or its own
/// setting. Nothing else there is changed.
pub(in crate::server::carrier::twilio) async fn set(
    twilio: &Twilio,
    line: &CarrierLine,
    public_url: &str,
    replace: bool,
) -> Result<String, CarrierError> {
    let (findings, token) = tokens::check(twilio, line).await;
    let said = || findings.iter().find(|f| !f.ok).map_or_else(String::new, |f| f.says.clone());
    let token = token.ok_or_else(|| CarrierError::Unfit(said()))?;
    let asked = Asked { twilio, line: CarrierLine { tokens: vec![token], ..line.clone() } };
    let number = asked.number().await?.ok_or_else(|| CarrierError::Unfit(NOT_HERE.to_owned()))?;
    let Place { there, url, fields, sharing } = asked.place(&number).await?;
    let wanted = format!("{public_url}/hooks/twilio/inbound");
    let others = there.others(&wanted);
    if !(replace || others.is_empty()) {
        return Err(CarrierError::Unfit(refusal(&there.place, &others, &sharing)));
    }
    let (inbound, fallback) = (format!("{wanted}#rc=5&rp=all"), format!("{public_url}/hooks/twilio/fallback"));
    let [at, method, fails, fails_method] = fields;
    let form = [(at, inbound.as_str()), (method, "POST"), (fails, fallback.as_str()), (fails_method, "POST")];
    twilio.post::<IgnoredAny>(&asked.line, url, &form).await?;
    let place = &there.place;
    let mut said = format!("{place} posts to {inbound}, and to {fallback} when that fails");
    if !sharing.is_empty() {
        said = format!("{said}; so it does for {} as well", counted(&sharing));
    }
    if !others.is_empty() {
        said = format!("{said}. To put back what stood there: {}", there.whole());
    }
    Ok(said)
}

/// Why nothing was written, and what to do.
fn refusal(place: &str, others: &[String], sharing: &[Address]) -> String {
    let others = others.join(" and ");
    let shared = match sharing {
        [] => String::new(),
        all => format!(", and posts for {} as well", counted(all)),
    };
    format!(
        "{place} posts to {others} now{shared}: that program would hear nothing any more, no STOP either. Nothing was \
         written. To write it all the same: --replace"
    )
}

/// How many they are, and the first of them.
fn counted(numbers: &[Address]) -> String {
    let named: Vec<&str> = numbers.iter().take(NAMED).map(Address::as_str).collect();
    let more = if numbers.len() > NAMED { ", …" } else { "" };
    format!("{} other number(s) ({}{more})", numbers.len(), named.join(", "))
}

impl Asked<'_> {
    async fn place(&self, number: &Number) -> Result<Place, CarrierError> {
        let own = |path: String| account_url(&self.line, &path);
        if let Some(service) = self.service_of(number).await?.filter(|s| !s.use_inbound_webhook_on_number) {
            let there = service.at(&format!("the messaging service {}", service.sid));
            let url = messaging_url(&self.line, &format!("Services/{}", service.sid))?;
            return Ok(Place { there, url, fields: SERVICE, sharing: self.sharing(service.sid).await? });
        }
        let Some(app) = number.sms_application_sid.as_deref().filter(|sid| !sid.is_empty()) else {
            let url = own(format!("IncomingPhoneNumbers/{}.json", number.sid))?;
            let there = number.webhook.at("the number's Messaging");
            return Ok(Place { there, url, fields: SMS, sharing: Vec::new() });
        };
        let (name, url) = (format!("the TwiML app {app}"), own(format!("Applications/{app}.json"))?);
        let found = self.maybe::<SmsWebhook>(url.clone()).await?;
        let gone = || CarrierError::Unfit(format!("{name} is chosen in the number's Messaging and not there any more"));
        let there = found.ok_or_else(gone)?.at(&name);
        Ok(Place { there, url, fields: SMS, sharing: Vec::new() })
    }

    /// The other numbers of a service.
    async fn sharing(&self, service: String) -> Result<Vec<Address>, CarrierError> {
        let line = CarrierLine { service: Some(service), ..self.line.clone() };
        let mut all = self.twilio.pool(&line).await?;
        all.retain(|number| *number != line.number);
        Ok(all)
    }
}
