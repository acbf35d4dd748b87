//! The append-only, hash-chained log of everything that happened.
//!
//! ```text
//! hash = SHA-256("comeback-journal/1" ‖ prev ‖ seq ‖ at ‖ len ‖ body)      seq, at, len: 8 bytes, little-endian
//! ```
//!
//! * [`chain`] seals bodies into entries and verifies them over the stored bytes; a body is never written anew to be
//!   verified, or an upgrade of the JSON library would look like tampering.
//! * [`frame`] is what a body says: which subject, what happened, who wanted it.
//! * [`checkpoint`] leaves the database. A chain finds an edited entry; only a head that someone else kept finds a chain
//!   that was cut short or written anew from the start.
//!
//! **Invariant:** no phone number and no text enters a body. Content stands elsewhere, erasable; the chain keeps a
//! salted digest of it ([`frame::digest`]), which says nothing once the salt is gone.

pub mod chain;
pub mod checkpoint;
pub mod frame;
mod hex;
mod key;

pub use chain::{Broken, Entry, Head, Why, seal, verify};
pub use checkpoint::{Checkpoint, CheckpointError, Inconsistent};
pub use frame::{ContentDigest, Frame, FrameError, about, digest};
pub use hex::{from_hex, to_hex};
pub use key::{Key, Keys};
