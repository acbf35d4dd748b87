//! Texting somebody first: the number, then the line, then the backend's word on consent. Only then is anything written.

use super::composer;
use crate::client::handle::{Ask, Inbox, Toast, Weight};
use crate::domain::command::Command;
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, LineId};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Begun, Choice, Does, Overlay, Pick};
use crate::tui::msg::Effect;

/// Asks for the number.
pub(super) fn number(model: &mut Model) {
    model.overlay = Some(Overlay::Begin { words: String::new() });
}

/// The number is typed: one that is in sight is written to at once, of another the line is asked.
pub(super) fn typed(model: &mut Model, words: &str, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(to) = Address::parse(words).ok().filter(|a| a.as_str().starts_with('+')) else {
        model.warn("Not a number: write it with its country code, +1 305 555 0123.", now);
        model.overlay = Some(Overlay::Begin { words: words.to_owned() });
        return;
    };
    let known =
        model.inbox.as_ref().and_then(|inbox| inbox.rows.iter().find(|row| row.address == to)).map(|row| row.id);
    if let Some(id) = known {
        return composer::reply(model, id, now);
    }
    let mut lines: Vec<(LineId, String)> = model
        .playbook()
        .map(|p| p.lines.iter().map(|(id, line)| (id.clone(), line.label.clone())).collect())
        .unwrap_or_default();
    match lines.len() {
        0 => model.say("The list of lines has not arrived yet.", now),
        1 => {
            if let Some((line, _)) = lines.pop() {
                ask(model, to, line, out);
            }
        }
        _ => {
            let choices = lines
                .into_iter()
                .map(|(line, label)| Choice { label, detail: line.to_string(), does: Does::Begin(to.clone(), line) })
                .collect();
            let title = format!("Text {} from", to.as_str());
            model.overlay = Some(Overlay::Pick(Pick::of(title, Vec::new(), choices)));
        }
    }
}

/// Asks the backend: it judges consent, and the conversation comes with the next pull. Until then what is typed is kept.
pub(super) fn ask(model: &mut Model, to: Address, line: LineId, out: &mut Vec<Effect>) {
    model.overlay = Some(Overlay::Begun(Begun { to: to.clone(), words: String::new(), refused: None }));
    // The backend gives the conversation its id.
    let conversation = ConversationId(model.fresh.0);
    out.push(Effect::Ask(Ask::Do { conversation: None, seen: 0, command: Command::Begin { to, line, conversation } }));
}

/// The list changed: a number that was asked about and is in it may be texted, beginning with what was typed ahead.
pub(super) fn arrived(model: &mut Model, now: Timestamp) {
    let Some(Overlay::Begun(begun)) = &model.overlay else { return };
    let of = |inbox: &Inbox| inbox.rows.iter().find(|row| row.address == begun.to).map(|row| row.id);
    let Some(id) = model.inbox.as_deref().and_then(of) else { return };
    let words = begun.words.clone();
    model.overlay = None;
    composer::reply(model, id, now);
    if let Some(composer) = model.composer.as_mut().filter(|composer| composer.to == id && !words.is_empty()) {
        composer.input.insert(&words);
    }
}

/// What the backend does not do while a number is asked about is said where the person looks. Whether it was taken up.
pub(super) fn refused(model: &mut Model, toast: &Toast) -> bool {
    let Some(Overlay::Begun(begun)) = &mut model.overlay else { return false };
    let is_answer = begun.refused.is_none() && toast.weight == Weight::Loud && toast.conversation.is_none();
    if is_answer {
        begun.refused = Some(toast.text.clone());
    }
    is_answer
}

/// Enter: a refusal was read; before there is an answer it changes nothing.
pub(super) fn enter(model: &mut Model, begun: Begun, now: Timestamp) {
    if begun.refused.is_none() {
        model.say("The backend is still asked; Esc leaves, and it comes to your list.", now);
        model.overlay = Some(Overlay::Begun(begun));
    }
}
