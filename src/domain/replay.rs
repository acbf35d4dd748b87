//! Every reply of a period decided again under other rules, from the record, changing nothing.
//!
//! Two worlds run side by side: the one that was recorded, and one in which the other rules decide. What people did stays
//! as it was recorded in both; what the rules decided (owners, offers, clocks, steps of a ladder) and who holds how much is
//! simulated forward in the second. Words and the CRM's cards as of then are not in the record: a text is taken for a
//! plain question, and the cards are the ones given.

use std::collections::{BTreeMap, BTreeSet};

use super::beside::Came;
use super::command::{Actor, Command, Context, ReadSet, Receive};
use super::consent::Number;
use super::contact::Body;
use super::context::Card;
use super::conversation::Conversation;
use super::decide::decide;
use super::escalation;
use super::event::{Climb, Event, Subject};
use super::id::{ConversationId, MessageId, NumberId};
use super::message::InboundKind;
use super::playbook::Playbook;
use super::roster::Roster;
use super::time::Timestamp;

mod loads;
mod report;
mod rest;

use loads::Loads;
pub use report::{Load, Report, Targets};
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
}

/// A reply whose recorded decision is being read.
struct Pending {
    at: Timestamp,
    conversation: ConversationId,
    would: Came,
}

/// The two worlds.
pub struct Replay<'a> {
    rules: &'a Playbook,
    since: Timestamp,
    roster: Roster,
    live: BTreeMap<ConversationId, Live>,
    rest: Resting,
    cards: BTreeMap<NumberId, Vec<Card>>,
    deadlines: BTreeSet<(Timestamp, ConversationId)>,
    loads: Loads,
    pending: Option<Pending>,
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
            cards: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            loads: Loads::default(),
            pending: None,
            report: Report::default(),
        }
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
        (at >= self.since && !self.cards.contains_key(&number)).then_some(number)
    }

    /// Who is behind a number. Kept while a conversation of it is live.
    pub fn know(&mut self, number: NumberId, cards: Vec<Card>) {
        self.cards.insert(number, cards.into_iter().map(slim).collect());
    }

    /// Takes in one fact of the record, in order.
    pub fn take_in(&mut self, at: Timestamp, subject: Subject, actor: &Actor, event: &Event) {
        self.fire(at);
        let id = match subject {
            Subject::Conversation(id) => id,
            // Turns are the other rules' own, as are owners.
            Subject::Roster if matches!(event, Event::TurnPassed { .. }) => return,
            Subject::Roster => return self.roster.apply(at, event),
            Subject::Number(_) | Subject::Playbook | Subject::Journal => return,
        };
        let begins = matches!(event, Event::Opened { .. } | Event::Received { .. });
        if begins || *actor != Actor::Carrier || self.pending.as_ref().is_some_and(|p| p.conversation != id) {
            self.settle();
        }
        self.wake(at, id, event);
        let Some(live) = self.live.get_mut(&id) else { return };
        let fresh = live.then.inbound == 0;
        if live.now.is_none() && at >= self.since && !fresh {
            live.now = Some(live.then.clone());
        }
        live.then.apply(at, event);
        if at >= self.since {
            self.simulate(at, id, actor, event);
        }
        self.look(at, id);
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
            self.live.insert(id, Live { then, now: None, deadline: None });
            return;
        }
        let Some(Woken { then, now }) = self.rest.wake(at, id) else { return };
        let now = (at >= self.since).then_some(now);
        self.live.insert(id, Live { then, now, deadline: None });
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
        let answer = matches!(kind, InboundKind::Text | InboundKind::Picture);
        if !answer && live.now.is_some() {
            return self.happen(at, id, &[Event::Received { message, kind }]);
        }
        let text = Receive {
            message,
            conversation: id,
            number: live.then.number,
            line: live.then.line.clone(),
            body: Body::new(words(kind)),
            media: usize::from(kind == InboundKind::Picture),
            opt_out_type: None,
            area_code: None,
            acknowledgement: None,
            sent: None,
        };
        self.decide(at, id, &Command::Receive(text), &Actor::Carrier);
        if answer && let Some(now) = self.live.get(&id).and_then(|live| live.now.as_ref()) {
            self.pending = Some(Pending { at, conversation: id, would: Came::of(now) });
        }
    }

    fn climb(&mut self, at: Timestamp, id: ConversationId, why: &Climb) {
        let Some(now) = self.live.get(&id).and_then(|live| live.now.clone()) else { return };
        let number = Number::new(now.number);
        let facts = escalation::climb(&self.world(&now, &number), &now, at, why.clone());
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
        let number = Number::new(live.then.number);
        let mut world = self.world(&live.then, &number);
        world.conversation = live.now.as_ref();
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

    fn world<'w>(&'w self, c: &'w Conversation, number: &'w Number) -> ReadSet<'w> {
        ReadSet {
            address: None,
            answering: None,
            words: None,
            conversation: Some(c),
            siblings: Vec::new(),
            number: Some(number),
            cards: self.cards.get(&c.number).map_or(&[], Vec::as_slice),
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
        let Some(Live { then, now, deadline }) = self.live.remove(&id) else { return };
        deadline.map(|at| self.deadlines.remove(&(at, id)));
        self.cards.remove(&then.number);
        self.rest.keep(id, &then, now.as_ref());
    }

    /// Everything that comes due in the simulated world by then, in order.
    fn fire(&mut self, until: Timestamp) {
        while let Some((at, id)) = self.deadlines.first().copied().filter(|(at, _)| *at <= until) {
            self.decide(at, id, &Command::Expire, &Actor::Clock);
            // What stays due although it was looked at would come back for ever.
            let stays = self.live.get(&id).and_then(|live| live.now.as_ref()?.next_deadline()) == Some(at);
            self.look(at, id);
            if stays {
                self.deadlines.remove(&(at, id));
            }
        }
    }

    /// The recorded decision of the reply before has been read: it is compared.
    fn settle(&mut self) {
        let Some(Pending { at, conversation, would }) = self.pending.take() else { return };
        let Some(live) = self.live.get(&conversation) else { return };
        let is = Came::of(&live.then);
        let nobody = !report::reaches(self.rules, &self.roster, would.gets.as_ref());
        self.report.count(at, conversation, &is, &would, nobody);
        self.loads.reply(is.gets.as_ref(), would.gets.as_ref());
        self.look(at, conversation);
    }
}

/// What the rules look at, and nothing more.
fn slim(card: Card) -> Card {
    let nothing = String::new;
    let bare = |t: super::context::Touch| super::context::Touch { summary: nothing(), kind: nothing(), ..t };
    Card {
        name: nothing(),
        title: nothing(),
        zone: None,
        home: None,
        last_touch: card.last_touch.map(bare),
        account_touch: card.account_touch.map(bare),
        intents: Vec::new(),
        account: card.account.map(|a| super::context::Account { name: nothing(), ..a }),
        campaign: card.campaign.map(|c| super::context::Campaign { last_text: nothing(), ..c }),
        opportunity: card.opportunity.map(|o| super::context::Opportunity { name: nothing(), ..o }),
        ..card
    }
}

/// Words that are read as what the record says the text was. A text's own are not in the record.
const fn words(kind: InboundKind) -> &'static str {
    match kind {
        InboundKind::Text | InboundKind::AutoReply => "What would fifty seats cost?",
        InboundKind::Picture => "",
        InboundKind::OptOut => "STOP",
        InboundKind::OptIn => "START",
        InboundKind::Help => "HELP",
        InboundKind::Tapback => "Liked “Does Tuesday suit you?”",
        InboundKind::Acknowledgement => "ok",
    }
}
