//! Where in the file a finding stands: it is found on the typed playbook, and told at the line that wrote it.

use std::ops::Range;

use crate::config::diagnose::Diagnostic;
use crate::domain::findings::{About, Finding};

/// A finding as a mistake of the file.
pub fn told(file: &str, source: &str, finding: &Finding) -> Diagnostic {
    let place = place(source, &finding.about);
    let told = place.map(|span| Diagnostic::at(file, source, span, &finding.what, None));
    let told = told.unwrap_or_else(|| Diagnostic::of_file(file, &finding.what));
    Diagnostic { hint: Some(finding.remedy.clone()), ..told }
}

/// The line that names it. A table may be written in many ways; one that is not found is told without a place.
fn place(source: &str, about: &About) -> Option<Range<usize>> {
    match about {
        About::UseCase(id) => line(source, |l| l == format!("[use_case.{id}]")),
        About::Cohort(name) => named(source, "[[cohort]]", name),
        About::Expectation(name) => named(source, "[[expect]]", name),
        About::Rep(id) => line(source, |l| l == format!("[rep.{id}]")),
        About::Team(id) => line(source, |l| l == format!("[team.{id}]")),
        About::Ladder(name) => line(source, |l| l == format!("[[ladder.{name}]]") || l == format!("[ladder.{name}]")),
        About::Schedule(id) => line(source, |l| l == format!("[schedule.{id}]")),
        About::Territory(name) => line(source, |l| {
            l == format!("[[territory.{name}]]") || l.starts_with(&format!("territory.{name} =")) || l == "[territory]"
        }),
        About::Compliance => line(source, |l| l == "[compliance]"),
        About::Ownership => line(source, |l| l.starts_with("ownership") && l.contains('=')),
    }
}

fn lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end()))
    })
}

fn line(source: &str, is: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    lines(source).find(|(_, line)| is(line.trim())).map(|(start, line)| start..start + line.len())
}

/// The `name = "…"` below such a header.
fn named(source: &str, header: &str, name: &str) -> Option<Range<usize>> {
    let mut under = false;
    lines(source).find_map(|(start, line)| {
        let text = line.trim();
        if text.starts_with('[') {
            under = text == header;
        }
        let value = text.strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
        let is = under && value.is_some_and(|value| value.trim() == format!("\"{name}\""));
        is.then(|| start..start + line.len())
    })
}
