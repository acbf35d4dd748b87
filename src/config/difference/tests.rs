use toml::{Table, Value};

use super::*;

const EXAMPLE: &str = include_str!("../../../assets/playbook.toml");

fn read(source: &str) -> Playbook {
    crate::config::playbook::read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"))
}

fn told(changes: &[(&str, &str)]) -> Vec<String> {
    let source = changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        source.replacen(from, to, 1)
    });
    differences(&read(EXAMPLE), &read(&source))
}

#[test]
fn each_changed_rule_is_one_line_in_the_words_of_the_file() {
    let before = read(EXAMPLE);
    assert_eq!(differences(&before, &Playbook { version: 9, ..before.clone() }), Vec::<String>::new());
    for (from, to, wanted) in [
        ("undo_hold = \"8s\"", "undo_hold = \"1m\"", &["~ undo_hold = \"8s\" → \"1m\""][..]),
        ("\nzone = \"America/New_York\"\n\n# Whose", "\n# Whose", &["- zone = \"America/New_York\""]),
        (
            "warn = \"3m\", due = \"5m\"",
            "warn = \"3m\", due = \"6m\"",
            &["~ [[cohort]] \"late_stage\": first_response.due = \"5m\" → \"6m\""],
        ),
        ("backup = \"ben\"", "backup = \"ines\"", &["~ [rep.maya] backup = \"ben\" → \"ines\""]),
        ("weight = 2\n", "", &["- [rep.ben] weight = 2"]),
        ("close = \"21:00\"", "close = \"20:30\"", &["~ [compliance] close = \"21:00\" → \"20:30\""]),
        ("log = true\n", "log = false\n", &["~ [crm] log = true → false"]),
        (
            "due = 2026-03-09T08:12:00-04:00",
            "due = 2026-03-09T08:13:00-04:00",
            &[
                "~ [[expect]] \"Nobody's buyer on a Saturday night: the pool, due on Monday, and no answer after midnight\": \
                 then.due = 2026-03-09T08:12:00-04:00 → 2026-03-09T08:13:00-04:00",
            ],
        ),
        (
            "away = [\"maya\"]\nthen = { owner = \"maya\", gets = \"ben\" }",
            "away = [\"maya\", \"omar\"]\nthen = { owner = \"maya\", gets = \"ben\" }",
            &["~ [[expect]] \"While Maya is away her backup gets it, and she stays accountable\": \
                 away = [\"maya\"] → [\"maya\", \"omar\"]"],
        ),
        // A rota change is the people, under the layer's own label.
        (
            "reps = [\"ben\", \"maya\", \"omar\"]",
            "reps = [\"maya\", \"nobody\", \"omar\"]",
            &[
                "~ [[schedule.east.layer]] \"weekends\": reps = [\"ben\", \"maya\", \"omar\"] → [\"maya\", \"nobody\", \"omar\"]",
            ],
        ),
        (
            "hours = [\"09:00-21:00\"] }",
            "hours = [\"09:00-21:00\", \"22:00-02:00\"] }",
            &[
                "~ [[schedule.east.layer]] \"weekends\": only.hours = [\"09:00-21:00\"] → [\"09:00-21:00\", \"22:00-02:00\"]",
            ],
        ),
        (
            "monday = [\"08:00-12:30\", ",
            "monday = [\"08:30-12:30\", ",
            &["~ [calendar.office] monday = [\"08:00-12:30\", \"13:00-19:00\"] → [\"08:30-12:30\", \"13:00-19:00\"]"],
        ),
        ("2026-07-03 = []\n", "", &["- [calendar.office.holidays] 2026-07-03 = []"]),
        (
            "label = \"weekends\"",
            "label = \"Saturdays and Sundays\"",
            &["~ [[schedule.east.layer]] \"weekends\": now called \"Saturdays and Sundays\""],
        ),
        (
            "name = \"A word in Spanish tells a renewal, and New York is Ben's\"",
            "name = \"New York is Ben's\"",
            &[
                "~ [[expect]] \"A word in Spanish tells a renewal, and New York is Ben's\": now called \"New York is Ben's\"",
            ],
        ),
        (
            "who = \"pool\"\nwait = \"10m\"",
            "who = \"pool\"\nwait = \"20m\"",
            &["~ [[ladder.standard]] #3, who = \"pool\": wait = \"10m\" → \"20m\""],
        ),
        (
            "role = \"AE\"\nwait = \"4m\"",
            "team = \"east\"\nwait = \"4m\"",
            &["- [[ladder.renewal]] #2: role = \"AE\"", "+ [[ladder.renewal]] #2: team = \"east\""],
        ),
        ("[ladder.fast]\nrepeat = 1", "[ladder.fast]\nrepeat = 2", &["~ [ladder.fast] repeat = 1 → 2"]),
        ("[use_case.event]", "[use_case.events]", &["~ [use_case.event] is now called [use_case.events]"]),
    ] {
        assert_eq!(told(&[(from, to)]), wanted, "{to}");
    }
}

