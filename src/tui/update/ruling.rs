//! Ruling on an opt-out hold: what the buyer wrote, which patterns spoke, and what it meant.

use super::act;
use crate::client::handle::Row;
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::hold::{Hold, Ruling};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick, Seen};
use crate::tui::msg::Effect;
use crate::wire::around::HeldText;
use crate::wire::changes::Author;

/// Opens the dialog, when the number is on hold; whether it is. The first choice changes nothing.
pub(super) fn open(model: &mut Model, id: ConversationId) -> bool {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return false };
    let title = format!("What did {} mean?", act::name(model, id));
    let about = vec![(id, model.seen(id))];
    let (said, read) = said(model, id, &hold);
    let choices = choices(&hold, read);
    model.overlay = Some(Overlay::Pick(Pick { said, ..Pick::of(title, about, choices) }));
    true
}

/// Only who has read every text that holds the number may keep it.
fn choices(hold: &Hold, read: Vec<MessageId>) -> Vec<Choice> {
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    let keep = if read.len() < hold.texts.len() {
        choice("Keep", "not yet: read every text first", Does::KeepUnread)
    } else {
        choice("Keep", "they meant something else; asks for a reason", Does::RuleKeep(read))
    };
    vec![
        choice("Leave", "the number stays on hold", Does::Leave),
        choice("Opt out", "they want no more texts", Does::RuleOptOut),
        keep,
    ]
}

/// What the backend knows around the conversation came: an open dialog says the words that it had not at hand. A text that
/// came since the dialog was opened is not put under anybody's finger: what is kept then is refused.
pub(super) fn heard(model: &mut Model, id: ConversationId) {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return };
    let (words, read) = said(model, id, &hold);
    if let Some(Overlay::Pick(pick)) = &mut model.overlay
        && pick.about.first().is_some_and(|(about, _)| *about == id)
        && pick.choices.iter().any(|choice| choice.does == Does::RuleOptOut)
        && !pick.choices.iter().any(|choice| matches!(choice.does, Does::RuleKeep(_)))
    {
        (pick.said, pick.choices) = (words, choices(&hold, read));
    }
}

/// Each text that held the number, as far as it is at hand, with the patterns that spoke; and which were shown.
fn said(model: &Model, id: ConversationId, hold: &Hold) -> (Vec<String>, Vec<MessageId>) {
    let (mut lines, mut read) = (Vec::new(), Vec::new());
    for asking in &hold.texts {
        let in_thread = |id| model.thread_of(id)?.messages.iter().find(|m| m.message.id == asking.message);
        let message = in_thread(id).or_else(|| in_thread(asking.conversation));
        let around = model.around.as_ref().filter(|around| around.conversation == id);
        let told = around.and_then(|around| around.held.iter().find(|held| held.message == asking.message));
        let here = message.and_then(|m| m.message.body.as_ref());
        read.extend((here.is_some() || told.is_some()).then_some(asking.message));
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
    (lines, read)
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
pub(super) fn ask_why(model: &mut Model, about: Seen, read: Vec<MessageId>) {
    model.overlay = Some(Overlay::KeepReason { about, words: String::new(), read });
}

/// The reason is written: the number is kept.
pub(super) fn keep(
    model: &mut Model,
    (about, read): (Seen, Vec<MessageId>),
    words: &str,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    let newer = model.row(about.0).and_then(|row| row.hold.as_ref()).is_some_and(|hold| {
        model.seen(about.0) > about.1 || hold.texts.iter().any(|asking| !read.contains(&asking.message))
    });
    if newer {
        open(model, about.0);
        return model.say("They wrote again meanwhile: read it before you keep the number.", now);
    }
    if words.trim().is_empty() {
        ask_why(model, about, read);
        return model.say("Say in a few words what they meant; it is listed for compliance.", now);
    }
    let ruling = Ruling::Keep { note: model.fresh, reason: Body::new(words.trim()), read };
    out.push(act::ask(about, Command::Rule { ruling }));
    let name = act::name(model, about.0);
    model.say(format!("{name} is kept. What waited needs your eye before it goes."), now);
}
