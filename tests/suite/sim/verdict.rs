//! What must be true once everything has settled, read from the journal, the store, the carrier and the clients.

use std::collections::{BTreeMap, BTreeSet};

use comeback::client::handle::LinkState;
use comeback::clock::Clock;
use comeback::domain::acknowledge;
use comeback::domain::consent::Number;
use comeback::domain::conversation::{AnswerState, Conversation};
use comeback::domain::event::{Event, Review, Subject as About};
use comeback::domain::id::{CommandId, ConversationId, DeviceId, MessageId, NumberId};
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility::Principal;
use comeback::journal::{self, Entry, Frame, Head};
use comeback::server::store::{Page, PageQuery, Store as _};
use comeback::wire::changes::{Author, Snapshot};
use uuid::Uuid;

use super::people::all_words;
use super::server::{Server, read};
use super::world::World;

/// How much happened, so that a simulation in which nothing happens is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) commands: usize,
    pub(super) sent: usize,
    pub(super) received: usize,
    pub(super) parked: usize,
    pub(super) refused: usize,
    pub(super) recalled: usize,
    /// Texts out of hours.
    pub(super) acknowledged: usize,
    pub(super) unknown: usize,
    pub(super) abandoned: usize,
    pub(super) crashes: usize,
    pub(super) stops: usize,
    /// Warnings and breaches.
    pub(super) fired: usize,
    /// Versions of the policy after the first.
    pub(super) policies: usize,
    /// Backups that were restored.
    pub(super) restored: usize,
    /// Milliseconds until everything had settled, at most.
    pub(super) settled_in: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.commands += other.commands;
        self.sent += other.sent;
        self.received += other.received;
        self.parked += other.parked;
        self.refused += other.refused;
        self.recalled += other.recalled;
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.abandoned += other.abandoned;
        self.crashes += other.crashes;
        self.stops += other.stops;
        self.fired += other.fired;
        self.policies += other.policies;
        self.restored += other.restored;
        self.settled_in = self.settled_in.max(other.settled_in);
    }
}

/// Everything on the disk, for an eye that sees all.
pub(super) fn everything(world: &World) -> Page {
    all_on(&world.server)
}

/// The same of any backend.
pub(super) fn all_on(server: &Server) -> Page {
    let query = PageQuery {
        principals: [Principal::All].into(),
        since: 0,
        device: DeviceId(Uuid::nil()),
        known: 0,
        limit: usize::MAX,
        messages: usize::MAX,
    };
    read(server.disk.page(&query)).unwrap()
}

