//! Reading the cache back: what a screen starts with, one conversation, or everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::OptionalExtension as _;
use serde::de::DeserializeOwned;

use super::super::outbox::{Entry, Outbox};
use super::super::state::rest::{KEPT_DONE, Woken, is_awake};
use super::super::state::{State, Write};
use super::{Cache, CacheError, signed};
use crate::domain::id::ConversationId;
use crate::domain::time::{Span, Timestamp};
use crate::wire::changes::{HeadView, Message, Snapshot};

/// How long a raised alert is remembered.
const ALERTS_KEPT: Span = Span::minutes(30 * 24 * 60);

impl Cache {
    /// Reads back what a screen starts with: all but the conversations that rest, and of the others' messages the
    /// tail. `now` (this machine's wall) ages what is remembered of alerts.
    pub fn load_awake(&mut self, now: Timestamp) -> Result<State, CacheError> {
        self.what_is_awake(now).map_err(|e| e.about(&self.path))
    }

    fn what_is_awake(&mut self, now: Timestamp) -> Result<State, CacheError> {
        let mut state = self.load_own(now)?;
        let Some(base) = self.awake()? else { return self.start_anew(state) };
        state.cut = base.keys().copied().collect();
        state.base = base;
        let awake = "SELECT s.conversation, s.texts FROM conversations c JOIN seen s ON s.conversation = c.id
                     WHERE c.awake = 1";
        state.seen = self.pairs(awake, texts)?;
        let done = state.base.values().filter(|s| !is_awake(&s.state)).map(|s| s.state.id);
        for id in done.collect::<Vec<_>>() {
            state.seen.insert(id, self.seen(id)?);
        }
        let wanted = state.outbox.entries().iter().filter_map(|e| e.envelope.conversation);
        for id in wanted.chain(state.drafts.keys().copied()).collect::<Vec<_>>() {
            if let (false, Some(woken)) = (state.base.contains_key(&id), self.conversation(id)?) {
                state.wake(woken);
            }
        }
        if state.playbook.is_none() && !state.base.is_empty() {
            return self.start_anew(state);
        }
        Ok(state)
    }

