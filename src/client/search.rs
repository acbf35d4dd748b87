//! Search over all cached text, newest first, on a connection and thread of its own. A newer query interrupts the one
//! that runs.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle, OpenFlags};
use unicode_width::UnicodeWidthChar as _;

use super::handle::Hit;
use crate::domain::contact::Body;
use crate::domain::time::Timestamp;

/// Most hits of one search.
pub const LIMIT: u32 = 50;
/// Most people of one search.
pub const PEOPLE: u32 = 20;

/// What a person types, as an FTS5 query: every word quoted, so that nothing in it is ever syntax; the last one may be
/// the beginning of a word. Nothing when it has fewer than two letters or digits.
///
/// A mark belongs to the letter before it: an accent typed or pasted by itself, a vowel sign. What the index makes of it
/// is for its own tokenizer, which sees the whole word as it saw the text.
pub fn query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c.width() != Some(0))
        .filter(|w| w.contains(char::is_alphanumeric))
        .take(16)
        .map(|w| format!("\"{w}\""))
        .collect();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    (letters >= 2).then(|| format!("{}*", words.join(" ")))
}

/// Searches now: people of finished conversations first, then texts.
pub fn search(db: &Connection, text: &str) -> rusqlite::Result<Vec<Hit>> {
    let Some(query) = query(text) else { return Ok(Vec::new()) };
    let mut hits = people(db, &query)?;
    hits.extend(texts(db, &query)?);
    Ok(hits)
}

/// Conversations that rest in the cache, by name, number or account. Those that do not rest are in the list.
fn people(db: &Connection, query: &str) -> rusqlite::Result<Vec<Hit>> {
    let mut rows = db.prepare_cached(
        "SELECT c.id, c.name, c.changed, c.who FROM people p JOIN conversations c ON c.rowid = p.rowid
         WHERE people MATCH ?1 AND c.awake = 0 ORDER BY p.rowid DESC LIMIT ?2",
    )?;
    let found = rows.query_map(rusqlite::params![query, PEOPLE], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
    })?;
    let mut hits = Vec::new();
    for row in found {
        let (conversation, name, at, who) = row?;
        if let Ok(conversation) = conversation.parse() {
            let (at, body) = (Timestamp::from_millis(at), Body::new(who));
            hits.push(Hit { conversation, name, at, body, person: true });
        }
    }
    Ok(hits)
}

fn texts(db: &Connection, query: &str) -> rusqlite::Result<Vec<Hit>> {
    let mut rows = db.prepare_cached(
        "SELECT m.conversation, c.name, m.at, m.body
         FROM words w JOIN messages m ON m.key = w.rowid JOIN conversations c ON c.id = m.conversation
         WHERE words MATCH ?1 ORDER BY w.rowid DESC LIMIT ?2",
    )?;
    let found = rows.query_map(rusqlite::params![query, LIMIT], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get::<_, Option<String>>(3)?))
    })?;
    let mut hits = Vec::new();
    for row in found {
        let (conversation, name, at, body) = row?;
        if let (Ok(conversation), Some(body)) = (conversation.parse(), body) {
            hits.push(Hit { conversation, name, at: Timestamp::from_millis(at), body: Body::new(body), person: false });
        }
    }
    Ok(hits)
}

/// The searching thread.
pub struct Searcher {
    queries: mpsc::Sender<String>,
    stop: InterruptHandle,
}

impl Searcher {
    /// Starts it over the cache at `path`; every query is answered once through `found`, except those overtaken.
    pub fn start(path: &Path, found: impl Fn(String, Vec<Hit>) + Send + 'static) -> rusqlite::Result<Self> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(Duration::from_secs(2))?;
        let stop = db.get_interrupt_handle();
        let (queries, asked) = mpsc::channel::<String>();
        let work = move || {
            while let Ok(mut text) = asked.recv() {
                while let Ok(newer) = asked.try_recv() {
                    text = newer;
                }
                match search(&db, &text) {
                    Ok(hits) => found(text, hits),
                    // Overtaken: the newer query is already waiting. Anything else has no hits to show either.
                    Err(e) => tracing::debug!(error = %e, "search ended early"),
                }
            }
        };
        if let Err(e) = std::thread::Builder::new().name("search".to_owned()).spawn(work) {
            tracing::warn!(error = %e, "no thread for searches");
        }
        Ok(Self { queries, stop })
    }

    /// Asks; overtakes what still runs.
    pub fn ask(&self, text: String) {
        // In this order: the other way round would now and then interrupt the new one.
        self.stop.interrupt();
        drop(self.queries.send(text));
    }
}
