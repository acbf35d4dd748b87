//! What became of a send, from what came back over the wire.

use serde::Deserialize;

use super::parse;
use crate::domain::message::Delivery;
use crate::server::carrier::{SendOutcome, answer};

/// Twilio's codes for "too fast": nothing was taken, trying again is safe.
const TOO_FAST: [u32; 2] = [20429, 21611];

#[derive(Deserialize)]
struct Sent {
    sid: String,
    status: String,
}

/// Twilio's own description of an error. Its code tells Twilio from whatever else may have answered.
#[derive(Deserialize, Default)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) code: u32,
}

impl Problem {
    /// The code in a body; 0 when it is not Twilio's JSON.
    pub(super) fn code_of(body: &[u8]) -> u32 {
        serde_json::from_slice::<Self>(body).unwrap_or_default().code
    }
}

/// What an answer says. A body that broke off is given as far as it came, or empty.
pub(super) fn of_answer(status: u16, body: &[u8]) -> SendOutcome {
    answer::of_status(status, Problem::code_of(body), &TOO_FAST, || accepted(body))
}

fn accepted(body: &[u8]) -> SendOutcome {
    match serde_json::from_slice::<Sent>(body) {
        Ok(sent) if !sent.sid.is_empty() => SendOutcome::Accepted {
            id: sent.sid,
            delivery: parse::delivery(&sent.status).unwrap_or(Delivery::Accepted),
        },
        Ok(_) | Err(_) => SendOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::super::Twilio;
    use super::*;
    use crate::domain::contact::{Address, Body};
    use crate::server::carrier::Carrier as _;
    use crate::server::egress::{Allow, Egress};
    use crate::server::store::{CarrierLine, LineExtra};

    fn refused_with(code: u32) -> SendOutcome {
        SendOutcome::Refused { code }
    }

    const SENT: &str = r#"{"sid": "SM1", "status": "queued"}"#;

    fn taken(delivery: Delivery) -> SendOutcome {
        SendOutcome::Accepted { id: "SM1".to_owned(), delivery }
    }

    #[test]
    fn only_what_proves_that_the_text_never_left_is_refused_or_tried_again() {
        let coded = |code: u32| format!(r#"{{"code": {code}, "message": "…", "status": 400}}"#);
        let html = "<html>Bad gateway</html>";
        for (status, body, wanted) in [
            // Taken, or nobody knows what by.
            (201, SENT, taken(Delivery::Queued)),
            (200, SENT, taken(Delivery::Queued)),
            (201, r#"{"sid": "SM1", "status": "teleported"}"#, taken(Delivery::Accepted)),
            (201, r#"{"status": "queued"}"#, SendOutcome::Unknown),
            (201, r#"{"sid": "", "status": "queued"}"#, SendOutcome::Unknown),
            (201, r#"{"sid": "SM1", "sta"#, SendOutcome::Unknown),
            (201, html, SendOutcome::Unknown),
            (204, "", SendOutcome::Unknown),
            // Redirects are not followed, and prove nothing.
            (301, "", SendOutcome::Unknown),
            (307, SENT, SendOutcome::Unknown),
            (304, "", SendOutcome::Unknown),
            // Twilio refuses.
            (400, &coded(21610), refused_with(21610)),
            (400, &coded(30003), refused_with(30003)),
            (401, &coded(20003), refused_with(20003)),
            (404, &coded(20404), refused_with(20404)),
            (409, &coded(20409), refused_with(20409)),
            // Too fast: nothing was taken.
            (429, &coded(20429), SendOutcome::Busy),
            (429, html, SendOutcome::Busy),
            (400, &coded(21611), SendOutcome::Busy),
            // Something else refuses, in HTTP's words: it did not act.
            (400, html, refused_with(400)),
            (403, html, refused_with(403)),
            (407, "", refused_with(407)),
            (413, "", refused_with(413)),
            // Or says nothing of what was done before.
            (408, "", SendOutcome::Unknown),
            (408, &coded(20408), SendOutcome::Unknown),
            (409, html, SendOutcome::Unknown),
            (425, "", SendOutcome::Unknown),
            (460, "", SendOutcome::Unknown),
            (499, html, SendOutcome::Unknown),
            // A server that failed may have failed afterwards, whatever code it gives.
            (500, &coded(20500), SendOutcome::Unknown),
            (500, &coded(20429), SendOutcome::Unknown),
            (502, html, SendOutcome::Unknown),
            (503, &coded(20503), SendOutcome::Unknown),
            (504, "", SendOutcome::Unknown),
            (600, "", SendOutcome::Unknown),
        ] {
            assert_eq!(of_answer(status, body.as_bytes()), wanted, "{status} {body}");
        }
    }

    /// What stands at the API's address.
    #[derive(Clone, Copy, Debug)]
    enum Peer {
        /// Nothing listens.
        Nobody,
        /// Hangs up before a byte was read.
        HangsUp,
        /// Reads the whole request, then resets the connection.
        ResetsAfterReading,
        /// Reads the whole request, then closes in the middle of its answer.
        Says(&'static str),
        /// Reads the whole request and never answers.
        Silent,
        /// Speaks, but no TLS.
        NoTls,
    }

    async fn read_request(stream: &mut TcpStream) {
        let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
        while !seen.windows(4).any(|w| w == b"Body") {
            match stream.read(&mut buffer).await {
                Ok(n @ 1..) => seen.extend_from_slice(&buffer[..n]),
                Ok(0) | Err(_) => return,
            }
        }
    }

    async fn play(peer: Peer, listener: TcpListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            match peer {
                Peer::Nobody | Peer::HangsUp => {}
                Peer::ResetsAfterReading => {
                    read_request(&mut stream).await;
                    stream.set_zero_linger().unwrap();
                }
                Peer::Says(answer) => {
                    read_request(&mut stream).await;
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                Peer::Silent => {
                    read_request(&mut stream).await;
                    std::future::pending::<()>().await;
                }
                Peer::NoTls => stream.write_all(b"220 a mail server\r\n").await.unwrap(),
            }
        }
    }

    async fn send_to(peer: Peer) -> SendOutcome {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if matches!(peer, Peer::NoTls) { "https" } else { "http" };
        let api = format!("{scheme}://{}", listener.local_addr().unwrap());
        let playing = if matches!(peer, Peer::Nobody) {
            drop(listener);
            None
        } else {
            Some(tokio::spawn(play(peer, listener)))
        };
        let line = CarrierLine {
            number: Address::parse("+16465550100").unwrap(),
            provider: "twilio".to_owned(),
            account: "AC00112233445566778899aabbccddeeff".to_owned(),
            tokens: vec!["secret".to_owned()],
            service: None,
            api,
            extra: LineExtra::default(),
        };
        let patience = if matches!(peer, Peer::Silent) { Duration::from_millis(50) } else { Duration::from_secs(60) };
        let twilio = Twilio::answered_within(Egress::new(Allow::loopback()), patience);
        let to = Address::parse("+14155550123").unwrap();
        let outcome = twilio.send(&line, &to, &Body::new("Yes"), "https://c.example/hooks/twilio/status/1").await;
        if let Some(playing) = playing {
            playing.abort();
        }
        outcome
    }

    #[tokio::test]
    async fn a_connection_that_never_stood_proves_it_and_one_that_broke_does_not() {
        for (peer, wanted) in [
            (Peer::Nobody, SendOutcome::Busy),
            (Peer::NoTls, SendOutcome::Busy),
            (Peer::HangsUp, SendOutcome::Unknown),
            (Peer::ResetsAfterReading, SendOutcome::Unknown),
            (Peer::Silent, SendOutcome::Unknown),
            (Peer::Says("HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{\"sid\": "), SendOutcome::Unknown),
            (Peer::Says("HTTP/1.1 201 Cr"), SendOutcome::Unknown),
            (Peer::Says("220 a mail server\r\n"), SendOutcome::Unknown),
            (
                Peer::Says("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
                SendOutcome::Unknown,
            ),
            (Peer::Says("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), SendOutcome::Unknown),
            // The status alone says it, when the rest is cut off.
            (Peer::Says("HTTP/1.1 403 Forbidden\r\nContent-Length: 900\r\n\r\n<html>"), refused_with(403)),
        ] {
            assert_eq!(send_to(peer).await, wanted, "{peer:?}");
        }
    }
}
