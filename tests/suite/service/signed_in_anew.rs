//! The real machine signs in anew at the real backend: over a backup that was brought back, and after a mere revocation.
//! Nothing that no pull had confirmed goes by itself, and each entry says what is known of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use comeback::client::cache::Cache;
use comeback::client::handle::{Doubt, LinkState, OutboxId, OutboxStanding};
use comeback::client::state::State;
use comeback::client::sync::{Action, Failure, Input, Machine, Wish};
use comeback::client::{inbox, replica};
use comeback::domain::command::Command;
use comeback::domain::contact::Body;
use comeback::domain::event::Outcome as Ending;
use comeback::domain::id::{ConversationId, DeviceId};
use comeback::domain::playbook::Role;
use comeback::domain::time::Span;
use comeback::server::feed::{self, Ask, FeedError, Presences};
use comeback::server::opt_outs::Words;
use comeback::server::restore;
use comeback::server::service::{Outcome, Work};
use comeback::server::store::Device;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::sqlite::backup::{copy, unpack};
use comeback::wire::command::Receipts;
use comeback::wire::session::Session;
use uuid::Uuid;

use super::Floor;

const ACCEPTED: &str = "Accepted, and the pull that shows it never came";
const ON_ITS_WAY: &str = "Sent, and nothing came back";
const NEVER_LEFT: &str = "Written without network";

/// Maya's machine and the road to the backend.
struct Desk {
    machine: Machine,
    cache: Cache,
    device: Device,
    mono: Duration,
    pushed: usize,
}

/// How far a question gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Road {
    Open,
    /// No answer to a pull comes back.
    PullsLost,
    /// No answer comes back.
    Deaf,
    /// No question arrives.
    Cut,
    /// The device's token opens nothing any more.
    Revoked,
}

/// A device of Maya's, invited and signed in.
async fn maya(floor: &Floor, n: u8) -> Device {
    let (invite, token, now) = ([n; 32], [n + 100; 32], floor.now());
    floor.store.put_invite(invite, &"maya".into(), now + Span::minutes(1)).await.unwrap();
    let id = DeviceId(Uuid::from_u128(n.into()));
    floor.store.redeem(invite, now, id, "laptop", token).await.unwrap().unwrap();
    floor.store.device(token).await.unwrap().unwrap()
}

fn failed(action: &Action, failure: Failure) -> Input {
    match *action {
        Action::Hello { ticket } => Input::Session { ticket, result: Err(failure) },
        Action::Push { ticket, .. } => Input::Pushed { ticket, result: Err(failure) },
        Action::Pull { ticket, .. } => Input::Pulled { ticket, result: Err(failure) },
        Action::Older { ticket, .. } => Input::Older { ticket, result: Err(failure) },
        Action::Abandon { .. } => Input::Tick,
    }
}

impl Desk {
    async fn new(folder: &Path, floor: &Floor) -> Self {
        let machine = Machine::new(State::default(), 1, floor.now(), Duration::ZERO);
        let (cache, device) = (Cache::open(folder).unwrap(), maya(floor, 1).await);
        let mut desk = Self { machine, cache, device, mono: Duration::ZERO, pushed: 0 };
        desk.asks(floor, Road::Open).await;
        desk
    }

    fn feed(&mut self, floor: &Floor, input: Input) {
        self.mono += Duration::from_millis(10);
        for id in self.machine.needs(&input) {
            if let Some(woken) = self.cache.conversation(id).unwrap() {
                self.machine.wake(woken);
            }
        }
        self.machine.handle(input, floor.now(), self.mono);
        self.cache.commit(&self.machine.take_writes()).unwrap();
    }

    /// Asks until nothing is left to ask but a poll that waits.
    async fn asks(&mut self, floor: &Floor, road: Road) {
        while let Some(action) = self.machine.poll_action() {
            let unreachable = || Failure::Unreachable("nobody answers".to_owned());
            let is_pull = matches!(action, Action::Pull { .. });
            let answer = match road {
                Road::Cut => failed(&action, unreachable()),
                Road::Revoked => failed(&action, Failure::Problem { status: 401, title: String::new(), after: None }),
                Road::Open | Road::PullsLost | Road::Deaf => {
                    let Some(answer) = self.answer(floor, &action).await else { continue };
                    let comes = road == Road::Open || (road == Road::PullsLost && !is_pull);
                    if comes { answer } else { failed(&action, unreachable()) }
                }
            };
            self.feed(floor, answer);
        }
    }

