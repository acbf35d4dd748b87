//! One kind of question: at most one is out at a time, and a failed one is retried later and later.

use std::time::Duration;

/// First pause after a failure.
const FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// A question that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) ticket: u64,
    pub(super) sent: Duration,
    pub(super) patience: Duration,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    flight: Option<Flight>,
    /// In a row.
    pub(super) failures: u32,
    /// Not before.
    pub(super) retry_at: Option<Duration>,
    /// Whether the last failure was the network's, not the backend's.
    pub(super) network: bool,
    /// Why it failed.
    pub(super) why: String,
}

impl Lane {
    pub(super) fn is_free(&self, mono: Duration) -> bool {
        self.flight.is_none() && self.retry_at.is_none_or(|at| at <= mono)
    }

    pub(super) fn start(&mut self, ticket: u64, mono: Duration, patience: Duration) {
        self.flight = Some(Flight { ticket, sent: mono, patience });
        self.retry_at = None;
    }

    /// The answer to a ticket came; nothing when it is not the one waited for.
    pub(super) fn land(&mut self, ticket: u64) -> Option<Flight> {
        self.flight.take_if(|f| f.ticket == ticket)
    }

    pub(super) fn abandon(&mut self) -> Option<u64> {
        self.flight.take().map(|f| f.ticket)
    }

    /// Gives up on a question that was out for too long.
    pub(super) fn lost(&mut self, mono: Duration) -> Option<u64> {
        self.flight.take_if(|f| f.sent + f.patience <= mono).map(|f| f.ticket)
    }

    pub(super) fn age(&self, mono: Duration) -> Option<Duration> {
        self.flight.map(|f| mono.saturating_sub(f.sent))
    }

    pub(super) fn answered(&mut self) {
        self.failures = 0;
        self.retry_at = None;
        self.network = false;
    }

    /// Doubles the pause up to the cap; of it at least half is kept and the rest is left to chance, so that many
    /// clients do not come back at once.
    pub(super) fn failed(&mut self, why: String, network: bool, after: Option<Duration>, jitter: u32, mono: Duration) {
        let whole = FIRST.saturating_mul(1u32 << self.failures.min(6)).min(LONGEST);
        let chance = whole.mul_f64(f64::from(jitter) / f64::from(u32::MAX) / 2.0);
        let pause = (whole / 2 + chance).max(after.unwrap_or_default().min(Duration::from_mins(10)));
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(mono + pause);
        self.network = network;
        self.why = why;
    }

    /// When it is, or was, tried again.
    pub(super) fn tries_at(&self) -> Option<Duration> {
        self.flight.map(|f| f.sent).or(self.retry_at)
    }

    pub(super) fn next(&self, mono: Duration) -> Option<Duration> {
        match self.flight {
            Some(f) => Some(f.sent + f.patience),
            None => self.retry_at.filter(|at| *at > mono),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_no_further() {
        for jitter in [0, u32::MAX / 2, u32::MAX] {
            let mut lane = Lane::default();
            let mut last = Duration::ZERO;
            for _ in 0..20 {
                lane.failed(String::new(), true, None, jitter, Duration::ZERO);
                let pause = lane.retry_at.unwrap();
                assert!(pause >= last.min(LONGEST / 2) && pause <= LONGEST && pause >= FIRST / 2);
                last = pause;
            }
            assert!(last >= LONGEST / 2);
        }
    }

    #[test]
    fn a_backend_that_asks_for_time_gets_it_within_reason() {
        let mut lane = Lane::default();
        lane.failed(String::new(), false, Some(Duration::from_secs(90)), 0, Duration::ZERO);
        assert_eq!(lane.retry_at, Some(Duration::from_secs(90)));
        lane.failed(String::new(), false, Some(Duration::MAX), 0, Duration::ZERO);
        assert_eq!(lane.retry_at, Some(Duration::from_secs(600)));
    }

    #[test]
    fn only_the_answer_waited_for_lands() {
        let mut lane = Lane::default();
        lane.start(7, Duration::ZERO, Duration::from_secs(5));
        assert!(lane.land(6).is_none() && !lane.is_free(Duration::ZERO));
        assert!(lane.lost(Duration::from_secs(4)).is_none());
        assert_eq!(lane.lost(Duration::from_secs(5)), Some(7));
        assert!(lane.land(7).is_none() && lane.is_free(Duration::ZERO));
    }
}
