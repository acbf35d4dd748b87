//! What the person sees: the outbox replayed, in order, over the base, by the same rules as the backend's.
//!
//! **Invariant:** a pending text is always drawn, even when its local replay is refused: the base may be from just
//! before the backend took it. Only a receipt refuses it.

use std::collections::{BTreeMap, BTreeSet};

use super::outbox::Entry;
use super::state::State;
use crate::domain::asking::heard::Heard;
use crate::domain::command::{Actor, Command, Context, ReadSet};
use crate::domain::consent::Number;
use crate::domain::conversation::Conversation;
use crate::domain::decide::decide;
use crate::domain::escalation::nobody_left;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{CommandId, ConversationId, MessageId, NumberId, RepId, ScheduleId};
use crate::domain::oncall::Override;
use crate::domain::roster::{Absence, Roster};
use crate::domain::time::{Span, Timestamp};
use crate::wire::changes::{Presence, Snapshot};
use crate::wire::command::Verdict;

/// The base with the outbox over it.
#[derive(Debug)]
pub struct View<'a> {
    /// What lies under it.
    pub state: &'a State,
    changed: BTreeMap<ConversationId, Conversation>,
    numbers: BTreeMap<NumberId, Number>,
    roster: Roster,
    loads: BTreeMap<RepId, u32>,
    /// Entries whose replay was refused here: the backend will decide.
    pub at_risk: BTreeSet<CommandId>,
    /// Answers that the person took back.
    pub recalled: BTreeSet<MessageId>,
}

/// Replays the outbox. `pace` is the backend's clock against the real one: the undo hold is real time.
pub fn replay(state: &State, pace: f64) -> View<'_> {
    let away = state.roster.iter().filter(|p| p.away);
    let mut roster = Roster::of_away(away.clone().map(|p| (p.rep.clone(), p.since.unwrap_or(Timestamp::MIN))));
    for presence in away {
        let absence = Absence { until: presence.until, unseen: false, note: presence.note.clone() };
        roster.absences.insert(presence.rep.clone(), absence);
    }
    roster.overrides = state.on_call.clone();
    let mut view = View {
        state,
        changed: BTreeMap::new(),
        numbers: BTreeMap::new(),
        roster,
        loads: state.roster.iter().map(|p| (p.rep.clone(), p.load)).collect(),
        at_risk: BTreeSet::new(),
        recalled: BTreeSet::new(),
    };
    for entry in state.outbox.entries().iter().filter(|e| e.is_open()) {
        if !view.replay_one(entry, pace) {
            view.at_risk.insert(entry.envelope.id);
        }
    }
    view
}

