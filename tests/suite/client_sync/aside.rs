//! Words for colleagues in the outbox are told apart from texts: they are never a draft of one.

use comeback::client::inbox::Beside;
use comeback::client::state::State;
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::conversation::Status;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::domain::meeting::{Meeting, Remark};
use comeback::domain::time::{Span, Timestamp};
use comeback::domain::visibility;
use comeback::wire::changes::Author;
use comeback::wire::command::Push;
use uuid::Uuid;

use super::backend::Backend;
use super::{START, at};

const C: ConversationId = ConversationId(Uuid::from_u128(1));

/// Somebody asked Maya for the price, and her client knows of it.
fn asked() -> (Backend, State, Timestamp) {
    let mut backend = Backend::new(&["maya"]);
    let mut state = State::default();
    state.sign_in(&backend.session(0), &mut Vec::new()).unwrap();
    let now = at(START);
    backend.receive(1, MessageId(Uuid::from_u128(500)), "What does it cost?", now);
    let page = backend.pull(0, &state.cursor.clone(), 0, None, now).unwrap();
    state.apply(page, &mut Vec::new()).unwrap();
    (backend, state, now)
}

#[test]
fn a_meeting_booked_offline_is_seen_at_once_and_its_note_is_no_text() {
    let (mut backend, mut state, now) = asked();
    let seen = state.base[&C].state.inbound;
    let note = |n: u128, words: &str| (MessageId(Uuid::from_u128(n)), Body::new(words));
    let (message, body) = note(501, "Wants the annual plan.");
    let meeting = Some(Meeting { from: now + Span::minutes(90), minutes: 45 });
    let booked = Command::Booked { meeting, note: Some(Remark { message, body: body.clone() }) };
    let (answer, text) = note(502, "See you then.");
    let answer = Command::Answer { message: answer, body: text.clone(), accept: Vec::new() };
    for (n, command) in [(1, answer), (2, booked)] {
        let id = CommandId(Uuid::from_u128(n));
        state.put(id, Some(C), seen, command, now, &mut Vec::new());
    }
    let view = replica::replay(&state, 1.0);
    assert_eq!(view.conversation(C).unwrap().status, Status::Done(Outcome::Meeting));
    let told: Vec<_> = inbox::outbox(&view).into_iter().map(|entry| (entry.body, entry.aside, entry.what)).collect();
    let wanted = [(Some(text), false, "answer".to_owned()), (Some(body), true, "done: meeting booked".to_owned())];
    assert_eq!(told, wanted);
    // The note is told apart as the one that the CRM gets, before the backend has it and after; a later one is none.
    let notes = |state: &State| -> Vec<(MessageId, bool)> {
        let view = replica::replay(state, 1.0);
        let thread = inbox::thread(&view, C, Beside::default(), now).unwrap();
        let notes = thread.messages.iter().filter(|entry| matches!(entry.message.author, Author::Note(_)));
        notes.map(|entry| (entry.message.id, entry.for_crm)).collect()
    };
    assert_eq!(notes(&state), [(message, true)]);
    let envelopes = state.outbox.entries().iter().map(|entry| entry.envelope.clone()).collect();
    backend.push(0, &Push { envelopes }, now);
    let page = backend.pull(0, &state.cursor.clone(), 0, None, now).unwrap();
    state.apply(page, &mut Vec::new()).unwrap();
    assert_eq!(notes(&state), [(message, true)]);
    let (later, body) = note(503, "Their CFO comes, too.");
    let plain = Command::Note { message: later, body, to: None };
    state.put(CommandId(Uuid::from_u128(3)), Some(C), seen, plain, now + Span::minutes(1), &mut Vec::new());
    assert_eq!(notes(&state), [(message, true), (later, false)]);
}

#[test]
fn whom_a_note_can_be_for_is_known_where_it_is_written() {
    let (backend, state, now) = asked();
    let view = replica::replay(&state, 1.0);
    let thread = inbox::thread(&view, C, Beside::default(), now).unwrap();
    let may_see = |who: &str| {
        let own = visibility::principals(&backend.playbook, &who.into());
        assert_eq!(visibility::may_see(&own, &backend.conversations[&C]), !thread.audience.is_disjoint(&own), "{who}");
        !thread.audience.is_disjoint(&own)
    };
    assert!(may_see("maya") && may_see("lead") && !may_see("somebody else"));
}

#[test]
fn a_note_for_me_asks_until_it_was_on_the_screen() {
    let (_, mut state, now) = asked();
    let for_me = |state: &State| {
        let view = replica::replay(state, 1.0);
        inbox::inbox(&view).rows[0].for_me
    };
    // It is somebody else's, and a note of theirs is for me.
    let message = MessageId(Uuid::from_u128(501));
    let c = &mut state.base.get_mut(&C).unwrap().state;
    c.assignment = None;
    c.apply(now, &Event::Noted { message, by: "jon".into(), to: Some("maya".into()) });
    assert!(for_me(&state));
    let mut writes = Vec::new();
    state.read_notes(C, now, &mut writes);
    assert!(!for_me(&state) && writes.len() == 1, "{writes:?}");
    state.read_notes(C, now, &mut writes);
    assert_eq!(writes.len(), 1, "once");
    // One on a conversation that is done, or snoozed, stands under For me as well, and one that was read does not.
    for status in [Status::Done(Outcome::Called), Status::Snoozed(now + Span::minutes(5))] {
        let asks = |state: &State| inbox::inbox(&replica::replay(state, 1.0)).rows[0].asks();
        state.base.get_mut(&C).unwrap().state.status = status;
        assert!(!asks(&state), "{status:?}");
        let noted = Event::Noted { message: MessageId(Uuid::new_v4()), by: "jon".into(), to: Some("maya".into()) };
        state.base.get_mut(&C).unwrap().state.apply(now, &noted);
        assert!(asks(&state), "{status:?}");
        state.read_notes(C, now, &mut writes);
        assert!(!asks(&state), "{status:?}");
    }
}
