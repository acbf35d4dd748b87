//! The real program, or a part of it, on a real terminal.

mod guard;
