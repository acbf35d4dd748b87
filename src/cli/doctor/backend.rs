//! The way to a backend, step by step: name, connection, TLS and HTTP, and the two clocks.

use std::error::Error as _;
use std::time::Duration;

use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::report::Report;
use crate::client::skew::Skew;
use crate::clock::{Clock as _, SystemClock, monotonic};
use crate::domain::time::Timestamp;

/// Longest wait for one step.
const PATIENCE: Duration = Duration::from_secs(8);
/// Questions for the clock; the quickest counts.
const SAMPLES: usize = 4;
/// Clocks that differ by more than this are worth a look, in milliseconds.
const OFF: i64 = 2_000;
/// And by more than this something is wrong: certificates and logs mislead.
const FAR_OFF: i64 = 60_000;

/// What `/health` answers.
#[derive(Deserialize)]
struct Health {
    version: String,
    time: Option<i64>,
    pace: Option<f64>,
}

/// Looks at the way to `base_url`. True when a backend answers there.
pub(super) async fn look(report: &mut Report, area: &'static str, base_url: &str) -> bool {
    let Some((url, host, port)) = parts(base_url) else {
        report.wrong(area, "address", "not an address like https://comeback.example", "see its spelling");
        return false;
    };
    let shown = format!("{}://{host}:{port}", url.scheme());
    let here =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    if url.scheme() == "https" || here {
        report.fine(area, "address", shown);
    } else {
        report.wrong(
            area,
            "address",
            format!("{shown} is not encrypted"),
            "use https: put a proxy that ends TLS in front",
        );
    }
    let proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find(|v| std::env::var_os(v).is_some_and(|v| !v.is_empty()));
    match proxy.filter(|_| !here) {
        Some(variable) => report.fine(area, "proxy", format!("requests go through the one that {variable} names")),
        None => {
            if !connects(report, area, &host, port).await {
                return false;
            }
        }
    }
    speaks(report, area, url, here).await
}

fn parts(base_url: &str) -> Option<(Url, String, u16)> {
    let mut url = Url::parse(base_url.trim()).ok()?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
    Some((url, host, port))
}

async fn connects(report: &mut Report, area: &'static str, host: &str, port: u16) -> bool {
    let name = host.trim_matches(['[', ']']);
    let found = match timeout(PATIENCE, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(e)) => {
            report.wrong(
                area,
                "name",
                format!("no address for {host}: {e}"),
                "see the spelling, the network, and whether a VPN is needed",
            );
            return false;
        }
        Err(_) => {
            report.wrong(area, "name", "the name server does not answer", "see the network");
            return false;
        }
    };
    report.fine(area, "name", format!("{} address(es)", found.len()));
    let asked = monotonic();
    match timeout(PATIENCE, TcpStream::connect(found.as_slice())).await {
        Ok(Ok(_)) => {
            report.fine(
                area,
                "connection",
                format!("in {} ms", monotonic().saturating_duration_since(asked).as_millis()),
            );
            true
        }
        Ok(Err(e)) => {
            report.wrong(
                area,
                "connection",
                format!("none to port {port}: {e}"),
                "see that the backend (or the proxy before it) runs, and the firewall",
            );
            false
        }
        Err(_) => {
            report.wrong(
                area,
                "connection",
                format!("port {port} does not answer"),
                "a firewall drops it: ask who runs the network",
            );
            false
        }
    }
}

async fn speaks(report: &mut Report, area: &'static str, base: Url, here: bool) -> bool {
    let mut http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    if here {
        http = http.no_proxy();
    }
    let (Ok(http), Ok(url)) = (http.build(), base.join("health")) else {
        report.wrong(area, "TLS", "does not start", "see that the system's certificates are installed");
        return false;
    };
    let started = monotonic();
    let mono = || monotonic().saturating_duration_since(started);
    let mut skew = Skew::new(SystemClock.now(), mono());
    let mut health = None;
    for _ in 0..SAMPLES {
        let sent = mono();
        let answer = match http.get(url.clone()).send().await {
            Ok(answer) => answer,
            Err(e) => {
                fails(report, area, &e);
                return false;
            }
        };
        let heard = mono();
        let status = answer.status();
        let said = answer.bytes().await.unwrap_or_default();
        let Some(found) = serde_json::from_slice::<Health>(&said).ok().filter(|_| status.is_success()) else {
            let next = if status.is_server_error() {
                "a proxy answers and the backend behind it does not: ask your operator, who runs comeback doctor --database …"
            } else {
                "what answers there is not a comeback backend: see the address"
            };
            report.wrong(area, "HTTP", format!("/health answers {}", status.as_u16()), next);
            return false;
        };
        if let Some(time) = found.time {
            skew.sample(sent, heard, Timestamp::from_millis(time), found.pace.unwrap_or(1.0));
        }
        health = Some(found);
    }
    let Some(health) = health else { return false };
    let ours = env!("CARGO_PKG_VERSION");
    report.fine(
        area,
        "HTTP",
        format!("comeback {} answers{}", health.version, if base.scheme() == "https" { " over TLS" } else { "" }),
    );
    if health.version != ours {
        let said = format!("{} there, {ours} here", health.version);
        report.look(
            area,
            "versions",
            said,
            "fine as long as both speak the same wire; update the older one when you can",
        );
    }
    let jumped = skew.look(SystemClock.now(), mono());
    clocks(report, &skew, mono(), jumped);
    true
}

fn fails(report: &mut Report, area: &'static str, e: &reqwest::Error) {
    let mut cause = e.source();
    let mut last = String::new();
    while let Some(e) = cause {
        last = e.to_string();
        cause = e.source();
    }
    if last.contains("certificate") || last.contains("tls") || last.contains("TLS") || last.contains("handshake") {
        let next = "the certificate is not trusted, expired or for another name, or TLS ends somewhere else: see the proxy; see this machine's date, too";
        report.wrong(area, "TLS", last, next);
    } else if e.is_timeout() {
        report.wrong(area, "HTTP", "no answer in time", "the connection stands and nobody answers: ask your operator");
    } else {
        report.wrong(
            area,
            "HTTP",
            if last.is_empty() { "the connection broke".to_owned() } else { last },
            "see that the port is the backend's, and http or https is right",
        );
    }
}

/// This machine's clock against the backend's. A suspend between question and answer would spoil it, and is noticed.
fn clocks(report: &mut Report, skew: &Skew, mono: Duration, jumped: bool) {
    const AREA: &str = "clock";
    if jumped {
        report.look(AREA, "this machine's", "jumped or slept while we looked", "ask again");
        return;
    }
    let Some(error) = skew.error() else {
        report.look(AREA, "backend's", "the backend does not tell its time", "update the backend");
        return;
    };
    if (skew.pace() - 1.0).abs() > f64::EPSILON {
        report.fine(AREA, "backend's", format!("a demo's: {} times as fast as this machine's", skew.pace()));
        return;
    }
    let off = (skew.now(mono) - SystemClock.now()).as_millis();
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let seconds = off as f64 / 1000.0;
    let said = format!("{seconds:+.1} s from this machine's, measured to {} ms", error.as_millis());
    let next = "countdowns are corrected for it; let the machines follow a time server (timedatectl)";
    match off.abs() {
        0..=OFF => report.fine(AREA, "backend's", said),
        _ if off.abs() <= FAR_OFF => report.look(AREA, "backend's", said, next),
        _ => report.wrong(AREA, "backend's", said, next),
    }
}
