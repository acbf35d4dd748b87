//! The emulated HubSpot's paths, behind its token, its limits and its faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::answers::{Refusal, batch, told};
use super::associations::labels;
use super::records::{Book, Kind, Owner, Record, STAGES, kind, texts};
use super::search::search;
use super::{HubSpotFaults, Shared};
use crate::clock::monotonic;

type App = State<Arc<Shared>>;
type Told = Result<Response, Refusal>;

/// Most inputs of a batch; with a history, fewer.
const BATCH: usize = 100;
const BATCH_OF_HISTORY: usize = 50;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/crm/v3/objects/{kind}", post(create).get(list))
        .route("/crm/v3/objects/{kind}/search", post(find))
        .route("/crm/v3/objects/{kind}/batch/read", post(batch_read))
        .route("/crm/v3/objects/{kind}/batch/create", post(batch_create))
        .route("/crm/v3/objects/{kind}/{id}", get(read).patch(change).delete(archive))
        .route("/crm/v4/associations/{from}/{to}/batch/read", post(batch_associations))
        .route("/crm/v4/associations/{from}/{to}/labels", get(list_labels))
        .route("/crm/v4/objects/{from}/{id}/associations/{to}", get(page_of_associations))
        .route("/crm/v4/objects/{from}/{id}/associations/default/{to}/{end}", put(associate))
        .route("/crm/v3/owners", get(owners))
        .route("/crm/v3/owners/", get(owners))
        .route("/crm/v3/owners/{id}", get(owner))
        .route("/crm/v3/pipelines/{kind}", get(pipelines))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), gate))
        .with_state(shared)
}

/// Whoever comes in is known, within the limits, and not in the way of a fault.
async fn gate(State(shared): App, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (slow, early) = {
        let mut seen = shared.seen();
        let slow = seen.faults.slow_ms;
        (slow, if seen.faults.down.strikes() { Some(in_front()) } else { None })
    };
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    if let Some(answer) = early {
        return answer;
    }
    let wanted = format!("Bearer {}", shared.config.token);
    if request.headers().get(header::AUTHORIZATION).is_none_or(|given| given.as_bytes() != wanted.as_bytes()) {
        let words = "Authentication credentials not found";
        return Refusal::new(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", words).into_response();
    }
    let faults = match admit(&shared, &path) {
        Ok(faults) => faults,
        Err(refused) => return *refused,
    };
    let mut answer = if faults.forbidden {
        Refusal::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", "The scope needed was not granted").into_response()
    } else {
        let mut answer = next.run(request).await;
        let wrote = matches!(answer.status(), StatusCode::CREATED) || method == "PATCH";
        let mut seen = shared.seen();
        seen.asked.push(format!("{method} {path}"));
        if wrote && answer.status().is_success() && seen.faults.swallowed.strikes() {
            answer =
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "internal error").into_response();
        } else if seen.faults.garbage.strikes() {
            answer = "<!doctype html><title>Signed out</title>".into_response();
        } else if seen.faults.wrong.strikes() {
            answer = Json(json!({ "results": { "of": "another form" }, "id": [] })).into_response();
        }
        answer
    };
    let mut seen = shared.seen();
    seen.now -= 1;
    headers(answer.headers_mut(), &shared, seen.calls.len());
    answer
}

