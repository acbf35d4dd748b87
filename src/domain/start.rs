//! A rep begins: a conversation with somebody the CRM knows, or an old one again, before a word is written.
//!
//! **Invariant:** consent is judged first. Whoever never texted us, and of whom no opt-in is recorded, gets no text.

use super::command::{Context, ReadSet};
use super::consent::{Ground, Purpose, Question, may_send};
use super::conversation::{Conversation, Status};
use super::decide::{Decided, Draft};
use super::event::{Event, Review};
use super::id::{ConversationId, LineId, RepId};
use super::regulated;
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
    // Of a number that no record knows nothing more is said than of one that never wrote.
    let number = world.number.ok_or_else(|| Rejection::NoConsent { why: NEVER.to_owned() })?;
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
        if let Some(open) =
            regulated_elsewhere(world).filter(|_| regulated::of(world.playbook, &d.c.use_case).is_none())
        {
            let (use_case, contacts, evidence) = (open.use_case.clone(), d.c.contacts.clone(), open.evidence.clone());
            let cohort = cohort_of(world, &use_case);
            d.say(Event::Matched { contacts, use_case, cohort, evidence, team: None });
        }
        d
    } else {
        let mine = |team| world.playbook.pools_of(by).contains(team) || world.playbook.led_by(by).contains(team);
        let home = world.playbook.reps.get(by).is_some_and(|rep| rep.team == of_line.team);
        if !home && !mine(&of_line.team) && !world.playbook.is_admin(by) {
            return Err(Rejection::NotAllowed { needs: "rep of the line's team".to_owned() });
        }
        let mut d = Draft::of(&Conversation::new(fresh, number.id, line.clone()), cx);
        let open = regulated_elsewhere(world);
        let use_case = open.map_or(&of_line.use_case, |c| &c.use_case).clone();
        let evidence = open.and_then(|c| c.evidence.clone());
        let (cohort, team) = (cohort_of(world, &use_case), of_line.team.clone());
        let (number, line) = (number.id, line.clone());
        let (opened, of_cohort) = (use_case.clone(), cohort.clone());
        d.say(Event::Opened { number, line, team, use_case: opened, cohort: of_cohort, evidence: evidence.clone() });
        let contacts: Vec<_> = world.cards.iter().map(|card| card.contact.clone()).collect();
        if !contacts.is_empty() {
            d.say(Event::Matched { contacts, use_case, cohort, evidence, team: None });
        }
        d.say(Event::Owned { owner: Some(by.clone()), source: None, after: None });
        d
    };
    if d.c.taker().is_none_or(|(rep, _)| rep != by) {
        let because =
            Because { reason: Reason::Took, passed: Vec::new(), playbook: world.playbook.version, climbed: None };
        d.say(Event::Taken { by: by.clone(), because, answer_by: None });
    }
    Ok(d.facts())
}

/// What is under rules with the same person on another line, and not finished: a text that begins there is judged by the
/// same ones, or another line would be the way around them.
fn regulated_elsewhere<'a>(world: &ReadSet<'a>) -> Option<&'a Conversation> {
    let open = world.siblings.iter().filter(|c| !c.is_done() && regulated::of(world.playbook, &c.use_case).is_some());
    open.max_by_key(|c| (use_case::priority(world.playbook, &c.use_case), c.id)).copied()
}

fn cohort_of(world: &ReadSet<'_>, use_case: &str) -> String {
    use_case::cohort(world.playbook, use_case, world.cards).map_or(String::new(), |c| c.name.clone())
}

/// Why nobody may be texted first of whom nothing is known.
const NEVER: &str = "they never texted us, and no opt-in is recorded";

/// Whether somebody may be texted first: they wrote to us before, on any line, or their opt-in is on record, and nothing was
/// withdrawn since.
fn may_begin(world: &ReadSet<'_>, line: &LineId) -> Result<(), Rejection> {
    let refused = |why: &str| Err(Rejection::NoConsent { why: why.to_owned() });
    let (playbook, number) = (world.playbook, world.number);
    let wrote_here = world.conversation.and_then(Conversation::wrote);
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
    refused(NEVER)
}
