//! The backend of an order: the real committer, rules, engine, runner of sends and reconciler; three buyers, two lines,
//! three people of ours.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use comeback::client::sync::{Action, Input};
use comeback::clock::ManualClock;
use comeback::domain::block::Why;
use comeback::domain::command::Command;
use comeback::domain::consent::{OptOutSource, Scope};
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::Card;
use comeback::domain::conversation::Conversation;
use comeback::domain::event::Review;
use comeback::domain::hold::Ruling;
use comeback::domain::id::{CommandId, ConversationId, LineId, MessageId, RepId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::{Line, Playbook};
use comeback::domain::time::{Span, Timestamp};
use comeback::server::store::consent::ConsentStore as _;
use comeback::server::store::{Device, LineStore as _, Store as _};
use comeback::wire::command::{Envelope, Push, Verdict};
use uuid::Uuid;

use super::super::carrier::{FakeCarrier, Mood};
use super::super::disk::{Disk, Sabotage};
use super::super::server::{Said, Server, read};
use super::super::world::START;
use super::order::{BUYERS, LINES, Order, Setting, Step, With};

/// Until whatever can be settled has been: two lists of the carrier that are a minute apart, and the runner's longest
/// pauses.
const SETTLES: u64 = 260_000;

/// Steps of time while something is about to happen.
const FINE: u64 = 1_000;

/// How long time goes in fine steps before it leaps.
const CLOSELY: u64 = 10_000;

/// Turns for the backend's tasks while nothing was asked of it.
const FEW: usize = 12;

/// Two teams' small floor with our two lines, one of them in a programme.
static BASE: LazyLock<Playbook> = LazyLock::new(|| {
    let mut playbook = crate::world::playbook();
    let line = |number: &str, use_case: &str| Line {
        number: Address::parse(number).unwrap(),
        use_case: use_case.to_owned(),
        ..playbook.lines[&LineId::from("main")].clone()
    };
    playbook.lines = [
        (LineId::from(LINES[0]), line("+16465550100", "question")),
        (LineId::from(LINES[1]), line("+16465550200", "meeting")),
    ]
    .into();
    playbook.consent.programmes = [("sales".to_owned(), [LineId::from(LINES[0])].into())].into();
    playbook.consent.help = Some("Harbor & Pine: text STOP to get no more texts.".to_owned());
    playbook.acknowledgement = Some("We come back to you in the morning.".to_owned());
    playbook
});

/// An answer as its rep wrote it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) ben: bool,
    pub(super) with: With,
    pub(super) words: String,
    /// Not to leave before then.
    pub(super) chosen: Option<Timestamp>,
    /// Whether a receipt says that it is kept.
    pub(super) kept: bool,
}

/// Who signs in.
const PEOPLE: [&str; 3] = ["maya", "ben", "lea"];

pub(super) struct Town {
    pub(super) server: Server,
    setting: Setting,
    devices: Vec<Device>,
    /// By person: all that was ever sent, and how much of it is known to have arrived.
    sent: [(Vec<Envelope>, u64); 3],
    asked: BTreeMap<u64, usize>,
    pub(super) buyers: Vec<Address>,
    pub(super) written: BTreeMap<MessageId, Written>,
    questions: u64,
    pub(super) trouble: Option<String>,
}

impl Town {
    pub(super) fn new(order: &Order) -> Self {
        let truth = Arc::new(ManualClock::at(START + Span::minutes(order.setting.begins)));
        let disk = Disk::new(Sabotage::Nothing, Arc::clone(&truth), None);
        let carrier = Arc::new(FakeCarrier::new(7, Arc::clone(&truth), disk.clone(), 0));
        carrier.with(|book| book.always = Some(Mood::Takes));
        let mut server = Server::new(disk, truth, carrier);
        server.playbook = order.setting.of(&BASE);
        let buyers: Vec<Address> = BUYERS.iter().map(|(number, ..)| Address::parse(number).unwrap()).collect();
        let known = Card {
            zone: Some(chrono_tz::America::New_York),
            account: None,
            opportunity: None,
            sdr: None,
            owner: Some("maya".into()),
            ..crate::world::card("dana")
        };
        server.open(&[(buyers[0].clone(), vec![known])]);
        let devices = PEOPLE.map(|rep| server.sign_in(rep)).to_vec();
        let sent = std::array::from_fn(|_| (Vec::new(), 0));
        let (asked, written) = (BTreeMap::new(), BTreeMap::new());
        let setting = order.setting.clone();
        Self { server, setting, devices, sent, asked, buyers, written, questions: 0, trouble: None }
    }

    /// Plays an order to its end, and until everything has settled.
    pub(super) fn play(order: &Order) -> Self {
        let mut town = Self::new(order);
        for step in &order.steps {
            town.step(*step);
        }
        town.settle();
        town
    }