    async fn answer(&mut self, floor: &Floor, action: &Action) -> Option<Input> {
        Some(match action.clone() {
            Action::Hello { ticket } => {
                let (device, rep) = (self.device.id, self.device.rep.clone());
                let (name, company) = ("Maya".to_owned(), String::new());
                let session = Session { device, rep, name, role: Role::Rep, company, wire: 1 };
                Input::Session { ticket, result: Ok(session) }
            }
            Action::Push { ticket, push } => {
                self.pushed += push.envelopes.len();
                let (device, rep) = (self.device.id, self.device.rep.clone());
                let work = Work::Push { device, rep, envelopes: push.envelopes };
                let Outcome::Receipts(receipts) = floor.service.submit(work).await.unwrap() else { panic!("a push") };
                Input::Pushed { ticket, result: Ok(Receipts { receipts }) }
            }
            Action::Pull { ticket, cursor, wait, acked, playbook } if wait.is_zero() => {
                let ask = Ask {
                    since: cursor,
                    known: acked,
                    playbook: playbook.unwrap_or(0),
                    wait,
                    drain: None,
                    writing: None,
                };
                let gone = Failure::Problem { status: 410, title: "cursor gone".to_owned(), after: None };
                let result = match feed::changes(&floor.service, &Presences::default(), &self.device, &ask).await {
                    Ok(page) => Ok(Box::new(page)),
                    Err(FeedError::Gone) => Err(gone),
                    Err(FeedError::Store(e)) => panic!("{e}"),
                };
                Input::Pulled { ticket, result }
            }
            Action::Pull { .. } | Action::Older { .. } | Action::Abandon { .. } => return None,
        })
    }

    async fn syncs(&mut self, floor: &Floor, road: Road) {
        self.feed(floor, Input::SyncNow);
        self.asks(floor, road).await;
    }

    /// Maya presses a key, and the network is like this.
    async fn wants(&mut self, floor: &Floor, conversation: Option<ConversationId>, command: Command, road: Road) {
        let seen = conversation.map_or(0, |c| self.machine.state().base[&c].state.inbound);
        self.feed(floor, Input::Wish(Wish::Do { conversation, seen, command }));
        if road != Road::Cut {
            self.feed(floor, Input::SyncNow);
        }
        self.asks(floor, road).await;
    }

    async fn answers(&mut self, floor: &mut Floor, conversation: ConversationId, body: &str, road: Road) {
        let command = Command::Answer { message: floor.fresh(), body: Body::new(body), accept: Vec::new() };
        self.wants(floor, Some(conversation), command, road).await;
    }

    /// Three texts and two wishes that no pull confirms.
    async fn leaves_things_undone(&mut self, floor: &mut Floor, c: ConversationId) {
        self.answers(floor, c, ACCEPTED, Road::PullsLost).await;
        self.answers(floor, c, ON_ITS_WAY, Road::Deaf).await;
        self.answers(floor, c, NEVER_LEFT, Road::Cut).await;
        self.wants(floor, Some(c), Command::Done { outcome: Ending::Called }, Road::Cut).await;
        self.wants(floor, None, Command::away(true), Road::Cut).await;
        assert_eq!(self.machine.state().outbox.entries().len(), 5);
    }

    /// Refused, and signed in anew: another device of the same person. What the person is told.
    async fn signs_in_anew(&mut self, floor: &Floor) -> String {
        self.syncs(floor, Road::Revoked).await;
        assert_eq!(self.machine.link(self.mono), LinkState::SignedOut);
        self.device = maya(floor, 2).await;
        self.pushed = 0;
        drop(self.machine.take_news());
        self.feed(floor, Input::SignedIn);
        self.asks(floor, Road::Open).await;
        self.syncs(floor, Road::Open).await;
        assert_eq!(self.machine.link(self.mono), LinkState::Online);
        let news = self.machine.take_news();
        news.toasts.into_iter().map(|toast| toast.text).collect::<Vec<_>>().join("\n")
    }

    /// What is in the outbox of this device, in words, and where it stands.
    fn outbox(&self) -> Vec<(OutboxId, String, OutboxStanding)> {
        let listed = inbox::outbox(&replica::replay(self.machine.state(), 1.0)).into_iter();
        let own = listed.filter(|e| matches!(e.id, OutboxId::Command(_)));
        own.map(|e| (e.id, e.body.map_or(e.what, |body| body.as_str().to_owned()), e.standing)).collect()
    }

