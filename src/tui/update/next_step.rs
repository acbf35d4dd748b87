//! The recommended next step at one key, and what it may ask for: the meeting link, two concrete times, the account
//! executive, not interested. Nothing here sends: what is written waits in the composer for `Enter`.

use super::{act, composer, snippets};
use crate::client::handle::{Thread, ThreadMessage};
use crate::domain::command::Command;
use crate::domain::context::Card;
use crate::domain::event::Outcome;
use crate::domain::hours::Calendar;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::next_step::rules::Action;
use crate::domain::next_step::{named, times};
use crate::domain::rejection::Rejection;
use crate::domain::snippet::{Field, Values};
use crate::domain::time::Timestamp;
use crate::domain::visibility;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Does, Overlay, Pick};
use crate::tui::msg::Effect;
use crate::wire::changes::Author;

/// Of so many texts in a row it is read when they can talk.
const LAST_WORDS: usize = 5;

/// Does what the step offers: its snippet, else its action, else an empty answer. A step that asks for none says so.
pub(super) fn follow(model: &mut Model, id: ConversationId, now: Timestamp, out: &mut Vec<Effect>) {
    let Some(step) = model.thread_of(id).map(|thread| thread.next_step.clone()) else {
        return composer::reply(model, id, now);
    };
    if let Some(name) = &step.snippet {
        composer::reply(model, id, now);
        return match snippets::named(model, name) {
            Some(text) => snippets::insert(model, &text, now),
            None if model.composer.is_some() => {
                model.warn(format!("The snippet {name} is not offered here: ; shows which are."), now);
            }
            None => {}
        };
    }
    match step.action {
        Some(Action::MeetingLink) => meeting_link(model, id, now),
        Some(Action::ProposeTimes) => propose_times(model, id, now),
        Some(Action::LoopInAe) => loop_in(model, id, now),
        Some(Action::NotInterested) => not_interested(model, id, now, out),
        None if step.rests => model.say(format!("Nothing to follow: {}.", step.why), now),
        None => composer::reply(model, id, now),
    }
}

/// An answer with the rep's meeting link.
pub(super) fn meeting_link(model: &mut Model, id: ConversationId, now: Timestamp) {
    let link = model.playbook().zip(model.me()).and_then(|(playbook, me)| {
        Values::of(playbook, me, &[]).all(Field::MeetingLink.name()).next().map(str::to_owned)
    });
    let Some(link) = link else {
        return model.warn("The playbook has no meeting_link for you: whoever keeps it can add one.", now);
    };
    write(model, id, &link, now);
}

/// An answer with two times inside the rep's opening hours and the buyer's working day, first what the buyer named.
pub(super) fn propose_times(model: &mut Model, id: ConversationId, now: Timestamp) {
    let calendar = calendar(model);
    let thread = model.thread_of(id);
    let known = thread.and_then(|thread| thread.binds.zone);
    let buyer = known.map_or(calendar.zone, |(zone, _)| zone);
    let named = thread.map(|thread| named::read(&last_words(thread), buyer, calendar.zone)).unwrap_or_default();
    let times = times::propose(now, &calendar, buyer, &named);
    if times.is_empty() {
        return model.warn("No time of the next two weeks lies inside your hours and theirs.", now);
    }
    let text = format!("Would {} work for you?", times::words(&times, buyer, calendar.zone));
    write(model, id, &text, now);
}

/// What the buyer wrote last, oldest first: as far as nobody answered in between.
fn last_words(thread: &Thread) -> Vec<(Timestamp, &str)> {
    let is_theirs = |entry: &ThreadMessage| matches!(entry.message.author, Author::Buyer(kind) if kind.arms_clock());
    let newest = thread.messages.iter().rev().skip_while(|entry| !is_theirs(entry));
    let unanswered = newest.take_while(|entry| !matches!(entry.message.author, Author::Rep(_)));
    let theirs = unanswered.filter(|entry| is_theirs(entry)).take(LAST_WORDS);
    let mut words: Vec<_> = theirs.filter_map(|m| Some((m.message.at, m.message.body.as_ref()?.as_str()))).collect();
    words.reverse();
    words
}

