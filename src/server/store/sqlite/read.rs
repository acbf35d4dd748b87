//! The feed, deadlines and sends, each from one consistent read.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params, params_from_iter};

use super::load::loads;
use super::row::{self, address, from_json, instant, number, optional, parse, signed};
use super::sends::answered;
use crate::domain::contact::Body;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, LineId, MessageId};
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::journal::Entry;
use crate::server::store::{DueSend, Page, PageQuery, StoreError, Subject, Waiting, one_page};
use crate::wire::changes::Message;
use crate::wire::command::Receipt;

pub(super) fn page(tx: &Transaction<'_>, query: &PageQuery) -> Result<Page, StoreError> {
    let head = row::head(tx)?;
    let marks = vec!["?"; query.principals.len()].join(", ");
    let sql = format!(
        "SELECT conversation, max(seq) AS at FROM audience WHERE principal IN ({marks}) AND seq > ? \
         GROUP BY conversation ORDER BY at LIMIT ?"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let (changed, more) = one_page(query.limit, |limit| {
        let keys = query.principals.iter().map(|p| Value::from(p.key()));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let arguments = keys.chain([Value::from(signed(query.since)), Value::from(limit)]);
        let rows = statement.query_map(params_from_iter(arguments), |r| Ok((r.get::<_, String>(0)?, number(r, 1)?)))?;
        rows.map(|row| row.map_err(StoreError::from).and_then(|(id, seq)| Ok((parse::<ConversationId>(&id)?, seq))))
            .collect::<Result<Vec<_>, StoreError>>()
    })?;
    let through = if more { changed.last().map_or(query.since, |(_, seq)| *seq) } else { head.head.seq };
    let mut subjects = Vec::with_capacity(changed.len());
    for (id, _) in &changed {
        subjects.push(subject(tx, &id.to_string(), query.messages)?);
    }
    let (acked, receipts) = receipts(tx, query, through, more)?;
    Ok(Page {
        epoch: head.epoch,
        head: head.head,
        subjects,
        through,
        more,
        acked,
        receipts,
        roster: head.roster,
        loads: loads(tx)?,
        playbook_version: head.playbook,
    })
}

pub(super) fn subject(tx: &Connection, id: &str, messages: usize) -> Result<Subject, StoreError> {
    let sql = "SELECT c.state, c.seq, c.messages, n.address, n.state, k.cards FROM conversation c \
               JOIN number n ON n.id = c.number LEFT JOIN card k ON k.number = c.number WHERE c.id = ?1";
    let (state, seq, total, number_address, consent, cards) = tx.prepare_cached(sql)?.query_row([id], |r| {
        Ok((
            r.get::<_, String>(0)?,
            number(r, 1)?,
            number(r, 2)?,
            r.get::<_, Option<String>>(3)?,
            r.get::<_, String>(4)?,
            r.get::<_, Option<String>>(5)?,
        ))
    })?;
    let state: Conversation = from_json(&state)?;
    let newest = newest(tx, id, u64::MAX, messages)?;
    let mut messages = unsettled(tx, &state, newest.first().map_or(0, |m| m.n))?;
    messages.extend(newest);
    let from = address(number_address.as_deref().unwrap_or("erased"))?;
    let answering = state.last_inbound.map_or(Ok(None), |at| answered(tx, &from, &state.line, at))?;
    Ok(Subject {
        state,
        seq,
        address: from,
        answering,
        number: from_json(&consent)?,
        read: cards.is_some(),
        cards: cards.map_or(Ok(Vec::new()), |c| from_json(&c))?,
        messages,
        total,
    })
}

/// Messages that the newest ones leave out and that are not settled: their words are needed until they are.
fn unsettled(tx: &Connection, state: &Conversation, before: u64) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT id, n, at, author, body, media, standing FROM message WHERE id = ?1 AND n < ?2";
    let mut query = tx.prepare_cached(sql)?;
    let mut found = Vec::new();
    for (id, _) in state.answers.iter().filter(|(_, answer)| !answer.state.is_settled()) {
        if let Some(message) = query.query_row(params![id.to_string(), signed(before)], row::message).optional()? {
            found.push(message?);
        }
    }
    found.sort_by_key(|message| message.n);
    Ok(found)
}

