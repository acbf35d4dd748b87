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

pub mod changed;
pub mod connector;
pub mod directory;
pub mod hubspot;
pub mod limits;
pub mod money;
pub mod owner;
pub mod phone;
pub mod push;
pub mod question;
pub mod salesforce;
pub mod when;
pub mod write;

pub use self::changed::{Changed, Touched};
pub use self::connector::{Crm, CrmError, Deals};
pub use self::owner::{Owner, Reps};
pub use self::write::{TaskState, Write};

/// How often everything is read again, in real time.
const REFRESH: Duration = Duration::from_secs(300);

/// Unknown numbers asked about in one round.
const ROUND: usize = 50;

/// Conversations looked at again in one round.
const FOLLOWED: usize = 256;

/// Changes that the CRM told of, followed in one round: no more than a connector asks for at once.
const CHANGES: usize = 100;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Reads everybody at the start and every few minutes, and whoever texts without being known, or whose card the CRM said
/// has changed, at once. Before that, what an earlier process read and could not follow up. After a failure it pauses,
/// longer each time, and as long as the CRM said; then it goes on where it was.
pub async fn run(service: Service, crm: Arc<dyn Crm>, mut shutdown: watch::Receiver<bool>) {
    if let Err(e) = follow_up(&service).await {
        tracing::warn!(error = %e, "cards that changed were not looked at; they will be with the next reading");
    }
    let mut wake = service.pulse().watch();
    let mut refresh = tokio::time::interval(REFRESH);
    refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Whether everybody is to be read, and how often in a row reading failed.
    let (mut whole, mut failures) = (false, 0);
    while !*shutdown.borrow() {
        whole |= tokio::select! {
            _ = refresh.tick() => true,
            _ = wake.changed() => false,
            _ = shutdown.changed() => break,
            () = std::future::ready(()), if failures > 0 => false,
        };
        let read =
            if whole { everybody(&service, crm.as_ref()).await } else { strangers(&service, crm.as_ref()).await };
        let Err(e) = read else {
            (whole, failures) = (false, 0);
            continue;
        };
        tracing::warn!(error = %e, "the CRM was not read; cards stay as they were");
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(pause(&e, failures, service.clock().now())) => {}
            _ = shutdown.changed() => break,
        }
    }
}

/// How long nobody is asked after so many failures in a row.
fn pause(e: &LinkError, failures: u32, now: Timestamp) -> Duration {
    let longer = Duration::from_secs(1 << failures.saturating_sub(1).min(6));
    let said = match e {
        LinkError::Crm(CrmError::Busy { until }) => u64::try_from(until.since(now).as_millis()).unwrap_or_default(),
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

/// Reads everybody; of a CRM that is too large for that, again those numbers that were read longest ago.
async fn everybody(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    let all = match crm.everybody().await {
        Ok(all) => all,
        Err(CrmError::Cannot(_)) => {
            follow_changes(service, crm).await?;
            let old = service.clock().now() - Span::millis(i64::try_from(REFRESH.as_millis()).unwrap_or(i64::MAX));
            let numbers = service.store().stale_numbers(old, ROUND).await?;
            return read(service, crm, numbers.into_iter().map(|(_, address, _)| address).collect()).await;
        }
        Err(e) => return Err(e.into()),
    };
    let people = all.into_iter().map(|(address, cards)| people(address, cards));
    service.store().put_cards(&people.collect::<Vec<_>>(), service.clock().now()).await?;
    follow_up(service).await
}

/// Numbers that texted and were never looked up, or whose cards the CRM said have changed.
async fn strangers(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    follow_changes(service, crm).await?;
    let never = Timestamp::MIN + Span::millis(1);
    loop {
        let numbers = service.store().stale_numbers(never, ROUND).await?;
        let whole = numbers.len() < ROUND;
        read(service, crm, numbers.into_iter().map(|(_, address, _)| address).collect()).await?;
        if whole {
            return Ok(());
        }
    }
}

/// Reads the people behind these numbers. One whose answer does not read holds back no other; the first such error is told
/// at the end.
async fn read(service: &Service, crm: &dyn Crm, numbers: Vec<Address>) -> Result<(), LinkError> {
    let mut failed = None;
    for address in numbers {
        match crm.behind(&address).await {
            Ok(cards) => service.store().put_cards(&[people(address, cards)], service.clock().now()).await?,
            Err(e @ (CrmError::Refused(_) | CrmError::Unreachable(_) | CrmError::Busy { .. })) => {
                failed = Some(e);
                break;
            }
            Err(e) => failed = failed.or(Some(e)),
        }
    }
    follow_up(service).await?;
    failed.map_or(Ok(()), |e| Err(e.into()))
}

/// Finds out whom the changes concern that the CRM told of, so that their cards are read again.
async fn follow_changes(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    loop {
        let some = service.store().crm_changes(CHANGES).await?;
        let Some(up_to) = some.last().map(|(place, _)| *place) else { return Ok(()) };
        let changed: Vec<Changed> = some.into_iter().map(|(_, changed)| changed).collect();
        let touched = match crm.touched(&changed).await {
            Ok(touched) => touched,
            // Who was known by them is stale already.
            Err(CrmError::Cannot(_) | CrmError::NotFound | CrmError::Invalid(_)) => Touched::default(),
            Err(e) => return Err(e.into()),
        };
        service.store().crm_followed(up_to, &touched).await?;
    }
}

fn people(address: Address, cards: Vec<Card>) -> People {
    People { fresh: NumberId(Uuid::now_v7()), address, cards }
}

/// Looks again at every conversation whose cards changed. The mark stands in the store until that is on disk, so that it
/// may be given up at any time.
pub async fn follow_up(service: &Service) -> Result<(), LinkError> {
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
