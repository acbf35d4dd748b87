//! What is written to the terminal beside the drawing: the clipboard, and alerts the client made.

use std::io::{self, Write};

use crossterm::clipboard::CopyToClipboard;

use crate::domain::safe_text::SafeText;

/// Longest text put on the clipboard, in bytes: terminals refuse longer OSC 52 sequences, some by printing them.
const LONGEST: usize = 64 * 1024;

/// Puts a text on the clipboard of the terminal, also through SSH (OSC 52). Buyers' words go without what a shell that
/// they are pasted into would obey.
pub(super) fn copy(text: &str) -> io::Result<()> {
    let safe = SafeText::block(text);
    let mut text = safe.as_str();
    while text.len() > LONGEST {
        text = &text[..text.floor_char_boundary(LONGEST)];
    }
    let mut out = io::stdout().lock();
    crossterm::queue!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}

/// Writes bytes that the client made: an alert's sequence or a bell.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
