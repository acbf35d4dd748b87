//! Bodies that never end. Time is tokio's paused clock: it moves on by itself when nobody has anything to do, so nothing
//! here really waits.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::logs::assert_no_personal_data;
use super::office::{BUYER, Hook, INBOUND, Office, text};
use super::{SID, head_of, listen};
use crate::log::Log;

/// Waits an hour at most: longer than any patience a server should have. In small steps, each of which looks at the
/// sockets: a paused clock does not know of bytes on their way through the kernel.
async fn within_an_hour<T>(what: impl Future<Output = T>) -> T {
    let patience = async {
        for _ in 0..3600 {
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        done = what => done,
        () = patience => panic!("the connection is still held after an hour"),
    }
}

/// Posts the head and half of the body, and hands over the connection.
async fn half_said(address: std::net::SocketAddr, hook: &Hook) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = format!("Content-Length: {}", hook.body.len() + 1000);
    stream.write_all(head_of(hook, &length).as_bytes()).await.unwrap();
    stream.write_all(&hook.body).await.unwrap();
    stream
}

/// Everything answered until the connection ends; a panic when it does not end.
async fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    within_an_hour(async { while let Ok(1..) = stream.read_buf(&mut answer).await {} }).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_answered_408_and_its_connection_is_let_go() {
    let office = Office::open().await;
    let address = listen(&office).await;
    let before = office.head().await;
    let (log, _guard) = Log::listen();
    let hook = Hook::form(INBOUND, &text(SID, BUYER, "my-card-is-4111"));
    let said = answer(half_said(address, &hook).await).await;
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("\"code\":\"too_slow\""), "{said}");
    let logged = log.take();
    let warned: Vec<&str> = logged.lines().filter(|line| line.contains("\"WARN\"")).collect();
    assert!(warned.len() == 1 && warned[0].contains("did not end within 10 seconds"), "{logged}");
    assert_no_personal_data(&logged);
    assert_no_personal_data(&said);
    assert_eq!(office.head().await, before, "something of it was kept");
    assert!(office.metrics.render().contains("outcome=\"too_slow\"} 1"));
}

/// The limit is on the whole body: a byte now and then does not buy more time.
#[tokio::test(start_paused = true)]
async fn a_body_that_comes_a_byte_at_a_time_is_not_waited_for_either() {
    let office = Office::open().await;
    let address = listen(&office).await;
    let hook = Hook::form(INBOUND, &text(SID, BUYER, "drop by drop"));
    let (mut said, mut drops) = half_said(address, &hook).await.into_split();
    let dripping = tokio::spawn(async move {
        while drops.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(5)).await;
        }
    });
    let mut status = vec![0; "HTTP/1.1 408".len()];
    within_an_hour(said.read_exact(&mut status)).await.unwrap();
    dripping.abort();
    assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 408");
    assert!(office.bodies().await.is_empty());
}
