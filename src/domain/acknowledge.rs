//! Respond, out of hours: a buyer who wrote while nobody answers is told so, once.
//!
//! **Invariant:** this text is nobody's answer. It meets no clock, asks for nobody's eye, and what cannot leave at once or
//! soon is dropped rather than sent late.

use super::command::{ReadSet, Receive};
use super::consent;
use super::consent::told::Automatic;
use super::contact::Body;
use super::conversation::{Answer, AnswerState, Conversation};
use super::decide::Draft;
use super::event::Event;
use super::id::MessageId;
use super::playbook::Playbook;
use super::quiet_hours::Said;
use super::regulated;
use super::time::Timestamp;
use super::waiting;

/// The words for a use case: its own, else the playbook's. An empty text of its own says nothing.
pub fn written<'a>(playbook: &'a Playbook, use_case: &str) -> Option<&'a str> {
    let own = playbook.use_cases.get(use_case).and_then(|u| u.acknowledgement.as_deref());
    own.or(playbook.acknowledgement.as_deref()).filter(|words| !words.trim().is_empty())
}

/// What a buyer is told there. Where a use case is regulated only approved words are, with the disclosure under them where
/// that is due.
pub fn words(playbook: &Playbook, use_case: &str, disclosed: bool) -> Option<String> {
    let written = written(playbook, use_case)?;
    let Some(rules) = regulated::of(playbook, use_case) else { return Some(written.to_owned()) };
    let approved = regulated::bars_automatic(playbook, rules, written).is_none();
    approved.then(|| regulated::with_disclosure(written, rules.due(disclosed)))
}

/// A person's text started a clock while its calendar is closed: one text says so, and none again before it has opened and
/// closed once more, whoever answers meanwhile, and from whichever of our numbers. The id comes with the command, when the
/// address is one that texts may go to.
pub(super) fn acknowledge(d: &mut Draft, world: &ReadSet<'_>, text: &Receive) {
    let Some(message) = text.acknowledgement else { return };
    let elsewhere = world.siblings.iter().filter_map(|sibling| sibling.acknowledged_at);
    let told =
        d.c.acknowledged_at.into_iter().chain(elsewhere).any(|said| is_since_it_closed(&d.c, world, said, d.now));
    let untold = !d.c.acknowledged && !told;
    let wanted = untold && words(world.playbook, &d.c.use_case, d.c.disclosed.is_some()).is_some();
    if wanted && may_leave(&d.c, world, d.now, Some(text.sent.unwrap_or(d.now))) {
        d.say(Event::Acknowledged { message, not_before: d.now });
    }
}

/// Whether it may still leave: judged again when it does. A person's answer, or office hours, make it untrue.
pub(super) fn still_fits(c: &Conversation, world: &ReadSet<'_>, now: Timestamp) -> bool {
    let of_the_playbook = || {
        let said = world.words.map(Body::as_str);
        said.is_some() && said == words(world.playbook, &c.use_case, c.disclosed.is_some()).as_deref()
    };
    // Where only approved words may leave, they are read once more, as they would leave.
    let may_be_said = regulated::of(world.playbook, &c.use_case).is_none() || of_the_playbook();
    c.acknowledged && c.clock.is_some() && may_be_said && may_leave(c, world, now, c.wrote())
}

/// Whether what was said then was said since the calendar last closed.
fn is_since_it_closed(c: &Conversation, world: &ReadSet<'_>, said: Timestamp, now: Timestamp) -> bool {
    let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last());
    let calendar = cohort.and_then(|cohort| world.playbook.calendars.get(&cohort.calendar));
    calendar.is_some_and(|calendar| calendar.next_open(said).is_none_or(|opens| opens > now))
}

/// A direct reply like any other: to a number that may be texted, and at night only within the buyer's own hours.
fn may_leave(c: &Conversation, world: &ReadSet<'_>, now: Timestamp, asked: Option<Timestamp>) -> bool {
    let consents = world.number.is_some() && consent::may_send(&consent::Question::of(world, c)).may();
    let cohort = world.playbook.cohort(&c.cohort).or_else(|| world.playbook.cohorts.last());
    let calendar = cohort.and_then(|cohort| world.playbook.calendars.get(&cohort.calendar));
    let is_closed = calendar.is_some_and(|calendar| !calendar.is_open(now));
    let said = waiting::judge(world, c, asked, now).said;
    consents && is_closed && matches!(said, Said::Open | Said::Direct)
}

/// Texts that nobody wrote and that have not left; what confirms a STOP is none of those that it takes back.
pub(super) fn waiting(c: &Conversation) -> Vec<MessageId> {
    let held =
        |a: &Answer| a.automatic && a.what != Automatic::Confirmation && matches!(a.state, AnswerState::Held { .. });
    c.answers.iter().filter(|(_, a)| held(a)).map(|(message, _)| *message).collect()
}
