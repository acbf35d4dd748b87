//! The consent ledger in SQLite: which entries of the journal are about a number.

use async_trait::async_trait;
use rusqlite::{Connection, Row, Rows, Transaction, params};

use super::SqliteStore;
use super::row::{self, address, from_json, instant, number, optional, parse, signed};
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::conversation::Conversation;
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;
use crate::server::store::StoreError;
use crate::server::store::consent::{ConsentStore, LedgerRow, LedgerWrite, Untold};
use crate::server::store::notice::{Ended, NoticeRow};

pub(super) fn write(db: &Connection, rows: &[LedgerWrite]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut put = db.prepare_cached("INSERT INTO ledger (number, seq, words, salt) VALUES (?1, ?2, ?3, ?4)")?;
    for row in rows {
        let words = row.words.as_ref().map(|(words, _)| words.as_str());
        let salt = row.words.as_ref().map(|(_, salt)| salt.as_slice());
        put.execute(params![row.number.to_string(), signed(row.seq), words, salt])?;
    }
    Ok(())
}

fn consent_of(tx: &Transaction<'_>, of: &Address) -> Result<Option<(Number, Vec<Conversation>)>, StoreError> {
    let mut query = tx.prepare_cached("SELECT id, state FROM number WHERE address = ?1")?;
    let found = optional(query.query_row([of.as_str()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))))?;
    let Some((id, state)) = found else { return Ok(None) };
    let mut query = tx.prepare_cached("SELECT state FROM conversation WHERE number = ?1 ORDER BY id")?;
    let rows = query.query_map([id], |r| r.get::<_, String>(0))?;
    let conversations = rows.map(|state| from_json(&state?)).collect::<Result<_, StoreError>>()?;
    Ok(Some((from_json(&state)?, conversations)))
}

/// Reads `seq, at, prev, hash, body` of an entry, then `number, address, words`.
fn ledger_row(r: &Row<'_>) -> rusqlite::Result<Result<LedgerRow, StoreError>> {
    let entry = row::entry(r)?;
    let (id, known, words): (String, Option<String>, Option<String>) = (r.get(5)?, r.get(6)?, r.get(7)?);
    Ok((|| {
        let address = known.as_deref().map(address).transpose()?;
        Ok(LedgerRow { number: parse(&id)?, address, entry, words: words.map(Body::new) })
    })())
}

fn ledger_of(tx: &Transaction<'_>, of: NumberId, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = "SELECT e.seq, e.at, e.prev, e.hash, e.body, l.number, n.address, l.words FROM ledger l \
               JOIN entry e ON e.seq = l.seq JOIN number n ON n.id = l.number WHERE l.number = ?1 \
               ORDER BY l.seq DESC LIMIT ?2";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![of.to_string(), bounded(limit)], ledger_row)?;
    let mut rows = rows.map(|row| row?).collect::<Result<Vec<_>, StoreError>>()?;
    rows.reverse();
    Ok(rows)
}

fn ledger(tx: &Transaction<'_>, after: u64, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
    let sql = "SELECT e.seq, e.at, e.prev, e.hash, e.body, l.number, n.address, l.words FROM ledger l \
               JOIN entry e ON e.seq = l.seq JOIN number n ON n.id = l.number WHERE l.seq > ?1 \
               ORDER BY l.seq LIMIT ?2";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![signed(after), bounded(limit)], ledger_row)?;
    rows.map(|row| row?).collect()
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads `id, once, body, next_at, tries, passed, first, by, ended, ended_at`.
fn read_notices(mut rows: Rows<'_>) -> Result<Vec<NoticeRow>, StoreError> {
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let (id, body, passed): (String, String, String) = (r.get(0)?, r.get(2)?, r.get(5)?);
        let (word, at): (Option<String>, Option<i64>) = (r.get(8)?, r.get(9)?);
        all.push(NoticeRow {
            id: parse(&id)?,
            key: r.get(1)?,
            notice: from_json(&body)?,
            next_at: instant(r, 3)?,
            tries: r.get(4)?,
            passed: from_json(&passed)?,
            ended: word.as_deref().and_then(Ended::of_word).zip(at.map(Timestamp::from_millis)),
            first: r.get(6)?,
            by: r.get(7)?,
        });
    }
    Ok(all)
}

