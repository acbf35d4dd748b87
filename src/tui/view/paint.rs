//! The only way onto the screen: everything drawn goes through `SafeText` here, whoever wrote it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};
use unicode_width::UnicodeWidthStr as _;

use super::ticker::Ticker;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;
use crate::tui::theme::{Role, Theme};

/// What a text is, for its style. Never the only sign of it: words and glyphs say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it is.
    Plain,
    /// Less important.
    Dim,
    /// More important.
    Strong,
    /// In good time, arrived.
    Good,
    /// Soon.
    Warn,
    /// Late, failed.
    Bad,
    /// Ours.
    Mine,
    /// For colleagues only.
    Note,
    /// A key, a heading.
    Accent,
    /// Under the cursor.
    Selected,
}

/// Draws into the frame and clips at its edge.
pub(super) struct Painter<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    /// For texts that change by themselves.
    pub(super) tick: Ticker,
    caret: Option<Position>,
}

impl<'a> Painter<'a> {
    /// A painter over the whole frame.
    pub(super) fn new(buffer: &'a mut Buffer, theme: Theme, tick: Ticker) -> Self {
        Self { buffer, theme, tick, caret: None }
    }

    /// Where the terminal's cursor goes, and when something drawn changes next.
    pub(super) fn finish(self) -> (Option<Position>, Option<Timestamp>) {
        (self.caret, self.tick.next())
    }

    /// One line of at most `width` cells. Answers how many it took.
    pub(super) fn put(&mut self, x: u16, y: u16, width: u16, text: &str, tone: Tone) -> u16 {
        self.put_style(x, y, width, text, self.style(tone))
    }

    fn put_style(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return 0;
        }
        let width = width.min(area.right() - x);
        let line = SafeText::line(text).truncated(usize::from(width));
        let (end, _) = self.buffer.set_stringn(x, y, line, usize::from(width), style);
        end - x
    }

    /// Pieces on one line, one after the other, a space between them.
    pub(super) fn pieces(&mut self, x: u16, y: u16, width: u16, pieces: &[(&str, Tone)]) -> u16 {
        let mut used: u16 = 0;
        for (text, tone) in pieces.iter().filter(|(text, _)| !text.is_empty()) {
            let gap = u16::from(used > 0);
            let left = width.saturating_sub(used + gap);
            if left == 0 {
                break;
            }
            used += gap + self.put(x + used + gap, y, left, text, *tone);
        }
        used
    }

    /// A border with a title. One with the keys is drawn stronger and marked.
    pub(super) fn frame(&mut self, area: Rect, title: &str, active: bool) {
        let area = area.intersection(self.buffer.area);
        let style = self.style(if active { Tone::Accent } else { Tone::Dim });
        Block::bordered().border_style(style).render(area, self.buffer);
        let mark = if active { "▸ " } else { "" };
        let room = area.width.saturating_sub(4);
        if room > 0 && !title.is_empty() {
            let tone = if active { Tone::Strong } else { Tone::Plain };
            let used = self.put(area.x + 1, area.y, room, &format!(" {mark}{title}"), tone);
            // `SafeText` drops the space at a line's end.
            if let Some(cell) = self.buffer.cell_mut((area.x + 1 + used, area.y)) {
                cell.set_symbol(" ");
            }
        }
    }

    /// On the lower border: how much is hidden above and below what a frame shows. `area` is what is inside it.
    pub(super) fn more(&mut self, area: Rect, above: usize, below: usize) {
        let marks = [(above, '↑'), (below, '↓')].into_iter().filter(|(n, _)| *n > 0);
        let marks: Vec<String> = marks.map(|(n, arrow)| format!("{arrow} {n} more")).collect();
        if marks.is_empty() {
            return;
        }
        let text = format!(" {} ", marks.join(" · "));
        let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX).min(area.width);
        self.put(area.right().saturating_sub(width), area.bottom(), width, &text, Tone::Warn);
    }

    /// Empties a rectangle.
    pub(super) fn clear(&mut self, area: Rect) {
        Clear.render(area.intersection(self.buffer.area), self.buffer);
    }

    /// Gives a whole rectangle the cursor's style.
    pub(super) fn select(&mut self, area: Rect) {
        let style = self.style(Tone::Selected);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Parks the terminal's cursor; the last one wins.
    pub(super) fn park(&mut self, x: u16, y: u16) {
        let area = self.buffer.area;
        if area.width > 0 && area.height > 0 {
            self.caret = Some(Position::new(x.min(area.right() - 1), y.min(area.bottom() - 1)));
        }
    }

    fn style(&self, tone: Tone) -> Style {
        self.theme.style(match tone {
            Tone::Plain => Role::Normal,
            Tone::Dim => Role::Dim,
            Tone::Strong => Role::Title,
            Tone::Good => Role::Ok,
            Tone::Warn => Role::Warn,
            Tone::Bad => Role::Late,
            Tone::Mine => Role::Rep,
            Tone::Note => Role::Pending,
            Tone::Accent => Role::Key,
            Tone::Selected => Role::Selected,
        })
    }
}

