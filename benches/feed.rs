//! A thousand reps wait: how soon after the commit one of them is told, what waiting costs, and a first sync.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use comeback::client::driver;
use comeback::client::handle::{LinkState, Notice};
use comeback::client::profile::Profile;
use comeback::client::shown::Outlet;
use comeback::clock::SystemClock;
use comeback::config::playbook::example;
use comeback::domain::contact::Address;
use comeback::domain::id::{DeviceId, RepId};
use comeback::domain::playbook::Role;
use comeback::domain::time::Timestamp;
use comeback::server::http::auth::token_hash;
use comeback::server::store::sqlite::SqliteStore;
use comeback::server::store::{CarrierLine, LineExtra, Store};
use comeback::wire::session::{Session, SignedIn};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::carrier_load::{Load, deliver_to};
use crate::deadlines::one_conversation;
use crate::figures::{Times, ms, status_kb};
use crate::ingest::{ACCOUNT, Serve, TOKEN};
use crate::multiply::{Copies, multiply};

const PROGRAM: &str = env!("CARGO_BIN_EXE_comeback");
const REPS: usize = 1_000;
const TEXTS: usize = 3_000;
/// Real texts a second.
const RATE: u64 = 100;

/// Every rep a team of their own, with a line of its own: a text is news for one of them.
fn playbook(folder: &Path) -> std::path::PathBuf {
    let mut text = example::PLAYBOOK.to_owned();
    std::fs::write(folder.join("territories.csv"), example::TERRITORIES).unwrap();
    for n in 0..REPS {
        let team = format!(
            "[team.t{n}]\nlabel = \"T{n}\"\nlead = \"r{n}\"\n[rep.r{n}]\nname = \"R{n}\"\ntitle = \"AE\"\nteam = \"t{n}\"\nrole = \"lead\"\n\
             [line.l{n}]\nlabel = \"L{n}\"\nnumber = \"{}\"\nteam = \"t{n}\"\nuse_case = \"new_lead\"\n",
            number(n)
        );
        text.push_str(&team);
    }
    let path = folder.join("teams.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn number(n: usize) -> String {
    format!("+1646{:07}", 2_000_000 + n)
}

fn token(n: usize) -> String {
    format!("cbd_bench_{n}")
}

async fn sign_in(store: &SqliteStore, rep: &RepId, token: &str) {
    let now = Timestamp::from_millis(0);
    let far = Timestamp::from_millis(i64::MAX / 2);
    let invite = token_hash(&format!("invite {token}"));
    store.put_invite(invite, rep, far).await.unwrap();
    let device = DeviceId(Uuid::new_v4());
    store.redeem(invite, now, device, "bench", token_hash(token)).await.unwrap().unwrap();
}

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, playbook) = (folder.path().join("run.db"), playbook(folder.path()));
    Serve::start(&database, &playbook).stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&database).unwrap();
        for n in 0..REPS {
            sign_in(&store, &RepId::new(format!("r{n}")), &token(n)).await;
            let line = CarrierLine {
                number: Address::parse(&number(n)).unwrap(),
                provider: "twilio".to_owned(),
                account: ACCOUNT.to_owned(),
                tokens: vec![TOKEN.to_owned()],
                service: None,
                api: "http://127.0.0.1:9".to_owned(),
                extra: LineExtra::default(),
            };
            store.put_line(&line).await.unwrap();
        }
    });
    let serve = Serve::start(&database, &playbook);
    crate::deadlines::wait_ready(&serve.address);
    let before = status_kb(serve.pid(), "VmRSS");
    let local = tokio::task::LocalSet::new();
    let (times, waiting) = local.block_on(&runtime, watch(&serve));
    let mut times = times;
    times.tell("2xx to the long poll's answer, 1,000 reps waiting");
    println!(
        "memory of a waiting rep: {:.1} kB ({:.0} MB before, {:.0} MB with {REPS} waiting)",
        (waiting - before) as f64 / REPS as f64,
        before as f64 / 1000.0,
        waiting as f64 / 1000.0
    );
}

