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
                "risky: playbook.toml:{}:1: the rule \"owns the contact\" stands twice among the ownership rules: the second \
                 never finds more; leave the second out",
                EXAMPLE.lines().position(|l| l.starts_with("ownership")).unwrap() + 1
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
                "risky: playbook.toml:{}:1: the layer \"weekends\" of \"East on call\" always has somebody from 2026-01-03 on: \
                 the layer before it is never asked then; say when it has anybody, as in only = {{ days = [\"saturday\"] }}, or put \
                 it first",
                line("[schedule.east]")
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
            &[("queue = \"east\"\n", "")],
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
                line("[[ladder.standard]]")
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
fn an_expectation_that_cannot_be_read_is_told_in_its_place() {
    for (from, to, wanted) in [
        ("gets = \"ben\"", "gets = \"bne\"", "there is no rep \"bne\"; did you mean \"ben\"?"),
        ("gets = \"pool:east\"", "gets = \"pool:eats\"", "there is no team \"eats\"; did you mean \"east\"?"),
        ("then = { owner = \"maya\", gets = \"ben\" }", "then = {}", "this expects nothing"),
        ("held = true, answered_after", "answered_after", "answered_after says when, but held does not say what then"),
        ("at = 2026-03-07T22:00:00-05:00", "at = 2026-03-07T22:00:00", "not an instant: write it with its offset"),
        ("cohort = \"late_stage\", due", "cohort = \"late\", due", "there is no cohort \"late\""),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{to}: {mistake}");
    }
}

#[test]
fn a_mistake_about_alerts_is_told_in_its_place() {
    for (changes, wanted) in [
        (
            &[("by = [\"page\", \"mail\"]", "by = [\"pgae\"]")][..],
            "there is no channel \"pgae\"; did you mean \"page\"?",
        ),
        (&[("kind = \"sms\"", "kind = \"smss\"")], "did you mean \"sms\"?"),
        (&[("kind = \"sms\"", "kind = \"webhook\"")], "a channel of this kind needs url = …"),
        (&[("redact = \"names\"", "secret = \"env:X\"")], "a channel of this kind has no secret"),
        (&[("redact = \"names\"", "redact = \"name\"")], "did you mean \"names\"?"),
        (
            &[("from = \"+16465550900\"", "from = \"+16465550100\"")],
            "buyers text this number: pages need one of their own",
        ),
        (&[("from = \"+16465550900\"", "from = \"page us\"")], "not a number: write it +15550100100"),
        (&[("on = [\"climbed\"", "on = [\"climbd\"")], "did you mean \"climbed\"?"),
        (&[("at_most = 4", "at_most = 0")], "at most none: nothing would ever be told; to alert nobody write by = []"),
        (&[("within = \"15m\"", "within = \"0m\"")], "at_most counts within a time: write it 15m"),
        (&[("[\"22:00-07:00\"], zone = \"America/New_York\" }", "[\"22:00-07:00\"] }")], "quiet times need a zone"),
        (&[("[\"22:00-07:00\"], zone", "[\"00:00-12:00\", \"12:00-24:00\"], zone")], "it would always be quiet"),
        (
            &[("[\"22:00-07:00\"], zone = \"America/New_York\"", "[\"22:00-07:00\"], calendar = \"offcie\"")],
            "did you mean \"office\"?",
        ),
        (&[("env:COMEBACK_OPS_SECRET", "whsec_c2VjcmV0")], "a secret must not stand in the playbook"),
        (&[("env:COMEBACK_OPS_URL", "http://ops.example/")], "not an address that may be called"),
        (&[("\"env:COMEBACK_OPS_SECRET\"", "[]")], "one secret, or two while they are changed"),
        (&[("by = [\"ops\", \"chat\"]", "by = [\"page\"]")], "operations need a webhook or slack channel"),
        (
            &[("webhook = \"ops\"\n", "webhook = \"page\"\n")],
            "\"page\" is a channel of kind sms: here a webhook is needed",
        ),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\nwebhook = \"page\"\n")], "Sales handles this use case"),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\npause = \"pgae\"\n")], "there is no channel \"pgae\""),
        (
            &[(
                "title = \"SE\"\nteam = \"east\"\n",
                "title = \"SE\"\nteam = \"east\"\nalerts = { by = [\"chart\"] }\n",
            )],
            "there is no channel \"chart\"; did you mean \"chat\"?",
        ),
    ] {
        let source = changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
            assert!(source.contains(from), "the example has no {from:?}");
            source.replacen(from, to, 1)
        });
        let mistake = read("playbook.toml", &source).expect_err(wanted).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{changes:?}: {mistake}");
        assert!(!mistake.contains("whsec_"), "a secret is not repeated: {mistake}");
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
    let last = |told: &[String]| {
        told.iter().any(|t| t.contains("the layer \"holidays\" of \"East on call\" always has somebody"))
    };
    assert!(last(&found(&free)));
    let told = found(&[
        free[0],
        ("holidays = \"only\"", "only = { days = [\"sunday\"] }"),
        free[2],
        (reps, "reps = [\"ben\", \"nobody\"]"),
    ]);
    assert!(!told.iter().any(|t| t.contains("always has somebody")), "{told:?}");
}

#[test]
fn hours_that_overlap_are_refused_where_they_are_written() {
    let wanted = "this calendar cannot be used: Monday: the window 12:00-19:00 overlaps 08:00-12:30";
    for (from, to, wanted) in [
        ("monday = [\"08:00-12:30\", \"13:00-19:00\"]", "monday = [\"08:00-12:30\", \"12:00-19:00\"]", wanted),
        // A night that is still open when the next day begins.
        (
            "monday = [\"08:00-12:30\", \"13:00-19:00\"]",
            "monday = [\"20:00-09:00\"]",
            "this calendar cannot be used: Tuesday: the window 08:00-12:30 overlaps 20:00-09:00",
        ),
        (
            "hours = [\"09:00-21:00\"]",
            "hours = [\"09:00-12:00\", \"11:00-13:00\"]",
            "these hours cannot be used: Saturday: the window 11:00-13:00 overlaps 09:00-12:00",
        ),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{to}: {mistake}");
    }
}