/// Pieces side by side as far as they fit, the rest below.
pub(super) fn packed(pieces: impl IntoIterator<Item = (String, Tone)>, width: u16) -> Vec<Vec<(String, Tone)>> {
    let (mut all, mut taken): (Vec<Vec<(String, Tone)>>, usize) = (Vec::new(), 0);
    for (text, tone) in pieces.into_iter().filter(|(text, _)| !text.is_empty()) {
        let long = text.chars().count();
        if let Some(line) = all.last_mut().filter(|_| taken + 1 + long <= usize::from(width)) {
            line.push((text, tone));
            taken += 1 + long;
        } else {
            let lines = wrapped(&text, width);
            taken = lines.last().map_or(0, |line| line.chars().count());
            all.extend(lines.into_iter().map(|line| vec![(line, tone)]));
        }
    }
    all
}

/// So many lines of a text; the last one says that it goes on.
pub(super) fn cut(text: &str, width: u16, most: usize) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut lines = wrapped(text, width);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let most = usize::from(width).saturating_sub(2);
            let kept: String = last.chars().take(most).collect();
            // Between words, where there is one to end at.
            let ends = if kept.len() < last.len() { kept.rfind(' ') } else { None };
            *last = format!("{} …", kept[..ends.unwrap_or(kept.len())].trim_end());
        }
    }
    lines
}

/// Where a part of what stands beside a number ends. A comma between digits is none.
const PARTS: [&str; 3] = [", ", "; ", ": "];

/// As much of a text as so many cells hold without cutting a number or an interval: to the end of a part, else of a word.
/// `…` says that it goes on.
pub(super) fn in_parts(text: &str, width: u16) -> String {
    let (safe, width) = (SafeText::line(text), usize::from(width));
    if safe.width() <= width {
        return safe.as_str().to_owned();
    }
    let text = safe.as_str();
    let last = |marks: &[&str]| {
        let ends = marks.iter().flat_map(|mark| text.match_indices(*mark)).map(|(end, _)| going_on(&text[..end]));
        ends.filter(|kept| kept.width() <= width).max_by_key(String::len)
    };
    last(&PARTS).or_else(|| last(&[" "])).unwrap_or_else(|| safe.truncated(width.min(1)))
}

/// Cells that the first part of a text takes, with the sign that it goes on.
pub(super) fn first_part(text: &str) -> usize {
    let end = PARTS.iter().filter_map(|mark| text.find(*mark)).min();
    end.map_or_else(|| text.width(), |end| going_on(&text[..end]).width())
}

/// A space parts the sign from a digit: a number goes on no further.
fn going_on(kept: &str) -> String {
    let kept = kept.trim_end_matches([',', ';', ':']);
    let gap = if kept.ends_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
    format!("{kept}{gap}…")
}

/// Text a stranger wrote, broken into lines.
pub(super) fn wrapped(text: &str, width: u16) -> Vec<String> {
    SafeText::block(text).wrapped(usize::from(width.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_part_by_part_and_never_within_a_number() {
        let told = |width| in_parts("too few: 2 of 3, likely 21 to 94 %", width);
        assert_eq!(told(34), "too few: 2 of 3, likely 21 to 94 %");
        assert_eq!(told(33), "too few: 2 of 3 …");
        assert_eq!(told(17), "too few: 2 of 3 …");
        assert_eq!(told(16), "too few…");
        assert_eq!(told(7), "too…");
        assert_eq!((told(3).as_str(), told(1).as_str(), told(0).as_str()), ("…", "…", ""));
        // No digit of an amount is lost, and no word of what is only words.
        let amounts = "12 won deals, likely 1,212,000.00 to 3,434,000.00";
        assert_eq!(in_parts(amounts, 48), "12 won deals…");
        assert_eq!(in_parts("1,212,000.00 of 3,434,000.00", 20), "1,212,000.00 of…");
        assert_eq!(in_parts("1,212,000.00", 9), "…");
        for width in 0..60 {
            assert!(in_parts(amounts, width).width() <= usize::from(width), "{width}");
        }
        assert_eq!((first_part(amounts), first_part("54 of 60"), first_part("9 of 40, likely")), (13, 8, 9));
    }
}
