//! Ruling on an opt-out hold: what the buyer wrote, which patterns spoke, and what it meant.

use super::act;
use crate::client::handle::Row;
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::hold::{Hold, Ruling};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick, Seen};
use crate::tui::msg::Effect;
use crate::wire::changes::Author;

/// Opens the dialog, when the number is on hold; whether it is. The first choice changes nothing.
pub(super) fn open(model: &mut Model, id: ConversationId) -> bool {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return false };
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    let choices = vec![
        choice("Leave", "the number stays on hold", Does::Leave),
        choice("Opt out", "they want no more texts", Does::RuleOptOut),
        choice("Keep", "they meant something else; asks for a reason", Does::RuleKeep),
    ];
    let title = format!("What did {} mean?", act::name(model, id));
    let about = vec![(id, model.seen(id))];
    let said = said(model, id, &hold);
    model.overlay = Some(Overlay::Pick(Pick { said, ..Pick::of(title, about, choices) }));
    true
}

/// Each text that held the number, as far as it is at hand, with the patterns that spoke.
fn said(model: &Model, id: ConversationId, hold: &Hold) -> Vec<String> {
    let mut lines = Vec::new();
    for asking in &hold.texts {
        let in_thread = |id| model.thread_of(id)?.messages.iter().find(|m| m.message.id == asking.message);
        let message = in_thread(id).or_else(|| in_thread(asking.conversation));
        lines.push(match message.and_then(|m| m.message.body.as_ref()) {
            Some(body) => format!("“{}”", body.as_str()),
            None if asking.conversation == id => "(open the conversation to read the text)".to_owned(),
            None if model.row(asking.conversation).is_some() => other(model, asking.conversation),
            None => "(a text to another of our numbers, in a conversation that is not yours)".to_owned(),
        });
        lines.push(format!("  {}: score {}", asking.patterns.join(", "), asking.score));
    }
    lines.push(format!("Unless somebody rules, opted out on {}.", day(model, hold.due)));
    lines
}

/// Of a text in another conversation with them that is in the list, too: what they wrote there last.
fn other(model: &Model, id: ConversationId) -> String {
    let theirs = |row: &&Row| matches!(row.preview_by, Some(Author::Buyer(_)));
    let newest = model.row(id).filter(theirs).and_then(|row| row.preview.as_ref());
    newest.map_or_else(
        || "(a text to another of our numbers: it stands in your list)".to_owned(),
        |body| format!("“{}” (to another of our numbers, their newest there)", body.as_str()),
    )
}

/// A day, as the dialog and the conversation say it.
pub(in crate::tui) fn day(model: &Model, at: Timestamp) -> String {
    super::choices::local(model, at).format("%-d %b").to_string()
}

/// Asks why the number is kept.
pub(super) fn ask_why(model: &mut Model, about: Seen) {
    model.overlay = Some(Overlay::KeepReason { about, words: String::new() });
}

/// The reason is written: the number is kept.
pub(super) fn keep(model: &mut Model, about: Seen, words: &str, now: Timestamp, out: &mut Vec<Effect>) {
    if words.trim().is_empty() {
        ask_why(model, about);
        return model.say("Say in a few words what they meant; it is listed for compliance.", now);
    }
    let ruling = Ruling::Keep { note: model.fresh, reason: Body::new(words.trim()) };
    out.push(act::ask(about, Command::Rule { ruling }));
    let name = act::name(model, about.0);
    model.say(format!("{name} is kept. What waited needs your eye before it goes."), now);
}