fn newest(tx: &Connection, id: &str, before: u64, limit: usize) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT id, n, at, author, body, media, standing FROM message WHERE conversation = ?1 AND n < ?2 \
               ORDER BY n DESC LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![id, signed(before), limit], row::message)?;
    let mut messages: Vec<Message> = rows.map(|m| m?).collect::<Result<_, StoreError>>()?;
    messages.reverse();
    Ok(messages)
}

/// The largest `n` decided at or before `through`, and the receipts past the ones known. The last page reflects all that
/// was ever run, also what no outcome is kept of.
fn receipts(tx: &Connection, query: &PageQuery, through: u64, more: bool) -> Result<(u64, Vec<Receipt>), StoreError> {
    let device = query.device.to_string();
    let last_n = tx.prepare_cached("SELECT last_n FROM device WHERE id = ?1")?.query_row([&device], |r| number(r, 0));
    let last_n = if more { 0 } else { optional(last_n)?.unwrap_or(0) };
    let acked: u64 = tx
        .prepare_cached("SELECT coalesce(max(n), 0) FROM receipt WHERE device = ?1 AND seq <= ?2")?
        .query_row(params![device, signed(through)], |r| number(r, 0))?;
    let acked = acked.max(last_n);
    let sql = "SELECT n, id, verdict FROM receipt WHERE device = ?1 AND n > ?2 AND n <= ?3 ORDER BY n";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map(params![device, signed(query.known), signed(acked)], |r| {
        Ok((number(r, 0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?))
    })?;
    let receipts = rows
        .map(|r| {
            let (n, id, verdict) = r?;
            Ok(Receipt { id: parse(&id)?, n, verdict: from_json(&verdict)? })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((acked, receipts))
}

pub(super) fn messages_before(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    before: u64,
    limit: usize,
) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
    let id = conversation.to_string();
    let state =
        tx.prepare_cached("SELECT state FROM conversation WHERE id = ?1")?.query_row([&id], |r| r.get::<_, String>(0));
    match optional(state)? {
        Some(state) => Ok(Some((from_json(&state)?, newest(tx, &id, before, limit)?))),
        None => Ok(None),
    }
}

pub(super) fn due(
    tx: &Transaction<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<(Vec<ConversationId>, Option<Timestamp>), StoreError> {
    let sql =
        "SELECT id FROM conversation WHERE deadline IS NOT NULL AND deadline <= ?1 ORDER BY deadline, id LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let ids: Vec<String> = query.query_map(params![now.millis(), limit], |r| r.get(0))?.collect::<Result<_, _>>()?;
    let next = tx
        .prepare_cached("SELECT min(deadline) FROM conversation WHERE deadline IS NOT NULL AND deadline > ?1")?
        .query_row([now.millis()], |r| r.get::<_, Option<i64>>(0))?;
    let ids = ids.iter().map(|id| parse(id)).collect::<Result<_, _>>()?;
    Ok((ids, next.map(Timestamp::from_millis)))
}

const SEND: &str = "SELECT s.message, s.conversation, n.address, c.line, m.body, m.at FROM send s \
                    JOIN conversation c ON c.id = s.conversation JOIN number n ON n.id = c.number \
                    JOIN message m ON m.id = s.message";

type SendRow = (String, String, String, String, Option<String>, Timestamp);

fn send_row(r: &Row<'_>) -> rusqlite::Result<SendRow> {
    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, instant(r, 5)?))
}

fn send((message, conversation, to, line, body, at): SendRow) -> Result<DueSend, StoreError> {
    Ok(DueSend {
        message: parse(&message)?,
        conversation: parse(&conversation)?,
        to: address(&to)?,
        line: LineId(line),
        body: Body::new(body.unwrap_or_default()),
        at,
    })
}

pub(super) fn due_sends(
    tx: &Transaction<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<(Vec<DueSend>, Option<Timestamp>), StoreError> {
    let sql = format!(
        "{SEND} WHERE s.not_before IS NOT NULL AND s.not_before <= ?1 AND NOT EXISTS (\
         SELECT 1 FROM send o JOIN message p ON p.id = o.message WHERE o.conversation = s.conversation \
         AND (o.open = 1 OR (o.out_at IS NULL AND o.not_before <= ?1 AND (p.at, p.id) < (m.at, m.id)))) ORDER BY s.not_before, s.message LIMIT ?2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(&sql)?;
    let rows = query.query_map(params![now.millis(), limit], send_row)?;
    let sends = rows.map(|r| send(r?)).collect::<Result<_, StoreError>>()?;
    let next = tx
        .prepare_cached("SELECT min(not_before) FROM send WHERE not_before IS NOT NULL AND not_before > ?1")?
        .query_row([now.millis()], |r| r.get::<_, Option<i64>>(0))?;
    Ok((sends, next.map(Timestamp::from_millis)))
}

pub(super) fn open_sends(tx: &Transaction<'_>, limit: usize) -> Result<Vec<DueSend>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(&format!("{SEND} WHERE s.open = 1 ORDER BY s.message LIMIT ?1"))?;
    let rows = query.query_map([limit], send_row)?;
    rows.map(|r| send(r?)).collect()
}

pub(super) fn out_sends(
    tx: &Transaction<'_>,
    since: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<DueSend>, StoreError> {
    let sql = format!("{SEND} WHERE s.out_at >= ?1 AND s.out_at <= ?2 ORDER BY s.out_at DESC, s.message DESC LIMIT ?3");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(&sql)?;
    let rows = query.query_map(params![since.millis(), until.millis(), limit], send_row)?;
    rows.map(|r| send(r?)).collect()
}

pub(super) fn waiting(tx: &Connection) -> Result<Waiting, StoreError> {
    // Each counts a partial index of migration 4, which must read the same.
    let unknown = "SELECT count(*) FROM message WHERE standing = '\"unknown\"'";
    let parked = "SELECT count(*) FROM message WHERE substr(standing, 1, 9) = '{\"parked\"'";
    let count = |sql: &str| tx.prepare_cached(sql)?.query_row([], |r| number(r, 0));
    Ok(Waiting { unknown: count(unknown)?, parked: count(parked)? })
}

pub(super) fn entries(tx: &Transaction<'_>, after: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT seq, at, prev, hash, body FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params![signed(after), limit], row::entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn playbook(tx: &Connection) -> Result<Option<Playbook>, StoreError> {
    let sql = "SELECT body FROM playbook WHERE version = (SELECT playbook FROM head)";
    match optional(tx.prepare_cached(sql)?.query_row([], |r| r.get::<_, String>(0)))? {
        Some(body) => Ok(Some(from_json(&body)?)),
        None => Ok(None),
    }
}

pub(super) fn playbook_of(tx: &Connection, version: u32) -> Result<Option<Playbook>, StoreError> {
    let mut query = tx.prepare_cached("SELECT body FROM playbook WHERE version = ?1")?;
    let body = optional(query.query_row([version], |r| r.get::<_, String>(0)))?;
    body.map(|body| from_json(&body)).transpose()
}

/// The key of deliveries begins with provider and account; whoever asks has the id alone, and the accounts are few.
pub(super) fn delivered(tx: &Connection, id: &str) -> Result<Option<(MessageId, ConversationId)>, StoreError> {
    let sql = "SELECT m.id, m.conversation FROM (SELECT DISTINCT provider, account FROM line) l \
               JOIN dedupe d ON d.provider = l.provider AND d.account = l.account AND d.id = ?1 \
               JOIN message m ON m.id = d.message";
    let found =
        optional(tx.prepare_cached(sql)?.query_row([id], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))))?;
    found.map(|(message, conversation)| Ok((parse(&message)?, parse(&conversation)?))).transpose()
}
