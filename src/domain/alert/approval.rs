//! A text that needs a second person: whoever may be one is told, once for each time it is asked.

use std::collections::BTreeMap;

use super::follow::wants;
use super::{Notice, Occasion, To, What};
use crate::domain::conversation::{AnswerState, Conversation};
use crate::domain::event::{Event, Review};
use crate::domain::id::{MessageId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::regulated::{may_approve, waits_for_approval};
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;

/// Who hears of a text that begins to wait for a second person: its team's members and lead who are here, else the admins.
/// `c` is as the fact left it, `before` where its texts stood: one that waited already is told of already.
pub fn follow(
    playbook: &Playbook,
    roster: &Roster,
    c: &Conversation,
    event: &Event,
    before: &BTreeMap<MessageId, AnswerState>,
    now: Timestamp,
) -> Vec<Notice> {
    let Event::AnswerParked { message, by: author, .. } = event else { return Vec::new() };
    let asked = before.get(message).is_some_and(|state| state.reasons().contains(&Review::NeedsApproval));
    if asked || !waits(c, *message) {
        return Vec::new();
    }
    let due = c.clock.as_ref().map(|clock| clock.due);
    let what = What::Alert { occasion: Occasion::Approval, due, message: Some(*message) };
    let may = |rep: &&RepId| {
        let here = roster.is_here(playbook, rep) && wants(playbook, rep, Occasion::Approval);
        here && may_approve(playbook, c, author, rep)
    };
    let is_of_team = |rep: &&RepId| playbook.pools_of(rep).contains(&c.team) || playbook.led_by(rep).contains(&c.team);
    let mut reps: Vec<&RepId> = playbook.reps.keys().filter(is_of_team).filter(may).collect();
    if reps.is_empty() {
        reps = playbook.reps.keys().filter(may).collect();
    }
    let notice =
        |rep: &RepId| Notice { to: To::Rep(rep.clone()), what: what.clone(), conversation: Some(c.id), at: now };
    reps.into_iter().map(notice).collect()
}

/// Whether a text still waits for a second person.
pub(super) fn waits(c: &Conversation, message: MessageId) -> bool {
    c.answers.get(&message).is_some_and(waits_for_approval)
}
