//! CRMs: who is behind a number. Asked in the background and kept in the store: never on the path of a text.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use super::service::{Service, ServiceError, Work};
use super::store::{People, StoreError};
use crate::domain::command::{Actor, Command};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::Span;

pub mod directory;

/// Why the CRM could not be asked. What was read before stays.
#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    /// It refused us.
    #[error("the CRM refused ({0}): check its token")]
    Refused(u16),
    /// It did not answer.
    #[error("the CRM did not answer: {0}")]
    Unreachable(String),
    /// It answered with something else.
    #[error("the CRM's answer is not readable: {0}")]
    Unreadable(String),
}

/// A CRM.
#[async_trait]
pub trait Crm: Send + Sync + 'static {
    /// Everybody with a number, as addresses with their people.
    async fn everybody(&self) -> Result<Vec<(Address, Vec<Card>)>, CrmError>;

    /// The people behind one address.
    async fn behind(&self, address: &Address) -> Result<Vec<Card>, CrmError>;
}

/// How often everything is read again, in real time.
const REFRESH: Duration = Duration::from_secs(300);

/// Unknown numbers asked about in one round.
const ROUND: usize = 50;

/// Reads everybody at the start and every few minutes, and whoever texts without being known, at once.
pub async fn run(service: Service, crm: Box<dyn Crm>, mut shutdown: watch::Receiver<bool>) {
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

#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error(transparent)]
    Crm(#[from] CrmError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

async fn everybody(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    let people = crm.everybody().await?.into_iter().map(|(address, cards)| people(address, cards));
    put(service, &people.collect::<Vec<_>>()).await
}

/// Numbers that texted and were never looked up.
async fn strangers(service: &Service, crm: &dyn Crm) -> Result<(), LinkError> {
    let never = crate::domain::time::Timestamp::MIN + Span::millis(1);
    let numbers = service.store().stale_numbers(never, ROUND).await?;
    for (_, address, _) in numbers {
        let cards = crm.behind(&address).await?;
        put(service, &[people(address, cards)]).await?;
    }
    Ok(())
}

fn people(address: Address, cards: Vec<Card>) -> People {
    People { fresh: NumberId(Uuid::now_v7()), address, cards }
}

async fn put(service: &Service, people: &[People]) -> Result<(), LinkError> {
    let changed: Vec<ConversationId> = service.store().put_cards(people, service.clock().now()).await?;
    for conversation in changed {
        // The cards are kept already and will not count as changed again, so that this may not be given up lightly.
        loop {
            let work = Work::Machine { actor: Actor::Crm, conversation, command: Command::Match };
            match service.submit(work).await {
                Err(ServiceError::Busy) => tokio::time::sleep(Duration::from_millis(50)).await,
                told => break told.map(drop)?,
            }
        }
    }
    Ok(())
}
