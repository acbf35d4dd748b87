//! The last line: how the connection stands, what waits, and what just happened.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone};
use super::ticker::Ticker;
use crate::client::handle::LinkState;
use crate::domain::conversation::Status;
use crate::tui::keymap::{self, Context};
use crate::tui::model::{HINT_AFTER, Model};

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    if hints(model, area, p) {
        return;
    }
    let (long, short, tone) = link(model, &p.tick);
    if let Some((toast, until)) = &model.toast {
        p.tick.changes_at(*until);
        let width = u16::try_from(short.chars().count()).unwrap_or(0);
        let loud = if toast.loud { "! " } else { "" };
        let room = area.width.saturating_sub(width + 2);
        p.put(
            area.x,
            area.y,
            room,
            &format!("{loud}{}", toast.text),
            if toast.loud { Tone::Bad } else { Tone::Strong },
        );
        p.put(area.right().saturating_sub(width), area.y, width, &short, tone);
        return;
    }
    let counts = counts(model);
    let marked = model.list.marked.len();
    let marked = if marked > 0 { format!("· {marked} selected: a s d, Esc") } else { String::new() };
    let help = "? keys";
    let width = area.width.saturating_sub(8);
    p.pieces(area.x, area.y, width, &[(&long, tone), (&counts, Tone::Plain), (&marked, Tone::Accent)]);
    if model.context() != Context::Composer {
        p.put(area.right().saturating_sub(6), area.y, 6, help, Tone::Dim);
    }
}

/// The connection: in full, in a word, and how loud.
fn link(model: &Model, tick: &Ticker) -> (String, String, Tone) {
    match &model.link {
        LinkState::Starting => ("connecting…".to_owned(), "connecting".to_owned(), Tone::Dim),
        LinkState::Online => ("online".to_owned(), "online".to_owned(), Tone::Good),
        LinkState::Offline { since, retry_at, why } => {
            let retry =
                if *retry_at > tick.now { format!("retry in {}", tick.until(*retry_at)) } else { "trying".to_owned() };
            let age = tick.real_age(*since);
            let shown = tick.clock_time(*since, model.zone());
            let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
            (format!("offline {age} – showing {shown}, {retry}{why}"), "offline".to_owned(), Tone::Bad)
        }
        LinkState::Refused { why } => (why.clone(), "refused".to_owned(), Tone::Bad),
        LinkState::SignedOut => {
            (format!("signed out: comeback login {} --token-stdin", model.login), "signed out".to_owned(), Tone::Bad)
        }
    }
}

fn counts(model: &Model) -> String {
    let rows = model.inbox.as_ref().map_or(&[][..], |inbox| &inbox.rows);
    let mine = rows.iter().filter(|row| row.for_me && row.status == Status::Open).count();
    let (queued, eye) = model.waiting();
    let queued = if queued > 0 { format!(" · {queued} queued") } else { String::new() };
    let eye = if eye > 0 { format!(" · {eye} need your eye (O)") } else { String::new() };
    format!("· {mine} for me{queued}{eye}")
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
