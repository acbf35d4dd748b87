//! May we send this? Consent belongs to the number, not to a conversation; an opt-out can never be accepted away.

use chrono::TimeZone;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::hold::Hold;
use super::id::{NumberId, RepId};
use super::playbook::Compliance;
use super::time::Timestamp;

/// What is known of a number, whoever texts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The number without naming it.
    pub id: NumberId,
    /// Set while no text may go there.
    pub opted_out: Option<OptOut>,
    /// Set while a text that may have asked us to stop waits for a person's ruling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
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
    /// A person ruled that a text meant it.
    Ruled(RepId),
    /// A text may have meant it, and nobody had ruled by the tenth business day.
    Unruled,
}

impl Number {
    /// A number nothing is known of.
    pub const fn new(id: NumberId) -> Self {
        Self { id, opted_out: None, hold: None }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        if let Event::OptedOut { source } = event {
            self.opt_out(at, source);
        } else if let Event::OptedIn { .. } = event {
            self.opt_in();
        }
        self.apply_hold(at, event);
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

/// Whether an unprompted text would disturb the recipient's night. A text within `reply_window` of the buyer's own is
/// a direct reply and never does (47 CFR 64.1200(c)(1) speaks of solicitations).
pub fn is_quiet(rules: &Compliance, zone: Tz, last_inbound: Option<Timestamp>, now: Timestamp) -> bool {
    if last_inbound.is_some_and(|at| now.since(at) <= rules.reply_window) {
        return false;
    }
    let local = zone.from_utc_datetime(&now.utc().naive_utc());
    let minute = chrono::Timelike::num_seconds_from_midnight(&local) / 60;
    minute < u32::from(rules.open_minute) || minute >= u32::from(rules.close_minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

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

    #[test]
    fn nights_are_quiet_unless_the_buyer_just_wrote() {
        let rules = Compliance::default();
        let zone = chrono_tz::America::Los_Angeles;
        let at =
            |text: &str| -> Timestamp { chrono::DateTime::parse_from_rfc3339(text).expect("valid").to_utc().into() };
        assert!(is_quiet(&rules, zone, None, at("2026-03-03T07:59:00-08:00")));
        assert!(!is_quiet(&rules, zone, None, at("2026-03-03T08:00:00-08:00")));
        assert!(is_quiet(&rules, zone, None, at("2026-03-03T21:00:00-08:00")));
        let late = at("2026-03-03T22:30:00-08:00");
        assert!(!is_quiet(&rules, zone, Some(late - Span::minutes(30)), late));
        assert!(is_quiet(&rules, zone, Some(late - Span::minutes(121)), late));
    }
}
