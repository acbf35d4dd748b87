//! The last line: how the connection stands, what waits, and what just happened.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use crate::client::handle::{LinkState, Weight};
use crate::domain::conversation::Status;
use crate::tui::keymap::{self, Context};
use crate::tui::model::{HINT_AFTER, Model};

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    if hints(model, area, p) {
        return;
    }
    let Said { long, brief, word: short, tone } = link(model, &p.tick);
    if let Some(shown) = &model.toast {
        p.tick.changes_at(shown.until);
        let width = u16::try_from(short.chars().count()).unwrap_or(0);
        let loud = shown.toast.weight >= Weight::Warned;
        let (mark, how) = if loud { ("! ", Tone::Bad) } else { ("", Tone::Strong) };
        let room = area.width.saturating_sub(width + 2);
        let lines = toast_lines(&format!("{mark}{}", shown.toast.text), room, area.y);
        let rows = u16::try_from(lines.len()).unwrap_or(1);
        for (y, line) in (area.y + 1 - rows..=area.y).zip(&lines) {
            if y < area.y {
                p.clear(Rect::new(area.x, y, area.width, 1));
            }
            p.put(area.x, y, room, line, how);
        }
        p.put(area.right().saturating_sub(width), area.y, width, &short, tone);
        return;
    }
    let (away, unwritten) = (away(model, &p.tick), unwritten(model, &p.tick));
    let marked = model.list.marked.len();
    let marked = if marked > 0 { format!("· {marked} selected: a s d, Esc") } else { String::new() };
    let help = "? keys";
    let width = area.width.saturating_sub(8);
    let (counts, few, why) = (counts(model), waiting(model), why(model));
    let needs: usize = [&long, &unwritten, &away, &counts, &marked].into_iter().map(|text| taken(text)).sum();
    // No space stands behind the last one.
    let room = usize::from(width) + 1;
    let told = format!("{counts}{why}");
    // What waits for somebody is told before what can be seen elsewhere, too.
    if let Some((all, first)) = few.filter(|_| needs > room) {
        let few = if taken(&brief) + taken(&all) <= room { all } else { first };
        let brief = if taken(&brief) + taken(&few) <= room { brief } else { short };
        p.pieces(
            area.x,
            area.y,
            width,
            &[
                (&brief, tone),
                (&few, Tone::Plain),
                (&unwritten, Tone::Warn),
                (&away, Tone::Warn),
                (&marked, Tone::Accent),
            ],
        );
    } else {
        p.pieces(
            area.x,
            area.y,
            width,
            &[
                (&long, tone),
                (&unwritten, Tone::Warn),
                (&away, Tone::Warn),
                (&told, Tone::Plain),
                (&marked, Tone::Accent),
            ],
        );
    }
    if model.context() != Context::Composer {
        p.put(area.right().saturating_sub(6), area.y, 6, help, Tone::Dim);
    }
}

/// A toast says what to do next at its end: it takes rows above the line rather than lose that. At most three, and on a
/// low screen two: it must not cover what it is about.
fn toast_lines(text: &str, width: u16, above: u16) -> Vec<String> {
    let most = if above < 20 { 2 } else { 3 };
    let mut lines = wrapped(text, width);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    lines
}

/// Cells of a piece with the space before the next one.
fn taken(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.chars().count() + 1 }
}

/// What is said of the connection.
struct Said {
    /// In full.
    long: String,
    /// Where what waits would have no room beside that.
    brief: String,
    /// In a word.
    word: String,
    /// How loud.
    tone: Tone,
}

impl Said {
    fn of(long: String, word: &str, tone: Tone) -> Self {
        Self { brief: long.clone(), long, word: word.to_owned(), tone }
    }
}

