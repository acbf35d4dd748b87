//! Policies beside the one in force: what waits, what only says what it would do, and when either ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Group, Origin, world};
use crate::domain::beside::{Beside, Came, Difference};
use crate::domain::command::{Actor, Command, Receive};
use crate::domain::conversation::Conversation;
use crate::domain::decide::decide;
use crate::domain::event::{Event, Subject};
use crate::domain::id::ConversationId;
use crate::domain::message::InboundKind;
use crate::domain::playbook::Playbook;
use crate::domain::time::Timestamp;
use crate::server::service::{BesideChange, Outcome, PlaybookChange, WaitingPolicy};
use crate::server::store::policy::{Kept, KeptWrite, Kind, Mark};

impl Group {
    pub(super) fn beside(&mut self, change: &BesideChange) -> Outcome {
        match change {
            BesideChange::Wait { change, from } => self.wait(change, *from),
            BesideChange::Cancel { by, why } => {
                self.batch.beside.push(KeptWrite::Gone(Kind::Waiting));
                let actor = if by.is_some() { Actor::Operator } else { Actor::Clock };
                self.say(Beside::Cancelled { by: by.clone(), why: why.clone() }, actor)
            }
            BesideChange::Due { seq, wrong } => self.come_due(*seq, wrong.as_ref()),
            BesideChange::Shadow(change) => {
                let said =
                    self.say(Beside::ShadowBegan { by: change.by.clone(), why: change.why.clone() }, Actor::Operator);
                let body = serde_json::to_string(&change.playbook).expect("BUG: a domain value is always JSON");
                self.put(Kind::Shadow, self.now, body);
                self.shadow = Some(Arc::new(change.playbook.clone()));
                said
            }
            BesideChange::EndShadow { by } => {
                self.batch.beside.push(KeptWrite::Gone(Kind::Shadow));
                self.shadow = None;
                self.say(Beside::ShadowEnded { by: by.clone() }, Actor::Operator)
            }
            BesideChange::Recomputed => {
                self.batch.beside.push(KeptWrite::Gone(Kind::Recompute));
                Outcome::Decided(Vec::new())
            }
        }
    }

    fn wait(&mut self, change: &PlaybookChange, from: Timestamp) -> Outcome {
        let PlaybookChange { playbook, by, why, recompute, .. } = change.clone();
        let fact = Beside::Waits { from, by: by.clone(), why: why.clone(), recompute };
        let said = self.say(fact, Actor::Operator);
        let waiting = WaitingPolicy { playbook, by, why, recompute };
        let body = serde_json::to_string(&waiting).expect("BUG: a domain value is always JSON");
        self.put(Kind::Waiting, from, body);
        said
    }

    /// The version that waits comes into force, if it is still the one that was looked at and its time has come.
    fn come_due(&mut self, seq: u64, wrong: Option<&String>) -> Outcome {
        let waiting = self.loaded.beside.waiting.take().filter(|kept| kept.mark.seq == seq && kept.mark.at <= self.now);
        let Some(kept) = waiting else { return Outcome::Decided(Vec::new()) };
        if let Some(why) = wrong {
            return self.beside(&BesideChange::Cancel { by: None, why: Some(why.clone()) });
        }
        match serde_json::from_str::<WaitingPolicy>(&kept.body) {
            Ok(WaitingPolicy { playbook, by, why, recompute }) => {
                self.put_playbook(&PlaybookChange { by, why, recompute, ..playbook.into() }, Actor::Clock)
            }
            Err(e) => {
                let why = format!("it cannot be read any more (line {}, column {})", e.line(), e.column());
                self.beside(&BesideChange::Cancel { by: None, why: Some(why) })
            }
        }
    }

    /// Another version is in force: what waited is replaced, what was tried out is over.
    pub(super) fn replaced(&mut self, recompute: bool) {
        self.batch.beside.extend([Kind::Waiting, Kind::Shadow].map(KeptWrite::Gone));
        self.shadow = None;
        if recompute {
            self.put(Kind::Recompute, self.now, "{}".to_owned());
        }
    }

    /// What the shadow makes of a reply. It may cost no reply: whatever goes wrong in it stays in it.
    pub(super) fn shadowed(
        &self,
        conversation: Option<ConversationId>,
        text: &Receive,
        command: &Command,
        origin: &Origin<'_>,
    ) -> Option<Came> {
        self.under(self.shadow.as_deref()?, conversation, text, command, origin)
    }

    /// What the policy in force makes of it, where the reply itself waits for the CRM.
    pub(super) fn at_once(
        &self,
        conversation: Option<ConversationId>,
        text: &Receive,
        command: &Command,
        origin: &Origin<'_>,
    ) -> Option<Came> {
        text.wait_until?;
        self.under(&self.playbook, conversation, text, command, origin)
    }

    fn under(
        &self,
        policy: &Playbook,
        conversation: Option<ConversationId>,
        text: &Receive,
        command: &Command,
        origin: &Origin<'_>,
    ) -> Option<Came> {
        let world = world((&self.loaded, self.connected), policy, conversation, command, origin.answering);
        let cx = self.context(origin);
        let facts = catch_unwind(AssertUnwindSafe(|| decide(&world, command, &cx))).ok()?.ok()?;
        let new = || Conversation::new(text.conversation, text.number, text.line.clone());
        let mut state = world.conversation.cloned().unwrap_or_else(new);
        for (subject, event) in &facts {
            if *subject == Subject::Conversation(state.id) {
                state.apply(self.now, event);
            }
        }
        Some(Came::of(&state))
    }

    /// Says so where the shadow would have decided otherwise.
    pub(super) fn compare(&mut self, text: &Receive, is: Option<Came>, would: Option<Came>) {
        let Some(would) = would else { return };
        let Some(loading) = self.loaded.conversations.get(&text.conversation) else { return };
        // A STOP or a tapback is no reply that anybody gets.
        if !loading.state.last_kind.is_some_and(InboundKind::arms_clock) {
            return;
        }
        let is = is.unwrap_or_else(|| Came::of(&loading.state));
        if is != would {
            let (conversation, message) = (text.conversation, text.message);
            self.say(Beside::Differs(Difference { conversation, message, is, would }), Actor::Clock);
        }
    }

    fn say(&mut self, what: Beside, actor: Actor) -> Outcome {
        let event = Event::Beside { what };
        self.seal(Subject::Playbook, &event, &Origin::machine(actor), &[]);
        Outcome::Decided(vec![event])
    }

    fn put(&mut self, kind: Kind, at: Timestamp, body: String) {
        let mark = Mark { kind, seq: self.head.seq, at };
        self.batch.beside.push(KeptWrite::Put(Kept { mark, body }));
    }
}
