//! Every order of an answer, its recall, an opt-out, a reassignment, a crash and a retry, up to a length; and long
//! orders by chance. The real committer, rules and runner of sends; a carrier whose delays the order chooses.
//!
//! Whatever the order: no `sending` entry follows an opt-out, a call to the carrier starts within two seconds of its
//! entry or the entry is abandoned, no text is sent twice, none that was taken back leaves, and each goes to the number
//! of the conversation it was written in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use comeback::client::sync::{Action, Input};
use comeback::clock::ManualClock;
use comeback::domain::command::Command;
use comeback::domain::contact::{Address, Body};
use comeback::domain::event::Review;
use comeback::domain::hold::Ruling;
use comeback::domain::id::{CommandId, ConversationId, MessageId, RepId};
use comeback::domain::message::Delivery;
use comeback::domain::sending::ERROR_OPTED_OUT;
use comeback::server::store::Device;
use comeback::wire::command::{Envelope, Push};
use proptest::prelude::*;
use uuid::Uuid;

use super::carrier::{FakeCarrier, Fall, Mood};
use super::disk::{Disk, Sabotage};
use super::server::{Said, Server};
use super::{people, verdict, world};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Maya answers.
    Answer,
    /// She takes her newest answer back.
    Recall,
    /// She looked, and sends her newest answer anyway.
    Release,
    /// The buyer says STOP.
    Stop,
    /// The buyer says START.
    Start,
    /// A list says that the buyer opted out, or in, so many minutes ago.
    Listed(bool, i64),
    /// The carrier says late that the newest answer met a number that opted out.
    Late21610,
    /// The buyer may have asked us to stop, in other words.
    Asks,
    /// Maya rules on it: keep, or opt out.
    Rule(bool),
    /// Her lead gives the conversation to Ben, or back.
    Reassign,
    /// The backend dies and starts again.
    Crash,
    /// It dies in the next call to the carrier.
    Fall(Fall),
    /// Its disk says this much later that the next commit is there.
    Slow(u64),
    /// Maya's device sends all it ever sent once more.
    Retry,
    /// From now on the carrier treats calls so.
    Carrier(Mood),
    /// So many milliseconds pass.
    Wait(u64),
}

/// The undo hold, and a little.
const HOLD: u64 = 8_200;

/// The steps whose every order is tried.
const EVERY: [Step; 7] =
    [Step::Answer, Step::Recall, Step::Stop, Step::Reassign, Step::Crash, Step::Retry, Step::Wait(HOLD)];

/// And those of consent in every way that it is withdrawn and given.
const CONSENT: [Step; 7] = [
    Step::Answer,
    Step::Release,
    Step::Start,
    Step::Listed(true, 0),
    Step::Listed(false, 0),
    Step::Late21610,
    Step::Wait(HOLD),
];

struct Bench {
    server: Server,
    maya: Device,
    lea: Device,
    conversation: ConversationId,
    buyer: Address,
    line: Address,
    /// What each device sent, in order.
    sent: BTreeMap<RepId, Vec<Envelope>>,
    answers: BTreeMap<MessageId, String>,
    texts: u64,
    questions: u64,
    with_ben: bool,
    trouble: Option<String>,
}

impl Bench {
    /// A backend with one conversation of one buyer, who asked something.
    fn new(mood: Mood, sabotage: Sabotage) -> Self {
        let truth = Arc::new(ManualClock::at(world::START));
        let disk = Disk::new(sabotage, Arc::clone(&truth), None);
        let carrier = Arc::new(FakeCarrier::new(7, Arc::clone(&truth), disk.clone(), 0));
        carrier.with(|book| book.always = Some(mood));
        if sabotage == Sabotage::Dawdle {
            carrier.with(|book| book.dawdle = Duration::from_secs(3));
        }
        let mut server = Server::new(disk, truth, carrier);
        let buyers = people::buyers();
        server.open(&people::directory(&buyers));
        let (maya, lea) = (server.sign_in("maya"), server.sign_in("lea"));
        let line = server.playbook.lines[&"main".into()].number.clone();
        let mut bench = Self {
            server,
            maya,
            lea,
            conversation: ConversationId(Uuid::nil()),
            buyer: buyers[0].clone(),
            line,
            sent: BTreeMap::new(),
            answers: BTreeMap::new(),
            texts: 0,
            questions: 0,
            with_ben: false,
            trouble: None,
        };
        bench.buyer_texts("What does it cost?");
        let all = verdict::all_on(&bench.server);
        bench.conversation = all.subjects[0].state.id;
        bench
    }

