//! The cache: one `SQLite` file per profile, written by one connection.
//!
//! **Invariant:** a pull, or a key press, is one transaction. What cannot be read any more of what the backend said is
//! dropped and fetched again; what the person wants is never dropped.

mod error;
mod read;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde::Serialize;
use uuid::Uuid;

pub use self::error::CacheError;
use super::profile;
use super::state::rest::{is_awake, tail};
use super::state::{Write, name_of};
use crate::domain::contact::Body;
use crate::domain::id::MessageId;
use crate::domain::time::Timestamp;
use crate::wire::changes::{Message, Snapshot};

/// Marks the file as ours: `cbk1`.
const APPLICATION_ID: i32 = 0x6362_6b31;
/// Steps from an empty file to today's.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../assets/sql/client/0001_cache.sql"),
    include_str!("../../assets/sql/client/0002_rest.sql"),
    include_str!("../../assets/sql/client/0003_index_by_page.sql"),
];
/// The version that this program writes.
pub const VERSION: u64 = MIGRATIONS.len() as u64;
/// Older ones lose rows of a WAL that is reset while it is written (fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;
/// Heads of the journal kept as witnesses.
const HEADS_KEPT: i64 = 1000;

/// The open cache.
#[derive(Debug)]
pub struct Cache {
    db: Connection,
    path: PathBuf,
}

impl Cache {
    /// Where the cache of a profile's folder lies.
    pub fn path_in(dir: &Path) -> PathBuf {
        dir.join("cache.db")
    }

    /// Opens or makes the cache of a profile's folder. Take its [`profile::Lock`] first.
    pub fn open(dir: &Path) -> Result<Self, CacheError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(CacheError::OldSqlite(rusqlite::version()));
        }
        profile::make_dir(dir)?;
        let path = Self::path_in(dir);
        // Made with its permissions before SQLite opens it; the WAL takes them over.
        drop(profile::private_file(&path)?);
        Self::open_file(&path).map_err(|e| e.about(&path))
    }

    fn open_file(path: &Path) -> Result<Self, CacheError> {
        let db = Connection::open(path)?;
        db.busy_timeout(Duration::from_secs(5))?;
        let mut cache = Self { db, path: path.to_owned() };
        cache.check()?;
        cache.db.pragma_update(None, "journal_mode", "WAL")?;
        cache.db.pragma_update(None, "synchronous", "FULL")?;
        cache.db.pragma_update(None, "foreign_keys", true)?;
        cache.db.pragma_update(None, "secure_delete", true)?;
        cache.migrate()?;
        Ok(cache)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn version(&self) -> Result<i64, CacheError> {
        Ok(self.db.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    /// Looks before anything is written.
    fn check(&self) -> Result<(), CacheError> {
        let foreign = || CacheError::NotACache { path: self.path.clone() };
        let tables: i64 = self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let id: i32 = self.db.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if (tables > 0 || id != 0) && id != APPLICATION_ID {
            return Err(foreign());
        }
        let (found, known) = (self.version()?, signed(MIGRATIONS.len() as u64));
        if found > known {
            return Err(CacheError::Newer { path: self.path.clone(), found, known });
        }
        Ok(())
    }

    fn migrate(&mut self) -> Result<(), CacheError> {
        let from = usize::try_from(self.version()?).unwrap_or(0);
        for (index, step) in MIGRATIONS.iter().enumerate().skip(from) {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute_batch(step)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", signed(index as u64 + 1))?;
            tx.commit()?;
        }
        Ok(())
    }

    /// Writes everything in one transaction.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(), CacheError> {
        if writes.is_empty() {
            return Ok(());
        }
        self.write(writes).map_err(|e| e.about(&self.path))
    }

    fn write(&mut self, writes: &[Write]) -> Result<(), CacheError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut fresh = Fresh::default();
        for write in writes {
            put(&tx, write, &mut fresh)?;
        }
        fresh.index(&tx)?;
        tx.commit()?;
        Ok(())
    }
}

/// `SQLite` counts to 2⁶³; a hostile number beyond is cut.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn json<T: Serialize>(value: &T) -> Result<String, CacheError> {
    serde_json::to_string(value).map_err(|e| CacheError::Sql(rusqlite::Error::ToSqlConversionFailure(Box::new(e))))
}

fn meta<T: Serialize>(tx: &Transaction<'_>, key: &str, value: &T) -> Result<(), CacheError> {
    tx.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
        .execute(params![key, json(value)?])?;
    Ok(())
}

