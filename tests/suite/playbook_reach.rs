//! What `check` finds of people whom nothing asks, and of replies that would reach nobody, each with a bad file.

use comeback::config::playbook::{places, read};
use comeback::domain::findings;

use crate::playbook_messages::{EXAMPLE, FROM, changed, first};

/// The first line of everything found in the example with these changes and these words after it.
fn found(changes: &[(&str, &str)], more: &str) -> Vec<String> {
    looked(changes, more).0
}

/// The same, and how far was searched.
fn looked(changes: &[(&str, &str)], more: &str) -> (Vec<String>, String) {
    all_of(&(changed(changes) + more))
}

/// The first line of everything found in a file, and how far was searched.
fn all_of(source: &str) -> (Vec<String>, String) {
    let playbook = read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"));
    let (all, searched) = findings::of(&playbook, FROM);
    let all = all.iter().map(|finding| first(&places::told("playbook.toml", source, finding))).collect();
    (all, findings::searched(&searched))
}

/// Three schedules of short turns that one ladder asks, one after the other, before the lead: who takes turns in each, and
/// how long they are.
fn turns(holidays: &str, clock: &str, turns: [(&[&str], &str); 3]) -> String {
    let schedule = |(at, (people, every)): (usize, (&[&str], &str))| {
        let reps: Vec<String> = people.iter().map(|rep| format!("\"{rep}\"")).collect();
        format!(
            "\n[[ladder.hourly]]\nschedule = \"h{at}\"\nwait = \"3m\"\nclock = \"{clock}\"\n[schedule.h{at}]\nlabel = \"Hours {at}\"\n\
             zone = \"America/New_York\"\nholidays = [{holidays}]\n[[schedule.h{at}.layer]]\nlabel = \"all\"\nreps = [{}]\n\
             since = 2026-01-05\nhand_off = \"00:00\"\nevery = \"{every}\"\n",
            reps.join(", ")
        )
    };
    turns.into_iter().enumerate().map(schedule).collect::<String>() + "\n[[ladder.hourly]]\nwho = \"lead\"\n"
}

/// The example with these turns, a pool that gives out every buyer, and so one reply of each kind.
fn with_turns(turns: &str) -> (Vec<String>, String) {
    let standard = "calendar = \"office\"\nladder = \"standard\"";
    let (start, end) =
        (EXAMPLE.find("ownership = [").expect("rules"), EXAMPLE.find("\n# A rep whose").expect("their end"));
    let owned = (&EXAMPLE[start..end], "ownership = [\"round_robin\"]\n");
    let hourly = standard.replace("standard", "hourly");
    looked(&[(standard, hourly.as_str()), owned], turns)
}

const HOLE: &str = "would reach nobody while Lea Brandt is away (use case \"";

/// By what passes on the wall every hour of a night is another one: more than is tried. The hours of nobody come first, and
/// what is said claims no more.
#[test]
fn a_hole_ten_days_ahead_is_found_among_hourly_turns_and_what_was_left_out_is_said() {
    let of = |holidays: &str| {
        let people: [(&[&str], &str); 3] = [(&["ben"], "1h"), (&["ines", "maya"], "5h"), (&["omar", "sol"], "1h")];
        with_turns(&turns(holidays, "wall", people))
    };
    let (told, searched) = of("");
    assert!(!told.iter().any(|told| told.contains("would reach nobody")), "{told:#?}");
    let (tried, all) = searched.split_once(" of ").expect("not all of them were tried");
    let all = all.split_once(" replies over 14 days tried, since all are too many, with up to 3 people away: ");
    let (all, reached) = all.expect("how many there are");
    assert!(tried.parse::<usize>().unwrap() < all.parse::<usize>().unwrap(), "{searched}");
    assert_eq!(reached, "each that was tried reaches somebody");
    let (told, searched) = of("2026-03-16");
    assert!(told.iter().any(|told| told.contains("at 2026-03-16 ") && told.contains(HOLE)), "{told:#?}");
    assert!(searched.ends_with(": one would reach nobody"), "{searched}");
}

