//! Who is on call at another time, and the overrides that are not over then: what `comeback oncall --at` says.

use super::paint::Tone;
use super::people::{called, on_call_words};
use super::ticker::Ticker;
use crate::domain::oncall;
use crate::domain::time::Timestamp;
use crate::tui::model::{Model, people};
use crate::tui::update;

/// Every schedule as of then.
pub(super) fn lines(model: &Model, at: Timestamp, tick: &Ticker) -> Vec<(String, Tone)> {
    let Some(inbox) = model.inbox.as_deref() else { return Vec::new() };
    let Some(playbook) = inbox.playbook.as_deref() else { return Vec::new() };
    let mut lines = vec![(tick.distance(at), Tone::Dim)];
    let time = |at| update::day_time(model, at, tick.now);
    for plan in oncall::plans(playbook) {
        let (then, after) = on_call_words(model, &people::on_call(inbox, &plan, at), at, tick);
        let comma = if after.is_empty() { "" } else { ", " };
        lines.push((format!("{then}{comma}{after}"), Tone::Plain));
        for made in people::overrides(inbox, &plan.id).iter().filter(|made| made.to > at) {
            let begins = made.from.max(at);
            let who = made.rep.as_ref().map_or_else(|| "nobody".to_owned(), |rep| called(model, rep, begins));
            lines.push((format!("  override: {who}, {} to {}", time(made.from), time(made.to)), Tone::Dim));
        }
    }
    if lines.len() == 1 {
        lines.push(("There is no schedule in the playbook.".to_owned(), Tone::Dim));
    }
    lines
}
