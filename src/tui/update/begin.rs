//! Texting somebody first: the number, then the line, then the backend's word on consent. Only then is anything written.

use super::composer;
use crate::client::handle::Ask;
use crate::domain::command::Command;
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, LineId};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};
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
                ask(model, to, line, now, out);
            }
        }
        _ => {
            let choices = lines
                .into_iter()
                .map(|(line, label)| Choice { label, detail: line.to_string(), does: Does::Begin(to.clone(), line) })
                .collect();
            let title = format!("Text {} from", to.as_str());
            model.overlay = Some(Overlay::Pick(Pick {
                title,
                about: Vec::new(),
                said: Vec::new(),
                choices,
                words: String::new(),
                at: 0,
            }));
        }
    }
}

/// Asks the backend: it judges consent, and the conversation comes with the next pull.
pub(super) fn ask(model: &mut Model, to: Address, line: LineId, now: Timestamp, out: &mut Vec<Effect>) {
    model.say(format!("Asked whether {} may be texted; it comes to your list, then r writes.", to.as_str()), now);
    // The backend gives the conversation its id.
    let conversation = ConversationId(model.fresh.0);
    out.push(Effect::Ask(Ask::Do { conversation: None, seen: 0, command: Command::Begin { to, line, conversation } }));
}