/// Hours in which the same people stand there for as long as a ladder is climbed are tried once, so nothing is left out.
#[test]
fn of_hours_that_are_alike_one_is_tried_and_a_hole_among_them_is_found() {
    let of = |holidays: &str| {
        let all = ["ben", "ines", "maya", "omar", "ben", "ines"];
        with_turns(&turns(holidays, "business", [(&all[..4], "1h"), (&all[1..5], "1h"), (&all[2..], "1h")]))
    };
    let (told, searched) = of("");
    assert!(!told.iter().any(|told| told.contains("would reach nobody")), "{told:#?}");
    let tried = searched.strip_suffix(" replies tried over 14 days with up to 3 people away: each reaches somebody");
    let tried: usize = tried.unwrap_or_else(|| panic!("{searched}")).parse().unwrap();
    // Three schedules of 336 hours each, and what goes to other ladders.
    assert!(tried < 800, "{searched}");
    let (told, searched) = of("2026-03-16");
    assert!(told.iter().any(|told| told.contains("at 2026-03-16 ") && told.contains(HOLE)), "{told:#?}");
    assert!(searched.ends_with(": one would reach nobody"), "{searched}");
}

#[test]
fn hours_without_anybody_are_told_of_every_schedule_that_a_ladder_asks() {
    let turns = "reps = [\"omar\", \"ines\", \"ben\"]";
    let at = EXAMPLE.lines().position(|line| line == "[schedule.half_days]").expect("a schedule") + 1;
    let wanted = format!(
        "playbook.toml:{at}:1: nobody is on call by \"Half days\" 70 times within 90 days, first from 2026-03-06 21:00 EST to \
         2026-03-07 09:00 EST; add a layer for those hours; until then the step is skipped"
    );
    let told = found(&[(turns, "reps = [\"omar\", \"nobody\", \"ben\"]")], "");
    assert_eq!(told, [wanted]);
    // A queue's own, too, though no line is its team's.
    let care = format!(
        "{CARE}[team.care.on_call]\nreps = [\"cal\"]\nsince = 2026-03-10\nhand_off = \"09:00\"\ndays = 1\nzone = \"America/New_York\"\n"
    );
    let told = found(&[], &care);
    assert!(
        told.iter().any(|told| told.contains("nobody is on call for Care once within 90 days, first from")),
        "{told:#?}"
    );
}

const CARE: &str = "
[team.care]
label = \"Care\"
lead = \"cal\"
[rep.cal]
name = \"Cal Reyes\"
team = \"care\"
[use_case.help]
label = \"help\"
sales = false
queue = \"care\"
";

#[test]
fn a_queue_whose_only_member_is_away_reaches_nobody() {
    let wanted = |at: &str| {
        format!(
            "a reply to the line \"main\" at 2026-03-06 10:00 EST would reach nobody while Cal Reyes is away (use case \"help\", \
             which Care answers{at}); put somebody more into the pool, or on call"
        )
    };
    // The usual ladder asks East's schedule, too; the one of late stages asks whoever is on call for Care, which is nobody.
    let told = found(&[], CARE);
    assert!(told.iter().any(|told| told.ends_with(&wanted(", at the stage \"Contract\""))), "{told:#?}");
    let ladder = "[[ladder.standard]]\nschedule = \"east\"";
    let told = found(&[(ladder, "[[ladder.standard]]\nwho = \"on_call\"")], CARE);
    assert!(told.iter().any(|told| told.ends_with(&wanted(""))), "{told:#?}");
}

#[test]
fn a_stage_that_only_a_rule_about_owners_names_is_tried() {
    // At this stage alone the rule finds Gail's own, whose ladder asks nobody else.
    let cohort = "[[cohort]]\nname = \"alone\"\nlabel = \"alone\"\nstages = [\"Legal\"]\nfirst_response = { warn = \"3m\", \
                  due = \"5m\" }\nnext_response = { warn = \"6m\", due = \"10m\" }\ncalendar = \"office\"\nladder = \"alone\"\n\n";
    let first = "[[cohort]]\nname = \"late_stage\"";
    let ladder = "\n[[ladder.alone]]\nlead_of = \"west\"\n";
    let told = found(&[(first, &format!("{cohort}{first}"))], ladder);
    assert!(
        told.iter().any(|told| told
            .contains("would reach nobody while Gail Moreno is away (use case \"new_lead\", at the stage \"Legal\")")),
        "{told:#?}"
    );
}

