//! A backup brought back is the past brought back. What happened since is not in it, so nothing may be taken as it
//! stands: answers that had not settled may have left, people may have withdrawn consent, devices may have been revoked.

use std::sync::Arc;

use super::opt_outs::{Word, Words};
use super::service::{Heard, Outcome, Service, ServiceError, Work};
use super::store::{Restored, Store, StoreError};
use crate::clock::Clock;
use crate::domain::command::{Actor, Command};
use crate::domain::consent::Scope;
use crate::domain::contact::Address;
use crate::domain::event::Event;
use crate::domain::time::Span;

/// Carriers forget their texts after this: to look further back is of no use.
const KEPT_AT_CARRIERS: Span = Span::minutes(400 * 24 * 60);

/// Why a backup could not be prepared. Its copy is of no use then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// No backend ever ran on it.
    #[error("the backup is of a database that no backend has run on: there is nothing to bring back")]
    Empty,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The committer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// The epoch that began.
    pub epoch: u32,
    /// Answers that are `unknown` until the carrier's list settles them.
    pub doubtful: usize,
    /// Numbers whose consent the file of opt-outs changed.
    pub consents: usize,
}

/// Prepares a copy of a backup for `serve`: a new epoch, all devices signed out, unsettled answers `unknown`, opt-outs as
/// the file says, and a mark that keeps every answer until the carriers' lists have been read. All of it stands in the
/// journal. An epoch is the time of its restore, so that no two have the same.
pub async fn prepare(store: Arc<dyn Store>, clock: Arc<dyn Clock>, words: &Words) -> Result<Prepared, RestoreError> {
    let (head, before) = store.head().await?;
    let now = clock.now();
    let seconds = u32::try_from(now.millis() / 1000).unwrap_or(u32::MAX);
    let epoch = seconds.max(before.saturating_add(1));
    let unread = store.restores().await?.into_iter().filter(|r| !r.reconciled).map(|r| r.since).min();
    let since = unread.unwrap_or(head.at).min(head.at).max(now - KEPT_AT_CARRIERS).min(now);
    let restored = Restored { epoch, after: head.seq, since, reconciled: false };
    let playbook = store.playbook().await?.ok_or(RestoreError::Empty)?;
    let service = Service::start(Arc::clone(&store), clock, &playbook).await?;
    service.submit(Work::Restored(restored)).await?;
    let mut prepared = Prepared { epoch, ..Prepared::default() };
    for conversation in store.unsettled().await? {
        // Before opt-outs are replayed: what left before one of them must not read as taken back.
        let work = Work::Machine { actor: Actor::Operator, conversation, command: Command::Doubt };
        if let Outcome::Decided(facts) = service.submit(work).await? {
            prepared.doubtful += facts.iter().filter(|f| matches!(f, Event::SendUnknown { .. })).count();
        }
    }
    for (address, word) in &words.last {
        let work = of_record(address, &Scope::Tenant, word);
        prepared.consents += usize::from(service.submit(Work::Heard(Box::new(work))).await?.has_facts());
    }
    for ((address, scope), word) in &words.parts {
        let work = of_record(address, scope, word);
        prepared.consents += usize::from(service.submit(Work::Heard(Box::new(work))).await?.has_facts());
    }
    Ok(prepared)
}

/// Our own record says it: it holds as it is.
fn of_record(address: &Address, scope: &Scope, word: &Word) -> Heard {
    let (actor, address, scope) = (Actor::Operator, address.clone(), scope.clone());
    Heard {
        actor,
        address,
        out: word.out,
        source: word.source.clone(),
        scope,
        said: None,
        undated: false,
        words: None,
        line: None,
    }
}
