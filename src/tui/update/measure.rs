//! Keys where measures are looked at: from number to number, chart to chart, report to report, and into a number.

use std::sync::Arc;

use super::browse;
use crate::client::handle::{Ask, WhichReport};
use crate::domain::id::ConversationId;
use crate::domain::measure::ReportName;
use crate::domain::measure::cell::By;
use crate::domain::measure::chart::{Behind, Shape};
use crate::domain::measure::report::Report;
use crate::domain::time::Timestamp;
use crate::tui::layout;
use crate::tui::model::measure::{Opened, PERIODS, Read, charts};
use crate::tui::model::{Model, Screen};
use crate::tui::msg::Effect;
use crate::wire::report::Conversations;

/// Rows that a report may have by turns; hours have a chart of their own.
const ROWS: [By; 5] = [By::Cohort, By::Team, By::Rep, By::Line, By::UseCase];

/// Shows them.
pub(super) fn show(model: &mut Model, out: &mut Vec<Effect>) {
    model.screen = Screen::Measure;
    ask(model, out);
}

/// Asks for what is shown.
pub(super) fn ask(model: &mut Model, out: &mut Vec<Effect>) {
    model.measure.waiting = true;
    out.push(Effect::Ask(Ask::Measure(model.measure.which)));
}

/// A report came, from the backend or from what was kept.
pub(super) fn measured(model: &mut Model, which: WhichReport, at: Timestamp, report: Arc<Report>) {
    let known = model.measure.read.get(&which).map(|read| read.at);
    if known.is_some_and(|known| known > at) {
        return;
    }
    let charts = Arc::new(charts(&report));
    model.measure.read.insert(which, Read { at, report, charts });
    if model.measure.which == which {
        model.measure.waiting = false;
        model.measure.trouble = None;
        clamp(model);
    }
}

/// It did not come.
pub(super) fn unmeasured(model: &mut Model, which: WhichReport, why: String) {
    if model.measure.which == which {
        model.measure.waiting = false;
        model.measure.trouble = Some(why);
    }
}

/// The conversations behind a number came, or why they did not.
pub(super) fn found(model: &mut Model, behind: &Behind, found: Result<Arc<Conversations>, String>) {
    if let Some(opened) = model.measure.opened.as_mut().filter(|opened| opened.behind == *behind) {
        opened.found = Some(found);
    }
}

/// What is read anew may have fewer numbers.
fn clamp(model: &mut Model) {
    let charts = model.measure.shown().map_or(0, |read| read.charts.len());
    model.measure.chart = model.measure.chart.min(charts.saturating_sub(1));
    let bars = model.measure.chart().map_or(0, |chart| chart.bars.len());
    model.measure.bar = model.measure.bar.min(bars.saturating_sub(1));
}

/// Down, or up: the next number; in the week, the same hour of the next day.
pub(super) fn step(model: &mut Model, by: isize) {
    if let Some(opened) = &mut model.measure.opened {
        let count = match &opened.found {
            Some(Ok(found)) => found.conversations.len(),
            Some(Err(_)) | None => 0,
        };
        let to = opened.at.saturating_add_signed(by).min(count.saturating_sub(1));
        // A story is read from its beginning.
        if to != opened.at {
            (opened.at, opened.line) = (to, 0);
        }
        return;
    }
    let day = model.measure.chart().is_some_and(|chart| chart.shape == Shape::Week);
    move_by(model, if day && by.unsigned_abs() < 24 { by.saturating_mul(24) } else { by });
}

/// To the side: the next hour, day or number; where conversations are listed, on in the story of the one under the cursor.
pub(super) fn sideways(model: &mut Model, by: isize) {
    let most = layout::story_overflow(model);
    match &mut model.measure.opened {
        // The screen may be higher than it was.
        Some(opened) => opened.line = opened.line.min(most).saturating_add_signed(by).min(most),
        None => move_by(model, by),
    }
}

fn move_by(model: &mut Model, by: isize) {
    let Some(last) = model.measure.chart().and_then(|chart| chart.bars.len().checked_sub(1)) else { return };
    let to = model.measure.bar.saturating_add_signed(by);
    // Past the last day of a week there is no same hour.
    let beyond = (to > last && by == 24) || (by == -24 && model.measure.bar < 24);
    if !beyond {
        model.measure.bar = to.min(last);
    }
}

