//! A client and a backend of different versions: who must do what is said, and nothing more is asked.

use std::time::Duration;

use comeback::client::handle::{LinkState, Weight};
use comeback::client::state::State;
use comeback::client::sync::{Action, Input, Machine, Wish};
use comeback::domain::id::ConversationId;
use comeback::wire::session::{Session, WIRE};
use uuid::Uuid;

use super::backend::Backend;
use super::{START, at};

/// A client that has just heard who it is; and the questions it asks after that.
fn hears(session: Session) -> (Machine, Vec<Action>) {
    let mut machine = Machine::new(State::default(), 1, at(START), Duration::ZERO);
    let Some(Action::Hello { ticket }) = machine.poll_action() else { panic!("it introduces itself first") };
    machine.handle(Input::Session { ticket, result: Ok(session) }, at(START), Duration::ZERO);
    let asked = std::iter::from_fn(|| machine.poll_action()).collect();
    (machine, asked)
}

#[test]
fn a_backend_of_another_version_is_told_who_must_update_in_both_directions() {
    let session = Backend::new(&["maya"]).session(0);
    let (machine, asked) = hears(session.clone());
    assert!(session.wire == WIRE && matches!(asked.as_slice(), [Action::Pull { .. }]), "{asked:?}");
    assert_eq!((session.mismatch(), machine.link(Duration::ZERO)), (None, LinkState::Online));

    for (theirs, who) in
        [(WIRE + 1, "update comeback on this machine"), (WIRE - 1, "ask your operator to update the backend")]
    {
        let other = Session { wire: theirs, ..session.clone() };
        let (mut machine, asked) = hears(other);
        assert_eq!(asked, [], "nothing is asked that the other could misread");
        let why =
            format!("the backend speaks version {theirs} of the protocol, and this comeback version {WIRE}: {who}");
        assert_eq!(machine.link(Duration::ZERO), LinkState::Refused { why: why.clone() });
        let toasts = machine.take_news().toasts;
        assert!(toasts.len() == 1 && toasts[0].weight == Weight::Loud, "{toasts:?}");
        assert_eq!(toasts[0].text, format!("{why}. Drafts and unsent texts are kept."));
        // What the person writes meanwhile is kept, and waits.
        let wish = Wish::SaveDraft { conversation: ConversationId(Uuid::from_u128(1)), text: "At 3".to_owned() };
        machine.handle(Input::Wish(wish), at(START), Duration::from_secs(60));
        assert_eq!((machine.state().drafts.len(), machine.poll_action()), (1, None));
    }
}

#[test]
fn a_profile_of_somebody_else_is_told_and_not_called_signed_out() {
    let backend = Backend::new(&["maya", "jon"]);
    let mut state = State::default();
    state.sign_in(&backend.session(0), &mut Vec::new()).unwrap();
    let mut machine = Machine::new(state, 1, at(START), Duration::ZERO);
    let Some(Action::Hello { ticket }) = machine.poll_action() else { panic!("it introduces itself first") };
    machine.handle(Input::Session { ticket, result: Ok(backend.session(1)) }, at(START), Duration::ZERO);
    let LinkState::Refused { why } = machine.link(Duration::ZERO) else { panic!("{:?}", machine.link(Duration::ZERO)) };
    assert!(why.contains("belongs to maya") && why.contains("another profile"), "{why}");
}
