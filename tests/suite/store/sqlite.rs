//! What only a file can do: be opened again, be newer than the program, be somebody else's, be read by others.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use comeback::clock::{Clock, ManualClock};
use comeback::domain::consent::Number;
use comeback::domain::context::Intent;
use comeback::domain::event::{Event, Outcome, Subject};
use comeback::domain::routing::Holder;
use comeback::domain::time::Span;
use comeback::domain::write_back::Wanted;
use comeback::journal::Frame;
use comeback::server::crm::Changed;
use comeback::server::crm::changed::Kind;
use comeback::server::feed::Presences;
use comeback::server::http::{self, App, auth};
use comeback::server::service::{Service, ServiceError};
use comeback::server::store::card::{CardChange, Says};
use comeback::server::store::notice::Reach;
use comeback::server::store::sqlite::{MIGRATIONS, SqliteStore};
use comeback::server::store::{
    Batch, CarrierLine, LineExtra, LineStop, People, RestoreWrite, Restored, StoreError, migrate,
};
use comeback::server::telemetry::Metrics;
use comeback::server::write_back::follow;
use rusqlite::{Connection, params};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::facts::something_everywhere;
use super::reads::held_by;
use super::scene::{
    Kept, address, all_of, arrival, change, commit, delivery, device, entries, here, minute, number, put, sign_in, text,
};

fn open(path: &Path) -> Kept {
    Arc::new(SqliteStore::open(path).unwrap())
}

fn refused(path: &Path) -> StoreError {
    SqliteStore::open(path).expect_err("this file must not be opened")
}

/// Rows of each table, by name.
fn rows(path: &Path) -> Vec<(String, i64)> {
    let db = Connection::open(path).unwrap();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = tables.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |name: &str| db.query_row(&format!("SELECT count(*) FROM {name}"), [], |r| r.get(0)).unwrap();
    names.into_iter().map(|name| (name.clone(), count(&name))).collect()
}

/// A store with a row in every table.
async fn furnish(store: &Kept) {
    let changed = Changed { kind: Kind::Deal, id: "7".to_owned() };
    store.crm_changed(&[changed]).await.unwrap();
    let past = Restored { epoch: 7, after: 0, since: minute(0), reconciled: true };
    put(store, Batch { restore: Some(RestoreWrite::Begun(past)), ..arrival(30, &[]) }).await;
    sign_in(store, device(1), "maya", [1; 32]).await;
    store.put_invite([6; 32], &"ben".into(), minute(9)).await.unwrap();
    put(store, Batch { dedupe: vec![(delivery("twilio", "AC", "SM1"), text(1))], ..arrival(1, &["maya"]) }).await;
    put(store, arrival(2, &["maya"])).await;
    put(store, something_everywhere()).await;
    let held = held_by(2, Holder::Rep("maya".into()));
    put(store, Batch { conversations: vec![change(held, 0, 1, &[])], ..Batch::default() }).await;
    let people = People { fresh: number(9), address: address(1), cards: vec![crate::world::card("c-1")] };
    store.put_cards(&[people], minute(1)).await.unwrap();
    let signs = CardChange { fresh: number(9), address: address(1), at: minute(1), says: Says::Signs(Vec::new()) };
    store.push_cards("tool", &[signs], minute(1)).await.unwrap();
    let line = CarrierLine {
        number: address(7),
        provider: "twilio".to_owned(),
        account: "AC".to_owned(),
        tokens: vec!["secret".to_owned()],
        service: None,
        api: String::new(),
        extra: LineExtra::default(),
    };
    store.put_line(&line).await.unwrap();
    let stop = LineStop { number: address(7), id: Uuid::from_u128(1), code: 30034, at: minute(0), until: None };
    store.stop_line(&stop).await.unwrap();
    store.put_sends(&[super::sends::sent("1", 1, 1)]).await.unwrap();
    store.put_api_key([3; 32], "tool", minute(1)).await.unwrap();
    store.put_notices(&[super::notices::notice(1, "maya", minute(0))]).await.unwrap();
    store.crm_follow(1, &[super::crm_writes::log(1, 1, 1)]).await.unwrap();
    store.put_past(&[super::past::reply("a", 1)]).await.unwrap();
    super::media::one_kept(store).await;
    super::record::written(store).await;
    let reach = Reach { rep: "maya".into(), phone: Some(address(8)), email: None, stopped: Some(minute(1)) };
    store.put_reach(&reach).await.unwrap();
}

