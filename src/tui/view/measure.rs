//! Measures: one chart at a time, each number with its words, and the conversations behind one.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::inside;
use super::paint::{Painter, Tone, cut, packed};
use crate::domain::measure::ReportName;
use crate::domain::measure::chart::{Bar, Chart, Shape};
use crate::domain::measure::sheet::Datum;
use crate::tui::model::Model;
use crate::tui::model::measure::Read;
use crate::tui::theme::SELECTED_MARK;
use crate::wire::sheet::words;

mod behind;
mod drawn;

pub(in crate::tui) use behind::overflow;

/// From this width on, bars have columns.
const COLUMNS: u16 = 60;

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    p.frame(area, "Measure", true);
    let area = inside(area);
    p.park(area.x, area.y);
    let body = head(model, area, p);
    if let Some(opened) = &model.measure.opened {
        return behind::draw(model, opened, body, p);
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
    let (says, foot) = beside(chart, model.measure.bar, body);
    let says =
        if chart.shape == Shape::Week && !drawn::is_roomy(body.width) { cut(SHADES, width, says.len()) } else { says };
    let (said, below) = (rows_of(&says), rows_of(&foot));
    for (y, line) in (body.y + 1..).zip(&says) {
        p.put(body.x + 1, y, width, line, Tone::Dim);
    }
    let room = Rect::new(body.x, body.y + 1 + said, body.width, body.height.saturating_sub(1 + said + below));
    match chart.shape {
        Shape::Bars | Shape::Funnel => rows(chart, model.measure.bar, room, below, p),
        Shape::Days => drawn::days(chart, model.measure.bar, room, p),
        Shape::Week => drawn::week(chart, model.measure.bar, room, p),
    }
    for (y, line) in (body.bottom().saturating_sub(below)..body.bottom()).zip(&foot) {
        let line: Vec<(&str, Tone)> = line.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
        p.pieces(body.x + 1, y, width, &line);
    }
}

/// Lines over the chart, that say how to read it, and under it, on the number under the cursor: as many as they need, while
/// the chart keeps some. On a low screen the numbers matter more than how they are read.
fn beside(chart: &Chart, at: usize, body: Rect) -> (Vec<String>, Vec<Vec<(String, Tone)>>) {
    let width = body.width.saturating_sub(2);
    let foot = foot(chart, at);
    let high = usize::from(body.height);
    let foot = if high >= ROOMY {
        packed(foot, width).into_iter().take(FOOT).collect()
    } else {
        Vec::from_iter((!foot.is_empty()).then_some(foot))
    };
    // Of bars some may be below; days and hours are a picture.
    let (needs, parts) = match chart.shape {
        Shape::Bars | Shape::Funnel => (chart.bars.len(), true),
        Shape::Days | Shape::Week => (8, false),
    };
    let left = high.saturating_sub(1 + foot.len());
    let least = if high >= ROOMY { left.saturating_sub(3).min(FOOT) } else { usize::from(parts && left > 3) };
    let says = cut(&chart.says, width, left.saturating_sub(needs).max(least));
    (says, foot)
}

/// What is said of a week without room for its numbers.
const SHADES: &str = "When the buyer wrote. The darker, the more were late: · none, █ all. The share of the hour under the cursor \
    stands below.";

/// From so many rows on words have lines of their own.
const ROOMY: usize = 10;

/// The most lines that the number under the cursor takes.
const FOOT: usize = 3;

fn rows_of<T>(lines: &[T]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
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
    let state = state(model, area.width, p);
    let state: Vec<(&str, Tone)> = state.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
    p.pieces(area.x + 1, area.y + 1, width, &state);
    let below = below_head(area);
    if below.y > area.y + 2 {
        let keys = match &model.measure.opened {
            None => "Tab chart · <> report · b rows · +- period · Enter conversations · Esc",
            Some(opened) if behind::story_of(opened).is_empty() => "j k conversation · Enter opens it · Esc",
            Some(_) => "j k conversation · Left Right its story · Enter opens it · Esc",
        };
        p.put(area.x + 1, area.y + 2, width, keys, Tone::Dim);
    }
    below
}

/// What is left below the head: it takes two rows, and where there are enough of them a third for the keys.
fn below_head(area: Rect) -> Rect {
    let used = if area.height >= 12 { 3 } else { 2 };
    Rect::new(area.x, area.y + used, area.width, area.height.saturating_sub(used))
}

/// How old what is shown is, and why it is not newer; of a list with times, in which zone they are.
fn state(model: &Model, width: u16, p: &Painter<'_>) -> Vec<(String, Tone)> {
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
        if model.measure.opened.is_some() {
            said.push((format!("· times of {}", zone(model, width)), Tone::Dim));
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

/// The zone of the list's times; where there is little room, its town.
fn zone(model: &Model, width: u16) -> String {
    let name = model.zone().name();
    if width >= COLUMNS {
        return name.to_owned();
    }
    name.rsplit('/').next().unwrap_or(name).replace('_', " ")
}

/// Bars, one a row; a funnel's stand in the middle. `below` are the rows between them and the border.
fn rows(chart: &Chart, at: usize, area: Rect, below: u16, p: &mut Painter<'_>) {
    let fit = usize::from(area.height.max(1));
    let top = (at + 1).saturating_sub(fit);
    // A star belongs to its label.
    let star = |bar: &Bar| if bar.small { " *" } else { "" };
    let cells = |bar: &Bar| bar.label.width() + star(bar).len();
    let longest = u16::try_from(chart.bars.iter().map(cells).max().unwrap_or(0) + 1).unwrap_or(u16::MAX);
    let wide = area.width >= COLUMNS;
    let label = longest.min(if wide { area.width / 3 } else { area.width / 2 });
    // An amount of money may take more than a share does.
    let numbers = chart.bars.iter().map(|bar| words(&bar.value).chars().count()).max().unwrap_or(0);
    let wide_number = u16::try_from(numbers).unwrap_or(u16::MAX).clamp(9, 18);
    for (y, (index, bar)) in (area.y..).zip(chart.bars.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(area.x, y, area.width, 1);
        // Where there is no room for both the label is cut, not the star.
        let (room, star) = (label.saturating_sub(1), star(bar));
        let long = u16::try_from(star.len()).unwrap_or(0).min(room);
        let used = u16::try_from(bar.label.width()).unwrap_or(u16::MAX).min(room - long);
        p.put(spot.x + 2, y, room - long, &bar.label, Tone::Plain);
        p.put(spot.x + 2 + used, y, long, star, Tone::Plain);
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
    p.more(Rect::new(area.x, area.y, area.width, area.height + below), top, chart.bars.len().saturating_sub(top + fit));
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
fn foot(chart: &Chart, at: usize) -> Vec<(String, Tone)> {
    let Some(bar) = chart.bars.get(at) else { return Vec::new() };
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
    let (beside, opens) = ((beside, Tone::Plain), (opens.trim_end().to_owned(), tone));
    let (next, last) = if shut { (opens, beside) } else { (beside, opens) };
    vec![(label, Tone::Plain), (value, Tone::Strong), next, last, (few.to_owned(), Tone::Dim)]
}
