//! Notices in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::super::notice::{Ended, NoticeRow, NoticeStore, Notices, Reach};
use super::super::{StoreError, Subject};
use super::{MemoryStore, Tables};
use crate::domain::alert::{Occasion, To, What};
use crate::domain::id::{ConversationId, RepId};
use crate::domain::time::Timestamp;

impl Tables {
    pub(super) fn put_notices(&mut self, rows: &[NoticeRow]) {
        for row in rows {
            let same_key = |other: &NoticeRow| row.key.is_some() && other.key == row.key && other.id != row.id;
            if !self.notices.values().any(same_key) {
                self.notices.insert(row.id, row.clone());
            }
        }
    }
}

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn notices(&self, each: usize) -> Result<Vec<NoticeRow>, StoreError> {
        let tables = self.0.lock().await;
        let mut rows: Vec<NoticeRow> = tables.notices.values().filter(|row| row.is_waiting_alert()).cloned().collect();
        rows.sort_by_key(|row| (row.notice.at, row.id));
        let mut of: BTreeMap<String, usize> = BTreeMap::new();
        rows.retain(|row| {
            let taken = of.entry(row.notice.to.key()).or_default();
            *taken += 1;
            *taken <= each
        });
        Ok(rows)
    }

    async fn put_notices(&self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        self.0.lock().await.put_notices(rows);
        Ok(())
    }

    async fn sent_notices(&self, since: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let tables = self.0.lock().await;
        let sent = tables.notices.values().filter(|row| row.first).filter_map(|row| Some((row, row.ended?)));
        let sent = sent.filter(|(_, (how, at))| *how == Ended::Sent && *at >= since);
        let mut sent: Vec<_> = sent.map(|(row, (_, at))| (at, row.notice.to.key())).collect();
        sent.sort();
        Ok(sent.into_iter().map(|(at, key)| (key, at)).collect())
    }

    async fn told_last(&self, rep: &RepId, channel: &str) -> Result<Option<ConversationId>, StoreError> {
        let tables = self.0.lock().await;
        let to = To::Rep(rep.clone());
        let told = tables.notices.values().filter(|row| row.first && row.notice.to == to);
        let told = told.filter(|row| row.by.as_deref() == Some(channel) && row.notice.conversation.is_some());
        let asks = |row: &&NoticeRow| {
            !matches!(row.notice.what, What::Alert { occasion: Occasion::Approval | Occasion::Note, .. })
        };
        let told = told.filter(asks).filter_map(|row| match row.ended? {
            (Ended::Sent, at) => Some((at, row.id, row.notice.conversation?)),
            (Ended::Dropped | Ended::Unknown | Ended::Dead, _) => None,
        });
        Ok(told.max().map(|(.., conversation)| conversation))
    }

    async fn count_notices(&self) -> Result<Notices, StoreError> {
        let tables = self.0.lock().await;
        let mut counts = Notices::default();
        for row in tables.notices.values() {
            match row.ended {
                None => counts.waiting += 1,
                Some((Ended::Dead, _)) => counts.dead += 1,
                Some((Ended::Sent | Ended::Dropped | Ended::Unknown, _)) => {}
            }
        }
        Ok(counts)
    }

    async fn forget_notices(&self, older_than: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let tables = &mut *self.0.lock().await;
        let old = tables.notices.values().filter_map(|row| Some((row.ended?.1, row.id)));
        let old: BTreeSet<_> = old.filter(|(at, _)| *at < older_than).collect();
        let gone = old.into_iter().take(limit).filter(|(_, id)| tables.notices.remove(id).is_some());
        Ok(gone.count())
    }

    async fn put_reach(&self, reach: &Reach) -> Result<(), StoreError> {
        let tables = &mut *self.0.lock().await;
        let taken = tables.reaches.values().any(|r| r.rep != reach.rep && r.phone.is_some() && r.phone == reach.phone);
        if taken {
            return Err(StoreError::Conflict("reach.phone".to_owned()));
        }
        if reach.phone.is_none() && reach.email.is_none() {
            tables.reaches.remove(&reach.rep);
        } else {
            tables.reaches.insert(reach.rep.clone(), reach.clone());
        }
        Ok(())
    }

    async fn reaches(&self) -> Result<Vec<Reach>, StoreError> {
        Ok(self.0.lock().await.reaches.values().cloned().collect())
    }

    async fn subject(&self, conversation: ConversationId, messages: usize) -> Result<Option<Subject>, StoreError> {
        let tables = self.0.lock().await;
        let known = tables.conversations.contains_key(&conversation);
        Ok(known.then(|| tables.subject(conversation, messages)))
    }
}
