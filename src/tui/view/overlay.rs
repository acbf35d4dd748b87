//! What lies over the screen: the keys, the palette, a choice, a reason, "why me".

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, in_parts, wrapped};
use super::{around, context, help, inside, list, on_call, when, why};
use crate::client::handle::LinkState;
use crate::domain::safe_text::SafeText;
use crate::tui::layout::{self, Said};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Begun, Overlay, Pick};
use crate::tui::theme::SELECTED_MARK;
use crate::tui::update;

/// Draws it, if there is one.
pub(super) fn draw(model: &Model, p: &mut Painter<'_>) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help { words, top }) => draw_help(model, words, *top, p),
        Some(Overlay::Palette { words, at, context }) => {
            let found = model.palette(*context, words);
            let items: Vec<Item> = found
                .iter()
                .map(|b| Item::of(b.name.to_owned(), format!("{} · {}", b.keys.first().unwrap_or(&""), b.doc)))
                .collect();
            choices(model, "Do what?", words, (Vec::new(), 1), &items, *at, p);
        }
        Some(Overlay::Pick(pick)) => draw_pick(model, pick, p),
        Some(Overlay::Reason { about, words }) => {
            let name = model.row(about.0).map_or("", |row| row.name.as_str());
            let title = format!("Escalate {name}: why?");
            ask_words(model, &title, "The reason becomes a note. Enter asks, Esc leaves.", words, None, p);
        }
        Some(Overlay::KeepReason { about, words, .. }) => {
            let name = model.row(about.0).map_or("", |row| row.name.as_str());
            let title = format!("Keep {name}: what did they mean?");
            ask_words(model, &title, "Listed for compliance. Enter keeps the number, Esc leaves.", words, None, p);
        }
        Some(Overlay::CoverNote { rep, words }) => {
            let who = rep.as_ref().map_or("you", |rep| model.rep_name(rep));
            let title = format!("For whoever covers for {who}");
            ask_words(model, &title, "Read above each conversation. Enter goes on, Esc leaves.", words, None, p);
        }
        Some(Overlay::MeetingNote { about, meeting, words }) => {
            let name = model.row(about.0).map_or("", |row| row.name.as_str());
            let at = meeting.map(|meeting| {
                let long = super::ticker::Ticker::length(meeting.until().since(meeting.from));
                format!(" · {}, {long}", update::day_time(model, meeting.from, p.tick.now))
            });
            let title = format!("Meeting booked: a note? {name}{}", at.unwrap_or_default());
            let to_crm = model.thread_of(about.0).is_none_or(|thread| around::is_told_ends(model, thread));
            let whose = if to_crm { "For the CRM and for colleagues" } else { "For colleagues" };
            let hint = format!("{whose}. Enter finishes, also without a note; Esc leaves it open.");
            ask_words(model, &title, &hint, words, None, p);
        }
        Some(Overlay::Begin { words }) => {
            let hint = "With country code: +1 305 555 0123. Consent is judged first.";
            ask_words(model, "Text which number?", hint, words, None, p);
        }
        Some(Overlay::Begun(begun)) => draw_begun(model, begun, p),
        Some(Overlay::When { what, words }) => when::draw(model, what, words, p),
        Some(Overlay::OnCall { at, top }) => {
            let lines = on_call::lines(model, *at, &p.tick);
            let title = format!("On call {}", update::day_time(model, *at, p.tick.now));
            page(model, &title, &lines, *top, p);
        }
        Some(Overlay::Card { about, top }) => {
            let lines = model.thread_of(*about).map(|thread| context::page(model, thread, p)).unwrap_or_default();
            let row = model.row(*about);
            let name = row.map(|row| super::words::person(&row.name, &row.address)).unwrap_or_default();
            page(model, &name, &lines, *top, p);
        }
        Some(Overlay::Why { about, top }) => {
            let lines = model.row(*about).map(|row| why::lines(model, row, &p.tick)).unwrap_or_default();
            page(model, "Why me?", &lines, *top, p);
        }
    }
}

/// A box in the middle, as large as wanted and as fits.
fn boxed(model: &Model, columns: u16, rows: usize, title: &str, p: &mut Painter<'_>) -> Rect {
    let (width, height) = layout::over(model);
    let w = columns.min(width.saturating_sub(2));
    let h = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(height.saturating_sub(2));
    let area = Rect::new((width - w) / 2, (height - h) / 2, w, h);
    p.clear(area);
    p.frame(area, title, true);
    inside(area)
}

/// What comes of a number that the backend is asked about, and what was typed meanwhile.
fn draw_begun(model: &Model, begun: &Begun, p: &mut Painter<'_>) {
    let number = begun.to.as_str();
    let (title, hint) = match (&begun.refused, &model.link) {
        (Some(why), _) => (format!("No text to {number}"), format!("{why} Enter or Esc closes this.")),
        (None, LinkState::Offline { .. }) => (
            format!("May {number} be texted?"),
            "Asked once the network is back. Esc leaves; if it may be, it comes to your list.".to_owned(),
        ),
        (None, LinkState::Starting | LinkState::Online | LinkState::SignedOut | LinkState::Refused { .. }) => (
            format!("May {number} be texted?"),
            "The backend is asked. What you type now begins your text; Esc leaves.".to_owned(),
        ),
    };
    ask_words(model, &title, &hint, &begun.words, None, p);
}

