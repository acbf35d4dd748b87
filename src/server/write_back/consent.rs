//! Opt-outs in the CRM: whoever there has a number that opted out is marked, and not any more once it is welcome again.
//!
//! **Invariants:** what is written is how the number stands then, on everybody whom the CRM names then; each change of it is
//! a write of its own, made in order, so that the last one tells how it stands. Somebody with another number that is opted
//! out stays marked. Who never opted out is written nowhere, and whoever gets the number later is marked once.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::WriteBack;
use super::follow::{about, row};
use crate::domain::consent::Number;
use crate::domain::contact::Address;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ContactId, ConversationId, NumberId};
use crate::domain::time::Timestamp;
use crate::domain::write_back::{self, CONSENT, Want, Wanted};
use crate::journal::Entry;
use crate::server::crm::CrmError;
use crate::server::crm::write::{What, Write};
use crate::server::store::crm_write::{CrmEnd, CrmRow};
use crate::server::store::{People, Store, StoreError};

/// Between the ids of those whom one write marked. A write that waits has those of them who are marked already.
const BETWEEN: &str = "\n";

/// Lines of the ledger read at once.
const PAGE: usize = 500;

/// The place, of those that an entry wants, of what repeats how a number stands.
const AGAIN: u32 = 1;

/// Lines of one number's ledger looked at for an earlier opt-out.
const LOOKED_AT: usize = 1_000;

/// What an entry about a number wants.
pub(super) async fn of_number(
    store: &dyn Store,
    policy: &write_back::WriteBack,
    entry: &Entry,
    subject: Subject,
    event: &Event,
) -> Result<Option<CrmRow>, StoreError> {
    let Subject::Number(number) = subject else { return Ok(None) };
    let was_out =
        policy.opt_outs && matches!(event, Event::OptedIn { .. }) && was_out(store, number, entry.seq).await?;
    let want = write_back::follows_number(policy, entry.seq, number, event, was_out);
    Ok(want.map(|want| wanted(want, number, (entry.seq, 0), entry.at)))
}

/// Somebody else is behind the number of a conversation now: they are marked where it is opted out.
pub(super) async fn of_people(
    store: &dyn Store,
    policy: &write_back::WriteBack,
    entry: &Entry,
    conversation: ConversationId,
) -> Result<Option<CrmRow>, StoreError> {
    if !policy.opt_outs {
        return Ok(None);
    }
    let Some(subject) = store.subject(conversation, 0).await? else { return Ok(None) };
    let number = &subject.number;
    // A word that came with them or after them finds them by itself.
    let is_news = is_out(number) && was_out(store, number.id, entry.seq).await?;
    Ok(is_news.then(|| again(number.id, entry.seq, entry.at)))
}

/// Everybody who is opted out when a CRM is connected for the first time, as of the entry that it begins behind.
pub(super) async fn standing(store: &dyn Store, head: u64) -> Result<Vec<CrmRow>, StoreError> {
    let (mut rows, mut seen, mut after) = (Vec::new(), BTreeSet::new(), 0);
    loop {
        let lines = store.ledger(after, PAGE).await?;
        let Some(last) = lines.last().map(|line| line.entry.seq) else { return Ok(rows) };
        for line in lines {
            let is_opt_out = matches!(about(&line.entry), Some((_, Event::OptedOut { .. })));
            let Some(address) = line.address.filter(|_| is_opt_out && seen.insert(line.number)) else { continue };
            let out = store.consent_of(&address).await?.filter(|(number, _)| is_out(number));
            rows.extend(out.map(|_| again(line.number, head, line.entry.at)));
        }
        after = last;
    }
}

fn again(number: NumberId, seq: u64, at: Timestamp) -> CrmRow {
    let want = Want { once: format!("{CONSENT}{number}:{seq}"), rep: None, what: Wanted::Consent { number } };
    wanted(want, number, (seq, AGAIN), at)
}

