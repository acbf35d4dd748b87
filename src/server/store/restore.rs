//! A database that is a backup brought back.

use crate::domain::time::Timestamp;

/// What becomes of a database that is a backup brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreWrite {
    /// It begins a new epoch: cursors of before are gone. Every device and every one-time token is revoked, and every key, for nobody
    /// knows which were since.
    Begun(Restored),
    /// All that buyers wrote since has been read.
    Reconciled,
}

/// A backup that was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The epoch that began with it.
    pub epoch: u32,
    /// The newest entry of the backup: what stood after it then is lost.
    pub after: u64,
    /// The time of that entry: everything since must be read from the carriers before an answer may leave.
    pub since: Timestamp,
    /// Whether it has been.
    pub reconciled: bool,
}
