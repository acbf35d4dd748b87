//! Bars, columns of days and the map of the week, in cells of a terminal. Each shape says its number without colour.

use ratatui::layout::Rect;

use super::super::paint::{Painter, Tone};
use crate::domain::measure::chart::{Bar, Chart, Shape};
use crate::domain::measure::sheet::Datum;

/// Eighths of a cell, from the foot.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// So many of so many cells.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the width of a terminal")]
fn cells(of: f64, width: u16) -> u16 {
    (of.clamp(0.0, 1.0) * f64::from(width)).round() as u16
}

/// One bar, with the ends of its interval; a stage of a funnel stands in the middle.
pub(super) fn bar(chart: &Chart, bar: &Bar, area: Rect, p: &mut Painter<'_>) {
    let width = area.width;
    let Some(fill) = bar.fill else { return };
    let mut long = cells(fill, width);
    if fill > 0.0 {
        long = long.max(1);
    }
    let before = if chart.shape == Shape::Funnel { (width - long) / 2 } else { 0 };
    let ends = bar.between.map(|(low, high)| [low, high].map(|end| cells(end, width.saturating_sub(1))));
    let marks: Vec<u16> = chart.marks.iter().map(|(at, _)| cells(*at, width.saturating_sub(1))).collect();
    let drawn: String = (0..width)
        .map(|x| {
            let inked = (before..before + long).contains(&x);
            let end = ends.is_some_and(|ends| ends.contains(&x));
            match (inked, end) {
                (true, true) => '┃',
                (false, true) => '│',
                (true, false) => '█',
                (false, false) if marks.contains(&x) => '┆',
                (false, false) => '·',
            }
        })
        .collect();
    p.put(area.x, area.y, width, &drawn, Tone::Plain);
}

/// Cells of the widest column of days, with the gap behind it: those of a date.
const WIDEST: usize = 11;

/// Cells of a date without its year.
const DATE: usize = 5;

/// Columns, one a day or a week; a day without anything has none. The number under the cursor stands below.
pub(super) fn days(chart: &Chart, at: usize, area: Rect, p: &mut Painter<'_>) {
    let room = usize::from(area.width.saturating_sub(2)).max(1);
    let count = chart.bars.len();
    // As wide as there is room for, so that a few days are more than a corner.
    let each = (room / count.max(1)).clamp(1, WIDEST);
    let fit = (room / each).max(1);
    let first = (at + 1).saturating_sub(fit);
    let high = area.height.saturating_sub(2).max(1);
    let bars = || chart.bars.iter().enumerate().skip(first).take(fit);
    for row in 0..high {
        let line: String = bars()
            .map(|(_, bar)| {
                let eighths = bar.fill.map_or(0, |fill| cells(fill, high * 8).max(1));
                let floor = (high - 1 - row) * 8;
                let glyph = EIGHTHS[usize::from(eighths.saturating_sub(floor).min(8))];
                // A gap between columns that have room for one.
                if each > 1 { format!("{}{:gap$}", glyph.repeat(each - 1), "", gap = 1) } else { glyph.to_owned() }
            })
            .collect();
        p.put(area.x + 1, area.y + row, area.width.saturating_sub(2), &line, Tone::Plain);
    }
    // Under the columns the cursor, and under it the days: on a low screen there is no row for those.
    let (below, days) = (area.y + high, area.y + high + 1);
    let begins = chart.bars.get(first).map_or("", |bar| bar.label.as_str());
    let last = (first + fit).min(count).saturating_sub(1);
    let ends = chart.bars.get(last).filter(|_| last > first).map_or("", |bar| bar.label.as_str());
    let here = u16::try_from((at - first.min(at)) * each).unwrap_or(0);
    let x = area.x + 1 + here;
    let wide = u16::try_from(each).unwrap_or(1);
    let width = u16::try_from(last + 1 - first).unwrap_or(1) * wide;
    let long = u16::try_from(ends.chars().count()).unwrap_or(0);
    if each > DATE {
        for (x, (_, bar)) in (area.x + 1..).step_by(each).zip(bars()) {
            // Without its year where that has no room.
            let label = bar.label.get(5..).filter(|_| each <= bar.label.len()).unwrap_or(&bar.label);
            p.put(x, days, wide - 1, label, Tone::Dim);
        }
    } else {
        p.put(area.x + 1, days, area.width / 2, begins, Tone::Dim);
        if width > 2 * long + 1 {
            p.put(area.x + 1 + width - long, days, long, ends, Tone::Dim);
        }
    }
    let x = x + (wide - 1) / 2;
    p.put(x, below, 1, "▲", Tone::Strong);
    p.select(Rect::new(x, area.y, 1, high + 1));
    p.park(x, below);
}

/// Whether each hour of a week has room for its share.
pub(super) const fn is_roomy(width: u16) -> bool {
    width >= 4 + 24 * 3 + 2
}

/// Seven days of 24 hours. Where there is room a cell says its share of those in time; else how much of it was late, in four
/// shades of ink. `below` are the rows between them and the border.
pub(super) fn week(chart: &Chart, at: usize, area: Rect, below: u16, p: &mut Painter<'_>) {
    let each = if is_roomy(area.width) { 3 } else { 1 };
    let place = |hour: usize| area.x + 5 + u16::try_from(hour % 24).unwrap_or(0) * each;
    // With room for seven rows these are the days: the hour under the cursor stands below.
    let heading = u16::from(usize::from(area.height) != WEEK.len());
    let hours = if each == 3 { 1 } else { 6 };
    for hour in (0..24).step_by(hours).filter(|_| heading > 0) {
        let label = if each == 3 { format!("{hour:>3}") } else { hour.to_string() };
        p.put(place(hour), area.y, label.len().try_into().unwrap_or(3), &label, Tone::Dim);
    }
    let room = usize::from(area.height.saturating_sub(heading).max(1));
    // On a low screen the days around the cursor.
    let first = (at / 24 + 1).saturating_sub(room);
    for (y, (day, name)) in (area.y + heading..area.bottom()).zip(WEEK.iter().enumerate().skip(first)) {
        p.put(area.x + 1, y, 3, name, Tone::Dim);
        for (hour, bar) in chart.bars.iter().skip(day * 24).take(24).enumerate() {
            let (text, tone) = cell(bar, each == 3);
            p.put(place(hour), y, each, &text, tone);
            if day * 24 + hour == at {
                p.select(Rect::new(place(hour), y, each, 1));
                p.park(place(hour), y);
            }
        }
    }
    let whole = Rect::new(area.x, area.y, area.width, area.height + below);
    p.more(whole, first, WEEK.len().saturating_sub(first + room));
}

fn cell(bar: &Bar, roomy: bool) -> (String, Tone) {
    let tone = super::tone(&Bar { small: false, ..bar.clone() });
    match (&bar.value, &bar.behind) {
        // Three digits would leave no gap to the next hour.
        (Datum::Share(share), _) if roomy && *share >= 0.995 => (" ok".to_owned(), tone),
        (Datum::Share(share), _) if roomy => (format!("{:>3.0}", share * 100.0), tone),
        (Datum::Share(_), _) => {
            let shade = match bar.bad {
                bad if bad <= 0.0 => "·",
                bad if bad < 0.25 => "░",
                bad if bad < 0.5 => "▒",
                bad if bad < 1.0 => "▓",
                _ => "█",
            };
            (shade.to_owned(), tone)
        }
        // Replies that still wait say nothing yet.
        (_, Some(_)) => (if roomy { "  ·" } else { "∙" }.to_owned(), Tone::Dim),
        (_, None) => (String::new(), Tone::Dim),
    }
}
