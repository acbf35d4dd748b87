//! How people are alerted beside the inbox, and who counts as away, in sentences.

use super::words::{list, span};
use crate::domain::alert::Alerts;
use crate::domain::alert::mailed::Mailed;
use crate::domain::measure::ReportName;
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
    lines.extend(alerting.reports.iter().map(|(name, mailed)| report(playbook, name, mailed)));
    if let Some(unseen) = &playbook.unseen {
        let hours = unseen.calendar.as_ref().map_or_else(String::new, |name| format!(" in the hours {name}"));
        lines.push(format!("Whose client was not seen for {}{hours} counts as away.", span(unseen.after)));
    }
    lines
}

/// `monday: the report sla by cohort is mailed to Nora Lind, on Monday at 8:00 (America/New_York), over the 7 days before.`
fn report(playbook: &Playbook, name: &str, mailed: &Mailed) -> String {
    let to: Vec<String> = mailed.to.iter().map(|rep| playbook.rep_name(rep).to_owned()).collect();
    let on: Vec<String> = mailed.on.iter().map(|day| day.words().to_owned()).collect();
    let on = if on.is_empty() { "every day".to_owned() } else { format!("on {}", list(&on, "and")) };
    let by = match mailed.report {
        ReportName::Sla | ReportName::Outcomes => format!(" by {}", mailed.by.name().replace('_', " ")),
        ReportName::Load | ReportName::Compliance => String::new(),
    };
    format!(
        "{name}: the report {}{by} is mailed to {}, {on} at {}:{:02} ({}), over the {} days before.",
        mailed.report.word(),
        list(&to, "and"),
        mailed.at / 60,
        mailed.at % 60,
        mailed.zone.name(),
        mailed.days
    )
}

fn one(alerts: &Alerts) -> String {
    if alerts.by.is_empty() {
        return "nothing beside the inbox".to_owned();
    }
    let quiet = if alerts.quiet.is_some() { ", not in quiet times" } else { "" };
    let most = alerts.at_most;
    format!("by {}, at most {most} within {}{quiet}", list(&alerts.by, "else by"), span(alerts.within))
}
