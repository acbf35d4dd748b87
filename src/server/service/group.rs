//! One group of work, decided piece by piece over what the earlier pieces left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::tally::Tally;
use super::{Outcome, PlaybookChange, Work, fresh_salt};
use crate::clock::monotonic;
use crate::domain::answering::Answering;
use crate::domain::asking::heard::Heard;
use crate::domain::command::{Actor, Command, Context, ReadSet};
use crate::domain::consent::Number;
use crate::domain::contact::{Address, Body};
use crate::domain::conversation::{AnswerState, Conversation};
use crate::domain::decide::decide;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{CommandId, ConversationId, DeviceId, LineId, MessageId, NumberId, RepId};
use crate::domain::playbook::Playbook;
use crate::domain::rejection::Rejection;
use crate::domain::roster::Roster;
use crate::domain::time::{Span, Timestamp};
use crate::domain::visibility::{self, Principal};
use crate::journal::frame::{ContentDigest, Fact, digest};
use crate::journal::{self, Head};
use crate::server::media::Attachment;
use crate::server::store::ruling::RulingWrite;
use crate::server::store::{Batch, ConversationWrite, Loaded, MessageWrite, RawEvent, SendWrite};
use crate::wire::changes::{Author, Message};

mod beside;
mod consent;
mod departures;
mod notices;
mod push;
mod receive;
mod restored;
mod start;

/// A group in the making.
pub(super) struct Group {
    head: Head,
    loaded: Loaded,
    playbook: Arc<Playbook>,
    /// The policy that decides beside the one in force, and changes nothing.
    pub(super) shadow: Option<Arc<Playbook>>,
    now: Timestamp,
    hold: Span,
    before: BTreeMap<ConversationId, BTreeSet<Principal>>,
    changed: BTreeMap<ConversationId, u64>,
    numbers: BTreeSet<NumberId>,
    touched: BTreeSet<DeviceId>,
    batch: Batch,
    tally: Tally,
    /// How long the decision at hand took, in microseconds.
    took_us: u64,
    /// Somebody came, went or has another shift.
    moved: bool,
    /// The roster changed in any way.
    dealt: bool,
    /// Whether a CRM is asked here.
    connected: bool,
    /// Until when an offer waits for the CRM, and from when on what was read of it is fresh; nothing when it does not answer.
    asks: Option<(Timestamp, Timestamp)>,
    /// Numbers of whom what was read is old.
    old: Vec<Address>,
    /// Policy and roster as they were, once one of them changes.
    expected: Option<(Arc<Playbook>, Roster)>,
}

/// Everything a group leaves.
pub(super) struct Finished {
    pub(super) batch: Batch,
    pub(super) playbook: Arc<Playbook>,
    pub(super) principals: BTreeMap<Principal, u64>,
    pub(super) devices: BTreeMap<DeviceId, u64>,
    pub(super) tally: Tally,
    /// Somebody came, went or has another shift.
    pub(super) moved: bool,
    /// Numbers of whom what was read of the CRM is old.
    pub(super) old: Vec<Address>,
}

impl Finished {
    /// Nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        let b = &self.batch;
        let no_facts = b.entries.is_empty() && b.receipts.is_empty() && b.raw.is_empty() && b.addresses.is_empty();
        no_facts && b.devices.is_empty() && b.matched.is_empty() && b.beside.is_empty()
    }
}

/// Who says it, and where it is written down.
struct Origin<'a> {
    actor: Actor,
    command: Option<CommandId>,
    seen: u64,
    behind: bool,
    media: &'a [Attachment],
    /// The campaign's text that the reply may answer.
    answering: Option<&'a Answering>,
}

impl Origin<'_> {
    const fn machine(actor: Actor) -> Self {
        Self { actor, command: None, seen: u64::MAX, behind: false, media: &[], answering: None }
    }
}

