//! Which part of the terminal shows what. Measured once, for drawing and for moving.

use std::ops::Range;

use ratatui::layout::Rect;

use super::model::overlay::Pick;
use super::model::{Model, Screen};
use super::view::{conversation, help, measure, status};
use crate::domain::id::MessageId;
use crate::domain::safe_text::SafeText;

/// Narrowest terminal that shows more than a notice.
pub(super) const MIN: (u16, u16) = (30, 8);
/// From here on the conversation stands beside the list.
const TWO_PANES: u16 = 80;
/// From here on the context has a pane of its own.
const THREE_PANES: u16 = 120;
/// Most rows the composer takes for text.
const COMPOSER_ROWS: u16 = 8;

/// What stands where. The last row is the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Areas {
    /// The list.
    pub(super) list: Rect,
    /// The conversation beside the list; none when one pane shows at a time.
    pub(super) thread: Option<Rect>,
    /// The context's own pane.
    pub(super) context: Option<Rect>,
    /// The whole but the status line.
    pub(super) whole: Rect,
    /// The status line.
    pub(super) status: Rect,
}

/// Whether the terminal is too small for anything but a notice.
pub(super) const fn too_small(size: (u16, u16)) -> bool {
    size.0 < MIN.0 || size.1 < MIN.1
}

/// Divides the terminal.
pub(super) fn areas((columns, rows): (u16, u16)) -> Areas {
    let height = rows.saturating_sub(1);
    let whole = Rect::new(0, 0, columns, height);
    let status = Rect::new(0, height, columns, 1.min(rows));
    let column = |x: u16, width: u16| Rect::new(x, 0, width, height);
    if columns < TWO_PANES {
        return Areas { list: whole, thread: None, context: None, whole, status };
    }
    if columns < THREE_PANES {
        let left = columns * 2 / 5;
        return Areas {
            list: column(0, left),
            thread: Some(column(left, columns - left)),
            context: None,
            whole,
            status,
        };
    }
    let (left, right) = ((columns * 3 / 10).min(48), (columns / 4).min(44));
    Areas {
        list: column(0, left),
        thread: Some(column(left, columns - left - right)),
        context: Some(column(columns - right, right)),
        whole,
        status,
    }
}

/// The same, as far as the last line leaves it: while that takes rows above it, the conversation and what is known of it give
/// way, so that its newest text stays in sight. The list does not: it would move under the cursor.
pub(super) fn areas_now(model: &Model) -> Areas {
    let areas = areas(model.size);
    let above = status::rows_above(model);
    let shorter = |area: Rect| Rect { height: area.height.saturating_sub(above), ..area };
    Areas { thread: areas.thread.map(shorter), context: areas.context.map(shorter), ..areas }
}

/// The terminal as far as something over the screen may take it: what the last line says above it stays in sight.
pub(super) fn over(model: &Model) -> (u16, u16) {
    let (columns, rows) = model.size;
    (columns, rows.saturating_sub(status::rows_above(model)))
}

/// Entries of the list that fit: two rows each, under a border and above one.
pub(super) fn list_rows(model: &Model) -> usize {
    let inner = areas(model.size).list.height.saturating_sub(3);
    usize::from(inner / 2).max(1)
}

/// Where the conversation is drawn: beside the list, or over it.
pub(super) fn thread_area(model: &Model) -> Option<Rect> {
    let areas = areas_now(model);
    match areas.thread {
        Some(area) => Some(area),
        None if model.screen == Screen::Conversation || model.composer.is_some() => {
            let height = areas.whole.height.saturating_sub(status::rows_above(model));
            Some(Rect { height, ..areas.whole })
        }
        None => None,
    }
}

/// Rows of the composer with its borders, for a number of lines of text.
pub(super) fn composer_rows(area: Rect, lines: usize) -> u16 {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX).clamp(1, COMPOSER_ROWS);
    lines.saturating_add(3).min(area.height / 2 + 1)
}

/// Cells of a line of the composer.
pub(super) fn composer_width(model: &Model) -> usize {
    thread_area(model).map_or(1, |area| usize::from(area.width.saturating_sub(2)))
}

/// Lines of the conversation that do not fit on the screen.
pub(super) fn conversation_overflow(model: &Model) -> usize {
    let Some(area) = thread_area(model) else { return 0 };
    conversation::overflow(model, area)
}

/// Lines of the opened conversation from a message of it on.
pub(super) fn conversation_lines(model: &Model, from: MessageId) -> Option<usize> {
    conversation::lines_from(model, from, thread_area(model)?)
}

/// Lines of the story below what a number of the measures counts that do not fit on the screen.
pub(super) fn story_overflow(model: &Model) -> usize {
    measure::overflow(model, areas(model.size).whole)
}

/// Rows of a page to read, over the screen.
pub(super) fn page_rows(model: &Model) -> usize {
    usize::from(over(model).1.saturating_sub(4))
}

/// Lines of the page of keys that do not fit on the screen.
pub(super) fn help_overflow(model: &Model, words: &str) -> usize {
    help::overflow(model, words)
}

/// Most choices that all stay on screen below what should be read first: of longer lists two do, and the rest is scrolled.
const PINNED: usize = 4;

/// What should be read before a choice is made, as it is broken into lines and as many of them as fit.
pub(super) struct Said {
    /// Every line.
    pub(super) lines: Vec<String>,
    /// Behind which line each of the entries ends.
    pub(super) ends: Vec<usize>,
    /// Rows for them.
    pub(super) room: usize,
    /// Empty rows between what is typed and the choices.
    pub(super) gap: usize,
}

impl Said {
    /// The lines on screen when those from `top` on are wanted. Where not all fit, the last row says how many there are
    /// besides.
    pub(super) fn window(&self, top: usize) -> Range<usize> {
        if self.lines.len() <= self.room {
            return 0..self.lines.len();
        }
        let rows = self.room.saturating_sub(1);
        let top = top.min(self.lines.len() - rows);
        top..top + rows
    }
}

/// Divides a choice's box: the choices stand at its foot, and what should be read scrolls above them.
pub(super) fn said((columns, rows): (u16, u16), pick: &Pick) -> Said {
    let wide = usize::from(columns.saturating_sub(5).clamp(1, 61));
    let (mut lines, mut ends) = (Vec::new(), Vec::new());
    for entry in &pick.said {
        lines.extend(SafeText::block(entry).wrapped(wide));
        ends.push(lines.len());
    }
    let most = usize::from(rows.saturating_sub(4));
    let choices = pick.left().len().clamp(1, 16);
    let gap = usize::from(lines.is_empty() || lines.len() + choices + 2 <= most);
    let pinned = if choices <= PINNED { choices } else { 2 };
    Said { lines, ends, room: most.saturating_sub(pinned + 1 + gap).max(2), gap }
}
