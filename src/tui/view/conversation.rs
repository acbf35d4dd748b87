//! One conversation: who, what was written, where each of our texts stands, and the composer under it.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone, wrapped};
use super::ticker::Ticker;
use super::{around, composer, head, inside, list, loan, words};
use crate::client::handle::{OutboxStanding, Row, Thread, ThreadMessage};
use crate::domain::conversation::{AnswerState, Status};
use crate::domain::event::Review;
use crate::domain::id::MessageId;
use crate::domain::time::Timestamp;
use crate::tui::keymap::{self, Action};
use crate::tui::model::{Model, Screen};
use crate::wire::changes::Author;
use crate::wire::media::{Part, Stands, file_name, size};

/// One line of the conversation.
struct Line {
    indent: u16,
    pieces: Vec<(String, Tone)>,
}

/// Draws the conversation that is opened.
pub(super) fn draw(model: &Model, area: Rect, active: bool, p: &mut Painter<'_>) {
    let Some(row) = shown(model) else {
        nothing(model, area, p);
        // What is being written stays in sight, whatever became of the conversation.
        if let (_, Some(area)) = divide(model, area) {
            composer::draw(model, area, p);
        }
        return;
    };
    p.frame(area, &title(row), active);
    let (mut messages, writing) = divide(model, area);
    let top = inside(area);
    let width = top.width.saturating_sub(2);
    let banner = loan::lines(model, row, width, &p.tick);
    let mut y = top.y;
    for (line, tone) in banner.iter().take(usize::from(top.height)) {
        p.put(top.x + 1, y, width, line, *tone);
        y += 1;
    }
    let head = head::lines(model, row, width, spare(model, row, messages, &p.tick), p);
    let rows = u16::try_from(head.len()).unwrap_or(u16::MAX);
    // What it has beyond its least rows are those that nothing stands in.
    let more = rows.saturating_sub(head::least(model)).min(messages.height);
    (messages.y, messages.height) = (messages.y + more, messages.height - more);
    for (y, line) in (y..messages.y).zip(&head) {
        let pieces: Vec<(&str, Tone)> = line.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
        p.pieces(top.x + 1, y, width, &pieces);
    }
    match model.thread_of(row.id) {
        Some(thread) => draw_messages(model, thread, messages, p),
        None if model.opened == Some(row.id) => {
            p.put(messages.x, messages.y, messages.width, "Opening…", Tone::Dim);
        }
        None => {}
    }
    if let Some(area) = writing {
        composer::draw(model, area, p);
    } else if let Some(writing) = composer::writing(model, row.id, &p.tick) {
        // On the border: nothing is pushed away by somebody else's keys.
        p.put(area.x + 2, area.bottom().saturating_sub(1), area.width.saturating_sub(4), &writing, Tone::Accent);
    } else if active && model.screen == Screen::Conversation {
        p.park(messages.x, messages.bottom().saturating_sub(1));
    }
}

/// Lines of the conversation that do not fit.
pub(in crate::tui) fn overflow(model: &Model, area: Rect) -> usize {
    let Some(thread) = shown(model).and_then(|row| model.thread_of(row.id)) else { return 0 };
    let (messages, _) = divide(model, area);
    let tick = Ticker::new(Timestamp::MIN, 1000);
    lines(model, thread, messages.width, &tick).len().saturating_sub(usize::from(messages.height))
}

/// Lines of the opened conversation from this message on.
pub(in crate::tui) fn lines_from(model: &Model, message: MessageId, area: Rect) -> Option<usize> {
    let thread = model.thread.as_deref()?;
    let at = thread.messages.iter().position(|m| m.message.id == message)?;
    let (messages, _) = divide(model, area);
    let tick = Ticker::new(Timestamp::MIN, 1000);
    let from = Thread { messages: thread.messages[at..].to_vec(), older: None, ..thread.clone() };
    Some(lines(model, &from, messages.width, &tick).len())
}

fn shown(model: &Model) -> Option<&Row> {
    let id = model.composer.as_ref().map(|c| c.to).or(match model.screen {
        Screen::Conversation => model.pinned,
        Screen::Inbox | Screen::Outbox | Screen::People | Screen::WhileAway | Screen::Measure => model.opened,
    })?;
    model.thread_of(id).map(|t| &t.row).or_else(|| model.row(id))
}

fn title(row: &Row) -> String {
    words::person(&row.name, &row.address)
}

/// Rows that the conversation leaves empty, but for the one that parts it from its head.
fn spare(model: &Model, row: &Row, messages: Rect, tick: &Ticker) -> u16 {
    let Some(thread) = model.thread_of(row.id) else { return 0 };
    let taken = last_lines(model, thread, messages.width, tick, usize::from(messages.height)).len();
    messages.height.saturating_sub(u16::try_from(taken + 1).unwrap_or(u16::MAX))
}