/// Whether it is for people who were not behind the number before.
const fn is_again(row: &CrmRow) -> bool {
    row.place.1 == AGAIN
}

fn wanted(want: Want, number: NumberId, place: (u64, u32), at: Timestamp) -> CrmRow {
    CrmRow { once: want.once, ..row(ConversationId(number.0), place, at, want.rep, want.what) }
}

fn is_out(number: &Number) -> bool {
    number.outs().next().is_some()
}

/// Whether it was ever opted out before an entry.
async fn was_out(store: &dyn Store, number: NumberId, seq: u64) -> Result<bool, StoreError> {
    let lines = store.ledger_of(number, LOOKED_AT).await?;
    let is_before = |entry: &Entry| entry.seq < seq && matches!(about(entry), Some((_, Event::OptedOut { .. })));
    Ok(lines.iter().any(|line| is_before(&line.entry)))
}

/// The key of what is written on one person: each is a write of its own, and the same whenever it is tried.
fn key(row: Uuid, contact: &ContactId) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(row.as_bytes());
    hash.update(contact.as_str().as_bytes());
    let hash = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Whom a write marked.
fn ids(made: Option<&str>) -> impl Iterator<Item = String> {
    made.into_iter().flat_map(|ids| ids.split(BETWEEN)).map(str::to_owned)
}

/// The same as it is kept; nothing while nobody is.
fn joined(made: &[String]) -> Option<String> {
    (!made.is_empty()).then(|| made.join(BETWEEN))
}

/// A mark that was not made.
struct Untaken {
    error: CrmError,
    /// Whether a call, this one or an earlier one, may have made it all the same.
    stays_in_doubt: bool,
}

impl WriteBack {
    /// Marks everybody whom the CRM knows by the number now, one after the other; when to go on, when it takes none now. A
    /// number that nobody there has is nothing to write.
    pub(super) async fn mark(&self, mut row: CrmRow, number: NumberId) -> Result<Option<Timestamp>, StoreError> {
        let (store, now) = (self.service.store(), self.service.clock().now());
        // Erased, it is nobody's any more.
        let Some(address) = store.address(number).await? else { return self.end(row, CrmEnd::Dropped, now).await };
        let Some((number, conversations)) = store.consent_of(&address).await? else {
            return self.end(row, CrmEnd::Dropped, now).await;
        };
        if let Err(held) = self.may(&row, now) {
            return self.hold(row, held).await;
        }
        let contacts = match self.whose(&address, &number, now).await? {
            Ok(contacts) if contacts.is_empty() => return self.end(row, CrmEnd::Dropped, now).await,
            Ok(contacts) => contacts,
            Err(error) => return self.failed(row, &error).await,
        };
        let known = if is_again(&row) { self.marked(number.id).await? } else { BTreeSet::new() };
        let link = conversations.last().map_or_else(|| "comeback consent show".to_owned(), |c| self.link(c.id));
        let may_be_there = row.begun;
        // An earlier try marked some of them.
        let mut made: Vec<String> = ids(row.made.as_deref()).collect();
        let (mut in_doubt, mut refused) = (false, None);
        self.begins(&mut row, now).await?;
        for contact in contacts {
            let id = contact.0.clone();
            if made.contains(&id) {
                continue;
            }
            if known.contains(&id) {
                made.push(id);
                continue;
            }
            let what = self.standing_of(&contact, &address, &number).await?;
            let (key, at, link) = (key(row.key, &contact), row.at, link.clone());
            let write = Write { key, contact, deal: None, owner: None, at, link, what };
            let Err(Untaken { error, stays_in_doubt }) = self.once(&write, may_be_there).await else {
                self.answered();
                self.allowed(&row).await?;
                made.push(id);
                continue;
            };
            if !error.is_final() && !error.is_forbidden() {
                // Whoever comes behind them was not looked for.
                row.begun = in_doubt || stays_in_doubt || may_be_there;
                let now = self.service.clock().now();
                row.next_at = if error.may_have_been_made() { self.settled(now) } else { now };
                row.made = joined(&made);
                return self.failed(row, &error).await;
            }
            in_doubt |= stays_in_doubt;
            // Deleted since they were named. The others are marked all the same, whatever is said of one; and a right that is
            // missing is given some day, so that it counts more than what is refused for good.
            if matches!(error, CrmError::NotFound) {
                self.answered();
            } else if !refused.as_ref().is_some_and(CrmError::is_forbidden) {
                if error.is_forbidden() {
                    self.judge(&row, &error).await?;
                }
                refused = Some(error);
            }
        }
        row.made = joined(&made);
        let Some(error) = refused else { return self.made(row, made.join(BETWEEN)).await };
        (row.begun, row.next_at) = (in_doubt, now);
        if error.is_forbidden() {
            // Who is gone, or refused for good, is so at each try: that says nothing of the right, and wakes nobody. Two
            // that wait for it would wake each other without a pause.
            return self.came_to_nothing(row, &error).await;
        }
        self.failed(row, &error).await
    }

