//! The rule book: who owns a reply, who gets it, which clock runs, what may be sent.
//!
//! **Invariant:** nothing here reads a clock, makes an id, rolls a die or does IO. Time, ids and randomness arrive as
//! arguments, so every rule is tested as a table or a property.

pub mod acknowledge;
pub mod alert;
pub mod answering;
pub mod beside;
pub mod block;
pub mod command;
pub mod consent;
pub mod contact;
pub mod context;
pub mod conversation;
pub mod coverage;
pub mod decide;
pub mod escalation;
pub mod event;
pub mod expectation;
pub mod explanation;
pub mod findings;
pub mod hold;
pub mod hours;
pub mod icalendar;
pub mod id;
pub mod later;
pub mod message;
pub mod next_step;
pub mod oncall;
pub mod ownership;
pub mod pacing;
mod people;
pub mod playbook;
pub mod quiet_hours;
pub mod reach;
mod receive;
pub mod rejection;
pub mod replay;
pub mod respond;
pub mod revocation;
pub mod roster;
pub mod routing;
pub mod safe_text;
pub mod segments;
pub mod sending;
pub mod sentences;
pub mod sla;
mod start;
pub mod succession;
pub mod time;
mod triage;
pub mod use_case;
pub mod visibility;
pub mod waiting;
mod withdrawal;
pub mod zone;
