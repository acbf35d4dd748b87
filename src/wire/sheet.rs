//! Reports printed: as a table for a terminal, as CSV, as Markdown, as one page of HTML.
//!
//! **Invariant:** what stands in a cell is told, never run: a cell of CSV is no formula, a cell of HTML no markup, and a
//! label with line breaks or control characters is one line of plain text.

use std::fmt::Write as _;

use crate::domain::measure::money::{amount, brief, thousands};
use crate::domain::measure::sheet::{Datum, Sheet, is_small};
use crate::domain::measure::story;
use crate::domain::safe_text::SafeText;
use crate::wire::consent::is_formula;

pub mod html;

/// A cell for people.
pub fn words(datum: &Datum) -> String {
    match datum {
        Datum::None => "–".to_owned(),
        Datum::Text(text) => SafeText::line(text).as_str().to_owned(),
        Datum::Starred(text) => format!("{} *", SafeText::line(text).as_str()),
        Datum::Count(n) => thousands(*n),
        Datum::Share(share) => format!("{:.1} %", share * 100.0),
        Datum::Points(points) => format!("{:+.1} points", points * 100.0),
        Datum::Length(ms) => story::length(*ms),
        Datum::Number(number) => format!("{number:.2}"),
        Datum::Money(cents) => amount(*cents),
        Datum::Conversation(id) => SafeText::line(id).as_str().to_owned(),
        Datum::Story(lines) => SafeText::line(&in_a_line(lines)).as_str().to_owned(),
    }
}

/// A story where there is one line for it.
fn in_a_line(story: &[String]) -> String {
    story.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")
}

/// A number with its currency, when it has one: `USD 48,000.00`.
pub fn priced(datum: &Datum, currency: &str) -> String {
    in_currency(&words(datum), currency)
}

/// The same in little room: `USD 48k`.
pub fn priced_briefly(datum: &Datum, currency: &str) -> String {
    if let Datum::Money(cents) = datum { in_currency(&brief(*cents), currency) } else { priced(datum, currency) }
}

/// The most cells of a currency beside its amount: codes have three.
const CURRENCY: usize = 12;

/// What a currency is called comes from the CRM: were it a long word, it would push its amount off the page. Tables have a
/// column that says it whole.
fn currency_word(currency: &str) -> String {
    SafeText::line(currency).truncated(CURRENCY)
}

fn in_currency(number: &str, currency: &str) -> String {
    format!("{} {number}", currency_word(currency)).trim_start().to_owned()
}

/// A cell for machines: shares from 0 to 1, lengths in seconds.
fn plain(datum: &Datum) -> String {
    match datum {
        Datum::None => String::new(),
        Datum::Text(text) | Datum::Starred(text) | Datum::Conversation(text) => harmless(text),
        Datum::Story(lines) => harmless(&in_a_line(lines)),
        Datum::Count(n) => n.to_string(),
        Datum::Share(share) | Datum::Points(share) => format!("{share:.4}"),
        #[expect(clippy::cast_precision_loss, reason = "a length of years is below 2^52 milliseconds")]
        Datum::Length(ms) => format!("{:.3}", *ms as f64 / 1000.0),
        Datum::Number(number) => format!("{number:.4}"),
        Datum::Money(cents) => {
            let sign = if *cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
        }
    }
}

/// One line of text. What a spreadsheet would run as a formula gets an apostrophe before it.
fn harmless(text: &str) -> String {
    let text = SafeText::line(text).as_str().to_owned();
    if is_formula(&text) { format!("'{text}") } else { text }
}

/// Whether a column is of numbers, which stand to the right.
fn is_number(datum: &Datum) -> bool {
    !matches!(datum, Datum::Text(_) | Datum::Starred(_) | Datum::Conversation(_) | Datum::Story(_))
}

