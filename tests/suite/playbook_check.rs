//! Every check of a playbook that reads well, each with a bad file and what is said of it.

use comeback::config::playbook::{places, read};
use comeback::domain::findings::{self, Finding};
use comeback::domain::time::Timestamp;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

/// The example, changed in these places, and what is found in it.
fn found(changes: &[(&str, &str)]) -> Vec<String> {
    let source = changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        source.replacen(from, to, 1)
    });
    let playbook = read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
    let tell = |finding: &Finding| {
        let weight = if finding.wrong { "wrong" } else { "risky" };
        format!("{weight}: {}", places::told("playbook.toml", &source, finding))
    };
    findings::of(&playbook, FROM).0.iter().map(tell).collect()
}

/// The line of the example that has these words, from 1.
fn line(words: &str) -> usize {
    EXAMPLE.lines().position(|line| line == words).unwrap_or_else(|| panic!("no line {words:?}")) + 1
}

#[test]
fn nothing_is_wrong_or_risky_in_the_example() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn each_mistake_is_told_where_it_stands_with_what_to_do() {
    let meeting = line("name = \"meeting\"");
    let maya = line("[rep.maya]");
    let compliance = line("[compliance]");
    let last =
        line("name = \"Nobody's buyer on a Saturday night: the pool, due on Monday, and no answer after midnight\"");
    for (changes, wanted) in [
        (
            &[("stages = [\"Negotiation\", \"Proposal\", \"Contract\"]\n", "\n")][..],
            format!(
                "wrong: playbook.toml:{meeting}:1: no reply is ever of the cohort \"meeting\": \"late_stage\" matches all of them \
                 first; move it before \"late_stage\", or narrow that one"
            ),
        ),
        (
            &[("use_cases = [\"meeting\"]", "use_cases = [\"survey\"]")],
            format!(
                "risky: playbook.toml:{meeting}:1: the targets of \"meeting\" never run: Sales handles none of its use cases; \
                 take sales = false away, or leave the cohort out"
            ),
        ),
        (
            &[("backup = \"ben\"", "backup = \"maya\"")],
            format!("wrong: playbook.toml:{maya}:1: Maya Okafor is their own backup; name somebody else as backup"),
        ),
        (
            &[("backup = \"ben\"", "backup = \"zoe\"")],
            format!(
                "wrong: playbook.toml:{maya}:1: Maya Okafor's backup Zoe Lind has left; name somebody else as backup"
            ),
        ),
        (
            &[("close = \"21:00\"", "close = \"07:00\"")],
            format!(
                "wrong: playbook.toml:{compliance}:1: texts nobody just asked for could never leave: close is not after open; \
                 write open = \"08:00\" and close = \"21:00\""
            ),
        ),
        (
            &[("    \"contact\",\n    \"account\",\n", "    \"contact\",\n    \"contact\",\n")],
            format!(
                "risky: playbook.toml:{}:5: the fifth rule, \"owns the contact\", never finds anybody: whoever it could find \
                 the fourth finds first; leave it out, or put the narrower one first",
                line("    \"account\",")
            ),
        ),
        (
            &[("ladder = \"standard\"\n", "ladder = \"fast\"\n")],
            format!(
                "risky: playbook.toml:{}:1: no cohort climbs the ladder \"standard\"; name it in a cohort, or leave it out",
                line("[[ladder.standard]]")
            ),
        ),
        (
            &[
                ("holidays = [2026-11-26, 2026-12-25]\n", ""),
                ("only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }\n", ""),
                ("holidays = \"only\"\n", "only = { days = [\"sunday\"] }\n"),
            ],
            format!(
                "risky: playbook.toml:{}:1: the layer \"every day\" of \"East on call\" is never asked: the layer \"weekends\" has \
                 somebody in all its hours, and a later layer comes first; say when those have anybody, as in \
                 only = {{ days = [\"saturday\"] }}, or put it last",
                line("[[schedule.east.layer]]") - 1
            ),
        ),
        (
            &[("due = 2026-03-09T08:12:00-04:00", "due = 2026-03-09T08:12:00-05:00")],
            format!(
                "wrong: playbook.toml:{last}:1: an expectation does not hold: \"Nobody's buyer on a Saturday night: the pool, \
                 due on Monday, and no answer after midnight\": due should be 2026-03-09T09:12:00-04:00, and is \
                 2026-03-09T08:12:00-04:00; mend the rule, or say what you now expect"
            ),
        ),
        (
            &[("campaigns = [\"welcome-*\"]", "campaigns = [\"welcome-*\", \"Spring-Renewal\"]")],
            format!(
                "wrong: playbook.toml:{}:1: the campaign \"Spring-Renewal\" means both \"new_lead\" and \"renewal\"; leave it \
                 out of one of them, or give that one a lower priority",
                line("[use_case.renewal]")
            ),
        ),
        (
            &[("keywords = [\"demo\", ", "keywords = [\"RENOVACIÓN\", ")],
            format!(
                "risky: playbook.toml:{}:1: the keyword \"RENOVACIÓN\" never means \"renewal\": \"meeting\" has the higher \
                 priority; leave it out of \"renewal\"",
                line("[use_case.renewal]")
            ),
        ),
        (
            &[("campaigns = [\"meet-*\"]", "campaigns = [\"spring-*\"]")],
            format!(
                "risky: playbook.toml:{}:1: the campaign \"spring-renewal\" never means \"renewal\": \"spring-*\" of \"meeting\" \
                 has the higher priority; give \"renewal\" a priority of 1 or more",
                line("[use_case.renewal]")
            ),
        ),
        (
            &[("queue = \"support\"\n", "")],
            format!(
                "risky: playbook.toml:{}:1: the targets of \"standard\" never run for \"support\": Sales does not handle it; name \
                 the team that answers: queue = \"…\", or leave the cohort out",
                line("[use_case.support]")
            ),
        ),
    ] {
        let told = found(changes);
        let first = |told: &String| told.lines().next().unwrap_or_default().to_owned();
        assert!(told.iter().any(|t| first(t) == wanted), "{changes:?}\nwanted: {wanted}\nfound: {told:#?}");
        assert!(told.iter().all(|t| t.lines().count() == 4), "each shows its line: {told:#?}");
    }
}

