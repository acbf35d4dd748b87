//! The routing backend: one committer that turns commands into facts, and shells around it.

pub mod carrier;
pub mod service;
pub mod store;
