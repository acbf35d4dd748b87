//! Replies of before, as a file has them.

use super::rows::{self, Column};

/// One reply that asked for an answer, with its answer. It names no phone and holds no text.
#[derive(Clone, PartialEq, Eq)]
pub struct PastRow {
    /// The file's own id of it, of at most 200 characters: the same one is kept once.
    pub id: String,
    /// A team of the playbook: whose it was.
    pub team: String,
    /// When it came: RFC 3339, with its offset.
    pub received_at: String,
    /// When it was first answered.
    pub answered_at: Option<String>,
    /// A cohort of the playbook.
    pub cohort: Option<String>,
    /// A use case of the playbook.
    pub use_case: Option<String>,
    /// Who answered; they may have left.
    pub rep: Option<String>,
    /// Who wrote: the CRM's id of the contact.
    pub contact: Option<String>,
    /// The stage that their deal stood in then, in the CRM's words.
    pub stage: Option<String>,
    /// How it ended: `meeting`, `nurture`, …
    pub outcome: Option<String>,
}

impl std::fmt::Debug for PastRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PastRow({})", self.id)
    }
}

impl PastRow {
    /// Columns that must be there.
    pub const NEEDED: [&'static str; 3] = ["id", "team", "received_at"];

    /// Columns that may be.
    pub const MORE: [&'static str; 7] = ["answered_at", "cohort", "use_case", "rep", "contact", "stage", "outcome"];

    /// Reads one row, and says what is wrong without repeating what stands there. Members it does not know are passed
    /// over.
    pub fn read(json: &str) -> Result<Self, String> {
        rows::read(json, Self::from_columns)
    }

    /// A row of named texts. An empty one is none.
    pub fn from_columns(column: Column<'_>) -> Result<Self, String> {
        let needed = |key: &str| column(key)?.ok_or_else(|| format!("{key} is missing"));
        let more = |key: &str| Ok::<_, String>(column(key)?.filter(|text| !text.trim().is_empty()));
        Ok(Self {
            id: needed("id")?,
            team: needed("team")?,
            received_at: needed("received_at")?,
            answered_at: more("answered_at")?,
            cohort: more("cohort")?,
            use_case: more("use_case")?,
            rep: more("rep")?,
            contact: more("contact")?,
            stage: more("stage")?,
            outcome: more("outcome")?,
        })
    }
}
