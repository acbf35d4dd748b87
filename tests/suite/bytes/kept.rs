//! What was kept on a disk, with something wrong in it: the cache, the profile, checkpoints, and the cursor a device
//! comes back with.

use std::fs;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use comeback::client::cache::{Cache, CacheError};
use comeback::client::profile::{Profile, ProfileError};
use comeback::client::search;
use comeback::client::state::Write;
use comeback::domain::id::ConversationId;
use comeback::domain::time::Timestamp;
use comeback::journal::{Checkpoint, Key, Keys};
use comeback::server::checkpoints;
use comeback::wire::changes::Changes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::{Connection, params};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::corpus;
use super::mutate::mutated;
use crate::hooks::office::{BUYER, Hook, INBOUND, Office, text};

const NOW: Timestamp = Timestamp::from_millis(1_793_718_000_000);
const DRAFT: &str = "Yes, Friday works for the whole team";

fn run<S: Strategy>(cases: u32, strategy: &S, held: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(e) = TestRunner::new(config).run(strategy, held) {
        panic!("{e}");
    }
}

/// What a feed said, as kept in the corpus of the wire.
fn pages() -> Vec<Changes> {
    let pages: Vec<Changes> =
        corpus("wire_to_client").iter().filter_map(|bytes| serde_json::from_slice(bytes).ok()).collect();
    assert!(pages.iter().any(|page| !page.upserts.is_empty()), "no page of a feed is in fuzz/corpus/wire_to_client");
    pages
}

/// A cache with conversations, a draft and a text on its way, in `dir`.
fn cache(dir: &Path) {
    let mut writes = Vec::new();
    for page in pages() {
        writes.extend(page.upserts.into_iter().map(|snapshot| Write::Upsert(Box::new(snapshot))));
        writes.extend(page.playbook.map(|playbook| Write::Playbook(playbook.into())));
        writes.extend([Write::Roster(page.roster), Write::Head(page.head), Write::Cursor(page.cursor)]);
    }
    writes.push(Write::Draft(ConversationId(Uuid::from_u128(1)), DRAFT.to_owned()));
    Cache::open(dir).unwrap().commit(&writes).unwrap();
}

#[test]
fn a_row_of_the_cache_that_is_garbled_costs_no_draft() {
    let dir = tempfile::tempdir().unwrap();
    cache(dir.path());
    let db = Connection::open(Cache::path_in(dir.path())).unwrap();
    // What the backend said is fetched again; an entry of the outbox may hold a text, so it stops the client.
    let columns = [
        ("conversations", "snapshot"),
        ("conversations", "tail"),
        ("conversations", "id"),
        ("messages", "message"),
        ("meta", "value"),
        ("seen", "conversation"),
        ("outbox", "entry"),
    ];
    let mut cells: Vec<(&str, &str, i64, Vec<u8>)> = Vec::new();
    db.execute(
        "INSERT INTO seen (conversation, texts) VALUES (?1, 9223372036854775807)",
        [Uuid::from_u128(9).to_string()],
    )
    .unwrap();
    db.execute("INSERT INTO outbox (id, entry) VALUES ('1', '{}')", []).unwrap();
    for (table, column) in columns {
        let mut rows = db.prepare(&format!("SELECT rowid, {column} FROM {table} LIMIT 6")).unwrap();
        let found = rows.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).unwrap();
        cells.extend(found.map(|row| row.unwrap()).map(|(row, text)| (table, column, row, text.into_bytes())));
    }
    db.execute("DELETE FROM outbox", []).unwrap();
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(db);
    let whole = fs::read(Cache::path_in(dir.path())).unwrap();
    let which = proptest::sample::select(cells.clone());
    let seeds: Vec<Vec<u8>> = cells.iter().map(|cell| cell.3.clone()).collect();
    let garbled = which.prop_flat_map(move |cell| {
        let mut own = vec![cell.3.clone(); 4];
        own.extend(seeds.iter().take(3).cloned());
        (Just(cell), mutated(own))
    });
    run(80, &garbled, |((table, column, row, _), bytes)| {
        let home = tempfile::tempdir().unwrap();
        fs::write(Cache::path_in(home.path()), &whole).unwrap();
        let db = Connection::open(Cache::path_in(home.path())).unwrap();
        let garbled = String::from_utf8_lossy(&bytes).into_owned();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        if table == "outbox" {
            db.execute("INSERT INTO outbox (id, entry) VALUES ('1', ?1)", [&garbled]).unwrap();
        } else {
            let put = db.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2"), params![garbled, row]);
            prop_assert!(put.is_ok(), "{put:?}");
        }
        drop(db);
        for awake in [true, false] {
            let mut cache = Cache::open(home.path()).unwrap();
            let read = if awake { cache.load_awake(NOW) } else { cache.load(NOW) };
            match read {
                Ok(state) => {
                    prop_assert_eq!(state.drafts.values().collect::<Vec<_>>(), [DRAFT]);
                    for id in state.base.keys() {
                        prop_assert!(cache.conversation(*id).is_ok());
                    }
                }
                Err(e) => {
                    prop_assert!(matches!(e, CacheError::Outbox { .. }), "{e}");
                    prop_assert!(table == "outbox", "{table}: {e}");
                }
            }
        }
        let db = Connection::open(Cache::path_in(home.path())).unwrap();
        prop_assert!(search::search(&db, &garbled).is_ok());
        let draft: String = db.query_row("SELECT body FROM drafts", [], |row| row.get(0)).unwrap();
        prop_assert_eq!(draft, DRAFT);
        Ok(())
    });
}