#[test]
fn rules_of_ownership_and_rows_are_told_with_their_place() {
    for (from, to, wanted) in [
        ("    \"contact\",\n", "", &["- ownership: \"contact\""][..]),
        (
            "    \"contact\",\n    \"account\",\n",
            "    \"account\",\n    \"contact\",\n",
            &["~ ownership: \"contact\", now after \"account\""],
        ),
        (
            "{ rule = \"sdr\", skip = [\"hours\"] }",
            "\"sdr\"",
            &["~ ownership #6: { rule = \"sdr\", skip = [\"hours\"] } → \"sdr\""],
        ),
        (
            "{ rule = \"round_robin\", pool = \"east\", stages = [\"Evaluation\"] }",
            "{ rule = \"round_robin\", pool = \"west\", stages = [\"Evaluation\"] }",
            &["~ ownership #10, rule = \"round_robin\": pool = \"east\" → \"west\""],
        ),
        (
            "    \"opportunity\",\n",
            "    { rule = \"round_robin\", pool = \"west\", stages = [\"Proposal\"] },\n    \"opportunity\",\n",
            &["+ ownership: { rule = \"round_robin\", pool = \"west\", skip = [\"away\", \"hours\", \"capacity\"], \
               stages = [\"Proposal\"] }, first"],
        ),
        (
            "[[territory.east]]\narea_code = \"212\"\nrep = \"ben\"\n",
            "[[territory.east]]\narea_code = \"212\"\nrep = \"omar\"\n",
            &["~ [[territory.east]] #3: rep = \"ben\" → \"omar\""],
        ),
        (
            "[[next_step]]\nkinds = [\"scheduling\"]",
            "[[next_step]]\nwords = [\"invoice\"]\nwhat = \"Wait\"\nwhy = \"a machine\"\n\n[[next_step]]\nkinds = [\"scheduling\"]",
            &[
                "+ [[next_step]] what = \"Wait\", why = \"a machine\", words = [\"invoice\"], after #7, what = \"Confirm the \
               contract point; loop in legal if it is new\"",
            ],
        ),
    ] {
        assert_eq!(told(&[(from, to)]), wanted, "{to}");
    }
}

#[test]
fn what_is_new_or_gone_is_told_whole_and_once() {
    let snippet = "[snippet.late]\ntext = \"Sorry for the wait.\\nBen\"\nuse_cases = [\"meeting\"]\n\n[snippet.later]";
    assert_eq!(
        told(&[("[snippet.later]", snippet)]),
        ["+ [snippet.late] text = \"Sorry for the wait.\\nBen\", use_cases = [\"meeting\"]"]
    );
    let alerts = "[rep.wren.alerts]\nby = [\"wall\", \"mail\"]\non = [\"offered\", \"pool\", \"climbed\", \"ruling\"]\nquiet = { \
                  times = [\"20:00-06:00\"], calendar = \"west\" }\n";
    let gone = told(&[(alerts, "")]);
    assert!(
        gone.len() == 1 && gone[0].starts_with("- [rep.wren.alerts] at_most = 4, by = [\"wall\", \"mail\"]"),
        "{gone:#?}"
    );
    // What is usual and what says the same in other words are no difference.
    let (rest, _) = EXAMPLE.split_once("# What of a conversation is written into the CRM.").expect("it stands there");
    let crm = told(&[]);
    assert_eq!(crm, Vec::<String>::new());
    let usual = read(&format!("{rest}[operations]\nby = [\"ops\"]\n"));
    let said = read(&format!("{rest}[operations]\nby = [\"ops\"]\n[crm]\nlog = true\n"));
    assert_eq!(differences(&usual, &said), Vec::<String>::new());
    let less = read(&format!("{rest}[operations]\nby = [\"ops\"]\n[crm]\nlog = false\n"));
    assert_eq!(differences(&usual, &less), ["~ [crm] log = true → false"]);
}

#[test]
fn another_zone_says_what_becomes_of_days_that_were_counted() {
    let before = read(EXAMPLE);
    let said = "\nzone = \"America/New_York\"\n\n# Whose";
    let zone = |to: &str| read(&EXAMPLE.replacen(said, &format!("{to}\n# Whose"), 1));
    let west = days(&before, &zone("\nzone = \"America/Los_Angeles\"\n")).unwrap();
    assert!(west.starts_with("days of reports: what was counted keeps its day in America/New_York,"), "{west}");
    assert!(west.contains("counted by America/Los_Angeles") && !west.contains('\n'), "{west}");
    // Left out it is the same one, by the calendar's name; and other rules leave days as they are.
    assert_eq!(days(&before, &zone("\n")), None);
    assert_eq!(days(&before, &read(&EXAMPLE.replacen("undo_hold = \"8s\"", "undo_hold = \"1m\"", 1))), None);
}

