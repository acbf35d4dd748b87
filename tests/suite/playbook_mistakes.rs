//! One reading tells every mistake of a file, each once, where it stands and with what would be right.

use comeback::config::playbook::{Reading, example, read, read_all};
use comeback::domain::findings;
use comeback::domain::time::Timestamp;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        source.replacen(from, to, 1)
    })
}

fn reading(source: &str) -> Reading {
    read_all("playbook.toml", source, &example::beside)
}

/// The first line of everything told, and whether the rest could be looked at.
fn told(source: &str) -> (Vec<String>, bool) {
    let Reading { playbook, mistakes } = reading(source);
    let first = |mistake: String| mistake.lines().next().unwrap_or_default().to_owned();
    (mistakes.iter().map(|mistake| first(mistake.to_string())).collect(), playbook.is_some())
}

/// The line on which these words stand, from 1.
fn line(source: &str, words: &str) -> usize {
    source.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("no line {words:?}")) + 1
}

#[test]
fn every_mistake_is_told_at_once_and_the_rest_is_looked_at_as_if_they_were_mended() {
    for (changes, wanted) in [
        (
            &[("calendar = \"office\"\nladder = \"fast\"", "calendar = \"offce\"\nladder = \"fsat\"")][..],
            &[
                "there is no calendar \"offce\"; did you mean \"office\"?",
                "there is no ladder \"fsat\"; did you mean \"fast\"?",
            ][..],
        ),
        (
            &[("stage = \"Negotiation\"\nowners", "stage = \"Negotiaton\"\nowners")],
            &["there is no stage of a cohort \"Negotiaton\"; did you mean \"Negotiation\"?"],
        ),
        (
            &[("undo_hold = ", "undo_hodl = "), ("lead = \"lea\"", "lead = \"lee\"")],
            &[
                "unknown key \"undo_hodl\"; did you mean \"undo_hold\"?",
                "there is no rep \"lee\"; did you mean \"lea\"?",
            ],
        ),
        (
            &[
                ("who = \"backup\"", "who = \"bakcup\""),
                ("label = \"renewal\"", "lable = \"renewal\""),
                ("zone = \"America/New_York\"\nmonday", "zone = \"America/NewYork\"\nmonday"),
                ("team = \"east\"\nbackup = \"ben\"", "team = \"eats\"\nbackup = \"bne\""),
                ("gets = \"pool:east\", due", "gets = \"pool:est\", due"),
            ],
            &[
                "unknown value \"bakcup\"; did you mean \"backup\"?",
                "unknown key \"lable\"; did you mean \"label\"?",
                "there is no zone \"America/NewYork\"; did you mean \"America/New_York\"?",
                "there is no team \"eats\"; did you mean \"east\"?",
                "there is no rep \"bne\"; did you mean \"ben\"?",
                "there is no team \"est\"; did you mean \"east\"?",
            ],
        ),
    ] {
        let source = changed(changes);
        let (told, is_whole) = told(&source);
        assert_eq!(told.len(), wanted.len(), "{told:#?}");
        for wanted in wanted {
            assert!(told.iter().any(|told| told.ends_with(wanted)), "{wanted}\n{told:#?}");
        }
        assert!(is_whole, "all of them are mended as suggested: {told:#?}");
        // As if mended: that is the example, in which nothing is wrong.
        let playbook = reading(&source).playbook.expect("whole");
        assert_eq!(playbook, read("playbook.toml", EXAMPLE).expect("the example"));
        assert_eq!(findings::of(&playbook, FROM).0, []);
    }
}

