//! The campaign that a buyer answers: it pauses while Sales talks to them, and goes on when Sales has done.

use std::collections::BTreeSet;

use super::follow::destination;
use super::{Notice, What};
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::domain::use_case;

/// What follows from a fact: `before` is what the conversation was about until then, `c` is as the fact left it. Whatever
/// tells what it is about, the first text, a later one or a late report, a campaign is paused once until it goes on.
pub fn follow(
    playbook: &Playbook,
    before: &BTreeSet<String>,
    c: &Conversation,
    event: &Event,
    now: Timestamp,
) -> Vec<Notice> {
    let pauses = &playbook.alerting.pauses;
    if pauses.is_empty() {
        return Vec::new();
    }
    let begun = c.topics.difference(before).filter(|topic| use_case::is_for_sales(playbook, topic));
    let pause = begun.flat_map(|topic| destination(pauses.get(topic), c, What::Pause { use_case: topic.clone() }, now));
    let mut over: BTreeSet<&String> = before.difference(&c.topics).collect();
    if matches!(event, Event::Done { .. }) && c.inbound > 0 {
        over.insert(&c.use_case);
    }
    let resume = over
        .into_iter()
        .flat_map(|topic| destination(pauses.get(topic), c, What::Resume { use_case: topic.clone() }, now));
    pause.chain(resume).collect()
}