    /// The faults stop; every line that was stopped is put right.
    fn settle(&mut self) {
        self.server.carrier.with(|book| (book.always, book.fall) = (Some(Mood::Takes), None));
        if self.server.disk.is_dead() {
            self.restart();
        }
        for line in LINES {
            self.resume(line);
        }
        self.step(Step::Retry);
        let mut gone = 0;
        while gone < CLOSELY || (gone < SETTLES && self.is_open()) {
            let step = if gone < CLOSELY { FINE } else { 16_000 };
            gone += step;
            self.moment_with(step, FEW);
        }
    }

    /// Whether something is on its way, or would be within the time in which all settles.
    fn is_open(&self) -> bool {
        let (disk, soon) = (&self.server.disk, self.server.now() + Span::millis(300_000));
        read(async {
            let (due, _) = disk.due_sends(soon, 1).await.unwrap();
            !due.is_empty() || !disk.open_sends(1).await.unwrap().is_empty()
        })
    }

    fn restart(&mut self) {
        self.server.crash();
        self.server.start();
        self.moment(5);
    }

    /// Time passes: in fine steps at first, for that is when things happen, then in leaps.
    fn pass(&mut self, ms: u64) {
        let (mut left, mut gone) = (ms, 0);
        while left > 0 {
            let step = left.min(if gone < CLOSELY { FINE } else { (ms / 9).max(FINE) });
            (left, gone) = (left - step, gone + step);
            self.moment_with(step, FEW);
        }
    }

    /// What was asked for is done.
    fn moment(&mut self, ms: u64) {
        self.moment_with(ms, 2 * FEW);
    }

    fn moment_with(&mut self, ms: u64, turns: usize) {
        self.server.pass_with(ms, turns);
        for (question, said) in self.server.take_said() {
            match said {
                Said::Trouble(what) => drop(self.trouble.get_or_insert(what)),
                Said::Answer(Input::Pushed { result: Ok(receipts), .. }) => {
                    let Some(who) = self.asked.remove(&question) else { continue };
                    for receipt in receipts.receipts {
                        self.sent[who].1 = self.sent[who].1.max(receipt.n);
                        let kept = matches!(receipt.verdict, Verdict::Done | Verdict::Parked { .. });
                        let of = self.sent[who].0.iter().find(|e| e.id == receipt.id).and_then(|e| e.command.answer());
                        if let Some(written) = of.and_then(|message| self.written.get_mut(&message)) {
                            written.kept |= kept;
                        }
                    }
                }
                Said::Answer(Input::Pushed { result: Err(e), .. }) => {
                    self.trouble.get_or_insert(e.words());
                }
                Said::Answer(_) | Said::Acknowledged(_) | Said::Nothing => {}
            }
        }
        if self.server.disk.is_dead() {
            self.restart();
        }
    }

    fn question(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }

    /// The conversation of a buyer and a line, if there is one.
    fn conversation(&self, (buyer, line): With) -> Option<Conversation> {
        let (_, all) = read(self.server.disk.consent_of(&self.buyers[buyer])).unwrap()?;
        all.into_iter().find(|c| c.line.as_str() == LINES[line])
    }

    fn push(&mut self, who: usize, from: u64) {
        let envelopes: Vec<Envelope> = self.sent[who].0.iter().filter(|e| e.n > from).cloned().collect();
        if envelopes.is_empty() {
            return;
        }
        let question = self.question();
        self.asked.insert(question, who);
        self.server.ask(question, &self.devices[who], &Action::Push { ticket: question, push: Push { envelopes } });
        self.moment(5);
    }

    /// A person wants something, and sends what is not known to have arrived.
    fn wants(&mut self, who: usize, conversation: Option<ConversationId>, seen: u64, command: Command) {
        let (sent, arrived) = &mut self.sent[who];
        let n = sent.len() as u64 + 1;
        let id = CommandId(Uuid::from_u64_pair(who as u64, n));
        sent.push(Envelope { id, n, after: n - 1, seen, issued_at: self.server.now(), conversation, command });
        let from = *arrived;
        self.push(who, from);
    }

    fn wants_in(&mut self, who: usize, with: With, command: Command) {
        if let Some(c) = self.conversation(with) {
            self.wants(who, Some(c.id), c.inbound, command);
        }
    }

    /// A new answer's id and words.
    fn writes(&mut self, ben: bool, with: With, long: bool, chosen: Option<Timestamp>) -> (MessageId, Body) {
        let n = self.written.len() + 1;
        let message = MessageId(Uuid::from_u64_pair(9, n as u64));
        let more = if long { " and so on".repeat(16) } else { String::new() };
        let words = format!("Answer {n}{more}");
        self.written.insert(message, Written { ben, with, words: words.clone(), chosen, kept: false });
        (message, Body::new(words))
    }

    fn newest(&self, back: usize) -> Option<(MessageId, Written)> {
        self.written.iter().rev().nth(back).map(|(message, written)| (*message, written.clone()))
    }

