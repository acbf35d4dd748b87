//! Rules that read well and do nothing, numbers outside their bounds, and mistakes that are told once with the right word:
//! each with a bad file and what is said of it.

use comeback::config::playbook::{example, read, read_all};

use crate::playbook_messages::{END, EXAMPLE, changed, found, mistakes};

/// A step of the standard ladder before the one that another comes after.
const SCHEDULED: &str = "[[ladder.standard]]\nschedule = \"east\"\n";

/// Where these words stand, as line and column.
fn place(source: &str, words: &str) -> String {
    let before = source.split_once(words).unwrap_or_else(|| panic!("no {words:?}")).0;
    let line = before.matches('\n').count() + 1;
    let start = before.rsplit('\n').next().unwrap_or_default();
    format!("playbook.toml:{line}:{}", start.chars().count() + 1)
}

#[test]
fn a_rule_that_can_never_do_anything_is_named_with_what_it_hangs_on() {
    let early = "[[cohort]]\nname = \"early\"\nlabel = \"early\"\nstages = [\"Discovery\", \"evaluation\"]\n\
                 first_response = { warn = \"3m\", due = \"5m\" }\nnext_response = { warn = \"6m\", due = \"10m\" }\n\
                 calendar = \"office\"\nladder = \"fast\"\n\n";
    let both = early.replace("early", "both").replace("\"Discovery\", \"evaluation\"", "\"proposal\", \"Evaluation\"");
    let meeting = "[[cohort]]\nname = \"meeting\"\n";
    let cohorts = format!("{early}{both}{meeting}");
    let again = format!("[[ladder.standard]] # again\nwho = \"owner\"\nwait = \"1m\"\n{SCHEDULED}");
    let pool = format!("[[ladder.standard]] # again\nteam = \"east\"\nwait = \"1m\"\n{SCHEDULED}");
    for (changes, at, wanted) in [
        (
            &[("\"renewal\", \"renovación\"", "\"renewal\", \"book a demo\"")][..],
            "[use_case.renewal]",
            "risky: the keyword \"book a demo\" never means \"renewal\": whoever writes it writes \"demo\", too, and \"meeting\" \
             has the higher priority; give \"renewal\" a priority of 1 or more",
        ),
        (
            &[(meeting, &*cohorts)],
            "name = \"both\"",
            "wrong: no reply is ever of the cohort \"both\": \"late_stage\" and \"early\" match all of them first, taken \
             together; move it before \"late_stage\", or leave it out",
        ),
        (
            &[(SCHEDULED, &*again)],
            "[[ladder.standard]] # again",
            "risky: step 4 of the ladder \"standard\" asks nobody new: step 1 asked the same (owner), and whoever was asked is \
             not asked again; ask somebody else here, or leave the step out",
        ),
        (
            &[(
                "[[ladder.standard]]\nwho = \"owner\"\nwait = \"9m\"",
                "[[ladder.standard]] # long\nwho = \"owner\"\nwait = \"5d\"",
            )],
            "[[ladder.standard]] # long",
            "risky: step 1 of the ladder \"standard\" waits 5 days, and in the cohort \"standard\" an answer is due in 30 \
             minutes: whoever comes after it is asked only when that is late; write a wait shorter than 30 minutes",
        ),
        (
            &[("times = [\"22:00-07:00\"], zone", "times = [\"00:01-24:00\"], zone")],
            "[rep.maya]",
            "risky: alerts reach Maya Okafor in 1 minute of the day alone: the rest is quiet; write the hours of the night under \
             [rep.maya.alerts], or under [alerts] for everybody: quiet = { times = [\"22:00-07:00\"], … }",
        ),
    ] {
        let source = changed(changes);
        let told = found(&source);
        let (weight, words) = wanted.split_once(": ").expect("a weight");
        let wanted = format!("{weight}: {}: {words}", place(&source, at));
        assert!(told.contains(&wanted), "{changes:?}\nwanted: {wanted}\nfound: {told:#?}");
    }
    // A pool of another team is somebody new for whoever answers elsewhere.
    let told = found(&changed(&[(SCHEDULED, &*pool)]));
    assert!(!told.iter().any(|told| told.contains("asks nobody new")), "{told:#?}");
}

