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
