//! What is written to the terminal beside the drawing: the clipboard, and alerts the client made.

use std::io::{self, Write};

use crossterm::clipboard::CopyToClipboard;

use crate::domain::safe_text::SafeText;

/// Longest text put on the clipboard, in bytes: terminals refuse longer OSC 52 sequences, some by printing them.
const LONGEST: usize = 64 * 1024;

/// Puts a text on the clipboard of the terminal, also through SSH (OSC 52).
pub(super) fn copy(text: &str) -> io::Result<()> {
    write(&copying(text)?)
}

/// The bytes that do it. Buyers' words go without what a shell that they are pasted into would obey.
pub fn copying(text: &str) -> io::Result<Vec<u8>> {
    let safe = SafeText::block(text);
    let text = safe.as_str();
    let mut out = Vec::new();
    crossterm::queue!(out, CopyToClipboard::to_clipboard_from(&text[..text.floor_char_boundary(LONGEST)]))?;
    Ok(out)
}

/// Writes bytes that the client made: an alert's sequence or a bell.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
