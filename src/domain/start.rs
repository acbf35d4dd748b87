//! A rep begins: a conversation with somebody the CRM knows, or an old one again, before a word is written.
//!
//! **Invariant:** consent is judged first. Whoever never texted us, and of whom no opt-in is recorded, gets no text.

use super::command::{Context, ReadSet};
use super::consent::{Ground, Purpose, Question, may_send};
use super::conversation::{Conversation, Status};
use super::decide::{Decided, Draft};
use super::event::{Event, Review};
use super::id::{ConversationId, LineId, RepId};
use super::rejection::Rejection;
use super::routing::{Because, Reason};
use super::use_case;
use super::visibility;

/// Opens a conversation of a line with a number, or opens the one there is again. It is the rep's own from then on.
pub(super) fn begin(
    world: &ReadSet<'_>,
    by: &RepId,
    line: &LineId,
    fresh: ConversationId,
    cx: &Context,
) -> Result<Decided, Rejection> {
    let number = world.number.ok_or(Rejection::NotFound)?;
    let of_line = world.playbook.lines.get(line).ok_or(Rejection::NotFound)?;
    let principals = visibility::principals(world.playbook, by);
    may_begin(world, line)?;
    let mut d = if let Some(c) = world.conversation {
        if !visibility::may_see(&principals, c) && c.assignee().is_some() && !c.is_done() {
            return Err(Rejection::NotAllowed { needs: "lead".to_owned() });
        }
        let mut d = Draft::of(c, cx);
        match d.c.status {
            Status::Open => {}
            Status::Snoozed(_) => d.say(Event::Woke),
            Status::Done(_) => d.say(Event::Reopened { by: Some(by.clone()) }),
        }
        d
    } else {
        let mine = |team| world.playbook.pools_of(by).contains(team) || world.playbook.led_by(by).contains(team);
        let home = world.playbook.reps.get(by).is_some_and(|rep| rep.team == of_line.team);
        if !home && !mine(&of_line.team) && !world.playbook.is_admin(by) {
            return Err(Rejection::NotAllowed { needs: "rep of the line's team".to_owned() });
        }
        let mut d = Draft::of(&Conversation::new(fresh, number.id, line.clone()), cx);
        let use_case = of_line.use_case.clone();
        let cohort = use_case::cohort(world.playbook, &use_case, world.cards).map_or(String::new(), |c| c.name.clone());
        let team = of_line.team.clone();
        let opened = (number.id, line.clone(), use_case.clone(), cohort.clone());
        let (number, line, use_case_opened, cohort_opened) = opened;
        d.say(Event::Opened { number, line, team, use_case: use_case_opened, cohort: cohort_opened, evidence: None });
        let contacts: Vec<_> = world.cards.iter().map(|card| card.contact.clone()).collect();
        if !contacts.is_empty() {
            d.say(Event::Matched { contacts, use_case, cohort, evidence: None, team: None });
        }
        d.say(Event::Owned { owner: Some(by.clone()), source: None });
        d
    };
    if d.c.taker().is_none_or(|(rep, _)| rep != by) {
        let because =
            Because { reason: Reason::Took, passed: Vec::new(), playbook: world.playbook.version, climbed: None };
        d.say(Event::Taken { by: by.clone(), because, answer_by: None });
    }
    Ok(d.facts())
}

/// Whether somebody may be texted first: they wrote to us before, on any line, or their opt-in is on record, and nothing was
/// withdrawn since.
fn may_begin(world: &ReadSet<'_>, line: &LineId) -> Result<(), Rejection> {
    let refused = |why: &str| Err(Rejection::NoConsent { why: why.to_owned() });
    let (playbook, number) = (world.playbook, world.number);
    let wrote_here = world.conversation.and_then(|c| c.last_inbound);
    let judged = may_send(&Question { playbook, number, line, wrote: wrote_here, purpose: Purpose::Words });
    if judged.against.contains(&Review::OptedOut) {
        return refused("this number opted out");
    }
    if judged.against.contains(&Review::OptOutHold) {
        return refused("they may have asked for no more texts, and nobody has ruled yet");
    }
    if world.number.is_some_and(|n| n.blocked.is_some()) {
        return refused("this number is blocked");
    }
    let wrote = |c: &Conversation| c.inbound > 0;
    let has_evidence = matches!(judged.ground, Ground::Evidence(_));
    if has_evidence || world.conversation.is_some_and(wrote) || world.siblings.iter().any(|c| wrote(c)) {
        return Ok(());
    }
    refused("they never texted us, and no opt-in is recorded")
}
