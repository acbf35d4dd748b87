//! Charts of a page, in SVG and tables. Each stands beside its numbers, in the same row where it can.

use std::fmt::Write as _;

use super::super::{currency_word, priced, words};
use super::escaped;
use crate::domain::measure::chart::{Bar, Chart, Figure, Shape};
use crate::domain::measure::sheet::Datum;

/// Width and height of the columns of days, in the picture's own units.
const WIDE: f64 = 720.0;
const HIGH: f64 = 120.0;

/// Room to the right of the columns for what they are measured by.
const SCALE: f64 = 40.0;

const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The numbers on top.
pub(super) fn figures(out: &mut String, all: &[Figure]) {
    if all.is_empty() {
        return;
    }
    out.push_str("<dl class=\"figures\">\n");
    for figure in all {
        let (label, beside) = (escaped(&figure.label), escaped(&figure.beside));
        let value = whole(&figure.value, &figure.currency);
        let few = if figure.small { "; too few to say much" } else { "" };
        let _ = writeln!(out, "<div><dt>{label}</dt><dd><b>{value}</b><span>{beside}{few}</span></dd></div>");
    }
    out.push_str("</dl>\n");
}

/// A number on top: it never breaks. Of an amount the currency may stand over it.
fn whole(value: &Datum, currency: &str) -> String {
    let number = format!("<span class=\"n\">{}</span>", escaped(&words(value)));
    if matches!(value, Datum::Money(_)) && !currency.is_empty() {
        format!("{} {number}", escaped(&currency_word(currency)))
    } else {
        number
    }
}

/// The number of a row. Of an amount the currency stands by itself.
fn number(bar: &Bar) -> String {
    let value = escaped(&words(&bar.value));
    if let Datum::Money(_) = bar.value {
        format!("<span class=\"in\">{}</span> {value}", escaped(&currency_word(&bar.currency)))
    } else {
        value
    }
}

/// One chart, the `n`th of its page.
pub(super) fn chart(out: &mut String, n: usize, chart: &Chart) {
    let class = match chart.shape {
        Shape::Bars => "bars",
        Shape::Funnel => "funnel",
        Shape::Days => "days",
        Shape::Week => "week",
    };
    let (title, says) = (escaped(&chart.title), escaped(&chart.says));
    let _ = writeln!(
        out,
        "<figure class=\"{class}\" aria-labelledby=\"c{n}\">\n<figcaption><h2 id=\"c{n}\">{title}</h2><p>{says}</p></figcaption>"
    );
    match chart.shape {
        Shape::Bars | Shape::Funnel => rows(out, chart),
        Shape::Days => days(out, n, chart),
        Shape::Week => week(out, chart),
    }
    if chart.bars.iter().any(|bar| bar.small) && chart.shape != Shape::Week && chart.shape != Shape::Days {
        out.push_str("<p>* too few to say much</p>\n");
    }
    out.push_str("</figure>\n");
}

/// A bar in the middle of each row: the table is the chart.
fn rows(out: &mut String, chart: &Chart) {
    out.push_str("<table>\n<thead class=\"unseen\"><tr><th scope=\"col\">what</th><th scope=\"col\">drawn</th><th scope=\"col\">number</th><th scope=\"col\">of</th></tr></thead>\n<tbody>\n");
    for bar in &chart.bars {
        let star = if bar.small { " *" } else { "" };
        let (label, beside, value) = (escaped(&bar.label), escaped(&bar.beside), number(bar));
        let _ = write!(out, "<tr><th scope=\"row\">{label}{star}</th><td class=\"bar\">");
        line(out, chart, bar);
        let _ = writeln!(out, "</td><td class=\"n\">{value}</td><td class=\"of\">{beside}</td></tr>");
    }
    out.push_str("</tbody>\n</table>\n");
    for (_, what) in &chart.marks {
        let _ = writeln!(out, "<p class=\"mark\">line at {}</p>", escaped(what));
    }
}

/// One bar; the funnel's stand in the middle.
fn line(out: &mut String, chart: &Chart, bar: &Bar) {
    let (label, value) = (escaped(&bar.label), escaped(&priced(&bar.value, &bar.currency)));
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\"><title>{label}: {value}</title>\
         <rect class=\"track\" width=\"100\" height=\"10\"/>"
    );
    if let Some(fill) = bar.fill {
        let long = percent(fill);
        let x = if chart.shape == Shape::Funnel { (100.0 - long) / 2.0 } else { 0.0 };
        let _ = write!(out, "<rect class=\"fill\" x=\"{x:.2}\" width=\"{long:.2}\" height=\"10\"/>");
    }
    if let Some((low, high)) = bar.between {
        let (low, high) = (percent(low), percent(high));
        let wide = (high - low).max(0.4);
        let _ = write!(out, "<rect class=\"likely\" x=\"{low:.2}\" y=\"4\" width=\"{wide:.2}\" height=\"2\"/>");
    }
    for (at, _) in &chart.marks {
        let _ = write!(out, "<rect class=\"at\" x=\"{:.2}\" width=\"0.4\" height=\"10\"/>", percent(*at));
    }
    out.push_str("</svg>");
}

