//! Replies of before, in memory.

use async_trait::async_trait;

use super::super::StoreError;
use super::super::past::{Imported, PastLog, PastReply};
use super::MemoryStore;
use crate::domain::time::Timestamp;

#[async_trait]
impl PastLog for MemoryStore {
    async fn put_past(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        let past = &mut self.0.lock().await.past;
        let put = |reply: &PastReply| match past.insert((reply.source.clone(), reply.id.clone()), reply.clone()) {
            None => Imported::New,
            Some(before) if before == *reply => Imported::Known,
            Some(_) => Imported::Replaced,
        };
        Ok(replies.iter().map(put).collect())
    }

    async fn put_past_times(&self, replies: &[PastReply]) -> Result<Vec<Imported>, StoreError> {
        let mut all = replies.to_vec();
        {
            let past = &self.0.lock().await.past;
            for reply in &mut all {
                let Some(before) = past.get(&(reply.source.clone(), reply.id.clone())).cloned() else { continue };
                reply.cohort = reply.cohort.take().or(before.cohort);
                reply.use_case = reply.use_case.take().or(before.use_case);
                reply.rep = reply.rep.take().or(before.rep);
                reply.contact = reply.contact.take().or(before.contact);
                reply.stage = reply.stage.take().or(before.stage);
                reply.outcome = reply.outcome.or(before.outcome);
            }
        }
        self.put_past(&all).await
    }

    async fn past(&self, from: Timestamp, until: Timestamp) -> Result<Vec<PastReply>, StoreError> {
        let tables = self.0.lock().await;
        let within = tables.past.values().filter(|reply| from <= reply.received && reply.received < until);
        let mut found: Vec<PastReply> = within.cloned().collect();
        found.sort_by(|a, b| (a.received, &a.source, &a.id).cmp(&(b.received, &b.source, &b.id)));
        Ok(found)
    }
}
