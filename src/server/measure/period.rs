//! Which days a report is about, as they were counted, and when those were.

use super::read::Window;
use super::report::Desk;
use crate::domain::measure::civil;
use crate::domain::measure::days::{Zones, period};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

/// The days of a period that ends now.
pub fn days(playbook: &Playbook, now: Timestamp, since: Span) -> Window {
    let (since, until) = period(playbook.zone(), now, since);
    Window { since, until }
}

impl Desk {
    /// The days under which what it tells was counted. Of a period that ends today that are later ones, too: the
    /// company's zone was one in which they had begun already, and nothing is to be hidden until they come.
    pub(super) fn counted_days(&self) -> Window {
        let today = civil(self.playbook.zone(), self.now).0;
        let is_open = self.window.until >= today;
        Window { until: if is_open { i32::MAX } else { self.window.until }, ..self.window }
    }

    /// When what was counted under them happened, each end left out: oldest first, and of a period that goes on to the
    /// end of its last day.
    pub(super) fn spans(&self, zones: &Zones) -> Vec<(Timestamp, Timestamp)> {
        let Window { since, until } = self.counted_days();
        let is_open = until > self.window.until;
        let end = if is_open { self.begins(self.window.until.saturating_add(1)) } else { Timestamp::MAX };
        let spans = zones.spans(self.playbook.zone(), (since, until)).into_iter();
        spans.map(|(from, until)| (from, until.min(end))).filter(|(from, until)| from < until).collect()
    }

    /// From the first of them to the last.
    pub(super) fn whole_span(&self, zones: &Zones) -> (Timestamp, Timestamp) {
        let spans = self.spans(zones);
        spans.first().zip(spans.last()).map_or((self.now, self.now), |(first, last)| (first.0, last.1))
    }
}
