//! A report as one page that needs nothing from elsewhere: no script, no font, no picture; it prints in black on white.

use std::fmt::Write as _;

use crate::domain::measure::sheet::Sheet;
use crate::domain::safe_text::SafeText;

/// How it looks. A page may be told to allow styles of its own only: there is nothing else in it.
const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p { margin: .2rem 0; color: #666; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 2px solid #8888; }
th, td { padding: .25rem .6rem .25rem 0; vertical-align: top; }
td { border-bottom: 1px solid #8883; } .n { text-align: right; white-space: nowrap; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
";

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

/// The whole page.
pub fn page(title: &str, lines: &[String], sheets: &[Sheet]) -> String {
    let title = escaped(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n"
    );
    for line in lines {
        let _ = writeln!(out, "<p>{}</p>", escaped(line));
    }
    if sheets.is_empty() {
        out.push_str("<p>Nothing of it happened in this period.</p>\n");
    }
    for sheet in sheets {
        let _ = write!(out, "<h2>{}</h2>\n<table>\n<thead><tr>", escaped(&sheet.title));
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
        out.push_str("</tbody>\n</table>\n");
        for note in &sheet.notes {
            let _ = writeln!(out, "<p>{}</p>", escaped(note));
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}
