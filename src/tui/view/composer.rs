//! What is being written: pinned to a name and number in its border, with what it will cost and what stands against it.

use ratatui::layout::Rect;

use super::paint::{Painter, Tone};
use super::{inside, words};
use crate::domain::segments::{Encoding, segments};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::model::composer::{Composer, Objection};
use crate::tui::update;

/// Rows it takes.
pub(super) fn rows(composer: &Composer, area: Rect) -> u16 {
    let width = inside(area).width;
    layout::composer_rows(area, composer.input.rows(usize::from(width)).len())
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
    let lines = composer.input.rows(usize::from(area.width));
    let (line, column) = composer.input.cursor_cell(usize::from(area.width));
    let first = (line + 1).saturating_sub(usize::from(text_rows.max(1)));
    let tone = if composer.note { Tone::Note } else { Tone::Plain };
    for (y, text) in (area.y..area.y + text_rows).zip(lines.iter().skip(first)) {
        p.put(area.x, y, area.width, text.as_str(), tone);
    }
    footer(model, composer, Rect::new(area.x, area.y + text_rows, area.width, 1), p);
    if model.overlay.is_none() {
        let down = u16::try_from(line - first).unwrap_or(0);
        let right = u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        p.park(area.x + right, area.y + down);
    }
}

fn footer(model: &Model, composer: &Composer, area: Rect, p: &mut Painter<'_>) {
    let opted_out = model.row(composer.to).and_then(|row| row.opted_out.as_ref()).filter(|_| !composer.note);
    let held = !composer.note && model.row(composer.to).is_some_and(|row| row.hold.is_some());
    let objections = update::objections(model, composer);
    let (warning, tone) = if let Some(out) = opted_out {
        (format!("opted out ({}): cannot be sent", update::opted_out(model, out)), Tone::Bad)
    } else if held {
        ("opt-out hold: nothing goes (z rules)".to_owned(), Tone::Bad)
    } else {
        match objections.first() {
            Some(Objection::WroteAgain(_)) => ("they wrote again".to_owned(), Tone::Bad),
            Some(Objection::HeldBy(rep)) => (format!("{} has this now", model.rep_name(rep)), Tone::Bad),
            Some(Objection::AlreadyLeft(_)) => ("the first one had already left".to_owned(), Tone::Bad),
            Some(Objection::NoEvidence) => ("no consent of theirs is on record".to_owned(), Tone::Bad),
            None => (String::new(), Tone::Plain),
        }
    };
    let waits = update::would_wait(model, composer, p.tick.now).zip(model.row(composer.to));
    let (warning, tone) = match waits {
        Some((at, row)) if warning.is_empty() => {
            let narrow = format!("waits until {} there", p.tick.clock_time(at, row.place.zone()));
            let words = if area.width < 60 { narrow } else { words::waits_until(model, &row.place, at, &p.tick) };
            (words, Tone::Warn)
        }
        Some(_) | None => (warning, tone),
    };
    let cost = if composer.note { String::new() } else { cost(composer.input.text()) };
    let asked = !objections.is_empty() && objections.iter().all(|o| composer.asked.contains(o));
    let enter = match (composer.note, asked) {
        (true, _) => "Enter notes",
        (false, true) => "Enter again sends",
        (false, false) if composer.later.is_some() => "Enter puts it off",
        (false, false) => "Enter sends",
    };
    let used = p.pieces(area.x, area.y, area.width, &[(&warning, tone), (&cost, Tone::Strong)]);
    let gap = if used > 0 { used + 2 } else { 0 };
    let room = area.width.saturating_sub(gap);
    let hints = [format!("{enter} · Ctrl-J new line · Esc keeps"), format!("{enter} · Esc keeps"), enter.to_owned()];
    if let Some(hint) = hints.iter().find(|hint| hint.chars().count() <= usize::from(room)) {
        p.put(area.x + gap, area.y, room, hint, Tone::Dim);
    }
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
        (Encoding::Ucs2, Some(c)) => format!("{count} (“{c}”: 70 a text)"),
        (Encoding::Ucs2 | Encoding::Gsm7, _) => count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dear_character_is_named() {
        assert_eq!(cost("hello"), "5/160");
        assert_eq!(cost("naïve ✓"), "7/70 (“ï”: 70 a text)");
        assert!(cost(&"a".repeat(161)).starts_with("2 texts, "));
    }
}
