//! Nobody on a ladder can be asked, and nobody has the conversation: it lies in its team's pool, where all of the team see it,
//! and the ladder is climbed from there; whoever comes back is asked.
//!
//! A playbook that is read from a file ends every ladder with a lead, who is asked even when away. This is for what a
//! lead's leaving, or a policy made by hand, may bring about.

use super::{Who, repeats, rules};
use crate::domain::command::ReadSet;
use crate::domain::conversation::Conversation;
use crate::domain::event::{Climb, Event};
use crate::domain::id::RepId;
use crate::domain::routing::{Because, Holder, Passed, Reason};
use crate::domain::time::Timestamp;

/// Whether nobody has it who could ever act: nobody at all, or somebody who left.
pub(in crate::domain) fn is_with_nobody(world: &ReadSet<'_>, c: &Conversation) -> bool {
    let left = |rep: &RepId| !world.playbook.is_active(rep);
    c.assignment.as_ref().is_none_or(|a| a.to.rep().is_some_and(left))
}

/// Laid in the pool of its team as on `step`, which has the time of that step; `passed` tells why nobody was asked, and
/// `climbed` why it left whoever had it.
pub(in crate::domain) fn laid_in_pool(
    world: &ReadSet<'_>,
    c: &Conversation,
    now: Timestamp,
    step: u8,
    passed: Vec<Passed>,
    climbed: Option<Climb>,
) -> Event {
    let again = c.rounds < repeats(world, &c.cohort);
    let expires = rules(world, &c.cohort).and_then(|rules| rules.expires(now, usize::from(step), again));
    let reason = if c.owner.is_some() { Reason::Step(Who::Pool) } else { Reason::Unowned(Who::Pool) };
    let because = Because { reason, passed, playbook: world.playbook.version, climbed };
    Event::Offered { to: Holder::Pool(c.team.clone()), step: Some(step), expires, because, covers: None, weighed: None }
}