#[test]
fn where_calendars_have_several_zones_and_none_is_the_company_s_it_is_asked_which() {
    let said = "\nzone = \"America/New_York\"\n\n# Whose";
    let told = found(&[(said, "\n# Nothing is said.\n\n# Whose")]);
    let wanted = format!(
        "risky: playbook.toml:{}:1: days end and times are told in America/New_York because \"office\" comes first by its name: \
         a calendar before it would move every report; write zone = \"America/New_York\" above all tables",
        line("[calendar.office]")
    );
    assert!(told.len() == 1 && told[0].starts_with(&wanted), "wanted: {wanted}\nfound: {told:#?}");
    // Of one zone there is nothing to choose.
    let one = "[calendar.west]\nzone = \"America/New_York\"";
    let west = "[calendar.west]\nzone = \"America/Los_Angeles\"";
    let told = found(&[(said, "\n# Nothing is said.\n\n# Whose"), (west, one)]);
    assert!(told.iter().all(|told| !told.contains("comes first by its name")), "{told:#?}");
}

#[test]
fn a_calendar_that_comes_before_the_others_moves_the_company_s_zone_only_where_none_is_said() {
    let first = "[calendar.a_new_one]\nzone = \"Asia/Tokyo\"\nmonday = [\"09:00-17:00\"]\n\n[calendar.office]";
    let with = EXAMPLE.replacen("[calendar.office]", first, 1);
    let zone = |source: &str| read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}")).zone();
    assert_eq!((zone(EXAMPLE), zone(&with)), (chrono_tz::America::New_York, chrono_tz::America::New_York));
    // As it always was without it.
    let said = "\nzone = \"America/New_York\"\n\n# Whose";
    let without = |source: &str| source.replacen(said, "\n# Whose", 1);
    assert_eq!(zone(&without(EXAMPLE)), chrono_tz::America::New_York);
    assert_eq!(zone(&without(&with)), chrono_tz::Asia::Tokyo);
    // It need be none of theirs, and a report that is mailed follows it.
    let other = EXAMPLE.replacen(said, "\nzone = \"Europe/Berlin\"\n\n# Whose", 1);
    assert_eq!(zone(&other), chrono_tz::Europe::Berlin);
    let playbook = read("playbook.toml", &other).unwrap();
    assert!(playbook.alerting.reports.values().any(|report| report.zone == chrono_tz::Europe::Berlin));
}