#[test]
fn what_nobody_can_mend_is_told_beside_the_rest_and_what_hangs_on_it_is_not_told_again() {
    // A rep who cannot be read is a backup, an owner and on call: none of that is told to be missing.
    let source = changed(&[
        ("name = \"Ben Carver\"\n", ""),
        ("warn = \"5m\", due = \"8m\"", "warn = \"5m\", due = \"8 min\""),
        ("holidays = \"only\"", "holidays = \"usaul\""),
        ("[use_case.survey]\nlabel = \"customer survey\"", "[use_case.survey]"),
        ("number = \"+16465550200\"", "number = \"our second number\""),
        ("{ rule = \"sdr\", skip", "{ rule = \"sdr\", pool = \"east\", skip"),
    ]);
    let (told, is_whole) = told(&source);
    assert_eq!(told.len(), 6, "{told:#?}");
    for (at, wanted) in [
        (line(&source, "[rep.ben]"), "the key \"name\" is missing; write name = \"…\""),
        (line(&source, "8 min"), "not a duration: write it 30s, 5m, 2h or 1d; write due = \"8m\""),
        (line(&source, "usaul"), "unknown value \"usaul\"; did you mean \"usual\"?"),
        (line(&source, "[use_case.survey]"), "the key \"label\" is missing; write label = \"…\""),
        (line(&source, "our second number"), "not a number: write it +15550100100"),
        (
            line(&source, "rule = \"sdr\", pool"),
            "only \"round_robin\" and \"least_loaded\" give out a pool's work; leave pool = … out",
        ),
    ] {
        let place = format!("playbook.toml:{at}:");
        assert!(told.iter().any(|t| t.starts_with(&place) && t.ends_with(wanted)), "{place} {wanted}\n{told:#?}");
    }
    assert!(!is_whole, "what Ben would be is not known");
    // A case that is expected stands for itself: without it the rest is looked at.
    let (told, is_whole) = self::told(&changed(&[("at = 2026-03-07T22:00:00-05:00", "at = 2026-03-07T22:00:00")]));
    assert!(is_whole && told.len() == 1 && told[0].contains("not an instant"), "{told:#?}");
}

#[test]
fn one_mistake_is_told_once_and_no_other_with_it() {
    for (from, to) in [
        ("company = \"Northwind Systems\"\n", ""),
        ("backup = \"ben\"", "backup = \"zzzz\""),
        ("undo_hold = \"8s\"", "undo_hold = \"8 seconds\""),
        ("undo_hold = \"8s\"", "zzzzz = \"8s\""),
        ("monday = [\"08:00-12:30\", ", "monday = [\"12:30-08:00x\", "),
        ("2026-07-03 = []", "2026-17-03 = []"),
        ("name = \"late_stage\"\n", ""),
        ("[team.east]\nlabel = \"East\"\n", "[team.east]\n"),
        ("zone = \"America/New_York\"\n# On these", "zone = \"Atlantis\"\n# On these"),
        ("every = \"1d\"\nholidays", "every = \"1w\"\nholidays"),
        ("reps = [\"ben\", \"maya\", \"omar\"]", "reps = [\"ben\", \"zzzz\"]"),
        ("from = \"+16465550900\"", "from = \"page us\""),
        ("kind = \"slack\"\n", ""),
        ("state = \"NY\"\nrep = \"ben\"", "state = \"NY\""),
        ("    \"opportunity\",\n", "    3,\n"),
        ("[line.main]\nlabel = \"Sales East\"", "[line.main]"),
        ("who = \"owner\"\nwait = \"9m\"", "wait = \"9m\""),
        ("team = \"east\"\nbackup = \"maya\"", "backup = \"maya\""),
        ("lines = [\"main\"]", "lines = [\"mian\"]"),
    ] {
        let (told, _) = told(&changed(&[(from, to)]));
        assert_eq!(told.len(), 1, "{from:?} → {to:?}: {told:#?}");
    }
    // A table that is missing is told once, and nothing that stands in it elsewhere.
    let start = EXAMPLE.find("[calendar.office]").expect("a calendar");
    let end = EXAMPLE.find("# --- Escalate").expect("a heading");
    let (told, _) = told(&format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]));
    // Quiet times that take their zone from a calendar say that, too.
    let told: Vec<_> = told.iter().filter(|told| !told.contains("quiet times need a zone")).collect();
    assert!(told.len() == 1 && told[0].contains("the key \"calendar\" is missing; write calendar"), "{told:#?}");
}

#[test]
fn what_is_written_twice_is_named_with_the_place_of_the_first() {
    let maya = line(EXAMPLE, "[rep.maya]");
    let end = EXAMPLE.lines().count() + 1;
    for (more, at, wanted) in [
        (
            "[rep.maya]\nname = \"M\"\nteam = \"east\"\n",
            end,
            format!(
                "[rep.maya] is written twice: it stands in line {maya} already; leave one of the two out, or give it another name"
            ),
        ),
        (
            "[line.third]\nlabel = \"a\"\nlabel = \"b\"\n",
            end + 2,
            format!(
                "\"label\" is written twice in [line.third]: it stands in line {} already; leave one of the two out",
                end + 1
            ),
        ),
    ] {
        let (told, _) = told(&format!("{EXAMPLE}{more}"));
        assert_eq!(told, [format!("playbook.toml:{at}:1: {wanted}")], "{more}");
    }
}

