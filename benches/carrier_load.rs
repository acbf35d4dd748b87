//! A carrier that has much to deliver: signed webhooks over many connections, each sent again only when it failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Whom to load, and how hard.
#[derive(Clone)]
pub(crate) struct Load {
    /// `127.0.0.1:8420`.
    pub(crate) address: String,
    /// What the backend believes its address to be: signatures are computed over it.
    pub(crate) public_url: String,
    pub(crate) account: String,
    pub(crate) token: String,
    /// Our number that is texted.
    pub(crate) number: String,
    pub(crate) connections: usize,
    /// How many people text.
    pub(crate) people: u64,
    /// For so long; 0 for as long as it takes.
    pub(crate) seconds: u64,
    /// Webhooks at most.
    pub(crate) most: u64,
}

/// What came of it.
pub(crate) struct Loaded {
    /// Of each 2xx, from the first byte sent to the last one read.
    pub(crate) times: Vec<Duration>,
    pub(crate) refused: u64,
    pub(crate) took: Duration,
}

/// Delivers until the time is over.
pub(crate) async fn deliver(load: Load) -> Loaded {
    let load = Arc::new(load);
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let until = began + Duration::from_secs(load.seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..load.connections {
        tasks.spawn(one_connection(Arc::clone(&load), Arc::clone(&next), until));
    }
    let mut all = Loaded { times: Vec::new(), refused: 0, took: Duration::ZERO };
    while let Some(done) = tasks.join_next().await {
        let (times, refused) = done.expect("a connection's task");
        all.times.extend(times);
        all.refused += refused;
    }
    all.took = began.elapsed();
    all
}

async fn one_connection(load: Arc<Load>, next: Arc<AtomicU64>, until: Instant) -> (Vec<Duration>, u64) {
    let mut stream = TcpStream::connect(&load.address).await.expect("the backend listens");
    stream.set_nodelay(true).expect("a socket option");
    let (mut times, mut refused) = (Vec::new(), 0);
    let mut answer = vec![0; 16 * 1024];
    while load.seconds == 0 || Instant::now() < until {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= load.most {
            break;
        }
        let request = webhook(&load, n);
        let sent = Instant::now();
        stream.write_all(&request).await.expect("the backend reads");
        let status = read_answer(&mut stream, &mut answer).await;
        if (200..300).contains(&status) { times.push(sent.elapsed()) } else { refused += 1 }
    }
    (times, refused)
}

/// Delivers one text, which must be accepted.
#[allow(dead_code, reason = "for a bench that chooses its texts itself")]
pub(crate) async fn deliver_to(stream: &mut TcpStream, load: &Load, n: u64) {
    stream.write_all(&webhook(load, n)).await.expect("the backend reads");
    let status = read_answer(stream, &mut [0; 4096]).await;
    assert!((200..300).contains(&status), "refused: {status}");
}

/// One signed webhook as bytes: what Twilio sends for an inbound text.
fn webhook(load: &Load, n: u64) -> Vec<u8> {
    // Scattered over the people, the same on every run.
    let person = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % load.people;
    let from = format!("+1415{:07}", 1_000_000 + person);
    let sid = format!("SM{:032x}", (u128::from(n) << 64) | 0xC0FF_EE00);
    let body = format!("Can we move the call? Text number {n} about the contract.");
    let mut params = [
        ("AccountSid", load.account.as_str()),
        ("ApiVersion", "2010-04-01"),
        ("Body", &body),
        ("From", &from),
        ("FromCity", "SAN FRANCISCO"),
        ("FromCountry", "US"),
        ("FromState", "CA"),
        ("FromZip", "94105"),
        ("MessageSid", &sid),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", &sid),
        ("SmsSid", &sid),
        ("SmsStatus", "received"),
        ("To", &load.number),
        ("ToCity", "NEW YORK"),
        ("ToCountry", "US"),
        ("ToState", "NY"),
        ("ToZip", "10001"),
    ];
    params.sort_unstable();
    let path = "/hooks/twilio/inbound";
    let mut mac = Hmac::<Sha1>::new_from_slice(load.token.as_bytes()).expect("any key");
    mac.update(format!("{}{path}", load.public_url).as_bytes());
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nX-Twilio-Signature: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        load.address,
        form.len()
    )
    .into_bytes()
}

/// Reads one answer to its last byte; its status.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> u16 {
    let mut filled = 0;
    loop {
        let n = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(n > 0, "the backend hung up");
        filled += n;
        let Some(end) = buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end]).expect("a head").to_ascii_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).and_then(|l| l.trim().parse().ok());
        if filled >= end + 4 + length.unwrap_or(0) {
            return head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        }
    }
}
