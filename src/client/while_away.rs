//! What happened while this person was away: the hand-over to them, conversation by conversation. Pure over what the
//! client has. The absence itself is kept with the cache, so that it survives a restart.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::replica::View;
use super::state::{State, Write, name_of};
use crate::domain::command::Command;
use crate::domain::contact::Body;
use crate::domain::conversation::{Conversation, Status};
use crate::domain::event::Outcome;
use crate::domain::id::{ConversationId, RepId};
use crate::domain::roster::Returned;
use crate::domain::routing::{Holder, Reason};
use crate::domain::sla::{Clock, Stage};
use crate::domain::time::{Span, Timestamp};
use crate::domain::writer;
use crate::wire::changes::Presence;

/// An absence of longer ago that a device learns of is no news: another device, or the person, has seen it.
const NEWS: Span = Span::minutes(3 * 24 * 60);

/// The last absence of this person, as this device knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Since when they are, or were, away.
    pub since: Timestamp,
    /// When it was to end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it ended; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// What they left for whoever covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Body>,
    /// What they held when they went, also of others' conversations.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub held: BTreeSet<ConversationId>,
    /// Whether they have seen what happened meanwhile.
    #[serde(default)]
    pub read: bool,
}

/// What happened meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhileAway {
    /// Since when they were away.
    pub since: Timestamp,
    /// When that ended; none while it lasts.
    pub ended: Option<Timestamp>,
    /// Their own cover note.
    pub note: Option<Body>,
    /// Whether it was shown after the return.
    pub read: bool,
    /// What changed: what is due first, then who waits longest, then what is done.
    pub changes: Vec<Change>,
}

/// What happened to one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: ConversationId,
    /// The buyer's name or number.
    pub name: String,
    /// Their company, when known.
    pub account: Option<String>,
    /// Texts of the buyer that this person has not opened.
    pub unread: u64,
    /// Whether the buyer wrote meanwhile.
    pub wrote: bool,
    /// Answers of others meanwhile: by whom, how many.
    pub answers: BTreeMap<RepId, usize>,
    /// A colleague who noted something meanwhile; of several the last.
    pub noted: Option<RepId>,
    /// Who has it now.
    pub holder: Option<Holder>,
    /// Whether they took it, and are not merely asked.
    pub taken: bool,
    /// It came back to this person at their return.
    pub returned: bool,
    /// Finished by somebody else meanwhile: how, and by whom.
    pub done: Option<(Outcome, RepId)>,
    /// The clock that runs.
    pub clock: Option<Clock>,
    /// Whether the answer of somebody else came late; none when no clock was met meanwhile.
    pub late: Option<bool>,
    /// When anything last happened.
    pub changed: Timestamp,
}

/// A conversation as the function below looks at it.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Its state.
    pub state: &'a Conversation,
    /// The buyer's name or number.
    pub name: String,
    /// Their company.
    pub account: Option<String>,
    /// How many of the buyer's texts this person has opened.
    pub texts: u64,
}

/// What a page of the feed says of this person's standing. `asked` is set while a command about it is on its way: what
/// the page says is from before that.
pub fn learnt(before: Option<&Leave>, presence: &Presence, asked: bool, now: Timestamp) -> Option<Leave> {
    let open = before.filter(|leave| leave.ended.is_none());
    if presence.away {
        let since = presence.since.or(open.map(|leave| leave.since)).unwrap_or(now);
        let held = open.map(|leave| leave.held.clone()).unwrap_or_default();
        let (until, note) = (presence.until, presence.note.clone());
        return Some(Leave { since, until, ended: None, note, held, read: false });
    }
    match open {
        Some(leave) if !asked => {
            // The device may learn of it long after.
            let ended = leave.until.filter(|until| *until <= now).unwrap_or(now);
            Some(Leave { ended: Some(ended), ..leave.clone() })
        }
        Some(_) | None => {
            // A whole absence that this device knows nothing of: it was off, or is new.
            let unknown = presence.returned.as_ref().filter(|last| before.is_none_or(|leave| leave.since < last.since));
            let unknown = unknown.filter(|last| now.since(last.at) <= NEWS);
            unknown.filter(|_| !asked).map(Leave::over).or_else(|| before.cloned())
        }
    }
}

impl Leave {
    /// One that began and ended without this device.
    fn over(last: &Returned) -> Self {
        let note = last.note.clone();
        Self { since: last.since, until: None, ended: Some(last.at), note, held: BTreeSet::new(), read: false }
    }
}

/// What changed for this person since they went.
pub fn told<'a>(me: &RepId, leave: &Leave, all: impl Iterator<Item = Seen<'a>>) -> WhileAway {
    let mut changes: Vec<Change> =
        all.filter(|seen| seen.state.changed >= leave.since).filter_map(|seen| change(me, leave, seen)).collect();
    changes.sort_by_cached_key(|change| (order(change), change.id));
    WhileAway { since: leave.since, ended: leave.ended, note: leave.note.clone(), read: leave.read, changes }
}

fn order(change: &Change) -> (u8, i64) {
    match (&change.clock, change.done.is_some()) {
        (Some(clock), false) => (0, clock.due.millis()),
        (None, false) if change.wrote => (1, change.changed.millis()),
        (None, false) => (2, change.changed.millis()),
        (_, true) => (3, change.changed.millis()),
    }
}

