//! What reaches the screen, and what it wants done. Closed enums: nothing else gets in or out.

use super::keymap::chord::Chord;
use crate::client::handle::{Ask, Notice};
use crate::domain::id::ConversationId;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// Text was pasted. It never sends.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal got or lost the focus.
    Focus(bool),
    /// The client says.
    Client(Notice),
    /// The editor closed and left these words; none when it failed or nothing was saved.
    Edited {
        /// For which conversation it was opened.
        conversation: ConversationId,
        /// What it left.
        text: Option<String>,
    },
    /// Time passed.
    Woke,
    /// The terminal hung up or the system wants the program to end.
    Ended,
}

/// Something to do outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the client.
    Ask(Ask),
    /// Put this on the clipboard by OSC 52.
    Copy(String),
    /// Open the editor on these words.
    Edit {
        /// Whose draft it is.
        conversation: ConversationId,
        /// The words so far.
        text: String,
    },
    /// Forget what the terminal shows and draw everything.
    Redraw,
    /// Stop the process until the shell wakes it.
    Suspend,
    /// Write these bytes, which the client made, to the terminal.
    Write(Vec<u8>),
    /// Leave, with a line for the shell.
    Quit {
        /// "2 queued, will go at next start".
        farewell: Option<String>,
    },
}
