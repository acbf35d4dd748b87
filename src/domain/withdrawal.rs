//! Consent is withdrawn, or given back: one event on the number, and with it every unsent text that it speaks of is taken
//! back, in whichever conversation it waits.

use super::acknowledge;
use super::command::ReadSet;
use super::consent::ledger::{Word, started, take};
use super::consent::{OptOutSource, Scope};
use super::conversation::{AnswerState, Conversation};
use super::decide::{Decided, Draft};
use super::event::{Event, Review, Subject};
use super::hold;
use super::id::{LineId, MessageId, RepId};
use super::time::Timestamp;

/// Whether the number of this decision withdrew consent to texts of a line.
pub(super) fn is_out(world: &ReadSet<'_>, line: &LineId) -> bool {
    world.number.is_some_and(|number| number.out_for(&world.playbook.consent, line).is_some())
}

/// Consent was withdrawn by another way than a text.
pub(super) fn opted_out(mut d: Draft, world: &ReadSet<'_>, source: OptOutSource) -> Decided {
    withdraw(&mut d, world, source);
    d.facts()
}

/// Consent was given back by another way than a text.
pub(super) fn opted_in(mut d: Draft, world: &ReadSet<'_>, source: OptOutSource) -> Decided {
    if world.number.is_some_and(|n| n.outs().next().is_some()) {
        let event = Event::OptedIn { source, scope: Scope::Tenant, said: None, words: None };
        d.say_of(Subject::Number(d.c.number), event);
    }
    d.facts()
}

/// The buyer's own START: it ends whatever keeps this line silent, when they said it after that. When they said it must be
/// known: webhooks come late, and in another order.
pub(super) fn given(d: &mut Draft, world: &ReadSet<'_>, source: &OptOutSource, sent: Option<Timestamp>) {
    let Some(sent) = sent else { return };
    let at = sent.min(d.now);
    for scope in started(world.number, &world.playbook.consent, &d.c.line, (source, at)) {
        let event = Event::OptedIn { source: source.clone(), scope, said: earlier(at, d.now), words: None };
        d.say_of(Subject::Number(d.c.number), event);
    }
}

/// The buyer's own STOP. It counts from when they said it; said again, it counts from then. Nothing follows from one that
/// comes after a START of theirs that is newer. Whether it is one that was not known.
pub(super) fn stopped(d: &mut Draft, world: &ReadSet<'_>, source: OptOutSource, sent: Option<Timestamp>) -> bool {
    let scope = world.playbook.consent.scope_of(&d.c.line);
    let said = sent.and_then(|sent| earlier(sent, d.now));
    let overtaken = |said| world.number.is_some_and(|number| number.is_overtaken(&source, &scope, said));
    if said.is_some_and(overtaken) {
        return false;
    }
    if scope.is_tenant() && source.is_firm() {
        hold::over(d, world, false);
    }
    let known = |said| world.number.is_some_and(|number| number.knows_out(&source, &scope, said));
    let (new, again) = (!known(None), !known(Some(said.unwrap_or(d.now))));
    if new || again {
        let event = Event::OptedOut { source, scope: scope.clone(), said, undated: false };
        d.say_of(Subject::Number(d.c.number), event);
    }
    take_back_all(d, world, &scope);
    new
}

/// When something was said, where that was before it is decided.
fn earlier(said: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (said < now).then_some(said)
}

/// One opt-out is one event on the number, and in the same transaction takes back every unsent text to it. Whether it was
/// one that was not known. From all of us, it answers what a hold asks, too.
pub(super) fn withdraw(d: &mut Draft, world: &ReadSet<'_>, source: OptOutSource) -> bool {
    let scope = world.playbook.consent.scope_of(&d.c.line);
    if scope.is_tenant() && source.is_firm() {
        hold::over(d, world, false);
    }
    withdraw_from(d, world, source, &scope)
}

/// The same of what a scope covers, be it this conversation or not.
pub(super) fn withdraw_from(d: &mut Draft, world: &ReadSet<'_>, source: OptOutSource, scope: &Scope) -> bool {
    let new = world.number.is_none_or(|number| !number.knows_out(&source, scope, None));
    if new {
        let event = Event::OptedOut { source, scope: scope.clone(), said: None, undated: false };
        d.say_of(Subject::Number(d.c.number), event);
    }
    take_back_all(d, world, scope);
    new
}

