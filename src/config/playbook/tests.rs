use super::*;
use crate::domain::id::ScheduleId;
use crate::domain::oncall::{self, Length};
use crate::domain::time::{Span, Timestamp};

const EXAMPLE: &str = include_str!("../../../assets/playbook.toml");

#[test]
fn the_example_reads() {
    let playbook = read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(playbook.undo_hold, Span::seconds(8));
    assert_eq!(playbook.pools_of(&"maya".into()), [TeamId::new("east")].into());
    assert!(!playbook.is_active(&"zoe".into()));
    assert_eq!(playbook.cohort("late_stage").map(|c| c.first_response.due), Some(Span::minutes(5)));
    assert_eq!(playbook.calendars["office"].week[0].len(), 2);
}

#[test]
fn who_leads_a_team_is_a_lead_and_an_admin_may_lead() {
    let read = |role: &str| {
        let source = EXAMPLE.replacen("role = \"lead\"\n", role, 1);
        assert_ne!(source, EXAMPLE);
        read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}")).reps[&"lea".into()].role
    };
    assert_eq!((read(""), read("role = \"admin\"\n")), (Role::Lead, Role::Admin));
}

#[test]
fn a_role_that_says_otherwise_than_the_teams_is_refused_in_its_place() {
    let of_ben = "name = \"Ben Carver\"\ntitle = \"AE\"\n";
    for (from, to, at, says, remedy) in [
        (
            of_ben,
            "name = \"Ben Carver\"\nrole = \"lead\"\n",
            "role = \"lead\"",
            "\"ben\" has the role of a lead, but leads no team",
            "write lead = \"ben\" under [team.east], or leave the role out",
        ),
        (
            "role = \"lead\"",
            "role = \"rep\"",
            "role = \"rep\"",
            "\"lea\" has the role of a rep, but leads the team \"east\"",
            "write role = \"lead\", or let somebody else be the lead of [team.east]",
        ),
        (
            of_ben,
            "name = \"Ben Carver\"\nrole = \"auditor\"\n",
            "role = \"auditor\"",
            "an auditor answers nobody and stands in no team",
            "write [auditor.ben] with the name alone, and leave [rep.ben] out",
        ),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let line = source.lines().position(|l| l == at).map_or(0, |n| n + 1);
        let told = read("playbook.toml", &source).expect_err(to).to_string();
        let first = told.lines().next().unwrap_or_default();
        assert_eq!(first, format!("playbook.toml:{line}:8: {says}; {remedy}"));
    }
}

#[test]
fn mistakes_name_place_and_remedy() {
    for (from, to, wanted) in [
        ("backup = \"ben\"", "backup = \"bne\"", "there is no rep \"bne\"; did you mean \"ben\"?"),
        ("undo_hold = \"8s\"", "undo_hold = \"8 seconds\"", "write it 30s, 5m, 2h or 1d"),
        ("budget = \"300ms\"", "budget = \"11s\"", "write it 300ms or 1s"),
        ("budget = \"300ms\"", "budget = \"soon\"", "a reply waits for the CRM from 0s to 10s"),
        ("fresh = \"10m\"", "fresh = \"30s\"", "a card stays fresh for 1m to 30d"),
        ("reroute = \"unowned\"", "reroute = \"always\"", "untaken"),
        ("undo_hold = \"8s\"", "undo_hodl = \"8s\"", "did you mean \"undo_hold\"?"),
        ("ladder = \"fast\"", "ladder = \"fats\"", "there is no ladder \"fats\"; did you mean \"fast\"?"),
        ("who = \"backup\"", "who = \"bakcup\"", "did you mean \"backup\"?"),
        ("monday = [\"08:00-12:30\", ", "monday = [\"12:30-08:00x\", ", "write it 09:00-17:00"),
        ("warn = \"3m\", due = \"5m\"", "warn = \"30m\", due = \"5m\"", "must not come after the due time"),
        ("2026-07-03 = []", "2026-17-03 = []", "not a day"),
        ("number = \"+16465550200\"", "number = \"+16465550100\"", "another line has this number"),
        ("lead = \"lea\"", "lead = \"zoe\"", "the lead left"),
        (
            "[auditor.nina]\nname = \"Nina Adler\"",
            "[auditor.maya]\nname = \"Nina Adler\"",
            "\"maya\" is a rep: somebody who answers buyers does not audit",
        ),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted), "{to}: {mistake}");
        let line = source
            .lines()
            .collect::<Vec<_>>()
            .iter()
            .rposition(|l| l.contains(to.lines().last().unwrap_or_default()))
            .map_or(0, |n| n + 1);
        assert!(mistake.starts_with(&format!("playbook.toml:{line}:")), "{to}: {mistake}");
    }
}

fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

#[test]
fn the_examples_schedule_has_layers_hours_and_holidays() {
    let playbook = read("playbook.toml", EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
    let schedule = &playbook.schedules[&ScheduleId::new("east")];
    assert_eq!(oncall::of_team(&playbook, &"east".into()).map(|plan| plan.layers), Some(schedule.layers.as_slice()));
    assert_eq!(oncall::of_team(&playbook, &"south".into()), None);
    for (when, who) in [
        ("2026-01-04T12:00:00-05:00", Some("ben")),
        ("2026-01-04T08:59:00-05:00", None),
        ("2026-01-05T09:00:00-05:00", Some("omar")),
        // A Saturday: the weekend's layer in its hours, the one below it after them.
        ("2026-01-10T08:59:59-05:00", Some("omar")),
        ("2026-01-10T09:00:00-05:00", Some("maya")),
        ("2026-01-10T21:00:00-05:00", Some("omar")),
        ("2026-01-12T09:00:00-05:00", Some("ines")),
        // Thanksgiving is one layer's only day and nobody's in the others.
        ("2026-11-26T00:00:00-05:00", Some("lea")),
        ("2026-11-26T23:59:59-05:00", Some("lea")),
    ] {
        assert_eq!(schedule.with(&[]).at(at(when)).rep.map(RepId::as_str), who, "{when}");
    }
    let year = schedule.with(&[]).gaps(at("2026-01-05T14:00:00Z"), at("2027-01-05T14:00:00Z"));
    assert_eq!(year, []);
}

#[test]
fn a_schedule_is_read_as_it_is_written() {
    let read = |from: &str, to: &str| {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let playbook = read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
        playbook.schedules[&ScheduleId::new("east")].clone()
    };
    let last = |s: &crate::domain::oncall::Schedule| s.layers.last().cloned().unwrap();
    let made = read("every = \"7d\"", "every = \"12h\"");
    assert_eq!(made.layers[0].length, Length::Hours(12));
    let made = read(
        "reps = [\"ben\", \"maya\", \"omar\"]",
        "reps = [\"ben\", \"nobody\", \"maya\"]\nzone = \"Europe/London\"",
    );
    assert_eq!(made.layers[1].reps, [Some("ben".into()), None, Some("maya".into())]);
    assert_eq!((made.layers[1].zone, made.zone), (chrono_tz::Europe::London, chrono_tz::America::New_York));
    assert_eq!(made.layers[1].only.as_ref().map(|c| c.zone), Some(chrono_tz::Europe::London));
    assert_eq!(last(&read("holidays = \"only\"", "holidays = \"usual\"")).only, None);
    let off = last(&read("holidays = \"only\"", "holidays = \"off\"")).only.unwrap();
    assert!(off.holidays.values().all(Vec::is_empty) && off.holidays.len() == 2 && off.week[0].len() == 1);
    // The short form is a schedule of one layer.
    let short = "\n[team.east.on_call]\nreps = [\"omar\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 1\n\
                 zone = \"UTC\"\n\n[rep.maya]";
    let source = EXAMPLE.replacen("[rep.maya]", short, 1).replacen("team = \"east\"\nzone", "zone", 1);
    let source = source.replace("schedule.east", "schedule.old").replace("schedule = \"east\"", "schedule = \"old\"");
    let playbook = super::read("playbook.toml", &source).unwrap_or_else(|e| panic!("{e}"));
    let layers = oncall::of_team(&playbook, &"east".into()).unwrap().layers;
    assert_eq!((layers.len(), layers[0].length, &layers[0].only), (1, Length::Days(1), &None));
}

#[test]
fn mistakes_in_a_schedule_name_place_and_remedy() {
    let only = "only = { days = [\"saturday\", \"sunday\"], hours = [\"09:00-21:00\"] }";
    for (from, to, wanted) in [
        ("reps = [\"ben\", \"maya\", \"omar\"]", "reps = [\"ben\", \"mya\"]", "no rep \"mya\"; did you mean \"maya\"?"),
        (
            "reps = [\"ben\", \"maya\", \"omar\"]",
            "reps = [\"ben\", \"zoe\"]",
            "\"zoe\" left: this turn would have nobody",
        ),
        ("reps = [\"ben\", \"maya\", \"omar\"]", "reps = [\"nobody\"]", "this layer has nobody in it"),
        ("reps = [\"ben\", \"maya\", \"omar\"]", "reps = []", "this layer has nobody in it"),
        ("every = \"7d\"", "every = \"1w\"", "not a turn's length: write it 1d, 7d or 12h"),
        ("every = \"1d\"\nholidays", "evry = \"1d\"\nholidays", "unknown key \"evry\"; did you mean \"every\"?"),
        ("since = 2026-01-03", "since = 09:00:00", "not a day: write it 2026-01-05"),
        ("holidays = [2026-11-26", "holidays = [2026-11-26T09:00:00", "not a day"),
        ("holidays = \"only\"", "holidays = \"onyl\"", "did you mean \"only\"?"),
        (only, "only = { days = [\"satruday\"] }", "did you mean \"saturday\"?"),
        (only, "only = { day = [\"saturday\"] }", "unknown key \"day\"; did you mean \"days\"?"),
        (only, "only = { hours = [\"9-21\"] }", "not opening hours: write it 09:00-17:00"),
        (only, "only = { days = [] }", "never have anybody; leave out days or hours that are not restricted"),
        (only, "only = { hours = [] }", "never have anybody"),
        (only, "only = { hours = [\"09:00-12:00\", \"11:00-13:00\"] }", "overlaps 09:00-12:00"),
        (
            "holidays = [2026-11-26, 2026-12-25]",
            "holidays = []",
            "the schedule lists none; write them above its layers",
        ),
        ("team = \"east\"\nzone", "team = \"eats\"\nzone", "there is no team \"eats\"; did you mean \"east\"?"),
        ("zone = \"America/New_York\"\n# On these", "zone = \"New York\"\n# On these", "New York"),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let mistake = read("playbook.toml", &source).expect_err(to).to_string();
        assert!(mistake.contains(wanted), "{to}: {mistake}");
        assert!(mistake.starts_with("playbook.toml:"), "{mistake}");
        // The line shown is the one that is wrong; a list that is empty is told where it is missed.
        let place = if to == "holidays = []" { "holidays = \"only\"" } else { to.lines().next().unwrap() };
        assert!(mistake.contains(place), "{to}: {mistake}");
    }
}

#[test]
fn who_is_on_call_for_a_team_is_said_once() {
    let second = "[schedule.east_too]\nlabel = \"x\"\nteam = \"east\"\nzone = \"UTC\"\n[[schedule.east_too.layer]]\n\
                  reps = [\"lea\"]\nsince = 2026-01-01\nhand_off = \"09:00\"\nevery = \"1d\"\n";
    let told = read("p.toml", &format!("{EXAMPLE}\n{second}")).unwrap_err().to_string();
    let line = EXAMPLE.lines().count() + 4;
    let wanted =
        format!("p.toml:{line}:8: who is on call for the team \"east\" is said by [schedule.east] already; leave");
    assert!(told.starts_with(&wanted), "{told}");
    let short = "[team.east.on_call]\nreps = [\"omar\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 7\n\
                 zone = \"UTC\"\n\n[rep.maya]";
    let told = read("p.toml", &EXAMPLE.replacen("[rep.maya]", short, 1)).unwrap_err().to_string();
    assert!(told.contains("is said under [team.east.on_call] already; leave one of the two out"), "{told}");
    let none = format!("{EXAMPLE}\n[schedule.empty]\nlabel = \"x\"\nzone = \"UTC\"\nlayer = []\n");
    let told = read("p.toml", &none).unwrap_err().to_string();
    assert!(
        told.contains("has no layer, so nobody would ever be on call; write one as [[schedule.empty.layer]]"),
        "{told}"
    );
}

/// Every mistake in the rules about owners, territories, ladders and presence, with the words it is told in.
#[test]
fn each_new_key_tells_its_mistakes_where_they_stand() {
    let example = include_str!("../../../assets/playbook.toml");
    for (from, to, wanted) in [
        ("    \"opportunity\",\n", "    \"oportunity\",\n", "oportunity"),
        (
            "rule = \"sdr\", skip = [\"hours\"]",
            "rule = \"sdr\", pool = \"east\"",
            "only \"round_robin\" and \"least_loaded\"",
        ),
        (
            "rule = \"sdr\", skip = [\"hours\"]",
            "rule = \"sdr\", roles = [\"AE\"]",
            "only \"opportunity_team\" asks for roles",
        ),
        ("rule = \"sdr\", skip = [\"hours\"]", "rule = \"sdr\", skip = [\"hurs\"]", "hurs"),
        ("territory = \"east\", skip", "territory = \"eas\", skip", "there is no territory \"eas\""),
        ("territory = \"east\", skip", "skip", "say which territory"),
        ("area_code = \"212\"", "area_code = \"21\"", "an area code is three digits"),
        ("state = \"NY\"\nrep = \"ben\"", "state = \"NY\"\nrep = \"bne\"", "there is no rep \"bne\""),
        ("weight = 2", "weight = 0", "a weight of 0 gives them nothing"),
        ("capacity = 40", "capacity = 0", "a capacity of 0"),
        ("weight = 2", "hours = \"ofice\"", "there is no calendar \"ofice\""),
        ("who = \"lead\"\nwait = \"10m\"", "who = \"lead\"", "the ladder repeats, so its last step needs a wait"),
        ("schedule = \"east\"\nwait", "schedule = \"south\"\nwait", "there is no schedule \"south\""),
        ("schedule = \"east\"\nwait", "role = \"SEE\"\nwait", "there is no title \"SEE\""),
        ("schedule = \"east\"\nwait", "who = \"pool\"\nperson = \"ben\"\nwait", "asks in two ways"),
        ("schedule = \"east\"\nwait", "wait", "this step asks nobody"),
        ("repeat = 1\nstop = \"answered\"", "repeat = 1\nstop = \"never\"", "never"),
        ("wait = \"10m\"\nclock = \"wall\"", "wait = \"10m\"\nclock = \"fast\"", "fast"),
        ("unseen = \"24h\"", "unseen = \"1m\"", "say 5m or more"),
        ("team = \"east\"\nuse_case", "team = \"east\"\nrate = \"fast\"\nuse_case", "write it 1/s, 240/m or 3000/h"),
        ("team = \"east\"\nuse_case", "team = \"east\"\nper_day = 0\nuse_case", "per_day of 0 lets nothing leave"),
        (
            "team = \"east\"\nuse_case",
            "team = \"east\"\nclass = \"low\"\nuse_case",
            "there is no campaign class \"low\"",
        ),
    ] {
        assert!(example.contains(from), "the example has no {from:?}");
        let source = example.replacen(from, to, 1);
        let told = super::read("playbook.toml", &source).expect_err(to).to_string();
        assert!(told.contains(wanted), "{to:?} is told as: {told}");
        let at: Vec<&str> = told.split(':').take(3).collect();
        assert!(at[0] == "playbook.toml" && at[1].parse::<usize>().is_ok_and(|line| line > 1), "{told}");
    }
}

/// Every mistake in snippets, regulated use cases and prices, with the words it is told in.
#[test]
fn mistakes_in_what_may_be_written_name_place_and_remedy() {
    let ask = "{day} at {time}? {rep.first_name}\"\nask = [\"day\", \"time\"]";
    let event = "label = \"event follow-up\"";
    let with = |rules: &str| format!("{event}\n[use_case.event.regulated]\n{rules}");
    let cases = [
        (
            "{meeting_link}. {rep",
            "{meting_link}. {rep".to_owned(),
            "there is no field \"meting_link\"; did you mean \"meeting_link\"?",
        ),
        (
            "{meeting_link}. {rep",
            "{budget}. {rep".to_owned(),
            "there is no field \"budget\"; name it in ask = [\"budget\"] when the rep fills it",
        ),
        ("{meeting_link}. {rep", "{meeting link}. {rep".to_owned(), "a { that belongs to no field"),
        ("{meeting_link}. {rep", "}. {rep".to_owned(), "a } that belongs to no field"),
        (ask, ask.replace("\"time\"", "\"tmie\""), "the text has no field {tmie}"),
        (ask, ask.replace("\"time\"", "\"rep.first_name\""), "the record fills \"rep.first_name\" itself"),
        (ask, ask.replace("\"time\"", "\"the time\""), "not a field"),
        (
            "use_cases = [\"meeting\", \"new_lead\"]",
            "use_cases = [\"metting\"]".to_owned(),
            "there is no use_case \"metting\"; did you mean \"meeting\"?",
        ),
        (
            "use_cases = [\"meeting\", \"new_lead\"]",
            "teams = [\"eats\"]".to_owned(),
            "there is no team \"eats\"; did you mean \"east\"?",
        ),
        (
            "text = \"Hi {contact.first_name}, shall I",
            format!("text = \"{} shall I", "x".repeat(1600)),
            "not a text: write 1 to 1600 characters",
        ),
        (
            "text = \"Hi {contact.first_name}, shall I",
            format!("text = \"{} shall I", "{rep.name}".repeat(13)),
            "at most 12 fields",
        ),
        (event, with("snippets = []"), "nobody could answer: name at least one"),
        (event, with("snippets = [\"cal\"]"), "there is no snippet \"cal\"; did you mean \"call\"?"),
        (
            event,
            with("snippets = [\"book\"]"),
            "the snippet \"book\" is not offered in this use case; add \"event\" to its use_cases",
        ),
        (event, with("snippets = [\"call\"]\ndisclose = \"always\""), "there is no disclosure"),
        (event, with("snippets = [\"call\"]\ndisclose = \"allways\"\ndisclosure = \"x\""), "did you mean \"always\"?"),
        (event, with("snippets = [\"call\"]\ndisclosure = \" \""), "the disclosure says nothing"),
        (event, with("snippets = [\"call\"]\ndisclosure = \"Ask {rep.name}.\""), "it has no field {rep.name}"),
        (
            event,
            with(&format!("snippets = [\"call\"]\ndisclosure = \"{}\"", "x".repeat(1590))),
            "longer than the 1600 characters",
        ),
        (
            event,
            format!("{event}\nacknowledgement = \"Hi {{contact.first_name}}\""),
            "nobody fills {contact.first_name} here",
        ),
        ("segment = \"0.0083\"", "segment = \"0,83\"".to_owned(), "not a price: write \"0.0083\""),
        ("currency = \"USD\"", "currency = \"Usd\"".to_owned(), "not a currency: write its three letters"),
        ("task = \"Ask whether", "task = \" \"# ".to_owned(), "a task is one line of 1 to 200 characters"),
        ("outcome = \"nurture\"", "outcome = \"nurtur\"".to_owned(), "did you mean \"nurture\"?"),
        ("meeting_link = \"https://", "meeting_link = \"http://".to_owned(), "not an address: write https://"),
    ];
    for (from, to, wanted) in cases {
        let source = EXAMPLE.replacen(from, &to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        let told = read("playbook.toml", &source).expect_err(&to).to_string();
        assert!(told.contains(wanted), "{to}: {told}");
        let at: Vec<&str> = told.split(':').take(3).collect();
        assert!(at[0] == "playbook.toml" && at[1].parse::<usize>().is_ok_and(|line| line > 1), "{told}");
    }
    // The very field is marked, not the whole text.
    let source = EXAMPLE.replacen("{meeting_link}. {rep", "{meting_link}. {rep", 1);
    let told = read("playbook.toml", &source).expect_err("a misspelt field").to_string();
    assert!(told.ends_with(&"^".repeat("{meting_link}".len())), "{told}");
}

#[test]
fn a_territory_may_stand_in_a_file_of_its_own() {
    let example = include_str!("../../../assets/playbook.toml");
    let rows = example.find("[[territory.east]]").expect("rows")..example.find("# --- Respond").expect("a heading");
    let source =
        format!("{}[territory]\neast = {{ file = \"t.csv\" }}\n\n{}", &example[..rows.start], &example[rows.end..]);
    let with = |csv: &'static str| {
        let files = move |name: &str| if name == "t.csv" { Ok(csv.to_owned()) } else { super::example::beside(name) };
        super::read_with("playbook.toml", &source, &files)
    };
    let read = with("rep, segment,area_code\nmaya,enterprise,\nben,,212\n").expect("reads");
    let rows = &read.territories["east"].rows;
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].rep.as_str(), rows[0].segment.as_deref(), rows[0].country.as_deref()),
        ("maya", Some("enterprise"), None)
    );
    assert_eq!(rows[1].area_code.as_deref(), Some("212"));
    for (csv, wanted) in [
        ("rep,region\nmaya,x\n", "t.csv:1:5: there is no column \"region\""),
        ("country\nUS\n", "t.csv:1:1: there is no column \"rep\""),
        ("rep,area_code\nmaya,212\nnobody,\n", "t.csv:3:1: there is no rep \"nobody\""),
        ("rep,area_code\nmaya,2122\n", "t.csv:2:6: an area code is three digits"),
        ("rep,area_code\nmaya\n", "t.csv:2:5: this row has 1 column(s)"),
        ("rep\n", "this territory has no row"),
    ] {
        let told = with(csv).expect_err(csv).to_string();
        assert!(told.contains(wanted), "{csv:?} is told as: {told}");
    }
    let alone = super::read("playbook.toml", &source).expect_err("no files").to_string();
    assert!(alone.contains("t.csv: this playbook stands alone"), "{alone}");
}
