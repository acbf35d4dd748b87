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
    let ops = "[channel.ops]\nkind = \"webhook\"\nurl = \"https://ops.example/\"\nsecret = \"env:OPS\"\n\n[alerts]\n";
    for (changes, wanted) in [
        (&[("by = [\"page\"]", "by = [\"pgae\"]")][..], "there is no channel \"pgae\"; did you mean \"page\"?"),
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
        (&[("[alerts]\n", &ops.replace("env:OPS", "whsec_c2VjcmV0"))], "a secret must not stand in the playbook"),
        (&[("[alerts]\n", &ops.replace("https://", "http://"))], "not an address that may be called"),
        (&[("[alerts]\n", &ops.replace("\"env:OPS\"", "[]"))], "one secret, or two while they are changed"),
        (
            &[("[alerts]\n", "[operations]\nby = [\"page\"]\n\n[alerts]\n")],
            "operations need a webhook or slack channel",
        ),
        (
            &[("sales = false\n", "sales = false\nwebhook = \"page\"\n")],
            "\"page\" is a channel of kind sms: here a webhook is needed",
        ),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\nwebhook = \"page\"\n")], "Sales handles this use case"),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\npause = \"pgae\"\n")], "there is no channel \"pgae\""),
        (
            &[("title = \"SE\"\nteam = \"east\"\n", "title = \"SE\"\nteam = \"east\"\nalerts = { by = [\"mail\"] }\n")],
            "there is no channel \"mail\"",
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
