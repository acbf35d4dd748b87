//! The answer to a complaint.

use super::*;

#[tokio::test]
async fn a_dossier_tells_everything_about_a_number_in_order_to_auditors_alone() {
    let office = Office::open().await;
    office.sign_in("nina").await.sign_in("maya").await;
    office.text("+14155550123", "please take me off your list").await;
    office.text("+14155550123", "STOP").await;
    office.text("+14155550199", "Another buyer's words").await;
    let path = "/v1/consent/dossier?number=%2B14155550123";
    let (status, told) = office.ask("GET", path, Some("nina"), None).await;
    assert_eq!((status, &told["opted_out"]), (StatusCode::OK, &json!(true)), "{told}");
    let lines = told["lines"].as_array().unwrap();
    let whole = told.to_string();
    let place = |words: &str| whole.find(words).unwrap_or_else(|| panic!("no {words:?} in {told:#}"));
    assert!(place("please take me off your list") < place("on opt-out hold"), "{told:#}");
    assert!(place("on opt-out hold") < place("opted out of"), "{told:#}");
    assert!(!whole.contains("Another buyer's words"));
    assert_eq!(whole.matches("please take me off your list").count(), 1, "words are told once");
    let seqs: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert!(seqs.len() > 5 && seqs.is_sorted(), "{seqs:?}");
    // Each line proves itself by its entry.
    let entries = office.store.entries(0, 1_000).await.unwrap();
    for line in lines.iter().filter(|line| line["seq"].is_u64()) {
        let entry = entries.iter().find(|entry| Some(entry.seq) == line["seq"].as_u64()).unwrap();
        assert_eq!(line["hash"], comeback::journal::to_hex(&entry.hash));
    }

    assert_eq!(office.ask("GET", path, Some("maya"), None).await.0, StatusCode::FORBIDDEN);
    assert_eq!(office.ask("GET", path, None, None).await.0, StatusCode::UNAUTHORIZED);
    let nobody = "/v1/consent/dossier?number=%2B14155550777";
    assert_eq!(office.ask("GET", nobody, Some("nina"), None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.ask("GET", "/v1/consent/dossier?number=x", Some("nina"), None).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(office.ask("GET", "/v1/consent/rulings", Some("nina"), None).await.0, StatusCode::OK);
    assert_eq!(office.ask("GET", "/v1/consent?number=%2B14155550123", Some("nina"), None).await.0, StatusCode::OK);
}
