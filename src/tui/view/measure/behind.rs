//! The conversations behind a number, and what happened to the one under the cursor.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::super::inside;
use super::super::paint::{Painter, Tone, in_parts, wrapped};
use super::below_head;
use crate::domain::measure::gap::Cause;
use crate::domain::measure::money::thousands;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::measure::Opened;
use crate::tui::theme::SELECTED_MARK;
use crate::wire::report::{Conversations, Found};

/// From so many rows on a story takes some of those that a long list would fill.
const HIGH: u16 = 11;

/// From this width on a row has room for an id and for what the conversation counts as.
const WITH_IDS: u16 = 100;

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
    /// The story has the room that the list leaves, and on a high screen up to half of it. So it has for whoever cannot open
    /// a conversation, and reads it nowhere else.
    fn of(model: &Model, found: &Conversations, opened: &Opened, area: Rect) -> Self {
        let lines = broken(&told(model, opened, area.width), area.width.saturating_sub(3));
        let rows = area.height.saturating_sub(1);
        let listed = u16::try_from(found.conversations.len()).unwrap_or(u16::MAX);
        let least = if rows >= HIGH || model.audits() { rows / 2 } else { 0 };
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

/// The conversation under the cursor.
fn under(opened: &Opened) -> Option<&Found> {
    let Some(Ok(found)) = &opened.found else { return None };
    found.conversations.get(opened.at)
}

/// What happened to it.
pub(super) fn story_of(opened: &Opened) -> &[String] {
    under(opened).map(|one| one.story.as_slice()).unwrap_or_default()
}

/// What stands below the list: the story, and whatever its row has no room for.
fn told(model: &Model, opened: &Opened, width: u16) -> Vec<String> {
    let mut lines = story_of(opened).to_vec();
    if model.audits()
        && width < WITH_IDS
        && let Some(one) = under(opened)
    {
        lines.push(one.said.clone());
        lines.push(format!("comeback explain {}", one.conversation));
    }
    lines
}

/// What a conversation counts as, in so many cells. Where there is no room for all of it, why comes before who.
fn briefly(said: &str, width: u16) -> String {
    let fits = |text: &str| text.width() <= usize::from(width);
    let why = said.rsplit_once("; ").map(|(_, why)| why).filter(|why| Cause::ALL.iter().any(|c| c.words() == *why));
    match (said.split_once(": "), why) {
        (Some((standing, _)), Some(why)) if !fits(said) => {
            let both = format!("{standing}: {why}");
            if fits(why) && !fits(&both) { why.to_owned() } else { both }
        }
        // It may end with an amount.
        _ => in_parts(said, width),
    }
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
    Parts::of(model, found, opened, below_head(inside(whole))).hidden()
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
    let parts = Parts::of(model, found, opened, area);
    let room = parts.list;
    let fit = usize::from(room.height.max(1));
    let top = (opened.at + 1).saturating_sub(fit);
    for (y, (index, one)) in (room.y..).zip(found.conversations.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(room.x, y, room.width, 1);
        let row = one.conversation.parse().ok().and_then(|id| model.row(id));
        // An auditor has no conversations: each is told by its id, by which `comeback explain` tells its story. Where there is
        // little room it stands below.
        let away = match (model.audits(), area.width < WITH_IDS) {
            (true, true) => "",
            (true, false) => one.conversation.as_str(),
            (false, _) => "(not on this device)",
        };
        let name = row.map_or(away, |row| row.name.as_str());
        let when = p.tick.clock_time(Timestamp::from_millis(one.at), model.zone());
        // For how many of what is counted it stands.
        let times = if one.times > 1 { format!("×{}", thousands(one.times)) } else { String::new() };
        let (x, width) = (spot.x + 2, spot.width.saturating_sub(3));
        let pieces = [(when.as_str(), Tone::Dim), (name, Tone::Plain), (times.as_str(), Tone::Plain)];
        let used = p.pieces(x, y, width, &pieces) + 1;
        let left = width.saturating_sub(used);
        p.put(x + used, y, left, &briefly(&one.said, left), Tone::Dim);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_little_room_why_comes_before_who() {
        let late = |width| briefly("late: Maya, New lead; offered, but nobody took it", width);
        assert_eq!(late(49), "late: Maya, New lead; offered, but nobody took it");
        assert_eq!([late(48), late(33)], ["late: offered, but nobody took it"; 2]);
        assert_eq!(late(32), "offered, but nobody took it");
        assert_eq!(late(26), "late: offered, but nobody took it", "cut where it is drawn");
        // Only a cause is taken for one.
        let deals = "deal D-1 won, 12.00 USD: Maya; deal D-2 won, 13.00 USD: Ben";
        assert_eq!(briefly(deals, 30), in_parts(deals, 30));
        assert_eq!(briefly("in time: Ben, New lead", 15), in_parts("in time: Ben, New lead", 15));
    }
}
