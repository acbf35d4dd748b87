//! Messages of the reader and of `check`, each with a bad file: the place, what is wrong, and what to write instead.

use comeback::config::playbook::{example, places, read, read_all};
use comeback::domain::findings;
use comeback::domain::time::Timestamp;

pub(crate) const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

/// Friday, 6 March 2026, 10:00 in New York.
pub(crate) const FROM: Timestamp = Timestamp::from_millis(1_772_809_200_000);

/// Appends what is written, where no words are replaced.
pub(crate) const END: &str = "";

pub(crate) fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EXAMPLE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "the example has no {from:?}");
        if *from == END { source + to } else { source.replacen(from, to, 1) }
    })
}

pub(crate) fn first(told: &impl ToString) -> String {
    told.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The first line of every mistake that keeps the file from being read.
pub(crate) fn mistakes(source: &str) -> Vec<String> {
    read_all("playbook.toml", source, &example::beside).mistakes.iter().map(first).collect()
}

/// The first line of everything found in a file that reads well.
pub(crate) fn found(source: &str) -> Vec<String> {
    let playbook = read("playbook.toml", source).unwrap_or_else(|e| panic!("{e}"));
    let tell = |finding: &findings::Finding| {
        let weight = if finding.wrong { "wrong" } else { "risky" };
        format!("{weight}: {}", first(&places::told("playbook.toml", source, finding)))
    };
    findings::of(&playbook, FROM).0.iter().map(tell).collect()
}

/// Told on the line that has these words and is no comment, to the end.
fn is_told(told: &[String], source: &str, weight: &str, at: &str, wanted: &str) {
    let line = source
        .lines()
        .position(|line| line.contains(at) && !line.starts_with('#'))
        .unwrap_or_else(|| panic!("no line {at:?}"))
        + 1;
    let place = format!("{weight}playbook.toml:{line}:");
    let is = |told: &String| told.starts_with(&place) && told.ends_with(&format!(": {wanted}"));
    assert!(told.iter().any(is), "wanted: {place} {wanted}\ntold: {told:#?}");
}

/// What is changed, the words on whose line it is told, and the words it is told in.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

fn each_is_told(cases: &[Case<'_>]) {
    for (changes, at, wanted) in cases {
        let source = changed(changes);
        is_told(&mistakes(&source), &source, "", at, wanted);
    }
}

#[test]
fn mistakes_about_people_lines_and_targets_say_where_and_what_to_write() {
    each_is_told(&[
        (
            &[("capacity = 40", "capacity = 0")],
            "capacity = 0",
            "a capacity of 0 gives them nothing: leave it out, or say 1",
        ),
        (
            &[("unseen = \"24h\"", "unseen = \"30s\"")],
            "unseen = \"30s\"",
            "a device is seen every half minute: say 5m or more, or people come and go all day",
        ),
        (
            &[("lead = \"lea\"", "lead = \"zoe\""), ("role = \"lead\"\n", "")],
            "lead = \"zoe\"",
            "the lead left: the last step of every ladder would be empty; name somebody who is here, as in lead = \"ben\"",
        ),
        (
            &[("capacity = 40", "successor = \"maya\"")],
            "successor = \"maya\"",
            "only somebody who left has a successor; write active = false, or leave it out",
        ),
        (
            &[("active = false", "active = false\nsuccessor = \"zoe\"")],
            "successor = \"zoe\"",
            "\"zoe\" left, too; name somebody who is here, or leave it out",
        ),
        (
            &[("number = \"+14155550100\"", "number = \"+1 646 555 0100\"")],
            "number = \"+1 646 555 0100\"",
            "another line has this number already: \"main\"; give each line its own, or leave one of the two out",
        ),
        (
            &[("[[cohort]]\nname = \"standard\"\n", "[[cohort]] # last\nname = \"standard\"\nstages = [\"Won\"]\n")],
            "[[cohort]] # last",
            "the last cohort must match every reply: leave out use_cases and stages",
        ),
        (
            &[("warn = \"8m\", due = \"12m\"", "warn = \"8m\", due = \"5m\"")],
            "warn = \"8m\", due = \"5m\"",
            "the warning must not come after the due time; write a shorter warn, or a longer due",
        ),
        (
            &[("warn = \"8m\", due = \"12m\"", "warn = \"0m\", due = \"0m\"")],
            "warn = \"0m\", due = \"0m\"",
            "due must be longer than nothing; write it as due = \"15m\"",
        ),
        (
            &[("text = \"¿Qué cuesta la renovación?\"", "text = \" \"")],
            "text = \" \"",
            "not a text that a buyer can send: write 1 to 1600 characters",
        ),
        (
            &[("words = [\"contract\", ", "words = [\" \", ")],
            "words = [\" \", ",
            "an empty word of words is in every text: leave it out",
        ),
        (
            &[("then = { owner = \"maya\", gets = \"ben\" }", "then = {}")],
            "then = {}",
            "this expects nothing: name owner, gets, use_case, cohort, due or held",
        ),
    ]);
    let (start, end) = (EXAMPLE.find("[[cohort]]").expect("cohorts"), EXAMPLE.find("# SLA clocks run").expect("hours"));
    let none = format!("cohort = []\n{}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
    is_told(
        &mistakes(&none),
        &none,
        "",
        "cohort = []",
        "there must be a cohort that matches every reply: write one as [[cohort]]",
    );
}

#[test]
fn mistakes_in_ladders_say_where_and_what_to_write() {
    let owner = "[[ladder.standard]]\nwho = \"owner\"\nwait = \"9m\"\n";
    let last = "[[ladder.standard]]\nwho = \"lead\"\n";
    each_is_told(&[
        (
            &[(owner, &owner.replace("9m", "0m"))],
            "[[ladder.standard]]",
            "this step's wait is zero: nobody could act; write it as wait = \"5m\"",
        ),
        (
            &[(owner, &owner.replace("wait = \"9m\"\n", ""))],
            "[[ladder.standard]]",
            "this step needs a wait, as in wait = \"5m\"",
        ),
        (
            &[(
                "[[ladder.fast.step]]\nwho = \"lead\"\nwait = \"10m\"\n",
                "[[ladder.fast.step]] # the end\nwho = \"lead\"\n",
            )],
            "# the end",
            "the ladder repeats, so its last step needs a wait too, as in wait = \"10m\"",
        ),
        (
            &[(last, &last.replace("lead", "owners_lead"))],
            "[[ladder.standard]]",
            "the last step must be the lead, or a reply could end with nobody; end with a step who = \"lead\", or lead_of = \"TEAM\"",
        ),
        (
            &[(owner, &owner.replace("who = \"owner\"\n", ""))],
            "[[ladder.standard]]",
            "this step asks nobody: say who = \"owner\", or person, role, team, schedule or lead_of",
        ),
        (
            &[(owner, &owner.replace("wait", "person = \"ben\"\nwait"))],
            "[[ladder.standard]]",
            "this step asks in two ways: write a step for each",
        ),
    ]);
}

#[test]
fn mistakes_about_owners_and_territories_say_where_and_what_to_write() {
    let west = "{ rule = \"territory\", territory = \"west\", skip = [\"away\"] }";
    let sdr = "{ rule = \"sdr\", skip = [\"hours\"] }";
    each_is_told(&[
        (
            &[("    \"opportunity\",", "    3, # no rule")],
            "# no rule",
            "expected a rule, as \"opportunity\" or { rule = \"round_robin\", pool = \"east\" }, found the number 3",
        ),
        (
            &[(west, "{ rule = \"territory\" }")],
            "{ rule = \"territory\" }",
            "this rule does not say which territory; write { rule = \"territory\", territory = \"NAME\" }",
        ),
        (
            &[(sdr, "{ rule = \"sdr\", territory = \"west\" }")],
            "{ rule = \"sdr\", territory",
            "only the rule \"territory\" looks into a territory; leave territory = … out",
        ),
        (
            &[(sdr, "{ rule = \"sdr\", pool = \"west\" }")],
            "{ rule = \"sdr\", pool",
            "only \"round_robin\" and \"least_loaded\" give out a pool's work; leave pool = … out",
        ),
        (
            &[(sdr, "{ rule = \"sdr\", roles = [\"AE\"] }")],
            "{ rule = \"sdr\", roles",
            "only \"opportunity_team\" asks for roles; leave roles = … out",
        ),
        (
            &[(END, "\n[territory]\nnone = []\n")],
            "none = []",
            "this territory has no row, so nobody would have it; give it a row, as in [{ state = \"NY\", rep = \"NAME\" }]",
        ),
    ]);
    // More rows than anybody looks through.
    let long: &'static str = Box::leak(format!("rep\n{}", "ben\n".repeat(20_001)).into_boxed_str());
    let files = move |_: &str| Ok(long.to_owned());
    let told: Vec<String> = read_all("playbook.toml", EXAMPLE, &files).mistakes.iter().map(first).collect();
    assert_eq!(told, ["territories.csv:20002:1: a territory has at most 20000 rows"]);
}

#[test]
fn mistakes_about_hours_and_shifts_say_where_and_what_to_write() {
    let half_days = "reps = [\"omar\", \"ines\", \"ben\"]";
    let weekends = "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }";
    let monday = "monday = [\"08:00-12:30\", \"13:00-19:00\"]";
    let apart = "let one end before the other begins, or write the two as one";
    each_is_told(&[
        (&[("2026-07-03 = []", "third = []")], "third = []", "not a day: write it 2026-12-25"),
        (
            &[(monday, "monday = [\"08:00-12:30\", \"12:00-19:00\"]")],
            "monday = [\"08:00-12:30\", \"12:00",
            &format!("this calendar cannot be used: Monday: the window 12:00-19:00 overlaps 08:00-12:30; {apart}"),
        ),
        (
            &[(
                "[calendar.west]\nzone = \"America/Los_Angeles\"\n",
                "[calendar.shut]\nzone = \"Asia/Tokyo\"\n[calendar.west]\nzone = \"America/Los_Angeles\"\n",
            )],
            "zone = \"Asia/Tokyo\"",
            "this calendar cannot be used: no weekday has opening hours, so no clock would ever run; give a day its hours, as in \
             monday = [\"09:00-17:00\"]",
        ),
        (
            &[(weekends, "only = { hours = [\"09:00-12:00\", \"11:00-13:00\"] }")],
            "only = { hours",
            &format!("these hours cannot be used: Monday: the window 11:00-13:00 overlaps 09:00-12:00; {apart}"),
        ),
        (
            &[("times = [\"20:00-06:00\"], calendar", "times = [\"20:00-06:00\", \"05:00-07:00\"], calendar")],
            "times = [\"20:00-06:00\", \"05",
            &format!("these quiet times cannot be used: Monday: the window 05:00-07:00 overlaps 20:00-06:00; {apart}"),
        ),
        (
            &[(weekends, "only = { days = [] }")],
            "only = { days = [] }",
            "this layer would never have anybody; leave out days or hours that are not restricted",
        ),
        (
            &[("holidays = [2026-11-26, 2026-12-25]\n", "")],
            "holidays = \"only\"",
            "this layer is for holidays, but the schedule lists none; write them above its layers, as holidays = [2026-12-25]",
        ),
        (
            &[(half_days, "reps = [\"nobody\"]")],
            "reps = [\"nobody\"]",
            "this layer has nobody in it, so it would never be asked; name who takes turns, or leave the layer out",
        ),
        (
            &[(half_days, "reps = [\"omar\", \"zoe\"]")],
            "reps = [\"omar\", \"zoe\"]",
            "\"zoe\" left: this turn would have nobody; name somebody else, or write \"nobody\" for an empty turn",
        ),
        (
            &[(END, "\n[rep.nobody]\nname = \"No Body\"\nteam = \"west\"\n")],
            "reps = [\"kai\", \"nobody\"]",
            "\"nobody\" means an empty turn here, but it is also a rep's short name; give [rep.nobody] another short name",
        ),
    ]);
    let told = changed(&[("[schedule.half_days]\n", "[schedule.half_days]\nteam = \"east\"\n")]);
    let line = told.lines().position(|line| line == "[schedule.half_days]").expect("a schedule") + 2;
    assert_eq!(
        mistakes(&told),
        [format!(
            "playbook.toml:{line}:8: who is on call for the team \"east\" is said by [schedule.east] already; leave the team out of \
             one of the two"
        )]
    );
}

#[test]
fn mistakes_about_alerts_and_reports_say_where_and_what_to_write() {
    each_is_told(&[
        (
            &[(END, "\n[channel.second]\nkind = \"sms\"\nfrom = \"+16465550900\" # second\n")],
            "# second",
            "[channel.page] pages from +16465550900 already; leave one of the two out, or give it another number",
        ),
        (
            &[("from = \"alerts@northwind.example\"", "from = \"alerts\"")],
            "from = \"alerts\"",
            "not a mail address: write it alerts@example.com",
        ),
        (
            &[("[\"20:00-06:00\"], calendar", "[\"20:00-06:00\"], zone = \"America/New_York\", calendar")],
            "[\"20:00-06:00\"], zone",
            "a zone and a calendar: one of the two says enough",
        ),
        (
            &[("label = \"renewal\"\n", "label = \"renewal\"\nwebhook = \"ops\" # ours\n")],
            "# ours",
            "Sales handles this use case: its replies go to reps, not to a webhook; write sales = false, or leave the webhook out",
        ),
        (
            &[("since = \"90d\"", "since = \"36h\"")],
            "since = \"36h\"",
            "a report is about whole days: write it 7d or 30d, ten years at most",
        ),
        (
            &[("[\"20:00-06:00\"], calendar", "[\"00:00-24:00\"], calendar")],
            "[\"00:00-24:00\"], calendar",
            "it would always be quiet: nothing would ever be told; write the hours of the night alone, or by = [] for no alerts",
        ),
        (
            &[("by = [\"ops\", \"chat\"]", "by = [\"page\"]")],
            "by = [\"page\"]",
            "operations need a webhook or slack channel: nobody's own phone; name a channel of kind webhook or slack",
        ),
        (
            &[("redact = \"names\"", "secret = \"env:X\"")],
            "secret = \"env:X\"",
            "a channel of this kind has no secret; leave secret out, or write another kind",
        ),
        (
            &[("to = [\"nina\", \"lea\"]", "to = []")],
            "to = []",
            "nobody would get this report; name somebody in to, or leave the report out",
        ),
    ]);
}

/// A team that has a lead and nobody else.
const CARE: &str = "\n[team.care]\nlabel = \"Care\"\nlead = \"gail\"\n";

#[test]
fn what_reads_well_and_finds_nobody_is_told_where_it_stands() {
    let on_call = "[team.west.on_call]\nreps = [\"kai\", \"wren\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 7\nzone = \
                   \"America/Los_Angeles\"\n";
    let west = "    { rule = \"territory\", territory = \"west\", skip = [\"away\"] },\n";
    for (changes, weight, at, wanted) in [
        (
            &[(on_call, "")][..],
            "risky",
            "[team.west]",
            "nobody is ever on call for West: that step is skipped; give it [team.west.on_call] or a schedule",
        ),
        (
            &[(west, "")],
            "risky",
            "[territory.west]",
            "no rule asks the territory \"west\"; add { rule = \"territory\", territory = … } to ownership, or leave it out",
        ),
        (
            &[("pool = \"east\", stages = [\"Discovery\"]", "pool = \"care\", stages = [\"Discovery\"]"), (END, CARE)],
            "wrong",
            "pool = \"care\", stages",
            "the pool of \"care\" has nobody to take a turn; write team = \"care\" for whoever answers there",
        ),
        (
            &[(END, CARE)],
            "risky",
            "[team.care]",
            "the pool of Care has nobody but its lead; write team = \"care\" for whoever answers there",
        ),
        (
            &[("[[ladder.renewal]]\nteam = \"west\"", "[[ladder.renewal]] # care\nteam = \"care\""), (END, CARE)],
            "wrong",
            "# care",
            "step 6 of the ladder \"renewal\" asks nobody: the pool of \"care\" has nobody; ask somebody else, or leave the step out",
        ),
        (
            &[
                ("title = \"AE\"\nteam = \"east\"\nactive", "title = \"Closer\"\nteam = \"east\"\nactive"),
                ("[[ladder.renewal]]\nrole = \"AE\"", "[[ladder.renewal]] # closer\nrole = \"Closer\""),
            ],
            "wrong",
            "# closer",
            "step 2 of the ladder \"renewal\" asks nobody: nobody in any team is Closer; ask somebody else, or leave the step out",
        ),
        (
            &[("close = \"21:00\"", "close = \"22:00\"")],
            "risky",
            "[compliance]",
            "08:00 to 22:00 is wider than the law of the United States: there texts wait from 21:00 to 08:00 all the same; a \
             playbook can narrow the hours, not widen them",
        ),
        (
            &[("number = \"+14155550100\"", "number = \"+15550100100\"")],
            "risky",
            "[line.west]",
            "+15550100100 of the line \"west\" only stands for a number: there is no area code 555; write the one that buyers text",
        ),
        (
            &[
                ("schedule = \"east\"\nwait", "person = \"omar\"\nwait"),
                ("who = \"on_call\"\nwait", "person = \"omar\"\nwait"),
            ],
            "risky",
            "[schedule.east]",
            "nobody ever asks who is on call by \"East on call\": it is who is on call for the team \"east\", and no ladder has a \
             step \"on_call\"; write a step with who = \"on_call\" or schedule = \"east\", or leave it out",
        ),
    ] {
        let source = changed(changes);
        let told = found(&source);
        is_told(&told, &source, &format!("{weight}: "), at, wanted);
    }
    let late = found(&changed(&[("open = \"08:00\"", "open = \"18:00\"")]));
    let wanted = "18:00 to 21:00 has no minute in common with ";
    let is = |told: &String| {
        told.contains(wanted) && told.ends_with("no text leaves for there; open earlier or close later")
    };
    assert!(late.iter().any(is), "{late:#?}");
}

#[test]
fn mistakes_in_what_campaigns_and_words_mean_say_where_and_what_to_write() {
    let event = "label = \"event follow-up\"";
    let regulated = |rules: &str| format!("{event}\n[use_case.event.regulated]\n{rules} # regulated");
    let long = "x".repeat(1590);
    for (from, to, at, wanted) in [
        (
            "campaigns = [\"meet-*\"]",
            "campaigns = [\"*-meet\"]".to_owned(),
            "*-meet",
            "a * may stand only at the end: \"spring-*\" is all that begin so",
        ),
        (
            "keywords = [\"demo\", ",
            "keywords = [\"Cancel\", ".to_owned(),
            "\"Cancel\"",
            "\"Cancel\" alone is a word of consent: it never means a use case",
        ),
        (
            "lines = [\"main\"]",
            "lines = [\"main\", \"meetings\"]".to_owned(),
            "\"meetings\"]",
            "the line \"meetings\" is for \"meeting\" already: it can be for one use case only",
        ),
        (
            "lines = [\"main\"]\n",
            String::new(),
            "number = \"+16465550100\"",
            "nothing says what the line \"main\" is for; write use_case = \"…\" here, or name the line in a use case's lines",
        ),
        (
            "sales = false\nqueue",
            "queue".to_owned(),
            "queue = \"support\"",
            "queue names the team for what Sales does not handle, and Sales handles this; write sales = false, or leave the queue \
             out",
        ),
        (
            "text = \"Thank you for",
            "text = \"{rep.name}: thank you for".to_owned(),
            "{rep.name}: thank",
            "nobody fills {rep.name} here: buyers would read it as it stands",
        ),
        (
            event,
            regulated("snippets = []"),
            "# regulated",
            "without an approved snippet nobody could answer: name at least one",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclose = \"always\""),
            "# regulated",
            "there is no disclosure to stand under anything: write its words",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclosure = \" \""),
            "# regulated",
            "the disclosure says nothing: write its words, or leave it out",
        ),
        (
            event,
            regulated("snippets = [\"call\"]\ndisclosure = \"{company}\""),
            "# regulated",
            "a disclosure is the same for everybody: it has no field {company}",
        ),
        (
            event,
            regulated(&format!("disclosure = \"{long}\"\nsnippets = [\"call\"]")),
            "# regulated",
            "with the disclosure under it it is longer than the 1600 characters of a text",
        ),
        (
            "segment = \"0.0083\"",
            "segment = \"0,83\"".to_owned(),
            "0,83",
            "not a price: write \"0.0083\", with at most six digits after the point",
        ),
    ] {
        let source = changed(&[(from, &to)]);
        is_told(&mistakes(&source), &source, "", at, wanted);
    }
}
