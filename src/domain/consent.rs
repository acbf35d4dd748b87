//! May we send this? Consent belongs to the number, not to a conversation; an opt-out can never be accepted away.

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::event::Event;
use super::id::{NumberId, RepId};
use super::time::Timestamp;

/// What is known of a number, whoever texts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The number without naming it.
    pub id: NumberId,
    /// Set while no text may go there.
    pub opted_out: Option<OptOut>,
    /// Set while nobody hears of what it texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Block>,
}

/// When and how consent was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// When it took effect.
    pub at: Timestamp,
    /// How we know.
    pub source: OptOutSource,
}

/// How we know that a number withdrew consent, or gave it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutSource {
    /// The buyer texted a keyword; which one tells the rep whether they may have meant the meeting.
    Keyword(String),
    /// The carrier said so (Twilio error 21610 or `OptOutType`).
    Carrier,
    /// A rep was told.
    Rep(RepId),
}

impl Number {
    /// A number nothing is known of.
    pub const fn new(id: NumberId) -> Self {
        Self { id, opted_out: None, blocked: None }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        if let Event::OptedOut { source } = event {
            self.opt_out(at, source);
        } else if let Event::OptedIn { .. } = event {
            self.opt_in();
        } else if let Event::Blocked { by, reason } = event {
            self.blocked = Some(Block { at, by: by.clone(), reason: *reason });
        } else if let Event::Unblocked { .. } = event {
            self.blocked = None;
        }
    }

    /// Takes note of a withdrawal. The first one stands.
    pub fn opt_out(&mut self, at: Timestamp, source: &OptOutSource) {
        if self.opted_out.is_none() {
            self.opted_out = Some(OptOut { at, source: source.clone() });
        }
    }

    /// Takes note that texts are welcome again.
    pub fn opt_in(&mut self) {
        self.opted_out = None;
    }
}

/// What a whole text means to a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Withdraws consent.
    Stop,
    /// Gives it back.
    Start,
    /// Asks who we are.
    Help,
}

/// Words that withdraw consent when they are the whole text: Twilio's defaults with REVOKE and OPTOUT, the words of
/// 47 CFR 64.1200(a)(10), and `stop all` (Telnyx), REMOVE (AWS), ARRET (Canada).
pub const STOP_WORDS: [&str; 17] = [
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "opt-out",
    "remove",
    "arret",
    "arrete",
    "arrett",
    "arrêt",
    "stopp",
];
const START_WORDS: [&str; 3] = ["start", "yes", "unstop"];
const HELP_WORDS: [&str; 2] = ["help", "info"];

/// The text in lower case with nothing around the words: `" Stop. "` is `stop`.
pub fn bare(body: &str) -> String {
    let trimmed = body.trim().trim_matches(|c: char| c.is_whitespace() || ".!\"'“”’,;:-*()".contains(c));
    trimmed.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the whole text means as a keyword; a sentence that merely contains one means nothing.
pub fn keyword(body: &str) -> Option<Keyword> {
    if body.len() > 64 {
        return None;
    }
    let bare = bare(body);
    if STOP_WORDS.contains(&bare.as_str()) {
        Some(Keyword::Stop)
    } else if START_WORDS.contains(&bare.as_str()) {
        Some(Keyword::Start)
    } else if HELP_WORDS.contains(&bare.as_str()) {
        Some(Keyword::Help)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_the_whole_text() {
        for word in STOP_WORDS {
            assert_eq!(keyword(&word.to_uppercase()), Some(Keyword::Stop), "{word}");
        }
        assert_eq!(keyword("stop please"), None);
        assert_eq!(keyword("\"Stop\"!"), Some(Keyword::Stop));
        assert_eq!(keyword("YES"), Some(Keyword::Start));
        assert_eq!(keyword(""), None);
    }
}