/// When the rep works: their own hours, else the first calendar of the playbook; where there is none, only the buyer's
/// working day binds.
fn calendar(model: &Model) -> Calendar {
    let playbook = model.playbook();
    let own = playbook
        .zip(model.me())
        .and_then(|(playbook, me)| playbook.calendars.get(playbook.reps.get(me)?.hours.as_ref()?));
    let known = own.or_else(|| playbook.and_then(|playbook| playbook.calendars.values().next()));
    known.cloned().unwrap_or_else(|| Calendar::always(model.zone()))
}

/// Puts words into the answer, where the draft has them already not twice.
fn write(model: &mut Model, id: ConversationId, text: &str, now: Timestamp) {
    composer::reply(model, id, now);
    let Some(composer) = &model.composer else { return };
    if !composer.input.text().contains(text) {
        let before = &composer.input.text()[..composer.input.cursor()];
        let joined = before.chars().next_back().is_some_and(|last| !last.is_whitespace());
        let text = if joined { format!(" {text}") } else { text.to_owned() };
        snippets::insert(model, &text, now);
    }
}

/// Asks how the account executive is brought in: by a note, or by handing it to them.
pub(super) fn loop_in(model: &mut Model, id: ConversationId, now: Timestamp) {
    let cards = model.thread_of(id).map_or(&[][..], |thread| &thread.cards);
    if cards.len() > 1 {
        return model.warn("Several people share this number: W says who writes, and whose deal it is.", now);
    }
    let card = cards.first();
    let Some(rep) = card.and_then(Card::account_executive).cloned() else {
        return model.warn("The CRM names no account executive here: a reassigns, i writes a note.", now);
    };
    if model.me() == Some(&rep) {
        if card.and_then(Card::deal_executive) == Some(&rep) {
            return model.say("You are the account executive of this deal.", now);
        }
        if card.and_then(Card::account_owner) == Some(&rep) {
            return model.say("This account is yours.", now);
        }
        // Whose contact it is says nothing of whose account it is.
        return model.warn("The contact is yours; the CRM names no AE here: a reassigns, i writes a note.", now);
    }
    let name = model.rep_name(&rep).to_owned();
    if model.playbook().is_some_and(|playbook| !playbook.is_active(&rep)) {
        return model.warn(format!("{name} is not in the playbook: a reassigns, i writes a note."), now);
    }
    let told = if may_read(model, id, &rep) {
        "they are told of it, and you keep the reply"
    } else {
        "they may not see this one yet"
    };
    let choice = |label: String, detail: &str, does| Choice { label, detail: detail.to_owned(), does };
    let choices = vec![
        choice(format!("Note for {name}"), told, Does::NoteTo(rep.clone())),
        choice(format!("Hand it to {name}"), "they answer from here on", Does::Assign(rep)),
    ];
    let about = vec![(id, model.seen(id))];
    let title = format!("Loop in {name}");
    let pick = Pick::of(title, about, choices);
    model.overlay = Some(Overlay::Pick(pick));
}

/// Whether a colleague may see the conversation, by the rule that the backend judges a note for them by. It judges anew.
fn may_read(model: &Model, id: ConversationId, rep: &RepId) -> bool {
    let known = model.thread_of(id).zip(model.playbook());
    known.is_none_or(|(thread, playbook)| !thread.audience.is_disjoint(&visibility::principals(playbook, rep)))
}

/// Begins a note for a colleague, who is told of it; for somebody who could not read it here, says so before a word is
/// written.
pub(super) fn note_to(model: &mut Model, id: ConversationId, rep: RepId, now: Timestamp) {
    if !may_read(model, id, &rep) {
        let name = model.rep_name(&rep).to_owned();
        let hint = Rejection::CannotSee { who: rep }.hint();
        return model.warn(format!("{name} may not see this conversation. {hint}"), now);
    }
    composer::note(model, id);
    if let Some(composer) = &mut model.composer {
        composer.reader = Some(rep);
    }
}

/// Finishes it with that outcome.
pub(super) fn not_interested(model: &mut Model, id: ConversationId, now: Timestamp, out: &mut Vec<Effect>) {
    let outcome = Outcome::NotInterested;
    out.push(act::ask((id, model.seen(id)), Command::Done { outcome }));
    let name = act::name(model, id);
    model.say(format!("{name}: {}. u undoes.", outcome.words()), now);
}