#[test]
fn a_report_by_mail_whose_readers_have_all_left_is_told_and_one_that_somebody_still_gets_is_not() {
    // Zoe has left.
    let (both, rest) = ("to = [\"nina\", \"lea\"]\nchannel", "\nchannel");
    let to = |names: &str| {
        let changed = format!("to = {names}{rest}");
        found(&[(both, changed.as_str())])
    };
    let wanted = |left: &str| {
        format!(
            "risky: playbook.toml:{}:1: nobody gets the report \"weekly\": {left}; name somebody in to who is here, or \
             leave the report out",
            line("[report.weekly]")
        )
    };
    let told = to("[\"zoe\"]");
    assert!(told.len() == 1 && told[0].starts_with(&wanted("Zoe Lind has left")), "{told:#?}");
    assert_eq!(to("[\"zoe\", \"lea\"]"), Vec::<String>::new(), "lea gets it");
    assert_eq!(to("[\"nina\"]"), Vec::<String>::new(), "an auditor does");
}

#[test]
fn where_there_are_channels_and_operations_names_none_it_is_told_with_the_lines_to_write() {
    let (names, rest) = ("[operations]\nby = [\"ops\", \"chat\"]\n", "[operations]\nby = []\n");
    let what = "nobody is told when a number stops or an expectation breaks: [operations] names no channel";
    let remedy = "write [operations] and below it by = [\"chat\"]";
    for (to, at) in [("", "[channel.page]"), (rest, "[operations]")] {
        let told = found(&[(names, to)]);
        let wanted = format!("risky: playbook.toml:{}:1: {what}; {remedy}", line(at));
        assert!(told.len() == 1 && told[0].starts_with(&wanted), "wanted: {wanted}\nfound: {told:#?}");
    }
    let mut playbook = read("playbook.toml", EXAMPLE).unwrap();
    let said = |playbook: &comeback::domain::playbook::Playbook| {
        let all = findings::of(playbook, FROM).0;
        all.into_iter().filter(|finding| finding.what == what).map(|finding| finding.remedy).collect::<Vec<_>>()
    };
    assert_eq!(said(&playbook), Vec::<String>::new());
    playbook.alerting.operations = Vec::new();
    playbook.alerting.channels.retain(|_, channel| !channel.kind.is_shared());
    let told = said(&playbook);
    assert!(told.len() == 1 && told[0].starts_with("write [channel.ops] with kind = \"slack\""), "{told:?}");
    playbook.alerting.channels.clear();
    assert_eq!(said(&playbook), Vec::<String>::new(), "everybody has their inbox alone");
}

