//! The outbox of a client whose conversations rest on the disk: every text in it has its words at first sight.

use std::sync::Arc;

use comeback::client::cache::Cache;
use comeback::client::handle::{Notice, OutboxEntry, OutboxStanding};
use comeback::client::state::State;
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::AnswerState;
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::domain::message::Delivery;
use comeback::domain::time::Span;
use comeback::wire::command::Push;
use uuid::Uuid;

use super::backend::Backend;
use super::{START, at};
use crate::tui_world::{Desk, entry, id};

const C: ConversationId = ConversationId(Uuid::from_u128(1));
const WORDS: &str = "It is 40 a seat.";

fn listed(state: &State) -> Vec<OutboxEntry> {
    inbox::outbox(&replica::replay(state, 1.0))
}

#[test]
fn a_text_that_did_not_arrive_has_its_words_before_anybody_opens_its_conversation() {
    let dir = tempfile::tempdir().unwrap();
    let mut backend = Backend::new(&["maya"]);
    let (mut state, mut writes) = (State::default(), Vec::new());
    state.sign_in(&backend.session(0), &mut writes).unwrap();
    let now = at(START);
    backend.receive(1, MessageId(Uuid::from_u128(500)), "What does it cost?", now);
    let page = backend.pull(0, "", 0, None, now).unwrap();
    state.apply(page, &mut writes).unwrap();
    let message = MessageId(Uuid::from_u128(501));
    let command = Command::Answer { message, body: Body::new(WORDS), accept: Vec::new() };
    state.put(CommandId(Uuid::from_u128(1)), Some(C), 1, command, now, &mut writes);
    let envelopes = state.outbox.batch(&mut Vec::new());
    backend.push(0, &Push { envelopes }, now);
    // The carrier could not deliver it, and the buyer writes again.
    let answers = &mut backend.conversations.get_mut(&C).unwrap().answers;
    answers.get_mut(&message).unwrap().state = AnswerState::Out { delivery: Delivery::Undelivered, error: Some(30003) };
    let later = now + Span::minutes(1);
    backend.receive(1, MessageId(Uuid::from_u128(502)), "Hello?", later);
    let page = backend.pull(0, &state.cursor.clone(), 0, Some(1), later).unwrap();
    state.apply(page, &mut writes).unwrap();
    // Nobody looks at it: of its messages only the tail stays, here and after a restart.
    state.rest(None);
    assert!(state.cut.contains(&C), "the first text is laid back");
    let mut cache = Cache::open(dir.path()).unwrap();
    cache.commit(&writes).unwrap();
    for state in [state, cache.load_awake(later).unwrap()] {
        let told = listed(&state);
        let [failed] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(failed.standing, OutboxStanding::Failed(Some(30003)));
        assert_eq!(failed.body, Some(Body::new(WORDS)));
        for size in [(80, 24), (120, 40)] {
            let mut desk = Desk::usual(size);
            // The cursor is on another one.
            let first = entry(1003, &desk.threads[&id(2)], "Nice!", OutboxStanding::Failed(Some(30006)));
            let failed = OutboxEntry { issued_at: first.issued_at, ..failed.clone() };
            desk.hear(Notice::Outbox(Arc::new(vec![first.clone(), failed])));
            desk.keys("O");
            assert_eq!(desk.model.entry, Some(first.id));
            desk.says(WORDS);
        }
    }
}
