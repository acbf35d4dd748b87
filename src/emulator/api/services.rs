//! `Services` of the messaging API: pools of numbers, with a webhook that may stand before the numbers' own.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::numbers::{method, sid_of};
use super::{answer, not_found};
use crate::emulator::shared::Shared;
use crate::emulator::state::{Number, Service};

/// `GET /v1/Services`.
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Response {
    let state = shared.state();
    let list: Vec<Value> = state.services.iter().map(|(sid, s)| service_json(&shared, sid, s)).collect();
    answer(StatusCode::OK, &one_page("services", &format!("{}/v1/Services", shared.base_url), &list))
}

fn service_json(shared: &Shared, sid: &str, service: &Service) -> Value {
    let url = format!("{}/v1/Services/{sid}", shared.base_url);
    json!({
        "account_sid": shared.account_sid,
        "area_code_geomatch": true,
        "date_created": "2024-01-09T15:00:00Z",
        "date_updated": "2024-01-09T15:00:00Z",
        "fallback_method": method(service.fallback_method.as_ref()),
        "fallback_to_long_code": true,
        "fallback_url": service.fallback_url,
        "friendly_name": "Sales",
        "inbound_method": method(service.inbound_method.as_ref()),
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
pub(crate) async fn fetch(State(shared): State<Arc<Shared>>, Path(sid): Path<String>) -> Response {
    let state = shared.state();
    let service = state.services.get(&sid);
    service.map_or_else(|| not_found(&sid), |s| answer(StatusCode::OK, &service_json(&shared, &sid, s)))
}

/// `POST /v1/Services/{sid}`.
pub(crate) async fn update(
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
            "InboundMethod" => service.inbound_method = url,
            "FallbackMethod" => service.fallback_method = url,
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
    let in_pool = |n: &&Number| n.messaging_service_sid.as_deref() == Some(&sid);
    let list: Vec<Value> = state.numbers.iter().filter(in_pool).map(|n| member_json(&shared, &sid, n)).collect();
    let url = format!("{}/v1/Services/{sid}/PhoneNumbers", shared.base_url);
    answer(StatusCode::OK, &one_page("phone_numbers", &url, &list))
}

/// `GET /v1/Services/{sid}/PhoneNumbers/{number's sid}`: 404 for one that is not in the pool.
pub(crate) async fn member(State(shared): State<Arc<Shared>>, Path((sid, number)): Path<(String, String)>) -> Response {
    let state = shared.state();
    let mut in_pool = state.numbers.iter().filter(|n| n.messaging_service_sid.as_deref() == Some(&sid));
    let found = in_pool.find(|n| sid_of(&n.number) == number);
    found.map_or_else(|| not_found(&number), |n| answer(StatusCode::OK, &member_json(&shared, &sid, n)))
}

fn member_json(shared: &Shared, service: &str, number: &Number) -> Value {
    let sid = sid_of(&number.number);
    json!({
        "account_sid": shared.account_sid, "capabilities": ["SMS", "MMS"], "country_code": "US",
        "phone_number": number.number, "service_sid": service, "sid": sid,
        "url": format!("{}/v1/Services/{service}/PhoneNumbers/{sid}", shared.base_url),
    })
}

/// A list of the messaging API, all of it on one page.
fn one_page(key: &str, url: &str, list: &[Value]) -> Value {
    let page = format!("{url}?PageSize=50&Page=0");
    json!({
        "meta": {
            "first_page_url": page, "key": key, "next_page_url": null, "page": 0, "page_size": 50,
            "previous_page_url": null, "url": page,
        },
        key: list,
    })
}
