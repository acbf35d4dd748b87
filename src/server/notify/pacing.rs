//! How fast pages leave: a number that pages our people is a number like others, which its carrier lets send so fast, makes
//! rest, or stops.

use super::Notifier;
use super::outgoing::Attempt;
use crate::domain::contact::Body;
use crate::domain::id::LineId;
use crate::domain::pacing::Full;
use crate::domain::time::{Span, Timestamp};
use crate::server::carrier::SendOutcome;
use crate::server::lines;
use crate::server::store::departure::Departure;
use crate::server::store::{CarrierLine, StoreError};
use crate::server::throttle::many;

/// The longest a page waits for its turn before another channel is asked.
const PATIENCE: Span = Span::seconds(30);

impl Notifier {
    /// Takes room for a page, and counts it; or says what is to be done instead.
    pub(super) async fn no_room(
        &self,
        line: &CarrierLine,
        body: &Body,
        now: Timestamp,
    ) -> Result<Option<Attempt>, StoreError> {
        let (store, clock) = (self.service.store(), self.service.clock());
        let stops = store.line_stops().await?;
        if stops.iter().any(|stop| stop.number == line.number && stop.holds(now)) {
            return Ok(Some(Attempt::Later("its number is stopped or rests: comeback line list".to_owned())));
        }
        let (id, playbook) = (of(line), self.service.playbook());
        if let Err(Full { at, .. }) = self.service.throttle().take(&playbook, &id, body, clock.as_ref()) {
            let soon = at <= now + clock.of_real(PATIENCE);
            let later = || Attempt::Later("its number may send no more for now".to_owned());
            return Ok(Some(if soon { Attempt::NotBefore(at) } else { later() }));
        }
        store.put_departure(&Departure { at: clock.now(), line: id, segments: many(body) }).await?;
        Ok(None)
    }

    /// What a carrier's answer to a page means for the number.
    pub(super) async fn heard_of(&self, line: &CarrierLine, outcome: &SendOutcome) {
        let (throttle, id) = (self.service.throttle(), of(line));
        match outcome {
            SendOutcome::Busy => throttle.refused(&id, self.service.clock().now()),
            SendOutcome::Refused { code } => {
                throttle.taken(&id);
                if let Err(e) = lines::heard(&self.service, line, *code).await {
                    tracing::warn!(error = %e, code, "what a carrier says of the number of pages was not kept; the next one says it again");
                }
            }
            SendOutcome::Accepted { .. } | SendOutcome::Unknown => throttle.taken(&id),
        }
    }
}

/// Under which name its texts are counted: no line of the playbook has it.
fn of(line: &CarrierLine) -> LineId {
    LineId::new(line.number.as_str())
}
