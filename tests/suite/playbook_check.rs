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
            &[("\"contact\", \"account\", \"sdr\"]", "\"contact\", \"account\", \"contact\"]")],
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
        ("[sends]\n", "[acknowledgement]\ntext = \"  \"\n[sends]\n", "the acknowledgement says nothing"),
        ("[sends]\n", "[acknowledgement]\ntxt = \"Hi\"\n[sends]\n", "unknown key \"txt\"; "),
        ("priority = 1", "acknowledgement = \"{long}\"", "longer than one text can be: at most 1600 characters"),
        ("answered_within = \"30d\"", "answered_within = \"a month\"", "not a duration: write it 30s, 5m, 2h or 1d"),
    ] {
        let source = EXAMPLE.replacen(from, &to.replace("{long}", &"x".repeat(1601)), 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "{to}: {mistake}");
    }
}
