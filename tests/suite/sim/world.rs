//! One simulated week in a minute: clients, the network between, the backend, the carrier, buyers, and faults. Everything
//! that happens follows from the seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use comeback::client::sync::{Action, Failure, Input};
use comeback::clock::ManualClock;
use comeback::domain::contact::Address;
use comeback::domain::context::Card;
use comeback::domain::id::MessageId;
use comeback::domain::message::Delivery;
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::command::Receipt;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::carrier::FakeCarrier;
use super::client::Client;
use super::disk::{Disk, Sabotage};
use super::people::{self, Typed};
use super::server::{Said, Server};

/// A Tuesday, 10:00 in New York: the office of the playbook is open.
pub(super) const START: Timestamp = Timestamp::from_millis(1_793_718_000_000);
/// Longest step of time: timers in between fire late by no more than this.
const STEP: u64 = 500;
/// Steps of the story told when a seed fails.
const TOLD: usize = 60;

/// Which faults, and how often: percent of packets, or of steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) loss: u32,
    pub(super) twice: u32,
    pub(super) late: u32,
    pub(super) cut: u32,
    pub(super) client_crash: u32,
    pub(super) server_crash: u32,
    pub(super) suspend: u32,
    pub(super) skew: bool,
    pub(super) carrier: u32,
    /// The backend's clock is set, its machine sleeps, its disk takes its time.
    pub(super) clock: u32,
    /// Somebody changes teams, leaves or comes back; a backup is restored.
    pub(super) policy: u32,
    /// Percent of answers that are not the backend's: a proxy's error page, a gateway's 502.
    pub(super) garbled: u32,
    /// The feed comes in pages of two conversations with five messages each.
    pub(super) pages: bool,
    pub(super) files: bool,
    pub(super) sabotage: Sabotage,
}

/// Something that happens at an instant.
#[derive(Clone)]
pub(super) enum Happening {
    /// A client's question reaches the backend.
    Ask(usize, u32, Action),
    /// An answer reaches a client.
    Answer(usize, u32, Box<Input>),
    /// The network of a client says that a question did not get through.
    Fails(usize, u32, Box<Input>),
    /// The carrier delivers a buyer's text to us.
    Webhook(usize),
    /// The carrier reports on an answer.
    Report(MessageId, Delivery),
    /// The backend's machine is back.
    Boot,
}

/// Who waits for what the backend says.
#[derive(Clone)]
pub(super) enum Waiting {
    Client(usize, u32, Which, u64),
    Nobody,
}

#[derive(Clone, Copy)]
pub(super) enum Which {
    Hello,
    Push,
    Pull,
    Older,
}

pub(super) struct World {
    pub(super) rng: ChaCha8Rng,
    pub(super) faults: Faults,
    pub(super) rough: bool,
    /// Milliseconds since [`START`].
    pub(super) now: u64,
    pub(super) server: Server,
    pub(super) clients: Vec<Client>,
    queue: BTreeMap<(u64, u64), Happening>,
    order: u64,
    questions: BTreeMap<u64, Waiting>,
    abandoned: BTreeSet<(usize, u32, u64)>,
    pub(super) typed: Typed,
    /// Texts of buyers that the backend said it has.
    pub(super) acknowledged: BTreeSet<usize>,
    /// Every outcome a client was told, by client and `n`.
    told: BTreeMap<(usize, u64), Receipt>,
    pub(super) buyers: Vec<Address>,
    story: VecDeque<String>,
    pub(super) wrong: Option<String>,
    pub(super) crashes: u32,
    /// Whether the backend's clock was so far off that the carrier's list may not tell an answer by its time.
    pub(super) astray: bool,
    /// How long it took until everything had settled.
    pub(super) settled_in: u64,
}

/// How a question ends that nobody answered.
fn failed(which: Which, ticket: u64, failure: Failure) -> Input {
    match which {
        Which::Hello => Input::Session { ticket, result: Err(failure) },
        Which::Push => Input::Pushed { ticket, result: Err(failure) },
        Which::Pull => Input::Pulled { ticket, result: Err(failure) },
        Which::Older => Input::Older { ticket, result: Err(failure) },
    }
}

