//! The real program on a pseudo-terminal: keys in, bytes out.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program on a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    /// What was written, and when it was read.
    written: Receiver<(Instant, Vec<u8>)>,
    /// When the program was started.
    pub(crate) started: Instant,
}

impl Terminal {
    /// Starts `program`, with a home of its own.
    pub(crate) fn start(program: &Path, home: &Path, (columns, rows): (u16, u16)) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let nofollow = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
        let slave = File::options().read(true).write(true).custom_flags(nofollow).open(name).unwrap();
        let end = || Stdio::from(OwnedFd::from(slave.try_clone().unwrap()));
        // `setsid --ctty` makes the terminal the program's own, then becomes the program.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program).env_clear();
        for (variable, folder) in
            [("HOME", ""), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")]
        {
            command.env(variable, home.join(folder));
        }
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env("PATH", std::env::var("PATH").unwrap());
        let started = Instant::now();
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let keys = File::from(master);
        let (mut out, mut answers) = (keys.try_clone().unwrap(), keys.try_clone().unwrap());
        let (said, written) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(n) = out.read(&mut bytes) {
                // Primary device attributes are asked for: an xterm without the kitty keyboard protocol.
                if bytes[..n].windows(3).any(|w| w == b"\x1b[c") {
                    answers.write_all(b"\x1b[?62;22c").unwrap();
                }
                if n == 0 || said.send((Instant::now(), bytes[..n].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, written, started }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types.
    pub(crate) fn type_in(&mut self, keys: &str) -> Instant {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes()).unwrap();
        at
    }

    /// Everything written until these words came, and when they had.
    pub(crate) fn until(&self, words: &str, patience: Duration) -> (Instant, Vec<u8>) {
        let mut all = Vec::new();
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (at, bytes) = self.written.recv_timeout(left).unwrap_or_else(|_| {
                panic!("never came: {words}; but {}", String::from_utf8_lossy(&all).escape_debug())
            });
            all.extend(bytes);
            if all.windows(words.len()).any(|w| w == words.as_bytes()) {
                return (at, all);
            }
        }
    }

    /// When the first byte came, and all that was written until it was quiet for so long.
    pub(crate) fn burst(&self, quiet: Duration, patience: Duration) -> Option<(Instant, Vec<u8>)> {
        let (first, mut all) = self.written.recv_timeout(patience).ok()?;
        loop {
            match self.written.recv_timeout(quiet) {
                Ok((_, bytes)) => all.extend(bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Some((first, all)),
            }
        }
    }

    /// Forgets what was written until it is quiet.
    pub(crate) fn settle(&self, quiet: Duration) {
        while self.written.recv_timeout(quiet).is_ok() {}
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
