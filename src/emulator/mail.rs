//! A mail server that keeps what it is given and sends nothing on: enough of RFC 5321 for a client on this machine.

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::outside;
use super::shared::Shared;

/// Longest line that is read, and longest mail that is kept.
const LONGEST: u64 = 64 * 1024;

/// Takes mail until it is ended with the emulator.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let with = Arc::clone(&shared);
        shared.spawn(async move {
            drop(talk(stream, &with).await);
        });
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut to, mut line) = (String::new(), Vec::new());
    stream.write_all(b"220 mail.emulator ready\r\n").await?;
    loop {
        line.clear();
        if (&mut stream).take(LONGEST).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&line).trim_end().to_owned();
        let word: String = said.chars().take(4).collect::<String>().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" | "HELO" => "250 mail.emulator",
            "RCPT" => {
                to.clone_from(&said);
                "250 OK"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mail = data(&mut stream).await?;
                let to = to.split(['<', '>']).nth(1).unwrap_or_default();
                outside::keep(shared, "mail", None, json!({ "to": to, "mail": mail }));
                "250 kept"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "MAIL" | "RSET" | "NOOP" => "250 OK",
            _ => "502 not spoken here",
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.write_all(b"\r\n").await?;
    }
}

/// A mail's lines up to the dot that ends it.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = Vec::new();
        let read = (&mut *stream).take(LONGEST).read_until(b'\n', &mut line).await?;
        if read == 0 || line == b".\r\n" {
            return Ok(mail);
        }
        // A dot at a line's start was doubled on its way (RFC 5321 §4.5.2).
        let line = line.strip_prefix(b".").unwrap_or(&line);
        if u64::try_from(mail.len()).is_ok_and(|len| len < LONGEST) {
            mail.push_str(&String::from_utf8_lossy(line));
        }
    }
}