impl World {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let truth = Arc::new(ManualClock::at(START));
        let disk = Disk::new(faults.sabotage, Arc::clone(&truth), faults.pages.then_some((2, 5)));
        let carrier = Arc::new(FakeCarrier::new(seed, Arc::clone(&truth), disk.clone(), faults.carrier));
        if faults.sabotage == Sabotage::Dawdle {
            carrier.with(|book| book.dawdle = Duration::from_secs(3));
        }
        let mut server = Server::new(disk, truth, carrier);
        let buyers = people::buyers();
        server.open(&people::directory(&buyers));
        let skew = |rng: &mut ChaCha8Rng| {
            if faults.skew { rng.random_range(-7_200_000..7_200_000) } else { 0 }
        };
        let clients = ["maya", "maya", "ben"]
            .iter()
            .zip(1..)
            .map(|(rep, i)| {
                let device = server.sign_in(rep);
                Client::new(device, seed * 100 + i, 0, skew(&mut rng), START, faults.files)
            })
            .collect();
        let mut world = Self {
            rng,
            faults,
            rough: true,
            now: 0,
            server,
            clients,
            queue: BTreeMap::new(),
            order: 0,
            questions: BTreeMap::new(),
            abandoned: BTreeSet::new(),
            typed: Typed::default(),
            acknowledged: BTreeSet::new(),
            told: BTreeMap::new(),
            buyers,
            story: VecDeque::new(),
            wrong: None,
            crashes: 0,
            astray: false,
            settled_in: 0,
        };
        for i in 0..world.clients.len() {
            world.settle(i);
        }
        world
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    pub(super) fn pick(&mut self, below: usize) -> usize {
        self.rng.random_range(0..below)
    }

    pub(super) fn real(&self) -> Timestamp {
        START + Span::millis(i64::try_from(self.now).unwrap())
    }

