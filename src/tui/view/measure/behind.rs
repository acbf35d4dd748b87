//! The conversations behind a number, and what happened to the one under the cursor.

use ratatui::layout::Rect;

use super::super::inside;
use super::super::paint::{Painter, Tone, in_parts, wrapped};
use super::below_head;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::measure::Opened;
use crate::tui::theme::SELECTED_MARK;
use crate::wire::report::Conversations;

/// From so many rows on a story takes some of those that a long list would fill.
const HIGH: u16 = 11;

/// What stands under the title.
struct Parts {
    /// The conversations.
    list: Rect,
    /// What happened to the one under the cursor.
    story: Rect,
    /// That, as it is broken into lines.
    lines: Vec<String>,
}

impl Parts {
    /// The story has the room that the list leaves, and on a high screen up to half of it.
    fn of(found: &Conversations, opened: &Opened, area: Rect) -> Self {
        let lines = broken(story_of(opened), area.width.saturating_sub(3));
        let rows = area.height.saturating_sub(1);
        let listed = u16::try_from(found.conversations.len()).unwrap_or(u16::MAX);
        let least = if rows >= HIGH { rows / 2 } else { 0 };
        let room = rows.saturating_sub(listed).max(least);
        let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        // A row that only says how much is left out is better used for a conversation.
        let told = if room < 2 && wanted > room { 0 } else { wanted.min(room) };
        let list = Rect::new(area.x, area.y + 1, area.width, rows - told);
        let story = Rect::new(area.x, list.bottom(), area.width, told);
        Self { list, story, lines }
    }

    /// Lines of the story that do not fit: then the last row says so.
    fn hidden(&self) -> usize {
        let rows = usize::from(self.story.height);
        if rows == 0 || self.lines.len() <= rows { 0 } else { self.lines.len() + 1 - rows }
    }
}

/// What happened to the conversation under the cursor.
pub(super) fn story_of(opened: &Opened) -> &[String] {
    let Some(Ok(found)) = &opened.found else { return &[] };
    found.conversations.get(opened.at).map(|one| one.story.as_slice()).unwrap_or_default()
}

/// What goes on from the line before stands further in.
fn broken(story: &[String], width: u16) -> Vec<String> {
    let mut lines = Vec::new();
    for told in story {
        for (n, part) in wrapped(told, width.saturating_sub(2)).into_iter().enumerate() {
            lines.push(if n == 0 { part } else { format!("  {part}") });
        }
    }
    lines
}

/// Lines of the story that do not fit, when the screen is drawn over all of an area.
pub(in crate::tui) fn overflow(model: &Model, whole: Rect) -> usize {
    let Some(opened) = &model.measure.opened else { return 0 };
    let Some(Ok(found)) = &opened.found else { return 0 };
    Parts::of(found, opened, below_head(inside(whole))).hidden()
}

/// Draws them.
pub(super) fn draw(model: &Model, opened: &Opened, area: Rect, p: &mut Painter<'_>) {
    let width = area.width.saturating_sub(2);
    p.put(area.x + 1, area.y, width, &opened.title, Tone::Strong);
    let found = match &opened.found {
        None => {
            p.put(area.x + 1, area.y + 1, width, "Reading…", Tone::Dim);
            return;
        }
        Some(Err(why)) => {
            p.put(area.x + 1, area.y + 1, width, &format!("Not read: {why}"), Tone::Warn);
            return;
        }
        Some(Ok(found)) => found,
    };
    if found.conversations.is_empty() {
        p.put(area.x + 1, area.y + 1, width, "No conversation any more.", Tone::Dim);
        return;
    }
    let parts = Parts::of(found, opened, area);
    let room = parts.list;
    let fit = usize::from(room.height.max(1));
    let top = (opened.at + 1).saturating_sub(fit);
    for (y, (index, one)) in (room.y..).zip(found.conversations.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(room.x, y, room.width, 1);
        let row = one.conversation.parse().ok().and_then(|id| model.row(id));
        // An auditor has no conversations: each is told by its id, by which `comeback explain` tells its story.
        let away = if model.audits() { one.conversation.as_str() } else { "(not on this device)" };
        let name = row.map_or(away, |row| row.name.as_str());
        let when = p.tick.clock_time(Timestamp::from_millis(one.at), model.zone());
        // For how many of what is counted it stands.
        let times = if one.times > 1 { format!("×{}", one.times) } else { String::new() };
        let (x, width) = (spot.x + 2, spot.width.saturating_sub(3));
        let pieces = [(when.as_str(), Tone::Dim), (name, Tone::Plain), (times.as_str(), Tone::Plain)];
        let used = p.pieces(x, y, width, &pieces) + 1;
        let left = width.saturating_sub(used);
        // It may end with an amount.
        p.put(x + used, y, left, &in_parts(&one.said, left), Tone::Dim);
        if index == opened.at {
            p.put(spot.x, y, 1, SELECTED_MARK, Tone::Strong);
            p.select(spot);
            p.park(spot.x, y);
        }
    }
    story(&parts, opened.line, p);
    let below = found.conversations.len().saturating_sub(top + fit);
    let more = below + usize::from(found.more && below == 0);
    p.more(area, top, more);
}

/// The story from one of its lines on, as far as it fits; of what does not, how much there is.
fn story(parts: &Parts, top: usize, p: &mut Painter<'_>) {
    let (area, hidden) = (parts.story, parts.hidden());
    let (x, width) = (area.x + 2, area.width.saturating_sub(3));
    let top = top.min(hidden);
    let rows = usize::from(area.height).saturating_sub(usize::from(hidden > 0));
    for (y, line) in (area.y..).zip(parts.lines.iter().skip(top).take(rows)) {
        p.put(x, y, width, line, Tone::Dim);
    }
    if hidden > 0 {
        let lines = |n: usize| if n == 1 { "1 more line".to_owned() } else { format!("{n} more lines") };
        let said = match (top, hidden - top) {
            (0, below) => format!("… {} · Right", lines(below)),
            (above, 0) => format!("… {above} above · Left"),
            (above, below) => format!("… {above} above, {} · Left Right", lines(below)),
        };
        p.put(x, area.bottom().saturating_sub(1), width, &said, Tone::Warn);
    }
}
