//! A notification on the desktop goes when there is nothing left to say: read, done, taken by a colleague, out of sight.

use std::time::Duration;

use comeback::client::alert::{Alert, Alerts, Kind};
use comeback::client::shown::Shown;
use comeback::client::state::State;
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::{Event, Outcome};
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::command::{Envelope, Push, Verdict};
use uuid::Uuid;

use super::backend::{Backend, rep};
use super::{START, at};

const C: ConversationId = ConversationId(Uuid::from_u128(1));
const MAYA: usize = 0;
const JON: usize = 1;

/// Maya's desktop, and a colleague.
struct Desk {
    backend: Backend,
    state: State,
    alerts: Alerts,
    shown: Shown,
    now: Timestamp,
    sent: [u64; 2],
}

impl Desk {
    /// A buyer's text was just told of on Maya's desktop.
    fn with_an_alert() -> Self {
        let backend = Backend::new(&["maya", "jon"]);
        let mut state = State::default();
        state.sign_in(&backend.session(MAYA), &mut Vec::new()).unwrap();
        let (alerts, shown) = (Alerts::default(), Shown::default());
        let mut desk = Self { backend, state, alerts, shown, now: at(START), sent: [0, 0] };
        assert_eq!(desk.pull(), [], "history is no news");
        desk.alerts.tick(None, Duration::from_secs(90));
        desk.backend.receive(1, MessageId(Uuid::from_u128(500)), "What does it cost?", desk.now);
        let told = desk.pull();
        assert!(matches!(told.as_slice(), [Alert { conversation: Some(C), kind: Kind::Assigned, .. }]), "{told:?}");
        desk
    }

    /// Takes a page in, as the driver does; what was raised.
    fn pull(&mut self) -> Vec<Alert> {
        let cursor = self.state.cursor.clone();
        let page = self.backend.pull(MAYA, &cursor, 0, None, self.now).unwrap();
        let applied = self.state.apply(page, &mut Vec::new()).unwrap();
        let mono = Duration::from_millis(u64::try_from((self.now - Span::millis(START)).millis()).unwrap());
        let raised = self.alerts.pulled(&self.state, &applied.touched, true, mono + Duration::from_secs(61));
        for key in raised.keys {
            self.state.alerted.insert(key, self.now);
        }
        for alert in &raised.alerts {
            self.shown.raised(alert, &self.state);
        }
        raised.alerts
    }

    fn does(&mut self, who: usize, command: Command) {
        self.sent[who] += 1;
        let n = self.sent[who];
        let id = CommandId(Uuid::from_u128(u128::from(n) * 10 + who as u128));
        let (conversation, issued_at) = (Some(C), self.now);
        let envelope = Envelope { id, n, after: n - 1, conversation, seen: 9, issued_at, command };
        let receipts = self.backend.push(who, &Push { envelopes: vec![envelope] }, self.now).receipts;
        assert_eq!(receipts[0].verdict, Verdict::Done);
    }

    /// Time passes at the backend.
    fn pass(&mut self, span: Span) {
        self.now = self.now + span;
        self.backend.turn(self.now);
    }
}

#[test]
fn a_conversation_that_is_read_leaves_the_desktop_once() {
    let mut desk = Desk::with_an_alert();
    assert_eq!(desk.shown.over(&desk.state), [], "it still waits");
    assert!(!desk.shown.read(ConversationId(Uuid::from_u128(2))), "of another nothing is shown");
    assert!(desk.shown.read(C));
    assert!(!desk.shown.read(C), "it is gone already");
    assert_eq!(desk.shown.over(&desk.state), []);
}

#[test]
fn what_a_colleague_took_is_taken_off_the_desktop() {
    let mut desk = Desk::with_an_alert();
    desk.does(JON, Command::Take);
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [C]);
    assert_eq!(desk.shown.over(&desk.state), [], "once");
}

#[test]
fn what_went_to_somebody_else_or_out_of_sight_is_taken_off() {
    let mut desk = Desk::with_an_alert();
    desk.does(MAYA, Command::Take);
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [], "mine still");
    desk.does(MAYA, Command::Assign { to: rep("jon") });
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [C]);

    let mut desk = Desk::with_an_alert();
    desk.state.base.remove(&C);
    assert_eq!(desk.shown.over(&desk.state), [C]);
}

#[test]
fn what_is_done_on_another_device_is_taken_off() {
    let mut desk = Desk::with_an_alert();
    desk.does(MAYA, Command::Done { outcome: Outcome::Called });
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [C]);
}

#[test]
fn a_note_for_me_where_nothing_is_left_to_do_stays_until_it_is_read() {
    let mut desk = Desk::with_an_alert();
    desk.does(MAYA, Command::Done { outcome: Outcome::Called });
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [C]);
    let message = MessageId(Uuid::from_u128(501));
    let noted = Event::Noted { message, by: rep("jon"), to: Some(rep("maya")) };
    desk.state.base.get_mut(&C).unwrap().state.apply(desk.now, &noted);
    let (title, body) = ("Jon wrote a note for you".to_owned(), String::new());
    desk.shown.raised(&Alert { conversation: Some(C), kind: Kind::Assigned, title, body }, &desk.state);
    assert_eq!(desk.shown.over(&desk.state), []);
    desk.state.read_notes(C, desk.now, &mut Vec::new());
    assert_eq!(desk.shown.over(&desk.state), [C]);
}

#[test]
fn a_warning_stays_until_the_answer_has_left() {
    let mut desk = Desk::with_an_alert();
    desk.does(MAYA, Command::Take);
    desk.pull();
    desk.pass(Span::minutes(6));
    let told = desk.pull();
    assert!(told.iter().any(|a| a.kind == Kind::Warning), "{told:?}");
    assert_eq!(desk.shown.over(&desk.state), [], "due soon and not answered");
    let (message, body) = (MessageId(Uuid::from_u128(501)), Body::new("At 3?"));
    desk.does(MAYA, Command::Answer { message, body, accept: Vec::new() });
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [], "it has not left yet");
    desk.pass(Span::seconds(9));
    desk.pass(Span::seconds(9));
    desk.pull();
    assert_eq!(desk.shown.over(&desk.state), [C]);
}
