use super::*;

fn record(json: &str) -> Record {
    answer(json.as_bytes()).unwrap()
}

#[test]
fn an_instant_is_read_as_salesforce_writes_it() {
    let noon = Timestamp::from_millis(1_772_539_200_000);
    for text in ["2026-03-03T12:00:00.000+0000", "2026-03-03T12:00:00Z", "2026-03-03T14:00:00.000+0200"] {
        assert_eq!(instant(text), Some(noon), "{text}");
    }
    assert_eq!(instant("2026-03-03"), Some(Timestamp::from_millis(1_772_496_000_000)));
    for text in ["", "soon", "2026-02-30", "1772539200000", "2026-03-03T12:00:00"] {
        assert_eq!(instant(text), None, "{text}");
    }
}

#[test]
fn fields_of_other_records_and_amounts_are_read_and_nulls_are_nothing() {
    let person = record(
        r#"{"attributes":{"type":"Contact"},"Id":"003","Phone":"(415) 555-0123","MailingCountry":null,"Amount":48000.5,
            "Account":{"Name":" Acme ","BillingCountry":"US"},"Owner":null,"Rows":{"done":true,"records":[{"Id":"1"},3]}}"#,
    );
    assert_eq!((person.kind(), person.text("Account.Name")), ("Contact", Some("Acme")));
    assert_eq!((person.text("Owner.Name"), person.text("Phone.x"), person.text("MailingCountry")), (None, None, None));
    assert_eq!((person.cents("Amount"), person.cents("Phone"), person.cents("Nothing")), (Some(4_800_050), None, None));
    assert_eq!(person.hanging("Rows").len(), 1);
    let numbers = numbers(&person);
    assert_eq!(numbers.iter().map(Address::as_str).collect::<Vec<_>>(), ["+14155550123"]);
}

#[test]
fn words_for_tasks_are_the_organisations_own_or_as_delivered() {
    let word = |json: &str| record(json);
    let told = words(
        &[
            word(r#"{"ApiName":"Neu","IsClosed":false,"IsDefault":true}"#),
            word(r#"{"ApiName":"Erledigt","IsClosed":true,"IsDefault":false}"#),
        ],
        &[word(r#"{"ApiName":"Eilig","IsHighPriority":true}"#), word(r#"{"ApiName":"Normal","IsDefault":true}"#)],
    );
    let all = [&told.open, &told.closed, &told.high, &told.normal, &told.low];
    assert_eq!(all, ["Neu", "Erledigt", "Eilig", "Normal", "Normal"]);
    let told = words(&[], &[]);
    assert_eq!([&told.open, &told.closed, &told.high], ["Not Started", "Completed", "High"]);
}

#[test]
fn who_signed_in_is_told_with_the_token() {
    let token = |id: &str| {
        let json = format!(r#"{{"access_token":"t","instance_url":"https://a.example","id":{id}}}"#);
        answer::<Token>(json.as_bytes()).unwrap().user().map(str::to_owned)
    };
    let id = r#""https://login.salesforce.com/id/00D5g0000000001EAA/0055g0000000001AAA""#;
    assert_eq!(token(id).as_deref(), Some("0055g0000000001AAA"));
    for none in ["null", r#""""#, r#""https://a.example/id/x""#] {
        assert_eq!(token(none), None, "{none}");
    }
}

#[test]
fn a_refusal_is_told_by_its_class_and_never_by_its_sentence() {
    let body = br#"[{"message":"Phone: invalid +14155550123","errorCode":"INVALID_FIELD","fields":[]}]"#;
    assert_eq!(code(body), "INVALID_FIELD");
    assert!(is_of_owner("INACTIVE_OWNER_OR_USER") && !is_of_owner("INVALID_CROSS_REFERENCE_KEY"));
    for other in [&b"<html>"[..], b"[]", br#"[{"errorCode":"+14155550123"}]"#, br#"{"error":"invalid_grant"}"#] {
        assert_eq!(code(other), "it does not say why");
    }
    assert!(is_of_the_day(br#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#));
    assert!(!is_of_the_day(body));
    assert_eq!(unopened(br#"{"error":"invalid_grant","error_description":"user x"}"#), "invalid_grant");
    assert_eq!(unopened(br#"{"error":"Dana <script>"}"#), "it does not say why");
}

#[test]
fn a_right_that_is_missing_is_told_by_its_class_and_with_a_sentence_that_names_no_record() {
    let body = br#"[{"message":"insufficient access rights on cross-reference id: 0035g00000XyZ",
        "errorCode":"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY","fields":[]}]"#;
    assert_eq!(forbids(body), "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY");
    let body = br#"[{"message":"The REST API is not enabled\u001b[2J for this Organization.",
        "errorCode":"API_DISABLED_FOR_ORG"}]"#;
    let said = forbids(body);
    assert!(said.starts_with("API_DISABLED_FOR_ORG, The REST API is not enabled"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert_eq!(forbids(b"<html>"), "it does not say why");
}
