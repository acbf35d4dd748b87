//! The only decision point: what follows from a command, given everything it may look at.
//!
//! Each step of the playbook keeps its own rules in its own file; this one is the front door, and checks what is common
//! to all: that people ask only for what people may, and only about what they may see.

use super::command::{Actor, Command, Context, ReadSet};
use super::conversation::Conversation;
use super::event::{Event, Review, Subject};
use super::id::RepId;
use super::playbook::Role;
use super::rejection::Rejection;
use super::respond::Written;
use super::routing::Reason;
use super::visibility;
use super::writer;
use super::{
    approval, block, correction, coverage, escalation, hold, people, receive, respond, sending, sla, start, succession,
    triage, withdrawal,
};

/// Facts, with what they are about.
pub type Decided = Vec<(Subject, Event)>;

/// Decides a command. Pure: the same arguments give the same facts. Nothing to do is `Ok` with no facts.
pub fn decide(world: &ReadSet<'_>, command: &Command, cx: &Context) -> Result<Decided, Rejection> {
    match (&cx.actor, command.is_for_people()) {
        (Actor::Rep { role: Role::Auditor, .. }, _) => {
            Err(Rejection::NotAllowed { needs: "rep: auditors change nothing".to_owned() })
        }
        (Actor::Rep { rep, .. }, true) => person(world, rep, command, cx),
        (Actor::Rep { .. }, false) => Err(Rejection::NotAllowed { needs: "carrier or clock".to_owned() }),
        (Actor::Carrier | Actor::Clock | Actor::Effects | Actor::Crm | Actor::Operator | Actor::Program(_), _) => {
            machine(world, command, cx)
        }
    }
}

fn person(world: &ReadSet<'_>, by: &RepId, command: &Command, cx: &Context) -> Result<Decided, Rejection> {
    if command.is_about_people() {
        return people::decide(world, Some(by), command, cx.now);
    }
    if let Command::Begin { line, conversation, .. } = command {
        return start::begin(world, by, line, *conversation, cx);
    }
    let c = world.conversation.ok_or(Rejection::NotFound)?;
    if !visibility::may_see(&visibility::principals(world.playbook, by), c) {
        return Err(Rejection::NotFound);
    }
    if cx.behind && !goes_ahead(command) {
        return Err(Rejection::NeedsReview { reasons: vec![Review::BehindParked] });
    }
    let draft = Draft::of(c, cx);
    match command {
        Command::Take => triage::take(draft, world, by, Reason::Took),
        Command::TakeElsewhere { door } => triage::take(draft, world, by, Reason::TookElsewhere(*door)),
        Command::Assign { to } => triage::assign(draft, world, by, to),
        Command::Escalate { note, reason } => triage::escalate(draft, world, by, *note, reason),
        Command::Note { message, body, to } => triage::note(draft, world, by, (*message, body), to.as_ref()),
        Command::CorrectKind { message, guess, kind, version } => {
            let told = correction::Told { message: *message, guess: *guess, kind: *kind, version: *version };
            Ok(correction::correct(draft, by, told))
        }
        Command::NameWriter { contact } => writer::name(draft, by, contact.as_ref()),
        Command::Snooze { until } => triage::snooze(draft, by, *until),
        Command::Done { outcome } => triage::done(draft, by, *outcome, cx.seen),
        Command::Booked { meeting, note } => triage::booked(draft, by, (*meeting, note.as_ref()), cx.seen),
        Command::Reopen => Ok(triage::reopen(draft, world, by)),
        Command::OptOut { .. } => Ok(triage::opt_out(draft, world, by)),
        Command::Block { reason } => Ok(block::block(draft, world, by, *reason)),
        Command::Unblock => block::unblock(draft, world, by),
        Command::Rule { ruling } => hold::rule(draft, world, by, ruling, cx.seen),
        Command::Answer { message, body, accept } => {
            respond::answer(draft, world, by, &Written { message: *message, body, at: None, accept }, cx)
        }
        Command::AnswerLater { message, body, at, accept } => {
            respond::answer(draft, world, by, &Written { message: *message, body, at: Some(*at), accept }, cx)
        }
        Command::Release { message, accept } => respond::release(draft, world, by, *message, accept, cx),
        Command::Recall { message } => respond::recall(draft, world, by, *message),
        Command::Approve { message } => approval::approve(draft, world, by, *message, cx),
        Command::Decline { message } => approval::decline(draft, world, by, *message),
        Command::Away { .. }
        | Command::Override { .. }
        | Command::Swap { .. }
        | Command::DropOverride { .. }
        | Command::Settle { .. }
        | Command::Seen { .. }
        | Command::Return
        | Command::Begin { .. }
        | Command::Receive(_)
        | Command::Report { .. }
        | Command::Match
        | Command::Expire
        | Command::Recompute
        | Command::Succeed { .. }
        | Command::BeginSend { .. }
        | Command::AbandonSend { .. }
        | Command::LoseSend { .. }
        | Command::NeverLeft { .. }
        | Command::Doubt
        | Command::MediaSettled { .. }
        | Command::Consent(_)
        | Command::OptIn { .. } => Ok(Vec::new()),
    }
}

