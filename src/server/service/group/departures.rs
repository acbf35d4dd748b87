//! What leaves is counted with the fact that it does, so that no restart forgets it.

use super::Group;
use crate::domain::event::Event;
use crate::domain::id::ConversationId;
use crate::server::store::departure::Departure;
use crate::server::throttle::many;

impl Group {
    pub(super) fn departs(&mut self, conversation: ConversationId, event: &Event) {
        let Event::SendStarted { message, .. } = event else { return };
        let Some(loading) = self.loaded.conversations.get(&conversation) else { return };
        // Of one that may have left from a backup brought back only that is known.
        let segments = self.loaded.words.get(message).map_or(1, many);
        self.batch.departures.push(Departure { at: self.now, line: loading.state.line.clone(), segments });
    }
}
