//! Respond, in the CRM's books too: what the playbook wants written there leaves here.
//!
//! **Invariants:** writes follow the journal, so that a reply waits for none of them and none is lost; those of one
//! conversation are made in order; that a call may have made one is on disk before the call, and it is looked for before
//! it is made again. What cannot be made waits where `comeback crm` shows it, and holds up its own conversation alone: many
//! that wait hold up no new one. An opt-out is a number's, and is marked on everybody who has it when it is written.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::crm::Crm;
use super::service::{Service, ServiceError};
use super::store::StoreError;
use super::store::crm_write::CrmStanding;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;

mod consent;
mod failed;
mod follow;
mod make;
mod owners;
mod past;
mod people;
mod rights;
mod tasks;

use self::rights::Rights;

pub use follow::follow;

/// Writes made in one round, before it is looked what the journal wants by then.
const ROUND: usize = 20;

/// Writes on their way at once, each of another conversation.
const AT_ONCE: usize = 4;

/// Between two rounds at least.
const SHORTEST_SLEEP: Duration = Duration::from_millis(10);

/// No sleep is longer: `Instant` stops while a machine is suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// How often it is looked whether somebody put back what was refused: `comeback crm retry` does, in the database alone.
const PUT_BACK_EVERY: Duration = Duration::from_secs(2);

/// Between two looks at the tasks of ours that somebody may have completed there, by the clock of the world.
const TASKS_EVERY: Duration = Duration::from_secs(30);

/// However fast that clock runs: in real time.
const TASKS_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// The runner of writes.
#[derive(Clone)]
pub struct WriteBack {
    service: Service,
    crm: Arc<dyn Crm>,
    public_url: Option<String>,
    /// Answers in a row that did not read.
    unread: Arc<AtomicU32>,
    /// Which rights are missing there.
    rights: Arc<Mutex<Rights>>,
}

impl std::fmt::Debug for WriteBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WriteBack({})", self.crm.name())
    }
}

impl WriteBack {
    /// For a CRM that takes writes.
    pub fn new(service: Service, crm: Arc<dyn Crm>) -> Self {
        Self { service, crm, public_url: None, unread: Arc::default(), rights: Arc::default() }
    }

    /// The same, with links that lead to `public_url`: scheme, host and port, no slash at the end. An address that is every
    /// machine's own (`0.0.0.0`) leads nowhere, and the words to find a conversation by stay.
    #[must_use]
    pub fn linking_to(self, public_url: &str) -> Self {
        let host = url::Url::parse(public_url).ok().and_then(|url| url.host().map(|host| host.to_owned()));
        let leads = match host {
            Some(url::Host::Ipv4(ip)) => !ip.is_unspecified(),
            Some(url::Host::Ipv6(ip)) => !ip.is_unspecified(),
            Some(url::Host::Domain(_)) => true,
            None => false,
        };
        Self { public_url: leads.then(|| public_url.to_owned()), ..self }
    }

    /// Where whoever reads the CRM finds the conversation.
    fn link(&self, conversation: ConversationId) -> String {
        match &self.public_url {
            Some(url) => format!("{url}/c/{conversation}"),
            None => format!("comeback explain {conversation}"),
        }
    }

    /// Runs until `shutdown`; fails only when the database does.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        let mut wake = self.service.pulse().watch();
        // In a world whose clock runs faster, tasks are completed faster, too.
        let every = TASKS_EVERY.div_f64(self.service.clock().pace().max(1.0)).max(TASKS_AT_MOST_EVERY);
        let mut look = tokio::time::interval(every);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut after, mut stuck) = (None, 0);
        while !*shutdown.borrow() {
            wake.mark_unchanged();
            let round = self.round().await;
            let shown = self.show().await;
            let before = stuck;
            let sleep = match round.and_then(|next| shown.map(|standing| (next, standing.stuck()))) {
                Ok((next, now)) => {
                    stuck = now;
                    self.until(next)
                }
                Err(StoreError::Fatal(why)) => return Err(ServiceError::Stopped(why)),
                Err(e) => {
                    tracing::warn!(error = %e, "writes into the CRM wait");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                _ = wake.changed() => {}
                // What was put back while this round ended counts, too.
                () = self.put_back(before.max(stuck)) => {}
                _ = look.tick() => match self.look_at_tasks(after).await {
                    Ok(last) => after = last,
                    Err(e) => tracing::warn!(error = %e, "tasks in the CRM were not looked at"),
                },
                _ = shutdown.changed() => {}
            }
        }
        Ok(())
    }

    /// Whoever looks at a conversation sees what of it is not in the CRM, and whoever asks how the CRM fares that no write
    /// fails any more: one that failed may have been dropped, or wait for somebody by now. How all of them stand.
    pub async fn show(&self) -> Result<CrmStanding, StoreError> {
        let standing = self.service.unwritten().look(self.service.store().as_ref()).await?;
        if standing.failed == 0 {
            self.service.asks().writes_fail_no_more();
        }
        Ok(standing)
    }

    /// Comes back when fewer writes than that are stuck. That the database fails is told by the next round.
    async fn put_back(&self, stuck: u64) {
        if stuck == 0 {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(PUT_BACK_EVERY).await;
            let standing = self.service.store().crm_standing().await;
            if standing.is_ok_and(|standing| standing.stuck() < stuck) {
                return;
            }
        }
    }

    fn until(&self, next: Option<Timestamp>) -> Duration {
        let Some(next) = next else { return LONGEST_SLEEP };
        self.service.clock().real_wait(next, LONGEST_SLEEP).max(SHORTEST_SLEEP)
    }

    /// Reads what the journal wants, and makes some of what is due, as far as the CRM has not had enough; when to go on. That
    /// is now while more is due: whoever runs rounds looks between them at what else there is to do.
    pub async fn round(&self) -> Result<Option<Timestamp>, StoreError> {
        follow(&self.service).await?;
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
        // What is true of one write alone is no pause.
        if pause.is_some() {
            return Ok(pause);
        }
        let now = self.service.clock().now();
        let (more, next) = self.service.store().crm_due(now, 1).await?;
        Ok(if more.is_empty() { next } else { Some(now) })
    }
}
