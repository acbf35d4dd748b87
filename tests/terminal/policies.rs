//! A first playbook, and versions that are tried, that wait for their day, and that take somebody's place.

use super::program::keep;
use super::setup::{LINE, Town};

/// The example's rules without its expectations, a little faster.
fn faster() -> String {
    let source = include_str!("../../assets/playbook.toml");
    let (rules, _) = source.split_once("# --- What you expect.").expect("its expectations stand last");
    rules
        .replacen("warn = \"3m\", due = \"5m\"", "warn = \"2m\", due = \"4m\"", 1)
        .replacen("warn = \"5m\", due = \"8m\"", "warn = \"5m\", due = \"7m\"", 1)
        .replacen("warn = \"8m\", due = \"12m\"", "warn = \"8m\", due = \"11m\"", 1)
}

#[test]
fn a_first_playbook_comes_from_a_few_answers_and_the_crm_and_never_replaces_a_file() {
    let town = Town::start();
    let home = town.machine.home();
    let path = |name: &str| home.join(name).display().to_string();
    let (first, token) = (path("first.toml"), path("token"));
    keep(token.as_ref(), town.carrier("crm_token"));
    let init = ["playbook", "init", "--crm", town.carrier("crm_url"), "--crm-token-file", &token, "--out", &first];
    let answers =
        ["--yes", "--company", "Harbor & Pine", "--zone", "America/New_York", "--number", LINE, "--lead", "maya"];
    let all = [&init[..], &answers].concat();
    let said = town.machine.does(&all, "");
    assert!(said.contains("nothing wrong in it") && said.contains("comeback playbook check"), "{said}");
    let source = std::fs::read_to_string(&first).expect("it is there");
    for words in
        ["company = \"Harbor & Pine\"", "[rep.ben]", "[rep.ines]", "lead = \"maya\"", "number = \"+16465550100\""]
    {
        assert!(source.contains(words), "no {words}: {source}");
    }
    assert!(town.machine.does(&["playbook", "check", &first], "").contains("1 expectation"), "it passes its own check");
    let again = town.machine.run(&all, "");
    assert!(!again.ok && again.err.contains("is there already. Nothing was written"), "{}", again.err);
    town.machine.does(&[&all[..], &["--force"]].concat(), "");

    // From a folder, with answers from a person: company, team, zone asked again, hours, number, lead, due.
    let contacts = town.machine.get(&format!("{}/contacts", town.carrier("crm_url")), town.carrier("crm_token"));
    std::fs::write(home.join("contacts.json"), contacts.to_string()).expect("a file");
    let (folder, second) = (home.display().to_string(), path("second.toml"));
    let asked = ["playbook", "init", "--crm", &folder, "--out", &second];
    let told =
        town.machine.run(&asked, "Acme\nInside Sales\nBerlin\nEurope/Berlin\n08:00-12:00,13:00-18:00\n\nben\n30m\n");
    assert!(told.ok, "{}{}", told.out, told.err);
    assert!(told.err.contains("opening hours of a working day [09:00-17:00]:"), "{}", told.err);
    assert!(told.err.contains("\"Berlin\" is no zone: write it America/New_York"), "{}", told.err);
    let source = std::fs::read_to_string(&second).expect("it is there");
    for words in
        ["[team.inside_sales]", "zone = \"Europe/Berlin\"", "\"13:00-18:00\"", "lead = \"ben\"", "due = \"30m\""]
    {
        assert!(source.contains(words), "no {words}: {source}");
    }
    town.machine.does(&["playbook", "check", &second], "");
    let wrong = town.machine.run(&["playbook", "init", "--yes", "--out", &path("third.toml")], "");
    assert!(!wrong.ok && wrong.err.contains("nobody would answer; name a CRM"), "{}", wrong.err);
    // Who is asked is told what to type, and a number that stands for none is told to be one.
    let fourth = path("fourth.toml");
    let told = town.machine.run(&["playbook", "init", "--out", &fourth], "Acme\n\n\n\n\n\nann, bob\nann\n\n");
    assert!(told.ok && told.err.contains("type at least one, as in maya, ben"), "{}{}", told.out, told.err);
    assert!(!told.err.contains("--crm"), "{}", told.err);
    for said in [told.out, town.machine.does(&["playbook", "check", &fourth], "")] {
        let words = "+15550100100 of the line \"main\" only stands for a number: there is no area code 555";
        assert!(said.contains("risky: ") && said.contains(words), "{said}");
    }
    let wrong = ["playbook", "init", "--yes", "--rep", "ann", "--hours", "9 to 5", "--out", &path("third.toml")];
    let wrong = town.machine.run(&wrong, "");
    assert!(
        !wrong.ok && wrong.err.contains("write opening hours as 09:00-17:00. Nothing was written"),
        "{}",
        wrong.err
    );
    assert!(!home.join("third.toml").exists());
    // Which editors read with this.
    assert!(town.machine.does(&["playbook", "schema"], "").contains("https://json-schema.org/draft/2020-12/schema"));
}

