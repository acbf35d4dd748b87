//! An absence is known to the device from the key press until its person has seen what happened meanwhile, over restarts.

use comeback::client::cache::Cache;
use comeback::client::inbox;
use comeback::client::replica::replay;
use comeback::client::state::{State, Write};
use comeback::client::while_away::{self, Leave, WhileAway};
use comeback::domain::command::{Command, CoverNote};
use comeback::domain::contact::Body;
use comeback::domain::id::{CommandId, ConversationId, MessageId};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::command::Push;
use uuid::Uuid;

use super::backend::{Backend, rep};
use super::{START, at};

const C: ConversationId = ConversationId(Uuid::from_u128(1));
const MAYA: usize = 0;

/// Maya's device over a cache on the disk.
struct Device {
    backend: Backend,
    home: tempfile::TempDir,
    state: State,
    now: Timestamp,
    ids: u128,
}

impl Device {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let backend = Backend::new(&["maya"]);
        let mut device = Self { backend, home, state: State::default(), now: at(START), ids: 700 };
        let mut writes = Vec::new();
        device.state.sign_in(&device.backend.session(MAYA), &mut writes).unwrap();
        device.write(&writes);
        device
    }

    fn write(&self, writes: &[Write]) {
        Cache::open(self.home.path()).unwrap().commit(writes).unwrap();
    }

    fn restart(&mut self) {
        self.state = Cache::open(self.home.path()).unwrap().load_awake(self.now).unwrap();
    }

    fn pull(&mut self) {
        let (cursor, mut writes) = (self.state.cursor.clone(), Vec::new());
        let page = self.backend.pull(MAYA, &cursor, 0, None, self.now).unwrap();
        self.state.apply(page, &mut writes).unwrap();
        self.write(&writes);
    }

    /// The key is pressed; what is asked waits in the outbox.
    fn wants(&mut self, conversation: Option<ConversationId>, command: Command) {
        self.ids += 1;
        let mut writes = Vec::new();
        let id = CommandId(Uuid::from_u128(self.ids));
        self.state.put(id, conversation, 9, command, self.now, &mut writes);
        self.write(&writes);
    }

    /// The network is back.
    fn pushes(&mut self) {
        let envelopes = self.state.outbox.batch(&mut Vec::new());
        self.backend.push(MAYA, &Push { envelopes }, self.now);
    }

    fn leave(&self) -> Leave {
        self.state.leave.clone().expect("an absence")
    }

    fn told(&self) -> WhileAway {
        while_away::of(&replay(&self.state, 1.0)).expect("an absence")
    }
}

#[test]
fn an_absence_is_known_from_the_key_to_the_hand_over_whatever_restarts_between() {
    let mut device = Device::new();
    device.backend.receive(1, MessageId(Uuid::from_u128(500)), "What does it cost?", device.now);
    device.pull();
    assert_eq!(device.state.leave, None);
    device.wants(Some(C), Command::Take);
    device.pushes();
    device.pull();

    // Offline: a page from before the key ends nothing, and a restart forgets nothing.
    device.now = device.now + Span::minutes(1);
    let went = device.now;
    let note = CoverNote { message: MessageId(Uuid::from_u128(600)), body: Body::new("Harbor waits") };
    device.wants(None, Command::Away { away: true, until: None, note: Some(note), rep: None });
    device.pull();
    device.restart();
    assert_eq!((device.leave().since, device.leave().ended), (went, None));
    let list = inbox::inbox(&replay(&device.state, 1.0));
    let me = list.roster.iter().find(|presence| presence.rep == rep("maya")).expect("me");
    assert!(
        list.me.expect("me").away && me.note.as_ref().map(Body::as_str) == Some("Harbor waits"),
        "pending, it shows"
    );

    device.now = device.now + Span::minutes(1);
    device.pushes();
    device.pull();
    let since = device.leave().since;
    assert_eq!(since, device.now, "as the backend says it");
    device.now = device.now + Span::minutes(30);
    device.backend.receive(1, MessageId(Uuid::from_u128(501)), "Hello?", device.now);
    device.pull();
    assert_eq!(device.told().ended, None);

    device.now = device.now + Span::minutes(1);
    device.wants(None, Command::away(false));
    device.pushes();
    device.pull();
    device.restart();
    let told = device.told();
    assert_eq!((told.since, told.ended, told.read), (since, Some(device.now), false));
    assert_eq!(told.changes.iter().map(|change| (change.id, change.wrote)).collect::<Vec<_>>(), [(C, true)]);
}
