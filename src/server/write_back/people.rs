//! On whom something is written, and of whom nothing is.
//!
//! **Invariants:** only somebody whom the CRM itself named on the number has anything written on them: the id of whom a
//! program pushed may be a stranger's there. What a blocked number texts is kept and read by nobody, in the CRM neither.

use super::WriteBack;
use super::follow::about;
use crate::domain::event::Event;
use crate::domain::id::ContactId;
use crate::server::crm::CrmError;
use crate::server::store::crm_write::CrmRow;
use crate::server::store::{StoreError, Subject};

/// Entries about a number looked at for whether it was blocked.
const LOOKED_AT: usize = 200;

impl WriteBack {
    /// Whether the CRM itself has this person on the number. Who was pushed may be known to a CRM that was not asked about
    /// them: it is asked now, and what else it says of them waits until their cards are read again.
    pub(super) async fn is_the_crms(
        &self,
        subject: &Subject,
        contact: &ContactId,
    ) -> Result<Result<bool, CrmError>, StoreError> {
        let (store, number) = (self.service.store(), subject.state.number);
        if store.crm_named(number, contact).await? {
            return Ok(Ok(true));
        }
        let Some(address) = store.address(number).await? else { return Ok(Ok(false)) };
        let named: Vec<ContactId> = match self.crm.behind(&address).await {
            Ok(cards) => cards.into_iter().map(|card| card.contact).collect(),
            // It is the question that failed for good, and not the write: it waits until somebody is named.
            Err(error) if error.is_final() => return Ok(Ok(false)),
            Err(error) => return Ok(Err(error)),
        };
        let is_theirs = named.contains(contact);
        if is_theirs {
            store.crm_names(number, &named).await?;
        } else if !named.is_empty() {
            // Others have the number there: who writes is known once they stand beside each other.
            self.service.asks().want([address]);
        }
        Ok(Ok(is_theirs))
    }

    /// Whether the number was blocked before the entry that wanted a write.
    pub(super) async fn is_unheard(&self, row: &CrmRow, subject: &Subject) -> Result<bool, StoreError> {
        let entries = self.service.store().entries_of(subject.state.number.0, LOOKED_AT).await?;
        let before = entries.iter().filter(|entry| entry.seq < row.place.0);
        let mut words = before.filter_map(|entry| {
            let (_, event) = about(entry)?;
            let blocks = matches!(event, Event::Blocked { .. });
            (blocks || matches!(event, Event::Unblocked { .. })).then_some(blocks)
        });
        Ok(words.next_back().unwrap_or(false))
    }
}
