//! The state of a conversation, and how facts change it.
//!
//! **Invariant:** `apply` is total and infallible; what can be refused is refused in `decide`.

#![allow(missing_docs, reason = "each variant says what its fields, named by the vocabulary, are")]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::correction::Corrected;
use super::coverage::Loan;
use super::event::{Climb, Event, Outcome};
use super::hold::RulingClock;
use super::id::{ContactId, ConversationId, LineId, MessageId, NumberId, RepId, TeamId};
use super::message::InboundKind;
use super::ownership::OwnerSource;
use super::routing::{Assignment, Holder, Passed};
use super::sla::{Clock, Stage};
use super::time::Timestamp;
use super::use_case::Evidence;

pub use answer::{Answer, AnswerState};

mod about;
mod answer;
mod answers;
mod deadline;

/// Everything between one address and one line, as state. No phone and no text: those live beside it, erasable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The buyer's address, unnamed.
    pub number: NumberId,
    /// Our number.
    pub line: LineId,
    /// Whose pool, rotation and lead.
    pub team: TeamId,
    /// What it is about.
    pub use_case: String,
    /// What told so; nothing in what was opened before that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Its class.
    pub cohort: String,
    /// People of the CRM behind the number.
    pub contacts: Vec<ContactId>,
    /// Answers that were taken back, the newest: an id is not used for other words again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalled: Vec<MessageId>,
    /// Which of them writes, once somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<ContactId>,
    /// Who is accountable.
    pub owner: Option<RepId>,
    /// By which rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<OwnerSource>,
    /// In whose place, who left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<RepId>,
    /// Who acts now.
    pub assignment: Option<Assignment>,
    /// Open, snoozed or done.
    pub status: Status,
    /// The running clock.
    pub clock: Option<Clock>,
    /// What met the last clock, in case it fails.
    pub met: Option<Met>,
    /// Texts received so far, of every kind.
    pub inbound: u64,
    /// When the buyer last wrote, or their phone for them.
    pub last_inbound: Option<Timestamp>,
    /// When they last sent words or a picture of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_words: Option<Timestamp>,
    /// What the buyer's last text was.
    pub last_kind: Option<InboundKind>,
    /// Their newest text of words or a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_text: Option<MessageId>,
    /// What it was about since the buyer last began: of each the campaign is told once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub topics: BTreeSet<String>,
    /// What kind of text a person said that the buyer's last one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// Whether a person ever answered.
    pub answered: bool,
    /// The text that carried what a regulated use case makes the buyer read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<MessageId>,
    /// Whether the buyer was told out of hours that nobody is here, since a person last answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledged: bool,
    /// When they were last told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// When a HELP of theirs was last answered by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helped: Option<Timestamp>,
    /// Answers of this conversation: all that have not arrived, and the last few that have.
    pub answers: BTreeMap<MessageId, Answer>,
    /// Whether the pool was asked since the buyer last began: its members may see it while it is not done.
    pub pooled: bool,
    /// Reps it was offered to since the buyer began to wait, who did not take it: none of them is asked again at once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub asked: BTreeSet<RepId>,
    /// Pools that let it pass since then: none of them is asked again at once, either.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub passed_by: BTreeSet<TeamId>,
    /// Who else had a claim when the rules last looked for its owner, and why it is not theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Passed>,
    /// How often its ladder began again since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounds: u8,
    /// While somebody covers for its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loan: Option<Loan>,
    /// While it is done: by whom, and what reopening brings back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Finished>,
    /// While a ruling is waited for: one of its texts holds the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<RulingClock>,
    /// While its offer waits for the CRM to say who this is: until then at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Timestamp>,
    /// Who worked on it last, while it does so after it was finished: they come first, where that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked: Option<RepId>,
    /// The newest note of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted: Option<Noted>,
    /// Its newest notes that are for one colleague.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addressed: Vec<super::addressed::Addressed>,
    /// When anything last happened.
    pub changed: Timestamp,
}

/// Open, snoozed or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Something to do.
    Open,
    /// Out of sight until then, or until the buyer writes.
    Snoozed(Timestamp),
    /// Nothing to do.
    Done(Outcome),
}