    fn resume(&self, line: &str) {
        let number = self.server.playbook.lines[&LineId::from(line)].number.clone();
        read(self.server.disk.resume_line(&number)).unwrap();
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Answer { ben, with, blind, long } => {
                let Some(c) = self.conversation(with) else { return };
                let (message, body) = self.writes(ben, with, long, None);
                let seen = c.inbound.saturating_sub(u64::from(blind));
                self.wants(usize::from(ben), Some(c.id), seen, Command::Answer { message, body, accept: Vec::new() });
            }
            Step::Later { with, minutes } => {
                let Some(c) = self.conversation(with) else { return };
                let at = self.server.now() + Span::minutes(minutes);
                let (message, body) = self.writes(false, with, false, Some(at));
                let later = Command::AnswerLater { message, body, at, accept: Vec::new() };
                self.wants(0, Some(c.id), c.inbound, later);
            }
            Step::Begin { with } => {
                let (to, line) = (self.buyers[with.0].clone(), LineId::from(LINES[with.1]));
                self.wants(0, None, 0, Command::Begin { to, line, conversation: ConversationId(Uuid::nil()) });
            }
            Step::Release { back } => {
                let Some((message, written)) = self.newest(back) else { return };
                let mut accept = vec![Review::NewerReply, Review::QuietHours, Review::BehindParked, Review::NeverLeft];
                accept.extend([Review::NoEvidence, Review::TimePassed, Review::HoldLifted]);
                accept.extend(["maya", "ben", "lea"].map(|rep| Review::Reassigned(RepId::new(rep))));
                // What nobody can accept away is asked for, too.
                accept.extend([Review::OptedOut, Review::OptOutHold, Review::Blocked]);
                self.wants_in(usize::from(written.ben), written.with, Command::Release { message, accept });
            }
            Step::Recall { back } => {
                let Some((message, written)) = self.newest(back) else { return };
                self.wants_in(usize::from(written.ben), written.with, Command::Recall { message });
            }
            Step::Rule { with, keep } => {
                let note = MessageId(Uuid::from_u64_pair(11, self.questions));
                let reason = Body::new("They meant the quote");
                let ruling = if keep { Ruling::Keep { note, reason, read: Vec::new() } } else { Ruling::OptOut };
                self.wants_in(0, with, Command::Rule { ruling });
            }
            Step::Block { with, on } => {
                let command = if on { Command::Block { reason: Why::Spam } } else { Command::Unblock };
                self.wants_in(2, with, command);
            }
            Step::Assign { with, ben } => {
                let to = RepId::new(if ben { "ben" } else { "maya" });
                self.wants_in(2, with, Command::Assign { to });
            }
            Step::Told { with } => {
                self.wants_in(2, with, Command::OptOut { source: OptOutSource::Rep(RepId::new("lea")) });
            }
            Step::Retry => {
                for who in 0..PEOPLE.len() {
                    self.push(who, 0);
                }
            }
            Step::Texts { .. }
            | Step::Listed { .. }
            | Step::Fails { .. }
            | Step::Resume { .. }
            | Step::Crash
            | Step::Fall(_)
            | Step::Slow(_)
            | Step::Carrier(..)
            | Step::Policy { .. }
            | Step::Wait(_) => self.outside(step),
        }
    }

    /// What nobody of ours does.
    fn outside(&mut self, step: Step) {
        match step {
            Step::Texts { with: (buyer, line), words } => {
                let to = self.server.playbook.lines[&LineId::from(LINES[line])].number.clone();
                let got = self.server.carrier.buyer_texts(&self.buyers[buyer], &to, words);
                let question = self.question();
                self.server.deliver(question, 0, &got);
                self.moment(5);
            }
            Step::Listed { buyer, out, line, minutes } => {
                let question = self.question();
                let scope = line.map_or(Scope::Tenant, |line| Scope::Number(LineId::from(LINES[line])));
                self.server.hear_of(question, &self.buyers[buyer], scope, out, minutes);
                self.moment(5);
            }
            Step::Fails { back, code } => {
                let sent = self.server.carrier.with(|book| book.sent.iter().rev().nth(back).cloned());
                if let Some(text) = sent {
                    let question = self.question();
                    self.server.report_from(question, text.message, Delivery::Undelivered, code, &text.from);
                    self.moment(5);
                }
            }
            Step::Resume { line } => self.resume(LINES[line]),
            Step::Crash => self.restart(),
            Step::Fall(fall) => self.server.carrier.with(|book| book.fall = Some(fall)),
            Step::Slow(ms) => self.server.disk.slow(ms),
            Step::Carrier(mood, code) => {
                self.server.carrier.with(|book| (book.always, book.code) = (Some(mood), code));
            }
            Step::Policy { evidence, send_anyway } => {
                let changed = Setting { evidence, send_anyway, ..self.setting.clone() };
                let question = self.question();
                self.server.put_policy(question, changed.of(&BASE));
                self.moment(5);
            }
            Step::Wait(ms) => self.pass(ms),
            Step::Answer { .. }
            | Step::Later { .. }
            | Step::Begin { .. }
            | Step::Release { .. }
            | Step::Recall { .. }
            | Step::Rule { .. }
            | Step::Block { .. }
            | Step::Assign { .. }
            | Step::Told { .. }
            | Step::Retry => {}
        }
    }
}
