//! A month of replies decided again under other rules: `comeback playbook replay`, the real program on a real database.
//!
//! The journal is made by the real rules: 100,000 replies in 5,000 conversations, each taken, answered and finished, sealed
//! into the chain as the backend does. The floor is the same entries read and nothing done with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use comeback::domain::asking::heard::Heard;
use comeback::domain::command::{Actor, Command, Context, ReadSet, Receive};
use comeback::domain::consent::Number;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Card, Opportunity};
use comeback::domain::conversation::Conversation;
use comeback::domain::decide::decide;
use comeback::domain::event::{Event, Outcome, Subject};
use comeback::domain::id::{ContactId, ConversationId, MessageId, NumberId};
use comeback::domain::message::Delivery;
use comeback::domain::playbook::Playbook;
use comeback::domain::roster::Roster;
use comeback::domain::time::{Span, Timestamp};
use comeback::journal::frame::Fact;
use comeback::journal::{Entry, Head, seal};
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{Batch, People, Store as _};
use uuid::Uuid;

use crate::figures::{Times, status_kb};

const PROGRAM: &str = env!("CARGO_BIN_EXE_comeback");
const CONVERSATIONS: u128 = 5_000;
const REPLIES: u128 = 100_000;
const OWNERS: [&str; 3] = ["maya", "ben", "ines"];

/// The rules at work, and the journal they leave.
pub(crate) struct Month {
    pub(crate) playbook: Playbook,
    pub(crate) head: Head,
    pub(crate) entries: Vec<Entry>,
    pub(crate) cards: BTreeMap<NumberId, Vec<Card>>,
}

impl Month {
    /// Decides, seals what follows and applies it.
    pub(crate) fn does(&mut self, state: &mut Conversation, at: Timestamp, actor: &Actor, command: &Command) {
        let (roster, loads, number) = (Roster::default(), BTreeMap::new(), Number::new(state.number));
        let world = ReadSet {
            heard: Heard::Unsure,
            address: None,
            answering: None,
            words: None,
            conversation: (state.inbound > 0).then_some(&*state),
            siblings: Vec::new(),
            number: Some(&number),
            cards: self.cards.get(&state.number).map_or(&[], Vec::as_slice),
            playbook: &self.playbook,
            roster: &roster,
            loads: &loads,
        };
        let cx = Context { now: at, actor: actor.clone(), seen: u64::MAX, behind: false, hold: Span::ZERO };
        for (subject, event) in decide(&world, command, &cx).unwrap() {
            self.says(at, subject, &event, actor);
            state.apply(at, &event);
        }
    }

    pub(crate) fn says(&mut self, at: Timestamp, subject: Subject, event: &Event, actor: &Actor) {
        let fact =
            Fact { subject: &subject, kind: event.kind(), event, actor, command: None, content: &[], took_us: None };
        let (entry, head) = seal(&self.head, at, fact.encode().unwrap());
        self.head = head;
        self.entries.push(entry);
    }
}

pub(crate) fn card(n: u128) -> Card {
    // One has as much as a busy person has: forty thousand of a million replies.
    let busy = n.is_multiple_of(25);
    let owner = Some(if busy { "omar" } else { OWNERS[usize::try_from(n % 3).unwrap()] }.into());
    Card {
        contact: ContactId::from("c"),
        name: format!("Buyer {n}"),
        title: String::new(),
        zone: None,
        home: None,
        account: None,
        owner: owner.clone(),
        sdr: Some("ines".into()),
        opportunity: n.is_multiple_of(2).then(|| Opportunity {
            name: "Renewal".to_owned(),
            stage: "Negotiation".to_owned(),
            amount_cents: 1,
            currency: "USD".to_owned(),
            owner,
            team: Vec::new(),
            ..Opportunity::default()
        }),
        campaign: None,
        last_touch: None,
        account_touch: None,
        touches: Vec::new(),
        intents: Vec::new(),
    }
}

