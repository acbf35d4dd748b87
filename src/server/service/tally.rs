//! What a group did that operators count, kept until the group is on disk.

use std::collections::BTreeMap;

use crate::domain::conversation::AnswerState;
use crate::domain::event::Event;
use crate::domain::expectation::Broken;
use crate::domain::id::MessageId;
use crate::domain::time::Timestamp;
use crate::server::telemetry::Metrics;

/// Facts to count.
#[derive(Debug, Default)]
pub(super) struct Tally {
    breaches: u64,
    sends: BTreeMap<&'static str, u64>,
    fired: Vec<Timestamp>,
    /// The playbook's expectations that do not hold any more; none when nothing they rest on changed.
    broken: Option<Vec<Broken>>,
}

impl Tally {
    /// A fact about a conversation whose answers stood as in `before`.
    pub(super) fn take_in(&mut self, event: &Event, before: &BTreeMap<MessageId, AnswerState>) {
        self.breaches += u64::from(matches!(event, Event::SlaBreached { .. }));
        if let Some(outcome) = send_outcome(event, before) {
            *self.sends.entry(outcome).or_default() += 1;
        }
    }

    /// A deadline had its effect.
    pub(super) fn fired(&mut self, deadline: Option<Timestamp>) {
        self.fired.extend(deadline);
    }

    /// Who is here, or the policy itself, is another one: what the playbook's author expects was decided again.
    pub(super) fn expected(&mut self, broken: Vec<Broken>) {
        self.broken = Some(broken);
    }

    /// The group is on disk since `now`.
    pub(super) fn count(self, metrics: &Metrics, now: Timestamp) {
        metrics.breaches(self.breaches);
        for (outcome, sends) in self.sends {
            metrics.sends(outcome, sends);
        }
        for deadline in self.fired {
            metrics.deadline(now.since(deadline));
        }
        if let Some(broken) = self.broken {
            metrics.expectations(broken.len());
            for one in broken {
                tracing::warn!(broken = %one, "what the playbook expects does not hold with the people who are here");
            }
        }
    }
}

/// How an answer fared by this fact. What the carrier says later of one that it has is no news here, nor is another
/// reason to park one that is parked.
fn send_outcome(event: &Event, before: &BTreeMap<MessageId, AnswerState>) -> Option<&'static str> {
    if let Event::DeliveryChanged { message, delivery, .. } = event {
        let known = matches!(before.get(message), Some(AnswerState::Out { .. }));
        return (!known).then_some(if delivery.is_failure() { "refused" } else { "sent" });
    }
    if let Event::AnswerParked { message, .. } = event {
        let known = matches!(before.get(message), Some(AnswerState::Parked { .. }));
        return (!known).then_some("parked");
    }
    if matches!(event, Event::SendAbandoned { .. }) {
        return Some("abandoned");
    }
    matches!(event, Event::SendUnknown { .. }).then_some("unknown")
}
