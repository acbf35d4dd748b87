//! What cannot be read of a playbook, subject by subject: each mistake is told in its place, and the file is refused.

use comeback::config::playbook::read;

use crate::playbook_messages::{EXAMPLE, changed};

/// The file is refused with these words, at a place; all that is said of it.
fn refused(source: &str, wanted: &str) -> String {
    let mistake = read("playbook.toml", source).expect_err(wanted).to_string();
    assert!(mistake.contains(wanted) && mistake.starts_with("playbook.toml:"), "wanted: {wanted}\ntold: {mistake}");
    mistake
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
        refused(&changed(&[(from, to)]), wanted);
    }
}

#[test]
fn a_mistake_about_alerts_is_told_in_its_place() {
    for (changes, wanted) in [
        (
            &[("by = [\"page\", \"mail\"]", "by = [\"pgae\"]")][..],
            "there is no channel \"pgae\"; did you mean \"page\"?",
        ),
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
        (&[("env:COMEBACK_OPS_SECRET", "whsec_c2VjcmV0")], "a secret must not stand in the playbook"),
        (&[("env:COMEBACK_OPS_URL", "http://ops.example/")], "not an address that may be called"),
        (&[("\"env:COMEBACK_OPS_SECRET\"", "[]")], "one secret, or two while they are changed"),
        (&[("by = [\"ops\", \"chat\"]", "by = [\"page\"]")], "operations need a webhook or slack channel"),
        (
            &[("channel = \"mail\"\non", "channel = \"page\"\non")],
            "\"page\" is a channel of kind sms: a report goes by mail",
        ),
        (&[("to = [\"nina\", \"lea\"]", "to = []")], "nobody would get this report"),
        (&[("to = [\"nina\", \"lea\"]", "to = [\"nian\"]")], "there is no rep \"nian\"; did you mean \"nina\"?"),
        (&[("on = [\"monday\"]", "on = [\"monnday\"]")], "did you mean \"monday\"?"),
        (&[("since = \"7d\"\n\n[report.worth]", "since = \"36h\"\n\n[report.worth]")], "a report is about whole days"),
        (&[("report = \"sla\"", "report = \"load\"")], "only the reports sla and outcomes have rows of your choice"),
        (
            &[
                ("report = \"sla\"\nby = \"cohort\"\n", "report = \"compliance\"\n"),
                ("to = [\"nina\", \"lea\"]", "to = [\"maya\"]"),
            ],
            "maya may not see the report about consent",
        ),
        (
            &[("webhook = \"ops\"\n", "webhook = \"page\"\n")],
            "\"page\" is a channel of kind sms: here a webhook is needed",
        ),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\nwebhook = \"page\"\n")], "Sales handles this use case"),
        (&[("label = \"renewal\"\n", "label = \"renewal\"\npause = \"pgae\"\n")], "there is no channel \"pgae\""),
        (
            &[(
                "title = \"SE\"\nteam = \"east\"\n",
                "title = \"SE\"\nteam = \"east\"\nalerts = { by = [\"chart\"] }\n",
            )],
            "there is no channel \"chart\"; did you mean \"chat\"?",
        ),
    ] {
        let mistake = refused(&changed(changes), wanted);
        assert!(!mistake.contains("whsec_"), "a secret is not repeated: {mistake}");
    }
}

#[test]
fn hours_that_overlap_are_refused_where_they_are_written() {
    let wanted = "this calendar cannot be used: Monday: the window 12:00-19:00 overlaps 08:00-12:30";
    for (from, to, wanted) in [
        ("monday = [\"08:00-12:30\", \"13:00-19:00\"]", "monday = [\"08:00-12:30\", \"12:00-19:00\"]", wanted),
        // A night that is still open when the next day begins.
        (
            "monday = [\"08:00-12:30\", \"13:00-19:00\"]",
            "monday = [\"20:00-09:00\"]",
            "this calendar cannot be used: Tuesday: the window 08:00-12:30 overlaps 20:00-09:00",
        ),
        (
            "hours = [\"09:00-21:00\"]",
            "hours = [\"09:00-12:00\", \"11:00-13:00\"]",
            "these hours cannot be used: Saturday: the window 11:00-13:00 overlaps 09:00-12:00",
        ),
    ] {
        refused(&changed(&[(from, to)]), wanted);
    }
}

