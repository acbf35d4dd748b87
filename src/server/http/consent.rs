//! `GET` and `POST /v1/consent`: the ledger of one number, and words of consent that other programs report.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::IntoParams;

use super::auth::{Keyed, ReadsTheRecord, SignedInDevice};
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::domain::command::Actor;
use crate::domain::consent::OptOutSource;
use crate::domain::consent::ledger::Taken;
use crate::domain::contact::Address;
use crate::domain::id::RepId;
use crate::domain::playbook::Role;
use crate::domain::visibility;
use crate::server::consent::{Checked, checked, view, whose};
use crate::server::dossier;
use crate::server::service::{Outcome, ServiceError, Work};
use crate::wire::consent::{ConsentOutcome, ConsentOutcomes, ConsentReport, ConsentRow, ConsentView};
use crate::wire::dossier::Dossier;
use crate::wire::problem::Problem;

/// Rows of one report.
const MOST: usize = 1_000;

/// Rows handed over at once.
const AT_ONCE: usize = 100;

/// Who asks for a ledger: a program by its key, or a rep by their device.
#[derive(Clone, Debug)]
pub struct Asker(Option<RepId>);

impl FromRequestParts<App> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        match SignedInDevice::from_request_parts(parts, app).await {
            Ok(SignedInDevice(device, _)) => Ok(Self(Some(device.rep))),
            Err(signed_out) => match Keyed::from_request_parts(parts, app).await {
                Ok(_) => Ok(Self(None)),
                Err(_) => Err(signed_out),
            },
        }
    }
}

/// Whose.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfNumber {
    /// The number, as `+14155550123`; in a URL the plus is written `%2B`.
    number: String,
}

/// Everything that stands about one number. Reps see it of buyers whose conversations they see; admins,
/// auditors and programs of all.
#[utoipa::path(get, path = "/v1/consent", params(OfNumber), security(("device" = []), ("api_key" = [])), responses(
    (status = 200, description = "What stands, the ledger with its proofs, and who was told", body = ConsentView),
    (status = 400, description = "Not a number", body = Problem),
    (status = 401, description = "Neither a device that is signed in nor an API key", body = Problem),
    (status = 404, description = "Nothing is known of the number, or nothing that you may see", body = Problem),
    (status = 503, description = "Busy", body = Problem),
))]
pub async fn show(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    Asker(rep): Asker,
    query: Result<Query<OfNumber>, QueryRejection>,
) -> Result<Json<ConsentView>, Failure> {
    let address = query.ok().and_then(|Query(OfNumber { number })| asked_for(&number)).ok_or_else(no_number)?;
    let (store, playbook) = (app.service.store(), app.service.playbook());
    let id = request_id(id);
    let failed = |e| Failure::of_store(id.clone(), &e);
    let found = store.consent_of(&address).await.map_err(failed)?;
    let may = |conversations: &[crate::domain::conversation::Conversation]| {
        let Some(rep) = &rep else { return true };
        let own = visibility::principals(&playbook, rep);
        let whole = matches!(playbook.role_of(rep), Some(Role::Admin | Role::Auditor));
        whole || conversations.iter().any(|c| visibility::may_see(&own, c))
    };
    let Some((number, _)) = found.filter(|(_, conversations)| may(conversations)) else {
        let title = "Nothing is known of this number, or nothing that you may see.";
        return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", title, "Check the number; an admin sees all."));
    };
    Ok(Json(view(store.as_ref(), &playbook, &address, &number).await.map_err(failed)?))
}

/// The answer to a complaint: everything about one number, in time order.
#[utoipa::path(get, path = "/v1/consent/dossier", params(OfNumber), security(("device" = [])), responses(
    (status = 200, description = "Everything, oldest first, each line with its entry of the journal", body = Dossier),
    (status = 400, description = "Not a number", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Neither an auditor nor an admin", body = Problem),
    (status = 404, description = "Nothing is known of the number", body = Problem),
))]
pub async fn dossier(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    ReadsTheRecord(_device): ReadsTheRecord,
    query: Result<Query<OfNumber>, QueryRejection>,
) -> Result<Json<Dossier>, Failure> {
    let address = query.ok().and_then(|Query(OfNumber { number })| asked_for(&number)).ok_or_else(no_number)?;
    let found = dossier::of(app.service.store().as_ref(), &app.service.playbook(), &address).await;
    let title = "Nothing is known of this number: it never wrote, and no list named it.";
    let unknown = || Failure::new(StatusCode::NOT_FOUND, "not_found", title, "Check the number.");
    found.map_err(|e| Failure::of_store(request_id(id), &e))?.map(Json).ok_or_else(unknown)
}

fn no_number() -> Failure {
    let hint = "Write it ?number=%2B14155550123.";
    Failure::new(StatusCode::BAD_REQUEST, "bad_query", "`number` is not a phone number.", hint)
}

