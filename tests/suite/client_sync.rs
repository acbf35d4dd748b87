//! The client's sync machine under loss, repetition, reordering, partitions, crashes, sleep, devices that are revoked and
//! sign in again, and a backend that starts anew: no command runs twice, none is lost, no text vanishes from the screen, and in the calm everybody agrees.

mod aside;
mod away;
mod backend;
mod cache;
mod holds;
mod older;
mod outbox;
mod search;
mod shown;
mod signed_out;
mod verdict;
mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use comeback::client::cache::Cache;
use comeback::client::handle::{LinkState, OutboxId};
use comeback::client::outbox::Entry;
use comeback::client::state::State;
use comeback::client::sync::{Action, Failure, Input, Machine, Wish};
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::Outcome;
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::command::Envelope;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use backend::{Backend, rep};

const START: i64 = 1_790_000_000_000;

/// Where a client's writes go: a copy in memory, or a real cache.
enum Disk {
    Memory(Box<State>),
    File(Cache, tempfile::TempDir),
}

struct Client {
    machine: Machine,
    disk: Disk,
    /// Answers this person wrote and did not take back, with their words.
    written: BTreeMap<MessageId, (ConversationId, String)>,
    partitioned: bool,
    /// Commands of sign-ins before, which may not go by themselves, and answers that this person sent again all the same.
    left_behind: BTreeSet<CommandId>,
    again: BTreeSet<MessageId>,
}

/// Something on the wire.
#[derive(Clone)]
enum Packet {
    Ask(usize, Action),
    Answer(usize, Box<Input>),
}

struct World {
    seed: u64,
    rng: ChaCha8Rng,
    backend: Backend,
    clients: Vec<Client>,
    wire: Vec<Packet>,
    wall: i64,
    mono: Duration,
    ids: u128,
    rough: bool,
    older_read: usize,
    /// Entries of outboxes whose device was revoked.
    anew: usize,
}

