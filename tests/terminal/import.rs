//! What campaigns sent comes in: from a file beside the running backend, and over HTTP with a key.

use serde_json::json;

use super::setup::{LINE, Town};

const HEADER: &str = "id,to,from,campaign,text,sent_at,use_case\n";

#[test]
fn sends_come_from_a_file_and_over_http_and_a_reply_knows_which_of_them_it_answers() {
    let town = Town::open();
    let database = town.machine.database();
    let (_, phone) = town.buyer_of("maya");
    let file = |name: &str, text: &str| town.machine.writes(name, text);
    let import = |path: &str| town.machine.run(&["import", "sends", "--database", &database, path], "");

    // Bad rows are told with their lines, the good ones are kept, and nothing of a buyer is repeated.
    let row = |id: &str, campaign: &str, at: &str| {
        format!("{id},{phone},{LINE},{campaign},\"Hello,\nshall we talk?\",2026-01-{at}T10:00:00Z,\n")
    };
    let table = format!(
        "{HEADER}{}x1,12x,{LINE},spring,hi,2026-01-05T10:00:00Z,\nx2,{phone},{LINE}\n{}",
        row("a1", "welcome-1", "05"),
        row("a2", "welcome-2", "06")
    );
    let path = file("sends.csv", &table);
    let said = import(&path);
    assert!(!said.ok && said.err.contains("2 row(s) were not kept; the others are"), "{} {}", said.out, said.err);
    assert!(said.out.contains(&format!("{path}:4: to is not a phone number")), "{}", said.out);
    assert!(said.out.contains(&format!("{path}:5: 3 fields, and the first line names 7")), "{}", said.out);
    assert!(said.out.contains("2 kept, 0 known before, 2 refused"), "{}", said.out);
    assert!(!said.out.contains(&phone) && !said.out.contains("shall we talk"), "{}", said.out);
    assert!(!said.err.contains('\r'), "no bar where there is no terminal: {:?}", said.err);

    // Mended and run again it is the same: what is kept stays.
    let path = file("sends.csv", &format!("{HEADER}{}{}", row("a1", "welcome-1", "05"), row("a2", "welcome-2", "06")));
    let said = import(&path);
    assert!(said.ok && said.out.contains("0 kept, 2 known before, 0 refused"), "{} {}", said.out, said.err);
    let line = |id: &str| {
        let row = json!({ "id": id, "to": phone, "from": LINE, "campaign": "welcome-3", "text": "Hi", "sent_at": "2026-01-07T10:00:00Z" });
        format!("{row}\n")
    };
    let said = import(&file("more.jsonl", &format!("{}\n{{\n", line("a3"))));
    assert!(
        said.out.contains("more.jsonl:3: not JSON") && said.out.contains("1 kept, 0 known before, 1 refused"),
        "{}",
        said.out
    );
    let wrong = import(&file("sends.txt", "x"));
    assert!(!wrong.ok && wrong.err.contains("must end in .csv or .jsonl. Nothing was kept"), "{}", wrong.err);

    // A marketing tool with a key does the same over HTTP.
    let key = town.machine.does(&["api-key", "add", "--database", &database, "hubmail"], "");
    let now = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let send = json!({
        "id": "h1", "to": phone, "from": LINE, "campaign": "survey-9", "use_case": "support",
        "text": "Did the new version work?", "sent_at": now.to_rfc3339()
    });
    let sends = format!("{}/v1/sends", town.backend);
    let told = town.machine.post_as(&sends, key.trim(), &json!({ "sends": [send] }));
    assert_eq!(told["accepted"], 1, "{told}");

    // The reply is what that text was for, and the record says so.
    let text = town.text(&phone, "Not at all");
    assert_eq!(town.answered(&text), 200);
    let explained = town.machine.does(&["explain", "--database", &database, &text], "");
    for words in [
        "use case \"support\"",
        "the text it answers was reported for it",
        "Sales does not handle it",
        "it answers the text of the campaign \"survey-9\" that was sent ",
    ] {
        assert!(explained.contains(words), "no {words:?} in: {explained}");
    }
    let keys = ["api-key", "list", "--database", &database];
    assert!(town.machine.does(&keys, "").contains("hubmail              in use"));
    town.machine.does(&["api-key", "revoke", "--database", &database, "hubmail"], "");
    assert!(town.machine.does(&keys, "").contains("hubmail              revoked"));
    assert_eq!(town.machine.status(&format!("{}/v1/session", town.backend), key.trim()), 401);
    let none = town.machine.run(&["api-key", "revoke", "--database", &database, "other"], "");
    assert!(!none.ok && none.err.contains("nothing was revoked"), "{}", none.err);
}