impl Group {
    pub(super) fn new(head: Head, loaded: Loaded, playbook: Arc<Playbook>, now: Timestamp, hold: Span) -> Self {
        Self {
            head,
            loaded,
            playbook,
            shadow: None,
            now,
            hold,
            before: BTreeMap::new(),
            changed: BTreeMap::new(),
            numbers: BTreeSet::new(),
            touched: BTreeSet::new(),
            batch: Batch::default(),
            tally: Tally::default(),
            took_us: 0,
            moved: false,
            dealt: false,
            connected: false,
            asks: None,
            old: Vec::new(),
            expected: None,
        }
    }

    pub(super) fn run(&mut self, work: &Work) -> Outcome {
        match work {
            Work::Push { device, rep, envelopes } => Outcome::Receipts(self.push(*device, rep, envelopes)),
            Work::Receive(inbound) => self.receive(inbound),
            Work::Report { message, command, raw, foreign } => self.report(*message, command, raw, foreign),
            Work::Machine { actor, conversation, command } => self.machine(actor, *conversation, command),
            Work::People { actor, command } => match self.decide(None, command, &Origin::machine(actor.clone())) {
                Ok(facts) => Outcome::Decided(facts.into_iter().map(|(_, event)| event).collect()),
                Err(rejection) => Outcome::Refused(rejection),
            },
            Work::Playbook(change) => {
                let actor = if change.by.is_some() { Actor::Operator } else { Actor::Clock };
                self.put_playbook(change, actor)
            }
            // The group has begun under it.
            Work::Follow => Outcome::Decided(Vec::new()),
            Work::Beside(change) => self.beside(change),
            Work::Heard(heard) => self.heard(heard),
            Work::Restored(restored) => self.restored(restored),
            Work::Reconciled => self.reconciled(),
            Work::Paged(reply) => self.paged(reply),
            Work::Kept(raw) => {
                self.batch.raw.push(RawEvent { at: self.now, ..(**raw).clone() });
                Outcome::Decided(Vec::new())
            }
        }
    }

    fn machine(&mut self, actor: &Actor, conversation: ConversationId, command: &Command) -> Outcome {
        let deadline = self.loaded.conversations.get(&conversation).and_then(|l| l.state.next_deadline());
        let answered = self.loaded.answered.get(&conversation).cloned();
        let origin = Origin { answering: answered.as_ref(), ..Origin::machine(actor.clone()) };
        let outcome = self.outcome(conversation, command, &origin);
        if *command == Command::Match {
            // Also when nothing followed from it: it was decided over the cards as they are now.
            self.batch.matched.insert(conversation);
        }
        if *command == Command::Expire && outcome.has_facts() {
            self.tally.fired(deadline);
        }
        outcome
    }

    fn outcome(&mut self, conversation: ConversationId, command: &Command, origin: &Origin<'_>) -> Outcome {
        match self.decide(Some(conversation), command, origin) {
            Ok(facts) => Outcome::Decided(facts.into_iter().map(|(_, event)| event).collect()),
            Err(rejection) => Outcome::Refused(rejection),
        }
    }

    fn report(&mut self, message: MessageId, command: &Command, raw: &RawEvent, foreign: &BTreeSet<LineId>) -> Outcome {
        let conversation = self.loaded.messages.get(&message).and_then(|c| self.loaded.conversations.get(c));
        if conversation.is_some_and(|c| foreign.contains(&c.state.line)) {
            return Outcome::Foreign;
        }
        let conversation = conversation.map(|c| c.state.id);
        self.batch.raw.push(RawEvent { at: self.now, ..raw.clone() });
        match conversation {
            Some(c) => self.outcome(c, command, &Origin::machine(Actor::Carrier)),
            None => Outcome::Decided(Vec::new()),
        }
    }

    /// The number at an address, known or new.
    fn number_of(&mut self, address: &Address) -> NumberId {
        if let Some(known) = self.loaded.addresses.get(address) {
            return *known;
        }
        let id = NumberId(Uuid::now_v7());
        self.batch.addresses.push((id, address.clone()));
        self.loaded.addresses.insert(address.clone(), id);
        self.loaded.numbers.insert(id, Number::new(id));
        id
    }