    /// Time passes; a backend that died is started again.
    fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(400);
            left -= step;
            self.server.pass(step);
            for (_, said) in self.server.take_said() {
                match said {
                    Said::Trouble(what) => drop(self.trouble.get_or_insert(what)),
                    Said::Answer(Input::Pushed { result: Err(e), .. }) => {
                        self.trouble.get_or_insert(e.words());
                    }
                    Said::Answer(_) | Said::Acknowledged(_) | Said::Nothing => {}
                }
            }
            if self.server.disk.is_dead() {
                self.server.crash();
                self.server.start();
            }
        }
    }

    fn buyer_texts(&mut self, words: &str) {
        let got = self.server.carrier.buyer_texts(&self.buyer, &self.line, words);
        self.questions += 1;
        self.server.deliver(self.questions, 0, &got);
        self.texts += 1;
        self.pass(5);
    }

    fn push(&mut self, device: &Device, envelopes: Vec<Envelope>) {
        self.questions += 1;
        self.server.ask(self.questions, device, &Action::Push { ticket: self.questions, push: Push { envelopes } });
        self.pass(5);
    }

    /// A rep's command, which may have to be sent again by [`Step::Retry`].
    fn wants(&mut self, device: &Device, command: Command) {
        let before = self.sent.entry(device.rep.clone()).or_default();
        let n = before.len() as u64 + 1;
        let id = CommandId(Uuid::from_u64_pair(u64::from(device.rep.as_str() == "lea"), n));
        let envelope = Envelope {
            id,
            n,
            after: n - 1,
            seen: self.texts,
            issued_at: self.server.now(),
            conversation: Some(self.conversation),
            command,
        };
        before.push(envelope);
        // All of them, as a device does that knows of no receipt.
        let all = before.clone();
        self.push(device, all);
    }

    fn newest(&self) -> Option<MessageId> {
        self.answers.keys().next_back().copied()
    }

    fn step(&mut self, step: Step) {
        let maya = self.maya.clone();
        match step {
            Step::Answer => {
                let n = self.answers.len() + 1;
                let (message, words) = (MessageId(Uuid::from_u64_pair(9, n as u64)), format!("«{n}»"));
                self.answers.insert(message, words.clone());
                self.wants(&maya, Command::Answer { message, body: Body::new(words), accept: Vec::new() });
            }
            Step::Recall => {
                if let Some(message) = self.newest() {
                    self.wants(&maya, Command::Recall { message });
                }
            }
            Step::Release => {
                if let Some(message) = self.newest() {
                    let ben = Review::Reassigned(RepId::new("ben"));
                    let mut accept =
                        vec![Review::OptedOut, Review::NewerReply, Review::BehindParked, Review::NeverLeft, ben];
                    accept.extend([Review::OptOutHold, Review::HoldLifted]);
                    self.wants(&maya, Command::Release { message, accept });
                }
            }
            Step::Stop => self.buyer_texts("STOP"),
            Step::Start => self.buyer_texts("START"),
            Step::Listed(out, minutes) => {
                self.questions += 1;
                let buyer = self.buyer.clone();
                self.server.hear(self.questions, &buyer, out, minutes);
                self.pass(5);
            }
            Step::Late21610 => {
                if let Some(message) = self.server.carrier.with(|book| book.sent.last().map(|text| text.message)) {
                    self.questions += 1;
                    self.server.report_with(self.questions, message, Delivery::Failed, Some(ERROR_OPTED_OUT));
                    self.pass(5);
                }
            }
            Step::Asks => self.buyer_texts("please take me off your list"),
            Step::Rule(keep) => {
                let note = MessageId(Uuid::from_u64_pair(11, self.questions));
                let reason = Body::new("They meant the quote");
                let ruling = if keep { Ruling::Keep { note, reason, read: Vec::new() } } else { Ruling::OptOut };
                self.wants(&maya, Command::Rule { ruling });
            }
            Step::Reassign => {
                let to = RepId::new(if self.with_ben { "maya" } else { "ben" });
                self.with_ben = !self.with_ben;
                let lea = self.lea.clone();
                self.wants(&lea, Command::Assign { to });
            }
            Step::Crash => {
                self.server.crash();
                self.server.start();
                self.pass(5);
            }
            Step::Fall(fall) => self.server.carrier.with(|book| book.fall = Some(fall)),
            Step::Slow(ms) => self.server.disk.slow(ms),
            Step::Retry => {
                let all = self.sent.get(&maya.rep).cloned().unwrap_or_default();
                if !all.is_empty() {
                    self.push(&maya, all);
                }
            }
            Step::Carrier(mood) => self.server.carrier.with(|book| book.always = Some(mood)),
            Step::Wait(ms) => self.pass(ms),
        }
    }

    /// What went wrong, in the end.
    fn judge(&self) -> Result<(), String> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone());
        }
        let (wrong, sent) = self.server.carrier.with(|book| (book.wrong.first().cloned(), book.sent.clone()));
        wrong.map_or(Ok(()), Err)?;
        // No `sending` entry follows an opt-out, and none follows another of the same text that was not abandoned.
        let taken_back = verdict::taken_back(&self.server)?;
        let automatic = self.server.playbook.acknowledgement.as_deref();
        for text in &sent {
            // What the playbook says by itself is nobody's answer: it goes to the buyer, each of them once.
            if automatic == Some(text.body.as_str()) {
                let twice = sent.iter().filter(|other| other.message == text.message).count() > 1;
                if twice || text.to != self.buyer || text.from != self.line {
                    return Err(format!("{text:?} is no acknowledgement for {:?}, or left twice", self.buyer));
                }
                continue;
            }
            let words = self.answers.get(&text.message).map(String::as_str);
            if words != Some(text.body.as_str()) || text.to != self.buyer || text.from != self.line {
                return Err(format!("{text:?} was meant as {words:?} for {:?}", self.buyer));
            }
            if taken_back.contains(&text.message) {
                return Err(format!("{} left after it was taken back", text.message));
            }
            if sent.iter().filter(|other| other.body == text.body).count() > 1 {
                return Err(format!("{:?} was sent twice", text.body.as_str()));
            }
        }
        Ok(())
    }
}