impl View<'_> {
    /// A conversation as it will probably be.
    pub fn conversation(&self, id: ConversationId) -> Option<&Conversation> {
        self.changed.get(&id).or_else(|| self.state.base.get(&id).map(|s| &s.state))
    }

    /// Consent as it will probably be.
    pub fn number<'b>(&'b self, snapshot: &'b Snapshot) -> &'b Number {
        self.numbers.get(&snapshot.number.id).unwrap_or(&snapshot.number)
    }

    /// Whether somebody is away.
    pub fn is_away(&self, rep: &RepId) -> bool {
        self.roster.away.contains_key(rep)
    }

    /// A colleague's standing as it will probably be.
    pub fn presence(&self, told: &Presence) -> Presence {
        let (since, absence) = (self.roster.away.get(&told.rep), self.roster.absence(&told.rep));
        Presence {
            away: since.is_some(),
            since: since.copied().filter(|since| *since != Timestamp::MIN),
            until: absence.and_then(|absence| absence.until),
            note: absence.and_then(|absence| absence.note.clone()),
            ..told.clone()
        }
    }

    /// Who has which shift by an override, as it will probably be.
    pub const fn on_call(&self) -> &BTreeMap<ScheduleId, Vec<Override>> {
        &self.roster.overrides
    }

    /// Whether it is known that nobody is left whom this person could ask for help with a conversation.
    pub fn nobody_left(&self, c: &Conversation) -> bool {
        let (Some(session), Some(playbook)) = (&self.state.session, &self.state.playbook) else { return false };
        let world = ReadSet {
            heard: Heard::Unsure,
            answering: None,
            words: None,
            conversation: Some(c),
            siblings: Vec::new(),
            number: None,
            address: None,
            cards: &[],
            playbook,
            roster: &self.roster,
            loads: &self.loads,
        };
        nobody_left(&world, c, &session.rep)
    }

    fn replay_one(&mut self, entry: &Entry, pace: f64) -> bool {
        let envelope = &entry.envelope;
        let (Some(session), Some(playbook)) = (&self.state.session, &self.state.playbook) else { return false };
        let snapshot = envelope.conversation.and_then(|c| self.state.base.get(&c));
        // Decided as of the key press: the screen does not change by itself, and the backend judges anew anyway.
        let now = envelope.issued_at;
        if let (
            Some(Verdict::Parked { reasons }),
            Command::Answer { message, .. } | Command::AnswerLater { message, .. } | Command::Release { message, .. },
        ) = (&entry.outcome, &envelope.command)
            && let Some(snapshot) = snapshot
        {
            let event = Event::AnswerParked { message: *message, by: session.rep.clone(), reasons: reasons.clone() };
            self.apply(now, &Subject::Conversation(snapshot.state.id), &event);
            return true;
        }
        let number = snapshot.map(|s| self.number(s).clone());
        let siblings = snapshot.map(|s| self.siblings(s)).unwrap_or_default();
        let world = ReadSet {
            heard: Heard::Unsure,
            answering: None,
            words: envelope.command.lets_go().and_then(|message| self.state.words_of(message)),
            conversation: envelope.conversation.and_then(|c| self.conversation(c)),
            siblings,
            number: number.as_ref(),
            address: snapshot.map(|s| &s.address),
            cards: snapshot.map_or(&[], |s| s.cards.as_slice()),
            playbook,
            roster: &self.roster,
            loads: &self.loads,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a hold of seconds")]
        let hold = Span::millis((playbook.undo_hold.as_millis() as f64 * pace) as i64);
        let cx = Context {
            now,
            actor: Actor::Rep { rep: session.rep.clone(), role: session.role },
            seen: envelope.seen,
            behind: false,
            hold,
        };
        let Ok(facts) = decide(&world, &envelope.command, &cx) else { return false };
        if facts.iter().any(|(_, event)| matches!(event, Event::AnswerRefused { .. })) {
            return false;
        }
        for (subject, event) in &facts {
            self.apply(now, subject, event);
        }
        // Facts carry no words.
        if let Command::Away { note: Some(note), rep, .. } = &envelope.command {
            self.roster.set_note(rep.as_ref().unwrap_or(&session.rep), note.body.clone());
        }
        true
    }

    fn siblings(&self, snapshot: &Snapshot) -> Vec<&Conversation> {
        let others = self.state.base.values().filter(|s| s.number.id == snapshot.number.id);
        others.filter(|s| s.state.id != snapshot.state.id).filter_map(|s| self.conversation(s.state.id)).collect()
    }

    fn apply(&mut self, at: Timestamp, subject: &Subject, event: &Event) {
        if let Event::AnswerRecalled { message } = event {
            self.recalled.insert(*message);
        }
        match subject {
            Subject::Conversation(id) => {
                let base = self.state.base.get(id).map(|s| &s.state);
                if let Some(c) = self.changed.get_mut(id) {
                    c.apply(at, event);
                } else if let Some(c) = base {
                    let mut c = c.clone();
                    c.apply(at, event);
                    self.changed.insert(*id, c);
                }
            }
            Subject::Number(id) => {
                let known = self.state.base.values().find(|s| s.number.id == *id).map(|s| s.number.clone());
                let number = self.numbers.entry(*id).or_insert_with(|| known.unwrap_or(Number::new(*id)));
                number.apply(at, event);
            }
            Subject::Roster => self.roster.apply(at, event),
            Subject::Playbook | Subject::Journal => {}
        }
    }
}
