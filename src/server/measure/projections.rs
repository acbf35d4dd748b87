//! The file beside the database.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::domain::measure::fold::World;
use crate::domain::time::Timestamp;
use crate::server::store::StoreError;

/// What stands in the file. Another number there, and it is made again: a projection needs no migrations.
const SHAPE: i32 = 11;

/// Its tables.
const SCHEMA: &str = include_str!("../../../assets/sql/measure/projections.sql");

/// Every table of it, to be emptied by dropping it.
pub const TABLES: [&str; 17] = [
    "read_to",
    "talk",
    "asker",
    "reply",
    "cell",
    "load",
    "turn",
    "stretch",
    "tally",
    "closed",
    "opt_out",
    "held",
    "under",
    "exchange",
    "exchanges_of",
    "behind",
    "heard",
];

/// What the CRM told, which the journal does not know: it stays when the journal is read anew.
const DEALS: &str = include_str!("../../../assets/sql/measure/deals.sql");

/// How long another process may write to it: two commands that read on at once take turns.
const BUSY: std::time::Duration = std::time::Duration::from_secs(30);

/// Why measuring stands still. The journal is not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The file of projections.
    #[error("the file of reports cannot be used: {0}. Remove it, and it is made again from the journal")]
    File(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else read on at the same time.
    #[error("another process reads the journal on: try again")]
    Overtaken,
}

impl From<rusqlite::Error> for MeasureError {
    fn from(e: rusqlite::Error) -> Self {
        Self::File(e.to_string())
    }
}

impl From<serde_json::Error> for MeasureError {
    fn from(e: serde_json::Error) -> Self {
        // The parser's own words may quote what stands there.
        Self::File(format!("{:?} error in a JSON column", e.classify()))
    }
}

/// How far the journal has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadTo {
    /// The epoch of the journal.
    pub epoch: u32,
    /// The newest entry taken in.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its time.
    pub at: Timestamp,
    /// What the fold keeps beside conversations and numbers.
    pub world: World,
}

/// What measuring made of the journal.
#[derive(Debug)]
pub struct Projections {
    writing: Mutex<Connection>,
    reading: Mutex<Connection>,
    beside: Mutex<Connection>,
}

/// The file of a database: beside it.
pub fn file_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".measure");
    name.into()
}

impl Projections {
    /// Opens or makes the file of a database, readable by its owner only. One of another shape, or one that is no database
    /// any more, is made again.
    pub fn open(database: &Path) -> Result<Self, MeasureError> {
        let file = file_of(database);
        let made = Self::prepare(&file).or_else(|_| {
            for end in ["", "-wal", "-shm"] {
                let mut name = file.as_os_str().to_owned();
                name.push(end);
                match std::fs::remove_file(&name) {
                    Ok(()) => {}
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                    Err(e) => return Err(MeasureError::File(e.to_string())),
                }
            }
            Self::prepare(&file)
        })?;
        let (reading, beside) = (Self::reader(&file)?, Self::reader(&file)?);
        Ok(Self { writing: Mutex::new(made), reading: Mutex::new(reading), beside: Mutex::new(beside) })
    }

    fn reader(file: &Path) -> Result<Connection, MeasureError> {
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(BUSY)?;
        // A report over a year looks up tens of thousands of rows: what it has read is not read again.
        db.pragma_update(None, "cache_size", -32_768)?;
        Ok(db)
    }

    fn prepare(file: &Path) -> Result<Connection, MeasureError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file);
        drop(made.map_err(|e| MeasureError::File(e.to_string()))?);
        let mut db = Connection::open(file)?;
        db.busy_timeout(BUSY)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // What a power cut takes is read again from the journal.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        // A step of a refold writes tens of megabytes, many of whose pages the next one writes again.
        db.pragma_update(None, "wal_autocheckpoint", 16_384)?;
        db.pragma_update(None, "trusted_schema", false)?;
        db.pragma_update(None, "cache_size", -32_768)?;
        db.set_prepared_statement_cache_capacity(64);
        let shape: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if shape != SHAPE {
            db.execute_batch(
                "DROP TABLE IF EXISTS deal; DROP TABLE IF EXISTS deal_contact; DROP TABLE IF EXISTS deals_read",
            )?;
            Self::make(&mut db)?;
        }
        Ok(db)
    }

    fn make(db: &mut Connection) -> Result<(), MeasureError> {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in TABLES {
            tx.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        tx.execute_batch(SCHEMA)?;
        tx.execute_batch(DEALS)?;
        tx.pragma_update(None, "user_version", SHAPE)?;
        Ok(tx.commit()?)
    }

    /// Forgets everything that was made of the journal, to be made again. What the CRM told stays.
    pub fn clear(&self) -> Result<(), MeasureError> {
        Self::make(&mut self.writing())
    }

    /// How far it has read.
    pub fn read_to(&self) -> Result<ReadTo, MeasureError> {
        read_to(&self.reading())
    }

    pub(super) fn writing(&self) -> MutexGuard<'_, Connection> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another reader, for what is read at the same time.
    pub(super) fn reading_beside(&self) -> MutexGuard<'_, Connection> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reading(&self) -> MutexGuard<'_, Connection> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn read_to(db: &Connection) -> Result<ReadTo, MeasureError> {
    let mut query = db.prepare_cached("SELECT epoch, seq, hash, at, world FROM read_to WHERE one = 1")?;
    let mut rows = query.query([])?;
    let Some(row) = rows.next()? else { return Ok(ReadTo::default()) };
    let seq: i64 = row.get(1)?;
    Ok(ReadTo {
        epoch: row.get(0)?,
        seq: u64::try_from(seq).unwrap_or(0),
        hash: row.get(2)?,
        at: Timestamp::from_millis(row.get(3)?),
        world: serde_json::from_str(&row.get::<_, String>(4)?)?,
    })
}

pub(super) fn put_read_to(db: &Connection, to: &ReadTo) -> Result<(), MeasureError> {
    let sql = "INSERT INTO read_to (one, epoch, seq, hash, at, world) VALUES (1, ?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (one) DO UPDATE SET epoch = ?1, seq = ?2, hash = ?3, at = ?4, world = ?5";
    let seq = i64::try_from(to.seq).unwrap_or(i64::MAX);
    let world = serde_json::to_string(&to.world)?;
    db.prepare_cached(sql)?.execute(params![to.epoch, seq, to.hash, to.at.millis(), world])?;
    Ok(())
}
