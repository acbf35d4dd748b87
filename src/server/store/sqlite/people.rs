//! Devices and their tokens, lines at carriers, and what the CRM said: rows that are no facts of the journal.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::card::{of_account, pushed_signs, saw};
use super::crm_write::wake_number;
use super::row::{address, from_json, instant, optional, parse, to_json};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, DeviceId, NumberId, RepId};
use crate::domain::time::Timestamp;
use crate::server::store::card::{name_others, with_pushed, with_signs};
use crate::server::store::{CarrierLine, DedupeKey, Device, People, StoreError};

pub(super) fn put_cards(db: &mut Connection, people: &[People], at: Timestamp) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for p in people {
        let id = number_of(&tx, &p.address, p.fresh)?;
        let before =
            tx.prepare_cached("SELECT cards FROM card WHERE number = ?1")?.query_row([&id], |r| r.get::<_, String>(0));
        let before = optional(before)?;
        let is_first = before.is_none();
        let before = before.unwrap_or_else(|| "[]".to_owned());
        let pushed = only_pushed(&tx, &id)?;
        let known: Vec<Card> = from_json(&before)?;
        let cards = with_pushed(&p.cards, known.clone(), |contact| pushed.contains(contact.as_str()));
        let cards = with_signs(cards, &pushed_signs(&tx, &id)?);
        let now = to_json(&cards)?;
        tx.prepare_cached(
            "INSERT INTO card (number, cards, read_at) VALUES (?1, ?2, ?3) ON CONFLICT (number) DO UPDATE SET \
             cards = excluded.cards, read_at = excluded.read_at, stale = 0",
        )?
        .execute(params![id, now, at.millis()])?;
        for card in &p.cards {
            saw(&tx, &card.contact, &id)?;
        }
        of_account(&tx, &id, &cards)?;
        let changed = before != now;
        if is_first || name_others(&known, &cards) {
            wake_number(&tx, &id, at)?;
        }
        tx.prepare_cached(
            "INSERT OR IGNORE INTO unmatched (conversation) SELECT id FROM conversation \
             WHERE number = ?1 AND (?2 OR json_extract(state, '$.awaits') IS NOT NULL)",
        )?
        .execute(params![id, changed])?;
    }
    Ok(tx.commit()?)
}

/// Who was pushed onto a number and never read there.
fn only_pushed(tx: &Transaction<'_>, number: &str) -> Result<BTreeSet<String>, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT contact FROM card_contact WHERE number = ?1 AND pushed_at <> 0 AND read = 0")?;
    let all = query.query_map([number], |r| r.get(0))?.collect::<Result<_, _>>()?;
    Ok(all)
}

/// The id of a number, which is made when nobody knows it yet.
pub(super) fn number_of(tx: &Transaction<'_>, address: &Address, fresh: NumberId) -> Result<String, StoreError> {
    let found = tx
        .prepare_cached("SELECT id FROM number WHERE address = ?1")?
        .query_row([address.as_str()], |r| r.get::<_, String>(0));
    if let Some(id) = optional(found)? {
        return Ok(id);
    }
    let state = to_json(&crate::domain::consent::Number::new(fresh))?;
    tx.prepare_cached("INSERT INTO number (id, address, state) VALUES (?1, ?2, ?3)")?.execute(params![
        fresh.to_string(),
        address.as_str(),
        state
    ])?;
    Ok(fresh.to_string())
}

pub(super) fn unmatched(tx: &Transaction<'_>, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached("SELECT conversation FROM unmatched ORDER BY conversation LIMIT ?1")?;
    let rows = query.query_map([limit], |r| r.get::<_, String>(0))?;
    rows.map(|id| parse(&id?)).collect()
}

pub(super) fn stale_numbers(
    tx: &Transaction<'_>,
    older_than: Timestamp,
    limit: usize,
) -> Result<Vec<(NumberId, Address, Vec<ConversationId>)>, StoreError> {
    let sql = "SELECT n.id, n.address FROM number n LEFT JOIN card k ON k.number = n.id \
               WHERE n.address IS NOT NULL AND (k.read_at < ?1 OR k.stale = 1 OR k.read_at IS NULL \
               AND EXISTS (SELECT 1 FROM conversation c WHERE c.number = n.id)) LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached(sql)?;
    let rows = query
        .query_map(params![older_than.millis(), limit], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
    let mut of_number = tx.prepare_cached("SELECT id FROM conversation WHERE number = ?1")?;
    let mut found = Vec::new();
    for row in rows {
        let (id, text) = row?;
        let ids: Vec<String> = of_number.query_map([&id], |r| r.get(0))?.collect::<Result<_, _>>()?;
        let conversations = ids.iter().map(|id| parse(id)).collect::<Result<_, _>>()?;
        found.push((parse(&id)?, address(&text)?, conversations));
    }
    Ok(found)
}

pub(super) fn put_invite(db: &Connection, hash: [u8; 32], rep: &RepId, expires: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO invite (hash, rep, expires) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![hash.as_slice(), rep.as_str(), expires.millis()])?;
    Ok(())
}

