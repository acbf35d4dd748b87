//! When a line may be asked to send: its rate and its class's, and the rest it takes after a carrier said "not now".

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::domain::id::LineId;
use crate::domain::pacing::{Pacing, pause};
use crate::domain::playbook::Playbook;
use crate::domain::segments::segments;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::DueSend;

/// Shared by whoever decides that a text may go and those that are on their way.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    pacing: Pacing,
    /// By line: how often it was told "not now" in a row, and until when it rests, in real time.
    resting: BTreeMap<LineId, (u32, Instant)>,
}

impl Throttle {
    /// Takes room for a text, or says when to ask again. Taken before the text enters `sending`: from there on nothing may
    /// make it wait.
    pub(super) fn take(&self, playbook: &Playbook, send: &DueSend, clock: &dyn Clock) -> Result<(), Timestamp> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        if let Some((_, until)) = inner.resting.get(&send.line) {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            if left > Duration::ZERO {
                let left = Span::millis(i64::try_from(left.as_millis()).unwrap_or(i64::MAX).saturating_add(1));
                return Err(now + clock.of_real(left));
            }
        }
        let segments = u32::try_from(segments(send.body.as_str()).segments).unwrap_or(u32::MAX);
        inner.pacing.take(playbook, &send.line, segments, now)
    }

    /// The carrier said "not now": the line rests, longer each time. Those that were on their way already count once.
    pub(super) fn refused(&self, line: &LineId) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tokio::time::Instant::now();
        let (times, until) = inner.resting.get(line).copied().unwrap_or((0, now));
        if until <= now {
            let rest = pause(times, rand::random_range(0..=1000)).as_millis();
            let rest = Duration::from_millis(u64::try_from(rest).unwrap_or(0));
            inner.resting.insert(line.clone(), (times.saturating_add(1), now + rest));
        }
    }

    /// The carrier took one: it is not too fast any more.
    pub(super) fn taken(&self, line: &LineId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).resting.remove(line);
    }
}
