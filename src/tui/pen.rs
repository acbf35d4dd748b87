//! Puts cells on the terminal so that one whose width terminals disagree about spoils no other.
//!
//! A heart with its variation selector, a family joined of four people, a flag of two letters, a syllable of Hindi: some
//! terminals count their cells as Unicode does now, some character by character. The drawing library goes on writing
//! where it believes the cursor to be (and for an emoji with a variation selector it believes wrongly on all terminals
//! of the first kind: ratatui 0.30.2 writes the cell under the emoji's right half as if it came next), and it takes the
//! second half to be gone when the first is written over. So what follows such a cell is written after a move, and what
//! comes in its place is written over all of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::{Position, Size};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Crossterm's backend, with care.
#[derive(Debug)]
pub struct Pen<W: Write> {
    to: CrosstermBackend<W>,
    /// The width of wide cells of several characters that are on the screen, by row and column.
    joined: BTreeMap<(u16, u16), u16>,
}

impl<W: Write> Pen<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { to: CrosstermBackend::new(out), joined: BTreeMap::new() }
    }

    /// Notes what now stands at a place. Answers how far to the right of it something else may still show.
    fn place(&mut self, x: u16, y: u16, symbol: &str, width: u16) -> u16 {
        let mut end = 0;
        for column in x..x.saturating_add(width.max(1)) {
            if let Some(before) = self.joined.remove(&(y, column)) {
                end = end.max(column.saturating_add(before));
            }
        }
        if width > 1 && symbol.chars().nth(1).is_some() {
            self.joined.insert((y, x), width);
        }
        end
    }
}

/// Whether a terminal that counts character by character comes to another width, or the drawing library goes wrong
/// behind it.
fn is_doubtful(symbol: &str) -> bool {
    let one_by_one = || symbol.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    symbol.len() > 1 && (symbol.contains('\u{fe0f}') || one_by_one() != symbol.width())
}

impl<W: Write> Backend for Pen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut run = Vec::new();
        // Row and columns under the right half of what was just drawn.
        let mut covered = (0, 0..0);
        for (x, y, cell) in content {
            if covered.0 == y && covered.1.contains(&x) {
                continue;
            }
            let width = cell.cell_width();
            let doubtful = is_doubtful(cell.symbol());
            let mut end = self.place(x, y, cell.symbol(), width);
            if doubtful && width > 1 {
                // Where it is drawn narrow, its right half must not show what was there before.
                let right = x.saturating_add(width);
                covered = (y, x.saturating_add(1)..right);
                end = end.max(right);
            }
            if end > x {
                let mut blank = cell.clone();
                blank.set_symbol(" ");
                self.to.draw(std::mem::take(&mut run).into_iter())?;
                self.to.draw((x..end).map(|x| (x, y, &blank)))?;
            }
            if doubtful {
                // Every call begins with a move.
                self.to.draw(std::mem::take(&mut run).into_iter())?;
                self.to.draw(std::iter::once((x, y, cell)))?;
            } else {
                run.push((x, y, cell));
            }
        }
        self.to.draw(run.into_iter())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.to.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.to.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.to.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.to.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.joined.clear();
        self.to.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.joined.clear();
        self.to.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.to.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.to.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.to)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn line(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        buffer
    }

    /// What is written when these lines stand one after the other.
    fn drawn(lines: &[&str]) -> String {
        let mut out = Vec::new();
        let mut pen = Pen::new(&mut out);
        for pair in lines.windows(2) {
            pen.draw(line(pair[0]).diff(&line(pair[1])).into_iter()).expect("written");
        }
        let text = String::from_utf8(out).expect("text");
        ["\x1b[39m", "\x1b[49m", "\x1b[59m", "\x1b[0m"].iter().fold(text, |text, style| text.replace(style, ""))
    }

    /// What is written for the second line once the first stands.
    fn written(first: &str, second: &str) -> String {
        drawn(&["", first, second])[drawn(&["", first]).len()..].to_owned()
    }

    #[test]
    fn what_follows_a_cell_of_doubtful_width_is_written_after_a_move() {
        assert_eq!(written("abcdef", "ABCDEF"), "\x1b[1;1HABCDEF", "the usual case costs nothing");
        assert_eq!(
            written("abcdef", "A❤\u{fe0f}DEF"),
            "\x1b[1;1HA\x1b[1;2H  \x1b[1;2H❤\u{fe0f}\x1b[1;4HDEF",
            "blank first, then the heart, then the rest where it belongs"
        );
        assert_eq!(written("abc", "⌚\u{fe0f}C"), "\x1b[1;1H  \x1b[1;1H⌚\u{fe0f}\x1b[1;3HC");
        assert_eq!(
            written("abcd", "\u{600}©\u{fe0f}d"),
            "\x1b[1;1H   \x1b[1;1H\u{600}©\u{fe0f}",
            "a sign that belongs to what follows it makes three cells one"
        );
        assert_eq!(written("abc", "⌚\u{fe0e}BC"), "\x1b[1;1H⌚\u{fe0e}\x1b[1;2HBC");
    }

    #[test]
    fn what_comes_in_place_of_several_characters_is_written_over_all_of_them() {
        assert_eq!(written("🇩🇪", "a"), "\x1b[1;1H  \x1b[1;1Ha");
        assert_eq!(written("a🇩🇪b", "営 b"), "\x1b[1;1H   \x1b[1;1H営", "and by what covers its first half");
        assert_eq!(written("a🇩🇪", "❤\u{fe0f}b"), "\x1b[1;1H   \x1b[1;1H❤\u{fe0f}\x1b[1;3Hb");
        assert_eq!(written("営b", "a b"), "\x1b[1;1Ha", "one wide character is gone with its first half");
    }
}
