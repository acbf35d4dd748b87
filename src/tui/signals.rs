//! What the system tells a program by signal, as one stream.

use std::io;
use std::task::{Context, Waker};

use rustix::process::{Signal as Number, kill_current_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// A signal, by what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGHUP: the terminal is gone. Save and end within 200 ms, writing nothing to it.
    HangUp,
    /// SIGTERM, SIGINT or SIGQUIT from outside: save, give the terminal back, end.
    Terminate,
    /// SIGTSTP from outside: as Ctrl-Z.
    Suspend,
    /// SIGCONT: somebody continued us; the terminal may have been changed meanwhile.
    Continue,
    /// SIGWINCH: the window has another size.
    Resize,
}

/// The signals we answer. Once listened to, none of them ends the program by itself any more, even after this is gone.
#[derive(Debug)]
pub struct Signals {
    hang_up: Stream,
    terminate: Stream,
    interrupt: Stream,
    quit: Stream,
    suspend: Stream,
    resume: Stream,
    resize: Stream,
}

impl Signals {
    /// Listens from now on. Must be called on the runtime that will await [`Signals::recv`].
    pub fn listen() -> io::Result<Self> {
        let numbered = |number: Number| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            suspend: numbered(Number::TSTP)?,
            resume: numbered(Number::CONT)?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// The next signal; of several waiting, the one that leaves the least time. May be dropped and called again.
    pub async fn recv(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.hang_up.recv() => Signal::HangUp,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Terminate,
            _ = self.quit.recv() => Signal::Terminate,
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.resume.recv() => Signal::Continue,
            _ = self.resize.recv() => Signal::Resize,
        }
    }

    /// Stops the program and all of its job, as Ctrl-Z does in a shell, and goes on when it is continued. The stop
    /// reaches a program of several threads some time after the call that asks for it, so only SIGCONT says that it is
    /// over; what followed the call at once would still be drawn before the shell's prompt.
    pub(super) async fn stop_until_continued(&mut self) -> io::Result<()> {
        let mut context = Context::from_waker(Waker::noop());
        while self.resume.poll_recv(&mut context).is_ready() {}
        // The group: a wrapper left running would keep the shell waiting.
        kill_current_process_group(Number::STOP)?;
        self.resume.recv().await;
        Ok(())
    }
}
