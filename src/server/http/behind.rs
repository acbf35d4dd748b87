//! `GET /v1/reports/{name}/conversations`: what a number of a report opens.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::SignedInDevice;
use super::problem::Failure;
use super::reports::{MOST, RepliesQuery, apart, bad, by, desk, no_such, not_for_reps, rule, unknown};
use super::{App, RequestId, request_id};
use crate::domain::id::{LineId, RepId, TeamId};
use crate::domain::measure::outcomes::Fate;
use crate::domain::measure::outcomes::opened::{Piece, Worth};
use crate::domain::measure::{Adherence, Cause};
use crate::server::measure::behind::load::{Carried, OfWhom};
use crate::server::measure::behind::worth::OfWorth;
use crate::server::measure::behind::{Asked, OfConsent};
use crate::server::measure::report::OnlyThese;
use crate::wire::problem::Problem;
use crate::wire::report::Conversations;

/// Which conversations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BehindQuery {
    /// How far back, in days, today included: `30d`, which holds when it is left out. The report's own.
    since: Option<String>,
    /// Of these days only: from this one, `2026-11-28`,
    from: Option<String>,
    /// to this one, included.
    to: Option<String>,
    /// Whose rows, as in the report.
    by: Option<String>,
    /// Of which row, its `key`. `by=rep`, what is no rep's: empty, or `nobody` while no rep has that for a short name. `load`
    /// has nothing of nobody's.
    key: Option<String>,
    /// `sla`: `running`, `in_time`, `late`, `overdue`, `dropped`, `dropped_late`, `missed` for all that fell due unanswered,
    /// `answered` for those in time or late, `needed` for all but `dropped`, `judged` for those that were answered or fell
    /// due, `ended_late` for `late` and `dropped_late`.
    standing: Option<String>,
    /// `sla`: `first` answers of a conversation, or `next` ones.
    response: Option<String>,
    /// `sla`; `missed` and `cost` of `outcomes`: late for this cause.
    cause: Option<String>,
    /// `sla`: where nobody was there in this way.
    gap: Option<String>,
    /// `sla`: on this step of their ladder, from 1.
    step: Option<u8>,
    /// `sla`: those that moved up their ladder, or those that did not.
    climbed: Option<bool>,
    /// `sla`: those of which it is known how long they took from the first offer to the first take, or those of which it is
    /// not.
    taken: Option<bool>,
    /// Which number. `compliance`: `opt_outs` (when left out), `holds`, `replies` by how long they waited (`band`), `quiet`
    /// for answers that waited for the buyer's hours, `overruled` for those that were sent all the same. `load`: `offers`
    /// (when left out), `takes`, `passes`, `answers`, `held`, `most`, `now`; of a rep (`by=rep&key=…`), of a team with those
    /// who left it (`by=team&key=…`; an empty key for who is in none), of its active members alone (`by=members&key=…`), or
    /// of all. `outcomes`: `exchanges` (when left out), `meetings`, `won`, `lost`, `ended`, `open`, `moved`, `still`,
    /// `outside`, `missed`, `cost`; of a row, as in the report.
    what: Option<String>,
    /// `outcomes`: whose first reply was answered so: `met`, `missed`, `unjudged`.
    adherence: Option<String>,
    /// `outcomes`: deals of this currency; empty for the company's own.
    currency: Option<String>,
    /// `outcomes`: `moved` from this stage, or `still` in it.
    stage: Option<String>,
    /// `outcomes`: of `outside`, deals that are `won`, `lost` or `open`.
    fate: Option<String>,
    /// `outcomes`: how deals are credited, as in the report: days,
    window: Option<i64>,
    /// and `last`, `first` or `any`.
    touch: Option<String>,
    /// `compliance`: opt-outs, or answers, of this line.
    line: Option<String>,
    /// `compliance`: opt-outs of this campaign; empty for those that none came before.
    campaign: Option<String>,
    /// `compliance`: opt-outs of buyers who had waited so long, or `replies` that did, by the band's name.
    band: Option<String>,
    /// `compliance`: holds that ended so; `ended` for all that did, `in_time` for those in time; `open` for all that still
    /// wait for a ruling, `waiting` for those of them that are in time, `overdue` for those that are past due.
    end: Option<String>,
    /// At most so many; 500 at most, and when left out.
    limit: Option<usize>,
}

