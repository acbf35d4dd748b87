//! The list: clock first, names at the end of a line so that no text can shift a column.

use ratatui::layout::Rect;

use super::inside;
use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use super::words;
use crate::client::handle::{Hit, Inbox, Row};
use crate::domain::conversation::Status;
use crate::domain::id::RepId;
use crate::domain::sla::{Clock, Stage};
use crate::tui::countdown;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::list::{Entry, Tab};
use crate::tui::theme::{ClockState, SELECTED_MARK};
use crate::wire::changes::Author;

/// Cells of the clock: `! late 04:12`, `* 04:12 soon`, `- 2 h 05 left`.
const CLOCK: u16 = 15;

/// Draws the list.
pub(super) fn draw(model: &Model, area: Rect, active: bool, p: &mut Painter<'_>) {
    let me = model.inbox.as_ref().and_then(|i| i.me.as_ref());
    let title = match me {
        Some(me) if me.away => format!("{} (away, A comes back)", me.name),
        Some(me) => me.name.clone(),
        None => "comeback".to_owned(),
    };
    p.frame(area, &title, active);
    pill(model, area, u16::try_from(title.chars().count()).unwrap_or(u16::MAX).saturating_add(5), p);
    let area = inside(area);
    let entries = model.list.entries(model.inbox.as_deref());
    if model.list.typing || !model.list.filter.is_empty() {
        filter_line(model, &entries, area, p);
    } else {
        tabs(model, area, p);
    }
    let body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    if entries.is_empty() {
        return empty(model, body, p);
    }
    let mut y = body.y;
    for entry in entries.iter().skip(model.list.top).take(layout::list_rows(model)) {
        let spot = Rect::new(body.x, y, body.width, 2);
        let selected = model.list.cursor == Some(entry.spot());
        match entry {
            Entry::Row { row, guest } => draw_row(model, row, *guest, selected, spot, p),
            Entry::Hit(hit) => draw_hit(model, hit, selected, spot, p),
        }
        if selected {
            // The first line is enough to see where the cursor is, and half as much to draw when it moves.
            p.select(Rect::new(spot.x, spot.y, spot.width, 1));
            if !model.list.typing {
                p.park(body.x, y);
            }
        }
        y += 2;
    }
}

fn tabs(model: &Model, area: Rect, p: &mut Painter<'_>) {
    let inbox = model.inbox.as_deref();
    let me = model.me();
    let count = |tab: Tab| inbox.map_or(0, |inbox| inbox.rows.iter().filter(|row| tab.holds(row, me)).count());
    let label = |tab: Tab, counted: bool, short: bool| {
        let name = if short { tab.initial() } else { tab.words() };
        let text = match count(tab) {
            0 => name.to_owned(),
            _ if !counted && tab != model.list.tab => name.to_owned(),
            n if short => format!("{name}{n}"),
            n => format!("{name} {n}"),
        };
        if tab == model.list.tab { format!("[{text}]") } else { text }
    };
    // Every inbox stays in sight: on a narrow list counts go first, then all names but that of the one shown.
    let ways: [&dyn Fn(Tab) -> String; 3] = [&|tab| label(tab, true, false), &|tab| label(tab, false, false), &|tab| {
        label(tab, true, tab != model.list.tab)
    }];
    let width = |way: &&dyn Fn(Tab) -> String| Tab::ALL.iter().map(|tab| way(*tab).len() + 1).sum::<usize>() - 1;
    let way = ways.iter().copied().find(|way| width(way) <= usize::from(area.width)).unwrap_or(ways[2]);
    let mut x = area.x;
    for tab in Tab::ALL {
        let tone = if tab == model.list.tab { Tone::Strong } else { Tone::Dim };
        x += p.put(x, area.y, area.right().saturating_sub(x), &way(tab), tone) + 1;
    }
}

/// What arrived since the list was last looked at, in the border.
fn pill(model: &Model, frame: Rect, used: u16, p: &mut Painter<'_>) {
    let new = model.list.arrived.len();
    if new == 0 {
        return;
    }
    let text = format!(" {new} new (.) ");
    let width = u16::try_from(text.len()).unwrap_or(0);
    if used + width + 2 < frame.width {
        p.put(frame.right() - 1 - width, frame.y, width, &text, Tone::Warn);
    }
}

