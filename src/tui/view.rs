//! Draws the model. Pure over `(model, now)`; answers with the earliest instant at which what it drew would differ.

pub(super) mod conversation;
pub(super) mod help;
pub(super) mod measure;
pub(super) mod outbox;
pub(super) mod status;

mod around;
mod composer;
mod context;
mod head;
mod list;
mod loan;
mod on_call;
mod overlay;
mod paint;
mod people;
mod ticker;
mod touch;
mod when;
mod while_away;
mod why;
mod words;

use paint::{Painter, Tone};
use ratatui::Frame;
use ratatui::layout::Rect;
use ticker::Ticker;

use super::layout;
use super::model::{Model, Screen};
use crate::domain::time::Timestamp;

/// Draws everything. The answer is the next visual change: until one millisecond before it, drawing again would draw
/// the same.
pub fn view(model: &Model, frame: &mut Frame<'_>, now: Timestamp) -> Option<Timestamp> {
    let mut p = Painter::new(frame.buffer_mut(), model.theme, Ticker::new(now, model.second));
    if layout::too_small(model.size) {
        let (columns, rows) = model.size;
        let here = format!("this is {columns}×{rows}.");
        let notice = ["Too small: comeback", "needs 30×8,", &here, "Nothing is lost:", "enlarge, or Ctrl-C."];
        for (row, line) in (0..rows).zip(notice) {
            p.put(0, row, columns, line, Tone::Strong);
        }
    } else {
        screen(model, &mut p);
        status::draw(model, layout::areas(model.size).status, &mut p);
        overlay::draw(model, &mut p);
    }
    let (caret, next) = p.finish();
    if let Some(caret) = caret {
        frame.set_cursor_position(caret);
    }
    next
}

fn screen(model: &Model, p: &mut Painter<'_>) {
    let areas = layout::areas_now(model);
    let on_conversation = model.screen == Screen::Conversation || model.composer.is_some();
    match (areas.thread, model.screen) {
        (_, Screen::Outbox) if model.composer.is_none() => outbox::draw(model, areas.whole, p),
        (_, Screen::People) if model.composer.is_none() => people::draw(model, areas.whole, p),
        (_, Screen::Measure) if model.composer.is_none() => measure::draw(model, areas.whole, p),
        (_, Screen::WhileAway) if model.composer.is_none() => while_away::draw(model, areas.whole, p),
        (None, _) if on_conversation => {
            let area = layout::thread_area(model).unwrap_or(areas.whole);
            conversation::draw(model, area, true, p);
        }
        (None, _) => list::draw(model, areas.list, true, p),
        (Some(thread), _) => {
            list::draw(model, areas.list, !on_conversation, p);
            conversation::draw(model, thread, on_conversation, p);
            if let Some(area) = areas.context {
                context::draw(model, area, p);
            }
        }
    }
}

/// The part of a rectangle inside its border.
fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1),
        area.y.saturating_add(1),
        area.width.saturating_sub(2),
        area.height.saturating_sub(2),
    )
}