#[test]
fn a_version_is_tried_waits_is_taken_back_and_somebody_takes_another_ones_place() {
    let town = Town::open();
    let database = town.machine.database();
    let file = town.machine.writes_playbook("faster.toml", &faster());
    let playbook = |what: &str, more: &[&str]| {
        let all = [&["playbook", what, "--database", &database], more].concat();
        town.machine.run(&all, "")
    };
    let does = |what: &str, more: &[&str]| {
        let said = playbook(what, more);
        assert!(said.ok, "{what}: {}{}", said.out, said.err);
        said.out
    };
    let by = ["--by", "nina"];

    // Tried beside today's rules, in the running backend.
    let none = playbook("shadow", &[]);
    assert!(!none.ok && none.err.contains("apply --shadow FILE begins it"), "{}", none.err);
    let said = does("apply", &[&file, "--shadow", "--why", "a trial", by[0], by[1]]);
    assert!(said.contains("changes nothing"), "{said}");
    let (_, phone) = town.buyer_of("maya");
    let text = town.text(&phone, "What would fifty seats cost?");
    assert_eq!(town.answered(&text), 200);
    let said = does("shadow", &[]);
    assert!(said.contains("still does; nina: a trial") && said.contains("1 replies, 1 decided otherwise"), "{said}");
    assert!(said.contains("1 would be due sooner") && !said.contains(&phone), "{said}");
    assert!(does("history", &[]).contains("decides beside since"));
    let said = does("shadow", &["--stop"]);
    assert!(said.contains("no longer decides beside"), "{said}");
    assert!(does("show", &[]).contains("The first answer is due 5 minutes after the buyer's text"));

    // One that waits for its day.
    let late = playbook("apply", &[&file, "--effective", "2026-01-01"]);
    assert!(!late.ok && late.err.contains("has passed. Nothing was changed"), "{}", late.err);
    let said = does("apply", &[&file, "--effective", "2199-01-01", by[0], by[1]]);
    assert!(said.contains("comes into force on Tuesday 2199-01-01 00:00 EST"), "{said}");
    assert!(does("history", &[]).contains("waits until Tue 2199-01-01 00:00:00 EST  nina"));
    does("cancel", &[by[0], by[1], "--why", "too late"]);
    let said = does("history", &[]);
    let taken_back = "nina: too late; it waited until Tue 2199-01-01 00:00:00 EST  nina";
    assert!(said.contains("taken back before its day") && said.contains(taken_back), "{said}");
    assert!(!playbook("cancel", &by).ok, "nothing waits any more");

    // Decided again under it, changing nothing.
    let said = does("replay", &["--rules", &file, "--since", "1d"]);
    assert!(said.contains("1 replies since") && said.contains("stays as it was recorded"), "{said}");
    // Reply by reply, and the totals.
    let said = does("replay", &["--rules", &file, "--format", "csv"]);
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0][0], rows[0][5]), (2, "time", "would_get"), "{said}");
    assert_eq!(
        (rows[1].len(), rows[1][4], rows[1][5], rows[1][10]),
        (rows[0].len(), "maya", "maya", "false"),
        "{said}"
    );
    let said = does("replay", &["--rules", &file, "--format", "csv", "--summary"]);
    assert!(said.starts_with("what,of,to,recorded,would_be\nreplies,,,1,1\n"), "{said}");
    assert!(said.contains("load_replies,maya,,1,1\n") && said.contains("reaches_nobody,,,,0\n"), "{said}");
    let said = does("replay", &["--rules", &file, "--format", "json", "--each"]);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["replies"][0]["would"]["gets"]["rep"], "maya", "{said}");
    assert_eq!(report["replies"].as_array().map(Vec::len), Some(1));
    // Under the rules that decided them nothing differs by the rules.
    let said = does("replay", &["--rules", super::program::PLAYBOOK]);
    assert!(said.contains("0 would go to somebody else, 0 differ at all"), "{said}");
    let said = does("replay", &["--rules", &file, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&report["report"]["replies"], &report["report"]["moved"]), (&1.into(), &0.into()), "{said}");
    assert_eq!(does("history", &[]).lines().filter(|line| line.starts_with("version")).count(), 1);

    // In force, and running clocks with it.
    let said = does("apply", &[&file, "--recompute", by[0], by[1]]);
    assert!(said.contains("in force as version 2. Running clocks have the due times it gives them"), "{said}");
    let explained = town.machine.does(&["explain", "--database", &database, &text], "");
    assert!(explained.contains("from now on: cohort ") && explained.contains(", playbook version 2"), "{explained}");

    // Somebody leaves. First it is only told.
    let depart = ["rep", "depart", "--database", &database, "maya", "--to", "ben", "--by", "nina"];
    let said = town.machine.does(&depart, "");
    for words in [
        "1 open conversation(s) go to Ben Carver",
        "leaves the pool of East",
        "what the CRM gives to Maya Okafor goes to Ben Carver",
        "nothing was changed",
    ] {
        assert!(said.contains(words), "no {words}: {said}");
    }
    assert!(does("history", &[]).contains("version 2") && !does("history", &[]).contains("version 3"));
    let signed_in = town.rep("add", "maya");
    town.machine.does(&["login", &town.backend, "--token-stdin"], &signed_in);
    let said = town.machine.does(&[&depart[..], &["--yes"]].concat(), "");
    assert!(said.contains("done: version 3 is in force, 1 conversation(s) went to Ben Carver, 1 device(s)"), "{said}");
    let explained = town.machine.does(&["explain", "--database", &database, &text], "");
    assert!(explained.contains("in place of Maya Okafor, who left"), "{explained}");
    assert!(does("history", &[]).contains("nina: maya left, ben in their place"));
    // The person's file knows nothing of it, and is told so; what is in force is had as one.
    for words in ["your playbook's file does not say so yet", "playbook diff", "playbook show", "--toml"] {
        assert!(said.contains(words), "no {words}: {said}");
    }
    assert!(does("diff", &[&file]).contains("- [rep.maya] active = false"), "the old file would undo it");
    let after = town.machine.writes("after.toml", &does("show", &["--toml"]));
    assert!(does("diff", &[&after]).contains("0 rule(s) differ"));
    assert!(does("apply", &[&after]).contains("already in force as version 3"));
    assert!(does("show", &["2", "--toml"]).contains("version 2 of the playbook"));
    let nobody = town.machine.run(&["rep", "depart", "--database", &database, "ben", "--to", "maya"], "");
    assert!(!nobody.ok && nobody.err.contains("there is no rep \"maya\" who works here"), "{}", nobody.err);
    assert!(town.machine.does(&["audit", "verify", "--database", &database], "").contains("whole"));

    // What the playbook expects holds somebody back who would break it.
    let example = super::program::PLAYBOOK;
    does("apply", &[example, by[0], by[1]]);
    let said = town.machine.does(&depart, "");
    assert!(said.trim_end().ends_with("--yes refuses that, and --yes --force does it all the same"), "{said}");
    let broken = town.machine.run(&[&depart[..], &["--yes"]].concat(), "");
    assert!(!broken.ok && broken.err.contains("would not hold any more. Nothing was changed"), "{}", broken.err);
    town.machine.does(&[&depart[..], &["--yes", "--force"]].concat(), "");
}