fn filter_line(model: &Model, entries: &[Entry<'_>], area: Rect, p: &mut Painter<'_>) {
    let texts = entries.iter().filter(|e| matches!(e, Entry::Hit(_))).count();
    let rows = entries.len() - texts;
    let texts = if texts == 1 { "1 text".to_owned() } else { format!("{texts} texts") };
    let found = format!("{rows} found, {texts}");
    let width = u16::try_from(found.len()).unwrap_or(0);
    let room = area.width.saturating_sub(width + 1);
    let shown = format!("/{}", tail(&model.list.filter, room.saturating_sub(2)));
    let used = p.put(area.x, area.y, room, &shown, Tone::Accent);
    p.put(area.right().saturating_sub(width), area.y, width, &found, Tone::Dim);
    if model.list.typing {
        p.park(area.x + used, area.y);
    }
}

/// The end of a line that is being typed, so that the cursor is in sight. At most so many characters.
pub(super) fn tail(text: &str, width: u16) -> String {
    let chars = text.chars().count();
    text.chars().skip(chars.saturating_sub(usize::from(width.max(1)))).collect()
}

fn draw_row(model: &Model, row: &Row, guest: bool, selected: bool, area: Rect, p: &mut Painter<'_>) {
    let marked = model.list.marked.contains(&row.id);
    let unread = row.inbound > row.seen;
    let open = row.status == Status::Open;
    let mark = match (marked, model.list.arrived.contains(&row.id) || (unread && open)) {
        (true, _) => "x",
        (false, true) => "•",
        (false, false) => " ",
    };
    p.put(area.x, area.y, 1, if selected { SELECTED_MARK } else { " " }, Tone::Strong);
    p.put(area.x + 1, area.y, 1, mark, if marked { Tone::Accent } else { Tone::Warn });
    let text = area.x + 3;
    let width = area.width.saturating_sub(3);
    if let Some(clock) = row.clock.as_ref().filter(|_| open) {
        let (words, tone) = clock_words(clock, &p.tick);
        p.put(text, area.y, CLOCK.min(width), &words, tone);
    }
    let name = text + CLOCK;
    let tone = if unread && open { Tone::Strong } else { Tone::Plain };
    p.put(name, area.y, width.saturating_sub(CLOCK), &row.name, tone);

    let (state, tone) = words::row(model, row, guest, &p.tick).unwrap_or((String::new(), Tone::Plain));
    let state = if state.is_empty() || state.ends_with('·') { state } else { format!("{state} ·") };
    let mut pieces: Vec<(&str, Tone)> = vec![(state.as_str(), tone)];
    let about = about(row);
    pieces.push((about.as_str(), Tone::Dim));
    let preview = preview(model, row);
    pieces.push((preview.as_str(), Tone::Plain));
    p.pieces(text, area.y + 1, width, &pieces);
}

fn about(row: &Row) -> String {
    match (&row.account, &row.stage) {
        (Some(account), Some(stage)) => format!("{account} · {stage} ·"),
        (Some(only), None) | (None, Some(only)) => format!("{only} ·"),
        (None, None) => String::new(),
    }
}

fn preview(model: &Model, row: &Row) -> String {
    let words = match &row.preview {
        Some(body) if !body.is_blank() => body.as_str().chars().take(300).collect(),
        Some(_) | None if row.inbound == 0 => "nothing written yet".to_owned(),
        Some(_) | None => "[picture]".to_owned(),
    };
    match &row.preview_by {
        Some(Author::Rep(rep)) if Some(rep) == model.me() => format!("you: {words}"),
        Some(Author::Rep(rep)) => {
            let name = model.rep_name(rep);
            format!("{}: {words}", name.split_whitespace().next().unwrap_or(name))
        }
        Some(Author::Automatic) => format!("automatic: {words}"),
        Some(Author::Buyer(_) | Author::Note(_)) | None => words,
    }
}

/// A clock as glyph, time and word.
pub(super) fn clock_words(clock: &Clock, tick: &Ticker) -> (String, Tone) {
    let left = clock.due - tick.now;
    tick.changes_at(tick.now + countdown::changes_in(left));
    tick.changes_at(clock.warn);
    let late = left.as_millis() < 0;
    let soon = clock.stage >= Stage::Warned || tick.now >= clock.warn;
    let (state, tone) = match (late, soon) {
        (true, _) => (ClockState::Late, Tone::Bad),
        (false, true) => (ClockState::Soon, Tone::Warn),
        (false, false) => (ClockState::Running, Tone::Plain),
    };
    let (glyph, word, _) = state.look();
    let label = countdown::label(left);
    // The label of a late clock brings its word along.
    (if late { format!("{glyph} {label}") } else { format!("{glyph} {label} {word}") }, tone)
}

fn draw_hit(model: &Model, hit: &Hit, selected: bool, area: Rect, p: &mut Painter<'_>) {
    p.put(area.x, area.y, 1, if selected { SELECTED_MARK } else { " " }, Tone::Strong);
    let time = p.tick.clock_time(hit.at, model.zone());
    let what = if hit.person { "done" } else { "text" };
    p.put(area.x + 3, area.y, CLOCK - 1, &format!("{what} {time}"), Tone::Dim);
    p.put(area.x + 3 + CLOCK, area.y, area.width.saturating_sub(3 + CLOCK), &hit.name, Tone::Plain);
    let body = around(hit.body.as_str(), model.list.filter.trim());
    p.put(area.x + 3, area.y + 1, area.width.saturating_sub(3), &body, Tone::Plain);
}

/// A long text from a little before the first of the words.
fn around(text: &str, words: &str) -> String {
    let first = words.split_whitespace().next().unwrap_or_default().to_lowercase();
    let lower = text.to_lowercase();
    // Lower case may have other lengths; counted in characters, the place is near enough.
    let at = lower.find(&first).map_or(0, |at| lower[..at].chars().count());
    let from = at.saturating_sub(12);
    let lead = if from > 0 { "…" } else { "" };
    format!("{lead}{}", text.chars().skip(from).take(300).collect::<String>())
}

fn empty(model: &Model, area: Rect, p: &mut Painter<'_>) {
    let burning = model.inbox.as_deref().map(|inbox| burning(inbox, model.me(), &p.tick)).unwrap_or_default();
    let lines: &[&str] = match (&model.inbox, model.list.filter.is_empty()) {
        (None, _) => &["Opening your inbox…"],
        (Some(_), false) => &["Nothing matches.", "", "Esc shows everything again."],
        (Some(_), true) if model.audits() => &[
            "Auditors have no conversations.",
            "",
            "M measures all of them: Enter there lists what is behind a number. In a shell, comeback explain ID tells \
             what was decided in one and why, comeback audit entries all of the record.",
            "",
            "?  the keys",
            ":  every action by name",
            "q  quit",
        ],
        (Some(inbox), true) if inbox.rows.is_empty() => &[
            "No replies yet.",
            "",
            "When a buyer texts back, it appears here with a clock, and this terminal alerts you.",
            "",
            "?  the keys",
            ":  every action by name",
            "A  away",
            "q  quit",
        ],
        (Some(_), true) => match model.list.tab {
            Tab::ForMe if !burning.is_empty() => {
                &["Nothing waits for you.", "", &burning, "", "Tab  the pool and the team", "?    the keys"]
            }
            Tab::ForMe => &["Nothing waits for you. Well done.", "", "Tab  the pool and the team", "?    the keys"],
            Tab::Pool => &["The pool is empty.", "", "Tab  next inbox"],
            Tab::Team => &["Colleagues hold nothing right now.", "", "Tab  next inbox"],
            Tab::All => &["Nothing is open.", "", "Tab  what is done"],
            Tab::Done => &["Nothing is done yet.", "", "d finishes a conversation."],
        },
    };
    let width = area.width.saturating_sub(4);
    let broken = lines.iter().flat_map(|line| wrapped(line, width));
    for (y, line) in (area.y + 1..area.bottom()).zip(broken) {
        p.put(area.x + 2, y, width, &line, if y == area.y + 1 { Tone::Strong } else { Tone::Dim });
    }
    if !model.list.typing {
        p.park(area.x, area.y);
    }
}

/// What burns elsewhere: nobody is praised while a buyer waits.
fn burning(inbox: &Inbox, me: Option<&RepId>, tick: &Ticker) -> String {
    let pooled = inbox.rows.iter().filter(|row| Tab::Pool.holds(row, me)).count();
    let late = |row: &&Row| {
        let due = row.clock.as_ref().map(|clock| clock.due);
        if let Some(due) = due.filter(|due| *due > tick.now) {
            tick.changes_at(due);
        }
        due.is_some_and(|due| due <= tick.now)
    };
    let late = inbox.rows.iter().filter(|row| Tab::Team.holds(row, me)).filter(late).count();
    let parts = [(pooled, "in the pool"), (late, "late with colleagues")];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    said.join(", ")
}