#[test]
fn a_use_case_that_cannot_be_meant_is_told_in_its_place() {
    for (from, to, wanted) in [
        ("campaigns = [\"meet-*\"]", "campaigns = [\"*-meet\"]", "a * may stand only at the end"),
        ("campaigns = [\"meet-*\"]", "campaigns = [\" \"]", "not a campaign: write 1 to 100 characters"),
        ("keywords = [\"demo\", ", "keywords = [\"?!\", ", "not a keyword: write one or more words"),
        ("keywords = [\"demo\", ", "keywords = [\"Cancel\", ", "\"Cancel\" alone is a word of consent"),
        ("lines = [\"main\"]", "lines = [\"mian\"]", "there is no line \"mian\"; did you mean \"main\"?"),
        ("lines = [\"main\"]\n", "", "nothing says what the line \"main\" is for; write use_case"),
        ("lines = [\"main\"]", "lines = [\"main\", \"meetings\"]", "\"meetings\" is for \"meeting\" already"),
        ("sales = false\nqueue", "queue", "queue names the team for what Sales does not handle"),
        ("queue = \"support\"", "queue = \"suport\"", "there is no team \"suport\"; did you mean \"support\"?"),
        (
            "queue = \"support\"\ncohort = \"standard\"",
            "cohort = \"standrad\"",
            "there is no cohort \"standrad\"; did you mean \"standard\"?",
        ),
        ("priority = 1", "priority = \"high\"", "expected a whole number, found the text"),
        ("text = \"Thank you for your text! ", "text = \"  \" # ", "the acknowledgement says nothing"),
        ("text = \"Thank you", "txt = \"Thank you", "unknown key \"txt\"; "),
        ("priority = 1", "acknowledgement = \"{long}\"", "longer than one text can be: at most 1600 characters"),
        ("answered_within = \"30d\"", "answered_within = \"a month\"", "not a duration: write it 30s, 5m, 2h or 1d"),
    ] {
        refused(&changed(&[(from, &to.replace("{long}", &"x".repeat(1601)))]), wanted);
    }
}

/// By its type a cohort has two targets; here it is held that the file cannot leave one out or make it nothing.
#[test]
fn a_cohort_without_a_target_cannot_be_written() {
    let line = "first_response = { warn = \"3m\", due = \"5m\" }\n";
    for (to, wanted) in [
        ("", "the key \"first_response\" is missing"),
        ("first_response = { warn = \"0s\", due = \"0s\" }\n", "due must be longer than nothing"),
        ("first_response = { warn = \"3m\" }\n", "the key \"due\" is missing"),
    ] {
        refused(&changed(&[(line, to)]), wanted);
    }
}

#[test]
fn a_mistake_about_consent_is_told_in_its_place() {
    let ours = "[consent]\nreplies = \"us\"\n";
    for (text, wanted) in [
        ("[consent]\nscope = \"programme\"", "there is no programme: nothing says which lines belong together"),
        ("[consent]\nscope = \"team\"", "unknown value \"team\""),
        ("[consent]\nevidence = \"always\"", "unknown value \"always\""),
        ("[consent.programme.east]\nlines = [\"mian\"]", "there is no line \"mian\"; did you mean \"main\"?"),
        (
            "[consent.programme.a]\nlines = [\"main\"]\n[consent.programme.b]\nlines = [\"main\"]",
            "the line \"main\" is in the programme \"a\" already",
        ),
        ("[consent]\ntell = [\"crm\"]", "there is no channel \"crm\""),
        ("[consent]\ntell = [\"page\"]", "\"page\" is a channel of kind sms: here a webhook is needed"),
        ("[consent]\nhelp = \"Northwind Systems. STOP ends it.\"", "this would never be sent"),
        (&format!("{ours}help = \"Text us. STOP ends it.\""), "it must say \"Northwind Systems\""),
        (&format!("{ours}help = \"Northwind Systems here.\""), "it must say \"STOP\""),
        (&format!("{ours}confirmation = \"Northwind Systems: bye.\""), "it must say \"START\""),
        ("[consent.words.es]\nstop = [\"...\"]", "not a word that can be a whole text"),
        ("[consent.words.es]\nstop = [\"start\"]", "\"start\" means something else already"),
        ("[consent.words.es]\nstop = [\"alto\"]\nhelp = [\"Alto!\"]", "\"Alto!\" means something else already"),
        ("[consent.words.es]\nhelp = [\"renovación\"]", "\"renovación\" alone is a word of consent"),
        (
            "[consent.words.fr]\nstop = [\"désabonner\"]\nhelp = [\"desabonner\"]",
            "\"desabonner\" means something else already",
        ),
        ("[consent.words.es]\nbye = [\"adiós\"]", "bye"),
    ] {
        refused(&format!("{EXAMPLE}\n{text}\n"), wanted);
    }
    let good = format!(
        "{EXAMPLE}\n{ours}help = \"Northwind Systems, 1-800-555-0100. STOP ends it.\"\nscope = \"programme\"\n\
         [consent.programme.east]\nlines = [\"main\"]\n[consent.words.es]\nstop = [\"alto\", \"stop\"]\n"
    );
    assert!(read("playbook.toml", &good).is_ok());
}
