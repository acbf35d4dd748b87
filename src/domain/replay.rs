//! Every reply of a period decided again under other rules, from the record, changing nothing.
//!
//! Two worlds run side by side: the one that was recorded, and one in which the other rules decide. What people did stays
//! as it was recorded in both; what the rules decided (owners, offers, clocks, steps of a ladder) and who holds how much is
//! simulated forward in the second. What is late in the record is late in both: as long as they wait for the same instant,
//! the second acts when the first did.
//!
//! Words and the CRM's cards as of then are not in the record: of a text it holds its kind and the playbook's own word or
//! pattern that spoke, of the CRM who was behind the number. What differs for want of the rest is told apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::answering::Answering;
use super::asking::heard::Heard;
use super::beside::Came;
use super::command::{Actor, Command, Context, ReadSet, Receive};
use super::consent::{Number, OptOutSource, Scope};
use super::contact::{Address, Body};
use super::context::Card;
use super::conversation::Conversation;
use super::decide::decide;
use super::escalation;
use super::event::{Climb, Event, Subject};
use super::id::{ContactId, ConversationId, MessageId, NumberId};
use super::message::InboundKind;
use super::playbook::Playbook;
use super::roster::Roster;
use super::time::Timestamp;
use super::use_case::Evidence;

mod cause;
mod loads;
mod reading;
mod report;
mod rest;

pub use cause::Cause;
use loads::Loads;
use reading::{slim, words};
pub use report::{Differences, Load, Reply, Report, Targets};
use rest::{Resting, Woken};

/// Kinds of events that change nothing a rule looks at: a reader need not read them whole.
pub const PASSED_OVER: [&str; 9] = [
    "answer_held",
    "answer_parked",
    "answer_released",
    "answer_recalled",
    "delivery_changed",
    "noted",
    "send_abandoned",
    "send_unknown",
    "beside",
];

/// A conversation in both worlds, while it is not done.
struct Live {
    then: Conversation,
    /// None until the period begins for it.
    now: Option<Conversation>,
    /// When something happens in the simulated world.
    deadline: Option<Timestamp>,
    /// That instant has passed, and the record waits for the same one: the backend had not come to it yet.
    late: bool,
    /// Why the two worlds differ, once they do.
    cause: Option<Cause>,
    /// Whether the CRM knew who is behind it before it was done the last time: by whom is forgotten since.
    was_known: bool,
}

/// Who is behind a number, as far as rules look at it.
struct Known {
    cards: Vec<Card>,
    area_code: Option<String>,
}

/// A reply whose recorded decision is being read.
struct Pending {
    at: Timestamp,
    conversation: ConversationId,
    use_case: String,
    would: Came,
    /// Why the worlds differed before it came.
    before: Option<Cause>,
    /// Stages of the open deals, where the record keeps them.
    stages: Option<Vec<String>>,
}

/// The two worlds.
pub struct Replay<'a> {
    rules: &'a Playbook,
    since: Timestamp,
    roster: Roster,
    live: BTreeMap<ConversationId, Live>,
    rest: Resting,
    known: BTreeMap<NumberId, Known>,
    /// Versions that say the same as the other rules.
    same: BTreeSet<u32>,
    /// Whether the version in force is one of them.
    is_same: bool,
    deadlines: BTreeSet<(Timestamp, ConversationId)>,
    loads: Loads,
    pending: Option<Pending>,
    /// Replies whose offer waits for the CRM: who gets them is compared once that is over.
    waiting: BTreeMap<ConversationId, Pending>,
    report: Report,
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replay({} live, {} done)", self.live.len(), self.rest.len())
    }
}

