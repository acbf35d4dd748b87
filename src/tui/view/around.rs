//! How old what the CRM said is, whether it answers, and who else of the account texts: in words.

use super::paint::Painter;
use super::ticker::Ticker;
use super::words;
use crate::client::handle::{Around, LinkState, Thread, Unwritten};
use crate::domain::asking::heard::Heard;
use crate::domain::context::{Account, Card, Opportunity};
use crate::domain::id::ConversationId;
use crate::domain::routing::Holder;
use crate::tui::model::Model;

/// What is known around a conversation.
pub(super) fn of(model: &Model, id: ConversationId) -> Option<&Around> {
    model.around_of(id)
}

/// Whether the CRM is told how a conversation ended, with the note on its meeting, as far as this device knows.
pub(super) fn is_told_ends(model: &Model, thread: &Thread) -> bool {
    thread.heard != Heard::NoCrm && model.playbook().is_none_or(|playbook| playbook.write_back.outcomes)
}

/// `as of 3 min ago`. A card of which that was never asked is as old as the network is away, or older: `as of before 14:02`.
/// Nothing while nobody knows.
pub(super) fn age(model: &Model, thread: &Thread, p: &Painter<'_>) -> Option<String> {
    if let Some(read_at) = of(model, thread.row.id).and_then(|around| around.read_at) {
        let age = p.tick.dated_age(read_at);
        return Some(if age == "just now" { format!("as of {age}") } else { format!("as of {age} ago") });
    }
    match &model.link {
        LinkState::Offline { since, .. } if !thread.cards.is_empty() => {
            Some(format!("as of before {}", p.tick.clock_time(*since, model.zone())))
        }
        LinkState::Offline { .. }
        | LinkState::Starting
        | LinkState::Online
        | LinkState::SignedOut
        | LinkState::Refused { .. } => None,
    }
}

/// `CRM unreachable since 14:02`, while it does not answer; `since before 14:02, last read 13:55` where it has not answered
/// since the backend was started, and where there is no room for both, when it was last read. While its calls of a day are
/// used up, that, and when it is asked again: shorter where the room is too narrow.
pub(super) fn failing(model: &Model, around: Option<&Around>, room: u16, p: &Painter<'_>) -> Option<String> {
    let crm = around?.crm.as_ref()?;
    let time = |at| p.tick.clock_time(at, model.zone());
    let Some(again) = crm.used_up else {
        let before = if crm.since_before { "before " } else { "" };
        let told = format!("CRM unreachable since {before}{}", time(crm.failing?));
        let Some(read) = crm.last_read.map(time) else { return Some(told) };
        let whole = format!("{told}, last read {read}");
        let fits = whole.chars().count() <= usize::from(room);
        return Some(if fits { whole } else { format!("CRM unreachable, last read {read}") });
    };
    let told = format!("{}'s daily limit is used up; asked again at {}", crm.name, time(again));
    if told.chars().count() <= usize::from(room) {
        return Some(told);
    }
    Some(format!("{}: day used up, again {}", crm.name, time(again)))
}

/// Of a write that the CRM has not taken, `since 08:02: HubSpot does not answer`.
pub(super) fn since_and_why(model: &Model, one: &Unwritten, tick: &Ticker) -> String {
    // Of what is said of the CRM, who is meant stands before it already, and there is little room.
    let why = one.why.strip_prefix("the CRM ").unwrap_or(&one.why);
    if one.refused {
        return format!("given up: {why}");
    }
    format!("since {}: {why}", tick.clock_time(one.since, model.zone()))
}

/// `Harbor Logistics · enterprise · 1,200 people · AMER`.
pub(super) fn account(account: &Account) -> String {
    let size = account.size.map(|size| match size {
        1 => "1 person".to_owned(),
        size => format!("{} people", grouped(size.into())),
    });
    let place = account.region.clone().or_else(|| account.country.clone());
    let parts = [Some(account.name.clone()), account.segment.clone(), size, place];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// `Negotiation for 5 d · USD 48,000 · closes 15 Dec`.
pub(super) fn deal(deal: &Opportunity, p: &Painter<'_>) -> String {
    let since = deal.stage_since.map(|since| p.tick.dated_age(since));
    let stage = match since {
        Some(age) if age.starts_with(|c: char| c.is_ascii_digit()) => format!("{} for {age}", deal.stage),
        Some(_) | None => deal.stage.clone(),
    };
    let closes = deal.closes.map(|at| {
        // A day is one in the CRM's books, wherever it is looked at.
        let day = at.utc();
        let now = p.tick.now.utc().date_naive();
        let word = if day.date_naive() < now { "was to close" } else { "closes" };
        let format = if day.format("%Y").to_string() == now.format("%Y").to_string() { "%-d %b" } else { "%-d %b %Y" };
        format!("{word} {}", day.format(format))
    });
    let parts = [Some(stage), Some(amount(deal)), closes];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// `with Omar Reyes (SE), Ines Vidal (SDR)`; nothing for a deal of one.
pub(super) fn team(model: &Model, card: &Card) -> Option<String> {
    let deal = card.opportunity.as_ref()?;
    let one = |member: &crate::domain::context::TeamMember| {
        let name = model.rep_name(&member.rep);
        if member.role.is_empty() { name.to_owned() } else { format!("{name} ({})", member.role) }
    };
    let all: Vec<String> = deal.team.iter().filter(|m| deal.owner.as_ref() != Some(&m.rep)).map(one).collect();
    (!all.is_empty()).then(|| format!("with {}", all.join(", ")))
}

/// Who else of the account texts, a line each: `Priya Anand, 2 h ago: Ben Sato`.
pub(super) fn others(model: &Model, around: &Around, p: &Painter<'_>) -> Vec<String> {
    let one = |other: &crate::wire::around::Other| {
        let holder = match &other.holder {
            Some(Holder::Rep(rep)) if Some(rep) == model.me() => "you".to_owned(),
            Some(Holder::Rep(rep)) => model.rep_name(rep).to_owned(),
            Some(Holder::Pool(team)) => format!("the pool of {}", words::team(model, team)),
            None => "nobody yet".to_owned(),
        };
        let when = other.last_inbound.map(|at| p.tick.dated_age(at)).unwrap_or_default();
        let when =
            if when.starts_with(|c: char| c.is_ascii_digit()) { format!(" {when} ago") } else { format!(" {when}") };
        let done = if other.open { "" } else { ", done" };
        format!("· {}{}: {holder}{done}", other.name, when.trim_end())
    };
    let hidden = match around.hidden {
        0 => None,
        1 => Some("· one more that is not yours to see".to_owned()),
        n => Some(format!("· {n} more that are not yours to see")),
    };
    around.others.iter().map(one).chain(hidden).collect()
}

/// `USD 48,000`; cents only where there are some. Nothing where the CRM has no amount.
pub(super) fn amount(deal: &Opportunity) -> String {
    if deal.amount_cents <= 0 {
        return String::new();
    }
    let (whole, cents) = (deal.amount_cents / 100, deal.amount_cents % 100);
    let cents = if cents > 0 { format!(".{cents:02}") } else { String::new() };
    format!("{} {}{cents}", deal.currency, grouped(whole)).trim().to_owned()
}

fn grouped(whole: i64) -> String {
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
