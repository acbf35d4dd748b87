//! What the fold keeps of one conversation: who has it, what waits to leave, and the clock that runs.

use serde::{Deserialize, Serialize};

use super::carried::{Stretch, Turn};
use super::exchange::UnderWay;
use super::fold::{Facts, Policies};
use super::gap::Gap;
use super::load::Moves;
use super::on_hold::OnHold;
use super::reply::{Asked, Draft, Reply, Spent, Standing};
use super::{civil, zone_of};
use crate::domain::event::{Climb, Event};
use crate::domain::id::{ContactId, ConversationId, LineId, MessageId, NumberId, RepId, TeamId};
use crate::domain::routing::Holder;
use crate::domain::sla::Clock;
use crate::domain::time::Timestamp;

mod answers;
mod ends;
mod running;

pub use running::Running;
use running::how;

/// How many of those asked a reply names.
pub const MOST_ASKED: usize = 16;

/// Answers under way that are kept of a conversation: the newest.
const MOST_DRAFTS: usize = 16;

/// One conversation, as far as measuring asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Whose number.
    pub number: NumberId,
    /// To which of our numbers.
    pub line: LineId,
    /// Whose pool and lead.
    pub team: TeamId,
    /// What it is about.
    pub use_case: String,
    /// Its class.
    pub cohort: String,
    /// Who is accountable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// Whether they took it.
    #[serde(default, skip_serializing_if = "is_not")]
    taken: bool,
    /// The step of its ladder it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<u8>,
    /// Whether nothing is left to do.
    #[serde(default, skip_serializing_if = "is_not")]
    done: bool,
    /// The buyer began anew, and it was not offered since.
    #[serde(default, skip_serializing_if = "is_not")]
    anew: bool,
    /// Who finished it last: by a call or a mail they answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished: Option<RepId>,
    /// People of the CRM behind the number, while it is several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<ContactId>,
    /// Which of them writes, once somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    writer: Option<ContactId>,
    /// When the buyer last wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrote: Option<Timestamp>,
    /// Answers that have not left for sure, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drafts: Vec<(MessageId, RepId, Draft)>,
    /// The reply whose clock runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// The one that ended last: what met it may fail yet, and who dropped it may take that back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Running>,
    /// Since which entry, and when, whoever holds it does so while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<(u64, Timestamp)>,
    /// When its number was last on opt-out hold.
    #[serde(default, skip_serializing_if = "OnHold::is_never")]
    pub(super) hold: OnHold,
    /// What the rep is to make of it, from its first reply on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exchange: Option<UnderWay>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            number: NumberId(uuid::Uuid::nil()),
            line: LineId::new(""),
            team: TeamId::new(""),
            use_case: String::new(),
            cohort: String::new(),
            owner: None,
            holder: None,
            taken: false,
            step: None,
            done: false,
            anew: false,
            finished: None,
            contacts: Vec::new(),
            writer: None,
            wrote: None,
            drafts: Vec::new(),
            running: None,
            last: None,
            held: None,
            hold: OnHold::default(),
            exchange: None,
        }
    }
}

/// One entry about a conversation, and what to read it with.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Which conversation.
    pub id: ConversationId,
    /// The entry's number.
    pub seq: u64,
    /// Its time.
    pub at: Timestamp,
    /// What happened.
    pub event: &'a Event,
}

impl Talk {
    /// The rep who has it while it is open.
    fn open_with(&self) -> Option<&RepId> {
        self.holder.as_ref().and_then(Holder::rep).filter(|_| !self.done)
    }

    /// Takes in one fact, and tells what is known by it.
    pub fn apply(&mut self, seen: &Seen<'_>, policies: &dyn Policies, facts: &mut Facts) {
        let before = self.open_with().cloned();
        self.take_in(seen, policies, facts);
        let now = self.open_with();
        if before.as_ref() != now {
            facts.moves(Moves { at: seen.at, from: before.clone(), to: now.cloned() });
            let now = now.cloned();
            self.stretch(seen, before, now, facts);
        }
    }

    /// It is held by somebody else from now on, or by nobody.
    fn stretch(&mut self, seen: &Seen<'_>, from: Option<RepId>, to: Option<RepId>, facts: &mut Facts) {
        if let (Some(rep), Some((seq, since))) = (from, self.held.take()) {
            let until = Some((seen.at, seen.seq));
            facts.stretches.insert((rep, seq), Stretch { conversation: seen.id, since, until });
        }
        if let Some(rep) = to {
            self.held = Some((seen.seq, seen.at));
            let stretch = Stretch { conversation: seen.id, since: seen.at, until: None };
            facts.stretches.insert((rep, seen.seq), stretch);
        }
    }

