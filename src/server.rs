//! The routing backend: one committer that turns commands into facts, and shells around it.

pub mod backend;
pub mod carrier;
pub mod checkpoints;
pub mod condition;
pub mod cover;
pub mod crm;
pub mod effects;
pub mod egress;
pub mod engine;
pub mod feed;
pub mod heartbeat;
pub mod http;
pub mod lines;
mod listen;
pub mod media;
pub mod notify;
pub mod opt_outs;
mod outside;
pub mod policy;
pub mod reconcile;
pub mod restore;
pub mod retention;
pub mod sends;
pub mod service;
pub mod store;
pub mod telemetry;
