//! Writes into the CRM on their way, in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{MemoryStore, Tables};
use crate::domain::consent::Number;
use crate::domain::id::{ContactId, ConversationId, MessageId, NumberId};
use crate::domain::time::Timestamp;
use crate::domain::write_back::{CONSENT, Wanted};
use crate::server::store::StoreError;
use crate::server::store::crm_write::{CrmEnd, CrmRow, CrmStanding, CrmWriteStore};
use crate::wire::changes::Message;

fn is_open_task(row: &CrmRow) -> bool {
    matches!(row.wanted, Wanted::Task { .. }) && !row.closed
}

/// Whether it is to end that task, and no call has begun to.
fn ends(row: &CrmRow, task: Uuid) -> bool {
    row.about == Some(task) && row.ended.is_none() && !row.begun
}

/// Whether it made a task for later that is for that day or a later one.
fn is_ahead(row: &CrmRow, of: Timestamp) -> bool {
    let is_made = matches!(row.ended, Some((CrmEnd::Made, _)));
    is_made && matches!(row.wanted, Wanted::FollowUp { due, .. } if due >= of)
}

/// As if it had never been tried.
fn put_back(row: &mut CrmRow, now: Timestamp) {
    (row.ended, row.waits, row.next_at, row.tries, row.closed) = (None, None, now, 0, false);
}

/// What waits of these may be tried at once, and what was refused waits again: of conversations, or of a number itself.
fn wake(tables: &mut Tables, of: &BTreeSet<ConversationId>, now: Timestamp) {
    for row in tables.crm_writes.values_mut().filter(|row| of.contains(&row.conversation)) {
        match row.ended {
            None if !row.begun || row.forbidden => row.next_at = row.next_at.min(now),
            Some((CrmEnd::Refused, _)) => put_back(row, now),
            None | Some((CrmEnd::Made | CrmEnd::Dropped, _)) => {}
        }
    }
}

/// The same of a number and of all its conversations.
pub(super) fn wake_number(tables: &mut Tables, number: NumberId, now: Timestamp) {
    let conversations = tables.conversations.values().filter(|(c, ..)| c.number == number).map(|(c, ..)| c.id);
    let of: BTreeSet<_> = conversations.chain([ConversationId(number.0)]).collect();
    wake(tables, &of, now);
}

