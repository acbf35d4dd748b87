//! The journal by what it is about.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::SqliteStore;
use super::row::{self, instant, signed};
use crate::domain::answering::Answering;
use crate::domain::contact::{Address, Body};
use crate::domain::id::LineId;
use crate::journal::{Entry, about};
use crate::server::store::record::RecordStore;
use crate::server::store::{CampaignSend, StoreError};

#[async_trait]
impl RecordStore for SqliteStore {
    async fn entries_of(&self, about: Uuid, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(move |tx| entries_of(tx, about, limit)).await
    }

    async fn campaign_sends(&self, to: &Address, limit: usize) -> Result<Vec<CampaignSend>, StoreError> {
        let to = to.clone();
        self.read(move |tx| campaign_sends(tx, &to, limit)).await
    }
}

/// One row for each conversation and number that a group wrote about: entries of a group stand close together.
pub(super) fn write(db: &Connection, entries: &[Entry]) -> Result<(), StoreError> {
    let mut stretches: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for entry in entries {
        if let Some(id) = about(&entry.body) {
            stretches.entry(id).or_insert((entry.seq, entry.seq)).1 = entry.seq;
        }
    }
    let mut insert = db.prepare_cached("INSERT INTO record (subject, first, last) VALUES (?1, ?2, ?3)")?;
    for (id, (first, last)) in stretches {
        insert.execute(params![id, signed(first), signed(last)])?;
    }
    Ok(())
}

/// The newest entries about a subject; about a number also those that name a row which became part of it.
fn entries_of(tx: &Transaction<'_>, subject: Uuid, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let mut all = entries_by(tx, &subject.to_string(), limit)?;
    let mut joined = tx.prepare_cached("SELECT id FROM number_joined WHERE kept = ?1")?;
    let ids = joined.query_map([subject.to_string()], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        all.extend(entries_by(tx, id, limit)?);
    }
    if !ids.is_empty() {
        all.sort_by_key(|entry| entry.seq);
        all.drain(..all.len().saturating_sub(limit));
    }
    Ok(all)
}

fn entries_by(tx: &Transaction<'_>, id: &str, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT e.seq, e.at, e.prev, e.hash, e.body FROM record r JOIN entry e ON e.seq BETWEEN r.first AND r.last \
               WHERE r.subject = ?1 ORDER BY e.seq DESC";
    let mut query = tx.prepare_cached(sql)?;
    let mut rows = query.query([id])?;
    let mut all = Vec::new();
    while let Some(found) = rows.next()? {
        let entry = row::entry(found)?;
        // Between two of its entries a group may have written about others.
        if about(&entry.body) == Some(id) {
            all.push(entry);
        }
        if all.len() == limit {
            break;
        }
    }
    all.reverse();
    Ok(all)
}

fn campaign_sends(tx: &Transaction<'_>, to: &Address, limit: usize) -> Result<Vec<CampaignSend>, StoreError> {
    let sql = "SELECT source, id, line, campaign, use_case, words, sent_at FROM campaign_send WHERE address = ?1 \
               ORDER BY sent_at DESC, id DESC LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![to.as_str(), limit], |r| {
        let sent = Answering {
            campaign: r.get(3)?,
            use_case: r.get(4)?,
            words: Body::new(r.get::<_, String>(5)?),
            at: instant(r, 6)?,
            send: None,
        };
        Ok(CampaignSend {
            source: r.get(0)?,
            id: r.get(1)?,
            to: to.clone(),
            line: LineId::new(r.get::<_, String>(2)?),
            sent,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
