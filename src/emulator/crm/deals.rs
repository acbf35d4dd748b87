//! `GET /crm/v1/deals`: the deals of the world, which move from stage to stage as its time passes. What there is of them
//! follows from the seed and the time alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

use super::Contact;
use super::http::is_let_in;
use crate::domain::time::{Span, Timestamp};
use crate::emulator::api::answer;
use crate::emulator::dice::Dice;
use crate::emulator::shared::Shared;

/// Deals of one page.
const PAGE: usize = 100;

/// The way of every deal.
const WAY: [&str; 5] = ["discovery", "evaluation", "proposal", "negotiation", "contract"];

/// A day.
const DAY: i64 = 24 * 60;

/// A deal as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Deal {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) contacts: Vec<String>,
    pub(crate) owner: Option<String>,
    pub(crate) stage: String,
    pub(crate) amount_cents: i64,
    pub(crate) currency: String,
    pub(crate) opened_at: String,
    pub(crate) closed_at: Option<String>,
    pub(crate) won: bool,
    pub(crate) changed_at: String,
    pub(crate) stages: Vec<Came>,
}

/// It came to a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Came {
    pub(crate) at: String,
    pub(crate) stage: String,
}

/// The CRM's route for deals.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/crm/v1/deals", get(list))
}

async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Some(refused) = is_let_in(&shared, &headers).await {
        return refused;
    }
    let query = query.unwrap_or_default();
    let asked = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let since = asked("since").unwrap_or_default();
    let Ok(after) = asked("after").map_or(Ok(0), |after| after.parse::<usize>()) else {
        return answer(StatusCode::BAD_REQUEST, &json!({ "error": "after is what the page before said" }));
    };
    let (page, next) = page(deals(&shared.contacts, shared.began, shared.now()), &since, after);
    answer(StatusCode::OK, &json!({ "deals": page, "next": next }))
}

/// Instants are texts of one form, so that their order is that of time.
fn page(mut all: Vec<Deal>, since: &str, after: usize) -> (Vec<Deal>, Option<String>) {
    all.retain(|deal| deal.changed_at.as_str() >= since);
    all.sort_by(|a, b| (&a.changed_at, &a.id).cmp(&(&b.changed_at, &b.id)));
    let more = all.len() > after.saturating_add(PAGE);
    let page = all.into_iter().skip(after).take(PAGE).collect();
    (page, more.then(|| (after + PAGE).to_string()))
}

/// Every deal of a world that began at `start`, as of `now`: the one that each contact's card shows, which goes on from
/// there within the first hours, and some that ended before.
pub(crate) fn deals(contacts: &[Contact], start: Timestamp, now: Timestamp) -> Vec<Deal> {
    let all = contacts.iter().enumerate().flat_map(|(i, contact)| {
        let i = i as u64;
        [running(contact, i, start, now), before(contact, i, start)]
    });
    all.flatten().collect()
}

fn running(contact: &Contact, i: u64, start: Timestamp, now: Timestamp) -> Option<Deal> {
    let deal = contact.opportunity.as_ref()?;
    let mut dice = Dice::new(i, "deal", 0);
    let stands = WAY.iter().position(|stage| *stage == deal.stage)?;
    // On the way until the world began, some days for each stage.
    let mut at = start;
    let mut came: Vec<(Timestamp, String)> = Vec::new();
    for stage in WAY[..=stands].iter().rev() {
        at = at - Span::minutes(dice.between(2, 16) * DAY + dice.between(0, DAY - 1));
        came.insert(0, (at, (*stage).to_owned()));
    }
    let opened = at;
    // From then on one in two moves, within minutes or hours.
    let mut at = start;
    let mut closed = None;
    for stage in WAY.iter().skip(stands + 1).chain(&["closed"]) {
        if !dice.chance(55) {
            break;
        }
        at = at + Span::minutes(dice.between(4, 90));
        if *stage == "closed" {
            closed = Some((at, dice.chance(70)));
        } else {
            came.push((at, (*stage).to_owned()));
        }
    }
    let closed = closed.filter(|(at, _)| *at <= now);
    came.retain(|(at, _)| *at <= now);
    let numbers = Numbers { id: deal.id.clone(), name: deal.name.clone(), amount_cents: deal.amount_cents };
    Some(made(numbers, contact, opened, came, closed))
}

