//! Routes buyers' SMS replies to the salesperson who can act, and gives that rep an inbox that works offline.
//!
//! This page is the map of the house.
//!
//! ```text
//! floor 3   cli ────────────► starts things; the only place that knows every module
//! floor 2   tui               server                  client            emulator
//!           model/update/view store http engine       cache outbox      carrier, CRM and buyers
//!           └─► client                                 replica sync      (knows only the clock)
//! floor 1   wire (DTOs)       journal (chain)         clock             config
//! floor 0   domain            pure: no clock, no ids made, no randomness, no IO
//! ```
//!
//! A module names only floors below it (and `tui` the handle of `client`). `server` and `client` never name each
//! other: they meet in [`wire`]. `emulator` shares nothing with `server`, so that each can find the other's mistakes.
//! The test `tests/suite/floors.rs` reads our own `use` lines and fails on a wrong one.
//!
//! A reply travels **Define → Own → Route → Enrich → Respond → Escalate → Measure → Audit**; each step is a file of
//! [`domain`] that can be found by that name. Start reading at [`domain::decide`].

pub mod client;
pub mod clock;
pub mod domain;
pub mod tui;
pub mod wire;
