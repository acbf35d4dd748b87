//! What was ruled about numbers on hold.

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params};

use super::SqliteStore;
use super::row::{address, instant, number, parse, signed};
use crate::domain::contact::Body;
use crate::domain::id::RepId;
use crate::server::store::StoreError;
use crate::server::store::ruling::{Ruled, RulingLog, RulingWrite};

#[async_trait]
impl RulingLog for SqliteStore {
    async fn rulings(&self, before: u64, limit: usize) -> Result<Vec<Ruled>, StoreError> {
        self.read(move |tx| rulings(tx, before, limit)).await
    }
}

pub(super) fn write(db: &Connection, rulings: &[RulingWrite]) -> Result<(), StoreError> {
    let sql = "INSERT INTO ruling (seq, at, number, conversation, message, score, rep, kept) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut put = db.prepare_cached(sql)?;
    for r in rulings {
        put.execute(params![
            signed(r.seq),
            r.at.millis(),
            r.number.to_string(),
            r.conversation.to_string(),
            r.message.to_string(),
            r.score,
            r.by.as_ref().map(RepId::as_str),
            r.kept.map(|note| note.to_string()),
        ])?;
    }
    Ok(())
}

/// Columns of a ruling as SQLite has them.
type Columns = (RulingWriteRow, Option<String>, Option<String>);

/// The ids still as text.
struct RulingWriteRow {
    seq: u64,
    at: crate::domain::time::Timestamp,
    ids: [String; 3],
    score: i32,
    by: Option<String>,
    kept: Option<String>,
}

fn rulings(tx: &Transaction<'_>, before: u64, limit: usize) -> Result<Vec<Ruled>, StoreError> {
    let sql = "SELECT r.seq, r.at, r.number, r.conversation, r.message, r.score, r.rep, r.kept, n.address, m.body \
               FROM ruling r LEFT JOIN number n ON n.id = r.number LEFT JOIN message m ON m.id = r.kept \
               WHERE r.seq < ?1 ORDER BY r.seq DESC LIMIT ?2";
    let mut query = tx.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![signed(before), limit], |r| {
        let row = RulingWriteRow {
            seq: number(r, 0)?,
            at: instant(r, 1)?,
            ids: [r.get(2)?, r.get(3)?, r.get(4)?],
            score: r.get(5)?,
            by: r.get(6)?,
            kept: r.get(7)?,
        };
        Ok((row, r.get(8)?, r.get(9)?))
    })?;
    rows.map(|row| ruled(row?)).collect()
}

fn ruled((row, to, reason): Columns) -> Result<Ruled, StoreError> {
    let [number, conversation, message] = row.ids;
    let ruling = RulingWrite {
        seq: row.seq,
        at: row.at,
        number: parse(&number)?,
        conversation: parse(&conversation)?,
        message: parse(&message)?,
        score: row.score,
        by: row.by.map(RepId::new),
        kept: row.kept.as_deref().map(parse).transpose()?,
    };
    Ok(Ruled { ruling, address: to.as_deref().map(address).transpose()?, reason: reason.map(Body::new) })
}