impl World {
    fn new(seed: u64, files: bool) -> Self {
        let backend = Backend::new(&["maya", "jon"]);
        let clients = (0..2)
            .map(|i| {
                let disk = if files {
                    let dir = tempfile::tempdir().unwrap();
                    Disk::File(Cache::open(dir.path()).unwrap(), dir)
                } else {
                    Disk::Memory(Box::default())
                };
                let machine = Machine::new(State::default(), seed * 10 + i, at(START), Duration::ZERO);
                let (written, left_behind, again) = Default::default();
                Client { machine, disk, written, partitioned: false, left_behind, again }
            })
            .collect();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            seed,
            rng,
            backend,
            clients,
            wire: Vec::new(),
            wall: START,
            mono: Duration::ZERO,
            ids: 1 << 64,
            rough: true,
            older_read: 0,
            anew: 0,
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn pick(&mut self, below: usize) -> usize {
        self.rng.random_range(0..below)
    }

    fn fresh(&mut self) -> MessageId {
        self.ids += 1;
        MessageId(Uuid::from_u128(self.ids))
    }

    fn feed(&mut self, i: usize, input: Input) {
        let (wall, mono) = (at(self.wall), self.mono);
        self.clients[i].machine.handle(input, wall, mono);
        self.settle(i);
    }

    /// Commits, then sends; or crashes in between.
    fn settle(&mut self, i: usize) {
        if self.rough && self.chance(1) {
            self.crash(i);
            return;
        }
        let client = &mut self.clients[i];
        let writes = client.machine.take_writes();
        match &mut client.disk {
            Disk::Memory(state) => **state = client.machine.state().clone(),
            Disk::File(cache, _) => cache.commit(&writes).unwrap(),
        }
        drop(client.machine.take_news());
        let mut actions = Vec::new();
        while let Some(action) = client.machine.poll_action() {
            actions.push(action);
        }
        for action in actions {
            self.wire.push(Packet::Ask(i, action));
        }
        self.check(i);
        if self.rough && self.chance(1) {
            self.crash(i);
        }
    }

    /// The process ends and starts again over what was written down.
    fn crash(&mut self, i: usize) {
        let (wall, mono, seed) = (at(self.wall), self.mono, self.rng.next_u64());
        let state = match &mut self.clients[i].disk {
            Disk::Memory(state) => (**state).clone(),
            Disk::File(cache, dir) => {
                *cache = Cache::open(dir.path()).unwrap();
                cache.load(wall).unwrap()
            }
        };
        self.wire.retain(|p| !matches!(p, Packet::Answer(to, _) if *to == i));
        let client = &mut self.clients[i];
        // What was never written down was never on the screen either.
        client.written.retain(|m, (_, words)| {
            let kept = state.outbox.entries().iter().any(|e| e.words().is_some_and(|(id, _)| id == *m));
            kept || self.backend.accepted.contains_key(m) || state.drafts.values().any(|d| d.contains(words.as_str()))
        });
        client.machine = Machine::new(state, seed, wall, mono);
        let mut actions = Vec::new();
        while let Some(action) = client.machine.poll_action() {
            actions.push(action);
        }
        self.wire.extend(actions.into_iter().map(|a| Packet::Ask(i, a)));
    }

    /// The device is revoked, and at its next start its person has signed in anew. What was on the wire opens nothing.
    fn sign_in_anew(&mut self, i: usize) {
        self.backend.signs_in_anew(i);
        self.wire.retain(|p| !matches!(p, Packet::Ask(of, _) | Packet::Answer(of, _) if *of == i));
        self.crash(i);
        let client = &mut self.clients[i];
        client.left_behind.extend(client.machine.state().outbox.entries().iter().map(|e| e.envelope.id));
        self.anew += client.machine.state().outbox.entries().len();
    }

    fn act(&mut self, i: usize) {
        let ids: Vec<ConversationId> = self.clients[i].machine.state().base.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let c = ids[self.pick(ids.len())];
        let inbound = self.clients[i].machine.state().base[&c].state.inbound;
        let seen = if self.chance(85) { inbound } else { inbound.saturating_sub(1) };
        let message = self.fresh();
        let words = format!("words {:x}.", message.0.as_u128());
        let body = Body::new(words.clone());
        let wish = |command| Wish::Do { conversation: Some(c), seen, command };
        let wish = match self.pick(15) {
            0..=4 => {
                self.clients[i].written.insert(message, (c, words));
                wish(Command::Answer { message, body, accept: Vec::new() })
            }
            5 => wish(Command::Take),
            6 => wish(Command::Note { message, body, to: None }),
            7 => wish(Command::Done { outcome: Outcome::Called }),
            8 => wish(Command::Assign { to: rep(if i == 0 { "jon" } else { "maya" }) }),
            9 => wish(Command::Reopen),
            10 => {
                let mine: Vec<MessageId> = self.clients[i].written.keys().copied().collect();
                if mine.is_empty() {
                    return;
                }
                let message = mine[self.pick(mine.len())];
                let (c, _) = self.clients[i].written[&message];
                Wish::Do { conversation: Some(c), seen, command: Command::Recall { message } }
            }
            11 | 12 => {
                let view = replica::replay(self.clients[i].machine.state(), 1.0);
                let list: Vec<OutboxId> = inbox::outbox(&view).iter().map(|e| e.id).collect();
                if list.is_empty() {
                    return;
                }
                let entry = list[self.pick(list.len())];
                if self.chance(50) {
                    Wish::Drop { entry, keep_as_draft: true }
                } else {
                    let client = &mut self.clients[i];
                    if let OutboxId::Command(id) = entry
                        && client.left_behind.contains(&id)
                        && let Some((message, _)) = client.machine.state().outbox.get(id).and_then(Entry::words)
                    {
                        client.again.insert(message);
                    }
                    Wish::Send(entry)
                }
            }
            13 | 14 => Wish::Older(c),
            _ => return,
        };
        self.feed(i, Input::Wish(wish));
    }

    /// One thing on the wire arrives, is lost, comes twice, or comes late.
    fn deliver(&mut self) {
        if self.wire.is_empty() {
            return;
        }
        let at_random = if self.rough { self.pick(self.wire.len()) } else { 0 };
        let packet = self.wire.remove(at_random);
        let to = match &packet {
            Packet::Ask(i, _) | Packet::Answer(i, _) => *i,
        };
        if self.rough && (self.clients[to].partitioned || self.chance(20)) {
            return;
        }
        if self.rough && self.chance(15) {
            self.wire.push(packet.clone());
        }
        match packet {
            Packet::Answer(i, input) => self.feed(i, *input),
            Packet::Ask(i, action) => {
                if let Some(answer) = self.answer(i, action) {
                    self.wire.push(Packet::Answer(i, Box::new(answer)));
                }
            }
        }
    }

    fn answer(&mut self, i: usize, action: Action) -> Option<Input> {
        let now = at(self.wall) + Span::seconds(90);
        let bad = self.rough && self.chance(3);
        let broken = || Failure::Problem { status: 503, title: String::new(), after: None };
        Some(match action {
            Action::Abandon { .. } => return None,
            Action::Hello { ticket } if bad => Input::Session { ticket, result: Err(broken()) },
            Action::Hello { ticket } => Input::Session { ticket, result: Ok(self.backend.session(i)) },
            Action::Push { ticket, .. } if bad => {
                Input::Pushed { ticket, result: Err(Failure::Garbage("?".to_owned())) }
            }
            Action::Push { ticket, push } => {
                assert!(push.envelopes.len() <= 50 && !push.envelopes.is_empty());
                let left = |e: &Envelope| self.clients[i].left_behind.contains(&e.id);
                assert!(
                    !push.envelopes.iter().any(left),
                    "seed {}: of a sign-in before, and went by itself",
                    self.seed
                );
                Input::Pushed { ticket, result: Ok(self.backend.push(i, &push, now)) }
            }
            Action::Older { ticket, .. } if bad => Input::Older { ticket, result: Err(broken()) },
            Action::Older { ticket, conversation, before } => {
                let gone = Failure::Problem { status: 404, title: "no such conversation".to_owned(), after: None };
                Input::Older { ticket, result: self.backend.older(i, conversation, before).ok_or(gone) }
            }
            Action::Pull { ticket, .. } if bad => Input::Pulled { ticket, result: Err(broken()) },
            Action::Pull { ticket, cursor, acked, playbook, .. } => {
                let gone = Failure::Problem { status: 410, title: "gone".to_owned(), after: None };
                let page = self.backend.pull(i, &cursor, acked, playbook, now).map(Box::new).ok_or(gone);
                Input::Pulled { ticket, result: page }
            }
        })
    }

    fn pass(&mut self, ms: u64) {
        self.mono += Duration::from_millis(ms);
        self.wall += i64::try_from(ms).unwrap();
        let now = at(self.wall) + Span::seconds(90);
        self.backend.turn(now);
        for i in 0..self.clients.len() {
            self.feed(i, Input::Tick);
        }
    }

    fn storm(&mut self, steps: u32) {
        for _ in 0..steps {
            match self.pick(20) {
                0..=9 => self.deliver(),
                10..=13 => {
                    let i = self.pick(2);
                    self.act(i);
                }
                14 | 15 => {
                    let (message, buyer) = (self.fresh(), 1 + self.pick(5) as u128);
                    let now = at(self.wall) + Span::seconds(90);
                    self.backend.receive(buyer, message, "And what does it cost?", now);
                }
                16 | 17 => {
                    let ms = if self.chance(80) {
                        self.rng.random_range(1..900)
                    } else {
                        self.rng.random_range(1_000..20_000)
                    };
                    self.pass(ms);
                }
                18 => {
                    let i = self.pick(2);
                    self.clients[i].partitioned = self.chance(30);
                }
                _ => match self.pick(6) {
                    0 => self.backend.new_epoch(),
                    1 => self.wall += 3_600_000,
                    2 => {
                        let i = self.pick(2);
                        self.sign_in_anew(i);
                    }
                    _ => {
                        let i = self.pick(2);
                        self.feed(i, Input::SyncNow);
                    }
                },
            }
        }
    }

    fn calm(&mut self) {
        self.rough = false;
        for _ in 0..400 {
            for _ in 0..60 {
                self.deliver();
            }
            self.pass(5_000);
            let settled = |c: &Client| {
                let outbox = &c.machine.state().outbox;
                let online = c.machine.link(self.mono) == LinkState::Online;
                online && !outbox.has_unpushed() && !outbox.has_unconfirmed()
            };
            let quiet = self.backend.conversations.values().all(|c| {
                c.next_deadline().is_none()
                    && c.answers.values().all(|a| {
                        a.state.is_settled()
                            || matches!(a.state, comeback::domain::conversation::AnswerState::Parked { .. })
                    })
            });
            if quiet && self.clients.iter().all(settled) && self.agree() {
                return;
            }
        }
        panic!("seed {}: no agreement in the calm\n{}", self.seed, self.explain());
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn run(seed: u64, files: bool, steps: u32) -> World {
    let mut world = World::new(seed, files);
    for i in 0..2 {
        world.settle(i);
    }
    world.storm(steps);
    world.calm();
    world.read_everything();
    world.verdict();
    assert_eq!(world.written_down(), world.known(), "seed {seed}: the disk holds other texts");
    world
}

#[test]
fn a_hundred_storms_lose_and_double_nothing() {
    let (mut answers, mut commands, mut older, mut behind) = (0, 0, 0, 0);
    for seed in 0..100 {
        let World { backend, older_read, anew, .. } = run(seed, false, 400);
        older += older_read;
        behind += anew;
        answers += backend.accepted.len();
        commands += backend.ran.len();
    }
    assert!(answers > 1_000 && commands > 2_500, "the storms did something: {answers} answers of {commands}");
    assert!(behind > 100, "and sign-ins left something behind: {behind}");
    assert!(older > 500, "and there was something older to read: {older}");
}

#[test]
fn storms_over_a_real_cache_lose_nothing_either() {
    for seed in 1_000..1_008 {
        run(seed, true, 250);
    }
}
