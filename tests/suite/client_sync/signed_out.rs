//! A device that was signed out goes on once somebody signed in on its profile again.

use std::time::Duration;

use comeback::client::handle::LinkState;
use comeback::client::state::State;
use comeback::client::sync::{Action, Failure, Input, Machine, Wish};
use comeback::domain::command::Command;
use comeback::domain::id::DeviceId;
use comeback::domain::playbook::Role;
use comeback::wire::session::Session;
use uuid::Uuid;

use super::backend::rep;
use super::{START, at};

struct Desk {
    machine: Machine,
    mono: Duration,
}

impl Desk {
    fn feed(&mut self, input: Input) -> Vec<Action> {
        self.mono += Duration::from_secs(1);
        let wall = START + i64::try_from(self.mono.as_millis()).unwrap();
        self.machine.handle(input, at(wall), self.mono);
        self.machine.take_writes();
        std::iter::from_fn(|| self.machine.poll_action()).collect()
    }

    fn link(&self) -> LinkState {
        self.machine.link(self.mono)
    }
}

fn session(device: u128) -> Session {
    Session {
        device: DeviceId(Uuid::from_u128(device)),
        rep: rep("maya"),
        name: "Maya".to_owned(),
        role: Role::Rep,
        company: "Acme".to_owned(),
        wire: 1,
    }
}

fn refused() -> Failure {
    Failure::Problem { status: 401, title: String::new(), after: None }
}

#[test]
fn a_new_sign_in_opens_what_a_refusal_shut_and_what_waited_is_not_pushed_by_itself() {
    let machine = Machine::new(State::default(), 1, at(START), Duration::ZERO);
    let mut desk = Desk { machine, mono: Duration::ZERO };
    let asked = desk.feed(Input::Tick);
    let [Action::Hello { ticket: first }] = asked[..] else { panic!("{asked:?}") };
    assert_eq!(desk.feed(Input::SignedIn), [], "not signed out: nothing to open");
    let asked = desk.feed(Input::Session { ticket: first, result: Ok(session(1)) });
    let [Action::Pull { ticket: pull, .. }] = asked[..] else { panic!("{asked:?}") };

    assert_eq!(desk.feed(Input::Pulled { ticket: pull, result: Err(refused()) }), []);
    assert_eq!(desk.link(), LinkState::SignedOut);
    assert_eq!(desk.feed(Input::SyncNow), [], "asking again with the same token would be refused again");
    let away = Wish::Do { conversation: None, seen: 0, command: Command::away(true) };
    assert_eq!(desk.feed(Input::Wish(away)), [], "it waits");
    assert!(desk.machine.state().outbox.has_unpushed());

    let asked = desk.feed(Input::SignedIn);
    let [Action::Hello { ticket: again }] = asked[..] else { panic!("{asked:?}") };
    assert_ne!(desk.link(), LinkState::SignedOut);
    // What the old token was still asked says nothing of the new one.
    assert_eq!(desk.feed(Input::Pulled { ticket: pull, result: Err(refused()) }), []);
    assert_ne!(desk.link(), LinkState::SignedOut);
    let asked = desk.feed(Input::Session { ticket: again, result: Ok(session(2)) });
    assert!(!asked.iter().any(|a| matches!(a, Action::Push { .. })), "nothing of before goes by itself: {asked:?}");
    let said = desk.machine.take_news().toasts;
    let said = said.last().map(|toast| toast.text.as_str());
    assert_eq!(
        said,
        Some(
            "Signed in anew: nothing of before goes by itself. Not sent any more: 1 (taking back, sending anyway, away)."
        )
    );
    let back = Wish::Do { conversation: None, seen: 0, command: Command::away(false) };
    let pushed = desk.feed(Input::Wish(back));
    let [Action::Push { push, .. }] = &pushed[..] else { panic!("{pushed:?}") };
    assert_eq!(push.envelopes.iter().map(|e| e.n).collect::<Vec<_>>(), [1], "a new device counts anew");

    // And it may be shut again.
    let Some(Action::Pull { ticket, .. }) = asked.iter().find(|a| matches!(a, Action::Pull { .. })) else {
        panic!("{asked:?}")
    };
    desk.feed(Input::Pulled { ticket: *ticket, result: Err(refused()) });
    assert_eq!(desk.link(), LinkState::SignedOut);
}
