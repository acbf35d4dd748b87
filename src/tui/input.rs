//! The one reader of the terminal: a thread of its own that can be stopped, and that ends when the terminal is gone.
//!
//! Two readers on one terminal split the keys between them, so before an external editor or a suspend this one really
//! ends. When the terminal hangs up, crossterm's own stream neither ends nor fails but spins (measured: 68 % of a core,
//! for ever); so this thread asks the terminal itself, and lets crossterm read only what is surely there.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getppid};
use rustix::termios::isatty;
use tokio::sync::mpsc::UnboundedSender;

/// How long a silent terminal goes unlooked at: a parent that died without a hang-up is noticed within this.
const LOOK: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// How long crossterm may take over what is already there. It looks at its own time first: a thread that had to wait for
/// a processor longer than this is told of nothing, even of events read before.
const AT_ONCE: Duration = Duration::from_millis(10);

/// How often crossterm is asked again after bytes came, once in each [`LOOK`].
const ASK_AGAIN: u8 = 3;

/// What comes from the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FromTerminal {
    /// A key, a paste, a change of focus or size.
    Event(event::Event),
    /// The terminal or the program that started us is gone: save and end. Nothing follows it.
    HangUp,
}

/// The reading thread. Dropping this ends it.
#[derive(Debug)]
pub struct Input {
    to: UnboundedSender<FromTerminal>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    /// Closing it wakes the thread and tells it to end.
    stop: PipeWriter,
    thread: JoinHandle<()>,
}

impl Input {
    /// Reads nothing yet; what will come goes `to` the drawing loop.
    pub const fn new(to: UnboundedSender<FromTerminal>) -> Self {
        Self { to, running: None }
    }

    /// Starts reading.
    pub fn start(to: UnboundedSender<FromTerminal>) -> io::Result<Self> {
        let mut input = Self::new(to);
        input.resume()?;
        Ok(input)
    }

    /// Ends the thread. On return nothing of ours reads the terminal.
    pub fn pause(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            drop(stop);
            // A reader that panicked has stopped reading, which is all that is asked here.
            let _ = thread.join();
        }
    }

    /// Reads again after [`Input::pause`]; does nothing while it reads.
    pub fn resume(&mut self) -> io::Result<()> {
        if self.running.is_none() {
            let (stopped, stop) = io::pipe()?;
            let (tty, to) = (tty()?, self.to.clone());
            let thread = thread::Builder::new().name("terminal input".into()).spawn(move || {
                // Keys that came while the terminal was asked something are with crossterm already.
                if forward(&to).is_err() || read_until_stopped(&tty, &stopped, &to) == End::Gone {
                    // Nobody listens when the program is ending already.
                    let _ = to.send(FromTerminal::HangUp);
                }
            })?;
            self.running = Some(Running { stop, thread });
        }
        Ok(())
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.pause();
    }
}

/// The terminal that crossterm reads: standard input, or the controlling terminal when that is not one.
pub(super) fn tty() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    if isatty(&stdin) {
        stdin.as_fd().try_clone_to_owned()
    } else {
        File::options().read(true).write(true).open("/dev/tty").map(OwnedFd::from)
    }
}

/// Why reading ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Stopped,
    Gone,
}

fn read_until_stopped(tty: &OwnedFd, stopped: &PipeReader, to: &UnboundedSender<FromTerminal>) -> End {
    let parent = getppid();
    // With nothing new there may still be events that crossterm kept to itself the last time; but not for long, and
    // asking it costs ten milliseconds of a core.
    let mut kept = 0;
    loop {
        match look(tty, stopped, parent) {
            Look::End(end) => return end,
            Look::Readable => kept = ASK_AGAIN,
            Look::Nothing if kept > 0 => kept -= 1,
            Look::Nothing => continue,
        }
        if forward(to).is_err() {
            // A read that fails on a terminal fails for ever: it hung up, or was taken from an orphan.
            return End::Gone;
        }
    }
}

enum Look {
    Nothing,
    Readable,
    End(End),
}

/// Waits for a key, the order to stop, or the end of the terminal.
fn look(tty: &OwnedFd, stopped: &PipeReader, parent: Option<Pid>) -> Look {
    let mut fds = [PollFd::new(tty, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
    match poll(&mut fds, Some(&LOOK)) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Look::Nothing,
        Err(_) => return Look::End(End::Gone),
    }
    let (tty, stop) = (fds[0].revents(), fds[1].revents());
    if !stop.is_empty() {
        Look::End(End::Stopped)
    } else if tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) || getppid() != parent {
        Look::End(End::Gone)
    } else if tty.contains(PollFlags::IN) {
        Look::Readable
    } else {
        Look::Nothing
    }
}

/// Everything crossterm makes of the bytes that are there.
fn forward(to: &UnboundedSender<FromTerminal>) -> io::Result<()> {
    while event::poll(AT_ONCE)? {
        // The receiver is gone only when the program ends.
        let _ = to.send(FromTerminal::Event(event::read()?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    /// A pipe stands for the terminal: it hangs up in the same way.
    fn ends() -> (OwnedFd, PipeWriter, PipeReader, PipeWriter) {
        let (tty, master) = io::pipe().expect("pipe");
        let (stopped, stop) = io::pipe().expect("pipe");
        (tty.as_fd().try_clone_to_owned().expect("fd"), master, stopped, stop)
    }

    #[test]
    fn a_terminal_that_hangs_up_ends_the_reader() {
        let (tty, master, stopped, _stop) = ends();
        let (to, _from) = tokio::sync::mpsc::unbounded_channel();
        drop(master);
        assert_eq!(read_until_stopped(&tty, &stopped, &to), End::Gone);
    }

    #[test]
    fn a_reader_told_to_stop_stops_before_reading() {
        let (tty, mut master, stopped, stop) = ends();
        let (to, _from) = tokio::sync::mpsc::unbounded_channel();
        io::Write::write_all(&mut master, b"x").expect("written");
        drop(stop);
        assert_eq!(read_until_stopped(&tty, &stopped, &to), End::Stopped);
    }

    #[test]
    fn a_dead_parent_ends_the_reader() {
        let (tty, _master, stopped, _stop) = ends();
        assert!(matches!(look(&tty, &stopped, None), Look::End(End::Gone)));
    }
}