#[tokio::test]
async fn a_file_opened_again_has_everything_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store = open(&path);
    furnish(&store).await;
    let before = all_of(&store).await;
    drop(store);
    // Only a migration writes there.
    let joined = "INSERT INTO number_joined SELECT 'another', min(id) FROM number";
    Connection::open(&path).unwrap().execute(joined, []).unwrap();
    let counted = rows(&path);
    let empty: Vec<_> = counted.iter().filter(|(_, n)| *n == 0).collect();
    assert!(empty.is_empty(), "this test must furnish every table: {empty:?}");
    for time in ["second", "third"] {
        let store = open(&path);
        assert_eq!(all_of(&store).await, before, "the {time} time");
        drop(store);
        assert_eq!(rows(&path), counted, "the {time} time: a migration that is run again adds nothing");
    }
    let store = open(&path);
    let (head, _) = store.head().await.unwrap();
    assert_eq!(put(&store, arrival(8, &[])).await, head.seq + 1, "and it goes on where it stood");
}

#[tokio::test]
async fn a_group_that_fails_leaves_no_row_in_any_table_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store = open(&path);
    sign_in(&store, device(1), "maya", [1; 32]).await;
    put(&store, Batch { dedupe: vec![(delivery("twilio", "AC", "SM1"), text(1))], ..arrival(1, &["maya"]) }).await;
    let before = rows(&path);
    let mut failing = something_everywhere();
    failing.dedupe.push((delivery("twilio", "AC", "SM1"), text(8)));
    assert!(commit(&store, failing).await.is_err());
    assert_eq!(rows(&path), before);
}

#[test]
fn every_migration_is_run_once_and_an_older_file_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    for from in 0..=MIGRATIONS.len() {
        let path = folder.path().join(format!("{from}.sqlite"));
        let mut db = Connection::open(&path).unwrap();
        migrate::sqlite(&mut db, &MIGRATIONS[..from]).unwrap();
        for _ in 0..2 {
            migrate::sqlite(&mut db, MIGRATIONS).unwrap();
        }
        let versions: Vec<u32> = (1..).take(MIGRATIONS.len()).collect();
        let mut query = db.prepare("SELECT version FROM schema_version ORDER BY version").unwrap();
        let found: Vec<u32> = query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, versions);
        assert_eq!(MIGRATIONS.iter().map(|m| m.version).collect::<Vec<_>>(), versions, "numbered without a hole");
    }
}

#[test]
fn a_file_of_a_newer_program_is_refused_in_a_clear_sentence_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    drop(open(&path));
    let known = u32::try_from(MIGRATIONS.len()).unwrap();
    let add = "INSERT INTO schema_version (version, name, digest) VALUES (?1, 'later.sql', x'00')";
    Connection::open(&path).unwrap().execute(add, [known + 5]).unwrap();
    let before = rows(&path);
    let sentence =
        format!("the database is of version {}; this program knows {known}: install the newer one", known + 5);
    assert_eq!(refused(&path).to_string(), sentence);
    assert_eq!(rows(&path), before);
}

