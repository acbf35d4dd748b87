//! Tells a rep, on threads of its own: nothing that happens to a notification harms the program.
//!
//! notify-rust waits for the bus, and unwraps three things about the program's own path before that (it has taken
//! programs down). So the desktop is asked on a thread that may panic, fail or hang; the first time it does, it is given
//! up and the next way is used. A hook of the user's has another thread and a time limit. Only the drawing loop writes
//! to the terminal: what goes there is handed to it.

use std::io;
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::desktop::{Backend, Notice, closing, sequence};

/// Notices that may wait. More than these at once tell nobody anything; later ones are dropped.
const WAITING: usize = 64;
/// What the desktop has to answer in, and a hook to end in.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How often a running hook is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The desktop's notification service, or what stands for it in a test.
pub trait Desktop: Send + 'static {
    /// Shows a notice, in place of an earlier one with its tag.
    fn show(&mut self, notice: &Notice) -> Result<(), String>;
    /// Takes a notice away.
    fn close(&mut self, tag: &str) -> Result<(), String>;
}

#[derive(Debug, Clone)]
enum Ask {
    Show(Notice),
    Close(String),
}

/// The handle: telling never waits. Dropping it lets the threads end by themselves.
#[derive(Debug, Clone)]
pub struct Notifier {
    to: SyncSender<Ask>,
}

impl Notifier {
    /// Starts with the ways of [`choose`](super::desktop::choose). `write` is given the bytes for the terminal, on
    /// another thread than this one.
    pub fn start(ways: Vec<Backend>, in_tmux: bool, write: impl Fn(Vec<u8>) + Send + 'static) -> io::Result<Self> {
        Self::start_with(ways, in_tmux, write, SystemDesktop::default(), TIME_LIMIT)
    }

    /// As [`Notifier::start`], with another desktop and time limit.
    pub fn start_with(
        ways: Vec<Backend>,
        in_tmux: bool,
        write: impl Fn(Vec<u8>) + Send + 'static,
        desktop: impl Desktop,
        limit: Duration,
    ) -> io::Result<Self> {
        let (to, asked) = sync_channel(WAITING);
        let desktop = if ways.contains(&Backend::Desktop) { Some(DesktopThread::start(desktop, limit)?) } else { None };
        let hook = ways.iter().find_map(|way| match way {
            Backend::Command(argv) if !argv.is_empty() => Some(argv.clone()),
            Backend::Command(_)
            | Backend::Desktop
            | Backend::Osc9
            | Backend::Osc777
            | Backend::Osc99
            | Backend::Bell
            | Backend::Off => None,
        });
        let hook = hook.map(|argv| start_hook(argv, limit)).transpose()?;
        let mut worker = Worker { ways, in_tmux, write, desktop, hook };
        thread::Builder::new().name("notifier".into()).spawn(move || worker.run(&asked))?;
        Ok(Self { to })
    }

    /// Tells it. Never waits; when too many are waiting this one is dropped.
    pub fn notify(&self, notice: Notice) {
        self.ask(Ask::Show(notice));
    }

    /// Takes a notice away because its conversation was read.
    pub fn close(&self, tag: &str) {
        self.ask(Ask::Close(tag.to_owned()));
    }

    fn ask(&self, ask: Ask) {
        if self.to.try_send(ask).is_err() {
            tracing::debug!("a notification was dropped: too many are waiting");
        }
    }
}

struct Worker<W> {
    ways: Vec<Backend>,
    in_tmux: bool,
    write: W,
    /// None when it is not wanted, or was given up.
    desktop: Option<DesktopThread>,
    hook: Option<SyncSender<Notice>>,
}

impl<W: Fn(Vec<u8>)> Worker<W> {
    fn run(&mut self, asked: &Receiver<Ask>) {
        while let Ok(ask) = asked.recv() {
            if let (Some(hook), Ask::Show(notice)) = (&self.hook, &ask)
                && hook.try_send(notice.clone()).is_err()
            {
                tracing::debug!("the notification command is still busy with earlier ones");
            }
            if !self.ask_desktop(&ask) {
                self.write_to_terminal(&ask);
            }
        }
    }

