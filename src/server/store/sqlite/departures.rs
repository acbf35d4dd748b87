//! What left lately.

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params};

use super::SqliteStore;
use super::row::instant;
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;
use crate::server::store::StoreError;
use crate::server::store::departure::{Departure, DepartureLog, KEPT};

#[async_trait]
impl DepartureLog for SqliteStore {
    async fn put_departure(&self, departure: &Departure) -> Result<(), StoreError> {
        let new = vec![departure.clone()];
        self.write(move |db| write(db, &new)).await
    }

    async fn departures(&self, since: Timestamp) -> Result<Vec<Departure>, StoreError> {
        self.read(move |tx| departures(tx, since)).await
    }
}

pub(super) fn write(db: &Connection, new: &[Departure]) -> Result<(), StoreError> {
    let Some(newest) = new.iter().map(|departure| departure.at).max() else { return Ok(()) };
    db.prepare_cached("DELETE FROM departure WHERE at <= ?1")?.execute([(newest - KEPT).millis()])?;
    let mut put = db.prepare_cached("INSERT INTO departure (at, line, segments) VALUES (?1, ?2, ?3)")?;
    for departure in new {
        put.execute(params![departure.at.millis(), departure.line.as_str(), departure.segments])?;
    }
    Ok(())
}

fn departures(tx: &Transaction<'_>, since: Timestamp) -> Result<Vec<Departure>, StoreError> {
    let mut query = tx.prepare_cached("SELECT at, line, segments FROM departure WHERE at >= ?1 ORDER BY at, rowid")?;
    let rows = query.query_map([since.millis()], |r| {
        let line: String = r.get(1)?;
        Ok(Departure { at: instant(r, 0)?, line: LineId::new(line), segments: r.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