#[test]
fn a_schedule_that_nothing_asks_is_told() {
    let told = found(
        &[(
            "schedule = \"half_days\"\nwait = \"5m\"\n[[ladder.renewal]]\n",
            "person = \"omar\"\nwait = \"5m\"\n[[ladder.renewal]]\n",
        )],
        "",
    );
    let wanted = "nobody ever asks who is on call by \"Half days\": no ladder names it, and it is no team's; write a step with \
                  schedule = \"half_days\", or team = \"…\" under [schedule.half_days]";
    assert!(told.iter().any(|told| told.ends_with(wanted)), "{told:#?}");
    // A team's own, and no ladder has a step for it.
    let told = found(
        &[
            ("schedule = \"east\"\nwait", "person = \"omar\"\nwait"),
            ("who = \"on_call\"\nwait", "person = \"omar\"\nwait"),
        ],
        "",
    );
    let wanted = "nobody ever asks who is on call by \"East on call\": it is who is on call for the team \"east\", and no ladder has \
                  a step \"on_call\"";
    assert!(told.iter().any(|told| told.contains(wanted)), "{told:#?}");
}

/// Whose buyer it is and where from is part of the counterexample.
#[test]
fn the_reply_that_reaches_nobody_is_told_with_whose_it_is_and_where_it_comes_from() {
    // Only the ladder, one owner and one row of a territory: nobody's shifts or hours, and Sales handles what comes.
    let between = |from: &str, to: &str| {
        let start = EXAMPLE.find(from).unwrap_or_else(|| panic!("no {from:?}"));
        start..start + EXAMPLE[start..].find(to).unwrap_or_else(|| panic!("no {to:?}"))
    };
    let rules = between("ownership = [", "\n# A rep whose client");
    let rows = between("[territory.west]", "# --- Respond: which");
    let ladders = between("[ladder.fast]", "# --- Respond: words");
    let ladder = "[[ladder.short]]\nwho = \"owner\"\nwait = \"5m\"\n[[ladder.short]]\nlead_of = \"east\"\n";
    let pool = "{ rule = \"round_robin\", pool = \"east\" }";
    for (rule, row, away, wanted) in [
        ("\"contact\"", "rep = \"ben\"\n", "Lea Brandt is", ", of a buyer of Lea Brandt's)"),
        (
            "{ rule = \"territory\", territory = \"east\" }",
            "area_code = \"212\"\nrep = \"ben\"\n",
            "Ben Carver and Lea Brandt are",
            ", from the area code 212)",
        ),
        (
            "{ rule = \"territory\", territory = \"east\" }",
            "segment = \"big\"\nrep = \"ben\"\n",
            "Ben Carver and Lea Brandt are",
            ", of the segment \"big\")",
        ),
        (
            "{ rule = \"territory\", territory = \"east\" }",
            "state = \"NY\"\nrep = \"ben\"\n",
            "Ben Carver and Lea Brandt are",
            ", from NY)",
        ),
    ] {
        let source = format!(
            "{}ownership = [{rule}, {pool}]\n{}[[territory.east]]\n{row}\n{}{ladder}{}",
            &EXAMPLE[..rules.start],
            &EXAMPLE[rules.end..rows.start],
            &EXAMPLE[rows.end..ladders.start],
            &EXAMPLE[ladders.end..],
        );
        let ladders = ["fast", "renewal", "standard"].map(|name| format!("ladder = \"{name}\""));
        let source = ladders.iter().fold(source, |source, name| source.replace(name, "ladder = \"short\""));
        let source = source.replace("sales = false\nqueue = \"support\"\n", "").replace("hours = \"west\"\n", "");
        let (told, _) = all_of(&source);
        let is = |told: &String| {
            told.contains(&format!("would reach nobody while {away} away (use case \""))
                && told.ends_with(&format!("{wanted}; put somebody more into the pool, or on call"))
        };
        assert!(told.iter().any(is), "{wanted}: {told:#?}");
    }
}
