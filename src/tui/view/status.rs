//! The last line: how the connection stands, what waits, and what just happened.

use ratatui::layout::Rect;

use super::around;
use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use crate::client::handle::{LinkState, Toast, Weight};
use crate::tui::keymap::{self, Action, Context};
use crate::tui::model::alerts::is_alert;
use crate::tui::model::{HINT_AFTER, Model, Shown};

/// Cells at the end of the line for how to see the keys, with the space before them.
const HELP_CELLS: u16 = 8;

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    if hints(model, area, p) {
        return;
    }
    let Wording { whole, brief, word, tone, is_remedy } = link(model, &p.tick);
    if let Some(shown) = &model.toast {
        if let Some(ends) = model.toast_ends() {
            p.tick.changes_at(ends);
        }
        let how = if is_loud(&shown.toast) { Tone::Bad } else { Tone::Strong };
        let (lines, width) = (toast_lines(model), cells(&word));
        for (y, line) in (area.y.saturating_sub(rows_above(model))..=area.y).zip(&lines) {
            if y < area.y {
                p.clear(Rect::new(area.x, y, area.width, 1));
            }
            p.put(area.x, y, toast_room(model), line, how);
        }
        p.put(area.right().saturating_sub(width), area.y, width, &word, tone);
        return;
    }
    let (away, unwritten) = (away(model, &p.tick), unwritten(model, &p.tick));
    let marked = model.list.marked.len();
    let keys = if model.context() == Context::List { ": a s d, Esc" } else { "" };
    let marked = if marked > 0 { format!("· {marked} selected{keys}") } else { String::new() };
    // What has to be done is told to its end where the line holds that alone: also in the place of the keys.
    let (beside_help, cells) = (area.width.saturating_sub(HELP_CELLS), whole.chars().count());
    let is_kept = is_remedy && cells <= usize::from(area.width);
    let has_help = !is_kept || cells <= usize::from(beside_help);
    let width = if has_help { beside_help } else { area.width };
    let (counts, waiting, why) = (counts(model), waiting(model), why(model));
    let needs: usize = [&whole, &unwritten, &away, &counts, &marked].into_iter().map(|text| taken(text)).sum();
    // No space stands behind the last one.
    let room = usize::from(width) + 1;
    let told = format!("{counts}{why}");
    // What waits for somebody is told before what can be seen elsewhere, too.
    if let Some(Waiting { all, urgent }) = waiting.filter(|_| needs > room) {
        let waits = if taken(&brief) + taken(&all) <= room { all } else { urgent };
        let link = if is_kept || taken(&brief) + taken(&waits) <= room { brief } else { word };
        p.pieces(
            area.x,
            area.y,
            width,
            &[
                (&link, tone),
                (&waits, Tone::Plain),
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
                (&whole, tone),
                (&unwritten, Tone::Warn),
                (&away, Tone::Warn),
                (&told, Tone::Plain),
                (&marked, Tone::Accent),
            ],
        );
    }
    if has_help && model.context() != Context::Composer {
        p.put(area.right().saturating_sub(6), area.y, 6, "? keys", Tone::Dim);
    }
}

/// A toast says what to do next at its end: it takes rows above the line rather than lose that. At most three, and on a
/// low screen two. Over a dialog an alert has one: that is about something else.
fn toast_lines(model: &Model) -> Vec<String> {
    let Some(Shown { toast, .. }) = &model.toast else { return Vec::new() };
    let most = match model.size.1 {
        _ if is_alert(toast) && model.overlay.is_some() => 1,
        ..=20 => 2,
        _ => 3,
    };
    let mark = if is_loud(toast) { "! " } else { "" };
    let mut lines = wrapped(&format!("{mark}{}", toast.text), toast_room(model));
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    lines
}

/// Rows above the last one that a toast takes.
pub(in crate::tui) fn rows_above(model: &Model) -> u16 {
    u16::try_from(toast_lines(model).len().saturating_sub(1)).unwrap_or(0)
}

/// Cells of a row of it: behind its last one stands how the connection is.
fn toast_room(model: &Model) -> u16 {
    model.size.0.saturating_sub(cells(&word(model)) + 2)
}

fn is_loud(toast: &Toast) -> bool {
    toast.weight >= Weight::Warned
}

fn cells(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(0)
}

/// Cells of a piece with the space before the next one.
fn taken(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.chars().count() + 1 }
}

