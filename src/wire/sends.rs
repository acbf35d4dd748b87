//! What campaigns sent, as a marketing tool reports it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rows::{self, Column};
use super::table::FileRow;

/// `POST /v1/sends`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SendReport {
    /// At most 1,000.
    pub sends: Vec<SendRow>,
}

/// One text that a campaign sent. Personal data: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SendRow {
    /// The tool's own id of it, of at most 200 characters: the same one is kept once.
    pub id: String,
    /// To whom: `+14155550123`.
    pub to: String,
    /// From which of our numbers: `+16465550100`.
    pub from: String,
    /// The campaign's name, of at most 200 characters.
    pub campaign: String,
    /// A use case of the playbook, when the campaign's name should not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The words, of at most 4,096 characters.
    pub text: String,
    /// When it was sent: RFC 3339, with its offset.
    pub sent_at: String,
}

impl std::fmt::Debug for SendRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SendRow({} bytes of text)", self.text.len())
    }
}

impl std::fmt::Debug for SendReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SendReport({} sends)", self.sends.len())
    }
}

impl SendRow {
    /// Columns that must be there.
    pub const NEEDED: [&'static str; 6] = ["id", "to", "from", "campaign", "text", "sent_at"];

    /// Columns that may be.
    pub const MORE: [&'static str; 1] = ["use_case"];

    /// Reads one row, and says what is wrong without repeating what stands there. Members it does not know are passed
    /// over.
    pub fn read(json: &str) -> Result<Self, String> {
        rows::read(json, Self::from_columns)
    }

    /// A row of named texts.
    pub fn from_columns(column: Column<'_>) -> Result<Self, String> {
        let needed = |key: &str| column(key)?.ok_or_else(|| format!("{key} is missing"));
        Ok(Self {
            id: needed("id")?,
            to: needed("to")?,
            from: needed("from")?,
            campaign: needed("campaign")?,
            use_case: column("use_case")?.filter(|name| !name.trim().is_empty()),
            text: needed("text")?,
            sent_at: needed("sent_at")?,
        })
    }
}

impl FileRow for SendRow {
    const NEEDED: &'static [&'static str] = &Self::NEEDED;
    const MORE: &'static [&'static str] = &Self::MORE;

    fn of_columns(column: Column<'_>) -> Result<Self, String> {
        Self::from_columns(column)
    }

    fn of_json(json: &str) -> Result<Self, String> {
        Self::read(json)
    }
}

/// The answer to a report: one outcome for each row, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SendOutcomes {
    /// Kept now.
    pub accepted: u64,
    /// Kept before.
    pub duplicate: u64,
    /// Not kept.
    pub refused: u64,
    /// Row by row.
    pub rows: Vec<SendOutcome>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SendOutcome {
    /// It is kept.
    Accepted,
    /// One with its id is kept already; that one stays as it is.
    Duplicate,
    /// It is not kept; the others are.
    Refused {
        /// Why not.
        why: String,
    },
}
