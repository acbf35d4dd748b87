//! The policy as sales operations change it: checked, put in force, looked up, taken back, while the backend runs.

use super::setup::Town;

#[test]
fn a_playbook_is_checked_changed_looked_up_and_taken_back_and_every_decision_is_explained() {
    let town = Town::open();
    let database = town.machine.database();
    let source = include_str!("../../assets/playbook.toml");
    let written = |source: &str| town.machine.writes_playbook("mine.toml", source);
    let path = written(source);
    let apply =
        ["playbook", "apply", "--database", &database, &path, "--by", "nina", "--why", "Late deals wait too long"];

    let said = town.machine.does(&["playbook", "check", &path], "");
    assert!(
        said.contains("6 expectations")
            && said.contains(" replies tried over 14 days with up to 3 people away: each reaches somebody"),
        "{said}"
    );

    // Every mistake in one run, and what is found beside them as if they were mended.
    let typos = source.replacen("ladder = \"fast\"", "ladder = \"fsat\"", 1).replacen("undo_hold", "undo_hodl", 1);
    written(&typos.replacen("backup = \"ben\"", "backup = \"zoe\"", 1));
    let refused = town.machine.run(&["playbook", "check", &path], "");
    for words in [
        "wrong: ",
        "did you mean \"fast\"?",
        "did you mean \"undo_hold\"?",
        "as if each of these were mended as suggested",
        "backup Zoe Lind has left",
        "each reaches somebody",
    ] {
        assert!(refused.out.contains(words), "no {words:?} in: {}", refused.out);
    }
    assert!(!refused.ok && refused.err.contains("4 things wrong"), "{}", refused.err);
    assert!(!refused.err.contains("Nothing was changed"), "a check changes nothing anyway: {}", refused.err);
    written(&source.replacen("name = \"Ben Carver\"\n", "", 1));
    let refused = town.machine.run(&["playbook", "check", &path], "");
    let stopped = "the search for a reply that reaches nobody were not looked at";
    assert!(!refused.ok && refused.out.contains(stopped), "{}", refused.out);

    // Bytes that are no text are shown where they stand, also in a file beside it; a file that is not there, where it was
    // looked for.
    let folder = std::path::Path::new(&path).parent().expect("a folder");
    std::fs::write(&path, [b"# Northwind\nab = \"".as_slice(), &[0xe9], b"\"\n"].concat()).expect("written");
    let refused = town.machine.run(&["playbook", "check", &path], "");
    let wanted = "mine.toml:2:7: a byte that is no text in UTF-8 stands here";
    assert!(!refused.ok && refused.err.contains(wanted), "{}", refused.err);
    written(&source.replacen("file = \"territories.csv\"", "file = \"west.csv\"", 1));
    let refused = town.machine.run(&["playbook", "check", &path], "");
    let looked = format!("west.csv: looked for at {}: ", folder.join("west.csv").display());
    assert!(!refused.ok && refused.out.contains(&looked), "{}", refused.out);
    std::fs::write(folder.join("west.csv"), b"rep\nkai\xff\n").expect("written");
    let refused = town.machine.run(&["playbook", "check", &path], "");
    assert!(!refused.ok && refused.out.contains("west.csv:2:4: a byte that is no text"), "{}", refused.out);

    // A file with something wrong changes nothing, and says where.
    written(&source.replacen("backup = \"ben\"", "backup = \"zoe\"", 1));
    let refused = town.machine.run(&apply, "");
    assert!(!refused.ok && refused.out.contains("backup Zoe Lind has left"), "{}", refused.out);
    assert!(refused.err.contains("Nothing was changed"), "{}", refused.err);
    let history = ["playbook", "history", "--database", &database];
    let said = town.machine.does(&history, "");
    assert!(said.lines().count() == 1 && said.contains("version 1") && said.contains("the first start"), "{said}");

    // A dry run tells the difference and changes nothing; then it is put in force.
    let faster = source.replacen("warn = \"3m\", due = \"5m\"", "warn = \"2m\", due = \"4m\"", 1);
    let faster = faster.replacen("due = 2026-03-03T10:05:00-05:00", "due = 2026-03-03T10:04:00-05:00", 1);
    written(&faster);
    let said = town.machine.does(&[&apply[..], &["--dry-run"]].concat(), "");
    assert!(said.contains("~ [[cohort]] \"late_stage\": first_response.due = \"5m\" → \"4m\""), "{said}");
    assert!(said.contains("a dry run: nothing was changed"), "{said}");
    assert_eq!(town.machine.does(&history, "").lines().count(), 1);
    assert!(town.machine.does(&apply, "").contains("in force as version 2"));
    assert!(town.machine.does(&apply, "").contains("already in force as version 2"));

    // The running backend follows with its next decision, and the record says which version decided.
    let (_, phone) = town.buyer_of("maya");
    let text = town.text(&phone, "What would fifty seats cost?");
    assert_eq!(town.answered(&text), 200);
    let explained = town.machine.does(&["explain", "--database", &database, &text], "");
    for words in [
        "the buyer wrote",
        "offered to Maya Okafor",
        "because the owner",
        "(playbook version 2)",
        "is due",
        "looked at: use case",
        "decided in ",
    ] {
        assert!(explained.contains(words), "no {words:?} in: {explained}");
    }
    assert!(!explained.contains("fifty seats") && !explained.contains(&phone), "no words, no number: {explained}");
    read_by_an_auditor(&town, &text, &explained);

    // Back to the first, as a third.
    let back = ["playbook", "rollback", "--database", &database, "1", "--by", "nina"];
    let said = town.machine.does(&back, "");
    assert!(said.contains("\"4m\" → \"5m\"") && said.contains("in force as version 3"), "{said}");
    let said = town.machine.does(&history, "");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[1].contains("nina: Late deals wait too long"), "{said}");
    assert!(lines[2].contains("nina, back to version 1"), "{said}");
    let none = town.machine.run(&["playbook", "rollback", "--database", &database, "9"], "");
    assert!(!none.ok && none.err.contains("there was no version 9. Nothing was changed"), "{}", none.err);
    let none = town.machine.run(&["explain", "--database", &database, "SM0"], "");
    assert!(!none.ok && none.err.contains("no text came under it"), "{}", none.err);
    // Who is on call, and who comes next: nights and weekends are Omar's and Inés's turns.
    let on_call = ["oncall", "--database", &database, "--at"];
    let said = town.machine.does(&[&on_call[..], &["2026-03-07T12:00:00-05:00"]].concat(), "");
    assert!(
        said.starts_with("East on call [east]: ") && said.contains(" until ") && said.contains(", then "),
        "{said}"
    );
    for whose in ["omar", "east"] {
        let said = town.machine.does(&["oncall", "--database", &database, "--ics", whose], "");
        assert!(said.starts_with("BEGIN:VCALENDAR\r\n") && said.contains("BEGIN:VEVENT"), "{said}");
    }
    let wrong = town.machine.run(&["oncall", "--database", &database, "--ics", "bob"], "");
    assert!(!wrong.ok && wrong.err.contains("neither a rep nor a schedule"), "{}", wrong.err);
    for (change, wanted) in [
        (
            &["override", "--database", &database, "east", "benn"][..],
            "Did you mean \"ben\"? There are ben, gail, ines, kai, lea,",
        ),
        (
            &["drop", "--database", &database, "nonsense"],
            "\"nonsense\" is no override: nothing was changed; there is none",
        ),
        (&["swap", "--database", &database, "east", "2026-01-06T12:00", "2026-01-13T12:00"], "shift then was over on "),
    ] {
        let wrong = town.machine.run(&[&["oncall"][..], change].concat(), "");
        assert!(!wrong.ok && wrong.err.contains(wanted), "{change:?}: {}", wrong.err);
    }
    times_are_read_as_people_type_them(&town, &on_call);
    assert!(town.machine.does(&["audit", "verify", "--database", &database], "").contains("whole"));
}

fn times_are_read_as_people_type_them(town: &Town, on_call: &[&str]) {
    for typed in ["tomorrow", "fri 22:00", "2h"] {
        let said = town.machine.does(&[on_call, &[typed]].concat(), "");
        assert!(said.starts_with("East on call [east]: "), "{typed}: {said}");
    }
    let wrong = town.machine.run(&[on_call, &["fry 22:00"]].concat(), "");
    assert!(!wrong.ok && wrong.err.contains("\"fry 22:00\" is no time: write fri 22:00"), "{}", wrong.err);
}

/// An auditor, to whom no conversation is shown, reads the same at their own shell.
fn read_by_an_auditor(town: &Town, text: &str, explained: &str) {
    let token = town.rep("add", "nina");
    town.machine.does(&["login", &town.backend, "--token-stdin", "--profile", "nina"], &token);
    let read = town.machine.does(&["explain", text, "--profile", "nina"], "");
    assert!(read.starts_with(explained), "more may have come since: {read}");
    let missing = town.machine.run(&["explain", "SM0", "--profile", "nina"], "");
    assert!(!missing.ok && missing.err.contains("No conversation has this id"), "{}", missing.err);
}
