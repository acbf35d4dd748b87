//! Lines that must not go too fast, and lines that are set up wrongly: what waits, waits in its order and leaves once.

use std::os::unix::fs::PermissionsExt as _;

use comeback::domain::alert::What;
use comeback::domain::contact::Address;
use comeback::domain::pacing::{Limit, Rate};
use comeback::domain::time::Span;
use comeback::emulator::Times;
use comeback::emulator::others::OtherFaults;
use comeback::server::store::CarrierLine;
use comeback::server::store::notice::NoticeRow;
use serde_json::json;

use super::town::{BUYER, Kind, LINE, SECRET, Town, eventually};
use super::{delivered, each};

/// Stops that an admin is told of.
async fn told(town: &Town) -> Vec<NoticeRow> {
    let all = town.store.notices(100).await.unwrap();
    all.into_iter().filter(|row| matches!(row.notice.what, What::LineStopped { .. })).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_fast_and_a_full_queue_make_a_line_rest_and_nothing_is_lost_or_sent_twice() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.text(BUYER, LINE, "Hello").await;
        town.has("Hello").await;
        let faults = OtherFaults { send_429: Times::Next(1), queue_full: Times::Next(1), ..OtherFaults::default() };
        town.carrier.set_faults(faults);
        let (first, _) = town.answer("One").await;
        let (second, _) = town.answer("Two").await;
        let done = async || {
            // The rest is real time, and the runner asks again by the clock that decides.
            town.clock.advance(Span::seconds(1));
            (town.standing(first).await == delivered() && town.standing(second).await == delivered()).then_some(())
        };
        eventually("both leave", done).await;
        let words: Vec<String> = town.carrier.sent().into_iter().map(|(_, body)| body).collect();
        assert_eq!(words, ["One", "Two"], "{kind:?}");
        assert_eq!(town.facts("send_abandoned").await.len(), 2);
        assert_eq!(town.store.line_stops().await.unwrap(), []);
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_set_up_wrongly_stops_tells_an_admin_once_and_goes_on_when_it_is_resumed() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.text(BUYER, LINE, "Hello").await;
        town.has("Hello").await;
        town.carrier.set_faults(OtherFaults { misconfigured: true, ..OtherFaults::default() });
        let (first, _) = town.answer("One").await;
        let stops = eventually("it stops", async || {
            Some(town.store.line_stops().await.unwrap()).filter(|stops| !stops.is_empty())
        });
        let stops = stops.await;
        let code = if kind == Kind::Telnyx { 40305 } else { 900_034 };
        assert_eq!((stops[0].number.as_str(), stops[0].code, stops[0].until), (LINE, code, None));
        let notice = eventually("an admin is told", async || told(&town).await.pop()).await;
        assert_eq!(notice.notice.what, What::LineStopped { line: "main".to_owned(), code });
        assert_eq!(town.get("/ready").await["lines_stopped"], json!(1));

        // What comes meanwhile waits too, and is not tried: the journal has one attempt.
        let (second, _) = town.answer("Two").await;
        town.clock.advance(Span::minutes(10));
        town.carrier.text("+14155550199", LINE, "a commit wakes whoever sends").await;
        assert_eq!(town.facts("send_started").await.len(), 1);
        assert_eq!((told(&town).await.len(), town.carrier.sent().len()), (1, 0));
        for message in [first, second] {
            assert!(town.standing(message).await["held"].is_object(), "{}", town.standing(message).await);
        }

        town.carrier.set_faults(OtherFaults::default());
        assert!(town.store.resume_line(&Address::parse(LINE).unwrap()).await.unwrap());
        let done = async || {
            town.clock.advance(Span::seconds(10));
            (town.carrier.sent().len() == 2).then_some(())
        };
        eventually("both leave", done).await;
        town.stands(second, &delivered()).await;
        let words: Vec<String> = town.carrier.sent().into_iter().map(|(_, body)| body).collect();
        assert_eq!(words, ["One", "Two"]);
        assert!(town.get("/ready").await.get("lines_stopped").is_none());
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_whose_secret_the_backend_cannot_read_is_named_with_what_to_do_and_the_backend_stays_ready() {
    let town = Town::opens(Kind::Bridge).await;
    let unread = async || town.get("/ready").await.get("lines_secret_unreadable").cloned();
    assert_eq!(unread().await, None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("whsec");
    let line = CarrierLine { tokens: vec![format!("file:{}", file.display())], ..town.line() };
    town.store.put_line(&line).await.unwrap();
    assert_eq!(eventually("it is told", async || unread().await).await, json!(["main"]));
    let ready = town.get("/ready").await;
    assert_eq!(ready["status"], "ready");
    assert!(ready["lines_secret_unreadable_hint"].as_str().unwrap().contains("comeback line list"), "{ready}");
    for kept_back in [folder.path().to_str().unwrap(), LINE, &line.account] {
        assert!(!ready.to_string().contains(kept_back), "{kept_back} is in {ready}");
    }
    std::fs::write(&file, SECRET).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    eventually("it is read", async || unread().await.is_none().then_some(())).await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_comes_with_a_report_stops_the_line_as_well() {
    each(async |kind| {
        let town = Town::opens(kind).await;
        town.carrier.text(BUYER, LINE, "Hello").await;
        town.has("Hello").await;
        let (word, code) = if kind == Kind::Telnyx { ("40010", 40010) } else { ("configuration", 900_034) };
        town.carrier.set_faults(OtherFaults { undelivered: Some(word.to_owned()), ..OtherFaults::default() });
        let (message, _) = town.answer("One").await;
        town.stands(message, &json!({ "out": { "delivery": "undelivered", "error": code } })).await;
        let stops = eventually("it stops", async || town.store.line_stops().await.unwrap().pop()).await;
        assert_eq!((stops.code, stops.until), (code, None));
        eventually("an admin is told", async || told(&town).await.pop()).await;
        town.closes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_is_not_overtaken_by_short_ones_for_ever() {
    let limit = Limit { rate: Some(Rate { segments: 4, every: Span::minutes(1) }), per_day: None };
    let town = Town::paced(Kind::Bridge, limit).await;
    let buyers: Vec<String> = (0..4).map(|n| format!("+1415555018{n}")).collect();
    for buyer in buyers.iter().map(String::as_str).chain([BUYER]) {
        town.carrier.text(buyer, LINE, "Hello").await;
    }
    // Three segments fill most of the bucket, three more must wait for it, and short ones behind them too.
    let long = |n: u8| format!("{n}{}", "x".repeat(320));
    let mut asked = Vec::new();
    for (buyer, body) in
        [(BUYER, long(1)), (&buyers[0], long(2)), (&buyers[1], "3".to_owned()), (&buyers[2], "4".to_owned())]
    {
        let (message, verdict) = town.answers(buyer, &body).await;
        asked.push(json!(message));
        assert_eq!(verdict, json!({ "verdict": "done" }));
        // Which came due first is known by their times.
        town.clock.advance(Span::millis(1));
    }
    let done = async || {
        // Slowly enough that a call begins within two seconds of its entry; a commit wakes whoever sends.
        town.clock.advance(Span::seconds(1));
        town.carrier.text("+14155550199", LINE, "still there?").await;
        (town.carrier.sent().len() == 4).then_some(())
    };
    eventually("all leave", done).await;
    // By when they were let go: how soon each reaches the carrier is another matter, with a clock that flies.
    let mut let_go: Vec<_> = town.facts("send_started").await.into_iter().map(|fact| fact["message"].clone()).collect();
    let mut seen = std::collections::BTreeSet::new();
    let_go.retain(|message| seen.insert(message.to_string()));
    assert_eq!(let_go[..2], asked[..2]);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_sends_no_faster_than_its_rate_and_each_conversation_in_its_order() {
    let limit = Limit { rate: Some(Rate { segments: 1, every: Span::minutes(1) }), per_day: None };
    let town = Town::paced(Kind::Bridge, limit).await;
    let other = "+14155550188";
    for buyer in [BUYER, other] {
        town.carrier.text(buyer, LINE, "Hello").await;
    }
    for (buyer, body) in [(BUYER, "1"), (other, "2"), (BUYER, "3"), (other, "4")] {
        let (_, verdict) = town.answers(buyer, body).await;
        assert_eq!(verdict, json!({ "verdict": "done" }));
    }
    for n in 1..=4_usize {
        eventually("the next one", async || (town.carrier.sent().len() >= n).then_some(())).await;
        // However long the runner looks, there is no room for another in this minute.
        town.clock.advance(Span::seconds(59));
        town.carrier.text("+14155550199", LINE, "a commit wakes whoever sends").await;
        assert_eq!((town.carrier.sent().len(), town.facts("send_started").await.len()), (n, n));
        town.clock.advance(Span::seconds(1));
    }
    let sent: Vec<String> = town.carrier.sent().into_iter().map(|(_, body)| body).collect();
    assert!(sent.iter().position(|b| b == "1") < sent.iter().position(|b| b == "3"), "{sent:?}");
    assert!(sent.iter().position(|b| b == "2") < sent.iter().position(|b| b == "4"), "{sent:?}");
    assert_eq!(town.facts("send_abandoned").await.len(), 0, "room is taken before `sending`");
    town.closes().await;
}