pub(super) fn invited(tx: &Transaction<'_>, invite: [u8; 32], now: Timestamp) -> Result<Option<RepId>, StoreError> {
    let sql = "SELECT rep FROM invite WHERE hash = ?1 AND used = 0 AND expires > ?2";
    let found = tx.prepare_cached(sql)?.query_row(params![invite.as_slice(), now.millis()], |r| r.get(0));
    Ok(optional(found)?.map(RepId))
}

pub(super) fn redeem(
    db: &mut Connection,
    invite: [u8; 32],
    now: Timestamp,
    device: DeviceId,
    name: &str,
    token: [u8; 32],
) -> Result<Option<Device>, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE invite SET used = 1 WHERE hash = ?1 AND used = 0 AND expires > ?2 RETURNING rep";
    let rep = optional(tx.query_row(sql, params![invite.as_slice(), now.millis()], |r| r.get::<_, String>(0)))?;
    let Some(rep) = rep else { return Ok(None) };
    tx.execute(
        "INSERT INTO device (id, rep, name, token, created) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![device.to_string(), rep, name, token.as_slice(), now.millis()],
    )?;
    tx.commit()?;
    Ok(Some(Device { id: device, rep: RepId(rep), name: name.to_owned(), created: now, revoked: false }))
}

pub(super) type DeviceRow = (String, String, String, Timestamp, bool);

pub(super) fn device_row(r: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    Ok((r.get(0)?, r.get(1)?, r.get(2)?, instant(r, 3)?, r.get(4)?))
}

pub(super) fn to_device((id, rep, name, created, revoked): DeviceRow) -> Result<Device, StoreError> {
    Ok(Device { id: parse(&id)?, rep: RepId(rep), name, created, revoked })
}

pub(super) fn device(tx: &Transaction<'_>, token: [u8; 32]) -> Result<Option<Device>, StoreError> {
    let sql = "SELECT id, rep, name, created, revoked FROM device WHERE token = ?1 AND revoked = 0";
    optional(tx.prepare_cached(sql)?.query_row([token.as_slice()], device_row))?.map(to_device).transpose()
}

pub(super) fn devices(tx: &Transaction<'_>) -> Result<Vec<Device>, StoreError> {
    let mut query = tx.prepare_cached("SELECT id, rep, name, created, revoked FROM device ORDER BY rep, created")?;
    let rows = query.query_map([], device_row)?;
    rows.map(|r| to_device(r?)).collect()
}

pub(super) fn revoke(db: &mut Connection, rep: &RepId) -> Result<u32, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let devices = tx.execute("UPDATE device SET revoked = 1 WHERE rep = ?1 AND revoked = 0", [rep.as_str()])?;
    tx.execute("UPDATE invite SET used = 1 WHERE rep = ?1", [rep.as_str()])?;
    tx.commit()?;
    Ok(u32::try_from(devices).unwrap_or(u32::MAX))
}

pub(super) fn put_line(db: &Connection, line: &CarrierLine) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR REPLACE INTO line (number, provider, account, tokens, service, api, extra) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            line.number.as_str(),
            line.provider,
            line.account,
            to_json(&line.tokens)?,
            line.service,
            line.api,
            to_json(&line.extra)?
        ],
    )?;
    Ok(())
}

pub(super) fn remove_line(db: &Connection, number: &Address) -> Result<bool, StoreError> {
    Ok(db.execute("DELETE FROM line WHERE number = ?1", [number.as_str()])? > 0)
}

pub(super) fn lines(tx: &Transaction<'_>) -> Result<Vec<CarrierLine>, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT number, provider, account, tokens, service, api, extra FROM line ORDER BY number")?;
    let mut rows = query.query([])?;
    let mut lines = Vec::new();
    while let Some(r) = rows.next()? {
        lines.push(CarrierLine {
            number: address(&r.get::<_, String>(0)?)?,
            provider: r.get(1)?,
            account: r.get(2)?,
            tokens: from_json(&r.get::<_, String>(3)?)?,
            service: r.get(4)?,
            api: r.get(5)?,
            extra: from_json(&r.get::<_, String>(6)?)?,
        });
    }
    Ok(lines)
}

pub(super) fn unseen(tx: &Transaction<'_>, keys: Vec<DedupeKey>) -> Result<Vec<DedupeKey>, StoreError> {
    let mut query = tx.prepare_cached("SELECT 1 FROM dedupe WHERE provider = ?1 AND account = ?2 AND id = ?3")?;
    let mut unseen = Vec::new();
    for key in keys {
        if !query.exists(params![key.provider, key.account, key.id])? {
            unseen.push(key);
        }
    }
    Ok(unseen)
}

/// Open conversations that somebody with this principal sees.
pub(super) fn open_seen_by(tx: &Transaction<'_>, principal: &str) -> Result<Vec<Conversation>, StoreError> {
    let sql = "SELECT c.state FROM audience a JOIN conversation c ON c.id = a.conversation \
               WHERE a.principal = ?1 AND c.open = 1 ORDER BY c.id";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([principal], |r| r.get::<_, String>(0))?;
    rows.map(|state| from_json(&state?)).collect()
}
