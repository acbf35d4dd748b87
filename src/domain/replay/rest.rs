//! What is kept of a conversation that is done in both worlds: enough for the buyer's next text, and small, since a year
//! has many. Names are kept once each.

use std::collections::BTreeMap;

use crate::domain::conversation::{Conversation, Status};
use crate::domain::event::{Event, Outcome};
use crate::domain::id::{ConversationId, LineId, NumberId, RepId, TeamId};
use crate::domain::time::Timestamp;

/// A name, as its place in the list of names.
type Name = u32;

/// One conversation.
struct Rest {
    number: NumberId,
    line: Name,
    team: Name,
    use_case: Name,
    cohort: Name,
    /// Who was accountable in each world.
    owners: [Option<Name>; 2],
    by: Name,
    outcome: Outcome,
    answered: bool,
    /// Whether the CRM knew anybody behind the number.
    is_known: bool,
}

/// All of them.
#[derive(Default)]
pub(super) struct Resting {
    all: BTreeMap<ConversationId, Rest>,
    names: Vec<String>,
    places: BTreeMap<String, Name>,
}

/// A conversation that goes on, in the recorded world and in the simulated one.
pub(super) struct Woken {
    pub(super) then: Conversation,
    pub(super) now: Conversation,
    pub(super) is_known: bool,
}

impl Resting {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whose number a resting conversation is of.
    pub(super) fn number(&self, id: ConversationId) -> Option<NumberId> {
        self.all.get(&id).map(|rest| rest.number)
    }

    /// Keeps what is done in both worlds.
    pub(super) fn keep(&mut self, id: ConversationId, then: &Conversation, now: Option<&Conversation>, is_known: bool) {
        let Status::Done(outcome) = then.status else { return };
        let by = then.finished.as_ref().map_or("", |finished| finished.by.as_str());
        let owners = [then.owner.as_ref(), now.map_or(then.owner.as_ref(), |now| now.owner.as_ref())];
        let rest = Rest {
            number: then.number,
            line: self.name(then.line.as_str()),
            team: self.name(then.team.as_str()),
            use_case: self.name(&then.use_case),
            cohort: self.name(&then.cohort),
            owners: owners.map(|owner| owner.map(|owner| self.name(owner.as_str()))),
            by: self.name(by),
            outcome,
            answered: then.answered,
            is_known,
        };
        self.all.insert(id, rest);
    }

    /// Takes one out, as it was when it was done.
    pub(super) fn wake(&mut self, at: Timestamp, id: ConversationId) -> Option<Woken> {
        let rest = self.all.remove(&id)?;
        let said = |name: Name| self.said(name);
        let state = |owner: Option<Name>| {
            let mut c = Conversation::new(id, rest.number, LineId::new(said(rest.line)));
            c.owner = owner.map(|owner| RepId::new(said(owner)));
            (c.answered, c.inbound) = (rest.answered, 1);
            c.team = TeamId::new(said(rest.team));
            said(rest.use_case).clone_into(&mut c.use_case);
            said(rest.cohort).clone_into(&mut c.cohort);
            c.apply(
                at,
                &Event::Done { outcome: rest.outcome, by: RepId::new(said(rest.by)), meeting: None, note: None },
            );
            c
        };
        let [then, now] = rest.owners.map(state);
        Some(Woken { then, now, is_known: rest.is_known })
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = Name::try_from(self.names.len()).unwrap_or(Name::MAX);
        self.names.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }

    fn said(&self, name: Name) -> &str {
        usize::try_from(name).ok().and_then(|place| self.names.get(place)).map_or("", String::as_str)
    }
}
