//! The ledger, and what other systems are to be told of it.

use comeback::domain::alert::{Notice, To, What};
use comeback::domain::consent::{Number, OptOutSource, Scope};
use comeback::domain::contact::Body;
use comeback::server::store::consent::{LedgerWrite, Untold};
use comeback::server::store::notice::{Ended, NoticeRow};
use comeback::server::store::{Batch, RestoreWrite, Restored};
use uuid::Uuid;

use super::notices::notice;
use super::scene::{Kept, address, arrival, entries, here, minute, number, put};

/// The `n`th word of consent, of a number, for a system.
fn word(n: u128, of: u128, to: &str, at: i64) -> NoticeRow {
    let (source, scope) = (OptOutSource::Carrier, Scope::Number("main".into()));
    let seq = u64::try_from(n).unwrap();
    let what = What::Consent { number: number(of), seq, out: true, source, scope, said: minute(at) };
    let notice = Notice { to: To::Channels(vec![to.to_owned()]), what, conversation: None, at: minute(at) };
    NoticeRow::new(Uuid::from_u128(0x6000 + n), notice)
}

pub(super) async fn the_ledger_of_a_number_is_the_journals_own_entries_in_order(store: &Kept) {
    put(store, arrival(1, &[])).await;
    put(store, arrival(2, &[])).await;
    let words = Some((Body::new("a form\nYes"), [7; 16]));
    let mut sealed = Vec::new();
    for (n, of, words) in [(1u8, 1, None), (2, 2, None), (3, 1, words)] {
        let tx = store.begin().await.unwrap();
        let entry = entries(tx.head(), minute(9), &[&[n]]);
        let ledger = vec![LedgerWrite { number: number(of), seq: entry[0].seq, words }];
        tx.commit(Batch { entries: entry.clone(), ledger, ..Batch::default() }).await.unwrap();
        sealed.extend(entry);
    }
    let (known, conversations) = store.consent_of(&address(1)).await.unwrap().unwrap();
    assert_eq!((known, conversations.len()), (Number::new(number(1)), 1));
    assert_eq!(conversations[0].id, here(1));
    assert!(store.consent_of(&address(77)).await.unwrap().is_none());
    let rows = store.ledger_of(number(1), 9).await.unwrap();
    let told: Vec<_> = rows.iter().map(|r| (r.entry.seq, r.entry.hash, r.words.clone(), r.address.clone())).collect();
    let own = Some(address(1));
    let wanted = [
        (sealed[0].seq, sealed[0].hash, None, own.clone()),
        (sealed[2].seq, sealed[2].hash, Some(Body::new("a form\nYes")), own),
    ];
    assert_eq!(told, wanted);
    assert_eq!(store.ledger_of(number(1), 1).await.unwrap()[0].entry.seq, sealed[2].seq, "the newest");
    let all = store.ledger(0, 2).await.unwrap();
    assert_eq!(
        all.iter().map(|r| (r.number, r.entry.seq)).collect::<Vec<_>>(),
        [(number(1), sealed[0].seq), (number(2), sealed[1].seq)]
    );
    let rest = store.ledger(sealed[1].seq, 9).await.unwrap();
    assert_eq!(rest.iter().map(|r| r.entry.seq).collect::<Vec<_>>(), [sealed[2].seq]);
}

pub(super) async fn words_for_other_systems_are_due_in_order_of_each_number_and_apart_from_alerts(store: &Kept) {
    put(store, arrival(1, &[])).await;
    let rows = [word(1, 1, "crm", 1), word(2, 1, "crm", 2), word(3, 1, "mail", 2), word(4, 2, "crm", 3)];
    let alert = notice(1, "maya", minute(0));
    let notices = [&rows[..], std::slice::from_ref(&alert)].concat();
    put(store, Batch { notices, ..arrival(2, &[]) }).await;
    assert_eq!(store.notices(9).await.unwrap(), [alert]);
    let due = async |now: i64, limit| store.consents_due(minute(now), limit).await.unwrap();
    assert_eq!(due(0, 9).await, (vec![], Some(minute(1))));
    assert_eq!(due(9, 9).await, (vec![rows[0].clone(), rows[2].clone(), rows[3].clone()], None));
    assert_eq!(due(9, 1).await.0, [rows[0].clone()]);
    // The first one failed: what came later about the same number waits behind it, for that system.
    let failed = NoticeRow { tries: 1, next_at: minute(20), ..rows[0].clone() };
    store.put_notices(std::slice::from_ref(&failed)).await.unwrap();
    assert_eq!(due(9, 9).await, (vec![rows[2].clone(), rows[3].clone()], Some(minute(20))));
    let sent = NoticeRow { ended: Some((Ended::Sent, minute(20))), ..failed };
    store.put_notices(std::slice::from_ref(&sent)).await.unwrap();
    assert_eq!(due(20, 9).await.0, [rows[1].clone(), rows[2].clone(), rows[3].clone()]);
    assert_eq!(store.consent_notices(number(1), 9).await.unwrap(), [sent, rows[1].clone(), rows[2].clone()]);
    assert_eq!(store.consent_notices(number(1), 1).await.unwrap(), [rows[2].clone()], "the newest");
}

pub(super) async fn what_other_systems_were_not_told_is_counted_and_outlives_a_backup(store: &Kept) {
    put(store, arrival(1, &[])).await;
    assert_eq!(store.untold_consents().await.unwrap(), Untold::default());
    let dead = NoticeRow { ended: Some((Ended::Dead, minute(4))), ..word(3, 1, "mail", 1) };
    let all = [word(1, 1, "crm", 3), word(2, 1, "crm", 2), dead, notice(1, "maya", minute(0))];
    store.put_notices(&all).await.unwrap();
    let wanted = Untold { waiting: 2, oldest: Some(minute(2)), refused: 1 };
    assert_eq!(store.untold_consents().await.unwrap(), wanted);
    let restored = Restored { epoch: 700, after: 3, since: minute(2), reconciled: false };
    put(store, Batch { restore: Some(RestoreWrite::Begun(restored)), ..arrival(2, &[]) }).await;
    assert_eq!(store.untold_consents().await.unwrap(), wanted, "that somebody opted out is true all the same");
    assert_eq!(store.notices(9).await.unwrap(), []);
}
