//! The outbox: what has not left, how old it is, and why.

use ratatui::layout::Rect;

use super::inside;
use super::paint::{Painter, Tone};
use super::words;
use crate::client::handle::{LinkState, OutboxEntry, OutboxStanding};
use crate::tui::model::Model;
use crate::tui::theme::SELECTED_MARK;

/// Rows of one entry: what and where it stands, its words, and what is to be known of it when that is more than a word.
const ROWS: u16 = 3;

/// From this width on everything is said in full.
const WIDE: u16 = 72;

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
    let fit = usize::from((area.height.saturating_sub(1) / ROWS).max(1));
    let at = model.outbox.iter().position(|e| Some(e.id) == model.entry);
    let top = (at.unwrap_or(0) + 1).saturating_sub(fit);
    let mut y = area.y + 1;
    for entry in model.outbox.iter().skip(top).take(fit) {
        let selected = Some(entry.id) == model.entry;
        let spot = Rect::new(area.x, y, area.width, ROWS - 1);
        p.put(area.x, y, 1, if selected { SELECTED_MARK } else { " " }, Tone::Strong);
        let age = p.tick.real_age(entry.issued_at);
        let place = entry.conversation.and_then(|id| model.row(id)).map(|row| &row.place);
        let (standing, tone) = words::standing(model, &entry.standing, place, &p.tick);
        // That nothing goes before somebody rules is the whole of it: on a narrow screen in few words.
        let brief = words::hold(model, &entry.standing).filter(|_| area.width < WIDE);
        let standing = brief.unwrap_or(standing);
        let to = whom(entry);
        p.pieces(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            &[(&format!("{age:<8}"), Tone::Dim), (&standing, tone), ("·", Tone::Dim), (&to, Tone::Strong)],
        );
        let words = entry.body.as_ref().map_or("", |body| body.as_str());
        p.put(area.x + 11, y + 1, area.width.saturating_sub(11), words, Tone::Plain);
        if let OutboxStanding::Doubtful(doubt) = &entry.standing {
            // Under the words; on a narrow screen from the edge, or the end that says what to do is cut.
            let x = area.x + if area.width < WIDE { 2 } else { 11 };
            p.put(x, y + 2, area.right().saturating_sub(x), words::doubt(*doubt), Tone::Dim);
        }
        if selected {
            p.select(spot);
            p.park(area.x, y);
        }
        y += ROWS;
    }
    if model.entry.is_none() {
        p.park(area.x, area.y + 1);
    }
}

/// What it is, and to whom or about whom.
fn whom(entry: &OutboxEntry) -> String {
    let who = match &entry.address {
        Some(address) => words::person(&entry.name, address),
        None => entry.name.clone(),
    };
    let between = match (who.is_empty(), entry.aside) {
        (true, _) => "",
        (false, false) => " to ",
        (false, true) => ": ",
    };
    format!("{}{between}{who}", entry.what)
}