/// For a terminal; one of so many columns shows a table that is wider than it row by row, each cell on a line.
pub fn table(title: &str, lines: &[String], sheets: &[Sheet], room: Option<usize>) -> String {
    let mut out = format!("{}\n", SafeText::line(title).as_str());
    for line in lines {
        let _ = writeln!(out, "{}", SafeText::line(line).as_str());
    }
    if sheets.is_empty() {
        out.push_str("\nNothing of it happened in this period.\n");
    }
    for sheet in sheets {
        let _ = writeln!(out, "\n{}", SafeText::line(&sheet.title).as_str());
        let head: Vec<String> = sheet.columns.iter().map(|column| (*column).to_owned()).collect();
        let rows: Vec<Vec<String>> = sheet.rows.iter().map(|row| row.iter().map(words).collect()).collect();
        let width = |column: usize| {
            let all = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            all.map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let whole = 2 + widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(2);
        if room.is_some_and(|room| whole > room) {
            rows_below(&mut out, &head, &rows);
            notes(&mut out, sheet);
            continue;
        }
        let numbers: Vec<bool> = (0..head.len())
            .map(|column| column > 0 && sheet.rows.iter().filter_map(|row| row.get(column)).all(is_number))
            .collect();
        for row in [&head].into_iter().chain(&rows) {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let (width, number) = (widths[column], numbers[column]);
                let pad = " ".repeat(width.saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str())));
                if number { format!("{pad}{cell}") } else { format!("{cell}{pad}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(out, "  {}", line.trim_end());
        }
        notes(&mut out, sheet);
    }
    out
}

fn notes(out: &mut String, sheet: &Sheet) {
    for note in &sheet.notes {
        let _ = writeln!(out, "  {}", SafeText::line(note).as_str());
    }
}

/// Each row by itself: what it is, then a line for every other cell with something in it, under the name of its column.
fn rows_below(out: &mut String, head: &[String], rows: &[Vec<String>]) {
    let width = |text: &String| unicode_width::UnicodeWidthStr::width(text.as_str());
    let names = head.iter().skip(1).map(width).max().unwrap_or(0);
    for row in rows {
        let mut cells = head.iter().zip(row);
        if let Some((name, cell)) = cells.next() {
            let _ = writeln!(out, "  {name}: {cell}");
        }
        for (name, cell) in cells.filter(|(_, cell)| !matches!(cell.as_str(), "" | "–")) {
            let _ = writeln!(out, "    {name}{}  {cell}", " ".repeat(names.saturating_sub(width(name))));
        }
    }
}

/// For spreadsheets: what is told, of which days, from how much of the journal and by which rule; then every table after
/// another. Each line begins with the title of its table. The star of a row is a last column there, `small`.
pub fn csv(title: &str, lines: &[String], sheets: &[Sheet]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    out.write_record(["table", "about"])?;
    for line in std::iter::once(title).chain(lines.iter().map(String::as_str)) {
        out.write_record(["About this report", &plain(&Datum::Text(line.to_owned()))])?;
    }
    for sheet in sheets {
        let title = plain(&Datum::Text(sheet.title.clone()));
        let marked = sheet.has_intervals();
        let columns = sheet.columns.iter().copied().chain(marked.then_some("small"));
        out.write_record(std::iter::once("table").chain(columns))?;
        for row in &sheet.rows {
            let small = marked.then(|| is_small(row).to_string());
            out.write_record(std::iter::once(title.clone()).chain(row.iter().map(plain)).chain(small))?;
        }
    }
    out.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}

/// For wikis and tickets.
pub fn markdown(title: &str, lines: &[String], sheets: &[Sheet]) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in SafeText::line(text).as_str().chars() {
            if "\\`*_{}[]<>#|!".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let mut out = format!("# {}\n\n", escaped(title));
    for line in lines {
        let _ = writeln!(out, "{}  ", escaped(line));
    }
    if sheets.is_empty() {
        out.push_str("\nNothing of it happened in this period.\n");
    }
    for sheet in sheets {
        let marks = sheet.columns.iter().enumerate().map(|(column, _)| {
            let numbers = column > 0 && sheet.rows.iter().filter_map(|row| row.get(column)).all(is_number);
            if numbers { "---:" } else { "---" }
        });
        let _ = write!(out, "\n## {}\n\n", escaped(&sheet.title));
        let _ = writeln!(out, "| {} |", sheet.columns.join(" | "));
        let _ = writeln!(out, "| {} |", marks.collect::<Vec<_>>().join(" | "));
        for row in &sheet.rows {
            let cells: Vec<String> = row.iter().map(|datum| escaped(&words(datum))).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        for note in &sheet.notes {
            let _ = writeln!(out, "\n{}", escaped(note));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Vec<Sheet> {
        let cells = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a\nb|c\u{202e}d"];
        let row = cells.map(|text| Datum::Text(text.to_owned())).to_vec();
        vec![Sheet { title: "+1".to_owned(), columns: vec!["a", "b", "c"], rows: vec![row], notes: Vec::new() }]
    }

    #[test]
    fn no_cell_is_a_formula_or_markup_or_two_lines() {
        let printed = String::from_utf8(csv("=1", &[], &hostile()).unwrap()).unwrap();
        let cells: Vec<String> = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(printed.as_bytes())
            .records()
            .flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(cells.len(), 2 + 4 + 4);
        assert!(cells.iter().all(|cell| !is_formula(cell)), "{cells:?}");
        let page = html::page("<t>", &[], &hostile());
        assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;"), "{page}");
        let told = table("t", &[], &hostile(), None);
        assert_eq!(told.lines().count(), 5, "{told}");
        assert!(!told.contains('\u{202e}'));
        let md = markdown("t", &[], &hostile());
        assert!(md.contains("\\<script\\>") && md.contains("\\|c"), "{md}");
    }

    #[test]
    fn a_row_of_few_is_marked_for_people_and_for_machines() {
        let row = |what, share| vec![what, Datum::Share(share), Datum::Share(0.25), Datum::Share(0.75)];
        let few = row(Datum::Starred("new".to_owned()), 0.5);
        let many = row(Datum::Text("late stage".to_owned()), 0.6);
        let told = |title: &str, columns, rows| Sheet { title: title.to_owned(), columns, rows, notes: Vec::new() };
        let sheets = [
            told("In time", vec!["what", "share", "low", "high"], vec![few, many]),
            told("Why", vec!["what", "replies"], vec![vec![Datum::Text("a".to_owned()), Datum::Count(1)]]),
        ];
        let printed = String::from_utf8(csv("t", &[], &sheets).unwrap()).unwrap();
        let wanted = "table,about\nAbout this report,t\ntable,what,share,low,high,small\n\
                      In time,new,0.5000,0.2500,0.7500,true\nIn time,late stage,0.6000,0.2500,0.7500,false\n\
                      table,what,replies\nWhy,a,1\n";
        assert_eq!(printed, wanted);
        let people = table("t", &[], &sheets, None);
        assert!(people.contains("new *") && !people.contains("small"), "{people}");
    }

    #[test]
    fn a_table_that_is_wider_than_the_terminal_is_told_row_by_row() {
        let row = vec![Datum::Text("standard".to_owned()), Datum::Count(12), Datum::None, Datum::Share(0.5)];
        let columns = vec!["cohort", "replies", "late", "attainment"];
        let sheets =
            [Sheet { title: "By cohort".to_owned(), columns, rows: vec![row], notes: vec!["A note.".to_owned()] }];
        let wide =
            "t\n\nBy cohort\n  cohort    replies  late  attainment\n  standard       12     –      50.0 %\n  A note.\n";
        for room in [None, Some(200), Some(37)] {
            assert_eq!(table("t", &[], &sheets, room), wide, "{room:?}");
        }
        let narrow = "t\n\nBy cohort\n  cohort: standard\n    replies     12\n    attainment  50.0 %\n  A note.\n";
        assert_eq!(table("t", &[], &sheets, Some(36)), narrow);
    }

    #[test]
    fn a_currency_that_is_no_code_leaves_room_for_its_amount() {
        let money = Datum::Money(4_800_005);
        for (currency, wanted) in [
            ("USD", "USD 48,000.05"),
            ("", "48,000.05"),
            ("a currency that the CRM made up", "a currency … 48,000.05"),
            ("\u{202e}USD", "⇄USD 48,000.05"),
        ] {
            assert_eq!(priced(&money, currency), wanted);
        }
        assert_eq!(priced_briefly(&money, &"x".repeat(300)), format!("{}… 48k", "x".repeat(11)));
    }

    #[test]
    fn numbers_are_told_for_people_and_for_machines() {
        for (datum, people, machines) in [
            (Datum::None, "–", ""),
            (Datum::Count(1_234_567), "1,234,567", "1234567"),
            (Datum::Share(0.98765), "98.8 %", "0.9877"),
            (Datum::Length(252_500), "4m 12s", "252.500"),
            (Datum::Length(187_380_000), "2d 04h", "187380.000"),
            (Datum::Number(0.75), "0.75", "0.7500"),
            (Datum::Money(4_800_005), "48,000.05", "48000.05"),
            (Datum::Money(-7), "-0.07", "-0.07"),
            (Datum::Conversation("c".to_owned()), "c", "c"),
            (Datum::Story(["=1  a ", "b"].map(str::to_owned).to_vec()), "=1  a; b", "'=1  a; b"),
        ] {
            assert_eq!((words(&datum).as_str(), plain(&datum).as_str()), (people, machines));
        }
    }
}
