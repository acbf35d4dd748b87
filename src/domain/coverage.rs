//! Cover: while an owner is away somebody else acts. Coverage is a loan: the owner stays accountable, the assignee
//! changes, and at the owner's return the conversation goes back to them.

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::conversation::{Answer, AnswerState, Conversation, Status};
use super::decide::{Decided, Draft};
use super::escalation;
use super::event::{Climb, Event};
use super::id::RepId;
use super::quiet_hours::Waits;
use super::receive;
use super::routing::{Assignment, Because, Holder, Reason};
use super::time::Timestamp;

/// A conversation that somebody holds for its owner, or where nobody is accountable for whoever had it, while they are away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// For whom: it goes back to them.
    pub of: RepId,
    /// Since when.
    pub since: Timestamp,
}

/// Whether somebody's coming or going concerns it: its holder is away, its owner is back from a loan, or it waits where
/// nobody else could be asked and somebody came. `is_here` says who can be.
pub fn is_unsettled(c: &Conversation, came: bool, is_here: impl Fn(&RepId) -> bool) -> bool {
    if c.is_done() {
        return false;
    }
    let back = c.loan.as_ref().is_some_and(|loan| is_here(&loan.of));
    let gone = c.assignee().is_some_and(|rep| !is_here(rep));
    back || (gone && waits(c)) || (came && is_backlog(c, is_here))
}

/// Whether it waits for somebody to come: nobody took it, and it stands in a pool while its owner is none or not here, or at
/// the end of its ladder.
fn is_backlog(c: &Conversation, is_here: impl Fn(&RepId) -> bool) -> bool {
    let offered = |a: &&Assignment| a.taken.is_none() && a.step.is_some();
    let pooled = c.assignment.as_ref().filter(offered).is_some_and(|a| matches!(a.to, Holder::Pool(_)));
    let unowned = c.owner.as_ref().is_none_or(|owner| !is_here(owner));
    (unowned && pooled) || is_at_the_end(c)
}

/// Whether nobody is left to pass it on to while the buyer waits, and it is not with its owner.
fn is_at_the_end(c: &Conversation) -> bool {
    let last = |a: &Assignment| a.taken.is_none() && a.step.is_some() && a.expires.is_none();
    c.assignment.as_ref().is_some_and(last) && c.clock.is_some() && c.assignee() != c.owner.as_ref()
}

/// In what order conversations are settled: the one due first comes first, and what has no clock last.
pub fn urgency(c: &Conversation) -> (Timestamp, super::id::ConversationId) {
    (c.clock.as_ref().map_or(Timestamp::MAX, |clock| clock.due), c.id)
}

/// Whether a buyer waits, or an offer that nobody took. What was taken and answered stays where it is until the buyer
/// writes: then it goes to whoever is here.
fn waits(c: &Conversation) -> bool {
    // An answer on its way meets the clock by itself; whoever wrote it may go.
    // So does one that waits for its hour; one put off by choice is not what the buyer waits for.
    let soon = |state: &AnswerState| match state {
        AnswerState::Held { waits, .. } => *waits != Some(Waits::Chosen),
        AnswerState::Sending => true,
        AnswerState::Parked { .. } | AnswerState::Unknown | AnswerState::Out { .. } => false,
    };
    let leaves = |a: &Answer| !a.automatic && soon(&a.state);
    (c.clock.is_some() && !c.answers.values().any(leaves))
        || c.assignment.as_ref().is_some_and(|a| a.taken.is_none() && a.expires.is_some())
}

/// Settles a conversation after somebody came or went. Nothing to do is no facts; doing it twice is the same as once.
pub(super) fn settle(mut d: Draft, world: &ReadSet<'_>, came: bool) -> Decided {
    if !is_unsettled(&d.c, came, |rep| world.is_here(rep)) {
        return d.facts();
    }
    if let Some(loan) = d.c.loan.clone().filter(|loan| world.is_here(&loan.of)) {
        give_back(&mut d, world, &loan);
        return d.facts();
    }
    // Nobody is accountable, or somebody who left: the rules are asked again.
    if d.c.owner.as_ref().is_none_or(|owner| !world.playbook.is_active(owner)) {
        receive::deal(&mut d, world);
    }
    let gone = d.c.assignee().filter(|rep| !world.is_here(rep)).cloned();
    if let Some(gone) = gone {
        let why = if world.playbook.is_active(&gone) { Climb::Away } else { Climb::Left };
        let backup = escalation::to_holders_backup(world, &d.c, d.now, &why);
        let next = || escalation::from_the_start(world, &d.c, d.now, why.clone());
        let mut events = backup.unwrap_or_else(next);
        // Whoever just came is asked before it is left with the last of the ladder.
        if came && events.iter().any(|event| matches!(event, Event::Offered { expires: None, .. })) {
            let anew = escalation::anew(world, &d.c, d.now, why);
            events = if is_earlier(&d.c, &anew, world) { anew } else { events };
        }
        lend(&mut d, events);
    } else if came && is_at_the_end(&d.c) {
        let events = escalation::from_the_start(world, &d.c, d.now, Climb::Back);
        if is_earlier(&d.c, &events, world) {
            lend(&mut d, events);
        }
    }
    d.facts()
}

/// Whether it comes to a step before the end of the ladder, and to somebody who is here. From one who stands at the end to
/// another there, it would go to and fro with every coming.
fn is_earlier(c: &Conversation, events: &[Event], world: &ReadSet<'_>) -> bool {
    let now = c.assignment.as_ref().and_then(|a| a.step);
    let is_before = |event: &Event| {
        matches!(event, Event::Offered { to, step, expires, .. }
            if to.rep().is_none_or(|rep| world.is_here(rep)) && (expires.is_some() || *step < now))
    };
    events.iter().any(is_before)
}

/// To whoever comes first on the ladder and is here. With nobody there it stays where it is, and its clock still climbs.
fn lend(d: &mut Draft, events: Vec<Event>) {
    let holder = d.c.assignment.as_ref().map(|a| a.to.clone());
    let moves = |event: &Event| matches!(event, Event::Offered { to, .. } if Some(to) != holder.as_ref());
    if !events.iter().any(moves) {
        return;
    }
    // A running clock does not sleep with whoever went.
    if matches!(d.c.status, Status::Snoozed(_)) {
        d.say(Event::Woke);
    }
    for event in events {
        d.say(event);
    }
}

/// Back to the owner, as an offer to go on with it: on the clock's terms while a buyer waits.
fn give_back(d: &mut Draft, world: &ReadSet<'_>, loan: &Loan) {
    let covered = d.c.taker().map(|(rep, _)| rep.clone()).filter(|rep| *rep != loan.of);
    let because = Because {
        reason: Reason::Returned(covered),
        passed: Vec::new(),
        playbook: world.playbook.version,
        climbed: None,
    };
    let (step, expires) = match &d.c.clock {
        Some(_) => escalation::owners_step(world, &d.c, d.now),
        None => (None, None),
    };
    let to = Holder::Rep(loan.of.clone());
    d.say(Event::Offered { to, step, expires, because, covers: None, weighed: None });
}
