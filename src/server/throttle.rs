//! When a number may be asked to send: its rate and its class's, and the rest it takes after a carrier said "not now". Shared
//! by the runner of sends and by whoever pages our people: what the carrier counts is counted here once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::store::departure::Departure;
use crate::clock::Clock;
use crate::domain::contact::Body;
use crate::domain::id::LineId;
use crate::domain::pacing::{Pacing, jitter, pause};
use crate::domain::playbook::Playbook;
use crate::domain::segments::segments;
use crate::domain::time::{Span, Timestamp};

/// What left lately, and which lines rest.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    pacing: Pacing,
    /// By line: how often it was told "not now" in a row, and until when it rests, in real time.
    resting: BTreeMap<LineId, (u32, Instant)>,
}

impl Throttle {
    /// One that knows what left before this process began, oldest first.
    pub fn after(playbook: &Playbook, left: &[Departure]) -> Self {
        let mut inner = Inner::default();
        for Departure { at, line, segments } in left {
            inner.pacing.left(playbook, line, *segments, *at);
        }
        Self(Mutex::new(inner))
    }

    /// Takes room for a text, or says when to ask again. Taken before the text enters `sending`: from there on nothing may
    /// make it wait.
    pub fn take(&self, playbook: &Playbook, line: &LineId, body: &Body, clock: &dyn Clock) -> Result<(), Timestamp> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        if let Some((_, until)) = inner.resting.get(line) {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            if left > Duration::ZERO {
                let left = Span::millis(i64::try_from(left.as_millis()).unwrap_or(i64::MAX).saturating_add(1));
                return Err(now + clock.of_real(left));
            }
        }
        inner.pacing.take(playbook, line, many(body), now)
    }

    /// The carrier said "not now": the line rests, longer each time. Those that were on their way already count once.
    pub fn refused(&self, line: &LineId, at: Timestamp) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tokio::time::Instant::now();
        let (times, until) = inner.resting.get(line).copied().unwrap_or((0, now));
        if until <= now {
            let rest = pause(times, jitter(line.as_str(), at)).as_millis();
            let rest = Duration::from_millis(u64::try_from(rest).unwrap_or(0));
            inner.resting.insert(line.clone(), (times.saturating_add(1), now + rest));
        }
    }

    /// The carrier took one: it is not too fast any more.
    pub fn taken(&self, line: &LineId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).resting.remove(line);
    }
}

/// Segments of a text, as carriers count them.
pub fn many(body: &Body) -> u32 {
    u32::try_from(segments(body.as_str()).segments).unwrap_or(u32::MAX)
}
