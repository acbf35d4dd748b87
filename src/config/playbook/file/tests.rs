use super::written;
use crate::config::playbook::{example, read, read_all};
use crate::domain::playbook::Playbook;

/// The example with everything that it leaves out.
fn whole() -> String {
    let source = [
        ("[line.main]\n", "[line.main]\nrate = \"240/m\"\nper_day = 2000\nclass = \"low\"\nreplies = \"us\"\n"),
        ("[line.meetings]\n", "[line.meetings]\nrate = \"1/s\"\nreplies = \"carrier\"\n"),
        (
            "[use_case.event]\n",
            "[use_case.event]\npriority = -3\nregulated = { snippets = [\"whole\"], disclosure = \"No offer.\", \
             disclose = \"always\", approval = true }\n",
        ),
        ("[rep.ines]\n", "[rep.ines]\nrole = \"admin\"\n"),
        ("secret = \"env:COMEBACK_OPS_SECRET\"", "secret = [\"file:/run/new\", \"keyring:old\"]"),
        ("url = \"env:COMEBACK_OPS_URL\"", "url = \"https://ops.example/hook?a=1\""),
        ("every = \"12h\"", "every = \"12h\"\nonly = { hours = [\"06:00-24:00\", \"00:30-02:00\"] }"),
        ("hours = [\"09:00-21:00\"] }", "hours = [\"21:00-03:00\"] }"),
    ];
    let source = source.iter().fold(example::PLAYBOOK.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "{from}");
        source.replacen(from, to, 1)
    });
    source
        + r#"
[campaign_class.low]
rate = "3000/h"

[snippet.whole]
text = "Hi {contact.first_name}, \"{x}\" it is.\nSee you \\o/ \t!"
ask = ["x"]

[consent]
scope = "programme"
evidence = "ask"
replies = "us"
confirmation = "Northwind Systems: no more texts. START brings them back."
help = "Northwind Systems, 1-800-555-0100. STOP ends it."
tell = ["ops"]
[consent.programme."east coast"]
lines = ["main", "meetings"]
[consent.words.es]
stop = ["alto"]
start = ["alta"]
help = ["ayuda"]

[schedule.plain]
label = "Plain"
zone = "UTC"
[[schedule.plain.layer]]
reps = ["ben"]
since = 2026-01-05
hand_off = "00:00"
every = "3d"
only = { days = ["monday", "tuesday"] }

[[expect]]
name = "At a quarter of a second"
line = "main"
away = ["ben", "maya"]
at = 2026-03-03T10:00:00.25Z
then = { held = false }
"#
}

fn read_well(source: &str) -> Playbook {
    read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}\n{source}"))
}

#[test]
fn what_is_read_written_and_read_again_is_the_same_policy() {
    for source in [example::PLAYBOOK.to_owned(), whole()] {
        let playbook = read_well(&source);
        let file = written(&playbook);
        assert_eq!(read_well(&file), playbook, "{file}");
        assert_eq!(written(&read_well(&file)), file, "and it is one file");
    }
}

#[test]
fn names_of_any_kind_come_back_as_they_were() {
    let odd = [
        "",
        "a \"b\" 'c'",
        "'''",
        "\"\"\"",
        "two\nlines\r\n",
        "\\u0041",
        "tab\t",
        "\u{7f}\u{1}",
        "ñ 🎉",
        "# [x]\ny = 1",
    ];
    for odd in odd {
        let mut playbook = read_well(example::PLAYBOOK);
        odd.clone_into(&mut playbook.company);
        let maya = playbook.reps.get_mut(&"maya".into()).expect("Maya");
        (maya.name, maya.title) = (odd.to_owned(), odd.to_owned());
        let calendar = playbook.calendars["office"].clone();
        playbook.calendars.insert(odd.to_owned(), calendar);
        // No two of them have the same name.
        for (n, case) in playbook.expectations.iter_mut().enumerate() {
            case.name = if n == 0 { odd.to_owned() } else { format!("{odd}{n}") };
        }
        // A name that nobody sees, or not whole, is told, and stays what it is.
        let read = read_all("playbook.toml", &written(&playbook), &example::beside);
        let hidden = odd.is_empty() || odd.contains(|c: char| c.is_control());
        assert_eq!(read.mistakes.is_empty(), !hidden, "{odd:?}: {:?}", read.mistakes);
        assert_eq!(read.playbook, Some(playbook), "{odd:?}");
    }
}

#[test]
fn it_reads_as_a_person_would_write_it() {
    let file = written(&read_well(example::PLAYBOOK));
    for words in [
        "company = \"Northwind Systems\"\nundo_hold = \"8s\"\nzone = \"America/New_York\"\nownership = [\n    \"opportunity\",\n    { rule = ",
        "[[territory.west]]\ncountry = \"US\"\nstate = \"CA\"\nsegment = \"small business\"\nrep = \"wren\"\n",
        "[ladder.fast]\nrepeat = 1\n",
        "[[ladder.renewal]]\nteam = \"west\"\nwait = \"5m\"\n",
        "quiet = { times = [\"20:00-06:00\"], zone = \"America/Los_Angeles\" }",
        "holidays = [2026-11-26, 2026-12-25]",
        "at = 2026-03-07T22:00:00-05:00",
        "2026-12-24 = [\"08:00-12:00\"]",
    ] {
        assert!(file.contains(words), "no {words} in {file}");
    }
}
