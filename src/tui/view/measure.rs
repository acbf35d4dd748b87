//! Measures: one chart at a time, each number with its words, and the conversations behind one.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::inside;
use super::paint::{Painter, Tone, cut, first_part, in_parts, packed};
use crate::client::handle::LinkState;
use crate::domain::measure::ReportName;
use crate::domain::measure::chart::{Bar, Chart, Shape};
use crate::domain::measure::money::thousands;
use crate::domain::measure::sheet::Datum;
use crate::tui::model::Model;
use crate::tui::model::measure::Read;
use crate::tui::theme::SELECTED_MARK;
use crate::wire::sheet::{priced, priced_briefly};

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
    let body = trouble(model, body, p);
    let Some(read) = model.measure.shown() else {
        let said = match (&model.measure.trouble, model.measure.waiting) {
            (_, true) => "Reading…",
            (None, false) => "Nothing was read yet. Ctrl-r reads again.",
            // What the backend says no to, it says no to again.
            (Some(_), false) if model.link == LinkState::Online => "",
            (Some(_), false) => "Ctrl-r reads again.",
        };
        p.put(body.x + 1, body.y, body.width.saturating_sub(1), said, Tone::Dim);
        return;
    };
    let Some(chart) = read.charts.get(model.measure.chart) else { return };
    let count = format!("{}/{}", model.measure.chart + 1, read.charts.len());
    let width = body.width.saturating_sub(2);
    p.pieces(body.x + 1, body.y, width, &[(&count, Tone::Dim), (&chart.title, Tone::Strong)]);
    let (says, foot) = beside(chart, model.measure.bar, model.measure.which.report, body);
    let (said, below) = (rows_of(&says), rows_of(&foot));
    for (y, line) in (body.y + 1..).zip(&says) {
        p.put(body.x + 1, y, width, line, Tone::Dim);
    }
    let room = Rect::new(body.x, body.y + 1 + said, body.width, body.height.saturating_sub(1 + said + below));
    match chart.shape {
        Shape::Bars | Shape::Funnel => rows(chart, model.measure.bar, room, below, p),
        Shape::Days => drawn::days(chart, model.measure.bar, room, p),
        Shape::Week => drawn::week(chart, model.measure.bar, room, below, p),
    }
    for (y, line) in (body.bottom().saturating_sub(below)..body.bottom()).zip(&foot) {
        let line: Vec<(&str, Tone)> = line.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
        p.pieces(body.x + 1, y, width, &line);
    }
}

/// Lines over the chart, that say how to read it, and under it, on the number under the cursor: as many as they need, while
/// the chart keeps some. On a low screen the numbers matter more than how they are read.
fn beside(chart: &Chart, at: usize, of: ReportName, body: Rect) -> (Vec<String>, Vec<Vec<(String, Tone)>>) {
    let width = body.width.saturating_sub(2);
    let high = usize::from(body.height);
    // Of bars some may be below, of days and hours none: these are a picture. A week gives up what is said before a day.
    let (needs, low, parts) = match chart.shape {
        Shape::Bars | Shape::Funnel => (chart.bars.len(), ROOMY, true),
        Shape::Days => (WEEK, ROOMY, false),
        Shape::Week => (WEEK, 1 + FOOT + WEEK, false),
    };
    let roomy = high >= low;
    let foot = chart.bars.get(at).map_or_else(Vec::new, |bar| foot(bar, of, width, roomy));
    let left = high.saturating_sub(1 + foot.len());
    let least = match chart.shape {
        Shape::Week => 0,
        Shape::Bars | Shape::Funnel | Shape::Days if roomy => left.saturating_sub(3).min(FOOT),
        Shape::Bars | Shape::Funnel | Shape::Days => usize::from(parts && left > 3),
    };
    let says = if chart.shape == Shape::Week && !drawn::is_roomy(body.width) {
        shaded(&chart.says)
    } else {
        chart.says.clone()
    };
    (cut(&says, width, left.saturating_sub(needs).max(least)), foot)
}

/// What is said of a week without room for its numbers: where its hours are, as where there is room, and what shades mean.
fn shaded(says: &str) -> String {
    let when = says.split_once(". ").map_or(says, |(when, _)| when);
    format!(
        "{when}. The darker, the more were late: · none, █ all. The share of the hour under the cursor stands below."
    )
}

