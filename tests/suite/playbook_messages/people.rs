//! Whom a playbook names: people, lines and targets, owners and territories, ladders, and who is not to be found.

use comeback::config::playbook::read_all;

use super::{END, EXAMPLE, changed, each_is_told, first, found, is_told, mistakes};

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
