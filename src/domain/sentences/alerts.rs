//! How people are alerted beside the inbox, and who counts as away, in sentences.

use super::words::{list, span};
use crate::domain::alert::Alerts;
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let alerting = &playbook.alerting;
    let mut lines: Vec<String> =
        alerting.channels.iter().map(|(name, channel)| format!("{name}: by {}.", channel.kind.word())).collect();
    lines.extend(alerting.everybody.as_ref().map(|alerts| format!("Everybody is told {}.", one(alerts))));
    let own = alerting.reps.iter().map(|(rep, alerts)| format!("{} is told {}.", playbook.rep_name(rep), one(alerts)));
    lines.extend(own);
    if !alerting.operations.is_empty() {
        lines.push(format!("Operations hear of a broken expectation by {}.", list(&alerting.operations, "else")));
    }
    if let Some(unseen) = &playbook.unseen {
        let hours = unseen.calendar.as_ref().map_or_else(String::new, |name| format!(" in the hours {name}"));
        lines.push(format!("Whose client was not seen for {}{hours} counts as away.", span(unseen.after)));
    }
    lines
}

fn one(alerts: &Alerts) -> String {
    if alerts.by.is_empty() {
        return "nothing beside the inbox".to_owned();
    }
    let quiet = if alerts.quiet.is_some() { ", not in quiet times" } else { "" };
    let most = alerts.at_most;
    format!("by {}, at most {most} within {}{quiet}", list(&alerts.by, "else by"), span(alerts.within))
}
