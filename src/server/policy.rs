//! Versions of the policy that come into force by themselves or by another process, and running clocks that follow one.

use std::time::Duration;

use tokio::sync::watch;

use super::service::{BesideChange, Service, ServiceError, WaitingPolicy, Work};
use super::store::StoreError;
use super::store::policy::{Kind, Mark};
use crate::domain::command::{Actor, Command};
use crate::domain::findings;
use crate::domain::time::Timestamp;

/// Conversations looked at in one round.
const ROUND: usize = 256;

/// How soon it is looked again, in real time, whether another process put a version in force: it reads one number.
const EVERY: Duration = Duration::from_secs(2);

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

/// Follows what other processes put in force, as `playbook apply` beside the backend does, until `shutdown` or until
/// the database fails. Any work follows it; but while none comes, mail, feeds and reports go by the policy too.
pub async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let mut passed = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.wait_for(|down| *down) => return Ok(()),
        }
        passed = follow(&service, passed).await?;
    }
}

/// Takes over the version in force if it is another one than this process knows; `passed` is one that could not be
/// read, and is left alone. Tells which one that is now.
async fn follow(service: &Service, passed: Option<u32>) -> Result<Option<u32>, ServiceError> {
    let version = match service.store().version_in_force().await {
        Ok(version) => version,
        Err(StoreError::Busy) => return Ok(passed),
        Err(e) => return Err(ServiceError::Stopped(e.to_string())),
    };
    let is_known = || service.playbook().version == version;
    if is_known() || passed == Some(version) {
        return Ok(passed);
    }
    match service.submit(Work::Follow).await {
        // The committer has said what is wrong with it: what needs a decision says so again.
        Ok(_) | Err(ServiceError::Unreadable(_)) => Ok((!is_known()).then_some(version)),
        Err(ServiceError::Busy) => Ok(passed),
        Err(e @ ServiceError::Stopped(_)) => Err(e),
    }
}

/// Does what has come due; tells when the next version comes into force.
pub async fn look_after(service: &Service) -> Result<Option<Timestamp>, PolicyError> {
    let mut marks = service.store().marks().await?;
    let now = service.clock().now();
    if let Some(due) = marks.iter().find(|mark| mark.kind == Kind::Waiting && mark.at <= now) {
        come_into_force(service, *due).await?;
        marks = service.store().marks().await?;
    }
    if marks.iter().any(|mark| mark.kind == Kind::Recompute) {
        recompute(service).await?;
    }
    Ok(marks.iter().find(|mark| mark.kind == Kind::Waiting).map(|mark| mark.at))
}

/// A version that was good when it was written down is looked at again: should it not be any more, the one in force stays.
async fn come_into_force(service: &Service, mark: Mark) -> Result<(), PolicyError> {
    let Some(kept) = service.store().kept(Kind::Waiting).await?.filter(|kept| kept.mark == mark) else { return Ok(()) };
    let wrong = match serde_json::from_str::<WaitingPolicy>(&kept.body) {
        Ok(waiting) => what_is_wrong(waiting, service.clock().now()).await,
        // Of a newer version of this program, say.
        Err(e) => Some(format!("it cannot be read any more (line {}, column {})", e.line(), e.column())),
    };
    let change = BesideChange::Due { seq: mark.seq, wrong: wrong.clone() };
    service.submit(Work::Beside(Box::new(change))).await?;
    let in_force = service.playbook().version;
    if let Some(why) = wrong {
        tracing::error!(
            why,
            in_force,
            "the playbook that waited is not put in force: the one before stays. Mend it and apply it again"
        );
    } else {
        tracing::info!(in_force, "the playbook that waited had its day");
    }
    Ok(())
}

/// The first thing that is wrong with it now. Looked for beside the engine: it may take a while for a large one.
async fn what_is_wrong(waiting: WaitingPolicy, now: Timestamp) -> Option<String> {
    let look = move || {
        let (found, _) = findings::of(&waiting.playbook, now);
        found.into_iter().find(|finding| finding.wrong).map(|finding| finding.what)
    };
    let looked = tokio::task::spawn_blocking(look).await;
    looked.unwrap_or_else(|e| Some(format!("it could not be looked at: {e}")))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::playbook::Playbook;
    use crate::server::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn a_version_that_cannot_be_read_is_tried_once_and_the_next_one_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("comeback.db");
        let store = Arc::new(SqliteStore::open(&path).unwrap());
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_793_718_000_000)));
        let service = Service::start(store, clock, &Playbook::default()).await.unwrap();
        let db = rusqlite::Connection::open(&path).unwrap();
        let puts = |version: u32, body: &str| {
            db.execute("INSERT INTO playbook (version, body) VALUES (?1, ?2)", (version, body)).unwrap();
            db.execute("UPDATE head SET playbook = ?1", [version]).unwrap();
        };
        assert_eq!(follow(&service, None).await.unwrap(), None);
        puts(2, "no JSON");
        assert_eq!(follow(&service, None).await.unwrap(), Some(2));
        assert_eq!((follow(&service, Some(2)).await.unwrap(), service.playbook().version), (Some(2), 1));
        puts(3, &serde_json::to_string(&Playbook { version: 3, ..Playbook::default() }).unwrap());
        assert_eq!((follow(&service, Some(2)).await.unwrap(), service.playbook().version), (None, 3));
    }
}
