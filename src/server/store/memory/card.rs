//! Cards that others change, in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::super::card::{
    Around, CardChange, CardStore, NEIGHBOURS, Neighbour, Pushed, PushedSigns, Says, accounts, by_statement,
    name_others, of_accounts, with_pushed, with_signs, without_signs,
};
use super::super::{People, StoreError};
use super::crm_write::wake_number;
use super::{MemoryStore, Tables};
use crate::domain::consent::Number;
use crate::domain::context::{Card, Intent};
use crate::domain::id::{ContactId, ConversationId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::crm::changed::Kind;
use crate::server::crm::{Changed, Touched};

impl Tables {
    /// When the cards of a number were read, unless they changed since.
    pub(super) fn read_at(&self, id: &NumberId) -> Option<Timestamp> {
        self.cards.get(id).filter(|_| !self.crm.is_stale(id)).map(|(_, at)| *at)
    }
}

/// Whose signs: of a person on a number, or of whoever has it; and which program pushed them.
type WhoseSigns = (NumberId, Option<ContactId>, String);

/// What is known beside the cards themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    stale: BTreeSet<NumberId>,
    /// Who is on which number, and since when somebody pushed it.
    on: BTreeMap<(ContactId, NumberId), Timestamp>,
    /// Whom the CRM itself was seen to name there.
    read: BTreeSet<(ContactId, NumberId)>,
    /// Signs that were pushed, since when.
    signs: BTreeMap<WhoseSigns, (Timestamp, Vec<Intent>)>,
    changed: Vec<(u64, Changed)>,
    last: u64,
}

impl Beside {
    /// The cards of a number were read.
    pub(super) fn read(&mut self, id: NumberId, cards: &[Card]) {
        self.stale.remove(&id);
        for card in cards {
            self.saw(card.contact.clone(), id);
        }
    }

    /// Signs that programs pushed of a number.
    fn signs_of(&self, id: NumberId) -> PushedSigns {
        let of = self.signs.iter().filter(|((on, ..), _)| *on == id);
        of.map(|((_, of, _), (_, signs))| (of.clone(), signs.clone())).collect()
    }

    /// Since when signs stand that the program's next ones replace.
    fn signed_at(&self, id: NumberId, of: Option<&ContactId>, program: &str) -> Option<Timestamp> {
        let by = |program: &str| self.signs.get(&(id, of.cloned(), program.to_owned()));
        ["", program].into_iter().filter_map(by).map(|(at, _)| *at).max()
    }

    /// Keeps the signs that stand by a change; those that it takes back.
    fn put_signs(&mut self, id: NumberId, program: &str, change: &CardChange) -> Vec<Intent> {
        let by = |program: &str| (id, change.says.of().cloned(), program.to_owned());
        let before = ["", program].into_iter().filter_map(|program| self.signs.remove(&by(program)));
        let taken_back = before.flat_map(|(_, signs)| signs).collect();
        self.signs.insert(by(program), (change.at, change.says.signs().to_vec()));
        taken_back
    }

    /// The CRM itself named somebody there.
    fn saw(&mut self, contact: ContactId, id: NumberId) {
        self.on.entry((contact.clone(), id)).or_default();
        self.read.insert((contact, id));
    }

    /// Whether somebody was pushed onto a number and never read there.
    pub(super) fn is_only_pushed(&self, contact: &ContactId, id: NumberId) -> bool {
        let key = (contact.clone(), id);
        self.on.get(&key).is_some_and(|at| *at != Timestamp::default()) && !self.read.contains(&key)
    }

    /// Whether a program ever pushed somebody onto a number.
    fn is_pushed_onto(&self, id: &NumberId) -> bool {
        self.on.iter().any(|((_, on), at)| on == id && *at != Timestamp::default())
    }

    pub(super) fn is_stale(&self, id: &NumberId) -> bool {
        self.stale.contains(id)
    }

    fn make_stale(&mut self, contact: &str) {
        let of = self.on.keys().filter(|(c, _)| c.as_str() == contact).map(|(_, id)| *id);
        self.stale.extend(of.collect::<Vec<_>>());
    }
}

#[async_trait]
impl CardStore for MemoryStore {
    async fn crm_changed(&self, changed: &[Changed]) -> Result<(), StoreError> {
        let crm = &mut self.0.lock().await.crm;
        for c in changed {
            crm.changed.retain(|(_, known)| known != c);
            crm.last += 1;
            crm.changed.push((crm.last, c.clone()));
            if c.kind == Kind::Contact {
                crm.make_stale(&c.id);
            }
        }
        Ok(())
    }

    async fn crm_changes(&self, limit: usize) -> Result<Vec<(u64, Changed)>, StoreError> {
        Ok(self.0.lock().await.crm.changed.iter().take(limit).cloned().collect())
    }

    async fn crm_followed(&self, up_to: u64, touched: &Touched) -> Result<(), StoreError> {
        let tables = &mut *self.0.lock().await;
        for contact in &touched.contacts {
            tables.crm.make_stale(contact.as_str());
        }
        let known = touched.addresses.iter().filter_map(|a| tables.addresses.get(a));
        tables.crm.stale.extend(known.filter(|id| tables.cards.contains_key(id)));
        tables.crm.changed.retain(|(seq, _)| *seq > up_to);
        Ok(())
    }

