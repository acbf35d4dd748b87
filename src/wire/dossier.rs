//! `GET /v1/consent/dossier`: everything about one number, in time order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dossier {
    /// Whose.
    pub number: String,
    /// Whether an opt-out is in force.
    pub opted_out: bool,
    /// Whether nothing goes there until a person has ruled.
    pub held: bool,
    /// Oldest first.
    pub lines: Vec<DossierLine>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DossierLine {
    /// When: milliseconds since 1970 (UTC).
    pub at: i64,
    /// The first line says what, those after it why.
    pub what: Vec<String>,
    /// The words of the text, the note or the consent, while they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Who wanted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Its entry of the journal; nothing for what another program reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The hash of that entry, for the proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}
