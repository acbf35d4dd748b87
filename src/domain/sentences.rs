//! The policy told in sentences, for whoever must agree with it and does not read TOML. Each part of the playbook has its
//! own file here; a new rule adds its sentence there.

use super::playbook::Playbook;
use super::time::Timestamp;

mod alerts;
mod compliance;
mod consent;
mod crm;
mod expectations;
mod hours;
mod ladders;
mod lines;
mod next_steps;
mod ownership;
mod people;
mod schedules;
mod snippets;
mod targets;
mod use_cases;
mod words;

pub(super) use words::span;

/// One part of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it answers.
    pub title: &'static str,
    /// A sentence each; those that begin with two blanks say more about the one before them.
    pub lines: Vec<String>,
}

/// The whole policy, in the order in which a reply meets it. `now` is for who is on call. A part that says nothing is left
/// out.
pub fn of(playbook: &Playbook, now: Timestamp) -> Vec<Part> {
    let parts = [
        ("What a reply can be about", use_cases::of(playbook)),
        ("Whose reply it is", ownership::of(playbook)),
        ("How fast it is answered", targets::of(playbook)),
        ("When the clocks run", hours::of(playbook)),
        ("Who is asked next", ladders::of(playbook)),
        ("Who is on call", schedules::of(playbook, now)),
        ("When a text may leave", compliance::of(playbook)),
        ("Who may be texted", consent::of(playbook)),
        ("Words kept ready", snippets::of(playbook)),
        ("What to do next", next_steps::of(playbook)),
        ("Our numbers", lines::of(playbook)),
        ("Who works here", people::of(playbook)),
        ("Who is told beside the inbox", alerts::of(playbook)),
        ("What is written into the CRM", crm::of(playbook)),
        ("What is expected of all this", expectations::of(playbook)),
    ];
    parts.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(title, lines)| Part { title, lines }).collect()
}
