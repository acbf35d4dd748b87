//! Notify: alerts beside the client leave here, and the webhooks that follow from facts.
//!
//! **Invariants:** a notice is a row written with its facts, so none is lost; what was taken or answered meanwhile is not
//! told any more; one message at a time per recipient, oldest first; a page is never sent twice: that it may have left is
//! on disk before the call, and what is not known to have failed is not repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use self::gone::Gone;
use super::carrier::Carrier;
use super::egress::Egress;
use super::service::{Service, ServiceError};
use super::store::StoreError;
use super::store::notice::NoticeRow;
use crate::clock::monotonic;
use crate::domain::alert::{To, What, pace};
use crate::domain::playbook::Playbook;
use crate::domain::time::{Span, Timestamp};

mod deliver;
pub mod email;
mod gone;
mod hand_off;
mod outgoing;
mod pacing;
pub mod page;
mod payload;
mod report;
mod scheduled;
mod setting;
pub mod standard;

pub use setting::{Given, in_words, unreadable};

/// Notices of one recipient looked at in one round.
const ROUND: usize = 500;

/// No sleep is longer: `Instant` stops while a machine is suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Between two messages of a lane, and between two looks at what waits: what comes in a burst goes together, and costs the
/// disk one read and one write.
const BREATH: Duration = Duration::from_millis(200);

/// The last of the pauses between two rounds, counted from 0.
const LAST_PAUSE: u32 = 9;

/// Words of consent on their way to other systems at once: a long list floods nobody.
const AT_ONCE: usize = 8;

/// How the lanes of words of consent begin.
const CONSENT: &str = "consent:";

/// While somebody else holds the database.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// The runner of notices.
pub struct Notifier {
    /// Where facts and notices are.
    pub service: Service,
    /// How pages leave.
    pub carrier: Arc<dyn Carrier>,
    /// How mail leaves, when there is a mail server.
    pub mailer: Option<email::Mailer>,
    /// Where carriers reach us, without a slash at the end.
    pub public_url: String,
    /// How webhooks leave.
    pub egress: Egress,
    /// Addresses and secrets that stand in no environment.
    pub given: Given,
    /// Which channels said that they are gone.
    gone: Gone,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notifier({})", self.public_url)
    }
}

/// What goes together: one message after the other.
type Lane = String;

impl Notifier {
    /// A runner over a backend's parts.
    pub fn new(
        service: Service,
        carrier: Arc<dyn Carrier>,
        mailer: Option<email::Mailer>,
        egress: Egress,
        public_url: String,
    ) -> Self {
        Self { service, carrier, mailer, public_url, egress, given: Given::new(), gone: Gone::default() }
    }

    /// The same runner with addresses and secrets of its own.
    #[must_use]
    pub fn given(self, given: Given) -> Self {
        Self { given, ..self }
    }

    /// Runs until `shutdown` or until the database fails. Messages in hand are waited for and recorded.
    pub async fn run(self, shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        // A first playbook names channels before anybody set them up: said once, and no error.
        let lacking = in_words(unreadable(&self.service.playbook(), &self.given).await).join("; ");
        if !lacking.is_empty() {
            tracing::warn!(lacking, "channels of the playbook that cannot be used yet: what they tell is tried again");
        }
        let handing = hand_off::run(self.service.clone(), shutdown.clone());
        let reporting = scheduled::run(self.service.clone(), shutdown.clone());
        let (told, handed, reported) = tokio::join!(Arc::new(self).tell(shutdown), handing, reporting);
        told.and(handed).and(reported)
    }

    async fn tell(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
        let mut busy: BTreeSet<Lane> = BTreeSet::new();
        let mut tasks: JoinSet<(Lane, Result<(), StoreError>)> = JoinSet::new();
        let (mut ended, mut breath) = (Ok(()), monotonic());
        while !*shutdown.borrow() && ended.is_ok() {
            drop(tokio::time::timeout_at(breath.into(), shutdown.wait_for(|down| *down)).await);
            breath = monotonic() + BREATH;
            let wait = match self.start_due(&mut busy, &mut tasks).await {
                Ok(next) => next.map_or(LONGEST_SLEEP, |at| self.service.clock().real_wait(at, LONGEST_SLEEP)),
                Err(StoreError::Busy) => BUSY_PAUSE,
                Err(e @ (StoreError::Corrupt(_) | StoreError::Conflict(_))) => {
                    tracing::error!(error = %e, "a notice does not read; the others wait behind it");
                    LONGEST_SLEEP
                }
                Err(e) => return Err(ServiceError::Stopped(e.to_string())),
            };
            tokio::select! {
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
                () = self.service.alerted().notified() => {}
                Some(done) = tasks.join_next() => ended = free(done, &mut busy),
                _ = shutdown.changed() => {}
            }
        }
        // What is on its way may have been heard: its end is recorded.
        while let Some(done) = tasks.join_next().await {
            ended = ended.and(free(done, &mut busy));
        }
        ended
    }