/// The part for messages, and the part for the composer while something is written.
fn divide(model: &Model, area: Rect) -> (Rect, Option<Rect>) {
    let lent = shown(model).map_or(0, |row| loan::rows(model, row, inside(area).width.saturating_sub(2)));
    let header = head::least(model) + lent;
    let writing = model.composer.as_ref().map(|c| {
        let rows = composer::rows(model, c, area);
        Rect::new(area.x, area.bottom().saturating_sub(rows), area.width, rows)
    });
    let area = inside(area);
    let bottom = writing.map_or(area.bottom(), |w| w.y);
    let top = (area.y + header).min(bottom);
    (Rect::new(area.x, top, area.width, bottom - top), writing)
}

fn nothing(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "", false);
    let area = inside(area);
    if model.screen == Screen::Conversation {
        let text = if model.audits() {
            "Auditors see no conversations. comeback explain ID tells the story of one, comeback audit entries the record. Esc \
             goes back."
        } else {
            "This conversation is not yours to see any more. Esc goes back."
        };
        for (y, line) in (area.y + 1..area.bottom()).zip(wrapped(text, area.width.saturating_sub(4))) {
            p.put(area.x + 2, y, area.width.saturating_sub(4), &line, Tone::Dim);
        }
        return;
    }
    let actions = [Action::Reply, Action::Take, Action::Assign, Action::Escalate, Action::Snooze, Action::Done];
    let more = [Action::Note, Action::Undo, Action::Why, Action::NextUrgent, Action::Filter, Action::Help];
    let offered = actions.into_iter().chain(more).filter(|action| model.offers(*action));
    let shown = offered.filter_map(|action| {
        let binding = keymap::TABLE.iter().find(|b| b.action == action)?;
        Some((*binding.keys.first()?, binding.doc))
    });
    for (y, (key, doc)) in (area.y + 1..area.bottom()).zip(shown) {
        p.put(area.x + 2, y, 2, key, Tone::Accent);
        p.put(area.x + 5, y, area.width.saturating_sub(6), doc, Tone::Dim);
    }
}

fn draw_messages(model: &Model, thread: &Thread, area: Rect, p: &mut Painter<'_>) {
    if area.height == 0 {
        return;
    }
    let height = usize::from(area.height);
    // Only what may be seen is broken into lines: it is drawn at every key.
    let lines = last_lines(model, thread, area.width, &p.tick, height.saturating_add(model.scroll));
    let end = lines.len().saturating_sub(model.scroll).max(height.min(lines.len()));
    let start = end.saturating_sub(height);
    // A short conversation stands at the bottom, next to where the answer is written.
    let top = area.y + area.height - u16::try_from(end - start).unwrap_or(area.height);
    for (y, line) in (top..).zip(&lines[start..end]) {
        let pieces: Vec<(&str, Tone)> = line.pieces.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
        p.pieces(area.x + line.indent, y, area.width.saturating_sub(line.indent), &pieces);
    }
    if model.scroll > 0 {
        let more = format!("↓ {} more lines, G", lines.len() - end);
        let width = u16::try_from(more.chars().count()).unwrap_or(0);
        p.put(area.right().saturating_sub(width), area.bottom() - 1, width, &more, Tone::Warn);
    }
}

fn lines(model: &Model, thread: &Thread, width: u16, tick: &Ticker) -> Vec<Line> {
    last_lines(model, thread, width, tick, usize::MAX)
}

/// The last lines of a conversation: at least so many, or all there are; whole messages.
fn last_lines(model: &Model, thread: &Thread, width: u16, tick: &Ticker, wanted: usize) -> Vec<Line> {
    let empty = || Line { indent: 0, pieces: Vec::new() };
    if thread.messages.is_empty() {
        let words = if model.audits() { "Nothing written yet." } else { "Nothing written yet. r writes." };
        return vec![Line { indent: 1, pieces: vec![(words.to_owned(), Tone::Dim)] }];
    }
    let older = thread.older.map(|older| (older.at, words::older(older, &model.link)));
    let (mut blocks, mut count) = (Vec::new(), 0);
    for (at, message) in thread.messages.iter().enumerate().rev() {
        if count >= wanted {
            break;
        }
        let mut block = if at > 0 { vec![empty()] } else { Vec::new() };
        if let Some((_, words)) = older.filter(|(before, _)| *before == at) {
            block.extend([Line { indent: 1, pieces: vec![(words.to_owned(), Tone::Dim)] }, empty()]);
        }
        message_lines(model, thread, message, width, tick, &mut block);
        count += block.len();
        blocks.push(block);
    }
    blocks.into_iter().rev().flatten().collect()
}