fn put(tx: &Transaction<'_>, write: &Write, fresh: &mut Fresh) -> Result<(), CacheError> {
    match write {
        Write::Session(session) => meta(tx, "session", session)?,
        Write::Cursor(cursor) => meta(tx, "cursor", cursor)?,
        Write::Playbook(playbook) => meta(tx, "playbook", playbook.as_ref())?,
        Write::Roster(roster) => meta(tx, "roster", roster)?,
        Write::OnCall(overrides) => meta(tx, "on_call", overrides)?,
        Write::Last(last) => meta(tx, "last", last)?,
        Write::DropBase => {
            fresh.index(tx)?;
            tx.execute("DELETE FROM conversations", [])?;
        }
        Write::AllStale => {
            tx.execute("UPDATE conversations SET stale = 1", [])?;
        }
        Write::DropStale => {
            fresh.index(tx)?;
            tx.execute("DELETE FROM conversations WHERE stale = 1", [])?;
        }
        Write::Upsert(snapshot) => upsert(tx, snapshot, fresh)?,
        Write::Remove(id) => {
            fresh.index(tx)?;
            tx.prepare_cached("DELETE FROM conversations WHERE id = ?1")?.execute([id.to_string()])?;
        }
        Write::Entry(entry) => {
            tx.prepare_cached(
                "INSERT INTO outbox (id, entry) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET entry = ?2",
            )?
            .execute(params![entry.envelope.id.to_string(), json(entry)?])?;
        }
        Write::EntryGone(id) => {
            tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id.to_string()])?;
        }
        Write::Draft(id, text) if text.is_empty() => {
            tx.prepare_cached("DELETE FROM drafts WHERE conversation = ?1")?.execute([id.to_string()])?;
        }
        Write::Draft(id, text) => {
            tx.prepare_cached(
                "INSERT INTO drafts (conversation, body) VALUES (?1, ?2)
                 ON CONFLICT (conversation) DO UPDATE SET body = ?2",
            )?
            .execute(params![id.to_string(), text])?;
        }
        Write::Seen(id, texts) => {
            tx.prepare_cached(
                "INSERT INTO seen (conversation, texts) VALUES (?1, ?2)
                 ON CONFLICT (conversation) DO UPDATE SET texts = ?2",
            )?
            .execute(params![id.to_string(), signed(*texts)])?;
        }
        Write::Alerted(key, at) => {
            tx.prepare_cached("INSERT OR REPLACE INTO alerted (key, at) VALUES (?1, ?2)")?
                .execute(params![key, at.millis()])?;
        }
        Write::Dismissed(message) => {
            tx.execute("INSERT OR IGNORE INTO dismissed (message) VALUES (?1)", [message.to_string()])?;
        }
        Write::Head(head) => {
            meta(tx, "head", head)?;
            let seq = signed(head.seq);
            tx.prepare_cached("INSERT OR IGNORE INTO heads (seq, hash) VALUES (?1, ?2)")?
                .execute(params![seq, head.hash])?;
            tx.prepare_cached("DELETE FROM heads WHERE seq < ?1")?.execute([seq.saturating_sub(HEADS_KEPT)])?;
        }
    }
    Ok(())
}

/// Rows of this transaction that no index has yet. They must have it before anything is changed or taken away, which
/// the triggers do with both.
#[derive(Default)]
struct Fresh {
    messages: Vec<i64>,
    conversations: Vec<i64>,
}

impl Fresh {
    fn index(&mut self, tx: &Transaction<'_>) -> Result<(), CacheError> {
        let rows = std::mem::take(self);
        if !rows.messages.is_empty() {
            let sql = "INSERT INTO words (rowid, body) SELECT key, body FROM messages
                       WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY key";
            tx.prepare_cached(sql)?.execute([json(&rows.messages)?])?;
        }
        if !rows.conversations.is_empty() {
            let sql = "INSERT INTO people (rowid, who, conversation) SELECT rowid, who, id FROM conversations
                       WHERE rowid IN (SELECT value FROM json_each(?1)) ORDER BY rowid";
            tx.prepare_cached(sql)?.execute([json(&rows.conversations)?])?;
        }
        Ok(())
    }
}

