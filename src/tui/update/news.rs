//! What the client says. News changes what is shown around the cursor, never what the cursor is on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{begin, composer, list, measure, ruling};
use crate::client::handle::{Inbox, Link, Notice, Row, Thread};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::list::Spot;
use crate::tui::msg::Effect;

/// Takes one notice in.
pub(super) fn take(model: &mut Model, notice: Notice, now: Timestamp, out: &mut Vec<Effect>) {
    match notice {
        Notice::Inbox(inbox) => {
            inbox_changed(model, inbox);
            begin::arrived(model, now);
        }
        Notice::Thread(id, thread) => thread_changed(model, id, thread),
        Notice::Outbox(outbox) => {
            model.outbox = outbox;
            if model.entry().is_none() && model.entry.is_some() {
                // What the cursor was on has left: it is nobody's place to put it on another.
                model.entry = None;
            }
        }
        Notice::Found { query, hits } => {
            if query == model.list.filter.trim() {
                // Whoever pressed Enter before the first answer came waits for it; a later one moves no cursor.
                let first = model.list.found_for != model.list.filter;
                model.list.found_for.clone_from(&model.list.filter);
                model.list.hits = hits;
                if model.list.cursor.is_none() && (first || model.list.typing) {
                    list::first(model);
                }
            }
        }
        Notice::Link(link) => link_changed(model, &link),
        Notice::Writing(writing) => model.writing = writing,
        Notice::Around(around) => {
            let about = around.conversation;
            model.told_around(around);
            ruling::heard(model, about);
        }
        Notice::Unwritten(unwritten) => model.unwritten = unwritten,
        Notice::Measured { which, at, report } => measure::measured(model, which, at, report),
        Notice::Unmeasured { which, why } => measure::unmeasured(model, which, why),
        Notice::Behind { behind, found } => measure::found(model, &behind, found),
        Notice::Toast(toast) if begin::refused(model, &toast) => {}
        Notice::Toast(toast) => model.show(toast, now),
        Notice::Terminal(bytes) => out.push(Effect::Write(bytes)),
        // The loop waits for the second after it said stop; told otherwise, the client has ended by itself.
        Notice::Moved | Notice::Stopped => super::leave(model, out),
    }
}

fn link_changed(model: &mut Model, link: &Link) {
    model.link = link.state.clone();
    model.syncing = link.syncing;
    #[expect(clippy::cast_possible_truncation, reason = "a pace is at most thousands")]
    let second = (link.pace * 1000.0).round().clamp(1.0, 1e9) as i64;
    model.second = second;
}

fn inbox_changed(model: &mut Model, inbox: Arc<Inbox>) {
    let line = {
        let entries = model.list.entries(model.inbox.as_deref());
        model.list.index(&entries).map(|at| at.saturating_sub(model.list.top))
    };
    if let Some(before) = &model.inbox {
        let before: BTreeMap<ConversationId, &Row> = before.rows.iter().map(|row| (row.id, row)).collect();
        for row in inbox.rows.iter().filter(|row| row.for_me) {
            let new = before.get(&row.id).is_none_or(|old| old.inbound < row.inbound || !old.for_me);
            if new && model.target() != Some(row.id) {
                model.list.arrived.insert(row.id);
            }
        }
    }
    let had_any = !model.list.entries(model.inbox.as_deref()).is_empty();
    let ids: BTreeSet<ConversationId> = inbox.rows.iter().map(|row| row.id).collect();
    model.list.arrived.retain(|id| ids.contains(id));
    model.list.marked.retain(|id| ids.contains(id));
    // A text that was found may be of a conversation that rests: it has no row.
    let gone = model.list.cursor.is_some_and(|spot| matches!(spot, Spot::Row(id) if !ids.contains(&id)));
    model.inbox = Some(inbox);
    if gone {
        model.list.cursor = None;
    } else if model.list.cursor.is_none() && !had_any {
        // Nothing was on screen that a key could have been meant for.
        list::first(model);
    }
    let entries = model.list.entries(model.inbox.as_deref());
    if let (Some(line), Some(at)) = (line, model.list.index(&entries)) {
        model.list.place = at;
        // A list that is scrolled keeps the cursor on its line; at the top, what is new shows above it.
        if model.list.top > 0 {
            model.list.top = at.saturating_sub(line);
        }
    }
}

fn thread_changed(model: &mut Model, id: ConversationId, thread: Option<Arc<Thread>>) {
    if model.opened != Some(id) {
        return;
    }
    // Somebody who reads further up stays where they read, whatever comes above and below.
    let first = model.thread.as_deref().filter(|_| model.scroll > 0).and_then(|thread| {
        let whole = thread.older.map_or(0, |older| older.at);
        thread.messages.get(whole).map(|m| m.message.id)
    });
    let before = first.and_then(|first| layout::conversation_lines(model, first));
    model.thread = thread;
    composer::loaded(model);
    let after = first.and_then(|first| layout::conversation_lines(model, first));
    if let (Some(before), Some(after)) = (before, after) {
        model.scroll = (model.scroll + after).saturating_sub(before);
    }
}