/// Who forgets that a plus in a query is a blank means the plus.
fn asked_for(number: &str) -> Option<Address> {
    if number.starts_with(' ') { whose(&number.replacen(' ', "+", 1)) } else { whose(number) }
}

/// A report whose rows are read one by one, so that a bad one costs no other.
#[derive(Deserialize)]
pub struct Rows {
    words: Vec<Box<RawValue>>,
}

/// Takes words of consent into the ledger: opt-outs that another system heard, and evidence of opt-ins. Sending a report
/// again changes nothing, and no row undoes a newer word.
#[utoipa::path(post, path = "/v1/consent", request_body = ConsentReport, security(("api_key" = [])), responses(
    (status = 200, description = "One outcome for each row, in order", body = ConsentOutcomes),
    (status = 400, description = "Not readable as a report; nothing was taken in", body = Problem),
    (status = 401, description = "The key is unknown or revoked", body = Problem),
    (status = 413, description = "More than 1,000 rows, or more than 4 MiB; nothing was taken in", body = Problem),
    (status = 503, description = "Busy: some rows may have been taken in. Send the report again", body = Problem),
))]
pub async fn report(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    Keyed(key): Keyed,
    body: Result<Json<Rows>, JsonRejection>,
) -> Result<Json<ConsentOutcomes>, Failure> {
    let Json(report) = body.map_err(|e| unreadable(&e))?;
    if report.words.len() > MOST {
        return Err(too_large());
    }
    let (playbook, now, id) = (app.service.playbook(), app.service.clock().now(), request_id(id));
    let by = (Actor::Program(key.name.clone()), OptOutSource::Api(key.name.clone()));
    let read = |row: &RawValue| checked(ConsentRow::read(row.get())?, (&by.0, &by.1), &playbook, now);
    let mut outcomes = ConsentOutcomes::default();
    for rows in report.words.chunks(AT_ONCE) {
        let taken = rows.iter().map(|row| read(row)).collect::<Vec<_>>();
        let taken = take_in(&app, taken).await;
        outcomes.rows.extend(taken.map_err(|e| Failure::of_service(id.clone(), &e))?);
    }
    for row in &outcomes.rows {
        *match row {
            ConsentOutcome::Accepted { .. } => &mut outcomes.accepted,
            ConsentOutcome::Known => &mut outcomes.known,
            ConsentOutcome::Overtaken => &mut outcomes.overtaken,
            ConsentOutcome::Refused { .. } => &mut outcomes.refused,
        } += 1;
    }
    let ConsentOutcomes { accepted, known, overtaken, refused, .. } = outcomes;
    tracing::info!(source = %key.name, accepted, known, overtaken, refused, "words of consent reported");
    Ok(Json(outcomes))
}

/// Hands rows to the committer together, so that they share its groups, and waits for all.
async fn take_in(app: &App, rows: Vec<Result<Checked, String>>) -> Result<Vec<ConsentOutcome>, ServiceError> {
    let mut waits = Vec::with_capacity(rows.len());
    for row in rows {
        waits.push(match row {
            Ok(Checked { heard, how }) => Ok((app.service.hand_over(Work::Heard(Box::new(heard)))?, how)),
            Err(why) => Err(why),
        });
    }
    let mut outcomes = Vec::with_capacity(waits.len());
    for wait in waits {
        outcomes.push(match wait {
            Ok((wait, how)) => outcome(&wait.await?, how),
            Err(why) => ConsentOutcome::Refused { why },
        });
    }
    Ok(outcomes)
}

fn outcome(outcome: &Outcome, how: Vec<String>) -> ConsentOutcome {
    match outcome {
        Outcome::Heard(Taken::New) => ConsentOutcome::Accepted { how },
        Outcome::Heard(Taken::Overtaken | Taken::Repeated) => ConsentOutcome::Overtaken,
        Outcome::Heard(Taken::Known)
        | Outcome::Decided(_)
        | Outcome::Receipts(_)
        | Outcome::Received { .. }
        | Outcome::Foreign => ConsentOutcome::Known,
        Outcome::Refused(rejection) => ConsentOutcome::Refused { why: rejection.to_string() },
    }
}

fn too_large() -> Failure {
    let hint = format!("Send at most {MOST} rows and 4 MiB at a time.");
    let title = "This report is too large. Nothing of it was taken in.";
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title, &hint)
}

/// The parser's own words may quote what was sent, so they are not repeated.
fn unreadable(e: &JsonRejection) -> Failure {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Failure::new(
        StatusCode::BAD_REQUEST,
        "unreadable",
        "This is not a report of words of consent. Nothing of it was taken in.",
        "Send JSON, as in { \"words\": [{ \"number\": …, \"event\": \"opt_out\", \"at\": … }] }.",
    )
}
