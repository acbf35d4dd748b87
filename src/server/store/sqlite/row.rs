//! Rows to values and back. JSON columns that do not read are corruption, never a guess.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::contact::{Address, Body};
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::journal::{Entry, Head};
use crate::server::store::StoreError;
use crate::wire::changes::Message;

/// The head row.
pub(super) struct HeadRow {
    pub(super) head: Head,
    pub(super) epoch: u32,
    pub(super) roster: Roster,
    pub(super) playbook: u32,
}

pub(super) fn head(db: &Connection) -> Result<HeadRow, StoreError> {
    let mut query = db.prepare_cached("SELECT epoch, seq, hash, at, roster, playbook FROM head WHERE one = 1")?;
    let (epoch, seq, hash, at, roster, playbook) = query.query_row([], |r| {
        Ok((r.get(0)?, number(r, 1)?, bytes(r, 2)?, instant(r, 3)?, r.get::<_, String>(4)?, r.get(5)?))
    })?;
    Ok(HeadRow { head: Head { seq, hash, at }, epoch, roster: from_json(&roster)?, playbook })
}

pub(super) fn entry(r: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry { seq: number(r, 0)?, at: instant(r, 1)?, prev: bytes(r, 2)?, hash: bytes(r, 3)?, body: r.get(4)? })
}

/// Reads `id, n, at, author, body, media, standing`.
pub(super) fn message(r: &Row<'_>) -> rusqlite::Result<Result<Message, StoreError>> {
    let (id, author, media): (String, String, String) = (r.get(0)?, r.get(3)?, r.get(5)?);
    let (body, standing): (Option<String>, Option<String>) = (r.get(4)?, r.get(6)?);
    let (n, at) = (number(r, 1)?, instant(r, 2)?);
    Ok((|| {
        Ok(Message {
            id: parse(&id)?,
            n,
            at,
            author: from_json(&author)?,
            body: body.map(Body::new),
            media: from_json(&media)?,
            standing: standing.map(|s| from_json(&s)).transpose()?,
        })
    })())
}

pub(super) fn address(text: &str) -> Result<Address, StoreError> {
    Address::parse(text).map_err(|e| StoreError::Corrupt(e.to_string()))
}

pub(super) fn parse<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|e: T::Err| StoreError::Corrupt(e.to_string()))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The parser's own words may quote what stands there.
    serde_json::from_str(text).map_err(|e| {
        StoreError::Corrupt(format!(
            "{:?} error at line {} column {} of a JSON column",
            e.classify(),
            e.line(),
            e.column()
        ))
    })
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt(e.to_string()))
}

pub(super) fn number(r: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    r.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0))
}

pub(super) fn instant(r: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    r.get(column).map(Timestamp::from_millis)
}

fn bytes(r: &Row<'_>, column: usize) -> rusqlite::Result<[u8; 32]> {
    r.get(column)
}

/// A count for SQLite, which has no unsigned integers.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// One row or none, for a query by key.
pub(super) fn optional<T>(result: rusqlite::Result<T>) -> Result<Option<T>, StoreError> {
    Ok(result.optional()?)
}