#[test]
fn a_table_that_is_written_twice_is_one_mistake_whatever_stands_under_it_and_elsewhere() {
    // Another table of the same last name, and keys of the same name before and after.
    let source = "[rep.ben]\nname = \"Ben\"\nteam = \"a\"\n[line.ben]\nname = \"x\"\n[rep.cat]\nname = \"Cat\"\n\
                  [rep.ben.alerts]\nby = []\n[rep.ben]\nname = \"B\"\nteam = \"b\"\n[rep.ben.alerts]\nby = []\n";
    assert_eq!(
        told(source).0,
        [
            "playbook.toml:10:1: [rep.ben] is written twice: it stands in line 1 already; leave one of the two out, or give it \
          another name"
        ]
    );
}

#[test]
fn one_of_several_with_a_single_pair_of_brackets_is_told_what_to_write() {
    let (head, rest) = EXAMPLE.split_once("[[cohort]]").expect("cohorts");
    let at = head.matches('\n').count() + 1;
    let all = rest.replace("[[cohort]]", "[cohort]");
    let next = line(&format!("{head}[cohort]{rest}"), "[[cohort]]");
    for (source, wanted) in [
        (
            format!("{head}[cohort]{rest}"),
            format!(
                "{at}:1: [cohort] stands here, and [[cohort]] in line {next}; write [[cohort]] here, too: there can be several"
            ),
        ),
        (
            format!("{head}[cohort]{}", rest.split("[[cohort]]").next().unwrap_or_default()),
            format!(
                "{at}:1: expected a list in [ ], found a table; write [[cohort]], with two brackets: there can be several"
            ),
        ),
        (
            format!("{head}[cohort]{all}"),
            format!(
                "{next}:1: [cohort] is written twice: it stands in line {at} already; write [[cohort]], with two brackets: there can be several"
            ),
        ),
    ] {
        let (told, _) = told(&source);
        assert_eq!(told.first(), Some(&format!("playbook.toml:{wanted}")), "{told:#?}");
        let of_cohorts = told.iter().filter(|told| told.contains("cohort")).count();
        assert!(of_cohorts <= 3, "not once for everything under it: {told:#?}");
    }
}

#[test]
fn a_list_where_one_table_stands_is_one_mistake_in_words_of_the_file() {
    let once = |name: &str| format!("there is one {name}: it stands in one pair of brackets; write [{name}]");
    for (from, to, wanted) in [
        ("[line.main]", "[[line.main]]", once("line.main")),
        ("[rep.maya]", "[[rep.maya]]", once("rep.maya")),
        ("[calendar.office]", "[[calendar.office]]", once("calendar.office")),
        ("[channel.mail]", "[[channel.mail]]", once("channel.mail")),
        ("[operations]", "[[operations]]", once("operations")),
        (
            "first_response = { warn = \"3m\", due = \"5m\" }",
            "first_response = [\"3m\", \"5m\"]",
            "expected a table, found a list; write first_response = { warn = \"3m\", due = \"5m\" }".to_owned(),
        ),
        (
            "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }",
            "only = [[\"saturday\"], [\"09:00-21:00\"]]",
            "expected a table, found a list; write only = { KEY = VALUE }".to_owned(),
        ),
    ] {
        let source = changed(&[(from, to)]);
        let (told, _) = told(&source);
        assert_eq!(told.len(), 1, "{to}: {told:#?}");
        assert!(told[0].ends_with(&wanted), "{to}: {told:#?}, not {wanted}");
    }
}

