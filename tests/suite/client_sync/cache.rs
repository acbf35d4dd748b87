//! A cache that cannot be used is told with its file and the way out, and is left exactly as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use comeback::client::cache::{Cache, CacheError, VERSION};
use comeback::client::state::Write;
use comeback::domain::id::ConversationId;
use rusqlite::Connection;
use uuid::Uuid;

use super::{START, at};

const DRAFT: &str = "Yes, Friday works for the whole team";

/// The folder of a profile named "maya" under `home`, with a cache that holds a draft.
fn profile(home: &Path) -> PathBuf {
    let dir = home.join("comeback/maya");
    let mut cache = Cache::open(&dir).unwrap();
    cache.commit(&[Write::Draft(ConversationId(Uuid::from_u128(1)), DRAFT.to_owned())]).unwrap();
    fs::write(dir.join("profile.json"), "{\"base_url\":\"http://127.0.0.1:9\"}").unwrap();
    fs::write(dir.join("token"), "cbd_token").unwrap();
    dir
}

/// Opens the real program's inbox on it; what it says on its way out.
fn opens(home: &Path) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_comeback"))
        .args(["--profile", "maya"])
        .env("XDG_DATA_HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "");
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(!said.contains(DRAFT) && !said.contains("cbd_token"), "{said}");
    said
}

/// What becomes of the file when both a library call and the real program try to open it: nothing.
fn refused(dir: &Path, home: &Path) -> (CacheError, String) {
    let file = Cache::path_in(dir);
    let before = fs::read(&file).unwrap();
    let error = Cache::open(dir).and_then(|mut cache| cache.load(at(START))).unwrap_err();
    let said = opens(home);
    assert_eq!(said, format!("comeback: {error}\n"));
    assert!(said.contains(&file.display().to_string()), "{said}");
    assert_eq!(fs::read(&file).unwrap(), before, "the file was changed");
    (error, said)
}

#[test]
fn a_cache_of_a_newer_program_is_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let dir = profile(home.path());
    let db = Connection::open(Cache::path_in(&dir)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    db.execute_batch("CREATE TABLE from_the_future (x); PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(db);
    let (error, said) = refused(&dir, home.path());
    assert!(
        matches!(error, CacheError::Newer { found: 99, known, .. } if known == i64::try_from(VERSION).unwrap()),
        "{error:?}"
    );
    assert!(said.contains("newer comeback") && said.contains("update comeback"), "{said}");
    let db = Connection::open(Cache::path_in(&dir)).unwrap();
    let draft: String = db.query_row("SELECT body FROM drafts", [], |row| row.get(0)).unwrap();
    assert_eq!(draft, DRAFT);
}

#[test]
fn a_damaged_cache_is_never_thrown_away_and_the_way_out_can_be_typed() {
    let garbage = b"this is not a database at all\n".repeat(400);
    let holes = |bytes: &[u8]| {
        // The header is whole; what follows is not.
        let mut bytes = bytes.to_vec();
        bytes[100..].fill(0xA5);
        bytes
    };
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    for how in 0..3 {
        let damage = |bytes: &[u8]| match how {
            0 => garbage.clone(),
            1 => holes(bytes),
            _ => cut(bytes),
        };
        let home = tempfile::tempdir().unwrap();
        let dir = profile(home.path());
        let file = Cache::path_in(&dir);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, damage(&whole)).unwrap();
        let (error, said) = refused(&dir, home.path());
        assert!(matches!(error, CacheError::Damaged { .. }), "{error:?}");
        assert!(said.contains("drafts and unsent texts in it cannot be read"), "{said}");
        // What it says to type, typed.
        let command = said.lines().last().unwrap().trim();
        assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
        assert_eq!(fs::read(dir.join("damaged/cache.db")).unwrap(), damage(&whole), "it is kept");
        Cache::open(&dir).unwrap().load(at(START)).unwrap();
    }
}

#[test]
fn an_outbox_entry_that_cannot_be_read_stops_the_client_and_its_words_are_not_told() {
    let home = tempfile::tempdir().unwrap();
    let dir = profile(home.path());
    let db = Connection::open(Cache::path_in(&dir)).unwrap();
    let entry = format!("{{\"command\":{{\"do\":\"{DRAFT}\"}}}}");
    db.execute("INSERT INTO outbox (id, entry) VALUES ('1', ?1)", [entry]).unwrap();
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(db);
    let (error, said) = refused(&dir, home.path());
    assert!(matches!(error, CacheError::Outbox { .. }), "{error:?}");
    assert!(said.contains("unsent text or command") && said.contains("Update comeback"), "{said}");
}

#[test]
fn a_database_of_another_program_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let dir = profile(home.path());
    fs::remove_file(Cache::path_in(&dir)).unwrap();
    Connection::open(Cache::path_in(&dir)).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let (error, _) = refused(&dir, home.path());
    assert!(matches!(error, CacheError::NotACache { .. }), "{error:?}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let home = tempfile::tempdir().unwrap();
    let dir = profile(home.path());
    // A folder stands where the file should: no right of any user opens it for writing.
    fs::remove_file(Cache::path_in(&dir)).unwrap();
    fs::create_dir(Cache::path_in(&dir)).unwrap();
    let said = opens(home.path());
    let file = Cache::path_in(&dir).display().to_string();
    assert!(said.contains(&format!("{file} cannot be read or written")), "{said}");
}