    /// Decides one command and takes in what follows.
    fn decide(
        &mut self,
        conversation: Option<ConversationId>,
        command: &Command,
        origin: &Origin<'_>,
    ) -> Result<Vec<(Subject, Event)>, Rejection> {
        let began = monotonic();
        let facts = {
            let of = (&self.loaded, self.connected);
            let world = world(of, &self.playbook, conversation, command, origin.answering);
            decide(&world, command, &self.context(origin))?
        };
        self.took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        for (subject, event) in &facts {
            self.take_in(*subject, event, command, origin);
        }
        Ok(facts)
    }

    fn context(&self, origin: &Origin<'_>) -> Context {
        Context {
            now: self.now,
            actor: origin.actor.clone(),
            seen: origin.seen,
            behind: origin.behind,
            hold: self.hold,
        }
    }

    fn take_in(&mut self, subject: Subject, event: &Event, command: &Command, origin: &Origin<'_>) {
        let salt = fresh_salt();
        let own = self.own_words(subject, event);
        let brought = command.content().filter(|(id, _)| event.brings() == Some(*id));
        let brought = own.as_ref().map(|(id, body)| (*id, body)).or(brought);
        let content = brought.map(|(id, body)| ContentDigest { message: id, digest: digest(&salt, body.as_str()) });
        self.seal(subject, event, origin, content.as_slice());
        match subject {
            Subject::Conversation(id) => {
                self.departs(id, event);
                self.take_in_conversation(id, event, command, origin, salt, brought);
            }
            Subject::Number(id) => {
                self.batch.rulings.extend(ruling(self.head.seq, self.now, id, event));
                self.take_in_number(id, event, brought.map(|(_, words)| (words.clone(), salt)));
            }
            Subject::Roster => {
                // A turn that passed changes nobody's presence.
                let moves = !matches!(event, Event::TurnPassed { .. });
                if moves {
                    self.remember_before();
                }
                self.loaded.roster.apply(self.now, event);
                if let (Event::Presence { rep, away: true, .. }, Some((_, note))) = (event, brought) {
                    self.loaded.roster.set_note(rep, note.clone());
                }
                self.moved |= moves;
                self.dealt = true;
            }
            Subject::Playbook | Subject::Journal => {}
        }
    }

    /// Consent is shown in every conversation of the number, so that each of them counts as changed.
    fn show_everywhere(&mut self, number: NumberId) {
        for (id, loading) in self.loaded.conversations.iter().filter(|(_, l)| l.state.number == number) {
            self.before.entry(*id).or_insert_with(|| visibility::audience(&loading.state));
            self.changed.insert(*id, self.head.seq);
        }
    }

    fn seal(&mut self, subject: Subject, event: &Event, origin: &Origin<'_>, content: &[ContentDigest]) {
        let (actor, command) = (&origin.actor, origin.command);
        let took_us = matches!(event, Event::Offered { .. }).then_some(self.took_us);
        let fact = Fact { subject: &subject, kind: event.kind(), event, actor, command, content, took_us };
        let body = fact.encode().expect("BUG: a domain value is always JSON");
        let (entry, head) = journal::seal(&self.head, self.now, body);
        self.head = head;
        self.batch.entries.push(entry);
    }