/// The clock that an answer met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// As it stood.
    pub clock: Clock,
    /// By which answer.
    pub by: MessageId,
}

/// What is kept of a conversation that was finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Who finished it: they keep it in sight, so that they can reopen it.
    pub by: RepId,
    /// When the offer that nobody had taken would have passed on.
    pub expires: Option<Timestamp>,
    /// The clock that ran, unless a text met it: reopening starts it again with its old due time.
    pub clock: Option<Clock>,
    /// When; none where it was finished before that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A note of a colleague's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Who wrote it.
    pub by: RepId,
    /// When.
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// Settled answers kept in the state, so that a late callback still finds them.
const KEPT_ANSWERS: usize = 8;

impl Conversation {
    /// A conversation of which nothing is known yet; `Event::Opened` comes first.
    pub fn new(id: ConversationId, number: NumberId, line: LineId) -> Self {
        Self {
            id,
            number,
            line,
            team: TeamId::new(""),
            use_case: String::new(),
            evidence: None,
            cohort: String::new(),
            contacts: Vec::new(),
            recalled: Vec::new(),
            writer: None,
            owner: None,
            owned_by: None,
            in_place_of: None,
            assignment: None,
            status: Status::Open,
            clock: None,
            met: None,
            inbound: 0,
            last_inbound: None,
            last_words: None,
            last_kind: None,
            last_text: None,
            topics: BTreeSet::new(),
            corrected: None,
            answered: false,
            disclosed: None,
            acknowledged: false,
            acknowledged_at: None,
            helped: None,
            answers: BTreeMap::new(),
            pooled: false,
            asked: BTreeSet::new(),
            passed_by: BTreeSet::new(),
            candidates: Vec::new(),
            rounds: 0,
            loan: None,
            finished: None,
            ruling: None,
            awaits: None,
            worked: None,
            noted: None,
            addressed: Vec::new(),
            changed: Timestamp::default(),
        }
    }

    /// What people say of it, to each other.
    fn said(&mut self, at: Timestamp, event: &Event) {
        if let Event::KindCorrected { message, kind, .. } = event {
            self.corrected = Some(Corrected { message: *message, kind: *kind });
        } else if let Event::WriterNamed { contact, .. } = event {
            self.writer.clone_from(contact);
        } else if let Event::Noted { by, .. } = event {
            self.noted = Some(Noted { by: by.clone(), at });
        }
    }

    /// Somebody else owns it. What is held for another than the owner is still held for them.
    fn own(&mut self, owner: Option<&RepId>) {
        let of_owner = |of: &RepId| self.owner.as_ref().is_none_or(|before| before == of);
        self.loan = self.loan.take().filter(|loan| !of_owner(&loan.of));
        self.owner = owner.cloned();
    }