    /// True when the desktop did it.
    fn ask_desktop(&mut self, ask: &Ask) -> bool {
        let Some(desktop) = &self.desktop else { return false };
        match desktop.ask(ask) {
            Ok(()) => true,
            Err(why) => {
                tracing::warn!(why, "the desktop shows no notifications; using the terminal from now on");
                self.desktop = None;
                false
            }
        }
    }

    fn write_to_terminal(&self, ask: &Ask) {
        let terminal = |way: &&Backend| matches!(way, Backend::Osc9 | Backend::Osc777 | Backend::Osc99 | Backend::Bell);
        // A desktop that failed and nothing configured after it: a bell last.
        let last = self.ways.contains(&Backend::Desktop).then_some(&Backend::Bell);
        let Some(way) = self.ways.iter().find(terminal).or(last) else { return };
        let bytes = match ask {
            Ask::Show(notice) => sequence(way, notice, self.in_tmux),
            Ask::Close(tag) => closing(way, tag, self.in_tmux),
        };
        if !bytes.is_empty() {
            (self.write)(bytes);
        }
    }
}

/// A desktop on a thread of its own, where it may panic or hang.
struct DesktopThread {
    to: SyncSender<Ask>,
    done: Receiver<Result<(), String>>,
    limit: Duration,
}

impl DesktopThread {
    fn start(mut desktop: impl Desktop, limit: Duration) -> io::Result<Self> {
        let (to, asked) = sync_channel::<Ask>(1);
        let (did, done) = sync_channel(1);
        thread::Builder::new().name("desktop notifications".into()).spawn(move || {
            while let Ok(ask) = asked.recv() {
                let result = catch_unwind(AssertUnwindSafe(|| match &ask {
                    Ask::Show(notice) => desktop.show(notice),
                    Ask::Close(tag) => desktop.close(tag),
                }));
                if did.send(result.unwrap_or_else(|_| Err("it panicked".into()))).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { to, done, limit })
    }

    fn ask(&self, ask: &Ask) -> Result<(), String> {
        self.to.try_send(ask.clone()).map_err(|_| "its thread is gone".to_owned())?;
        match self.done.recv_timeout(self.limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err("it does not answer".into()),
            Err(RecvTimeoutError::Disconnected) => Err("its thread is gone".into()),
        }
    }
}

/// Shows one notice on the desktop, waiting for it, and for nothing else when that fails: for `doctor`.
pub fn try_desktop(notice: &Notice) -> Result<(), String> {
    let desktop = DesktopThread::start(SystemDesktop::default(), TIME_LIMIT).map_err(|e| e.to_string())?;
    desktop.ask(&Ask::Show(notice.clone()))
}

/// Runs the rep's command once, waiting for its end: for `doctor`.
pub fn try_command(argv: &[String], notice: &Notice) -> io::Result<()> {
    run_hook(argv, notice, TIME_LIMIT)
}

/// The hook's thread: one run at a time.
fn start_hook(argv: Vec<String>, limit: Duration) -> io::Result<SyncSender<Notice>> {
    let (to, asked) = sync_channel::<Notice>(WAITING);
    thread::Builder::new().name("notification command".into()).spawn(move || {
        while let Ok(notice) = asked.recv() {
            if let Err(error) = run_hook(&argv, &notice, limit) {
                tracing::warn!(%error, program = argv.first(), "the notification command failed");
            }
        }
    })?;
    Ok(to)
}

/// Runs the user's command by its arguments, never through a shell: the words of a stranger come in variables. Its job is
/// ended when the time is up.
fn run_hook(argv: &[String], notice: &Notice, limit: Duration) -> io::Result<()> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        .env("COMEBACK_TITLE", notice.title.as_str())
        .env("COMEBACK_BODY", notice.body.as_str())
        .env("COMEBACK_TAG", notice.tag.replace('\0', ""))
        .env("COMEBACK_URGENT", if notice.urgent { "1" } else { "0" })
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    for _ in 0..=limit.as_millis() / LOOK.as_millis() {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) };
        }
        thread::sleep(LOOK);
    }
    // The whole job, so that what the command started does not stay.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    child.wait()?;
    Err(io::Error::new(io::ErrorKind::TimedOut, "it did not end in time"))
}

