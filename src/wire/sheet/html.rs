//! A report as one page that needs nothing from elsewhere: no script, no font, no picture. It opens in light and in dark, and
//! prints in black on white.
//!
//! **Invariant:** what a page says of people, numbers and campaigns is text: no tag, no attribute and no style is made of it.

use std::fmt::Write as _;

use crate::domain::measure::chart::{Chart, Figure, charts, figures};
use crate::domain::measure::report::Report;
use crate::domain::measure::sheet::{Datum, Sheet, heading, sheets};
use crate::domain::safe_text::SafeText;

mod drawn;

/// How it looks.
const STYLE: &str = include_str!("../../../assets/report.css");

/// What the page may load: its own styles. There is nothing else in it, and nothing may be asked for.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Text that is never markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in SafeText::line(text).as_str().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A report: its numbers, its charts, each with its table, and everything in tables below.
pub fn of(report: &Report) -> String {
    let (title, lines) = heading(report);
    whole(&title, &lines, (&figures(report), &charts(report)), &sheets(report))
}

/// Tables alone.
pub fn page(title: &str, lines: &[String], sheets: &[Sheet]) -> String {
    whole(title, lines, (&[], &[]), sheets)
}

fn whole(title: &str, lines: &[String], (figures, charts): (&[Figure], &[Chart]), sheets: &[Sheet]) -> String {
    let title = escaped(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    );
    for line in lines {
        let _ = writeln!(out, "<p>{}</p>", escaped(line));
    }
    out.push_str("</header>\n<main>\n");
    if sheets.is_empty() {
        out.push_str("<p>Nothing of it happened in this period.</p>\n");
    }
    drawn::figures(&mut out, figures);
    for (n, chart) in charts.iter().enumerate() {
        drawn::chart(&mut out, n, chart);
    }
    if !charts.is_empty() && !sheets.is_empty() {
        out.push_str("<h2 class=\"part\">In numbers</h2>\n");
    }
    for sheet in sheets {
        table(&mut out, sheet);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// From so many columns on a table stands small on paper.
const MANY: usize = 10;

/// How a table of so many columns stands on paper, which does not scroll: the more there are, the smaller their type.
const fn width(columns: usize) -> &'static str {
    match columns {
        0..MANY => "wide",
        MANY..=12 => "wide many",
        13.. => "wide many most",
    }
}

fn table(out: &mut String, sheet: &Sheet) {
    let column_of = |column: usize| sheet.rows.iter().filter_map(move |row| row.get(column));
    let (shown, below): (Vec<usize>, Vec<usize>) =
        (0..sheet.columns.len()).partition(|column| !column_of(*column).any(|datum| matches!(datum, Datum::Story(_))));
    // A list with stories is long: on paper it is small whatever columns it has.
    let columns = if below.is_empty() { shown.len() } else { shown.len().max(MANY) };
    let (title, wide) = (escaped(&sheet.title), width(columns));
    let _ = write!(out, "<section>\n<h2>{title}</h2>\n<div class=\"{wide}\"><table>\n<thead><tr>");
    let class = |column: usize| {
        if column > 0 && column_of(column).all(super::is_number) { " class=\"n\"" } else { "" }
    };
    let heads: Vec<(usize, &str)> = shown.into_iter().map(|column| (column, class(column))).collect();
    for (column, class) in &heads {
        let name = sheet.columns.get(*column).copied().unwrap_or_default();
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        let told: Vec<String> = below.iter().filter_map(|column| row.get(*column)).map(told).collect();
        let told = told.join(" ");
        out.push_str(if told.is_empty() { "<tr>" } else { "<tr class=\"told\">" });
        for (datum, class) in heads.iter().filter_map(|(column, class)| Some((row.get(*column)?, class))) {
            let _ = write!(out, "<td{class}>{}</td>", escaped(&super::words(datum)));
        }
        out.push_str("</tr>\n");
        if !told.is_empty() {
            let (wide, told) = (heads.len(), escaped(&told));
            let _ = writeln!(out, "<tr class=\"story\"><td colspan=\"{wide}\">{told}</td></tr>");
        }
    }
    out.push_str("</tbody>\n</table></div>\n");
    for note in &sheet.notes {
        let _ = writeln!(out, "<p>{}</p>", escaped(note));
    }
    out.push_str("</section>\n");
}

/// What stands below a row. A day is said once, until another one comes.
fn told(datum: &Datum) -> String {
    let Datum::Story(lines) = datum else { return super::words(datum) };
    let mut last: Option<String> = None;
    let line = |line: &String| {
        let line = line.trim();
        let day = line.split_once(' ').filter(|(day, _)| day.parse::<chrono::NaiveDate>().is_ok());
        match day {
            Some((day, rest)) if last.as_deref() == Some(day) => rest.trim_start().to_owned(),
            Some((day, _)) => {
                last = Some(day.to_owned());
                line.to_owned()
            }
            None => line.to_owned(),
        }
    };
    lines.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::report::{Compliance, LineRow, Part, Sla, SlaRow};

    #[test]
    fn a_table_of_many_columns_is_printed_in_smaller_type() {
        let sheet = |columns| Sheet { columns: vec!["amount in the CRM"; columns], ..Sheet::default() };
        for (columns, class) in [(9, "wide"), (10, "wide many"), (12, "wide many"), (13, "wide many most")] {
            let page = page("t", &[], &[sheet(columns)]);
            assert!(page.contains(&format!("<div class=\"{class}\"><table>")), "{columns}");
        }
        let print = STYLE.split_once("@media print").unwrap().1;
        assert!(print.contains(".many table") && print.contains(".most table"), "{print}");
        assert!(STYLE.contains("\nsection thead .n { white-space: normal; }"), "headings break: {STYLE}");
    }

    #[test]
    fn a_story_stands_below_its_row_and_says_a_day_once() {
        let story = [
            "2026-11-06 18:49:23 EST  the buyer wrote; due 2026-11-09 08:30:00",
            "2026-11-06 18:49:23  Maya was asked",
            "2026-11-09 08:30:00  it fell due unanswered",
            "it still waits",
        ];
        let row =
            vec![Datum::Text("late".to_owned()), Datum::Count(1_464), Datum::Story(story.map(str::to_owned).to_vec())];
        let columns = vec!["standing", "entry", "story"];
        let page = page("t", &[], &[Sheet { columns, rows: vec![row], ..Sheet::default() }]);
        let wanted = "<div class=\"wide many\"><table>\n<thead><tr><th scope=\"col\">standing</th>\
                      <th scope=\"col\" class=\"n\">entry</th></tr></thead>\n<tbody>\n\
                      <tr class=\"told\"><td>late</td><td class=\"n\">1,464</td></tr>\n\
                      <tr class=\"story\"><td colspan=\"2\">2026-11-06 18:49:23 EST  the buyer wrote; due \
                      2026-11-09 08:30:00; 18:49:23  Maya was asked; 2026-11-09 08:30:00  it fell due unanswered; \
                      it still waits</td></tr>\n</tbody>";
        assert!(page.contains(wanted), "{page}");
        let print = STYLE.split_once("@media print").unwrap().1;
        assert!(print.contains(".told { break-after: avoid; }"), "a story stands with its row: {print}");
    }

    #[test]
    fn the_key_of_a_line_across_says_its_rate() {
        let line = LineRow { opt_outs: Part::of(9, 1_464), ..LineRow::default() };
        let page = of(&Report::Compliance(Box::new(Compliance { lines: vec![line], ..Compliance::default() })));
        for said in ["line at 0.5 %: carriers watch</p>", "line at 4 % within a day: carriers stop a number</p>"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("of the width"), "{page}");
    }

    #[test]
    fn a_number_on_top_says_that_it_is_of_few() {
        let page = |part, whole| {
            let total = SlaRow { met: Part::of(part, whole), ..SlaRow::default() };
            of(&Report::Sla(Box::new(Sla { total, ..Sla::default() })))
        };
        assert!(page(2, 2).contains("2 of 2, likely 34 to 100 %; too few to say much"));
        assert!(!page(40, 50).contains("too few"));
    }
}
