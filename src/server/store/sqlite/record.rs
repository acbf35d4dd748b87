//! The journal by what it is about.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params};

use super::SqliteStore;
use super::row::{self, signed};
use crate::domain::id::ConversationId;
use crate::journal::{Entry, about};
use crate::server::store::StoreError;
use crate::server::store::record::RecordStore;

#[async_trait]
impl RecordStore for SqliteStore {
    async fn entries_of(&self, conversation: ConversationId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(move |tx| entries_of(tx, conversation, limit)).await
    }
}

/// One row for each conversation that a group wrote about: entries of a group stand close together.
pub(super) fn write(db: &Connection, entries: &[Entry]) -> Result<(), StoreError> {
    let mut stretches: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for entry in entries {
        if let Some(id) = about(&entry.body) {
            stretches.entry(id).or_insert((entry.seq, entry.seq)).1 = entry.seq;
        }
    }
    let mut insert = db.prepare_cached("INSERT INTO record (conversation, first, last) VALUES (?1, ?2, ?3)")?;
    for (id, (first, last)) in stretches {
        insert.execute(params![id, signed(first), signed(last)])?;
    }
    Ok(())
}

fn entries_of(tx: &Transaction<'_>, conversation: ConversationId, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let id = conversation.to_string();
    let sql = "SELECT e.seq, e.at, e.prev, e.hash, e.body FROM record r JOIN entry e ON e.seq BETWEEN r.first AND r.last \
               WHERE r.conversation = ?1 ORDER BY e.seq DESC";
    let mut query = tx.prepare_cached(sql)?;
    let mut rows = query.query([&id])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let entry = row::entry(found)?;
        // Between two of its entries a group may have written about others.
        if about(&entry.body) == Some(id.as_str()) {
            all.push(entry);
        }
        if all.len() == limit {
            break;
        }
    }
    all.reverse();
    Ok(all)
}
