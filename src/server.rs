//! The routing backend: one committer that turns commands into facts, and shells around it.

pub mod backend;
pub mod carrier;
pub mod crm;
pub mod effects;
pub mod engine;
pub mod feed;
pub mod http;
pub mod reconcile;
pub mod service;
pub mod store;
pub mod telemetry;
