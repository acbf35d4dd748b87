//! What the person does, as changes to the outbox and the drafts.

use std::time::Duration;

use rand_chacha::rand_core::Rng as _;

use super::super::handle::{OutboxId, OutboxStanding};
use super::super::state::Write;
use super::{Access, Machine, Wish};
use crate::domain::command::Command;
use crate::domain::conversation::AnswerState;
use crate::domain::event::Review;
use crate::domain::id::{CommandId, ConversationId, MessageId};
use crate::domain::quiet_hours::Waits;
use crate::domain::time::Timestamp;

impl Machine {
    /// The person signed in anew: who the token belongs to is asked first, as at the start.
    pub(super) fn reopen(&mut self) {
        if matches!(self.access, Access::Shut(_)) {
            self.access = Access::Unknown;
            (self.hello, self.push, self.pull) = Default::default();
            self.quick = true;
        }
    }

    pub(super) fn wish(&mut self, wish: Wish, wall: Timestamp, mono: Duration) {
        let now = self.skew.now(mono);
        match wish {
            Wish::Do { conversation: Some(c), seen, command: Command::Recall { message } } => {
                let id = self.fresh_id(wall);
                let outbox = &self.state.outbox;
                if let Some(entry) = outbox.open_answer(message).or_else(|| outbox.doubted(message)) {
                    self.state.take_back(entry, true, id, now, &mut self.writes);
                } else {
                    let words = self.state.words_of(message).cloned();
                    self.state.recall(c, message, words.as_ref(), seen, id, now, &mut self.writes);
                }
            }
            Wish::Do { conversation, seen, command } => {
                let id = self.fresh_id(wall);
                self.state.put(id, conversation, seen, command, now, &mut self.writes);
            }
            Wish::SaveDraft { conversation, text } => self.state.draft(conversation, text, &mut self.writes),
            Wish::Drop { entry: OutboxId::Command(entry), keep_as_draft } => {
                let id = self.fresh_id(wall);
                self.state.take_back(entry, keep_as_draft, id, now, &mut self.writes);
            }
            Wish::Drop { entry: OutboxId::Answer(message), keep_as_draft } => {
                self.drop_answer(message, keep_as_draft, wall, now);
            }
            Wish::Send(OutboxId::Command(entry)) => self.send_command(entry, wall, now),
            Wish::Send(OutboxId::Answer(message)) => self.send_answer(message, wall, now),
            Wish::Older(conversation) => self.wish_older(conversation),
            Wish::See(conversation, seen) => {
                self.state.see(conversation, seen, &mut self.writes);
                self.state.read_notes(conversation, wall, &mut self.writes);
            }
            Wish::ReadWhileAway => self.state.read_leave(&mut self.writes),
            Wish::Alerted(key) => {
                self.state.alerted.insert(key.clone(), wall);
                self.writes.push(Write::Alerted(key, wall));
                return;
            }
        }
        self.news.view = true;
    }

    /// An answer at the backend: recalled while it waits, put out of sight once it failed.
    fn drop_answer(&mut self, message: MessageId, keep_as_draft: bool, wall: Timestamp, now: Timestamp) {
        let id = self.fresh_id(wall);
        let words = self.state.words_of(message).cloned();
        let Some((c, snapshot)) = self.state.find_answer(message) else { return };
        let seen = snapshot.state.inbound;
        let Some(answer) = snapshot.state.answers.get(&message) else { return };
        match &answer.state {
            AnswerState::Held { .. } | AnswerState::Parked { .. } => {
                let draft = words.filter(|_| keep_as_draft);
                self.state.recall(c, message, draft.as_ref(), seen, id, now, &mut self.writes);
            }
            AnswerState::Out { delivery, .. } if delivery.is_failure() => {
                if let Some(words) = words.filter(|_| keep_as_draft) {
                    self.state.redraft(c, words.as_str(), &mut self.writes);
                }
                self.state.dismiss(message, &mut self.writes);
            }
            AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. } => {}
        }
    }

    fn send_command(&mut self, entry: CommandId, wall: Timestamp, now: Timestamp) {
        let id = self.fresh_id(wall);
        let Some(known) = self.state.outbox.get(entry) else { return };
        // An answer parked a moment ago stands at the backend, even before a pull shows it.
        if let (true, OutboxStanding::Parked(reasons), Some(message)) =
            (known.is_open(), known.standing(), known.envelope.command.answer())
        {
            let c = known.envelope.conversation;
            self.release(c, message, &reasons, id, now);
        } else {
            self.state.put_again(entry, id, now, &mut self.writes);
        }
    }

    fn send_answer(&mut self, message: MessageId, wall: Timestamp, now: Timestamp) {
        let (id, again) = (self.fresh_id(wall), self.fresh_id(wall));
        let words = self.state.words_of(message).cloned();
        let Some((c, snapshot)) = self.state.find_answer(message) else { return };
        let seen = snapshot.state.inbound;
        match snapshot.state.answers.get(&message).map(|a| a.state.clone()) {
            Some(AnswerState::Parked { reasons }) => self.release(Some(c), message, &reasons, id, now),
            Some(AnswerState::Out { delivery, .. }) if delivery.is_failure() => {
                let Some(body) = words else { return };
                let begun = self.state.drafts.get(&c).cloned();
                let command = Command::Answer { message: MessageId(again.0), body, accept: Vec::new() };
                self.state.put(id, Some(c), seen, command, now, &mut self.writes);
                self.state.draft(c, begun.unwrap_or_default(), &mut self.writes);
                self.state.dismiss(message, &mut self.writes);
            }
            // It waits: send it now, also in closed hours where that is allowed.
            Some(AnswerState::Held { waits: Some(Waits::Window | Waits::Chosen), .. }) => {
                self.release(Some(c), message, &[Review::QuietHours], id, now);
            }
            Some(AnswerState::Held { .. } | AnswerState::Sending | AnswerState::Unknown | AnswerState::Out { .. })
            | None => {}
        }
    }

    /// Send anyway, with fresh eyes; an opt-out cannot be accepted.
    fn release(
        &mut self,
        conversation: Option<ConversationId>,
        message: MessageId,
        reasons: &[Review],
        id: CommandId,
        now: Timestamp,
    ) {
        let seen = conversation.and_then(|c| self.state.base.get(&c)).map_or(0, |s| s.state.inbound);
        let accept = reasons.iter().filter(|r| r.can_be_accepted()).cloned().collect();
        self.state.put(id, conversation, seen, Command::Release { message, accept }, now, &mut self.writes);
    }

    fn fresh_id(&mut self, wall: Timestamp) -> CommandId {
        let mut random = [0u8; 10];
        self.rng.fill_bytes(&mut random);
        let ms = u64::try_from(wall.millis()).unwrap_or(0);
        CommandId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }
}
