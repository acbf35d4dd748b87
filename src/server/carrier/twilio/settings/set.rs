//! `comeback line test --set`: puts our addresses where Twilio looks for them.

use serde::de::IgnoredAny;

use super::{Asked, NOT_HERE, tokens};
use crate::server::carrier::CarrierError;
use crate::server::carrier::twilio::pool::messaging_url;
use crate::server::carrier::twilio::{Twilio, account_url};
use crate::server::store::CarrierLine;

/// Writes the webhook and its fallback where the number's texts are posted from: its service, its application, or its own
/// setting. Nothing else there is changed.
pub(in crate::server::carrier::twilio) async fn set(
    twilio: &Twilio,
    line: &CarrierLine,
    public_url: &str,
) -> Result<String, CarrierError> {
    let (findings, token) = tokens::check(twilio, line).await;
    let said = || findings.iter().find(|f| !f.ok).map_or_else(String::new, |f| f.says.clone());
    let token = token.ok_or_else(|| CarrierError::Unfit(said()))?;
    let asked = Asked { twilio, line: CarrierLine { tokens: vec![token], ..line.clone() } };
    let number = asked.number().await?.ok_or_else(|| CarrierError::Unfit(NOT_HERE.to_owned()))?;
    let inbound = format!("{public_url}/hooks/twilio/inbound#rc=5&rp=all");
    let fallback = format!("{public_url}/hooks/twilio/fallback");
    let service = asked.service_of(&number).await?.filter(|s| !s.use_inbound_webhook_on_number);
    let own = |path: String| account_url(&asked.line, &path);
    let (url, names, place) = match (service, number.sms_application_sid.as_deref().filter(|sid| !sid.is_empty())) {
        (Some(service), _) => {
            let names = ["InboundRequestUrl", "InboundMethod", "FallbackUrl", "FallbackMethod"];
            let place = format!("the messaging service {}", service.sid);
            (messaging_url(&asked.line, &format!("Services/{}", service.sid))?, names, place)
        }
        (None, Some(app)) => (own(format!("Applications/{app}.json"))?, SMS, format!("the TwiML app {app}")),
        (None, None) => {
            (own(format!("IncomingPhoneNumbers/{}.json", number.sid))?, SMS, "the number's Messaging".to_owned())
        }
    };
    let [at, method, fails, fails_method] = names;
    let form = [(at, inbound.as_str()), (method, "POST"), (fails, fallback.as_str()), (fails_method, "POST")];
    twilio.post::<IgnoredAny>(&asked.line, url, &form).await?;
    Ok(format!("{place} posts to {inbound}, and to {fallback} when that fails"))
}

/// What a number and an application call them.
const SMS: [&str; 4] = ["SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod"];