/// Plays an order of steps to its end.
fn play(steps: impl IntoIterator<Item = Step>, mood: Mood, sabotage: Sabotage) -> Result<usize, String> {
    let mut bench = Bench::new(mood, sabotage);
    for step in steps {
        bench.step(step);
    }
    bench.pass(HOLD + 4_000);
    bench.judge()?;
    Ok(bench.server.carrier.with(|book| book.sent.len()))
}

/// Every order of [`EVERY`] of a length, after a first answer.
fn orders(length: u32) -> impl Iterator<Item = Vec<Step>> {
    orders_of(EVERY, length)
}

fn orders_of(every: [Step; 7], length: u32) -> impl Iterator<Item = Vec<Step>> {
    let many = every.len().pow(length);
    (0..many).map(move |number| {
        let mut rest = number;
        let mut order = vec![Step::Answer];
        for _ in 0..length {
            order.push(every[rest % every.len()]);
            rest /= every.len();
        }
        order
    })
}

fn every_order_holds(length: u32, mood: Mood) -> usize {
    all_hold(orders(length), mood)
}

fn all_hold(orders: impl Iterator<Item = Vec<Step>>, mood: Mood) -> usize {
    let mut sent = 0;
    for order in orders {
        match play(order.iter().copied(), mood, Sabotage::Nothing) {
            Ok(texts) => sent += texts,
            Err(wrong) => panic!("{order:?} with a carrier that {mood:?}: {wrong}"),
        }
    }
    sent
}

#[test]
fn every_order_with_a_quick_carrier_sends_what_it_should_and_nothing_else() {
    assert!(every_order_holds(4, Mood::Takes) > 1_000);
}

#[test]
fn every_order_of_words_of_consent_sends_nothing_after_an_opt_out() {
    assert!(all_hold(orders_of(CONSENT, 3), Mood::Takes) > 100);
}

