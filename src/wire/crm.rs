//! What programs push of the CRM.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// `POST /v1/crm/changes`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CrmChanges {
    /// At most 1,000, oldest first.
    pub changes: Vec<CrmChange>,
}

/// What is so of one person on one number since an instant, or what was seen of whoever has it. Personal data: redacted in `Debug`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CrmChange {
    /// The number: `+14155550123`. A person with two is two changes.
    pub phone: String,
    /// Since when, by your clock: RFC 3339, with its offset. A change of before the last one is passed over.
    pub at: String,
    /// The person, in the form of the JSON directory: assets/docs/crm.md. They are added to the number, or replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub contact: Option<Box<RawValue>>,
    /// The id of a person who is taken off the number, unless a CRM that is connected named them there itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
    /// Signs of interest of whoever has the number, in the form of a person's `intents`: all that your program (the
    /// name of its key) counts, in place of those that it said before. Two such changes of one number in a call count
    /// together. They stay whatever the CRM or other programs say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub signs: Option<Box<RawValue>>,
}

impl std::fmt::Debug for CrmChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CrmChange")
    }
}

impl std::fmt::Debug for CrmChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CrmChanges({})", self.changes.len())
    }
}

/// The answer: one outcome for each change, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrmOutcomes {
    /// So now.
    pub accepted: u64,
    /// So before.
    pub known: u64,
    /// Something newer was said before.
    pub overtaken: u64,
    /// Not taken.
    pub refused: u64,
    /// Row by row.
    pub rows: Vec<CrmOutcome>,
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CrmOutcome {
    /// It is so now.
    Accepted,
    /// It was so before.
    Known,
    /// Something newer was said before; that stays.
    Overtaken,
    /// It is not taken; the others are.
    Refused {
        /// Why not.
        why: String,
    },
}
