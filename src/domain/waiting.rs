//! Respond, later: an answer that may go, but not yet. Until the hours open where the buyer is, or until the time its rep
//! chose.
//!
//! **Invariant:** waiting decides nothing for good. When its time comes the answer is judged again (consent, hours, who has
//! the conversation), and a buyer's text in the meantime makes it need its rep's eye, as during the undo hold.

use chrono_tz::Tz;

use super::command::{Context, ReadSet};
use super::conversation::Conversation;
use super::event::Review;
use super::playbook::Playbook;
use super::quiet_hours::{Hours, Judged, Said, Waits};
use super::rejection::Rejection;
use super::time::{Span, Timestamp};
use super::zone::{self, Place};

/// A chosen time that has passed by no more than this still means now: a device's text takes its way.
pub const GRACE: Span = Span::minutes(15);

/// The farthest time a text can be put off to.
pub const FARTHEST: Span = Span::minutes(366 * 24 * 60);

/// When an answer leaves, and why then.
pub(super) struct When {
    pub(super) not_before: Timestamp,
    pub(super) waits: Option<Waits>,
    pub(super) judged: Option<Box<Judged>>,
}

/// The tenant's own zone for a class of replies: that of its opening hours.
pub fn tenant_zone(playbook: &Playbook, cohort: &str) -> Tz {
    let cohort = playbook.cohort(cohort).or_else(|| playbook.cohorts.last());
    let calendar = cohort.and_then(|cohort| playbook.calendars.get(&cohort.calendar));
    calendar.map_or(Tz::UTC, |calendar| calendar.zone)
}

/// Where the buyer may be, as far as that is known.
pub fn place(world: &ReadSet<'_>, c: &Conversation) -> Place {
    zone::of(world.cards, world.address, tenant_zone(world.playbook, &c.cohort))
}

/// Judges a text that leaves at an instant. Only a direct answer looks at when the buyer wrote.
pub(super) fn judge(world: &ReadSet<'_>, c: &Conversation, asked: Option<Timestamp>, at: Timestamp) -> Judged {
    let place = place(world, c);
    Hours { place: &place, own: &world.playbook.compliance }.judge(asked, at)
}

/// When an answer leaves that nothing else stands against. Refused with `QuietHours` when there is no such time.
pub(super) fn when(
    world: &ReadSet<'_>,
    c: &Conversation,
    chosen: Option<Timestamp>,
    accept: &[Review],
    cx: &Context,
) -> Result<When, Review> {
    let soonest = cx.now + cx.hold;
    if let Some(at) = chosen.filter(|at| *at > soonest) {
        // Put off, it is no direct answer any more.
        let judged = judge(world, c, None, at);
        let (not_before, waits) = match judged.said {
            Said::Until(opens) => (opens, Waits::Window),
            Said::Never => return Err(Review::QuietHours),
            Said::Open | Said::Direct | Said::Overruled => (at, Waits::Chosen),
        };
        return Ok(When { not_before, waits: Some(waits), judged: Some(Box::new(judged)) });
    }
    let mut judged = judge(world, c, c.wrote(), cx.now);
    let overruled = accept.contains(&Review::QuietHours) && may_overrule(world, c);
    let (not_before, waits) = match judged.said {
        Said::Open | Said::Direct | Said::Overruled => (soonest, None),
        Said::Until(_) | Said::Never if overruled => {
            judged.said = Said::Overruled;
            (soonest, Some(Waits::Overruled))
        }
        Said::Until(opens) => (opens.max(soonest), Some(Waits::Window)),
        Said::Never => return Err(Review::QuietHours),
    };
    let telling = judged.is_telling(c.wrote(), &world.playbook.compliance, cx.now);
    Ok(When { not_before, waits, judged: telling.then(|| Box::new(judged)) })
}

/// Whether a rep may send in closed hours after all: only where the playbook lets them, and only in a conversation that
/// both sides have written in. Who did is in the journal.
pub fn may_overrule(world: &ReadSet<'_>, c: &Conversation) -> bool {
    world.playbook.compliance.send_anyway && c.inbound > 0 && c.answered
}

/// Whether a time can be chosen. One that passed on the way is left to the rep's eye, not refused: the words are kept.
pub(super) fn check(chosen: Timestamp, now: Timestamp) -> Result<Option<Review>, Rejection> {
    if chosen > now + FARTHEST {
        return Err(Rejection::TooFar);
    }
    Ok((now.since(chosen) > GRACE).then_some(Review::TimePassed))
}
