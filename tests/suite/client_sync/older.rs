//! Older texts: asked for on demand, once, and never mixed with those of another history.

use std::time::Duration;

use comeback::client::cache::Cache;
use comeback::client::handle::LinkState;
use comeback::client::search;
use comeback::client::state::State;
use comeback::client::sync::{Action, Failure, Input, Machine, Wish};
use comeback::domain::id::{ConversationId, MessageId};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::changes::Message;
use uuid::Uuid;

use super::backend::{Backend, WINDOW};
use super::{START, at};

/// The conversation with the only buyer.
const C: ConversationId = ConversationId(Uuid::from_u128(1));

/// One client on a network that does what the test says.
struct Desk {
    backend: Backend,
    machine: Machine,
    cache: Cache,
    dir: tempfile::TempDir,
    mono: Duration,
    texts: u128,
}

impl Desk {
    /// A buyer has written so many texts, and the client has synced once.
    fn with_texts(texts: u128) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path()).unwrap();
        let state = cache.load(at(START)).unwrap();
        let machine = Machine::new(state, 7, at(START), Duration::ZERO);
        let mut desk = Self { backend: Backend::new(&["maya"]), machine, cache, dir, mono: Duration::ZERO, texts: 0 };
        desk.write(texts);
        desk.sync();
        desk
    }

    fn now(&self) -> Timestamp {
        at(START) + Span::millis(i64::try_from(self.mono.as_millis()).unwrap())
    }

    fn write(&mut self, texts: u128) {
        for _ in 0..texts {
            self.texts += 1;
            let message = MessageId(Uuid::from_u128(1_000 + self.texts));
            self.backend.receive(1, message, &format!("number {} of them", self.texts), self.now());
        }
    }

    fn feed(&mut self, input: Input) {
        self.machine.handle(input, self.now(), self.mono);
        self.cache.commit(&self.machine.take_writes()).unwrap();
    }

    fn pass(&mut self, span: Duration) {
        self.mono += span;
        self.feed(Input::Tick);
    }

    /// Answers everything the machine asks, but not for older texts: those questions are given back.
    fn answer(&mut self) -> Vec<Action> {
        let mut older = Vec::new();
        while let Some(action) = self.machine.poll_action() {
            let now = self.now();
            match action {
                Action::Hello { ticket } => {
                    self.feed(Input::Session { ticket, result: Ok(self.backend.session(0)) });
                }
                Action::Pull { ticket, cursor, acked, playbook, wait } if wait.is_zero() => {
                    let gone = Failure::Problem { status: 410, title: "gone".to_owned(), after: None };
                    let page = self.backend.pull(0, &cursor, acked, playbook, now).map(Box::new).ok_or(gone);
                    self.feed(Input::Pulled { ticket, result: page });
                }
                Action::Older { .. } => older.push(action),
                _ => {}
            }
        }
        older
    }

    /// Pulls until nothing is new; what is asked about older texts is given back.
    fn sync(&mut self) -> Vec<Action> {
        let mut older = self.answer();
        self.feed(Input::SyncNow);
        older.extend(self.answer());
        older
    }

    /// Scrolls up; the question that follows.
    fn scroll_up(&mut self) -> Action {
        self.feed(Input::Wish(Wish::Older(C)));
        let mut asked = self.answer();
        assert_eq!(asked.len(), 1, "one question: {asked:?}");
        asked.remove(0)
    }

    /// The backend's answer to such a question.
    fn reply(&self, action: &Action) -> Input {
        let Action::Older { ticket, conversation, before } = action else { panic!("{action:?}") };
        Input::Older { ticket: *ticket, result: Ok(self.backend.older(0, *conversation, *before).unwrap()) }
    }

    fn places(&self) -> Vec<u64> {
        places(self.machine.state())
    }

    fn misses(&self) -> bool {
        self.machine.state().base[&C].earlier
    }
}

fn places(state: &State) -> Vec<u64> {
    state.base[&C].messages.iter().map(|m| m.n).collect()
}

fn ticket_of(action: &Action) -> u64 {
    let Action::Older { ticket, .. } = action else { panic!("{action:?}") };
    *ticket
}

#[test]
fn page_by_page_the_whole_conversation_comes_and_survives_a_restart_and_a_search_finds_it() {
    let mut desk = Desk::with_texts(9);
    assert_eq!((desk.places(), desk.misses()), (vec![6, 7, 8, 9], true));
    let question = desk.scroll_up();
    assert!(desk.machine.awaits_older(C));
    assert!(matches!(question, Action::Older { conversation: C, before: 6, .. }), "{question:?}");
    desk.feed(desk.reply(&question));
    assert_eq!((desk.places(), desk.misses()), ((3..=9).collect::<Vec<_>>(), true));
    assert!(!desk.machine.awaits_older(C));
    let question = desk.scroll_up();
    desk.feed(desk.reply(&question));
    assert_eq!((desk.places(), desk.misses()), ((1..=9).collect::<Vec<_>>(), false));

    // Nothing is missing: nothing is asked.
    desk.feed(Input::Wish(Wish::Older(C)));
    assert_eq!(desk.answer(), []);
    // What is written later joins what is there.
    desk.write(2);
    desk.sync();
    assert_eq!((desk.places(), desk.misses()), ((1..=11).collect::<Vec<_>>(), false));

    let again = Cache::open(desk.dir.path()).unwrap().load(desk.now()).unwrap();
    assert_eq!(places(&again), (1..=11).collect::<Vec<_>>());
    let db = rusqlite::Connection::open(desk.cache.path()).unwrap();
    assert_eq!(search::search(&db, "number 2").unwrap().len(), 1);
}

