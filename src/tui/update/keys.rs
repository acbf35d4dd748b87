//! From a key to what it does: the table first, typing second.

use super::{browse, composer, list, overlay};
use crate::domain::time::Timestamp;
use crate::tui::keymap::chord::{Chord, Key};
use crate::tui::keymap::{self, Action, Context, Meaning};
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;
use crate::tui::msg::Effect;

/// A key was pressed.
pub(super) fn press(model: &mut Model, chord: Chord, now: Timestamp, out: &mut Vec<Effect>) {
    model.outlived(now);
    if chord.key == Key::Esc {
        model.toast = None;
    }
    let context = model.context();
    let mut keys = model.prefix.take().map_or_else(Vec::new, |(keys, _)| keys);
    keys.push(chord);
    match keymap::meaning(context, &keys) {
        Meaning::Does(action) => perform(model, context, action, now, out),
        Meaning::Begins => model.prefix = Some((keys, now)),
        Meaning::Nothing if keys.len() > 1 => press(model, chord, now, out),
        Meaning::Nothing => typed(model, context, chord, now, out),
    }
}

/// Does what the table says, in the context the key was pressed in.
pub(super) fn perform(model: &mut Model, context: Context, action: Action, now: Timestamp, out: &mut Vec<Effect>) {
    if action == Action::Redraw {
        return out.push(Effect::Redraw);
    } else if action == Action::Suspend {
        composer::save(model, out);
        return out.push(Effect::Suspend);
    } else if action == Action::Exit {
        return super::leave(model, out);
    } else if !model.offers(action) {
        return model.warn("You audit: you read everything and change nothing.", now);
    }
    match context {
        Context::Composer => composer::act(model, action, now, out),
        Context::Line if model.overlay.is_none() => list::filter_act(model, action, out),
        Context::Line | Context::Choice | Context::Page => overlay::act(model, action, now, out),
        Context::List | Context::Thread | Context::Outbox | Context::People | Context::WhileAway | Context::Measure => {
            browse::act(model, action, now, out);
        }
    }
}

fn typed(model: &mut Model, context: Context, chord: Chord, now: Timestamp, out: &mut Vec<Effect>) {
    match context {
        Context::Composer => composer::typed(model, chord, now),
        Context::Line if model.overlay.is_none() => {
            if edit_line(&mut model.list.filter, chord) {
                list::filter_changed(model, out);
            }
        }
        Context::Line | Context::Choice | Context::Page => overlay::typed(model, chord, now, out),
        Context::List | Context::Thread | Context::Outbox | Context::People | Context::WhileAway | Context::Measure => {
        }
    }
}

/// Text was pasted: it goes where text goes, and nowhere else.
pub(super) fn paste(model: &mut Model, text: &str, now: Timestamp, out: &mut Vec<Effect>) {
    match model.context() {
        Context::Composer => composer::paste(model, text, now),
        Context::Line if model.overlay.is_none() => {
            model.list.filter.push_str(&one_line(text));
            list::filter_changed(model, out);
        }
        Context::Line | Context::Choice | Context::Page => {
            if let Some(words) = words_of(model) {
                words.push_str(&one_line(text));
            }
        }
        Context::List | Context::Thread | Context::Outbox | Context::People | Context::WhileAway | Context::Measure => {
            model.say("Nothing is being written here; r replies, then paste.", now);
        }
    }
}

/// The line that typing changes in the open overlay.
pub(super) fn words_of(model: &mut Model) -> Option<&mut String> {
    match model.overlay.as_mut()? {
        Overlay::Help { words, .. }
        | Overlay::Palette { words, .. }
        | Overlay::Reason { words, .. }
        | Overlay::KeepReason { words, .. }
        | Overlay::CoverNote { words, .. }
        | Overlay::MeetingNote { words, .. }
        | Overlay::Begin { words }
        | Overlay::When { words, .. } => Some(words),
        Overlay::Pick(pick) => Some(&mut pick.words),
        Overlay::Begun(begun) => Some(&mut begun.words),
        Overlay::Why { .. } | Overlay::Card { .. } | Overlay::OnCall { .. } => None,
    }
}

/// Changes a line by a key; whether it did.
pub(super) fn edit_line(line: &mut String, chord: Chord) -> bool {
    if let Some(c) = chord.typed() {
        if line.chars().count() < 500 {
            line.push(c);
        }
        return true;
    }
    match chord {
        Chord { key: Key::Backspace, ctrl: false, alt: false } => line.pop().is_some(),
        Chord { key: Key::Char('u'), ctrl: true, alt: false } => {
            line.clear();
            true
        }
        Chord { key: Key::Char('w'), ctrl: true, .. } | Chord { key: Key::Backspace, .. } => {
            let kept = line.trim_end().rfind(' ').map_or(0, |at| at + 1);
            line.truncate(kept);
            true
        }
        _ => false,
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}
