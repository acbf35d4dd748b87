//! Writes into the CRM on their way.

use async_trait::async_trait;
use rusqlite::{Connection, Row, ToSql, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::SqliteStore;
use super::row::{from_json, instant, message, number, optional, parse, signed, to_json};
use crate::domain::consent::Number;
use crate::domain::id::{ContactId, ConversationId, MessageId, NumberId, RepId};
use crate::domain::time::Timestamp;
use crate::domain::write_back::Wanted;
use crate::server::store::StoreError;
use crate::server::store::crm_write::{CrmEnd, CrmRow, CrmStanding, CrmWriteStore};
use crate::wire::changes::Message;

#[async_trait]
impl CrmWriteStore for SqliteStore {
    async fn crm_read_to(&self) -> Result<Option<u64>, StoreError> {
        self.read(|tx| {
            optional(tx.prepare_cached("SELECT seq FROM crm_read WHERE one = 1")?.query_row([], |r| number(r, 0)))
        })
        .await
    }

    async fn crm_follow(&self, read_to: u64, rows: &[CrmRow]) -> Result<(), StoreError> {
        let rows = rows.to_vec();
        self.write(move |db| follow(db, read_to, &rows)).await
    }

    async fn crm_due(&self, now: Timestamp, limit: usize) -> Result<(Vec<CrmRow>, Option<Timestamp>), StoreError> {
        self.read(move |tx| due(tx, now, limit)).await
    }

    async fn put_crm_row(&self, row: &CrmRow) -> Result<(), StoreError> {
        let row = row.clone();
        let sql = "REPLACE INTO crm_write VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
                   ?17, ?18)";
        self.write(move |db| put(db, sql, &row).map(drop)).await
    }

    async fn crm_row(&self, key: Uuid) -> Result<Option<CrmRow>, StoreError> {
        self.read(move |tx| Ok(select(tx, "SELECT * FROM crm_write WHERE key = ?1", &[&key.to_string()])?.pop())).await
    }

    async fn crm_wake(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            wake(&tx, &conversation.to_string(), now)?;
            Ok(tx.commit()?)
        })
        .await
    }

    async fn crm_wake_forbidden(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE crm_write SET next_at = ?1 WHERE ended IS NULL AND forbidden = 1 AND next_at > ?1";
        self.write(move |db| {
            db.execute(sql, [now.millis()])?;
            Ok(())
        })
        .await
    }

    async fn crm_tasks(
        &self,
        conversation: Option<ConversationId>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CrmRow>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = after.map_or_else(String::new, |key| key.to_string());
        let of_one =
            "SELECT * FROM crm_write WHERE closed = 0 AND conversation = ?1 AND key > ?2 ORDER BY key LIMIT ?3";
        let of_all = "SELECT * FROM crm_write WHERE closed = 0 AND key > ?1 ORDER BY key LIMIT ?2";
        let conversation = conversation.map(|id| id.to_string());
        self.read(move |tx| {
            if let Some(id) = conversation {
                return select(tx, of_one, &[&id, &after, &limit]);
            }
            select(tx, of_all, &[&after, &limit])
        })
        .await
    }

    async fn crm_tasks_closed_there(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        let sql = "SELECT * FROM crm_write AS task WHERE closed = 1 AND conversation = ?1 AND ended IS NOT 'dropped' AND NOT EXISTS \
                   (SELECT 1 FROM crm_write AS ends WHERE ends.about = task.key) ORDER BY key";
        let conversation = conversation.to_string();
        self.read(move |tx| select(tx, sql, &[&conversation])).await
    }

    async fn crm_tasks_ending(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        let sql = "SELECT * FROM crm_write AS task WHERE closed = 1 AND conversation = ?1 \
                   AND (ended IS NULL OR ended = 'made') AND EXISTS (SELECT 1 FROM crm_write AS ends \
                   WHERE ends.about = task.key AND ends.ended IS NULL AND ends.begun = 0) ORDER BY key";
        let conversation = conversation.to_string();
        self.read(move |tx| select(tx, sql, &[&conversation])).await
    }

    async fn crm_task_stays(&self, task: Uuid) -> Result<bool, StoreError> {
        let task = task.to_string();
        self.write(move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let ends = "DELETE FROM crm_write WHERE about = ?1 AND ended IS NULL AND begun = 0";
            let stays = tx.execute(ends, [&task])? > 0;
            if stays {
                tx.execute("UPDATE crm_write SET closed = 0 WHERE key = ?1", [&task])?;
            }
            tx.commit()?;
            Ok(stays)
        })
        .await
    }

    async fn crm_ends(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        // As the index has it.
        let sql = "SELECT * FROM crm_write WHERE conversation = ?1 \
                   AND (once >= 'end:' AND once < 'end;' OR once >= 'moved:' AND once < 'moved;') ORDER BY seq, n";
        let conversation = conversation.to_string();
        self.read(move |tx| select(tx, sql, &[&conversation])).await
    }

    async fn crm_standing(&self) -> Result<CrmStanding, StoreError> {
        self.read(standing).await
    }

    async fn crm_stuck(&self, limit: usize) -> Result<(Vec<CrmRow>, Vec<CrmRow>), StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |tx| {
            let waiting = "SELECT * FROM crm_write WHERE ended IS NULL ORDER BY at, key LIMIT ?1";
            let refused = "SELECT * FROM crm_write WHERE ended = 'refused' ORDER BY ended_at DESC, key LIMIT ?1";
            Ok((select(tx, waiting, &[&limit])?, select(tx, refused, &[&limit])?))
        })
        .await
    }

    async fn crm_first_forbidden(&self) -> Result<Option<CrmRow>, StoreError> {
        let sql = "SELECT * FROM crm_write WHERE ended IS NULL AND forbidden = 1 ORDER BY at, key LIMIT 1";
        self.read(move |tx| Ok(select(tx, sql, &[])?.pop())).await
    }

    async fn crm_retry(&self, now: Timestamp) -> Result<usize, StoreError> {
        let refused = "UPDATE crm_write SET ended = NULL, ended_at = NULL, waits = NULL, next_at = ?1, tries = 0, \
                       closed = iif(closed IS NULL, NULL, 0) WHERE ended = 'refused'";
        let forbidden = "UPDATE crm_write SET waits = NULL, next_at = ?1, tries = 0, forbidden = 0 \
                         WHERE ended IS NULL AND forbidden = 1";
        self.write(move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let again = tx.execute(refused, [now.millis()])? + tx.execute(forbidden, [now.millis()])?;
            tx.commit()?;
            Ok(again)
        })
        .await
    }

    async fn forget_crm(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let sql = "DELETE FROM crm_write WHERE key IN (SELECT key FROM crm_write WHERE ended IS NOT NULL AND \
                   ended_at < ?1 AND closed IS NOT 0 AND NOT (ended = 'made' AND \
                   json_extract(wanted, '$.write') = 'follow_up' AND json_extract(wanted, '$.due') >= ?1) \
                   ORDER BY ended_at LIMIT ?2)";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(move |db| Ok(db.execute(sql, params![older_than.millis(), limit])?)).await
    }

    async fn crm_consents(&self, number: NumberId, limit: usize) -> Result<Vec<CrmRow>, StoreError> {
        // As the index has it.
        let sql = "SELECT * FROM crm_write WHERE once >= 'consent:' AND once < 'consent;' AND conversation = ?1 \
                   ORDER BY seq DESC, n DESC LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = self.read(move |tx| select(tx, sql, &[&number.to_string(), &limit])).await?;
        rows.reverse();
        Ok(rows)
    }

    async fn numbers_of(&self, contact: &ContactId) -> Result<Vec<Number>, StoreError> {
        let contact = contact.clone();
        self.read(move |tx| numbers_of(tx, &contact)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let sql = "SELECT id, n, at, author, body, media, standing FROM message WHERE id = ?1";
        self.read(move |tx| optional(tx.prepare_cached(sql)?.query_row([id.to_string()], message))?.transpose()).await
    }
}

