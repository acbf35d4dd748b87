//! What campaigns sent, and the keys of the tools that report it.

use async_trait::async_trait;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::SqliteStore;
use super::row::{instant, optional};
use crate::domain::answering::{Answering, Reported};
use crate::domain::contact::{Address, Body};
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;
use crate::server::store::sends::Asked;
use crate::server::store::{ApiKey, CampaignSend, SendLog, StoreError};

#[async_trait]
impl SendLog for SqliteStore {
    async fn put_sends(&self, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError> {
        let sends = sends.to_vec();
        self.write(move |db| put_sends(db, &sends)).await
    }

    async fn answered(&self, asked: &Asked) -> Result<Option<Answering>, StoreError> {
        let (to, line, at) = asked.clone();
        self.read(move |tx| answered(tx, &to, &line, at)).await
    }

    async fn put_api_key(&self, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |db| put_api_key(db, token, &name, at)).await
    }

    async fn api_key(&self, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        self.read(move |tx| api_key(tx, token)).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.read(api_keys).await
    }

    async fn revoke_api_key(&self, name: &str) -> Result<u32, StoreError> {
        let name = name.to_owned();
        self.write(move |db| revoke_api_key(db, &name)).await
    }
}

fn put_sends(db: &mut Connection, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut new = Vec::with_capacity(sends.len());
    {
        let mut put = tx.prepare_cached(
            "INSERT OR IGNORE INTO campaign_send (source, id, address, line, campaign, use_case, words, sent_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let mut mark = tx.prepare_cached(
            "INSERT OR IGNORE INTO unmatched (conversation) SELECT c.id FROM number n \
             JOIN conversation c ON c.number = n.id WHERE n.address = ?1 AND c.line = ?2 \
             AND json_extract(c.state, '$.last_inbound') >= ?3",
        )?;
        for s in sends {
            let (to, line, at) = (s.to.as_str(), s.line.as_str(), s.sent.at.millis());
            let words = s.sent.words.as_str();
            let is_new =
                put.execute(params![s.source, s.id, to, line, s.sent.campaign, s.sent.use_case, words, at])? == 1;
            if is_new {
                mark.execute(params![to, line, at])?;
            }
            new.push(is_new);
        }
    }
    tx.commit()?;
    Ok(new)
}

/// The newest text from a line to an address that was sent at or before an instant.
pub(super) fn answered(
    db: &Connection,
    to: &Address,
    line: &LineId,
    at: Timestamp,
) -> Result<Option<Answering>, StoreError> {
    let sql = "SELECT campaign, use_case, words, sent_at, source, id FROM campaign_send WHERE address = ?1 AND line = ?2 \
               AND sent_at <= ?3 ORDER BY sent_at DESC, id DESC LIMIT 1";
    let found = db.prepare_cached(sql)?.query_row(params![to.as_str(), line.as_str(), at.millis()], |r| {
        let words = Body::new(r.get::<_, String>(2)?);
        let send = Some(Reported { by: r.get(4)?, id: r.get(5)? });
        Ok(Answering { campaign: r.get(0)?, use_case: r.get(1)?, words, at: instant(r, 3)?, send })
    });
    optional(found)
}

fn put_api_key(db: &Connection, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO api_key (hash, name, created) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![token.as_slice(), name, at.millis()])?;
    Ok(())
}

fn key_row(r: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey { name: r.get(0)?, created: instant(r, 1)?, revoked: r.get(2)? })
}

fn api_key(tx: &Transaction<'_>, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
    let sql = "SELECT name, created, revoked FROM api_key WHERE hash = ?1 AND revoked = 0";
    optional(tx.prepare_cached(sql)?.query_row([token.as_slice()], key_row))
}

fn api_keys(tx: &Transaction<'_>) -> Result<Vec<ApiKey>, StoreError> {
    let mut query = tx.prepare_cached("SELECT name, created, revoked FROM api_key ORDER BY name, created")?;
    let rows = query.query_map([], key_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn revoke_api_key(db: &Connection, name: &str) -> Result<u32, StoreError> {
    let revoked = db.execute("UPDATE api_key SET revoked = 1 WHERE name = ?1 AND revoked = 0", [name])?;
    Ok(u32::try_from(revoked).unwrap_or(u32::MAX))
}
