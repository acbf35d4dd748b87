//! The way out, against real servers on this machine that misbehave, and names that lead where they should not.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use comeback::server::egress::{Allow, Allowed, Ask, Egress, EgressError, Names};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// A server that answers each connection with the next of these, and keeps what it was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What is sent, and whether its last part goes on for ever.
#[derive(Clone)]
struct Says(String, Option<&'static str>);

impl Server {
    async fn start(says: impl IntoIterator<Item = Says>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, mut left) = (Arc::new(Mutex::new(Vec::new())), says.into_iter().collect::<VecDeque<_>>());
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 8192];
                let n = stream.read(&mut request).await.unwrap_or(0);
                kept.lock().unwrap().push(String::from_utf8_lossy(&request[..n]).into_owned());
                let Some(Says(text, more)) = left.pop_front() else { continue };
                drop(stream.write_all(text.as_bytes()).await);
                if let Some(more) = more {
                    tokio::spawn(async move {
                        // A byte now and then keeps a connection that only looks at silence.
                        while stream.write_all(more.as_bytes()).await.is_ok() {
                            let pause = if more.len() > 1 { Duration::ZERO } else { Duration::from_millis(5) };
                            tokio::time::sleep(pause).await;
                        }
                    });
                }
            }
        });
        Self { port, asked }
    }

    fn url(&self, path: &str) -> Url {
        self.at("127.0.0.1", path)
    }

    fn at(&self, host: &str, path: &str) -> Url {
        format!("http://{host}:{}{path}", self.port).parse().unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> Says {
    Says(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()), None)
}

fn redirect(to: &str) -> Says {
    Says(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), None)
}

/// Only this one address of this machine: every other loopback address stands for a private network.
fn one() -> Allow {
    ["127.0.0.1"].iter().map(|net| net.parse::<Allowed>().unwrap()).collect()
}

async fn body(egress: &Egress, ask: Ask) -> Result<Vec<u8>, EgressError> {
    egress.ask(ask).await?.bytes().await
}

/// Names that lead to these addresses, one list a question.
struct Book(Mutex<VecDeque<Vec<IpAddr>>>);

impl Book {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let all = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self(Mutex::new(all.collect())))
    }
}