/// What waits may be tried at once, and what was refused waits again: of a conversation, or of a number itself.
fn wake(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let waits = "UPDATE crm_write SET next_at = ?2 WHERE conversation = ?1 AND ended IS NULL AND next_at > ?2 \
                 AND (begun = 0 OR forbidden = 1)";
    let refused = "UPDATE crm_write SET ended = NULL, ended_at = NULL, waits = NULL, next_at = ?2, tries = 0, \
                   closed = iif(closed IS NULL, NULL, 0) \
                   WHERE ended = 'refused' AND conversation = ?1";
    for sql in [waits, refused] {
        tx.prepare_cached(sql)?.execute(params![id, now.millis()])?;
    }
    Ok(())
}

/// The same of a number and of all its conversations.
pub(super) fn wake_number(tx: &Transaction<'_>, number: &str, now: Timestamp) -> Result<(), StoreError> {
    wake(tx, number, now)?;
    let mut query = tx.prepare_cached("SELECT id FROM conversation WHERE number = ?1")?;
    let conversations: Vec<String> = query.query_map([number], |r| r.get(0))?.collect::<Result<_, _>>()?;
    conversations.iter().try_for_each(|id| wake(tx, id, now))
}

/// A number keeps the people that it once had; whose it is its card says.
fn numbers_of(tx: &Transaction<'_>, contact: &ContactId) -> Result<Vec<Number>, StoreError> {
    let sql = "SELECT n.state FROM card_contact k JOIN number n ON n.id = k.number JOIN card c ON c.number = k.number \
               WHERE k.contact = ?1 AND EXISTS (SELECT 1 FROM json_each(c.cards) one \
               WHERE json_extract(one.value, '$.contact') = ?1) ORDER BY n.id";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([contact.as_str()], |r| r.get::<_, String>(0))?;
    rows.map(|state| from_json(&state?)).collect()
}

