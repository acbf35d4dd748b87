//! Somebody outside is called while all is well, and is not when it is not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::program::{
    keep, {Machine, PLAYBOOK},
};
use super::tmux::eventually;

/// Counts who asks for its secret path. Its thread ends with the test's process.
fn listener() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/ping/s3cret-path", listener.local_addr().expect("an address"));
    let beats = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&beats);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            if reader.read_line(&mut line).is_ok() && line.starts_with("GET /ping/s3cret-path ") {
                heard.fetch_add(1, Ordering::SeqCst);
            }
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
        }
    });
    (url, beats)
}

#[test]
fn it_beats_while_all_is_well_stays_away_while_the_database_is_locked_and_comes_back() {
    let machine = Machine::new();
    let (url, beats) = listener();
    let file = machine.home().join("heartbeat");
    keep(&file, &format!("{url}\n"));
    let file = file.to_str().expect("UTF-8");
    let serve = machine.serve(&["--heartbeat-url-file", file, "--heartbeat-seconds", "1"], "");
    let count = || beats.load(Ordering::SeqCst);
    let grows = |from: usize| eventually("a heartbeat", || (count() > from).then_some(()));
    grows(1);

    // This process is another one than the backend.
    let database = machine.home().join("comeback.db");
    let other = rusqlite::Connection::open(database).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE").expect("its lock");
    eventually("a withheld heartbeat", || {
        serve.said().contains("withheld: the database cannot be written").then_some(())
    });
    let before = count();
    let ready = format!("{}/ready", serve.url());
    let status = |url: &str| machine.status_of(url);
    // Each answer takes longer than the pause between two beats.
    assert_eq!([status(&ready), status(&ready)], [503, 503]);
    assert_eq!(count(), before, "it went on beating");
    assert_eq!(status(&format!("{}/health", serve.url())), 200, "the process lives");

    other.execute_batch("ROLLBACK").expect("its end");
    grows(before);
    eventually("its return in the log", || serve.said().contains("the heartbeat is back").then_some(()));
    assert_eq!(status(&ready), 200);
    let said = serve.said();
    assert!(!said.contains("s3cret") && !said.contains(&url), "the log holds the secret address:\n{said}");
}

#[test]
fn a_heartbeat_nobody_hears_is_told_without_its_address_and_one_in_the_clear_is_refused() {
    let machine = Machine::new();
    let database = machine.database();
    let serve = ["serve", "--playbook", PLAYBOOK, "--database", &database, "--listen", "127.0.0.1:0"];
    let refused = |more: &[&str]| {
        let said = machine.run(&[&serve[..], more].concat(), "");
        assert!(!said.ok && !said.err.contains("s3cret"), "{}", said.err);
        said.err
    };
    let refused_in = |url: &str| {
        let said = machine.run_with(&[("COMEBACK_HEARTBEAT_URL", url)], &serve, "");
        assert!(!said.ok && !said.err.contains("s3cret"), "{}", said.err);
        said.err
    };
    assert!(refused_in("http://hc.example/s3cret").contains("use https"));
    assert!(refused_in("https://10.0.0.1/s3cret").contains("no place on the internet"));
    assert!(refused_in("hc.example/s3cret").contains("no address"));
    // What every user of the machine reads in the list of processes is no place for a secret.
    assert!(
        machine
            .run(&[&serve[..], &["--heartbeat-url", "https://hc.example/x"]].concat(), "")
            .err
            .contains("unexpected")
    );
    assert!(refused(&["--heartbeat-url-file", "not-there"]).contains("not-there cannot be read"));

    // A port that was ours a moment ago: nobody listens there.
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let file = machine.home().join("heartbeat");
    keep(&file, &format!("http://{deaf}/s3cret"));
    let running = machine.serve(&["--heartbeat-url-file", file.to_str().expect("UTF-8")], "");
    eventually("what is wrong", || running.said().contains("nobody hears it: no connection").then_some(()));
    assert!(!running.said().contains("s3cret"), "{}", running.said());
}
