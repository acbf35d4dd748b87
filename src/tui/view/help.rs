//! The page of keys: those that do what is searched for, what is reached by its name alone, and the marks of the list.

use super::overlay::broken;
use super::paint::Tone;
use crate::tui::keymap::{self, Binding, Group};
use crate::tui::layout;
use crate::tui::model::Model;

/// What it says.
pub(super) fn lines(model: &Model, words: &str) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    let found: Vec<&Binding> = keymap::search(words).into_iter().filter(|b| model.offers(b.action)).collect();
    for group in Group::ALL {
        let of_group: Vec<_> = found.iter().filter(|b| b.group == group).map(|b| line(model, b)).collect();
        headed(group.words(), of_group, &mut lines);
    }
    // Wide enough for the longest keys.
    let marks = keymap::marks(words).into_iter().map(|(mark, means)| match model.size.0 {
        0..60 => format!("{mark} · {means}"),
        _ => format!("{mark:<16} {means}"),
    });
    headed(keymap::OF_MARKS, marks.collect(), &mut lines);
    if lines.is_empty() {
        lines.push((format!("No key does “{words}”. Backspace shows more."), Tone::Dim));
    }
    lines
}

/// Some lines under their heading, an empty one before it.
fn headed(heading: &str, below: Vec<String>, lines: &mut Vec<(String, Tone)>) {
    if below.is_empty() {
        return;
    }
    if !lines.is_empty() {
        lines.push((String::new(), Tone::Plain));
    }
    lines.push((heading.to_owned(), Tone::Strong));
    lines.extend(below.into_iter().map(|line| (line, Tone::Plain)));
}

/// A line of the table. Where a key works is for those with room to read it.
fn line(model: &Model, b: &Binding) -> String {
    let keys = if b.keys.is_empty() { format!(":{}", b.name) } else { b.keys.join(" ") };
    match model.size.0 {
        0..60 => format!("{keys} · {}", b.doc),
        60..100 if keymap::is_ambiguous(b) => format!("{keys:<16} {} ({})", b.doc, keymap::place(b.contexts)),
        60..100 => format!("{keys:<16} {}", b.doc),
        _ => format!("{keys:<16} {} ({})", b.doc, keymap::places(b.contexts)),
    }
}

/// Lines of it that do not fit on the screen.
pub(in crate::tui) fn overflow(model: &Model, words: &str) -> usize {
    broken(model, &lines(model, words)).len().saturating_sub(layout::page_rows(model))
}