/// Reads the journal as an auditor would, and gives the answers that were taken back.
pub(super) fn taken_back(server: &Server) -> Result<BTreeSet<MessageId>, String> {
    let mut record = Record::default();
    read(server.disk.entries(0, usize::MAX)).unwrap().iter().try_for_each(|entry| record.read(entry))?;
    Ok(record.taken_back)
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// Every text of a buyer is in every client that has the conversation. (Clocks go on meanwhile: who sees it may change.)
pub(super) fn is_current(world: &World) -> Result<(), String> {
    all_came(world, &everything(world))?;
    for (i, client) in world.clients.iter().enumerate() {
        let known = |id: &ConversationId| client.machine.state().base.get(id).map(|s| s.state.inbound);
        for fresh in world.server.fresh(&client.device)?.upserts {
            let (id, there) = (fresh.state.id, fresh.state.inbound);
            let mine = known(&id).unwrap_or(there);
            check(mine == there, || format!("client {i} knows of {mine} texts of {id}, there are {there}"))?;
        }
    }
    Ok(())
}

fn all_came(world: &World, all: &Page) -> Result<(), String> {
    let came = all.subjects.iter().flat_map(|s| &s.messages).filter(|m| matches!(m.author, Author::Buyer(_))).count();
    let wrote = world.server.carrier.with(|book| book.got.len());
    check(came >= wrote, || format!("{came} of {wrote} texts of buyers came in"))
}

/// Nothing is on its way any more, and every client sees what a new one would.
pub(super) fn has_settled(world: &World) -> Result<(), String> {
    for (i, client) in world.clients.iter().enumerate() {
        let outbox = &client.machine.state().outbox;
        check(!outbox.has_unpushed() && !outbox.has_unconfirmed(), || format!("client {i} still waits: {outbox:?}"))?;
    }
    let all = everything(world);
    let now = world.server.now();
    for subject in &all.subjects {
        let overdue = subject.state.next_deadline().is_some_and(|at| at <= now);
        check(!overdue, || format!("a deadline of {} passed", subject.state.id))?;
        let unknown: Vec<_> = subject.state.answers.iter().filter(|(_, a)| a.state == AnswerState::Unknown).collect();
        for (message, answer) in &subject.state.answers {
            let body = |id: &MessageId| subject.messages.iter().find(|m| m.id == *id).and_then(|m| m.body.clone());
            let fine = match &answer.state {
                AnswerState::Sending => false,
                // Behind an unknown one that nobody can settle it waits for ever, until the rep decides.
                // So does one whose hour has not come.
                state @ AnswerState::Held { .. } => {
                    !unknown.is_empty() || state.held().is_some_and(|(at, put_off)| put_off && at > now)
                }
                // Two texts alike cannot be told apart, nor one from the other side of a wrong clock: its rep decides.
                AnswerState::Unknown => {
                    world.astray || subject.messages.iter().filter(|m| m.body == body(message)).count() > 1
                }
                AnswerState::Parked { .. } | AnswerState::Out { .. } => true,
            };
            check(fine, || format!("answer {message} is {:?}", answer.state))?;
        }
    }
    all_came(world, &all)?;
    (0..world.clients.len()).try_for_each(|i| agrees(world, i, &all))
}

/// A client equals a fresh one of the same person.
fn agrees(world: &World, i: usize, all: &Page) -> Result<(), String> {
    let client = &world.clients[i];
    let fresh = world.server.fresh(&client.device)?;
    let state = client.machine.state();
    let wanted: BTreeMap<ConversationId, &Snapshot> = fresh.upserts.iter().map(|s| (s.state.id, s)).collect();
    let (mine, theirs): (BTreeSet<_>, BTreeSet<_>) = (state.base.keys().collect(), wanted.keys().collect());
    check(mine == theirs, || format!("client {i} sees {mine:?}, a fresh one {theirs:?}"))?;
    for (id, snapshot) in &state.base {
        let fresh = wanted[id];
        check(snapshot.state == fresh.state, || {
            format!("client {i} shows\n  {:?}\na fresh one\n  {:?}", snapshot.state, fresh.state)
        })?;
        check(snapshot.number == fresh.number, || format!("client {i} shows another consent of {id}"))?;
        check(snapshot.cards == fresh.cards, || format!("client {i} shows other cards of {id}"))?;
        check((snapshot.seq, &snapshot.address) == (fresh.seq, &fresh.address), || format!("client {i}: an old {id}"))?;
        let ordered = snapshot.messages.is_sorted_by(|a, b| a.n < b.n);
        check(ordered && fresh.messages.iter().all(|m| snapshot.messages.contains(m)), || {
            format!("client {i} shows in {id}\n  {:?}\na fresh one\n  {:?}", snapshot.messages, fresh.messages)
        })?;
        // Older ones that it has kept or fetched are as they were sent, and none that was taken back.
        let known = &all.subjects.iter().find(|s| s.state.id == *id).ok_or("a conversation of nobody")?.messages;
        let strange =
            snapshot.messages.iter().find(|m| !known.iter().any(|k| (k.id, k.n, &k.body) == (m.id, m.n, &m.body)));
        check(strange.is_none(), || format!("client {i} shows in {id} {strange:?}, which is not there"))?;
    }
    let roster = |roster: &[comeback::wire::changes::Presence]| {
        roster.iter().map(|p| (p.rep.clone(), p.away, p.load)).collect::<Vec<_>>()
    };
    check(roster(&state.roster) == roster(&fresh.roster), || format!("client {i} shows another roster"))?;
    let link = client.machine.link(client.mono(world.now));
    check(link == LinkState::Online, || format!("client {i} is {link:?}"))?;
    check(state.playbook.as_deref() == fresh.playbook.as_ref(), || format!("client {i} has another playbook"))
}

/// The journal, read as an auditor would.
#[derive(Default)]
struct Record {
    conversations: BTreeMap<ConversationId, Conversation>,
    stopped: BTreeSet<NumberId>,
    /// When the buyer last said so, or whoever else withdrew it.
    said_stop: BTreeMap<NumberId, Timestamp>,
    /// What stands of each number, for what lists say of it: that counts by when it was said.
    numbers: BTreeMap<NumberId, Number>,
    held: BTreeSet<NumberId>,
    started: BTreeSet<MessageId>,
    taken_back: BTreeSet<MessageId>,
    ran: BTreeMap<CommandId, u64>,
    /// Warnings and breaches, by what is due when.
    fired: BTreeSet<(ConversationId, &'static str, Timestamp)>,
    tally: Tally,
}

impl Record {
    fn read(&mut self, entry: &Entry) -> Result<(), String> {
        let frame = Frame::decode(&entry.body).map_err(|e| e.to_string())?;
        let about: About = serde_json::from_value(frame.subject).map_err(|e| e.to_string())?;
        let event: Event = serde_json::from_value(frame.event).map_err(|e| e.to_string())?;
        if let Some(command) = frame.command
            && let Some(before) = self.ran.insert(command, entry.seq)
        {
            check(before + 1 == entry.seq, || {
                format!("command {command} ran twice: at {before} and at {}", entry.seq)
            })?;
        }
        if let About::Number(id) = &about {
            self.numbers.entry(*id).or_insert_with(|| Number::new(*id)).apply(entry.at, &event);
        }
        match (&about, &event) {
            (About::Number(id), Event::OptedOut { source, said, .. }) if source.is_firm() => {
                let at = said.unwrap_or(entry.at);
                let last = self.said_stop.entry(*id).or_insert(at);
                *last = at.max(*last);
                self.stopped.insert(*id);
                self.held.remove(id);
                self.tally.stops += 1;
            }
            (About::Number(id), Event::HoldPlaced { .. }) => drop(self.held.insert(*id)),
            (About::Number(id), Event::HoldRuled { .. }) => drop(self.held.remove(id)),
            (About::Number(id), Event::OptedIn { source, said, .. }) if source.is_firm() => {
                let (at, last) = (said.unwrap_or(entry.at), self.said_stop.get(id));
                check(last.is_none_or(|last| *last < at), || {
                    format!("a START of {at} lifted a STOP that was said as late, at {}", entry.seq)
                })?;
                // What it ended is over: an earlier word that is heard once more counts by its own date.
                self.said_stop.remove(id);
                self.stopped.remove(id);
            }
            (About::Number(id), Event::OptedOut { .. } | Event::OptedIn { .. }) => {
                let out = self.numbers.get(id).is_some_and(|number| number.opted_out.is_some());
                if out {
                    self.stopped.insert(*id)
                } else {
                    self.stopped.remove(id)
                };
            }
            (About::Conversation(id), Event::Opened { number, line, .. }) => {
                let new = Conversation::new(*id, *number, line.clone());
                check(self.conversations.insert(*id, new).is_none(), || format!("{id} opened twice"))?;
            }
            (About::Conversation(id), Event::SendStarted { message, .. }) => {
                let number = self.conversations.get(id).map(|c| c.number);
                check(number.is_none_or(|n| !self.held.contains(&n)), || {
                    format!("{message} entered sending at {} while its number was on hold", entry.seq)
                })?;
                check(number.is_some_and(|n| !self.stopped.contains(&n)), || {
                    format!("{message} entered sending at {} after its number opted out", entry.seq)
                })?;
                check(self.started.insert(*message), || format!("{message} entered sending twice, at {}", entry.seq))?;
            }
            (About::Conversation(id), Event::SlaWarned { due }) => self.fires(*id, "warning", *due, entry)?,
            (About::Conversation(id), Event::SlaBreached { due }) => {
                self.fires(*id, "breach", *due, entry)?;
                check(entry.at >= *due, || format!("the breach of {id} came before {due}"))?;
            }
            (_, Event::SendAbandoned { message }) => {
                self.tally.abandoned += 1;
                self.started.remove(message);
            }
            (_, Event::AnswerParked { message, reasons, .. }) => {
                self.tally.parked += 1;
                if reasons.contains(&Review::NeverLeft) {
                    self.started.remove(message);
                }
            }
            (_, Event::AnswerRecalled { message }) => {
                self.tally.recalled += 1;
                self.taken_back.insert(*message);
            }
            (_, Event::Acknowledged { .. }) => self.tally.acknowledged += 1,
            (_, Event::SendUnknown { .. }) => self.tally.unknown += 1,
            (_, Event::PlaybookApplied { version, .. }) => self.tally.policies += usize::from(*version > 1),
            _ => {}
        }
        if let About::Conversation(id) = about {
            let c = self.conversations.get_mut(&id).ok_or_else(|| format!("{id} was never opened"))?;
            c.apply(entry.at, &event);
        }
        Ok(())
    }
}

impl Record {
    /// A clock fires once.
    fn fires(&mut self, id: ConversationId, what: &'static str, due: Timestamp, entry: &Entry) -> Result<(), String> {
        self.tally.fired += 1;
        check(self.fired.insert((id, what, due)), || format!("the {what} of {id} came twice, at {}", entry.seq))
    }
}

/// Everything that happened, in order: when, and what.
pub(super) fn course(world: &World) -> Vec<(Timestamp, String)> {
    let entries = read(world.server.disk.entries(0, usize::MAX)).unwrap();
    let what = |entry: &Entry| Frame::decode(&entry.body).unwrap().event["event"].to_string();
    entries.iter().map(|entry| (entry.at, what(entry))).collect()
}

/// The verdict on a seed.
pub(super) fn judge(world: &mut World) -> Result<Tally, String> {
    let real = world.real();
    for client in &mut world.clients {
        client.written_down(real)?;
    }
    let world = &*world;
    let entries = read(world.server.disk.entries(0, usize::MAX)).unwrap();
    let (head, _) = read(world.server.disk.head()).unwrap();
    let verified = journal::verify(&Head::GENESIS, &entries).map_err(|e| e.to_string())?;
    check(verified == head, || "the chain ends elsewhere than its head".to_owned())?;
    let mut record = Record::default();
    entries.iter().try_for_each(|entry| record.read(entry))?;

    let all = everything(world);
    for subject in &all.subjects {
        let folded = record.conversations.get(&subject.state.id);
        check(folded == Some(&subject.state), || {
            format!("the journal says\n  {folded:?}\nthe store\n  {:?}", subject.state)
        })?;
        // The last texts of all came a moment ago; whatever else waited for its card waits no more.
        let over = |until: Timestamp| until + Span::seconds(2) < world.server.clock.now();
        let waits = subject.state.awaits.filter(|until| over(*until));
        check(waits.is_none(), || format!("a reply still waits for its card: {:?}", subject.state))?;
    }
    receipts(world, &mut record.tally)?;
    let sent = world.server.carrier.with(|book| book.sent.clone());
    let left = sent.iter().find(|text| record.taken_back.contains(&text.message));
    check(left.is_none(), || format!("{left:?} left after it was taken back"))?;
    answers(world, &all)?;
    inbound(world, &all)?;
    words(world, &all)?;
    let crashes = usize::try_from(world.crashes).unwrap();
    let (sent, received) = world.server.carrier.with(|book| (book.sent.len(), book.got.len()));
    let restored = world.server.disk.how_often_restored();
    Ok(Tally { sent, received, crashes, restored, settled_in: world.settled_in, ..record.tally })
}

/// Every command that left has one receipt, its own.
fn receipts(world: &World, tally: &mut Tally) -> Result<(), String> {
    for (i, client) in world.clients.iter().enumerate() {
        let query = PageQuery {
            principals: BTreeSet::new(),
            since: 0,
            device: client.device.id,
            known: 0,
            limit: usize::MAX,
            messages: 1,
        };
        let receipts = read(world.server.disk.page(&query)).unwrap().receipts;
        tally.commands += receipts.len();
        tally.refused +=
            receipts.iter().filter(|r| matches!(r.verdict, comeback::wire::command::Verdict::Refused { .. })).count();
        let left: BTreeMap<u64, CommandId> =
            world.typed.left.iter().filter(|(_, (whose, _))| *whose == i).map(|(id, (_, n))| (*n, *id)).collect();
        let wanted = world.typed.left.values().filter(|(whose, _)| *whose == i).count();
        check(left.len() == wanted, || format!("client {i} gave one number to two commands"))?;
        let recorded: Vec<(u64, CommandId)> = receipts.iter().map(|r| (r.n, r.id)).collect();
        let expected: Vec<(u64, CommandId)> = left.into_iter().collect();
        check(recorded == expected, || format!("client {i} sent {expected:?}, receipts are {recorded:?}"))?;
        check(recorded.iter().zip(1..).all(|((n, _), wanted)| *n == wanted), || format!("client {i}: a gap"))?;
    }
    Ok(())
}

/// Every accepted answer stands where it was meant to, and every text the carrier has is one of them, once.
fn answers(world: &World, all: &Page) -> Result<(), String> {
    let mut standing = BTreeMap::new();
    for subject in &all.subjects {
        for message in subject.messages.iter().filter(|m| matches!(m.author, Author::Rep(_) | Author::Automatic)) {
            let own = automatic(world, &subject.state, &message.author);
            let meant = own.as_ref().or_else(|| world.typed.answers.get(&message.id));
            let body = message.body.as_ref().map(|b| b.as_str().to_owned()).unwrap_or_default();
            check(meant == Some(&(subject.state.id, body.clone())), || {
                format!("{} stands in {} with {body:?}; it was meant as {meant:?}", message.id, subject.state.id)
            })?;
            let state = subject.state.answers.get(&message.id).map(|a| a.state.clone());
            standing.insert(message.id, (subject, state.or_else(|| message.standing.clone()), body));
        }
    }
    let sent = world.server.carrier.with(|book| book.sent.clone());
    let mut ids = BTreeSet::new();
    for text in &sent {
        check(ids.insert(text.message), || format!("{} was sent twice", text.message))?;
        let Some((subject, state, words)) = standing.get(&text.message) else {
            return Err(format!("the carrier has {}, which is no answer of ours", text.message));
        };
        let line = &world.server.playbook.lines[&subject.state.line].number;
        let right = text.to == subject.address && text.from == *line && text.body.as_str() == words;
        check(right, || format!("the carrier has {text:?}, meant for {:?}: {words:?}", subject.address))?;
        let said = matches!(state, Some(AnswerState::Out { .. } | AnswerState::Unknown));
        check(said, || format!("the carrier has {}, we say {state:?}", text.message))?;
    }
    for (message, (_, state, _)) in &standing {
        let claims = matches!(state, Some(AnswerState::Out { delivery, .. }) if !delivery.is_failure());
        check(!claims || ids.contains(message), || format!("{message} is said to be out, the carrier never had it"))?;
    }
    Ok(())
}

/// What an automatic text must say.
fn automatic(world: &World, c: &Conversation, author: &Author) -> Option<(ConversationId, String)> {
    let words = acknowledge::words(&world.server.playbook, &c.use_case, c.disclosed.is_some());
    words.filter(|_| *author == Author::Automatic).map(|words| (c.id, words))
}

/// Every text of a buyer is a message, once.
fn inbound(world: &World, all: &Page) -> Result<(), String> {
    let mut came: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    for subject in &all.subjects {
        let to = world.server.playbook.lines[&subject.state.line].number.as_str().to_owned();
        for message in subject.messages.iter().filter(|m| matches!(m.author, Author::Buyer(_))) {
            let body = message.body.as_ref().map(|b| b.as_str().to_owned()).unwrap_or_default();
            *came.entry((subject.address.as_str().to_owned(), to.clone(), body)).or_default() += 1;
        }
    }
    let got = world.server.carrier.with(|book| book.got.clone());
    for text in &got {
        let key = (text.from.as_str().to_owned(), text.to.as_str().to_owned(), text.body.as_str().to_owned());
        *came.entry(key).or_default() -= 1;
    }
    let off: Vec<_> = came.into_iter().filter(|(_, n)| *n != 0).collect();
    check(off.is_empty(), || format!("texts of buyers that are there too often or not: {off:?}"))?;
    check(world.acknowledged.iter().all(|index| *index < got.len()), || "an unknown text was acknowledged".to_owned())
}

/// Nothing typed is lost: it is in a message, in an outbox or in a draft, unless a person threw it away.
pub(super) fn words(world: &World, all: &Page) -> Result<(), String> {
    let messages = all.subjects.iter().flat_map(|s| &s.messages).filter_map(|m| m.body.as_ref());
    let mut there = all_words(messages.map(comeback::domain::contact::Body::as_str));
    for client in &world.clients {
        let state = client.machine.state();
        let entries = state.outbox.entries().iter().filter_map(|e| e.words());
        there.extend(all_words(entries.map(|(_, body)| body.as_str())));
        there.extend(all_words(state.drafts.values().map(String::as_str)));
    }
    let lost: Vec<u32> =
        world.typed.kept.iter().filter(|w| !there.contains(w) && !world.typed.thrown.contains(w)).copied().collect();
    check(lost.is_empty(), || format!("words {lost:?} are nowhere any more"))
}