#[test]
fn a_garbled_profile_is_said_to_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let seeds = vec![
        br#"{"base_url": "https://c.example", "rep": "maya"}"#.to_vec(),
        br#"{"base_url": "http://127.0.0.1:9"}"#.to_vec(),
    ];
    let files = (mutated(seeds), mutated(vec![b"cbd_0123456789abcdef\n".to_vec()]));
    run(300, &files, |(profile, token)| {
        fs::write(dir.path().join("profile.json"), &profile).unwrap();
        fs::write(dir.path().join("token"), &token).unwrap();
        match Profile::load(dir.path()) {
            Ok(read) => {
                let token = String::from_utf8(token).unwrap();
                prop_assert_eq!(&read.token, token.trim());
                drop(comeback::client::http::Backend::new(&read.base_url, &read.token));
            }
            Err(e) => {
                prop_assert!(matches!(e, ProfileError::Garbled { .. } | ProfileError::File { .. }), "{e}");
                prop_assert!(e.to_string().starts_with(&dir.path().display().to_string()), "{e}");
                let quotes =
                    String::from_utf8(token).is_ok_and(|t| t.trim().len() > 8 && e.to_string().contains(t.trim()));
                prop_assert!(!quotes, "{e}");
            }
        }
        drop(Profile::owner(dir.path()));
        Ok(())
    });
}

#[test]
fn a_file_of_checkpoints_that_was_touched_is_refused_by_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("checkpoints");
    let key = Key::new(&[7; Key::MIN_LEN]).unwrap();
    let signed = corpus("checkpoint").into_iter().find(|line| line.ends_with(b"\n")).unwrap();
    touched(&file, &key, &signed);
    // The same by a pair.
    let line = std::str::from_utf8(&signed).unwrap();
    let pair = Key::pair(&[8; 32]).unwrap();
    let again = Checkpoint::verify(line, &key).unwrap().sign(&pair).unwrap();
    touched(&file, &pair, format!("{again}\n").as_bytes());
}

fn touched(file: &Path, key: &Key, signed: &[u8]) {
    let keys = Keys::from(key.clone());
    fs::write(file, signed.repeat(3)).unwrap();
    assert_eq!(checkpoints::read(file, &keys).unwrap().len(), 3);
    run(800, &mutated(vec![signed.repeat(3)]), |bytes| {
        fs::write(file, &bytes).unwrap();
        match checkpoints::read(file, &keys) {
            Ok(read) => {
                let lines: Vec<String> = read.iter().map(|checkpoint| checkpoint.sign(key).unwrap()).collect();
                let text = String::from_utf8(bytes).unwrap();
                // What a crash cut off at the end does not count.
                let whole = text.rfind('\n').map_or("", |end| &text[..end]);
                let kept: Vec<&str> = whole.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
                prop_assert_eq!(lines, kept);
            }
            Err(e) => {
                let said = e.to_string();
                prop_assert!(said.contains("checkpoint") && !said.chars().any(char::is_control), "{said:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_cursor_that_is_not_ours_is_gone() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let office = runtime.block_on(Office::open());
    let ask = |query: &str| {
        let request = Request::get(format!("/v1/changes?{query}")).header(header::AUTHORIZATION, "Bearer lea");
        let Ok(request) = request.body(Body::empty()) else { return None };
        runtime.block_on(async {
            let answer = office.router.clone().oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            Some((status, to_bytes(answer.into_body(), 1 << 20).await.unwrap()))
        })
    };
    let posted = runtime.block_on(office.post(&Hook::form(INBOUND, &text("SM1", BUYER, "hello"))));
    assert_eq!(posted.status, 200);
    let (_, page) = ask("since=").unwrap();
    let cursor = serde_json::from_slice::<Changes>(&page).unwrap().cursor;
    let asked: String = form_urlencoded::Serializer::new(String::new()).append_pair("since", &cursor).finish();
    let seeds = vec![format!("{asked}&wait=0&acked=0&playbook=1").into_bytes(), asked.into_bytes()];
    run(800, &mutated(seeds), |query| {
        let query = String::from_utf8_lossy(&query).replace("wait", "wa_t");
        match ask(&query) {
            None => {}
            Some((200, body)) => {
                // Another place of the same feed that we could have given out, spelled as we do; never a later one.
                let since = serde_json::from_slice::<Changes>(&body).unwrap().since;
                let parts = |cursor: &str| -> Option<(u32, u64, String)> {
                    let [epoch, seq, tag] = cursor.split('.').collect::<Vec<_>>().try_into().ok()?;
                    Some((epoch.parse().ok()?, seq.parse().ok()?, tag.to_owned()))
                };
                let (epoch, head, tag) = parts(&cursor).unwrap();
                let known = parts(&since).is_some_and(|(e, seq, t)| {
                    e == epoch && seq <= head && t == tag && since == format!("{e}.{seq}.{t}")
                });
                prop_assert!(since.is_empty() || known, "{query}");
            }
            Some((status, body)) => {
                prop_assert!([400, 410].contains(&status), "{status} to {query}");
                prop_assert!(serde_json::from_slice::<comeback::wire::problem::Problem>(&body).is_ok());
            }
        }
        Ok(())
    });
}
