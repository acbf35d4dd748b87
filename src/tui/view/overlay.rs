//! What lies over the screen: the keys, the palette, a choice, a reason, "why me".

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, wrapped};
use super::{inside, list, why};
use crate::tui::keymap::{self, Group};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Overlay, Pick};
use crate::tui::theme::SELECTED_MARK;

/// Draws it, if there is one.
pub(super) fn draw(model: &Model, p: &mut Painter<'_>) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help { words, top }) => help(model, words, *top, p),
        Some(Overlay::Palette { words, at, context }) => {
            let found = keymap::palette(*context, words);
            let items: Vec<(String, String)> = found
                .iter()
                .map(|b| (b.name.to_owned(), format!("{} · {}", b.keys.first().unwrap_or(&""), b.doc)))
                .collect();
            choices(model, "Do what?", words, &[], &items, *at, p);
        }
        Some(Overlay::Pick(pick)) => draw_pick(model, pick, p),
        Some(Overlay::Reason { about, words }) => {
            let name = model.row(about.0).map_or("", |row| row.name.as_str());
            let title = format!("Escalate {name}: why?");
            ask_words(model, &title, "The reason becomes a note. Enter asks, Esc leaves.", words, p);
        }
        Some(Overlay::KeepReason { about, words }) => {
            let name = model.row(about.0).map_or("", |row| row.name.as_str());
            let title = format!("Keep {name}: what did they mean?");
            ask_words(model, &title, "Listed for compliance. Enter keeps the number, Esc leaves.", words, p);
        }
        Some(Overlay::CoverNote { rep, words }) => {
            let who = rep.as_ref().map_or("you", |rep| model.rep_name(rep));
            let title = format!("For whoever covers for {who}");
            ask_words(model, &title, "Read above each conversation. Enter goes on, Esc leaves.", words, p);
        }
        Some(Overlay::Begin { words }) => {
            let hint = "With country code: +1 305 555 0123. Consent is judged first.";
            ask_words(model, "Text which number?", hint, words, p);
        }
        Some(Overlay::When { words }) => {
            let hint = "On the buyer's clock: fri 14:30, tomorrow 8am, 2h. Enter takes it.";
            ask_words(model, "When does it leave?", hint, words, p);
        }
        Some(Overlay::Why { about, top }) => {
            let lines = model.row(*about).map(|row| why::lines(model, row, &p.tick)).unwrap_or_default();
            page(model, "Why me?", &lines, *top, p);
        }
    }
}

/// A box in the middle, as large as wanted and as fits.
fn boxed(model: &Model, columns: u16, rows: usize, title: &str, p: &mut Painter<'_>) -> Rect {
    let (width, height) = model.size;
    let w = columns.min(width.saturating_sub(2));
    let h = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(height.saturating_sub(2));
    let area = Rect::new((width - w) / 2, (height - h) / 2, w, h);
    p.clear(area);
    p.frame(area, title, true);
    inside(area)
}

fn draw_pick(model: &Model, pick: &Pick, p: &mut Painter<'_>) {
    let left = pick.left();
    let numbered = pick.words.is_empty();
    let item = |(at, choice): (usize, &&crate::tui::model::overlay::Choice)| {
        let number = if numbered && at < 9 { format!("{} ", at + 1) } else { String::new() };
        (format!("{number}{}", choice.label), choice.detail.clone())
    };
    let items: Vec<(String, String)> = left.iter().enumerate().map(item).collect();
    choices(model, &pick.title, &pick.words, &pick.said, &items, pick.at, p);
}

