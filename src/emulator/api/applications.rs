//! `Applications`: a webhook with a name, which numbers can be given in place of their own.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::numbers::method;
use super::{answer, not_found};
use crate::emulator::message::rfc2822;
use crate::emulator::shared::Shared;
use crate::emulator::state::Application;

fn application_json(shared: &Shared, sid: &str, app: &Application) -> Value {
    let account = &shared.account_sid;
    let date = rfc2822(crate::domain::time::Timestamp::from_millis(1_700_000_000_000));
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "date_created": date,
        "date_updated": date,
        "friendly_name": "Sales",
        "message_status_callback": null,
        "public_application_connect_enabled": false,
        "sid": sid,
        "sms_fallback_method": method(app.fallback_method.as_ref()),
        "sms_fallback_url": app.fallback_url,
        "sms_method": method(app.method.as_ref()),
        "sms_status_callback": null,
        "sms_url": app.url,
        "status_callback": null,
        "status_callback_method": "POST",
        "uri": format!("/2010-04-01/Accounts/{account}/Applications/{sid}.json"),
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": null,
        "voice_method": "POST",
        "voice_url": null,
    })
}

/// `POST Applications.json`.
pub(crate) async fn create(State(shared): State<Arc<Shared>>, bytes: axum::body::Bytes) -> Response {
    let mut state = shared.state();
    let sid = state.new_sid("AP");
    let mut app = Application::default();
    lay(&mut app, &bytes);
    let body = application_json(&shared, &sid, &app);
    state.applications.insert(sid, app);
    answer(StatusCode::CREATED, &body)
}

/// `GET Applications/{sid}.json`.
pub(crate) async fn fetch(State(shared): State<Arc<Shared>>, Path((_, file)): Path<(String, String)>) -> Response {
    let state = shared.state();
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    let app = state.applications.get(sid);
    app.map_or_else(|| not_found(&file), |app| answer(StatusCode::OK, &application_json(&shared, sid, app)))
}

/// `POST Applications/{sid}.json`: only what is named changes; an empty value clears it.
pub(crate) async fn update(
    State(shared): State<Arc<Shared>>,
    Path((_, file)): Path<(String, String)>,
    bytes: axum::body::Bytes,
) -> Response {
    let mut state = shared.state();
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    let Some(app) = state.applications.get_mut(sid) else { return not_found(&file) };
    lay(app, &bytes);
    answer(StatusCode::OK, &application_json(&shared, sid, app))
}

fn lay(app: &mut Application, form: &[u8]) {
    for (name, value) in form_urlencoded::parse(form) {
        let value = Some(value.into_owned()).filter(|value| !value.is_empty());
        match name.as_ref() {
            "SmsUrl" => app.url = value,
            "SmsMethod" => app.method = value,
            "SmsFallbackUrl" => app.fallback_url = value,
            "SmsFallbackMethod" => app.fallback_method = value,
            _ => {}
        }
    }
}
