//! Why a store could not.

/// Why the store could not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that must be unique was there already: one command of the group is at fault, not the store.
    #[error("a row was already there: {0}")]
    Conflict(String),
    /// Somebody else holds the database; nothing was written, and it may be tried again.
    #[error("the database is busy")]
    Busy,
    /// A write or its fsync failed, or the writer is gone. Nothing may be guessed after this: the process must end.
    #[error("the database failed: {0}")]
    Fatal(String),
    /// A row does not read as what it must be.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// Another backend runs on it.
    #[error(
        "another comeback{pid} runs on this database: end that one first, or name another database; `rep`, `line` and \
         `playbook` work beside it"
    )]
    Served {
        /// Its process, as in ` (process 12)`; empty when it could not be read.
        pid: String,
    },
    /// The database was written by a newer version of this program.
    #[error("the database is of version {found}; this program knows {known}: install the newer one")]
    Newer {
        /// Of the database.
        found: u32,
        /// Of this program.
        known: u32,
    },
}

/// A head that does not read is no single command's trouble.
pub(super) fn of_everybody(e: StoreError) -> StoreError {
    if let StoreError::Corrupt(why) = e { StoreError::Fatal(why) } else { e }
}
