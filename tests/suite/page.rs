//! A report's page, looked at in a real browser (Chromium, headless): what should be seen is there, on the screen and on paper;
//! what hostile people call themselves is text; and nothing is asked of anybody.
//!
//! The browser is given a proxy of ours for everything, loopback too: nothing else is reached, and its own log says what a
//! page wanted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

mod markup;
mod paper;
mod reports;
mod width;
mod worth;

/// Where the page stands, as the browser knows it. Nobody resolves it: it goes through the proxy.
const ORIGIN: &str = "http://report.invalid/";

/// What leaves the browser, and the pages it gets.
struct Outside {
    asked: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Outside {
    fn with(page: String) -> Self {
        Self::holding(vec![(ORIGIN, page)])
    }

    fn holding(pages: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, pages) = (Arc::clone(&asked), Arc::new(pages));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, pages) = (Arc::clone(&heard), Arc::clone(&pages));
                std::thread::spawn(move || serve(stream, &pages, &heard));
            }
        });
        Self { asked, port }
    }

    /// Every address that was asked for, in order.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, pages: &[(&str, String)], heard: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    for line in lines {
        if line.is_empty() {
            break;
        }
    }
    let wanted = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = match pages.iter().find(|(at, _)| *at == wanted) {
        Some((_, page)) => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        ),
        None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    };
    heard.lock().unwrap().push(wanted);
    let mut stream = stream;
    drop(stream.write_all(answer.as_bytes()));
}

/// Runs the browser on the page, in a profile of its own that is thrown away. Beside what it says: every address that the
/// page wanted, by the browser's own log of the net. What browsers ask their makers is no page's, and left out.
fn browse(outside: &Outside, ends: &[&str]) -> (Output, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let program = chromium();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "120"]).arg(&program);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-extensions", "--disable-default-apps", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{}", outside.port))
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--log-net-log={}", profile.path().join("net.json").display()))
        .args(ends)
        .arg(ORIGIN)
        .env("HOME", profile.path());
    let output = command.output().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log: Value = serde_json::from_slice(&std::fs::read(profile.path().join("net.json")).unwrap()).unwrap();
    let begun = log["events"].as_array().unwrap().iter().map(|event| &event["params"]);
    let of_pages = begun.filter(|said| said["initiator"].as_str().is_some_and(|by| by != "not an origin"));
    let wanted = of_pages.filter_map(|said| said["url"].as_str()).map(str::to_owned).collect();
    (output, wanted)
}

fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&paths).flat_map(|dir| names.map(|name| dir.join(name))).find(|path| path.is_file());
    found.expect("Chromium is missing: run tests/run, which installs it")
}

/// The document as the browser understood it.
fn seen(page: &str) -> (String, Vec<String>) {
    let outside = Outside::with(page.to_owned());
    let (output, wanted) = browse(&outside, &["--dump-dom"]);
    assert!(outside.asked().iter().any(|url| url == ORIGIN), "the page was never asked for");
    (String::from_utf8(output.stdout).unwrap(), wanted)
}

/// What the page wanted beside itself; browsers look for its icon, too.
fn elsewhere(wanted: &[String]) -> Vec<&String> {
    wanted.iter().filter(|url| *url != ORIGIN && **url != format!("{ORIGIN}favicon.ico")).collect()
}

fn count(dom: &str, what: &str) -> usize {
    dom.matches(what).count()
}

/// Draws the page on a screen so wide.
fn drawn(page: String, width: u16, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let screen = folder.path().join(name);
    let shot = format!("--screenshot={}", screen.display());
    browse(&Outside::with(page), &[&shot, &format!("--window-size={width},1600")]);
    let picture = std::fs::read(&screen).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 40_000, "{} bytes: nothing was drawn", picture.len());
    keep(&screen, name);
}

/// Keeps what was drawn, for whoever wants to look.
fn keep(file: &Path, name: &str) {
    if let Some(folder) = std::env::var_os("COMEBACK_TEST_KEEP") {
        std::fs::copy(file, Path::new(&folder).join(name)).unwrap();
    }
}
