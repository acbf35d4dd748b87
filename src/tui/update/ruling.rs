//! Ruling on an opt-out hold: what the buyer wrote, which patterns spoke, and what it meant.

use super::act;
use crate::client::handle::Row;
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::hold::{Hold, Ruling};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick, Reading, Seen};
use crate::tui::msg::Effect;
use crate::wire::around::HeldText;
use crate::wire::changes::Author;

/// Opens the dialog, when the number is on hold; whether it is. The first choice changes nothing.
pub(super) fn open(model: &mut Model, id: ConversationId) -> bool {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return false };
    let title = format!("What did {} mean?", act::name(model, id));
    let about = vec![(id, model.seen(id))];
    let (said, reading) = said(model, id, &hold);
    model.overlay = Some(Overlay::Pick(Pick { said, reading: Some(reading), ..Pick::of(title, about, choices()) }));
    true
}

/// What a ruling can be. Only who has read every text that holds the number may keep it: `look` says when that is.
fn choices() -> Vec<Choice> {
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    vec![
        choice("Leave", "the number stays on hold", Does::Leave),
        choice("Opt out", "they want no more texts", Does::AskOptOut { ruling: true }),
        choice("Keep", NOT_AT_HAND, Does::KeepUnread),
    ]
}

const NOT_AT_HAND: &str = "not yet: read every text first";

/// Takes note of what an open dialog shows: a text below its fold was never on screen, and counts as read once it was
/// scrolled to its end.
pub(super) fn look(model: &mut Model) {
    let (size, is_hidden) = (layout::over(model), layout::too_small(model.size));
    let Some(Overlay::Pick(pick)) = &mut model.overlay else { return };
    if pick.reading.is_none() || is_hidden {
        return;
    }
    let said = layout::said(size, pick);
    let shown = said.window(pick.top);
    let letters = |upto: usize| said.lines[..upto].iter().map(|line| count(line)).sum::<usize>();
    let Some(reading) = &mut pick.reading else { return };
    if letters(shown.start) <= reading.letters {
        reading.letters = reading.letters.max(letters(shown.end));
    }
    let at_hand = reading.texts.iter().all(|(_, end)| end.is_some());
    let ends = reading.texts.iter().filter_map(|(_, end)| said.ends.get(end.unwrap_or_default().checked_sub(1)?));
    let below = ends.filter(|end| letters(**end) > reading.letters).count();
    let (detail, does) = match (at_hand, below) {
        (false, _) => (NOT_AT_HAND.to_owned(), Does::KeepUnread),
        (true, 0) => {
            let read = reading.texts.iter().map(|(message, _)| *message).collect();
            ("they meant something else; asks for a reason".to_owned(), Does::RuleKeep(read))
        }
        (true, 1) => ("not yet: 1 text below, PageDown".to_owned(), Does::KeepUnread),
        (true, n) => (format!("not yet: {n} texts below, PageDown"), Does::KeepUnread),
    };
    if let Some(keep) = pick.choices.iter_mut().find(|choice| choice.does == Does::KeepUnread) {
        (keep.detail, keep.does) = (detail, does);
    }
}

/// Whether the words of a text are at hand. What was is not taken away again, as where a narrower terminal has no room for the
/// conversation beside the dialog.
fn has(reading: &Reading, message: MessageId) -> bool {
    reading.texts.iter().any(|(text, end)| *text == message && end.is_some())
}

/// Letters of a line: what is left of it however it is broken.
fn count(line: &str) -> usize {
    line.chars().filter(|c| !c.is_whitespace()).count()
}

/// Keep was chosen before everything was read: the dialog stays, and says what is missing.
pub(super) fn not_yet(model: &mut Model, pick: Pick, now: Timestamp) {
    let all = pick.reading.as_ref().is_some_and(|reading| reading.texts.iter().all(|(_, end)| end.is_some()));
    let about = pick.about.first().map(|(id, _)| *id);
    model.overlay = Some(Overlay::Pick(pick));
    if let Some(id) = about {
        heard(model, id);
    }
    model.say(
        if all {
            "Not kept: read on below."
        } else {
            "Not kept: open the conversation, and read every text that holds the number."
        },
        now,
    );
}

/// What the backend knows around the conversation came: an open dialog says the words that it had not at hand. A text that
/// came since the dialog was opened is not put under anybody's finger: what is kept then is refused.
pub(super) fn heard(model: &mut Model, id: ConversationId) {
    let Some(hold) = model.row(id).and_then(|row| row.hold.clone()) else { return };
    let (words, reading) = said(model, id, &hold);
    if let Some(Overlay::Pick(pick)) = &mut model.overlay
        && pick.about.first().is_some_and(|(about, _)| *about == id)
        && pick.choices.iter().any(|choice| choice.does == Does::KeepUnread)
        && pick.said != words
        && pick
            .reading
            .as_ref()
            .is_none_or(|before| before.texts.iter().all(|text| text.1.is_none() || has(&reading, text.0)))
    {
        // Other words are read from their first one on.
        (pick.said, pick.reading, pick.top) = (words, Some(reading), 0);
    }
}

/// Each text that held the number, as far as it is at hand, with the patterns that spoke; and where each ends.
fn said(model: &Model, id: ConversationId, hold: &Hold) -> (Vec<String>, Reading) {
    let (mut lines, mut reading) = (Vec::new(), Reading::default());
    for asking in &hold.texts {
        let in_thread = |id| model.thread_of(id)?.messages.iter().find(|m| m.message.id == asking.message);
        let message = in_thread(id).or_else(|| in_thread(asking.conversation));
        let around = model.around_of(id);
        let told = around.and_then(|around| around.held.iter().find(|held| held.message == asking.message));
        let here = message.and_then(|m| m.message.body.as_ref());
        let at_hand = here.is_some() || told.is_some();
        reading.texts.push((asking.message, at_hand.then_some(lines.len() + 1)));
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
    (lines, reading)
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
