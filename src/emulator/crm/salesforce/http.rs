//! The emulated Salesforce's paths, behind its tokens, its limits and its faults.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::book::{Kind, Refusal};
use super::eval::Asked;
use super::parse::{self, Selected};
use super::schema::{self, Type};
use super::{SalesforceFaults, Shared, sosl, token};

type App = State<Arc<Shared>>;
type Told = Result<Response, Refusal>;

/// Most records that are made by one call.
const SEVERAL: usize = 200;

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let data = Router::new()
        .route("/services/data/{version}/query", get(query))
        .route("/services/data/{version}/query/", get(query))
        .route("/services/data/{version}/query/{locator}", get(more))
        .route("/services/data/{version}/search", get(search))
        .route("/services/data/{version}/search/", get(search))
        .route("/services/data/{version}/limits", get(limits))
        .route("/services/data/{version}", get(resources))
        .route("/services/data/{version}/sobjects", get(describe_all))
        .route("/services/data/{version}/composite/sobjects", post(create_several))
        .route("/services/data/{version}/sobjects/{kind}", post(create))
        .route("/services/data/{version}/sobjects/{kind}/describe", get(describe))
        .route("/services/data/{version}/sobjects/{kind}/{id}", get(read).patch(change).delete(delete))
        .route("/id/{organisation}/{user}", get(identity))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), gate));
    let open = Router::new()
        .route("/services/oauth2/token", post(give_token))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), door));
    data.merge(open).with_state(shared)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!([{ "message": message, "errorCode": code }]))).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(code, message) = self;
        let status = match code {
            "NOT_FOUND" | "ENTITY_IS_DELETED" => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = json!([{ "message": message, "errorCode": code }]);
        if status == StatusCode::BAD_REQUEST {
            body[0]["fields"] = json!([]);
        }
        (status, Json(body)).into_response()
    }
}

