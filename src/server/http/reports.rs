//! `GET /v1/reports/{name}`, and the replies behind a number of one.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::SignedInDevice;
use super::problem::Failure;
use super::{App, RequestId, request_id};
use crate::config::text::duration;
use crate::domain::id::DealId;
use crate::domain::measure::Gap;
use crate::domain::measure::cell::By;
use crate::domain::measure::credit::{LONGEST_WINDOW, Rule, Touch, USUAL_WINDOW};
use crate::domain::measure::outcomes::Outcomes;
use crate::domain::measure::report::{Compliance, Load, Report};
use crate::domain::sla::Response;
use crate::domain::time::{Span, Timestamp};
use crate::server::measure::MeasureError;
use crate::server::measure::outcomes::Asked;
use crate::server::measure::report::{Asker, Desk, OnlyThese, Sees, days};
use crate::server::store::{Device, Store};
use crate::wire::problem::Problem;
use crate::wire::report::{Replies, ReportBody};

/// Most replies of one answer.
pub(super) const MOST: usize = 500;

/// Most deals of one answer: each asks for all of them to be looked at again.
const MOST_DEALS: usize = 5_000;

/// The period when none is asked for.
const USUAL: Span = Span::minutes(30 * 24 * 60);

/// The longest period, in seconds: ten years.
const LONGEST: i64 = 3_660 * 24 * 3_600;

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// By what its rows are. Of `sla` and `outcomes`: `team`, `cohort` (when left out), `rep`, `hour`, `line`, `use_case`. Of
    /// `load`, one of its tables: `rep` or `team`. Of `compliance`: `line`, `campaign` or `wait`.
    by: Option<String>,
    /// How far back, in days, today included: `30d`, which holds when it is left out.
    since: Option<String>,
    /// The newest replies that were not answered in time, so many at most, each with its story. Of `sla` alone.
    breaches: Option<usize>,
    /// With what charts are drawn from: every day, and the hours of the week. Of `sla` alone.
    #[serde(default)]
    charts: bool,
    /// How many days before its end a deal can be credited to a reply: 90 when left out. Of `outcomes` alone.
    window: Option<i64>,
    /// To which exchange in them: `last` (when left out), `first` or `any`. Of `outcomes` alone.
    touch: Option<String>,
    /// How many deals are listed at most, each with the conversation it is credited to; 5,000 at most. Of `outcomes` alone.
    deals: Option<usize>,
    /// Those after this one, the last of the answer before: its deal,
    after: Option<String>,
    /// and its entry (`seq`).
    after_seq: Option<u64>,
    /// Whether what was imported of the time before each team began is held against what came since. Of `outcomes` alone,
    /// for whoever sees everything.
    compare: Option<bool>,
    /// The same, with this date as the day on which all teams began: `2026-03-02`.
    before: Option<String>,
}

/// Which replies.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RepliesQuery {
    /// Whose rows: as in the report.
    pub(super) by: Option<String>,
    /// Of which row: its `key`. `by=rep`, what is no rep's: empty, or `nobody` while no rep has that for a short name.
    pub(super) key: Option<String>,
    /// How far back, in days, today included: `30d`, which holds when it is left out.
    pub(super) since: Option<String>,
    /// Of these days only: from this one, `2026-11-28`,
    pub(super) from: Option<String>,
    /// to this one, included.
    pub(super) to: Option<String>,
    /// `running`, `in_time`, `late`, `overdue`, `dropped`, `dropped_late`; `missed` for all that fell due unanswered,
    /// `answered` for those in time or late, `needed` for all but `dropped`, `judged` for those that were answered or fell
    /// due, `ended_late` for `late` and `dropped_late`.
    pub(super) standing: Option<String>,
    /// `first` answers of a conversation, or `next` ones.
    pub(super) response: Option<String>,
    /// Those that were late for this cause; `opt_out_hold` are those that nobody might answer.
    pub(super) cause: Option<String>,
    /// Those where nobody was there in this way.
    pub(super) gap: Option<String>,
    /// Those that stood on this step of their ladder, from 1.
    pub(super) step: Option<u8>,
    /// Those that moved up their ladder, or those that did not.
    pub(super) climbed: Option<bool>,
    /// Those of which it is known how long they took from the first offer to the first take, or those of which it is not.
    pub(super) taken: Option<bool>,
    /// Those after this one, the last of the answer before: its entry (`seq`).
    pub(super) after: Option<u64>,
    /// At most so many; 500 at most, and when left out.
    pub(super) limit: Option<usize>,
}