fn follow(db: &mut Connection, read_to: u64, rows: &[CrmRow]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let new = "INSERT OR IGNORE INTO crm_write \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    for row in rows {
        if put(&tx, new, row)?
            && let Some(about) = row.about
        {
            // What is no task has no state to be closed.
            tx.execute("UPDATE crm_write SET closed = 1 WHERE key = ?1 AND closed = 0", [about.to_string()])?;
        }
    }
    let read = "INSERT INTO crm_read (one, seq) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq";
    tx.execute(read, [signed(read_to)])?;
    Ok(tx.commit()?)
}

/// Writes a row; whether it was.
fn put(db: &Connection, sql: &str, row: &CrmRow) -> Result<bool, StoreError> {
    let is_task = matches!(row.wanted, Wanted::Task { .. });
    let written = db.prepare_cached(sql)?.execute(params![
        row.key.to_string(),
        row.once,
        row.conversation.to_string(),
        signed(row.place.0),
        row.place.1,
        row.at.millis(),
        row.rep.as_ref().map(RepId::as_str),
        to_json(&row.wanted)?,
        row.about.map(|key| key.to_string()),
        is_task.then_some(row.closed),
        row.next_at.millis(),
        row.tries,
        row.begun,
        row.waits,
        row.ended.map(|(end, _)| end.word()),
        row.ended.map(|(_, at)| at.millis()),
        row.made,
        row.forbidden,
    ])?;
    Ok(written == 1)
}

fn due(tx: &Transaction<'_>, now: Timestamp, limit: usize) -> Result<(Vec<CrmRow>, Option<Timestamp>), StoreError> {
    let due = "SELECT * FROM crm_write w WHERE w.ended IS NULL AND w.next_at <= ?1 AND NOT EXISTS (\
               SELECT 1 FROM crm_write b WHERE b.ended IS NULL AND b.conversation = w.conversation \
               AND (b.seq, b.n) < (w.seq, w.n)) ORDER BY w.next_at, w.key LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = select(tx, due, &[&now.millis(), &limit])?;
    let next = "SELECT min(w.next_at) FROM crm_write w WHERE w.ended IS NULL AND w.next_at > ?1 AND NOT EXISTS (\
                SELECT 1 FROM crm_write b WHERE b.ended IS NULL AND b.conversation = w.conversation \
                AND (b.seq, b.n) < (w.seq, w.n))";
    let next: Option<i64> = tx.prepare_cached(next)?.query_row([now.millis()], |r| r.get(0))?;
    Ok((rows, next.map(Timestamp::from_millis)))
}

fn standing(tx: &Transaction<'_>) -> Result<CrmStanding, StoreError> {
    let waiting = "SELECT count(*), min(at), coalesce(sum(forbidden), 0), \
                   coalesce(sum(tries > 0 AND forbidden = 0), 0) FROM crm_write WHERE ended IS NULL";
    let told = |r: &Row<'_>| Ok((number(r, 0)?, r.get::<_, Option<i64>>(1)?, number(r, 2)?, number(r, 3)?));
    let (waiting, oldest, forbidden, failed) = tx.query_row(waiting, [], told)?;
    let refused = "SELECT count(*) FROM crm_write WHERE ended = 'refused'";
    let refused = tx.query_row(refused, [], |r| number(r, 0))?;
    Ok(CrmStanding { waiting, oldest: oldest.map(Timestamp::from_millis), forbidden, failed, refused })
}

fn select(tx: &Transaction<'_>, sql: &str, given: &[&dyn ToSql]) -> Result<Vec<CrmRow>, StoreError> {
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(given, row)?;
    rows.map(|row| row?).collect()
}

/// Reads a row as the table has it.
fn row(r: &Row<'_>) -> rusqlite::Result<Result<CrmRow, StoreError>> {
    let (key, conversation, wanted): (String, String, String) = (r.get(0)?, r.get(2)?, r.get(7)?);
    let (about, ended): (Option<String>, Option<String>) = (r.get(8)?, r.get(14)?);
    let (place, at, next_at) = ((number(r, 3)?, r.get(4)?), instant(r, 5)?, instant(r, 10)?);
    let (once, rep, closed): (String, Option<String>, Option<bool>) = (r.get(1)?, r.get(6)?, r.get(9)?);
    let (tries, begun, waits, made, forbidden) = (r.get(11)?, r.get(12)?, r.get(13)?, r.get(16)?, r.get(17)?);
    let ended_at = r.get::<_, Option<i64>>(15)?.map_or(at, Timestamp::from_millis);
    Ok((|| {
        let end = |word: String| {
            CrmEnd::of_word(&word).ok_or_else(|| StoreError::Corrupt("a write ended in an unknown way".to_owned()))
        };
        Ok(CrmRow {
            key: parse(&key)?,
            once,
            conversation: parse(&conversation)?,
            place,
            at,
            rep: rep.map(RepId::new),
            wanted: from_json(&wanted)?,
            about: about.as_deref().map(parse).transpose()?,
            closed: closed.unwrap_or(false),
            forbidden,
            next_at,
            tries,
            begun,
            waits,
            ended: ended.map(end).transpose()?.map(|end| (end, ended_at)),
            made,
        })
    })())
}
