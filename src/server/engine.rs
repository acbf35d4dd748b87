//! The clock as an actor: sleeps until the earliest deadline, then lets `Expire` go through `decide` like the rest.
//! Deadlines are rows, so overdue ones fire in order after a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::policy::PolicyError;
use super::service::{Service, ServiceError, Work};
use super::store::StoreError;
use crate::domain::command::{Actor, Command};
use crate::domain::id::ConversationId;
use crate::domain::time::{Span, Timestamp};

/// No sleep is longer: `Instant` stops while a machine is suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// A head this far ahead of the clock means the clock went back: deadlines and sends pause, ingest goes on.
pub const TOLERATED_SKEW: Span = Span::minutes(1);

/// Conversations in one round.
const ROUND: usize = 256;

/// While somebody else holds the database.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Before a deadline that could not be decided is looked at again.
const ASIDE: Duration = Duration::from_secs(60);

/// Conversations whose deadline could not be decided, each with when it is looked at again.
type Aside = BTreeMap<ConversationId, Instant>;

/// Runs until `shutdown` or until the database fails.
pub async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let mut wake = service.pulse().watch();
    let mut aside = Aside::new();
    while !*shutdown.borrow() {
        wake.mark_unchanged();
        let wait = match fire_but(&service, &mut aside).await {
            Ok(next) => next.map_or(LONGEST_SLEEP, |at| service.clock().real_wait(at, LONGEST_SLEEP)),
            Err(StoreError::Busy) => BUSY_PAUSE,
            Err(e) => return Err(ServiceError::Stopped(e.to_string())),
        };
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
            _ = wake.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Fires everything that is due, in order; tells when the next one is. One that cannot be decided holds back no other.
pub async fn fire(service: &Service) -> Result<Option<Timestamp>, StoreError> {
    fire_but(service, &mut Aside::new()).await
}

async fn fire_but(service: &Service, aside: &mut Aside) -> Result<Option<Timestamp>, StoreError> {
    if is_clock_behind(service).await? {
        return Ok(None);
    }
    let version = super::policy::look_after(service).await.map_err(|e| match e {
        PolicyError::Store(e) => e,
        PolicyError::Service(e) => trouble(e),
    })?;
    let now = tokio::time::Instant::now();
    aside.retain(|_, again| *again > now);
    // What stays due although it was looked at would come back round after round.
    let mut looked: BTreeSet<ConversationId> = aside.keys().copied().collect();
    loop {
        let (mut due, next) = service.store().due(service.clock().now(), ROUND + looked.len()).await?;
        due.retain(|id| !looked.contains(id));
        if due.is_empty() {
            return Ok([next, version].into_iter().flatten().min());
        }
        // All are handed over before the first is waited for: they fire in order, and in few groups.
        let expire = |conversation| Work::Machine { actor: Actor::Clock, conversation, command: Command::Expire };
        let waiting: Result<Vec<_>, _> =
            due.into_iter().map(|id| service.hand_over(expire(id)).map(|fired| (id, fired))).collect();
        for (id, fired) in waiting.map_err(trouble)? {
            match fired.await {
                Ok(outcome) if outcome.has_facts() => {}
                Ok(_) => drop(looked.insert(id)),
                Err(ServiceError::Unreadable(why)) => {
                    tracing::error!(conversation = %id, why, "a deadline cannot be decided; it is tried again in a minute");
                    aside.insert(id, now + ASIDE);
                    looked.insert(id);
                }
                Err(e) => return Err(trouble(e)),
            }
        }
    }
}

fn trouble(e: ServiceError) -> StoreError {
    match e {
        ServiceError::Busy => StoreError::Busy,
        ServiceError::Unreadable(why) | ServiceError::Stopped(why) => StoreError::Fatal(why),
    }
}

/// Whether the journal's head is more than a minute ahead of the clock. Said loudly: nothing is due while it lasts.
pub async fn is_clock_behind(service: &Service) -> Result<bool, StoreError> {
    let (head, _) = service.store().head().await?;
    let behind = head.at > service.clock().now() + TOLERATED_SKEW;
    if behind {
        tracing::error!(
            head = %head.at,
            clock = %service.clock().now(),
            "the clock went back by more than a minute: deadlines and sends pause until it has caught up"
        );
    }
    Ok(behind)
}
