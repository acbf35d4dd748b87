//! One terminal of tmux, on a server of its own.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long something may take that takes well under a second: long enough for a machine busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until there is an answer.
pub(super) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "never came: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// A terminal with one program in it. Its server ends with it.
pub(super) struct Terminal {
    socket: String,
}

impl Terminal {
    /// Runs `command` (of a shell) in a terminal of this size. `home` holds everything the program keeps.
    pub(super) fn open(home: &Path, (columns, rows): (u16, u16), command: &str) -> Self {
        let socket = format!("comeback-{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
        let terminal = Self { socket };
        let mut tmux = terminal.tmux();
        tmux.args(["new-session", "-d", "-x", &columns.to_string(), "-y", &rows.to_string()]);
        for (name, folder) in [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
            tmux.arg("-e").arg(format!("{name}={}", home.join(folder).display()));
        }
        // No desktop bus and no proxy of the machine: alerts go to the terminal, requests to loopback.
        for name in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            tmux.arg("-e").arg(format!("{name}="));
        }
        let out = tmux.arg(command).output().expect("tmux is missing: tests/run installs it");
        assert!(out.status.success(), "tmux: {}", String::from_utf8_lossy(&out.stderr));
        terminal
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket, "-f", "/dev/null"]).env("LC_ALL", "C.UTF-8").env_remove("TMUX");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.tmux().args(arguments).output().expect("tmux runs")
    }

    /// Presses keys by tmux's names: `Enter`, `C-z`, `O`.
    pub(super) fn press(&self, keys: &[&str]) {
        for key in keys {
            assert!(self.run(&["send-keys", key]).status.success(), "tmux could not press {key}");
        }
    }

    /// Types text as it is.
    pub(super) fn write(&self, text: &str) {
        assert!(self.run(&["send-keys", "-l", text]).status.success(), "tmux could not type");
    }

    /// Writes everything the program sends to this terminal from now on into a file, too.
    pub(super) fn records(&self, file: &Path) {
        let to = format!("cat > '{}'", file.display());
        assert!(self.run(&["pipe-pane", &to]).status.success(), "tmux could not record");
    }

    /// Waits until the last question on the screen is about this.
    pub(super) fn asks(&self, about: &str) {
        eventually(&format!("a question about {about}"), || {
            let screen = self.screen();
            let last = screen.rfind("[y/n]")?;
            let asked = screen[..last].lines().rev().nth(1)?;
            (asked.starts_with(about) && screen[last + 5..].trim().is_empty()).then_some(())
        });
    }

    /// What is on the screen.
    pub(super) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// What is on the screen, with the codes that paint it.
    pub(super) fn painted(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// Waits until the screen shows all of these.
    pub(super) fn shows(&self, words: &[&str]) -> String {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("words on the screen", || {
                last = self.screen();
                words.iter().all(|w| last.contains(w)).then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| panic!("the screen never showed {words:?}:\n{last}"))
    }

    /// Waits until the screen shows none of these.
    pub(super) fn hides(&self, words: &str) {
        eventually(&format!("a screen without {words:?}, instead of\n{}", self.screen()), || {
            (!self.screen().contains(words)).then_some(())
        });
    }

    /// What tmux knows of the terminal: `alternate_on`, `cursor_flag`, `mouse_any_flag`, `pane_pid`, …
    pub(super) fn knows(&self, name: &str) -> String {
        let out = self.run(&["display-message", "-p", &format!("#{{{name}}}")]);
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Changes its size.
    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let (x, y) = (columns.to_string(), rows.to_string());
        assert!(self.run(&["resize-window", "-x", &x, "-y", &y]).status.success(), "tmux could not resize");
    }

    /// Closes it, as closing the window does: its programs are hung up on.
    pub(super) fn close(&self) {
        self.run(&["kill-server"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether a process is there; one that ended and was not yet collected is not.
pub(super) fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

/// Sends a signal by its name: `TERM`, `KILL`, `HUP`.
pub(super) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().expect("kill");
    assert!(sent.success(), "no {name} for {pid}");
}