#[test]
fn more_new_texts_than_a_snapshot_holds_leave_no_hole_in_the_middle() {
    let mut desk = Desk::with_texts(9);
    let question = desk.scroll_up();
    desk.feed(desk.reply(&question));
    // Away for long: between 9 and the newest are texts that nobody has seen here.
    desk.write(WINDOW as u128 + 3);
    desk.sync();
    assert_eq!((desk.places(), desk.misses()), (vec![13, 14, 15, 16], true), "what does not touch is let go");
    while desk.misses() {
        let question = desk.scroll_up();
        desk.feed(desk.reply(&question));
    }
    assert_eq!(desk.places(), (1..=16).collect::<Vec<_>>());
}

#[test]
fn an_answer_that_is_lost_comes_again_and_one_that_comes_twice_counts_once() {
    let mut desk = Desk::with_texts(9);
    let lost = desk.scroll_up();
    // Asking again while it is out is not asking twice.
    desk.feed(Input::Wish(Wish::Older(C)));
    assert_eq!(desk.answer(), []);
    let mut again = Vec::new();
    for _ in 0..40 {
        desk.pass(Duration::from_secs(1));
        again.extend(desk.answer());
        if !again.is_empty() {
            break;
        }
    }
    let [again] = again.as_slice() else { panic!("asked again once: {again:?}") };
    assert_ne!(ticket_of(&lost), ticket_of(again));
    // The lost one arrives after all, then the other, twice.
    desk.feed(desk.reply(&lost));
    assert_eq!(desk.places(), [6, 7, 8, 9], "nobody waits for it any more");
    let answer = desk.reply(again);
    desk.feed(answer.clone());
    desk.feed(answer);
    assert_eq!(desk.places(), (3..=9).collect::<Vec<_>>());
    assert_eq!(desk.answer(), []);
}

#[test]
fn offline_it_waits_for_the_network_and_says_nothing_of_its_own() {
    let mut desk = Desk::with_texts(9);
    let question = desk.scroll_up();
    let failure = Failure::Unreachable("no connection".to_owned());
    desk.feed(Input::Older { ticket: ticket_of(&question), result: Err(failure) });
    assert_eq!(desk.machine.link(desk.mono), LinkState::Online, "the feed says whether the network is there");
    assert!(desk.machine.awaits_older(C));
    desk.pass(Duration::from_secs(2));
    let asked = desk.answer();
    assert!(matches!(asked.as_slice(), [Action::Older { before: 6, .. }]), "{asked:?}");
}

#[test]
fn a_backend_that_refuses_is_told_once_and_one_that_lies_changes_nothing() {
    let mut desk = Desk::with_texts(9);
    let newer: Vec<Message> = desk.backend.messages[&C][7..].to_vec();
    let failure = Failure::Problem { status: 500, title: String::new(), after: None };
    for result in [Err(failure), Ok(newer)] {
        let question = desk.scroll_up();
        drop(desk.machine.take_news());
        desk.feed(Input::Older { ticket: ticket_of(&question), result });
        let toasts = desk.machine.take_news().toasts;
        assert!(toasts.len() == 1 && toasts[0].text.contains("Scroll up to ask again"), "{toasts:?}");
        assert_eq!((desk.places(), desk.machine.awaits_older(C)), (vec![6, 7, 8, 9], false));
        desk.pass(Duration::from_secs(60));
        assert_eq!(desk.answer(), [], "not asked again by itself");
    }
}

#[test]
fn texts_of_a_history_that_was_rolled_back_do_not_come_in() {
    let mut desk = Desk::with_texts(9);
    let question = desk.scroll_up();
    let of_before = desk.reply(&question);
    // The backend went back to a backup that had other texts at these places.
    let mut other = Backend::new(&["maya"]);
    for n in 0..8_u128 {
        other.receive(1, MessageId(Uuid::from_u128(5_000 + n)), "from the backup", desk.now());
    }
    other.new_epoch();
    desk.backend = other;
    let asked = desk.sync();
    desk.feed(of_before);
    let asked: Vec<Action> = asked.into_iter().chain(desk.answer()).collect();
    let [again] = asked.as_slice() else { panic!("asked again of the new history, once: {asked:?}") };
    assert_eq!(desk.places(), [5, 6, 7, 8]);
    desk.feed(desk.reply(again));
    assert_eq!(desk.places(), (2..=8).collect::<Vec<_>>());
    let of_backup = desk.machine.state().base[&C].messages.iter();
    assert!(of_backup.map(|m| m.id.0.as_u128()).all(|id| (5_000..5_008).contains(&id)));
}
