//! Cover: while an owner is away somebody else acts. Coverage is a loan: the owner stays accountable, the assignee
//! changes, and at the owner's return the conversation goes back to them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::command::ReadSet;
use super::conversation::{Answer, AnswerState, Conversation, Status};
use super::decide::{Decided, Draft};
use super::escalation;
use super::event::{Climb, Event};
use super::id::RepId;
use super::playbook::Playbook;
use super::quiet_hours::Waits;
use super::receive;
use super::roster::Roster;
use super::routing::{Assignment, Because, Holder, Passed, Reason};
use super::time::Timestamp;
use super::use_case;

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
    // What another program answers waits for nobody here.
    if c.is_done() || c.is_sent_on() {
        return false;
    }
    let back = c.loan.as_ref().is_some_and(|loan| is_here(&loan.of));
    let gone = c.assignee().is_some_and(|rep| !is_here(rep));
    back || (gone && waits(c)) || (came && is_backlog(c, is_here))
}

/// Whether it is of a team that the policy no longer knows, or lies in the pool of one: nobody but admins could see it.
pub fn is_homeless(c: &Conversation, playbook: &Playbook) -> bool {
    let gone = |team| !playbook.teams.contains_key(team);
    let pool = c.assignment.as_ref().is_some_and(|a| matches!(&a.to, Holder::Pool(team) if gone(team)));
    !c.is_done() && !playbook.teams.is_empty() && (gone(&c.team) || pool)
}

/// Who stands in for somebody now: their backup, where that one is away too the backup of those, and so on. Nobody when
/// none of them is here.
pub fn cover_of<'a>(playbook: &'a Playbook, roster: &Roster, rep: &RepId) -> Option<&'a RepId> {
    let mut known = BTreeSet::from([rep]);
    let mut next = playbook.reps.get(rep)?.backup.as_ref()?;
    while known.insert(next) {
        if roster.is_here(playbook, next) {
            return Some(next);
        }
        next = playbook.reps.get(next)?.backup.as_ref()?;
    }
    None
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
    take_home(&mut d, world);
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
        // Nobody is left who could be asked, and whoever had it will not come back.
        if escalation::is_with_nobody(world, &d.c) {
            let passed = vec![Passed { who: gone.to_string(), why: Climb::Left.words().to_owned() }];
            let laid = escalation::laid_in_pool(world, &d.c, d.now, 0, passed, Some(Climb::Left));
            wake(&mut d);
            d.say(laid);
        }
    } else if came && is_at_the_end(&d.c) {
        let events = escalation::from_the_start(world, &d.c, d.now, Climb::Back);
        if is_earlier(&d.c, &events, world) {
            lend(&mut d, events);
        }
    }
    d.facts()
}

/// Its team is gone: from now on it is of the team that its line has. What lay in a pool that is gone is offered anew there;
/// whoever has it keeps it, and a running clock keeps its numbers.
fn take_home(d: &mut Draft, world: &ReadSet<'_>) {
    let playbook = world.playbook;
    if !is_homeless(&d.c, playbook) {
        return;
    }
    let c = &d.c;
    if !playbook.teams.contains_key(&c.team)
        && let Some(team) = use_case::team(playbook, &c.use_case, &c.line)
    {
        let (contacts, use_case, cohort) = (c.contacts.clone(), c.use_case.clone(), c.cohort.clone());
        let evidence = c.evidence.clone();
        d.say(Event::Matched { contacts, use_case, cohort, evidence, team: Some(team) });
    }
    let in_gone_pool = |d: &Draft| is_homeless(&d.c, playbook);
    if in_gone_pool(d) {
        let found = receive::find_owner(d, world, None, None);
        receive::offer(d, world, found);
    }
    // Everybody was asked already: better twice than a buyer whom nobody hears.
    if in_gone_pool(d) {
        let events = escalation::anew(world, &d.c, d.now, Climb::Away);
        lend(d, events);
    }
    if in_gone_pool(d) {
        let laid = escalation::laid_in_pool(world, &d.c, d.now, 0, Vec::new(), Some(Climb::Away));
        d.say(laid);
    }
}

/// Gives it to somebody by a person's word; while they are away, to whoever stands in for them, on loan. With nobody there
/// who does, whoever comes first on the ladder is asked, as if they had gone a moment later.
pub(super) fn give(
    d: &mut Draft,
    world: &ReadSet<'_>,
    to: &RepId,
    reason: Reason,
    (step, expires): (Option<u8>, Option<Timestamp>),
) {
    let here = world.is_here(to);
    let cover = (!here).then(|| cover_of(world.playbook, world.roster, to)).flatten().cloned();
    let away = |_: &RepId| Passed { who: to.to_string(), why: "is away".to_owned() };
    let passed = cover.as_ref().map(away).into_iter().collect();
    let because = Because { reason, passed, playbook: world.playbook.version, climbed: None };
    let covers = cover.as_ref().map(|_| to.clone());
    if covers.is_some() {
        wake(d);
    }
    let nobody = !here && cover.is_none();
    let to = Holder::Rep(cover.unwrap_or_else(|| to.clone()));
    d.say(Event::Offered { to, step, expires, because, covers, weighed: None });
    if nobody && waits(&d.c) {
        let events = escalation::from_the_start(world, &d.c, d.now, Climb::Away);
        lend(d, events);
    }
}

/// Back in sight, for whoever has it now.
pub(super) fn wake(d: &mut Draft) {
    if matches!(d.c.status, Status::Snoozed(_)) {
        d.say(Event::Woke);
    }
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
    wake(d);
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
    if d.c.clock.is_some() {
        wake(d);
    }
    let to = Holder::Rep(loan.of.clone());
    d.say(Event::Offered { to, step, expires, because, covers: None, weighed: None });
}
