//! The ledger over HTTP: what programs report, and who may ask what stands of a number.

use axum::http::StatusCode;
use comeback::server::http::auth::token_hash;
use serde_json::{Value, json};

use super::Office;

const BUYER: &str = "+14155550123";

async fn office() -> Office {
    let office = Office::open().await;
    office.store.put_api_key(token_hash("cba_key"), "crm", office.now()).await.unwrap();
    office
}

async fn report(office: &Office, rows: &[Value]) -> (StatusCode, Value) {
    office.ask("POST", "/v1/consent", Some("cba_key"), Some(json!({ "words": rows }))).await
}

async fn shown(office: &Office, token: &str, number: &str) -> (StatusCode, Value) {
    office.ask("GET", &format!("/v1/consent?number={number}"), Some(token), None).await
}

#[tokio::test]
async fn each_row_of_a_report_has_its_outcome_and_the_ledger_says_who_brought_it() {
    let office = office().await;
    let opt_in = json!({
        "number": BUYER, "event": "opt_in", "at": "2026-01-05T10:00:00Z",
        "source": "form on /pricing", "wording": "Text me about my quote."
    });
    let rows = [
        opt_in.clone(),
        json!({ "number": BUYER, "event": "opt_out", "at": "2026-02-05T10:00:00Z" }),
        json!({ "number": BUYER, "event": "opt_out", "at": "2026-01-01T10:00:00Z" }),
        json!({ "number": "12x", "event": "opt_out", "at": "2026-02-05T10:00:00Z" }),
        json!({ "number": BUYER, "event": "stop", "at": "2026-02-05T10:00:00Z" }),
        json!({ "number": "+14155550177", "event": "opt_out", "at": "yesterday" }),
        json!({ "number": BUYER, "event": "opt_in", "at": "2031-02-05T10:00:00Z", "source": "a form" }),
        json!({ "number": BUYER, "event": "opt_out", "at": "2026-02-05T10:00:00Z", "scope": "number:nowhere" }),
        json!({ "number": BUYER, "event": "opt_in", "at": "2026-02-05T10:00:00Z" }),
        json!(5),
        opt_in,
    ];
    let (status, told) = report(&office, &rows).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let counts = ["accepted", "known", "overtaken", "refused"].map(|key| told[key].as_u64().unwrap());
    // A date that nobody reads is none, and an opt-out counts all the same.
    assert_eq!(counts, [3, 1, 1, 6], "{told}");
    assert_eq!(told["rows"][5]["outcome"], "accepted");
    assert_eq!(told["rows"][2]["outcome"], "overtaken");
    for (n, why) in [
        (3, "number is not a phone number: write it +14155550123"),
        (4, "event is neither opt_out nor opt_in"),
        (6, "at is in the future"),
        (7, "scope names a line that the playbook does not have"),
        (8, "source is missing: an opt-in says where they agreed"),
        (9, "not an object in { }"),
    ] {
        assert_eq!(told["rows"][n]["why"], why, "{n}");
    }
    let (status, view) = shown(&office, "cba_key", "%2B14155550123").await;
    assert_eq!(status, StatusCode::OK, "{view}");
    assert_eq!(view["opted_out"][0]["how"], "reported by crm");
    assert_eq!(view["opted_out"][0]["since"], "2026-02-05T10:00:00.000Z");
    let ledger = view["ledger"].as_array().unwrap();
    assert_eq!(ledger.len(), 2);
    assert_eq!((&ledger[0]["event"], &ledger[1]["event"]), (&json!("opted_in"), &json!("opted_out")));
    assert_eq!(
        (&ledger[0]["source"], &ledger[0]["wording"]),
        (&json!("form on /pricing"), &json!("Text me about my quote."))
    );
    assert_eq!(ledger[1]["actor"], "the program crm");
    // The proof is the journal's own entry, and neither number nor words stand in it.
    let entries = office.store.entries(0, 100).await.unwrap();
    let entry = entries.iter().find(|e| Some(e.seq) == ledger[0]["seq"].as_u64()).unwrap();
    assert_eq!(ledger[0]["hash"], comeback::journal::to_hex(&entry.hash));
    for entry in &entries {
        let body = String::from_utf8_lossy(&entry.body);
        assert!(!body.contains("4155550123") && !body.contains("my quote"), "{body}");
    }
    // Sent again it changes nothing.
    let (_, again) = report(&office, &rows[..2]).await;
    assert_eq!((&again["known"], &again["accepted"]), (&json!(2), &json!(0)), "{again}");
}

#[tokio::test]
async fn an_opt_out_of_a_list_counts_whatever_the_list_knows_of_its_date_and_an_opt_in_needs_an_instant() {
    let office = office().await;
    let out = |n: u32, at: &str| json!({ "number": format!("+1415555{n}"), "event": "opt_out", "at": at });
    let given = |at: &str| json!({ "number": BUYER, "event": "opt_in", "at": at, "source": "a form" });
    let rows = [
        out(1001, "2026-03-02"),
        out(1002, ""),
        out(1003, "2031-02-05T10:00:00Z"),
        out(1004, "2026-02-30"),
        given("2026-03-02"),
        given(""),
    ];
    let (_, told) = report(&office, &rows).await;
    let counts = ["accepted", "refused"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(counts, [4, 2], "{told}");
    // A day ends at midnight of the playbook's zone; what has no date that anybody reads, or one to come, is from now on.
    let now = serde_json::to_value(comeback::clock::Clock::now(office.clock.as_ref())).unwrap().as_i64().unwrap();
    let now =
        chrono::DateTime::from_timestamp_millis(now).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    for (n, since) in [(1001, "2026-03-03T05:00:00.000Z"), (1002, &now), (1003, &now), (1004, &now)] {
        let (_, view) = shown(&office, "cba_key", &format!("%2B1415555{n}")).await;
        assert_eq!(view["opted_out"][0]["since"], since, "{n}");
    }
}

#[tokio::test]
async fn a_rep_sees_the_consent_of_buyers_they_see_and_an_admin_of_all() {
    let office = office().await;
    report(&office, &[json!({ "number": BUYER, "event": "opt_out", "at": "2026-02-05T10:00:00Z" })]).await;
    office.sign_in("maya").await;
    let (status, problem) = shown(&office, "maya", "%2B14155550123").await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "no conversation of theirs");
    let (status, _) = shown(&office, "maya", "%2B14155550999").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "and no hint whether a number is known");
    for token in ["nobody", ""] {
        assert_eq!(shown(&office, token, "%2B14155550123").await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(shown(&office, "cba_key", "somebody").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(shown(&office, "cba_key", "+14155550123").await.0, StatusCode::OK, "a plus that was meant as one");
    assert_eq!(shown(&office, "cba_key", "%2B14155550999").await.0, StatusCode::NOT_FOUND);
    // A device reports nothing: reps opt out in the conversation.
    let body = Some(json!({ "words": [] }));
    assert_eq!(office.ask("POST", "/v1/consent", Some("maya"), body).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_no_report_is_refused_whole() {
    let office = office().await;
    for wrong in [json!([]), json!({}), json!({ "words": 5 }), json!({ "words": {} })] {
        let (status, problem) = office.ask("POST", "/v1/consent", Some("cba_key"), Some(wrong)).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some("unreadable")));
    }
    let many: Vec<Value> = (0..1001).map(|_| json!({})).collect();
    assert_eq!(report(&office, &many).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}
