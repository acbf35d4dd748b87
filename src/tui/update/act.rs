//! What a rep does with one conversation at one key: take, escalate, undo, the CRM record.

use super::composer;
use crate::client::handle::{Ask, Doubt, LinkState, OutboxEntry, OutboxId, OutboxStanding, Thread, ThreadMessage};
use crate::domain::asking::heard::Heard;
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::conversation::{AnswerState, Status};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Overlay, Seen};
use crate::tui::msg::Effect;
use crate::wire::changes::Author;

/// Asks the client for a command about a conversation.
pub(super) fn ask(about: Seen, command: Command) -> Effect {
    Effect::Ask(Ask::Do { conversation: Some(about.0), seen: about.1, command })
}

/// It is mine.
pub(super) fn take(model: &mut Model, id: ConversationId, now: Timestamp, out: &mut Vec<Effect>) {
    out.push(ask((id, model.seen(id)), Command::Take));
    let name = name(model, id);
    model.say(format!("You take {name}."), now);
}

/// Help, with a reason for whoever is asked next. Where nobody is, no reason is asked for either.
pub(super) fn escalate(model: &mut Model, id: ConversationId, now: Timestamp, _out: &mut Vec<Effect>) {
    // The list knows it of what waits for this person, the opened conversation of itself.
    let rows = [model.row(id), model.thread_of(id).map(|thread| &thread.row)];
    if rows.into_iter().flatten().any(|row| row.nobody_left) {
        let name = name(model, id);
        return model.warn(format!("Nobody is left to ask for help with {name}: a gives it to a colleague."), now);
    }
    model.overlay = Some(Overlay::Reason { about: (id, model.seen(id)), words: String::new() });
}

/// The reason is written: asks for help.
pub(super) fn escalate_because(model: &mut Model, about: Seen, words: &str, now: Timestamp, out: &mut Vec<Effect>) {
    let reason = Body::new(words.trim());
    out.push(ask(about, Command::Escalate { note: model.fresh, reason }));
    let name = name(model, about.0);
    model.say(format!("Asking the next on the ladder for help with {name}."), now);
}

/// Undoes the newest thing: a text that has not left, then something queued, then done or snoozed.
pub(super) fn undo(model: &mut Model, id: ConversationId, now: Timestamp, out: &mut Vec<Effect>) {
    let here = |e: &&OutboxEntry| e.conversation == Some(id);
    let waits = |e: &&OutboxEntry| {
        let never_left = OutboxStanding::Doubtful(Doubt::NeverLeft);
        let stands = matches!(e.standing, OutboxStanding::Held(_) | OutboxStanding::Waits(..) | OutboxStanding::Queued);
        stands || matches!(e.standing, OutboxStanding::Parked(_)) || e.standing == never_left
    };
    let outbox = model.outbox.clone();
    let newest = |text: bool| {
        let is_text = |e: &&OutboxEntry| e.body.is_some() && !e.aside;
        outbox.iter().filter(here).filter(waits).filter(|e| is_text(e) == text).max_by_key(|e| e.issued_at)
    };
    if let Some(entry) = newest(true) {
        return take_back(model, entry, now, out);
    }
    if let Some((message, body)) = on_its_way(model, id) {
        return recall(model, id, message, body.as_str(), now, out);
    }
    if let Some(entry) = newest(false) {
        if entry.body.is_some() {
            return take_back(model, entry, now, out);
        }
        out.push(Effect::Ask(Ask::OutboxDrop { entry: entry.id, keep_as_draft: false }));
        return model.say(format!("Not asked any more: {}.", entry.what), now);
    }
    let status = model.row(id).map(|row| row.status);
    match status {
        Some(Status::Done(_) | Status::Snoozed(_)) => {
            out.push(ask((id, model.seen(id)), Command::Reopen));
            model.say("Open again.", now);
        }
        Some(Status::Open) | None => {
            match outbox.iter().filter(waits).filter(|e| e.body.is_some() && !e.aside).max_by_key(|e| e.issued_at) {
                Some(other) => {
                    model.say(format!("Nothing to undo here. Your last unsent text is to {}: O.", other.name), now);
                }
                None if outbox.iter().filter(here).any(|e| e.standing == OutboxStanding::Sent) => {
                    model.say("On its way to the backend; try again in a moment.", now);
                }
                None => model.say("Nothing to undo here.", now),
            }
        }
    }
}

