//! What campaigns sent, and the keys of the tools that report it.

use comeback::domain::answering::{Answering, Reported};
use comeback::domain::contact::Body;
use comeback::domain::conversation::Conversation;
use comeback::domain::time::{Span, Timestamp};
use comeback::server::store::{ApiKey, Batch, CampaignSend, RestoreWrite, Restored, Wants};

use super::scene::{
    Kept, address, arrival, change, conversation, delivery, everything, here, load, minute, number, page, put,
};

pub(super) fn sent(id: &str, to: u32, at: i64) -> CampaignSend {
    let sent = Answering {
        campaign: format!("campaign of {id}"),
        use_case: (at % 2 == 0).then(|| "meeting".to_owned()),
        words: Body::new(format!("words of {id}")),
        at: minute(at),
        send: None,
    };
    CampaignSend { source: "tool".to_owned(), id: id.to_owned(), to: address(to.into()), line: "main".into(), sent }
}

/// As it is found again: with the tool's own id of it.
fn named(send: CampaignSend) -> Answering {
    Answering { send: Some(Reported { by: send.source, id: send.id }), ..send.sent }
}

/// The text that a reply of that time to the main line answers.
async fn answered(store: &Kept, from: u32, at: Timestamp) -> Option<Answering> {
    let key = delivery("twilio", "AC", "SM9");
    let asked = (address(from.into()), "main".into(), at);
    let wants = Wants { answering: [(key.clone(), asked)].into(), ..Wants::default() };
    load(store, &wants).await.answering.remove(&key)
}

/// The first buyer's conversation, with a reply of that time.
fn replied(at: i64) -> Conversation {
    Conversation { last_inbound: Some(minute(at)), ..conversation(1) }
}

pub(super) async fn a_send_is_kept_once_by_its_tool_and_its_id(store: &Kept) {
    let other = CampaignSend { sent: sent("other words", 1, 5).sent, ..sent("1", 2, 1) };
    let elsewhere = CampaignSend { source: "another tool".to_owned(), ..sent("1", 3, 1) };
    let report = [sent("1", 1, 1), sent("2", 1, 2), other.clone(), elsewhere.clone()];
    assert_eq!(store.put_sends(&report).await.unwrap(), [true, true, false, true]);
    assert_eq!(store.put_sends(&report).await.unwrap(), [false; 4], "again it is all known");
    assert_eq!(store.put_sends(&[]).await.unwrap(), Vec::<bool>::new());
    assert_eq!(answered(store, 1, minute(1)).await, Some(named(sent("1", 1, 1))), "the first one stays");
    assert_eq!(answered(store, 2, minute(9)).await, None);
    assert_eq!(answered(store, 3, minute(9)).await, Some(named(elsewhere)));
}

pub(super) async fn a_reply_answers_the_newest_text_of_its_line_before_it(store: &Kept) {
    let of_another_line = CampaignSend { line: "dock".into(), ..sent("4", 1, 4) };
    let all = [sent("3", 1, 30), sent("1", 1, 1), of_another_line, sent("2", 1, 20), sent("5", 2, 25)];
    store.put_sends(&all).await.unwrap();
    for (at, wanted) in [(0, None), (1, Some("1")), (19, Some("1")), (20, Some("2")), (29, Some("2")), (99, Some("3"))]
    {
        let found = answered(store, 1, minute(at)).await.map(|sent| sent.words);
        assert_eq!(found, wanted.map(|id| Body::new(format!("words of {id}"))), "{at}");
    }
    // A conversation brings the one that its newest reply answers, to a decision and to a page of the feed.
    put(store, arrival(1, &[])).await;
    put(store, Batch { conversations: vec![change(replied(22), 0, 1, &[])], ..Batch::default() }).await;
    put(store, arrival(2, &[])).await;
    let wants =
        Wants { conversations: [here(1), here(2)].into(), answered: [here(1), here(2)].into(), ..Wants::default() };
    assert_eq!(load(store, &wants).await.answered, [(here(1), named(sent("2", 1, 20)))].into());
    let subjects = page(store, &everything()).await.subjects;
    let shown: Vec<_> = subjects.into_iter().map(|s| (s.state.id, s.answering)).collect();
    assert_eq!(shown, [(here(1), Some(named(sent("2", 1, 20)))), (here(2), None)], "who never wrote answers nothing");
}

