//! The rule book, command by command, as stories; and what must hold whatever happens.

mod acknowledging;
mod answering;
mod asking;
mod beginning;
mod blocking;
mod conduct;
mod consenting;
mod correcting;
mod covering;
mod holding;
mod holding_together;
mod ladder;
mod meaning;
mod meanwhile;
pub(crate) mod measured;
mod next_steps;
mod ordered;
mod owning;

mod properties;
mod receiving;
mod regulated;
mod seeing;
mod sending;
mod shifts;
mod succession;
mod turning;
mod waiting;
mod who_writes;