#[test]
fn an_edited_migration_and_another_programs_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    drop(open(&path));
    Connection::open(&path).unwrap().execute("UPDATE schema_version SET digest = x'00' WHERE version = 1", []).unwrap();
    let said = refused(&path).to_string();
    assert!(said.contains("0001_start.sql is not the one this database was made with"), "{said}");

    let path = folder.path().join("other.sqlite");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA application_id = 77; CREATE TABLE theirs (x)").unwrap();
    drop(other);
    assert!(refused(&path).to_string().contains("another program's database"));
    assert_eq!(rows(&path), [("theirs".to_owned(), 0)]);

    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "This is no database. ".repeat(100)).unwrap();
    let said = refused(&path).to_string();
    assert!(said.contains("not a database"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "This is no database. ".repeat(100));
}

#[tokio::test]
async fn two_programs_on_one_file_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let stores = [open(&path), open(&path)];
    for n in 1..=6 {
        let seq = put(&stores[usize::try_from(n % 2).unwrap()], arrival(n, &[])).await;
        assert_eq!(u128::from(seq), n, "each sees what the other left");
    }
    assert_eq!(all_of(&stores[0]).await, all_of(&stores[1]).await);
}

#[tokio::test]
async fn only_its_owner_can_read_the_file_and_no_token_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store = open(&path);
    let clock = Arc::new(ManualClock::at(minute(0)));
    let service = Service::start(Arc::clone(&store), clock.clone(), &crate::world::playbook()).await.unwrap();
    let (_, shutdown) = tokio::sync::watch::channel(false);
    let (presences, metrics) = (Arc::new(Presences::default()), Arc::new(Metrics::default()));
    let router = http::router(App { service, presences, metrics, shutdown });
    let invite = auth::new_token("once");
    store.put_invite(auth::token_hash(&invite), &"maya".into(), clock.now() + Span::minutes(1)).await.unwrap();
    let body = serde_json::json!({ "token": invite, "device_name": "laptop" }).to_string();
    let request = Request::post("/v1/session").header(header::CONTENT_TYPE, "application/json");
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let signed_in: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let token = signed_in["token"].as_str().unwrap().to_owned();
    assert!(store.device(auth::token_hash(&token)).await.unwrap().is_some());

    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} is open to others: {mode:o}", file.file_name());
        let bytes = std::fs::read(file.path()).unwrap();
        for secret in [&invite, &token] {
            let half = secret.as_bytes().split_at(secret.len() / 2);
            for part in [half.0, half.1] {
                assert!(!bytes.windows(part.len()).any(|w| w == part), "a token stands in {:?}", file.file_name());
            }
        }
        files += usize::from(bytes.windows(6).any(|w| w == b"laptop"));
    }
    assert!(files > 0, "the device must be in one of the files that were read");
}

#[tokio::test]
async fn a_database_that_fails_stops_the_service_and_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let store = open(&path);
    let clock = Arc::new(ManualClock::at(minute(0)));
    let service = Service::start(Arc::clone(&store), clock, &crate::world::playbook()).await.unwrap();
    Connection::open(&path).unwrap().execute_batch("DROP TABLE raw_event").unwrap();
    let head = store.head().await.unwrap();
    for what in ["the one that met it", "and whoever comes later"] {
        let outcome = service.submit(super::writers::from_buyer(1, 1)).await;
        assert!(matches!(outcome, Err(ServiceError::Stopped(_))), "{what}: {outcome:?}");
    }
    let why = service.failed().await;
    assert!(why.contains("raw_event"), "{why}");
    assert_eq!(store.head().await.unwrap(), head);
}