/// What answers when HubSpot does not.
fn in_front() -> Response {
    (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response()
}

/// Lets a call in, or refuses it by a limit. The faults that are in force.
fn admit(shared: &Shared, path: &str) -> Result<HubSpotFaults, Box<Response>> {
    let (now, searches) = (monotonic(), path.ends_with("/search"));
    let mut seen = shared.seen();
    seen.calls.retain(|at| now.duration_since(*at) < Duration::from_secs(10));
    seen.searches.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
    let policy = if seen.faults.day_is_over {
        Some("DAILY")
    } else if seen.faults.too_many.strikes() || seen.calls.len() >= shared.config.calls {
        Some("TEN_SECONDLY_ROLLING")
    } else if searches && seen.searches.len() >= shared.config.searches {
        Some("SECONDLY")
    } else {
        None
    };
    let Some(policy) = policy else {
        seen.calls.push(now);
        if searches {
            seen.searches.push(now);
        }
        seen.now += 1;
        seen.at_once = seen.at_once.max(seen.now);
        return Ok(seen.faults.clone());
    };
    seen.refused += 1;
    let body = json!({
        "status": "error", "message": format!("You have reached your {} limit.", policy.to_lowercase()),
        "errorType": "RATE_LIMIT", "policyName": policy, "category": "RATE_LIMITS",
        "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
    });
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    headers(answer.headers_mut(), shared, seen.calls.len());
    if let Some(value) = seen.faults.retry_after.and_then(|s| HeaderValue::from_str(&s.to_string()).ok()) {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Err(Box::new(answer))
}

fn headers(headers: &mut HeaderMap, shared: &Shared, used: usize) {
    for (name, value) in [
        ("x-hubspot-ratelimit-max", shared.config.calls.to_string()),
        ("x-hubspot-ratelimit-remaining", shared.config.calls.saturating_sub(used).to_string()),
        ("x-hubspot-ratelimit-interval-milliseconds", "10000".to_owned()),
        ("x-hubspot-ratelimit-daily", "250000".to_owned()),
        ("x-hubspot-ratelimit-daily-remaining", "249000".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

async fn unknown(State(shared): App, request: Request) -> Response {
    shared.seen().unknown.push(format!("{} {}", request.method(), request.uri().path()));
    Refusal::gone().into_response()
}

fn of(name: &str) -> Result<Kind, Refusal> {
    kind(name).ok_or_else(|| Refusal::bad(&format!("Unable to infer object type from: {name}")))
}

/// The query, refused where it asks for what nobody knows here.
fn query(text: Option<&str>, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect::<Vec<_>>();
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(Refusal::bad(&format!("Unknown parameter {name}"))),
        None => Ok(pairs),
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Names that a parameter lists: with commas between them, or the parameter once for each.
fn names<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let all = pairs.iter().filter(|(n, _)| n == name).flat_map(|(_, v)| v.split(','));
    all.map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Whether those are asked for that were archived, and no others.
fn wants_archived(pairs: &[(String, String)]) -> bool {
    value(pairs, "archived").is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

/// A record as the query asks for it: with properties, with those they had, and with what hangs on it.
fn as_asked(book: &Book, kind: Kind, id: &str, record: &Record, pairs: &[(String, String)]) -> Value {
    let mut answer = told(kind, id, record, &names(pairs, "properties"), &names(pairs, "propertiesWithHistory"));
    for to in names(pairs, "associations").into_iter().filter_map(super::records::kind) {
        let ends = book.told_with((kind, id), to);
        if !ends.is_empty() {
            answer["associations"][to] = json!({ "results": ends });
        }
    }
    answer
}

/// What may be asked of records that are read.
const ASKED: [&str; 4] = ["properties", "propertiesWithHistory", "associations", "archived"];

fn json_of(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::bad("Invalid input JSON"))
}

/// The members of an object: those needed, and no other.
fn members(asked: &Value, needed: &[&str], more: &[&str]) -> Result<(), Refusal> {
    let all = asked.as_object().ok_or_else(|| Refusal::bad("Invalid input JSON"))?;
    if let Some(name) = needed.iter().find(|name| !all.contains_key(**name)) {
        return Err(Refusal::bad(&format!("Some required fields were not set: [{name}]")));
    }
    match all.keys().find(|name| !needed.contains(&name.as_str()) && !more.contains(&name.as_str())) {
        Some(name) => Err(Refusal::bad(&format!("Unknown field {name}"))),
        None => Ok(()),
    }
}

/// Whoever left owns nothing that is written by a program.
fn works(owners: &[Owner], properties: &BTreeMap<String, String>) -> Result<(), Refusal> {
    const NAME: &str = "hubspot_owner_id";
    let named = properties.get(NAME).filter(|id| owners.iter().any(|owner| owner.archived && owner.id == **id));
    let Some(id) = named else { return Ok(()) };
    let why = json!([{
        "isValid": false, "message": format!("{id} is not a valid owner id"), "error": "INVALID_OWNER_ID", "name": NAME,
    }]);
    Err(Refusal::bad(&format!("Property values were not valid: {why}")))
}

/// A record that is to be made, looked at so far that it can be.
struct Wanted {
    properties: BTreeMap<String, String>,
    hangs: Vec<(Kind, String, i64)>,
}

impl Wanted {
    fn of(book: &Book, kind: Kind, asked: &Value) -> Result<Self, Refusal> {
        members(asked, &["properties"], &["associations", "objectWriteTraceId"])?;
        let properties = texts(&asked["properties"]).map_err(|e| Refusal::bad(&e))?;
        works(&book.owners, &properties)?;
        let mut hangs = Vec::new();
        for association in asked["associations"].as_array().into_iter().flatten() {
            members(association, &["to", "types"], &[])?;
            let end = association["to"]["id"].as_str().map(str::to_owned);
            let end = end.or_else(|| association["to"]["id"].as_u64().map(|id| id.to_string()));
            let end = end.ok_or_else(|| Refusal::bad("an association needs an id"))?;
            for spec in association["types"].as_array().into_iter().flatten() {
                members(spec, &["associationCategory", "associationTypeId"], &[])?;
                let id = spec["associationTypeId"].as_i64().unwrap_or_default();
                let own = spec["associationCategory"] == "HUBSPOT_DEFINED";
                let mut kinds = ["contacts", "companies", "deals"].into_iter();
                let to = kinds.find(|to| own && labels(kind, to).iter().any(|l| l["typeId"] == id));
                let to = to.ok_or_else(|| Refusal::bad(&format!("No association type {id} of {kind}")))?;
                if book.get(to, &end).is_none() {
                    return Err(Refusal::bad(&format!("The {to} {end} does not exist")));
                }
                hangs.push((to, end.clone(), id));
            }
        }
        book.may_make(kind, &properties).map_err(|e| Refusal::bad(&e))?;
        Ok(Self { properties, hangs })
    }

    fn make(self, book: &mut Book, kind: Kind, at: i64, lags: bool) -> Result<Value, Refusal> {
        let names: Vec<String> = self.properties.keys().cloned().collect();
        let id = book.make(kind, self.properties, at, lags).map_err(|e| Refusal::bad(&e))?;
        for (to, end, number) in self.hangs {
            book.associate((kind, &id), (to, &end), number).map_err(|e| Refusal::bad(&e))?;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let record = book.get(kind, &id).ok_or_else(Refusal::gone)?;
        Ok(told(kind, &id, record, &names, &[]))
    }
}

async fn create(State(shared): App, Path(name): Path<String>, body: Bytes) -> Told {
    let (kind, asked) = (of(&name)?, json_of(&body)?);
    let (at, lags) = (shared.millis(), shared.seen().faults.lags);
    let mut book = shared.book();
    let made = Wanted::of(&book, kind, &asked)?.make(&mut book, kind, at, lags)?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// All of them are made, or none.
async fn batch_create(State(shared): App, Path(name): Path<String>, body: Bytes) -> Told {
    let (kind, asked) = (of(&name)?, json_of(&body)?);
    members(&asked, &["inputs"], &[])?;
    let (at, lags) = (shared.millis(), shared.seen().faults.lags);
    let mut book = shared.book();
    let wanted = batch_of(&asked, BATCH)?.iter().map(|input| Wanted::of(&book, kind, input));
    let wanted: Vec<Wanted> = wanted.collect::<Result<_, Refusal>>()?;
    let made = wanted.into_iter().map(|wanted| wanted.make(&mut book, kind, at, lags));
    let made: Vec<Value> = made.collect::<Result<_, Refusal>>()?;
    Ok((StatusCode::CREATED, Json(batch(&made))).into_response())
}

async fn list(State(shared): App, Path(name): Path<String>, RawQuery(text): RawQuery) -> Told {
    let kind = of(&name)?;
    let pairs = query(text.as_deref(), &[&ASKED[..], &["limit", "after"]].concat())?;
    let limit = value(&pairs, "limit").map_or(Some(10), |n| n.parse().ok()).filter(|n| (1..=100).contains(n));
    let limit: usize = limit.ok_or_else(|| Refusal::bad("limit must be from 1 to 100"))?;
    let (after, archived) = (value(&pairs, "after").unwrap_or_default(), wants_archived(&pairs));
    let book = shared.book();
    let all: Vec<_> = book.of(kind).iter().filter(|(id, r)| r.archived == archived && id.as_str() > after).collect();
    let results: Vec<Value> = all.iter().take(limit).map(|(id, r)| as_asked(&book, kind, id, r, &pairs)).collect();
    let mut answer = json!({ "results": results });
    if all.len() > limit {
        answer["paging"] = json!({ "next": { "after": all[limit - 1].0 } });
    }
    Ok(Json(answer).into_response())
}

async fn find(State(shared): App, Path(name): Path<String>, body: Bytes) -> Told {
    let asked = json_of(&body)?;
    Ok(Json(search(&shared.book(), of(&name)?, &asked)?).into_response())
}

fn batch_of(asked: &Value, most: usize) -> Result<&Vec<Value>, Refusal> {
    let inputs = asked["inputs"].as_array().ok_or_else(|| Refusal::bad("inputs must be a list"))?;
    if inputs.is_empty() || inputs.len() > most {
        return Err(Refusal::bad(&format!("a batch has 1 to {most} inputs")));
    }
    Ok(inputs)
}

/// The ids of a batch.
fn inputs(asked: &Value, most: usize) -> Result<Vec<String>, Refusal> {
    let id = |input: &Value| input["id"].as_str().map(str::to_owned).ok_or_else(|| Refusal::bad("an input is an id"));
    batch_of(asked, most)?.iter().map(id).collect()
}

async fn batch_read(State(shared): App, Path(name): Path<String>, body: Bytes) -> Told {
    let (kind, asked) = (of(&name)?, json_of(&body)?);
    members(&asked, &["inputs", "properties", "propertiesWithHistory"], &[])?;
    let names =
        |name: &str| -> Vec<&str> { asked[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
    let (properties, history) = (names("properties"), names("propertiesWithHistory"));
    let ids = inputs(&asked, if history.is_empty() { BATCH } else { BATCH_OF_HISTORY })?;
    let book = shared.book();
    let found: Vec<Value> =
        ids.iter().filter_map(|id| Some(told(kind, id, book.get(kind, id)?, &properties, &history))).collect();
    let mut answer = batch(&found);
    if found.len() == ids.len() {
        return Ok(Json(answer).into_response());
    }
    answer["numErrors"] = json!(1);
    answer["errors"] = json!([{ "status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some" }]);
    Ok((StatusCode::MULTI_STATUS, Json(answer)).into_response())
}

async fn read(State(shared): App, Path((name, id)): Path<(String, String)>, RawQuery(text): RawQuery) -> Told {
    let kind = of(&name)?;
    let pairs = query(text.as_deref(), &ASKED)?;
    let book = shared.book();
    let record = book.of(kind).get(&id).filter(|record| record.archived == wants_archived(&pairs));
    let record = record.ok_or_else(Refusal::gone)?;
    Ok(Json(as_asked(&book, kind, &id, record, &pairs)).into_response())
}

async fn change(State(shared): App, Path((name, id)): Path<(String, String)>, body: Bytes) -> Told {
    let (kind, asked) = (of(&name)?, json_of(&body)?);
    members(&asked, &["properties"], &[])?;
    let properties = texts(&asked["properties"]).map_err(|e| Refusal::bad(&e))?;
    let (at, lags) = (shared.millis(), shared.seen().faults.lags);
    let mut book = shared.book();
    if book.get(kind, &id).is_none() {
        return Err(Refusal::gone());
    }
    works(&book.owners, &properties)?;
    let names: Vec<String> = properties.keys().cloned().collect();
    book.change(kind, &id, properties, at, lags).map_err(|e| Refusal::bad(&e))?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let record = book.get(kind, &id).ok_or_else(Refusal::gone)?;
    Ok(Json(told(kind, &id, record, &names, &[])).into_response())
}

async fn archive(State(shared): App, Path((name, id)): Path<(String, String)>) -> Told {
    shared.book().delete(of(&name)?, &id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn batch_associations(State(shared): App, Path((from, to)): Path<(String, String)>, body: Bytes) -> Told {
    let (from, to, asked) = (of(&from)?, of(&to)?, json_of(&body)?);
    members(&asked, &["inputs"], &[])?;
    let book = shared.book();
    let mut results = Vec::new();
    for id in inputs(&asked, BATCH)? {
        let ends = book.hanging_on((from, &id), to);
        if !ends.is_empty() {
            results.push(json!({ "from": { "id": id }, "to": ends }));
        }
    }
    Ok(Json(batch(&results)).into_response())
}

async fn page_of_associations(
    State(shared): App,
    Path((from, id, to)): Path<(String, String, String)>,
    RawQuery(text): RawQuery,
) -> Told {
    let (from, to) = (of(&from)?, of(&to)?);
    let pairs = query(text.as_deref(), &["limit", "after"])?;
    let limit = value(&pairs, "limit").map_or(Some(500), |n| n.parse().ok()).filter(|n| (1..=500).contains(n));
    let limit: usize = limit.ok_or_else(|| Refusal::bad("limit must be from 1 to 500"))?;
    let skip: usize = value(&pairs, "after").unwrap_or("0").parse().map_err(|_| Refusal::bad("after is no cursor"))?;
    let book = shared.book();
    if book.get(from, &id).is_none() {
        return Err(Refusal::gone());
    }
    let all = book.hanging_on((from, &id), to);
    let page: Vec<&Value> = all.iter().skip(skip).take(limit).collect();
    let mut answer = json!({ "results": page });
    if skip + limit < all.len() {
        answer["paging"] = json!({ "next": { "after": (skip + limit).to_string() } });
    }
    Ok(Json(answer).into_response())
}

async fn associate(State(shared): App, Path((from, id, to, end)): Path<(String, String, String, String)>) -> Told {
    let (from, to) = (of(&from)?, of(&to)?);
    let mut book = shared.book();
    if book.get(from, &id).is_none() {
        return Err(Refusal::gone());
    }
    book.associate_plainly((from, &id), (to, &end)).map_err(|e| Refusal::bad(&e))?;
    let result = json!({ "from": { "id": id }, "to": { "id": end },
        "associationSpec": { "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": labels(from, to)[0]["typeId"] } });
    Ok(Json(batch(&[result])).into_response())
}

async fn list_labels(Path((from, to)): Path<(String, String)>) -> Told {
    Ok(Json(json!({ "results": labels(of(&from)?, of(&to)?) })).into_response())
}

fn of_owner(owner: &Owner) -> Value {
    // They are called as their mail address says: maya.okafor@….
    let name = owner.email.split('@').next().unwrap_or_default();
    let (first, last) = name.split_once('.').unwrap_or((name, ""));
    let capital =
        |word: &str| word.chars().next().map(|c| c.to_uppercase().collect::<String>() + &word[c.len_utf8()..]);
    let (first, last) = (capital(first).unwrap_or_default(), capital(last).unwrap_or_default());
    json!({
        "id": owner.id, "email": owner.email, "type": "PERSON", "firstName": first, "lastName": last, "teams": [],
        // A user's id is another one, and who left has none.
        "userId": if owner.archived { Value::Null } else { json!(9_000_000 + owner.id.len()) },
        "archived": owner.archived, "createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": "2025-01-01T00:00:00.000Z",
    })
}

async fn owners(State(shared): App, RawQuery(text): RawQuery) -> Told {
    let pairs = query(text.as_deref(), &["limit", "after", "archived", "email"])?;
    let archived = wants_archived(&pairs);
    let limit = value(&pairs, "limit").map_or(Some(100), |n| n.parse().ok()).filter(|n| (1..=500).contains(n));
    let limit: usize = limit.ok_or_else(|| Refusal::bad("limit must be from 1 to 500"))?;
    let after = value(&pairs, "after").unwrap_or_default();
    let book = shared.book();
    let fits = |o: &&Owner| {
        o.archived == archived && o.id.as_str() > after && value(&pairs, "email").is_none_or(|email| o.email == email)
    };
    let all: Vec<&Owner> = book.owners.iter().filter(fits).collect();
    let page: Vec<Value> = all.iter().take(limit).map(|o| of_owner(o)).collect();
    let mut answer = json!({ "results": page });
    if all.len() > limit {
        answer["paging"] = json!({ "next": { "after": all[limit - 1].id } });
    }
    Ok(Json(answer).into_response())
}

async fn owner(State(shared): App, Path(id): Path<String>, RawQuery(text): RawQuery) -> Told {
    let pairs = query(text.as_deref(), &["archived", "idProperty"])?;
    let archived = wants_archived(&pairs);
    let book = shared.book();
    let found = book.owners.iter().find(|o| o.id == id && o.archived == archived);
    Ok(Json(of_owner(found.ok_or_else(Refusal::gone)?)).into_response())
}

async fn pipelines(Path(name): Path<String>) -> Told {
    if of(&name)? != "deals" {
        return Ok(Json(json!({ "results": [] })).into_response());
    }
    let at = "2025-01-01T00:00:00.000Z";
    let stage = |(order, (id, label, probability, ends)): (usize, &(&str, &str, &str, bool))| {
        json!({
            "id": id, "label": label, "displayOrder": order, "archived": false, "createdAt": at, "updatedAt": at,
            "metadata": { "isClosed": ends.to_string(), "probability": probability },
        })
    };
    let stages: Vec<Value> = STAGES.iter().enumerate().map(stage).collect();
    let pipeline = json!({
        "id": "default", "label": "Sales Pipeline", "displayOrder": 0, "archived": false, "createdAt": at,
        "updatedAt": at, "stages": stages,
    });
    Ok(Json(json!({ "results": [pipeline] })).into_response())
}
