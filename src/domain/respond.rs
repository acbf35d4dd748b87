//! Respond: a rep answers. May it go, or does it need the rep's eye first?

use super::command::{Context, ReadSet};
use super::consent;
use super::contact::Body;
use super::conversation::{AnswerState, Conversation};
use super::decide::{Decided, Draft};
use super::event::{Event, Review};
use super::hold;
use super::id::{MessageId, RepId};
use super::rejection::Rejection;
use super::routing::{Because, Reason};

/// Most characters of one text (Twilio error 21617).
pub const MAX_CHARS: usize = 1600;

/// Decides an answer: held for its undo time, or parked with the reasons. Never lost either way.
pub(super) fn answer(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    message: MessageId,
    body: &Body,
    accept: &[Review],
    cx: &Context,
) -> Result<Decided, Rejection> {
    if body.is_blank() {
        return Err(Rejection::Empty);
    }
    if body.as_str().chars().count() > MAX_CHARS {
        return Err(Rejection::TooLong { most: MAX_CHARS });
    }
    if d.c.answers.contains_key(&message) {
        return Ok(Vec::new());
    }
    let reasons = reasons(world, &d.c, by, accept, cx);
    if reasons.is_empty() {
        acted(&mut d, world, by);
        let not_before = cx.now + cx.hold;
        d.say(Event::AnswerHeld { message, by: by.clone(), not_before });
    } else {
        d.say(Event::AnswerParked { message, by: by.clone(), reasons });
    }
    Ok(d.facts())
}

/// Decides "send anyway": judged again with fresh eyes; what is not accepted parks it again.
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
        AnswerState::Parked { .. } => {}
        AnswerState::Held { .. } => return Ok(Vec::new()),
        AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => return Err(Rejection::AlreadyLeft),
    }
    let left = reasons(world, &d.c, by, accept, cx);
    if !left.is_empty() {
        if (AnswerState::Parked { reasons: left.clone() }) != waiting {
            d.say(Event::AnswerParked { message, by: by.clone(), reasons: left });
        }
        return Ok(d.facts());
    }
    acted(&mut d, world, by);
    d.say(Event::AnswerReleased { message, not_before: cx.now + cx.hold, accepted: accept.to_vec() });
    Ok(d.facts())
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
fn acted(d: &mut Draft, world: &ReadSet<'_>, by: &RepId) {
    if d.c.taker().is_none_or(|(rep, _)| rep != by) {
        let because =
            Because { reason: Reason::Took, passed: Vec::new(), playbook: world.playbook.version, climbed: None };
        let answer_by = super::escalation::answer_by(world, &d.c, d.now);
        d.say(Event::Taken { by: by.clone(), because, answer_by });
    }
}

/// Why this answer would need the rep's eye, less what the rep accepted. An opt-out or a hold can never be accepted.
fn reasons(world: &ReadSet<'_>, c: &Conversation, by: &RepId, accept: &[Review], cx: &Context) -> Vec<Review> {
    let mut found = Vec::new();
    if world.number.is_some_and(|n| n.opted_out.is_some()) {
        found.push(Review::OptedOut);
    }
    if hold::is_held(world) {
        found.push(Review::OptOutHold);
    }
    if c.inbound > cx.seen {
        found.push(Review::NewerReply);
    }
    if let Some(other) = someone_else(c, by) {
        found.push(Review::Reassigned(other.clone()));
    }
    if is_night(world, c, cx) {
        found.push(Review::QuietHours);
    }
    if cx.behind {
        found.push(Review::BehindParked);
    }
    found.retain(|reason| !reason.is_acceptable() || !accept.contains(reason));
    found
}

/// Somebody else who acts on it: they took it, or a person handed it to them. A mere offer up the ladder is no bar:
/// the owner who answers late still answers.
fn someone_else<'a>(c: &'a Conversation, by: &RepId) -> Option<&'a RepId> {
    let a = c.assignment.as_ref()?;
    let theirs = a.taken.is_some() || matches!(a.because.reason, Reason::Person(_) | Reason::InPlaceOf(_));
    a.to.rep().filter(|rep| theirs && *rep != by)
}

fn is_night(world: &ReadSet<'_>, c: &Conversation, cx: &Context) -> bool {
    consent::is_quiet(&world.playbook.compliance, zone(world, c), c.last_inbound, cx.now)
}

/// Where the buyer is, as far as that is known.
pub(super) fn zone(world: &ReadSet<'_>, c: &Conversation) -> chrono_tz::Tz {
    let calendar_zone = || {
        let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last())?;
        world.playbook.calendars.get(&cohort.calendar).map(|calendar| calendar.zone)
    };
    world.cards.iter().find_map(|card| card.zone).or_else(calendar_zone).unwrap_or(chrono_tz::UTC)
}