#[test]
fn an_acknowledgement_that_may_not_go_out_is_told_with_what_to_do() {
    let label = "label = \"late-stage question\"";
    let at = line("[use_case.late_stage]");
    for (own, rules, wanted) in [
        (
            "",
            "snippets = [\"hold\"]",
            Some(format!(
                "wrong: playbook.toml:{at}:1: the acknowledgement for all never goes out in \"late_stage\": only approved \
                 snippets may go out there, and it is none of them word for word; write the words of one of its snippets \
                 there, or acknowledgement = \"\""
            )),
        ),
        (
            "acknowledgement = \"Tomorrow!\"\n",
            "snippets = [\"hold\"], approval = true",
            Some(format!(
                "wrong: playbook.toml:{at}:1: its acknowledgement never goes out in \"late_stage\": a second person approves of \
                 each text there, and nobody looks at this one; write acknowledgement = \"\" there: then it says nothing out \
                 of hours"
            )),
        ),
        // An approved snippet says it.
        ("acknowledgement = \"Office hours are nine to six.\"\n", "snippets = [\"back\"]", None),
    ] {
        let table = format!("{own}{label}\nregulated = {{ {rules} }}\n");
        let back = "[snippet.back]\ntext = \"Office hours are nine to six.\"\n\n[snippet.hold]";
        let told = found(&[(label, &table), ("[snippet.hold]", back)]);
        let first = |told: &String| told.lines().next().unwrap_or_default().to_owned();
        assert_eq!(told.iter().map(first).collect::<Vec<_>>(), Vec::from_iter(wanted), "{own}");
    }
}

/// The layer below has somebody in no hour in which none of those above it has, whatever they share.
#[test]
fn a_layer_that_later_ones_hide_together_is_found_and_one_that_shows_through_is_not() {
    let only = "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }\n";
    let hidden = |told: &[String], what: &str| told.iter().filter(|t| t.contains(what)).count();
    // All three have nobody on the same holidays.
    let told = found(&[(only, "")]);
    let wanted = format!(
        "risky: playbook.toml:{}:1: the layer \"every day\" of \"East on call\" is never asked: the layer \"weekends\" has \
         somebody in all its hours, and a later layer comes first",
        line("[[schedule.east.layer]]")
    );
    assert_eq!((hidden(&told, &wanted), hidden(&told, "is never asked")), (1, 1), "{told:#?}");
    // Weekdays by one, weekends by another: together they leave nothing.
    let last = "holidays = \"only\"\n";
    let week = "only = { days = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\"] }\n";
    let whole = "only = { days = [\"saturday\", \"sunday\"] }\n";
    let told = found(&[(only, whole), (last, week)]);
    assert_eq!(
        hidden(&told, "is never asked: the layers after it together have somebody in all its hours"),
        1,
        "{told:#?}"
    );
    // Fridays are left: the first layer has them.
    let told = found(&[(only, whole), (last, &week.replace(", \"friday\"", ""))]);
    assert_eq!(hidden(&told, "is never asked"), 0, "{told:#?}");
    // Not yet: until the new rota begins the old one is asked, and then it says from when on.
    let told = found(&[(only, ""), ("since = 2026-01-03", "since = 2027-01-02")]);
    assert_eq!(hidden(&told, "is never asked from 2027-01-02 on: the layer \"weekends\" has"), 1, "{told:#?}");
}