fn change(me: &RepId, leave: &Leave, seen: Seen<'_>) -> Option<Change> {
    let c = seen.state;
    let lent = c.loan.as_ref().is_some_and(|loan| loan.of == *me);
    let concerns = c.owner.as_ref() == Some(me) || lent || c.assignee() == Some(me) || leave.held.contains(&c.id);
    if !concerns {
        return None;
    }
    let meanwhile = |at: Timestamp| at >= leave.since && leave.ended.is_none_or(|ended| at <= ended);
    let assignment = c.assignment.as_ref();
    let returned = assignment.is_some_and(|a| {
        a.at >= leave.since && a.to.rep() == Some(me) && matches!(a.because.reason, Reason::Returned(_))
    });
    let moved = assignment.is_some_and(|a| meanwhile(a.at) && a.to.rep() != Some(me));
    // Of one that came back, what the buyer wrote just then counts too: nobody else answers it.
    let wrote = c.last_inbound.is_some_and(|at| meanwhile(at) || (at >= leave.since && (returned || lent)));
    let mut answers = BTreeMap::new();
    for answer in c.answers.values().filter(|answer| answer.by != *me && meanwhile(answer.at)) {
        *answers.entry(answer.by.clone()).or_insert(0) += 1;
    }
    let done = match (c.status, &c.finished) {
        (Status::Done(outcome), Some(finished))
            if finished.by != *me && meanwhile(finished.at.unwrap_or(c.changed)) =>
        {
            Some((outcome, finished.by.clone()))
        }
        (Status::Done(_) | Status::Snoozed(_) | Status::Open, _) => None,
    };
    let late = c.met.as_ref().and_then(|met| {
        let answer = c.answers.get(&met.by).filter(|answer| answer.by != *me && meanwhile(answer.at))?;
        Some(met.clock.stage == Stage::Breached || answer.at > met.clock.due)
    });
    let noted = c.noted.as_ref().filter(|noted| noted.by != *me && meanwhile(noted.at)).map(|noted| noted.by.clone());
    if !(wrote || returned || moved || done.is_some() || noted.is_some() || !answers.is_empty()) {
        return None;
    }
    Some(Change {
        id: c.id,
        name: seen.name,
        account: seen.account,
        unread: c.inbound.saturating_sub(seen.texts),
        wrote,
        answers,
        noted,
        holder: assignment.map(|a| a.to.clone()),
        taken: assignment.is_some_and(|a| a.taken.is_some()),
        returned,
        done,
        clock: c.clock.clone(),
        late,
        changed: c.changed,
    })
}

/// What happened during the last absence, as the person sees it; nothing when they never were away here.
pub fn of(view: &View<'_>) -> Option<WhileAway> {
    let (leave, me) = (view.state.leave.as_ref()?, &view.state.session.as_ref()?.rep);
    // Names are made for what changed alone: most of an inbox did not.
    let recent = view.state.base.values().filter(|snapshot| snapshot.state.changed >= leave.since);
    let seen = recent.map(|snapshot| {
        let id = snapshot.state.id;
        Seen {
            state: view.conversation(id).unwrap_or(&snapshot.state),
            name: name_of(snapshot),
            account: writer::account(writer::cards(&snapshot.state, &snapshot.cards)),
            texts: view.state.seen.get(&id).copied().unwrap_or(0),
        }
    });
    Some(told(me, leave, seen))
}

impl State {
    /// Takes note of what a page says of this person's standing.
    pub(super) fn learn_leave(&mut self, now: Timestamp, out: &mut Vec<Write>) {
        let Some(me) = self.session.as_ref().map(|session| &session.rep) else { return };
        let Some(presence) = self.roster.iter().find(|presence| presence.rep == *me) else { return };
        let mut waiting = self.outbox.entries().iter().filter(|entry| entry.is_open());
        let asked = waiting.any(|entry| is_mine(me, &entry.envelope.command));
        let mut leave = learnt(self.leave.as_ref(), presence, asked, now);
        if let Some(leave) = leave.as_mut().filter(|leave| leave.ended.is_none() && !self.is_on_leave()) {
            leave.held = self.held_by(me);
        }
        self.set_leave(leave, out);
    }

    fn is_on_leave(&self) -> bool {
        self.leave.as_ref().is_some_and(|leave| leave.ended.is_none())
    }

    fn held_by(&self, me: &RepId) -> BTreeSet<ConversationId> {
        let open = self.base.values().map(|snapshot| &snapshot.state).filter(|c| !c.is_done());
        open.filter(|c| c.assignee() == Some(me)).map(|c| c.id).collect()
    }

    /// This person says that they are away: should the device not run when the backend says so, it is known all the same.
    pub(super) fn begin_leave(&mut self, command: &Command, now: Timestamp, out: &mut Vec<Write>) {
        let Some(me) = self.session.as_ref().map(|session| &session.rep) else { return };
        if let Command::Away { away: true, until, note, .. } = command
            && is_mine(me, command)
            && !self.is_on_leave()
        {
            let note = note.as_ref().map(|note| note.body.clone());
            let leave = Leave { since: now, until: *until, ended: None, note, held: self.held_by(me), read: false };
            self.set_leave(Some(leave), out);
        }
    }

    /// The person has seen what happened meanwhile.
    pub(super) fn read_leave(&mut self, out: &mut Vec<Write>) {
        let leave = self.leave.clone().map(|leave| Leave { read: true, ..leave });
        self.set_leave(leave, out);
    }

    fn set_leave(&mut self, leave: Option<Leave>, out: &mut Vec<Write>) {
        if let Some(leave) = leave.filter(|leave| self.leave.as_ref() != Some(leave)) {
            out.push(Write::Leave(leave.clone()));
            self.leave = Some(leave);
        }
    }
}

fn is_mine(me: &RepId, command: &Command) -> bool {
    matches!(command, Command::Away { rep, .. } if rep.as_ref().is_none_or(|rep| rep == me))
}

#[cfg(test)]
mod tests;
