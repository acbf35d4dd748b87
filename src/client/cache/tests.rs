//! What a person is told when the disk gives out. The rest is in `tests/suite/client_sync/cache.rs`.

use super::*;
use crate::domain::id::ConversationId;

#[test]
fn a_full_disk_is_told_and_what_was_written_before_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let (c, d) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
    cache.commit(&[Write::Draft(c, "Yes, at 3".to_owned())]).unwrap();
    // No page more than there are: to SQLite the same as a disk without room.
    let pages: i64 = cache.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let _: i64 = cache.db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap();
    let both = [Write::Draft(c, "No".to_owned()), Write::Draft(d, "long ".repeat(100_000))];
    let error = cache.commit(&both).unwrap_err();
    assert!(matches!(error, CacheError::Full { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("disk is full") && said.contains("cache.db") && said.contains("free some space"), "{said}");
    let kept = cache.load(Timestamp::from_millis(0)).unwrap().drafts;
    assert_eq!(kept, [(c, "Yes, at 3".to_owned())].into(), "all or nothing");
    let _: i64 = cache.db.query_row("PRAGMA max_page_count = 100000", [], |row| row.get(0)).unwrap();
    cache.commit(&both).unwrap();
    assert_eq!(cache.load(Timestamp::from_millis(0)).unwrap().drafts.len(), 2, "with room again it goes on");
}

#[test]
fn a_cache_that_may_not_be_written_is_told_with_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    cache.db.pragma_update(None, "query_only", true).unwrap();
    let error = cache.commit(&[Write::Cursor("1".to_owned())]).unwrap_err();
    assert!(matches!(error, CacheError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains(&cache.path().display().to_string()), "{error}");
}
