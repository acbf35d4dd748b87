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
use crate::domain::time::Span;

pub mod connector;
pub mod directory;
pub mod owner;
pub mod write;

pub use self::connector::{Crm, CrmError, Deals};
pub use self::owner::{Owner, Reps};
pub use self::write::{TaskState, Write};

/// How often everything is read again, in real time.
const REFRESH: Duration = Duration::from_secs(300);

/// Unknown numbers asked about in one round.
const ROUND: usize = 50;

/// Conversations looked at again in one round.
const FOLLOWED: usize = 256;

/// Reads everybody at the start and every few minutes, and whoever texts without being known, at once. Before that,
/// what an earlier process read and could not follow up.
pub async fn run(service: Service, crm: Arc<dyn Crm>, mut shutdown: watch::Receiver<bool>) {
    if let Err(e) = follow_up(&service).await {
        tracing::warn!(error = %e, "cards that changed were not looked at; they will be with the next reading");
    }
    let mut wake = service.pulse().watch();
    let mut refresh = tokio::time::interval(REFRESH);
    refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !*shutdown.borrow() {
        let read = tokio::select! {
            _ = refresh.tick() => everybody(&service, crm.as_ref()).await,
            _ = wake.changed() => strangers(&service, crm.as_ref()).await,
            _ = shutdown.changed() => break,
        };
        if let Err(e) = read {
            tracing::warn!(error = %e, "the CRM was not read; cards stay as they were");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
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

async fn everybody(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    let people = crm.everybody().await?.into_iter().map(|(address, cards)| people(address, cards));
    service.store().put_cards(&people.collect::<Vec<_>>(), service.clock().now()).await?;
    follow_up(service).await
}

/// Numbers that texted and were never looked up.
async fn strangers(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    let never = crate::domain::time::Timestamp::MIN + Span::millis(1);
    let numbers = service.store().stale_numbers(never, ROUND).await?;
    for (_, address, _) in numbers {
        let cards = crm.behind(&address).await?;
        service.store().put_cards(&[people(address, cards)], service.clock().now()).await?;
    }
    follow_up(service).await
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
