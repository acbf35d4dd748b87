//! Cards that others change.

use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::SqliteStore;
use super::crm_write::wake_number;
use super::people::number_of;
use super::row::{address, from_json, optional, to_json};
use crate::domain::context::{Card, Intent};
use crate::domain::conversation::Conversation;
use crate::domain::id::{ContactId, ConversationId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::crm::changed::Kind;
use crate::server::crm::{Changed, Touched};
use crate::server::store::StoreError;
use crate::server::store::card::{
    Around, CardChange, CardStore, NEIGHBOURS, Neighbour, Pushed, PushedSigns, Says, accounts, by_statement,
    name_others, of_accounts, with_signs, without_signs,
};

#[async_trait]
impl CardStore for SqliteStore {
    async fn crm_changed(&self, changed: &[Changed]) -> Result<(), StoreError> {
        let changed = changed.to_vec();
        self.write(move |db| crm_changed(db, &changed)).await
    }

    async fn crm_changes(&self, limit: usize) -> Result<Vec<(u64, Changed)>, StoreError> {
        self.read(move |tx| crm_changes(tx, limit)).await
    }

    async fn crm_followed(&self, up_to: u64, touched: &Touched) -> Result<(), StoreError> {
        let touched = touched.clone();
        self.write(move |db| crm_followed(db, up_to, &touched)).await
    }

    async fn around(&self, conversation: ConversationId) -> Result<Option<Around>, StoreError> {
        self.read(move |tx| around(tx, conversation)).await
    }

    async fn crm_named(&self, number: NumberId, contact: &ContactId) -> Result<bool, StoreError> {
        let contact = contact.clone();
        self.read(move |tx| crm_named(tx, &number.to_string(), &contact)).await
    }

    async fn crm_names(&self, number: NumberId, contacts: &[ContactId]) -> Result<(), StoreError> {
        let contacts = contacts.to_vec();
        self.write(move |db| crm_names(db, number, &contacts)).await
    }

    async fn crm_last_read(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(crm_last_read).await
    }

    async fn push_cards(
        &self,
        program: &str,
        changes: &[CardChange],
        at: Timestamp,
    ) -> Result<Vec<Pushed>, StoreError> {
        let (program, changes) = (program.to_owned(), changes.to_vec());
        self.write(move |db| push_cards(db, &program, &changes, at)).await
    }
}

fn make_stale(tx: &Transaction<'_>, contact: &str) -> Result<(), StoreError> {
    let stale = "UPDATE card SET stale = 1 WHERE number IN (SELECT number FROM card_contact WHERE contact = ?1)";
    tx.prepare_cached(stale)?.execute([contact])?;
    Ok(())
}

fn crm_changed(db: &mut Connection, changed: &[Changed]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for c in changed {
        let word = c.kind.word();
        tx.prepare_cached("DELETE FROM crm_changed WHERE kind = ?1 AND id = ?2")?.execute(params![word, c.id])?;
        tx.prepare_cached("INSERT INTO crm_changed (kind, id) VALUES (?1, ?2)")?.execute(params![word, c.id])?;
        if c.kind == Kind::Contact {
            make_stale(&tx, &c.id)?;
        }
    }
    Ok(tx.commit()?)
}

fn crm_changes(tx: &Transaction<'_>, limit: usize) -> Result<Vec<(u64, Changed)>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx.prepare_cached("SELECT seq, kind, id FROM crm_changed ORDER BY seq LIMIT ?1")?;
    let rows =
        query.query_map([limit], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?)))?;
    let mut all = Vec::new();
    for row in rows {
        let (seq, word, id) = row?;
        let kind = Kind::of_word(&word).ok_or_else(|| StoreError::Corrupt(format!("no kind of record: {word}")))?;
        all.push((u64::try_from(seq).unwrap_or_default(), Changed { kind, id }));
    }
    Ok(all)
}

fn crm_followed(db: &mut Connection, up_to: u64, touched: &Touched) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for contact in &touched.contacts {
        make_stale(&tx, contact.as_str())?;
    }
    for address in &touched.addresses {
        let stale = "UPDATE card SET stale = 1 WHERE number = (SELECT id FROM number WHERE address = ?1)";
        tx.prepare_cached(stale)?.execute([address.as_str()])?;
    }
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    tx.prepare_cached("DELETE FROM crm_changed WHERE seq <= ?1")?.execute([up_to])?;
    Ok(tx.commit()?)
}

