//! Loads what a group of commands needs to look at.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::read::playbook;
use super::row::{address, from_json, head, instant, number, optional, parse, signed};
use super::sends::answered;
use crate::domain::answering::Answering;
use crate::domain::contact::Body;
use crate::domain::id::{ConversationId, DeviceId, NumberId, RepId};
use crate::server::store::{DeviceState, Loaded, Loading, StoreError, Wants};
use crate::wire::command::{Receipt, Verdict};

pub(super) fn load(db: &Connection, wants: &Wants) -> Result<Loaded, StoreError> {
    let row = head(db)?;
    let mut out = Loaded { roster: row.roster, playbook_version: row.playbook, loads: loads(db)?, ..Loaded::default() };
    let mut numbers = BTreeSet::new();
    let mut by_address = db.prepare_cached("SELECT id FROM number WHERE address = ?1")?;
    for wanted in &wants.addresses {
        if let Some(id) = optional(by_address.query_row([wanted.as_str()], |r| r.get::<_, String>(0)))? {
            let id: NumberId = parse(&id)?;
            out.addresses.insert(wanted.clone(), id);
            numbers.insert(id);
        }
    }
    let mut conversations = wants.conversations.clone();
    let mut of_message = db.prepare_cached("SELECT conversation FROM message WHERE id = ?1")?;
    for message in &wants.messages {
        if let Some(id) = optional(of_message.query_row([message.to_string()], |r| r.get::<_, String>(0)))? {
            let id: ConversationId = parse(&id)?;
            out.messages.insert(*message, id);
            conversations.insert(id);
        }
    }
    let mut number_of = db.prepare_cached("SELECT number FROM conversation WHERE id = ?1")?;
    for id in &conversations {
        if let Some(number) = optional(number_of.query_row([id.to_string()], |r| r.get::<_, String>(0)))? {
            numbers.insert(parse(&number)?);
        }
    }
    for id in numbers {
        load_number(db, id, &mut out)?;
    }
    let mut words = db.prepare_cached("SELECT body FROM message WHERE id = ?1")?;
    for message in &wants.words {
        let found = optional(words.query_row([message.to_string()], |r| r.get::<_, Option<String>>(0)))?;
        out.words.extend(found.flatten().map(|body| (*message, Body::new(body))));
    }
    let mut seen = db.prepare_cached("SELECT 1 FROM dedupe WHERE provider = ?1 AND account = ?2 AND id = ?3")?;
    for key in &wants.dedupe {
        if seen.exists(params![key.provider, key.account, key.id])? {
            out.duplicates.insert(key.clone());
        }
    }
    for (key, (from, line, at)) in &wants.answering {
        if let Some(sent) = answered(db, from, line, *at)? {
            out.answering.insert(key.clone(), sent);
        }
    }
    for id in &wants.answered {
        if let Some(sent) = answered_by(db, *id, &out)? {
            out.answered.insert(*id, sent);
        }
    }
    for (device, ns) in &wants.devices {
        load_device(db, *device, ns, &mut out)?;
    }
    if out.playbook_version != wants.playbook {
        out.playbook = playbook(db)?;
    }
    super::policy::load(db, wants, &mut out)?;
    Ok(out)
}

/// The campaign's text that the newest reply of a loaded conversation may answer.
fn answered_by(db: &Connection, id: ConversationId, out: &Loaded) -> Result<Option<Answering>, StoreError> {
    let state = out.conversations.get(&id).map(|loading| &loading.state);
    let Some((state, at)) = state.and_then(|state| Some((state, state.last_inbound?))) else { return Ok(None) };
    let from = out.addresses.iter().find(|(_, number)| **number == state.number).map(|(address, _)| address);
    from.map_or(Ok(None), |from| answered(db, from, &state.line, at))
}

fn load_number(db: &Connection, id: NumberId, out: &mut Loaded) -> Result<(), StoreError> {
    let key = id.to_string();
    let mut query = db.prepare_cached("SELECT state, address FROM number WHERE id = ?1")?;
    let (state, known): (String, Option<String>) = query.query_row([&key], |r| Ok((r.get(0)?, r.get(1)?)))?;
    out.numbers.insert(id, from_json(&state)?);
    if let Some(known) = known {
        out.addresses.insert(address(&known)?, id);
    }
    let mut query = db.prepare_cached("SELECT cards, read_at, stale FROM card WHERE number = ?1")?;
    let read = query.query_row([&key], |r| Ok((r.get::<_, String>(0)?, instant(r, 1)?, r.get::<_, bool>(2)?)));
    if let Some((cards, at, stale)) = optional(read)? {
        out.cards.insert(id, from_json(&cards)?);
        out.read.extend((!stale).then_some((id, at)));
    }
    let mut query = db.prepare_cached("SELECT state, messages FROM conversation WHERE number = ?1")?;
    let mut rows = query.query([&key])?;
    while let Some(r) = rows.next()? {
        let state: crate::domain::conversation::Conversation = from_json(&r.get::<_, String>(0)?)?;
        out.conversations.insert(state.id, Loading { state, messages: number(r, 1)? });
    }
    Ok(())
}

fn load_device(db: &Connection, device: DeviceId, ns: &BTreeSet<u64>, out: &mut Loaded) -> Result<(), StoreError> {
    let key = device.to_string();
    let mut query = db.prepare_cached("SELECT last_n, parked FROM device WHERE id = ?1")?;
    if let Some((last_n, parked)) = optional(query.query_row([&key], |r| Ok((number(r, 0)?, r.get::<_, String>(1)?))))?
    {
        let parked: Vec<(ConversationId, u64)> = from_json(&parked)?;
        out.devices.insert(device, DeviceState { last_n, parked: parked.into_iter().collect() });
    }
    let mut query = db.prepare_cached("SELECT id, verdict FROM receipt WHERE device = ?1 AND n = ?2")?;
    for n in ns {
        let found = query.query_row(params![key, signed(*n)], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)));
        if let Some((id, verdict)) = optional(found)? {
            let verdict: Verdict = from_json(&verdict)?;
            out.receipts.insert((device, *n), Receipt { id: parse(&id)?, n: *n, verdict });
        }
    }
    Ok(())
}

pub(super) fn loads(db: &Connection) -> Result<BTreeMap<RepId, u32>, StoreError> {
    let mut query = db.prepare_cached("SELECT holder, open FROM load WHERE open > 0")?;
    let rows = query.query_map([], |r| Ok((RepId(r.get(0)?), r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