    /// Takes in one fact.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        self.changed = self.changed.max(at);
        self.turn(event);
        match event {
            Event::Opened { number, line, team, use_case, cohort, evidence } => {
                self.number = *number;
                self.line = line.clone();
                self.team = team.clone();
                self.use_case.clone_from(use_case);
                self.cohort.clone_from(cohort);
                self.evidence.clone_from(evidence);
            }
            Event::Matched { contacts, use_case, cohort, evidence, team } => {
                if let Some(team) = team {
                    self.team = team.clone();
                    (self.pooled, self.worked) = (false, None);
                }
                self.evidence.clone_from(evidence);
                self.contacts.clone_from(contacts);
                self.writer = self.writer.take().filter(|writer| contacts.contains(writer));
                self.use_case.clone_from(use_case);
                self.cohort.clone_from(cohort);
            }
            Event::Owned { owner, source, after } => {
                self.own(owner.as_ref());
                self.owned_by = *source;
                self.in_place_of.clone_from(after);
            }
            Event::Received { kind, .. } => {
                self.inbound += 1;
                self.last_inbound = Some(at);
                self.last_words = if kind.arms_clock() { Some(at) } else { self.wrote() };
                self.last_kind = Some(*kind);
                self.corrected = None;
            }
            Event::CardAwaited { until } => self.await_card(*until),
            Event::CardSettled { .. } => (self.awaits, self.worked) = (None, None),
            Event::Offered { .. } | Event::Taken { .. } => self.assign(at, event),
            // What met the clock before this one is kept: should it fail, the earlier due time counts again.
            Event::SlaStarted { clock } => {
                self.clock = Some(clock.clone());
                self.waits_anew();
            }
            Event::SlaRecomputed { clock } => self.clock = Some(clock.clone()),
            Event::SlaRearmed { clock } => {
                self.clock = Some(clock.clone());
                self.met = None;
            }
            Event::SlaWarned { .. } => self.reach(Stage::Warned),
            Event::SlaBreached { .. } => self.reach(Stage::Breached),
            Event::SlaMet { by, .. } => {
                self.acknowledged = false;
                let clock = self.clock.take();
                self.holder_is_done();
                if let (Some(finished), Some(_)) = (&mut self.finished, by) {
                    finished.clock = None;
                }
                self.met = clock.zip(*by).map(|(clock, by)| Met { clock, by });
            }
            Event::SlaDropped => {
                self.clock = None;
                self.holder_is_done();
            }
            Event::AnswerHeld { .. }
            | Event::Acknowledged { .. }
            | Event::ToldBuyer { .. }
            | Event::AnswerParked { .. }
            | Event::AnswerReleased { .. }
            | Event::AnswerWaits { .. }
            | Event::AnswerRecalled { .. }
            | Event::AnswerApproved { .. }
            | Event::AnswerDeclined { .. }
            | Event::Disclosed { .. }
            | Event::SendStarted { .. }
            | Event::SendAbandoned { .. }
            | Event::SendUnknown { .. }
            | Event::DeliveryChanged { .. } => self.apply_answer(at, event),
            Event::Snoozed { until, .. } => self.status = Status::Snoozed(*until),
            Event::Woke => self.status = Status::Open,
            Event::Reopened { by } => self.reopen(by.is_some()),
            Event::Done { outcome, by, .. } => {
                self.status = Status::Done(*outcome);
                let expires = self.assignment.as_mut().and_then(|a| a.expires.take());
                (self.awaits, self.worked) = (None, None);
                self.finished = Some(Finished { by: by.clone(), expires, clock: self.clock.clone(), at: Some(at) });
            }
            Event::RulingDue { warn, due } => {
                self.ruling = Some(RulingClock { warn: *warn, due: *due, warned: false });
            }
            Event::RulingWarned { .. } => self.ruling = self.ruling.map(|clock| RulingClock { warned: true, ..clock }),
            Event::RulingOver { .. } => self.ruling = None,
            // Facts about other subjects, or kept for the record alone.
            Event::Escalated { why: Climb::Again } => {
                self.asked.clear();
                self.passed_by.clear();
                self.rounds = self.rounds.saturating_add(1);
            }
            // Members of a pool let it pass, unless it is taken from them for another reason.
            Event::Escalated { why: Climb::NotTaken | Climb::Breach | Climb::Asked(_) } => {
                let left = self.assignment.as_ref().filter(|a| a.taken.is_none());
                if let Some(Holder::Pool(team)) = left.map(|a| &a.to) {
                    self.passed_by.insert(team.clone());
                }
            }
            Event::KindCorrected { .. } | Event::WriterNamed { .. } | Event::Noted { .. } => self.said(at, event),
            Event::Escalated { .. }
            | Event::AnswerRefused { .. }
            | Event::MediaSettled { .. }
            | Event::OptedOut { .. }
            | Event::OptedIn { .. }
            | Event::Blocked { .. }
            | Event::Unblocked { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldRuled { .. }
            | Event::Presence { .. }
            | Event::Overridden { .. }
            | Event::OverrideDropped { .. }
            | Event::TurnPassed { .. }
            | Event::PlaybookApplied { .. }
            | Event::Restored { .. }
            | Event::Beside { .. }
            | Event::Reconciled => {}
        }
    }

