//! What happened in a conversation, as far as it is read for a write.

use crate::domain::event::Event;
use crate::domain::id::ConversationId;
use crate::domain::time::Timestamp;
use crate::journal::Frame;
use crate::server::store::{Store, StoreError};

/// Entries of a conversation looked at first for what its clock came to, and at most: a write may have waited for its buyer
/// for days.
const LOOKED_AT: usize = 200;
const LOOKED_AT_MOST: usize = 51_200;

/// What happened in it, from well before the entry `entry` on.
pub(super) async fn past(
    store: &dyn Store,
    conversation: ConversationId,
    entry: u64,
) -> Result<Vec<(u64, Timestamp, Event)>, StoreError> {
    let mut most = LOOKED_AT;
    let entries = loop {
        let entries = store.entries_of(conversation.0, most).await?;
        let before = entries.iter().filter(|other| other.seq < entry).count();
        if entries.len() < most || before >= LOOKED_AT / 2 || most >= LOOKED_AT_MOST {
            break entries;
        }
        most *= 4;
    };
    let events = entries.iter().filter_map(|entry| {
        let frame = Frame::decode(&entry.body).ok()?;
        Some((entry.seq, entry.at, serde_json::from_value::<Event>(frame.event).ok()?))
    });
    Ok(events.collect())
}
