//! What the screen says of a state. Never two words for one reason, never one word for two.

use super::paint::Tone;
use super::ticker::Ticker;
use crate::client::handle::{Doubt, LinkState, Older, OutboxStanding, Row};
use crate::domain::contact::Address;
use crate::domain::conversation::{AnswerState, Status};
use crate::domain::event::Review;
use crate::domain::id::TeamId;
use crate::domain::message::{Delivery, InboundKind};
use crate::domain::quiet_hours::Waits;
use crate::domain::routing::Holder;
use crate::domain::sending::was_full;
use crate::domain::standing::Standing;
use crate::domain::time::Timestamp;
use crate::domain::zone::{Place, Source};
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::update;
use crate::wire::changes::Presence;

/// Texts that are not at hand, and when they come.
pub(super) const fn older(older: Older, link: &LinkState) -> &'static str {
    match (older.asked, link) {
        (false, _) => "older texts above: scroll up",
        (true, LinkState::Starting | LinkState::Online) => "older texts: loading…",
        (true, LinkState::Offline { .. }) => "older texts: when the network is back",
        (true, LinkState::SignedOut) => "older texts: when you are signed in again",
        (true, LinkState::Refused { .. }) => "older texts: when the backend lets this machine in",
    }
}

/// Somebody by name and number; whom nobody has a name for, by the number alone.
pub(super) fn person(name: &str, address: &Address) -> String {
    if name == address.as_str() { name.to_owned() } else { format!("{name} {}", address.as_str()) }
}

/// Why a text waits for its rep: all reasons in one line.
pub(super) fn reviews(model: &Model, reasons: &[Review]) -> String {
    if reasons.contains(&Review::OptOutHold) {
        let key = if model.offers(Action::Rule) { " (z)" } else { "" };
        return format!("opt-out hold: waits until somebody rules{key}");
    }
    let all: Vec<String> = reasons.iter().map(|reason| reason.words(|rep| model.rep_name(rep).to_owned())).collect();
    format!("needs your eye: {}", all.join("; "))
}

/// An answer that waits for nothing but somebody else.
const SECOND: &str = "waits for approval";

/// How it stands with a number, before a word is written to it: where it is written, so that no other key is named than works
/// there.
pub(super) fn number(model: &Model, standing: &Standing, tick: &Ticker) -> (String, Tone) {
    match standing {
        Standing::OptedOut(out) => {
            (format!("opted out ({}): cannot be sent", update::opted_out(model, out)), Tone::Bad)
        }
        Standing::OnHold => ("opt-out hold: nothing goes (Esc, z)".to_owned(), Tone::Bad),
        Standing::Direct(until) => {
            let until = tick.clock_time(*until, model.zone());
            (format!("night there: may go till {until} here"), Tone::Dim)
        }
        Standing::Day => ("daytime there: may go".to_owned(), Tone::Dim),
        Standing::Closed(Some(opens)) => {
            (format!("night there: waits until {} here", tick.clock_time(*opens, model.zone())), Tone::Warn)
        }
        Standing::Closed(None) => ("no hour for texts there: needs your eye first".to_owned(), Tone::Warn),
    }
}

/// Where an answer stands.
pub(super) fn answer(model: &Model, state: &AnswerState, place: &Place, tick: &Ticker) -> (String, Tone) {
    match state {
        AnswerState::Held { not_before, waits: Some(why @ (Waits::Window | Waits::Chosen)) } => {
            (waits(model, place, *not_before, *why, tick), Tone::Warn)
        }
        AnswerState::Held { not_before, .. } => (leaves(model, *not_before, tick), Tone::Warn),
        AnswerState::Parked { reasons } if reasons == &[Review::NeedsApproval] => (SECOND.to_owned(), Tone::Warn),
        AnswerState::Parked { reasons } => (reviews(model, reasons), Tone::Bad),
        AnswerState::Sending => ("sending".to_owned(), Tone::Dim),
        AnswerState::Unknown => ("unknown: the carrier has not said whether it left".to_owned(), Tone::Bad),
        AnswerState::Out { delivery, error } => match delivery {
            Delivery::Accepted | Delivery::Queued | Delivery::Sending | Delivery::Sent => {
                ("sent".to_owned(), Tone::Dim)
            }
            Delivery::Delivered => ("delivered ✓".to_owned(), Tone::Good),
            Delivery::Read => ("read ✓".to_owned(), Tone::Good),
            Delivery::Failed | Delivery::Undelivered => (failed(*error), Tone::Bad),
        },
    }
}

