//! Keys while something lies over the screen.

use super::{act, away, begin, booking, browse, choices, composer, keys, ruling, when};
use crate::domain::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::keymap::chord::Chord;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Does, Overlay};
use crate::tui::msg::Effect;

/// A key that the table names.
pub(super) fn act(model: &mut Model, action: Action, now: Timestamp, out: &mut Vec<Effect>) {
    if action == Action::Accept {
        return accept(model, now, out);
    }
    let steps = [(Action::Down, 1), (Action::Up, -1), (Action::HalfDown, 10), (Action::HalfUp, -10)];
    if action == Action::Back {
        model.overlay = None;
    } else if let Some((_, by)) = steps.iter().find(|(key, _)| *key == action) {
        step(model, *by);
    }
}

fn step(model: &mut Model, by: isize) {
    let found = if let Some(Overlay::Palette { words, context, .. }) = &model.overlay {
        model.palette(*context, words).len()
    } else {
        0
    };
    let below =
        if let Some(Overlay::Help { words, .. }) = &model.overlay { layout::help_overflow(model, words) } else { 0 };
    let size = layout::over(model);
    match &mut model.overlay {
        // The screen may be higher than it was.
        Some(Overlay::Help { top, .. }) => *top = (*top).min(below).saturating_add_signed(by).min(below),
        Some(Overlay::Why { top, .. } | Overlay::Card { top, .. } | Overlay::OnCall { top, .. }) => {
            *top = top.saturating_add_signed(by).min(200);
        }
        Some(Overlay::Palette { at, .. }) => {
            let most = found.saturating_sub(1);
            *at = at.saturating_add_signed(by).min(most);
        }
        // What should be read is scrolled by pages, the choices by rows. A line stays, so that no page passes over any.
        Some(Overlay::Pick(pick)) if by.abs() > 1 && !pick.said.is_empty() => {
            let said = layout::said(size, pick);
            let (shown, last) = (said.window(pick.top), said.window(usize::MAX).start);
            let page = isize::try_from(shown.len().saturating_sub(1).max(1)).unwrap_or(1);
            pick.top = shown.start.saturating_add_signed(by.signum() * page).min(last);
        }
        Some(Overlay::Pick(pick)) => {
            let most = pick.left().len().saturating_sub(1);
            pick.at = pick.at.saturating_add_signed(by).min(most);
        }
        Some(
            Overlay::Reason { .. }
            | Overlay::KeepReason { .. }
            | Overlay::CoverNote { .. }
            | Overlay::MeetingNote { .. }
            | Overlay::Begin { .. }
            | Overlay::Begun(_)
            | Overlay::When { .. },
        )
        | None => {}
    }
}

fn accept(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    match model.overlay.take() {
        Some(Overlay::Palette { words, at, context }) => match model.palette(context, &words).get(at) {
            Some(binding) => browse::from_palette(model, context, binding.action, now, out),
            None => model.say(format!("There is no action “{words}”."), now),
        },
        Some(Overlay::Pick(pick)) => {
            let choice = pick.left().get(pick.at).map(|choice| (*choice).clone());
            if choice.as_ref().is_some_and(|choice| choice.does == Does::KeepUnread) {
                ruling::not_yet(model, pick, now);
            } else if let Some(choice) = choice {
                choices::chosen(model, &pick.about, choice, now, out);
            } else {
                model.say("Nothing matches; Backspace shows more.", now);
                model.overlay = Some(Overlay::Pick(pick));
            }
        }
        Some(Overlay::Reason { about, words }) if words.trim().is_empty() => {
            model.say("Say in a few words why; it helps whoever is asked.", now);
            model.overlay = Some(Overlay::Reason { about, words });
        }
        Some(Overlay::Reason { about, words }) => act::escalate_because(model, about, &words, now, out),
        Some(Overlay::KeepReason { about, words, read }) => ruling::keep(model, (about, read), &words, now, out),
        Some(Overlay::CoverNote { rep, words }) => away::noted(model, rep.as_ref(), &words, now),
        Some(Overlay::MeetingNote { about, meeting, words }) => booking::noted(model, about, meeting, &words, now, out),
        Some(Overlay::Begin { words }) => begin::typed(model, &words, now, out),
        Some(Overlay::Begun(begun)) => begin::enter(model, begun, now),
        Some(Overlay::When { what, words }) => when::typed(model, what, words, now, out),
        Some(Overlay::Help { .. } | Overlay::Why { .. } | Overlay::Card { .. } | Overlay::OnCall { .. }) | None => {}
    }
}

/// Typing filters; in a choice a digit picks at once while nothing is typed. `?` and `q` close what they opened.
pub(super) fn typed(model: &mut Model, chord: Chord, now: Timestamp, out: &mut Vec<Effect>) {
    let digit = chord.typed().and_then(|c| c.to_digit(10)).and_then(|d| usize::try_from(d).ok());
    match (&mut model.overlay, digit) {
        (Some(Overlay::Pick(pick)), Some(digit)) if pick.words.is_empty() && digit >= 1 => {
            if digit <= pick.left().len() {
                pick.at = digit - 1;
                accept(model, now, out);
            }
            return;
        }
        // A second one means the character.
        (Some(Overlay::Pick(pick)), None)
            if pick.words.is_empty() && chord.typed() == Some(';') && pick.is_of_snippets() =>
        {
            model.overlay = None;
            return composer::semicolon(model, now);
        }
        (Some(Overlay::Why { .. } | Overlay::Card { .. } | Overlay::OnCall { .. }), _) => {
            match chord.typed() {
                Some('j') => step(model, 1),
                Some('k') => step(model, -1),
                Some(_) => model.overlay = None,
                None => {}
            }
            return;
        }
        (Some(Overlay::Help { words, .. }), _) if words.is_empty() && matches!(chord.typed(), Some('?' | 'q')) => {
            model.overlay = None;
            return;
        }
        _ => {}
    }
    let changed = keys::words_of(model).is_some_and(|words| keys::edit_line(words, chord));
    if changed {
        match &mut model.overlay {
            Some(Overlay::Help { top, .. }) => *top = 0,
            Some(Overlay::Palette { at, .. }) => *at = 0,
            Some(Overlay::Pick(pick)) => pick.at = 0,
            Some(
                Overlay::Reason { .. }
                | Overlay::KeepReason { .. }
                | Overlay::CoverNote { .. }
                | Overlay::MeetingNote { .. }
                | Overlay::Begin { .. }
                | Overlay::Begun(_)
                | Overlay::When { .. }
                | Overlay::OnCall { .. }
                | Overlay::Card { .. }
                | Overlay::Why { .. },
            )
            | None => {}
        }
    }
}
