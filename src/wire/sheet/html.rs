//! A report as one page that needs nothing from elsewhere: no script, no font, no picture. It opens in light and in dark, and
//! prints in black on white.
//!
//! **Invariant:** what a page says of people, numbers and campaigns is text: no tag, no attribute and no style is made of it.

use std::fmt::Write as _;

use crate::domain::measure::chart::{Chart, Figure, charts, figures};
use crate::domain::measure::report::Report;
use crate::domain::measure::sheet::{Sheet, heading, sheets};
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

/// How a table of so many columns stands on paper, which does not scroll: the more there are, the smaller their type.
const fn width(columns: usize) -> &'static str {
    match columns {
        0..=9 => "wide",
        10..=12 => "wide many",
        13.. => "wide many most",
    }
}

fn table(out: &mut String, sheet: &Sheet) {
    let (title, wide) = (escaped(&sheet.title), width(sheet.columns.len()));
    let _ = write!(out, "<section>\n<h2>{title}</h2>\n<div class=\"{wide}\"><table>\n<thead><tr>");
    let number =
        |column: usize| column > 0 && sheet.rows.iter().filter_map(|row| row.get(column)).all(super::is_number);
    let class = |column: usize| if number(column) { " class=\"n\"" } else { "" };
    for (column, name) in sheet.columns.iter().enumerate() {
        let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(column), escaped(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        out.push_str("<tr>");
        for (column, datum) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(column), escaped(&super::words(datum)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    for note in &sheet.notes {
        let _ = writeln!(out, "<p>{}</p>", escaped(note));
    }
    out.push_str("</section>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::report::{Part, Sla, SlaRow};

    #[test]
    fn a_table_of_many_columns_is_printed_in_smaller_type() {
        let sheet = |columns| Sheet { columns: vec!["amount in the CRM"; columns], ..Sheet::default() };
        for (columns, class) in [(9, "wide"), (10, "wide many"), (12, "wide many"), (13, "wide many most")] {
            let page = page("t", &[], &[sheet(columns)]);
            assert!(page.contains(&format!("<div class=\"{class}\"><table>")), "{columns}");
        }
        let print = STYLE.split_once("@media print").unwrap().1;
        assert!(print.contains(".many table") && print.contains(".most table"), "{print}");
        assert!(print.contains("section thead .n { white-space: normal; }"), "headings break on paper: {print}");
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