    async fn around(&self, conversation: ConversationId) -> Result<Option<Around>, StoreError> {
        let tables = self.0.lock().await;
        let Some((state, ..)) = tables.conversations.get(&conversation) else { return Ok(None) };
        let number = state.number;
        let cards = |id: &NumberId| tables.cards.get(id).map_or(&[][..], |(cards, _)| cards.as_slice());
        let mine = accounts(cards(&number));
        let others = tables.conversations.values().filter(|(c, ..)| c.number != number);
        let mut others: Vec<_> =
            others.filter_map(|(c, seq, _)| Some((*seq, c.id, c, of_accounts(cards(&c.number), &mine)?))).collect();
        others.sort_by_key(|(seq, id, ..)| (std::cmp::Reverse(*seq), *id));
        let others = others.into_iter().take(NEIGHBOURS);
        Ok(Some(Around {
            state: state.clone(),
            address: tables.addresses.iter().find(|(_, id)| **id == number).map(|(address, _)| address.clone()),
            read_at: tables.cards.get(&number).map(|(_, at)| *at),
            stale: tables.crm.is_stale(&number),
            others: others.map(|(_, _, c, name)| Neighbour { state: c.clone(), name }).collect(),
        }))
    }

    async fn crm_named(&self, number: NumberId, contact: &ContactId) -> Result<bool, StoreError> {
        Ok(self.0.lock().await.crm.read.contains(&(contact.clone(), number)))
    }

    async fn crm_names(&self, number: NumberId, contacts: &[ContactId]) -> Result<(), StoreError> {
        let crm = &mut self.0.lock().await.crm;
        for contact in contacts {
            crm.saw(contact.clone(), number);
        }
        Ok(())
    }

    async fn crm_last_read(&self) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.0.lock().await;
        let read = tables.cards.iter().filter(|(id, _)| !tables.crm.is_pushed_onto(id));
        Ok(read.map(|(_, (_, at))| *at).max())
    }

    async fn push_cards(
        &self,
        program: &str,
        changes: &[CardChange],
        at: Timestamp,
    ) -> Result<Vec<Pushed>, StoreError> {
        let tables = &mut *self.0.lock().await;
        by_statement(changes, |change| Ok(push(tables, program, change, at)))
    }
}

/// Takes in what the CRM said of these numbers.
pub(super) fn put_cards(tables: &mut Tables, people: &[People], at: Timestamp) {
    for p in people {
        let id = *tables.addresses.entry(p.address.clone()).or_insert(p.fresh);
        tables.numbers.entry(id).or_insert_with(|| Number::new(id));
        let is_first = !tables.cards.contains_key(&id);
        let before = tables.cards.get(&id).map(|(cards, _)| cards.clone()).unwrap_or_default();
        let now = with_pushed(&p.cards, before.clone(), |contact| tables.crm.is_only_pushed(contact, id));
        let now = with_signs(now, &tables.crm.signs_of(id));
        let changed = before != now;
        if is_first || name_others(&before, &now) {
            wake_number(tables, id, at);
        }
        tables.cards.insert(id, (now, at));
        tables.crm.read(id, &p.cards);
        let of_number = tables.conversations.values().filter(|(c, ..)| c.number == id);
        tables.unmatched.extend(of_number.filter(|(c, ..)| changed || c.awaits.is_some()).map(|(c, ..)| c.id));
    }
}

fn push(tables: &mut Tables, program: &str, change: &CardChange, at: Timestamp) -> Pushed {
    let id = *tables.addresses.entry(change.address.clone()).or_insert(change.fresh);
    tables.numbers.entry(id).or_insert_with(|| Number::new(id));
    let of = change.says.of().cloned();
    let said = of.clone().and_then(|of| tables.crm.on.get(&(of, id)).copied());
    let signed = tables.crm.signed_at(id, of.as_ref(), program);
    if said.max(signed).is_some_and(|said| said > change.at) {
        return Pushed::Overtaken;
    }
    if let Some(of) = &of {
        tables.crm.on.insert((of.clone(), id), change.at);
    }
    let taken_back = tables.crm.put_signs(id, program, change);
    let before = tables.cards.get(&id).map(|(cards, _)| cards.clone());
    let is_the_crms = matches!(&change.says, Says::Gone(of) if tables.crm.read.contains(&(of.clone(), id)));
    let leaves = is_the_crms || matches!(change.says, Says::Signs(_));
    if leaves && before.is_none() {
        // Signs stand on whoever the CRM says has it.
        return if change.says.signs() == taken_back.as_slice() { Pushed::Known } else { Pushed::Taken };
    }
    if is_the_crms {
        tables.crm.stale.insert(id);
    }
    let known = before.as_deref().unwrap_or_default();
    let after = if leaves { known.to_vec() } else { change.onto(known) };
    let after = without_signs(after, of.as_ref(), &taken_back);
    let after = with_signs(after, &tables.crm.signs_of(id));
    if before.as_ref() == Some(&after) {
        return Pushed::Known;
    }
    if before.as_ref().is_none_or(|before| name_others(before, &after)) {
        wake_number(tables, id, at);
    }
    let same = after == before.unwrap_or_default();
    // What leaves the rest of a card says nothing of how old that is.
    let read_at = tables.cards.get(&id).filter(|_| leaves).map_or(at, |(_, read)| *read);
    tables.cards.insert(id, (after, read_at));
    if same {
        return Pushed::Known;
    }
    let of_number = tables.conversations.values().filter(|(c, ..)| c.number == id);
    tables.unmatched.extend(of_number.map(|(c, ..)| c.id));
    Pushed::Taken
}