/// The real desktop, through notify-rust.
#[derive(Debug, Default)]
struct SystemDesktop {
    /// What is shown, by tag. Each keeps a connection to the bus, so only the latest stay.
    #[cfg(not(target_os = "macos"))]
    shown: std::collections::BTreeMap<String, notify_rust::NotificationHandle>,
}

#[cfg(not(target_os = "macos"))]
impl SystemDesktop {
    /// Notices that can still be taken away or replaced.
    const KEPT: usize = 16;
}

impl Desktop for SystemDesktop {
    fn show(&mut self, notice: &Notice) -> Result<(), String> {
        let mut notification = notify_rust::Notification::new();
        // Servers render markup in the body.
        let body = notice.body.as_str().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        notification.appname("comeback").summary(notice.title.as_str()).body(&body);
        #[cfg(not(target_os = "macos"))]
        {
            use notify_rust::Urgency;
            notification.urgency(if notice.urgent { Urgency::Critical } else { Urgency::Normal });
            if let Some(earlier) = self.shown.get(&notice.tag) {
                notification.id(earlier.id());
            }
            let handle = notification.show().map_err(|error| error.to_string())?;
            self.shown.insert(notice.tag.clone(), handle);
            if self.shown.len() > Self::KEPT {
                let other = self.shown.keys().find(|tag| **tag != notice.tag).cloned();
                other.and_then(|tag| self.shown.remove(&tag));
            }
            Ok(())
        }
        #[cfg(target_os = "macos")]
        notification.show().map(drop).map_err(|error| error.to_string())
    }

    fn close(&mut self, tag: &str) -> Result<(), String> {
        #[cfg(not(target_os = "macos"))]
        if let Some(shown) = self.shown.remove(tag) {
            shown.close();
        }
        #[cfg(target_os = "macos")]
        let _ = tag;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::domain::safe_text::SafeText;

    const PATIENCE: Duration = Duration::from_secs(10);
    const BELL: [u8; 1] = [7];

    fn notice(title: &str) -> Notice {
        Notice { title: SafeText::line(title), body: SafeText::line("b"), tag: "c".into(), urgent: false }
    }

    /// A desktop that does what a test says.
    struct Fake<F>(F);

    impl<F: FnMut(&Notice) -> Result<(), String> + Send + 'static> Desktop for Fake<F> {
        fn show(&mut self, notice: &Notice) -> Result<(), String> {
            (self.0)(notice)
        }
        fn close(&mut self, _tag: &str) -> Result<(), String> {
            Ok(())
        }
    }

    fn start(
        ways: &[Backend],
        limit: Duration,
        show: impl FnMut(&Notice) -> Result<(), String> + Send + 'static,
    ) -> (Notifier, Receiver<Vec<u8>>) {
        let (to, written) = channel();
        let write = move |bytes| to.send(bytes).expect("the test listens");
        (Notifier::start_with(ways.to_vec(), false, write, Fake(show), limit).expect("started"), written)
    }

    /// The first notice falls back, and the desktop is not asked for the second.
    fn falls_back(limit: Duration, mut show: impl FnMut() -> Result<(), String> + Send + 'static) {
        let (asked, asks) = channel();
        let (notifier, written) = start(&[Backend::Desktop, Backend::Bell], limit, move |_| {
            asked.send(()).expect("the test listens");
            show()
        });
        for _ in 0..2 {
            notifier.notify(notice("t"));
            assert_eq!(written.recv_timeout(PATIENCE).expect("a bell"), BELL);
        }
        assert_eq!(asks.try_iter().count(), 1);
    }

    #[test]
    fn a_desktop_that_fails_is_given_up() {
        falls_back(PATIENCE, || Err("no bus".into()));
    }

    #[test]
    fn a_desktop_that_panics_is_given_up() {
        falls_back(PATIENCE, || panic!("as notify-rust does"));
    }

    #[test]
    fn a_desktop_that_hangs_is_given_up() {
        let (_never, wait) = channel::<()>();
        falls_back(Duration::from_millis(30), move || wait.recv().map_err(|_| "ended".into()));
    }

    #[test]
    fn a_desktop_alone_that_fails_leaves_a_bell() {
        let (notifier, written) = start(&[Backend::Desktop], PATIENCE, |_| Err("no bus".into()));
        notifier.notify(notice("t"));
        assert_eq!(written.recv_timeout(PATIENCE).expect("a bell"), BELL);
    }

