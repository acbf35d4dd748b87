//! Away and back, as a rep types it at a shell while the inbox runs beside.

use super::house::COMEBACK;
use super::setup::Town;
use super::tmux::Terminal;

/// An instant so many days from now, with its offset.
fn in_days(days: i64) -> String {
    (chrono::Utc::now() + chrono::Duration::days(days)).format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[test]
fn a_rep_says_away_at_a_shell_the_open_inbox_follows_and_a_lead_says_it_of_somebody_else() {
    let town = Town::start();
    let machine = &town.machine;
    for rep in ["maya", "lea"] {
        let token = town.rep("add", rep);
        machine.does(&["login", &town.backend, "--token-stdin", "--profile", rep], &token);
    }
    let inbox = Terminal::open(machine.home(), (110, 30), &format!("exec {COMEBACK} --profile maya"));
    inbox.shows(&["online"]);

    let said = machine.does(&["--profile", "maya", "away", "--until", "2h", "--note", "Harbor waits for a quote"], "");
    assert!(said.starts_with("You are away until ") && said.contains(" go to Ben Carver (late stage, "), "{said}");
    assert!(!said.contains("Harbor"), "the note is for whoever covers: {said}");
    inbox.shows(&["away"]);
    // What is not said anew stays, and the receipt says so.
    let said = machine.does(&["--profile", "maya", "away"], "");
    assert!(said.starts_with("You are away already, until ") && said.contains("as said before"), "{said}");
    let said = machine.does(&["--profile", "maya", "away", "--until", "3h"], "");
    assert!(said.starts_with("You are away until ") && said.contains("The note left before stays"), "{said}");
    let said = machine.does(&["--profile", "maya", "away", "--note", "Harbor has it"], "");
    assert!(said.starts_with("You are still away until ") && said.contains("instead of the one before"), "{said}");
    let said = machine.does(&["--profile", "maya", "back"], "");
    assert!(said.starts_with("You are back;"), "{said}");
    let said = machine.does(&["--profile", "maya", "back"], "");
    assert!(said.starts_with("You are not away: nothing changed."), "{said}");

    let said = machine.does(&["--profile", "lea", "away", "--rep", "Maya Okafor"], "");
    assert!(said.starts_with("Maya Okafor is away until `comeback back --rep maya`."), "{said}");
    inbox.shows(&["away"]);
    let said = machine.does(&["--profile", "lea", "back", "--rep", "maya"], "");
    assert!(said.starts_with("Maya Okafor is back;"), "{said}");

    // Who is on call is asked and changed at the same shell; Lea gives the next hours to Maya.
    let said = machine.does(&["--profile", "maya", "oncall"], "");
    assert!(said.starts_with("East on call [east]: "), "{said}");
    let (soon, later) = (in_days(1), in_days(2));
    let give = ["--profile", "lea", "oncall", "override", "east", "maya", "--to", &later];
    let said = machine.does(&give, "");
    assert!(said.starts_with("East on call [east]: Maya Okafor (an override) until "), "{said}");
    let id = said.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).expect("its id").0;
    let said = machine.does(&["--profile", "maya", "oncall", "--at", &soon], "");
    assert!(said.contains(": Maya Okafor (an override)"), "{said}");
    let said = machine.does(&["--profile", "lea", "oncall", "drop", id], "");
    assert!(!said.contains("an override"), "{said}");
    // Whoever is away may be given a shift: it is said with it.
    machine.does(&["--profile", "lea", "away", "--rep", "maya"], "");
    let said = machine.does(&give, "");
    assert!(said.starts_with("Maya Okafor is away: who is away is not asked while it is so\n"), "{said}");
    assert!(said.contains("East on call [east]: Maya Okafor (away now) (an override) until "), "{said}");
    let id = said.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).expect("its id").0;
    machine.does(&["--profile", "lea", "oncall", "drop", id], "");
    machine.does(&["--profile", "lea", "back", "--rep", "maya"], "");

    // A calendar program reads the shifts by an address of their own.
    let address = machine.does(&["--profile", "maya", "oncall", "subscribe"], "");
    assert!(address.contains("/v1/subscriptions/cbc_") && address.trim_end().ends_with("/maya.ics"), "{address}");
    let (status, calendar) = machine.asks(address.trim()).unwrap();
    assert!(status == 200 && calendar.starts_with("BEGIN:VCALENDAR"), "{status}: {calendar}");
    let refused = machine.run(&["--profile", "maya", "oncall", "subscribe", "moon"], "");
    assert!(!refused.ok && refused.err.contains("no rep and no schedule"), "{}", refused.err);

    // What is refused changes nothing and says what to do.
    let refused = machine.run(&["--profile", "maya", "away", "--rep", "ben"], "");
    assert!(!refused.ok && refused.err.contains("this needs a lead of East. Ask your lead."), "{}", refused.err);
    let refused = machine.run(&["--profile", "maya", "away", "--rep", "zed"], "");
    assert!(!refused.ok && refused.err.contains("There are ben, "), "{}", refused.err);
    let refused = machine.run(&["--profile", "maya", "away", "--until", "soon"], "");
    assert!(
        !refused.ok && refused.err.contains("tomorrow 8am, 30m, 2h or 14:30. Nothing was changed"),
        "{}",
        refused.err
    );
    let refused = machine.run(&["--profile", "nobody", "away"], "");
    assert!(!refused.ok && refused.err.contains("comeback login"), "{}", refused.err);
}
