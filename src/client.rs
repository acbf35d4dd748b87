//! The rep's side without a screen: cache, outbox, sync, alerts.

pub mod alert;
pub mod cache;
pub mod desktop;
pub mod driver;
mod guesses;
pub mod handle;
pub mod handover;
pub mod http;
pub mod inbox;
pub mod log;
mod measure;
mod media;
pub mod notifier;
pub mod outbox;
pub mod profile;
pub mod replica;
pub mod search;
pub mod shown;
pub mod skew;
pub mod state;
pub mod sync;
pub mod while_away;
