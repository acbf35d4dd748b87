//! Media of buyers' texts, in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::SqliteStore;
use super::row::{from_json, parse, to_json};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;
use crate::server::store::media::{MediaEnd, MediaJob, MediaState, MediaStore, MediaWrite, shown};
use crate::server::store::{Batch, StoreError};

#[async_trait]
impl MediaStore for SqliteStore {
    async fn due_media(&self, now: Timestamp, limit: usize) -> Result<(Vec<MediaJob>, Option<Timestamp>), StoreError> {
        self.read(move |tx| due(tx, now, limit)).await
    }

    async fn settle_media(&self, message: MessageId, n: u32, end: &MediaEnd) -> Result<(), StoreError> {
        let end = end.clone();
        self.write(move |db| settle(db, message, n, &end)).await
    }

    async fn media(&self, message: MessageId, n: u32) -> Result<Option<(ConversationId, MediaState)>, StoreError> {
        self.read(move |tx| one(tx, message, n)).await
    }

    async fn erase_media(&self, message: MessageId) -> Result<u32, StoreError> {
        self.write(move |db| erase(db, message)).await
    }
}

/// What came with a group's texts.
pub(super) fn write(db: &Connection, batch: &Batch) -> Result<(), StoreError> {
    for m in &batch.media {
        put(db, m)?;
    }
    Ok(())
}

fn put(db: &Connection, m: &MediaWrite) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO media (message, n, conversation, provider, account, source, not_before) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        m.message.to_string(),
        m.n,
        m.conversation.to_string(),
        m.provider,
        m.account,
        m.source,
        m.not_before.millis()
    ])?;
    Ok(())
}

fn due(tx: &Transaction<'_>, now: Timestamp, limit: usize) -> Result<(Vec<MediaJob>, Option<Timestamp>), StoreError> {
    let sql = "SELECT message, n, provider, account, source, tries FROM media WHERE not_before <= ?1 \
               AND source IS NOT NULL ORDER BY not_before, message, n LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![now.millis(), limit], |r| {
        Ok((r.get::<_, String>(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?))
    })?;
    let mut jobs = Vec::new();
    for row in rows {
        let (message, n, provider, account, source, tries) = row?;
        jobs.push(MediaJob { message: parse(&message)?, n, provider, account, source, tries });
    }
    let sql = "SELECT min(not_before) FROM media WHERE not_before > ?1";
    let next: Option<i64> = tx.prepare_cached(sql)?.query_row([now.millis()], |r| r.get(0))?;
    Ok((jobs, next.map(Timestamp::from_millis)))
}

fn settle(db: &mut Connection, message: MessageId, n: u32, end: &MediaEnd) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id = message.to_string();
    let changed = match end {
        MediaEnd::Kept { kind, hash, bytes } => {
            let sql = "UPDATE media SET kind = ?3, hash = ?4, source = NULL, not_before = NULL, tries = tries + 1 \
                       WHERE message = ?1 AND n = ?2 AND not_before IS NOT NULL";
            let changed = tx.prepare_cached(sql)?.execute(params![id, n, kind, hash.as_slice()])?;
            if changed == 1 {
                let sql = "INSERT OR IGNORE INTO media_content (hash, bytes) VALUES (?1, ?2)";
                tx.prepare_cached(sql)?.execute(params![hash.as_slice(), bytes])?;
            }
            changed
        }
        MediaEnd::Refused(why) => {
            let sql = "UPDATE media SET refused = ?3, source = NULL, not_before = NULL, tries = tries + 1 \
                       WHERE message = ?1 AND n = ?2 AND not_before IS NOT NULL";
            tx.prepare_cached(sql)?.execute(params![id, n, why])?
        }
        MediaEnd::Later(at) => {
            let sql = "UPDATE media SET not_before = ?3, tries = tries + 1 \
                       WHERE message = ?1 AND n = ?2 AND not_before IS NOT NULL";
            tx.prepare_cached(sql)?.execute(params![id, n, at.millis()])?
        }
    };
    if changed == 1 {
        show(&tx, &id, n, end)?;
    }
    Ok(tx.commit()?)
}

fn show(tx: &Transaction<'_>, id: &str, n: u32, end: &MediaEnd) -> Result<(), StoreError> {
    let sql = "SELECT media FROM message WHERE id = ?1";
    let said: Option<String> = tx.prepare_cached(sql)?.query_row([id], |r| r.get(0)).optional()?;
    let mut all: Vec<String> = said.map_or(Ok(Vec::new()), |said| from_json(&said))?;
    let Some(one) = all.get_mut(n as usize) else { return Ok(()) };
    let Some(now) = shown(one, end) else { return Ok(()) };
    *one = now;
    tx.prepare_cached("UPDATE message SET media = ?2 WHERE id = ?1")?.execute(params![id, to_json(&all)?])?;
    Ok(())
}

fn one(tx: &Transaction<'_>, message: MessageId, n: u32) -> Result<Option<(ConversationId, MediaState)>, StoreError> {
    let sql = "SELECT m.conversation, m.kind, c.bytes, m.refused FROM media m \
               LEFT JOIN media_content c ON c.hash = m.hash WHERE m.message = ?1 AND m.n = ?2";
    let found = tx.prepare_cached(sql)?.query_row(params![message.to_string(), n], |r| {
        Ok((
            r.get::<_, String>(0)?,
            r.get::<_, Option<String>>(1)?,
            r.get::<_, Option<Vec<u8>>>(2)?,
            r.get::<_, Option<String>>(3)?,
        ))
    });
    let Some((conversation, kind, bytes, refused)) = found.optional()? else { return Ok(None) };
    let state = match (kind, bytes, refused) {
        (Some(kind), Some(bytes), _) => MediaState::Kept(kind, bytes),
        (_, _, Some(why)) => MediaState::Refused(why),
        (_, _, None) => MediaState::Wanted,
    };
    Ok(Some((parse(&conversation)?, state)))
}

fn erase(db: &mut Connection, message: MessageId) -> Result<u32, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let erased = tx.prepare_cached("DELETE FROM media WHERE message = ?1")?.execute([message.to_string()])?;
    let sql = "DELETE FROM media_content WHERE hash NOT IN (SELECT hash FROM media WHERE hash IS NOT NULL)";
    tx.prepare_cached(sql)?.execute([])?;
    tx.commit()?;
    Ok(u32::try_from(erased).unwrap_or(u32::MAX))
}