fn notices(tx: &Transaction<'_>, of: NumberId, limit: usize) -> Result<Vec<NoticeRow>, StoreError> {
    let sql = "SELECT id, once, body, next_at, tries, passed, first, by, ended, ended_at FROM notice \
               WHERE json_extract(body, '$.what.consent.number') = ?1 ORDER BY at DESC, id DESC LIMIT ?2";
    let mut rows = read_notices(tx.prepare_cached(sql)?.query(params![of.to_string(), bounded(limit)])?)?;
    rows.reverse();
    Ok(rows)
}

fn due(tx: &Transaction<'_>, now: Timestamp, limit: usize) -> Result<(Vec<NoticeRow>, Option<Timestamp>), StoreError> {
    let sql = "SELECT id, once, body, next_at, tries, passed, first, by, ended, ended_at FROM notice n \
               WHERE ended IS NULL AND json_extract(body, '$.what.consent.number') IS NOT NULL AND next_at <= ?1 \
               AND NOT EXISTS (SELECT 1 FROM notice o WHERE json_extract(o.body, '$.what.consent.number') = \
               json_extract(n.body, '$.what.consent.number') AND o.recipient = n.recipient AND o.ended IS NULL \
               AND (o.at, o.id) < (n.at, n.id)) ORDER BY next_at, id LIMIT ?2";
    let rows = read_notices(tx.prepare_cached(sql)?.query(params![now.millis(), bounded(limit)])?)?;
    let sql = "SELECT min(next_at) FROM notice WHERE ended IS NULL \
               AND json_extract(body, '$.what.consent.number') IS NOT NULL AND next_at > ?1";
    let next = tx.prepare_cached(sql)?.query_row([now.millis()], |r| r.get::<_, Option<i64>>(0))?;
    Ok((rows, next.map(Timestamp::from_millis)))
}

fn untold(tx: &Transaction<'_>) -> Result<Untold, StoreError> {
    let sql = "SELECT count(*), min(at) FROM notice WHERE json_extract(body, '$.what.consent.number') IS NOT NULL \
               AND ended IS NULL";
    let (waiting, oldest): (u64, _) =
        tx.prepare_cached(sql)?.query_row([], |r| Ok((number(r, 0)?, r.get::<_, Option<i64>>(1)?)))?;
    let sql = "SELECT count(*) FROM notice WHERE json_extract(body, '$.what.consent.number') IS NOT NULL \
               AND ended = 'dead'";
    let refused: u64 = tx.prepare_cached(sql)?.query_row([], |r| number(r, 0))?;
    // The CRM is one of those systems.
    let sql =
        "SELECT count(*), min(at) FROM crm_write WHERE once >= 'consent:' AND once < 'consent;' AND ended IS NULL";
    let (there, since): (u64, _) =
        tx.prepare_cached(sql)?.query_row([], |r| Ok((number(r, 0)?, r.get::<_, Option<i64>>(1)?)))?;
    let sql = "SELECT count(*) FROM crm_write WHERE once >= 'consent:' AND once < 'consent;' AND ended = 'refused'";
    let not_there: u64 = tx.prepare_cached(sql)?.query_row([], |r| number(r, 0))?;
    let (waiting, refused) = (waiting + there, refused + not_there);
    let oldest = oldest.into_iter().chain(since).min();
    Ok(Untold { waiting, oldest: oldest.map(Timestamp::from_millis), refused })
}

#[async_trait]
impl ConsentStore for SqliteStore {
    async fn consent_of(&self, address: &Address) -> Result<Option<(Number, Vec<Conversation>)>, StoreError> {
        let address = address.clone();
        self.read(move |tx| consent_of(tx, &address)).await
    }

    async fn ledger_of(&self, number: NumberId, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(move |tx| ledger_of(tx, number, limit)).await
    }

    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(move |tx| ledger(tx, after, limit)).await
    }

    async fn consent_notices(&self, number: NumberId, limit: usize) -> Result<Vec<NoticeRow>, StoreError> {
        self.read(move |tx| notices(tx, number, limit)).await
    }

    async fn consents_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<NoticeRow>, Option<Timestamp>), StoreError> {
        self.read(move |tx| due(tx, now, limit)).await
    }

    async fn untold_consents(&self) -> Result<Untold, StoreError> {
        self.read(untold).await
    }
}
