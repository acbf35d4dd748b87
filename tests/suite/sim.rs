//! The simulation: the real clients' machine against the real backend, in one thread and in a time of its own, through
//! loss, repetition, reordering, partitions, crashes of both sides, wrong clocks, sleep and a carrier in trouble.
//!
//! `COMEBACK_SIM_SEEDS=N` runs N seeds of each family, `COMEBACK_SIM_SEED=K` only seed K. A seed that fails prints
//! itself, what is wrong, and its last steps; found ones stay here by name.
#![allow(clippy::wildcard_enum_match_arm, reason = "a verdict looks at a few kinds of things and lets the rest be")]
#![allow(clippy::print_stderr, reason = "the story of a seed is for the person who reads the test's output")]

mod carrier;
mod client;
mod disk;
mod people;
mod server;
mod verdict;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use disk::Sabotage;
use verdict::Tally;
use world::{Faults, World};

/// Steps of a storm.
const STEPS: u32 = 160;

const NETWORK: Faults = Faults {
    loss: 12,
    twice: 12,
    late: 12,
    cut: 25,
    client_crash: 0,
    server_crash: 0,
    suspend: 0,
    skew: false,
    carrier: 0,
    files: false,
    sabotage: Sabotage::Nothing,
};
const CLIENTS: Faults = Faults { client_crash: 8, suspend: 25, skew: true, loss: 4, twice: 4, late: 4, ..NETWORK };
const BACKEND: Faults = Faults { server_crash: 45, carrier: 35, cut: 5, loss: 4, twice: 4, ..NETWORK };
const EVERYTHING: Faults =
    Faults { client_crash: 5, suspend: 15, skew: true, server_crash: 30, carrier: 30, ..NETWORK };
const CALM: Faults = Faults { loss: 0, twice: 0, late: 0, cut: 0, ..NETWORK };

/// Runs one seed and says what went wrong.
fn run(seed: u64, faults: Faults) -> Result<Tally, String> {
    let mut world = World::new(seed, faults);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        world.storm(STEPS);
        if let Some(wrong) = world.wrong.take() {
            return Err(wrong);
        }
        world.calm()?;
        verdict::judge(&mut world)
    }));
    let story = world.story();
    match ran {
        Ok(Ok(tally)) => Ok(tally),
        Ok(Err(wrong)) => Err(format!("{story}\nseed {seed}: {wrong}")),
        Err(panic) => {
            drop(world);
            eprintln!("{story}\nseed {seed} panicked");
            resume_unwind(panic)
        }
    }
}

/// Runs the seeds of a family: those asked for, or as many as the test's usual share.
fn family(first: u64, usual: u64, faults: Faults) -> Tally {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match (number("COMEBACK_SIM_SEED"), number("COMEBACK_SIM_SEEDS")) {
        (Some(one), _) => one..one + 1,
        (None, many) => first..first + many.unwrap_or(usual),
    };
    let mut total = Tally::default();
    for seed in seeds {
        match run(seed, faults) {
            Ok(tally) => total += tally,
            Err(story) => panic!("{story}\nrepeat it with COMEBACK_SIM_SEED={seed}"),
        }
    }
    eprintln!("{total:?}");
    total
}

/// Two texts of a conversation fell due at once, and the one that had to wait for the other came first in the list: the
/// sender asked about it for ever, and never about the other.
#[test]
fn seed_2082_a_text_that_waits_for_another_does_not_keep_it_from_leaving() {
    again(2_082, CLIENTS);
}

/// A seed that failed once.
fn again(seed: u64, faults: Faults) {
    if let Err(story) = run(seed, faults) {
        panic!("{story}");
    }
}

/// The ninth answer of a conversation arrived, from a device whose clock was behind: the state forgot it in the same
/// moment as it settled, and its text was taken for one that a rep took back.
#[test]
fn seed_2300_a_text_that_the_state_forgets_is_not_taken_back() {
    again(2_300, CLIENTS);
}

#[test]
fn without_faults_everybody_agrees_and_everything_is_sent() {
    let tally = family(0, 5, CALM);
    assert!(tally.sent > 0 && tally.commands > 100, "{tally:?}");
}

#[test]
fn a_bad_network_loses_and_doubles_nothing() {
    let tally = family(1_000, 35, NETWORK);
    assert!(tally.sent > 0 && tally.parked > 0 && tally.recalled > 0 && tally.stops > 0, "{tally:?}");
}

#[test]
fn clients_that_crash_sleep_and_have_wrong_clocks_lose_nothing() {
    family(2_000, 35, CLIENTS);
}

#[test]
fn a_backend_that_crashes_and_a_carrier_in_trouble_send_no_text_twice() {
    let tally = family(3_000, 35, BACKEND);
    assert!(tally.unknown > 0 && tally.crashes > 0, "{tally:?}");
}

#[test]
fn everything_at_once_loses_and_doubles_nothing() {
    family(4_000, 40, EVERYTHING);
}

#[test]
fn everything_at_once_over_real_caches_loses_nothing() {
    family(5_000, 3, Faults { files: true, ..EVERYTHING });
}

/// Breaks a promise of the house and gives the first complaint of a few seeds.
fn caught(sabotage: Sabotage, faults: Faults) -> String {
    let broken = Faults { sabotage, ..faults };
    let complaint = (6_000..6_020).find_map(|seed| run(seed, broken).err());
    let story = complaint.unwrap_or_else(|| panic!("the simulation does not notice {sabotage:?}"));
    story.lines().skip_while(|line| !line.starts_with("seed ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_backend_that_runs_a_command_again_is_caught() {
    let said = caught(Sabotage::ForgetReceipts, NETWORK);
    assert!(said.contains("ran twice") || said.contains("was told"), "{said}");
}

#[test]
fn a_backend_that_forgets_an_opt_out_is_caught() {
    let said = caught(Sabotage::ForgetConsent, CALM);
    assert!(said.contains("after its number opted out"), "{said}");
}

#[test]
fn a_backend_that_takes_a_repeated_delivery_for_a_new_text_is_caught() {
    let said = caught(Sabotage::ForgetDeliveries, NETWORK);
    assert!(said.contains("too often"), "{said}");
}

#[test]
fn a_backend_that_sends_again_what_may_have_left_is_caught() {
    let said = caught(Sabotage::ForgetUnknown, BACKEND);
    assert!(said.contains("sent twice") || said.contains("entered sending twice"), "{said}");
}

#[test]
fn a_feed_that_leaves_out_a_change_is_caught() {
    let said = caught(Sabotage::SkipSubjects, CALM);
    assert!(said.contains("a fresh one") || said.contains("shows"), "{said}");
}

#[test]
fn a_journal_that_was_edited_is_caught() {
    let said = caught(Sabotage::EditJournal, CALM);
    assert!(said.contains("was changed after it was sealed"), "{said}");
}

#[test]
fn a_client_that_forgets_its_outbox_is_caught() {
    let said = caught(Sabotage::ForgetOutbox, CLIENTS);
    assert!(said.contains("CounterUsed") || said.contains("are nowhere any more"), "{said}");
}