#[async_trait]
impl Names for Book {
    async fn find(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let next = self.0.lock().unwrap().pop_front();
        next.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

#[tokio::test]
async fn what_is_no_place_on_the_internet_is_not_called_however_it_is_written() {
    let egress = Egress::new(Allow::default());
    for url in [
        "http://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[2002:a00:1::]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[ff02::1]/",
        "https://1.1.1.1@127.0.0.1/",
    ] {
        let refused = egress.ask(Ask::get(url.parse().unwrap())).await.unwrap_err();
        assert!(matches!(refused, EgressError::Forbidden { .. }) && refused.never_left(), "{url}: {refused}");
        assert!(refused.stays() && refused.to_string().contains("--egress-allow"), "{refused}");
    }
    for (url, wanted) in [
        ("http://crm.example/", EgressError::Plain { host: "crm.example".to_owned() }),
        ("http://93.184.216.34/", EgressError::Plain { host: "93.184.216.34".to_owned() }),
        ("ftp://crm.example/", EgressError::NotAnAddress),
        ("file:///etc/passwd", EgressError::NotAnAddress),
        ("data:text/plain,x", EgressError::NotAnAddress),
    ] {
        assert_eq!(egress.ask(Ask::get(url.parse().unwrap())).await.unwrap_err(), wanted, "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_and_of_several_addresses_only_those_outside_are_called() {
    let server = Server::start([ok("one"), ok("two")]).await;
    let allow: Allow = ["127.0.0.1", "named.example"].iter().map(|a| a.parse::<Allowed>().unwrap()).collect();
    let named = |book| Egress::with_names(allow.clone(), book);
    for inside in ["10.0.0.1", "127.0.0.2", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "64:ff9b::1"] {
        let egress = named(Book::of(&[&[inside]]));
        let refused = egress.ask(Ask::get("https://evil.example/x?token=s3cret".parse().unwrap())).await.unwrap_err();
        let (host, ip) = match &refused {
            EgressError::Forbidden { host, ip, .. } => (host.as_str(), ip.to_string()),
            other => panic!("{inside}: {other}"),
        };
        assert_eq!((host, ip.as_str()), ("evil.example", inside));
        assert!(!refused.to_string().contains("s3cret"));
    }
    // A name that was allowed may be anywhere, and is called where it is, over plain HTTP too.
    let egress = named(Book::of(&[&["127.0.0.1"]]));
    assert_eq!(body(&egress, Ask::get(server.at("named.example", "/"))).await.unwrap(), b"one");
    // Only the address that may be called is: nothing answers at the others.
    assert_eq!(
        named(Book::of(&[&["10.0.0.1", "127.0.0.1"]])).find("two.example").await.unwrap().to_string(),
        "127.0.0.1"
    );
    let nobody = named(Book::of(&[])).find("nobody.example").await.unwrap_err();
    assert_eq!(nobody, EgressError::NoAddress { host: "nobody.example".to_owned() });
}

#[tokio::test]
async fn a_name_that_answers_differently_a_moment_later_gains_nothing() {
    let server = Server::start([ok("one"), ok("two")]).await;
    let allow = one();
    let book = Book::of(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let egress = Egress::with_names(allow, Arc::clone(&book) as Arc<dyn Names>);
    // It is asked for once, and the connection goes to what it answered.
    let url = server.at("rebind.example", "/");
    let https = Url::parse(&url.as_str().replace("http://", "https://")).unwrap();
    let no_tls = egress.ask(Ask::get(https.clone())).await.unwrap_err();
    assert_eq!(no_tls, EgressError::NoConnection { host: "rebind.example".to_owned() });
    assert_eq!((server.asked().len(), book.0.lock().unwrap().len()), (1, 1));
    let moved = egress.ask(Ask::get(https)).await.unwrap_err();
    assert!(matches!(&moved, EgressError::Forbidden { ip, .. } if ip.to_string() == "127.0.0.2"), "{moved}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_looked_at_like_a_first_address_and_takes_no_proof_along() {
    let egress = Egress::new(one());
    let other = Server::start([ok("elsewhere")]).await;
    let elsewhere = other.url("/file").to_string();
    let server = Server::start([redirect("/again"), redirect(&elsewhere)]).await;
    let ask = || Ask::get(server.url("/start")).basic("AC1", "s3cret").redirects(3);
    assert_eq!(body(&egress, ask()).await.unwrap(), b"elsewhere");
    let (first, second) = (server.asked(), other.asked());
    assert!(first.iter().all(|asked| asked.contains("authorization: Basic ")), "{first:?}");
    assert!(second.len() == 1 && !second[0].to_lowercase().contains("authorization"), "{second:?}");
    assert!(!second[0].to_lowercase().contains("referer"), "{second:?}");

    let inside = Server::start([ok("never")]).await;
    for to in [
        inside.at("127.0.0.2", "/latest/s3cret").to_string(),
        "http://169.254.169.254/latest/s3cret".to_owned(),
        "https://[::1]/s3cret".to_owned(),
    ] {
        let server = Server::start([redirect(&to)]).await;
        let refused = body(&egress, Ask::get(server.url("/")).redirects(3)).await.unwrap_err();
        assert!(matches!(refused, EgressError::Forbidden { .. }), "{to}: {refused}");
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }
    assert!(inside.asked().is_empty());

    // For ever, to nowhere, and where nobody asked to be led.
    let round = Server::start(["/b", "/a", "/b", "/a"].map(redirect)).await;
    let refused = body(&egress, Ask::get(round.url("/a")).redirects(3)).await.unwrap_err();
    assert!(matches!(refused, EgressError::Redirects { .. }) && round.asked().len() == 4, "{refused}");
    let server = Server::start([redirect("/again"), redirect("/again")]).await;
    for ask in [Ask::get(server.url("/")), Ask::post(server.url("/")).redirects(3)] {
        assert_eq!(egress.ask(ask).await.unwrap().status(), 302);
    }
}

#[tokio::test]
async fn what_drips_for_ever_ends_and_what_is_too_much_is_not_read() {
    let egress = Egress::new(one());
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    let server = Server::start([
        Says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_owned(), Some("x")),
        Says("HTTP/1.1 200 OK\r\nX-Slow: ".to_owned(), Some("x")),
        Says(chunked, Some("400\r\n")),
    ])
    .await;
    for path in ["/body?s3cret", "/head?s3cret"] {
        let ask = Ask::get(server.url(path)).within(Duration::from_millis(200));
        let late = body(&egress, ask).await.unwrap_err();
        assert_eq!(late, EgressError::TooLong { host: "127.0.0.1".to_owned() });
        assert!(!late.never_left());
    }
    let garbled = body(&egress, Ask::get(server.url("/"))).await.unwrap_err();
    assert!(matches!(garbled, EgressError::Broke { .. }), "{garbled}");

    let endless = format!("400\r\n{}\r\n", "x".repeat(1024));
    let much = Server::start([
        Says("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_owned(), None),
        Says(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            Some(Box::leak(endless.into_boxed_str())),
        ),
        ok(&"x".repeat(1000)),
    ])
    .await;
    for _ in 0..2 {
        let refused = body(&egress, Ask::get(much.url("/")).at_most(1000)).await.unwrap_err();
        assert_eq!(refused, EgressError::TooLarge { host: "127.0.0.1".to_owned(), most: 1000 });
    }
    assert_eq!(body(&egress, Ask::get(much.url("/")).at_most(1000)).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_proxy_is_asked_only_when_it_is_set_up_and_never_for_what_was_allowed() {
    let proxy = Server::start([Says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_owned(), None)]).await;
    let server = Server::start([ok("direct")]).await;
    let egress = Egress::by_proxy(one(), proxy.url("/"));
    assert_eq!(body(&egress, Ask::get(server.url("/"))).await.unwrap(), b"direct");
    let refused = egress.ask(Ask::get("https://crm.example/s3cret".parse().unwrap())).await.unwrap_err();
    assert!(!refused.to_string().contains("s3cret"), "{refused}");
    let asked = proxy.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("CONNECT crm.example:443 "), "{asked:?}");
    // An address that needs no resolving is looked at here.
    let inside = egress.ask(Ask::get("https://10.0.0.1/".parse().unwrap())).await.unwrap_err();
    assert!(matches!(inside, EgressError::Forbidden { .. }), "{inside}");
}
