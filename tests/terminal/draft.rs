//! A draft outlives its program, and the program leaves a clean terminal behind.

use super::house::{COMEBACK, House};
use super::tmux::{Terminal, eventually, is_running, signal};

/// A shell with job control, and the inbox started from it.
fn from_a_shell(house: &House) -> (Terminal, u32) {
    let shell = Terminal::open(house.home(), (100, 30), "PS1='ready> ' exec bash --norc --noprofile -i");
    shell.shows(&["ready>"]);
    shell.write(&format!("{COMEBACK} --profile maya"));
    shell.press(&["Enter"]);
    shell.shows(&["online"]);
    let program = client_of(&shell);
    (shell, program)
}

/// The program that the shell of this terminal runs.
fn client_of(shell: &Terminal) -> u32 {
    let parent = shell.knows("pane_pid");
    eventually("the program", || {
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    })
}

/// The terminal is as a shell wants it: no alternate screen, a cursor, no mouse, and what is typed is seen.
fn is_clean(shell: &Terminal) {
    eventually("the screen of the shell", || (shell.knows("alternate_on") == "0").then_some(()));
    shell.shows(&["ready>"]);
    let flags = ["alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag"].map(|name| shell.knows(name));
    assert_eq!(flags, ["0", "1", "0", "0"], "alternate screen, cursor, mouse, keypad");
    shell.write("echo $((40+2))");
    shell.shows(&["echo $((40+2))"]);
    shell.press(&["Enter"]);
    shell.shows(&["\n42\n"]);
}

#[test]
fn a_draft_survives_the_kill_of_its_program() {
    let house = House::start();
    let buyer = house.people_of("maya").swap_remove(0);
    house.sign_in("maya", house.about("base_url"));
    house.text(&buyer.phone, "Is the offer still open?");
    let inbox = house.inbox("maya", (100, 30));
    inbox.shows(&[&buyer.phone]);
    inbox.press(&["r"]);
    let words = "Until the end of the month, and then";
    inbox.write(words);
    inbox.shows(&[words]);
    let cache = std::fs::read_dir(house.profile("maya")).expect("a profile").flatten().map(|e| e.path());
    let cache = cache.into_iter().find(|p| p.extension().is_some_and(|e| e == "db")).expect("a cache");
    eventually("the draft in the cache", || {
        let db = rusqlite::Connection::open_with_flags(&cache, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let drafted: String = db.query_row("SELECT body FROM drafts", [], |row| row.get(0)).ok()?;
        (drafted == words).then_some(())
    });
    let program = inbox.knows("pane_pid").parse().expect("a pid");
    signal(program, "KILL");
    eventually("the end of the program", || (!is_running(program)).then_some(()));

    let inbox = house.inbox("maya", (100, 30));
    inbox.shows(&[&buyer.phone]);
    inbox.press(&["r"]);
    inbox.shows(&[&format!("To {}", buyer.name), words]);
    assert_eq!(house.sends(&buyer.phone), Vec::<String>::new());
}

#[test]
fn being_ended_leaves_a_clean_terminal_and_no_process() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    for name in ["TERM", "HUP", "INT"] {
        let (shell, program) = from_a_shell(&house);
        signal(program, name);
        eventually(&format!("the end of the program after {name}"), || (!is_running(program)).then_some(()));
        is_clean(&shell);
    }
    // The window is closed: nothing stays behind and spins.
    let (shell, program) = from_a_shell(&house);
    shell.close();
    eventually("the end of the program without a terminal", || (!is_running(program)).then_some(()));
}

#[test]
fn ctrl_z_gives_the_shell_a_clean_terminal_and_fg_brings_the_inbox_back() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let (shell, program) = from_a_shell(&house);
    shell.press(&["C-z"]);
    shell.shows(&["Stopped"]);
    is_clean(&shell);
    assert!(is_running(program));
    shell.write("fg");
    shell.press(&["Enter"]);
    shell.shows(&["Maya Okafor", "online"]);
    assert_eq!(shell.knows("alternate_on"), "1");
    shell.press(&["q"]);
    is_clean(&shell);
}

#[test]
fn a_tiny_terminal_shows_a_notice_and_a_larger_one_the_inbox_again() {
    let house = House::start();
    let buyer = house.people_of("maya").swap_remove(0);
    house.sign_in("maya", house.about("base_url"));
    house.text(&buyer.phone, "Is the offer still open?");
    let inbox = house.inbox("maya", (100, 30));
    inbox.shows(&[&buyer.phone]);
    inbox.press(&["r"]);
    inbox.write("Half a thou");
    inbox.shows(&["Half a thou"]);
    inbox.resize(20, 5);
    let notice = inbox.shows(&["small", "20×5"]);
    assert!(notice.lines().all(|line| line.chars().count() <= 20) && !notice.contains("Half"), "{notice}");
    inbox.resize(100, 30);
    inbox.shows(&["Half a thou", &buyer.phone]);
    inbox.write("ght");
    inbox.shows(&["Half a thought"]);
}
