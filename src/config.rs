//! Where TOML that people wrote becomes typed, and where their mistakes are told in words that help.

pub mod diagnose;
pub mod difference;
pub mod playbook;
pub mod rep;
pub mod secret;
pub mod text;