/// Something in front of Salesforce, before anybody is asked who they are.
async fn before(shared: &Shared) -> Option<Response> {
    let (slow, early) = {
        let mut seen = shared.seen();
        let down = seen.faults.down.strikes();
        (seen.faults.slow_ms, down)
    };
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    early.then(|| (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response())
}

async fn door(State(shared): App, request: Request, next: Next) -> Response {
    match before(&shared).await {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

/// Whoever comes in is known, within the limits, and not in the way of a fault.
async fn gate(State(shared): App, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if let Some(answer) = before(&shared).await {
        return answer;
    }
    let given = request.headers().get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()).unwrap_or_default();
    let given = given.strip_prefix("Bearer ").or_else(|| given.strip_prefix("OAuth ")).unwrap_or_default();
    if !shared.seen().open.iter().any(|token| token == given) {
        return refused(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid");
    }
    let faults = match admit(&shared) {
        Ok(faults) => faults,
        Err(refused) => return *refused,
    };
    let mut answer = if faults.forbidden {
        refused(StatusCode::FORBIDDEN, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    } else if shared.seen().faults.locked.strikes() {
        refused(StatusCode::BAD_REQUEST, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    } else {
        let mut answer = next.run(request).await;
        let wrote = matches!(answer.status(), StatusCode::CREATED | StatusCode::NO_CONTENT);
        let mut seen = shared.seen();
        seen.asked.push(format!("{method} {path}"));
        if wrote && seen.faults.swallowed.strikes() {
            answer = refused(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", "An unexpected error occurred.");
        } else if seen.faults.garbage.strikes() {
            answer = "<!doctype html><title>Maintenance</title>".into_response();
        } else if seen.faults.wrong.strikes() {
            answer = Json(json!({ "records": { "of": "another form" }, "searchRecords": 7, "id": [] })).into_response();
        }
        answer
    };
    shared.seen().now -= 1;
    used(&mut answer, &shared);
    answer
}

/// Lets a call in, or refuses it by a limit. The faults that are in force.
fn admit(shared: &Shared) -> Result<SalesforceFaults, Box<Response>> {
    let now = shared.millis();
    let mut seen = shared.seen();
    seen.calls.retain(|at| now - at < DAY);
    let limit = if seen.faults.day_is_over || seen.calls.len() >= shared.config.calls {
        Some("TotalRequests")
    } else if seen.faults.too_many.strikes() {
        Some("ConcurrentPerOrgLongTxn")
    } else {
        None
    };
    if let Some(limit) = limit {
        seen.refused += 1;
        drop(seen);
        let words = format!("{limit} Limit exceeded.");
        let mut answer = refused(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", &words);
        used(&mut answer, shared);
        return Err(Box::new(answer));
    }
    if seen.faults.unavailable.strikes() {
        let again = seen.faults.retry_after;
        let words = "The server was too busy to handle your request";
        let mut answer = refused(StatusCode::SERVICE_UNAVAILABLE, "SERVER_UNAVAILABLE", words);
        if let Some(value) = again.and_then(|s| HeaderValue::from_str(&s.to_string()).ok()) {
            answer.headers_mut().insert(header::RETRY_AFTER, value);
        }
        return Err(Box::new(answer));
    }
    seen.calls.push(now);
    seen.now += 1;
    seen.at_once = seen.at_once.max(seen.now);
    Ok(seen.faults.clone())
}

fn used(answer: &mut Response, shared: &Shared) {
    let text = format!("api-usage={}/{}", shared.seen().calls.len(), shared.config.calls);
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert("sforce-limit-info", value);
    }
}

async fn unknown(State(shared): App, request: Request) -> Response {
    shared.seen().unknown.push(format!("{} {}", request.method(), request.uri().path()));
    Refusal::new("NOT_FOUND", "The requested resource does not exist").into_response()
}

async fn give_token(State(shared): App, body: Bytes) -> Response {
    token::token(&shared, &body)
}

/// The one parameter that a question has.
fn parameter(text: Option<&str>, name: &str) -> Result<String, Refusal> {
    let pairs = form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned();
    let found = pairs.into_iter().find(|(n, _)| n == name).map(|(_, value)| value);
    found.ok_or_else(|| Refusal("MALFORMED_QUERY", format!("missing parameter {name}")))
}

/// Versions that are spoken: `v40.0` and later.
fn spoken(version: &str) -> Result<&str, Refusal> {
    let number = version.strip_prefix('v').and_then(|n| n.strip_suffix(".0")).and_then(|n| n.parse::<u32>().ok());
    let known = number.is_some_and(|n| (40..=66).contains(&n));
    if known { Ok(version) } else { Err(Refusal::new("NOT_FOUND", "The requested resource does not exist")) }
}

async fn query(State(shared): App, Path(version): Path<String>, RawQuery(text): RawQuery) -> Told {
    let version = spoken(&version)?;
    let query = parse::query(&parameter(text.as_deref(), "q")?)?;
    let counts = matches!(query.fields.as_slice(), [Selected::Count]);
    let (records, total) = Asked { book: &shared.book(), version }.query(&query)?;
    if counts {
        return Ok(Json(json!({ "totalSize": total, "done": true, "records": [] })).into_response());
    }
    Ok(Json(page(&shared, version, records, 0, total)).into_response())
}

/// A page, and the way to the next.
fn page(shared: &Shared, version: &str, mut records: Vec<Value>, from: usize, total: usize) -> Value {
    let most = shared.config.page;
    if records.len() <= most {
        return json!({ "totalSize": total, "done": true, "records": records });
    }
    let rest = records.split_off(most);
    let next = from + most;
    let mut seen = shared.seen();
    let number = seen.cursors.len();
    let locator = format!("01g5g{number:013}-{next}");
    seen.cursors.push((locator.clone(), rest, total));
    let next = format!("/services/data/{version}/query/{locator}");
    json!({ "totalSize": total, "done": false, "nextRecordsUrl": next, "records": records })
}

async fn more(State(shared): App, Path((version, locator)): Path<(String, String)>) -> Told {
    let version = spoken(&version)?;
    let found = shared.seen().cursors.iter().find(|(name, ..)| *name == locator).cloned();
    let (_, records, total) = found.ok_or_else(|| Refusal::new("INVALID_QUERY_LOCATOR", "invalid query locator"))?;
    let from = locator.rsplit_once('-').and_then(|(_, n)| n.parse().ok()).unwrap_or_default();
    Ok(Json(page(&shared, version, records, from, total)).into_response())
}

async fn search(State(shared): App, Path(version): Path<String>, RawQuery(text): RawQuery) -> Told {
    let version = spoken(&version)?;
    let sosl = parameter(text.as_deref(), "q")?;
    let found = sosl::search(Asked { book: &shared.book(), version }, &sosl)?;
    Ok(Json(sosl::answer(&found)).into_response())
}

async fn limits(State(shared): App, Path(version): Path<String>) -> Told {
    spoken(&version)?;
    let (used, most) = (shared.seen().calls.len(), shared.config.calls);
    Ok(Json(json!({ "DailyApiRequests": { "Max": most, "Remaining": most.saturating_sub(used) } })).into_response())
}

/// What a version has, and who asks.
async fn resources(State(shared): App, Path(version): Path<String>) -> Told {
    let version = spoken(&version)?;
    let at = |name: &str| format!("/services/data/{version}/{name}");
    let identity = token::identity(&shared);
    let body = json!({
        "identity": identity, "sobjects": at("sobjects"), "query": at("query"), "search": at("search"),
        "limits": at("limits"), "composite": at("composite"),
    });
    Ok(Json(body).into_response())
}

/// Who somebody is: the address that stands in a token's answer.
async fn identity(State(shared): App, Path((organisation, user)): Path<(String, String)>) -> Told {
    let book = shared.book();
    let found = book.get("User", &user).filter(|_| organisation == token::ORGANISATION);
    let user = found.ok_or_else(|| Refusal::new("NOT_FOUND", "The requested resource does not exist"))?;
    let rest = format!("{}/services/data/v{{version}}/", shared.base_url);
    let body = json!({
        "id": format!("{}/id/{organisation}/{}", shared.base_url, user.text("Id")), "asserted_user": true,
        "user_id": user.text("Id"), "organization_id": organisation, "username": user.text("Username"),
        "display_name": user.text("Name"), "email": user.text("Email"), "active": user.is("IsActive"),
        "user_type": user.text("UserType").to_uppercase(), "timezone": user.text("TimeZoneSidKey"),
        "urls": { "rest": rest, "sobjects": format!("{rest}sobjects/"), "query": format!("{rest}query/") },
    });
    Ok(Json(body).into_response())
}

/// Every kind of record that this organisation has.
async fn describe_all(State(shared): App, Path(version): Path<String>) -> Told {
    let version = spoken(&version)?;
    let book = shared.book();
    let told = schema::kinds().filter_map(|name| book.kind(name)).map(|kind| {
        let at = format!("/services/data/{version}/sobjects/{kind}");
        json!({
            "name": kind, "label": kind, "keyPrefix": schema::prefix(kind), "createable": true, "queryable": true,
            "custom": false, "urls": { "sobject": at, "describe": format!("{at}/describe") },
        })
    });
    let told: Vec<Value> = told.collect();
    Ok(Json(json!({ "encoding": "UTF-8", "maxBatchSize": SEVERAL, "sobjects": told })).into_response())
}

fn of(shared: &Shared, name: &str) -> Result<Kind, Refusal> {
    let kind = shared.book().kind(name);
    kind.ok_or_else(|| Refusal::new("NOT_FOUND", "The requested resource does not exist"))
}

async fn describe(State(shared): App, Path((version, name)): Path<(String, String)>) -> Told {
    spoken(&version)?;
    let kind = of(&shared, &name)?;
    let fields = shared.book().fields(kind);
    let told = fields.iter().map(|field| {
        let relation =
            if let Type::To(_) = field.kind { json!(field.name.trim_end_matches("Id")) } else { Value::Null };
        json!({
            "name": field.name, "label": field.name, "type": field.kind.word(), "createable": field.writable,
            "updateable": field.writable, "filterable": field.kind != Type::LongText, "relationshipName": relation,
            "custom": field.name.ends_with("__c"),
        })
    });
    let told: Vec<Value> = told.collect();
    let body = json!({ "name": kind, "label": kind, "createable": true, "queryable": true, "fields": told });
    Ok(Json(body).into_response())
}

fn json_of(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new("JSON_PARSER_ERROR", "Unexpected character"))
}

async fn create(State(shared): App, Path((version, name)): Path<(String, String)>, body: Bytes) -> Told {
    spoken(&version)?;
    let (kind, fields) = (of(&shared, &name)?, json_of(&body)?);
    let (at, mut book) = (shared.millis(), shared.book_now());
    let id = book.make(kind, &fields, &shared.api_user, at)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "success": true, "errors": [] }))).into_response())
}

