//! The consent ledger at the command line and over HTTP, beside a running backend.

use serde_json::{Value, json};

use super::setup::Town;

#[test]
fn a_list_is_read_once_and_the_ledger_says_who_may_be_texted_and_why() {
    let town = Town::open();
    let database = town.machine.database();
    let (_, phone) = town.buyer_of("maya");
    let file = |name: &str, text: &str| town.machine.writes(name, text);
    let import =
        |path: &str| town.machine.run(&["consent", "import", "--database", &database, "--source", "old-crm", path], "");
    let show = |number: &str| town.machine.run(&["consent", "show", "--database", &database], &format!("{number}\n"));

    // Bad rows are told with their lines, the good ones are taken in, and nothing of a buyer is repeated.
    let table = format!(
        "number,event,at,scope,source,wording\n\
         {phone},opt_in,2026-01-05T10:00:00Z,,\"=HYPERLINK(\"\"x\"\")\",\"Yes,\ntext me.\"\n\
         {phone},opt_in,2026-01-05T10:00:00Z,moon,form,\n\
         +12125550111,opt_out,2026-02-05T10:00:00Z,,,\n\
         +12125550111,opt_in,2026-01-05T10:00:00Z,,an older form,\n\
         12x,opt_out,2026-02-05T10:00:00Z,,,\n"
    );
    let path = file("list.csv", &table);
    let said = import(&path);
    assert!(!said.ok && said.err.contains("2 row(s) were not taken in; the others are"), "{} {}", said.out, said.err);
    assert!(said.out.contains(&format!("{path}:4: scope is neither tenant")), "{}", said.out);
    assert!(said.out.contains(&format!("{path}:7: number is not a phone number")), "{}", said.out);
    assert!(said.out.contains("3 taken in, 0 known before, 0 not taken in"), "{}", said.out);
    assert!(!said.out.contains(&phone) && !said.out.contains("text me"), "{}", said.out);
    let said = import(&path);
    assert!(said.out.contains("0 taken in, 3 known before"), "{} {}", said.out, said.err);
    let wrong = import(&file("list.txt", "x"));
    assert!(!wrong.ok && wrong.err.contains("must end in .csv or .jsonl. Nothing was taken in"), "{}", wrong.err);

    // An older opt-in undoes no newer opt-out; the buyer's own STOP does everything at once.
    let out = show("+12125550111");
    assert!(out.ok && out.out.contains("opted out of all our numbers since 2026-02-05"), "{} {}", out.out, out.err);
    assert!(
        out.out.contains("imported from old-crm") && out.out.contains("by the operator; journal entry"),
        "{}",
        out.out
    );
    let text = town.text(&phone, "Stop.");
    assert_eq!(town.answered(&text), 200);
    let shown = show(&phone);
    for words in ["they texted “stop”", "where: =HYPERLINK", "agreed to: Yes,", "hash "] {
        assert!(shown.out.contains(words), "no {words:?} in: {}", shown.out);
    }
    let newer = format!("{{\"number\":\"{phone}\",\"event\":\"opt_in\",\"at\":\"{}\",\"source\":\"a form\"}}\n", now());
    assert!(import(&file("newer.jsonl", &newer)).out.contains("1 taken in"));
    assert!(show(&phone).out.contains("opted out of all our numbers"), "the buyer must text START");
    // A ledger of ours from elsewhere: the hold that nobody ruled on there is an opt-out here, the ruled one is nothing.
    let ledger = file(
        "ledger.csv",
        "number,event,at,scope,how\n\
         +12125550113,hold_placed,2026-02-05T10:00:00Z,,a text may ask us to stop\n\
         +12125550114,hold_placed,2026-02-05T10:00:00Z,,a text may ask us to stop\n\
         +12125550114,hold_ruled,2026-02-06T10:00:00Z,,they meant something else\n\
         +12125550115,blocked,2026-02-06T10:00:00Z,,spam\n",
    );
    let said = import(&ledger);
    assert!(said.ok && said.out.contains("1 taken in"), "{} {}", said.out, said.err);
    assert!(
        said.out.contains(&format!("{ledger}:2: a hold that nobody ruled on: taken as an opt-out")),
        "{}",
        said.out
    );
    assert!(said.out.contains("4 line(s) about holds and blocks"), "{}", said.out);
    assert!(show("+12125550113").out.contains("opted out of all our numbers since 2026-02-05"));
    assert!(!show("+12125550114").ok, "nothing is known of it");
    let unknown = show("+12125550999");
    assert!(!unknown.ok && unknown.err.contains("nothing is known of this number"), "{}", unknown.err);
    let garbage = show("hello");
    assert!(
        !garbage.ok && garbage.err.contains("is not a number") && !garbage.err.contains("hello"),
        "{}",
        garbage.err
    );

    // An export opens in a spreadsheet without running, and is read again without a change.
    let table = town.machine.does(&["consent", "export", "--database", &database], "");
    let rows: Vec<Vec<String>> = csv::Reader::from_reader(table.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(rows.len(), 6, "{table}");
    for cell in rows.iter().flatten() {
        let number = cell.strip_prefix('+').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
        assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
    assert!(rows.iter().any(|row| row[4].starts_with("'=HYPERLINK")), "{table}");
    let lines = town.machine.does(&["consent", "export", "--database", &database, "--format", "jsonl"], "");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().any(|line| line["source"].as_str().is_some_and(|s| s.starts_with("=HYPERLINK"))));

    // Another program asks and reports with a key.
    let key = town.machine.does(&["api-key", "add", "--database", &database, "mailer"], "");
    let url = format!("{}/v1/consent", town.backend);
    let report = json!({ "words": [{ "number": "+12125550112", "event": "opt_out", "at": now() }] });
    let told = town.machine.post_as(&url, key.trim(), &report);
    assert_eq!(told["accepted"], 1, "{told}");
    assert!(show("+12125550112").out.contains("reported by mailer"));
    let status = town.machine.status(&format!("{url}?number=%2B12125550112"), key.trim());
    assert_eq!(status, 200);
    assert_eq!(town.machine.status(&format!("{url}?number=%2B12125550112"), "nobody"), 401);
    // What did not go is listed for whoever audits, and so is who was blocked.
    let refused = town.machine.does(&["audit", "refusals", "--database", &database, "--since", "2026-01-01"], "");
    assert!(refused.contains("No text was refused or kept back by us, and none was refused by"), "{refused}");
    let blocked = town.machine.does(&["consent", "blocked", "--database", &database], "");
    assert!(blocked.contains("No number is blocked."), "{blocked}");
    let wrong = town.machine.run(&["audit", "refusals", "--database", &database, "--since", "lately"], "");
    assert!(!wrong.ok && wrong.err.contains("neither a day"), "{}", wrong.err);
    // An auditor reads all of it at their own shell.
    let token = town.machine.does(&["rep", "add", "--database", &database, "nina"], "");
    town.machine.does(&["login", &town.backend, "--token-stdin", "--profile", "nina"], &token);
    let read = |what: &[&str], input: &str| town.machine.does(&[what, &["--profile", "nina"]].concat(), input);
    assert!(read(&["consent", "show"], "+12125550111\n").contains("imported from old-crm"));
    assert_eq!(read(&["consent", "rulings"], ""), "Nothing was ruled yet.\n");
    assert!(read(&["consent", "blocked"], "").contains("No number is blocked."));
    let entries = read(&["audit", "entries", "--kinds", "opted_out"], "");
    let entries: Vec<Value> = entries.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!entries.is_empty() && entries.iter().all(|e| e["body"].as_str().unwrap().contains("opted_out")));
    assert!(read(&["audit", "entries"], "").lines().count() > entries.len(), "all kinds, when none is named");
    let number = town.machine.run(&["line", "cancel", "--database", &database, "+19995550100", "SM1"], "");
    assert!(!number.ok && number.err.contains("no such number is set up"), "{}", number.err);
    let verified = town.machine.does(&["audit", "verify", "--database", &database], "");
    assert!(!verified.contains("does not fit"), "{verified}");
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339()
}