    /// Somebody else holds it, or the same one in another way.
    fn assign(&mut self, at: Timestamp, event: &Event) {
        (self.awaits, self.worked) = (None, None);
        if let Event::Offered { to, step, expires, because, covers, weighed } = event {
            if let Some(weighed) = weighed {
                self.candidates = because.passed.iter().chain(&weighed.later).cloned().collect();
            }
            self.pooled |= matches!(to, Holder::Pool(_));
            self.asked.extend(to.rep().filter(|_| expires.is_some()).cloned());
            // Lent on by the same owner's absence it is the same loan.
            self.loan = covers.as_ref().map(|of| {
                let since = self.loan.as_ref().filter(|loan| loan.of == *of).map_or(at, |loan| loan.since);
                Loan { of: of.clone(), since }
            });
            let (to, because) = (to.clone(), because.clone());
            self.assignment = Some(Assignment { to, taken: None, step: *step, expires: *expires, at, because });
        }
        if let Event::Taken { by, because, answer_by } = event {
            let step = self.assignment.as_ref().and_then(|a| a.step);
            self.waits_anew();
            if self.loan.as_ref().is_some_and(|loan| loan.of == *by) {
                self.loan = None;
            }
            let (to, because) = (Holder::Rep(by.clone()), because.clone());
            self.assignment = Some(Assignment { to, taken: Some(at), step, expires: *answer_by, at, because });
        }
    }

    /// Something to do again: a person takes back what was finished; the buyer begins anew, with the owner.
    fn reopen(&mut self, by_person: bool) {
        self.status = Status::Open;
        let before = self.finished.take().and_then(|finished| finished.expires);
        // An offer that nobody had taken passes on when it would have, whatever opened it again.
        if let Some(a) = self.assignment.as_mut().filter(|a| a.taken.is_none() && a.expires.is_none()) {
            a.expires = before;
        }
        self.waits_anew();
        self.pooled &= by_person;
    }

    /// A new wait begins: everybody may be asked.
    fn waits_anew(&mut self) {
        self.asked.clear();
        self.passed_by.clear();
        self.rounds = 0;
    }

    /// Whoever took it need not answer any more: it does not pass on for want of an answer.
    fn holder_is_done(&mut self) {
        if let Some(a) = self.assignment.as_mut().filter(|a| a.taken.is_some()) {
            a.expires = None;
        }
    }

    fn reach(&mut self, stage: Stage) {
        if let Some(clock) = &mut self.clock {
            clock.stage = clock.stage.max(stage);
        }
    }

    fn stand(&mut self, message: &MessageId, state: AnswerState) {
        if let Some(answer) = self.answers.get_mut(message) {
            answer.state = state;
        }
    }

    /// Keeps the newest settled answers only: by when they were accepted, for ids come from devices, whose clocks may be
    /// wrong.
    fn forget_settled(&mut self) {
        let settled = self.answers.iter().filter(|(_, a)| a.state.is_settled());
        let mut settled: Vec<_> = settled.map(|(id, a)| (a.at, *id)).collect();
        settled.sort_unstable();
        for (_, id) in settled.iter().take(settled.len().saturating_sub(KEPT_ANSWERS)) {
            self.answers.remove(id);
        }
    }

    /// When the buyer last wrote by their own hand: what an answer is a direct answer to. A phone that answers by itself, a
    /// tapback or a keyword is none. Of what was kept before the two were told apart, only what is sure counts.
    pub fn wrote(&self) -> Option<Timestamp> {
        self.last_words.or_else(|| self.last_inbound.filter(|_| self.last_kind.is_some_and(InboundKind::arms_clock)))
    }

    /// The rep who holds it, when one does.
    pub fn assignee(&self) -> Option<&RepId> {
        self.assignment.as_ref().and_then(|a| a.to.rep())
    }

    /// The rep who took it and still has it.
    pub fn taker(&self) -> Option<(&RepId, Timestamp)> {
        let a = self.assignment.as_ref()?;
        Some((a.to.rep()?, a.taken?))
    }

    /// Whether nothing is left to do.
    pub const fn is_done(&self) -> bool {
        matches!(self.status, Status::Done(_))
    }
}
