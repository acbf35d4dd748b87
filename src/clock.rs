//! The only file that reads the real time.
//!
//! Everything else is given a [`Clock`]. A [`PacedClock`] runs SLA time faster than the wall (the demo); what must stay
//! real (network, the undo hold) is multiplied by [`Clock::pace`] where a deadline is written.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::domain::time::{Span, Timestamp};

/// Tells the time and how fast it runs.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Milliseconds of this clock in one real millisecond; 1 outside the demo.
    fn pace(&self) -> f64 {
        1.0
    }

    /// A real length of time, measured on this clock.
    fn of_real(&self, real: Span) -> Span {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "spans of minutes, not of ages"
        )]
        Span::millis((real.as_millis() as f64 * self.pace()) as i64)
    }

    /// How long to really wait until `at`; zero when it has passed, at most `cap`.
    fn real_wait(&self, at: Timestamp, cap: Duration) -> Duration {
        let left = at.since(self.now()).as_millis();
        #[expect(clippy::cast_precision_loss, reason = "capped below")]
        let seconds = (left as f64 / self.pace() / 1000.0).min(cap.as_secs_f64());
        Duration::from_secs_f64(seconds).min(cap)
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}

/// A clock that starts at a chosen instant and runs `pace` times as fast as the real one.
#[derive(Debug, Clone)]
pub struct PacedClock {
    origin: Timestamp,
    started: Instant,
    pace: f64,
}

impl PacedClock {
    /// Starts now at `origin`. A pace that is not a positive finite number becomes 1.
    pub fn start(origin: Timestamp, pace: f64) -> Self {
        let pace = if pace.is_finite() && pace > 0.0 { pace } else { 1.0 };
        Self { origin, started: Instant::now(), pace }
    }
}

impl Clock for PacedClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "a demo does not run for ages")]
        let ms = (self.started.elapsed().as_secs_f64() * 1000.0 * self.pace) as i64;
        self.origin + Span::millis(ms)
    }

    fn pace(&self) -> f64 {
        self.pace
    }
}

/// A clock that moves only when told to, for tests and the simulation.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `at`.
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.millis()))
    }

    /// Moves to `at`, forwards or back.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }

    /// Moves on by `span`.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A monotonic reading, for real durations (round trips, the two-second limit of a send). Does not count suspend.
pub fn monotonic() -> Instant {
    Instant::now()
}