    /// Starts what may go, one message a lane, and tells when to look again.
    async fn start_due(
        self: &Arc<Self>,
        busy: &mut BTreeSet<Lane>,
        tasks: &mut JoinSet<(Lane, Result<(), StoreError>)>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (playbook, now) = (self.service.playbook(), self.service.clock().now());
        let in_hand = busy.iter().filter(|lane| lane.starts_with(CONSENT)).count();
        let (consents, later) = self.service.store().consents_due(now, AT_ONCE + in_hand).await?;
        let mut rows = self.service.store().notices(ROUND).await?;
        if rows.is_empty() && consents.is_empty() {
            return Ok(later);
        }
        let consents = consents.into_iter().filter(|row| !busy.contains(&lane(row)));
        rows.extend(consents.take(AT_ONCE.saturating_sub(in_hand)));
        let mut lanes: BTreeMap<Lane, Vec<NoticeRow>> = BTreeMap::new();
        for row in rows {
            lanes.entry(lane(&row)).or_default().push(row);
        }
        lanes.retain(|lane, _| !busy.contains(lane));
        let longest = playbook.alerting.reps.values().chain(&playbook.alerting.everybody).map(|a| a.within).max();
        let sent = match longest {
            Some(longest) => self.service.store().sent_notices(now - longest).await?,
            None => Vec::new(),
        };
        let mut next: Option<Timestamp> = later;
        for (lane, rows) in lanes {
            let least =
                |tries: u32| self.service.clock().of_real(Span::millis(pause_of(tries).unwrap_or_default() * 1_000));
            match ready(&playbook, rows, &sent, (now, least)) {
                Ok(rows) => {
                    busy.insert(lane.clone());
                    let notifier = Arc::clone(self);
                    tasks.spawn(async move {
                        let told = notifier.deliver(rows).await;
                        // A database in trouble is not asked again at once.
                        tokio::time::sleep(if told.is_ok() { BREATH } else { BUSY_PAUSE }).await;
                        (lane, told)
                    });
                }
                Err(at) => next = Some(next.map_or(at, |next| next.min(at))),
            }
        }
        Ok(next)
    }

    /// How long to wait after so many rounds that came to nothing; `None` gives up. With jitter, so that what failed
    /// together does not come back together.
    fn pause(&self, tries: u32) -> Option<Span> {
        let seconds = pause_of(tries)?;
        let jitter = rand::random_range(0..=seconds * 200);
        Some(self.service.clock().of_real(Span::millis(seconds * 1_000 + jitter)))
    }
}

/// The pause after so many rounds without its jitter, in seconds.
fn pause_of(tries: u32) -> Option<i64> {
    const PAUSES: [i64; LAST_PAUSE as usize + 1] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];
    PAUSES.get(usize::try_from(tries).ok()?).copied()
}

/// A lane may go on; whether the runner may, too.
fn free(
    done: Result<(Lane, Result<(), StoreError>), tokio::task::JoinError>,
    busy: &mut BTreeSet<Lane>,
) -> Result<(), ServiceError> {
    let (lane, ended) = done.map_err(|e| ServiceError::Stopped(e.to_string()))?;
    busy.remove(&lane);
    match ended {
        Ok(()) | Err(StoreError::Busy) => Ok(()),
        Err(e @ (StoreError::Corrupt(_) | StoreError::Conflict(_))) => {
            tracing::error!(error = %e, "a notice cannot be told; it is tried again");
            Ok(())
        }
        Err(e) => Err(ServiceError::Stopped(e.to_string())),
    }
}

/// Messages to a rep go one by one. What goes to a channel itself keeps its order within its conversation only: one that
/// is not taken for hours holds back no other buyer's.
fn lane(row: &NoticeRow) -> Lane {
    match (&row.notice.to, &row.notice.what) {
        // Of one number in order, of all others at the same time.
        (to, What::Consent { number, .. }) => format!("{CONSENT}{}:{number}", to.key()),
        (to @ To::Rep(_), What::Told { .. }) => format!("told:{}", to.key()),
        // One that no mail server takes holds back no other.
        (to @ To::Rep(_), What::Report { name, .. }) => format!("report:{}:{name}", to.key()),
        (to @ To::Rep(_), _) => to.key(),
        (to @ To::Channels(_), _) => match row.notice.conversation {
            Some(conversation) => format!("{}:{conversation}", to.key()),
            None => to.key(),
        },
    }
}

/// What of a lane goes now as one message, or when to look again. What failed waits by itself: an alert that came after it
/// is tried on its own, and once the recipient heard of anything since, what failed is tried again at once.
fn ready(
    playbook: &Playbook,
    mut rows: Vec<NoticeRow>,
    sent: &[(String, Timestamp)],
    (now, pause): (Timestamp, impl Fn(u32) -> Span),
) -> Result<Vec<NoticeRow>, Timestamp> {
    let Some(first) = rows.first() else { return Err(now + Span::minutes(1)) };
    let key = first.notice.to.key();
    let sent: Vec<Timestamp> = sent.iter().filter(|(to, _)| *to == key).map(|(_, at)| *at).collect();
    let heard = sent.iter().max();
    let works_again = |row: &NoticeRow| {
        let failed = row.tries.checked_sub(1).map(|tries| row.next_at - pause(tries));
        failed.zip(heard).is_some_and(|(failed, heard)| *heard > failed)
    };
    let is_due = |row: &NoticeRow| row.next_at <= now || works_again(row);
    let next = rows.iter().map(|row| row.next_at).min().unwrap_or(now);
    match &first.notice.to {
        // Their order means something: a campaign is paused before it goes on.
        To::Channels(_) if !is_due(first) => return Err(first.next_at),
        To::Channels(_) => {}
        To::Rep(_) => rows.retain(is_due),
    }
    let Some(first) = rows.first() else { return Err(next) };
    let is_alert = |row: &NoticeRow| matches!(row.notice.what, What::Alert { .. });
    if let To::Rep(rep) = &first.notice.to
        && !matches!(first.notice.what, What::Told { .. } | What::Report { .. })
        && let Some(alerts) = playbook.alerting.of(rep)
    {
        pace::may_go(alerts, &sent, now)?;
    }
    if is_alert(first) {
        return Ok(rows.into_iter().filter(is_alert).collect());
    }
    Ok(rows.into_iter().take(1).collect())
}