/// Columns, one a day or a week, and the same as a table.
fn days(out: &mut String, n: usize, chart: &Chart) {
    let count = chart.bars.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "days of ten years")]
    let each = (WIDE - SCALE) / count as f64;
    let _ = write!(
        out,
        "<div class=\"two\">\n<svg viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-labelledby=\"t{n} d{n}\">\
         <title id=\"t{n}\">{}</title><desc id=\"d{n}\">{} The table has the same numbers.</desc>",
        HIGH + 22.0,
        escaped(&chart.title),
        escaped(&chart.says)
    );
    for (y, words) in [(0.0, "100 %"), (HIGH / 2.0, "50 %"), (HIGH, "0 %")] {
        let _ = write!(out, "<line class=\"grid\" x1=\"0\" x2=\"{WIDE}\" y1=\"{y}\" y2=\"{y}\"/>");
        let _ =
            write!(out, "<text class=\"scale\" x=\"{WIDE}\" y=\"{:.0}\" text-anchor=\"end\">{words}</text>", y + 9.0);
    }
    for (at, bar) in chart.bars.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "days of ten years")]
        let x = at as f64 * each;
        let wide = (each * 0.8).max(0.5);
        let _ = write!(
            out,
            "<g><title>{}: {} ({})</title>",
            escaped(&bar.label),
            escaped(&words(&bar.value)),
            escaped(&bar.beside)
        );
        // A day without anything has no column; one where all were late has a foot.
        if let Some(fill) = bar.fill {
            let high = (fill.clamp(0.0, 1.0) * HIGH).max(1.5);
            let _ = write!(
                out,
                "<rect class=\"fill\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{wide:.2}\" height=\"{high:.2}\"/>",
                HIGH - high
            );
        }
        out.push_str("</g>");
    }
    let last = count - 1;
    for (at, anchor) in [(0, "start"), (last / 2, "middle"), (last, "end")] {
        let Some(bar) = chart.bars.get(at).filter(|_| at == 0 || last > 1) else { continue };
        let x = match anchor {
            "start" => 0.0,
            "middle" => (WIDE - SCALE) / 2.0,
            _ => WIDE - SCALE,
        };
        let _ = write!(
            out,
            "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            HIGH + 16.0,
            escaped(&bar.label)
        );
    }
    out.push_str("</svg>\n<table class=\"small\">\n<thead><tr><th scope=\"col\">from</th><th scope=\"col\" class=\"n\">in time</th><th scope=\"col\" class=\"n\">of</th></tr></thead>\n<tbody>\n");
    for bar in chart.bars.iter().filter(|bar| bar.behind.is_some()) {
        let star = if bar.small { " *" } else { "" };
        let (label, value, beside) = (escaped(&bar.label), escaped(&words(&bar.value)), escaped(&bar.beside));
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{label}{star}</th><td class=\"n\">{value}</td><td class=\"n\">{beside}</td></tr>"
        );
    }
    out.push_str("</tbody>\n</table>\n</div>\n<p>* too few to say much</p>\n");
}

/// Seven days of 24 hours: the table is the map. A cell says its share of those that were in time, and is deeper the more
/// were late.
fn week(out: &mut String, chart: &Chart) {
    out.push_str("<div class=\"wide\"><table>\n<thead><tr><td></td>");
    for hour in 0..24 {
        let _ = write!(out, "<th scope=\"col\">{hour}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (day, bars) in WEEK.iter().zip(chart.bars.chunks(24)) {
        let _ = write!(out, "<tr><th scope=\"row\">{day}</th>");
        for bar in bars {
            let title = format!("{}: {}", escaped(&bar.label), escaped(&bar.beside));
            match (&bar.value, &bar.behind) {
                (Datum::Share(share), _) => {
                    // Five depths, so that each can be told from the next one.
                    let depth = (bar.bad.clamp(0.0, 1.0) * 4.0).round();
                    let _ = write!(out, "<td class=\"d{depth:.0}\" title=\"{title}\">{:.0}</td>", share * 100.0);
                }
                // Replies that still wait say nothing yet.
                (_, Some(_)) => {
                    let _ = write!(out, "<td title=\"{title}\">·</td>");
                }
                (_, None) => out.push_str("<td></td>"),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n<p class=\"key\">share in time, in %: <span class=\"d0\">all</span> <span class=\"d1\">most</span> <span class=\"d2\">half</span> <span class=\"d3\">few</span> <span class=\"d4\">none</span></p>\n");
}

/// A part of the width, in percent.
fn percent(of: f64) -> f64 {
    (of * 100.0).clamp(0.0, 100.0)
}
