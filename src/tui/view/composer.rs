//! What is being written: pinned to a name and number in its border, with what it will cost and what stands against it.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::inside;
use super::paint::{Painter, Tone};
use crate::domain::safe_text::SafeText;
use crate::domain::segments::{Encoding, segments};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::composer::{Composer, Objection};
use crate::tui::update;

/// Rows it takes.
pub(super) fn rows(composer: &Composer, area: Rect) -> u16 {
    let width = inside(area).width;
    let (lines, _) = arrange(composer.input.text(), composer.input.cursor(), width);
    layout::composer_rows(area, lines.len())
}

/// Draws it, with the terminal's cursor in it.
pub(super) fn draw(model: &Model, area: Rect, p: &mut Painter<'_>) {
    let Some(composer) = &model.composer else { return };
    p.clear(area);
    let who = format!("{} {}", composer.name, composer.address.as_str());
    let title = if composer.note { format!("NOTE on {who}, colleagues only") } else { format!("To {who}") };
    p.frame(area, &title, true);
    let area = inside(area);
    let text_rows = area.height.saturating_sub(1);
    let (lines, (line, column)) = arrange(composer.input.text(), composer.input.cursor(), area.width);
    let first = (line + 1).saturating_sub(usize::from(text_rows.max(1)));
    let tone = if composer.note { Tone::Note } else { Tone::Plain };
    for (y, text) in (area.y..area.y + text_rows).zip(lines.iter().skip(first)) {
        p.put(area.x, y, area.width, text, tone);
    }
    footer(model, composer, Rect::new(area.x, area.y + text_rows, area.width, 1), p);
    if model.overlay.is_none() {
        let down = u16::try_from(line - first).unwrap_or(0);
        p.park(area.x + column.min(area.width.saturating_sub(1)), area.y + down);
    }
}

fn footer(model: &Model, composer: &Composer, area: Rect, p: &mut Painter<'_>) {
    let opted_out = model.row(composer.to).and_then(|row| row.opted_out.as_ref()).filter(|_| !composer.note);
    let objections = update::objections(model, composer);
    let (warning, tone) = if let Some(out) = opted_out {
        (format!("opted out ({}): cannot be sent", update::opted_out(model, out)), Tone::Bad)
    } else {
        match objections.first() {
            Some(Objection::WroteAgain(_)) => ("they wrote again".to_owned(), Tone::Bad),
            Some(Objection::HeldBy(rep)) => (format!("{} has this now", model.rep_name(rep)), Tone::Bad),
            Some(Objection::AlreadyLeft(_)) => ("the first one had already left".to_owned(), Tone::Bad),
            None => (String::new(), Tone::Plain),
        }
    };
    let cost = if composer.note { String::new() } else { cost(composer.input.text()) };
    let keys = match (composer.note, objections.iter().all(|o| composer.asked.contains(o)) && !objections.is_empty()) {
        (true, _) => "Enter notes · Ctrl-J new line · Esc keeps",
        (false, true) => "Enter again sends · Esc keeps",
        (false, false) => "Enter sends · Ctrl-J new line · Esc keeps",
    };
    p.pieces(area.x, area.y, area.width, &[(&warning, tone), (&cost, Tone::Strong), (keys, Tone::Dim)]);
}

/// `38/160`, `3 texts, 12 left`, and the character that makes a text dear.
fn cost(text: &str) -> String {
    let s = segments(text);
    let (single, _) = s.encoding.capacity();
    let count = match s.segments {
        0 | 1 => format!("{}/{single}", s.units),
        many => format!("{many} texts, {} left", s.left_in_segment),
    };
    match (s.encoding, s.first_non_gsm) {
        (Encoding::Ucs2, Some(c)) => format!("{count} (“{c}” makes it 70 a text)"),
        (Encoding::Ucs2 | Encoding::Gsm7, _) => count,
    }
}

/// A line of the composer: where in the text it begins, and its graphemes as drawn with their places and cells.
#[derive(Default)]
struct Line {
    start: usize,
    cells: Vec<(usize, String, usize)>,
}

/// The words as lines of at most `width` cells, and where the cursor (a byte of the text) stands in them. Broken
/// between words where that is possible; nothing is lost, so that the cursor is where it seems to be.
fn arrange(text: &str, cursor: usize, width: u16) -> (Vec<String>, (usize, u16)) {
    // One cell stays free for the cursor behind the last character.
    let width = usize::from(width.max(2)) - 1;
    let mut lines: Vec<Line> = Vec::new();
    let mut line = Line::default();
    for (at, grapheme) in text.grapheme_indices(true) {
        if grapheme == "\n" || grapheme == "\r\n" {
            lines.push(std::mem::replace(&mut line, Line { start: at + grapheme.len(), cells: Vec::new() }));
            continue;
        }
        let safe = SafeText::line(grapheme);
        let (shown, cells) = (safe.as_str().to_owned(), safe.width());
        let used: usize = line.cells.iter().map(|(_, _, cells)| cells).sum();
        if used + cells > width && shown != " " && !line.cells.is_empty() {
            let space = line.cells.iter().rposition(|(_, shown, _)| shown == " ");
            let moved = line.cells.split_off(space.map_or(line.cells.len(), |space| space + 1));
            let start = moved.first().map_or(at, |(at, _, _)| *at);
            lines.push(std::mem::replace(&mut line, Line { start, cells: moved }));
        }
        line.cells.push((at, shown, cells));
    }
    lines.push(line);
    let row = lines.iter().rposition(|line| line.start <= cursor).unwrap_or(0);
    let column: usize = lines[row].cells.iter().filter(|(at, _, _)| *at < cursor).map(|(_, _, cells)| cells).sum();
    let drawn = lines.into_iter().map(|line| line.cells.into_iter().map(|(_, shown, _)| shown).collect()).collect();
    (drawn, (row, u16::try_from(column).unwrap_or(u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_the_cursor_stays_with_its_character() {
        let at = |text: &str, cursor| arrange(text, cursor, 8);
        assert_eq!(at("", 0), (vec![String::new()], (0, 0)));
        assert_eq!(at("one two three", 13), (vec!["one two ".into(), "three".into()], (1, 5)));
        assert_eq!(at("one two three", 8), (vec!["one two ".into(), "three".into()], (1, 0)));
        assert_eq!(at("one\n\ntwo", 4), (vec!["one".into(), String::new(), "two".into()], (1, 0)));
        assert_eq!(at("one\n", 4), (vec!["one".into(), String::new()], (1, 0)));
        assert_eq!(at("abcdefghij", 10), (vec!["abcdefg".into(), "hij".into()], (1, 3)));
        assert_eq!(at("\u{1b}x", 2).0, vec!["␛x".to_owned()]);
    }

    #[test]
    fn the_dear_character_is_named() {
        assert_eq!(cost("hello"), "5/160");
        assert_eq!(cost("naïve ✓"), "7/70 (“ï” makes it 70 a text)");
        assert!(cost(&"a".repeat(161)).starts_with("2 texts, "));
    }
}
