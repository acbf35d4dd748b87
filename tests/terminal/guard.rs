//! The terminal guard and the input thread on a real terminal: `script` gives one to this same test binary, which plays
//! a small program in it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use comeback::domain::safe_text::SafeText;
use comeback::tui::input::{FromTerminal, Input};
use comeback::tui::signals::{Signal, Signals};
use comeback::tui::terminal::TerminalGuard;
use crossterm::event::{Event, KeyCode, KeyModifiers};

const NOTES: &str = "COMEBACK_TEST_NOTES";
/// Set where a wrapper swallows SIGHUP: only the terminal itself tells its end.
const DEAF: &str = "COMEBACK_TEST_DEAF";
const PATIENCE: Duration = Duration::from_secs(10);

/// The small program: not a test, run by the tests below on their terminal.
#[test]
#[ignore = "run by the other tests on a terminal of its own"]
fn player() {
    let notes = PathBuf::from(std::env::var_os(NOTES).expect("notes"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let ending = runtime.block_on(play(&notes));
    note(&notes, &ending);
    std::process::exit(0);
}

async fn play(notes: &Path) -> String {
    let mut guard = TerminalGuard::enter(&SafeText::line("player")).expect("a terminal");
    let mut signals = Signals::listen().expect("signals");
    let (to, mut from) = tokio::sync::mpsc::unbounded_channel();
    let mut input = Input::start(to).expect("input");
    note(notes, &format!("ready {}", std::process::id()));
    loop {
        let event = tokio::select! {
            signal = signals.recv() => match signal {
                Signal::Resize | Signal::Continue => continue,
                Signal::HangUp if std::env::var_os(DEAF).is_some() => continue,
                ends @ (Signal::HangUp | Signal::Terminate | Signal::Suspend) => return format!("signal {ends:?}"),
            },
            event = from.recv() => event.expect("the sender lives in the input"),
        };
        let key = match event {
            FromTerminal::HangUp => return "hung up".into(),
            FromTerminal::Event(Event::Paste(text)) => {
                note(notes, &format!("paste {}", text.len()));
                continue;
            }
            FromTerminal::Event(Event::Key(key)) => key,
            FromTerminal::Event(_) => continue,
        };
        match (key.code, key.modifiers) {
            (KeyCode::Char('q'), _) => return "quit".into(),
            (KeyCode::Char('p'), _) => panic!("as asked"),
            (KeyCode::Char('w'), _) => {
                let _ = thread::spawn(|| panic!("secret words")).join();
                note(notes, "worker gone");
            }
            (KeyCode::Char('z'), KeyModifiers::CONTROL) => {
                let stopped = guard.suspend(&mut input, &mut signals).await.expect("suspended");
                note(notes, &format!("stopped {stopped}"));
            }
            (KeyCode::Char('o'), _) => {
                let editor = || Command::new("sh").args(["-c", "echo EDITOR; read line; echo \"GOT=$line\""]).status();
                let ended = guard.outside(&mut input, editor).expect("outside").expect("sh");
                note(notes, &format!("editor {}", ended.success()));
            }
            (KeyCode::Char(c), _) => note(notes, &format!("key {c}")),
            _ => {}
        }
    }
}

fn note(notes: &Path, line: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(notes).expect("notes");
    writeln!(file, "{line}").expect("noted");
}

/// The player on its terminal, as seen from outside.
struct Stage {
    script: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
    notes: PathBuf,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Starts the player, by itself or under an interactive shell.
    fn open(under_shell: bool) -> Self {
        Self::open_with(under_shell, &[])
    }

    fn open_with(under_shell: bool, env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let notes = folder.path().join("notes");
        let exe = std::env::current_exe().expect("this binary");
        let player = format!("'{}' --ignored --exact guard::player --nocapture", exe.display());
        let command = if under_shell { "bash --norc --noprofile -i".to_owned() } else { format!("exec {player}") };
        let mut script = Command::new("script")
            .args(["-qfec", &command, "/dev/null"])
            .env(NOTES, &notes)
            .envs(env.iter().copied())
            .env("TERM", "dumb")
            .env("PS1", "$ ")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script, from bsdutils");
        let keys = script.stdin.take().expect("piped");
        let mut out = script.stdout.take().expect("piped");
        let (to, screen) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut buffer) {
                let _ = to.send(buffer[..n].to_vec());
            }
        });
        let mut stage = Self { script, keys, screen, seen: String::new(), notes, _folder: folder };
        if under_shell {
            stage.type_in(&format!("{player}\r"));
        }
        stage.noted("ready");
        stage
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("typed");
    }

    /// Waits until the screen shows `part`, and forgets everything up to it.
    fn shows(&mut self, part: &str) {
        while !self.seen.contains(part) {
            let Ok(bytes) = self.screen.recv_timeout(PATIENCE) else { panic!("no {part:?} in {:?}", self.seen) };
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        let after = self.seen.split_once(part).map(|(_, after)| after.to_owned());
        self.seen = after.unwrap_or_default();
    }

    fn gives_the_terminal_back(&mut self) {
        for part in ["\x1b[?1004l", "\x1b[?2004l", "\x1b[?1049l", "\x1b[?25h"] {
            self.shows(part);
        }
    }

    /// Waits for a line of the notes that starts so, and returns its rest.
    fn noted(&self, start: &str) -> String {
        for _ in 0..PATIENCE.as_millis() / 10 {
            let notes = std::fs::read_to_string(&self.notes).unwrap_or_default();
            if let Some(line) = notes.lines().find_map(|line| line.strip_prefix(start)) {
                return line.trim().to_owned();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no {start:?} in {:?}", std::fs::read_to_string(&self.notes));
    }

    fn send(&self, signal: &str) {
        let pid = self.noted("ready");
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill").success());
    }

    fn player_ends(&self) {
        let pid = self.noted("ready");
        for _ in 0..PATIENCE.as_millis() / 10 {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the player still runs");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
fn quitting_gives_everything_back() {
    let mut stage = Stage::open(false);
    stage.shows("\x1b[?1049h");
    stage.type_in("aq");
    stage.gives_the_terminal_back();
    stage.noted("key a");
    stage.noted("quit");
}

#[test]
fn a_signal_from_outside_gives_everything_back() {
    for (signal, ending) in [("-TERM", "signal Terminate"), ("-INT", "signal Terminate"), ("-HUP", "signal HangUp")] {
        let mut stage = Stage::open(false);
        stage.send(signal);
        stage.gives_the_terminal_back();
        stage.noted(ending);
    }
}

#[test]
fn a_panic_is_told_on_a_terminal_given_back() {
    let mut stage = Stage::open(false);
    stage.type_in("p");
    stage.gives_the_terminal_back();
    stage.shows("as asked");
}

#[test]
fn a_panicking_worker_leaves_the_screen_alone() {
    let mut stage = Stage::open(false);
    stage.type_in("w");
    stage.noted("worker gone");
    stage.type_in("q");
    stage.noted("quit");
    stage.shows("\x1b[?1049h");
    assert!(!stage.seen.split("\x1b[?1049l").next().unwrap_or_default().contains("secret"));
}

#[test]
fn a_closed_terminal_ends_the_player_and_nothing_spins() {
    for deaf in [false, true] {
        let mut stage = Stage::open_with(false, if deaf { &[(DEAF, "1")] } else { &[] });
        stage.script.kill().expect("killed");
        stage.script.wait().expect("ended");
        stage.player_ends();
        let notes = std::fs::read_to_string(&stage.notes).expect("notes");
        assert!(notes.contains("hung up") || !deaf && notes.contains("signal HangUp"), "{notes}");
    }
}

#[test]
fn an_editor_outside_reads_alone() {
    let mut stage = Stage::open(false);
    stage.type_in("o");
    stage.gives_the_terminal_back();
    stage.shows("EDITOR");
    stage.type_in("quit with p\r");
    stage.shows("GOT=quit with p");
    stage.shows("\x1b[?1049h");
    stage.noted("editor true");
    stage.type_in("q");
    stage.noted("quit");
}

#[test]
fn half_a_sequence_does_not_hold_the_reader() {
    let mut stage = Stage::open(false);
    // A bracketed paste that never ends. Nothing shows that it was read, so it is given the time for it.
    stage.type_in("\x1b[200~half");
    thread::sleep(Duration::from_millis(100));
    stage.send("-TERM");
    stage.noted("signal Terminate");
    stage.player_ends();
}

#[test]
fn a_long_paste_comes_whole_and_long_typing_is_not_stuck() {
    let mut stage = Stage::open(false);
    stage.type_in(&format!("\x1b[200~{}\x1b[201~", "x".repeat(3_000)));
    stage.noted("paste 3000");
    stage.type_in(&format!("{}q", "ab".repeat(1_500)));
    stage.noted("quit");
    let notes = std::fs::read_to_string(&stage.notes).expect("notes");
    assert_eq!(notes.lines().filter(|line| line.starts_with("key ")).count(), 3_000);
}

#[test]
fn ctrl_z_goes_to_the_shell_and_comes_back() {
    let mut stage = Stage::open(true);
    stage.shows("\x1b[?1049h");
    stage.type_in("\x1a");
    stage.gives_the_terminal_back();
    stage.shows("Stopped");
    stage.type_in("echo at the $((40 + 2)) shell\r");
    stage.shows("at the 42 shell");
    stage.type_in("fg\r");
    stage.shows("\x1b[?1049h");
    stage.noted("stopped true");
    stage.type_in("q");
    stage.noted("quit");
}

#[test]
fn ctrl_z_without_a_shell_does_not_freeze() {
    let mut stage = Stage::open(false);
    stage.type_in("\x1a");
    stage.noted("stopped false");
    stage.type_in("q");
    stage.noted("quit");
}