#[test]
fn a_step_for_backups_where_nobody_has_one_is_found_and_one_backup_is_enough() {
    let with = |keep: usize| -> String {
        let mut kept = 0;
        let lines = EXAMPLE.split_inclusive('\n').filter(|line| {
            kept += usize::from(line.starts_with("backup = "));
            !line.starts_with("backup = ") || kept <= keep
        });
        lines.collect()
    };
    let source = with(0);
    let told = found(&source);
    let wanted = "asks nobody: nobody has a backup; write backup = \"…\" under [rep.NAME], or leave the step out";
    for ladder in ["fast", "standard"] {
        let wanted = format!("step 2 of the ladder \"{ladder}\" {wanted}");
        assert!(told.iter().any(|told| told.ends_with(&wanted)), "{wanted}\n{told:#?}");
    }
    assert!(!found(&with(1)).iter().any(|told| told.contains("nobody has a backup")));
}

#[test]
fn what_is_out_of_its_bounds_or_means_two_things_is_refused_with_what_to_write() {
    let days = "hand_off = \"09:00\"\ndays = 7\nzone = \"America/Los_Angeles\"";
    let west = "\n[schedule.west]\nlabel = \"West by night\"\nzone = \"America/Los_Angeles\"\n[[schedule.west.layer]]\n\
                reps = [\"kai\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\nevery = \"7d\"\n";
    let line = EXAMPLE.lines().position(|line| line == "reps = [\"kai\", \"wren\"]").expect("a rotation") + 1;
    let two = format!(
        "\"west\" names this schedule and, in line {line}, who is on call by [team.west.on_call]; give the schedule another \
         name, or leave one of the two out"
    );
    for (changes, at, wanted) in [
        (
            &[(days, &*days.replace('7', "0"))][..],
            "0\nzone = \"America/Los_Angeles\"",
            "a turn of 0 days is none; write days = 1 for a day, or days = 7 for a week",
        ),
        (
            &[("reps = [\"kai\", \"wren\"]", "reps = [\"kai\", \"zoe\"]")],
            "\"zoe\"]\nsince",
            "\"zoe\" left: this turn would have nobody; name somebody else, or leave them out",
        ),
        (
            &[("reps = [\"kai\", \"wren\"]", "reps = []")],
            "[]\nsince",
            "nobody takes turns here, so nobody would ever be on call; name who does, or leave the table out",
        ),
        (
            &[("label = \"East\"", "label = \" \"")],
            "\" \"\nlead",
            "this label is empty: screens would show nothing in its place; write label = \"…\"",
        ),
        (
            &[("undo_hold = \"8s\"", "undo_hold = \"30d\"")],
            "\"30d\"\n\n",
            "every answer would wait so long before it leaves: it can be taken back for 10m at most; write undo_hold = \"8s\"",
        ),
        (
            &[("weight = 2", "weight = 5000")],
            "5000",
            "a weight is from 1 to 100: 5000 would count as 100; write weight = 100",
        ),
        (&[(END, west)], "\"West by night\"", &*two),
        (
            &[("area_code = \"212\"", "area_code = \"0212\"")],
            "\"0212\"",
            "an area code is three digits of the North American plan, as 415",
        ),
    ] {
        let source = changed(changes);
        assert_eq!(mistakes(&source), [format!("{}: {wanted}", place(&source, at))], "{changes:?}");
    }
}