/// A database with a month of it.
async fn made(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let playbook = comeback::config::playbook::read("playbook.toml", include_str!("../assets/playbook.toml")).unwrap();
    let mut month = Month {
        playbook: Playbook { version: 1, ..playbook },
        head: Head::GENESIS,
        entries: Vec::new(),
        cards: BTreeMap::new(),
    };
    let number = |n: u128| NumberId(Uuid::from_u128(n + 1));
    let mut addresses = Vec::new();
    for n in 0..CONVERSATIONS {
        addresses.push((number(n), Address::parse(&format!("+1415{n:07}")).unwrap()));
        month.cards.insert(number(n), vec![card(n)]);
    }
    store.begin().await.unwrap().commit(Batch { addresses: addresses.clone(), ..Batch::default() }).await.unwrap();
    let people =
        addresses.into_iter().map(|(fresh, address)| People { fresh, address, cards: month.cards[&fresh].clone() });
    store.put_cards(&people.collect::<Vec<_>>(), Timestamp::MIN).await.unwrap();

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let began = Timestamp::from_millis(i64::try_from(now).unwrap()) + Span::minutes(-29 * 24 * 60);
    let first = Event::PlaybookApplied { version: 1, by: None, why: None, back_to: None };
    month.says(began, Subject::Playbook, &first, &Actor::Clock);
    let mut put = Batch { playbook: Some(month.playbook.clone()), ..Batch::default() };
    let line = month.playbook.lines.keys().next().unwrap().clone();
    let fresh = |n: u128| Conversation::new(ConversationId(Uuid::from_u128(n + 1_000_000)), number(n), line.clone());
    let mut states: Vec<Conversation> = (0..CONVERSATIONS).map(fresh).collect();
    let between = 29 * 24 * 3_600_000 / i64::try_from(REPLIES).unwrap();
    for reply in 0..REPLIES {
        let at = began + Span::millis(between * i64::try_from(reply).unwrap());
        let state = &mut states[usize::try_from(reply % CONVERSATIONS).unwrap()];
        let message = MessageId(Uuid::from_u128(10_000_000 + 2 * reply));
        let text = Receive {
            message,
            conversation: state.id,
            number: state.number,
            line: state.line.clone(),
            body: Body::new("What would fifty seats cost?"),
            media: 0,
            opt_out_type: None,
            area_code: None,
            acknowledgement: None,
            wait_until: None,
            by_carrier: true,
            sent: None,
        };
        month.does(state, at, &Actor::Carrier, &Command::Receive(text));
        let rep = state.assignee().cloned().unwrap_or_else(|| "lea".into());
        let role = month.playbook.reps[&rep].role;
        let actor = Actor::Rep { rep, role };
        let answer = MessageId(Uuid::from_u128(10_000_001 + 2 * reply));
        let says = Command::Answer { message: answer, body: Body::new("Yes."), accept: Vec::new() };
        let arrives = Command::Report { message: answer, delivery: Delivery::Delivered, error: None };
        month.does(state, at + Span::seconds(20), &actor, &Command::Take);
        month.does(state, at + Span::seconds(21), &actor, &says);
        month.does(state, at + Span::seconds(22), &Actor::Effects, &Command::BeginSend { message: answer });
        month.does(state, at + Span::seconds(23), &Actor::Carrier, &arrives);
        month.does(state, at + Span::seconds(24), &actor, &Command::Done { outcome: Outcome::Texted });
        if month.entries.len() > 10_000 {
            put.entries = std::mem::take(&mut month.entries);
            store.begin().await.unwrap().commit(std::mem::take(&mut put)).await.unwrap();
        }
    }
    put.entries = month.entries;
    store.begin().await.unwrap().commit(put).await.unwrap();
}

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, rules) = (folder.path().join("run.db"), folder.path().join("rules.toml"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(made(&database));
    // Other owners first, and other targets.
    let source = include_str!("../assets/playbook.toml");
    let owners = "ownership = [\n    \"opportunity\",\n";
    assert!(source.contains(owners), "the example's rules begin otherwise");
    let source = source.replacen(owners, "ownership = [\n    \"sdr\",\n    \"opportunity\",\n", 1);
    let source = source.split("\n[[expect]]").next().unwrap().replacen("due = \"12m\"", "due = \"10m\"", 1);
    std::fs::write(&rules, source).unwrap();
    std::fs::write(folder.path().join("territories.csv"), include_str!("../assets/territories.csv")).unwrap();
    let entries: i64 = rusqlite::Connection::open(&database)
        .unwrap()
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    println!("{REPLIES} replies in {CONVERSATIONS} conversations, {entries} entries");
    let mut times = Times::default();
    let mut most = 0;
    for _ in 0..5 {
        let began = Instant::now();
        let mut child = Program::new(PROGRAM)
            .args(["playbook", "replay", "--format", "json", "--since", "30d", "--rules"])
            .arg(&rules)
            .arg("--database")
            .arg(format!("sqlite:{}", database.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It prints when all is read: what it needed most stands in its status until then.
        while child.try_wait().unwrap().is_none() {
            if let Ok(kb) = std::panic::catch_unwind(|| status_kb(child.id(), "VmHWM")) {
                most = most.max(kb);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        times.add(began.elapsed());
        let said = child.wait_with_output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(report["report"]["replies"].as_u64().map(u128::from), Some(REPLIES));
        assert!(report["report"]["moved"].as_u64().unwrap() > 0, "the rules differ");
    }
    times.tell("a month decided again, from exec to exit");
    println!("resident at most: {:.0} MB", most as f64 / 1000.0);
    let began = Instant::now();
    let read = runtime.block_on(async {
        let store = SqliteStore::open(&database).unwrap();
        let (mut after, mut bytes) = (0, 0);
        loop {
            let page = store.entries(after, 5_000).await.unwrap();
            let Some(last) = page.last() else { return bytes };
            after = last.seq;
            bytes += page.iter().map(|entry| entry.body.len()).sum::<usize>();
        }
    });
    println!(
        "floor: the same {:.0} MB of entries read, nothing decided: {:.2} s",
        read as f64 / 1e6,
        began.elapsed().as_secs_f64()
    );
}
