//! What follows from a group's facts for people beside the client: notices, written with the facts. And what a rep answers
//! to a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{Group, Origin};
use crate::domain::alert::{Notice, To, What, approval, follow};
use crate::domain::command::{Actor, Command};
use crate::domain::conversation::AnswerState;
use crate::domain::event::Event;
use crate::domain::expectation::{self, Broken};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::playbook::Role;
use crate::domain::rejection::Rejection;
use crate::server::service::{Outcome, PageReply, Says};
use crate::server::store::notice::NoticeRow;

impl Group {
    /// What follows from a fact that its conversation has taken in. `before` is where its answers stood.
    pub(super) fn tell(
        &mut self,
        id: ConversationId,
        event: &Event,
        origin: &Origin<'_>,
        before: &BTreeMap<MessageId, AnswerState>,
    ) {
        let Some(loading) = self.loaded.conversations.get(&id) else { return };
        let roster = &self.loaded.roster;
        let by = origin.actor.rep();
        let notices = follow::follow(&self.playbook, roster, &loading.state, event, by, self.now);
        let asked = approval::follow(&self.playbook, roster, &loading.state, event, before, self.now);
        self.keep(notices);
        self.keep(asked);
    }

    pub(super) fn keep(&mut self, notices: Vec<Notice>) {
        self.batch.notices.extend(notices.into_iter().map(|notice| NoticeRow::new(Uuid::now_v7(), notice)));
    }

    /// Before who is here, or the policy itself, becomes another one.
    pub(super) fn remember_before(&mut self) {
        let before = || (Arc::clone(&self.playbook), self.loaded.roster.clone());
        if self.expected.is_none() {
            self.expected = Some(before());
        }
    }

    /// What the playbook expects, decided again; operations hear of what broke in this group.
    pub(super) fn expect_again(&mut self) -> Vec<Broken> {
        let after = expectation::broken(&self.playbook, &self.loaded.roster);
        if let Some((playbook, roster)) = self.expected.take()
            && !after.is_empty()
            && !self.playbook.alerting.operations.is_empty()
        {
            let before = expectation::broken(&playbook, &roster);
            self.keep(follow::broken(&self.playbook, &before, &after, self.now));
        }
        after
    }

    /// A text from a rep's own phone to the number that pages them. Never a buyer's reply, and taken in once.
    pub(super) fn paged(&mut self, reply: &PageReply) -> Outcome {
        if !self.loaded.duplicates.insert(reply.key.clone()) {
            return Outcome::Received { new: false };
        }
        self.batch.raw.push(crate::server::store::RawEvent { at: self.now, ..reply.raw.clone() });
        self.batch.dedupe.push((reply.key.clone(), MessageId(Uuid::now_v7())));
        let Says::Take(conversation) = reply.says else { return Outcome::Received { new: true } };
        let said = self.take_by_page(reply, conversation);
        let what = What::Told { said, by: reply.channel.clone() };
        self.keep(vec![Notice { to: To::Rep(reply.rep.clone()), what, conversation: None, at: self.now }]);
        Outcome::Received { new: true }
    }

    /// Takes the conversation for the rep, by the rules for everybody; what to say back.
    fn take_by_page(&mut self, reply: &PageReply, conversation: Option<ConversationId>) -> String {
        let known = conversation.and_then(|id| self.loaded.conversations.get(&id)).map(|loading| &loading.state);
        let Some(c) = known else { return "There is nothing to take.".to_owned() };
        if c.is_done() {
            return "It is done already.".to_owned();
        }
        let role = self.playbook.role_of(&reply.rep).unwrap_or(Role::Rep);
        let actor = Actor::Rep { rep: reply.rep.clone(), role };
        let id = c.id;
        match self.decide(Some(id), &Command::Take, &Origin::machine(actor)) {
            Ok(_) => "It is yours. Answer it in your inbox.".to_owned(),
            Err(Rejection::TakenBy { by, .. }) => format!("{} has it already.", self.playbook.rep_name(&by)),
            Err(rejection) => format!("Not taken: {rejection}."),
        }
    }
}
