//! What stands for or against a text to this number now, for whoever is about to write it.
//!
//! It is told before a word is typed, and decides nothing: `decide` judges the answer, and once more as it leaves.

use chrono_tz::Tz;

use super::consent::{self, OptOut};
use super::playbook::Compliance;
use super::time::Timestamp;

/// How it stands with a number. One word for each; a new reason is a new variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It withdrew consent: nothing goes there.
    OptedOut(OptOut),
    /// It is day there.
    Day,
    /// It is night there, and the buyer wrote a moment ago: an answer may go all the same until then.
    Direct(Timestamp),
    /// It is night there.
    Night,
}

/// How it stands now.
pub fn of(
    opted_out: Option<&OptOut>,
    rules: &Compliance,
    zone: Tz,
    last_inbound: Option<Timestamp>,
    now: Timestamp,
) -> Standing {
    if let Some(out) = opted_out {
        return Standing::OptedOut(out.clone());
    }
    if !consent::is_quiet(rules, zone, None, now) {
        return Standing::Day;
    }
    let until = last_inbound.map(|at| at + rules.reply_window);
    match until {
        Some(until) if !consent::is_quiet(rules, zone, last_inbound, now) => Standing::Direct(until),
        Some(_) | None => Standing::Night,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::OptOutSource;
    use crate::domain::time::Span;

    #[test]
    fn it_says_what_the_decision_would_look_at() {
        let at = |text: &str| -> Timestamp { chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into() };
        let (rules, zone) = (Compliance::default(), chrono_tz::America::Los_Angeles);
        let out = OptOut { at: at("2026-03-03T00:00:00Z"), source: OptOutSource::Carrier };
        let (noon, night) = (at("2026-03-03T12:00:00-08:00"), at("2026-03-03T22:00:00-08:00"));
        let ago = |now: Timestamp, minutes| Some(now - Span::minutes(minutes));
        for (opted_out, last, now, wanted) in [
            (Some(&out), None, noon, Standing::OptedOut(out.clone())),
            (None, ago(night, 30), night, Standing::Direct(night + Span::minutes(90))),
            (None, ago(night, 121), night, Standing::Night),
            (None, None, night, Standing::Night),
            (None, ago(noon, 121), noon, Standing::Day),
            (None, ago(noon, 1), noon, Standing::Day),
            (None, None, noon, Standing::Day),
        ] {
            assert_eq!(of(opted_out, &rules, zone, last, now), wanted);
        }
    }
}
