//! Respond, in the CRM's books too: what the playbook wants written there leaves here.
//!
//! **Invariants:** writes follow the journal, so that a reply waits for none of them and none is lost; those of one
//! conversation are made in order; that a call may have made one is on disk before the call, and it is looked for before
//! it is made again. What cannot be made waits where `comeback crm` shows it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::crm::Crm;
use super::service::{Service, ServiceError};
use super::store::StoreError;
use crate::domain::time::{Span, Timestamp};

mod follow;
mod make;
mod tasks;

pub use follow::follow;

/// Writes looked at in one round.
const ROUND: usize = 50;

/// Writes on their way at once, each of another conversation.
const AT_ONCE: usize = 4;

/// No sleep is longer: `Instant` stops while a machine is suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Between two looks at the tasks of ours that somebody may have completed there, in real time.
const TASKS_EVERY: Duration = Duration::from_secs(30);

/// The runner of writes.
#[derive(Clone)]
pub struct WriteBack {
    service: Service,
    crm: Arc<dyn Crm>,
}

impl std::fmt::Debug for WriteBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WriteBack({})", self.crm.name())
    }
}

impl WriteBack {
    /// For a CRM that takes writes.
    pub const fn new(service: Service, crm: Arc<dyn Crm>) -> Self {
        Self { service, crm }
    }

    /// Runs until `shutdown`; fails only when the database does.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        let mut wake = self.service.pulse().watch();
        let mut look = tokio::time::interval(TASKS_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut after = None;
        while !*shutdown.borrow() {
            wake.mark_unchanged();
            let round = self.round().await;
            // Whoever looks at a conversation sees what of it is not in the CRM.
            let shown = self.service.unwritten().look(self.service.store().as_ref()).await;
            let sleep = match round.and_then(|next| shown.map(|()| next)) {
                Ok(next) => self.until(next),
                Err(StoreError::Fatal(why)) => return Err(ServiceError::Stopped(why)),
                Err(e) => {
                    tracing::warn!(error = %e, "writes into the CRM wait");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                _ = wake.changed() => {}
                _ = look.tick() => match self.look_at_tasks(after).await {
                    Ok(last) => after = last,
                    Err(e) => tracing::warn!(error = %e, "tasks in the CRM were not looked at"),
                },
                _ = shutdown.changed() => {}
            }
        }
        Ok(())
    }

    fn until(&self, next: Option<Timestamp>) -> Duration {
        let Some(next) = next else { return LONGEST_SLEEP };
        self.service.clock().real_wait(next, LONGEST_SLEEP).max(Duration::from_millis(50))
    }

    /// Reads what the journal wants, and makes what is due until nothing more is or the CRM has had enough; when to go on.
    pub async fn round(&self) -> Result<Option<Timestamp>, StoreError> {
        follow(&self.service).await?;
        loop {
            let (due, next) = self.service.store().crm_due(self.service.clock().now(), ROUND).await?;
            if due.is_empty() {
                return Ok(next);
            }
            let mut pause: Option<Timestamp> = None;
            let mut making = JoinSet::new();
            let mut due = due.into_iter();
            loop {
                while pause.is_none()
                    && making.len() < AT_ONCE
                    && let Some(row) = due.next()
                {
                    let this = self.clone();
                    making.spawn(async move { this.make(row).await });
                }
                let Some(made) = making.join_next().await else { break };
                let made = made.map_err(|e| StoreError::Fatal(e.to_string()))??;
                pause = pause.max(made);
            }
            // Whatever else is due would meet the same.
            if pause.is_some() {
                return Ok(pause);
            }
        }
    }
}

/// The pause before a write is tried again: five seconds, and three times as long after each failure, up to ten minutes.
fn pause(tries: u32) -> Span {
    Span::seconds(5 * 3_i64.saturating_pow(tries.min(8))).min(Span::minutes(10))
}
