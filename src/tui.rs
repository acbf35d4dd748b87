//! The rep's terminal: what is on screen, what a key does, and the care a terminal needs.
//!
//! `Msg → update(&mut Model) → Vec<Effect>`, `view(&Model)`. The screen is drawn when something on it differs and never
//! waits for IO. It knows the client by its handle alone.

pub mod countdown;
mod editor;
pub mod input;
pub mod input_line;
pub mod keymap;
mod layout;
pub mod model;
pub mod msg;
pub mod pen;
pub mod run;
pub mod signals;
pub mod sink;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;

pub use run::{Exit, Options, run};
