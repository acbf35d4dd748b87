//! Why a cache cannot be used, for the person whose drafts are in it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::client::profile::ProfileError;

/// Why the cache cannot be used. Whatever it says, the file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Written by a newer program; kept as it is.
    #[error(
        "{} was written by a newer comeback (cache version {found}, this one knows {known}): update comeback; \
         nothing was changed", path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// A file of another program.
    #[error("{} is not a comeback cache: move it away, or use another profile", path.display())]
    NotACache {
        /// Which file.
        path: PathBuf,
    },
    /// Its bytes are not what was written. It may hold drafts and unsent texts: only its owner may throw it away.
    #[error(
        "{} is damaged: the drafts and unsent texts in it cannot be read; all else is at the backend. Nothing was \
         changed. To start anew and keep it, in case somebody can rescue them:\n  mkdir -p \"{}\" && mv \"{}\"* \"{}\"",
        path.display(), aside(path).display(), path.display(), aside(path).display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// An entry of the outbox cannot be read: not dropped, for it may hold a text.
    #[error(
        "an unsent text or command in {} cannot be read (column {column} of it): a newer comeback may have written it. \
         Update comeback; nothing was changed. To start anew and keep it:\n  mkdir -p \"{}\" && mv \"{}\"* \"{}\"",
        path.display(), aside(path).display(), path.display(), aside(path).display()
    )]
    Outbox {
        /// Which file.
        path: PathBuf,
        /// Where in the entry's JSON. Its words are never told.
        column: usize,
    },
    /// No room is left.
    #[error("the disk is full, so {} cannot be written: free some space", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
    },
    /// No permission.
    #[error("{} cannot be written: give yourself write access to it and its folder, or use another --profile", path.display())]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The library is too old to be trusted with a WAL.
    #[error("SQLite {0} loses rows under load: comeback needs 3.51.3 or newer")]
    OldSqlite(&'static str),
    /// `SQLite` says no.
    #[error("the cache cannot be read or written: {0}")]
    Sql(#[from] rusqlite::Error),
    /// Folder or file.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// Where a file that cannot be used is moved to.
fn aside(path: &Path) -> PathBuf {
    path.with_file_name("damaged")
}

impl CacheError {
    /// The same, with the file and the way out where `SQLite` only says a code.
    pub(super) fn about(self, path: &Path) -> Self {
        let Self::Sql(error) = &self else { return self };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path },
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::ReadOnly { path },
            _ => self,
        }
    }
}