    fn take_in(&mut self, seen: &Seen<'_>, policies: &dyn Policies, facts: &mut Facts) {
        let at = seen.at;
        match seen.event {
            Event::Opened { number, line, team, use_case, cohort, .. } => {
                self.number = *number;
                self.line = line.clone();
                self.team = team.clone();
                self.use_case.clone_from(use_case);
                self.cohort.clone_from(cohort);
            }
            Event::Matched { use_case, cohort, team, contacts, .. } => {
                self.contacts = if contacts.len() > 1 { contacts.clone() } else { Vec::new() };
                self.writer = self.writer.take().filter(|writer| contacts.contains(writer));
                let behind = self.writer.as_ref().map_or_else(|| contacts.clone(), |writer| vec![writer.clone()]);
                facts.behind.insert(seen.id, behind);
                if let Some(team) = team {
                    self.team = team.clone();
                }
                self.use_case.clone_from(use_case);
                self.cohort.clone_from(cohort);
            }
            Event::WriterNamed { contact, .. } => {
                self.writer.clone_from(contact);
                let behind = contact.as_ref().map_or_else(|| self.contacts.clone(), |writer| vec![writer.clone()]);
                facts.behind.insert(seen.id, behind);
            }
            Event::Owned { owner, .. } => self.owner.clone_from(owner),
            Event::Offered { .. } | Event::Taken { .. } | Event::Escalated { .. } => self.handed(seen, facts),
            Event::SlaStarted { clock } => {
                self.start(seen.seq, at, clock);
                UnderWay::clocked(&mut self.exchange, seen.seq, seen.id, facts);
            }
            Event::SlaRecomputed { clock } => {
                if let Some(running) = &mut self.running {
                    (running.due, running.playbook) = (clock.due, clock.playbook);
                    running.cohort.clone_from(&clock.cohort);
                    running.was = None;
                }
            }
            Event::SlaRearmed { clock } => self.rearm(seen, clock, facts),
            Event::SlaBreached { .. } => self.fall_due(None),
            Event::SlaMet { by, late } => self.met(seen, *by, *late, policies, facts),
            Event::SlaDropped => self.dropped(seen, policies, facts),
            Event::Done { by, outcome, .. } => {
                self.done = true;
                self.finished = Some(by.clone());
                if let Some(exchange) = &mut self.exchange {
                    exchange.done(at, (*outcome, by), seen.id, facts);
                }
            }
            Event::Reopened { by } => {
                self.done = false;
                self.anew = by.is_none();
                if let Some(exchange) = &mut self.exchange {
                    exchange.reopened(by.is_some(), seen.id, facts);
                }
            }
            Event::AnswerHeld { .. }
            | Event::AnswerWaits { .. }
            | Event::MediaSettled { .. }
            | Event::KindCorrected { .. }
            | Event::AnswerParked { .. }
            | Event::AnswerReleased { .. }
            | Event::AnswerApproved { .. }
            | Event::AnswerDeclined { .. }
            | Event::AnswerRecalled { .. }
            | Event::SendStarted { .. }
            | Event::SendAbandoned { .. }
            | Event::DeliveryChanged { .. } => self.answer(seen, facts),
            Event::Received { .. } => {
                self.wrote = Some(at);
                facts.count(at, "received", self.line.as_str());
            }
            Event::SlaWarned { .. }
            | Event::Acknowledged { .. }
            | Event::AnswerRefused { .. }
            | Event::Disclosed { .. }
            | Event::SendUnknown { .. }
            | Event::Noted { .. }
            | Event::Snoozed { .. }
            | Event::Woke
            | Event::OptedOut { .. }
            | Event::OptedIn { .. }
            | Event::ToldBuyer { .. }
            | Event::Blocked { .. }
            | Event::Unblocked { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldRuled { .. }
            | Event::RulingDue { .. }
            | Event::RulingWarned { .. }
            | Event::RulingOver { .. }
            | Event::Presence { .. }
            | Event::Overridden { .. }
            | Event::OverrideDropped { .. }
            | Event::CardAwaited { .. }
            | Event::CardSettled { .. }
            | Event::TurnPassed { .. }
            | Event::PlaybookApplied { .. }
            | Event::Restored { .. }
            | Event::Beside { .. }
            | Event::Reconciled => {}
        }
    }

    /// Somebody is asked, takes it, or lets it pass.
    fn handed(&mut self, seen: &Seen<'_>, facts: &mut Facts) {
        let at = seen.at;
        if let Event::Offered { to, step, expires, because, .. } = seen.event {
            // The end of a ladder: the same offer, which does not pass on any more.
            let same = !self.taken && self.holder.as_ref() == Some(to) && self.step == *step && !self.anew;
            if same && expires.is_none() {
                return;
            }
            (self.holder, self.taken, self.step, self.anew) = (Some(to.clone()), false, *step, false);
            facts.turn(seen, to.rep(), Turn::Offer, 1);
            if let Some(running) = &mut self.running {
                running.offer(at, to, *step, because);
            }
        }
        if let Event::Taken { by, because, .. } = seen.event {
            let holder = Holder::Rep(by.clone());
            if self.taken && self.holder.as_ref() == Some(&holder) {
                return;
            }
            let was_asked = self.holder.as_ref() == Some(&holder);
            (self.holder, self.taken, self.anew) = (Some(holder.clone()), true, false);
            facts.turn(seen, Some(by), Turn::Take, 1);
            if let Some(running) = &mut self.running {
                running.taken = running.taken.or(Some(at));
                if !was_asked {
                    running.ask(Asked {
                        at,
                        to: holder,
                        step: None,
                        how: how(because),
                        took: None,
                        left: None,
                        gaps: 0,
                    });
                }
                if let Some(asked) = running.asked.last_mut() {
                    asked.took = Some(at);
                }
            }
        }
        if let Event::Escalated { why } = seen.event {
            if *why == Climb::NotTaken && !self.taken {
                facts.turn(seen, self.holder.as_ref().and_then(Holder::rep), Turn::Pass, 1);
            }
            if let Some(running) = &mut self.running {
                running.climbs = running.climbs.saturating_add(1);
                if let Some(asked) = running.asked.last_mut() {
                    asked.left = Some(why.words().to_owned());
                }
            }
        }
    }

    fn start(&mut self, seq: u64, at: Timestamp, clock: &Clock) {
        let mut running = Running::new(seq, clock);
        running.had = self.taken && !self.anew && !self.done;
        if let Some(holder) = self.holder.as_ref().filter(|_| !self.taken && !self.anew && !self.done) {
            running.offered = Some(at);
            let (to, how) = (holder.clone(), "on offer already".to_owned());
            running.ask(Asked { at, to, step: self.step, how, took: None, left: None, gaps: 0 });
        }
        self.running = Some(running);
    }

    /// The reply whose clock runs, as it stands.
    pub fn tell_running(&self, id: ConversationId, policies: &dyn Policies, facts: &mut Facts) {
        if let Some(running) = &self.running {
            facts.replies.insert(running.seq, Some(self.tell(id, running, policies)));
        }
    }

    /// How long the buyer last waited for an answer: nothing when there was none, or none yet.
    pub fn last_wait(&self) -> Option<i64> {
        let last = if self.running.is_some() { None } else { self.last.as_ref() };
        let end = last.and_then(|last| Some((last.received, last.end.as_ref().filter(|end| end.answered)?)));
        end.map(|(received, end)| end.at.since(received).as_millis())
    }

    /// The local day of the reply that they wait for an answer to, or last did.
    pub fn last_asked(&self, policies: &dyn Policies) -> Option<i32> {
        self.running.as_ref().or(self.last.as_ref()).map(|reply| reply.day(policies))
    }

    /// Whether a clock ever ran.
    pub const fn was_clocked(&self) -> bool {
        self.running.is_some() || self.last.is_some()
    }

    fn tell(&self, id: ConversationId, running: &Running, policies: &dyn Policies) -> Reply {
        let playbook = policies.of(running.playbook);
        let zone = zone_of(playbook, &running.cohort);
        let calendar = playbook.and_then(|p| p.calendars.get(&p.cohort(&running.cohort)?.calendar));
        let spent = |from: Timestamp, to: Timestamp| {
            let wall = to.since(from).as_millis();
            let business = calendar.map_or(wall, |calendar| calendar.between(from, to).as_millis());
            Spent { wall, business }
        };
        let (_, hour) = civil(zone, running.received);
        let end = running.end.as_ref();
        let answered = end.filter(|end| end.answered);
        let standing = match (end, answered.is_some(), running.breach.is_some()) {
            (None, _, false) => Standing::Running,
            (None, _, true) => Standing::Overdue,
            (Some(_), true, false) => Standing::InTime,
            (Some(_), true, true) => Standing::Late,
            (Some(_), false, false) => Standing::Dropped,
            (Some(_), false, true) => Standing::DroppedLate,
        };
        let holder = self.holder.as_ref().and_then(Holder::rep);
        let answered_by = answered.and_then(|end| end.by.clone());
        let rep = match &running.breach {
            Some((_, had)) => had.clone(),
            None => answered_by.clone().or_else(|| holder.or(self.owner.as_ref()).cloned()),
        };
        let nobody = running.offered.is_none() && !running.had && running.taken.is_none();
        Reply {
            seq: running.seq,
            conversation: id,
            number: self.number,
            line: self.line.clone(),
            team: self.team.clone(),
            use_case: self.use_case.clone(),
            cohort: running.cohort.clone(),
            response: running.response,
            owner: self.owner.clone(),
            holder: self.holder.clone(),
            answered_by,
            rep,
            received: running.received,
            offered: running.offered,
            taken: running.taken,
            due: running.due,
            ended: end.map(|end| end.at),
            standing,
            spent: answered.map(|end| spent(running.received, end.at)),
            waited: running
                .offered
                .zip(running.taken)
                .filter(|(from, to)| from <= to)
                .map(|(from, to)| spent(from, to)),
            day: running.day(policies),
            hour,
            climbs: running.climbs,
            steps: running.steps,
            gaps: running.gaps | if nobody { Gap::Nobody.bit() } else { 0 },
            cause: running.breach.as_ref().map(|(cause, _)| *cause),
            playbook: running.playbook,
            asked: running.asked.clone(),
        }
    }
}