    /// Who was marked by the last write about a number.
    async fn marked(&self, number: NumberId) -> Result<BTreeSet<String>, StoreError> {
        let rows = self.service.store().crm_consents(number, LOOKED_AT).await?;
        let last = rows.into_iter().rfind(|row| matches!(row.ended, Some((CrmEnd::Made, _))));
        Ok(ids(last.and_then(|row| row.made).as_deref()).collect())
    }

    async fn once(&self, write: &Write, may_be_there: bool) -> Result<String, Untaken> {
        if may_be_there {
            match self.crm.find(write).await {
                Ok(Some(id)) => return Ok(id),
                Ok(None) => {}
                // An earlier call may have made it, as before; not on somebody who is gone.
                Err(error) => return Err(Untaken { stays_in_doubt: !matches!(error, CrmError::NotFound), error }),
            }
        }
        let untaken = |error: CrmError| Untaken { stays_in_doubt: error.may_have_been_made(), error };
        self.crm.write(write).await.map_err(untaken)
    }

    /// Whom the CRM knows by a number. What it says is kept where nobody had asked yet, so that somebody's other number is
    /// known when this one is welcome again.
    async fn whose(
        &self,
        address: &Address,
        number: &Number,
        now: Timestamp,
    ) -> Result<Result<Vec<ContactId>, CrmError>, StoreError> {
        let cards = match self.crm.behind(address).await {
            Ok(cards) => cards,
            Err(error) => return Ok(Err(error)),
        };
        let contacts = cards.iter().map(|card| card.contact.clone()).collect();
        let store = self.service.store();
        if !cards.is_empty() && store.cards_of(&[number.id].into()).await?.is_empty() {
            store.put_cards(&[People { fresh: number.id, address: address.clone(), cards }], now).await?;
        }
        Ok(Ok(contacts))
    }

    /// How somebody stands: opted out while any of their numbers is.
    async fn standing_of(&self, contact: &ContactId, address: &Address, number: &Number) -> Result<What, StoreError> {
        let others = self.service.store().numbers_of(contact).await?;
        let all = std::iter::once(number).chain(others.iter().filter(|other| other.id != number.id));
        let scope: BTreeSet<String> = all.flat_map(Number::outs).map(|(scope, _)| scope.word()).collect();
        let scope: Vec<String> = scope.into_iter().collect();
        Ok(What::Consent { opted_out: !scope.is_empty(), number: address.clone(), scope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_on_one_person_has_one_key_of_its_own() {
        let (row, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let [dana, nils] = ["101", "102"].map(ContactId::new);
        assert_eq!(key(row, &dana), key(row, &dana));
        assert_ne!(key(row, &dana), key(row, &nils));
        assert_ne!(key(row, &dana), key(other, &dana));
    }
}