/// Each is one mistake: nothing else is told that comes of it.
#[test]
fn a_value_of_another_form_is_one_mistake_with_the_word_that_is_meant() {
    let wait = "who = \"owner\"\nwait = \"9m\"";
    for (changes, at, wanted) in [
        (
            &[(wait, "who = \"owner\"\nwait = \"20 s\"")][..],
            "\"20 s\"",
            "not a duration: write it 30s, 5m, 2h or 1d; write wait = \"20s\"",
        ),
        (&[(wait, "who = \"owner\"\nwait = \"a while\"")], "\"a while\"", "not a duration: write it 30s, 5m, 2h or 1d"),
        (
            &[("\nsales = false\nqueue", "\nsales = \"no\"\nqueue")],
            "\"no\"",
            "expected true or false, found the text \"no\"; write sales = false, or leave it out",
        ),
        (
            &[
                ("name = \"renewal\"\nlabel", "name = \"meeting\"\nlabel"),
                ("priority = 2", "priority = 2\ncohort = \"renewal\""),
            ],
            "\"meeting\"\nlabel = \"renewal\"",
            "\"meeting\" names two of [[cohort]]: the first stands in line LINE; give one of them another name, or leave it out",
        ),
        (
            &[("first_response = { warn = \"3m\", due = \"5m\" }", "first_response = \"6m\"")],
            "\"6m\"",
            "expected a table, found the text \"6m\"; write first_response = { warn = \"3m\", due = \"6m\" }",
        ),
        (
            &[("area_code = \"212\"", "area_code = 415")],
            "415\n",
            "expected a text in quotes, found the number 415; write area_code = \"415\", or leave it out",
        ),
        (
            &[("weight = 2", "weight = \"3\"")],
            "\"3\"",
            "expected a whole number, not below 0, found the text \"3\"; write weight = 3: a whole number from 1 to 100, or \
             leave it out",
        ),
        (
            &[("zone = \"America/Los_Angeles\"", "zone = \"NewYork\"")],
            "\"NewYork\"",
            "there is no zone \"NewYork\"; did you mean \"America/New_York\"?",
        ),
        (
            &[("zone = \"America/Los_Angeles\"", "zone = \"EST5\"")],
            "\"EST5\"",
            "there is no zone \"EST5\"; did you mean \"America/New_York\"?",
        ),
        (&[("\nsunday = []", "\nsonday = []")], "sonday", "unknown key \"sonday\"; did you mean \"sunday\"?"),
        (
            &[("friday = [\"07:00-15:00\"]", "mondai = [\"07:00-15:00\"]")],
            "mondai",
            "unknown key \"mondai\"; it can be friday, holidays",
        ),
        (
            &[("company = \"Northwind", "company = \"North\0wind")],
            "\0",
            "U+0000 stands here: a control character, which nobody sees; leave it out; save the file as plain text",
        ),
        (&[("company = \"Northwind Systems\"", "company = Acme")], "Acme", "a text stands in quotes; write \"Acme\""),
        (&[("label = \"East\"", "label = \"East")], "\"East\n", "this text is not closed; close it with \""),
    ] {
        let source = changed(changes);
        let meeting = place(&source, "\"meeting\"\nlabel = \"meeting\"");
        let line = meeting.split(':').nth(1).unwrap_or_default();
        let wanted = format!("{}: {}", place(&source, at), wanted.replace("LINE", line));
        assert_eq!(mistakes(&source), [wanted], "{changes:?}");
    }
}

#[test]
fn one_single_bracket_beside_several_is_one_mistake() {
    let told = mistakes(&changed(&[("[[cohort]]", "[cohort]")]));
    assert!(told.len() == 1 && told[0].contains("[cohort] stands here, and [[cohort]] in line"), "{told:#?}");
}

/// What is plain is read as it is meant, and the rest is looked at over it.
#[test]
fn what_is_written_in_another_form_is_read_as_suggested() {
    for (from, to) in [
        ("who = \"owner\"\nwait = \"9m\"", "who = \"owner\"\nwait = \"9 min\""),
        ("\nsales = false\nqueue", "\nsales = \"no\"\nqueue"),
        ("weight = 2", "weight = \"2\""),
        ("undo_hold = \"8s\"", "undo_hold = 8"),
        ("area_code = \"212\"", "area_code = 212"),
        ("monday = [\"07:00-16:30\"]", "monday = \"7-16:30\""),
        ("hand_off = \"09:00\"\ndays = 7", "hand_off = 9\ndays = 7"),
    ] {
        let reading = read_all("playbook.toml", &changed(&[(from, to)]), &example::beside);
        assert_eq!(reading.mistakes.len(), 1, "{to}: {:?}", reading.mistakes);
        let meant = read("playbook.toml", EXAMPLE).expect("the example");
        assert!(reading.playbook.as_ref() == Some(&meant), "{to}");
    }
}
