//! A rep's inbox lives through a restore: signed out, signed in again, and what it had not got rid of waits for the rep.

use super::super::house::COMEBACK;
use super::super::tmux::{Terminal, eventually};
use super::office::{Office, SLOW};

const BUYER: &str = "+14155550121";
const WORDS: &str = "Thursday at ten suits me";

#[test]
fn an_answer_written_offline_before_a_restore_waits_for_its_rep_and_goes_once_by_hand() {
    let office = Office::open(SLOW);
    let (before, after) = (office.machine.database(), format!("sqlite:{}", office.at("after.db")));
    let serve = office.serve(&[]);
    office.sets_line_up(&before);
    let signs_in = |database: &str| {
        let token = office.machine.does(&["rep", "add", "--database", database, "maya"], "");
        office.machine.does(&["login", &office.url(""), "--token-stdin"], &token)
    };
    signs_in(&before);
    assert_eq!(office.answered(&office.text(BUYER, "When can we meet?")), Some(200));
    let inbox = Terminal::open(office.machine.home(), (110, 30), &format!("exec {COMEBACK}"));
    inbox.shows(&["online", BUYER, "When can we meet?"]);
    let backup = office.at("backup.db");
    office.machine.does(&["backup", "--database", &before, "--out", &backup], "");

    serve.kill();
    inbox.shows(&["offline"]);
    inbox.press(&["r"]);
    inbox.shows(&[&format!("To {BUYER}")]);
    inbox.write(WORDS);
    inbox.shows(&[WORDS]);
    inbox.press(&["Enter", "O"]);
    inbox.shows(&["Outbox (1)", "waits for the network", WORDS]);

    office.machine.does(&["restore", "--backup", &backup, "--database", &after], "");
    let serve = office.serve_in(&[], &[], &after, &[]);
    inbox.press(&["C-r"]);
    inbox.shows(&["this device is signed out: ask for a one-time token", "Outbox (1)", WORDS]);
    signs_in(&after);
    inbox.shows(&["Signed in anew: nothing of before goes by itself. 1 waits for your eye in the Outbox (O)."]);
    inbox.shows(&["online", "may have left", "Nobody knows whether it arrived: look before it goes again.", WORDS]);

    // A later text is there, and the answer is still with its rep.
    assert_eq!(office.answered(&office.text(BUYER, "Are you there?")), Some(200));
    // The outbox was opened before the answer stood in it, and puts its cursor nowhere by itself.
    inbox.press(&["j", "Enter"]);
    inbox.shows(&["Are you there?", "needs your eye"]);
    let lea = office.signs_in(&after, "lea");
    let answers = || office.conversation(&lea, BUYER)["state"]["answers"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!((answers(), office.sends()), (0, Vec::new()));

    // Looked, and sent by hand: once.
    inbox.press(&["z"]);
    inbox.shows(&["Send again", "it may arrive twice"]);
    inbox.press(&["2"]);
    eventually("the answer at the carrier", || (office.sends_accepted() == [WORDS]).then_some(()));
    inbox.hides("needs your eye");
    assert_eq!(answers(), 1);
    serve.stop();
    office.verifies(&after);
}