fn not_made(Refusal(code, message): &Refusal) -> Value {
    json!({ "success": false, "errors": [{ "statusCode": code, "message": message, "fields": [] }] })
}

/// Makes several records, of several kinds: each has its own answer, in their order.
async fn create_several(State(shared): App, Path(version): Path<String>, body: Bytes) -> Told {
    spoken(&version)?;
    let asked = json_of(&body)?;
    let no_list = || Refusal::new("JSON_PARSER_ERROR", "records is expected to be a list");
    let records = asked["records"].as_array().ok_or_else(no_list)?;
    if records.len() > SEVERAL {
        return Err(Refusal("EXCEEDED_ID_LIMIT", format!("cannot submit more than {SEVERAL} records in this request")));
    }
    let (at, mut book) = (shared.millis(), shared.book_now());
    let before = book.clone();
    let each = |record: &Value| -> Result<String, Refusal> {
        let name = record["attributes"]["type"].as_str().unwrap_or_default();
        let unknown = || Refusal("INVALID_TYPE", format!("sObject type '{name}' is not supported."));
        let kind = book.kind(name).ok_or_else(unknown)?;
        book.make(kind, record, &shared.api_user, at)
    };
    let made: Vec<Result<String, Refusal>> = records.iter().map(each).collect();
    let undone = asked["allOrNone"] == true && made.iter().any(Result::is_err);
    if undone {
        *book = before;
    }
    let words = "Record rolled back because not all records were valid and the request was using AllOrNone";
    let rolled_back = Refusal::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", words);
    let told = made.iter().map(|made| match made {
        Ok(_) if undone => not_made(&rolled_back),
        Ok(id) => json!({ "id": id, "success": true, "errors": [] }),
        Err(why) => not_made(why),
    });
    let told: Vec<Value> = told.collect();
    Ok(Json(told).into_response())
}