/// An undo hold, counting down in real seconds. Once it is over the backend sends, and tells it when it is heard.
pub(super) fn leaves(model: &Model, at: Timestamp, tick: &Ticker) -> String {
    if at > tick.now {
        return format!("sending in {}", tick.until(at));
    }
    match &model.link {
        LinkState::Offline { .. } => "the backend has it: news waits for the network".to_owned(),
        LinkState::Starting | LinkState::Online | LinkState::SignedOut | LinkState::Refused { .. } => {
            let late = at + tick.real_seconds(SOON);
            if late > tick.now {
                // The screen wakes for it.
                let _ = tick.until(late);
                return "sending now".to_owned();
            }
            // Which of them stands with the line, not with the text: admins are told of a line that is stopped. Short, for
            // beside the list it is cut.
            "rate limit or stopped number: not sent yet".to_owned()
        }
    }
}

/// Real seconds within which a text leaves after its undo hold, unless its line keeps it back.
const SOON: i64 = 15;

/// A text that waits for its hour: until when, there and here, and why.
pub(super) fn waits(model: &Model, place: &Place, at: Timestamp, why: Waits, tick: &Ticker) -> String {
    let why = match why {
        Waits::Window => "quiet hours there",
        Waits::Chosen => "as you chose",
        Waits::Overruled => "",
    };
    format!("{}, {why}", waits_until(model, place, at, tick))
}

/// `waits until Wed 9:00 there, 12:00 here`: the time here when it is another, its day only when that is.
pub(super) fn waits_until(model: &Model, place: &Place, at: Timestamp, tick: &Ticker) -> String {
    let (there, here) = (tick.clock_time(at, place.zone()), tick.clock_time(at, model.zone()));
    if there == here {
        return format!("waits until {here}");
    }
    let day = there.rsplit_once(' ').map_or("", |(day, _)| day);
    let here = here.strip_prefix(day).map_or(here.as_str(), str::trim_start);
    format!("waits until {there} there, {here} here")
}

/// Why a text did not arrive, and the key that sends it again where that is what is wanted.
pub(super) fn failed(error: Option<u32>) -> String {
    let again = if error.is_some_and(was_full) { "; z sends it again" } else { "" };
    format!("{}{again}", why_failed(error))
}

/// Why a text did not arrive (Twilio's error codes).
pub(super) fn why_failed(error: Option<u32>) -> String {
    let why = match error {
        Some(21610) => "the number opted out",
        Some(code) if was_full(code) => "the carrier had no room for it",
        Some(30003) => "the phone is off or out of reach",
        Some(30004) => "the number blocks texts",
        Some(30005) => "there is no such number",
        Some(30006) => "a landline, or out of the carrier's reach",
        Some(30007) => "the carrier filtered it as spam",
        Some(30008) | None => "the carrier does not say why",
        Some(other) => return format!("failed: carrier error {other}"),
    };
    format!("failed: {why}")
}

/// Where an entry of the outbox stands.
pub(super) fn standing(
    model: &Model,
    standing: &OutboxStanding,
    place: Option<&Place>,
    tick: &Ticker,
) -> (String, Tone) {
    match standing {
        OutboxStanding::Queued => ("waits for the network".to_owned(), Tone::Warn),
        OutboxStanding::Sent => ("asked for, not confirmed yet".to_owned(), Tone::Dim),
        OutboxStanding::Held(at) => (leaves(model, *at, tick), Tone::Warn),
        OutboxStanding::Waits(at, why) => {
            let here = Place::of_zone(model.zone(), Source::Tenant);
            (waits(model, place.unwrap_or(&here), *at, *why, tick), Tone::Warn)
        }
        OutboxStanding::Recalling => ("asked back, may still leave".to_owned(), Tone::Warn),
        OutboxStanding::Parked(reasons) if reasons == &[Review::NeedsApproval] => (SECOND.to_owned(), Tone::Warn),
        OutboxStanding::Parked(reasons) => (reviews(model, reasons), Tone::Bad),
        OutboxStanding::Refused(why) => (format!("refused: {why}"), Tone::Bad),
        OutboxStanding::Doubtful(Doubt::NeverLeft) => ("never left".to_owned(), Tone::Bad),
        OutboxStanding::Doubtful(Doubt::OnItsWay) => ("may have left".to_owned(), Tone::Bad),
        OutboxStanding::Doubtful(Doubt::Accepted) => ("may be lost".to_owned(), Tone::Bad),
        OutboxStanding::Unknown => ("unknown: the carrier has not said whether it left".to_owned(), Tone::Bad),
        OutboxStanding::Failed(error) => (failed(*error), Tone::Bad),
    }
}

/// What is known of something that a sign-in left behind, and what to do about it.
pub(super) const fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NeverLeft => "It never left this device: look, then send it or drop it.",
        Doubt::OnItsWay => "Nobody knows whether it arrived: look before it goes again.",
        Doubt::Accepted => "Accepted, but the backend may have lost it: look first.",
    }
}