fn message_lines(
    model: &Model,
    thread: &Thread,
    entry: &ThreadMessage,
    width: u16,
    tick: &Ticker,
    lines: &mut Vec<Line>,
) {
    let message = &entry.message;
    let time = tick.clock_time(message.at, model.zone());
    let mine = |rep| Some(rep) == model.me();
    let who = |rep| if mine(rep) { "you".to_owned() } else { model.rep_name(rep).to_owned() };
    let (indent, tone, mut head) = match &message.author {
        Author::Buyer(kind) => {
            let mut head = vec![(thread.row.name.clone(), Tone::Strong), (time, Tone::Dim)];
            if let Some(words) = words::kind(*kind) {
                head.push((format!("({words})"), Tone::Dim));
            }
            (1, Tone::Plain, head)
        }
        Author::Rep(rep) => (4, Tone::Mine, vec![(who(rep), Tone::Strong), (time, Tone::Dim)]),
        Author::Automatic => (4, Tone::Mine, vec![("automatic".to_owned(), Tone::Dim), (time, Tone::Dim)]),
        Author::Note(rep) => {
            let to_crm = entry.for_crm && around::is_told_ends(model, thread);
            let reads = if to_crm { "(for the CRM, too)" } else { "(not for the buyer)" };
            let reader = entry.reader.as_ref().map(|reader| format!(" for {}", who(reader))).unwrap_or_default();
            let head = [(format!("┆ note by {}{reader}", who(rep)), Tone::Note), (time, Tone::Dim)];
            (1, Tone::Note, head.into_iter().chain([(reads.to_owned(), Tone::Note)]).collect())
        }
    };
    let state = state(model, thread, entry, tick);
    // What went wrong, and until when it waits, is said in full, on lines of its own.
    let put_off = message.standing.as_ref().and_then(AnswerState::held).is_some_and(|(_, put_off)| put_off);
    let in_full = |tone: Tone| tone == Tone::Bad || put_off;
    if let Some((words, tone)) = state.as_ref().filter(|(_, tone)| !in_full(*tone)) {
        head.push((format!("· {words}"), *tone));
    }
    lines.push(Line { indent, pieces: head });
    let lead = if tone == Tone::Note { "┆ " } else { "" };
    let room = width.saturating_sub(indent + u16::try_from(lead.chars().count()).unwrap_or(0));
    let mut body = |text: &str, tone| {
        let line = |line: String| Line { indent, pieces: vec![(format!("{lead}{line}"), tone)] };
        lines.extend(wrapped(text, room).into_iter().map(line));
    };
    match &message.body {
        Some(words) if !words.is_blank() => body(words.as_str(), tone),
        Some(_) if !message.media.is_empty() => {}
        Some(_) => body("[an empty text]", Tone::Dim),
        None if message.media.is_empty() => body("[erased]", Tone::Dim),
        None => {}
    }
    for (n, media) in message.media.iter().enumerate() {
        let part = Part::read(media);
        let name = || file_name(&part.kind, u32::try_from(n).unwrap_or(u32::MAX - 1));
        match part.stands {
            Stands::Told => body(&format!("[{}: {}]", noun(&part.kind), part.kind), Tone::Accent),
            Stands::Kept(bytes) => body(&format!("[{} {}]", name(), size(bytes)), Tone::Accent),
            Stands::Refused => body(&format!("[{}: {}, not kept]", noun(&part.kind), part.kind), Tone::Dim),
        }
    }
    if let Some((words, tone)) = state.filter(|(_, tone)| in_full(*tone)) {
        let mark = if tone == Tone::Bad { "! " } else { "" };
        body(&format!("{mark}{words}"), tone);
    }
}

/// What a content type is, in a word.
fn noun(media: &str) -> &'static str {
    match media.split('/').next() {
        Some("image") => "picture",
        Some("video") => "video",
        Some("audio") => "voice message",
        _ => "file",
    }
}

/// Where a text of ours stands.
fn state(model: &Model, thread: &Thread, entry: &ThreadMessage, tick: &Ticker) -> Option<(String, Tone)> {
    if let Some(pending) = entry.pending {
        let standing = model.outbox.iter().find(|e| e.id == pending).map(|e| &e.standing);
        return Some(words::standing(
            model,
            standing.unwrap_or(&OutboxStanding::Queued),
            Some(&thread.row.place),
            tick,
        ));
    }
    let state = entry.message.standing.as_ref()?;
    if thread.row.approval == Some(entry.message.id) {
        return Some(("needs your approval (z)".to_owned(), Tone::Bad));
    }
    let (mut words, tone) = words::answer(model, state, &thread.row.place, tick);
    let mine = matches!(&entry.message.author, Author::Rep(rep) if Some(rep) == model.me());
    match state {
        AnswerState::Held { not_before, .. } if mine && *not_before > tick.now => words.push_str(" (u undoes)"),
        // Of a hold the words name the key already.
        AnswerState::Parked { reasons, .. } if mine && !reasons.contains(&Review::OptOutHold) => words.push_str(" (z)"),
        AnswerState::Held { .. }
        | AnswerState::Parked { .. }
        | AnswerState::Sending
        | AnswerState::Unknown
        | AnswerState::Out { .. } => {}
    }
    Some((words, tone))
}

/// The clock of a row, for headers. Of what is done none is shown: the answer that met it may still wait for the network.
pub(super) fn clock(row: &Row, tick: &Ticker) -> Option<(String, Tone)> {
    if matches!(row.status, Status::Done(_)) {
        return None;
    }
    row.clock.as_ref().map(|clock| list::clock_words(clock, tick))
}
