//! Many at once: order is given under the lock that commits it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use comeback::clock::ManualClock;
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::journal::{Head, verify};
use comeback::server::feed::{self, Ask, Presences};
use comeback::server::service::{Inbound, Outcome, Service, Work};
use comeback::server::store::{Batch, Device};
use comeback::wire::command::{Envelope, Receipt, Verdict};
use tokio::sync::watch;
use uuid::Uuid;

use super::scene::{Kept, address, delivery, device, entries, minute, raw, sign_in};

const WRITERS: u8 = 16;

/// What each writer does, one after the other.
const EACH: u8 = 12;

pub(super) async fn whoever_begins_waits_for_the_head(store: &Kept) {
    let writers = (0..WRITERS).map(|w| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for n in 0..EACH {
                let tx = store.begin().await.unwrap();
                // Whoever else could write now would be sealed onto the same head.
                tokio::task::yield_now().await;
                let sealed = entries(tx.head(), minute(0), &[&[w, n]]);
                tx.commit(Batch { entries: sealed, ..Batch::default() }).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let all = store.entries(0, usize::MAX).await.unwrap();
    assert_eq!(verify(&Head::GENESIS, &all).unwrap(), store.head().await.unwrap().0);
    for w in 0..WRITERS {
        let own: Vec<u8> = all.iter().filter(|e| e.body[0] == w).map(|e| e.body[1]).collect();
        assert_eq!(own, (0..EACH).collect::<Vec<_>>(), "all of writer {w}'s, in the order it wrote");
    }
}

pub(super) fn from_buyer(w: u8, n: u8) -> Work {
    Work::Receive(Box::new(Inbound {
        key: delivery("twilio", "AC", &format!("SM{w}-{n}")),
        // Four buyers, each spoken for by four writers at once.
        from: address(u128::from(w % 4)),
        line: "main".into(),
        body: Body::new(words(w, n)),
        media: Vec::new(),
        opt_out_type: None,
        sent: None,
        raw: raw(),
    }))
}

fn words(w: u8, n: u8) -> String {
    format!("the {n}th of writer {w}")
}

fn note(w: u8, n: u64, about: ConversationId) -> Envelope {
    let id = Uuid::from_u128(u128::from(w) << 64 | u128::from(n) << 1 | 1);
    let body = Body::new(words(w, u8::try_from(n).unwrap()));
    let command = Command::Note { message: MessageId(id), body, to: None };
    let id = CommandId(id);
    Envelope { id, n, after: 0, seen: 9, issued_at: minute(0), conversation: Some(about), command }
}

/// What a client would have after all pages.
#[derive(Default)]
struct Replica {
    cursor: String,
    seqs: BTreeMap<ConversationId, u64>,
    texts: BTreeMap<ConversationId, BTreeMap<u64, String>>,
    receipts: Vec<Receipt>,
    head: u64,
}

impl Replica {
    async fn pull(&mut self, service: &Service, presences: &Presences, device: &Device) {
        let known = self.receipts.last().map_or(0, |r| r.n);
        let ask = Ask {
            since: self.cursor.clone(),
            known,
            playbook: 1,
            wait: Duration::from_millis(1),
            drain: None,
            writing: None,
        };
        let page = feed::changes(service, presences, device, &ask).await.unwrap();
        assert_eq!(page.since, self.cursor);
        assert!(page.head.seq >= self.head, "the head never goes back");
        self.head = page.head.seq;
        let mut last = 0;
        for upsert in page.upserts {
            assert!(upsert.seq > last, "in order within a page");
            last = upsert.seq;
            let before = self.seqs.insert(upsert.state.id, upsert.seq).unwrap_or(0);
            assert!(upsert.seq >= before, "a conversation never goes back");
            let texts = self.texts.entry(upsert.state.id).or_default();
            texts.extend(upsert.messages.into_iter().map(|m| (m.n, m.body.unwrap().as_str().to_owned())));
            let numbers: Vec<u64> = texts.keys().copied().collect();
            let count = u64::try_from(numbers.len()).unwrap();
            assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "no text is missing in between");
        }
        for receipt in page.receipts {
            assert_eq!(receipt.n, self.receipts.last().map_or(0, |r| r.n) + 1, "no receipt is missing in between");
            self.receipts.push(receipt);
        }
        assert_eq!(page.acked, self.receipts.last().map_or(0, |r| r.n));
        self.cursor = page.cursor;
    }
}

/// Half of the writers are buyers, half are reps with a device each; one reader follows the feed, one the journal.
pub(super) async fn sixteen_writers_lose_nothing_and_a_reader_sees_no_gap(store: &Kept) {
    let clock = Arc::new(ManualClock::at(minute(0)));
    let service = Service::start(Arc::clone(store), clock, &crate::world::playbook()).await.unwrap();
    for w in 0..WRITERS {
        sign_in(store, device(u128::from(w)), "adele", [w; 32]).await;
    }
    for buyer in 0..4 {
        service.submit(from_buyer(buyer, 0)).await.unwrap();
    }
    let known = store.page(&super::scene::everything()).await.unwrap().subjects;
    let known: Vec<ConversationId> = known.iter().map(|s| s.state.id).collect();
    assert_eq!(known.len(), 4);

    let (done, running) = watch::channel(());
    let follower = tokio::spawn({
        let (service, store, running) = (service.clone(), Arc::clone(store), running.clone());
        async move {
            let me = store.device([8; 32]).await.unwrap().unwrap();
            let (presences, mut replica) = (Presences::default(), Replica::default());
            while running.has_changed().is_ok() {
                replica.pull(&service, &presences, &me).await;
            }
            replica.pull(&service, &presences, &me).await;
            replica
        }
    });
    let auditor = tokio::spawn({
        let store = Arc::clone(store);
        async move {
            let mut head = Head::GENESIS;
            loop {
                let over = running.has_changed().is_err();
                let more = store.entries(head.seq, 7).await.unwrap();
                head = verify(&head, &more).unwrap();
                if more.is_empty() && over {
                    return head;
                }
                tokio::task::yield_now().await;
            }
        }
    });

    let writers = (0..WRITERS).map(|w| {
        let (service, about) = (service.clone(), known[usize::from(w) % known.len()]);
        tokio::spawn(async move {
            for n in 1..=EACH {
                if w % 2 == 0 {
                    let outcome = service.submit(from_buyer(w, n)).await.unwrap();
                    assert!(matches!(outcome, Outcome::Received { new: true }), "{outcome:?}");
                    continue;
                }
                let envelopes = vec![note(w, u64::from(n), about)];
                let push = Work::Push { device: device(u128::from(w)), rep: "adele".into(), envelopes };
                let outcome = service.submit(push).await.unwrap();
                let Outcome::Receipts(receipts) = outcome else { panic!("{outcome:?}") };
                assert!(matches!(receipts[0].verdict, Verdict::Done), "{receipts:?}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    drop(done);

    let replica = follower.await.unwrap();
    let (head, _) = store.head().await.unwrap();
    assert_eq!((auditor.await.unwrap(), replica.head), (head, head.seq));
    let wanted: BTreeSet<String> =
        (0..4).map(|w| words(w, 0)).chain((0..WRITERS).flat_map(|w| (1..=EACH).map(move |n| words(w, n)))).collect();
    let seen: Vec<String> = replica.texts.into_values().flat_map(BTreeMap::into_values).collect();
    assert_eq!(seen.len(), wanted.len(), "each once");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), wanted);
    for w in (1..WRITERS).step_by(2) {
        let query = comeback::server::store::PageQuery { device: device(u128::from(w)), ..super::scene::everything() };
        let page = store.page(&query).await.unwrap();
        assert_eq!((page.acked, page.receipts.len()), (u64::from(EACH), usize::from(EACH)));
    }
}