impl<'a> Replay<'a> {
    /// Begins with the first entry of the record; replies from `since` on are reported.
    pub fn new(rules: &'a Playbook, since: Timestamp) -> Self {
        Self {
            rules,
            since,
            roster: Roster::default(),
            live: BTreeMap::new(),
            rest: Resting::default(),
            known: BTreeMap::new(),
            same: BTreeSet::new(),
            is_same: false,
            deadlines: BTreeSet::new(),
            loads: Loads::default(),
            pending: None,
            waiting: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// Versions of the playbook that say the same as the other rules: what differs while one of them was in force cannot
    /// be their doing.
    #[must_use]
    pub fn same_as(self, versions: BTreeSet<u32>) -> Self {
        Self { same: versions, ..self }
    }

    /// The number whose cards must be known before this fact is taken in, when they are not.
    pub fn asks(&self, at: Timestamp, subject: Subject, event: &Event) -> Option<NumberId> {
        let Subject::Conversation(id) = subject else { return None };
        let number = if let Event::Opened { number, .. } = event {
            *number
        } else if matches!(event, Event::Received { .. } | Event::Matched { .. }) {
            let live = self.live.get(&id).map(|live| live.then.number);
            live.or_else(|| self.rest.number(id))?
        } else {
            return None;
        };
        (at >= self.since && !self.known.contains_key(&number)).then_some(number)
    }

    /// Who is behind a number. Kept while a conversation of it is live.
    pub fn know(&mut self, number: NumberId, cards: Vec<Card>, area_code: Option<String>) {
        self.known.insert(number, Known { cards: cards.into_iter().map(slim).collect(), area_code });
    }

    /// Takes in one fact of the record, in order. The reply before it, once all of its decision has been read.
    pub fn take_in(&mut self, at: Timestamp, subject: Subject, actor: &Actor, event: &Event) -> Option<Reply> {
        self.fire(at);
        let id = match subject {
            Subject::Conversation(id) => id,
            // Turns are the other rules' own, as are owners.
            Subject::Roster if matches!(event, Event::TurnPassed { .. }) => return None,
            // The reply before was decided by whom and what there was then.
            Subject::Roster => {
                let reply = self.settle();
                self.roster.apply(at, event);
                return reply;
            }
            Subject::Playbook => {
                let reply = self.settle();
                if let Event::PlaybookApplied { version, .. } = event {
                    self.is_same = self.same.contains(version);
                }
                return reply;
            }
            Subject::Number(_) | Subject::Journal => return None,
        };
        let begins = matches!(event, Event::Opened { .. } | Event::Received { .. });
        let is_over = begins || *actor != Actor::Carrier || self.pending.as_ref().is_some_and(|p| p.conversation != id);
        let reply = if is_over { self.settle() } else { None };
        self.tell(at, id, actor, event);
        if matches!(event, Event::CardSettled { .. }) {
            self.resume(id);
        }
        reply
    }

    /// One fact of a conversation, in both worlds.
    fn tell(&mut self, at: Timestamp, id: ConversationId, actor: &Actor, event: &Event) {
        self.wake(at, id, event);
        let Some(live) = self.live.get_mut(&id) else { return };
        let fresh = live.then.inbound == 0;
        if live.now.is_none() && at >= self.since && !fresh {
            live.now = Some(live.then.clone());
        }
        live.then.apply(at, event);
        if at >= self.since {
            if live.late && *actor == Actor::Clock {
                live.late = false;
                self.decide(at, id, &Command::Expire, &Actor::Clock);
            }
            self.simulate(at, id, actor, event);
        }
        self.look(at, id);
    }

    /// The last reply, when the record is at its end.
    pub fn last(&mut self) -> Option<Reply> {
        self.settle()
    }

    /// Everything that was found.
    pub fn finish(mut self) -> Report {
        self.settle();
        self.report.loads = self.loads.report();
        self.report
    }

    /// A conversation that begins, or goes on after it was done.
    fn wake(&mut self, at: Timestamp, id: ConversationId, event: &Event) {
        if let Event::Opened { number, line, .. } = event {
            let then = Conversation::new(id, *number, line.clone());
            self.live.insert(id, Live { then, now: None, deadline: None, late: false, cause: None, was_known: false });
            return;
        }
        let Some(Woken { then, now, is_known }) = self.rest.wake(at, id) else { return };
        let now = (at >= self.since).then_some(now);
        self.live.insert(id, Live { then, now, deadline: None, late: false, cause: None, was_known: is_known });
    }

    /// What the other rules, or the people as recorded, make of it.
    fn simulate(&mut self, at: Timestamp, id: ConversationId, actor: &Actor, event: &Event) {
        match (actor, event) {
            (Actor::Carrier, Event::Received { message, kind }) => self.receive(at, id, *message, *kind),
            // The rest of a reply's decision is the other rules'.
            (
                Actor::Carrier,
                Event::Acknowledged { .. }
                | Event::ToldBuyer { .. }
                | Event::SlaDropped
                | Event::SlaMet { .. }
                | Event::SendStarted { .. },
            ) => {
                self.happen(at, id, std::slice::from_ref(event));
            }
            (Actor::Carrier | Actor::Clock | Actor::Crm, Event::Offered { weighed: Some(weighed), .. }) => {
                let pending =
                    self.pending.as_mut().filter(|pending| pending.conversation == id && *actor == Actor::Carrier);
                if let Some(pending) = pending.or(self.waiting.get_mut(&id)) {
                    pending.stages = Some(weighed.stages.clone());
                }
            }
            (Actor::Crm, Event::Matched { .. }) => self.decide(at, id, &Command::Match, &Actor::Crm),
            (_, Event::SlaRearmed { .. }) => self.rearm(at, id),
            (Actor::Carrier | Actor::Clock | Actor::Crm | Actor::Program(_), _) => {}
            (Actor::Rep { .. }, Event::Escalated { why: why @ Climb::Asked(_) }) => self.climb(at, id, why),
            (Actor::Rep { .. }, Event::Offered { because, .. }) if because.climbed.is_some() => {}
            (Actor::Rep { .. } | Actor::Effects | Actor::Operator, event) => {
                self.happen(at, id, std::slice::from_ref(event));
            }
        }
    }

    fn receive(&mut self, at: Timestamp, id: ConversationId, message: MessageId, kind: InboundKind) {
        let Some(live) = self.live.get(&id) else { return };
        let answer = kind.arms_clock();
        let before = live.now.as_ref().filter(|now| !report::is_alike(&live.then, now)).map(|_| {
            let own = if self.is_same { Cause::Unrecorded } else { Cause::Rules };
            live.cause.unwrap_or(own)
        });
        let text = Receive {
            message,
            conversation: id,
            number: live.then.number,
            line: live.then.line.clone(),
            body: Body::new(words(kind, live.then.evidence.as_ref())),
            media: usize::from(kind == InboundKind::Picture),
            opt_out_type: None,
            area_code: self.known.get(&live.then.number).and_then(|known| known.area_code.clone()),
            acknowledgement: None,
            wait_until: live.then.awaits,
            by_carrier: true,
            sent: None,
        };
        self.decide(at, id, &Command::Receive(text), &Actor::Carrier);
        if answer && let Some(now) = self.live.get(&id).and_then(|live| live.now.as_ref()) {
            let (use_case, would) = (now.use_case.clone(), Came::of(now));
            self.pending = Some(Pending { at, conversation: id, use_case, would, before, stages: None });
        }
    }

    fn climb(&mut self, at: Timestamp, id: ConversationId, why: &Climb) {
        let Some(now) = self.live.get(&id).and_then(|live| live.now.clone()) else { return };
        let number = Number::new(now.number);
        let cards = self.live.get(&id).map_or(Cow::Borrowed(&[][..]), |live| self.cards(live));
        let facts = escalation::climb(&self.world(&now, &number, &cards), &now, at, why.clone());
        self.happen(at, id, &facts);
    }

    /// What met the clock failed: it runs on with the due time that the other rules gave it.
    fn rearm(&mut self, at: Timestamp, id: ConversationId) {
        let Some(now) = self.live.get(&id).and_then(|live| live.now.as_ref()) else { return };
        let before = now.finished.as_ref().and_then(|finished| finished.clock.clone());
        let clock = now.met.as_ref().map(|met| met.clock.clone()).or(before);
        if let Some(clock) = clock {
            self.happen(at, id, &[Event::SlaRearmed { clock }]);
        }
    }

    fn decide(&mut self, at: Timestamp, id: ConversationId, command: &Command, actor: &Actor) {
        let Some(live) = self.live.get(&id) else { return };
        let mut number = Number::new(live.then.number);
        if live.then.last_kind == Some(InboundKind::OptIn) {
            // Only then a START gives anything back.
            number.apply(
                at,
                &Event::OptedOut { source: OptOutSource::Carrier, scope: Scope::Tenant, said: None, undated: false },
            );
        }
        let cards = self.cards(live);
        let answering = answered(&live.then, at);
        let mut world = self.world(&live.then, &number, &cards);
        world.conversation = live.now.as_ref();
        world.answering = answering.as_ref();
        // Whoever waited for the CRM is looked for by area code, too, once it is over.
        let waits = live.now.as_ref().is_some_and(|now| now.awaits.is_some());
        let code = self.known.get(&live.then.number).filter(|_| waits).and_then(|known| known.area_code.as_ref());
        let somewhere = code.and_then(|code| Address::parse(&format!("+1{code}5550100")).ok());
        world.address = somewhere.as_ref();
        let hold = self.rules.undo_hold;
        let cx = Context { now: at, actor: actor.clone(), seen: u64::MAX, behind: false, hold };
        let facts = decide(&world, command, &cx).unwrap_or_default();
        for (_, turn) in facts.iter().filter(|(_, event)| matches!(event, Event::TurnPassed { .. })) {
            self.roster.apply(at, turn);
        }
        let own = facts.into_iter().filter(|(subject, _)| *subject == Subject::Conversation(id));
        let facts: Vec<Event> = own.map(|(_, event)| event).collect();
        self.happen(at, id, &facts);
    }

    /// Whom the CRM had told of by then.
    fn cards(&self, live: &Live) -> Cow<'_, [Card]> {
        let then = &live.then;
        let all = self.known.get(&then.number).map_or(&[][..], |known| known.cards.as_slice());
        if live.was_known && then.contacts.is_empty() {
            return Cow::Borrowed(all);
        }
        let is_told = |contact: &ContactId| then.contacts.contains(contact);
        if all.iter().all(|card| is_told(&card.contact)) {
            return Cow::Borrowed(all);
        }
        all.iter().filter(|card| is_told(&card.contact)).cloned().collect()
    }

    fn world<'w>(&'w self, c: &'w Conversation, number: &'w Number, cards: &'w [Card]) -> ReadSet<'w> {
        ReadSet {
            heard: Heard::Unsure,
            address: None,
            answering: None,
            words: None,
            conversation: Some(c),
            siblings: Vec::new(),
            number: Some(number),
            cards,
            playbook: self.rules,
            roster: &self.roster,
            loads: self.loads.simulated(),
        }
    }

    fn happen(&mut self, at: Timestamp, id: ConversationId, facts: &[Event]) {
        let Some(live) = self.live.get_mut(&id) else { return };
        for event in facts {
            let begins = || Conversation::new(id, live.then.number, live.then.line.clone());
            live.now.get_or_insert_with(begins).apply(at, event);
        }
    }

    /// Counts who holds it, remembers when it is next to be looked at, and forgets what is done.
    fn look(&mut self, at: Timestamp, id: ConversationId) {
        let Some(live) = self.live.get_mut(&id) else { return };
        let deadline = live.now.as_ref().and_then(Conversation::next_deadline);
        if live.late && (deadline != live.deadline || live.then.next_deadline() != live.deadline) {
            // The record came to something else instead.
            live.late = false;
            live.deadline = None;
        }
        if deadline != live.deadline {
            live.deadline.map(|at| self.deadlines.remove(&(at, id)));
            deadline.map(|at| self.deadlines.insert((at, id)));
            live.deadline = deadline;
        }
        let holder = |c: &Conversation| c.assignee().filter(|_| !c.is_done()).cloned();
        self.loads.hold(id, holder(&live.then), live.now.as_ref().and_then(holder), at >= self.since);
        let over = live.then.is_done() && live.now.as_ref().is_none_or(Conversation::is_done);
        if over && self.pending.as_ref().is_none_or(|p| p.conversation != id) {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: ConversationId) {
        let Some(Live { then, now, deadline, was_known, .. }) = self.live.remove(&id) else { return };
        deadline.map(|at| self.deadlines.remove(&(at, id)));
        self.known.remove(&then.number);
        self.waiting.remove(&id);
        let is_known = was_known || !then.contacts.is_empty();
        self.rest.keep(id, &then, now.as_ref(), is_known);
    }

    /// Everything that comes due in the simulated world by then, in order.
    fn fire(&mut self, until: Timestamp) {
        while let Some((at, id)) = self.deadlines.first().copied().filter(|(at, _)| *at <= until) {
            if let Some(live) = self.live.get_mut(&id)
                && live.then.next_deadline() == Some(at)
            {
                live.late = true;
                self.deadlines.remove(&(at, id));
                continue;
            }
            self.decide(at, id, &Command::Expire, &Actor::Clock);
            // What stays due although it was looked at would come back for ever.
            let stays = self.live.get(&id).and_then(|live| live.now.as_ref()?.next_deadline()) == Some(at);
            self.look(at, id);
            if stays {
                self.deadlines.remove(&(at, id));
            }
        }
    }

    /// The wait for the card is over, in the record too: what came of it is compared next.
    fn resume(&mut self, id: ConversationId) {
        let Some(mut pending) = self.waiting.remove(&id) else { return };
        if let Some(now) = self.live.get(&id).and_then(|live| live.now.as_ref()) {
            (pending.would, pending.use_case) = (Came::of(now), now.use_case.clone());
        }
        self.pending = Some(pending);
    }

    /// The recorded decision of the reply before has been read: it is compared.
    fn settle(&mut self) -> Option<Reply> {
        let pending = self.pending.take()?;
        let live = self.live.get(&pending.conversation)?;
        if live.then.awaits.is_some() {
            self.waiting.insert(pending.conversation, pending);
            return None;
        }
        let Pending { at, conversation, use_case, would, before, stages } = pending;
        let is = Came::of(&live.then);
        let cause = (is != would).then(|| {
            let known = self.known.get(&live.then.number).map_or(&[][..], |known| known.cards.as_slice());
            let found = || cause::of(&live.then, &use_case, known, stages.as_deref());
            let own = if self.is_same { Cause::Unrecorded } else { Cause::Rules };
            before.or_else(found).unwrap_or(own)
        });
        let nobody = !report::reaches(self.rules, &self.roster, would.gets.as_ref());
        let use_cases = [live.then.use_case.clone(), use_case];
        let reply = Reply { at, conversation, use_cases, is, would, nobody, cause };
        self.report.count(&reply);
        self.loads.reply(reply.is.gets.as_ref(), reply.would.gets.as_ref());
        if let Some(live) = self.live.get_mut(&conversation) {
            live.cause = reply.cause.or(live.cause.filter(|_| before.is_some()));
        }
        self.look(at, conversation);
        Some(reply)
    }
}

/// The campaign's text that the reply answered, by what the record keeps of it.
fn answered(then: &Conversation, at: Timestamp) -> Option<Answering> {
    let Some(Evidence::Send { campaign }) = &then.evidence else { return None };
    let use_case = campaign.is_none().then(|| then.use_case.clone());
    let campaign = campaign.as_deref().unwrap_or_default().trim_end_matches('*').to_owned();
    let at = then.last_inbound.unwrap_or(at);
    Some(Answering { campaign, use_case, words: Body::new(""), at, send: None })
}
