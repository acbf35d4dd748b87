//! `(model, message, now) → effects`. Pure: the loop in `run` performs what comes out.

mod act;
mod away;
mod begin;
mod block;
mod booking;
mod browse;
mod choices;
mod composer;
mod keys;
mod kind;
mod later;
mod list;
mod measure;
mod news;
mod next_step;
mod outbox;
mod overlay;
mod people;
mod ruling;
mod shift;
mod snippets;
mod when;
mod while_away;
mod writer;

pub(super) use crate::domain::stand_in::Offer;
pub(super) use composer::{objections, opted_out};
pub(super) use later::would_wait;
pub(super) use ruling::day;
pub(super) use snippets::{bound, offer, whole, words as stand_ins};
pub(super) use when::{day_time, read, said};

use super::layout;
use super::model::list::Spot;
use super::model::{Model, Screen};
use super::msg::{Effect, Msg};
use crate::client::handle::Ask;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;

/// Takes one message in.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    let mut out = Vec::new();
    if model.leaving {
        return out;
    }
    match msg {
        // Nobody sees what would be done: only the keys that leave, suspend or draw anew count.
        Msg::Key(chord) if layout::too_small(model.size) && !chord.ctrl => {}
        Msg::Key(chord) => keys::press(model, chord, now, &mut out),
        Msg::Paste(text) => keys::paste(model, &text, now, &mut out),
        Msg::Resize(columns, rows) => model.size = (columns, rows),
        Msg::Focus(focused) => model.focused = focused,
        Msg::Client(notice) => news::take(model, notice, now, &mut out),
        Msg::Edited { conversation, text } => composer::edited(model, conversation, text, now),
        Msg::Woke => {}
        Msg::Ended => leave(model, &mut out),
    }
    if !model.leaving {
        settle(model, now, &mut out);
    }
    out
}

/// Writes drafts down and goes. What is queued is on disk already.
fn leave(model: &mut Model, out: &mut Vec<Effect>) {
    composer::save(model, out);
    let (queued, eye) = model.waiting();
    let farewell = match (queued, eye) {
        (0, 0) => None,
        (0, eye) => Some(format!("{eye} in the outbox need your eye.")),
        (queued, 0) => Some(format!("{queued} queued, will go at next start.")),
        (queued, eye) => Some(format!("{queued} queued, will go at next start; {eye} need your eye.")),
    };
    out.push(Effect::Ask(Ask::Stop));
    out.push(Effect::Quit { farewell });
    model.leaving = true;
}

/// What follows from where things stand now: timers that ran out, the conversation to be shown, the list's window.
fn settle(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    model.turn_toast(now);
    if model.composer.as_ref().and_then(|c| c.save_at).is_some_and(|at| at <= now) {
        composer::save(model, out);
    }
    out.extend(composer::tells(model, now));
    while_away::offer(model, out);
    list::window(model);
    model.running.take_if(|until| *until <= now);
    let wanted = wanted(model);
    // A held key passes over many: the one it stops on is opened beside the list.
    let passing = model.running.is_some() && model.screen == Screen::Inbox && model.composer.is_none();
    if model.opened != wanted && !passing {
        model.opened = wanted;
        model.thread = None;
        model.scroll = 0;
        out.push(Effect::Ask(Ask::Open(wanted)));
    }
    ruling::look(model);
    if model.scroll > 0 {
        model.scroll = model.scroll.min(layout::conversation_overflow(model));
    }
    let looking = (model.focused, on_screen(model));
    if model.looked != Some(looking) {
        model.looked = Some(looking);
        out.push(Effect::Ask(Ask::Looking { focused: looking.0, conversation: looking.1 }));
    }
}

/// Which conversation the client should send.
fn wanted(model: &Model) -> Option<ConversationId> {
    if let Some(composer) = &model.composer {
        return Some(composer.to);
    }
    match model.screen {
        Screen::Conversation => model.pinned,
        Screen::Inbox if layout::areas(model.size).thread.is_some() => model.target(),
        // What was found may rest in the cache: the client knows what it is.
        Screen::Inbox => model.list.cursor.filter(|spot| matches!(spot, Spot::Hit(..))).map(Spot::conversation),
        Screen::Outbox | Screen::WhileAway => model.target(),
        Screen::People | Screen::Measure => None,
    }
}

/// Which conversation the person sees.
fn on_screen(model: &Model) -> Option<ConversationId> {
    match model.screen {
        Screen::Conversation | Screen::Inbox => model.opened,
        Screen::Outbox | Screen::People | Screen::WhileAway | Screen::Measure => None,
    }
}