#[test]
fn what_the_grammar_of_toml_does_not_allow_is_one_mistake_that_says_what_to_write() {
    let deep = format!("at_most = {}{}", "[".repeat(200), "]".repeat(200));
    let (target, name) = ("first_response = { warn = \"3m\", due = \"5m\" }", "name = \"Lea Brandt\"");
    let number = "write 2026-01-05, 2026-03-02T10:00:00-05:00 or 15; anything else is a text and stands in quotes";
    let ended = "the line should have ended here; write one KEY = VALUE a line; several values stand in a list";
    for (from, to, wanted) in [
        (
            target,
            "first_response = { warn \"3m\", due = \"5m\" }",
            "a key stands here without a value; write KEY = VALUE, as in { warn = \"3m\", due = \"5m\" }",
        ),
        (target, "first_response = { warn = \"3m\",, due = \"5m\" }", "one , too many; leave one comma out"),
        ("lead = \"lea\"\n", "lead = \"lea\" \"ben\"\n", ended),
        ("at_most = 4", "at_most = 4 = 5", ended),
        (name, "name = \"Lea \\Brandt\"", "a \\ in a text begins an escape, and this is none; write \\\\ for a \\"),
        (name, "= \"Lea Brandt\"", "a key is missing here; write KEY = VALUE"),
        (
            name,
            "name = \"Lea Brandt\"\nname.first = \"Lea\"",
            "this key has a value already, so nothing can stand under it; leave one of the two out, or give it another name",
        ),
        ("since = 2026-01-05", "since = 2026-13-45", &format!("not a day, a time or a number: 2026-13-45; {number}")),
        ("within = \"15m\"", "within = 15:99", &format!("not a day, a time or a number: 15:99; {number}")),
        ("at_most = 4", "at_most = 4__0", &format!("not a day, a time or a number: 4__0; {number}")),
        ("at_most = 4", &deep, "lists and tables stand in each other too deep; leave some of the brackets out"),
    ] {
        let source = changed(&[(from, to)]);
        let (told, _) = told(&source);
        assert_eq!(told.len(), 1, "{to}: {told:#?}");
        assert!(told[0].contains(&format!(": {wanted}")), "{to}: {told:#?}, not {wanted}");
    }
}

#[test]
fn a_name_that_a_list_gives_twice_is_told_with_both_places() {
    for (from, to, list, first) in [
        ("name = \"meeting\"\nlabel", "name = \"late_stage\"\nlabel", "cohort", "name = \"late_stage\""),
        (
            "name = \"While Maya is away her backup gets it, and she stays accountable\"",
            "name = \"A late deal goes to its owner and is due in five minutes\"",
            "expect",
            "name = \"A late deal goes to its owner and is due in five minutes\"",
        ),
    ] {
        let source = changed(&[(from, to)]);
        let (told, _) = told(&source);
        let name = first.strip_prefix("name = ").expect("a name");
        let second = source.lines().enumerate().filter(|(_, text)| *text == first).nth(1).expect("two").0 + 1;
        let wanted = format!(
            "playbook.toml:{second}:8: {name} names two of [[{list}]]: the first stands in line {}; give one of them another \
             name, or leave it out",
            line(&source, first)
        );
        assert_eq!(told, [wanted]);
    }
}

#[test]
fn a_table_that_is_missing_is_one_mistake_and_an_empty_file_is_one_too() {
    let (told, is_whole) = told("# nothing yet\n\n");
    assert_eq!(
        told,
        ["playbook.toml:1:1: nothing is written in it; comeback playbook init writes one from a few questions"]
    );
    assert!(!is_whole);
    let (told, _) = self::told("company = \"A\"\n");
    let missing: std::collections::BTreeSet<&String> = told.iter().collect();
    assert_eq!((missing.len(), told.len()), (8, 8), "each once: {told:#?}");
    assert!(told.iter().all(|told| told.contains("is missing; write")), "{told:#?}");
    // Every cohort is gone, and whatever names one.
    let start = EXAMPLE.find("[[cohort]]").expect("cohorts");
    let end = EXAMPLE.find("# SLA clocks run only").expect("calendars");
    let (told, _) = self::told(&format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]));
    assert_eq!(told, ["playbook.toml:1:1: the key \"cohort\" is missing; write one as [[cohort]]"]);
}

