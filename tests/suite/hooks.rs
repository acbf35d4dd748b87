//! Webhooks from anybody: forged, replayed, too large, broken off. Only what an account set up here has signed is
//! believed, whatever it says is kept unchanged, and no reply of it is dropped.

mod foreign;
mod logs;
pub(crate) mod office;
mod recorded;
mod slow;
mod whose;

use comeback::journal::to_hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use self::office::{ACCOUNT, BUYER, FORM, Hook, INBOUND, LINE, Office, PUBLIC, SECOND, TOKEN, but, mac, text};

const SID: &str = "SM00000000000000000000000000000001";

/// Posts what must be refused: with this status and code, and nothing of it kept.
async fn refused(office: &Office, hook: &Hook, status: u16, code: &str, why: &str) {
    let before = office.head().await;
    let answer = office.post(hook).await;
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{why}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{why}");
    assert_eq!((office.head().await, office.seen().await.len()), (before, 0), "{why}: something was kept");
}

#[tokio::test]
async fn a_signed_text_is_kept_and_answered_with_no_words_of_ours() {
    let office = Office::open().await;
    let answer = office.post(&Hook::form(INBOUND, &text(SID, BUYER, "Can we talk & when? ñ"))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml; charset=utf-8"));
    assert!(answer.body.ends_with("<Response></Response>"), "{}", answer.body);
    let seen = office.seen().await;
    assert_eq!(seen[0]["address"], BUYER);
    assert_eq!(office.bodies().await, ["Can we talk & when? ñ"]);
}

#[tokio::test]
async fn a_forged_signature_is_refused_and_nothing_is_kept() {
    let office = Office::open().await;
    let params = text(SID, BUYER, "pay here");
    let good = Hook::form(INBOUND, &params);
    let url = format!("{PUBLIC}{INBOUND}");
    let mut changed = good.clone();
    let last = changed.body.iter().position(|b| *b == b'y').unwrap();
    changed.body[last] = b'z';
    let mut longer = good.clone();
    longer.body.extend_from_slice(b"&Body=more");
    for (hook, why) in [
        (good.clone().signed(None), "no signature"),
        (good.clone().signed(Some(String::new())), "an empty one"),
        (good.clone().signed(Some("AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned())), "a made-up one"),
        (good.clone().signed(Some(Hook::signature("guessed", &url, &params))), "another's token"),
        (good.clone().signed(Some(Hook::signature("", &url, &params))), "an empty token"),
        (good.clone().signed(good.signature.as_deref().map(str::to_lowercase)), "one in other letters"),
        (changed, "one byte of the body changed"),
        (longer, "a parameter added"),
    ] {
        refused(&office, &hook, 403, "bad_signature", why).await;
    }
    assert_eq!(office.post(&good).await.status, 200, "the true one still gets in");
}

#[tokio::test]
async fn a_signature_over_another_address_is_refused_whatever_the_host_header_says() {
    let office = Office::open().await;
    let params = text(SID, BUYER, "hello");
    for (url, why) in [
        (format!("http://comeback.example{INBOUND}"), "http"),
        (format!("https://evil.example{INBOUND}"), "another host"),
        (format!("{PUBLIC}{INBOUND}/"), "a slash at the end"),
        (format!("{PUBLIC}{INBOUND}?x=1"), "a query"),
        (format!("{PUBLIC}/hooks/twilio/status/{}", Uuid::nil()), "another hook"),
        (format!("https://comeback.example:8443{INBOUND}"), "another port"),
    ] {
        let hook = Hook::form(INBOUND, &params).signed(Some(Hook::signature(TOKEN, &url, &params)));
        let hook = hook.with("host", "evil.example").with("x-forwarded-host", "evil.example");
        let hook = hook.with("x-forwarded-proto", "http").with("x-original-url", "/hooks/twilio/inbound?x=1");
        refused(&office, &hook, 403, "bad_signature", why).await;
    }
    let url = format!("https://comeback.example:443{INBOUND}");
    let ported = Hook::form(INBOUND, &params).signed(Some(Hook::signature(TOKEN, &url, &params)));
    assert_eq!(office.post(&ported).await.status, 200, "Twilio says the default port now and then");
    let queried = format!("{INBOUND}?office=east&a=%2F");
    let queried = Hook::form(&queried, &but(params, "MessageSid", "SM2"));
    assert_eq!(office.post(&queried).await.status, 200, "the query is part of the address");
}

#[tokio::test]
async fn a_replayed_text_is_answered_2xx_and_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.db");
    let hook = Hook::form(INBOUND, &text(SID, BUYER, "only once"));
    let office = Office::on_disk(&path).await;
    let (one, two, three) = tokio::join!(office.post(&hook), office.post(&hook), office.post(&hook));
    assert_eq!([one.status, two.status, three.status], [200; 3]);
    let head = office.head().await;
    assert_eq!(office.post(&hook).await.status, 200);
    assert_eq!((office.head().await, office.bodies().await.len()), (head, 1));
    let counted = office.metrics.render();
    assert!(counted.contains("outcome=\"repeated\"} 3"), "{counted}");
    // Another account may well use the same id: it is another text, and not one of ours.
    let elsewhere = Hook::form(INBOUND, &but(text(SID, BUYER, "only once"), "AccountSid", "AC1"));
    assert_eq!(office.post(&elsewhere).await.status, 403);
}

#[tokio::test]
async fn more_than_64_kib_is_refused_and_exactly_64_kib_is_kept_whole() {
    let office = Office::open().await;
    let limit = 64 * 1024;
    let room = limit - Hook::form(INBOUND, &text(SID, BUYER, "")).body.len();
    let largest = "x".repeat(room);
    let over = Hook::form(INBOUND, &text(SID, BUYER, &"x".repeat(room + 1)));
    assert_eq!(over.body.len(), limit + 1);
    refused(&office, &over, 413, "too_large", "one byte too many").await;
    let fits = Hook::form(INBOUND, &text(SID, BUYER, &largest));
    assert_eq!(office.post(&fits).await.status, 200);
    assert_eq!(office.bodies().await, [largest]);
}

/// The backend behind a real socket. Its task ends with the test's runtime.
async fn listen(office: &Office) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, router) = (listener.local_addr().unwrap(), office.router.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Request line and headers of a webhook, `length` being the header that announces the body.
fn head_of(hook: &Hook, length: &str) -> String {
    let signature = hook.signature.as_deref().unwrap_or_default();
    format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nX-Twilio-Signature: {signature}\r\n{length}\r\n\r\n",
        hook.path
    )
}

/// The first line of whatever is answered; empty when the connection ended without an answer.
async fn first_line(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    while let Ok(1..) = stream.read_buf(&mut answer).await {}
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_webhook_broken_off_in_its_body_keeps_nothing_and_harms_nobody() {
    let office = Office::open().await;
    let address = listen(&office).await;
    let before = office.head().await;
    let hook = Hook::form(INBOUND, &text(SID, BUYER, "half of this never comes"));
    let half = &hook.body[..hook.body.len() / 2];
    for (length, what) in [
        (format!("Content-Length: {}", hook.body.len()), half.to_vec()),
        ("Transfer-Encoding: chunked".to_owned(), [b"400\r\n", half].concat()),
        ("Transfer-Encoding: chunked".to_owned(), [b"zz\r\n", half].concat()),
        (format!("Content-Length: {}", hook.body.len()), Vec::new()),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head_of(&hook, &length).as_bytes()).await.unwrap();
        stream.write_all(&what).await.unwrap();
        // Says no more, but listens: the end of the connection tells that the backend is done with it.
        stream.shutdown().await.unwrap();
        let line = first_line(&mut stream).await;
        assert!(!line.contains(" 2"), "{length}: {line}");
        // And gone at once, without listening.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head_of(&hook, &length).as_bytes()).await.unwrap();
        stream.write_all(&what).await.unwrap();
    }
    assert_eq!(office.head().await, before, "something of it was kept");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = format!("Connection: close\r\nContent-Length: {}", hook.body.len());
    stream.write_all(head_of(&hook, &length).as_bytes()).await.unwrap();
    stream.write_all(&hook.body).await.unwrap();
    assert_eq!(first_line(&mut stream).await, "HTTP/1.1 200 OK");
    assert_eq!(office.bodies().await, ["half of this never comes"]);
}

#[tokio::test]
async fn a_body_without_a_length_said_in_advance_ends_at_64_kib_too() {
    let office = Office::open().await;
    let address = listen(&office).await;
    let hook = Hook::form(INBOUND, &text(SID, BUYER, &"x".repeat(64 * 1024)));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head_of(&hook, "Transfer-Encoding: chunked").as_bytes()).await.unwrap();
    for piece in hook.body[..=64 * 1024].chunks(4000) {
        let framed = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        stream.write_all(&framed).await.unwrap();
    }
    // More is announced, and not waited for.
    let mut answer = vec![0; "HTTP/1.1 413".len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    assert!(office.bodies().await.is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_even_when_signed() {
    let office = Office::open().await;
    let form = |tail: &[u8]| [Hook::form(INBOUND, &text(SID, BUYER, "")).body, tail.to_vec()].concat();
    let params = text(SID, BUYER, "");
    for (media_type, body, why) in [
        (FORM, form(b"&Body2=%FF%FE"), "escaped bytes that are not UTF-8"),
        (FORM, form(b"&Body2=\xff\xfe"), "raw bytes that are not UTF-8"),
        (FORM, form(b"&\xc3=1"), "a name that is not UTF-8"),
        (FORM, form(b"&Body2=%ED%A0%80"), "half of a surrogate pair"),
        (FORM, form(b"&Body2=50%"), "an escape cut short"),
        (FORM, form(b"&Body2=%zz"), "an escape that is none"),
        ("application/json", b"{\"MessageSid\": \"SM\xff\"}".to_vec(), "JSON that is not UTF-8"),
        ("application/json", b"{\"MessageSid\": ".to_vec(), "JSON that does not end"),
        ("application/json", b"[]".to_vec(), "JSON that is no object"),
        ("text/plain", form(b""), "another media type"),
        ("multipart/form-data; boundary=x", form(b""), "another kind of form"),
    ] {
        let hook = Hook { media_type, ..Hook::form(INBOUND, &params) };
        refused(&office, &Hook { body, ..hook }, 400, "malformed", why).await;
    }
    // Signed, readable, and without what makes it a text.
    for name in ["MessageSid", "From", "To"] {
        refused(&office, &Hook::form(INBOUND, &but(params.clone(), name, "")), 400, "malformed", name).await;
    }
    for sid in ["SM/../1", "SM 1", &"S".repeat(65), "SM\u{0}1", "ＳＭ１"] {
        refused(&office, &Hook::form(INBOUND, &but(params.clone(), "MessageSid", sid)), 400, "malformed", sid).await;
    }
    refused(&office, &Hook::form(INBOUND, &but(params, "AccountSid", "")), 403, "bad_signature", "nobody's").await;
    refused(&office, &Hook::raw(INBOUND, FORM, b""), 403, "bad_signature", "an empty form").await;
}

#[tokio::test]
async fn an_account_that_is_not_set_up_is_refused_even_with_a_token_of_ours() {
    let office = Office::open().await;
    for account in ["AC99999999999999999999999999999999", "AC00112233445566778899AABBCCDDEEFF", "*", "' OR 1=1 --"] {
        let hook = Hook::form(INBOUND, &but(text(SID, BUYER, "hello"), "AccountSid", account));
        refused(&office, &hook, 403, "bad_signature", account).await;
    }
}

#[tokio::test]
async fn a_text_to_a_number_nobody_listed_is_kept_and_somebody_has_it() {
    let office = Office::open().await;
    let hook = Hook::form(INBOUND, &but(text(SID, BUYER, "is this Northwind?"), "To", "+16465550999"));
    assert_eq!(office.post(&hook).await.status, 200);
    let seen = office.seen().await;
    assert_eq!((seen.len(), &seen[0]["state"]["line"]), (1, &json!("unlisted")));
    assert_has_holder_and_clock(&seen[0]);
    assert_eq!(office.bodies().await, ["is this Northwind?"]);
}

fn assert_has_holder_and_clock(conversation: &Value) {
    let state = &conversation["state"];
    assert!(state["assignment"]["to"].is_object(), "nobody was asked: {state}");
    assert_eq!(state["clock"]["stage"], "running", "{state}");
}

#[tokio::test]
async fn a_reply_of_somebody_the_crm_does_not_know_is_never_dropped() {
    let office = Office::open().await;
    let strangers = ["+4915112345678", "72345", "ACME Bank", "rcs:acme_agent", "+1 (415) 555-0199", "+266696687"];
    for (n, from) in strangers.iter().enumerate() {
        let (sid, body) = (format!("SM{n}"), format!("who are you, asks {n}"));
        let answer = office.post(&Hook::form(INBOUND, &text(&sid, from, &body))).await;
        assert_eq!(answer.status, 200, "{from}: {}", answer.body);
    }
    let seen = office.seen().await;
    assert_eq!(seen.len(), strangers.len());
    for conversation in &seen {
        assert!(conversation["state"]["owner"].is_null(), "{conversation}");
        assert_has_holder_and_clock(conversation);
        // Steps with nobody on them are skipped at once: without an owner and a backup, the pool is asked.
        assert!(conversation["state"]["assignment"]["to"]["pool"].is_string(), "{conversation}");
    }
}

#[tokio::test]
async fn the_second_token_of_a_rotation_is_as_good_as_the_first() {
    let office = Office::open().await;
    let params = text(SID, BUYER, "signed with the new one");
    let signature = Hook::signature(SECOND, &format!("{PUBLIC}{INBOUND}"), &params);
    assert_eq!(office.post(&Hook::form(INBOUND, &params).signed(Some(signature))).await.status, 200);
    assert_eq!(office.bodies().await, ["signed with the new one"]);
}

#[tokio::test]
async fn a_json_body_counts_only_with_its_own_hash() {
    let office = Office::open().await;
    let said = json!({
        "MessageSid": SID, "AccountSid": ACCOUNT, "From": BUYER, "To": LINE, "Body": "in JSON ✓", "NumMedia": 0,
    });
    let body = said.to_string().into_bytes();
    let hash = to_hex(&Sha256::digest(&body));
    let path = format!("{INBOUND}?bodySHA256={hash}");
    let hook = Hook::raw(&path, "application/json", &body);
    let other = [&body[..body.len() - 1], b" }"].concat();
    for (hook, why) in [
        (Hook { body: other, ..hook.clone() }, "another body under the same address"),
        (Hook::raw(INBOUND, "application/json", &body), "no hash at all"),
        (Hook::raw(&format!("{INBOUND}?bodySHA256="), "application/json", &body), "an empty hash"),
        (hook.clone().signed(Some(mac(TOKEN, &format!("{PUBLIC}{INBOUND}")))), "the hash was not signed"),
        (hook.clone().signed(None), "nothing was signed"),
    ] {
        refused(&office, &hook, 403, "bad_signature", why).await;
    }
    assert_eq!(office.post(&hook).await.status, 200);
    assert_eq!(office.bodies().await, ["in JSON ✓"]);
}

#[tokio::test]
async fn a_report_on_a_text_nobody_sent_is_answered_2xx_and_changes_nothing() {
    let office = Office::open().await;
    assert_eq!(office.post(&Hook::form(INBOUND, &text(SID, BUYER, "hello"))).await.status, 200);
    let before = (office.head().await, office.seen().await);
    let status = |word| vec![("MessageSid", "SM9"), ("AccountSid", ACCOUNT), ("MessageStatus", word)];
    let path = format!("/hooks/twilio/status/{}", Uuid::now_v7());
    for word in ["delivered", "failed", "teleported"] {
        let answer = office.post(&Hook::form(&path, &status(word))).await;
        assert_eq!(answer.status, 200, "{word}: the carrier must not try again");
    }
    let inbound = before.1[0]["messages"][0]["id"].as_str().unwrap();
    let about_a_buyers_text = Hook::form(&format!("/hooks/twilio/status/{inbound}"), &status("failed"));
    assert_eq!(office.post(&about_a_buyers_text).await.status, 200);
    let forged = Hook::form(&path, &status("delivered")).signed(None);
    assert_eq!(office.post(&forged).await.status, 403);
    for path in ["/hooks/twilio/status/SM9", "/hooks/twilio/status/%00"] {
        assert_eq!(office.post(&Hook::form(path, &status("delivered"))).await.status, 400, "{path}");
    }
    assert_eq!((office.head().await, office.seen().await), before);
}

#[tokio::test]
async fn a_picture_alone_is_a_text_that_wants_an_answer() {
    let office = Office::open().await;
    let mut params = but(text("MM1", BUYER, ""), "NumMedia", "2");
    params.push(("MediaContentType0", "image/jpeg"));
    params.push(("MediaUrl0", "https://api.example/picture"));
    assert_eq!(office.post(&Hook::form(INBOUND, &params)).await.status, 200);
    let seen = office.seen().await;
    let message = &seen[0]["messages"][0];
    assert_eq!(message["author"], json!({ "buyer": "picture" }));
    assert_eq!(message["media"], json!(["image/jpeg", "application/octet-stream"]));
    assert_has_holder_and_clock(&seen[0]);
    // A count that nobody can mean neither harms nor is believed.
    for (sid, count) in [("MM2", "4294967295"), ("MM3", "-1"), ("MM4", "many")] {
        let hook = Hook::form(INBOUND, &but(text(sid, "+14155550199", "look"), "NumMedia", count));
        assert_eq!(office.post(&hook).await.status, 200, "{count}");
    }
    let other = office.seen().await.into_iter().find(|c| c["address"] == "+14155550199").unwrap();
    let media: Vec<usize> =
        other["messages"].as_array().unwrap().iter().map(|m| m["media"].as_array().unwrap().len()).collect();
    assert_eq!(media, [10, 0, 0]);
}

#[tokio::test]
async fn words_meant_to_harm_are_kept_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::on_disk(&folder.path().join("comeback.db")).await;
    let marks = format!("e{}", "\u{301}".repeat(500));
    let bodies = [
        marks.as_str(),
        "\u{202e}evil\u{2066}\u{200f}\u{200b}\u{feff}",
        "\u{1b}]52;c;cm0gLXJm\u{7}\u{1b}[2J\u{9b}31m\u{1b}P+q\u{1b}\\",
        "a\u{0}b\r\nc\td\u{8}\u{7f}\u{85}",
        "'; DROP TABLE messages; -- \"{}\" ${HOME} %s %n",
        "👩‍👩‍👧‍👦🏳️‍🌈\u{10ffff}\u{e000}\u{fdd0}",
        "  \n ",
    ];
    for (n, body) in bodies.iter().enumerate() {
        let sid = format!("SM{n}");
        assert_eq!(office.post(&Hook::form(INBOUND, &text(&sid, BUYER, body))).await.status, 200, "{body:?}");
    }
    assert_eq!(office.bodies().await, bodies);
}

#[tokio::test]
async fn how_long_a_webhook_takes_to_its_2xx_is_measured_and_a_refused_one_is_not() {
    let office = Office::open().await;
    let took = |kind: &str| {
        let line = format!("comeback_webhook_seconds_count{{kind=\"{kind}\"}}");
        crate::service::reading(&office.metrics.render(), &line)
    };
    let hook = Hook::form(INBOUND, &text("SM1", BUYER, "Hello"));
    assert_eq!(office.post(&hook.clone().signed(None)).await.status, 403);
    assert_eq!(took("inbound"), 0);
    for times in [1, 2] {
        assert_eq!(office.post(&hook).await.status, 200);
        assert_eq!((took("inbound"), took("status")), (times, 0));
    }
    let path = format!("/hooks/twilio/status/{}", uuid::Uuid::now_v7());
    let report = Hook::form(&path, &[("AccountSid", ACCOUNT), ("MessageStatus", "sent")]);
    assert_eq!(office.post(&report).await.status, 200);
    assert_eq!(took("status"), 1);
}
