//! Migrations: embedded files, applied in order, each in one transaction, checked by digest.
//!
//! An edited past file and a database newer than the program are both refused: guessing would cost data.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::StoreError;

/// One embedded migration.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts from 1.
    pub version: u32,
    /// Its file name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// Brings a SQLite database up to the newest version.
pub fn sqlite(db: &mut Connection, migrations: &[Migration]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(|e| fatal(&e))?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, digest BLOB NOT NULL) STRICT",
    )
    .map_err(|e| fatal(&e))?;
    let known = migrations.last().map_or(0, |m| m.version);
    let found: u32 = tx
        .query_row("SELECT coalesce(max(version), 0) FROM schema_version", [], |row| row.get(0))
        .map_err(|e| fatal(&e))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in migrations {
        if migration.version <= found { unchanged(&tx, migration)? } else { apply(&tx, migration)? }
    }
    tx.commit().map_err(|e| fatal(&e))
}

fn unchanged(tx: &Transaction<'_>, migration: &Migration) -> Result<(), StoreError> {
    let digest: Vec<u8> = tx
        .query_row("SELECT digest FROM schema_version WHERE version = ?1", [migration.version], |row| row.get(0))
        .map_err(|e| fatal(&e))?;
    if digest == Sha256::digest(migration.sql).as_slice() {
        Ok(())
    } else {
        Err(StoreError::Corrupt(format!("migration {} is not the one this database was made with", migration.name)))
    }
}

fn apply(tx: &Transaction<'_>, migration: &Migration) -> Result<(), StoreError> {
    tx.execute_batch(migration.sql).map_err(|e| fatal(&e))?;
    let digest = Sha256::digest(migration.sql);
    tx.execute(
        "INSERT INTO schema_version (version, name, digest) VALUES (?1, ?2, ?3)",
        params![migration.version, migration.name, digest.as_slice()],
    )
    .map_err(|e| fatal(&e))?;
    Ok(())
}

fn fatal(e: &rusqlite::Error) -> StoreError {
    StoreError::Fatal(format!("while preparing the database: {e}"))
}
