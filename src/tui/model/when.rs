//! What a typed time is for.

use crate::domain::contact::Body;
use crate::domain::id::{RepId, ScheduleId};
use crate::domain::time::Timestamp;

use super::overlay::Seen;

/// What a typed time is for.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// When what is being written leaves, on the buyer's clock.
    Text,
    /// Until when somebody is away.
    Away {
        /// Who; the person themselves when left out.
        rep: Option<RepId>,
        /// For whoever covers.
        note: Option<Body>,
    },
    /// When to look who is on call.
    OnCall,
    /// A moment of a shift that is swapped.
    Shift {
        /// Of what.
        schedule: ScheduleId,
        /// A moment of the one, when it is the other that is asked for.
        one: Option<Timestamp>,
    },
    /// From when on somebody has a schedule.
    From(Stretch),
    /// Until when.
    Until(Stretch),
    /// When a meeting is.
    Meeting(Seen),
    /// Until when one that begins then is.
    MeetingEnd(Seen, Timestamp),
}

/// A stretch of a schedule that somebody is to have, as far as it has been said.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Of what.
    pub schedule: ScheduleId,
    /// Who; none is nobody.
    pub rep: Option<RepId>,
    /// From when on.
    pub from: Option<Timestamp>,
    /// Until when; the end itself is not part of it.
    pub to: Option<Timestamp>,
}

impl Stretch {
    /// A schedule, and nothing said yet.
    pub const fn of(schedule: ScheduleId) -> Self {
        Self { schedule, rep: None, from: None, to: None }
    }
}
