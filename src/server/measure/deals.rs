//! Deals, followed: the CRM is asked now and then which ones changed since its last answer, and what it says is kept beside
//! what was made of the journal.
//!
//! Nobody waits for it: not a text, not a report, which says as of when deals are known. Each question begins a few minutes
//! before the newest change that is known, and of two tellings of a deal the newer one stands, so that what comes late, twice
//! or in any order comes to the same. Once a day all of them are read again: what is told then stands whatever was told
//! before, for a clock may have been wrong. Those that the CRM has no more tell nobody that they changed: a quarter of an hour
//! after each was told it is asked about, some in each round, and dropped when it is gone.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::watch;

use super::projections::{MeasureError, Projections};
use crate::domain::deal::Deal;
use crate::domain::id::DealId;
use crate::domain::time::{Span, Timestamp};
use crate::server::crm::connector::ASKED;
use crate::server::crm::{Crm, CrmError};
use crate::server::service::Service;

/// Between two questions, in real time.
const EVERY: Duration = Duration::from_secs(60);

/// The longest pause after failures, in real time.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// How far before the newest known change a question begins: what CRMs list lags behind what was written.
const OVERLAP: Span = Span::minutes(5);

/// How often it is written that a deal which did not change was told of: sooner than it is asked about.
const SEEN_AGAIN: Span = Span::minutes(10);

/// How long until all are read again.
const WHOLE: Span = Span::minutes(24 * 60);

/// How long after a deal was last told it is asked whether the CRM still has it.
const STILL: Span = Span::minutes(15);

/// How soon after some were gone all are read again.
const AFTER_GONE: Span = Span::minutes(60);

/// Deals that are asked about so in one round.
const STILL_ASKED: usize = 500;

/// Pages of one reading: a CRM whose list never ends does not hold us for ever.
const MOST_PAGES: usize = 20_000;

/// Contacts of one deal that are kept: further ones touch nothing.
const MOST_CONTACTS: usize = 200;

/// How far deals are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DealsRead {
    /// The newest change, by the CRM's clock.
    pub since: Timestamp,
    /// When all of them were last read.
    pub whole: Timestamp,
    /// When the CRM last answered to the end; nothing when it never did.
    pub as_of: Option<Timestamp>,
    /// What hinders it.
    pub trouble: Option<String>,
    /// Rows of the CRM's own that it could not read, or not whole.
    pub unread: i64,
}

/// Why deals were not read.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The CRM.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// The file of reports.
    #[error(transparent)]
    File(#[from] MeasureError),
}

