//! Blocked numbers in SQLite. They stand in the state of their number; an index holds those alone.

use async_trait::async_trait;
use rusqlite::{Transaction, params};

use super::SqliteStore;
use super::row::{address, from_json, parse};
use crate::domain::consent::Number;
use crate::domain::id::NumberId;
use crate::server::store::StoreError;
use crate::server::store::block::{BlockLog, Blocked};

#[async_trait]
impl BlockLog for SqliteStore {
    async fn blocked(&self, before: Option<NumberId>, limit: usize) -> Result<Vec<Blocked>, StoreError> {
        self.read(move |tx| blocked(tx, before, limit)).await
    }
}

fn blocked(tx: &Transaction<'_>, before: Option<NumberId>, limit: usize) -> Result<Vec<Blocked>, StoreError> {
    let sql = "SELECT n.state, n.address, (SELECT max(c.id) FROM conversation c WHERE c.number = n.id) FROM number n INDEXED BY number_blocked \
               WHERE json_extract(n.state, '$.blocked') IS NOT NULL AND n.id < ?1 ORDER BY n.id DESC LIMIT ?2";
    // Every id is made of hexadecimal digits: all come before this.
    let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let mut query = tx.prepare_cached(sql)?;
    let mut rows = query.query(params![before, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let number: Number = from_json(&r.get::<_, String>(0)?)?;
        let (known, conversation): (Option<String>, Option<String>) = (r.get(1)?, r.get(2)?);
        all.extend(number.blocked.map(|block| {
            Ok::<_, StoreError>(Blocked {
                number: number.id,
                address: known.as_deref().map(address).transpose()?,
                block,
                conversation: conversation.as_deref().map(parse).transpose()?,
            })
        }));
    }
    all.into_iter().collect()
}
