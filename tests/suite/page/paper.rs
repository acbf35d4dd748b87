//! A page on paper: it is all there, nothing stands over its edges, and no long word hides a number.

use std::path::{Path, PathBuf};
use std::process::Command;

use comeback::domain::measure::chart::{Shape, charts};
use comeback::domain::measure::report::{Report, Told};
use comeback::wire::sheet::{html, words};

use super::reports::{HOSTILE, of_every_kind, sla};
use super::{Outside, browse, drawn, elsewhere, keep};

#[test]
fn on_paper_it_is_all_there_too() {
    let folder = tempfile::tempdir().unwrap();
    let page = html::of(&sla(&[]));
    let paper = print(page.clone(), folder.path());
    let text = text_of(&paper);
    for said in
        ["answered in time", "279 of 350", "Answered in time, by hour of the week", "2026-10-31", "In numbers", "Maya"]
    {
        assert!(text.contains(said), "{said} is not on paper:\n{text}");
    }
    assert_eq!(over_the_edge(&paper), Vec::<String>::new());
    keep(&paper, "report.pdf");
    drawn(page, 1280, "report.png");
}

#[test]
fn on_paper_no_long_word_hides_a_number() {
    let folder = tempfile::tempdir().unwrap();
    for report in of_every_kind(&HOSTILE) {
        let paper = print(html::of(&report), folder.path());
        assert_eq!(over_the_edge(&paper), Vec::<String>::new());
        let (text, charts) = (text_of(&paper), charts(&report));
        // Of a row the number, and the begin of what it is of, stand behind the first line of its label.
        let rows = charts.iter().filter(|chart| matches!(chart.shape, Shape::Bars | Shape::Funnel));
        for bar in rows.flat_map(|chart| &chart.bars) {
            let (number, of) = (words(&bar.value), bar.beside.split(' ').next().unwrap());
            let there = text.lines().any(|line| line.contains(&number) && line.contains(of));
            assert!(there, "{} is not on paper: {number} ({})\n{text}", bar.label, bar.beside);
        }
    }
}

#[test]
fn a_list_of_stories_takes_few_sheets_of_paper() {
    let folder = tempfile::tempdir().unwrap();
    let Report::Sla(mut told) = sla(&["Maya"]) else { unreachable!("attainment") };
    let line =
        |n: u32| format!("2026-11-06 {}:{:02}:10  Maya Lindqvist was asked: on call by east", 10 + n / 6, n % 6 * 10);
    let late = told.breaches.remove(0);
    told.breaches = vec![Told { story: (0..9).map(line).collect(), ..late }; 100];
    let paper = print(html::of(&Report::Sla(told)), folder.path());
    keep(&paper, "stories.pdf");
    assert_eq!(over_the_edge(&paper), Vec::<String>::new());
    let text = text_of(&paper);
    assert_eq!(text.matches("10:00:10").count(), 100, "{text}");
    // Ten on a page, and some pages of numbers: with a column for it a story took most of a page.
    let sheets = text.matches('\u{c}').count();
    assert!(sheets <= 25, "{sheets} sheets of paper");
}

/// Prints the page, and answers where the paper is.
pub(super) fn print(page: String, folder: &Path) -> PathBuf {
    let outside = Outside::with(page);
    let paper = folder.join("report.pdf");
    let print = format!("--print-to-pdf={}", paper.display());
    let (_, wanted) = browse(&outside, &[&print, "--no-pdf-header-footer"]);
    assert_eq!(elsewhere(&wanted), Vec::<&String>::new());
    paper
}

fn pdftotext(pdf: &Path, how: &str) -> String {
    let output = Command::new("pdftotext").arg(how).arg(pdf).arg("-").output();
    let output = output.expect("pdftotext is missing: run tests/run, which installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What can be read on the paper.
pub(super) fn text_of(pdf: &Path) -> String {
    pdftotext(pdf, "-layout")
}

/// Words of the paper that stand over its edges.
fn over_the_edge(pdf: &Path) -> Vec<String> {
    let told = pdftotext(pdf, "-bbox");
    let number = |tag: &str, name: &str| -> Option<f64> {
        tag.split_once(&format!("{name}=\""))?.1.split('"').next()?.parse().ok()
    };
    let mut width = 0.0;
    let mut over = Vec::new();
    for line in told.lines() {
        if line.contains("<page ") {
            width = number(line, "width").unwrap();
        } else if line.contains("<word ") {
            let (left, right) = (number(line, "xMin").unwrap(), number(line, "xMax").unwrap());
            if left < 0.0 || right > width {
                over.push(line.trim().to_owned());
            }
        }
    }
    assert!(width > 100.0, "{told}");
    over
}