/// From so many rows on words have lines of their own.
const ROOMY: usize = 10;

/// The most lines that the number under the cursor takes.
const FOOT: usize = 3;

/// Rows of a week, its hours among them.
const WEEK: usize = 8;

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
    // Where there is little room the number of days would be cut.
    let period = if area.width >= COLUMNS { format!("{} days", which.days) } else { format!("{}d", which.days) };
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

/// Why nothing was read, in the head's words.
fn not_read(why: &str) -> String {
    format!("not read: {why}")
}

/// Whether it stands in the head: beside a report that is there, where it has room.
fn is_in_head(model: &Model, why: &str, width: u16) -> bool {
    model.measure.shown().is_some() && not_read(why).width() <= usize::from(width)
}

/// Lines that it takes of a report that is there.
const BEFORE_REPORT: usize = 3;

/// Why nothing was read, where the head does not say it: broken and not cut. Answers what is left below.
fn trouble(model: &Model, body: Rect, p: &mut Painter<'_>) -> Rect {
    let width = body.width.saturating_sub(2);
    let Some(why) = model.measure.trouble.as_ref().filter(|why| !is_in_head(model, why, width)) else { return body };
    let most = if model.measure.shown().is_some() { BEFORE_REPORT } else { usize::from(body.height) };
    let lines = cut(&not_read(why), width, most);
    for (y, line) in (body.y..body.bottom()).zip(&lines) {
        p.put(body.x + 1, y, width, line, Tone::Warn);
    }
    let used = rows_of(&lines).min(body.height);
    Rect::new(body.x, body.y + used, body.width, body.height - used)
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
            let n = thousands(i64::try_from(about.behind).unwrap_or(i64::MAX));
            said.push((format!("· {n} {entries} not counted yet"), Tone::Warn));
        }
        if model.measure.opened.is_some() {
            said.push((format!("· times of {}", zone(model, width)), Tone::Dim));
        }
        said.push((format!("· of {}", about.scope), Tone::Dim));
    }
    let is_here = |why: &&String| model.measure.opened.is_some() || is_in_head(model, why, width.saturating_sub(2));
    if let Some(why) = model.measure.trouble.as_ref().filter(is_here) {
        said.insert(0, (not_read(why), Tone::Warn));
    } else if model.measure.trouble.is_none() && model.measure.waiting {
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
    let Columns { label, drawn, number: wide_number, brief } = Columns::of(chart, area.width);
    for (y, (index, bar)) in (area.y..).zip(chart.bars.iter().enumerate().skip(top).take(fit)) {
        let spot = Rect::new(area.x, y, area.width, 1);
        // Where there is no room for both the label is cut, not the star.
        let (room, star) = (label.saturating_sub(1), star(bar));
        let long = u16::try_from(star.len()).unwrap_or(0).min(room);
        let used = u16::try_from(bar.label.width()).unwrap_or(u16::MAX).min(room - long);
        p.put(spot.x + 2, y, room - long, &bar.label, Tone::Plain);
        p.put(spot.x + 2 + used, y, long, star, Tone::Plain);
        let mut x = spot.x + 2 + label;
        if drawn > 0 {
            drawn::bar(chart, bar, Rect::new(x, y, drawn, 1), p);
            x += drawn + 1;
        }
        let left = spot.right().saturating_sub(x + 1);
        p.put(x, y, left.min(wide_number), &right(&number(bar, brief), usize::from(wide_number)), tone(bar));
        let left = left.saturating_sub(wide_number + 1);
        p.put(x + wide_number + 1, y, left, &in_parts(&bar.beside, left), Tone::Dim);
        if index == at {
            p.put(spot.x, y, 1, SELECTED_MARK, Tone::Strong);
            p.select(spot);
            p.park(spot.x, y);
        }
    }
    p.more(Rect::new(area.x, area.y, area.width, area.height + below), top, chart.bars.len().saturating_sub(top + fit));
}

/// How the cells of a row are shared out.
struct Columns {
    /// What it is, with a space behind it.
    label: u16,
    /// Its bar; none where there is no room for it.
    drawn: u16,
    /// Its number.
    number: u16,
    /// Whether amounts are told briefly.
    brief: bool,
}

