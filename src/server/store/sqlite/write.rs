//! Writes a group's facts and projections, inside its transaction.

use rusqlite::{Connection, params};

use super::row::{signed, to_json};
use crate::domain::roster::Roster;
use crate::domain::time::Timestamp;
use crate::journal::Head;
use crate::server::store::{Batch, ConversationWrite, MessageWrite, StoreError};

/// The head row of a new database.
pub(super) fn genesis(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR IGNORE INTO head (one, epoch, seq, hash, at, roster, playbook) VALUES (1, 1, ?1, ?2, ?3, ?4, 0)",
        params![
            signed(Head::GENESIS.seq),
            Head::GENESIS.hash.as_slice(),
            Head::GENESIS.at.millis(),
            to_json(&Roster::default())?
        ],
    )?;
    Ok(())
}

pub(super) fn write(db: &Connection, batch: &Batch) -> Result<(), StoreError> {
    let mut entries = db.prepare_cached("INSERT INTO entry (seq, at, prev, hash, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for e in &batch.entries {
        entries.execute(params![signed(e.seq), e.at.millis(), e.prev.as_slice(), e.hash.as_slice(), e.body])?;
    }
    super::record::write(db, &batch.entries)?;
    if let (Some(first), Some(last)) = (batch.entries.first(), batch.entries.last()) {
        // Only onto the head they were sealed onto.
        let sql = "UPDATE head SET seq = ?1, hash = ?2, at = ?3 WHERE seq = ?4 AND hash = ?5";
        let moved = db.prepare_cached(sql)?.execute(params![
            signed(last.seq),
            last.hash.as_slice(),
            last.at.millis(),
            signed(first.seq.saturating_sub(1)),
            first.prev.as_slice()
        ])?;
        if moved == 0 {
            return Err(StoreError::Conflict("the entries do not follow the head".to_owned()));
        }
    }
    if let Some(roster) = &batch.roster {
        db.prepare_cached("UPDATE head SET roster = ?1")?.execute([to_json(roster)?])?;
    }
    if let Some(playbook) = &batch.playbook {
        db.execute(
            "INSERT INTO playbook (version, body) VALUES (?1, ?2)",
            params![playbook.version, to_json(playbook)?],
        )?;
        db.execute("UPDATE head SET playbook = ?1", [playbook.version])?;
    }
    super::policy::write(db, &batch.beside)?;
    write_numbers(db, batch)?;
    super::consent::write(db, &batch.ledger)?;
    for c in &batch.conversations {
        write_conversation(db, c)?;
    }
    for m in &batch.messages {
        write_message(db, m)?;
    }
    write_standings(db, batch)?;
    write_outcomes(db, batch)?;
    super::media::write(db, batch)?;
    super::notices::write(db, &batch.notices)?;
    super::rulings::write(db, &batch.rulings)?;
    super::departures::write(db, &batch.departures)?;
    super::restored::write(db, batch.restore.as_ref())
}

fn write_numbers(db: &Connection, batch: &Batch) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached("INSERT INTO number (id, address, state) VALUES (?1, ?2, ?3)")?;
    for (id, address) in &batch.addresses {
        let state = to_json(&crate::domain::consent::Number::new(*id))?;
        insert.execute(params![id.to_string(), address.as_str(), state])?;
    }
    let mut update = db.prepare_cached("UPDATE number SET state = ?2 WHERE id = ?1")?;
    for n in &batch.numbers {
        update.execute(params![n.id.to_string(), to_json(n)?])?;
    }
    Ok(())
}

fn write_conversation(db: &Connection, c: &ConversationWrite) -> Result<(), StoreError> {
    let state = &c.state;
    let id = state.id.to_string();
    let sql = "INSERT INTO conversation (id, number, line, state, seq, messages, deadline, holder, open) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET state = excluded.state, \
               seq = excluded.seq, messages = excluded.messages, deadline = excluded.deadline, holder = excluded.holder, \
               open = excluded.open";
    db.prepare_cached(sql)?.execute(params![
        id,
        state.number.to_string(),
        state.line.as_str(),
        to_json(state)?,
        signed(c.seq),
        signed(c.messages),
        state.next_deadline().map(crate::domain::time::Timestamp::millis),
        state.assignee().map(crate::domain::id::RepId::as_str),
        !state.is_done(),
    ])?;
    let sql = "INSERT INTO audience (principal, conversation, seq) VALUES (?1, ?2, ?3) \
               ON CONFLICT (principal, conversation) DO UPDATE SET seq = excluded.seq";
    let mut audience = db.prepare_cached(sql)?;
    for principal in &c.audience {
        audience.execute(params![principal.key(), id, signed(c.seq)])?;
    }
    Ok(())
}

