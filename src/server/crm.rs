//! CRMs: who is behind a number. Asked in the background and kept in the store: never on the path of a text.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::service::{Service, ServiceError, Work};
use super::store::{People, StoreError};
use crate::domain::command::{Actor, Command};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::NumberId;
use crate::domain::time::{Span, Timestamp};

pub mod asking;
pub mod asks;
pub mod changed;
pub mod connector;
pub mod directory;
pub mod ended;
pub mod files;
pub mod hubspot;
pub mod limits;
pub mod money;
pub mod owner;
mod pauses;
pub mod phone;
pub mod push;
pub mod question;
pub mod salesforce;
mod traces;
pub mod when;
pub mod write;

pub use self::asks::{Asks, Standing, Way};
pub use self::changed::{Changed, Touched};
pub use self::connector::{Crm, CrmError, Deals};
pub use self::owner::{Owner, Reps};
pub use self::write::{Owned, TaskState, Write};

/// How often everything is read again, in real time.
const REFRESH: Duration = Duration::from_secs(300);

/// Numbers looked up in the store for one round.
const ROUND: usize = 50;

/// Conversations looked at again in one round.
const FOLLOWED: usize = 256;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Reads everybody at the start, every few minutes and when the CRM notices a change by itself; and at once whoever texts
/// without being known, or whose card is wanted anew. Before that, what an earlier process read and could not follow up.
pub async fn run(service: Service, crm: Arc<dyn Crm>, shutdown: watch::Receiver<bool>) {
    if let Err(e) = follow_up(&service).await {
        tracing::warn!(error = %e, "cards that changed were not looked at; they will be with the next reading");
    }
    // Whoever is told that it does not answer is told since when that may be.
    match service.store().crm_last_read().await {
        Ok(at) => service.asks().read_before(at),
        Err(e) => tracing::warn!(error = %e, "when the CRM was last read was not looked up; screens do not say it"),
    }
    service.asks().connected(crm.name());
    let asking = asking::run(&service, &crm, shutdown.clone());
    tokio::join!(reading(&service, crm.as_ref(), shutdown), asking);
    service.asks().gone();
}

/// Reads everybody again and again. After a failure it pauses, longer each time, and as long as the CRM said, but no longer
/// than until the CRM notices a change by itself; then it goes on where it was.
async fn reading(service: &Service, crm: &dyn Crm, mut shutdown: watch::Receiver<bool>) {
    let mut refresh = tokio::time::interval(REFRESH);
    refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut changed = crm.changed();
    // How often in a row reading failed.
    let mut failures = 0;
    while !*shutdown.borrow() {
        tokio::select! {
            _ = refresh.tick() => {}
            () = &mut changed => changed = crm.changed(),
            _ = shutdown.changed() => break,
            () = std::future::ready(()), if failures > 0 => {}
        }
        let read = everybody(service, crm).await;
        let now = service.clock().now();
        let e = match read {
            Ok(answered) => {
                if answered {
                    service.asks().well(Way::Whole, now);
                }
                failures = 0;
                continue;
            }
            Err(e) => e,
        };
        service.asks().failed(Way::Whole, &e, now);
        tracing::warn!(error = %e, "the CRM was not read; cards stay as they were");
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(pause(&e, failures, now)) => {}
            () = &mut changed => changed = crm.changed(),
            _ = shutdown.changed() => break,
        }
    }
}

/// How long nobody is asked after so many failures in a row.
fn pause(e: &LinkError, failures: u32, now: Timestamp) -> Duration {
    let longer = Duration::from_secs(1 << failures.saturating_sub(1).min(6));
    let said = match e {
        LinkError::Crm(CrmError::Busy { until, .. }) => u64::try_from(until.since(now).as_millis()).unwrap_or_default(),
        LinkError::Crm(_) | LinkError::Store(_) | LinkError::Service(_) => 0,
    };
    longer.max(Duration::from_millis(said)).min(LONGEST_PAUSE)
}

/// Why cards were not read or not followed up. Nothing is lost: both are tried again.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The CRM.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The committer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Reads everybody; of a CRM that is too large for that, those numbers are wanted anew that were read longest ago, while it
/// has calls to spare. Whether the CRM was asked.
async fn everybody(service: &Service, crm: &dyn Crm) -> Result<bool, LinkError> {
    let all = match crm.everybody().await {
        Ok(all) => all,
        Err(CrmError::Cannot(_)) if !crm.has_calls_to_spare() => return Ok(false),
        Err(CrmError::Cannot(_)) => {
            let old = service.clock().now() - Span::millis(i64::try_from(REFRESH.as_millis()).unwrap_or(i64::MAX));
            let numbers = service.store().stale_numbers(old, ROUND).await?;
            service.asks().want(numbers.into_iter().map(|(_, address, _)| address));
            return Ok(false);
        }
        Err(e) => return Err(e.into()),
    };
    let people = all.into_iter().map(|(address, cards)| people(address, cards));
    service.store().put_cards(&people.collect::<Vec<_>>(), service.clock().now()).await?;
    follow_up(service).await?;
    Ok(true)
}

fn people(address: Address, cards: Vec<Card>) -> People {
    People { fresh: NumberId(Uuid::now_v7()), address, cards }
}

/// Looks again at every conversation whose cards changed. The mark stands in the store until that is on disk, so that it
/// may be given up at any time.
pub async fn follow_up(service: &Service) -> Result<(), LinkError> {
    let _one_at_a_time = service.asks().following.lock().await;
    // One that cannot be decided keeps its mark, and holds back no other.
    let mut kept = BTreeSet::new();
    loop {
        let mut marked = service.store().unmatched(FOLLOWED + kept.len()).await?;
        marked.retain(|id| !kept.contains(id));
        if marked.is_empty() {
            return Ok(());
        }
        let again = |conversation| Work::Machine { actor: Actor::Crm, conversation, command: Command::Match };
        let waiting: Result<Vec<_>, _> =
            marked.into_iter().map(|id| service.hand_over(again(id)).map(|matched| (id, matched))).collect();
        for (id, matched) in waiting? {
            match matched.await {
                Err(ServiceError::Unreadable(_)) => drop(kept.insert(id)),
                told => drop(told?),
            }
        }
    }
}
