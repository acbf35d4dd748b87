//! Numbers that nothing leaves from.

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::SqliteStore;
use super::row::{address, instant};
use crate::domain::contact::Address;
use crate::domain::time::Timestamp;
use crate::server::store::{LineStop, LineStore, StoreError};

#[async_trait]
impl LineStore for SqliteStore {
    async fn stop_line(&self, stop: &LineStop) -> Result<bool, StoreError> {
        let stop = stop.clone();
        self.write(move |db| stop_line(db, &stop)).await
    }

    async fn line_stops(&self) -> Result<Vec<LineStop>, StoreError> {
        self.read(line_stops).await
    }

    async fn resume_line(&self, number: &Address) -> Result<bool, StoreError> {
        let number = number.clone();
        self.write(move |db| Ok(db.execute("DELETE FROM line_stop WHERE number = ?1", [number.as_str()])? > 0)).await
    }
}

fn stop_line(db: &Connection, stop: &LineStop) -> Result<bool, StoreError> {
    let sql = "INSERT INTO line_stop (number, id, code, at, until) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (number) DO UPDATE SET id = excluded.id, code = excluded.code, at = excluded.at, \
               until = excluded.until WHERE line_stop.until IS NOT NULL \
               AND (excluded.until IS NULL OR excluded.until > line_stop.until)";
    let until = stop.until.map(Timestamp::millis);
    let values = params![stop.number.as_str(), stop.id.to_string(), stop.code, stop.at.millis(), until];
    Ok(db.execute(sql, values)? > 0)
}

fn line_stops(tx: &Transaction<'_>) -> Result<Vec<LineStop>, StoreError> {
    let mut query = tx.prepare_cached("SELECT number, id, code, at, until FROM line_stop ORDER BY number")?;
    let mut rows = query.query([])?;
    let mut stops = Vec::new();
    while let Some(r) = rows.next()? {
        let id = r.get::<_, String>(1)?;
        stops.push(LineStop {
            number: address(&r.get::<_, String>(0)?)?,
            id: Uuid::parse_str(&id).map_err(|_| StoreError::Corrupt("a line's stop has no id".to_owned()))?,
            code: r.get(2)?,
            at: instant(r, 3)?,
            until: r.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
        });
    }
    Ok(stops)
}
