//! Respond: a rep answers. May it go, or does it need the rep's eye first?

use super::block;
use super::command::{Context, ReadSet};
use super::consent;
use super::contact::Body;
use super::conversation::{AnswerState, Conversation};
use super::decide::{Decided, Draft};
use super::event::{Event, Refusal, Review};
use super::id::{MessageId, RepId};
use super::quiet_hours::Waits;
use super::regulated;
use super::rejection::Rejection;
use super::routing::{Because, Reason};
use super::snippet::{self, Values};
use super::time::Timestamp;
use super::waiting;

/// Most characters of one text (Twilio error 21617).
pub const MAX_CHARS: usize = 1600;

/// An answer as it was asked for.
pub(super) struct Written<'a> {
    pub(super) message: MessageId,
    pub(super) body: &'a Body,
    /// The time its rep chose.
    pub(super) at: Option<Timestamp>,
    pub(super) accept: &'a [Review],
}

/// Decides an answer: held for its undo time or longer, or parked with the reasons. Never lost either way.
pub(super) fn answer(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    written: &Written<'_>,
    cx: &Context,
) -> Result<Decided, Rejection> {
    let Written { message, body, at, accept } = *written;
    if body.is_blank() {
        return Err(Rejection::Empty);
    }
    if body.as_str().chars().count() > MAX_CHARS {
        return Err(Rejection::TooLong { most: MAX_CHARS });
    }
    if d.c.answers.contains_key(&message) {
        return Ok(Vec::new());
    }
    // Whoever approved or read it, by this id, did so of other words.
    if d.c.recalled.contains(&message) {
        return Err(Rejection::NoSuchAnswer);
    }
    if let Some(why) = refused(world, &d.c, by, body) {
        d.say(Event::AnswerRefused { message, by: by.clone(), why });
        return Ok(d.facts());
    }
    let mut reasons = reasons(world, &d.c, by, accept, cx);
    reasons.extend(regulated::bars(world, &d.c, by, Some(body), false));
    if let Some(at) = at {
        reasons.extend(waiting::check(at, cx.now)?.filter(|passed| !accept.contains(passed)));
    }
    if reasons.is_empty() {
        match waiting::when(world, &d.c, at, accept, cx) {
            Ok(waiting::When { not_before, waits, judged }) => {
                acted(&mut d, world, by);
                d.say(Event::AnswerHeld { message, by: by.clone(), not_before, waits, judged });
                return Ok(d.facts());
            }
            Err(reason) => reasons.push(reason),
        }
    }
    d.say(Event::AnswerParked { message, by: by.clone(), reasons });
    Ok(d.facts())
}

/// Words that are not even kept: the rep has them still, and must change them.
fn refused(world: &ReadSet<'_>, c: &Conversation, by: &RepId, body: &Body) -> Option<Refusal> {
    if snippet::is_unfilled(body.as_str()) {
        return Some(Refusal::Unfilled);
    }
    let rules = regulated::of(world.playbook, &c.use_case)?;
    let values = Values::of(world.playbook, by, world.cards);
    regulated::judge(world.playbook, rules, &values, c.disclosed.is_some(), body.as_str()).err()
}

/// Decides "send anyway": judged again with fresh eyes; what is not accepted parks it again. Of one that only waits it asks
/// "send now", which closed hours may refuse: then it goes on waiting.
pub(super) fn release(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    message: MessageId,
    accept: &[Review],
    cx: &Context,
) -> Result<Decided, Rejection> {
    let waiting = mine(world, &d.c, by, message)?;
    match &waiting {
        AnswerState::Parked { .. } | AnswerState::Held { waits: Some(Waits::Window | Waits::Chosen), .. } => {}
        AnswerState::Held { waits: None | Some(Waits::Overruled), .. } => return Ok(Vec::new()),
        AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => return Err(Rejection::AlreadyLeft),
    }
    let mut left = reasons(world, &d.c, by, accept, cx);
    left.extend(still_barred(world, &d.c, message));
    if !left.is_empty() {
        if (AnswerState::Parked { reasons: left.clone() }) != waiting {
            d.say(Event::AnswerParked { message, by: by.clone(), reasons: left });
        }
        return Ok(d.facts());
    }
    let waited = matches!(waiting, AnswerState::Held { .. });
    let soonest = cx.now + cx.hold;
    let when = match waiting::when(world, &d.c, None, accept, cx) {
        Ok(when) => when,
        Err(reason) => {
            if (AnswerState::Parked { reasons: vec![reason.clone()] }) != waiting {
                d.say(Event::AnswerParked { message, by: by.clone(), reasons: vec![reason] });
            }
            return Ok(d.facts());
        }
    };
    if let (true, Some(Waits::Window)) = (waited, when.waits) {
        return Err(Rejection::QuietThere { until: when.not_before });
    }
    acted(&mut d, world, by);
    // What was not overruled is not recorded as accepted.
    let overruled = when.waits == Some(Waits::Overruled);
    let accepted = accept.iter().filter(|r| overruled || **r != Review::QuietHours).cloned().collect();
    d.say(Event::AnswerReleased { message, not_before: soonest, accepted });
    if let (Some(Waits::Window), Some(judged)) = (when.waits, when.judged) {
        d.say(Event::AnswerWaits { message, not_before: when.not_before, judged });
    }
    Ok(d.facts())
}

