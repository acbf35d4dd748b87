//! A word of consent that comes from outside, as a piece of work.

use crate::domain::command::Actor;
use crate::domain::consent::{OptOutSource, Scope};
use crate::domain::contact::{Address, Body};
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;

/// A list, another program, or the record beside the database says something about a number's consent.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Who brings it.
    pub actor: Actor,
    /// Whose number.
    pub address: Address,
    /// Whether it withdraws consent; else it shows that consent was given.
    pub out: bool,
    /// Who says so.
    pub source: OptOutSource,
    /// How far it reaches.
    pub scope: Scope,
    /// When the buyer said it; nothing for what our own record says, which holds as it is.
    pub said: Option<Timestamp>,
    /// Whether a list says so that does not know when: `said` is then the moment it was read.
    pub undated: bool,
    /// Where they did, on the first line, and the words they agreed to. Personal data.
    pub words: Option<Body>,
    /// The line that the buyer's own START was texted to, once it is known when; nothing for what others say.
    pub line: Option<LineId>,
}
