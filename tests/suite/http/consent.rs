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
        json!({ "number": BUYER, "event": "moon", "at": "2026-02-05T10:00:00Z" }),
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
    assert_eq!(counts, [3, 2, 1, 5], "{told}");
    assert_eq!(told["rows"][5]["outcome"], "accepted");
    assert_eq!(told["rows"][2]["outcome"], "overtaken");
    for (n, why) in [
        (3, "number is not a phone number: write it +14155550123"),
        (4, "event is neither opt_out nor opt_in"),
        (6, "at is in the future"),
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
async fn no_opt_out_is_lost_for_what_stands_beside_its_number() {
    let office = office().await;
    let seconds = 1_767_225_600_i64;
    let long = "x".repeat(5_000);
    let day = "2026-01-01T00:00:00.000Z";
    let out = |n: usize, row: Value| {
        let mut row = row;
        row["number"] = json!(format!("+141555520{n:02}"));
        row["event"] = row.get("event").cloned().unwrap_or(json!("opt_out"));
        row
    };
    // Each with since when it counts, if that is known, and what is said of it.
    let rows = [
        (json!({}), None, ""),
        (json!({ "at": null }), None, ""),
        (json!({ "at": seconds }), Some(day), ""),
        (json!({ "at": seconds * 1000 }), Some(day), ""),
        (json!({ "at": seconds.to_string() }), Some(day), ""),
        (json!({ "at": 5 }), None, "at cannot be read: taken as undated"),
        (json!({ "at": [] }), None, "at is not a text in quotes; the opt-out counts"),
        (json!({ "at": "01/02/2026" }), None, "at cannot be read: taken as undated"),
        (json!({ "at": "2025-12-31 23:00:00" }), Some("2026-01-01T05:00:00.000Z"), ""),
        (json!({ "at": day, "source": long }), Some(day), "source is not 1 to 200 plain characters: it was left out"),
        (json!({ "at": day, "wording": long }), Some(day), "wording has more than 4096 characters: it was left out"),
        (json!({ "at": day, "source": 7 }), Some(day), "source is not a text in quotes; the opt-out counts"),
        (json!({ "at": day, "scope": "moon" }), Some(day), "it counts for all our numbers"),
        (json!({ "at": day, "scope": {} }), Some(day), "scope is not a text in quotes; the opt-out counts"),
        (json!({ "at": day, "event": "opted out" }), Some(day), ""),
        (json!({ "at": day, "event": "Unsubscribed" }), Some(day), ""),
    ];
    let sent: Vec<Value> = rows.iter().enumerate().map(|(n, (row, ..))| out(n, row.clone())).collect();
    let (_, told) = report(&office, &sent).await;
    assert_eq!(told["accepted"], rows.len(), "{told}");
    for (n, (_, since, how)) in rows.iter().enumerate() {
        let said = told["rows"][n]["how"].as_array().cloned().unwrap_or_default();
        assert_eq!(said.is_empty(), how.is_empty(), "{n}: {said:?}");
        assert!(said.iter().all(|said| said.as_str().unwrap().contains(how)), "{n}: {said:?}");
        let (_, view) = shown(&office, "cba_key", &format!("%2B141555520{n:02}")).await;
        let stands = &view["opted_out"][0];
        assert_eq!(stands["scope"], "tenant", "{n}: {view}");
        assert!(since.is_none_or(|since| stands["since"] == since), "{n}: {stands}");
    }
    // Evidence is as strict as ever.
    let strict = [
        json!({}),
        json!({ "at": null }),
        json!({ "at": seconds }),
        json!({ "at": "2026-01-01" }),
        json!({ "at": day, "source": long }),
        json!({ "at": day, "scope": "moon" }),
    ];
    let sent = strict.clone().map(|mut row| {
        (row["number"], row["event"]) = (json!(BUYER), json!("opt_in"));
        row["source"] = row.get("source").cloned().unwrap_or(json!("a form"));
        row
    });
    let (_, told) = report(&office, &sent).await;
    assert_eq!(told["refused"], strict.len(), "{told}");
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
