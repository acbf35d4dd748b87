//! How long a ladder takes that nobody hears: leads are asked even when away, and have their time before the next step is.
//! Whoever else is not here is passed over at once.

use std::collections::BTreeSet;

use crate::domain::escalation::{Ladder, Who};
use crate::domain::hours::Calendar;
use crate::domain::time::{Span, Timestamp};

/// Most delays of one ladder.
const MOST: usize = 16;

/// The waits of leads who are away, before a step that hangs on the hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delay {
    /// How long each is, and whether that is time on the wall.
    waits: Vec<(Span, bool)>,
}

/// The delays of a ladder: of what somebody owns, and of what nobody does.
pub(super) fn of(ladder: &Ladder) -> Vec<Delay> {
    let mut all = BTreeSet::new();
    for is_owned in [true, false] {
        let mut delay = Delay::default();
        let rounds = (0..=ladder.repeat).flat_map(|_| &ladder.steps);
        for step in rounds {
            let is_lead = match &step.who {
                Who::Lead | Who::LeadOf(_) => true,
                Who::OwnersLead => is_owned,
                // Whoever is in a pool is asked at any hour.
                Who::Pool | Who::Team(_) => false,
                Who::Owner | Who::Backup | Who::OnCall | Who::Person(_) | Who::Role(_) | Who::Schedule(_) => {
                    if !delay.waits.is_empty() && all.len() < MOST {
                        all.insert(delay.clone());
                    }
                    false
                }
            };
            if is_lead && step.wait > Span::ZERO {
                delay.waits.push((step.wait, step.wall));
            }
        }
    }
    all.into_iter().collect()
}

impl Delay {
    /// When it is over that begins then, in the hours of the cohort; the beginning where they never come.
    pub(super) fn after(&self, calendar: Option<&Calendar>, from: Timestamp) -> Timestamp {
        self.waits.iter().fold(from, |at, (wait, wall)| passed(calendar, at, *wait, *wall).unwrap_or(at))
    }

    /// The first instant, from `from` on, at which it begins when it is over then or later; none when that is `from`.
    pub(super) fn before(&self, calendar: Option<&Calendar>, then: Timestamp, from: Timestamp) -> Option<Timestamp> {
        let is_over = |at: Timestamp| {
            let end = self.waits.iter().try_fold(at, |at, (wait, wall)| passed(calendar, at, *wait, *wall));
            // Where the hours never come no step is asked after it.
            end.is_none_or(|end| end >= then)
        };
        let (mut low, mut high) = (from.millis(), then.millis());
        if low >= high || is_over(from) {
            return None;
        }
        // The longer it waits with its beginning the later it is over.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_over(Timestamp::from_millis(middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(Timestamp::from_millis(high))
    }
}

fn passed(calendar: Option<&Calendar>, at: Timestamp, wait: Span, wall: bool) -> Option<Timestamp> {
    match calendar.filter(|_| !wall) {
        Some(calendar) => calendar.add(at, wait),
        None => Some(at + wait),
    }
}
