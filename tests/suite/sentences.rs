//! The policy told in sentences, against what was agreed on. `UPDATE=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use comeback::domain::playbook::Playbook;
use comeback::domain::sentences;
use comeback::domain::time::Timestamp;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
const NOW: Timestamp = Timestamp::from_millis(1_772_809_200_000);

fn read(source: &str) -> Playbook {
    comeback::config::playbook::read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"))
}

fn told(playbook: &Playbook) -> String {
    let mut text = String::new();
    for part in sentences::of(playbook, NOW) {
        writeln!(text, "{}", part.title).unwrap();
        for line in part.lines {
            writeln!(text, "  {line}").unwrap();
        }
        writeln!(text).unwrap();
    }
    text
}

#[test]
fn the_example_is_told_as_it_was_agreed_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/told/playbook.txt");
    let now = told(&read(EXAMPLE));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(now, golden, "run with UPDATE=1 when it should say this");
}

#[test]
fn what_differs_is_told_differently() {
    for (from, to, wanted) in [
        ("undo_hold = \"8s\"", "undo_hold = \"0s\"", "An answer leaves at once."),
        ("reply_window = \"2h\"", "reply_window = \"90m\"", "Within 1 hour 30 minutes of the buyer's own text"),
        (
            "stages = [\"Negotiation\", \"Proposal\", \"Contract\"]",
            "stages = [\"Contract\"]",
            "whose deal is in Contract.",
        ),
        ("every = \"7d\"", "every = \"6h\"", "take turns of 6 hours"),
        ("backup = \"ben\"\n", "", "Maya Okafor (maya), AE: nobody stands in"),
        (
            "[use_case.renewal]\nlabel = \"renewal\"",
            "[use_case.renewal]\nlabel = \"renewal\"\nsales = false",
            "renewal (renewal): Sales need not",
        ),
        (
            "monday = [\"08:00-12:30\", \"13:00-19:00\"]",
            "monday = [\"00:00-24:00\"]",
            "Monday all day; Tuesday to Thursday",
        ),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let told = told(&read(&source));
        assert!(told.contains(wanted), "{wanted}: {told}");
        assert!(!self::told(&read(EXAMPLE)).contains(wanted), "{wanted} is said of the example, too");
    }
    // A team's short form is told like a schedule; a team without one is told to have none.
    let short = "\n[team.east.on_call]\nreps = [\"omar\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 7\nzone = \"UTC\"\n\n[rep.maya]";
    let other = EXAMPLE.replacen(
        "[schedule.east]\nlabel = \"East on call\"\nteam = \"east\"",
        "[schedule.east]\nlabel = \"Nights\"",
        1,
    );
    let other =
        other.replace("schedule.east", "schedule.nights").replace("schedule = \"east\"", "schedule = \"nights\"");
    assert!(told(&read(&other)).contains("East: nobody is ever on call."));
    let told = told(&read(&other.replacen("[rep.maya]", short, 1)));
    assert!(
        told.contains("East: by its turns Omar Haddad, and nothing changes.")
            && told.contains("  Turns: always Omar Haddad (UTC)"),
        "{told}"
    );
}
