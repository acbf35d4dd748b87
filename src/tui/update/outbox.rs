//! The outbox: what has not left, and the rep's ruling on each.

use std::cmp::Reverse;

use super::{act, choices, ruling};
use crate::client::handle::{Doubt, OutboxEntry, OutboxId, OutboxStanding, ThreadMessage};
use crate::domain::event::Review;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::quiet_hours::Waits;
use crate::domain::sending::{is_hopeless, was_full};
use crate::domain::time::Timestamp;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;
use crate::tui::view;
use crate::wire::changes::Author;

/// Shows it, on what needs the eye first.
pub(super) fn show(model: &mut Model) {
    model.screen = Screen::Outbox;
    if model.entry().is_none() {
        let first = model.outbox.iter().find(|e| e.standing.needs_eye()).or_else(|| model.outbox.first());
        model.entry = first.map(|e| e.id);
    }
}

/// Moves the cursor by entries.
pub(super) fn step(model: &mut Model, by: isize) {
    let Some(last) = model.outbox.len().checked_sub(1) else { return };
    let at = model.outbox.iter().position(|e| Some(e.id) == model.entry);
    let to = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
    model.entry = model.outbox.get(to).map(|e| e.id);
}

/// Makes the entry a draft again and opens it.
pub(super) fn edit(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    match model.entry().cloned() {
        Some(entry) if editable(&entry) => act::take_back(model, &entry, now, out),
        Some(entry) if entry.body.is_none() => model.say("There are no words to edit; z rules on it.", now),
        Some(_) => model.say("It may have left already: it cannot be edited. z shows what can be done.", now),
        None => model.say("The outbox is empty.", now),
    }
}

/// Asks what becomes of the entry under the cursor.
pub(super) fn rule(model: &mut Model, drop_first: bool, now: Timestamp) {
    match model.entry().cloned() {
        Some(entry) if !drop_first && is_held(&entry) && entry.conversation.is_some_and(|c| ruling::open(model, c)) => {
        }
        Some(entry) => ask(model, &entry, drop_first, now),
        None => model.say("The outbox is empty.", now),
    }
}

/// Asks what becomes of what needs the eye in this conversation; when nothing does, whether the number opts out.
pub(super) fn rule_in(model: &mut Model, id: ConversationId, now: Timestamp) {
    if ruling::open(model, id) {
        return;
    }
    match (needing(model, id).first().cloned(), model.row(id).and_then(|row| row.approval)) {
        (Some(entry), _) => ask(model, &entry, false, now),
        (None, Some(message)) => approve(model, id, message, now),
        (None, None) => choices::opt_out(model, id, now),
    }
}

/// What of this conversation needs the eye, the newest first: that stands at the foot of it, in sight. What is not shown in it
/// comes last.
fn needing(model: &Model, id: ConversationId) -> Vec<OutboxEntry> {
    let messages = model.thread_of(id).map_or(&[][..], |thread| &thread.messages);
    let place = |entry: &OutboxEntry| {
        let is_it = |m: &ThreadMessage| m.pending == Some(entry.id) || OutboxId::Answer(m.message.id) == entry.id;
        messages.iter().position(is_it)
    };
    let here = |entry: &&OutboxEntry| entry.conversation == Some(id) && entry.standing.needs_eye();
    // Of two of one moment the outbox lists the newer one last.
    let mut needing: Vec<OutboxEntry> = model.outbox.iter().rev().filter(here).cloned().collect();
    needing.sort_by_key(|entry| Reverse((place(entry), entry.issued_at)));
    needing
}

/// `1 of 2: ` where several of its conversation need the eye.
fn which(model: &Model, entry: &OutboxEntry) -> String {
    let all = entry.conversation.map(|id| needing(model, id)).unwrap_or_default();
    let at = all.iter().position(|other| other.id == entry.id).filter(|_| all.len() > 1);
    at.map(|at| format!("{} of {}: ", at + 1, all.len())).unwrap_or_default()
}

/// Asks whether a colleague's answer may go. The first choice does nothing.
fn approve(model: &mut Model, id: ConversationId, message: MessageId, now: Timestamp) {
    let entry = model.thread_of(id).and_then(|t| t.messages.iter().find(|m| m.message.id == message));
    if entry.is_none() {
        // Nobody approves of what they have not read.
        super::browse::open(model, id);
        return model.say("Read it first; z again rules on it.", now);
    }
    let text = entry.and_then(|m| m.message.body.as_ref()).map_or("", |body| body.as_str()).to_owned();
    let author = match entry.map(|m| &m.message.author) {
        Some(Author::Rep(rep)) => model.rep_name(rep).to_owned(),
        Some(Author::Buyer(_) | Author::Note(_) | Author::Automatic) | None => "a colleague".to_owned(),
    };
    let choice = |label: &str, detail: String, does| Choice { label: label.to_owned(), detail, does };
    let choices = vec![
        choice("Leave", "it waits".to_owned(), Does::Leave),
        choice("Approve", "it goes as it stands".to_owned(), Does::Approve(message)),
        choice("Decline", format!("{author} has it again"), Does::Decline(message)),
    ];
    let about = vec![(id, model.seen(id))];
    let title = format!("May {author}'s answer go to {}?", act::name(model, id));
    let number = model.row(id).map(|row| row.address.as_str().to_owned()).unwrap_or_default();
    let said = vec![format!("To {} {number}", act::name(model, id)), String::new(), text];
    model.overlay = Some(Overlay::Pick(Pick { said, ..Pick::of(title, about, choices) }));
}

