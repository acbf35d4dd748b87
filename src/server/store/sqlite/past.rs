//! Replies of before.

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::SqliteStore;
use super::row::instant;
use crate::domain::event::Outcome;
use crate::domain::id::{ContactId, RepId, TeamId};
use crate::domain::time::Timestamp;
use crate::server::store::StoreError;
use crate::server::store::past::{Imported, PastLog, PastReply};

#[async_trait]
impl PastLog for SqliteStore {
    async fn put_past(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        let replies = replies.to_vec();
        self.write(move |db| put(db, &replies, WHOLE)).await
    }

    async fn put_past_times(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        let replies = replies.to_vec();
        self.write(move |db| put(db, &replies, TIMES)).await
    }

    async fn past(&self, from: Timestamp, until: Timestamp) -> Result<Vec<PastReply>, StoreError> {
        self.read(move |tx| read(tx, from, until)).await
    }
}

/// Keeps one as it is told.
const WHOLE: &str = "INSERT INTO past_reply (source, id, team, received_at, answered_at, cohort, use_case, rep, contact, \
     stage, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
     ON CONFLICT (source, id) DO UPDATE SET team = excluded.team, received_at = excluded.received_at, \
     answered_at = excluded.answered_at, cohort = excluded.cohort, use_case = excluded.use_case, \
     rep = excluded.rep, contact = excluded.contact, stage = excluded.stage, outcome = excluded.outcome \
     WHERE (team, received_at, answered_at, cohort, use_case, rep, contact, stage, outcome) IS NOT \
     (excluded.team, excluded.received_at, excluded.answered_at, excluded.cohort, excluded.use_case, \
     excluded.rep, excluded.contact, excluded.stage, excluded.outcome)";

/// Keeps what is told of one, and of the rest what was told before.
const TIMES: &str = "INSERT INTO past_reply (source, id, team, received_at, answered_at, cohort, use_case, rep, contact, \
     stage, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
     ON CONFLICT (source, id) DO UPDATE SET team = excluded.team, received_at = excluded.received_at, \
     answered_at = excluded.answered_at, cohort = coalesce(excluded.cohort, cohort), \
     use_case = coalesce(excluded.use_case, use_case), rep = coalesce(excluded.rep, rep), \
     contact = coalesce(excluded.contact, contact), stage = coalesce(excluded.stage, stage), \
     outcome = coalesce(excluded.outcome, outcome) \
     WHERE (team, received_at, answered_at, contact) IS NOT (excluded.team, excluded.received_at, \
     excluded.answered_at, coalesce(excluded.contact, contact))";

fn put(db: &mut Connection, replies: &[PastReply], sql: &str) -> Result<Vec<Imported>, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut came = Vec::with_capacity(replies.len());
    {
        let mut known = tx.prepare_cached("SELECT 1 FROM past_reply WHERE source = ?1 AND id = ?2")?;
        let mut put = tx.prepare_cached(sql)?;
        for reply in replies {
            let was_known = known.exists(params![reply.source, reply.id])?;
            let changed = put.execute(params![
                reply.source,
                reply.id,
                reply.team.as_str(),
                reply.received.millis(),
                reply.answered.map(Timestamp::millis),
                reply.cohort,
                reply.use_case,
                reply.rep.as_ref().map(RepId::as_str),
                reply.contact.as_ref().map(ContactId::as_str),
                reply.stage,
                reply.outcome.map(Outcome::name),
            ])?;
            came.push(match (was_known, changed) {
                (false, _) => Imported::New,
                (true, 0) => Imported::Known,
                (true, _) => Imported::Replaced,
            });
        }
    }
    tx.commit()?;
    Ok(came)
}

fn read(tx: &Transaction<'_>, from: Timestamp, until: Timestamp) -> Result<Vec<PastReply>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT source, id, team, received_at, answered_at, cohort, use_case, rep, contact, stage, outcome \
         FROM past_reply WHERE received_at >= ?1 AND received_at < ?2 ORDER BY received_at, source, id",
    )?;
    let rows = query.query_map(params![from.millis(), until.millis()], |r| {
        let outcome: Option<String> = r.get(10)?;
        Ok(PastReply {
            source: r.get(0)?,
            id: r.get(1)?,
            team: TeamId::new(r.get::<_, String>(2)?),
            received: instant(r, 3)?,
            answered: r.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
            cohort: r.get(5)?,
            use_case: r.get(6)?,
            rep: r.get::<_, Option<String>>(7)?.map(RepId::new),
            contact: r.get::<_, Option<String>>(8)?.map(ContactId::new),
            stage: r.get(9)?,
            outcome: outcome.as_deref().and_then(Outcome::named),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
