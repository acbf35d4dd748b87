//! Reps whom no alert can reach.

use super::{Alerts, ChannelKind, Occasion};
use crate::domain::findings::{About, Finding};
use crate::domain::hours::Window;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;

/// What is known of a rep's own phone and mailbox, without saying which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A phone is known, and its owner did not text STOP.
    pub phone: bool,
    /// Its owner texted STOP.
    pub stopped: bool,
    /// A mail address is known.
    pub email: bool,
}

/// Minutes of a day in which alerts may come, less than which nobody means.
const FEWEST_AWAKE: u32 = 60;

/// Minutes of a day in which alerts may come, where there are quiet times.
fn awake(alerts: &Alerts) -> Option<u32> {
    let quiet = |windows: &Vec<Window>| windows.iter().map(|w| u32::from(w.close.saturating_sub(w.open))).sum::<u32>();
    let week = &alerts.quiet.as_ref()?.week;
    // Of a whole week: one quiet day is a day off.
    let quiet: u32 = week.iter().map(quiet).sum();
    Some((7 * 24 * 60_u32).saturating_sub(quiet) / 7)
}

/// Reps who answer and whom no alert can reach. `known` tells of phones and mailboxes; without it they are taken as known,
/// since a playbook's file does not hold them. A playbook without any channel alerts nobody, on purpose.
pub fn unreachable(playbook: &Playbook, known: Option<&dyn Fn(&RepId) -> Known>) -> Vec<Finding> {
    let alerting = &playbook.alerting;
    if alerting.channels.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (id, rep) in playbook.reps.iter().filter(|(_, rep)| rep.active) {
        let by = alerting.of(id).map_or(&[][..], |alerts| alerts.by.as_slice());
        let of = known.map_or(Known { phone: true, stopped: false, email: true }, |known| known(id));
        let reaches = |name: &String| match alerting.channels.get(name).map(|channel| &channel.kind) {
            Some(ChannelKind::Webhook { .. } | ChannelKind::Slack { .. }) => true,
            Some(ChannelKind::Email { .. }) => of.email,
            Some(ChannelKind::Sms { .. }) => of.phone && !of.stopped,
            None => false,
        };
        let silent = alerting.of(id).is_some_and(|alerts| alerts.on.is_empty());
        let (what, remedy) = if by.is_empty() {
            (
                format!("no alert can reach {}: no channel is named", rep.name),
                format!("write by = [\"…\"] under [rep.{id}.alerts], or under [alerts] for everybody"),
            )
        } else if silent {
            (
                format!("no alert ever reaches {}: no occasion is named", rep.name),
                format!("write on = [\"{}\"] under [rep.{id}.alerts]", Occasion::Offered.word()),
            )
        } else if let Some(minutes) = alerting.of(id).and_then(awake).filter(|minutes| *minutes < FEWEST_AWAKE) {
            let left = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
            (
                format!("alerts reach {} in {left} of the day alone: the rest is quiet", rep.name),
                format!(
                    "write the hours of the night under [rep.{id}.alerts], or under [alerts] for everybody: quiet = {{ times = \
                     [\"22:00-07:00\"], … }}"
                ),
            )
        } else if by.iter().any(reaches) {
            continue;
        } else if of.stopped {
            (
                format!("no alert can reach {}: they texted STOP to the page line", rep.name),
                "they text START to it, or get another channel".to_owned(),
            )
        } else {
            (
                format!("no alert can reach {}: what {} needs is not known of them", rep.name, by.join(" or ")),
                format!("comeback rep reach {id}"),
            )
        };
        all.push(Finding { about: About::Rep(id.clone()), wrong: false, what, remedy });
    }
    all
}