/// The conversations behind a number of a report, newest first, each once. Who may see the report may ask.
#[utoipa::path(get, path = "/v1/reports/{name}/conversations", params(("name" = String, Path, description = "`sla`, `outcomes`, `load` or `compliance`"), BehindQuery), security(("device" = [])), responses(
    (status = 200, description = "At most 500, newest first", body = Conversations),
    (status = 400, description = "The query is not readable", body = Problem),
    (status = 401, description = "The device is not signed in", body = Problem),
    (status = 403, description = "Not for reps", body = Problem),
    (status = 404, description = "There is no such report", body = Problem),
    (status = 503, description = "Nothing was measured yet", body = Problem),
))]
pub async fn conversations(
    State(app): State<App>,
    id: Option<Extension<RequestId>>,
    SignedInDevice(device, _): SignedInDevice,
    Path(name): Path<String>,
    query: Result<Query<BehindQuery>, QueryRejection>,
) -> Result<Json<Conversations>, Failure> {
    let Query(query) = query.map_err(|_| bad())?;
    let id = request_id(id);
    let desk = desk(&app, &device, query.since.as_deref(), id.clone()).await?;
    let desk = desk.between(query.from.as_deref(), query.to.as_deref()).ok_or_else(bad)?;
    let limit = query.limit.unwrap_or(MOST).clamp(1, MOST);
    let mut conversations = match name.as_str() {
        "sla" => {
            let only = of_replies(query).ok_or_else(bad)?;
            if let Some(mistake) = only.mistake() {
                return Err(unknown(&mistake));
            }
            let found = apart(move || desk.behind_replies(&only, limit + 1)).await;
            found.map_err(|e| Failure::internal(id, &e))?
        }
        "compliance" => {
            let of = of_consent(query).ok_or_else(bad)?;
            let found = desk.behind_consent(app.service.store().as_ref(), &of, limit + 1).await;
            found.map_err(|e| Failure::internal(id, &e))?.ok_or_else(not_for_reps)?
        }
        "load" => {
            let (what, of) = of_load(query).ok_or_else(bad)?;
            let opened = apart(move || desk.behind_load(what, &of, limit + 1)).await;
            opened.map_err(|e| Failure::internal(id, &e))?.found
        }
        "outcomes" => {
            let of = of_worth(query).ok_or_else(bad)?;
            let opened = apart(move || desk.behind_outcomes(&of, limit + 1)).await;
            opened.map_err(|e| Failure::internal(id, &e))?.found
        }
        _ => return Err(no_such()),
    };
    let more = conversations.len() > limit;
    conversations.truncate(limit);
    Ok(Json(Conversations { conversations, more }))
}

/// As the list of replies understands it; nothing when a name is none.
fn of_replies(query: BehindQuery) -> Option<OnlyThese> {
    let asked = RepliesQuery {
        by: query.by,
        key: query.key,
        standing: query.standing,
        response: query.response,
        cause: query.cause,
        gap: query.gap,
        step: query.step,
        climbed: query.climbed,
        taken: query.taken,
        ..RepliesQuery::default()
    };
    asked.only()
}

fn of_consent(query: BehindQuery) -> Option<OfConsent> {
    let what = Asked::named(query.what.as_deref())?;
    let line = query.line.map(LineId::new);
    Some(OfConsent { what, line, campaign: query.campaign, band: query.band, end: query.end })
}

fn of_load(query: BehindQuery) -> Option<(Carried, OfWhom)> {
    let what = Carried::named(query.what.as_deref())?;
    let of = match (query.by.as_deref(), query.key) {
        (_, None) => OfWhom::All,
        (None | Some("rep"), Some(rep)) => OfWhom::Rep(RepId::new(rep)),
        (Some("team"), Some(team)) => OfWhom::Team(TeamId::new(team)),
        (Some("members"), Some(team)) => OfWhom::Members(TeamId::new(team)),
        (Some(_), Some(_)) => return None,
    };
    Some((what, of))
}

/// Nothing when a name is none.
fn of_worth(query: BehindQuery) -> Option<OfWorth> {
    let row = match query.key {
        Some(key) => Some((by(query.by.as_deref())?, key)),
        None => None,
    };
    let adherence = match query.adherence.as_deref() {
        Some(name) => Some(Adherence::named(name)?),
        None => None,
    };
    let cause = match query.cause.as_deref() {
        Some(name) => Some(Cause::named(name)?),
        None => None,
    };
    let fate = match query.fate.as_deref() {
        Some(name) => Some(Fate::named(name)?),
        None => None,
    };
    let piece = Piece { row, adherence, currency: query.currency, stage: query.stage, cause, fate };
    let worth = query.what.as_deref().map_or(Some(Worth::default()), Worth::named)?;
    Some(OfWorth { worth, piece, rule: rule(query.window, query.touch.as_deref())? })
}
