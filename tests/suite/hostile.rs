//! Whatever strangers write, the terminal is told nothing but what comeback means to say.
//!
//! Every byte for the terminal (screen, title, clipboard, alerts, lines of the command line) is read by a terminal of
//! the tests that obeys a list and reports all else.

mod alerts;
mod cli;
mod screens;
mod terminal;
mod words;
