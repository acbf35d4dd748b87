//! The outbox: what has not left, to whom, how old it is, and why.

use ratatui::layout::Rect;

use super::context::ago;
use super::inside;
use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use super::words;
use crate::client::handle::{LinkState, OutboxEntry, OutboxStanding};
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::theme::SELECTED_MARK;

/// Cells before whom an entry is for, before what it waits for, and before its words.
const WHOM: u16 = 2;
const WAITS: u16 = 4;
const WORDS: u16 = 6;

/// One row of an entry: the cells before it, and its pieces.
type Row = (u16, Vec<(String, Tone)>);

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, &format!("Outbox ({})", model.outbox.len()), true);
    let area = inside(area);
    if model.outbox.is_empty() {
        p.put(area.x + 2, area.y + 1, area.width.saturating_sub(3), "Everything has left.", Tone::Strong);
        p.put(area.x + 2, area.y + 3, area.width.saturating_sub(3), "Esc  back to the inbox", Tone::Dim);
        return p.park(area.x, area.y);
    }
    let hint = match &model.link {
        LinkState::Offline { .. } => "Offline: each is judged again before it goes.",
        LinkState::Refused { .. } => "Nothing goes until what the last line says is done.",
        LinkState::SignedOut => "Signed out: nothing goes until you log in again.",
        LinkState::Starting | LinkState::Online => "r edit · z what may be done · Enter open · Esc back",
    };
    p.put(area.x + 1, area.y, area.width.saturating_sub(1), hint, Tone::Dim);
    let told: Vec<Vec<Row>> = model.outbox.iter().map(|entry| rows(model, entry, area.width, &p.tick)).collect();
    let at = model.outbox.iter().position(|e| Some(e.id) == model.entry);
    let first = first_seen(&told, at.unwrap_or(0), usize::from(area.height.saturating_sub(1)));
    let (mut y, mut seen) = (area.y + 1, first);
    for (entry, rows) in model.outbox.iter().zip(&told).skip(first) {
        let high = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        // The first one is shown as far as there is room, the others whole.
        if y >= area.bottom() || (seen > first && y.saturating_add(high) > area.bottom()) {
            break;
        }
        let spot = Rect::new(area.x, y, area.width, high.min(area.bottom() - y));
        let selected = Some(entry.id) == model.entry;
        p.put(spot.x, spot.y, 1, if selected { SELECTED_MARK } else { " " }, Tone::Strong);
        for (y, (before, pieces)) in (spot.y..spot.bottom()).zip(rows) {
            let pieces: Vec<(&str, Tone)> = pieces.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
            p.pieces(spot.x + before, y, spot.width.saturating_sub(*before), &pieces);
        }
        if selected {
            p.select(spot);
            p.park(spot.x, spot.y);
        }
        (y, seen) = (spot.bottom() + 1, seen + 1);
    }
    p.more(area, first, model.outbox.len().saturating_sub(seen));
    if model.entry.is_none() {
        p.park(area.x, area.y + 1);
    }
}

/// Why it has not left and what is known of it, each in full, for whoever rules on it now. Of an undo hold nothing: its words
/// count down, and these stand still.
pub(in crate::tui) fn why(model: &Model, entry: &OutboxEntry, now: Timestamp) -> Vec<String> {
    if matches!(entry.standing, OutboxStanding::Held(_)) {
        return Vec::new();
    }
    if let OutboxStanding::Failed(error) = &entry.standing {
        return vec![words::why_failed(*error)];
    }
    let place = entry.conversation.and_then(|id| model.row(id)).map(|row| &row.place);
    let (standing, _) = words::standing(model, &entry.standing, place, &Ticker::new(now, model.second));
    let mut why = vec![standing];
    if let OutboxStanding::Doubtful(doubt) = &entry.standing {
        why.push(words::doubt(*doubt).to_owned());
    }
    why
}

/// The first entry on screen when the one at `at` is to be seen whole, in so many rows; one is empty between two.
fn first_seen(told: &[Vec<Row>], at: usize, room: usize) -> usize {
    let high = |index: usize| told.get(index).map_or(0, Vec::len);
    let (mut first, mut taken) = (at, high(at));
    while first > 0 && taken + 1 + high(first - 1) <= room {
        first -= 1;
        taken += 1 + high(first);
    }
    first
}

/// An entry: whom it is for, then what it waits for, beside that where all of it fits, else below, broken and not cut. Then
/// its words, and what is to be known of it when that is more than a word.
fn rows(model: &Model, entry: &OutboxEntry, width: u16, tick: &Ticker) -> Vec<Row> {
    let place = entry.conversation.and_then(|id| model.row(id)).map(|row| &row.place);
    let (standing, tone) = words::standing(model, &entry.standing, place, tick);
    let mut head = head(entry, tick);
    let cells = |text: &str| SafeText::line(text).width();
    let beside: usize = head.iter().map(|(text, _)| cells(text) + 1).sum::<usize>() + 2 + cells(&standing);
    let below = |text: &str, before: u16, tone: Tone| -> Vec<Row> {
        wrapped(text, width.saturating_sub(before)).into_iter().map(|line| (before, vec![(line, tone)])).collect()
    };
    let mut rows = Vec::new();
    if beside <= usize::from(width.saturating_sub(WHOM)) {
        head.extend([("·".to_owned(), Tone::Dim), (standing, tone)]);
        rows.push((WHOM, head));
    } else {
        rows.push((WHOM, head));
        rows.extend(below(&standing, WAITS, tone));
    }
    if let Some(body) = &entry.body {
        rows.push((WORDS, vec![(body.as_str().to_owned(), Tone::Plain)]));
    }
    if let OutboxStanding::Doubtful(doubt) = &entry.standing {
        rows.extend(below(words::doubt(*doubt), WAITS, Tone::Dim));
    }
    rows
}

/// To whom or about whom, then what it is and how old.
fn head(entry: &OutboxEntry, tick: &Ticker) -> Vec<(String, Tone)> {
    let who = match &entry.address {
        Some(address) => words::person(&entry.name, address),
        None => entry.name.clone(),
    };
    let what = format!("{}, {}", entry.what, ago(&tick.real_age(entry.issued_at)));
    if who.is_empty() {
        return vec![(what, Tone::Strong)];
    }
    vec![(who, Tone::Strong), ("·".to_owned(), Tone::Dim), (what, Tone::Dim)]
}
