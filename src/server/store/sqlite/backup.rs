//! A copy of the whole database in one file, made while a backend runs on it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION_ID, connect};
use crate::clock::monotonic;
use crate::server::store::StoreError;

/// How long a database that was just closed may take to be one file again.
const CLOSING: Duration = Duration::from_secs(30);

/// How soon it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Writes a copy of the database at `from` into the new file `to`, as it stood at one moment. Whoever writes meanwhile is
/// not held up. The copy is on disk when this returns, and readable by its owner only; when it fails there is none.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let db = connect(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    is_ours(&db, from)?;
    new_file(to)?;
    let name = to.to_str().ok_or_else(|| StoreError::Fatal("the file's name is not UTF-8".to_owned()))?;
    let written = db.execute("VACUUM INTO ?1", [name]).map_err(StoreError::from);
    let synced = written.and_then(|_| sync(to));
    if synced.is_err() {
        // What was begun is of no use to anybody.
        drop(std::fs::remove_file(to));
    }
    synced
}

/// Puts a copy of a backup into the new file `to`.
pub fn unpack(backup: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |e: std::io::Error| StoreError::Fatal(format!("{} cannot be copied: {e}", backup.display()));
    let mut from = File::open(backup).map_err(failed)?;
    let mut into = new_file(to)?;
    std::io::copy(&mut from, &mut into).and_then(|_| into.sync_all()).map_err(failed)
}

/// Reads every page and every index of a file and says what is wrong with it.
pub fn is_sound(path: &Path) -> Result<(), StoreError> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|db| is_ours(&db, path).map(|()| db));
    let db = db.map_err(|e| damaged(path, &e.to_string()))?;
    let said: String =
        db.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0)).map_err(|e| damaged(path, &e.to_string()))?;
    if said == "ok" { Ok(()) } else { Err(damaged(path, &said)) }
}

fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError::Corrupt(format!("{} is no whole database: {why}", path.display()))
}

/// Brings a database that nobody uses any more into one file, and waits until those who did have closed it.
pub fn close(path: &Path) -> Result<(), StoreError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(CLOSING)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    // The store's own threads close theirs a moment after it was dropped, and for this SQLite waits for nobody.
    let until = monotonic() + CLOSING;
    let mode = loop {
        let mode =
            db.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get::<_, String>(0)).map_err(StoreError::from);
        if !matches!(mode, Err(StoreError::Busy)) || monotonic() >= until {
            break mode?;
        }
        std::thread::sleep(LOOK_AGAIN);
    };
    drop(db);
    if mode != "delete" || beside(path, "-wal").exists() {
        return Err(StoreError::Fatal(format!("{} is still open somewhere", path.display())));
    }
    sync(path)
}

/// The files that SQLite keeps beside a database. One of another database would be taken for its own.
pub fn companions(path: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|end| beside(path, end))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn is_ours(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found == APPLICATION_ID {
        return Ok(());
    }
    Err(StoreError::Fatal(format!("{} is no database of this program", path.display())))
}

fn new_file(path: &Path) -> Result<File, StoreError> {
    let name = path.display();
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|e| {
        let there = e.kind() == ErrorKind::AlreadyExists;
        let why = if there { "it is there already, and is never written over".to_owned() } else { e.to_string() };
        StoreError::Fatal(format!("{name} cannot be made: {why}"))
    })
}

/// The file and its name are on disk.
pub fn sync(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let both = File::open(path).and_then(|f| f.sync_all()).and_then(|()| File::open(folder)?.sync_all());
    both.map_err(|e| StoreError::Fatal(format!("{} is not surely on disk: {e}", path.display())))
}
