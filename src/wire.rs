//! What backend and client say to each other: version 1, JSON over HTTP.
//!
//! `POST /v1/commands` takes envelopes and gives receipts; `GET /v1/changes` is a long poll that gives snapshots of
//! changed conversations and removals, never raw events. Unknown fields are ignored on both sides. Golden samples of
//! every shape are kept in `assets/wire/`.

pub mod around;
pub mod audit;
pub mod blocked;
pub mod changes;
pub mod command;
pub mod consent;
pub mod crm;
pub mod dossier;
pub mod explanation;
pub mod media;
pub mod messages;
pub mod past;
pub mod people;
pub mod problem;
pub mod report;
pub mod rows;
pub mod rulings;
pub mod sends;
pub mod session;
pub mod sheet;
pub mod table;
pub mod unwritten;
pub mod writing;
