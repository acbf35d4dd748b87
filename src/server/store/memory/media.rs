//! Media of buyers' texts, in memory.

use async_trait::async_trait;

use super::super::StoreError;
use super::super::media::{MediaEnd, MediaJob, MediaState, MediaStore, MediaWrite, shown};
use super::{MemoryStore, Tables};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::time::Timestamp;

/// A row: as it came, how often it was tried, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Row {
    write: MediaWrite,
    tries: u32,
    state: MediaState,
}

/// What came with a group's texts.
pub(super) fn write(tables: &mut Tables, all: Vec<MediaWrite>) {
    for write in all {
        let key = (write.message, write.n);
        tables.media.entry(key).or_insert(Row { write, tries: 0, state: MediaState::Wanted });
    }
}

#[async_trait]
impl MediaStore for MemoryStore {
    async fn due_media(&self, now: Timestamp, limit: usize) -> Result<(Vec<MediaJob>, Option<Timestamp>), StoreError> {
        let tables = self.0.lock().await;
        let mut wanted: Vec<&Row> = tables.media.values().filter(|row| row.state == MediaState::Wanted).collect();
        wanted.sort_by_key(|row| (row.write.not_before, row.write.message, row.write.n));
        let next = wanted.iter().map(|row| row.write.not_before).find(|at| *at > now);
        let due = wanted.into_iter().filter(|row| row.write.not_before <= now).take(limit);
        let job = |row: &Row| MediaJob {
            message: row.write.message,
            n: row.write.n,
            provider: row.write.provider.clone(),
            account: row.write.account.clone(),
            source: row.write.source.clone(),
            tries: row.tries,
        };
        Ok((due.map(job).collect(), next))
    }

    async fn settle_media(&self, message: MessageId, n: u32, end: &MediaEnd) -> Result<(), StoreError> {
        let tables = &mut *self.0.lock().await;
        let row = tables.media.get_mut(&(message, n)).filter(|row| row.state == MediaState::Wanted);
        let Some(row) = row else { return Ok(()) };
        row.tries += 1;
        match end {
            MediaEnd::Kept { kind, bytes, .. } => row.state = MediaState::Kept(kind.clone(), bytes.clone()),
            MediaEnd::Refused(why) => row.state = MediaState::Refused(why.clone()),
            MediaEnd::Later(at) => row.write.not_before = *at,
        }
        let place = tables.places.get(&message).copied();
        let text = place.and_then(|(conversation, at)| tables.messages.get_mut(&conversation)?.get_mut(&at));
        if let Some(one) = text.and_then(|text| text.media.get_mut(n as usize))
            && let Some(now) = shown(one, end)
        {
            *one = now;
        }
        Ok(())
    }

    async fn media(&self, message: MessageId, n: u32) -> Result<Option<(ConversationId, MediaState)>, StoreError> {
        let tables = self.0.lock().await;
        Ok(tables.media.get(&(message, n)).map(|row| (row.write.conversation, row.state.clone())))
    }

    async fn erase_media(&self, message: MessageId) -> Result<u32, StoreError> {
        let tables = &mut *self.0.lock().await;
        let before = tables.media.len();
        tables.media.retain(|(of, _), _| *of != message);
        Ok(u32::try_from(before - tables.media.len()).unwrap_or(u32::MAX))
    }
}
