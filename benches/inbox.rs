//! The rep's client over 100,000 conversations with 1,000,000 messages, of which 2,000 conversations are open.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use comeback::client::cache::Cache;
use comeback::client::profile::Profile;
use comeback::client::search::Searcher;
use comeback::client::state::Write;
use comeback::config;
use comeback::domain::consent::Number;
use comeback::domain::consent::told::Automatic;
use comeback::domain::contact::{Address, Body};
use comeback::domain::context::{Account, Card, Intent, Opportunity, Touch};
use comeback::domain::conversation::{Answer, AnswerState, Conversation, Status};
use comeback::domain::event::Outcome;
use comeback::domain::id::{ContactId, ConversationId, DeviceId, MessageId, NumberId};
use comeback::domain::message::{Delivery, InboundKind};
use comeback::domain::ownership::OwnerSource;
use comeback::domain::playbook::Role;
use comeback::domain::routing::{Assignment, Because, Holder, Reason};
use comeback::domain::sla::{Clock, Response, Stage};
use comeback::domain::time::{Span, Timestamp};
use comeback::wire::changes::{Author, Message, Snapshot};
use comeback::wire::session::{Session, SignedIn};
use uuid::Uuid;

use crate::figures::{Times, ms, on_core, status_kb};
use crate::pseudo_terminal::Terminal;
use crate::words::{Dice, name, text, word};

const CONVERSATIONS: u128 = 100_000;
const MESSAGES: u64 = 10;
/// Not done: what a team of forty holds on a bad day.
const OPEN: u128 = 2_000;
/// Of them for this rep.
const MINE: u128 = 200;
const PROGRAM: &str = env!("CARGO_BIN_EXE_comeback");

/// A home with the filled cache, made once and kept in the target folder.
fn home() -> PathBuf {
    let home = Path::new(PROGRAM).ancestors().nth(2).unwrap().join("bench-data/inbox-3");
    let dir = home.join("data/comeback/default");
    if !home.join("whole").exists() {
        drop(std::fs::remove_dir_all(&home));
        let began = Instant::now();
        fill(&dir);
        std::fs::write(home.join("whole"), "").unwrap();
        println!("made {CONVERSATIONS} conversations in {:.0} s", began.elapsed().as_secs_f64());
    }
    // Nobody listens there: the client is offline, and shows what it has.
    let session = session();
    Profile::save(&dir, "http://127.0.0.1:9", &SignedIn { token: "cbd_none".to_owned(), session }).unwrap();
    home
}

fn session() -> Session {
    Session {
        device: DeviceId(Uuid::from_u128(7)),
        rep: "maya".into(),
        name: "Maya Okafor".to_owned(),
        role: Role::Rep,
        company: "Bench".to_owned(),
        wire: 1,
    }
}

fn fill(dir: &Path) {
    let mut cache = Cache::open(dir).unwrap();
    let playbook = config::playbook::read("playbook.toml", include_str!("../assets/playbook.toml")).unwrap();
    cache
        .commit(&[Write::Session(session()), Write::Playbook(Arc::new(playbook)), Write::Cursor("1.1".to_owned())])
        .unwrap();
    let now = Timestamp::from_millis(i64::try_from(now_ms()).unwrap());
    let mut dice = Dice::new(1);
    let mut writes = Vec::new();
    for n in 1..=CONVERSATIONS {
        let snapshot = snapshot(n, now, &mut dice);
        writes.push(Write::Seen(snapshot.state.id, snapshot.state.inbound));
        writes.push(Write::Upsert(Box::new(snapshot)));
        if writes.len() >= 2_000 {
            cache.commit(&writes).unwrap();
            writes.clear();
        }
    }
    cache.commit(&writes).unwrap();
}

fn now_ms() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

