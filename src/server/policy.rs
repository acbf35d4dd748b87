//! Versions of the policy that come into force by themselves, and running clocks that follow one.

use super::service::{BesideChange, Service, ServiceError, WaitingPolicy, Work};
use super::store::StoreError;
use super::store::policy::{Kind, Mark};
use crate::domain::command::{Actor, Command};
use crate::domain::findings;
use crate::domain::time::Timestamp;

/// Conversations looked at in one round.
const ROUND: usize = 256;

/// Why a policy could not be looked after. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The committer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Does what has come due; tells when the next version comes into force.
pub async fn look_after(service: &Service) -> Result<Option<Timestamp>, PolicyError> {
    let mut next = None;
    for mark in service.store().marks().await? {
        match mark.kind {
            Kind::Waiting if mark.at > service.clock().now() => next = Some(mark.at),
            Kind::Waiting => come_into_force(service, mark).await?,
            Kind::Recompute | Kind::Shadow => {}
        }
    }
    // Also for a version that came into force just now.
    if service.store().marks().await?.iter().any(|mark| mark.kind == Kind::Recompute) {
        recompute(service).await?;
    }
    Ok(next)
}

/// A version that was good when it was written down is looked at again: should it not be any more, the one in force stays.
async fn come_into_force(service: &Service, mark: Mark) -> Result<(), PolicyError> {
    let Some(kept) = service.store().kept(Kind::Waiting).await?.filter(|kept| kept.mark == mark) else { return Ok(()) };
    let wrong = match serde_json::from_str::<WaitingPolicy>(&kept.body) {
        Ok(waiting) => {
            let (found, _) = findings::of(&waiting.playbook, service.clock().now());
            found.into_iter().find(|finding| finding.wrong).map(|finding| finding.what)
        }
        // Of a newer version of this program, say. The group finds the same, and says where.
        Err(_) => None,
    };
    let change = match &wrong {
        Some(why) => BesideChange::Cancel { by: None, why: Some(why.clone()) },
        None => BesideChange::Due { seq: mark.seq },
    };
    service.submit(Work::Beside(Box::new(change))).await?;
    let in_force = service.playbook().version;
    if service.store().marks().await?.iter().all(|mark| mark.kind != Kind::Waiting) && wrong.is_none() {
        tracing::info!(version = in_force, "a version of the playbook that waited was looked at: this one is in force");
    }
    if let Some(why) = wrong {
        tracing::error!(
            why,
            in_force,
            "the playbook that waited is not put in force: the one before stays. Mend it and apply it again"
        );
    }
    Ok(())
}

/// Running clocks get the due times of the version in force. Begun again after a crash: doing it twice is the same as once.
async fn recompute(service: &Service) -> Result<(), PolicyError> {
    let mut after = None;
    loop {
        let armed = service.store().armed(after, ROUND).await?;
        let Some(last) = armed.last() else { break };
        after = Some(*last);
        let again = |conversation| Work::Machine { actor: Actor::Operator, conversation, command: Command::Recompute };
        let waiting: Result<Vec<_>, _> = armed.into_iter().map(|(_, id)| service.hand_over(again(id))).collect();
        for one in waiting? {
            match one.await {
                // Its clock stays as it is; the rest goes on.
                Err(ServiceError::Unreadable(_)) => {}
                told => drop(told?),
            }
        }
    }
    service.submit(Work::Beside(Box::new(BesideChange::Recomputed))).await?;
    Ok(())
}