/// A choice as it is drawn.
struct Item {
    /// What it is called.
    label: String,
    /// What is said beside it, as much as there is room for.
    detail: String,
    /// Rows under it, where all of what is said must be read.
    below: Vec<String>,
}

impl Item {
    const fn of(label: String, detail: String) -> Self {
        Self { label, detail, below: Vec::new() }
    }

    /// Rows that it takes.
    const fn rows(&self) -> usize {
        1 + self.below.len()
    }
}

/// Cells of the widest box of choices.
const CHOICES: u16 = 64;

fn draw_pick(model: &Model, pick: &Pick, p: &mut Painter<'_>) {
    let left = pick.left();
    let numbered = pick.words.is_empty();
    let item = |(at, choice): (usize, &&crate::tui::model::overlay::Choice)| {
        let number = if numbered && at < 9 { format!("{} ", at + 1) } else { String::new() };
        Item::of(format!("{number}{}", choice.label), choice.detail.clone())
    };
    let items: Vec<Item> = left.iter().enumerate().map(item).collect();
    let items = if pick.is_of_writers() { told_apart(model.size.0, items) } else { items };
    let said = layout::said(layout::over(model), pick);
    choices(model, &pick.title, &pick.words, (part(&said, pick.top), said.gap), &items, pick.at, p);
}

/// What tells people apart: where one of them has too little room beside the name, what is said of all stands below their
/// names, in as many rows as it takes.
fn told_apart(columns: u16, items: Vec<Item>) -> Vec<Item> {
    let inner = CHOICES.min(columns.saturating_sub(2)).saturating_sub(2);
    let column = column_of(&items, inner);
    let fits = |item: &Item| {
        let used = cells(&item.label).min(inner.saturating_sub(2)).max(column);
        used.saturating_add(3).saturating_add(cells(&item.detail)) <= inner
    };
    if items.iter().all(fits) {
        return items;
    }
    let below = |item: Item| {
        let mut below = wrapped(&item.detail, inner.saturating_sub(BELOW));
        below.retain(|line| !line.is_empty());
        Item { label: item.label, detail: String::new(), below }
    };
    items.into_iter().map(below).collect()
}

/// Cells before what stands under a name.
const BELOW: u16 = 4;

/// So many of these rows. The last one says that they go on, and cuts no name and no id in two.
fn as_far(below: &[String], width: u16, rows: usize) -> Vec<String> {
    if below.len() <= rows {
        return below.to_vec();
    }
    let Some(whole) = rows.checked_sub(1) else { return Vec::new() };
    let (shown, rest) = below.split_at(whole);
    let last = in_parts(&rest.join(" "), width);
    shown.iter().cloned().chain([last]).collect()
}

fn cells(text: &str) -> u16 {
    u16::try_from(SafeText::line(text).width()).unwrap_or(u16::MAX)
}

/// Cells for the names, so that what is said beside them stands in a column.
fn column_of(items: &[Item], width: u16) -> u16 {
    let widest = items.iter().map(|item| item.label.chars().count()).max().unwrap_or(0);
    u16::try_from(widest).unwrap_or(u16::MAX).min(width / 2) + 1
}

/// The first item on screen when the one at `at` is to be seen whole, in so many rows.
fn first_seen(items: &[Item], at: usize, rows: usize) -> usize {
    let high = |index: usize| items.get(index).map_or(1, Item::rows);
    let (mut first, mut taken) = (at, high(at));
    while first > 0 && taken + high(first - 1) <= rows {
        first -= 1;
        taken += high(first);
    }
    first
}

