//! The hand-over: one's own cover note on top, then what happened meanwhile, conversation by conversation.

use ratatui::layout::Rect;

use super::list::clock_words;
use super::paint::{Painter, Tone, wrapped};
use super::{inside, words};
use crate::client::handle::{Change, WhileAway};
use crate::domain::routing::Holder;
use crate::tui::model::Model;
use crate::tui::theme::SELECTED_MARK;

/// Rows of one conversation.
const ROWS: u16 = 2;
/// Most rows of the note.
const NOTE: usize = 3;

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    let told = model.inbox.as_ref().and_then(|inbox| inbox.while_away.as_ref());
    p.frame(area, "While you were away", true);
    let area = inside(area);
    let Some(told) = told else {
        return p.park(area.x, area.y);
    };
    let top = head(model, told, area, p);
    let body = Rect::new(area.x, top, area.width, area.bottom().saturating_sub(top));
    if told.changes.is_empty() {
        p.put(
            body.x + 1,
            body.y,
            body.width.saturating_sub(1),
            "Nothing happened to your conversations.",
            Tone::Strong,
        );
        return p.park(body.x, body.y);
    }
    let fit = usize::from((body.height / ROWS).max(1));
    let at = told.changes.iter().position(|change| Some(change.id) == model.handed);
    let first = (at.unwrap_or(0) + 1).saturating_sub(fit);
    for (n, change) in (0u16..).zip(told.changes.iter().skip(first).take(fit)) {
        let spot = Rect::new(body.x, body.y + n * ROWS, body.width, ROWS);
        draw_change(model, change, spot, p);
        if Some(change.id) == model.handed {
            p.put(spot.x, spot.y, 1, SELECTED_MARK, Tone::Strong);
            p.select(Rect::new(spot.x, spot.y, spot.width, 1));
            p.park(spot.x, spot.y);
        }
    }
    let hidden = told.changes.len().saturating_sub(first + fit);
    if hidden > 0 {
        let more = format!(" ↓ {hidden} more ");
        let width = u16::try_from(more.chars().count()).unwrap_or(0);
        p.put(area.right().saturating_sub(width), area.bottom(), width, &more, Tone::Warn);
    }
    if at.is_none() {
        p.park(body.x, body.y);
    }
}

/// When, and the note. Answers the first row below.
fn head(model: &Model, told: &WhileAway, area: Rect, p: &mut Painter<'_>) -> u16 {
    let width = area.width.saturating_sub(2);
    let since = p.tick.clock_time(told.since, model.zone());
    let when = match told.ended {
        Some(ended) => format!("{since} to {}", p.tick.clock_time(ended, model.zone())),
        None => format!("since {since}"),
    };
    let count = match told.changes.len() {
        1 => "1 conversation".to_owned(),
        n => format!("{n} conversations"),
    };
    let hint = if width >= 60 { "· Enter opens, Esc goes to the inbox" } else { "" };
    p.pieces(
        area.x + 1,
        area.y,
        width,
        &[(&when, Tone::Plain), ("·", Tone::Dim), (&count, Tone::Strong), (hint, Tone::Dim)],
    );
    let mut y = area.y + 1;
    if let Some(note) = &told.note {
        let most = NOTE.min(usize::from(area.height / 5)).max(1);
        for line in wrapped(&format!("Your note: {}", note.as_str()), width).into_iter().take(most) {
            p.put(area.x + 1, y, width, &line, Tone::Note);
            y += 1;
        }
    }
    y
}

fn draw_change(model: &Model, change: &Change, area: Rect, p: &mut Painter<'_>) {
    let (x, width) = (area.x + 2, area.width.saturating_sub(2));
    let clock = change.clock.as_ref().filter(|_| change.done.is_none()).map(|clock| clock_words(clock, &p.tick));
    let (clock, tone) = clock.unwrap_or((String::new(), Tone::Plain));
    let account = change.account.as_ref().map_or_else(String::new, |account| format!("· {account}"));
    let name = if change.unread > 0 { Tone::Strong } else { Tone::Plain };
    p.pieces(x, area.y, width, &[(&clock, tone), (&change.name, name), (&account, Tone::Dim)]);
    p.put(x + 2, area.y + 1, width.saturating_sub(2), &sentence(model, change), Tone::Plain);
}

/// What happened, in one line.
fn sentence(model: &Model, change: &Change) -> String {
    let mut said = Vec::new();
    match (change.unread, change.wrote) {
        (0, true) => said.push("wrote".to_owned()),
        (0, false) => {}
        (1, _) => said.push("1 unread text".to_owned()),
        (n, _) => said.push(format!("{n} unread texts")),
    }
    for (rep, times) in &change.answers {
        let times = if *times > 1 { format!(" {times} times") } else { String::new() };
        said.push(format!("{} answered{times}", model.rep_name(rep)));
    }
    match change.late {
        Some(true) => said.push("late".to_owned()),
        Some(false) => said.push("in time".to_owned()),
        None => {}
    }
    said.extend(change.noted.as_ref().map(|by| format!("{} noted", model.rep_name(by))));
    match (&change.done, &change.holder) {
        (Some((outcome, by)), _) => said.push(format!("done by {}: {}", model.rep_name(by), outcome.words())),
        (None, Some(Holder::Rep(rep))) if Some(rep) == model.me() => {
            said.push(if change.returned { "back with you" } else { "with you" }.to_owned());
        }
        (None, Some(Holder::Rep(rep))) => {
            said.push(format!("{} {}", if change.taken { "taken by" } else { "offered to" }, model.rep_name(rep)));
        }
        (None, Some(Holder::Pool(team))) => said.push(format!("in the pool of {}", words::team(model, team))),
        (None, None) => {}
    }
    said.join(" · ")
}