/// Follows deals until `shutdown`. A CRM that cannot tell them is asked no more.
pub async fn run(
    service: Service,
    crm: Arc<dyn Crm>,
    projections: Arc<Projections>,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut failures = 0_u32;
    while !*shutdown.borrow() {
        let now = service.clock().now();
        let asked = tokio::select! {
            asked = follow(crm.as_ref(), &projections, now) => asked,
            _ = shutdown.wait_for(|down| *down) => return,
        };
        let pause = match asked {
            Ok(_) => {
                failures = 0;
                EVERY
            }
            Err(FollowError::Crm(CrmError::Cannot(_))) => {
                tracing::info!(crm = crm.name(), "it does not tell which deals changed: reports of outcomes have none");
                // The backend ends with its parts: this one stays.
                drop(shutdown.wait_for(|down| *down).await);
                return;
            }
            Err(e) => {
                failures += 1;
                tracing::warn!(error = %e, "deals were not read; reports say as of when they are");
                let longer = EVERY.saturating_mul(1 << failures.min(4));
                longer.max(said(&e, now)).min(LONGEST_PAUSE)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = shutdown.wait_for(|down| *down) => return,
        }
    }
}

/// How long the CRM said that it takes no questions.
fn said(e: &FollowError, now: Timestamp) -> Duration {
    let FollowError::Crm(CrmError::Busy { until, .. }) = e else { return Duration::ZERO };
    Duration::from_millis(u64::try_from(until.since(now).as_millis()).unwrap_or_default())
}

/// Asks once, to the end: how many deals it told of. What was told before it failed is kept.
pub async fn follow(crm: &dyn Crm, projections: &Projections, now: Timestamp) -> Result<usize, FollowError> {
    let told = ask(crm, projections, now).await;
    if let Err(e) = &told {
        projections.deals_failed(&e.to_string())?;
    }
    told
}

async fn ask(crm: &dyn Crm, projections: &Projections, now: Timestamp) -> Result<usize, FollowError> {
    let known = projections.deals_read()?;
    let whole = known.as_of.is_none() || now.since(known.whole) >= WHOLE;
    let since = if whole { Timestamp::MIN } else { known.since - OVERLAP };
    let (mut after, mut told, mut newest) = (None::<String>, 0, known.since);
    for _ in 0..MOST_PAGES {
        let page = crm.deals(since, after.as_deref()).await?;
        newest = page.deals.iter().map(|deal| deal.changed).fold(newest, Timestamp::max);
        told += page.deals.len();
        projections.put(&page.deals, now, whole)?;
        if page.next.is_none() || page.next == after {
            let whole_now = if whole { now } else { known.whole };
            projections.deals_told(newest.min(now), whole_now, now, whole)?;
            // Where that is not told now, it is as it was.
            if let Ok(unread) = crm.unread_deals().await {
                projections.deals_unread(unread)?;
            }
            // What changed is told all the same when the CRM does not say this.
            match still(crm, projections, now).await {
                Err(FollowError::Crm(e)) => tracing::warn!(error = %e, "deals that may be gone are asked about later"),
                told => told?,
            }
            return Ok(told);
        }
        after = page.next;
    }
    Err(CrmError::Unreadable("its list of deals does not end".to_owned()).into())
}

/// Drops deals that the CRM has no more, of those that it told of the longest ago.
async fn still(crm: &dyn Crm, projections: &Projections, now: Timestamp) -> Result<(), FollowError> {
    let old = projections.deals_seen_before(now - STILL, STILL_ASKED)?;
    for some in old.chunks(ASKED) {
        let there = match crm.still(some).await {
            // It tells so by the daily reading alone.
            Err(CrmError::Cannot(_)) => return Ok(()),
            there => there?,
        };
        let (there, gone): (Vec<&DealId>, Vec<&DealId>) = some.iter().partition(|deal| there.contains(*deal));
        projections.deals_stand(&there, &gone, now)?;
    }
    Ok(())
}

impl Projections {
    /// Deals that were last told before an instant, the longest ago first, at most so many.
    fn deals_seen_before(&self, at: Timestamp, most: usize) -> Result<Vec<DealId>, MeasureError> {
        let db = self.reading();
        let mut query = db.prepare_cached("SELECT id FROM deal WHERE seen < ?1 ORDER BY seen LIMIT ?2")?;
        let ids = query.query_map(params![at.millis(), i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?;
        Ok(ids.map(|id| id.map(DealId)).collect::<Result<_, _>>()?)
    }

    /// The CRM has these, and not those any more.
    fn deals_stand(&self, there: &[&DealId], gone: &[&DealId], now: Timestamp) -> Result<(), MeasureError> {
        let mut db = self.writing();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for deal in there {
            tx.prepare_cached("UPDATE deal SET seen = max(seen, ?2) WHERE id = ?1")?
                .execute(params![deal.0, now.millis()])?;
        }
        for deal in gone {
            tx.prepare_cached("DELETE FROM deal_contact WHERE deal = ?1")?.execute([&deal.0])?;
            tx.prepare_cached("DELETE FROM deal WHERE id = ?1")?.execute([&deal.0])?;
        }
        if !gone.is_empty() {
            // Some may have been out of sight only, and come back unchanged: all are read again soon.
            let soon = now - WHOLE + AFTER_GONE;
            tx.execute("UPDATE deals_read SET whole = min(whole, ?1)", [soon.millis()])?;
        }
        Ok(tx.commit()?)
    }

    /// How far deals are known.
    pub fn deals_read(&self) -> Result<DealsRead, MeasureError> {
        read(&self.reading())
    }

    /// Keeps deals as the CRM told them at `seen`; an older telling changes nothing but that.
    pub fn put_deals(&self, deals: &[Deal], seen: Timestamp) -> Result<(), MeasureError> {
        self.put(deals, seen, false)
    }

    /// Of a `whole` reading it stands against everything that was told before it.
    fn put(&self, deals: &[Deal], seen: Timestamp, whole: bool) -> Result<(), MeasureError> {
        let mut db = self.writing();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for deal in deals {
            put(&tx, deal, seen, whole)?;
        }
        Ok(tx.commit()?)
    }

    /// The CRM has told all it had to tell at `as_of`. Of a `whole` reading, deals that it did not tell are dropped.
    fn deals_told(&self, since: Timestamp, whole: Timestamp, as_of: Timestamp, all: bool) -> Result<(), MeasureError> {
        let mut db = self.writing();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if all {
            tx.execute(
                "DELETE FROM deal_contact WHERE deal IN (SELECT id FROM deal WHERE seen < ?1)",
                [as_of.millis()],
            )?;
            tx.execute("DELETE FROM deal WHERE seen < ?1", [as_of.millis()])?;
        }
        let sql = "INSERT INTO deals_read (one, since, whole, as_of, trouble) VALUES (1, ?1, ?2, ?3, NULL) \
                   ON CONFLICT (one) DO UPDATE SET since = ?1, whole = ?2, as_of = ?3, trouble = NULL";
        tx.execute(sql, params![since.millis(), whole.millis(), as_of.millis()])?;
        Ok(tx.commit()?)
    }

    /// So many rows of its own the CRM could not read.
    fn deals_unread(&self, rows: usize) -> Result<(), MeasureError> {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.writing().execute("UPDATE deals_read SET unread = ?1 WHERE one = 1", [rows])?;
        Ok(())
    }

    fn deals_failed(&self, why: &str) -> Result<(), MeasureError> {
        let min = Timestamp::MIN.millis();
        self.writing().execute(
            "INSERT INTO deals_read (one, since, whole, as_of, trouble) VALUES (1, ?1, ?1, ?1, ?2) \
             ON CONFLICT (one) DO UPDATE SET trouble = ?2",
            params![min, why],
        )?;
        Ok(())
    }
}

fn read(db: &Connection) -> Result<DealsRead, MeasureError> {
    let mut query = db.prepare_cached("SELECT since, whole, as_of, trouble, unread FROM deals_read WHERE one = 1")?;
    let mut rows = query.query([])?;
    let Some(row) = rows.next()? else {
        let (since, whole) = (Timestamp::MIN, Timestamp::MIN);
        return Ok(DealsRead { since, whole, as_of: None, trouble: None, unread: 0 });
    };
    let as_of = Timestamp::from_millis(row.get(2)?);
    Ok(DealsRead {
        since: Timestamp::from_millis(row.get(0)?),
        whole: Timestamp::from_millis(row.get(1)?),
        as_of: (as_of > Timestamp::MIN).then_some(as_of),
        trouble: row.get(3)?,
        unread: row.get(4)?,
    })
}

/// Two tellings of the same change may differ in who is on the deal: the one that came last stands.
fn put(db: &Connection, deal: &Deal, seen: Timestamp, whole: bool) -> Result<(), MeasureError> {
    // Its name says who they are, and nothing that is counted.
    let nameless = Deal { name: String::new(), ..deal.clone() };
    let changed = db
        .prepare_cached(
            "INSERT INTO deal (id, changed, closed, seen, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE \
             SET changed = ?2, closed = ?3, body = ?5, seen = max(seen, ?4) WHERE (changed <= ?2 OR (?6 AND seen < ?4)) \
             AND (body <> ?5 OR changed <> ?2)",
        )?
        .execute(params![
            deal.id.0,
            deal.changed.millis(),
            deal.closed.map(|closed| closed.at.millis()),
            seen.millis(),
            serde_json::to_string(&nameless)?,
            whole,
        ])?;
    if changed == 0 {
        // It is as it was, or newer: what is told again every minute is not written as often.
        let long_ago = seen - SEEN_AGAIN;
        db.prepare_cached("UPDATE deal SET seen = max(seen, ?2) WHERE id = ?1 AND (?3 OR seen < ?4)")?
            .execute(params![deal.id.0, seen.millis(), whole, long_ago.millis()])?;
        return Ok(());
    }
    db.prepare_cached("DELETE FROM deal_contact WHERE deal = ?1")?.execute([&deal.id.0])?;
    let mut on_it =
        db.prepare_cached("INSERT OR IGNORE INTO deal_contact (contact, deal, closed) VALUES (?1, ?2, ?3)")?;
    for contact in deal.contacts.iter().take(MOST_CONTACTS) {
        on_it.execute(params![contact.0, deal.id.0, deal.closed.map(|closed| closed.at.millis())])?;
    }
    Ok(())
}
