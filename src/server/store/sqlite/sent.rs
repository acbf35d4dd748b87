//! What campaigns sent, counted.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Transaction, params};

use super::SqliteStore;
use super::row::optional;
use crate::domain::id::LineId;
use crate::domain::time::{Span, Timestamp};
use crate::server::store::StoreError;
use crate::server::store::sent::{SentCounts, WroteTo, quarter};

#[async_trait]
impl SentCounts for SqliteStore {
    async fn campaigns_sent(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<(String, LineId), i64>, StoreError> {
        self.read(move |tx| campaigns_sent(tx, since, until)).await
    }

    async fn campaigns_before(&self, asked: &[WroteTo], within: Span) -> Result<Vec<Option<String>>, StoreError> {
        let asked = asked.to_vec();
        self.read(move |tx| asked.iter().map(|one| before(tx, one, within)).collect()).await
    }
}

fn campaigns_sent(
    tx: &Transaction<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<(String, LineId), i64>, StoreError> {
    let sql = "SELECT campaign, line, sum(texts) FROM campaign_sent WHERE quarter >= ?1 AND quarter < ?2 \
               GROUP BY campaign, line";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![quarter(since), quarter(until)], |r| {
        Ok(((r.get::<_, String>(0)?, LineId::new(r.get::<_, String>(1)?)), r.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn before(tx: &Transaction<'_>, (number, line, at): &WroteTo, within: Span) -> Result<Option<String>, StoreError> {
    let sql = "SELECT s.campaign FROM number n JOIN campaign_send s ON s.address = n.address AND s.line = ?2 \
               AND s.sent_at BETWEEN ?3 AND ?4 WHERE n.id = ?1 ORDER BY s.sent_at DESC LIMIT 1";
    let mut query = tx.prepare_cached(sql)?;
    let from = (*at - within).millis();
    optional(query.query_row(params![number.to_string(), line.as_str(), from, at.millis()], |r| r.get(0)))
}
