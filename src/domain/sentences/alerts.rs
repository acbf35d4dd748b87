//! How people are alerted beside the inbox, and who counts as away, in sentences.

use super::hours::windows;
use super::words::{list, span};
use crate::domain::alert::mailed::Mailed;
use crate::domain::alert::{Alerts, Channel, Occasion, Redact};
use crate::domain::measure::ReportName;
use crate::domain::playbook::Playbook;

pub(super) fn of(playbook: &Playbook) -> Vec<String> {
    let alerting = &playbook.alerting;
    let mut lines: Vec<String> = alerting.channels.iter().map(|(name, channel)| told(name, channel)).collect();
    lines.extend(alerting.everybody.iter().flat_map(|alerts| one("Everybody", alerts)));
    lines.extend(alerting.reps.iter().flat_map(|(rep, alerts)| one(playbook.rep_name(rep), alerts)));
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

/// What a channel is, and what it does not say.
fn told(name: &str, channel: &Channel) -> String {
    let redacted = match channel.redact {
        Redact::None => "it says everything, the buyer's words too",
        Redact::Names => "it says no name of anybody and nobody's words",
        Redact::All => "it says only that something waits, of which cohort, and how long",
    };
    format!("{name}: by {}; {redacted}.", channel.kind.word())
}

/// Whom and by what, then of what and when not.
fn one(who: &str, alerts: &Alerts) -> Vec<String> {
    if alerts.by.is_empty() {
        return vec![format!("{who} is told nothing beside the inbox.")];
    }
    let (most, within) = (alerts.at_most, span(alerts.within));
    let on: Vec<String> = alerts.on.iter().map(|on| occasion(*on).to_owned()).collect();
    let quiet = alerts.quiet.as_ref().and_then(|quiet| Some((windows(&quiet.week[0])?, quiet.zone)));
    let of = if on.is_empty() { "of nothing".to_owned() } else { list(&on, "and") };
    let mut lines = vec![
        format!("{who} is told by {}, at most {most} within {within}:", list(&alerts.by, "else by")),
        format!("  {of}."),
    ];
    lines.extend(
        quiet.map(|(hours, zone)| format!("  In the quiet times {hours}, zone {zone}, it waits until they are over.")),
    );
    lines
}

const fn occasion(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Offered => "a reply that is offered to them first",
        Occasion::Pool => "a reply in a pool of theirs",
        Occasion::Climbed => "a reply that climbed to them",
        Occasion::HandedBack => "one that a colleague gave them or gave back",
        Occasion::Warn => "an answer that is due soon",
        Occasion::Breach => "an answer that is late",
        Occasion::HandOff => "their turn on call",
        Occasion::Ruling => "a text that may ask us to stop and that nobody ruled on",
        Occasion::Approval => "a text of a colleague's that needs a second person",
        Occasion::Note => "a note that a colleague wrote for them",
    }
}