fn choices(
    model: &Model,
    title: &str,
    words: &str,
    (said, gap): (Vec<(String, Tone)>, usize),
    items: &[Item],
    at: usize,
    p: &mut Painter<'_>,
) {
    let wanted = items.iter().map(Item::rows).sum::<usize>().clamp(1, 16);
    let mut area = boxed(model, CHOICES, wanted + 1 + gap + said.len(), title, p);
    for (line, tone) in &said {
        p.put(area.x + 1, area.y, area.width.saturating_sub(1), line, *tone);
        area = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    }
    let gap = 1 + u16::try_from(gap).unwrap_or(1);
    let shown = format!("> {}", list::tail(words, area.width.saturating_sub(4)));
    let used = p.put(area.x, area.y, area.width, &shown, Tone::Accent);
    if words.is_empty() {
        p.put(area.x + 2, area.y, area.width.saturating_sub(2), "type to filter, Enter picks, Esc leaves", Tone::Dim);
    }
    let first = first_seen(items, at, usize::from(area.height.saturating_sub(gap)));
    if items.is_empty() {
        p.put(area.x + 2, area.y + gap, area.width.saturating_sub(2), "Nothing matches.", Tone::Dim);
    }
    let column = column_of(items, area.width);
    let (mut y, mut seen) = (area.y + gap, first);
    for (index, item) in items.iter().enumerate().skip(first) {
        let high = u16::try_from(item.rows()).unwrap_or(u16::MAX);
        // The first one is shown as far as there is room, and says that it goes on; the others whole.
        if y >= area.bottom() || (index > first && y.saturating_add(high) > area.bottom()) {
            break;
        }
        p.put(area.x, y, 1, if index == at { SELECTED_MARK } else { " " }, Tone::Strong);
        // What does not fit the column is told at the cost of what is said about it.
        let used = p.put(area.x + 2, y, area.width.saturating_sub(2), &item.label, Tone::Plain);
        let x = area.x + 2 + column.max(used);
        let end = y.saturating_add(high).min(area.bottom());
        let (room, rows) = (area.width.saturating_sub(BELOW), usize::from(end.saturating_sub(y + 1)));
        // Without a row for any of what stands below, the name says that there is more.
        let detail = if rows == 0 && !item.below.is_empty() { "…" } else { item.detail.as_str() };
        p.put(x + 1, y, area.right().saturating_sub(x + 1), detail, Tone::Dim);
        for (y, line) in (y + 1..end).zip(as_far(&item.below, room, rows)) {
            p.put(area.x + BELOW, y, room, &line, Tone::Dim);
        }
        if index == at {
            p.select(Rect::new(area.x, y, area.width, end - y));
        }
        (y, seen) = (end, index + 1);
    }
    p.more(area, first, items.len().saturating_sub(seen));
    p.park(area.x + if words.is_empty() { 2 } else { used }, area.y);
}

/// As many lines as there is room for, from one on; the last row says how many there are besides.
fn part(said: &Said, top: usize) -> Vec<(String, Tone)> {
    let shown = said.window(top);
    let (above, below) = (shown.start, said.lines.len() - shown.end);
    let lines = said.lines[shown].iter().map(|line| (line.clone(), Tone::Plain));
    let marks = [(above, "↑"), (below, "↓")].into_iter().filter(|(n, _)| *n > 0);
    let marks: Vec<String> = marks.map(|(n, arrow)| format!("{arrow} {n} more lines")).collect();
    let mark = (!marks.is_empty()).then(|| (format!("{}: PageDown, PageUp", marks.join(" · ")), Tone::Warn));
    lines.chain(mark).collect()
}

/// A line of words is asked for; below it, how they are understood.
pub(super) fn ask_words(
    model: &Model,
    title: &str,
    hint: &str,
    words: &str,
    understood: Option<(String, Tone)>,
    p: &mut Painter<'_>,
) {
    let wide = model.size.0.saturating_sub(5).min(61);
    let hint = wrapped(hint, wide);
    let area = boxed(model, 64, 2 + hint.len(), title, p);
    let room = area.width.saturating_sub(3);
    let used = p.put(area.x + 1, area.y, room, &list::tail(words, room.saturating_sub(1)), Tone::Plain);
    if let Some((text, tone)) = understood {
        p.put(area.x + 1, area.y + 1, area.width.saturating_sub(1), &text, tone);
    }
    for (y, line) in (area.y + 2..area.bottom()).zip(&hint) {
        p.put(area.x + 1, y, area.width.saturating_sub(1), line, Tone::Dim);
    }
    p.park(area.x + 1 + used, area.y);
}

fn draw_help(model: &Model, words: &str, top: usize, p: &mut Painter<'_>) {
    let title = if words.is_empty() { "Keys: type to search".to_owned() } else { format!("Keys: {words}") };
    page(model, &title, &help::lines(model, words), top, p);
}

/// The lines of a page as its box breaks them.
pub(super) fn broken(model: &Model, lines: &[(String, Tone)]) -> Vec<(String, Tone)> {
    let width = page_width(model).saturating_sub(2);
    let of = |(text, tone): &(String, Tone)| {
        let tone = *tone;
        wrapped(text, width).into_iter().map(move |line| (line, tone))
    };
    lines.iter().flat_map(of).collect()
}

fn page_width(model: &Model) -> u16 {
    model.size.0.saturating_sub(6).min(86)
}

fn page(model: &Model, title: &str, lines: &[(String, Tone)], top: usize, p: &mut Painter<'_>) {
    let broken = broken(model, lines);
    let area = boxed(model, page_width(model) + 2, broken.len(), title, p);
    let rows = usize::from(area.height);
    let top = top.min(broken.len().saturating_sub(rows));
    for (y, (text, tone)) in (area.y..area.bottom()).zip(broken.iter().skip(top)) {
        p.put(area.x + 1, y, area.width.saturating_sub(1), text, *tone);
    }
    p.more(area, top, broken.len().saturating_sub(top + rows));
    p.park(area.x + 1, area.y);
}