/// A deal of the last two months that is over.
fn before(contact: &Contact, i: u64, start: Timestamp) -> Option<Deal> {
    let mut dice = Dice::new(i, "deal before", 0);
    if !dice.chance(45) {
        return None;
    }
    let ended = start - Span::minutes(dice.between(1, 60) * DAY);
    let opened = ended - Span::minutes(dice.between(20, 120) * DAY);
    let step = Span::millis(ended.since(opened).as_millis() / 6);
    let mut at = opened;
    let mut came = Vec::new();
    for stage in WAY {
        came.push((at, stage.to_owned()));
        at = at + step;
    }
    let won = dice.chance(60);
    let number = contact.id.trim_start_matches(|c: char| !c.is_ascii_digit());
    let numbers = Numbers {
        id: format!("opp_9{number}"),
        name: format!("{} pilot", contact.account.name),
        amount_cents: dice.between(8, 300) * 50_000,
    };
    Some(made(numbers, contact, opened, came, Some((ended, won))))
}

struct Numbers {
    id: String,
    name: String,
    amount_cents: i64,
}

fn made(
    of: Numbers,
    contact: &Contact,
    opened: Timestamp,
    mut came: Vec<(Timestamp, String)>,
    closed: Option<(Timestamp, bool)>,
) -> Deal {
    if let Some((at, won)) = closed {
        came.push((at, if won { "closed won" } else { "closed lost" }.to_owned()));
    }
    let (changed, stage) = came.last().cloned().unwrap_or((opened, WAY[0].to_owned()));
    Deal {
        id: of.id,
        name: of.name,
        account: contact.account.id.clone(),
        contacts: vec![contact.id.clone()],
        owner: contact.owner.clone(),
        stage,
        amount_cents: of.amount_cents,
        currency: "USD".to_owned(),
        opened_at: opened.to_string(),
        closed_at: closed.map(|(at, _)| at.to_string()),
        won: closed.is_some_and(|(_, won)| won),
        changed_at: changed.to_string(),
        stages: came.into_iter().map(|(at, stage)| Came { at: at.to_string(), stage }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (Vec<Contact>, Timestamp) {
        let start = Timestamp::from_millis(1_772_550_000_000);
        let reps = ["maya", "ben"].map(str::to_owned);
        (super::super::contacts(4, start, 40, (&reps, &[]), &[]), start)
    }

    #[test]
    fn deals_move_on_as_time_passes_and_never_back() {
        let (contacts, start) = world();
        let (first, later) = (deals(&contacts, start, start), deals(&contacts, start, start + Span::minutes(8 * 60)));
        assert_eq!(first.len(), later.len());
        for (before, after) in first.iter().zip(&later) {
            assert_eq!(before.stages[..], after.stages[..before.stages.len()]);
            assert!(before.changed_at <= after.changed_at && before.opened_at == after.opened_at);
        }
        let moved = first.iter().zip(&later).filter(|(before, after)| before != after).count();
        assert!(moved >= 5, "{moved}");
        assert!(later.iter().filter(|deal| deal.won).count() > first.iter().filter(|deal| deal.won).count());
        // What a card shows is where the deal stood when the world began.
        for contact in contacts.iter().filter(|contact| contact.opportunity.is_some()) {
            let of = contact.opportunity.as_ref().unwrap();
            assert!(first.iter().any(|deal| deal.id == of.id && deal.stage == of.stage));
        }
    }

    #[test]
    fn pages_tell_each_deal_once_in_the_order_of_their_last_change() {
        let (contacts, start) = world();
        let mut all = deals(&contacts, start, start);
        while all.len() < 250 {
            let n = all.len();
            let more = all.iter().cloned().map(|deal| Deal { id: format!("{}-{n}", deal.id), ..deal });
            all.extend(more.collect::<Vec<_>>());
        }
        let (mut told, mut after) = (Vec::new(), Some("0".to_owned()));
        while let Some(from) = after {
            let (some, next) = page(all.clone(), "", from.parse().unwrap());
            told.extend(some);
            after = next;
        }
        assert_eq!(told.len(), all.len());
        assert!(told.is_sorted_by(|a, b| a.changed_at <= b.changed_at));
        assert!(page(all, "9999", 0).0.is_empty());
    }
}
