//! What `check` finds of people whom nothing asks, and of replies that would reach nobody, each with a bad file.

use comeback::config::playbook::{places, read};
use comeback::domain::findings;
use comeback::domain::time::Timestamp;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

/// The first line of everything found in the example with these changes and these words after it.
fn found(changes: &[(&str, &str)], more: &str) -> Vec<String> {
    let source = changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        source.replacen(from, to, 1)
    }) + more;
    let playbook = read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
    let first = |told: String| told.lines().next().unwrap_or_default().to_owned();
    let all = findings::of(&playbook, FROM).0;
    all.iter().map(|finding| first(places::told("playbook.toml", &source, finding).to_string())).collect()
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
        told.iter().any(|told| told.contains("would reach nobody while Gail Moreno is away (at the stage \"Legal\")")),
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
