//! What stands for or against a text to this number now, for whoever is about to write it.
//!
//! It is told before a word is typed, and decides nothing: `decide` judges the answer, and once more as it leaves.

use super::consent::OptOut;
use super::playbook::Compliance;
use super::quiet_hours::{Hours, Said};
use super::time::Timestamp;
use super::zone::Place;

/// How it stands with a number. One word for each; a new reason is a new variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It withdrew consent: nothing goes there.
    OptedOut(OptOut),
    /// A text of theirs may have asked us to stop: nothing goes until a person rules.
    OnHold,
    /// It is day there.
    Day,
    /// The hours are closed there, and the buyer wrote a moment ago: an answer may go all the same until then.
    Direct(Timestamp),
    /// The hours are closed there, until then when they open at all.
    Closed(Option<Timestamp>),
}

/// How it stands now.
pub fn of(
    opted_out: Option<&OptOut>,
    on_hold: bool,
    rules: &Compliance,
    place: &Place,
    last_inbound: Option<Timestamp>,
    now: Timestamp,
) -> Standing {
    if let Some(out) = opted_out {
        return Standing::OptedOut(out.clone());
    }
    if on_hold {
        return Standing::OnHold;
    }
    match (Hours { place, own: rules }.judge(last_inbound, now).said, last_inbound) {
        (Said::Open | Said::Overruled, _) | (Said::Direct, None) => Standing::Day,
        (Said::Direct, Some(at)) => Standing::Direct(at + rules.reply_window),
        (Said::Until(opens), _) => Standing::Closed(Some(opens)),
        (Said::Never, _) => Standing::Closed(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::OptOutSource;
    use crate::domain::time::Span;
    use crate::domain::zone::Source;

    #[test]
    fn it_says_what_the_decision_would_look_at() {
        let at = |text: &str| -> Timestamp { chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into() };
        let (rules, zone) = (Compliance::default(), chrono_tz::America::Los_Angeles);
        let place = Place::of_zone(zone, Source::Tenant);
        let morning = Standing::Closed(Some(at("2026-03-04T08:00:00-08:00")));
        let out = OptOut::new(at("2026-03-03T00:00:00Z"), OptOutSource::Carrier);
        let (noon, night) = (at("2026-03-03T12:00:00-08:00"), at("2026-03-03T22:00:00-08:00"));
        let ago = |now: Timestamp, minutes| Some(now - Span::minutes(minutes));
        for (opted_out, last, now, wanted) in [
            (Some(&out), None, noon, Standing::OptedOut(out.clone())),
            (None, ago(night, 30), night, Standing::Direct(night + Span::minutes(90))),
            (None, ago(night, 121), night, morning.clone()),
            (None, None, night, morning.clone()),
            (None, ago(noon, 121), noon, Standing::Day),
            (None, ago(noon, 1), noon, Standing::Day),
            (None, None, noon, Standing::Day),
        ] {
            assert_eq!(of(opted_out, false, &rules, &place, last, now), wanted);
            let held = if opted_out.is_some() { wanted } else { Standing::OnHold };
            assert_eq!(of(opted_out, true, &rules, &place, last, now), held);
        }
    }
}
