//! Ruling on an opt-out hold: what the buyer wrote, which patterns spoke, and what it meant.

use super::act;
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::hold::{Hold, Ruling};
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick, Seen};
use crate::tui::msg::Effect;
use crate::wire::around::HeldText;

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

/// What the backend knows around the conversation came: an open dialog says the words that it had not at hand.
pub(super) fn heard(model: &mut Model, id: ConversationId) {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return };
    let words = said(model, id, &hold);
    if let Some(Overlay::Pick(pick)) = &mut model.overlay
        && pick.about.first().is_some_and(|(about, _)| *about == id)
        && pick.choices.iter().any(|choice| choice.does == Does::RuleOptOut)
    {
        pick.said = words;
    }
}

/// Each text that held the number, as far as it is at hand, with the patterns that spoke.
fn said(model: &Model, id: ConversationId, hold: &Hold) -> Vec<String> {
    let mut lines = Vec::new();
    for asking in &hold.texts {
        let in_thread = |id| model.thread_of(id)?.messages.iter().find(|m| m.message.id == asking.message);
        let message = in_thread(id).or_else(|| in_thread(asking.conversation));
        let around = model.around.as_ref().filter(|around| around.conversation == id);
        let told = around.and_then(|around| around.held.iter().find(|held| held.message == asking.message));
        let here = message.and_then(|m| m.message.body.as_ref());
        lines.push(match (here, told) {
            (Some(body), _) => format!("“{}”", body.as_str()),
            (None, Some(HeldText { body: Some(body), .. })) => {
                let elsewhere = if asking.conversation == id { "" } else { " (to another of our numbers)" };
                format!("“{}”{elsewhere}", body.as_str())
            }
            (None, Some(HeldText { body: None, .. })) => "(its words were erased)".to_owned(),
            (None, None) if asking.conversation == id => "(open the conversation to read the text)".to_owned(),
            (None, None) if model.row(asking.conversation).is_some() => other(model, asking.conversation),
            (None, None) => "(a text to another of our numbers, in a conversation that is not yours)".to_owned(),
        });
        lines.push(format!("  {}: score {}", asking.patterns.join(", "), asking.score));
    }
    lines.push(format!("Unless somebody rules, opted out on {}.", day(model, hold.due)));
    lines
}

/// Of a text in another conversation with them that is in the list, too: what they wrote there last.
fn other(model: &Model, id: ConversationId) -> String {
    let newest = model.row(id).filter(|row| !row.preview_ours).and_then(|row| row.preview.as_ref());
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