fn choices(
    model: &Model,
    title: &str,
    words: &str,
    said: &[String],
    items: &[(String, String)],
    at: usize,
    p: &mut Painter<'_>,
) {
    let wanted = items.len().clamp(1, 16) + 2;
    // What should be read takes what the choices leave.
    let wide = model.size.0.saturating_sub(4).min(62);
    let room = usize::from(model.size.1.saturating_sub(4)).saturating_sub(wanted);
    let said: Vec<String> = said.iter().flat_map(|line| wrapped(line, wide)).take(room).collect();
    let mut area = boxed(model, 64, wanted + said.len(), title, p);
    for line in &said {
        p.put(area.x + 1, area.y, area.width.saturating_sub(1), line, Tone::Plain);
        area = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    }
    let shown = format!("> {}", list::tail(words, area.width.saturating_sub(4)));
    let used = p.put(area.x, area.y, area.width, &shown, Tone::Accent);
    if words.is_empty() {
        p.put(area.x + 2, area.y, area.width.saturating_sub(2), "type to filter, Enter picks, Esc leaves", Tone::Dim);
    }
    let rows = usize::from(area.height.saturating_sub(2));
    let first = (at + 1).saturating_sub(rows.max(1));
    if items.is_empty() {
        p.put(area.x + 2, area.y + 2, area.width.saturating_sub(2), "Nothing matches.", Tone::Dim);
    }
    let widest = items.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let column = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width / 2) + 1;
    for (index, (label, detail)) in items.iter().enumerate().skip(first).take(rows) {
        let y = area.y + 2 + u16::try_from(index - first).unwrap_or(0);
        p.put(area.x, y, 1, if index == at { SELECTED_MARK } else { " " }, Tone::Strong);
        p.put(area.x + 2, y, column, label, Tone::Plain);
        let x = area.x + 2 + column;
        p.put(x + 1, y, area.right().saturating_sub(x + 1), detail, Tone::Dim);
        if index == at {
            p.select(Rect::new(area.x, y, area.width, 1));
        }
    }
    p.park(area.x + if words.is_empty() { 2 } else { used }, area.y);
}

/// A line of words is asked for.
fn ask_words(model: &Model, title: &str, hint: &str, words: &str, p: &mut Painter<'_>) {
    let area = boxed(model, 64, 3, title, p);
    let room = area.width.saturating_sub(3);
    let used = p.put(area.x + 1, area.y, room, &list::tail(words, room.saturating_sub(1)), Tone::Plain);
    p.put(area.x + 1, area.y + 2, room, hint, Tone::Dim);
    p.park(area.x + 1 + used, area.y);
}

fn help(model: &Model, words: &str, top: usize, p: &mut Painter<'_>) {
    let mut lines = Vec::new();
    let found = keymap::search(words);
    for group in Group::ALL {
        let mut of_group = found.iter().filter(|b| b.group == group).peekable();
        if of_group.peek().is_some() {
            if !lines.is_empty() {
                lines.push((String::new(), Tone::Plain));
            }
            lines.push((group.words().to_owned(), Tone::Strong));
        }
        for b in of_group {
            let keys = if b.keys.is_empty() { ":".to_owned() } else { b.keys.join(" ") };
            // Wide enough for the longest keys; where a key works is for those with room to read it.
            let line = match model.size.0 {
                0..60 => format!("{keys} · {}", b.doc),
                60..100 => format!("{keys:<16} {}", b.doc),
                _ => format!("{keys:<16} {} ({})", b.doc, keymap::places(b.contexts)),
            };
            lines.push((line, Tone::Plain));
        }
    }
    if lines.is_empty() {
        lines.push((format!("No key does “{words}”. Backspace shows more."), Tone::Dim));
    }
    let title = if words.is_empty() { "Keys: type to search".to_owned() } else { format!("Keys: {words}") };
    page(model, &title, &lines, top, p);
}

fn page(model: &Model, title: &str, lines: &[(String, Tone)], top: usize, p: &mut Painter<'_>) {
    let width = model.size.0.saturating_sub(6).min(86);
    let broken: Vec<(String, Tone)> = lines
        .iter()
        .flat_map(|(text, tone)| wrapped(text, width.saturating_sub(2)).into_iter().map(|line| (line, *tone)))
        .collect();
    let area = boxed(model, width + 2, broken.len(), title, p);
    let rows = usize::from(area.height);
    let top = top.min(broken.len().saturating_sub(rows));
    for (y, (text, tone)) in (area.y..area.bottom()).zip(broken.iter().skip(top)) {
        p.put(area.x + 1, y, area.width.saturating_sub(1), text, *tone);
    }
    let hidden = broken.len().saturating_sub(top + rows);
    if hidden > 0 {
        let more = format!(" ↓ {hidden} more ");
        let width = u16::try_from(more.chars().count()).unwrap_or(0);
        p.put(area.right().saturating_sub(width), area.bottom(), width, &more, Tone::Warn);
    }
    p.park(area.x + 1, area.y);
}