#[test]
fn a_rule_about_owners_that_is_never_asked_is_told_at_the_one_that_hides_it() {
    let account = "    \"account\",\n";
    let always = |rule: &str| found(&[(account, &format!("{account}    {rule},\n"))]);
    let after = line("    \"account\",") + 1;
    for (rule, wanted) in [
        (
            "{ rule = \"round_robin\", pool = \"east\", skip = [] }",
            "the sixth rule, \"has the turn in the pool\", always finds somebody: 6 rules after it are never asked; move it \
             to the end, or let it pass over whoever is away: skip = [\"away\"]",
        ),
        // Whoever of the pool is on no team of the line, has no limit and no hours: there is somebody.
        (
            "{ rule = \"least_loaded\", skip = [\"hours\", \"capacity\", \"team\"] }",
            "the sixth rule, \"has least to do in the pool\", always finds somebody: 6 rules after it are never asked",
        ),
        (
            "{ rule = \"round_robin\", pool = \"east\", skip = [], stages = [\"evaluation\", \"Discovery\"] }",
            "the sixth rule, \"has the turn in the pool\", always finds somebody at its stages: 2 rules after it are never asked; \
             move it after them,",
        ),
    ] {
        let told = always(rule);
        let place = format!("risky: playbook.toml:{after}:5: {wanted}");
        assert!(told.iter().any(|t| t.starts_with(&place)), "{rule}\nwanted: {place}\nfound: {told:#?}");
    }
    // Somebody is passed over now and then, or no buyer is at the stage: what comes after is asked.
    for rule in [
        "{ rule = \"round_robin\", pool = \"east\", skip = [\"away\"] }",
        "{ rule = \"round_robin\", pool = \"east\", skip = [], stages = [\"Won\"] }",
        "{ rule = \"territory\", territory = \"east\" }",
    ] {
        let told = always(rule);
        assert!(!told.iter().any(|t| t.contains("always finds somebody")), "{rule}: {told:#?}");
    }
    // A territory whose last row fits everybody finds somebody always; the demo's own passes over whoever is away.
    let told = found(&[
        ("territory = \"east\", skip = [\"away\", \"capacity\"]", "territory = \"east\""),
        ("area_code = \"212\"\nrep = \"ben\"", "rep = \"ben\""),
    ]);
    let wanted = "the eighth rule, \"has the territory\", always finds somebody: 3 rules after it are never asked";
    assert!(told.iter().any(|t| t.contains(wanted)), "{told:#?}");
    // One that passes over fewer than the first finds more; one asked at fewer stages never does.
    let told = found(&[(account, "    \"account\",\n    \"sdr\",\n")]);
    assert!(told.iter().any(|t| t.contains("the seventh rule, \"is the SDR\", never finds anybody")), "{told:#?}");
    let narrow = "    { rule = \"account\", stages = [\"Won\"], skip = [\"away\"] },\n    \"account\",\n";
    let told = found(&[(account, narrow)]);
    assert_eq!(told, Vec::<String>::new());
    let told = found(&[(account, &format!("{account}    {{ rule = \"account\", stages = [\"Won\"] }},\n"))]);
    assert!(told.iter().any(|t| t.contains("the sixth rule, \"owns the account\", never finds anybody")), "{told:#?}");
}

