//! The real program, or a part of it, on a real terminal.

mod answer;
mod cable;
mod draft;
mod drain;
mod guard;
mod house;
#[path = "../carrier/library.rs"]
mod library;
mod log;
mod offline;
mod race;
mod tmux;