impl Columns {
    /// Numbers come first: an amount keeps its currency, so where there is little room it is told briefly, bars are shorter,
    /// and labels are cut.
    fn of(chart: &Chart, width: u16) -> Self {
        let wide = width >= COLUMNS;
        let is_drawn = wide && chart.bars.iter().any(|bar| bar.fill.is_some());
        let longest = most(chart, width, |bar| bar.label.width() + star(bar).len()) + 1;
        let label = longest.min(if wide { width / 3 } else { width / 2 });
        let least = if wide { 9 } else { 6 };
        let numbers = |brief: bool| most(chart, width, |bar| number(bar, brief).width()).max(least);
        let beside = most(chart, width, |bar| bar.beside.width());
        let first = most(chart, width, |bar| first_part(&bar.beside));
        let gap = u16::from(beside > 0);
        // Before a label stands the cursor, behind a row a space, and another behind a bar.
        let shortest = if is_drawn { width / 6 + 1 } else { 0 };
        let room = width.saturating_sub(2 + label + 1);
        let brief = numbers(false) + gap + first > room.saturating_sub(shortest);
        let number = numbers(brief);
        let needs = number + gap + beside;
        if is_drawn {
            let drawn = room.saturating_sub(needs + 1).clamp(width / 6, width / 3);
            return Self { label, drawn, number, brief };
        }
        // Beside a number is at least said what it is of.
        let kept = number + gap + beside.min(FEW);
        let label = if wide { label } else { label.min(width.saturating_sub(3 + kept)).max(width / 3) };
        Self { label, drawn: 0, number, brief }
    }
}

/// The most cells that any bar of a chart takes, within the width of the screen.
fn most(chart: &Chart, width: u16, cells: impl Fn(&Bar) -> usize) -> u16 {
    u16::try_from(chart.bars.iter().map(cells).max().unwrap_or(0)).unwrap_or(width).min(width)
}

/// Cells for what stands beside a number on a narrow screen.
const FEW: u16 = 10;

/// A star belongs to its label.
const fn star(bar: &Bar) -> &'static str {
    if bar.small { " *" } else { "" }
}

/// The number of a bar, with its currency.
fn number(bar: &Bar, brief: bool) -> String {
    if brief { priced_briefly(&bar.value, &bar.currency) } else { priced(&bar.value, &bar.currency) }
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

/// The number under the cursor, whole. On a low screen in as few lines as it needs; what it opens is said if there is room.
fn foot(bar: &Bar, of: ReportName, width: u16, roomy: bool) -> Vec<Vec<(String, Tone)>> {
    let few = if bar.small { "* too few to say much" } else { "" };
    let value = if bar.value == Datum::None { bar.without_number().to_owned() } else { number(bar, false) };
    let opens = match &bar.behind {
        Some(behind) => format!("Enter opens {}", behind.words()),
        None => bar.why_shut().to_owned(),
    };
    let tone = if bar.behind.is_some() { Tone::Accent } else { Tone::Dim };
    let beside = if bar.beside.is_empty() { String::new() } else { format!("({})", bar.beside) };
    let numbers = [(format!("{}:", bar.label), Tone::Plain), (value, Tone::Strong), (beside, Tone::Plain)];
    let words = [(opens.trim_end().to_owned(), tone), (few.to_owned(), Tone::Dim)];
    if roomy {
        // Why nothing is opened stands nowhere else; what a number is of stands in its row, too.
        let shut = bar.behind.is_none() && !bar.shut.is_empty();
        let [label, value, beside] = numbers;
        let [opens, few] = words;
        let (next, last) = if shut { (opens, beside) } else { (beside, opens) };
        return packed([label, value, next, last, few], width).into_iter().take(FOOT).collect();
    }
    let needs = packed(numbers.clone(), width).len();
    if needs <= 1 {
        return vec![numbers.into_iter().chain(words).collect()];
    }
    let mut lines = packed(numbers.into_iter().chain(words), width);
    lines.truncate(needs.min(FOOT));
    // More than there is room for: where all of it stands.
    if needs > FOOT
        && let Some(last) = lines.last_mut()
    {
        *last = vec![(format!("… comeback report {}", of.word()), Tone::Accent)];
    }
    lines
}
