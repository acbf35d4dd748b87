//! A rep's settings by the real program, and what it prints about itself for shells and `man`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::house::COMEBACK;
use super::program::Machine;

fn write_config(machine: &Machine, text: &str) {
    let folder = machine.home().join("config/comeback");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), text).expect("a file");
}

#[test]
fn every_file_is_named_and_every_value_says_where_it_comes_from() {
    let machine = Machine::new();
    let paths = machine.does(&["config", "path", "--profile", "lea"], "");
    let home = machine.home().display().to_string();
    for (name, file) in [
        ("config", "config/comeback/config.toml"),
        ("cache", "data/comeback/lea/cache.db"),
        ("log", "state/comeback/lea/log"),
    ] {
        let line = paths.lines().find(|l| l.starts_with(name)).expect("a line");
        assert!(line.contains(&format!("{home}/{file}")) && line.ends_with("(not there)"), "{line}");
    }
    write_config(&machine, "[alerts]\nby = [\"osc9\", \"bell\"]\n");
    let printed = |variables: &[(&str, &str)], arguments: &[&str]| -> Value {
        let said = machine.run_with(variables, &[&["config", "print", "--json"], arguments].concat(), "");
        assert!(said.ok, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    };
    let of = |all: &Value, name: &str| {
        let found = all.as_array().expect("a list").iter().find(|s| s["name"] == name).expect("it is there").clone();
        (found["value"].as_str().expect("words").to_owned(), found["from"].as_str().expect("words").to_owned())
    };
    let pair = |value: &str, from: &str| (value.to_owned(), from.to_owned());
    let plain = printed(&[], &[]);
    assert_eq!(of(&plain, "alerts.by"), pair("[\"osc9\", \"bell\"]", "config.toml"));
    assert_eq!(of(&plain, "log level"), pair("warn", "default"));
    assert_eq!(of(&plain, "profile"), pair("default", "default"));
    let set = printed(&[("COMEBACK_LOG", "debug"), ("NO_COLOR", "1"), ("COMEBACK_PROFILE", "lea")], &[]);
    assert_eq!(of(&set, "log level"), pair("debug", "environment: COMEBACK_LOG"));
    assert_eq!(of(&set, "colours"), pair("none", "environment: NO_COLOR"));
    assert_eq!(of(&set, "profile"), pair("lea", "environment: COMEBACK_PROFILE"));
    let typed = printed(&[("COMEBACK_PROFILE", "lea")], &["--profile", "ben"]);
    assert_eq!(of(&typed, "profile"), pair("ben", "command line: --profile"));
}

#[test]
fn a_mistake_is_told_with_its_place_and_the_nearest_word() {
    let machine = Machine::new();
    assert!(machine.does(&["config", "check"], "").ends_with("config.toml: fine\n"));
    write_config(&machine, "[alerts]\nby = [\"dekstop\"]\n");
    let said = machine.run_with(&[("COMEBACK_LOG", "debgu")], &["config", "check"], "");
    assert!(!said.ok, "{}", said.out);
    assert!(said.out.contains("config.toml:2:7: unknown value \"dekstop\"; did you mean \"desktop\"?"), "{}", said.out);
    assert!(said.out.contains("COMEBACK_LOG=debgu: did you mean debug?"), "{}", said.out);
    assert!(said.err.contains("2 mistake(s)"), "{}", said.err);
}

#[test]
fn all_mistakes_are_told_at_once_and_a_program_that_is_not_there_is_one() {
    let machine = Machine::new();
    write_config(&machine, "[alerts]\nby = 3\ncommand = [\"/not/there\", \"--red\"]\n[alert]\n");
    let said = machine.run(&["config", "check"], "");
    for words in [
        "config.toml:2:6: expected a list",
        "config.toml:3:12: alerts.command: /not/there is not there",
        "config.toml:4:2: unknown key \"alert\"",
    ] {
        assert!(said.out.contains(words), "no {words:?} in {}", said.out);
    }
    assert!(!said.ok && said.err.contains("3 mistake(s)"), "{}", said.err);
    let home = machine.home().display().to_string();
    let doctor = machine.run_with(&[("HOME", &home), ("LC_ALL", "C.UTF-8")], &["doctor"], "").out;
    for words in ["config.toml:2:6: expected a list", "unknown key \"alert\"", "/not/there is not there"] {
        assert_eq!(doctor.matches(words).count(), 1, "{words:?} in {doctor}");
    }
    // By its name alone it is looked for where the system looks.
    for (command, fine) in [("sh", true), ("blink-of-nobody", false)] {
        write_config(&machine, &format!("[alerts]\ncommand = [\"{command}\"]\n"));
        let said = machine.run(&["config", "check"], "");
        assert_eq!(said.ok, fine, "{}{}", said.out, said.err);
        assert!(fine || said.out.contains("blink-of-nobody is in no folder of PATH"), "{}", said.out);
    }
}

#[test]
fn a_real_shell_completes_what_can_be_typed() {
    let machine = Machine::new();
    let script = machine.home().join("completions");
    fs::write(&script, machine.does(&["completions", "bash"], "")).expect("a file");
    let complete = |words: &str, current: &str| {
        let program = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); \
             _comeback comeback {current} comeback; echo \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let out = Command::new("bash").args(["--norc", "-c", &program]).output().expect("bash");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("UTF-8").trim().to_owned()
    };
    assert_eq!(complete("comeback play", "play"), "playbook");
    assert_eq!(complete("comeback audit ver", "ver"), "verify");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(machine.does(&["completions", shell], "").contains("playbook"), "{shell}");
    }
}

#[test]
fn the_man_page_names_every_command_and_holds_nothing_of_this_machine() {
    let machine = Machine::new();
    let said = machine.run_with(&[("COMEBACK_DATABASE", "sqlite:/very/secret.db")], &["man"], "");
    assert!(said.ok && said.out.contains(".TH comeback 1"), "{}", said.out);
    let help = machine.does(&["--help"], "");
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names: Vec<&str> = commands.filter_map(|l| l.strip_prefix("  ")?.split(' ').find(|w| !w.is_empty())).collect();
    assert!(names.len() > 8, "{help}");
    for name in names {
        let page = format!("comeback\\-{}(1)", name.replace('-', "\\-"));
        assert!(said.out.contains(&page), "no {name} in the man page");
    }
    let folder = machine.home().join("man");
    let pages = ["man", "--out", folder.to_str().expect("UTF-8")];
    assert!(machine.run_with(&[("COMEBACK_DATABASE", "sqlite:/very/secret.db")], &pages, "").ok);
    let serve = fs::read_to_string(folder.join("comeback-serve.1")).expect("its page");
    assert!(serve.contains("COMEBACK_DATABASE") && !serve.contains("/very/secret.db"), "{serve}");
    assert!(!said.out.contains(COMEBACK), "the place of this program");
}