fn upsert(tx: &Transaction<'_>, snapshot: &Snapshot, fresh: &mut Fresh) -> Result<(), CacheError> {
    let id = snapshot.state.id.to_string();
    let header = Snapshot { messages: Vec::new(), ..snapshot.clone() };
    let known = tx.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?.exists([&id])?;
    // A statement that may change what is there would bring the triggers along.
    let sql = if known {
        fresh.index(tx)?;
        "UPDATE conversations SET name = ?2, snapshot = ?3, awake = ?4, changed = ?5, tail = ?6, who = ?7, stale = 0
         WHERE id = ?1"
    } else {
        "INSERT INTO conversations (id, name, snapshot, awake, changed, tail, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    };
    tx.prepare_cached(sql)?.execute(params![
        id,
        name_of(snapshot),
        json(&header)?,
        is_awake(&snapshot.state),
        snapshot.state.changed.millis(),
        json(&tail(snapshot))?,
        who(snapshot)
    ])?;
    if !known {
        fresh.conversations.push(tx.last_insert_rowid());
    }
    // Most of a first sync: nothing to compare with, nothing to take away.
    let mut any = tx.prepare_cached("SELECT 1 FROM messages WHERE conversation = ?1 LIMIT 1")?;
    if !any.exists([&id])? {
        return snapshot.messages.iter().try_for_each(|message| insert(tx, &id, message, &json(message)?, fresh));
    }
    fresh.index(tx)?;
    let ids: Vec<MessageId> = snapshot.messages.iter().map(|m| m.id).collect();
    tx.prepare_cached("DELETE FROM messages WHERE conversation = ?1 AND id NOT IN (SELECT value FROM json_each(?2))")?
        .execute(params![id, json(&ids)?])?;
    for message in &snapshot.messages {
        let text = json(message)?;
        let known: Option<String> = tx
            .prepare_cached("SELECT message FROM messages WHERE id = ?1 AND conversation = ?2")?
            .query_row(params![message.id.to_string(), id], |row| row.get(0))
            .optional()?;
        match known {
            Some(known) if known == text => {}
            Some(_) => {
                fresh.index(tx)?;
                tx.prepare_cached("UPDATE messages SET n = ?2, body = ?3, message = ?4 WHERE id = ?1")?.execute(
                    params![message.id.to_string(), signed(message.n), message.body.as_ref().map(Body::as_str), text],
                )?;
            }
            None => insert(tx, &id, message, &text, fresh)?,
        }
    }
    Ok(())
}

/// A message that is not there. An id that stands in another conversation moves here.
fn insert(
    tx: &Transaction<'_>,
    conversation: &str,
    message: &Message,
    text: &str,
    fresh: &mut Fresh,
) -> Result<(), CacheError> {
    let id = message.id.to_string();
    if tx.prepare_cached("SELECT 1 FROM messages WHERE id = ?1")?.exists([&id])? {
        fresh.index(tx)?;
        tx.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([&id])?;
    }
    let key = free_key(tx, message.at, message.id.0)?;
    tx.prepare_cached(
        "INSERT INTO messages (key, id, conversation, n, at, body, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        key,
        id,
        conversation,
        signed(message.n),
        message.at.millis(),
        message.body.as_ref().map(Body::as_str),
        text
    ])?;
    fresh.messages.push(key);
    Ok(())
}

/// What a person would type to find a conversation by its people: names, number, accounts.
fn who(snapshot: &Snapshot) -> String {
    let mut who = vec![name_of(snapshot), snapshot.address.as_str().to_owned()];
    who.extend(snapshot.cards.iter().filter_map(|card| card.account.as_ref()).map(|account| account.name.clone()));
    who.join(" ")
}

/// A key in the order of time: 42 bits of milliseconds, then bits of the id; behind all of that instant when it is taken.
fn free_key(tx: &Transaction<'_>, at: Timestamp, id: Uuid) -> Result<i64, CacheError> {
    let ms = at.millis().clamp(0, (1 << 42) - 1);
    let bits = i64::try_from(id.as_u128() & 0xF_FFFF).unwrap_or(0);
    let mut key = (ms << 20) | bits;
    let mut taken = tx.prepare_cached("SELECT 1 FROM messages WHERE key = ?1")?;
    while taken.exists([key])? {
        // Not the next one: ids that lie close together would be walked through one by one.
        let mut last = tx.prepare_cached("SELECT max(key) FROM messages WHERE key BETWEEN ?1 AND ?2")?;
        let last: i64 = last.query_row([key, (key | 0xF_FFFF)], |row| row.get(0))?;
        key = last.saturating_add(1);
    }
    Ok(key)
}
