//! Every test that needs more room than its module, in one binary: each more would link the whole dependency tree.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod golden;
mod hours;
mod rules;
mod world;