#[async_trait]
impl CrmWriteStore for MemoryStore {
    async fn crm_read_to(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.0.lock().await.crm_read)
    }

    async fn crm_follow(&self, read_to: u64, rows: &[CrmRow]) -> Result<(), StoreError> {
        let mut tables = self.0.lock().await;
        for row in rows {
            if tables.crm_writes.values().any(|other| other.once == row.once) {
                continue;
            }
            if let Some(task) = row.about.and_then(|about| tables.crm_writes.get_mut(&about))
                && matches!(task.wanted, Wanted::Task { .. })
            {
                task.closed = true;
            }
            tables.crm_writes.insert(row.key, row.clone());
        }
        tables.crm_read = Some(read_to);
        Ok(())
    }

    async fn crm_due(&self, now: Timestamp, limit: usize) -> Result<(Vec<CrmRow>, Option<Timestamp>), StoreError> {
        let tables = self.0.lock().await;
        let open = || tables.crm_writes.values().filter(|row| row.ended.is_none());
        let is_first =
            |row: &&CrmRow| !open().any(|other| other.conversation == row.conversation && other.place < row.place);
        let (mut due, later): (Vec<&CrmRow>, Vec<&CrmRow>) =
            open().filter(is_first).partition(|row| row.next_at <= now);
        due.sort_by_key(|row| (row.next_at, row.key));
        Ok((due.into_iter().take(limit).cloned().collect(), later.iter().map(|row| row.next_at).min()))
    }

    async fn put_crm_row(&self, row: &CrmRow) -> Result<(), StoreError> {
        self.0.lock().await.crm_writes.insert(row.key, row.clone());
        Ok(())
    }

    async fn crm_row(&self, key: Uuid) -> Result<Option<CrmRow>, StoreError> {
        Ok(self.0.lock().await.crm_writes.get(&key).cloned())
    }

    async fn crm_wake(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        wake(&mut *self.0.lock().await, &[conversation].into(), now);
        Ok(())
    }

    async fn crm_wake_forbidden(&self, now: Timestamp) -> Result<(), StoreError> {
        for row in self.0.lock().await.crm_writes.values_mut().filter(|row| row.ended.is_none() && row.forbidden) {
            row.next_at = row.next_at.min(now);
        }
        Ok(())
    }

    async fn crm_tasks(
        &self,
        conversation: Option<ConversationId>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let wanted = |row: &&CrmRow| {
            is_open_task(row)
                && conversation.is_none_or(|id| row.conversation == id)
                && after.is_none_or(|after| row.key > after)
        };
        Ok(tables.crm_writes.values().filter(wanted).take(limit).cloned().collect())
    }

    async fn crm_tasks_closed_there(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let ends = |task: &CrmRow| tables.crm_writes.values().any(|row| row.about == Some(task.key));
        let of_task = |row: &&CrmRow| matches!(row.wanted, Wanted::Task { .. }) && row.conversation == conversation;
        let dropped = |row: &CrmRow| matches!(row.ended, Some((CrmEnd::Dropped, _)));
        let wanted = |row: &&CrmRow| row.closed && of_task(row) && !dropped(row) && !ends(row);
        Ok(tables.crm_writes.values().filter(wanted).cloned().collect())
    }

    async fn crm_tasks_ending(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let is_to_end = |task: &CrmRow| tables.crm_writes.values().any(|row| ends(row, task.key));
        let of_task = |row: &&CrmRow| matches!(row.wanted, Wanted::Task { .. }) && row.conversation == conversation;
        let stands = |row: &CrmRow| matches!(row.ended, None | Some((CrmEnd::Made, _)));
        let wanted = |row: &&CrmRow| row.closed && of_task(row) && stands(row) && is_to_end(row);
        Ok(tables.crm_writes.values().filter(wanted).cloned().collect())
    }

    async fn crm_task_stays(&self, task: Uuid) -> Result<bool, StoreError> {
        let mut tables = self.0.lock().await;
        let before = tables.crm_writes.len();
        tables.crm_writes.retain(|_, row| !ends(row, task));
        let stays = tables.crm_writes.len() < before;
        if let (true, Some(task)) = (stays, tables.crm_writes.get_mut(&task)) {
            task.closed = false;
        }
        Ok(stays)
    }

    async fn crm_ends(&self, conversation: ConversationId) -> Result<Vec<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let is_end = |once: &str| once.starts_with("end:") || once.starts_with("moved:");
        let own = |row: &&CrmRow| is_end(&row.once) && row.conversation == conversation;
        let mut rows: Vec<CrmRow> = tables.crm_writes.values().filter(own).cloned().collect();
        rows.sort_by_key(|row| row.place);
        Ok(rows)
    }

    async fn crm_standing(&self) -> Result<CrmStanding, StoreError> {
        let tables = self.0.lock().await;
        let mut standing = CrmStanding::default();
        for row in tables.crm_writes.values() {
            match row.ended {
                None => {
                    standing.waiting += 1;
                    standing.forbidden += u64::from(row.forbidden);
                    standing.failed += u64::from(row.tries > 0 && !row.forbidden);
                    standing.oldest = Some(standing.oldest.map_or(row.at, |oldest| oldest.min(row.at)));
                }
                Some((CrmEnd::Refused, _)) => standing.refused += 1,
                Some((CrmEnd::Made | CrmEnd::Dropped, _)) => {}
            }
        }
        Ok(standing)
    }

    async fn crm_stuck(&self, limit: usize) -> Result<(Vec<CrmRow>, Vec<CrmRow>), StoreError> {
        let tables = self.0.lock().await;
        let all = || tables.crm_writes.values();
        let mut waiting: Vec<CrmRow> = all().filter(|row| row.ended.is_none()).cloned().collect();
        waiting.sort_by_key(|row| (row.at, row.key));
        let is_refused = |row: &&CrmRow| matches!(row.ended, Some((CrmEnd::Refused, _)));
        let mut refused: Vec<CrmRow> = all().filter(is_refused).cloned().collect();
        refused.sort_by_key(|row| (std::cmp::Reverse(row.ended.map(|(_, at)| at)), row.key));
        waiting.truncate(limit);
        refused.truncate(limit);
        Ok((waiting, refused))
    }

    async fn crm_first_forbidden(&self) -> Result<Option<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let waiting = tables.crm_writes.values().filter(|row| row.ended.is_none() && row.forbidden);
        Ok(waiting.min_by_key(|row| (row.at, row.key)).cloned())
    }

    async fn crm_retry(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut tables = self.0.lock().await;
        let mut again = 0;
        for row in tables.crm_writes.values_mut() {
            if matches!(row.ended, Some((CrmEnd::Refused, _))) {
                put_back(row, now);
                again += 1;
            } else if row.ended.is_none() && row.forbidden {
                (row.waits, row.next_at, row.tries, row.forbidden) = (None, now, 0, false);
                again += 1;
            }
        }
        Ok(again)
    }

    async fn forget_crm(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut tables = self.0.lock().await;
        let is_old = |row: &&CrmRow| {
            let ended_before = row.ended.is_some_and(|(_, at)| at < older_than);
            ended_before && !is_open_task(row) && !is_ahead(row, older_than)
        };
        let mut old: Vec<(Timestamp, Uuid)> =
            tables.crm_writes.values().filter(is_old).filter_map(|row| Some((row.ended?.1, row.key))).collect();
        old.sort_unstable();
        old.truncate(limit);
        for (_, key) in &old {
            tables.crm_writes.remove(key);
        }
        Ok(old.len())
    }

    async fn crm_consents(&self, number: NumberId, limit: usize) -> Result<Vec<CrmRow>, StoreError> {
        let tables = self.0.lock().await;
        let own = |row: &&CrmRow| row.once.starts_with(CONSENT) && row.conversation.0 == number.0;
        let mut rows: Vec<CrmRow> = tables.crm_writes.values().filter(own).cloned().collect();
        rows.sort_by_key(|row| row.place);
        rows.drain(..rows.len().saturating_sub(limit));
        Ok(rows)
    }

    async fn numbers_of(&self, contact: &ContactId) -> Result<Vec<Number>, StoreError> {
        let tables = self.0.lock().await;
        let theirs = tables.cards.iter().filter(|(_, (cards, _))| cards.iter().any(|card| card.contact == *contact));
        Ok(theirs.filter_map(|(id, _)| tables.numbers.get(id).cloned()).collect())
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let tables = self.0.lock().await;
        let Some((conversation, n)) = tables.places.get(&id) else { return Ok(None) };
        Ok(tables.messages.get(conversation).and_then(|of| of.get(n)).cloned())
    }
}
