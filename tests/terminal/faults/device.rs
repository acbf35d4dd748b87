//! A rep's client without a screen: the real sync machine over HTTP, which wants something all the time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use comeback::client::http::Backend;
use comeback::client::state::State;
use comeback::client::sync::{Action, Input, Machine, Wish};
use comeback::clock::{Clock as _, SystemClock};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::id::MessageId;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use uuid::Uuid;

/// Between two wishes.
const EVERY: Duration = Duration::from_millis(60);

/// A client in its own thread.
pub(super) struct Device {
    wants: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
    shown: Arc<Mutex<State>>,
    thread: JoinHandle<Vec<String>>,
}

impl Device {
    /// Starts. Every answer has words of its own, beginning with `name`.
    pub(super) fn start(url: &str, token: &str, name: &str, seed: u64) -> Self {
        let (wants, ends) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let backend = Backend::new(url, token).unwrap();
        let shown = Arc::default();
        let (name, shared) = (name.to_owned(), (Arc::clone(&wants), Arc::clone(&ends), Arc::clone(&shown)));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(live(backend, &name, seed, shared))
        });
        Self { wants, ends, shown, thread }
    }

    /// Wants nothing more.
    pub(super) fn rests(&self) {
        self.wants.store(false, Ordering::SeqCst);
    }

    /// What it shows, once it rests and nothing of its own waits any more.
    pub(super) fn shows(&self) -> State {
        self.shown.lock().unwrap().clone()
    }

    /// Ends; the words it was told to send.
    pub(super) fn ends(self) -> Vec<String> {
        self.ends.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

async fn live(
    backend: Backend,
    name: &str,
    seed: u64,
    (wants, ends, shown): (Arc<AtomicBool>, Arc<AtomicBool>, Arc<Mutex<State>>),
) -> Vec<String> {
    let began = Instant::now();
    let mut machine = Machine::new(State::default(), seed, SystemClock.now(), Duration::ZERO);
    let mut dice = StdRng::seed_from_u64(seed);
    let (answers, mut inputs) = mpsc::unbounded_channel();
    let mut asked: BTreeMap<u64, AbortHandle> = BTreeMap::new();
    let (mut words, mut next_wish) = (Vec::new(), Instant::now());
    loop {
        while let Some(action) = machine.poll_action() {
            drop(machine.take_writes());
            ask(&backend, action, &answers, &mut asked);
        }
        let idle = !machine.state().outbox.has_unpushed() && !machine.state().outbox.has_unconfirmed();
        if ends.load(Ordering::SeqCst) {
            return words;
        }
        if idle && !wants.load(Ordering::SeqCst) {
            *shown.lock().unwrap() = machine.state().clone();
        }
        let (wall, mono) = (SystemClock.now(), began.elapsed());
        let pause = machine.next_timeout(mono).saturating_sub(mono).min(Duration::from_millis(50));
        let input = tokio::select! {
            input = inputs.recv() => input.unwrap(),
            () = tokio::time::sleep(pause) => Input::Tick,
        };
        machine.handle(input, wall, began.elapsed());
        if wants.load(Ordering::SeqCst) && next_wish <= Instant::now() {
            next_wish = Instant::now() + EVERY;
            if let Some(wish) = wish(machine.state(), name, &mut dice, &mut words) {
                machine.handle(Input::Wish(wish), SystemClock.now(), began.elapsed());
            }
        }
    }
}

fn ask(
    backend: &Backend,
    action: Action,
    answers: &mpsc::UnboundedSender<Input>,
    asked: &mut BTreeMap<u64, AbortHandle>,
) {
    let (backend, answers) = (backend.clone(), answers.clone());
    let (ticket, question) = match action {
        Action::Abandon { ticket } => {
            if let Some(handle) = asked.remove(&ticket) {
                handle.abort();
            }
            return;
        }
        Action::Hello { ticket } => (
            ticket,
            tokio::spawn(async move { drop(answers.send(Input::Session { ticket, result: backend.hello().await })) }),
        ),
        Action::Push { ticket, push } => (
            ticket,
            tokio::spawn(
                async move { drop(answers.send(Input::Pushed { ticket, result: backend.push(&push).await })) },
            ),
        ),
        Action::Pull { ticket, cursor, wait, acked, playbook } => {
            let pull = async move {
                let result = backend.pull(&cursor, wait, acked, playbook).await;
                drop(answers.send(Input::Pulled { ticket, result }));
            };
            (ticket, tokio::spawn(pull))
        }
        Action::Older { ticket, conversation, before } => {
            let older = async move {
                let result = backend.older(conversation, before).await;
                drop(answers.send(Input::Older { ticket, result }));
            };
            (ticket, tokio::spawn(older))
        }
    };
    asked.insert(ticket, question.abort_handle());
}

/// Mostly an answer; now and then a take, a note, or a recall.
fn wish(state: &State, name: &str, dice: &mut StdRng, words: &mut Vec<String>) -> Option<Wish> {
    if state.base.is_empty() {
        return None;
    }
    let (id, snapshot) = state.base.iter().nth(dice.random_range(0..state.base.len()))?;
    let message = MessageId(Uuid::from_u128(dice.random()));
    let held = snapshot.state.answers.iter().find(|(_, a)| matches!(a.state, AnswerState::Held { .. }));
    let command = match dice.random_range(0..10) {
        0 => Command::Take,
        1 => Command::Note { message, body: Body::new("seen"), to: None },
        2 if held.is_some() => Command::Recall { message: *held?.0 },
        _ => {
            let body = format!("{name} {}", words.len() + 1);
            words.push(body.clone());
            Command::Answer { message, body: Body::new(body), accept: Vec::new() }
        }
    };
    Some(Wish::Do { conversation: Some(*id), seen: snapshot.state.inbound, command })
}
