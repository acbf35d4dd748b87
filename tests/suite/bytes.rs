//! Bytes from others, with some of them wrong: nothing panics, nothing grows without bound, errors are in our words,
//! and what is accepted means what it says.
//!
//! The parsers' promises stand in [`doors`], which the fuzz targets share; here they are held on stable Rust, over the
//! kept corpora as they are and over the same with bytes flipped, moved, repeated, spliced and cut.

mod answers;
mod doors;
mod kept;
mod keys;
pub(crate) mod mutate;
mod webhooks;

use std::path::{Path, PathBuf};

use doors::{DOORS, Door};
use proptest::test_runner::{Config, TestRunner};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// What is kept for a door: seeds, and whatever once got through.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Every kept file as it is, then so many with something wrong.
fn hold(name: &str, cases: u32) {
    let (_, door): &(&str, Door) = DOORS.iter().find(|(known, _)| *known == name).unwrap();
    let seeds = corpus(name);
    for seed in &seeds {
        door(seed);
    }
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let held = TestRunner::new(config).run(&mutate::mutated(seeds), |bytes| {
        door(&bytes);
        Ok(())
    });
    if let Err(e) = held {
        panic!("{name}: {e}\nKeep the bytes in fuzz/corpus/{name}/ once it is mended.");
    }
}

macro_rules! held {
    ($($name:ident $cases:literal)*) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name), $cases);
        })*
        const HELD: &[&str] = &[$(stringify!($name)),*];
    };
}

held! {
    webhook_form 2000
    webhook_json 2000
    playbook 300
    rep_config 1500
    wire_to_backend 2000
    wire_to_client 600
    journal_frame 2000
    checkpoint 3000
    chord 3000
    typed 300
    safe_text 300
    consent_row 2000
    hubspot 1500
    crm_change 2000
    salesforce 1500
    past_row 2000
    deals_page 1500
    crm_folder 1500
    message_row 2000
}

#[test]
fn every_door_is_held_here_and_has_a_fuzz_target() {
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, _) in DOORS {
        assert!(HELD.contains(&name), "{name} is not held here");
        let target = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("path = \"{target}\"")), "fuzz/Cargo.toml does not name {target}");
        let source = std::fs::read_to_string(fuzz().join(target)).unwrap();
        assert!(source.contains(&format!("doors::{name}(")), "{source}");
    }
    assert_eq!(HELD.len(), DOORS.len());
}