/// The connection.
fn link(model: &Model, tick: &Ticker) -> Said {
    match &model.link {
        LinkState::Starting => Said::of("connecting…".to_owned(), "connecting", Tone::Dim),
        LinkState::Online => match model.syncing {
            Some(n) => {
                let word = format!("fetching {n}");
                let long = format!("online, fetching everything: {n} so far");
                Said { long, brief: word.clone(), word, tone: Tone::Good }
            }
            None => Said::of("online".to_owned(), "online", Tone::Good),
        },
        LinkState::Offline { since, retry_at, .. } => {
            let retry =
                if *retry_at > tick.now { format!("retry in {}", tick.until(*retry_at)) } else { "trying".to_owned() };
            let age = tick.real_age(*since);
            let shown = tick.clock_time(*since, model.zone());
            // The reason stands behind the counts, where a narrow line cuts it first.
            let long = format!("offline {age} – showing {shown}, {retry}");
            Said { long, brief: format!("offline {age}"), word: "offline".to_owned(), tone: Tone::Bad }
        }
        LinkState::Refused { why } => Said::of(why.clone(), "refused", Tone::Bad),
        LinkState::SignedOut => {
            Said::of(format!("signed out: comeback login {} --token-stdin", model.login), "signed out", Tone::Bad)
        }
    }
}

/// While this person is away: until when.
fn away(model: &Model, tick: &Ticker) -> String {
    let Some(me) = model.inbox.as_ref().and_then(|inbox| inbox.me.as_ref()).filter(|me| me.away) else {
        return String::new();
    };
    match model.presence(&me.rep).and_then(|presence| presence.until) {
        Some(until) => format!("· away until {}", tick.clock_time(until, model.zone())),
        None => "· away".to_owned(),
    }
}

/// What of the conversation under the cursor has not reached the CRM, and why.
fn unwritten(model: &Model, tick: &Ticker) -> String {
    let about = model.target().and_then(|id| model.unwritten.iter().find(|one| one.conversation == id));
    let Some(one) = about else { return String::new() };
    let since = tick.clock_time(one.since, model.zone());
    // Of what is said of the CRM, who is meant stands before it already, and there is little room.
    let why = one.why.strip_prefix("the CRM ").unwrap_or(&one.why);
    if one.refused {
        return format!("· not in the CRM, given up: {why}");
    }
    format!("· not in the CRM since {since}: {why}")
}

fn counts(model: &Model) -> String {
    let rows = model.inbox.as_ref().map_or(&[][..], |inbox| &inbox.rows);
    let mine = rows.iter().filter(|row| row.for_me && row.status == Status::Open).count();
    let (queued, eye) = model.waiting();
    let queued = if queued > 0 { format!(" · {queued} queued") } else { String::new() };
    let eye = if eye > 0 { format!(" · {eye} need your eye (O)") } else { String::new() };
    format!("· {mine} for me{queued}{eye}")
}

/// What has not left, where there is no room for all: and what of it comes first where there is not even room for that.
fn waiting(model: &Model) -> Option<(String, String)> {
    let (queued, eye) = model.waiting();
    match (queued, eye) {
        (0, 0) => None,
        (queued, 0) => Some((format!("· {queued} queued"), format!("· {queued} queued"))),
        (0, eye) => Some((format!("· {eye} need your eye (O)"), format!("· {eye} need your eye (O)"))),
        (queued, eye) => {
            Some((format!("· {queued} queued · {eye} need your eye (O)"), format!("· {eye} need your eye (O)")))
        }
    }
}

/// Why there is no connection.
fn why(model: &Model) -> String {
    match &model.link {
        LinkState::Offline { why, .. } if !why.is_empty() => format!(" ({why})"),
        LinkState::Offline { .. }
        | LinkState::Starting
        | LinkState::Online
        | LinkState::SignedOut
        | LinkState::Refused { .. } => String::new(),
    }
}

/// What may follow a prefix, once the hand has paused on it.
fn hints(model: &Model, area: Rect, p: &mut Painter<'_>) -> bool {
    let Some((keys, since)) = &model.prefix else { return false };
    let at = *since + model.real_millis(HINT_AFTER);
    if p.tick.now < at {
        p.tick.changes_at(at);
        return false;
    }
    let prefix: String = keys.iter().map(ToString::to_string).collect();
    let follows: Vec<String> =
        keymap::after(model.context(), keys).into_iter().map(|(key, doc)| format!("{prefix}{key} {doc}")).collect();
    p.put(area.x, area.y, area.width, &follows.join(" · "), Tone::Accent);
    true
}
