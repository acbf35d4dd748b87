//! May we send this? Consent belongs to the number, not to a conversation; an opt-out can never be accepted away.
//!
//! [`number`] is what stands of a number, [`judge`] the one place that says whether a text may go, [`words`] what a whole
//! text means, [`rules`] what the playbook says of it all, [`ledger`] how a word from outside is taken in.

use chrono::TimeZone;
use chrono_tz::Tz;

use super::playbook::Compliance;
use super::time::Timestamp;

pub mod judge;
pub mod ledger;
pub mod number;
pub mod rules;
pub mod scope;
pub mod source;
pub mod told;
pub mod words;

pub use judge::{Ground, Purpose, Question, Verdict, is_final, may_send};
pub use number::{Evidence, Number, OptOut};
pub use rules::{ConsentRules, EvidenceRule, Replies, ScopeRule};
pub use scope::Scope;
pub use source::OptOutSource;
pub use words::{Keyword, STOP_WORDS, bare, keyword};

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
