//! Measures: one chart at a time, each number with its words, and the conversations behind one.

use ratatui::layout::Rect;

use super::inside;
use super::paint::{Painter, Tone};
use crate::domain::measure::ReportName;
use crate::domain::measure::chart::{Bar, Chart, Shape};
use crate::domain::measure::sheet::Datum;
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::measure::{Opened, Read};
use crate::tui::theme::SELECTED_MARK;
use crate::wire::sheet::words;

mod drawn;

/// From this width on, bars have columns.
const COLUMNS: u16 = 60;

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "Measure", true);
    let area = inside(area);
    p.park(area.x, area.y);
    let body = head(model, area, p);
    if let Some(opened) = &model.measure.opened {
        return behind(model, opened, body, p);
    }
    let Some(read) = model.measure.shown() else {
        let said = if model.measure.waiting { "Reading…" } else { "Nothing was read yet. Ctrl-r reads again." };
        p.put(body.x + 1, body.y, body.width.saturating_sub(1), said, Tone::Dim);
        return;
    };
    let Some(chart) = read.charts.get(model.measure.chart) else { return };
    let count = format!("{}/{}", model.measure.chart + 1, read.charts.len());
    let width = body.width.saturating_sub(2);
    p.pieces(body.x + 1, body.y, width, &[(&count, Tone::Dim), (&chart.title, Tone::Strong)]);
    // On a low screen the number under the cursor matters more than how to read the chart.
    let roomy = body.height >= 10 && !chart.says.is_empty();
    if roomy {
        p.put(body.x + 1, body.y + 1, width, &chart.says, Tone::Dim);
    }
    let used = if roomy { 2 } else { 1 };
    let room = Rect::new(body.x, body.y + used, body.width, body.height.saturating_sub(used + 1));
    match chart.shape {
        Shape::Bars | Shape::Funnel => rows(chart, model.measure.bar, room, p),
        Shape::Days => drawn::days(chart, model.measure.bar, room, p),
        Shape::Week => drawn::week(chart, model.measure.bar, room, p),
    }
    foot(chart, model.measure.bar, Rect::new(body.x, body.bottom().saturating_sub(1), body.width, 1), p);
}

/// Which report, over which days, how old; what keys do. Answers what is left below.
fn head(model: &Model, area: Rect, p: &mut Painter<'_>) -> Rect {
    let (which, width) = (model.measure.which, area.width.saturating_sub(2));
    let names = ReportName::ALL.map(|name| {
        if name == which.report {
            (format!("[{}]", name.words()), Tone::Accent)
        } else {
            (name.words().to_owned(), Tone::Dim)
        }
    });
    let mut pieces: Vec<(&str, Tone)> = names.iter().map(|(name, tone)| (name.as_str(), *tone)).collect();
    let period = format!("{} days", which.days);
    let rows = format!("by {}", which.by.name().replace('_', " "));
    pieces.push((&period, Tone::Plain));
    if matches!(which.report, ReportName::Sla | ReportName::Outcomes) && area.width >= COLUMNS {
        pieces.push((&rows, Tone::Plain));
    }
    p.pieces(area.x + 1, area.y, width, &pieces);
    let state = state(model, p);
    let state: Vec<(&str, Tone)> = state.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
    p.pieces(area.x + 1, area.y + 1, width, &state);
    let mut used = 2;
    if area.height >= 12 {
        let keys = "Tab chart · <> report · b rows · +- period · Enter conversations · Esc";
        p.put(area.x + 1, area.y + 2, width, keys, Tone::Dim);
        used = 3;
    }
    Rect::new(area.x, area.y + used, area.width, area.height.saturating_sub(used))
}

/// How old what is shown is, and why it is not newer.
fn state(model: &Model, p: &Painter<'_>) -> Vec<(String, Tone)> {
    let mut said = Vec::new();
    if let Some(Read { at, report, .. }) = model.measure.shown() {
        let age = p.tick.real_age(*at);
        let ago = if age.starts_with(|c: char| c.is_ascii_digit()) { " ago" } else { "" };
        said.push((format!("read {age}{ago}"), Tone::Dim));
        let about = report.about();
        if about.behind > 0 {
            let entries = if about.behind == 1 { "entry" } else { "entries" };
            said.push((format!("· {} {entries} not counted yet", about.behind), Tone::Warn));
        }
        said.push((format!("· of {}", about.scope), Tone::Dim));
    }
    if let Some(why) = &model.measure.trouble {
        said.insert(0, (format!("not read: {why}"), Tone::Warn));
    } else if model.measure.waiting {
        said.push(("· reading…".to_owned(), Tone::Dim));
    }
    said
}