#[test]
fn every_order_with_a_slow_carrier_sends_what_it_should_and_nothing_else() {
    assert!(every_order_holds(3, Mood::LateThenTakes) > 100);
}

#[test]
fn every_order_with_a_carrier_that_takes_and_says_nothing_sends_nothing_twice() {
    assert!(every_order_holds(3, Mood::TakesThenSilent) > 100);
}

#[test]
fn every_order_with_a_busy_carrier_sends_nothing() {
    assert_eq!(every_order_holds(3, Mood::Busy), 0);
}

fn anything() -> impl Strategy<Value = Step> {
    let moods = [
        Mood::Takes,
        Mood::TakesThenLate,
        Mood::LateThenTakes,
        Mood::TakesThenSilent,
        Mood::Silent,
        Mood::Busy,
        Mood::Refuses,
    ];
    prop_oneof![
        6 => Just(Step::Answer),
        3 => Just(Step::Recall),
        2 => Just(Step::Release),
        1 => Just(Step::Stop),
        1 => Just(Step::Start),
        1 => (any::<bool>(), 0..3_i64).prop_map(|(out, minutes)| Step::Listed(out, minutes)),
        1 => Just(Step::Late21610),
        1 => Just(Step::Asks),
        1 => any::<bool>().prop_map(Step::Rule),
        2 => Just(Step::Reassign),
        2 => Just(Step::Crash),
        1 => prop_oneof![Just(Step::Fall(Fall::Before)), Just(Step::Fall(Fall::After))],
        1 => (100..6_000_u64).prop_map(Step::Slow),
        2 => Just(Step::Retry),
        2 => proptest::sample::select(moods.to_vec()).prop_map(Step::Carrier),
        6 => prop_oneof![1..300_u64, 300..12_000_u64].prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn long_orders_hold_too(steps in proptest::collection::vec(anything(), 5..60)) {
        if let Err(wrong) = play(steps, Mood::Takes, Sabotage::Nothing) {
            return Err(TestCaseError::fail(wrong));
        }
    }
}

/// Among the complaints over short orders must be one with these words.
fn caught(sabotage: Sabotage, mood: Mood, words: &str) {
    let mut complaints = orders(3).filter_map(|order| play(order, mood, sabotage).err());
    assert!(complaints.any(|complaint| complaint.contains(words)), "no order shows {sabotage:?}");
}

#[test]
fn an_opt_out_that_is_forgotten_shows() {
    caught(Sabotage::ForgetConsent, Mood::Takes, "after its number opted out");
}

#[test]
fn nothing_leaves_while_a_number_is_on_hold_and_what_is_kept_leaves_when_its_rep_says_so() {
    let wait = Step::Wait(HOLD);
    let held = [Step::Answer, Step::Asks, Step::Release, wait, Step::Crash, Step::Answer, Step::Retry, wait];
    assert_eq!(play(held.to_vec(), Mood::Takes, Sabotage::Nothing), Ok(0));
    let ruled = |keep| [&held[..], &[Step::Rule(keep), wait, Step::Release, wait]].concat();
    assert_eq!(play(ruled(true), Mood::Takes, Sabotage::Nothing), Ok(1), "kept: the one that was released again");
    assert_eq!(play(ruled(false), Mood::Takes, Sabotage::Nothing), Ok(0), "opted out");
    let forgotten = play(held.to_vec(), Mood::Takes, Sabotage::ForgetHolds);
    assert!(forgotten.as_ref().is_err_and(|why| why.contains("while its number was on hold")), "{forgotten:?}");
}

#[test]
fn a_text_that_may_have_left_and_is_sent_again_shows() {
    caught(Sabotage::ForgetUnknown, Mood::Silent, "entered sending twice");
    caught(Sabotage::ForgetUnknown, Mood::TakesThenSilent, "was sent twice");
}

#[test]
fn a_call_long_after_its_entry_shows() {
    caught(Sabotage::Dawdle, Mood::Takes, "ms after its entry");
}

#[test]
fn a_recall_that_is_forgotten_shows() {
    caught(Sabotage::ForgetRecalls, Mood::Takes, "left after it was taken back");
}