/// What a buyer's text was, when it was not words from a person.
pub(super) const fn kind(kind: InboundKind) -> Option<&'static str> {
    match kind {
        InboundKind::Text | InboundKind::Picture => None,
        InboundKind::Tapback => Some("only a reaction"),
        InboundKind::Acknowledgement => Some("only acknowledges"),
        InboundKind::AutoReply => Some("their phone answered"),
        InboundKind::OptOut => Some("opts out: no more texts"),
        InboundKind::OptIn => Some("texts are welcome again"),
        InboundKind::Help => Some("HELP: the carrier or the playbook answers"),
    }
}

/// The most important thing about a row, in a few words.
pub(super) fn row(model: &Model, row: &Row, guest: bool, tick: &Ticker) -> Option<(String, Tone)> {
    if row.hold.is_some() {
        return Some(("opt-out hold".to_owned(), Tone::Bad));
    }
    if row.needs_eye {
        return Some(("needs your eye".to_owned(), Tone::Bad));
    }
    if row.approval.is_some() {
        return Some(("needs your approval (z)".to_owned(), Tone::Bad));
    }
    if let Some(at) = row.leaves_at {
        return Some((leaves(model, at, tick), Tone::Warn));
    }
    if let Some(at) = row.waits_until {
        return Some((waits_until(model, &row.place, at, tick), Tone::Warn));
    }
    if row.asks_second {
        return Some(("waits for approval".to_owned(), Tone::Warn));
    }
    if row.queued {
        return Some(("waits for the network".to_owned(), Tone::Warn));
    }
    if let Some(block) = &row.blocked {
        return Some((format!("blocked: {}", block.reason.words()), Tone::Bad));
    }
    if row.opted_out.is_some() {
        return Some(("opted out".to_owned(), Tone::Bad));
    }
    match row.status {
        Status::Snoozed(until) => {
            return Some((format!("snoozed until {}", tick.clock_time(until, model.zone())), Tone::Dim));
        }
        Status::Done(outcome) => return Some((format!("done: {}", outcome.words()), Tone::Dim)),
        Status::Open => {}
    }
    if guest {
        let holder = row.assignment.as_ref().and_then(|a| a.to.rep()).filter(|rep| Some(*rep) != model.me());
        return Some(match holder {
            Some(rep) => (format!("now with {}", model.rep_name(rep)), Tone::Dim),
            None => ("not in this inbox any more".to_owned(), Tone::Dim),
        });
    }
    if row.draft {
        return Some(("draft".to_owned(), Tone::Warn));
    }
    if let Some(lent) = lent(model, row) {
        return Some((lent, Tone::Dim));
    }
    match row.assignment.as_ref().map(|a| &a.to) {
        Some(Holder::Rep(rep)) if Some(rep) != model.me() => {
            Some((format!("with {} ·", model.rep_name(rep)), Tone::Dim))
        }
        Some(Holder::Pool(_)) => Some(("in the pool ·".to_owned(), Tone::Dim)),
        Some(Holder::Rep(_)) | None => None,
    }
}

/// On a row that somebody holds for an owner who is away: the two by their first names, for a list is narrow.
fn lent(model: &Model, row: &Row) -> Option<String> {
    let of = &row.loan.as_ref()?.of;
    let by = row.assignment.as_ref().and_then(|a| a.to.rep())?;
    let first = |rep| model.rep_name(rep).split(' ').next().unwrap_or_default().to_owned();
    Some(match (Some(by) == model.me(), Some(of) == model.me()) {
        (true, _) => format!("cover for {} ·", first(of)),
        (false, true) => format!("{} covers ·", first(by)),
        (false, false) => format!("{} covers for {} ·", first(by), first(of)),
    })
}

/// How it stands with a colleague.
pub(super) fn here(model: &Model, presence: Option<&Presence>, tick: &Ticker) -> (String, Tone) {
    match presence {
        Some(Presence { away: true, until: Some(until), .. }) => {
            (format!("away until {}", tick.clock_time(*until, model.zone())), Tone::Warn)
        }
        Some(Presence { away: true, until: None, .. }) => ("away".to_owned(), Tone::Warn),
        Some(Presence { here: true, .. }) => ("here".to_owned(), Tone::Good),
        Some(_) | None => ("not at the terminal".to_owned(), Tone::Dim),
    }
}

/// A team, as people say it.
pub(super) fn team(model: &Model, team: &TeamId) -> String {
    let label = model.playbook().and_then(|playbook| playbook.teams.get(team)).map(|team| team.label.clone());
    label.unwrap_or_else(|| team.to_string())
}
