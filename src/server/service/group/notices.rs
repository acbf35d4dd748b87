//! What follows from a group's facts for people beside the client: notices, written with the facts. And what a rep answers
//! to a page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::{Group, Origin};
use crate::domain::alert::brief::brief;
use crate::domain::alert::{Notice, Redact, To, What, approval, campaign, follow};
use crate::domain::asking::heard::Heard;
use crate::domain::command::{Actor, Command};
use crate::domain::consent::Number;
use crate::domain::conversation::{AnswerState, Conversation};
use crate::domain::event::Event;
use crate::domain::expectation::{self, Broken};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::playbook::Role;
use crate::domain::rejection::Rejection;
use crate::domain::routing::Door;
use crate::server::service::{Outcome, PageReply, Says};
use crate::server::store::notice::NoticeRow;

impl Group {
    /// What follows from a fact that its conversation has taken in. `before` is where its answers stood, `was` its use case.
    pub(super) fn tell(
        &mut self,
        id: ConversationId,
        event: &Event,
        origin: &Origin<'_>,
        (was, before): (&str, &BTreeMap<MessageId, AnswerState>),
    ) {
        let Some(loading) = self.loaded.conversations.get(&id) else { return };
        let roster = &self.loaded.roster;
        let by = origin.actor.rep();
        let notices = follow::follow(&self.playbook, roster, &loading.state, was, event, by, self.now);
        let asked = approval::follow(&self.playbook, roster, &loading.state, event, before, self.now);
        self.keep(notices);
        self.keep(asked);
    }

    /// What the campaigns are told that the buyer answers. `before` is what it was about until then.
    pub(super) fn tell_campaign(&mut self, id: ConversationId, event: &Event, before: &BTreeSet<String>) {
        let Some(loading) = self.loaded.conversations.get(&id) else { return };
        let notices = campaign::follow(&self.playbook, before, &loading.state, event, self.now);
        self.keep(notices);
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
        let (id, what) = (c.id, self.named(reply, c));
        match self.decide(Some(id), &Command::TakeElsewhere { door: Door::Page }, &Origin::machine(actor)) {
            Ok(_) => format!("It is yours: {what}. Answer it in your inbox."),
            Err(Rejection::TakenBy { by, .. }) => format!("{} has it already: {what}.", self.playbook.rep_name(&by)),
            Err(rejection) => format!("Not taken: {rejection}."),
        }
    }

    /// Which conversation it is, as far as the channel may be told: who wrote or their company, else when they wrote.
    fn named(&self, reply: &PageReply, c: &Conversation) -> String {
        let redact = self.playbook.alerting.channels.get(&reply.channel).map_or(Redact::All, |channel| channel.redact);
        let cards = self.loaded.cards.get(&c.number).map_or(&[][..], Vec::as_slice);
        let number = self.loaded.numbers.get(&c.number).cloned().unwrap_or_else(|| Number::new(c.number));
        let told = brief(&self.playbook, c, &number, (cards, Heard::Unsure), "", redact, self.now);
        let wrote = || {
            let at = c.wrote().map(|at| at.utc().with_timezone(&self.playbook.zone()).format("%H:%M").to_string());
            at.map_or_else(|| "the one that was paged".to_owned(), |at| format!("the reply of {at}"))
        };
        match (told.who, told.account) {
            (Some(who), Some(account)) => format!("{who}, {account}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => wrote(),
        }
    }
}
