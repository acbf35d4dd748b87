//! Respond, regulated: a second person looks at an answer before it goes.

use super::command::{Context, ReadSet};
use super::consent::{Question, may_send};
use super::conversation::{Answer, AnswerState};
use super::decide::{Decided, Draft};
use super::event::{Event, Review};
use super::id::{MessageId, RepId};
use super::rejection::Rejection;
use super::{block, regulated, respond};

/// It may go: into its undo hold, unless something else still needs its author's eye.
pub(super) fn approve(
    mut d: Draft,
    world: &ReadSet<'_>,
    by: &RepId,
    message: MessageId,
    cx: &Context,
) -> Result<Decided, Rejection> {
    let Some(answer) = waiting(&d, world, by, message)? else { return Ok(Vec::new()) };
    if d.c.inbound > cx.seen {
        return Err(Rejection::Unseen { newest: d.c.inbound });
    }
    // What the second person has no say in: it was so before, or has become so since.
    let mut left: Vec<Review> = answer.state.reasons().to_vec();
    left.extend(regulated::bars(world, &d.c, &answer.by, world.words, true));
    left.extend(may_send(&Question::of(world, &d.c)).finally(world.playbook));
    left.extend(world.number.is_none().then_some(Review::OptedOut));
    left.extend(block::is_blocked(world).then_some(Review::Blocked));
    left.retain(|reason| *reason != Review::NeedsApproval);
    left.sort();
    left.dedup();
    d.say(Event::AnswerApproved { message, by: by.clone(), not_before: cx.now + cx.hold });
    if left.is_empty() {
        if respond::someone_else(&d.c, &answer.by).is_none() {
            respond::acted(&mut d, world, &answer.by);
        }
    } else {
        d.say(Event::AnswerParked { message, by: answer.by, reasons: left });
    }
    Ok(d.facts())
}

/// It may not: its author has it again.
pub(super) fn decline(mut d: Draft, world: &ReadSet<'_>, by: &RepId, message: MessageId) -> Result<Decided, Rejection> {
    if waiting(&d, world, by, message)?.is_some() {
        d.say(Event::AnswerDeclined { message, by: by.clone() });
    }
    Ok(d.facts())
}

/// The answer, while it waits for a second person and this is one; nothing when somebody else looked first.
fn waiting(d: &Draft, world: &ReadSet<'_>, by: &RepId, message: MessageId) -> Result<Option<Answer>, Rejection> {
    let answer = d.c.answers.get(&message).filter(|a| !a.automatic).ok_or(Rejection::NoSuchAnswer)?;
    if !regulated::may_approve(world.playbook, &d.c, &answer.by, by) {
        return Err(Rejection::SecondPerson);
    }
    match &answer.state {
        AnswerState::Parked { .. } if regulated::waits_for_approval(answer) => Ok(Some(answer.clone())),
        // It waits for its author, or for a ruling, and nobody was asked to approve of it: "done" would be a lie. Of what
        // was declined a second word is as good as the first.
        AnswerState::Parked { reasons } if answer.approved.is_none() => {
            let declined = reasons.iter().any(|reason| matches!(reason, Review::Declined(_)));
            if declined { Ok(None) } else { Err(Rejection::NotAsked) }
        }
        AnswerState::Parked { .. } | AnswerState::Held { .. } => Ok(None),
        AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => Err(Rejection::AlreadyLeft),
    }
}