    /// Writes a line into the story of this seed.
    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.story.len() == TOLD {
            self.story.pop_front();
        }
        let at = self.now;
        self.story.push_back(format!("{:>4}.{:03}  {}", at / 1000, at % 1000, line()));
    }

    pub(super) fn story(&self) -> String {
        self.story.iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// Notes what must never happen; the first one counts.
    pub(super) fn complain(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    fn at(&mut self, delay: u64, what: Happening) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order), what);
    }

    /// How long a packet is on its way.
    fn way(&mut self) -> u64 {
        if self.rough && self.chance(self.faults.late) {
            self.rng.random_range(500..40_000)
        } else {
            self.rng.random_range(5..150)
        }
    }

    /// Puts a packet on the network: it may be lost, or come twice.
    fn post(&mut self, packet: &Happening) {
        let times = match (self.rough && self.chance(self.faults.loss), self.rough && self.chance(self.faults.twice)) {
            (true, _) => 0,
            (false, true) => 2,
            (false, false) => 1,
        };
        for _ in 0..times {
            let way = self.way();
            self.at(way, packet.clone());
        }
    }

    fn is_mute(&self, i: usize) -> bool {
        self.clients[i].mute_until > self.now || self.clients[i].asleep_until.is_some()
    }

    fn is_deaf(&self, i: usize) -> bool {
        self.clients[i].deaf_until > self.now || self.clients[i].asleep_until.is_some()
    }

    /// A question nobody will answer: often the network says so at once.
    fn unreachable(&mut self, i: usize, life: u32, which: Which, ticket: u64) {
        if !self.chance(60) {
            return;
        }
        let input = failed(which, ticket, Failure::Unreachable("the network is down".to_owned()));
        let way = self.rng.random_range(1..80);
        self.at(way, Happening::Fails(i, life, Box::new(input)));
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Ask(i, life, action) => self.ask(i, life, &action),
            Happening::Answer(i, life, input) => self.answer(i, life, *input),
            Happening::Fails(i, life, input) => {
                if self.clients[i].life == life && self.clients[i].asleep_until.is_none() {
                    self.feed(i, *input);
                }
            }
            Happening::Webhook(index) => {
                let text = self.server.carrier.with(|book| book.got[index].clone());
                let question = self.question(Waiting::Nobody);
                self.tell(|| format!("webhook: {} texts {:?}", text.from.as_str(), text.body.as_str()));
                self.server.deliver(question, index, &text);
            }
            Happening::Report(message, delivery) => {
                let question = self.question(Waiting::Nobody);
                self.server.report(question, message, delivery);
            }
            Happening::Boot => self.boot(),
        }
    }

    /// The CRM has something new to say of a number.
    pub(super) fn crm_says(&mut self, address: &Address, cards: Vec<Card>) {
        let question = self.question(Waiting::Nobody);
        self.server.cards(question, address, cards);
    }

    pub(super) fn question(&mut self, waiting: Waiting) -> u64 {
        self.order += 1;
        self.questions.insert(self.order, waiting);
        self.order
    }

    fn ask(&mut self, i: usize, life: u32, action: &Action) {
        let (which, ticket) = match action {
            Action::Hello { ticket } => (Which::Hello, *ticket),
            Action::Push { ticket, .. } => (Which::Push, *ticket),
            Action::Pull { ticket, .. } => (Which::Pull, *ticket),
            Action::Older { ticket, .. } => (Which::Older, *ticket),
            Action::Abandon { .. } => return,
        };
        if self.is_mute(i) || !self.server.is_up() {
            self.unreachable(i, life, which, ticket);
            return;
        }
        let question = self.question(Waiting::Client(i, life, which, ticket));
        let device = self.clients[i].device.clone();
        self.server.ask(question, &device, action);
    }

    fn answer(&mut self, i: usize, life: u32, input: Input) {
        let (Input::Session { ticket, .. }
        | Input::Pushed { ticket, .. }
        | Input::Pulled { ticket, .. }
        | Input::Older { ticket, .. }) = &input
        else {
            return;
        };
        // The driver drops the connection of an abandoned question; what was in the pipe may still come.
        let dropped = self.abandoned.contains(&(i, life, *ticket)) && self.chance(70);
        if self.is_deaf(i) || self.clients[i].life != life || dropped {
            return;
        }
        let receipts = match &input {
            Input::Pushed { result: Ok(receipts), .. } => receipts.receipts.clone(),
            Input::Pulled { result: Ok(page), .. } => page.receipts.clone(),
            _ => Vec::new(),
        };
        for receipt in receipts {
            let before = self.told.entry((i, receipt.n)).or_insert_with(|| receipt.clone());
            if *before != receipt {
                let what = format!("client {i} was told {before:?}, then {receipt:?}");
                self.complain(what);
            }
        }
        self.feed(i, input);
    }

    /// Gives the machine an input, then commits and sends; or dies in between. Whether it lived.
    pub(super) fn feed(&mut self, i: usize, input: Input) -> bool {
        let (now, real) = (self.now, self.real());
        self.clients[i].handle(input, now, real);
        self.settle(i)
    }

    fn settle(&mut self, i: usize) -> bool {
        if self.dies(i) {
            return false;
        }
        let sabotage = if self.rough { self.faults.sabotage } else { Sabotage::Nothing };
        self.clients[i].commit(sabotage);
        people::remember(self, i);
        // Written down, and never asked by this life.
        if self.dies(i) {
            return false;
        }
        let news = self.clients[i].news();
        if let Some(toast) =
            news.toasts.iter().find(|t| t.text.contains("record changed") || t.text.contains("counter"))
        {
            self.complain(format!("client {i} was told: {}", toast.text));
        }
        self.send(i)
    }

    /// Now and then the process ends between two things it does.
    fn dies(&mut self, i: usize) -> bool {
        let dies = self.rough && self.rng.random_range(0..800) < self.faults.client_crash;
        if dies {
            self.crash(i);
        }
        dies
    }

    /// Carries out what the machine asks. Whether it lived to the end of it.
    fn send(&mut self, i: usize) -> bool {
        let life = self.clients[i].life;
        for action in self.clients[i].actions() {
            if let Action::Abandon { ticket } = action {
                self.abandoned.insert((i, life, ticket));
                continue;
            }
            if let Action::Push { push, .. } = &action {
                let of: Vec<String> =
                    push.envelopes.iter().map(|e| format!("{} {:?}", e.n, people::short(&e.command))).collect();
                self.tell(|| format!("client {i} pushes {}", of.join(", ")));
            }
            self.post(&Happening::Ask(i, life, action));
            if self.dies(i) {
                return false;
            }
        }
        true
    }

    fn crash(&mut self, i: usize) {
        let (seed, now, real) = (self.rng.random(), self.now, self.real());
        self.tell(|| format!("client {i} crashes"));
        self.clients[i].restart(seed, now, real);
        self.crashes += 1;
        people::forget_unwritten(self, i);
        self.send(i);
    }

    fn boot(&mut self) {
        if !self.server.is_up() {
            self.tell(|| "the backend starts".to_owned());
            self.server.start();
        }
    }

    pub(super) fn server_dies(&mut self) {
        self.tell(|| "the backend crashes".to_owned());
        self.crashes += 1;
        self.server.crash();
        for waiting in std::mem::take(&mut self.questions).into_values() {
            match waiting {
                Waiting::Client(i, life, which, ticket) => self.unreachable(i, life, which, ticket),
                Waiting::Nobody => {}
            }
        }
        let down = if self.chance(70) { 200..3_000 } else { 3_000..40_000 };
        let down = self.rng.random_range(down);
        self.at(down, Happening::Boot);
    }

    /// Time passes, in steps.
    pub(super) fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 && self.wrong.is_none() {
            let step = left.min(STEP);
            left -= step;
            self.step(step);
        }
    }

    fn step(&mut self, ms: u64) {
        self.now += ms;
        self.server.pass(ms);
        if self.server.disk.is_dead() {
            self.server_dies();
        }
        self.listen();
        while let Some(entry) = self.queue.first_entry().filter(|e| e.key().0 <= self.now) {
            let what = entry.remove();
            self.happen(what);
        }
        for i in 0..self.clients.len() {
            if let Some(until) = self.clients[i].asleep_until {
                self.clients[i].slept(ms);
                if until > self.now {
                    continue;
                }
                self.clients[i].asleep_until = None;
                self.tell(|| format!("client {i} wakes"));
            }
            self.feed(i, Input::Tick);
        }
    }

    /// What the backend and the carrier said goes on its way.
    fn listen(&mut self) {
        for (question, said) in self.server.take_said() {
            let waiting = self.questions.remove(&question).unwrap_or(Waiting::Nobody);
            match (said, waiting) {
                (Said::Answer(input), Waiting::Client(i, life, which, ticket)) => {
                    let garbled = self.rough && self.chance(self.faults.garbled);
                    let input = if garbled { failed(which, ticket, self.nonsense()) } else { input };
                    self.post(&Happening::Answer(i, life, Box::new(input)));
                }
                (Said::Acknowledged(index), _) => {
                    self.acknowledged.insert(index);
                }
                (Said::Trouble(what), _) => self.complain(what),
                (Said::Answer(_) | Said::Nothing, _) => {}
            }
        }
        let (reports, wrong) =
            self.server.carrier.with(|book| (std::mem::take(&mut book.to_report), book.wrong.first().cloned()));
        if let Some(wrong) = wrong {
            self.complain(wrong);
        }
        for (message, fate) in reports {
            self.tell(|| format!("the carrier takes {message}"));
            // Late, out of order and repeated.
            for delivery in [Delivery::Sent, fate] {
                if !(self.rough && self.chance(self.faults.loss)) {
                    let way = self.rng.random_range(20..6_000);
                    self.at(way, Happening::Report(message, delivery));
                }
            }
        }
    }

    /// A buyer's text goes to the carrier, and from there to us, once and maybe again, or never.
    pub(super) fn buyer_texts(&mut self, from: usize, line: &str, body: &str) {
        let from = self.buyers[from].clone();
        let to = self.server.playbook.lines[&line.into()].number.clone();
        self.tell(|| format!("{} texts {line}: {body:?}", from.as_str()));
        self.server.carrier.buyer_texts(&from, &to, body);
        let index = self.server.carrier.with(|book| book.got.len() - 1);
        self.post(&Happening::Webhook(index));
    }

    /// What a proxy on the way says in the backend's place.
    fn nonsense(&mut self) -> Failure {
        let title = "what a proxy says".to_owned();
        match self.pick(3) {
            0 => Failure::Garbage(title),
            1 => Failure::Problem { status: 502, title, after: None },
            _ => Failure::Problem { status: 503, title, after: Some(Duration::from_secs(2)) },
        }
    }
}