impl RepliesQuery {
    /// What is asked for; nothing when a name is none.
    pub(super) fn only(self) -> Option<OnlyThese> {
        let gap = match self.gap {
            Some(name) => Some(Gap::ALL.into_iter().find(|gap| gap.name() == name)?.bit()),
            None => None,
        };
        if self.step.is_some_and(|step| !(1..=16).contains(&step)) {
            return None;
        }
        let row = match self.key {
            Some(key) => Some((by(self.by.as_deref())?, key)),
            None => None,
        };
        let response = match self.response.as_deref() {
            None => None,
            Some("first") => Some(Response::First),
            Some("next") => Some(Response::Next),
            Some(_) => return None,
        };
        Some(OnlyThese {
            row,
            standing: self.standing,
            response,
            cause: self.cause,
            gap,
            step: self.step,
            climbed: self.climbed,
            taken: self.taken,
            waited: None,
            after: self.after,
        })
    }
}

/// How soon replies were answered (`sla`), who carried how much (`load`), what consent cost (`compliance`), what answering was
/// worth (`outcomes`). Admins and auditors see all, leads their teams, reps their own; `compliance` is not for reps.
#[utoipa::path(get, path = "/v1/reports/{name}", params(("name" = String, Path, description = "`sla`, `load`, `compliance` or `outcomes`"), ReportQuery), security(("device" = [])), responses(
    (status = 200, description = "The report", body = ReportBody),
    (status = 400, description = "The query is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Not for reps", body = Problem),
    (status = 404, description = "There is no such report", body = Problem),
    (status = 503, description = "Nothing was measured yet", body = Problem),
))]
pub async fn one(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    Path(name): Path<String>,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Json<ReportBody>, Failure> {
    let Query(query) = query.map_err(|_| bad())?;
    let id = request_id(id);
    let desk = desk(&app, &device, query.since.as_deref(), id.clone()).await?;
    let one_of = |names: &[&str]| {
        let asked = query.by.clone().unwrap_or_default();
        Some(asked).filter(|by| by.is_empty() || names.contains(&by.as_str()))
    };
    let by = match name.as_str() {
        "sla" | "outcomes" => by(query.by.as_deref()).ok_or_else(bad)?,
        _ => By::Cohort,
    };
    let breaches = query.breaches.unwrap_or(0).min(MOST);
    let rule = rule(query.window, query.touch.as_deref()).ok_or_else(bad)?;
    let after = query.after.clone().map(DealId).zip(query.after_seq);
    let asked = Asked { by, rule, deals: query.deals.unwrap_or(0).min(MOST_DEALS), after };
    let failed = |e: &MeasureError| Failure::internal(id.clone(), e);
    let report = match name.as_str() {
        "sla" if query.charts => apart(move || desk.drawn(by, breaches)).await.map(|sla| Report::Sla(Box::new(sla))),
        "sla" => apart(move || desk.sla(by, breaches)).await.map(|sla| Report::Sla(Box::new(sla))),
        "outcomes" => {
            let before = match query.before.as_deref() {
                Some(text) => Some(text.parse().ok().and_then(|date| desk.begin_of(date)).ok_or_else(bad)?),
                None => None,
            };
            let compare = query.compare.unwrap_or(false) || before.is_some();
            if compare && desk.sees != Sees::All {
                return Err(not_theirs());
            }
            let told = outcomes(app.service.store().as_ref(), desk, asked, (compare, before)).await;
            told.map(|told| Report::Outcomes(Box::new(told)))
        }
        "load" => {
            let by = one_of(&["rep", "team"]).ok_or_else(bad)?;
            apart(move || desk.load()).await.map(|load| Report::Load(Box::new(Load { by, ..load })))
        }
        "compliance" => {
            let by = one_of(&["line", "campaign", "wait"]).ok_or_else(bad)?;
            // It reads file and database in turn.
            let (store, here) = (Arc::clone(app.service.store()), tokio::runtime::Handle::current());
            let found = apart(move || here.block_on(desk.compliance(store.as_ref()))).await.map_err(|e| failed(&e))?;
            let found = found.ok_or_else(not_for_reps)?;
            Ok(Report::Compliance(Box::new(Compliance { by, ..found })))
        }
        _ => return Err(no_such()),
    };
    Ok(Json(ReportBody(report.map_err(|e| failed(&e))?)))
}

/// The replies behind a number of the report `sla`, newest first, each with its conversation and its story.
#[utoipa::path(get, path = "/v1/reports/sla/replies", params(RepliesQuery), security(("device" = [])), responses(
    (status = 200, description = "At most 500, newest first", body = Replies),
    (status = 400, description = "The query is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 503, description = "Nothing was measured yet", body = Problem),
))]
pub async fn replies(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    query: Result<Query<RepliesQuery>, QueryRejection>,
) -> Result<Json<Replies>, Failure> {
    let Query(query) = query.map_err(|_| bad())?;
    let id = request_id(id);
    let desk = desk(&app, &device, query.since.as_deref(), id.clone()).await?;
    let desk = desk.between(query.from.as_deref(), query.to.as_deref()).ok_or_else(bad)?;
    let limit = query.limit.unwrap_or(MOST).clamp(1, MOST);
    let only = query.only().ok_or_else(bad)?;
    let found = apart(move || {
        Ok(match desk.mistake(&only)? {
            Some(mistake) => Err(mistake),
            None => Ok(desk.told(&only, limit + 1)?),
        })
    });
    let found = found.await.map_err(|e| Failure::internal(id, &e))?;
    let mut replies = found.map_err(|mistake| unknown(&mistake))?;
    let more = replies.len() > limit;
    replies.truncate(limit);
    Ok(Json(Replies { replies, more }))
}