/// What a regulated conversation still has against an answer that waits.
fn still_barred(world: &ReadSet<'_>, c: &Conversation, message: MessageId) -> Vec<Review> {
    let answer = c.answers.get(&message).filter(|answer| !answer.automatic);
    answer.map_or_else(Vec::new, |a| regulated::bars(world, c, &a.by, world.words, a.approved.is_some()))
}

/// Takes back an answer that has not left.
pub(super) fn recall(mut d: Draft, world: &ReadSet<'_>, by: &RepId, message: MessageId) -> Result<Decided, Rejection> {
    if mine(world, &d.c, by, message)?.is_waiting() {
        d.say(Event::AnswerRecalled { message });
        // The answer that finished it is gone, and the buyer still waits.
        let another = d.c.answers.values().any(|a| a.state.is_waiting() && !a.automatic);
        if d.c.is_done() && d.c.clock.is_some() && !another {
            d.say(Event::Reopened { by: Some(by.clone()) });
        }
        Ok(d.facts())
    } else {
        Err(Rejection::AlreadyLeft)
    }
}

/// The answer, when this rep wrote it or leads the team.
fn mine(world: &ReadSet<'_>, c: &Conversation, by: &RepId, message: MessageId) -> Result<AnswerState, Rejection> {
    let answer = c.answers.get(&message).ok_or(Rejection::NoSuchAnswer)?;
    let leads = || world.playbook.led_by(by).contains(&c.team);
    let is_admin = || world.playbook.is_admin(by);
    let may = answer.by == *by && !answer.automatic || leads() || is_admin();
    if may { Ok(answer.state.clone()) } else { Err(Rejection::NotAllowed { needs: "lead".to_owned() }) }
}

/// Acting on a conversation takes it: acknowledging and claiming are one act.
pub(super) fn acted(d: &mut Draft, world: &ReadSet<'_>, by: &RepId) {
    if d.c.taker().is_none_or(|(rep, _)| rep != by) {
        let because =
            Because { reason: Reason::Took, passed: Vec::new(), playbook: world.playbook.version, climbed: None };
        let answer_by = super::escalation::answer_by(world, &d.c, d.now);
        d.say(Event::Taken { by: by.clone(), because, answer_by });
    }
}

/// Why this answer would need the rep's eye, less what the rep accepted. An opt-out or a hold can never be
/// accepted, nor what the playbook does not leave to the rep.
fn reasons(world: &ReadSet<'_>, c: &Conversation, by: &RepId, accept: &[Review], cx: &Context) -> Vec<Review> {
    let mut found = Vec::new();
    found.extend(consent::may_send(&consent::Question::of(world, c)).against);
    if block::is_blocked(world) {
        found.push(Review::Blocked);
    }
    if c.inbound > cx.seen {
        found.push(Review::NewerReply);
    }
    if let Some(other) = someone_else(c, by) {
        found.push(Review::Reassigned(other.clone()));
    }
    if cx.behind {
        found.push(Review::BehindParked);
    }
    found.retain(|reason| consent::is_final(world.playbook, reason) || !accept.contains(reason));
    found
}

/// Somebody else who acts on it: they took it, or a person handed it to them. A mere offer up the ladder is no bar:
/// the owner who answers late still answers.
pub(super) fn someone_else<'a>(c: &'a Conversation, by: &RepId) -> Option<&'a RepId> {
    let a = c.assignment.as_ref()?;
    let theirs = a.taken.is_some() || matches!(a.because.reason, Reason::Person(_) | Reason::InPlaceOf(_));
    a.to.rep().filter(|rep| theirs && *rep != by)
}
