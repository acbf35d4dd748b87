//! The reports there are.

use serde::{Deserialize, Serialize};

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportName {
    /// Were replies answered in time?
    Sla,
    /// What was answering worth?
    Outcomes,
    /// Who carried how much?
    Load,
    /// What did consent cost?
    Compliance,
}

impl ReportName {
    /// Each, as a page turns through them.
    pub const ALL: [Self; 4] = [Self::Sla, Self::Outcomes, Self::Load, Self::Compliance];

    /// As it is asked for.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sla => "sla",
            Self::Outcomes => "outcomes",
            Self::Load => "load",
            Self::Compliance => "compliance",
        }
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sla => "In time",
            Self::Outcomes => "Outcomes",
            Self::Load => "Load",
            Self::Compliance => "Consent",
        }
    }
}
