//! What a rep does with a conversation besides answering: take, hand over, note, snooze, finish.

use super::command::ReadSet;
use super::consent::OptOutSource;
use super::contact::Body;
use super::conversation::Status;
use super::coverage;
use super::decide::{Decided, Draft};
use super::escalation;
use super::event::{Climb, Event, Outcome};
use super::id::{MessageId, RepId};
use super::meeting::{Meeting, Remark};
use super::rejection::Rejection;
use super::routing::{Assignment, Because, Reason};
use super::sla::{Clock, Stage};
use super::time::Timestamp;
use super::visibility;
use super::withdrawal;

/// It is mine: the first one has it, the other learns who and when.
pub(super) fn take(mut d: Draft, world: &ReadSet<'_>, by: &RepId, how: Reason) -> Result<Decided, Rejection> {
    if let Some((rep, at)) = d.c.taker() {
        return if rep == by { Ok(Vec::new()) } else { Err(Rejection::TakenBy { by: rep.clone(), at }) };
    }
    let answer_by = escalation::answer_by(world, &d.c, d.now);
    d.say(Event::Taken { by: by.clone(), because: because(world, how), answer_by });
    Ok(d.facts())
}

/// It is theirs; while they are away, whoever covers for them has it on loan. A hand-over by a person waits for nobody's
/// ladder; the clock still climbs when it breaches.
pub(super) fn assign(mut d: Draft, world: &ReadSet<'_>, by: &RepId, to: &RepId) -> Result<Decided, Rejection> {
    if !world.playbook.is_active(to) {
        return Err(Rejection::NoSuchRep { who: to.clone() });
    }
    if to == by {
        if d.c.taker().is_none_or(|(rep, _)| rep != by) {
            let answer_by = escalation::answer_by(world, &d.c, d.now);
            d.say(Event::Taken { by: by.clone(), because: because(world, Reason::Took), answer_by });
        }
    } else if d.c.assignee() != Some(to) && d.c.loan.as_ref().is_none_or(|loan| loan.of != *to) {
        coverage::give(&mut d, world, to, Reason::Person(by.clone()), (None, None));
    }
    Ok(d.facts())
}

/// Help: the next step of the ladder, with a reason for whoever is asked.
pub(super) fn escalate(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    note: MessageId,
    reason: &Body,
) -> Result<Decided, Rejection> {
    let climbed = escalation::climb(world, &d.c, d.now, Climb::Asked(by.clone()));
    if climbed.is_empty() {
        return Err(Rejection::TopOfLadder);
    }
    if !reason.is_blank() {
        d.say(Event::Noted { message: note, by: by.clone(), to: None });
    }
    coverage::wake(&mut d);
    for event in climbed {
        d.say(event);
    }
    Ok(d.facts())
}

/// A note for colleagues; the buyer never sees it. One that is for somebody is only for whoever can read it here.
pub(super) fn note(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    (message, body): (MessageId, &Body),
    to: Option<&RepId>,
) -> Result<Decided, Rejection> {
    if body.is_blank() {
        return Err(Rejection::Empty);
    }
    let to = to.filter(|to| *to != by);
    if let Some(to) = to {
        if !world.playbook.is_active(to) {
            return Err(Rejection::NoSuchRep { who: to.clone() });
        }
        if !visibility::may_see(&visibility::principals(world.playbook, to), &d.c) {
            return Err(Rejection::CannotSee { who: to.clone() });
        }
    }
    d.say(Event::Noted { message, by: by.clone(), to: to.cloned() });
    Ok(d.facts())
}

/// Out of sight for a while, but never past the due time of a running clock.
pub(super) fn snooze(mut d: Draft, by: &RepId, until: Timestamp) -> Result<Decided, Rejection> {
    if until <= d.now {
        return Err(Rejection::SnoozeInThePast);
    }
    if let Some(clock) = d.c.clock.as_ref().filter(|clock| until > clock.due) {
        return Err(Rejection::SnoozePastDue { due: clock.due });
    }
    d.say(Event::Snoozed { until, by: by.clone() });
    Ok(d.facts())
}

