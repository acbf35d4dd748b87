//! The real program, or a part of it, on a real terminal.

mod answer;
mod beside;
mod cable;
mod demo;
mod draft;
mod drain;
mod guard;
mod house;
#[path = "../carrier/library.rs"]
mod library;
mod log;
mod offline;
mod program;
mod race;
mod setup;
mod tmux;
