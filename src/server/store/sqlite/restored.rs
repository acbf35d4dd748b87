//! A database that is a backup brought back.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction, params};

use super::row::{address, instant, number, optional, parse, signed};
use crate::domain::contact::Address;
use crate::domain::id::{ConversationId, NumberId};
use crate::server::store::{RestoreWrite, Restored, StoreError};

pub(super) fn write(db: &Connection, restore: Option<&RestoreWrite>) -> Result<(), StoreError> {
    match restore {
        None => {}
        Some(RestoreWrite::Begun(r)) => {
            db.execute("UPDATE head SET epoch = ?1", [r.epoch])?;
            db.execute(
                "INSERT INTO restored (epoch, after, since, reconciled) VALUES (?1, ?2, ?3, ?4)",
                params![r.epoch, signed(r.after), r.since.millis(), r.reconciled],
            )?;
            db.execute("UPDATE device SET revoked = 1", [])?;
            db.execute("UPDATE invite SET used = 1", [])?;
            super::notices::forget_waiting(db)?;
            // What waited may have been made since the backup: it is looked for.
            db.execute("UPDATE crm_write SET begun = 1 WHERE ended IS NULL", [])?;
            db.execute("UPDATE api_key SET revoked = 1", [])?;
        }
        Some(RestoreWrite::Reconciled) => {
            db.execute("UPDATE restored SET reconciled = 1 WHERE reconciled = 0", [])?;
        }
    }
    Ok(())
}

pub(super) fn restores(tx: &Transaction<'_>) -> Result<Vec<Restored>, StoreError> {
    let mut query = tx.prepare_cached("SELECT epoch, after, since, reconciled FROM restored ORDER BY epoch")?;
    let rows = query.query_map([], |r| {
        Ok(Restored { epoch: r.get(0)?, after: number(r, 1)?, since: instant(r, 2)?, reconciled: r.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn address_of(tx: &Transaction<'_>, id: NumberId) -> Result<Option<Address>, StoreError> {
    let mut query = tx.prepare_cached("SELECT address FROM number WHERE id = ?1")?;
    let found = optional(query.query_row([id.to_string()], |r| r.get::<_, Option<String>>(0)))?;
    found.flatten().map(|text| address(&text)).transpose()
}

/// Those that wait at a carrier's door, and those that wait for their rep.
pub(super) fn unsettled(tx: &Transaction<'_>) -> Result<Vec<ConversationId>, StoreError> {
    let sql = "SELECT conversation FROM send WHERE not_before IS NOT NULL \
               UNION ALL SELECT conversation FROM send WHERE open = 1 \
               UNION ALL SELECT conversation FROM message WHERE substr(standing, 1, 9) = '{\"parked\"'";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([], |r| r.get::<_, String>(0))?;
    let found: BTreeSet<ConversationId> = rows.map(|id| parse(&id?)).collect::<Result<_, _>>()?;
    Ok(found.into_iter().collect())
}
