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
use crate::domain::pacing::{Full, Pacing, jitter, pause};
use crate::domain::playbook::Playbook;
use crate::domain::segments::segments;
use crate::domain::time::{Span, Timestamp};

/// What left lately, and which lines rest.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    pacing: Pacing,
    /// Lines that were told "not now", or begin again after a stop.
    doubted: BTreeMap<LineId, Doubt>,
}

/// A line of which nobody knows yet whether its carrier takes texts again: one is sent, and the others wait for how that
/// ends.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// How often it was told "not now" in a row.
    times: u32,
    /// Until when it rests, in real time.
    until: Instant,
    /// Until when the one that was sent is waited for.
    tried: Option<Instant>,
}

/// How long one is waited for that tries whether a carrier takes texts again: longer than a call to it takes.
const TRIED_FOR: Duration = Duration::from_secs(15);

/// How soon it is looked again how that ended.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

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
    pub fn take(&self, playbook: &Playbook, line: &LineId, body: &Body, clock: &dyn Clock) -> Result<(), Full> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, real) = (clock.now(), tokio::time::Instant::now());
        if let Some(doubt) = inner.doubted.get(line) {
            let rests = doubt.until.saturating_duration_since(real);
            let tried = doubt.tried.is_some_and(|until| until > real).then_some(LOOK_AGAIN);
            let left = rests.max(tried.unwrap_or_default());
            if left > Duration::ZERO {
                let left = Span::millis(i64::try_from(left.as_millis()).unwrap_or(i64::MAX).saturating_add(1));
                return Err(Full { at: now + clock.of_real(left), of_line: true, of_class: false });
            }
        }
        inner.pacing.take(playbook, line, many(body), now)?;
        if let Some(doubt) = inner.doubted.get_mut(line) {
            doubt.tried = Some(real + TRIED_FOR);
        }
        Ok(())
    }

    /// The one that was to show it did not leave after all.
    pub fn untried(&self, line: &LineId) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(doubt) = inner.doubted.get_mut(line) {
            doubt.tried = None;
        }
    }

    /// What stopped a line is over, as far as anybody here knows: the first text shows it.
    pub fn resumed(&self, line: &LineId) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Doubt { times: 0, until: tokio::time::Instant::now(), tried: None };
        inner.doubted.entry(line.clone()).or_insert(fresh);
    }

    /// The carrier said "not now": the line rests, longer each time. Those that were on their way already count once.
    pub fn refused(&self, line: &LineId, at: Timestamp) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tokio::time::Instant::now();
        let before = inner.doubted.get(line).copied().unwrap_or(Doubt { times: 0, until: now, tried: None });
        if before.until <= now {
            let rest = pause(before.times, jitter(line.as_str(), at)).as_millis();
            let rest = Duration::from_millis(u64::try_from(rest).unwrap_or(0));
            let doubt = Doubt { times: before.times.saturating_add(1), until: now + rest, tried: None };
            inner.doubted.insert(line.clone(), doubt);
        }
    }

    /// The carrier took one: it is not too fast any more.
    pub fn taken(&self, line: &LineId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).doubted.remove(line);
    }
}

/// Segments of a text, as carriers count them.
pub fn many(body: &Body) -> u32 {
    u32::try_from(segments(body.as_str()).segments).unwrap_or(u32::MAX)
}