fn write_message(db: &Connection, m: &MessageWrite) -> Result<(), StoreError> {
    let sql = "INSERT INTO message (id, conversation, n, at, author, body, salt, media, standing) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    db.prepare_cached(sql)?.execute(params![
        m.message.id.to_string(),
        m.conversation.to_string(),
        signed(m.message.n),
        m.message.at.millis(),
        to_json(&m.message.author)?,
        m.message.body.as_ref().map(crate::domain::contact::Body::as_str),
        m.salt.as_slice(),
        to_json(&m.message.media)?,
        m.message.standing.as_ref().map(to_json).transpose()?,
    ])?;
    Ok(())
}

fn write_standings(db: &Connection, batch: &Batch) -> Result<(), StoreError> {
    let mut stand = db.prepare_cached("UPDATE message SET standing = ?2 WHERE id = ?1")?;
    let mut forget = db.prepare_cached("DELETE FROM message WHERE id = ?1")?;
    for (message, standing) in &batch.standings {
        match standing {
            Some(standing) => stand.execute(params![message.to_string(), to_json(standing)?])?,
            None => forget.execute([message.to_string()])?,
        };
    }
    let sql = "INSERT INTO send (message, conversation, not_before, open, out_at) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (message) DO UPDATE SET not_before = excluded.not_before, open = excluded.open, \
               out_at = excluded.out_at";
    let mut put = db.prepare_cached(sql)?;
    let mut drop_send = db.prepare_cached("DELETE FROM send WHERE message = ?1")?;
    for s in &batch.sends {
        if s.is_over() {
            drop_send.execute([s.message.to_string()])?;
        } else {
            let not_before = s.not_before.map(crate::domain::time::Timestamp::millis);
            let out = s.out.map(crate::domain::time::Timestamp::millis);
            put.execute(params![s.message.to_string(), s.conversation.to_string(), not_before, s.open, out])?;
        }
    }
    Ok(())
}

fn write_outcomes(db: &Connection, batch: &Batch) -> Result<(), StoreError> {
    let sql = "INSERT INTO receipt (device, n, id, seq, at, verdict) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut receipts = db.prepare_cached(sql)?;
    for r in &batch.receipts {
        receipts.execute(params![
            r.device.to_string(),
            signed(r.receipt.n),
            r.receipt.id.to_string(),
            signed(r.seq),
            r.at.millis(),
            to_json(&r.receipt.verdict)?
        ])?;
    }
    let mut devices = db.prepare_cached("UPDATE device SET last_n = ?2, parked = ?3 WHERE id = ?1")?;
    for (id, state) in &batch.devices {
        let parked: Vec<_> = state.parked.iter().collect();
        devices.execute(params![id.to_string(), signed(state.last_n), to_json(&parked)?])?;
    }
    let mut dedupe =
        db.prepare_cached("INSERT INTO dedupe (provider, account, id, message) VALUES (?1, ?2, ?3, ?4)")?;
    for (key, message) in &batch.dedupe {
        dedupe.execute(params![key.provider, key.account, key.id, message.to_string()])?;
    }
    let mut raw = db.prepare_cached("INSERT INTO raw_event (provider, kind, params, at) VALUES (?1, ?2, ?3, ?4)")?;
    for event in &batch.raw {
        raw.execute(params![event.provider, event.kind, event.params, event.at.millis()])?;
    }
    let mut matched = db.prepare_cached("DELETE FROM unmatched WHERE conversation = ?1")?;
    for id in &batch.matched {
        matched.execute([id.to_string()])?;
    }
    Ok(())
}

pub(super) fn forget_outcomes(db: &Connection, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM receipt WHERE (device, n) IN \
               (SELECT device, n FROM receipt WHERE at < ?1 ORDER BY at, device, n LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(db.prepare_cached(sql)?.execute(params![older_than.millis(), limit])?)
}