/// Nothing more to do. Refused over a text the rep has not seen. A call, a mail or a meeting is a person's answer and
/// meets the clock; an answer still held meets it itself when it leaves.
pub(super) fn done(d: Draft, by: &RepId, outcome: Outcome, seen: u64) -> Result<Decided, Rejection> {
    finish(d, by, outcome, (None, None), seen)
}

/// The same, as a meeting: perhaps with its time, and with what the rep wrote on it, which colleagues read as a note. Said
/// of a conversation that ended so already, it adds what it brings.
pub(super) fn booked(
    d: Draft,
    by: &RepId,
    (meeting, note): (Option<Meeting>, Option<&Remark>),
    seen: u64,
) -> Result<Decided, Rejection> {
    finish(d, by, Outcome::Meeting, (meeting, note.filter(|note| !note.body.is_blank())), seen)
}

fn finish(
    mut d: Draft,
    by: &RepId,
    outcome: Outcome,
    (meeting, note): (Option<Meeting>, Option<&Remark>),
    seen: u64,
) -> Result<Decided, Rejection> {
    if d.c.inbound > seen {
        return Err(Rejection::Unseen { newest: d.c.inbound });
    }
    if d.c.status == Status::Done(outcome) && meeting.is_none() && note.is_none() {
        return Ok(Vec::new());
    }
    if let Some(note) = note {
        d.say(Event::Noted { message: note.message, by: by.clone(), to: None });
    }
    // First, so that it knows the clock that it ends.
    let clock = d.c.clock.clone();
    d.say(Event::Done { outcome, by: by.clone(), meeting, note: note.map(|note| note.message) });
    if let Some(clock) = clock {
        let late = clock.stage == Stage::Breached || d.now > clock.due;
        if outcome.answered_elsewhere() {
            d.say(Event::SlaMet { by: None, late });
        } else if !d.c.answers.values().any(|a| a.state.is_waiting() && !a.automatic) {
            d.say(Event::SlaDropped);
        }
    }
    Ok(d.facts())
}

/// Something to do again: as it was. A clock that was ended by word alone runs on with its old due time while there is time
/// left: who looks at it again later is late with nothing. An offer that nobody had taken passes on when it would have, while
/// a clock runs; else, and where nobody has it, it is with whoever opened it, who alone knows what is left to do. Nobody is
/// late with a text to a number that opted out meanwhile.
pub(super) fn reopen(mut d: Draft, world: &ReadSet<'_>, by: &RepId) -> Decided {
    match d.c.status {
        Status::Open => {}
        Status::Snoozed(_) => d.say(Event::Woke),
        Status::Done(_) => {
            let clock = d.c.finished.as_ref().and_then(|finished| finished.clock.clone());
            let may_text = !withdrawal::is_out(world, &d.c.line);
            d.say(Event::Reopened { by: Some(by.clone()) });
            let runs_on = |clock: &Clock| may_text && d.c.clock.is_none() && d.now < clock.due;
            if let Some(clock) = clock.filter(runs_on) {
                d.say(Event::SlaRearmed { clock });
            }
            let passes_on = |a: &Assignment| a.taken.is_none() && a.expires.is_some() && d.c.clock.is_none();
            if d.c.assignment.as_ref().is_none_or(passes_on) {
                let answer_by = escalation::answer_by(world, &d.c, d.now);
                d.say(Event::Taken { by: by.clone(), because: because(world, Reason::Took), answer_by });
            }
        }
    }
    d.facts()
}

/// The buyer told a rep to stop.
pub(super) fn opt_out(d: Draft, world: &ReadSet<'_>, by: &RepId) -> Decided {
    withdrawal::opted_out(d, world, OptOutSource::Rep(by.clone()))
}

fn because(world: &ReadSet<'_>, reason: Reason) -> Because {
    Because { reason, passed: Vec::new(), playbook: world.playbook.version, climbed: None }
}