/// What harms nobody when an earlier command was parked: answers are parked behind it, notes and recalls may go.
const fn goes_ahead(command: &Command) -> bool {
    matches!(
        command,
        Command::Answer { .. }
            | Command::AnswerLater { .. }
            | Command::Note { .. }
            | Command::CorrectKind { .. }
            | Command::NameWriter { .. }
            | Command::Recall { .. }
            | Command::Release { .. }
            | Command::Approve { .. }
            | Command::Decline { .. }
            | Command::OptOut { .. }
            | Command::Block { .. }
            | Command::Rule { .. }
    )
}

fn machine(world: &ReadSet<'_>, command: &Command, cx: &Context) -> Result<Decided, Rejection> {
    if let Command::Receive(text) = command {
        return Ok(receive::receive(world, text, cx));
    }
    if let Command::Consent(word) = command {
        return Ok(withdrawal::taken(world, word));
    }
    if command.is_about_people() {
        let may = cx.actor == Actor::Operator || !command.is_for_people();
        return if may {
            people::decide(world, None, command, cx.now)
        } else {
            Err(Rejection::NotAllowed { needs: "person".to_owned() })
        };
    }
    let draft = Draft::of(world.conversation.ok_or(Rejection::NotFound)?, cx);
    Ok(match command {
        Command::Report { message, delivery, error } => sending::report(draft, world, *message, *delivery, *error),
        Command::Match => receive::rematch(draft, world),
        Command::Settle { back } => coverage::settle(draft, world, *back),
        Command::Expire => escalation::expire(draft, world),
        Command::Recompute => sla::recompute(draft, world),
        Command::Succeed { from, to } => succession::succeed(draft, world, from, to),
        Command::BeginSend { message } => sending::begin(draft, world, *message),
        Command::AbandonSend { message } => sending::abandon(draft, world, *message),
        Command::LoseSend { message } => sending::lose(draft, *message),
        Command::NeverLeft { message } => sending::never_left(draft, world, *message),
        Command::Doubt => sending::doubt(draft, world),
        Command::MediaSettled { message } => {
            let mut draft = draft;
            draft.say(Event::MediaSettled { message: *message });
            draft.facts()
        }
        Command::OptIn { source } => withdrawal::opted_in(draft, world, source.clone()),
        Command::OptOut { source } => withdrawal::opted_out(draft, world, source.clone()),
        Command::Receive(_)
        | Command::Consent(_)
        | Command::Take
        | Command::TakeElsewhere { .. }
        | Command::Assign { .. }
        | Command::Escalate { .. }
        | Command::Answer { .. }
        | Command::AnswerLater { .. }
        | Command::Release { .. }
        | Command::Recall { .. }
        | Command::Approve { .. }
        | Command::Decline { .. }
        | Command::Note { .. }
        | Command::CorrectKind { .. }
        | Command::NameWriter { .. }
        | Command::Snooze { .. }
        | Command::Done { .. }
        | Command::Booked { .. }
        | Command::Reopen
        | Command::Begin { .. }
        | Command::Block { .. }
        | Command::Unblock
        | Command::Rule { .. }
        | Command::Away { .. }
        | Command::Override { .. }
        | Command::Swap { .. }
        | Command::DropOverride { .. }
        | Command::Seen { .. }
        | Command::Return => return Err(Rejection::NotAllowed { needs: "person".to_owned() }),
    })
}

/// A decision in the making: facts so far, and the conversation as they leave it.
pub(super) struct Draft {
    pub(super) c: Conversation,
    pub(super) now: super::time::Timestamp,
    facts: Decided,
}

impl Draft {
    pub(super) fn of(c: &Conversation, cx: &Context) -> Self {
        Self { c: c.clone(), now: cx.now, facts: Vec::new() }
    }

    /// States a fact about the conversation.
    pub(super) fn say(&mut self, event: Event) {
        self.c.apply(self.now, &event);
        self.facts.push((Subject::Conversation(self.c.id), event));
    }

    /// States a fact about something else.
    pub(super) fn say_of(&mut self, subject: Subject, event: Event) {
        self.facts.push((subject, event));
    }

    /// Takes over facts that were drafted apart.
    pub(super) fn extend(&mut self, facts: Decided) {
        self.facts.extend(facts);
    }

    /// How many facts were stated so far.
    pub(super) const fn said(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn facts(self) -> Decided {
        self.facts
    }
}
