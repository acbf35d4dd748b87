//! How we know that a number withdrew consent, or gave it.

use serde::{Deserialize, Serialize};

use crate::domain::id::RepId;

/// How we know that a number withdrew consent, or gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutSource {
    /// The buyer texted a keyword; which one tells the rep whether they may have meant the meeting.
    Keyword(String),
    /// The carrier said so (Twilio error 21610 or `OptOutType`).
    Carrier,
    /// A rep was told.
    Rep(RepId),
    /// A person ruled that the buyer's own words meant it.
    Ruled(RepId),
    /// Their words may have meant it, and nobody had ruled by the tenth business day.
    Unruled,
    /// Another program reported it with this API key.
    Api(String),
    /// A file brought it, under this name.
    Import(String),
}

impl OptOutSource {
    /// Whether the buyer, their carrier or a person here said it. Only the buyer's own START takes such an opt-out back: the
    /// carrier blocks the number in any case, and a list somewhere else may be older than it looks. What a list said, a
    /// newer list may unsay.
    pub const fn is_firm(&self) -> bool {
        match self {
            Self::Keyword(_) | Self::Carrier | Self::Rep(_) | Self::Ruled(_) | Self::Unruled => true,
            Self::Api(_) | Self::Import(_) => false,
        }
    }

    /// As screens and exports say it. `name` gives the name of a rep.
    pub fn words<'a>(&'a self, name: impl Fn(&'a RepId) -> &'a str) -> String {
        match self {
            Self::Keyword(word) => format!("they texted “{word}”"),
            Self::Carrier => "the carrier blocks it".to_owned(),
            Self::Rep(rep) => format!("{} was told", name(rep)),
            Self::Ruled(rep) => format!("{} ruled that they asked for it", name(rep)),
            Self::Unruled => "they may have asked, and nobody ruled in time".to_owned(),
            Self::Api(key) => format!("reported by {key}"),
            // What a list is called that nobody named.
            Self::Import(from) if from == "import" => "imported from a list".to_owned(),
            Self::Import(from) => format!("imported from {from}"),
        }
    }
}
