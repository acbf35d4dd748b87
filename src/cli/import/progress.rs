//! A bar that says how far a file is read, on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::clock::monotonic;

/// Between two drawings.
const EVERY: Duration = Duration::from_millis(100);

/// Cells of the bar.
const CELLS: u64 = 24;

/// The bar.
pub(in crate::cli) struct Progress {
    size: u64,
    drawn: Option<Instant>,
    on: bool,
}

impl Progress {
    /// For a file of so many bytes.
    pub(in crate::cli) fn new(size: u64) -> Self {
        Self { size, drawn: None, on: std::io::stderr().is_terminal() }
    }

    /// So many bytes and rows are read.
    pub(in crate::cli) fn at(&mut self, bytes: u64, rows: u64) {
        if !self.on || self.drawn.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(monotonic());
        draw(&format!("\r\u{1b}[2K{}", line(bytes, self.size, rows)));
    }

    /// Makes room for a line, or for the end.
    pub(in crate::cli) fn clear(&mut self) {
        if self.on && self.drawn.take().is_some() {
            draw("\r\u{1b}[2K");
        }
    }
}

fn draw(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
}

fn line(bytes: u64, size: u64, rows: u64) -> String {
    let of = |parts: u64| bytes.min(size).saturating_mul(parts) / size.max(1);
    let (done, percent) = (of(CELLS), of(100));
    let cells: String = (0..CELLS).map(|cell| if cell < done { '#' } else { '-' }).collect();
    format!("[{cells}] {percent} %  {rows} rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_says_how_far_it_is() {
        assert_eq!(line(0, 0, 0), format!("[{}] 0 %  0 rows", "-".repeat(24)));
        assert_eq!(line(500, 1000, 7), format!("[{}{}] 50 %  7 rows", "#".repeat(12), "-".repeat(12)));
        assert_eq!(line(2000, 1000, 9), format!("[{}] 100 %  9 rows", "#".repeat(24)), "it grew while it was read");
    }
}
