//! Messages of the reader that no other story needs, each with a bad file: where it stands and what is said.

use comeback::config::playbook::{example, read_all};
use comeback::domain::findings;
use comeback::domain::time::Timestamp;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

/// Appends what is written, where no words are replaced.
const END: &str = "";

/// What is changed, the words on whose line it is told, and what is said.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        if *from == END { source + to } else { source.replacen(from, to, 1) }
    })
}

fn each_is_told(cases: &[Case<'_>]) {
    let mut missing = Vec::new();
    for (changes, at, wanted) in cases {
        let source = changed(changes);
        let told: Vec<String> =
            read_all("playbook.toml", &source, &example::beside).mistakes.iter().map(ToString::to_string).collect();
        let line = source.lines().position(|line| line.contains(at) && !line.starts_with('#'));
        let line = line.unwrap_or_else(|| panic!("no line {at:?}")) + 1;
        let place = format!("playbook.toml:{line}:");
        let is = |told: &String| {
            let first = told.lines().next().unwrap_or_default();
            first.starts_with(&place) && first.split_once(": ").is_some_and(|(_, said)| said == *wanted)
        };
        if !told.iter().any(is) {
            missing.push(format!("wanted: {place} {wanted}\ntold: {told:#?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The line on which these words stand first, from 1.
fn line(words: &str) -> usize {
    EXAMPLE.lines().position(|line| line == words).unwrap_or_else(|| panic!("no line {words:?}")) + 1
}

#[test]
fn mistakes_about_channels_say_what_to_write() {
    let ops = "url = \"env:COMEBACK_OPS_URL\"\nsecret = \"env:COMEBACK_OPS_SECRET\"";
    let secret = "secret = \"env:COMEBACK_OPS_SECRET\"";
    each_is_told(&[
        (
            &[(ops, "url = \"http://ops.example/hook\"\nsecret = \"env:COMEBACK_OPS_SECRET\"")],
            "url = \"http://ops.example/hook\"",
            "not an address that may be called: write https://…, or env:NAME, file:/PATH or keyring:NAME where it is a secret",
        ),
        (&[(secret, "secret = []")], "secret = []", "one secret, or two while they are changed: the new one first"),
        (
            &[(secret, "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"")],
            "secret = \"whsec_",
            "a secret must not stand in the playbook, which is kept and copied for ever; write env:NAME, file:/PATH or \
             keyring:NAME, and put it there for the backend",
        ),
        (
            &[("quiet = { times = [\"20:00-06:00\"], calendar = \"west\" }", "quiet = { times = [\"20:00-06:00\"] }")],
            "quiet = { times = [\"20:00-06:00\"] }",
            "quiet times need a zone, or a calendar whose zone they take",
        ),
        (
            &[("report = \"compliance\"\nto = [\"nina\"]", "report = \"compliance\"\nto = [\"maya\"]")],
            "to = [\"maya\"]",
            "maya may not see the report about consent: leads, admins and auditors may",
        ),
    ]);
}

#[test]
fn a_secret_that_stands_in_the_file_is_not_told_again() {
    let written = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let source = changed(&[("env:COMEBACK_OPS_SECRET", written)]);
    let told = read_all("playbook.toml", &source, &example::beside).mistakes;
    assert!(!told.is_empty() && told.iter().all(|mistake| !mistake.to_string().contains(written)), "{told:?}");
}

#[test]
fn mistakes_about_consent_say_what_to_write() {
    each_is_told(&[
        (
            &[(END, "\n[consent]\nscope = \"programme\"\n")],
            "scope = \"programme\"",
            "there is no programme: nothing says which lines belong together; write [consent.programme.NAME] with its \
             lines, or scope = \"number\"",
        ),
        (
            &[(END, "\n[consent.words.es]\nstop = [\"…\"]\n")],
            "stop = [\"…\"]",
            "not a word that can be a whole text: write 1 to 40 letters",
        ),
        (
            &[(END, "\n[consent]\nhelp = \"Northwind Systems. Text STOP to end.\"\n")],
            "help = \"Northwind",
            "the carrier answers HELP on every line: this would never be sent; write replies = \"us\" here \
             or under a line, or leave the text out",
        ),
        (
            &[(END, "\n[consent]\nreplies = \"us\"\nhelp = \"Northwind Systems is here.\"\n")],
            "help = \"Northwind",
            "it must say \"STOP\": carriers ask for that",
        ),
    ]);
}

#[test]
fn mistakes_about_words_kept_ready_say_what_to_write() {
    let hold = "I hold the price for {account.name} until {day}.";
    let many: String = (0..40).fold(String::new(), |all, n| format!("{all}{{f{n}}} "));
    let names: Vec<String> = (0..40).map(|n| format!("\"f{n}\"")).collect();
    let fields = format!("\n[snippet.long]\ntext = \"{many}\"\nask = [{}]\n", names.join(", "));
    each_is_told(&[
        (&[(END, &fields)], "{f39}", "a snippet has at most 12 fields"),
        (
            &[(hold, "I hold the price} until {day}.")],
            "I hold the price}",
            "a } that belongs to no field: a field is written {contact.first_name}",
        ),
        (
            &[("ask = [\"day\", \"time\"]", "ask = [\"day\", \"time\", \"9\"]")],
            "\"9\"]",
            "not a field: letters, digits, _ and ., at most 40, and a letter first",
        ),
        (
            &[("ask = [\"day\", \"time\"]", "ask = [\"day\", \"time\", \"rep.name\"]")],
            "\"rep.name\"]",
            "the record fills \"rep.name\" itself: leave it out of ask",
        ),
        (
            &[("ask = [\"day\", \"time\"]", "ask = [\"day\", \"time\", \"place\"]")],
            "\"place\"]",
            "the text has no field {place}: leave it out of ask",
        ),
        (
            &[("currency = \"USD\"", "currency = \"$\"")],
            "currency = \"$\"",
            "not a currency: write its three letters, as \"USD\"",
        ),
        (
            &[("https://meet.northwind.example/maya", "http://meet.northwind.example/maya")],
            "meeting_link = \"http://",
            "not an address: write https://…, at most 200 characters",
        ),
        (
            &[(
                "text = \"Thank you for your text! Our office is closed now; we come back to you as soon as it opens.\"",
                "text = \" \"",
            )],
            "text = \" \"",
            "the acknowledgement says nothing: write its words, or leave the table out",
        ),
        (
            &[("Thank you for your text!", "Thank you, {contact.first_name}!")],
            "Thank you, {",
            "nobody fills {contact.first_name} here: buyers would read it as it stands",
        ),
        (
            &[("keywords = [\"renewal\", \"renovación\"]", "keywords = [\"?!\"]")],
            "keywords = [\"?!\"]",
            "not a keyword: write one or more words, at most 100 characters",
        ),
        (
            &[(
                "words = [\"contract\", \"contracts\", \"msa\", \"legal\", \"redline*\", \"signature\"]",
                "within = \"9d\"",
            )],
            "within = \"9d\"",
            "within says how old a sign of interest may be, but intents names none",
        ),
    ]);
}

#[test]
fn mistakes_about_people_hours_and_limits_say_what_to_write() {
    each_is_told(&[
        (
            &[("[auditor.nina]", "[auditor.maya]"), ("to = [\"nina\", \"lea\"]", "to = [\"lea\"]")],
            "name = \"Nina Adler\"",
            "\"maya\" is a rep: somebody who answers buyers does not audit: one person, one part",
        ),
        (
            &[("number = \"+16465550200\"", "number = \"+16465550200\"\nper_day = 0")],
            "per_day = 0",
            "per_day of 0 lets nothing leave: leave it out, or take the line out",
        ),
        (
            &[("number = \"+16465550200\"", "number = \"+16465550200\"\nrate = \"often\"")],
            "rate = \"often\"",
            "not a rate: write it 1/s, 240/m or 3000/h",
        ),
        (
            &[("hand_off = \"00:00\"", "hand_off = \"midnight\"")],
            "hand_off = \"midnight\"",
            "not a time of day: write it 09:30",
        ),
        (
            &[("budget = \"300ms\"", "budget = \"1m\"")],
            "budget = \"1m\"",
            "a reply waits for the CRM from 0s to 10s: write it 300ms or 1s",
        ),
        (
            &[("zone = \"America/New_York\"\nmonday", "zone = \"Eastern\"\nmonday")],
            "zone = \"Eastern\"",
            "there is no zone \"Eastern\"; did you mean \"America/New_York\"?",
        ),
        (
            &[("zone = \"America/New_York\"\nmonday", "zone = \"Home\"\nmonday")],
            "zone = \"Home\"",
            "there is no zone \"Home\"; write it America/New_York, as the zones of the IANA are named",
        ),
    ]);
}

#[test]
fn what_is_no_table_or_no_number_is_told_in_the_words_of_the_file() {
    let company = line("company = \"Northwind Systems\"");
    let company =
        format!("\"company\" is written twice: it stands in line {company} already; leave one of the two out");
    let east = line("[team.east]") + 1;
    let east = format!(
        "\"label\" is written twice in [team.east]: it stands in line {east} already; leave one of the two out"
    );
    each_is_told(&[
        (
            &[("[territory.west]\nfile = \"territories.csv\"", "[territory]\nwest = \"territories.csv\"")],
            "west = \"territories.csv\"",
            "expected rows, as in [[territory.NAME]], or { file = \"territories.csv\" }, found the text \"territories.csv\"",
        ),
        (
            &[(
                "ladder = \"fast\"\n\n[[cohort]]\nname = \"meeting\"",
                "ladder = \"fast\"\nuse_case = 1\n\n[[cohort]]\nname = \"meeting\"",
            )],
            "use_case = 1",
            "unknown key \"use_case\"; did you mean \"use_cases\"?",
        ),
        (
            &[("repeat = 1\n", "repeat = 300\n")],
            "repeat = 300",
            "expected a whole number from 0 to 255, found the number 300; write repeat = 1: a whole number from 0 to 255, or leave it out",
        ),
        (
            &[("at_most = 4", "at_most = -4")],
            "at_most = -4",
            "expected a whole number, not below 0, found the number -4; write at_most = 4: a whole number from 1 on, or leave it out",
        ),
        (
            &[("file = \"territories.csv\"", "file = \"territories.csv\"\nrows = 1")],
            "rows = 1",
            "unknown key \"rows\"; it can only be \"file\"",
        ),
        (
            &[("company = \"Northwind Systems\"", "company = \"Northwind Systems\"\ncompany = \"Southwind\"")],
            "company = \"Southwind\"",
            &company,
        ),
        (&[("label = \"East\"\n", "label = \"East\"\nlabel = \"West\"\n")], "label = \"West\"", &east),
        (
            &[(
                "title = \"SE\"\nteam = \"west\"\nbackup = \"kai\"\n",
                "title = \"SE\"\nteam = \"west\"\nbackup = \"kai\"\nalerts = { by = 1 }\n",
            )],
            "alerts = { by = 1 }",
            "expected a list in [ ], found the number 1; write by = [\"mail\", \"page\"], or leave it out",
        ),
    ]);
}

#[test]
fn what_is_missing_is_told_with_how_it_is_written() {
    each_is_told(&[
        (
            &[(
                "[rep.sol]\nname = \"Sol Ferreira\"\ntitle = \"SE\"\nteam = \"west\"",
                "[rep.sol]\nname = \"Sol Ferreira\"\ntitle = \"SE\"",
            )],
            "[rep.sol]",
            "the key \"team\" is missing; write team = \"…\"; in the file itself it is a table, as in [team.NAME]",
        ),
        (
            &[(END, "\n[ladder.none]\nrepeat = 1\n")],
            "[ladder.none]",
            "the key \"step\" is missing; write one as [[ladder.NAME.step]]",
        ),
        (
            &[(END, "\n[schedule.none]\nlabel = \"None\"\nzone = \"America/New_York\"\n")],
            "[schedule.none]",
            "the key \"layer\" is missing; write one as [[schedule.NAME.layer]]",
        ),
        (
            &[(END, "\n[schedule.none]\nlabel = \"None\"\nzone = \"America/New_York\"\nlayer = []\n")],
            "layer = []",
            "the schedule \"none\" has no layer, so nobody would ever be on call; write one as [[schedule.none.layer]]",
        ),
        (
            &[("[ladder.fast]", "[ladder]\nquick = 1\n[ladder.fast]")],
            "quick = 1",
            "expected steps, as in [[ladder.NAME]], found the number 1",
        ),
        (
            &[("file = \"territories.csv\"", "file = \"elsewhere.csv\"")],
            "file = \"elsewhere.csv\"",
            "elsewhere.csv: this playbook stands alone: write the rows into it",
        ),
    ]);
}

#[test]
fn a_channel_that_is_wrong_is_told_where_it_stands_and_not_again_by_whoever_names_it() {
    let source =
        changed(&[("secret = \"env:COMEBACK_OPS_SECRET\"", "secret = []"), (END, "\n[consent]\ntell = [\"ops\"]\n")]);
    let told: Vec<String> =
        read_all("playbook.toml", &source, &example::beside).mistakes.iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("one secret, or two while they are changed"), "{told:#?}");
}

#[test]
fn a_file_of_rows_that_is_all_wrong_is_told_row_by_row_up_to_twenty() {
    let rows = "state,rep\n".to_owned() + &"NY,nobody-here\n".repeat(30);
    let files = |_: &str| Ok(rows.clone());
    let told: Vec<String> =
        read_all("playbook.toml", EXAMPLE, &files).mistakes.iter().map(ToString::to_string).collect();
    let told: Vec<&str> = told.iter().filter_map(|told| told.lines().next()).collect();
    let of_rows = told.iter().filter(|told| told.contains("there is no rep \"nobody-here\"")).count();
    assert_eq!(of_rows, 20, "{told:#?}");
    assert!(told.contains(&"territories.csv:22:1: more than 20 rows are wrong: the rest was not read"), "{told:#?}");
}

#[test]
fn a_table_that_stands_as_one_and_as_several_is_told_with_the_place_of_the_other() {
    let wanted = format!(
        "[next_step] stands here, and [[next_step]] in line {}; write [[next_step]] here, too: there can be several",
        line("[[next_step]]")
    );
    let once = "\n[next_step] # as one\nwhat = \"x\"\nwhy = \"y\"\n";
    each_is_told(&[(&[(END, once)], "[next_step] # as one", &wanted)]);
}

#[test]
fn a_day_without_an_hour_in_common_with_a_law_and_a_queue_without_a_clock_are_found() {
    let found = |changes: &[(&str, &str)]| {
        let source = changed(changes);
        let playbook = read_all("playbook.toml", &source, &example::beside).playbook.expect("it reads");
        findings::of(&playbook, FROM).0.into_iter().map(|f| (f.wrong, f.what, f.remedy)).collect::<Vec<_>>()
    };
    let late = found(&[("open = \"08:00\"\nclose", "open = \"18:00\"\nclose")]);
    let wanted =
        "18:00 to 21:00 has no minute in common with US-PA (73 P.S. 2245.2): on such days no text leaves for there";
    assert!(late.contains(&(false, wanted.to_owned(), "open earlier or close later".to_owned())), "{late:#?}");
    let unclocked = found(&[("queue = \"support\"\ncohort = \"standard\"", "queue = \"support\"")]);
    let wanted = "no clock runs for \"support\": Sales does not handle it, and it has no cohort of its own";
    let remedy = "name the one whose targets the queue answers by: cohort = \"…\"";
    assert!(unclocked.contains(&(false, wanted.to_owned(), remedy.to_owned())), "{unclocked:#?}");
    let nowhere = found(&[("webhook = \"ops\"", "# webhook")]);
    let wanted = "\"survey\" is not for Sales and goes nowhere else: Sales is asked all the same, and no clock runs";
    assert!(nowhere.iter().any(|(wrong, what, _)| !wrong && what == wanted), "{nowhere:#?}");
    assert!(!found(&[]).iter().any(|(_, what, _)| what.contains("no clock runs")), "the example has one");
}
