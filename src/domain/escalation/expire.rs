//! Time passes: offers that nobody took, answers that did not come, due times that are over.

use super::{climb, from_the_start, repeats};
use crate::domain::asking;
use crate::domain::command::ReadSet;
use crate::domain::conversation::{AnswerState, Conversation, Status};
use crate::domain::coverage;
use crate::domain::decide::{Decided, Draft};
use crate::domain::event::{Climb, Event};
use crate::domain::hold;
use crate::domain::message::Delivery;
use crate::domain::routing::Holder;
use crate::domain::sla::{Clock, Stage};
use crate::domain::time::Timestamp;
use crate::domain::use_case;
use crate::domain::withdrawal;

/// Everything whose time has come, in the order in which it was due. Doing it twice is the same as once.
pub(in crate::domain) fn expire(mut d: Draft, world: &ReadSet<'_>) -> Decided {
    while let Some(at) = d.c.next_deadline().filter(|at| *at <= d.now) {
        let before = d.said();
        let passes_on = d.c.assignment.as_ref().is_some_and(|a| a.expires == Some(at));
        let taken = d.c.assignment.as_ref().is_some_and(|a| a.taken.is_some());
        if d.c.ruling.is_some_and(|clock| clock.next() == at) {
            hold::reached(&mut d, world);
        } else if d.c.awaits == Some(at) {
            asking::over(&mut d, world, true);
        } else if d.c.status == Status::Snoozed(at) {
            d.say(Event::Woke);
        } else if passes_on && taken && d.c.clock.as_ref().is_some_and(|clock| is_due(clock, at)) {
            // At the due time it is passed on because the answer is late: that says more than that a step is over.
            clock_reached(&mut d, world, at);
        } else if passes_on {
            pass_on(&mut d, world, if taken { Climb::NotAnswered } else { Climb::NotTaken });
        } else {
            clock_reached(&mut d, world, at);
        }
        // A time that nothing follows from would come again for ever, and with it everybody's texts would wait.
        if d.said() == before {
            break;
        }
    }
    d.facts()
}

/// Whether a clock that nobody was late by is due then.
fn is_due(clock: &Clock, at: Timestamp) -> bool {
    clock.due == at && clock.next() == Some(at)
}

fn clock_reached(d: &mut Draft, world: &ReadSet<'_>, at: Timestamp) {
    let Some(clock) = d.c.clock.clone() else { return };
    if clock.stage == Stage::Running && at < clock.due {
        d.say(Event::SlaWarned { due: clock.due });
        return;
    }
    d.say(Event::SlaBreached { due: clock.due });
    // Somebody was asked a moment ago and still has time: the ladder is already being climbed.
    let asked = d.c.assignment.as_ref().is_some_and(|a| a.taken.is_none() && a.expires.is_some_and(|e| e > d.now));
    if !asked {
        pass_on(d, world, Climb::Breach);
    }
}

/// Whether the buyer has the answer to what they asked last, which came late, while those were asked whom the lateness of it
/// asked. One that only left may fail yet, and then somebody has to be asked on; and whom a person asked is asked for
/// something else.
fn has_answer(c: &Conversation) -> bool {
    let Some((met, asked)) = c.met.as_ref().zip(c.assignment.as_ref()) else { return false };
    let Some(answer) = c.answers.get(&met.by) else { return false };
    let has_it = matches!(answer.state, AnswerState::Out { delivery: Delivery::Delivered | Delivery::Read, .. });
    let of_lateness = matches!(asked.because.climbed, Some(Climb::Breach | Climb::NotTaken | Climb::NotAnswered));
    let is_last = c.wrote().is_none_or(|wrote| wrote <= answer.at);
    has_it && is_last && of_lateness && met.clock.stage == Stage::Breached
}

/// The next step; at the end of the ladder the first one again, while it repeats; else an offer that no longer expires.
fn pass_on(d: &mut Draft, world: &ReadSet<'_>, why: Climb) {
    let mut climbed = Vec::new();
    // They said stop, or have an answer that came while somebody else was asked already: none is wanted of anybody any more,
    // and it lies with whoever was asked.
    let is_over = d.c.clock.is_none() && (withdrawal::is_out(world, &d.c.line) || has_answer(&d.c));
    // Another program answers it: that it is late is told to the lead, and nobody is asked.
    if !is_over && use_case::sent_on(world.playbook, &d.c.use_case).is_none() {
        climbed = climb(world, &d.c, d.now, why);
        let repeat = repeats(world, &d.c.cohort);
        let expired = d.c.assignment.as_ref().is_some_and(|a| a.expires.is_some());
        if climbed.is_empty() && expired && d.c.rounds < repeat {
            climbed = from_the_start(world, &d.c, d.now, Climb::Again);
        }
    }
    if climbed.is_empty()
        && let Some(a) = d.c.assignment.clone().filter(|a| a.expires.is_some())
    {
        let covers = d.c.loan.as_ref().map(|loan| loan.of.clone());
        d.say(match (&a.to, a.taken) {
            (Holder::Rep(by), Some(_)) => Event::Taken { by: by.clone(), because: a.because, answer_by: None },
            _ => Event::Offered { to: a.to, step: a.step, expires: None, because: a.because, covers, weighed: None },
        });
    }
    for event in climbed {
        coverage::wake(d);
        d.say(event);
    }
}
