//! Every test that needs more room than its module, in one binary: each more would link the whole dependency tree.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod client_sync;
mod floors;
mod golden;
mod hours;
mod http;
mod rules;
mod sim;
mod tui_binding;
mod tui_screens;
mod tui_stories;
mod tui_world;
mod twilio_library;
mod world;