#[test]
fn a_use_case_that_cannot_be_meant_is_told_in_its_place() {
    for (from, to, wanted) in [
        ("campaigns = [\"meet-*\"]", "campaigns = [\"*-meet\"]", "a * may stand only at the end"),
        ("campaigns = [\"meet-*\"]", "campaigns = [\" \"]", "not a campaign: write 1 to 100 characters"),
        ("keywords = [\"demo\", ", "keywords = [\"?!\", ", "not a keyword: write one or more words"),
        ("keywords = [\"demo\", ", "keywords = [\"Cancel\", ", "\"Cancel\" alone is a word of consent"),
        ("lines = [\"main\"]", "lines = [\"mian\"]", "there is no line \"mian\"; did you mean \"main\"?"),
        ("lines = [\"main\"]\n", "", "nothing says what the line \"main\" is for; write use_case"),
        ("lines = [\"main\"]", "lines = [\"main\", \"meetings\"]", "\"meetings\" is for \"meeting\" already"),
        ("sales = false\nqueue", "queue", "queue names the team for what Sales does not handle"),
        ("queue = \"east\"", "queue = \"eats\"", "there is no team \"eats\"; did you mean \"east\"?"),
        (
            "queue = \"east\"\ncohort = \"standard\"",
            "cohort = \"standrad\"",
            "there is no cohort \"standrad\"; did you mean \"standard\"?",
        ),
        ("priority = 1", "priority = \"high\"", "expected a whole number, found the text"),
        ("text = \"Thank you for your text! ", "text = \"  \" # ", "the acknowledgement says nothing"),
        ("text = \"Thank you", "txt = \"Thank you", "unknown key \"txt\"; "),
        ("priority = 1", "acknowledgement = \"{long}\"", "longer than one text can be: at most 1600 characters"),
        ("answered_within = \"30d\"", "answered_within = \"a month\"", "not a duration: write it 30s, 5m, 2h or 1d"),
    ] {
        let source = EXAMPLE.replacen(from, &to.replace("{long}", &"x".repeat(1601)), 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{to}: {mistake}");
    }
}

/// By its type a cohort has two targets; here it is held that the file cannot leave one out or make it nothing.
#[test]
fn a_cohort_without_a_target_cannot_be_written() {
    let line = "first_response = { warn = \"3m\", due = \"5m\" }\n";
    for (to, wanted) in [
        ("", "the key \"first_response\" is missing"),
        ("first_response = { warn = \"0s\", due = \"0s\" }\n", "due must be longer than nothing"),
        ("first_response = { warn = \"3m\" }\n", "the key \"due\" is missing"),
    ] {
        let source = EXAMPLE.replacen(line, to, 1);
        assert_ne!(source, EXAMPLE);
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{to}: {mistake}");
    }
}

#[test]
fn a_mistake_about_consent_is_told_in_its_place() {
    let ours = "[consent]\nreplies = \"us\"\n";
    for (text, wanted) in [
        ("[consent]\nscope = \"programme\"", "there is no programme: nothing says which lines belong together"),
        ("[consent]\nscope = \"team\"", "unknown value \"team\""),
        ("[consent]\nevidence = \"always\"", "unknown value \"always\""),
        ("[consent.programme.east]\nlines = [\"mian\"]", "there is no line \"mian\"; did you mean \"main\"?"),
        (
            "[consent.programme.a]\nlines = [\"main\"]\n[consent.programme.b]\nlines = [\"main\"]",
            "the line \"main\" is in the programme \"a\" already",
        ),
        ("[consent]\ntell = [\"crm\"]", "there is no channel \"crm\""),
        ("[consent]\ntell = [\"page\"]", "\"page\" is a channel of kind sms: here a webhook is needed"),
        ("[consent]\nhelp = \"Northwind Systems. STOP ends it.\"", "this would never be sent"),
        (&format!("{ours}help = \"Text us. STOP ends it.\""), "it must say \"Northwind Systems\""),
        (&format!("{ours}help = \"Northwind Systems here.\""), "it must say \"STOP\""),
        (&format!("{ours}confirmation = \"Northwind Systems: bye.\""), "it must say \"START\""),
        ("[consent.words.es]\nstop = [\"...\"]", "not a word that can be a whole text"),
        ("[consent.words.es]\nstop = [\"start\"]", "\"start\" means something else already"),
        ("[consent.words.es]\nstop = [\"alto\"]\nhelp = [\"Alto!\"]", "\"Alto!\" means something else already"),
        ("[consent.words.es]\nhelp = [\"renovación\"]", "\"renovación\" alone is a word of consent"),
        ("[consent.words.es]\nbye = [\"adiós\"]", "bye"),
    ] {
        let source = format!("{EXAMPLE}\n{text}\n");
        let mistake = read("playbook.toml", &source).expect_err(text).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{text}: {mistake}");
    }
    let good = format!(
        "{EXAMPLE}\n{ours}help = \"Northwind Systems, 1-800-555-0100. STOP ends it.\"\nscope = \"programme\"\n\
         [consent.programme.east]\nlines = [\"main\"]\n[consent.words.es]\nstop = [\"alto\", \"stop\"]\n"
    );
    assert!(read("playbook.toml", &good).is_ok());
}
