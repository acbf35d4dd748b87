//! One inbox a profile: a second start moves it to where the person is, and nobody is locked out.

use std::process::{Command, Stdio};

use super::house::{COMEBACK, House};
use super::tmux::{Terminal, eventually, is_running, signal};

/// A shell that shows when its command is over, with what it said.
fn shell(house: &House, arguments: &str) -> Terminal {
    let command = format!("{COMEBACK} --profile maya {arguments}; echo over with $?; read hold");
    Terminal::open(house.home(), (100, 30), &command)
}

/// The process that has maya's inbox, as its lock says.
fn holder(house: &House) -> u32 {
    eventually("a process in the lock", || {
        std::fs::read_to_string(house.profile("maya").join("lock")).ok()?.trim().parse().ok()
    })
}

fn ends(pid: u32) {
    eventually("the end of an inbox", || (!is_running(pid)).then_some(()));
}

#[test]
fn an_inbox_moves_to_another_terminal_with_its_draft() {
    let house = House::start();
    let buyer = house.people_of("maya").swap_remove(0);
    house.sign_in("maya", house.about("base_url"));
    house.text(&buyer.phone, "Does it come in blue?");
    let first = shell(&house, "");
    first.shows(&["online", &buyer.phone]);
    first.press(&["r"]);
    first.write("In blue and in");
    first.shows(&["In blue and in"]);
    let before = holder(&house);

    // Left alone, it stays.
    let second = shell(&house, "");
    let asks = "y or Enter moves it here, q leaves it";
    second.shows(&[&format!("open in another terminal (process {before})"), asks]);
    second.write("q");
    second.press(&["Enter"]);
    second.shows(&["Nothing was started", "over with 0"]);
    first.shows(&["In blue and in"]);

    let third = shell(&house, "");
    third.shows(&[asks]);
    third.write("y");
    third.press(&["Enter"]);
    third.shows(&["online", &buyer.phone]);
    let left = first.shows(&["This inbox moved to another terminal", "over with 0"]);
    assert!(!left.contains("In blue"), "the screen was not given back:\n{left}");
    assert_eq!((first.knows("alternate_on"), first.knows("cursor_flag")), ("0".to_owned(), "1".to_owned()));
    ends(before);
    third.press(&["r"]);
    third.shows(&["In blue and in"]);
    assert_ne!(holder(&house), before);
}

#[test]
fn an_inbox_that_was_killed_blocks_nobody() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let first = shell(&house, "");
    first.shows(&["online"]);
    let killed = holder(&house);
    signal(killed, "KILL");
    ends(killed);
    assert!(house.profile("maya").join("inbox.sock").exists(), "its socket is still there");
    let second = shell(&house, "");
    second.shows(&["online"]);
    assert_ne!(holder(&house), killed);
    // And the new one can be moved in its turn, without a question.
    let third = shell(&house, "--take");
    third.shows(&["online"]);
    second.shows(&["moved to another terminal"]);
}

#[test]
fn one_that_is_stopped_is_named_and_goes_on_as_it_was() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let first = shell(&house, "");
    first.shows(&["online"]);
    let stopped = holder(&house);
    signal(stopped, "STOP");
    let second = shell(&house, "--take");
    let told = second.shows(&["over with 1"]).replace('\n', " ");
    assert!(told.contains(&format!("(process {stopped})")) && told.contains("does not answer"), "{told}");
    assert!(is_running(stopped));
    signal(stopped, "CONT");
    // It hears the question once it runs again; whoever asked is gone by then, so it stays.
    first.press(&["?"]);
    first.shows(&["Keys"]);
    assert_eq!(holder(&house), stopped);
    first.press(&["Escape"]);
    let third = shell(&house, "--take");
    third.shows(&["online"]);
    first.shows(&["moved to another terminal"]);
}

#[test]
fn of_two_that_want_it_at_once_one_has_it() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let first = shell(&house, "");
    first.shows(&["online"]);
    let (second, third) = (shell(&house, "--take"), shell(&house, "--take"));
    first.shows(&["moved to another terminal", "over with 0"]);
    // Each either has the inbox, had it moved away from it, or was told who was quicker.
    let open = eventually("one inbox and one that is over", || {
        let screens = [second.screen(), third.screen()];
        let over = screens.iter().filter(|s| s.contains("over with")).count();
        let open = screens.iter().filter(|s| s.contains("online") && !s.contains("over with")).count();
        (over == 1 && open == 1).then_some(screens)
    });
    let other = open.iter().find(|s| s.contains("over with")).expect("one is over").replace('\n', " ");
    assert!(other.contains("already open in another comeback") || other.contains("moved to another"), "{other}");
}

#[test]
fn without_a_terminal_nothing_moves_unasked() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let first = shell(&house, "");
    first.shows(&["online"]);
    let out = Command::new(COMEBACK)
        .args(["--profile", "maya"])
        .env("XDG_DATA_HOME", house.home().join("data"))
        .env("XDG_CONFIG_HOME", house.home().join("config"))
        .env("XDG_STATE_HOME", house.home().join("state"))
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && told.contains("to move it here: comeback --take"), "{told}");
    first.shows(&["online"]);
}