/// How the connection is told, by the room there is.
struct Wording {
    /// All of it.
    whole: String,
    /// Where what waits would have no room beside that.
    brief: String,
    /// In a word.
    word: String,
    /// How loud.
    tone: Tone,
    /// Whether it says what this person has to do: nothing goes before that, so that counts are cut and not this.
    is_remedy: bool,
}

impl Wording {
    fn of(whole: String, word: String, tone: Tone) -> Self {
        Self { brief: whole.clone(), whole, word, tone, is_remedy: false }
    }

    fn remedy(whole: String, word: String) -> Self {
        Self { is_remedy: true, ..Self::of(whole, word, Tone::Bad) }
    }
}

/// The connection in a word.
fn word(model: &Model) -> String {
    match (&model.link, model.syncing) {
        (LinkState::Starting, _) => "connecting".to_owned(),
        (LinkState::Online, Some(n)) => format!("fetching {n}"),
        (LinkState::Online, None) => "online".to_owned(),
        (LinkState::Offline { .. }, _) => "offline".to_owned(),
        (LinkState::Refused { .. }, _) => "refused".to_owned(),
        (LinkState::SignedOut, _) => "signed out".to_owned(),
    }
}

/// The connection.
fn link(model: &Model, tick: &Ticker) -> Wording {
    let word = word(model);
    match &model.link {
        LinkState::Starting => Wording::of("connecting…".to_owned(), word, Tone::Dim),
        LinkState::Online => match model.syncing {
            Some(n) => {
                let whole = format!("online, fetching everything: {n} so far");
                Wording { brief: word.clone(), ..Wording::of(whole, word, Tone::Good) }
            }
            None => Wording::of("online".to_owned(), word, Tone::Good),
        },
        LinkState::Offline { since, retry_at, .. } => {
            let retry =
                if *retry_at > tick.now { format!("retry in {}", tick.until(*retry_at)) } else { "trying".to_owned() };
            let age = tick.real_age(*since);
            let shown = tick.clock_time(*since, model.zone());
            // The reason stands behind the counts, where a narrow line cuts it first.
            let whole = format!("offline {age} – showing {shown}, {retry}");
            Wording { brief: format!("offline {age}"), ..Wording::of(whole, word, Tone::Bad) }
        }
        LinkState::Refused { why } => Wording::remedy(why.clone(), word),
        LinkState::SignedOut => {
            Wording::remedy(format!("signed out: comeback login {} --token-stdin", model.login), word)
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
    // What can be done stands first: a narrow line cuts the reason, which the card tells to its end.
    let writer = keymap::key_of(model.context(), Action::Writer).filter(|key| one.why.contains(&format!("({key})")));
    let writer = writer.map_or_else(String::new, |key| format!(" ({key} says who writes)"));
    let told = around::since_and_why(model, one, tick);
    let gap = if one.refused { "," } else { "" };
    format!("· not in the CRM{writer}{gap} {told}")
}

fn counts(model: &Model) -> String {
    let rows = model.inbox.as_ref().map_or(&[][..], |inbox| &inbox.rows);
    let mine = rows.iter().filter(|row| row.asks()).count();
    let (queued, eye) = model.waiting();
    let queued = if queued > 0 { format!(" · {queued} queued") } else { String::new() };
    let eye = if eye > 0 { format!(" {}", need_eye(model, eye)) } else { String::new() };
    format!("· {mine} for me{queued}{eye}")
}

/// What needs the person's eye, with the key that shows it, where that is a key and no letter that is typed.
fn need_eye(model: &Model, eye: usize) -> String {
    let key = keymap::key_of(model.context(), Action::Outbox).map_or_else(String::new, |key| format!(" ({key})"));
    format!("· {eye} need your eye{key}")
}

/// What has not left, where there is no room for all counts.
struct Waiting {
    /// All of it.
    all: String,
    /// What of it comes first where there is not even room for that.
    urgent: String,
}

fn waiting(model: &Model) -> Option<Waiting> {
    let (queued, eye) = model.waiting();
    let of_eye = need_eye(model, eye);
    let of_queue = format!("· {queued} queued");
    match (queued, eye) {
        (0, 0) => None,
        (_, 0) => Some(Waiting { all: of_queue.clone(), urgent: of_queue }),
        (0, _) => Some(Waiting { all: of_eye.clone(), urgent: of_eye }),
        (_, _) => Some(Waiting { all: format!("{of_queue} {of_eye}"), urgent: of_eye }),
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
