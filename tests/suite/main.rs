//! Every test that needs more room than its module, in one binary: each more would link the whole dependency tree.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test that looks for one event means every other by `_`")]
#![allow(clippy::struct_field_names, reason = "a double keeps the names of what it stands for")]

mod alerts;
mod audit;
mod bytes;
mod carriers;
mod civil;
mod client_sync;
mod egress;
mod example;
mod floors;
mod golden;
mod gsm;
mod hooks;
mod hostile;
mod hours;
mod http;
mod hubspot;
mod icalendar;
mod inbox;
mod kinds;
mod line_check;
mod log;
mod notices;
mod oncall;
mod peers;
mod playbook_check;
mod playbook_mistakes;
mod playbook_next_steps;
mod playbook_reach;
mod playbook_schema;
mod reach;
mod revocation;
mod rules;
mod sentences;
mod service;
mod sim;
mod store;
mod tui_again;
mod tui_binding;
mod tui_composer;
mod tui_holds;
mod tui_later;
mod tui_next_step;
mod tui_people;
mod tui_screens;
mod tui_shifts;
mod tui_stories;
mod tui_world;
mod twilio_library;
mod world;