fn crm_named(tx: &Transaction<'_>, number: &str, contact: &ContactId) -> Result<bool, StoreError> {
    let sql = "SELECT read FROM card_contact WHERE contact = ?1 AND number = ?2";
    let read = tx.prepare_cached(sql)?.query_row(params![contact.as_str(), number], |r| r.get(0));
    Ok(optional(read)?.unwrap_or(false))
}

fn crm_names(db: &mut Connection, number: NumberId, contacts: &[ContactId]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for contact in contacts {
        saw(&tx, contact, &number.to_string())?;
    }
    Ok(tx.commit()?)
}

/// Keeps that the CRM itself named somebody on a number.
pub(super) fn saw(tx: &Transaction<'_>, contact: &ContactId, number: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO card_contact (contact, number, read) VALUES (?1, ?2, 1) \
               ON CONFLICT (contact, number) DO UPDATE SET read = 1";
    tx.prepare_cached(sql)?.execute(params![contact.as_str(), number])?;
    Ok(())
}

fn crm_last_read(tx: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT max(read_at) FROM card \
               WHERE number NOT IN (SELECT number FROM card_contact WHERE pushed_at <> 0)";
    let at: Option<i64> = tx.prepare_cached(sql)?.query_row([], |r| r.get(0))?;
    Ok(at.map(Timestamp::from_millis))
}

fn push_cards(
    db: &mut Connection,
    program: &str,
    changes: &[CardChange],
    at: Timestamp,
) -> Result<Vec<Pushed>, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pushed = by_statement(changes, |change| push(&tx, program, change, at))?;
    tx.commit()?;
    Ok(pushed)
}

fn push(tx: &Transaction<'_>, program: &str, change: &CardChange, at: Timestamp) -> Result<Pushed, StoreError> {
    let id = number_of(tx, &change.address, change.fresh)?;
    let of = change.says.of().map_or("", ContactId::as_str);
    let said = tx
        .prepare_cached(
            "SELECT max(at) FROM (SELECT pushed_at AS at FROM card_contact WHERE contact = ?1 AND number = ?2 \
             UNION ALL SELECT at FROM pushed_sign WHERE contact = ?1 AND number = ?2 AND program IN ('', ?3))",
        )?
        .query_row(params![of, id, program], |r| r.get::<_, Option<i64>>(0))?;
    if said.is_some_and(|said| said > change.at.millis()) {
        return Ok(Pushed::Overtaken);
    }
    let kept =
        tx.prepare_cached("SELECT cards FROM card WHERE number = ?1")?.query_row([&id], |r| r.get::<_, String>(0));
    let before: Option<Vec<Card>> = optional(kept)?.map(|cards| from_json(&cards)).transpose()?;
    if !of.is_empty() {
        tx.prepare_cached(
            "INSERT INTO card_contact (contact, number, pushed_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (contact, number) DO UPDATE SET pushed_at = excluded.pushed_at",
        )?
        .execute(params![of, id, change.at.millis()])?;
    }
    let taken_back = put_signs(tx, &id, program, change)?;
    let is_the_crms = match &change.says {
        Says::Gone(contact) => crm_named(tx, &id, contact)?,
        Says::Is(_) | Says::Off(_) | Says::Signs(_) => false,
    };
    let leaves = is_the_crms || matches!(change.says, Says::Signs(_));
    let known = before.is_some();
    if leaves && !known {
        // Signs stand on whoever the CRM says has it.
        return Ok(if change.says.signs() == taken_back.as_slice() { Pushed::Known } else { Pushed::Taken });
    }
    if is_the_crms {
        tx.prepare_cached("UPDATE card SET stale = 1 WHERE number = ?1")?.execute([&id])?;
    }
    let before = before.unwrap_or_default();
    let after = if leaves { before.clone() } else { change.onto(&before) };
    let after = without_signs(after, change.says.of(), &taken_back);
    let after = with_signs(after, &pushed_signs(tx, &id)?);
    if known && after == before {
        return Ok(Pushed::Known);
    }
    if !known || name_others(&before, &after) {
        wake_number(tx, &id, at)?;
    }
    // What leaves the rest of a card says nothing of how old that is.
    tx.prepare_cached(
        "INSERT INTO card (number, cards, read_at, stale) VALUES (?1, ?2, ?3, 0) ON CONFLICT (number) DO UPDATE SET \
         cards = excluded.cards, read_at = iif(?4, excluded.read_at, read_at)",
    )?
    .execute(params![id, to_json(&after)?, at.millis(), !leaves])?;
    of_account(tx, &id, &after)?;
    if after != before {
        let mark = "INSERT OR IGNORE INTO unmatched (conversation) SELECT id FROM conversation WHERE number = ?1";
        tx.prepare_cached(mark)?.execute([&id])?;
    }
    Ok(if after == before { Pushed::Known } else { Pushed::Taken })
}

