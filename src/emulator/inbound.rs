//! A buyer's text on its way to us: listed first, then told by webhook.

use std::sync::Arc;

use super::geo;
use super::message::Message;
use super::optout::Keyword;
use super::segments;
use super::shared::Shared;
use super::state::{SendRecord, State};
use super::webhook::{self, Call, Method};
use crate::domain::time::Timestamp;

/// A text to be delivered.
pub(crate) struct Text {
    /// When it was sent, virtual time.
    pub(crate) at: Timestamp,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    /// Content types of its pictures.
    pub(crate) media: Vec<String>,
}

/// Where a text's webhook goes.
#[derive(Clone, Default)]
struct Target {
    url: Option<String>,
    method: Option<String>,
    fallback: Option<String>,
    fallback_method: Option<String>,
}

/// Lists the text as received and calls its webhook. It stays listed whether or not the webhook works. Returns its sid.
pub(crate) fn receive(shared: &Arc<Shared>, text: &Text) -> String {
    let (sid, params, target, times) = {
        let mut state = shared.state();
        let sid = state.take_inbound(text.at, &text.from, &text.to, &text.body, &text.media);
        let target = target(&state, &text.to);
        let params = state.message(&sid).map(|m| params(shared, &state, m)).unwrap_or_default();
        let dropped = state.faults.webhook_drop.strikes();
        let times = if dropped { 0 } else { 1 + u32::from(state.faults.webhook_repeat.strikes()) };
        (sid, params, target, times)
    };
    for _ in 0..times {
        let (shared, sid, params) = (Arc::clone(shared), sid.clone(), params.clone());
        let target = target.clone();
        shared.clone().spawn(async move { deliver(&shared, sid, params, target).await });
    }
    sid
}

async fn deliver(shared: &Shared, sid: String, params: Vec<(String, String)>, target: Target) {
    let Some(url) = target.url else { return };
    let main = Call { kind: "inbound", sid, url, method: Method::of(target.method.as_deref()), params };
    let mut twiml = webhook::call(shared, &main).await;
    if twiml.is_none()
        && let Some(url) = target.fallback
    {
        let mut params = main.params.clone();
        params.push(("ErrorCode".to_owned(), "11200".to_owned()));
        params.push(("ErrorUrl".to_owned(), main.url.clone()));
        let method = Method::of(target.fallback_method.as_deref());
        twiml = webhook::call(shared, &Call { kind: "fallback", sid: main.sid.clone(), url, method, params }).await;
    }
    let Some(body) = twiml.as_deref().and_then(message_of_twiml) else { return };
    // A <Message> in the answer is a text to the buyer: counted like any other send.
    let value = |name: &str| main.params.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let (from, to, at) = (value("To"), value("From"), shared.now());
    let mut state = shared.state();
    let sid = (!state.is_opted_out(&from, &to)).then(|| state.carrier_reply(at, &from, &to, &body));
    let refused = sid.is_none().then_some(21610);
    state.sends.push(SendRecord { sid, to, from, body, at: at.to_string(), refused, via: "twiml" });
}

/// The words of a `<Message>`, plain or within a `<Body>`.
fn message_of_twiml(twiml: &str) -> Option<String> {
    let (_, rest) = twiml.split_once("<Message")?;
    let (_, rest) = rest.split_once('>')?;
    let (inner, _) = rest.split_once("</Message>")?;
    let body = inner.split_once("<Body>").and_then(|(_, b)| b.split_once("</Body>")).map_or(inner, |(b, _)| b);
    Some(
        body.trim()
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    )
}

fn target(state: &State, to: &str) -> Target {
    let Some(number) = state.number(to) else { return Target::default() };
    let service = number.messaging_service_sid.as_ref().and_then(|sid| state.services.get(sid));
    if let Some(service) = service.filter(|s| !s.use_inbound_webhook_on_number) {
        return Target {
            url: service.inbound_request_url.clone(),
            method: service.inbound_method.clone(),
            fallback: service.fallback_url.clone(),
            fallback_method: service.fallback_method.clone(),
        };
    }
    if let Some(sid) = &number.sms_application_sid {
        let app = state.applications.get(sid).cloned().unwrap_or_default();
        return Target {
            url: app.url,
            method: app.method,
            fallback: app.fallback_url,
            fallback_method: app.fallback_method,
        };
    }
    Target {
        url: number.sms_url.clone(),
        method: number.sms_method.clone(),
        fallback: number.sms_fallback_url.clone(),
        fallback_method: number.sms_fallback_method.clone(),
    }
}

fn params(shared: &Shared, state: &State, message: &Message) -> Vec<(String, String)> {
    let mut form: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| form.push((name.to_owned(), value));
    for (side, number) in [("To", &message.to), ("From", &message.from)] {
        let area = geo::of(number);
        put(&format!("{side}Country"), if number.starts_with("+1") { "US".to_owned() } else { String::new() });
        put(&format!("{side}State"), area.map_or("", |a| a.state).to_owned());
        put(&format!("{side}City"), area.map_or("", |a| a.city).to_owned());
        put(&format!("{side}Zip"), area.map_or("", |a| a.zip).to_owned());
    }
    put("SmsMessageSid", message.sid.clone());
    put("NumMedia", message.media.len().to_string());
    for (i, media) in message.media.iter().enumerate() {
        put(&format!("MediaContentType{i}"), media.content_type.clone());
        let (base, account) = (&shared.base_url, &shared.account_sid);
        let path = format!("/2010-04-01/Accounts/{account}/Messages/{}/Media/{}", message.sid, media.sid);
        put(&format!("MediaUrl{i}"), format!("{base}{path}"));
    }
    put("SmsSid", message.sid.clone());
    put("SmsStatus", "received".to_owned());
    put("Body", message.body.clone());
    put("To", message.to.clone());
    put("NumSegments", segments::count(&message.body).to_string());
    put("MessageSid", message.sid.clone());
    put("AccountSid", shared.account_sid.clone());
    put("From", message.from.clone());
    put("ApiVersion", "2010-04-01".to_owned());
    if let Some(service) = &message.service {
        put("MessagingServiceSid", service.clone());
    }
    let advanced = state.number(&message.to).is_some_and(|n| n.advanced_opt_out);
    if let Some(keyword) = Keyword::of(&message.body).filter(|_| advanced) {
        put("OptOutType", keyword.opt_out_type().to_owned());
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twiml_that_sends_a_text_is_seen() {
        assert_eq!(message_of_twiml("<Response></Response>"), None);
        assert_eq!(
            message_of_twiml("<Response><Message>Hi &amp; bye</Message></Response>").as_deref(),
            Some("Hi & bye")
        );
        assert_eq!(message_of_twiml("<Message to=\"x\"><Body>Hi</Body></Message>").as_deref(), Some("Hi"));
        assert_eq!(message_of_twiml("<Message"), None);
    }
}
