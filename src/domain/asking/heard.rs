//! What the CRM has said of who is behind a number. That there are no cards means that nobody is there only once it answered.

use serde::{Deserialize, Serialize};

/// How far the CRM has spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Nobody here can tell: in the record of earlier versions, and in an inbox that its backend has not told yet.
    #[default]
    Unsure,
    /// No CRM is connected, and none ever said anything of the number.
    NoCrm,
    /// It has not answered yet.
    NotYet,
    /// It answered.
    Answered,
}

impl Heard {
    /// `read`: it said something of the number. `connected`: a CRM is asked here.
    pub const fn of(read: bool, connected: bool) -> Self {
        match (read, connected) {
            (true, _) => Self::Answered,
            (false, true) => Self::NotYet,
            (false, false) => Self::NoCrm,
        }
    }

    /// As a record keeps it: what nobody can tell is left out.
    pub fn is_unsure(&self) -> bool {
        *self == Self::Unsure
    }

    /// Why nothing is known of whom no card is here.
    pub const fn nobody(self) -> &'static str {
        match self {
            Self::Unsure => "no card of them is here",
            Self::NoCrm => "no CRM is connected",
            Self::NotYet => "the CRM has not said yet who this is",
            Self::Answered => "the CRM does not know this number",
        }
    }
}