/// Whether it waits behind an opt-out hold.
fn is_held(entry: &OutboxEntry) -> bool {
    matches!(&entry.standing, OutboxStanding::Parked(reasons) if reasons.contains(&Review::OptOutHold))
}

fn editable(entry: &OutboxEntry) -> bool {
    entry.body.is_some()
        && entry.conversation.is_some()
        && !matches!(entry.standing, OutboxStanding::Unknown | OutboxStanding::Sent | OutboxStanding::Recalling)
}

/// Asks what becomes of an entry. Nobody rules on what they do not see: why it waits and its words stand above the choices.
fn ask(model: &mut Model, entry: &OutboxEntry, drop_first: bool, now: Timestamp) {
    let choice = |label: &str, detail: &str, does| Choice { label: label.to_owned(), detail: detail.to_owned(), does };
    let mut choices = Vec::new();
    if editable(entry) {
        choices.push(choice("Edit", "back to a draft", Does::Edit(entry.id)));
    }
    // A number that opted out gets nothing, whatever else stands against the text.
    let row = entry.conversation.and_then(|id| model.row(id));
    let opted_out = row.is_some_and(|row| row.opted_out.is_some());
    let anyway = model.playbook().is_some_and(|p| p.compliance.send_anyway);
    if let Some((label, detail)) = sending(model, entry, anyway).filter(|_| !opted_out) {
        choices.push(choice(label, detail, Does::Send(entry.id)));
    }
    if may_drop(entry) {
        choices.push(choice("Drop", "forget it", Does::Drop(entry.id)));
    }
    if choices.is_empty() {
        return model.say("Wait: it is with the backend or the carrier.", now);
    }
    // Where the carrier had no room, the same words another time are what is wanted.
    let full = matches!(entry.standing, OutboxStanding::Failed(Some(code)) if was_full(code));
    let again = choices.iter().position(|choice| matches!(choice.does, Does::Send(_))).filter(|_| full);
    let at = if drop_first { choices.len() - 1 } else { again.unwrap_or(0) };
    let about = entry.conversation.map(|id| (id, model.seen(id))).into_iter().collect();
    let out = if opted_out { ", who opted out" } else { "" };
    let title = format!("{}{} to {}{out}", which(model, entry), entry.what, entry.name);
    let mut said = view::outbox::why(model, entry, now);
    said.extend(entry.body.as_ref().map(|body| format!("“{}”", body.as_str())));
    model.overlay = Some(Overlay::Pick(Pick { said, at, ..Pick::of(title, about, choices) }));
}

/// What sending it after all is called and means. Of the rest only a parked text can be sent, and never to a number that
/// opted out.
fn sending(model: &Model, entry: &OutboxEntry, anyway: bool) -> Option<(&'static str, &'static str)> {
    match (&entry.standing, entry.body.is_some()) {
        (OutboxStanding::Parked(reasons), _) => {
            (!model.is_final(reasons)).then_some(("Send anyway", "accepts the reasons"))
        }
        (OutboxStanding::Waits(_, Waits::Chosen), _) => Some(("Send now", "not when you chose")),
        (OutboxStanding::Waits(..), _) => {
            anyway.then_some(("Send anyway", "it is night there; the journal says who did"))
        }
        (OutboxStanding::Doubtful(Doubt::NeverLeft), _) => Some(("Send now", "judged as any other")),
        (OutboxStanding::Doubtful(Doubt::OnItsWay | Doubt::Accepted), true) => {
            Some(("Send again", "it may arrive twice"))
        }
        (OutboxStanding::Doubtful(Doubt::OnItsWay | Doubt::Accepted), false) => {
            Some(("Ask again", "judged as any other"))
        }
        (OutboxStanding::Failed(error), true) => {
            (!error.is_some_and(is_hopeless)).then_some(("Send again", "a new text: the first did not arrive"))
        }
        (
            OutboxStanding::Queued
            | OutboxStanding::Sent
            | OutboxStanding::Held(_)
            | OutboxStanding::Recalling
            | OutboxStanding::Refused(_)
            | OutboxStanding::Unknown
            | OutboxStanding::Failed(_),
            _,
        ) => None,
    }
}

fn may_drop(entry: &OutboxEntry) -> bool {
    match entry.standing {
        OutboxStanding::Queued
        | OutboxStanding::Held(_)
        | OutboxStanding::Waits(..)
        | OutboxStanding::Parked(_)
        | OutboxStanding::Refused(_)
        | OutboxStanding::Doubtful(_)
        | OutboxStanding::Failed(_) => true,
        OutboxStanding::Unknown => matches!(entry.id, OutboxId::Answer(_)),
        OutboxStanding::Sent | OutboxStanding::Recalling => false,
    }
}