pub(super) fn not_for_reps() -> Failure {
    let title = "The report about consent is for leads, admins and auditors.";
    Failure::new(StatusCode::FORBIDDEN, "not_allowed", title, "Ask your lead.")
}

/// Teams that started at different times are held against each other: with some of them left out it says something else.
fn not_theirs() -> Failure {
    let title = "Before and since is compared over all teams: for admins and auditors.";
    Failure::new(StatusCode::FORBIDDEN, "not_allowed", title, "Ask an admin, or leave --compare and --before out.")
}

pub(super) fn no_such() -> Failure {
    let title = "There is no such report.";
    Failure::new(StatusCode::NOT_FOUND, "no_such_report", title, "sla, load, compliance or outcomes")
}

pub(super) fn bad() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "bad_query", "The query is not readable.", "See /openapi.json.")
}

/// Something was asked for that there is not: `mistake` says what, and what there is.
pub(super) fn unknown(mistake: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "bad_query", &format!("Nothing is so: {mistake}."), "See /openapi.json.")
}

pub(super) fn by(name: Option<&str>) -> Option<By> {
    name.map_or(Some(By::Cohort), By::named)
}

async fn outcomes(
    store: &dyn Store,
    desk: Desk,
    asked: Asked,
    (compare, before): (bool, Option<Timestamp>),
) -> Result<Outcomes, MeasureError> {
    let past = if compare {
        let measured = desk.clone();
        let (from, until) = apart(move || measured.days_of_before(before)).await?;
        store.past(from, until).await?
    } else {
        Vec::new()
    };
    apart(move || {
        let compared = if compare { desk.compared(asked.rule, before, &past)? } else { None };
        Ok(Outcomes { compared, ..desk.outcomes(&asked)? })
    })
    .await
}

/// How deals are credited.
pub(super) fn rule(window: Option<i64>, touch: Option<&str>) -> Option<Rule> {
    let window_days = window.unwrap_or(USUAL_WINDOW);
    let touch = touch.map_or(Some(Touch::Last), Touch::named)?;
    (1..=LONGEST_WINDOW).contains(&window_days).then_some(Rule { window_days, touch })
}

/// Reports read a file: not on a thread that others wait for.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MeasureError> + Send + 'static,
) -> Result<T, MeasureError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| MeasureError::File(e.to_string()))?
}

pub(super) async fn desk(app: &App, device: &Device, since: Option<&str>, id: Option<String>) -> Result<Desk, Failure> {
    let not_yet = || {
        let title = "This backend does not measure.";
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not_measured", title, "Its log says why.")
    };
    let projections = Arc::clone(app.service.measured().ok_or_else(not_yet)?);
    let playbook = app.service.playbook();
    let sees = Sees::of(&playbook, &Asker::Rep(device.rep.clone())).ok_or_else(bad)?;
    let (head, _) = app.service.store().head().await.map_err(|e| Failure::of_store(id, &e))?;
    let now = app.service.clock().now().max(head.at);
    // Whole days are counted: minutes would silently be the whole of today.
    let whole = |text: &str| duration(text).filter(|_| text.ends_with(['d', 'h']));
    let since = since.map_or(Some(USUAL), whole).filter(|since| (1..=LONGEST).contains(&since.as_seconds()));
    let window = days(&playbook, now, since.ok_or_else(bad)?);
    Ok(Desk { projections, playbook, head: head.seq, now, sees, window })
}
