//! Where in the file a finding stands: it is found on the typed playbook, and told at the line that wrote it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::diagnose::Diagnostic;
use crate::domain::findings::{About, Finding};

/// A finding as a mistake of the file.
pub fn told(file: &str, source: &str, finding: &Finding) -> Diagnostic {
    let place = place(source, &finding.about);
    let told = place.map(|span| Diagnostic::at(file, source, span, &finding.what, None));
    let told = told.unwrap_or_else(|| Diagnostic::of_file(file, &finding.what));
    Diagnostic { hint: Some(finding.remedy.clone()), ..told }
}

/// What names it in the file, however its tables are written.
fn place(source: &str, about: &About) -> Option<Range<usize>> {
    let root = DeTable::parse_recoverable(source).0;
    let root = root.get_ref();
    let named = |table: &str, id: &str| key(within(root, table)?, id).map(|span| line(source, &span));
    match about {
        About::UseCase(id) => named("use_case", id),
        About::Rep(id) => named("rep", id.as_str()),
        About::Team(id) => named("team", id.as_str()),
        About::Line(id) => named("line", id.as_str()),
        About::Ladder(id) => named("ladder", id),
        About::Report(name) => named("report", name),
        About::Calendar(id) => named("calendar", id),
        About::Schedule(id) => named("schedule", id.as_str()),
        About::Territory(id) => named("territory", id),
        About::Cohort(name) => item(root, "cohort", name).map(|span| line(source, &span)),
        About::Expectation(name) => item(root, "expect", name).map(|span| line(source, &span)),
        About::Compliance => key(root, "compliance").map(|span| line(source, &span)),
        About::Operations => {
            let table = key(root, "operations").or_else(|| key(root, "channel"))?;
            Some(line(source, &table))
        }
        About::Rule(at) => element(root.get("ownership")?.get_ref(), *at),
        About::Step(id, at) => {
            let ladder = within(root, "ladder")?.get(id.as_str())?.get_ref();
            let steps = ladder.get("step").map_or(ladder, Spanned::get_ref);
            element(steps, *at).map(|span| line(source, &span))
        }
        About::Layer(id, at) => {
            let layers = within(root, "schedule")?.get(id.as_str())?.get_ref().get("layer")?;
            element(layers.get_ref(), *at).map(|span| line(source, &span))
        }
    }
}

fn within<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    table.get(name)?.get_ref().as_table()
}

fn key(table: &DeTable<'_>, name: &str) -> Option<Range<usize>> {
    table.get_key_value(name).map(|(key, _)| key.span())
}

fn element(list: &DeValue<'_>, at: usize) -> Option<Range<usize>> {
    Some(list.as_array()?.get(at)?.span())
}

/// The name of the table of a list that has it.
fn item(root: &DeTable<'_>, list: &str, name: &str) -> Option<Range<usize>> {
    let list = root.get(list)?.get_ref().as_array()?;
    let names = list.iter().filter_map(|item| item.get_ref().get("name"));
    names.into_iter().find(|named| named.get_ref().as_str() == Some(name)).map(Spanned::span)
}

/// The whole line in which a span begins, without the space around it.
fn line(source: &str, span: &Range<usize>) -> Range<usize> {
    let before = source.get(..span.start).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = source.get(start..).unwrap_or("");
    let text = rest.lines().next().unwrap_or("");
    let indent = text.len() - text.trim_start().len();
    start + indent..start + text.trim_end().len().max(indent)
}
