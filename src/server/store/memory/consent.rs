//! The consent ledger, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::super::StoreError;
use super::super::consent::{ConsentStore, LedgerRow, LedgerWrite, Untold};
use super::super::notice::{Ended, NoticeRow};
use super::{MemoryStore, Tables};
use crate::domain::alert::What;
use crate::domain::consent::Number;
use crate::domain::contact::Address;
use crate::domain::conversation::Conversation;
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;
use crate::domain::write_back::CONSENT;
use crate::server::store::crm_write::CrmEnd;

impl Tables {
    pub(super) fn put_ledger(&mut self, rows: Vec<LedgerWrite>) {
        self.ledger.extend(rows.into_iter().map(|row| (row.seq, row)));
    }

    fn ledger_row(&self, row: &LedgerWrite) -> Option<LedgerRow> {
        let entry = (**self.entries.iter().find(|entry| entry.seq == row.seq)?).clone();
        let address =
            self.addresses.iter().find(|(_, number)| **number == row.number).map(|(address, _)| address.clone());
        let words = row.words.as_ref().map(|(words, _)| words.clone());
        Some(LedgerRow { number: row.number, address, entry, words })
    }
}

const fn consent_number(row: &NoticeRow) -> Option<NumberId> {
    if let What::Consent { number, .. } = &row.notice.what { Some(*number) } else { None }
}

#[async_trait]
impl ConsentStore for MemoryStore {
    async fn consent_of(&self, address: &Address) -> Result<Option<(Number, Vec<Conversation>)>, StoreError> {
        let tables = self.0.lock().await;
        let Some(number) = tables.addresses.get(address).and_then(|id| tables.numbers.get(id)) else { return Ok(None) };
        let own = tables.conversations.values().map(|(c, ..)| c).filter(|c| c.number == number.id);
        Ok(Some((number.clone(), own.cloned().collect())))
    }

    async fn ledger_of(&self, number: NumberId, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        let tables = self.0.lock().await;
        let own = tables.ledger.values().filter(|row| row.number == number);
        let mut rows: Vec<LedgerRow> = own.filter_map(|row| tables.ledger_row(row)).collect();
        rows.drain(..rows.len().saturating_sub(limit));
        Ok(rows)
    }

    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        let tables = self.0.lock().await;
        let later = tables.ledger.range(after.saturating_add(1)..).map(|(_, row)| row);
        Ok(later.filter_map(|row| tables.ledger_row(row)).take(limit).collect())
    }

    async fn consent_notices(&self, number: NumberId, limit: usize) -> Result<Vec<NoticeRow>, StoreError> {
        let tables = self.0.lock().await;
        let mut rows: Vec<NoticeRow> =
            tables.notices.values().filter(|row| consent_number(row) == Some(number)).cloned().collect();
        rows.sort_by_key(|row| (row.notice.at, row.id));
        rows.drain(..rows.len().saturating_sub(limit));
        Ok(rows)
    }

    async fn consents_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<NoticeRow>, Option<Timestamp>), StoreError> {
        let tables = self.0.lock().await;
        let waiting = || tables.notices.values().filter(|row| row.ended.is_none() && row.is_consent());
        let mut oldest: BTreeMap<_, &NoticeRow> = BTreeMap::new();
        for row in waiting() {
            let key = (row.notice.to.key(), consent_number(row));
            let first = oldest.entry(key).or_insert(row);
            if (row.notice.at, row.id) < (first.notice.at, first.id) {
                *first = row;
            }
        }
        let mut due: Vec<NoticeRow> = oldest.into_values().filter(|row| row.next_at <= now).cloned().collect();
        due.sort_by_key(|row| (row.next_at, row.id));
        due.truncate(limit);
        Ok((due, waiting().map(|row| row.next_at).filter(|at| *at > now).min()))
    }

    async fn untold_consents(&self) -> Result<Untold, StoreError> {
        let tables = self.0.lock().await;
        let mut untold = Untold::default();
        for row in tables.notices.values().filter(|row| consent_number(row).is_some()) {
            match row.ended {
                None => {
                    untold.waiting += 1;
                    untold.oldest = Some(untold.oldest.map_or(row.notice.at, |oldest| oldest.min(row.notice.at)));
                }
                Some((Ended::Dead, _)) => untold.refused += 1,
                Some((Ended::Sent | Ended::Dropped | Ended::Unknown, _)) => {}
            }
        }
        for row in tables.crm_writes.values().filter(|row| row.once.starts_with(CONSENT)) {
            match row.ended {
                None => {
                    untold.waiting += 1;
                    untold.oldest = Some(untold.oldest.map_or(row.at, |oldest| oldest.min(row.at)));
                }
                Some((CrmEnd::Refused, _)) => untold.refused += 1,
                Some((CrmEnd::Made | CrmEnd::Dropped, _)) => {}
            }
        }
        Ok(untold)
    }
}