pub(super) async fn a_send_of_before_a_reply_marks_its_conversation(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, Batch { conversations: vec![change(replied(10), 0, 1, &[])], ..Batch::default() }).await;
    let marked = async || store.unmatched(9).await.unwrap();
    store.put_sends(&[sent("1", 1, 11), sent("2", 2, 5), sent("3", 7, 5)]).await.unwrap();
    let elsewhere = CampaignSend { line: "dock".into(), ..sent("4", 1, 5) };
    store.put_sends(&[elsewhere]).await.unwrap();
    assert_eq!(marked().await, [], "later, somebody else's, or of another line");
    store.put_sends(&[sent("5", 1, 10)]).await.unwrap();
    assert_eq!(marked().await, [here(1)]);
    put(store, Batch { matched: [here(1)].into(), ..Batch::default() }).await;
    store.put_sends(&[sent("5", 1, 10)]).await.unwrap();
    assert_eq!(marked().await, [], "one that is known is no news");
}

pub(super) async fn campaigns_are_counted_by_day_and_found_before_a_text(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let day = minute(0);
    let spring = |id: &str, to, at| {
        let send = sent(id, to, at);
        CampaignSend { sent: Answering { campaign: "spring".to_owned(), ..send.sent }, ..send }
    };
    let tomorrow = 24 * 60;
    let all = [spring("1", 1, 1), spring("2", 2, 2), sent("3", 1, 3), spring("4", 1, tomorrow + 5)];
    store.put_sends(&all).await.unwrap();
    store.put_sends(&all).await.unwrap();
    let count = |campaign: &str, n| ((campaign.to_owned(), "main".into()), n);
    let of = async |since, until| store.campaigns_sent(since, until).await.unwrap();
    let hours = |n: i64| day + Span::minutes(60 * n);
    assert_eq!(of(day, hours(24)).await, [count("campaign of 3", 1), count("spring", 2)].into(), "once each");
    assert_eq!(of(day, hours(25)).await, [count("campaign of 3", 1), count("spring", 3)].into());
    assert_eq!(of(day + Span::minutes(15), hours(25)).await, [count("spring", 1)].into(), "to the quarter of an hour");
    assert_eq!(of(hours(48), hours(90)).await, [].into());
    let wrote = |n: u128, line: &str, at| (number(n), line.into(), minute(at));
    let asked =
        [wrote(1, "main", 2), wrote(1, "main", 9), wrote(1, "dock", 9), wrote(1, "main", 0), wrote(7, "main", 9)];
    let found = store.campaigns_before(&asked, Span::minutes(60)).await.unwrap();
    assert_eq!(found, [Some("spring".to_owned()), Some("campaign of 3".to_owned()), None, None, None]);
    let long_after = [wrote(1, "main", 200)];
    assert_eq!(store.campaigns_before(&long_after, Span::minutes(60)).await.unwrap(), [None]);
}

pub(super) async fn a_key_opens_until_its_name_is_revoked(store: &Kept) {
    let key = |name: &str, at, revoked| ApiKey { name: name.to_owned(), created: minute(at), revoked };
    assert_eq!(store.api_keys().await.unwrap(), []);
    for (token, name, at) in [(1, "tool", 1), (2, "tool", 2), (3, "other", 3)] {
        store.put_api_key([token; 32], name, minute(at)).await.unwrap();
    }
    assert!(store.put_api_key([1; 32], "thief", minute(4)).await.is_err(), "a token is one key's");
    assert_eq!(store.api_key([2; 32]).await.unwrap(), Some(key("tool", 2, false)));
    assert_eq!(store.api_key([9; 32]).await.unwrap(), None);
    assert_eq!(store.revoke_api_key("tool").await.unwrap(), 2);
    assert_eq!(store.revoke_api_key("tool").await.unwrap(), 0);
    assert_eq!(store.api_key([2; 32]).await.unwrap(), None);
    assert_eq!(store.api_keys().await.unwrap(), [key("other", 3, false), key("tool", 1, true), key("tool", 2, true)]);
    let restored = Restored { epoch: 700, after: 3, since: minute(2), reconciled: false };
    put(store, Batch { restore: Some(RestoreWrite::Begun(restored)), ..arrival(1, &[]) }).await;
    assert_eq!(store.api_key([3; 32]).await.unwrap(), None, "nobody knows which were revoked since the backup");
}
