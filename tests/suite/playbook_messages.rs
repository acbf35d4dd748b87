//! Messages of the reader and of `check`, each with a bad file: the place, what is wrong, and what to write instead.

use comeback::config::playbook::{example, places, read, read_all};
use comeback::domain::findings;
use comeback::domain::time::Timestamp;

mod hours;
mod people;
mod reports;
mod words;

pub(crate) const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
pub(crate) const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

/// Appends what is written, where no words are replaced.
pub(crate) const END: &str = "";

pub(crate) fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        if *from == END { source + to } else { source.replacen(from, to, 1) }
    })
}

pub(crate) fn first(told: &impl ToString) -> String {
    told.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The first line of every mistake that keeps the file from being read.
pub(crate) fn mistakes(source: &str) -> Vec<String> {
    read_all("playbook.toml", source, &example::beside).mistakes.iter().map(first).collect()
}

/// The first line of everything found in a file that reads well.
pub(crate) fn found(source: &str) -> Vec<String> {
    let playbook = read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"));
    let tell = |finding: &findings::Finding| {
        let weight = if finding.wrong { "wrong" } else { "risky" };
        format!("{weight}: {}", first(&places::told("playbook.toml", source, finding)))
    };
    findings::of(&playbook, FROM).0.iter().map(tell).collect()
}

/// Told on the line that has these words and is no comment, to the end.
fn is_told(told: &[String], source: &str, weight: &str, at: &str, wanted: &str) {
    let line = source
        .lines()
        .position(|line| line.contains(at) && !line.starts_with('#'))
        .unwrap_or_else(|| panic!("no line {at:?}"))
        + 1;
    let place = format!("{weight}playbook.toml:{line}:");
    let is = |told: &String| told.starts_with(&place) && told.ends_with(&format!(": {wanted}"));
    assert!(told.iter().any(is), "wanted: {place} {wanted}\ntold: {told:#?}");
}

/// What is changed, the words on whose line it is told, and the words it is told in.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

fn each_is_told(cases: &[Case<'_>]) {
    for (changes, at, wanted) in cases {
        let source = changed(changes);
        is_told(&mistakes(&source), &source, "", at, wanted);
    }
}
