//! Our lines as the carrier has them set up: `IncomingPhoneNumbers`.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{answer, not_found, page_base};
use crate::emulator::dice::Dice;
use crate::emulator::message::rfc2822;
use crate::emulator::shared::Shared;
use crate::emulator::state::Number;

/// PN and 32 hexadecimal digits, always the same for a number.
pub(crate) fn sid_of(number: &str) -> String {
    format!("PN{}", Dice::new(0, number, 0).hex(32))
}

/// POST unless another one was set.
pub(crate) fn method(set: Option<&String>) -> &str {
    set.map_or("POST", String::as_str)
}

fn number_json(shared: &Shared, number: &Number) -> Value {
    let (account, sid) = (&shared.account_sid, sid_of(&number.number));
    let uri = format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}");
    // A number is as old as its world: long enough.
    let date = rfc2822(crate::domain::time::Timestamp::from_millis(1_700_000_000_000));
    json!({
        "account_sid": account,
        "address_requirements": "none",
        "address_sid": null,
        "api_version": "2010-04-01",
        "beta": false,
        "bundle_sid": null,
        "capabilities": { "fax": false, "mms": true, "sms": true, "voice": true },
        "date_created": date,
        "date_updated": date,
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.number,
        "identity_sid": null,
        "origin": "twilio",
        "phone_number": number.number,
        "sid": sid,
        "sms_application_sid": number.sms_application_sid,
        "sms_fallback_method": method(number.sms_fallback_method.as_ref()),
        "sms_fallback_url": number.sms_fallback_url,
        "sms_method": method(number.sms_method.as_ref()),
        "sms_url": number.sms_url,
        "status": "in-use",
        "status_callback": number.status_callback,
        "status_callback_method": "POST",
        "subresource_uris": { "assigned_add_ons": format!("{uri}/AssignedAddOns.json") },
        "trunk_sid": null,
        "type": "local",
        "uri": format!("{uri}.json"),
        "voice_application_sid": null,
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": null,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": null,
    })
}

fn one_page(key: &str, uri: &str, list: &[Value]) -> Value {
    json!({
        "end": list.len().saturating_sub(1), "first_page_uri": uri, key: list, "next_page_uri": null, "page": 0,
        "page_size": 50, "previous_page_uri": null, "start": 0, "uri": uri,
    })
}

/// `GET IncomingPhoneNumbers.json`, all of them or those that hold the digits of `PhoneNumber`.
pub(crate) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let digits: Option<String> = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "PhoneNumber")
        .map(|(_, value)| value.chars().filter(char::is_ascii_digit).collect());
    let state = shared.state();
    let wanted = |n: &&Number| digits.as_ref().is_none_or(|d| n.number.contains(d.as_str()));
    let list: Vec<Value> = state.numbers.iter().filter(wanted).map(|n| number_json(&shared, n)).collect();
    let (base, account) = (page_base(&shared, &headers), &shared.account_sid);
    let uri = format!("{base}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json?PageSize=50&Page=0");
    answer(StatusCode::OK, &one_page("incoming_phone_numbers", &uri, &list))
}

/// `GET IncomingPhoneNumbers/{sid}.json`.
pub(crate) async fn fetch(State(shared): State<Arc<Shared>>, Path((_, file)): Path<(String, String)>) -> Response {
    let state = shared.state();
    let number = state.numbers.iter().find(|n| file == format!("{}.json", sid_of(&n.number)));
    number.map_or_else(|| not_found(&file), |n| answer(StatusCode::OK, &number_json(&shared, n)))
}

/// `POST IncomingPhoneNumbers/{sid}.json`: only what is named changes; an empty value clears it.
pub(crate) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((_, file)): Path<(String, String)>,
    bytes: axum::body::Bytes,
) -> Response {
    let mut state = shared.state();
    let number = state.numbers.iter_mut().find(|n| file == format!("{}.json", sid_of(&n.number)));
    let Some(number) = number else { return not_found(&file) };
    for (name, value) in form_urlencoded::parse(&bytes) {
        let url = Some(value.into_owned()).filter(|value| !value.is_empty());
        match name.as_ref() {
            "SmsUrl" => number.sms_url = url,
            "SmsFallbackUrl" => number.sms_fallback_url = url,
            "StatusCallback" => number.status_callback = url,
            "SmsMethod" => number.sms_method = url,
            "SmsFallbackMethod" => number.sms_fallback_method = url,
            "SmsApplicationSid" => number.sms_application_sid = url,
            // The rest is about calls.
            _ => {}
        }
    }
    let number = number.clone();
    answer(StatusCode::OK, &number_json(&shared, &number))
}