/// All poll; texts come one after the other, each for one rep.
async fn watch(serve: &Serve) -> (Times, u64) {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel::<(usize, Instant)>();
    let mut ready = Vec::new();
    for n in 0..REPS {
        let (address, told) = (serve.address.clone(), told.clone());
        let (up, is_up) = tokio::sync::oneshot::channel();
        ready.push(is_up);
        tokio::task::spawn_local(async move {
            let mut up = Some(up);
            let mut stream = TcpStream::connect(&address).await.unwrap();
            let mut page = ask(&mut stream, &address, n, "", 0).await;
            loop {
                let cursor = page["cursor"].as_str().unwrap().to_owned();
                if page["more"] == false
                    && let Some(up) = up.take()
                {
                    assert!(up.send(()).is_ok(), "the bench waits");
                }
                page = ask(&mut stream, &address, n, &cursor, 25).await;
                if page["upserts"].as_array().is_some_and(|all| !all.is_empty()) {
                    let heard = told.send((n, Instant::now()));
                    assert!(heard.is_ok(), "the bench listens");
                }
            }
        });
    }
    for up in ready {
        up.await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let waiting = status_kb(serve.pid(), "VmRSS");
    let mut times = Times::default();
    let mut carrier = TcpStream::connect(&serve.address).await.unwrap();
    let load = Load {
        address: serve.address.clone(),
        public_url: format!("http://{}", serve.address),
        account: ACCOUNT.to_owned(),
        token: TOKEN.to_owned(),
        number: String::new(),
        connections: 1,
        people: 1_000_000,
        seconds: 0,
        most: 0,
    };
    let mut tick = tokio::time::interval(Duration::from_millis(1000 / RATE));
    for text in 0..TEXTS {
        tick.tick().await;
        let rep = text * 7 % REPS;
        let load = Load { number: number(rep), ..load.clone() };
        deliver_to(&mut carrier, &load, text as u64).await;
        let committed = Instant::now();
        let at = loop {
            let (n, at) = heard.recv().await.unwrap();
            if n == rep {
                break at;
            }
        };
        // The poll may be answered before the carrier has read its 2xx.
        times.add(at.saturating_duration_since(committed));
    }
    (times, waiting)
}

async fn ask(stream: &mut TcpStream, address: &str, rep: usize, cursor: &str, wait: u64) -> Value {
    ask_as(stream, address, &token(rep), cursor, wait).await
}

async fn ask_as(stream: &mut TcpStream, address: &str, token: &str, cursor: &str, wait: u64) -> Value {
    let request = format!(
        "GET /v1/changes?since={cursor}&wait={wait}&playbook=1 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut all, mut bytes) = (Vec::new(), [0; 8192]);
    loop {
        let n = stream.read(&mut bytes).await.unwrap();
        assert!(n > 0, "the backend hung up");
        all.extend_from_slice(&bytes[..n]);
        let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap();
        if all.len() >= end + 4 + length.trim().parse::<usize>().unwrap() {
            assert!(head.starts_with("http/1.1 200"), "{head}");
            return serde_json::from_slice(&all[end + 4..]).unwrap();
        }
    }
}

/// A new device of a rep with 10,000 open conversations of 10 messages.
pub(crate) fn first_sync() {
    let folder = tempfile::tempdir_in(Path::new(PROGRAM).parent().unwrap()).unwrap();
    let (database, playbook) = one_conversation(folder.path());
    let due = "(unixepoch() + 86400) * 1000 + value";
    multiply(&database, &Copies { count: 10_000, due, messages: 10, principal: Some("rep:maya") });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { sign_in(&SqliteStore::open(&database).unwrap(), &"maya".into(), "cbd_bench").await });
    let serve = Serve::start(&database, &playbook);
    let (mut whole, mut first) = (Times::default(), Times::default());
    for n in 0..5 {
        let session = Session {
            device: DeviceId(Uuid::nil()),
            rep: "maya".into(),
            name: "Maya".to_owned(),
            role: Role::Rep,
            company: "Bench".to_owned(),
            wire: 1,
        };
        let dir = folder.path().join(format!("client-{n}"));
        let signed_in = SignedIn { token: "cbd_bench".to_owned(), session };
        let profile = Profile::save(&dir, &format!("http://{}", serve.address), &signed_in).unwrap();
        let (notices, mut told) = tokio::sync::mpsc::unbounded_channel();
        let outlet = Outlet { raise: Box::new(|_| ()), close: Box::new(|_| ()) };
        let began = Instant::now();
        let handle = driver::start(&profile, Arc::new(SystemClock), outlet, notices).unwrap();
        let (mut rows, mut online) = (0, false);
        while rows < 10_000 || !online {
            match told.blocking_recv().unwrap() {
                Notice::Inbox(inbox) => {
                    if rows == 0 && !inbox.rows.is_empty() {
                        first.add(began.elapsed());
                    }
                    rows = inbox.rows.len();
                }
                Notice::Link(link) => online = link.state == LinkState::Online,
                Notice::Thread(..)
                | Notice::Outbox(_)
                | Notice::Found { .. }
                | Notice::Writing(_)
                | Notice::Around(_)
                | Notice::Unwritten(_)
                | Notice::Measured { .. }
                | Notice::Unmeasured { .. }
                | Notice::Behind { .. }
                | Notice::Toast(_)
                | Notice::Terminal(_)
                | Notice::Moved
                | Notice::Stopped => {}
            }
        }
        whole.add(began.elapsed());
        drop(handle);
        while !matches!(told.blocking_recv(), Some(Notice::Stopped) | None) {}
    }
    let mut floor = Times::default();
    for _ in 0..5 {
        let began = Instant::now();
        let read = async {
            let mut stream = TcpStream::connect(&serve.address).await.unwrap();
            let (mut cursor, mut more) = (String::new(), true);
            while more {
                let page = ask_as(&mut stream, &serve.address, "cbd_bench", &cursor, 0).await;
                (cursor, more) = (page["cursor"].as_str().unwrap().to_owned(), page["more"] == true);
            }
        };
        runtime.block_on(read);
        floor.add(began.elapsed());
    }
    floor.tell("floor: the same pages, asked for and read, nothing written");
    first.tell("initial sync of 10,000 conversations: the first rows");
    whole.tell("initial sync of 10,000 conversations: all of them, written down");
    println!("the backend's memory: {:.0} MB; {}", status_kb(serve.pid(), "VmRSS") as f64 / 1000.0, ms(whole.at(1.0)));
}
