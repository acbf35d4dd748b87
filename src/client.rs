//! The rep's side without a screen: cache, outbox, sync, alerts.

pub mod desktop;
pub mod handle;
pub mod notifier;