/// The `n`th conversation: the first ones are open, the rest done.
fn snapshot(n: u128, now: Timestamp, dice: &mut Dice) -> Snapshot {
    let id = ConversationId(Uuid::from_u128(n));
    let number = NumberId(Uuid::from_u128(1_000_000 + n));
    let age = Span::minutes(i64::try_from(n).unwrap());
    let last = now - age;
    let mut c = Conversation::new(id, number, "main".into());
    c.team = "enterprise".into();
    "question".clone_into(&mut c.use_case);
    "late-stage".clone_into(&mut c.cohort);
    c.inbound = MESSAGES / 2;
    c.last_inbound = Some(last);
    c.last_kind = Some(InboundKind::Text);
    c.answered = true;
    c.changed = last;
    let rep = if n <= MINE { "maya" } else { "ben" };
    c.owner = Some("maya".into());
    let because =
        Because { reason: Reason::Owner(OwnerSource::Opportunity), passed: Vec::new(), playbook: 1, climbed: None };
    let to = Holder::Rep(rep.into());
    c.assignment = Some(Assignment { to, taken: None, step: Some(0), expires: None, at: last, because });
    if n <= OPEN {
        // Hours away: countdowns by the minute.
        let due = now + Span::minutes(600 + i64::try_from(n).unwrap());
        c.clock = Some(Clock {
            response: Response::Next,
            cohort: "late-stage".to_owned(),
            started: last,
            warn: due - Span::minutes(5),
            due,
            stage: Stage::Running,
            playbook: 1,
        });
    } else {
        c.status = Status::Done(Outcome::Texted);
    }
    let messages: Vec<Message> = (1..=MESSAGES)
        .map(|at| {
            let id = MessageId(Uuid::from_u128(n * 1_000 + u128::from(at)));
            let when = last - Span::minutes(i64::try_from((MESSAGES - at) * 60).unwrap());
            let ours = at % 2 == 0 && at < MESSAGES;
            let state = AnswerState::Out { delivery: Delivery::Delivered, error: None };
            if ours {
                c.answers.insert(
                    id,
                    Answer {
                        by: "maya".into(),
                        automatic: false,
                        what: Automatic::default(),
                        at: when,
                        approved: None,
                        state: state.clone(),
                    },
                );
            }
            Message {
                id,
                n: at,
                at: when,
                author: if ours { Author::Rep("maya".into()) } else { Author::Buyer(InboundKind::Text) },
                body: Some(Body::new(text(dice))),
                media: Vec::new(),
                standing: ours.then_some(state),
            }
        })
        .collect();
    let card = Card {
        contact: ContactId::from(format!("003-{n}").as_str()),
        name: name(dice),
        title: "Head of Operations".to_owned(),
        zone: None,
        home: None,
        account: Some(Account {
            name: format!("{} Ltd", name(dice)),
            owner: Some("maya".into()),
            ..Account::default()
        }),
        owner: Some("maya".into()),
        sdr: None,
        opportunity: Some(Opportunity {
            name: format!("{} rollout", word(dice)),
            stage: "Negotiation".to_owned(),
            amount_cents: 4_800_000,
            currency: "USD".to_owned(),
            owner: Some("maya".into()),
            team: Vec::new(),
            ..Opportunity::default()
        }),
        campaign: None,
        account_touch: None,
        touches: Vec::new(),
        last_touch: Some(Touch {
            at: last - Span::minutes(2880),
            kind: "call".to_owned(),
            summary: text(dice),
            by: None,
        }),
        intents: vec![Intent { at: last, kind: "pricing_page".to_owned(), detail: text(dice), ..Intent::default() }],
    };
    Snapshot {
        answering: None,
        state: c,
        seq: u64::try_from(CONVERSATIONS - n + 1).unwrap(),
        address: Address::parse(&format!("+1415{:07}", 1_000_000 + n)).unwrap(),
        number: Number::new(number),
        cards: vec![card],
        messages,
        earlier: false,
        whole_from: None,
    }
}

/// Start, memory, keys and search.
pub(crate) fn run() {
    let home = home();
    let mut starts = Times::default();
    let mut rss = Vec::new();
    for _ in 0..20 {
        let terminal = Terminal::start(Path::new(PROGRAM), &home, (120, 40));
        // The first useful frame has rows with clocks.
        let (at, _) = terminal.until(" left ", Duration::from_secs(60));
        starts.add(at - terminal.started);
        terminal.settle(Duration::from_millis(500));
        rss.push(status_kb(terminal.pid(), "VmRSS"));
    }
    starts.tell("first useful frame, from exec");
    let mut floor = Times::default();
    for _ in 0..20 {
        let began = Instant::now();
        assert!(Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status().unwrap().success());
        floor.add(began.elapsed());
    }
    floor.tell("floor: exec and exit of the same program");
    rss.sort_unstable();
    println!("resident after the start: {:.1} MB (median of {})", rss[rss.len() / 2] as f64 / 1000.0, rss.len());
    for size in [(80, 24), (120, 40)] {
        keys(&home, size);
    }
    search();
}

