//! Which alerts a desktop still shows, and when one has nothing more to say: read, done, or somebody else's. Pure;
//! somebody else takes them away.

use std::collections::BTreeMap;

use super::alert::{self, Alert, Kind};
use super::inbox::waits_for;
use super::state::State;
use crate::domain::id::ConversationId;
use crate::domain::sla::Stage;

/// Most conversations remembered; what is shown of the oldest beyond stays until the person takes it away.
const REMEMBERED: usize = 256;

/// Where alerts go, and where those go that are over. Called on the client's thread: neither must block.
pub struct Outlet {
    /// Shows one; a newer one about the same conversation replaces it.
    pub raise: alert::Sink,
    /// Takes away what is shown of a conversation.
    pub close: Box<dyn FnMut(ConversationId) + Send>,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outlet")
    }
}

/// What is shown.
#[derive(Clone, Debug, Default)]
pub struct Shown(BTreeMap<ConversationId, Told>);

/// Why a conversation was alerted about.
#[derive(Clone, Copy, Debug)]
struct Told {
    kind: Kind,
    /// It waited for this person then.
    mine: bool,
}

impl Shown {
    /// An alert goes out.
    pub fn raised(&mut self, alert: &Alert, state: &State) {
        let Some(id) = alert.conversation else { return };
        self.0.insert(id, Told { kind: alert.kind, mine: is_mine(state, id) });
        if self.0.len() > REMEMBERED
            && let Some(other) = self.0.keys().find(|other| **other != id).copied()
        {
            self.0.remove(&other);
        }
    }

    /// The person reads a conversation on a focused screen. True when something about it is shown.
    pub fn read(&mut self, id: ConversationId) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Conversations that are shown and have nothing more to say.
    pub fn over(&mut self, state: &State) -> Vec<ConversationId> {
        let over: Vec<ConversationId> =
            self.0.iter().filter(|(id, told)| is_over(state, **id, **told)).map(|(id, _)| *id).collect();
        for id in &over {
            self.0.remove(id);
        }
        over
    }
}

fn is_mine(state: &State, id: ConversationId) -> bool {
    let (Some(session), Some(snapshot)) = (&state.session, state.base.get(&id)) else { return false };
    waits_for(state.playbook.as_ref(), &session.rep, &snapshot.state)
}

fn is_over(state: &State, id: ConversationId, told: Told) -> bool {
    let Some(snapshot) = state.base.get(&id) else { return true };
    let late = snapshot.state.clock.as_ref().is_some_and(|clock| clock.stage != Stage::Running);
    let answered = matches!(told.kind, Kind::Warning | Kind::Breach) && !late;
    let ruled = told.kind == Kind::Held && snapshot.number.hold.is_none();
    let noted = state.session.as_ref().is_some_and(|session| state.has_unread_note(&session.rep, &snapshot.state));
    (snapshot.state.is_done() && !noted) || answered || ruled || (told.mine && !is_mine(state, id))
}
