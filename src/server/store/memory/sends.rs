//! What campaigns sent, and the keys of the tools that report it, in memory.

use async_trait::async_trait;

use super::super::sends::Asked;
use super::super::{ApiKey, CampaignSend, SendLog, StoreError};
use super::{MemoryStore, Tables};
use crate::domain::answering::{Answering, Reported};
use crate::domain::contact::Address;
use crate::domain::id::LineId;
use crate::domain::time::Timestamp;

#[async_trait]
impl SendLog for MemoryStore {
    async fn put_sends(&self, sends: &[CampaignSend]) -> Result<Vec<bool>, StoreError> {
        let tables = &mut *self.0.lock().await;
        let mut new = Vec::with_capacity(sends.len());
        for s in sends {
            let key = (s.source.clone(), s.id.clone());
            let is_new = !tables.campaign_sends.contains_key(&key);
            new.push(is_new);
            if !is_new {
                continue;
            }
            tables.campaign_sends.insert(key, s.clone());
            let Some(number) = tables.addresses.get(&s.to).copied() else { continue };
            let conversations = tables.conversations.values().map(|(c, ..)| c);
            let replied = conversations.filter(|c| c.number == number && c.line == s.line);
            let after = replied.filter(|c| c.last_inbound.is_some_and(|at| at >= s.sent.at));
            tables.unmatched.extend(after.map(|c| c.id));
        }
        Ok(new)
    }

    async fn answered(&self, (to, line, at): &Asked) -> Result<Option<Answering>, StoreError> {
        Ok(self.0.lock().await.answered(to, line, *at))
    }

    async fn put_api_key(&self, token: [u8; 32], name: &str, at: Timestamp) -> Result<(), StoreError> {
        let key = ApiKey { name: name.to_owned(), created: at, revoked: false };
        let keys = &mut self.0.lock().await.api_keys;
        if keys.contains_key(&token) {
            return Err(StoreError::Conflict("api_key".to_owned()));
        }
        keys.insert(token, key);
        Ok(())
    }

    async fn api_key(&self, token: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.0.lock().await.api_keys.get(&token).filter(|key| !key.revoked).cloned())
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let mut all: Vec<ApiKey> = self.0.lock().await.api_keys.values().cloned().collect();
        all.sort_by(|a, b| (&a.name, a.created).cmp(&(&b.name, b.created)));
        Ok(all)
    }

    async fn revoke_api_key(&self, name: &str) -> Result<u32, StoreError> {
        let mut tables = self.0.lock().await;
        let mut revoked = 0;
        for key in tables.api_keys.values_mut().filter(|key| key.name == name && !key.revoked) {
            key.revoked = true;
            revoked += 1;
        }
        Ok(revoked)
    }
}

impl Tables {
    /// The newest text from a line to an address that was sent at or before an instant.
    pub(super) fn answered(&self, to: &Address, line: &LineId, at: Timestamp) -> Option<Answering> {
        let sends = self.campaign_sends.values().filter(|s| s.to == *to && s.line == *line && s.sent.at <= at);
        let newest = sends.max_by_key(|s| (s.sent.at, &s.id))?;
        let send = Some(Reported { by: newest.source.clone(), id: newest.id.clone() });
        Some(Answering { send, ..newest.sent.clone() })
    }
}