    fn take_in_conversation(
        &mut self,
        id: ConversationId,
        event: &Event,
        command: &Command,
        origin: &Origin<'_>,
        salt: [u8; 16],
        brought: Option<(MessageId, &Body)>,
    ) {
        if let Event::Opened { number, line, .. } = event {
            let state = Conversation::new(id, *number, line.clone());
            self.loaded.conversations.entry(id).or_insert(crate::server::store::Loading { state, messages: 0 });
            self.before.entry(id).or_default();
        }
        let Some(loading) = self.loaded.conversations.get_mut(&id) else { return };
        self.before.entry(id).or_insert_with(|| visibility::audience(&loading.state));
        let answers: BTreeMap<MessageId, AnswerState> =
            loading.state.answers.iter().map(|(id, a)| (*id, a.state.clone())).collect();
        let held = open_with(&loading.state);
        let (topics, use_case) = (loading.state.topics.clone(), loading.state.use_case.clone());
        loading.state.apply(self.now, event);
        let holds = open_with(&loading.state);
        if held != holds {
            // Later work of this group sees who holds how many now.
            if let Some(rep) = held {
                self.loaded.loads.entry(rep).and_modify(|n| *n = n.saturating_sub(1));
            }
            if let Some(rep) = holds {
                *self.loaded.loads.entry(rep).or_default() += 1;
            }
        }
        self.tally.take_in(event, &answers);
        self.changed.insert(id, self.head.seq);
        if let Some((message, body)) = brought {
            // Later work of this group may let it go.
            self.loaded.words.insert(message, body.clone());
            loading.messages += 1;
            let author = author(event, origin, command);
            let standing = loading.state.answers.get(&message).map(|a| a.state.clone());
            let is_theirs = matches!(author, Author::Buyer(_));
            let media = if is_theirs { origin.media } else { &[] };
            let media = media.iter().map(|one| one.kind.clone()).collect();
            let body = Some(body.clone());
            let message = Message { id: message, n: loading.messages, at: self.now, author, body, media, standing };
            self.batch.messages.push(MessageWrite { message, conversation: id, salt });
        }
        for message in answers.keys().chain(loading.state.answers.keys()).collect::<BTreeSet<_>>() {
            let now = loading.state.answers.get(message).map(|a| a.state.clone());
            if answers.get(message) == now.as_ref() {
                continue;
            }
            // Only a recall takes a text away. One that the state forgets because it has settled keeps its last word.
            let recalled = matches!(event, Event::AnswerRecalled { message: taken } if taken == message);
            match (&now, last_word(event, message)) {
                (None, Some(last)) => self.batch.standings.push((*message, Some(last))),
                (None, None) if !recalled => {}
                _ => self.batch.standings.push((*message, now.clone())),
            }
            self.batch.sends.push(send_of(*message, id, now.as_ref(), self.now));
        }
        self.tell(id, event, origin, (&use_case, &answers));
        self.tell_campaign(id, event, &topics);
    }

    fn put_playbook(&mut self, change: &PlaybookChange, actor: Actor) -> Outcome {
        self.remember_before();
        let version = self.loaded.playbook_version + 1;
        let playbook = Playbook { version, ..change.playbook.clone() };
        let PlaybookChange { by, why, back_to, recompute, .. } = change.clone();
        let event = Event::PlaybookApplied { version, by, why, back_to };
        self.seal(Subject::Playbook, &event, &Origin::machine(actor), &[]);
        self.loaded.playbook_version = version;
        self.playbook = Arc::new(playbook.clone());
        self.batch.playbook = Some(playbook);
        self.replaced(recompute);
        Outcome::Decided(vec![event])
    }

    pub(super) fn finish(mut self) -> Finished {
        self.batch.roster = (self.moved || self.dealt).then(|| self.loaded.roster.clone());
        if self.moved || self.batch.playbook.is_some() {
            let broken = self.expect_again();
            self.tally.expected(broken);
        }
        let mut principals = BTreeMap::new();
        for (id, seq) in &self.changed {
            let loading = &self.loaded.conversations[id];
            let mut audience = visibility::audience(&loading.state);
            audience.extend(self.before.remove(id).unwrap_or_default());
            for principal in &audience {
                let newest = principals.entry(principal.clone()).or_insert(*seq);
                *newest = (*newest).max(*seq);
            }
            self.batch.conversations.push(ConversationWrite {
                state: loading.state.clone(),
                seq: *seq,
                messages: loading.messages,
                audience,
            });
        }
        self.batch.numbers = self.numbers.iter().map(|id| self.loaded.numbers[id].clone()).collect();
        let touched = self.touched.iter().map(|d| (*d, self.loaded.devices[d].clone()));
        self.batch.devices = touched.collect();
        let devices = self.batch.devices.iter().map(|(d, state)| (*d, state.last_n)).collect();
        let Self { batch, playbook, tally, moved, old, .. } = self;
        Finished { batch, playbook, principals, devices, tally, moved, old }
    }
}