/// Keeps the signs that stand by a change; those that it takes back.
fn put_signs(
    tx: &Transaction<'_>,
    number: &str,
    program: &str,
    change: &CardChange,
) -> Result<Vec<Intent>, StoreError> {
    let of = change.says.of().map_or("", ContactId::as_str);
    let sql = "SELECT signs FROM pushed_sign WHERE number = ?1 AND contact = ?2 AND program IN ('', ?3) \
               ORDER BY program";
    let mut query = tx.prepare_cached(sql)?;
    let mut taken_back = Vec::new();
    for signs in query.query_map([number, of, program], |r| r.get::<_, String>(0))? {
        taken_back.extend(from_json::<Vec<Intent>>(&signs?)?);
    }
    let sql = "DELETE FROM pushed_sign WHERE number = ?1 AND contact = ?2 AND program IN ('', ?3)";
    tx.prepare_cached(sql)?.execute([number, of, program])?;
    tx.prepare_cached("INSERT INTO pushed_sign (number, contact, program, at, signs) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![number, of, program, change.at.millis(), to_json(&change.says.signs())?])?;
    Ok(taken_back)
}

/// Signs that programs pushed of a number.
pub(super) fn pushed_signs(tx: &Transaction<'_>, number: &str) -> Result<PushedSigns, StoreError> {
    let sql = "SELECT contact, signs FROM pushed_sign WHERE number = ?1 ORDER BY contact, program";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([number], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (of, signs) = row?;
        Ok((Some(of).filter(|of| !of.is_empty()).map(ContactId::new), from_json(&signs)?))
    })
    .collect()
}

/// Keeps which accounts the people on a number are of.
pub(super) fn of_account(tx: &Transaction<'_>, number: &str, cards: &[Card]) -> Result<(), StoreError> {
    for account in accounts(cards) {
        tx.prepare_cached("INSERT OR IGNORE INTO card_account (account, number) VALUES (?1, ?2)")?
            .execute(params![account, number])?;
    }
    Ok(())
}

fn around(tx: &Transaction<'_>, conversation: ConversationId) -> Result<Option<Around>, StoreError> {
    let sql = "SELECT c.state, n.address, k.cards, k.read_at, k.stale FROM conversation c \
               JOIN number n ON n.id = c.number LEFT JOIN card k ON k.number = c.number WHERE c.id = ?1";
    let found = tx.prepare_cached(sql)?.query_row([conversation.to_string()], |r| {
        let read_at = r.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis);
        let outdated = r.get::<_, Option<bool>>(4)?.unwrap_or_default();
        Ok((r.get::<_, String>(0)?, r.get::<_, Option<String>>(1)?, r.get::<_, Option<String>>(2)?, read_at, outdated))
    });
    let Some((kept, from, cards, read_at, outdated)) = optional(found)? else { return Ok(None) };
    let state: Conversation = from_json(&kept)?;
    let cards: Vec<Card> = cards.map(|cards| from_json(&cards)).transpose()?.unwrap_or_default();
    let mine = accounts(&cards);
    let sql = "SELECT DISTINCT c.seq, c.id, c.state, k.cards FROM card_account a \
               JOIN conversation c ON c.number = a.number JOIN card k ON k.number = a.number \
               WHERE a.account = ?1 AND a.number <> ?2 ORDER BY c.seq DESC, c.id LIMIT ?3";
    let mut query = tx.prepare_cached(sql)?;
    let most = i64::try_from(NEIGHBOURS).unwrap_or(i64::MAX);
    let mut others = std::collections::BTreeMap::new();
    for account in &mine {
        let mut rows = query.query(params![account, state.number.to_string(), most])?;
        while let Some(r) = rows.next()? {
            let theirs: Vec<Card> = from_json(&r.get::<_, String>(3)?)?;
            if let Some(name) = of_accounts(&theirs, &mine) {
                let place = (std::cmp::Reverse(r.get::<_, i64>(0)?), r.get::<_, String>(1)?);
                others.insert(place, Neighbour { state: from_json(&r.get::<_, String>(2)?)?, name });
            }
        }
    }
    let address = from.map(|from| address(&from)).transpose()?;
    let others = others.into_values().take(NEIGHBOURS).collect();
    Ok(Some(Around { state, address, read_at, stale: outdated, others }))
}
