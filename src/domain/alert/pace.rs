//! When an alert may go: not in quiet times, and not more than so many within so long. What has to wait goes together.

use super::Alerts;
use crate::domain::hours::Calendar;
use crate::domain::time::{Span, Timestamp};

/// The longest a quiet time is looked through.
const LONGEST_QUIET: Span = Span::minutes(8 * 24 * 60);

/// When a rep's next alert may go: at once, or not before then. `sent` are the instants of the last ones.
pub fn may_go(alerts: &Alerts, sent: &[Timestamp], now: Timestamp) -> Result<(), Timestamp> {
    if let Some(ends) = alerts.quiet.as_ref().and_then(|quiet| quiet_until(quiet, now)) {
        return Err(ends);
    }
    let mut recent: Vec<Timestamp> =
        sent.iter().copied().filter(|at| *at + alerts.within > now && *at <= now).collect();
    recent.sort_unstable();
    let at_most = usize::try_from(alerts.at_most.max(1)).unwrap_or(usize::MAX);
    match recent.len().checked_sub(at_most) {
        // Once the oldest of the last `at_most` is no longer within.
        Some(beyond) => Err(recent[beyond] + alerts.within),
        None => Ok(()),
    }
}

/// When the quiet time ends that this instant is in. One without an end does not count: an alert held for ever is lost.
fn quiet_until(quiet: &Calendar, now: Timestamp) -> Option<Timestamp> {
    if !quiet.is_open(now) {
        return None;
    }
    let mut end = now;
    for (open, close) in quiet.open_between(now, now + LONGEST_QUIET) {
        if Timestamp::from_millis(open) > end {
            return Some(end);
        }
        end = Timestamp::from_millis(close);
    }
    (end < now + LONGEST_QUIET).then_some(end)
}