/// The row that compliance reads of a ruling.
fn ruling(seq: u64, at: Timestamp, number: NumberId, event: &Event) -> Option<RulingWrite> {
    let Event::HoldRuled { by, kept, message, conversation, score } = event else { return None };
    let (by, kept, message, conversation, score) = (by.clone(), *kept, *message, *conversation, *score);
    Some(RulingWrite { seq, at, number, conversation, message, score, by, kept })
}

/// The rep who holds it while it is open.
fn open_with(c: &Conversation) -> Option<RepId> {
    c.assignee().filter(|_| !c.is_done()).cloned()
}

/// Everything a decision about this conversation, or about a text that may open one, may look at.
fn world<'a>(
    (loaded, connected): (&'a Loaded, bool),
    playbook: &'a Playbook,
    conversation: Option<ConversationId>,
    command: &Command,
    answering: Option<&'a Answering>,
) -> ReadSet<'a> {
    let c = conversation.and_then(|id| loaded.conversations.get(&id)).map(|l| &l.state);
    let of = || command.number().or_else(|| c.map(|c| c.number));
    let number = if let Command::Begin { to, .. } = command { loaded.addresses.get(to).copied() } else { of() };
    let siblings = loaded.conversations.values().map(|l| &l.state);
    ReadSet {
        answering,
        words: command.lets_go().and_then(|message| loaded.words.get(&message)),
        conversation: c,
        siblings: siblings.filter(|s| Some(s.number) == number && Some(s.id) != conversation).collect(),
        number: number.and_then(|id| loaded.numbers.get(&id)),
        address: number.and_then(|id| loaded.addresses.iter().find(|(_, of)| **of == id)).map(|(address, _)| address),
        cards: number.and_then(|id| loaded.cards.get(&id)).map_or(&[], Vec::as_slice),
        heard: Heard::of(number.is_some_and(|id| loaded.cards.contains_key(&id)), connected),
        playbook,
        roster: &loaded.roster,
        loads: &loaded.loads,
    }
}

fn author(event: &Event, origin: &Origin<'_>, command: &Command) -> Author {
    let rep = origin.actor.rep().cloned().unwrap_or_else(|| RepId::new("?"));
    match (event, command) {
        (Event::Received { kind, .. }, _) => Author::Buyer(*kind),
        (Event::Acknowledged { .. } | Event::ToldBuyer { .. }, _) => Author::Automatic,
        (Event::Noted { .. }, _) | (_, Command::Note { .. }) => Author::Note(rep),
        _ => Author::Rep(rep),
    }
}

/// What this event says of where an answer stands at the carrier.
fn last_word(event: &Event, answer: &MessageId) -> Option<AnswerState> {
    if let Event::DeliveryChanged { message, delivery, error } = event
        && message == answer
    {
        return Some(AnswerState::Out { delivery: *delivery, error: *error });
    }
    None
}

/// The effect that follows from where an answer stands.
fn send_of(message: MessageId, conversation: ConversationId, state: Option<&AnswerState>, now: Timestamp) -> SendWrite {
    let over = SendWrite { message, conversation, not_before: None, open: false, out: None };
    match state {
        Some(AnswerState::Held { not_before, .. }) => SendWrite { not_before: Some(*not_before), ..over },
        Some(AnswerState::Sending | AnswerState::Unknown) => SendWrite { open: true, ..over },
        Some(state @ AnswerState::Out { .. }) if !state.is_settled() => SendWrite { out: Some(now), ..over },
        Some(AnswerState::Parked { .. } | AnswerState::Out { .. }) | None => over,
    }
}