fn keys(home: &Path, size: (u16, u16)) {
    let mut terminal = Terminal::start(Path::new(PROGRAM), home, size);
    terminal.until(" left ", Duration::from_secs(60));
    terminal.settle(Duration::from_millis(500));
    let (columns, rows) = size;
    // One at a time, each with the conversation it opens beside the list; then held, forty milliseconds apart.
    for (what, apart, moves) in [("one by one", 300, 100), ("held", 40, 800)] {
        let (mut times, mut sizes) = (Times::default(), Vec::new());
        for n in 0..moves {
            // Not only at the top: down a screen and a half, and up again.
            let key = if n % 40 < 20 { "j" } else { "k" };
            let pressed = terminal.type_in(key);
            let quiet = Duration::from_millis(apart / 4);
            if let Some((at, bytes)) = terminal.burst(quiet, Duration::from_secs(1)) {
                times.add(at - pressed);
                sizes.push(bytes.len());
            }
            std::thread::sleep((Duration::from_millis(apart)).saturating_sub(pressed.elapsed()));
        }
        times.tell(&format!("key press to bytes, a move by one row, {what}, {columns}x{rows}"));
        sizes.sort_unstable();
        println!("bytes of it: median {} · p99 {}", sizes[sizes.len() / 2], sizes[sizes.len() * 99 / 100]);
        terminal.settle(Duration::from_millis(500));
    }
    println!("resident after 900 moves: {:.1} MB", status_kb(terminal.pid(), "VmRSS") as f64 / 1000.0);
}

/// Every beginning of many words, as they are typed, through the client's own searching thread.
pub(crate) fn search() {
    let path = Cache::path_in(&home().join("data/comeback/default"));
    let (found, results) = channel();
    let searcher = Searcher::start(&path, move |query, hits| drop(found.send((query, hits.len())))).unwrap();
    let mut dice = Dice::new(99);
    let (mut cold, mut times, mut hits) = (Times::default(), Times::default(), 0);
    let (bare, mut floor) = (rusqlite::Connection::open(&path).unwrap(), Times::default());
    for n in 0..300 {
        let word = word(&mut dice);
        for end in 2..=word.len() {
            let query = &word[..end];
            let asked = Instant::now();
            searcher.ask(query.to_owned());
            let (answered, found) = results.recv_timeout(Duration::from_secs(30)).unwrap();
            assert_eq!(answered, query);
            hits += found;
            if n < 3 {
                cold.add(asked.elapsed());
            } else {
                times.add(asked.elapsed());
            }
            let began = Instant::now();
            assert_eq!(comeback::client::search::search(&bare, query).unwrap().len(), found);
            floor.add(began.elapsed());
        }
    }
    cold.tell("search, the first three words");
    times.tell("search as typed, newest 50");
    floor.tell("floor: the same statements, no thread and no channel, read a moment later");
    assert!(hits > 0, "words were found");
}

/// Time on a core while nobody types: a connected inbox, for five minutes (`COMEBACK_IDLE_SECONDS`).
pub(crate) fn idle() {
    let seconds = std::env::var("COMEBACK_IDLE_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(300);
    for (what, text, speed) in [
        ("minute countdowns", "Hello, can we meet some day next week?", "1"),
        ("a countdown by the second", "What is the price? Legal needs the contract today.", "1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut demo = Command::new(PROGRAM)
            .args(["demo", "--headless", "--quiet", "--speed", speed, "--data"])
            .arg(folder.path().join("demo"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(demo.stdout.take().unwrap()), &mut line).unwrap();
        let about: serde_json::Value = serde_json::from_str(&line).unwrap();
        sign_in(folder.path(), &about);
        let seen = text_from_buyer(&about, text);
        let terminal = Terminal::start(Path::new(PROGRAM), folder.path(), (120, 40));
        terminal.until("online", Duration::from_secs(30));
        std::thread::sleep(Duration::from_secs(5));
        let before = on_core(terminal.pid());
        let began = Instant::now();
        std::thread::sleep(Duration::from_secs(seconds));
        let share =
            on_core(terminal.pid()).saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
        println!("idle, {what} ({seen}): {share:.3} % of a core over {seconds} s");
        drop(terminal);
        drop(demo.kill());
        drop(demo.wait());
    }
    let _ = ms(Duration::ZERO);
}

fn sign_in(home: &Path, about: &serde_json::Value) {
    let mut login = Command::new(PROGRAM)
        .args(["login", about["base_url"].as_str().unwrap(), "--token-stdin"])
        .env("XDG_DATA_HOME", home.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let token = about["tokens"]["maya"].as_str().unwrap();
    std::io::Write::write_all(&mut login.stdin.take().unwrap(), format!("{token}\n").as_bytes()).unwrap();
    assert!(login.wait().unwrap().success());
}

/// A buyer of Maya's texts; how its clock runs.
fn text_from_buyer(about: &serde_json::Value, text: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/emulator/v1/inbound", about["emulator_url"].as_str().unwrap());
    let body = serde_json::json!({ "from": "+13125550162", "body": text });
    let status = runtime.block_on(async { http.post(url).json(&body).send().await.unwrap().status() });
    format!("texted, {status}")
}