#[test]
fn another_order_of_cohorts_is_a_difference() {
    let before = read(EXAMPLE);
    let mut after = before.clone();
    after.cohorts.swap(0, 1);
    assert_eq!(
        differences(&before, &after),
        [
            "~ [[cohort]] in the order \"late_stage\", \"meeting\", \"renewal\", \"standard\" → \"meeting\", \"late_stage\", \
          \"renewal\", \"standard\""
        ]
    );
}

/// Every leaf of a document: the way to it.
fn leaves(value: &Value, path: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                path.push(key.clone());
                leaves(value, path, all);
                path.pop();
            }
        }
        Value::Array(members) if members.iter().any(Value::is_table) => {
            for (at, value) in members.iter().enumerate() {
                path.push(at.to_string());
                leaves(value, path, all);
                path.pop();
            }
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_) => all.push(path.clone()),
    }
}

fn at<'v>(document: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(document, |value, key| match value {
        Value::Table(table) => table.get_mut(key),
        Value::Array(members) => members.get_mut(key.parse::<usize>().ok()?),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => None,
    })
}

/// What may stand there instead.
fn others(value: &Value, same_key: &[Value]) -> Vec<Value> {
    let mut all: Vec<Value> = same_key.iter().filter(|other| *other != value).cloned().collect();
    match value {
        Value::Boolean(word) => all.push((!word).into()),
        Value::Integer(number) => all.push((number + 1).into()),
        Value::String(text) => {
            all.extend(["7m", "9m", "2h", "20d", "10:15", "+16465550999", "0.0071", "213", "a"].map(Value::from));
            all.push(format!("{text} x").into());
            all.push(format!("{text}2").into());
        }
        Value::Datetime(when) => {
            for other in ["2026-01-12", "2026-01-10", "2026-03-04T10:00:00-05:00"] {
                let other: toml::value::Datetime = other.parse().expect("a day");
                all.extend((other.time.is_some() == when.time.is_some()).then_some(Value::Datetime(other)));
            }
        }
        Value::Array(members) => {
            all.push(members.iter().skip(1).cloned().collect::<Vec<_>>().into());
            all.push(members.iter().rev().cloned().collect::<Vec<_>>().into());
        }
        Value::Float(_) | Value::Table(_) => {}
    }
    all
}

#[test]
fn every_key_of_the_example_that_is_changed_is_told_by_its_name() {
    let before = read(EXAMPLE);
    let document: Value = Value::Table(EXAMPLE.parse::<Table>().expect("TOML"));
    let mut paths = Vec::new();
    leaves(&document, &mut Vec::new(), &mut paths);
    let key_of =
        |path: &[String]| path.iter().rev().find(|part| part.parse::<usize>().is_err()).cloned().unwrap_or_default();
    let (mut asked, mut unchanged, mut wrong) = (0, Vec::new(), Vec::new());
    for path in &paths {
        let key = key_of(path);
        let same: Vec<Value> = paths
            .iter()
            .filter(|other| key_of(other) == key && other.len() == path.len())
            .filter_map(|other| at(&mut document.clone(), other).cloned())
            .collect();
        let value = at(&mut document.clone(), path).cloned().expect("it stands there");
        let changed = others(&value, &same).into_iter().find_map(|other| {
            let mut document = document.clone();
            *at(&mut document, path)? = other;
            let source = toml::to_string(&document).ok()?;
            let after = crate::config::playbook::read("playbook.toml", &source).ok()?;
            (after != before).then_some(after)
        });
        let Some(after) = changed else {
            unchanged.push(path.join("."));
            continue;
        };
        asked += 1;
        let told = differences(&before, &after);
        // A name that is told as one, and what is said elsewhere in the file than it was written.
        let elsewhere = ["lines", "calendar", "file"].contains(&key.as_str());
        let named = |line: &String| {
            let says = [format!("{key} = "), format!("{key}:"), format!("{key}\" = ")].iter().any(|w| line.contains(w));
            says || ["name", "label"].contains(&key.as_str()) && line.contains("now called")
        };
        if told.is_empty() || !elsewhere && !told.iter().any(named) {
            wrong.push(format!("{}: {told:#?}", path.join(".")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked * 10 > paths.len() * 8, "{asked} of {}: {unchanged:#?}", paths.len());
}
