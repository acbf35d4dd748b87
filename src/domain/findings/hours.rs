//! Does the playbook leave texts any hour that the law leaves, and does it try to give more?

use super::{About, Finding};
use crate::domain::playbook::Compliance;
use crate::domain::quiet_hours;

/// Minutes of the federal day: 47 CFR 64.1200(c)(1).
const FEDERAL: (u16, u16) = (8 * 60, 21 * 60);

pub(super) fn check(own: &Compliance, all: &mut Vec<Finding>) {
    let (open, close) = (own.open_minute, own.close_minute);
    if open >= close {
        return;
    }
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    if open < FEDERAL.0 || close > FEDERAL.1 {
        all.push(Finding {
            about: About::Compliance,
            wrong: false,
            what: format!(
                "{} to {} is wider than the law of the United States: there texts wait from 21:00 to 08:00 all the same",
                clock(open),
                clock(close)
            ),
            remedy: "a playbook can narrow the hours, not widen them".to_owned(),
        });
    }
    // The place whose law leaves the least of these hours.
    let daily = quiet_hours::rules().iter().filter_map(|rule| Some((rule, rule.hours?)));
    let never = daily.filter(|(_, (from, to))| open.max(*from) >= close.min(*to)).map(|(rule, _)| rule);
    if let Some(rule) = never.min_by_key(|rule| (&rule.place, rule.on)) {
        all.push(Finding {
            about: About::Compliance,
            wrong: false,
            what: format!(
                "{} to {} has no minute in common with {} ({}): on such days no text leaves for there",
                clock(open),
                clock(close),
                rule.place,
                rule.law
            ),
            remedy: "open earlier or close later".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(open: u16, close: u16) -> Vec<String> {
        let mut all = Vec::new();
        let own = Compliance { open_minute: open * 60, close_minute: close * 60, ..Compliance::default() };
        check(&own, &mut all);
        assert!(all.iter().all(|finding| !finding.wrong), "it works, but not as its author may think");
        all.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn hours_wider_than_the_law_are_named() {
        assert_eq!(found(8, 21), Vec::<String>::new());
        assert!(found(7, 21)[0].contains("07:00 to 21:00 is wider than the law"));
        assert!(found(8, 24)[0].contains("08:00 to 24:00 is wider"));
        assert_eq!(found(21, 8), Vec::<String>::new(), "that is said elsewhere");
    }

    #[test]
    fn hours_that_leave_a_state_none_are_named_with_its_law() {
        let late = found(18, 21);
        assert!(late.iter().any(|what| what.contains("US-PA (73 P.S. 2245.2)")), "{late:?}");
    }
}