#[test]
fn a_step_that_asks_the_same_people_again_is_told_where_it_stands() {
    let pool = "[[ladder.standard]]\nwho = \"pool\"\nwait = \"10m\"\n";
    let at = line("schedule = \"east\"") - 1;
    for (step, wanted) in
        [(pool.to_owned(), "(team pool)"), (pool.replace("who = \"pool\"", "team = \"east\""), "(pool of east)")]
    {
        let told = found(&[(pool, &format!("{step}{step}"))]);
        let wanted = format!(
            "risky: playbook.toml:{at}:1: step 4 of the ladder \"standard\" asks nobody new: step 3 before it asks the same \
             {wanted}; give step 3 the longer wait, or ask somebody else here"
        );
        assert!(told.iter().any(|t| t.starts_with(&wanted)), "wanted: {wanted}\nfound: {told:#?}");
    }
    // Others may have the shift by then, or the title.
    let told = found(&[(
        "schedule = \"east\"\nwait",
        "role = \"AE\"\nwait = \"10m\"\n[[ladder.standard]]\nrole = \"AE\"\nwait",
    )]);
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn a_gap_is_told_under_its_schedule_in_the_time_of_its_people() {
    let told = found(&[(
        "[[schedule.east.layer]]\nlabel = \"every day\"\nreps = [\"omar\", \"ines\"]",
        "[[schedule.east.layer]]\nlabel = \"every day\"\nreps = [\"omar\", \"nobody\"]",
    )]);
    let wanted = format!(
        "risky: playbook.toml:{}:1: nobody is on call for East 19 times within 90 days, first from 2026-03-09 09:00 EDT to",
        line("[schedule.east]")
    );
    assert!(told.iter().any(|t| t.starts_with(&wanted)), "wanted: {wanted}\nfound: {told:#?}");
}

#[test]
fn rules_and_steps_that_can_find_nobody_are_told_where_they_stand() {
    for (changes, wanted) in [
        (
            &[("state = \"NY\"\nrep = \"ben\"", "rep = \"zoe\""), ("area_code = \"212\"", "country = \"US\"")][..],
            format!(
                "wrong: playbook.toml:{}:1: row 2 of the territory \"east\" is of Zoe Lind, who has left; give it to \
                 somebody who is here",
                line("[[territory.east]]")
            ),
        ),
        (
            &[("area_code = \"212\"", "country = \"US\"\nstate = \"ny\"")],
            format!(
                "wrong: playbook.toml:{}:1: row 3 of the territory \"east\" never counts: row 2 fits all of it first; \
                 write the narrow row before the wide one",
                line("[[territory.east]]")
            ),
        ),
        (
            &[("schedule = \"east\"\nwait", "person = \"zoe\"\nwait")],
            format!(
                "wrong: playbook.toml:{}:1: step 4 of the ladder \"standard\" asks nobody: Zoe Lind has left; ask \
                 somebody else, or leave the step out",
                line("schedule = \"east\"") - 1
            ),
        ),
    ] {
        let told = found(changes);
        let first = |told: &String| told.lines().next().unwrap_or_default().to_owned();
        assert!(told.iter().any(|t| first(t) == wanted), "{changes:?}\nwanted: {wanted}\nfound: {told:#?}");
        assert!(told.iter().all(|t| t.lines().count() == 4), "each shows its line: {told:#?}");
    }
}

#[test]
fn a_rep_s_own_alerts_take_the_place_of_everybodys_key_by_key_and_a_rep_without_any_is_found() {
    let own = "title = \"SE\"\nteam = \"east\"\nalerts = { on = [\"breach\"], at_most = 1 }\n";
    let source = EXAMPLE.replacen("title = \"SE\"\nteam = \"east\"\n", own, 1);
    let playbook = read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
    let (omar, all) = (playbook.alerting.of(&"omar".into()).unwrap(), playbook.alerting.everybody.as_ref().unwrap());
    assert_eq!((&omar.by, &omar.quiet, omar.within), (&all.by, &all.quiet, all.within));
    assert_eq!((omar.on.len(), omar.at_most), (1, 1));
    let told =
        found(&[("title = \"SE\"\nteam = \"east\"\n", "title = \"SE\"\nteam = \"east\"\nalerts = { by = [] }\n")]);
    let omar = line("[rep.omar]");
    assert!(
        told[0].starts_with(&format!(
            "risky: playbook.toml:{omar}:1: no alert can reach Omar Haddad: no channel is named; write by = [\"…\"]"
        )),
        "{told:?}"
    );
}

#[test]
fn a_layer_with_an_empty_turn_or_hours_of_its_own_hides_nothing() {
    let only = "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }\n";
    let reps = "reps = [\"ben\", \"maya\", \"omar\"]";
    let free =
        [("holidays = [2026-11-26, 2026-12-25]\n", ""), ("holidays = \"only\"", "holidays = \"off\""), (only, "")];
    // The last layer is on always as soon as it has no holidays to be for.
    let hidden = |told: &[String]| told.iter().filter(|t| t.contains("is never asked")).count();
    assert_eq!(hidden(&found(&free)), 2);
    let told = found(&[
        free[0],
        ("holidays = \"only\"", "only = { days = [\"sunday\"] }"),
        free[2],
        (reps, "reps = [\"ben\", \"nobody\"]"),
    ]);
    assert_eq!(hidden(&told), 0, "{told:?}");
}