    #[test]
    fn a_desktop_that_works_is_enough() {
        let (shown, on_screen) = channel();
        let (notifier, written) = start(&[Backend::Desktop, Backend::Bell], PATIENCE, move |notice| {
            shown.send(notice.title.to_string()).map_err(|e| e.to_string())
        });
        notifier.notify(notice("Dana"));
        assert_eq!(on_screen.recv_timeout(PATIENCE).expect("shown"), "Dana");
        drop(notifier);
        assert!(written.recv_timeout(PATIENCE).is_err(), "nothing for the terminal");
    }

    /// A desktop that tells the test what it is asked.
    struct Telling(std::sync::mpsc::Sender<String>);

    impl Desktop for Telling {
        fn show(&mut self, notice: &Notice) -> Result<(), String> {
            self.0.send(format!("show {}", notice.tag)).map_err(|e| e.to_string())
        }
        fn close(&mut self, tag: &str) -> Result<(), String> {
            self.0.send(format!("close {tag}")).map_err(|e| e.to_string())
        }
    }

    #[test]
    fn what_is_over_is_taken_off_the_desktop_after_it_was_shown() {
        let (to, asked) = channel();
        let notifier = Notifier::start_with(vec![Backend::Desktop], false, |_| (), Telling(to), PATIENCE);
        let notifier = notifier.expect("started");
        notifier.notify(notice("Dana"));
        notifier.close("c");
        for expected in ["show c", "close c"] {
            assert_eq!(asked.recv_timeout(PATIENCE).expect("asked"), expected);
        }
    }

    #[test]
    fn telling_never_waits() {
        let (_never, wait) = channel::<()>();
        let (notifier, _written) =
            start(&[Backend::Desktop], PATIENCE, move |_| wait.recv().map_err(|_| "ended".into()));
        for _ in 0..10 * WAITING {
            notifier.notify(notice("t"));
        }
    }

    #[test]
    fn off_is_silent() {
        let (notifier, written) = start(&[Backend::Off], PATIENCE, |_| Ok(()));
        notifier.notify(notice("t"));
        drop(notifier);
        assert!(written.recv_timeout(PATIENCE).is_err());
    }

    fn shell(script: String) -> Vec<String> {
        vec!["sh".into(), "-c".into(), script]
    }

    fn wait_for(file: &Path) -> String {
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            match std::fs::read_to_string(file) {
                Ok(text) if text.ends_with('\n') => return text,
                _ => thread::sleep(LOOK),
            }
        }
        panic!("{} was not written", file.display());
    }

    #[test]
    fn a_command_gets_the_words_as_words_beside_the_bell() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("told");
        let script = format!("echo \"$COMEBACK_TITLE|$COMEBACK_TAG|$COMEBACK_URGENT\" > '{}'", file.display());
        let ways = [Backend::Bell, Backend::Command(shell(script))];
        let (notifier, written) = start(&ways, PATIENCE, |_| Ok(()));
        notifier.notify(notice("'; $(touch owned) `id`"));
        assert_eq!(written.recv_timeout(PATIENCE).expect("a bell"), BELL);
        assert_eq!(wait_for(&file), "'; $(touch owned) `id`|c|0\n");
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > '{}'; wait", file.display());
        let result = run_hook(&shell(script), &notice("t"), Duration::from_millis(400));
        assert_eq!(result.expect_err("it hangs").kind(), io::ErrorKind::TimedOut);
        let pid = wait_for(&file);
        let gone = || match std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        assert!(
            (0..200).any(|_| gone() || {
                thread::sleep(LOOK);
                false
            }),
            "its child still runs"
        );
    }

    #[test]
    fn a_command_that_is_not_there_harms_nothing() {
        let ways = [Backend::Command(vec!["/nonexistent/comeback-hook".into()]), Backend::Bell];
        let (notifier, written) = start(&ways, PATIENCE, |_| Ok(()));
        for _ in 0..2 {
            notifier.notify(notice("t"));
            assert_eq!(written.recv_timeout(PATIENCE).expect("a bell"), BELL);
        }
    }
}
