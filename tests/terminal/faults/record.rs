//! What a database says once a backend has written to it.

use std::path::Path;

use comeback::domain::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;

/// The words of buyers, as they are kept.
pub(super) fn kept(database: &Path) -> Vec<String> {
    let db = Connection::open(database).unwrap();
    let mut query = db.prepare("SELECT body FROM message WHERE author LIKE '%buyer%' ORDER BY at, n").unwrap();
    query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The names of the journal's entries, with the event, oldest first.
pub(super) fn journal(database: &Path) -> Vec<Value> {
    let db = Connection::open(database).unwrap();
    let mut query = db.prepare("SELECT body FROM entry ORDER BY seq").unwrap();
    let bodies = query.query_map([], |r| r.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| serde_json::from_slice(&body.unwrap()).unwrap()).collect()
}

/// Somebody who can write to a database writes its last entry anew, soundly sealed.
pub(super) fn rewrite_last_entry(database: &Path) {
    let db = Connection::open(database).unwrap();
    let (seq, at, prev): (i64, i64, [u8; 32]) = db
        .query_row("SELECT seq, at, prev FROM entry ORDER BY seq DESC LIMIT 1", [], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })
        .unwrap();
    let before = comeback::journal::Head { seq: u64::try_from(seq).unwrap() - 1, hash: prev, at: Timestamp::MIN };
    let body = br#"{"subject":"roster","kind":"presence","event":{},"actor":"clock"}"#.to_vec();
    let (entry, head) = comeback::journal::seal(&before, Timestamp::from_millis(at), body);
    db.execute("UPDATE entry SET hash = ?1, body = ?2 WHERE seq = ?3", params![entry.hash.as_slice(), entry.body, seq])
        .unwrap();
    db.execute("UPDATE head SET hash = ?1", [head.hash.as_slice()]).unwrap();
}
