//! `comeback audit`, the real program: signed checkpoints find what a chain alone cannot.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use comeback::domain::time::Timestamp;
use comeback::journal::{Entry, Head, seal};
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{Batch, Store as _};
use rusqlite::{Connection, params};

/// What `comeback audit` says on standard output; or, when it fails, on standard error.
fn audit(arguments: &[&str]) -> Result<String, String> {
    let out = Command::new(env!("CARGO_BIN_EXE_comeback")).arg("audit").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
}

/// A database with a journal, a key and a file of checkpoints.
struct Vault {
    folder: tempfile::TempDir,
}

impl Vault {
    fn opens() -> Self {
        let vault = Self { folder: tempfile::tempdir().unwrap() };
        audit(&["key", "--out", &vault.at("key")]).unwrap();
        vault
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The journal grows by so many entries.
    async fn grows(&self, entries: u8) {
        let store = SqliteStore::open(&self.path("db")).unwrap();
        let tx = store.begin().await.unwrap();
        let mut head = *tx.head();
        let mut sealed = Vec::new();
        for n in 0..entries {
            let (entry, next) = seal(&head, Timestamp::from_millis(1_790_000_000_000), vec![n]);
            sealed.push(entry);
            head = next;
        }
        tx.commit(Batch { entries: sealed, ..Batch::default() }).await.unwrap();
    }

    fn verify(&self, database: &str) -> Result<String, String> {
        audit(&["verify", "--database", &format!("sqlite:{}", self.at(database))])
    }

    fn verify_with(&self, database: &str, key: &str) -> Result<String, String> {
        let database = format!("sqlite:{}", self.at(database));
        audit(&["verify", "--database", &database, "--checkpoint", &self.at("seen"), "--key", &self.at(key)])
    }

    fn checkpoint(&self, database: &str) -> Result<String, String> {
        let database = format!("sqlite:{}", self.at(database));
        audit(&["checkpoint", "--database", &database, "--key", &self.at("key"), "--out", &self.at("seen")])
    }

    fn seen(&self) -> String {
        std::fs::read_to_string(self.path("seen")).unwrap_or_default()
    }

    /// A copy of the database for somebody who can write to it.
    fn copy(&self, name: &str) -> Connection {
        Connection::open(self.path("db")).unwrap().execute("VACUUM INTO ?1", [self.at(name)]).unwrap();
        Connection::open(self.path(name)).unwrap()
    }
}

fn put_head(db: &Connection, head: &Head) {
    let (seq, at) = (i64::try_from(head.seq).unwrap(), head.at.millis());
    db.execute("UPDATE head SET seq = ?1, hash = ?2, at = ?3", params![seq, head.hash.as_slice(), at]).unwrap();
}

/// The journal of a copy, as a forger reads it.
fn entries(db: &Connection) -> Vec<Entry> {
    let mut all = db.prepare("SELECT seq, at, prev, hash, body FROM entry ORDER BY seq").unwrap();
    let entry = |r: &rusqlite::Row<'_>| {
        Ok(Entry {
            seq: u64::try_from(r.get::<_, i64>(0)?).unwrap(),
            at: Timestamp::from_millis(r.get(1)?),
            prev: r.get(2)?,
            hash: r.get(3)?,
            body: r.get(4)?,
        })
    };
    all.query_map([], entry).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_cut_short_or_written_anew_is_found_by_its_checkpoints_alone() {
    let vault = Vault::opens();
    vault.grows(5).await;
    assert!(vault.checkpoint("db").unwrap().starts_with("signed: entry 5, "));
    assert!(vault.checkpoint("db").unwrap().contains("not grown"));
    assert_eq!(vault.seen().lines().count(), 1);
    vault.grows(3).await;
    assert!(vault.checkpoint("db").unwrap().starts_with("signed: entry 8, "));
    let said = vault.verify_with("db", "key").unwrap();
    assert!(said.contains("whole: 8 entries") && said.contains("2 checkpoint(s) saw, the newest of entry 8"), "{said}");
    vault.grows(1).await;
    assert!(vault.verify_with("db", "key").is_ok(), "growing is no contradiction");
    let before = vault.seen();

    let cut = vault.copy("cut");
    put_head(&cut, &entries(&cut)[5].head());
    cut.execute("DELETE FROM entry WHERE seq > 6", []).unwrap();
    drop(cut);
    assert!(vault.verify("cut").unwrap().contains("whole: 6 entries"), "the chain alone shows nothing");
    let found = vault.verify_with("cut", "key").unwrap_err();
    assert!(found.contains("ends at entry 6, but once had entry 8"), "{found}");

    let forged = vault.copy("forged");
    let mut head = Head::GENESIS;
    for mut entry in entries(&forged) {
        if entry.seq == 2 {
            entry.body = b"it never happened".to_vec();
        }
        let (sealed, next) = seal(&head, entry.at, entry.body);
        head = next;
        let (seq, prev, hash) = (i64::try_from(sealed.seq).unwrap(), sealed.prev, sealed.hash);
        let sql = "UPDATE entry SET prev = ?2, hash = ?3, body = ?4 WHERE seq = ?1";
        forged.execute(sql, params![seq, prev.as_slice(), hash.as_slice(), sealed.body]).unwrap();
    }
    put_head(&forged, &head);
    drop(forged);
    assert!(vault.verify("forged").unwrap().contains("whole: 9 entries"), "the chain alone shows nothing");
    let found = vault.verify_with("forged", "key").unwrap_err();
    assert!(found.contains("entry 5 is not the one that stood there"), "{found}");

    for database in ["cut", "forged"] {
        let refused = vault.checkpoint(database).unwrap_err();
        assert!(refused.contains("No new checkpoint was signed"), "{database}: {refused}");
        assert_eq!(vault.seen(), before, "{database}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_lines_signed_with_the_key_count_and_only_its_owner_reads_the_key() {
    let vault = Vault::opens();
    vault.grows(2).await;
    vault.checkpoint("db").unwrap();
    let mode = |name: &str| std::fs::metadata(vault.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("key"), 0o600);
    let key = std::fs::read(vault.path("key")).unwrap();
    let said = audit(&["key", "--out", &vault.at("key")]).unwrap_err();
    assert!(said.contains("never written over"), "{said}");
    assert_eq!(std::fs::read(vault.path("key")).unwrap(), key);

    audit(&["key", "--out", &vault.at("other")]).unwrap();
    let said = vault.verify_with("db", "other").unwrap_err();
    assert!(said.contains("line 1") && said.contains("signature does not match"), "{said}");

    // A crash in the middle of a line: it was promised to nobody.
    let whole = vault.seen();
    std::fs::write(vault.path("seen"), format!("{whole}{}", &whole[..30])).unwrap();
    assert!(vault.verify_with("db", "key").unwrap().contains("1 checkpoint(s)"));
    vault.grows(1).await;
    vault.checkpoint("db").unwrap();
    assert!(vault.seen().starts_with(&whole) && vault.seen().lines().count() == 2);
    assert!(vault.verify_with("db", "key").unwrap().contains("2 checkpoint(s)"));

    std::fs::write(vault.path("seen"), vault.seen().replace("comeback-checkpoint/1 1 2", "comeback-checkpoint/1 1 1"))
        .unwrap();
    let said = vault.verify_with("db", "key").unwrap_err();
    assert!(said.contains("line 1") && said.contains("signature does not match"), "{said}");
    std::fs::write(vault.path("seen"), "").unwrap();
    let said = vault.verify_with("db", "key").unwrap_err();
    assert!(said.contains("there is no checkpoint in"), "{said}");

    let open = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(vault.path("key"), open).unwrap();
    let said = vault.checkpoint("db").unwrap_err();
    assert!(said.contains("others may read") && said.contains("chmod 600"), "{said}");
    assert!(!said.contains(String::from_utf8(key).unwrap().trim()), "the key is told to nobody");
    std::fs::write(vault.path("other"), "secret").unwrap();
    let said = vault.verify_with("db", "other").unwrap_err();
    assert!(said.contains("64 hexadecimal digits") && !said.contains("secret"), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let vault = Vault { folder: tempfile::tempdir().unwrap() };
    drop(SqliteStore::open(&vault.path("db")).unwrap());
    let said = vault.verify_with("db", "nowhere").unwrap_err();
    assert!(said.contains("nowhere") && said.contains("cannot be read"), "{said}");
}
