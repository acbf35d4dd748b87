//! The rep's side: what is known here, what was asked for, and what the rep must be told.

pub mod desktop;
pub mod notifier;