/// Every unsent text that a scope covers, be it of this conversation or not.
fn take_back_all(d: &mut Draft, world: &ReadSet<'_>, scope: &Scope) {
    if scope.covers(&world.playbook.consent, &d.c.line) {
        for event in taken_back(&d.c, &Review::OptedOut) {
            d.say(event);
        }
    }
    let siblings = world.siblings.iter().filter(|sibling| sibling.id != d.c.id);
    let facts = of_others(siblings.copied(), world, scope);
    d.extend(facts);
}

/// A word of a list or of another program; or the buyer's own START, once it is known when they said it.
pub(super) fn taken(read: &ReadSet<'_>, word: &Word) -> Decided {
    if let (Some(line), Some(at), false) = (&word.line, word.said, word.out) {
        return restarted(read, word, line, at);
    }
    let (_, fact) = take(read.number, word);
    let Some(event) = fact else { return Vec::new() };
    let scope = matches!(event, Event::OptedOut { .. }).then(|| word.scope.clone());
    let mut facts = vec![(Subject::Number(word.number), event)];
    if let Some(scope) = scope {
        let all = read.conversation.iter().chain(&read.siblings).copied();
        facts.extend(of_others(all.clone(), read, &scope));
        if scope.is_tenant() && word.source.is_firm() {
            facts.extend(hold::over_in(all));
        }
    }
    facts
}

/// A START that was heard before, or is told by the carrier's list. It is evidence only where it ends something.
fn restarted(read: &ReadSet<'_>, word: &Word, line: &LineId, at: Timestamp) -> Decided {
    if read.number.is_none_or(|number| number.out_for(&read.playbook.consent, line).is_none()) {
        return Vec::new();
    }
    let (source, rules) = (&word.source, &read.playbook.consent);
    let scopes = started(read.number, rules, line, (source, at)).into_iter();
    let given = scopes.map(|scope| Event::OptedIn { source: source.clone(), scope, said: Some(at), words: None });
    given.map(|event| (Subject::Number(word.number), event)).collect()
}

/// Takes back every unsent text to the number, whichever line it is from, and stops every clock that waits for one.
pub(super) fn silence(d: &mut Draft, world: &ReadSet<'_>, reason: &Review) {
    for event in taken_back(&d.c, reason) {
        d.say(event);
    }
    let here = d.c.id;
    for sibling in world.siblings.iter().filter(|sibling| sibling.id != here) {
        for event in taken_back(sibling, reason) {
            d.say_of(Subject::Conversation(sibling.id), event);
        }
    }
}

fn of_others<'a>(all: impl Iterator<Item = &'a Conversation>, world: &ReadSet<'_>, scope: &Scope) -> Decided {
    let covered = all.filter(|c| scope.covers(&world.playbook.consent, &c.line));
    let of = |c: &Conversation| {
        let subject = Subject::Conversation(c.id);
        taken_back(c, &Review::OptedOut).into_iter().map(move |event| (subject, event)).collect::<Vec<_>>()
    };
    covered.flat_map(of).collect()
}

/// What takes back everything of a conversation that has not left: answers wait for their rep, texts that nobody wrote are
/// dropped, and no clock runs any more.
fn taken_back(c: &Conversation, reason: &Review) -> Vec<Event> {
    let parked = to_park(c, reason).into_iter();
    let mut events: Vec<Event> =
        parked.map(|(message, by, reasons)| Event::AnswerParked { message, by, reasons }).collect();
    events.extend(acknowledge::waiting(c).into_iter().map(|message| Event::AnswerRecalled { message }));
    events.extend(c.clock.is_some().then_some(Event::SlaDropped));
    events
}

/// Answers that have not left and were not parked for this reason yet, with all reasons. What an opt-out keeps back waits for
/// no ruling.
pub(super) fn to_park(c: &Conversation, reason: &Review) -> Vec<(MessageId, RepId, Vec<Review>)> {
    c.answers
        .iter()
        .filter(|(_, answer)| !answer.automatic)
        .filter_map(|(message, answer)| {
            let mut reasons = match &answer.state {
                AnswerState::Held { .. } => Vec::new(),
                AnswerState::Parked { reasons } => reasons.clone(),
                AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => return None,
            };
            if reasons.contains(reason) {
                return None;
            }
            if *reason == Review::OptedOut {
                reasons.retain(|held| *held != Review::OptOutHold);
            }
            reasons.push(reason.clone());
            reasons.sort();
            Some((*message, answer.by.clone(), reasons))
        })
        .collect()
}
