//! The rule book: who owns a reply, who gets it, which clock runs, what may be sent.
//!
//! **Invariant:** nothing here reads a clock, makes an id, rolls a die or does IO. Time, ids and randomness arrive as
//! arguments, so every rule is tested as a table or a property.

pub mod contact;
pub mod id;
pub mod safe_text;
pub mod segments;
pub mod time;
