//! A ruling made on a device without network: the screen shows what the backend will decide.

use comeback::client::replica::replay;
use comeback::client::state::State;
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::hold::Ruling;
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::wire::command::{Push, Verdict};
use uuid::Uuid;

use super::backend::Backend;
use super::{START, at};

const C: ConversationId = ConversationId(Uuid::from_u128(1));

fn id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

/// Consent and conversation, as this device draws them.
fn drawn(state: &State) -> String {
    let view = replay(state, 1.0);
    let snapshot = &state.base[&C];
    let answers = &view.conversation(C).unwrap().answers;
    let ruling = view.conversation(C).unwrap().ruling;
    let number = view.number(snapshot);
    format!("{:?} {:?} {ruling:?} {answers:?}", number.hold, number.opted_out.as_ref().map(|out| &out.source))
}

#[test]
fn a_ruling_in_the_outbox_is_drawn_as_the_backend_decides_it() {
    let keep = Ruling::Keep { note: id(900), reason: Body::new("They meant the quote"), read: Vec::new() };
    for ruling in [Ruling::OptOut, keep] {
        let mut backend = Backend::new(&["maya"]);
        let mut state = State::default();
        state.sign_in(&backend.session(0), &mut Vec::new()).unwrap();
        backend.receive(1, id(500), "What does it cost?", at(START));
        let pull = |backend: &mut Backend, state: &mut State| {
            let page = backend.pull(0, &state.cursor.clone(), 0, None, at(START)).unwrap();
            state.apply(page, &mut Vec::new()).unwrap();
        };
        let push = |backend: &mut Backend, state: &mut State, command: Command, n: u128| {
            state.put(CommandId(id(n).0), Some(C), 9, command, at(START), &mut Vec::new());
            let envelopes = state.outbox.batch(&mut Vec::new());
            let receipts = backend.push(0, &Push { envelopes }, at(START)).receipts;
            for receipt in &receipts {
                state.outbox.learn(receipt);
            }
            receipts.last().unwrap().verdict.clone()
        };
        pull(&mut backend, &mut state);
        let answer = Command::Answer { message: id(501), body: Body::new("Ten"), accept: Vec::new() };
        assert_eq!(push(&mut backend, &mut state, answer, 1), Verdict::Done);
        backend.receive(1, id(502), "please take me off your list", at(START));
        pull(&mut backend, &mut state);
        assert!(drawn(&state).starts_with("Some(Hold"), "{}", drawn(&state));

        // Pressed without network: drawn at once.
        let before = drawn(&state);
        state.put(CommandId(id(2).0), Some(C), 9, Command::Rule { ruling }, at(START), &mut Vec::new());
        let here = drawn(&state);
        assert_ne!(here, before);
        let envelopes = state.outbox.batch(&mut Vec::new());
        let receipts = backend.push(0, &Push { envelopes }, at(START)).receipts;
        assert_eq!(receipts.last().unwrap().verdict, Verdict::Done);
        for receipt in &receipts {
            state.outbox.learn(receipt);
        }
        pull(&mut backend, &mut state);
        assert_eq!(drawn(&state), here, "what was drawn is what became of it");
    }
}