    fn doubts(&self) -> Vec<(String, Doubt)> {
        let doubt = |(_, words, standing)| match standing {
            OutboxStanding::Doubtful(doubt) => (words, doubt),
            other => panic!("{words} stands as {other:?}"),
        };
        self.outbox().into_iter().map(doubt).collect()
    }
}

fn sqlite(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path).unwrap())
}

#[tokio::test]
async fn over_a_backup_that_was_brought_back_nothing_of_before_goes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut floor = Floor::over(sqlite(&at("before.db"))).await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::new(&at("profile"), &floor).await;
    copy(&at("before.db"), &at("backup.db")).unwrap();
    desk.leaves_things_undone(&mut floor, c).await;
    assert_eq!(floor.words(c).await[1..], [ACCEPTED, ON_ITS_WAY], "the record that is lost");

    unpack(&at("backup.db"), &at("after.db")).unwrap();
    let store = sqlite(&at("after.db"));
    restore::prepare(store.clone(), floor.clock.clone(), &Words::default()).await.unwrap();
    floor.store = store;
    floor.restarts().await;
    let told = desk.signs_in_anew(&floor).await;
    assert_eq!(
        told,
        "Signed in anew: nothing of before goes by itself. 4 wait for your eye in the Outbox (O). \
         Not sent any more: 1 (taking back, sending anyway, away)."
    );
    let wanted = [
        (ACCEPTED, Doubt::Accepted),
        (ON_ITS_WAY, Doubt::OnItsWay),
        (NEVER_LEFT, Doubt::NeverLeft),
        ("done: answered by call", Doubt::NeverLeft),
    ];
    assert_eq!(desk.doubts(), wanted.map(|(words, doubt)| (words.to_owned(), doubt)));
    assert_eq!((desk.pushed, floor.words(c).await.len()), (0, 1), "nothing went");
    assert!(!floor.state(c).await.is_done());
    let row = inbox::outbox(&replica::replay(desk.machine.state(), 1.0));
    assert!(row.iter().all(|e| e.conversation == Some(c)));
    // It stays so over a restart.
    assert_eq!(desk.cache.load(floor.now()).unwrap().outbox, desk.machine.state().outbox);

    // The person rules: send again, edit, drop.
    let ids: Vec<OutboxId> = desk.outbox().into_iter().map(|(id, ..)| id).collect();
    desk.feed(&floor, Input::Wish(Wish::Send(ids[0])));
    desk.syncs(&floor, Road::Open).await;
    assert_eq!(floor.words(c).await[1..], [ACCEPTED]);
    desk.feed(&floor, Input::Wish(Wish::Drop { entry: ids[1], keep_as_draft: true }));
    assert_eq!(desk.machine.state().drafts[&c], ON_ITS_WAY);
    desk.feed(&floor, Input::Wish(Wish::Drop { entry: ids[2], keep_as_draft: false }));
    desk.feed(&floor, Input::Wish(Wish::Send(ids[3])));
    desk.syncs(&floor, Road::Open).await;
    assert!(floor.state(c).await.is_done(), "asked again by hand");
    assert_eq!((desk.doubts(), desk.pushed), (Vec::new(), 2));
}

#[tokio::test]
async fn after_a_mere_revocation_what_a_pull_shows_is_settled_and_the_rest_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut floor = Floor::opens().await;
    let c = floor.mayas_buyer().await;
    let mut desk = Desk::new(folder.path(), &floor).await;
    desk.leaves_things_undone(&mut floor, c).await;
    let told = desk.signs_in_anew(&floor).await;
    assert!(told.contains("4 wait for your eye"), "{told}");
    let wanted = [(NEVER_LEFT, Doubt::NeverLeft), ("done: answered by call", Doubt::NeverLeft)];
    assert_eq!(desk.doubts(), wanted.map(|(words, doubt)| (words.to_owned(), doubt)));
    assert_eq!((desk.pushed, floor.words(c).await.len()), (0, 3));
    let ids: Vec<OutboxId> = desk.outbox().into_iter().map(|(id, ..)| id).collect();
    desk.feed(&floor, Input::Wish(Wish::Send(ids[0])));
    desk.syncs(&floor, Road::Open).await;
    assert_eq!(floor.words(c).await[1..], [ACCEPTED, ON_ITS_WAY, NEVER_LEFT]);
}
