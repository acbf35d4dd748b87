//! Policies beside the one in force, and what changing one asks.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::SqliteStore;
use super::row::{from_json, instant, number, optional, parse, signed};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::store::policy::{Kept, KeptWrite, Kind, Mark, PolicyStore};
use crate::server::store::{Loaded, StoreError, Wants};

pub(super) fn write(db: &Connection, kept: &[KeptWrite]) -> Result<(), StoreError> {
    for one in kept {
        match one {
            KeptWrite::Put(Kept { mark, body }) => {
                db.prepare_cached(
                    "INSERT OR REPLACE INTO policy_beside (kind, seq, at, body) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![mark.kind.key(), signed(mark.seq), mark.at.millis(), body])?;
            }
            KeptWrite::Gone(kind) => {
                db.prepare_cached("DELETE FROM policy_beside WHERE kind = ?1")?.execute([kind.key()])?;
            }
        }
    }
    Ok(())
}

/// What a group wants of it: the shadow when it is not the one at hand, and what waits.
pub(super) fn load(db: &Connection, wants: &Wants, out: &mut Loaded) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT seq FROM policy_beside WHERE kind = 'shadow'")?;
    out.beside.shadow_seq = optional(query.query_row([], |r| number(r, 0)))?.unwrap_or(0);
    if out.beside.shadow_seq != wants.beside.shadow && out.beside.shadow_seq > 0 {
        out.beside.shadow = kept(db, Kind::Shadow)?;
    }
    if wants.beside.waiting {
        out.beside.waiting = kept(db, Kind::Waiting)?;
    }
    Ok(())
}

fn mark(r: &Row<'_>) -> rusqlite::Result<Option<Mark>> {
    let kind = Kind::of_key(&r.get::<_, String>(0)?);
    let (seq, at) = (number(r, 1)?, instant(r, 2)?);
    Ok(kind.map(|kind| Mark { kind, seq, at }))
}

fn marks(db: &Connection) -> Result<Vec<Mark>, StoreError> {
    let mut query = db.prepare_cached("SELECT kind, seq, at FROM policy_beside ORDER BY kind")?;
    let rows = query.query_map([], mark)?;
    // A kind that this version does not know is a newer one's.
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

fn kept(db: &Connection, kind: Kind) -> Result<Option<Kept>, StoreError> {
    let mut query = db.prepare_cached("SELECT kind, seq, at, body FROM policy_beside WHERE kind = ?1")?;
    let found = optional(query.query_row([kind.key()], |r| Ok((mark(r)?, r.get::<_, String>(3)?))))?;
    Ok(found.and_then(|(mark, body)| Some(Kept { mark: mark?, body })))
}

fn version_in_force(db: &Connection) -> Result<u32, StoreError> {
    let mut query = db.prepare_cached("SELECT playbook FROM head WHERE one = 1")?;
    Ok(query.query_row([], |r| r.get(0))?)
}

fn armed(
    db: &Connection,
    after: Option<(Timestamp, ConversationId)>,
    limit: usize,
) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
    let sql = "SELECT deadline, id FROM conversation WHERE deadline IS NOT NULL AND (deadline, id) > (?1, ?2) \
               ORDER BY deadline, id LIMIT ?3";
    let (at, id) = after.map_or((Timestamp::MIN, String::new()), |(at, id)| (at, id.to_string()));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map(params![at.millis(), id, limit], |r| Ok((instant(r, 0)?, r.get::<_, String>(1)?)))?;
    rows.map(|row| row.map_err(StoreError::from).and_then(|(at, id)| Ok((at, parse(&id)?)))).collect()
}

fn cards_of(db: &Connection, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError> {
    let mut query = db.prepare_cached("SELECT cards FROM card WHERE number = ?1")?;
    let mut found = BTreeMap::new();
    for id in numbers {
        if let Some(cards) = optional(query.query_row([id.to_string()], |r| r.get::<_, String>(0)))? {
            found.insert(*id, from_json(&cards)?);
        }
    }
    Ok(found)
}

fn addresses_of(db: &Connection, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError> {
    let mut query = db.prepare_cached("SELECT address FROM number WHERE id = ?1")?;
    let mut found = BTreeMap::new();
    for id in numbers {
        let text = optional(query.query_row([id.to_string()], |r| r.get::<_, Option<String>>(0)))?.flatten();
        found.extend(text.and_then(|text| Address::parse(&text).ok()).map(|address| (*id, address)));
    }
    Ok(found)
}

#[async_trait]
impl PolicyStore for SqliteStore {
    async fn version_in_force(&self) -> Result<u32, StoreError> {
        self.read(|tx| version_in_force(tx)).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.read(|tx| marks(tx)).await
    }

    async fn kept(&self, kind: Kind) -> Result<Option<Kept>, StoreError> {
        self.read(move |tx| kept(tx, kind)).await
    }

    async fn armed(
        &self,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
        self.read(move |tx| armed(tx, after, limit)).await
    }

    async fn cards_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError> {
        let numbers = numbers.clone();
        self.read(move |tx| cards_of(tx, &numbers)).await
    }

    async fn addresses_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError> {
        let numbers = numbers.clone();
        self.read(move |tx| addresses_of(tx, &numbers)).await
    }
}
