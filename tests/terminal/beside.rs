//! The backend among other processes: alone on its database, careful with the network, plain in its log.

use super::house::COMEBACK;
use super::program::{Machine, PLAYBOOK};
use super::tmux::{Terminal, eventually, is_running};

#[test]
fn a_second_backend_on_a_database_is_refused_and_a_killed_one_leaves_no_lock() {
    let machine = Machine::new();
    let database = machine.database();
    let first = machine.serve(&[], "");
    let second = ["serve", "--playbook", PLAYBOOK, "--database", &database, "--listen", "127.0.0.1:0"];
    let refused = machine.run(&second, "");
    let wanted = format!("another comeback (process {}) runs on this database: end that one first", first.pid());
    assert!(!refused.ok && refused.err.contains(&wanted), "wanted {wanted:?}: {}", refused.err);
    assert_eq!(refused.out, "", "it never listened");

    // Commands work beside it.
    assert!(machine.does(&["rep", "add", "--database", &database, "maya"], "").starts_with("cbi_"));
    machine.does(&["line", "list", "--database", &database], "");
    let applied = machine.does(&["playbook", "apply", "--database", &database, PLAYBOOK], "");
    assert!(applied.starts_with("already in force"), "{applied}");
    machine.does(&["audit", "verify", "--database", &database], "");
    assert!(is_running(first.pid()));

    first.kill();
    let third = machine.serve(&[], "");
    assert!(third.url().starts_with("http://127.0.0.1:"));
}

#[test]
fn plain_http_off_loopback_is_refused_and_makes_no_database() {
    let machine = Machine::new();
    let database = machine.database();
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8420"] {
        let serve = ["serve", "--playbook", PLAYBOOK, "--database", &database, "--listen", listen];
        let refused = machine.run(&serve, "");
        assert!(!refused.ok && refused.out.is_empty(), "{listen}: {}", refused.out);
        for said in [listen, "would carry texts and tokens in the clear", "--behind-proxy", "127.0.0.1"] {
            assert!(refused.err.contains(said), "no {said:?} in {}", refused.err);
        }
    }
    assert!(!machine.home().join("comeback.db").exists());
}

#[test]
fn a_log_in_a_file_is_plain_and_says_why_a_webhook_was_refused() {
    let machine = Machine::new();
    let serve = machine.serve(&[], "");
    assert_eq!(machine.knock(&format!("{}/hooks/twilio/inbuond", serve.url())), 404);
    let log = eventually("a line in the log", || Some(serve.said()).filter(|log| log.contains("webhook refused")));
    assert!(log.contains("no hook is at its path"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn a_log_on_a_terminal_has_colour_unless_it_is_not_wanted() {
    for (prefix, coloured) in [("", true), ("NO_COLOR=1 ", false)] {
        let machine = Machine::new();
        let database = machine.database();
        let serve = format!("{COMEBACK} serve --playbook {PLAYBOOK} --database {database} --listen 127.0.0.1:0");
        let terminal = Terminal::open(machine.home(), (200, 20), &format!("unset NO_COLOR; {prefix}exec {serve}"));
        let screen = terminal.shows(&["listening on http://", ", known to"]);
        let (_, rest) = screen.split_once("listening on ").expect("an address");
        let url = rest.split(',').next().expect("an address");
        assert_eq!(machine.knock(&format!("{url}/hooks/nothing")), 404);
        terminal.shows(&["webhook refused"]);
        let line = terminal.painted().lines().find(|l| l.contains("WARN")).expect("the warning").to_owned();
        assert_eq!(line.contains('\u{1b}'), coloured, "{prefix:?}: {line:?}");
    }
}