async fn read(
    State(shared): App,
    Path((version, name, id)): Path<(String, String, String)>,
    RawQuery(text): RawQuery,
) -> Told {
    let version = spoken(&version)?;
    let kind = of(&shared, &name)?;
    let book = shared.book();
    let names = parameter(text.as_deref(), "fields").unwrap_or_default();
    let mut names: Vec<String> = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        names = book.fields(kind).into_iter().map(|field| field.name).collect();
    }
    let gone = || Refusal::new("NOT_FOUND", "Provided external ID field does not exist or is not accessible");
    let record = book.get(kind, &id).ok_or_else(gone)?;
    if let Some(name) = names.iter().find(|name| book.field(kind, name).is_none()) {
        return Err(Refusal("INVALID_FIELD", format!("No such column '{name}' on sobject of type {kind}")));
    }
    let selected: Vec<Selected> = names.into_iter().chain(["Id".to_owned()]).map(Selected::Field).collect();
    Ok(Json(Asked { book: &book, version }.told(kind, record, &selected)?).into_response())
}

async fn change(State(shared): App, Path((version, name, id)): Path<(String, String, String)>, body: Bytes) -> Told {
    spoken(&version)?;
    let (kind, fields) = (of(&shared, &name)?, json_of(&body)?);
    let (at, mut book) = (shared.millis(), shared.book_now());
    book.change(kind, &id, &fields, &shared.api_user, at)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn delete(State(shared): App, Path((version, name, id)): Path<(String, String, String)>) -> Told {
    spoken(&version)?;
    let kind = of(&shared, &name)?;
    if shared.book_now().delete(kind, &id, shared.millis()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Refusal::new("ENTITY_IS_DELETED", "entity is deleted"))
}