/// Bars, one a row; a funnel's stand in the middle.
fn rows(chart: &Chart, at: usize, area: Rect, p: &mut Painter<'_>) {
    let fit = usize::from(area.height.max(1));
    let top = (at + 1).saturating_sub(fit);
    let longest = chart.bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let longest = u16::try_from(longest + 2).unwrap_or(u16::MAX);
    let wide = area.width >= COLUMNS;
    let label = longest.min(if wide { area.width / 3 } else { area.width / 2 });
    // An amount of money may take more than a share does.
    let numbers = chart.bars.iter().map(|bar| words(&bar.value).chars().count()).max().unwrap_or(0);
    let wide_number = u16::try_from(numbers).unwrap_or(u16::MAX).clamp(9, 18);
    for (y, (index, bar)) in (area.y..).zip(chart.bars.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(area.x, y, area.width, 1);
        let star = if bar.small { " *" } else { "" };
        p.put(spot.x + 2, y, label.saturating_sub(1), &format!("{}{star}", bar.label), Tone::Plain);
        let mut x = spot.x + 2 + label;
        let drawn = chart.bars.iter().any(|bar| bar.fill.is_some());
        if drawn && wide {
            let room = area.width / 3;
            drawn::bar(chart, bar, Rect::new(x, y, room, 1), p);
            x += room + 1;
        }
        let number = right(&words(&bar.value), usize::from(wide_number));
        let left = spot.right().saturating_sub(x + 1);
        p.put(x, y, left.min(wide_number), &number, tone(bar));
        p.put(x + wide_number + 1, y, left.saturating_sub(wide_number + 1), &bar.beside, Tone::Dim);
        if index == at {
            p.put(spot.x, y, 1, SELECTED_MARK, Tone::Strong);
            p.select(spot);
            p.park(spot.x, y);
        }
    }
    p.more(Rect::new(area.x, area.y, area.width, area.height + 1), top, chart.bars.len().saturating_sub(top + fit));
}

/// To the right of so many cells. Spaces that end a line are dropped when it is drawn, those before do not.
fn right(text: &str, width: usize) -> String {
    format!("{text:>width$}")
}

/// Never the only sign: the number says the same.
fn tone(bar: &Bar) -> Tone {
    match bar.bad {
        bad if bar.small || bad < 0.25 => Tone::Strong,
        bad if bad < 0.5 => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// The number under the cursor, whole.
fn foot(chart: &Chart, at: usize, area: Rect, p: &mut Painter<'_>) {
    let Some(bar) = chart.bars.get(at) else { return };
    let few = if bar.small { "* too few to say much" } else { "" };
    let value = if bar.value == Datum::None { "nothing".to_owned() } else { words(&bar.value) };
    let opens = match &bar.behind {
        Some(behind) => format!("Enter opens {}", behind.words()),
        None => bar.why_shut().to_owned(),
    };
    // Why nothing is opened stands nowhere else; what a number is of stands in its row, too.
    let shut = bar.behind.is_none() && !bar.shut.is_empty();
    let tone = if bar.behind.is_some() { Tone::Accent } else { Tone::Dim };
    let label = format!("{}:", bar.label);
    let beside = if bar.beside.is_empty() { String::new() } else { format!("({})", bar.beside) };
    let pieces = [
        (label.as_str(), Tone::Plain),
        (value.as_str(), Tone::Strong),
        if shut { (opens.trim_end(), tone) } else { (beside.as_str(), Tone::Plain) },
        if shut { (beside.as_str(), Tone::Plain) } else { (opens.trim_end(), tone) },
        (few, Tone::Dim),
    ];
    p.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

/// The conversations behind a number.
fn behind(model: &Model, opened: &Opened, area: Rect, p: &mut Painter<'_>) {
    let width = area.width.saturating_sub(2);
    p.put(area.x + 1, area.y, width, &opened.title, Tone::Strong);
    let found = match &opened.found {
        None => {
            p.put(area.x + 1, area.y + 1, width, "Reading…", Tone::Dim);
            return;
        }
        Some(Err(why)) => {
            p.put(area.x + 1, area.y + 1, width, &format!("Not read: {why}"), Tone::Warn);
            return;
        }
        Some(Ok(found)) => found,
    };
    if found.conversations.is_empty() {
        p.put(area.x + 1, area.y + 1, width, "No conversation any more.", Tone::Dim);
        return;
    }
    let story = found.conversations.get(opened.at).map(|one| one.story.as_slice()).unwrap_or_default();
    // What happened to the one under the cursor, where there is room for it.
    let told = if area.height >= 12 { u16::try_from(story.len().min(5)).unwrap_or(0) } else { 0 };
    let room = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1 + told));
    let fit = usize::from(room.height.max(1));
    let top = (opened.at + 1).saturating_sub(fit);
    for (y, (index, one)) in (room.y..).zip(found.conversations.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(room.x, y, room.width, 1);
        let row = one.conversation.parse().ok().and_then(|id| model.row(id));
        let name = row.map_or("(not on this device)", |row| row.name.as_str());
        let when = p.tick.clock_time(Timestamp::from_millis(one.at), model.zone());
        // For how many of what is counted it stands.
        let times = if one.times > 1 { format!("×{}", one.times) } else { String::new() };
        let pieces = [
            (when.as_str(), Tone::Dim),
            (name, Tone::Plain),
            (times.as_str(), Tone::Plain),
            (one.said.as_str(), Tone::Dim),
        ];
        p.pieces(spot.x + 2, y, spot.width.saturating_sub(3), &pieces);
        if index == opened.at {
            p.put(spot.x, y, 1, SELECTED_MARK, Tone::Strong);
            p.select(spot);
            p.park(spot.x, y);
        }
    }
    for (y, line) in (room.bottom()..area.bottom()).zip(story) {
        p.put(area.x + 2, y, width.saturating_sub(1), line, Tone::Dim);
    }
    let below = found.conversations.len().saturating_sub(top + fit);
    let more = below + usize::from(found.more && below == 0);
    p.more(area, top, more);
}
