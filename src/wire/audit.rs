//! `GET /v1/audit/entries`: the journal as it was sealed, for people who check it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Entries of the journal, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entries {
    /// Those asked for; entries of other kinds are left out when kinds were asked for.
    pub entries: Vec<SealedEntry>,
    /// What to ask `after` next.
    pub through: u64,
    /// Whether the journal goes on.
    pub more: bool,
}

/// One entry. Its hash is the SHA-256 over the domain tag, `prev`, `seq`, `at` and the body's length and bytes; texts and
/// phones stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SealedEntry {
    /// Its number, from 1, without holes.
    pub seq: u64,
    /// When it was committed: milliseconds since 1970 (UTC).
    pub at: i64,
    /// The hash of the entry in front of it, in hexadecimal digits.
    pub prev: String,
    /// Its own hash.
    pub hash: String,
    /// What it says: JSON, byte for byte as it was sealed.
    pub body: String,
}
