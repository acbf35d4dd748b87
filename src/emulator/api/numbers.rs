//! Our lines as the carrier has them set up: `IncomingPhoneNumbers` and, of the messaging API, `Services`.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{answer, not_found, page_base};
use crate::emulator::dice::Dice;
use crate::emulator::message::rfc2822;
use crate::emulator::shared::Shared;
use crate::emulator::state::{Number, Service};

/// PN and 32 hexadecimal digits, always the same for a number.
pub(crate) fn sid_of(number: &str) -> String {
    format!("PN{}", Dice::new(0, number, 0).hex(32))
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
        "sms_application_sid": null,
        "sms_fallback_method": "POST",
        "sms_fallback_url": number.sms_fallback_url,
        "sms_method": "POST",
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

/// `POST IncomingPhoneNumbers/{sid}.json`: only what is named changes; an empty URL clears it.
pub(crate) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((_, file)): Path<(String, String)>,
    bytes: axum::body::Bytes,
) -> Response {
    let mut state = shared.state();
    let number = state.numbers.iter_mut().find(|n| file == format!("{}.json", sid_of(&n.number)));
    let Some(number) = number else { return not_found(&file) };
    for (name, value) in form_urlencoded::parse(&bytes) {
        let url = Some(value.into_owned()).filter(|url| !url.is_empty());
        match name.as_ref() {
            "SmsUrl" => number.sms_url = url,
            "SmsFallbackUrl" => number.sms_fallback_url = url,
            "StatusCallback" => number.status_callback = url,
            // Methods other than POST are not emulated; the rest is about calls.
            _ => {}
        }
    }
    let number = number.clone();
    answer(StatusCode::OK, &number_json(&shared, &number))
}

fn service_json(shared: &Shared, sid: &str, service: &Service) -> Value {
    let url = format!("{}/v1/Services/{sid}", shared.base_url);
    json!({
        "account_sid": shared.account_sid,
        "area_code_geomatch": true,
        "date_created": "2024-01-09T15:00:00Z",
        "date_updated": "2024-01-09T15:00:00Z",
        "fallback_method": "POST",
        "fallback_to_long_code": true,
        "fallback_url": service.fallback_url,
        "friendly_name": "Sales",
        "inbound_method": "POST",
        "inbound_request_url": service.inbound_request_url,
        "links": { "phone_numbers": format!("{url}/PhoneNumbers") },
        "mms_converter": true,
        "scan_message_content": "inherit",
        "sid": sid,
        "smart_encoding": false,
        "status_callback": service.status_callback,
        "sticky_sender": true,
        "synchronous_validation": false,
        "url": url,
        "us_app_to_person_registered": true,
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
        "usecase": "marketing",
        "validity_period": 36000,
    })
}

/// `GET /v1/Services/{sid}`.
pub(crate) async fn service(State(shared): State<Arc<Shared>>, Path(sid): Path<String>) -> Response {
    let state = shared.state();
    let service = state.services.get(&sid);
    service.map_or_else(|| not_found(&sid), |s| answer(StatusCode::OK, &service_json(&shared, &sid, s)))
}

/// `POST /v1/Services/{sid}`.
pub(crate) async fn update_service(
    State(shared): State<Arc<Shared>>,
    Path(sid): Path<String>,
    bytes: axum::body::Bytes,
) -> Response {
    let mut state = shared.state();
    let Some(service) = state.services.get_mut(&sid) else { return not_found(&sid) };
    for (name, value) in form_urlencoded::parse(&bytes) {
        let url = Some(value.clone().into_owned()).filter(|url| !url.is_empty());
        match name.as_ref() {
            "InboundRequestUrl" => service.inbound_request_url = url,
            "FallbackUrl" => service.fallback_url = url,
            "StatusCallback" => service.status_callback = url,
            "UseInboundWebhookOnNumber" => service.use_inbound_webhook_on_number = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    answer(StatusCode::OK, &service_json(&shared, &sid, service))
}

/// `GET /v1/Services/{sid}/PhoneNumbers`: the pool.
pub(crate) async fn pool(State(shared): State<Arc<Shared>>, Path(sid): Path<String>) -> Response {
    let state = shared.state();
    if !state.services.contains_key(&sid) {
        return not_found(&sid);
    }
    let url = format!("{}/v1/Services/{sid}/PhoneNumbers", shared.base_url);
    let list: Vec<Value> = state
        .numbers
        .iter()
        .filter(|n| n.messaging_service_sid.as_deref() == Some(&sid))
        .map(|n| {
            json!({
                "account_sid": shared.account_sid, "capabilities": ["SMS", "MMS"], "country_code": "US",
                "phone_number": n.number, "service_sid": sid, "sid": sid_of(&n.number),
                "url": format!("{url}/{}", sid_of(&n.number)),
            })
        })
        .collect();
    let page = format!("{url}?PageSize=50&Page=0");
    let body = json!({
        "meta": {
            "first_page_url": page, "key": "phone_numbers", "next_page_url": null, "page": 0, "page_size": 50,
            "previous_page_url": null, "url": page,
        },
        "phone_numbers": list,
    });
    answer(StatusCode::OK, &body)
}
