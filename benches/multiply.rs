//! Databases of any size: the rows of one real conversation, again and again under other ids.
//!
//! The rows are made by the backend itself from a real webhook; only their number is ours. The journal is not multiplied:
//! its head moves on, so that each copy has a place of its own.

use std::path::Path;

use rusqlite::Connection;

/// What every copy looks like.
pub(crate) struct Copies {
    /// How many.
    pub(crate) count: u64,
    /// When its answer is due, in Unix milliseconds, as SQL over `value`, the number of the copy from 1.
    pub(crate) due: &'static str,
    /// Messages of each, the first included.
    pub(crate) messages: u64,
    /// Whose eyes it is for, by the key of a principal; none keeps those of the original.
    pub(crate) principal: Option<&'static str>,
}

/// Copies the one conversation of a stopped backend's database.
pub(crate) fn multiply(database: &Path, copies: &Copies) {
    let db = Connection::open(database).unwrap();
    for (name, value) in [("synchronous", "OFF"), ("cache_size", "-400000"), ("temp_store", "MEMORY")] {
        db.pragma_update(None, name, value).unwrap();
    }
    db.pragma_update(None, "foreign_keys", false).unwrap();
    let Copies { count, due, messages, .. } = copies;
    let uuid = |what: u8| format!("printf('00000000-0000-7000-80{what:02x}-%012x', value)");
    let (conversation, number) = (uuid(1), uuid(2));
    let series = format!(
        "CREATE TEMP TABLE series AS WITH RECURSIVE n(value) AS \
         (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {count}) SELECT value, {due} AS due FROM n"
    );
    // The clock has warned already, and no offer expires: what is due is the answer, once.
    let state = format!(
        "json_set(c.state, '$.id', {conversation}, '$.number', {number}, '$.clock.due', due, '$.clock.stage', 'warned', \
         '$.assignment.expires', json('null'))"
    );
    let audience = match copies.principal {
        Some(principal) => format!(
            "SELECT '{principal}', {conversation}, c.seq + value FROM series, conversation c WHERE c.id NOT LIKE '00000000-%'"
        ),
        None => format!(
            "SELECT a.principal, {conversation}, a.seq + value FROM series, audience a WHERE a.conversation NOT LIKE '00000000-%'"
        ),
    };
    let steps = [
        "BEGIN".to_owned(),
        series,
        format!(
            "INSERT INTO number (id, address, state) SELECT {number}, printf('+1416%07d', value), json_set(n.state, '$.id', {number}) FROM series, number n WHERE n.id NOT LIKE '00000000-%'"
        ),
        format!(
            "INSERT INTO conversation SELECT {conversation}, {number}, c.line, {state}, c.seq + value, {messages}, due, c.holder, 1 FROM series, conversation c WHERE c.id NOT LIKE '00000000-%'"
        ),
        format!("INSERT INTO audience (principal, conversation, seq) {audience}"),
        format!(
            "INSERT INTO message SELECT printf('00000000-0000-7000-9%03x-%012x', k.value, series.value), {}, k.value, m.at, m.author, m.body, m.salt, m.media, m.standing \
             FROM series, message m, (SELECT value FROM series WHERE value <= {messages}) k WHERE m.id NOT LIKE '00000000-%'",
            conversation.replace("value", "series.value")
        ),
        // Each changed at a place of its own, as it would have: a page of the feed ends between two of them.
        format!("UPDATE head SET seq = seq + {count}"),
        "COMMIT".to_owned(),
    ];
    for step in steps {
        db.execute_batch(&step).unwrap_or_else(|e| panic!("{e}: {step}"));
    }
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}