#[test]
fn a_person_who_wrote_by_several_channels_becomes_one_and_what_any_of_them_withdrew_stays_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut db = Connection::open(&path).unwrap();
    migrate::sqlite(&mut db, &MIGRATIONS[..14]).unwrap();
    let id = |n: u32| format!("0192f1c0-0000-7000-8000-{n:012}");
    let add = |n: u32, address: &str, more: &str| {
        let state = format!(r#"{{"id":"{}","opted_out":null{more}}}"#, id(n)).replace(r#"null,"opted_out":"#, "");
        db.execute("INSERT INTO number (id, address, state) VALUES (?1, ?2, ?3)", [id(n).as_str(), address, &state])
            .unwrap();
    };
    let out = r#","opted_out":{"at":5,"source":{"keyword":"stop"}}"#;
    let part = |line: &str| format!(r#","parts":[[{{"number":"{line}"}},{{"at":1,"source":"carrier"}}]]"#);
    add(1, "+14155550100", &part("main"));
    add(2, "rcs:+14155550100", &format!("{out}{}", part("dock")));
    add(3, "whatsapp:+4915112345678", out);
    add(4, "rcs:+447700900123", "");
    add(5, "whatsapp:+447700900123", r#","hold":{"since":1,"due":9,"texts":[]}"#);
    add(6, "rcs:acme_agent", "");
    add(7, "+14155550107", "");
    // A list's word, overtaken by their own STOP by another way, and said again since; and evidence of both.
    let evidence = |at: u32| format!(r#","evidence":[{{"at":{at},"source":{{"import":"crm"}}}}]"#);
    add(8, "+14155550108", &format!(r#","opted_out":{{"at":100,"source":{{"api":"tool"}}}}{}"#, evidence(30)));
    let stop = r#","opted_out":{"at":200,"source":{"keyword":"stop"},"again":300}"#;
    add(9, "rcs:+1 (415) 555-0108", &format!("{stop}{}", evidence(20)));
    add(10, "rcs:+123", "");
    add(11, "whatsapp:+14155550108", r#","opted_out":{"at":250,"source":"carrier"}"#);
    let notice = format!(r#"{{"what":{{"consent":{{"number":"{}"}}}}}}"#, id(9));
    db.execute(
        "INSERT INTO notice (id, recipient, body, at, next_at, tries, passed, first) VALUES ('n', 'x', ?1, 1, 1, 0, '[]', 1)",
        [notice],
    )
    .unwrap();
    db.execute("INSERT INTO ruling VALUES (1, 1, ?1, 'c', 'm', 5, NULL, NULL)", [id(9)]).unwrap();
    let state = format!(r#"{{"id":"c","number":"{}"}}"#, id(2));
    let row = "INSERT INTO conversation VALUES ('c', ?1, 'main', ?2, 1, 0, NULL, NULL, 1)";
    db.execute(row, [id(2), state]).unwrap();
    db.execute("INSERT INTO ledger (number, seq) VALUES (?1, 7)", [id(2)]).unwrap();
    migrate::sqlite(&mut db, MIGRATIONS).unwrap();

    let read = |n: u32| -> (Option<String>, comeback::domain::consent::Number) {
        let row = "SELECT address, state FROM number WHERE id = ?1";
        let (address, state): (_, String) = db.query_row(row, [id(n)], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        (address, serde_json::from_str(&state).unwrap())
    };
    let (address, number) = read(1);
    assert_eq!(address.as_deref(), Some("+14155550100"));
    assert_eq!((number.opted_out.is_some(), number.parts.len()), (true, 2));
    assert_eq!((read(3).0.as_deref(), read(3).1.opted_out.is_some()), (Some("+4915112345678"), true));
    assert_eq!((read(4).0.as_deref(), read(4).1.hold.is_some()), (Some("+447700900123"), true));
    assert_eq!((read(2).0, read(5).0), (None, None), "nobody texts from there any more");
    assert_eq!((read(6).0.as_deref(), read(7).0.as_deref()), (Some("rcs:acme_agent"), Some("+14155550107")));
    assert!(read(7).1.opted_out.is_none());
    let out = read(8).1.opted_out.unwrap();
    assert!(out.source.is_firm(), "no list unsays a STOP: {out:?}");
    assert_eq!((out.at.millis(), out.last().millis()), (200, 300));
    let given: Vec<_> = read(8).1.evidence.iter().map(|evidence| evidence.at.millis()).collect();
    assert_eq!(given, [20, 30]);
    assert_eq!((read(9).0, read(11).0), (None, None));
    assert_eq!(read(10).0.as_deref(), Some("rcs:+123"), "no phone number");
    let one = |sql: &str| db.query_row(sql, [], |r| r.get::<_, String>(0)).unwrap();
    assert_eq!(one("SELECT json_extract(body, '$.what.consent.number') FROM notice"), id(8));
    assert_eq!(one("SELECT number FROM ruling"), id(8));
    assert_eq!(
        one(
            "SELECT group_concat(id) FROM (SELECT id FROM number_joined WHERE kept = (SELECT id FROM number WHERE address = '+14155550108') ORDER BY id)"
        ),
        format!("{},{}", id(9), id(11))
    );
    assert_eq!(one("SELECT number FROM conversation"), id(1));
    assert_eq!(one("SELECT json_extract(state, '$.number') FROM conversation"), id(1));
    assert_eq!(one("SELECT number FROM ledger"), id(1));
}

#[tokio::test]
async fn a_task_for_later_of_an_older_version_is_put_aside_by_a_later_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut db = Connection::open(&path).unwrap();
    migrate::sqlite(&mut db, &MIGRATIONS[..29]).unwrap();
    let later = Wanted::FollowUp { words: "Ask again".to_owned(), due: minute(60) };
    let wanted = serde_json::to_string(&later).unwrap();
    let row =
        "INSERT INTO crm_write VALUES (?1, ?2, ?3, ?4, 2, 0, 'maya', ?5, NULL, NULL, 0, 0, 0, NULL, 'made', 0, 'w-1')";
    for (n, once, seq) in [(1, "later:1:0", 1), (2, "later:12:3", 12)] {
        let of = here(n).to_string();
        db.execute(row, params![Uuid::from_u128(n).to_string(), once, of, seq, wanted]).unwrap();
    }
    drop(db);
    let store = open(&path);
    for (n, once) in [(1, "end:1:later:0"), (2, "end:12:later:3")] {
        let [kept] = store.crm_ends(here(n)).await.unwrap().try_into().unwrap();
        assert_eq!((kept.once.as_str(), &kept.wanted), (once, &later));
    }
    let clock = Arc::new(ManualClock::at(minute(2)));
    let service = Service::start(Arc::clone(&store), clock, &crate::world::playbook()).await.unwrap();
    store.crm_follow(store.head().await.unwrap().0.seq, &[]).await.unwrap();
    let event = Event::Done { outcome: Outcome::NotInterested, by: "maya".into(), meeting: None, note: None };
    let frame = Frame {
        subject: serde_json::to_value(Subject::Conversation(here(1))).unwrap(),
        kind: event.kind().to_owned(),
        event: serde_json::to_value(&event).unwrap(),
        actor: serde_json::Value::Null,
        command: None,
        content: Vec::new(),
        took_us: None,
    };
    let tx = store.begin().await.unwrap();
    let entries = entries(tx.head(), minute(1), &[b"{}", &serde_json::to_vec(&frame).unwrap()]);
    tx.commit(Batch { entries, ..Batch::default() }).await.unwrap();
    follow(&service).await.unwrap();
    let ends = store.crm_ends(here(1)).await.unwrap();
    let aside: Vec<_> = ends.iter().filter(|row| row.wanted == Wanted::PutAside).map(|row| row.about).collect();
    assert_eq!(aside, [Some(Uuid::from_u128(1))], "{ends:#?}");
}

#[tokio::test]
async fn signs_of_an_older_version_are_nobodys_and_stay_until_a_program_says_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comeback.sqlite");
    let mut db = Connection::open(&path).unwrap();
    migrate::sqlite(&mut db, &MIGRATIONS[..30]).unwrap();
    let signs = |kind: &str| vec![Intent { at: minute(1), kind: kind.to_owned(), ..Intent::default() }];
    let state = serde_json::to_string(&Number::new(number(1))).unwrap();
    db.execute(
        "INSERT INTO number (id, address, state) VALUES (?1, ?2, ?3)",
        params![number(1).to_string(), address(1).as_str(), state],
    )
    .unwrap();
    let row = "INSERT INTO pushed_sign (number, contact, at, signs) VALUES (?1, '', 5, ?2)";
    db.execute(row, params![number(1).to_string(), serde_json::to_string(&signs("old")).unwrap()]).unwrap();
    drop(db);
    let store = open(&path);
    let shown = async || {
        let people = People { fresh: number(9), address: address(1), cards: vec![crate::world::card("c-1")] };
        store.put_cards(&[people], minute(1)).await.unwrap();
        store.cards_of(&[number(1)].into()).await.unwrap().remove(&number(1)).unwrap().remove(0).intents
    };
    assert_eq!(shown().await, signs("old"));
    let new = CardChange { fresh: number(9), address: address(1), at: minute(1), says: Says::Signs(signs("new")) };
    store.push_cards("tool", &[new], minute(1)).await.unwrap();
    assert_eq!(shown().await, signs("new"));
}

#[test]
fn what_campaigns_sent_is_counted_by_quarters_of_an_hour_and_texts_erased_since_stand_at_noon() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = Connection::open(folder.path().join("comeback.sqlite")).unwrap();
    migrate::sqlite(&mut db, &MIGRATIONS[..26]).unwrap();
    let (minute, hour, day) = (60_000_i64, 3_600_000_i64, 86_400_000_i64);
    let first = 20_000 * day;
    let sent = |db: &Connection, id: &str, campaign: &str, line: &str, at: i64| {
        let row = "INSERT INTO campaign_send VALUES ('tool', ?1, '+14155550100', ?2, ?3, NULL, 'Hello', ?4)";
        db.execute(row, rusqlite::params![id, line, campaign, at]).unwrap();
    };
    let morning = first + 9 * hour;
    for (id, campaign, line, at) in [
        ("1", "spring", "main", morning),
        ("2", "spring", "main", morning + 14 * minute),
        ("3", "spring", "main", morning + 15 * minute),
        ("4", "spring", "main", first + 12 * hour),
        ("5", "spring", "main", first + day - 1),
        // Of the next three whole days are erased.
        ("6", "spring", "dock", first),
        ("7", "fall", "main", first + day),
        ("8", "fall", "main", first + 2 * day - 1),
        ("9", "fall", "main", first + 2 * day),
    ] {
        sent(&db, id, campaign, line, at);
    }
    db.execute("DELETE FROM campaign_send WHERE id IN ('2', '5', '6', '7', '8')", []).unwrap();
    migrate::sqlite(&mut db, MIGRATIONS).unwrap();

    // As quarters of an hour from the first day's midnight.
    let counted = |db: &Connection| -> Vec<(String, String, i64, i64)> {
        let sql =
            "SELECT campaign, line, quarter - 20000 * 96, texts FROM campaign_sent ORDER BY campaign, line, quarter";
        let mut query = db.prepare(sql).unwrap();
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let of = |campaign: &str, line: &str, quarter, texts| (campaign.to_owned(), line.to_owned(), quarter, texts);
    let mut wanted = vec![
        of("fall", "main", 96 + 48, 2),
        of("fall", "main", 2 * 96, 1),
        of("spring", "dock", 48, 1),
        of("spring", "main", 36, 1),
        of("spring", "main", 37, 1),
        of("spring", "main", 48, 3),
    ];
    assert_eq!(counted(&db), wanted, "of each day as many as before: what is known where it was, the others at noon");
    // What is reported from then on is counted where it was sent, and erasing takes nothing away.
    sent(&db, "10", "spring", "main", morning + 30 * minute - 1);
    db.execute("DELETE FROM campaign_send", []).unwrap();
    wanted[4].3 = 2;
    assert_eq!(counted(&db), wanted);
    let left = "SELECT count(*) FROM sqlite_schema WHERE name = 'campaign_sent_of_days'";
    assert_eq!(db.query_row(left, [], |r| r.get::<_, i64>(0)).unwrap(), 0);
}
