//! Answers as HubSpot writes them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::records::{Kind, Record, is_property, said};

/// An error.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    category: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, category: &'static str, message: &str) -> Self {
        Self { status, category, message: message.to_owned() }
    }

    pub(super) fn bad(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    pub(super) fn gone() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "status": "error", "message": self.message, "category": self.category,
            "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        });
        (self.status, Json(body)).into_response()
    }
}

/// A record, with the properties asked for and those that always come. Unknown ones are passed over.
pub(super) fn told(kind: Kind, id: &str, record: &Record, properties: &[&str], history: &[&str]) -> Value {
    let changed = if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
    let always = ["hs_object_id", changed];
    let mut values = Map::new();
    for name in properties.iter().chain(&always).filter(|name| is_property(kind, name)) {
        values.insert((*name).to_owned(), record.properties.get(*name).map_or(Value::Null, |value| json!(value)));
    }
    let mut answer = json!({
        "id": id, "properties": values, "createdAt": said(record.made), "updatedAt": said(record.changed),
        "archived": record.archived,
    });
    if !history.is_empty() {
        let former = |name: &&str| {
            let all = record.history.get(*name).into_iter().flatten();
            let told =
                |(value, at): &(String, i64)| json!({ "value": value, "timestamp": said(*at), "sourceType": "CRM_UI" });
            ((*name).to_owned(), Value::Array(all.map(told).collect()))
        };
        answer["propertiesWithHistory"] =
            Value::Object(history.iter().filter(|name| is_property(kind, name)).map(former).collect());
    }
    answer
}

/// The answer to a batch.
pub(super) fn batch(results: &[Value]) -> Value {
    json!({
        "status": "COMPLETE", "results": results, "startedAt": "2026-03-03T15:00:00.000Z",
        "completedAt": "2026-03-03T15:00:00.000Z",
    })
}
