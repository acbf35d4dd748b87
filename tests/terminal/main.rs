//! The real program, or a part of it, on a real terminal.

mod answer;
mod away;
mod beside;
mod cable;
mod consent;
mod crm;
mod demo;
mod doctor;
mod draft;
mod drain;
// strace, /proc and mounting are Linux's own.
#[cfg(target_os = "linux")]
mod faults;
mod first_playbook;
mod guard;
mod handover;
mod heartbeat;
mod house;
mod import;
#[path = "../carrier/library.rs"]
mod library;
mod log;
mod mail;
mod offline;
mod policies;
mod policy;
// strace is Linux's own.
#[cfg(target_os = "linux")]
mod panics;
mod privacy;
mod program;
mod race;
mod settings;
mod setup;
mod tables;
mod tmux;
