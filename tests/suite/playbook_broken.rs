//! Playbooks that are no TOML, and values of the wrong kind: each mistake is told once, where it was made, with what would be
//! right, and whatever else is wrong is told beside it.

use comeback::config::diagnose::Diagnostic;
use comeback::config::playbook::{Reading, example, read_all};

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        source.replacen(from, to, 1)
    })
}

fn mistakes(source: &str) -> Vec<Diagnostic> {
    let Reading { playbook, mistakes } = read_all("playbook.toml", source, &example::beside);
    assert!(playbook.is_none() || mistakes.is_empty(), "a text that is no TOML says nothing for sure");
    mistakes
}

fn first_lines(mistakes: &[Diagnostic]) -> Vec<String> {
    mistakes.iter().map(|told| told.to_string().lines().next().unwrap_or_default().to_owned()).collect()
}

/// A place as messages name it: the line that has these words, and the column of what stands behind them.
fn place(source: &str, words: &str) -> String {
    let at = source.find(words).unwrap_or_else(|| panic!("no {words:?}")) + words.len();
    let line = source[..at].matches('\n').count() + 1;
    let column = source[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("playbook.toml:{line}:{column}: ")
}

/// What is put in the place of what; behind which words the mistake is told; what is said.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str);

const BROKEN: &[Case<'_>] = &[
    // A bracket that is not closed, with everything after it.
    (
        "keywords = [\"demo\", \"reschedule\", \"reprogramar\"]",
        "keywords = [\"demo\", \"reschedule\", \"reprogramar\"",
        "keywords = ",
        "this list is not closed; close it with ]",
    ),
    (
        "stages = [\"Discovery\"] },\n]",
        "stages = [\"Discovery\"] },\n",
        "\nownership = ",
        "this list is not closed; close it with ]",
    ),
    (
        "stages = [\"Discovery\"] },",
        "stages = [\"Discovery\" },",
        "\"least_loaded\", pool = \"east\", stages = ",
        "this list is not closed; close it with ]",
    ),
    (
        "warn = \"3m\", due = \"5m\" }",
        "warn = \"3m\", due = \"5m\"",
        "first_response = ",
        "this table is not closed; close it with }",
    ),
    (
        "then = { owner = \"kai\", gets = \"kai\", use_case = \"new_lead\", cohort = \"standard\", due = \
         2026-03-03T10:12:00-05:00 }",
        "then = { owner = \"kai\", gets = \"kai\"",
        "area_code = \"510\"\nat = 2026-03-03T10:00:00-05:00\nthen = ",
        "this table is not closed; close it with }",
    ),
    (
        "reps = [\"ben\", \"maya\", \"omar\"]",
        "reps = [\"ben\", \"maya\", \"omar\"}",
        "\"maya\", \"omar\"",
        "this list is closed with }; close it with ]",
    ),
    (
        "\"reschedule\", \"reprogramar\"]",
        "\"reschedule\", \"reprogramar\"]]",
        "\"reprogramar\"]",
        "this ] closes nothing; leave it out",
    ),
    (
        "{ rule = \"opportunity_team\"",
        "rule = \"opportunity_team\"",
        "ownership = [\n    \"opportunity\",\n    ",
        "a { is missing before this; write { rule = …",
    ),
    // Names of tables.
    (
        "[use_case.renewal]",
        "[use_case.renewal",
        "\n\n[use_case.new_lead]\nlabel = \"new lead\"\ncampaigns = [\"welcome-*\"]\nlines = [\"main\"]\npause = \"ops\"\n\n",
        "this table's name is not closed; write [use_case.renewal]",
    ),
    (
        "[[ladder.standard]]\nwho = \"owner\"",
        "[[ladder.standard]\nwho = \"owner\"",
        "clock = \"wall\"\n\n",
        "this table's name is opened with [[ and closed with ]; write [[ladder.standard]]",
    ),
    ("[rep.sol]", "rep.sol]", "calendar = \"west\" }\n\n", "this table's name is not opened; write [rep.sol]"),
    // Quotes.
    (
        "label = \"renewal\"",
        "label = \"renewal",
        "[use_case.renewal]\nlabel = ",
        "this text is not closed; close it with \"",
    ),
    (
        "label = \"renewal\"",
        "label = renewal\"",
        "[use_case.renewal]\nlabel = ",
        "a quote is missing before this text; write \"renewal\"",
    ),
    (
        "label = \"renewal\"",
        "label = 'renewal",
        "[use_case.renewal]\nlabel = ",
        "this text is not closed; close it with '",
    ),
    (
        "label = \"renewal\"",
        "label = \"\"\"renewal",
        "[use_case.renewal]\nlabel = ",
        "this text is not closed; close it with \"\"\"",
    ),
    (
        "label = \"renewal\"",
        "label = “renewal”",
        "[use_case.renewal]\nlabel = ",
        "these are not the quotes that TOML knows; write \"renewal\"",
    ),
    (
        "\"demo\", \"reschedule\", ",
        "\"demo\", \"reschedule, ",
        "keywords = [\"demo\", ",
        "this text is not closed; close it with \"",
    ),
    (
        "\"demo\", \"reschedule\", ",
        "\"demo\", reschedule\", ",
        "keywords = [\"demo\", ",
        "a quote is missing before this text; write \"reschedule\"",
    ),
    (
        "\"reprogramar\"]",
        "\"reprogramar]",
        "keywords = [\"demo\", \"reschedule\", ",
        "this text is not closed; close it with \"",
    ),
    // What stands between.
    (
        "team = \"east\"\nbackup = \"ben\"",
        "team = east\nbackup = \"ben\"",
        "[rep.maya]\nname = \"Maya Okafor\"\ntitle = \"AE\"\nteam = ",
        "a text stands in quotes; write \"east\"",
    ),
    (
        "label = \"late stage\"",
        "label = late stage",
        "name = \"late_stage\"\nlabel = ",
        "a text stands in quotes; write \"late stage\"",
    ),
    ("send_anyway = false", "send_anyway = no", "send_anyway = ", "this is no value that TOML knows; write false"),
    (
        "\"demo\", \"reschedule\", ",
        "\"demo\" \"reschedule\", ",
        "keywords = [\"demo\" ",
        "a comma is missing before this; write , between the parts of a list",
    ),
    (
        "priority = 1\n",
        "priority: 1\n",
        "\"reprogramar\"]\npriority",
        "a key and its value are joined by =; write = in the place of this :",
    ),
    ("priority = 1\n", "priority 1\n", "\"reprogramar\"]\n", "a key and its value are joined by =; write priority = 1"),
    ("priority = 1\n", "priority =\n", "priority =", "this key has no value; write priority = …, or leave the key out"),
    ("priority = 1\n", "priority = 1 2\n", "\"reprogramar\"]\npriority = ", "a text stands in quotes; write \"1 2\""),
    (
        "undo_hold = \"8s\"",
        "undo hold = \"8s\"",
        "company = \"Northwind Systems\"\n\n# How long a rep can take an answer back before it leaves. 0s sends at once.\n",
        "a key is one word; write \"undo hold\" = …, or _ for the spaces",
    ),
];

#[test]
fn a_text_that_is_no_toml_has_one_mistake_where_it_was_made() {
    for (from, to, behind, said) in BROKEN {
        let source = changed(&[(from, to)]);
        let told = first_lines(&mistakes(&source));
        assert_eq!(told, [format!("{}{said}", place(&source, behind))], "{to}");
    }
}

#[test]
fn every_mistake_of_a_broken_text_is_told_with_its_line_and_what_would_be_right() {
    for (from, to, ..) in BROKEN {
        for mistake in mistakes(&changed(&[(from, to)])) {
            assert!(mistake.hint.is_some() && mistake.line > 0, "{mistake}");
            let line = mistake.excerpt.lines().nth(1).unwrap_or_default();
            assert!(line.starts_with(&format!("{} | ", mistake.line)), "{mistake}");
        }
    }
}

/// What else is wrong is told beside it, when it is plain what was meant.
#[test]
fn mistakes_that_have_nothing_to_do_with_a_bracket_are_told_beside_it() {
    let bracket = (
        "keywords = [\"demo\", \"reschedule\", \"reprogramar\"]",
        "keywords = [\"demo\", \"reschedule\", \"reprogramar\"",
    );
    let source = changed(&[bracket, ("backup = \"maya\"", "backup = \"mya\""), ("undo_hold = ", "undo_hodl = ")]);
    let told = first_lines(&mistakes(&source));
    assert_eq!(
        told,
        [
            format!("{}this list is not closed; close it with ]", place(&source, "keywords = ")),
            format!("{}unknown key \"undo_hodl\"; did you mean \"undo_hold\"?", place(&source, "sends at once.\n")),
            format!(
                "{}there is no rep \"mya\"; did you mean \"maya\"?",
                place(
                    &source,
                    "backup = \"ben\"\n# Where buyers book a meeting: {meeting_link} of a snippet.\nmeeting_link = \"https://meet.northwind.example/maya\"\n\n# `capacity`: how many open conversations somebody looks after at once; `weight`: their share of a pool's turns;\n# `hours`: their own calendar, outside which others are asked.\n[rep.ben]\nname = \"Ben Carver\"\ntitle = \"AE\"\nteam = \"east\"\nbackup = "
                )
            ),
        ]
    );
    // Several brackets are as many mistakes as there are.
    let source = changed(&[
        bracket,
        ("warn = \"3m\", due = \"5m\" }", "warn = \"3m\", due = \"5m\""),
        ("[rep.sol]", "[rep.sol"),
        ("label = \"East\"\n", "label = \"East\n"),
        ("[[schedule.east.layer]]", "[schedule.east.layer]]"),
    ]);
    assert_eq!(mistakes(&source).len(), 5, "{:#?}", first_lines(&mistakes(&source)));
    // What cannot be mended leaves open what the rest means.
    let source = changed(&[("name = \"Ben Carver\"\n", "name =\n"), ("backup = \"maya\"", "backup = \"mya\"")]);
    assert_eq!(first_lines(&mistakes(&source)).len(), 1);
}

/// One bracket or quote less: never a cascade.
#[test]
fn whichever_bracket_or_quote_is_missing_few_mistakes_are_told() {
    let outside_comments = EXAMPLE.lines().scan(0, |start, line| {
        let at = *start;
        *start += line.len() + 1;
        Some((at, line))
    });
    let places: Vec<usize> = outside_comments
        .filter(|(_, line)| !line.trim_start().starts_with('#'))
        .flat_map(|(start, line)| line.match_indices(['[', ']', '{', '}', '"']).map(move |(at, _)| start + at))
        .collect();
    assert!(places.len() > 500, "{}", places.len());
    let mut many = Vec::new();
    for at in places.iter().step_by(7) {
        let mut source = EXAMPLE.to_owned();
        let gone = source.remove(*at);
        // Within a text it is a letter like any other.
        let start = EXAMPLE[..*at].rfind('\n').map_or(0, |end| end + 1);
        if gone != '"' && EXAMPLE[start..*at].matches('"').count() % 2 == 1 {
            continue;
        }
        let told = first_lines(&mistakes(&source));
        if !(1..=2).contains(&told.len()) {
            many.push(format!("without {gone} at {}: {told:#?}", place(EXAMPLE, &EXAMPLE[..*at])));
        }
    }
    assert!(many.is_empty(), "{}", many.join("\n"));
}

#[test]
fn names_with_a_character_that_nobody_sees_are_refused_and_words_for_buyers_may_have_lines() {
    let reversed = "U+202E stands in this text: it turns the reading direction, and nobody sees it";
    for (from, to, behind, said) in [
        ("name = \"Maya Okafor\"", "name = \"Maya \u{202e}Okafor\"", "name = \"Maya ", format!("{reversed}; leave it out: write \"Maya Okafor\"")),
        ("name = \"Maya Okafor\"", "name = \"Maya \\u202EOkafor\"", "[rep.maya]\nname = ", format!("{reversed}; leave it out: write \"Maya Okafor\"")),
        ("label = \"East\"\n", "label = \"Ea\u{200b}st\"\n", "label = \"Ea", "U+200B stands in this text: nobody sees it; leave it out: write \"East\"".to_owned()),
        ("label = \"renewal\"", "label = \"renewal\\u0007\"", "[use_case.renewal]\nlabel = ", "U+0007 stands in this text: a control character; leave it out: write \"renewal\"".to_owned()),
        ("label = \"East on call\"", "label = \"East\\non call\"", "[schedule.east]\nlabel = ", "U+000A stands in this text: a line break, which a name does not have; leave it out: write \"East on call\"".to_owned()),
        ("label = \"late stage\"", "label = \"late\u{feff} stage\"", "name = \"late_stage\"\nlabel = \"late", "U+FEFF stands in this text: nobody sees it; leave it out: write \"late stage\"".to_owned()),
        ("keywords = [\"demo\"", "keywords = [\"de\u{ad}mo\"", "keywords = [\"de", "U+00AD stands in this text: nobody sees it; leave it out: write \"demo\"".to_owned()),
        ("title = \"Head of Sales East\"", "title = \"Head of Sales East\u{200d}\"", "title = \"Head of Sales East", "U+200D stands in this text: nobody sees it here; leave it out: write \"Head of Sales East\"".to_owned()),
        ("why = \"they like it\"", "why = \"they\u{2066} like it\"", "while they are glad\"\nwhy = \"they", "U+2066 stands in this text: it turns the reading direction, and nobody sees it; leave it out: write \"they like it\"".to_owned()),
    ] {
        let source = changed(&[(from, to)]);
        let told = first_lines(&read_all("playbook.toml", &source, &example::beside).mistakes);
        assert_eq!(told, [format!("{}{said}", place(&source, behind))], "{to:?}");
    }
    // A table's own name.
    let source = format!("{EXAMPLE}\n[auditor.\"ni\\u202Ena\"]\nname = \"Nina\"\n");
    let told = first_lines(&read_all("playbook.toml", &source, &example::beside).mistakes);
    assert!(told.len() == 1 && told[0].contains(reversed), "{told:#?}");
    // Flags, families and scripts that join are read as they are meant.
    for (from, to) in [
        ("name = \"Maya Okafor\"", "name = \"Maya 👩‍💻 🏴󠁧󠁢󠁳󠁣󠁴󠁿 Okafor\""),
        ("label = \"East\"\n", "label = \"می‌خواهم\"\n"),
        ("Hi {contact.first_name}, shall I call you", "Hi {contact.first_name}!\\n\\u200Fshall I call you"),
        ("¿Qué cuesta la renovación?", "¿Qué\\u202E cuesta la renovación?"),
    ] {
        let source = changed(&[(from, to)]);
        let told = first_lines(&read_all("playbook.toml", &source, &example::beside).mistakes);
        assert_eq!(told, [] as [String; 0], "{to:?}");
    }
}
