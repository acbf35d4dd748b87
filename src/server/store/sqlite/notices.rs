//! Notices and reaches in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, Row, Transaction, params};

use super::SqliteStore;
use super::read::subject;
use super::row::{address, from_json, instant, number, optional, parse, to_json};
use crate::domain::alert::To;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;
use crate::server::store::notice::{NoticeRow, NoticeStore, Notices, Reach};
use crate::server::store::{StoreError, Subject};

pub(super) fn write(db: &Connection, rows: &[NoticeRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO notice (id, once, recipient, conversation, body, at, next_at, tries, passed, first, ended, \
               ended_at, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
               ON CONFLICT (id) DO UPDATE SET next_at = excluded.next_at, tries = excluded.tries, \
               passed = excluded.passed, first = excluded.first, ended = excluded.ended, ended_at = excluded.ended_at, \
               by = excluded.by ON CONFLICT (once) DO NOTHING";
    let mut put = db.prepare_cached(sql)?;
    for row in rows {
        put.execute(params![
            row.id.to_string(),
            row.key,
            row.notice.to.key(),
            row.notice.conversation.map(|c| c.to_string()),
            to_json(&row.notice)?,
            row.notice.at.millis(),
            row.next_at.millis(),
            row.tries,
            to_json(&row.passed)?,
            row.first,
            row.ended.map(|(how, _)| how.word()),
            row.ended.map(|(_, at)| at.millis()),
            row.by,
        ])?;
    }
    Ok(())
}

/// Nothing of before a backup goes by itself. That somebody opted out, or in, is true all the same, and told again does no
/// harm.
pub(super) fn forget_waiting(db: &Connection) -> Result<(), StoreError> {
    db.execute("DELETE FROM notice WHERE ended IS NULL AND json_extract(body, '$.what.consent.number') IS NULL", [])?;
    Ok(())
}

type Raw = (String, Option<String>, String, Timestamp, u32, String, bool, Option<String>);

/// By recipient: from one to the next in the index of what waits, and of each the oldest.
fn waiting(tx: &Transaction<'_>, each: usize) -> Result<Vec<NoticeRow>, StoreError> {
    let sql = "SELECT min(recipient) FROM notice WHERE ended IS NULL \
               AND json_extract(body, '$.what.consent.number') IS NULL AND recipient > ?1";
    let mut next = tx.prepare_cached(sql)?;
    let (mut rows, mut last) = (Vec::new(), String::new());
    while let Some(recipient) = next.query_row([&last], |r| r.get::<_, Option<String>>(0))? {
        rows.extend(waiting_for(tx, &recipient, each)?);
        last = recipient;
    }
    rows.sort_by_key(|row| (row.notice.at, row.id));
    Ok(rows)
}

fn waiting_for(tx: &Transaction<'_>, recipient: &str, limit: usize) -> Result<Vec<NoticeRow>, StoreError> {
    let sql = "SELECT id, once, body, next_at, tries, passed, first, by FROM notice WHERE ended IS NULL \
               AND json_extract(body, '$.what.consent.number') IS NULL AND recipient = ?1 ORDER BY at, id LIMIT ?2";
    let mut query = tx.prepare_cached(sql)?;
    let read = |r: &Row<'_>| -> rusqlite::Result<Raw> {
        Ok((r.get(0)?, r.get(1)?, r.get(2)?, instant(r, 3)?, r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?))
    };
    let rows = query.query_map(params![recipient, i64::try_from(limit).unwrap_or(i64::MAX)], read)?;
    let rows = rows.map(|row| {
        let (id, key, body, next_at, tries, passed, first, by) = row?;
        let (id, notice, passed) = (parse(&id)?, from_json(&body)?, from_json(&passed)?);
        Ok(NoticeRow { id, key, notice, next_at, tries, passed, ended: None, first, by })
    });
    rows.collect()
}

fn sent(tx: &Transaction<'_>, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let sql = "SELECT recipient, ended_at FROM notice WHERE ended = 'sent' AND first = 1 AND ended_at >= ?1 \
               ORDER BY ended_at, recipient";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([since.millis()], |r| Ok((r.get(0)?, instant(r, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn told_last(tx: &Transaction<'_>, rep: &RepId, channel: &str) -> Result<Option<ConversationId>, StoreError> {
    let sql = "SELECT conversation FROM notice WHERE recipient = ?1 AND by = ?2 AND ended = 'sent' AND first = 1 \
               AND conversation IS NOT NULL AND coalesce(json_extract(body, '$.what.alert.occasion'), '') NOT IN ('approval', 'note') \
               ORDER BY ended_at DESC, id DESC LIMIT 1";
    let to = To::Rep(rep.clone()).key();
    let found = tx.prepare_cached(sql)?.query_row(params![to, channel], |r| r.get::<_, String>(0));
    optional(found)?.map(|id| parse(&id)).transpose()
}

fn counts(tx: &Transaction<'_>) -> Result<Notices, StoreError> {
    let count = |sql: &str| tx.prepare_cached(sql)?.query_row([], |r| number(r, 0));
    let waiting = count("SELECT count(*) FROM notice WHERE ended IS NULL")?;
    Ok(Notices { waiting, dead: count("SELECT count(*) FROM notice WHERE ended = 'dead'")? })
}

fn forget(db: &Connection, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE ended IS NOT NULL AND ended_at < ?1 \
               ORDER BY ended_at, id LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(db.prepare_cached(sql)?.execute(params![older_than.millis(), limit])?)
}

fn put_reach(db: &Connection, reach: &Reach) -> Result<(), StoreError> {
    if reach.phone.is_none() && reach.email.is_none() {
        db.execute("DELETE FROM reach WHERE rep = ?1", [reach.rep.as_str()])?;
        return Ok(());
    }
    let sql = "INSERT INTO reach (rep, phone, email, stopped) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (rep) DO UPDATE SET \
               phone = excluded.phone, email = excluded.email, stopped = excluded.stopped";
    let phone = reach.phone.as_ref().map(crate::domain::contact::Address::as_str);
    db.execute(sql, params![reach.rep.as_str(), phone, reach.email, reach.stopped.map(Timestamp::millis)])?;
    Ok(())
}

fn reaches(tx: &Transaction<'_>) -> Result<Vec<Reach>, StoreError> {
    let mut query = tx.prepare_cached("SELECT rep, phone, email, stopped FROM reach ORDER BY rep")?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let phone: Option<String> = r.get(1)?;
        all.push(Reach {
            rep: RepId(r.get(0)?),
            phone: phone.map(|phone| address(&phone)).transpose()?,
            email: r.get(2)?,
            stopped: r.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
        });
    }
    Ok(all)
}

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn notices(&self, each: usize) -> Result<Vec<NoticeRow>, StoreError> {
        self.read(move |tx| waiting(tx, each)).await
    }

    async fn put_notices(&self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        let rows = rows.to_vec();
        self.write(move |db| {
            let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            write(&tx, &rows)?;
            Ok(tx.commit()?)
        })
        .await
    }

    async fn sent_notices(&self, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(move |tx| sent(tx, since)).await
    }

    async fn told_last(&self, rep: &RepId, channel: &str) -> Result<Option<ConversationId>, StoreError> {
        let (rep, channel) = (rep.clone(), channel.to_owned());
        self.read(move |tx| told_last(tx, &rep, &channel)).await
    }

    async fn count_notices(&self) -> Result<Notices, StoreError> {
        self.read(counts).await
    }

    async fn forget_notices(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.write(move |db| forget(db, older_than, limit)).await
    }

    async fn put_reach(&self, reach: &Reach) -> Result<(), StoreError> {
        let reach = reach.clone();
        self.write(move |db| put_reach(db, &reach)).await
    }

    async fn reaches(&self) -> Result<Vec<Reach>, StoreError> {
        self.read(reaches).await
    }

    async fn subject(&self, conversation: ConversationId, messages: usize) -> Result<Option<Subject>, StoreError> {
        self.read(move |tx| match subject(tx, &conversation.to_string(), messages) {
            Ok(found) => Ok(Some(found)),
            Err(_) if !known(tx, conversation)? => Ok(None),
            Err(e) => Err(e),
        })
        .await
    }
}

fn known(tx: &Transaction<'_>, conversation: ConversationId) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM conversation WHERE id = ?1")?.exists([conversation.to_string()])?)
}