/// Takes an entry of the outbox back; its words become the draft in the composer.
pub(super) fn take_back(model: &mut Model, entry: &OutboxEntry, now: Timestamp, out: &mut Vec<Effect>) {
    let (Some(id), Some(body)) = (entry.conversation, entry.body.as_ref()) else { return };
    if entry.aside {
        out.push(Effect::Ask(Ask::OutboxDrop { entry: entry.id, keep_as_draft: false }));
        composer::note_again(model, id, body.as_str());
        return model.say(format!("Not asked any more: {}. Its words are a note that you write.", entry.what), now);
    }
    match (entry.id, &entry.standing) {
        (OutboxId::Answer(message), OutboxStanding::Held(_) | OutboxStanding::Waits(..)) => {
            recall(model, id, message, body.as_str(), now, out);
            // The time that was chosen stays chosen.
            if let (Some(composer), OutboxStanding::Waits(at, Waits::Chosen)) = (&mut model.composer, &entry.standing) {
                composer.later = Some(*at);
            }
        }
        (asked, standing) => {
            out.push(Effect::Ask(Ask::OutboxDrop { entry: asked, keep_as_draft: true }));
            composer::restore(model, id, body.as_str(), None);
            // What may have left of a sign-in before is not asked back: nobody knows where it is.
            if matches!(standing, OutboxStanding::Doubtful(Doubt::OnItsWay | Doubt::Accepted)) {
                model.warn("A draft again. The first one may have arrived: look before you send it.", now);
            } else {
                taken_back(model, entry.may_have_left, now);
            }
        }
    }
}

fn recall(
    model: &mut Model,
    id: ConversationId,
    message: MessageId,
    body: &str,
    now: Timestamp,
    out: &mut Vec<Effect>,
) {
    out.push(ask((id, model.seen(id)), Command::Recall { message }));
    composer::restore(model, id, body, Some(message));
    composer::save(model, out);
    taken_back(model, true, now);
}

/// What never left is taken back for certain. For the rest the backend is asked; while it does not answer, the text may
/// leave all the same, and saying "taken back" would be a lie.
fn taken_back(model: &mut Model, may_have_left: bool, now: Timestamp) {
    if !may_have_left || model.link == LinkState::Online {
        model.say("Taken back: it is your draft again.", now);
    } else {
        model.warn("Asked back, but the backend does not answer: the text may still leave. Your words are kept.", now);
    }
}

/// An answer of mine that the outbox cannot take back but the backend still can: held there, or just asked for, so that
/// the wish to take it back follows right behind.
fn on_its_way(model: &Model, id: ConversationId) -> Option<(MessageId, Body)> {
    let me = model.me()?;
    let asked = |entry: &ThreadMessage| {
        let standing = model.outbox.iter().find(|e| Some(e.id) == entry.pending).map(|e| &e.standing);
        entry.pending.is_some() && standing.is_none_or(|s| *s == OutboxStanding::Sent)
    };
    model.thread_of(id)?.messages.iter().rev().find_map(|entry| {
        let mine = matches!(&entry.message.author, Author::Rep(rep) if rep == me);
        let held = entry.message.standing.as_ref().is_some_and(AnswerState::is_waiting) && entry.pending.is_none();
        (mine && (held || asked(entry))).then(|| Some((entry.message.id, entry.message.body.clone()?))).flatten()
    })
}

/// The CRM's id of the person, on the clipboard.
pub(super) fn record(model: &mut Model, id: ConversationId, now: Timestamp, out: &mut Vec<Effect>) {
    if let Some((message, parts)) = model.thread_of(id).and_then(newest_parts) {
        out.extend((0..parts).map(|n| Effect::Ask(Ask::Save { message, n })));
        return model.say("Fetching what came with the newest text …", now);
    }
    let Some(thread) = model.thread_of(id) else { return model.say("Open the conversation first.", now) };
    let ids: Vec<String> = thread.cards.iter().map(|card| card.contact.to_string()).collect();
    if ids.is_empty() {
        return model.say(no_record(thread.heard), now);
    }
    let ids = ids.join(", ");
    out.push(Effect::Copy(ids.clone()));
    model.say(format!("CRM record {ids} (copied)"), now);
}

const fn no_record(heard: Heard) -> &'static str {
    match heard {
        Heard::Unsure => "No record of this number is here yet.",
        Heard::NoCrm => "No CRM is connected: there is no record.",
        Heard::NotYet => "The CRM has not said yet who this is.",
        Heard::Answered => "The CRM does not know this number.",
    }
}

/// What came with the buyer's newest text: which text, and how many parts.
fn newest_parts(thread: &Thread) -> Option<(MessageId, u32)> {
    let theirs = |entry: &&ThreadMessage| matches!(entry.message.author, Author::Buyer(_));
    let newest = &thread.messages.iter().rev().find(theirs)?.message;
    let parts = u32::try_from(newest.media.len()).ok().filter(|n| *n > 0)?;
    Some((newest.id, parts))
}

/// The name on the row, for sentences.
pub(super) fn name(model: &Model, id: ConversationId) -> String {
    model.row(id).map_or_else(|| "this conversation".to_owned(), |row| row.name.clone())
}
