//! Respond, out of hours: a buyer who wrote while nobody answers is told so, once.
//!
//! **Invariant:** this text is nobody's answer. It meets no clock, asks for nobody's eye, and what cannot leave at once or
//! soon is dropped rather than sent late.

use super::command::{ReadSet, Receive};
use super::consent;
use super::conversation::{Answer, AnswerState, Conversation};
use super::decide::Draft;
use super::event::Event;
use super::id::MessageId;
use super::playbook::Playbook;
use super::respond;
use super::time::Timestamp;

/// The words for a use case: its own, else the playbook's. An empty text of its own says nothing.
pub fn words<'a>(playbook: &'a Playbook, use_case: &str) -> Option<&'a str> {
    let own = playbook.use_cases.get(use_case).and_then(|u| u.acknowledgement.as_deref());
    own.or(playbook.acknowledgement.as_deref()).filter(|words| !words.trim().is_empty())
}

/// A person's text started a clock while its calendar is closed: one text says so, and none again until a person has
/// answered. The id comes with the command, when the address is one that texts may go to.
pub(super) fn acknowledge(d: &mut Draft, world: &ReadSet<'_>, text: &Receive) {
    let Some(message) = text.acknowledgement else { return };
    let wanted = !d.c.acknowledged && words(world.playbook, &d.c.use_case).is_some();
    if wanted && may_leave(&d.c, world, d.now, Some(text.sent.unwrap_or(d.now))) {
        d.say(Event::Acknowledged { message, not_before: d.now });
    }
}

/// Whether it may still leave: judged again when it does. A person's answer, or office hours, make it untrue.
pub(super) fn still_fits(c: &Conversation, world: &ReadSet<'_>, now: Timestamp) -> bool {
    c.acknowledged && c.clock.is_some() && may_leave(c, world, now, c.last_inbound)
}

/// A direct reply like any other: to a number that may be texted, and at night only within the buyer's own hours.
fn may_leave(c: &Conversation, world: &ReadSet<'_>, now: Timestamp, asked: Option<Timestamp>) -> bool {
    let consents = world.number.is_some_and(|n| n.opted_out.is_none() && n.hold.is_none());
    let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last());
    let calendar = cohort.and_then(|cohort| world.playbook.calendars.get(&cohort.calendar));
    let is_closed = calendar.is_some_and(|calendar| !calendar.is_open(now));
    let quiet = consent::is_quiet(&world.playbook.compliance, respond::zone(world, c), asked, now);
    consents && is_closed && !quiet
}

/// Those that have not left.
pub(super) fn waiting(c: &Conversation) -> Vec<MessageId> {
    let held = |a: &Answer| a.automatic && matches!(a.state, AnswerState::Held { .. });
    c.answers.iter().filter(|(_, a)| held(a)).map(|(message, _)| *message).collect()
}
