//! The rule book, command by command, as stories; and what must hold whatever happens.

mod acknowledging;
mod answering;
mod conduct;
mod ladder;
mod meaning;

mod properties;
mod receiving;
mod seeing;
mod sending;