#[test]
fn what_was_told_in_the_reader_s_own_words_says_what_to_write() {
    for (from, to, wanted) in [
        (
            "{ rule = \"round_robin\", pool = \"east\", stages = [\"Evaluation\"] }",
            "{ rule = \"round_robin\", pool = \"east\", stages = [\"Negotation\"] }",
            "there is no stage of a cohort \"Negotation\"; did you mean \"Negotiation\"?",
        ),
        (
            "role = \"AE\"",
            "role = \"CFO\"",
            "there is no title \"CFO\"; it can be AE, Head of Sales East, Head of Sales West, Head of Support, SDR, SE, Support",
        ),
        (
            "since = 2026-01-05\nhand_off = \"09:00\"\ndays",
            "since = \"2026-01-05\"\nhand_off = \"09:00\"\ndays",
            "expected a day or a time without quotes, as 2026-01-05 or 2026-03-02T10:00:00-05:00, found the text \"2026-01-05\"; \
             write since = 2026-01-05",
        ),
    ] {
        let source = changed(&[(from, to)]);
        let (told, _) = told(&source);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].ends_with(wanted), "{wanted}\n{told:#?}");
    }
}

/// Read as a whole day it would run into Saturday, and the mistake would be told there.
#[test]
fn hours_that_end_when_they_begin_are_told_at_their_own_day() {
    let source = changed(&[("friday = [\"07:00-15:00\"]", "friday = [\"15:00-15:00\"]")]);
    let at = line(&source, "15:00-15:00");
    assert_eq!(
        told(&source).0,
        [format!(
            "playbook.toml:{at}:10: \"15:00-15:00\" ends when it begins: write 00:00-24:00 for the whole day, or [] for none of it"
        )]
    );
}

#[test]
fn hours_that_overlap_point_at_their_own_day() {
    let overlap = "[\"08:00-12:30\", \"12:00-19:00\"]";
    for (from, key) in
        [("tuesday = [\"08:00-12:30\", \"13:00-19:00\"]", "tuesday"), ("2026-12-24 = [\"08:00-12:00\"]", "2026-12-24")]
    {
        let source = changed(&[(from, &format!("{key} = {overlap}"))]);
        let told = read("playbook.toml", &source).expect_err(key).to_string();
        let at = line(&source, overlap);
        let column = key.len() + 4;
        assert!(told.starts_with(&format!("playbook.toml:{at}:{column}: this calendar cannot be used: ")), "{told}");
    }
}

#[test]
fn a_table_of_rows_tells_each_mistake_in_its_column_with_the_nearest_word() {
    let rows = EXAMPLE.find("[[territory.east]]").expect("rows")..EXAMPLE.find("# --- Respond").expect("a heading");
    let source =
        format!("{}[territory]\neast = {{ file = \"t.csv\" }}\n\n{}", &EXAMPLE[..rows.start], &EXAMPLE[rows.end..]);
    let told = |csv: &'static str| -> Vec<String> {
        let files = move |name: &str| if name == "t.csv" { Ok(csv.to_owned()) } else { example::beside(name) };
        let first = |told: String| told.lines().next().unwrap_or_default().to_owned();
        let mistakes = read_all("playbook.toml", &source, &files).mistakes;
        mistakes.iter().map(|mistake| first(mistake.to_string())).collect()
    };
    assert_eq!(told("rep,area_code\nben,212\n"), [""; 0]);
    assert_eq!(
        told("country,state,area_code,rep\nUS,\"NY, upstate\",212,ben\nUS,, 2122 ,maya\nUS,CA,, benn\nUS\n"),
        [
            "t.csv:3:6: an area code is three digits of the North American plan, as 415",
            "t.csv:4:9: there is no rep \"benn\"; did you mean \"ben\"?",
            "t.csv:5:3: this row has 1 column(s), and the first line has 4",
        ]
    );
    assert_eq!(told("contry,rep\nUS,ben\n"), ["t.csv:1:1: there is no column \"contry\"; did you mean \"country\"?"]);
    assert_eq!(told("country,reb\nUS,ben\n"), ["t.csv:1:9: there is no column \"reb\"; did you mean \"rep\"?"]);
    assert_eq!(
        told("country\nUS\n"),
        [
            "t.csv:1:1: there is no column \"rep\"; write it into the first line, as in country,state,area_code,segment,rep"
        ]
    );
    // What is wrong in every row is not told for ever.
    let long: &'static str = Box::leak(format!("rep\n{}", "zzzz\n".repeat(500)).into_boxed_str());
    let told = told(long);
    assert!(told.len() == 21 && told[20].contains("the rest was not read"), "{}", told.len());
}