    /// One conversation, whole; nothing when there is none, or it cannot be read any more.
    pub fn conversation(&self, id: ConversationId) -> Result<Option<Woken>, CacheError> {
        let mut header = self.db.prepare_cached("SELECT snapshot, stale FROM conversations WHERE id = ?1")?;
        let found = header.query_row([id.to_string()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
        let Some((text, stale)) = found else { return Ok(None) };
        let Ok(mut snapshot) = serde_json::from_str::<Snapshot>(&text) else { return Ok(None) };
        let mut rows = self.db.prepare_cached("SELECT message FROM messages WHERE conversation = ?1 ORDER BY n")?;
        for text in rows.query_map([id.to_string()], |row| row.get::<_, String>(0))? {
            let Ok(message) = serde_json::from_str(&text?) else { return Ok(None) };
            snapshot.messages.push(message);
        }
        Ok(Some(Woken { snapshot, seen: self.seen(id)?, stale }))
    }

    /// How far the person has read in a conversation, also in one that is out of sight.
    pub fn seen(&self, id: ConversationId) -> Result<u64, CacheError> {
        let mut row = self.db.prepare_cached("SELECT texts FROM seen WHERE conversation = ?1")?;
        let texts: Option<i64> = row.query_row([id.to_string()], |row| row.get(0)).optional()?;
        Ok(texts.and_then(|texts| u64::try_from(texts).ok()).unwrap_or(0))
    }

    /// What is awake, and what was finished last, each with its tail; nothing when one cannot be read any more.
    fn awake(&self) -> Result<Option<BTreeMap<ConversationId, Snapshot>>, CacheError> {
        let mut base = BTreeMap::new();
        let mut rows = self.db.prepare(
            "SELECT snapshot, tail FROM conversations WHERE awake = 1 UNION ALL
             SELECT snapshot, tail FROM
                (SELECT snapshot, tail FROM conversations WHERE awake = 0 ORDER BY changed DESC LIMIT ?1)",
        )?;
        for row in
            rows.query_map([signed(KEPT_DONE as u64)], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        {
            let (header, tail) = row?;
            let Ok(mut snapshot) = serde_json::from_str::<Snapshot>(&header) else { return Ok(None) };
            let Ok(messages) = serde_json::from_str(&tail) else { return Ok(None) };
            snapshot.messages = messages;
            base.insert(snapshot.state.id, snapshot);
        }
        Ok(Some(base))
    }

    /// What the backend said cannot be read any more: it is fetched again. What the person wants stays.
    fn start_anew(&mut self, mut state: State) -> Result<State, CacheError> {
        self.commit(&[Write::DropBase, Write::Cursor(String::new())])?;
        state.base.clear();
        state.cut.clear();
        state.cursor = String::new();
        Ok(state)
    }

    /// Reads everything back.
    pub fn load(&mut self, now: Timestamp) -> Result<State, CacheError> {
        self.everything(now).map_err(|e| e.about(&self.path))
    }

    fn everything(&mut self, now: Timestamp) -> Result<State, CacheError> {
        let mut state = self.load_own(now)?;
        state.seen = self.pairs("SELECT conversation, texts FROM seen", texts)?;
        match self.base()? {
            Some(base) if state.playbook.is_some() || base.is_empty() => state.base = base,
            Some(_) | None => return self.start_anew(state),
        }
        Ok(state)
    }

    /// All but conversations.
    fn load_own(&mut self, now: Timestamp) -> Result<State, CacheError> {
        let mut state = State {
            session: self.meta("session")?,
            cursor: self.meta("cursor")?.unwrap_or_default(),
            playbook: self.meta("playbook")?.map(Arc::new),
            roster: self.meta("roster")?.unwrap_or_default(),
            on_call: self.meta("on_call")?.unwrap_or_default(),
            head: self.head()?,
            ..State::default()
        };
        state.outbox = Outbox::load(self.entries()?, self.meta("last")?.unwrap_or(0));
        state.drafts = self.pairs("SELECT conversation, body FROM drafts", |row| row.get(1))?;
        let mut dismissed = self.db.prepare("SELECT message FROM dismissed")?;
        let rows = dismissed.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        state.dismissed = rows.iter().filter_map(|id| id.parse().ok()).collect();
        drop(dismissed);
        self.db.execute("DELETE FROM alerted WHERE at < ?1", [(now - ALERTS_KEPT).millis()])?;
        let mut alerts = self.db.prepare("SELECT key, at FROM alerted")?;
        let rows = alerts.query_map([], |row| Ok((row.get(0)?, Timestamp::from_millis(row.get(1)?))))?;
        state.alerted = rows.collect::<Result<_, _>>()?;
        drop(alerts);
        Ok(state)
    }

    /// What the backend said under a key; gone when it cannot be read any more.
    fn meta<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CacheError> {
        let text: Option<String> =
            self.db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn head(&self) -> Result<Option<HeadView>, CacheError> {
        // The one witnessed last, which is not the highest when the backend went back to a backup.
        self.meta("head")
    }

    fn entries(&self) -> Result<Vec<Entry>, CacheError> {
        let mut rows = self.db.prepare("SELECT entry FROM outbox")?;
        let texts = rows.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let garbled = |e: serde_json::Error| CacheError::Outbox { path: self.path.clone(), column: e.column() };
        texts.iter().map(|text| serde_json::from_str(text).map_err(garbled)).collect()
    }

    fn pairs<T>(
        &self,
        sql: &str,
        value: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<BTreeMap<ConversationId, T>, CacheError> {
        let mut rows = self.db.prepare(sql)?;
        let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, value(row)?)))?;
        let mut pairs = BTreeMap::new();
        for row in rows {
            let (id, value) = row?;
            if let Ok(id) = id.parse() {
                pairs.insert(id, value);
            }
        }
        Ok(pairs)
    }

    /// Every conversation, or nothing when one cannot be read any more.
    fn base(&self) -> Result<Option<BTreeMap<ConversationId, Snapshot>>, CacheError> {
        let mut base = BTreeMap::new();
        let mut rows = self.db.prepare("SELECT snapshot FROM conversations")?;
        for text in rows.query_map([], |row| row.get::<_, String>(0))? {
            let Ok(snapshot) = serde_json::from_str::<Snapshot>(&text?) else { return Ok(None) };
            base.insert(snapshot.state.id, snapshot);
        }
        let mut rows = self.db.prepare("SELECT conversation, message FROM messages ORDER BY conversation, n")?;
        for row in rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
            let (conversation, text) = row?;
            let Ok(message) = serde_json::from_str::<Message>(&text) else { return Ok(None) };
            let snapshot = conversation.parse().ok().and_then(|id| base.get_mut(&id));
            if let Some(snapshot) = snapshot {
                snapshot.messages.push(message);
            }
        }
        Ok(Some(base))
    }
}

fn texts(row: &rusqlite::Row<'_>) -> rusqlite::Result<u64> {
    row.get::<_, i64>(1).map(|texts| u64::try_from(texts).unwrap_or(0))
}
