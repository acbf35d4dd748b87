//! What carriers say to opt-outs. Their threshold is of one day: a period may be quiet while one of its days was not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::load::date;
use super::report::Part;

/// Above this they watch a number.
pub const WATCHED: f64 = 0.005;

/// Above this within a day they stop it. As one guide quotes both: no carrier publishes its own.
pub const STOPPED: f64 = 0.04;

/// Opt-outs of one local day of the company against the texts of that day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OneDay {
    /// Which: `2026-11-28`.
    pub day: String,
    /// Opt-outs of the day, of the texts of the day.
    pub opt_outs: Part,
}

impl OneDay {
    /// The worst of some days, each with its opt-outs and its texts; of those that are alike the first. A day with too few
    /// texts to say anything is none.
    pub fn worst(days: &BTreeMap<i32, (i64, i64)>) -> Option<Self> {
        let judged = days.iter().map(|(day, (outs, texts))| (*day, Part::of(*outs, *texts)));
        let judged = judged.filter(|(_, part)| !part.small && part.part > 0);
        let worst = judged.reduce(|worst, one| if one.1.share > worst.1.share { one } else { worst });
        worst.map(|(day, opt_outs)| Self { day: date(day).map_or_else(String::new, |date| date.to_string()), opt_outs })
    }
}

/// What they say to a rate, and to that of the worst day of the period.
pub fn judged(part: &Part, worst: Option<&OneDay>) -> String {
    let of_day = worst.and_then(|worst| Some((worst, worst.opt_outs.share?)));
    match (of_day, part.share) {
        (Some((worst, share)), _) if share > STOPPED => {
            format!("above 4 % on {}: carriers stop a number that is so within a day", worst.day)
        }
        (_, None) => "nothing was sent".to_owned(),
        (_, Some(_)) if part.small => "too few texts to say".to_owned(),
        (_, Some(share)) if share > STOPPED => {
            "above 4 % over the period: carriers stop a number that is so within a day".to_owned()
        }
        (_, Some(share)) if share > WATCHED => "above 0.5 %: carriers watch".to_owned(),
        (Some((worst, share)), _) if share > WATCHED => format!("above 0.5 % on {}: carriers watch", worst.day),
        (_, Some(_)) => "below 0.5 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_month_with_one_bad_day_is_told_with_its_day() {
        // 9 of 3000 is 0.3 %. On day 20,455, which is 2026-01-02, it was 6 of 100.
        let quiet = Part::of(9, 3_000);
        let days = |all: &[(i32, i64, i64)]| all.iter().map(|(day, outs, texts)| (*day, (*outs, *texts))).collect();
        for (all, wanted) in [
            (vec![(20_454, 3, 100), (20_455, 6, 100)], "above 4 % on 2026-01-02: carriers stop a number"),
            (vec![(20_454, 3, 100), (20_455, 3, 100)], "above 0.5 % on 2026-01-01: carriers watch"),
            // One of three texts is no rate.
            (vec![(20_454, 1, 3), (20_455, 1, 1_000)], "below 0.5 %"),
            (vec![], "below 0.5 %"),
        ] {
            let worst = OneDay::worst(&days(&all));
            let told = judged(&quiet, worst.as_ref());
            assert!(told.starts_with(wanted), "{all:?}: {told}");
        }
        assert_eq!(judged(&Part::of(1, 100), None), "above 0.5 %: carriers watch");
        assert!(judged(&Part::of(5, 100), None).starts_with("above 4 % over the period"));
        assert_eq!(judged(&Part::of(1, 3), None), "too few texts to say");
        assert_eq!(judged(&Part::of(0, 0), None), "nothing was sent");
    }
}
