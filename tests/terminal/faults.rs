//! What goes wrong under the real backend, with the real carrier's side living on: the process killed, the disk full or
//! failing, the database held by somebody else, the clock set, the machine asleep, the past brought back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod clock;
mod device;
mod disk;
mod kills;
mod office;
mod power;
mod record;
mod restore;
mod signed_in_anew;