/// The next chart, or the one before.
pub(super) fn turn(model: &mut Model, by: isize) {
    let Some(count) = model.measure.shown().map(|read| read.charts.len()).filter(|count| *count > 0) else { return };
    model.measure.opened = None;
    let count = isize::try_from(count).unwrap_or(1);
    let at = isize::try_from(model.measure.chart).unwrap_or(0);
    model.measure.chart = (at + by).rem_euclid(count).unsigned_abs();
    // The cursor of a week begins where there is something.
    let first = model.measure.chart().and_then(|chart| chart.bars.iter().position(|bar| bar.behind.is_some()));
    model.measure.bar = first.unwrap_or(0);
}

/// Another report, other rows, another period: read anew, from its first chart.
fn change(model: &mut Model, to: WhichReport, out: &mut Vec<Effect>) {
    if to.report != model.measure.which.report {
        (model.measure.chart, model.measure.bar) = (0, 0);
    }
    model.measure.which = to;
    model.measure.opened = None;
    model.measure.trouble = None;
    clamp(model);
    ask(model, out);
}

/// The next report.
pub(super) fn next_report(model: &mut Model, by: usize, out: &mut Vec<Effect>) {
    let which = model.measure.which;
    let at = ReportName::ALL.iter().position(|report| *report == which.report).unwrap_or(0);
    let report = ReportName::ALL[(at + by) % ReportName::ALL.len()];
    change(model, WhichReport { report, ..which }, out);
}

/// By other rows.
pub(super) fn next_rows(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    let which = model.measure.which;
    if !matches!(which.report, ReportName::Sla | ReportName::Outcomes) {
        return model.say("This report has no rows to choose.", now);
    }
    let at = ROWS.iter().position(|by| *by == which.by).unwrap_or(0);
    change(model, WhichReport { by: ROWS[(at + 1) % ROWS.len()], ..which }, out);
}

/// A longer period, or a shorter one.
pub(super) fn period(model: &mut Model, by: isize, now: Timestamp, out: &mut Vec<Effect>) {
    let which = model.measure.which;
    let at = PERIODS.iter().position(|days| *days == which.days).unwrap_or(1);
    match at.checked_add_signed(by).and_then(|at| PERIODS.get(at)) {
        Some(days) => change(model, WhichReport { days: *days, ..which }, out),
        None => model.say("There is no period beyond this one.", now),
    }
}

/// Into the number under the cursor, then into the conversation under it.
pub(super) fn open(model: &mut Model, now: Timestamp, out: &mut Vec<Effect>) {
    if model.measure.opened.is_some() {
        return match under(model) {
            // What is not on this device cannot be opened here; what happened to it is in the record.
            Some(id) if model.row(id).is_none() => {
                let who = if model.audits() { "Auditors read the record" } else { "Not on this device" };
                model.say(format!("{who}: comeback explain {id}{}", audited(model)), now);
            }
            Some(id) => {
                model.measure.left_for = Some(id);
                browse::open(model, id);
            }
            None => model.say("There is no conversation here.", now),
        };
    }
    let Some(bar) = model.measure.bar() else { return model.say("There is no number here.", now) };
    let Some(behind) = bar.behind.clone() else {
        let why = format!("Not opened: {}.", bar.why_shut());
        return model.say(why, now);
    };
    let chart = model.measure.chart().map_or("", |chart| chart.title.as_str());
    let mut title = format!("{chart}: {}", bar.called());
    if !behind.words().is_empty() {
        title = format!("{title} · {}", behind.words());
    }
    model.measure.opened = Some(Opened { behind: behind.clone(), title, found: None, at: 0, line: 0 });
    out.push(Effect::Ask(Ask::Behind { behind, days: model.measure.which.days }));
}

/// What else an auditor can read.
fn audited(model: &Model) -> &'static str {
    if model.audits() { ", or comeback audit entries" } else { "" }
}

/// The conversation under the cursor.
pub(in crate::tui) fn under(model: &Model) -> Option<ConversationId> {
    let opened = model.measure.opened.as_ref()?;
    let found = opened.found.as_ref()?.as_ref().ok()?;
    found.conversations.get(opened.at)?.conversation.parse().ok()
}
