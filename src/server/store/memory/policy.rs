//! Policies beside the one in force, in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{MemoryStore, Tables};
use crate::domain::contact::Address;
use crate::domain::context::Card;
use crate::domain::id::{ConversationId, NumberId};
use crate::domain::time::Timestamp;
use crate::server::store::policy::{Kept, KeptWrite, Kind, Mark, PolicyStore};
use crate::server::store::{Loaded, StoreError, Wants};

impl Tables {
    pub(super) fn put_beside(&mut self, kept: Vec<KeptWrite>) {
        for one in kept {
            match one {
                KeptWrite::Put(kept) => drop(self.beside.insert(kept.mark.kind, kept)),
                KeptWrite::Gone(kind) => drop(self.beside.remove(&kind)),
            }
        }
    }

    pub(super) fn load_beside(&self, wants: &Wants, out: &mut Loaded) {
        let shadow = self.beside.get(&Kind::Shadow);
        out.beside.shadow_seq = shadow.map_or(0, |kept| kept.mark.seq);
        out.beside.shadow = shadow.filter(|kept| kept.mark.seq != wants.beside.shadow).cloned();
        out.beside.waiting = self.beside.get(&Kind::Waiting).filter(|_| wants.beside.waiting).cloned();
    }
}

#[async_trait]
impl PolicyStore for MemoryStore {
    async fn version_in_force(&self) -> Result<u32, StoreError> {
        Ok(self.0.lock().await.playbook.as_ref().map_or(0, |playbook| playbook.version))
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        Ok(self.0.lock().await.beside.values().map(|kept| kept.mark).collect())
    }

    async fn kept(&self, kind: Kind) -> Result<Option<Kept>, StoreError> {
        Ok(self.0.lock().await.beside.get(&kind).cloned())
    }

    async fn armed(
        &self,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
        let tables = self.0.lock().await;
        let all: BTreeSet<_> =
            tables.conversations.iter().filter_map(|(id, (c, ..))| Some((c.next_deadline()?, *id))).collect();
        Ok(all.into_iter().filter(|place| after.is_none_or(|after| *place > after)).take(limit).collect())
    }

    async fn cards_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Vec<Card>>, StoreError> {
        let tables = self.0.lock().await;
        Ok(numbers.iter().filter_map(|id| Some((*id, tables.cards.get(id)?.0.clone()))).collect())
    }

    async fn addresses_of(&self, numbers: &BTreeSet<NumberId>) -> Result<BTreeMap<NumberId, Address>, StoreError> {
        let tables = self.0.lock().await;
        let wanted = tables.addresses.iter().filter(|(_, id)| numbers.contains(*id));
        Ok(wanted.map(|(address, id)| (*id, address.clone())).collect())
    }
}
