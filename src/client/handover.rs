//! One inbox a profile, and it can move: a second start asks the running one to leave, and opens where the person is.
//!
//! The lock on the profile decides who runs; the socket beside it only carries the question. So a socket left behind by
//! a process that was killed blocks nobody: whoever holds the lock puts a new one in its place. The running inbox
//! keeps the connection open until it is gone, and the system closes it for a process that dies meanwhile.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::profile::{Lock, ProfileError};

/// The socket's name in the profile's folder.
const SOCKET: &str = "inbox.sock";
/// What is asked, with the version of the question.
const QUESTION: &[u8; 7] = b"move 1\n";
/// The answer, before everything is written down.
const LEAVING: &[u8; 8] = b"leaving\n";
/// How long the running inbox has to answer, and whoever asks to finish the question.
const ANSWER: Duration = Duration::from_secs(3);
/// How long it has to write everything down and end.
const LEAVE: Duration = Duration::from_secs(10);
/// Between two looks at the lock.
const LOOK: Duration = Duration::from_millis(20);

/// Why the inbox did not move here. Nothing was changed by asking.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    /// It runs, and does not answer.
    #[error(
        "the comeback that has your inbox (process {pid}) does not answer: it may be stopped (type fg in its terminal) \
         or waiting for your editor. Go there, or end it with: kill {pid}. Nothing was changed"
    )]
    Silent {
        /// Its process.
        pid: u32,
    },
    /// The profile is somebody else's by now, or cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// Where a running inbox can be asked to move.
#[derive(Debug)]
pub struct Door(UnixListener);

/// Somebody waits for the end of this process: dropped, it tells them.
#[derive(Debug)]
pub struct Waiting(#[expect(dead_code, reason = "held until the process is gone")] UnixStream);

impl Door {
    /// Opens it in the profile's folder, in place of one that was left behind. Only for whoever holds the profile's
    /// [`Lock`], on a runtime. The folder is its owner's alone, and so is the socket.
    pub fn open(dir: &Path, _held: &Lock) -> io::Result<Self> {
        let path = dir.join(SOCKET);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(Self(listener))
    }

    /// Resolves when a process of this user asked for the inbox, and was told that we leave.
    pub async fn asked(&self) -> io::Result<Waiting> {
        loop {
            let (mut stream, _) = self.0.accept().await?;
            if is_ours(&stream) && matches!(timeout(ANSWER, answer(&mut stream)).await, Ok(Ok(true))) {
                return Ok(Waiting(stream));
            }
        }
    }
}

async fn answer(stream: &mut UnixStream) -> io::Result<bool> {
    let mut question = [0; QUESTION.len()];
    stream.read_exact(&mut question).await?;
    if question != *QUESTION {
        return Ok(false);
    }
    // Whoever gave up waiting is gone: the system refuses the answer, and the inbox stays.
    stream.write_all(LEAVING).await?;
    Ok(true)
}

/// The folder's permissions say the same; this holds where somebody opened them.
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

/// Asks the inbox that runs on this profile to leave, and takes the profile once it has.
pub async fn take(dir: &Path) -> Result<Lock, NotMoved> {
    let mut first = None;
    let mut waited = Duration::ZERO;
    loop {
        let pid = match Lock::take(dir) {
            Ok(lock) => return Ok(lock),
            Err(ProfileError::InUse { pid }) => pid,
            Err(e) => return Err(e.into()),
        };
        if first.is_some_and(|asked| pid != asked && pid != 0 && asked != 0) {
            // It left, and another start was quicker than we.
            return Err(ProfileError::InUse { pid }.into());
        }
        // No socket yet, or no longer: it has just started, or is about to end.
        if first.is_none() && ask(dir, pid).await? {
            first = Some(pid);
        }
        if waited >= ANSWER {
            return Err(NotMoved::Silent { pid });
        }
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
    }
}

/// Asks once, and waits until the one who was asked is gone. False when nobody listens.
async fn ask(dir: &Path, pid: u32) -> Result<bool, NotMoved> {
    let silent = || NotMoved::Silent { pid };
    let Ok(mut stream) = UnixStream::connect(dir.join(SOCKET)).await else { return Ok(false) };
    if !is_ours(&stream) {
        return Ok(false);
    }
    let mut said = [0; LEAVING.len()];
    let spoken = timeout(ANSWER, async {
        stream.write_all(QUESTION).await?;
        stream.read_exact(&mut said).await
    });
    match spoken.await {
        Ok(Ok(_)) if said == *LEAVING => {}
        // It ended before it could answer.
        Ok(_) => return Ok(false),
        Err(_) => return Err(silent()),
    }
    let mut rest = Vec::new();
    let gone = timeout(LEAVE, stream.read_to_end(&mut rest)).await;
    gone.map(|_| true).map_err(|_| silent())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn a_running_inbox_leaves_and_the_other_has_the_profile() {
        let dir = tempfile::tempdir().unwrap();
        let (opened, is_open) = std::sync::mpsc::channel();
        let folder = dir.path().to_owned();
        let first = std::thread::spawn(move || {
            let runtime = runtime();
            let lock = Lock::take(&folder).unwrap();
            let waiting = runtime.block_on(async {
                let door = Door::open(&folder, &lock).unwrap();
                opened.send(()).unwrap();
                door.asked().await.unwrap()
            });
            drop(lock);
            drop(waiting);
        });
        is_open.recv().unwrap();
        runtime().block_on(take(dir.path())).unwrap();
        first.join().unwrap();
    }

    #[test]
    fn a_socket_left_behind_blocks_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = runtime();
        runtime.block_on(async {
            drop(Door::open(dir.path(), &Lock::take(dir.path()).unwrap()).unwrap());
            assert!(dir.path().join(SOCKET).exists());
            let lock = take(dir.path()).await.unwrap();
            let door = Door::open(dir.path(), &lock).unwrap();
            let mode = fs::metadata(dir.path().join(SOCKET)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            drop(door);
        });
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_answer_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let deaf = Door::open(dir.path(), &lock).unwrap();
        let told = take(dir.path()).await.unwrap_err();
        assert!(matches!(told, NotMoved::Silent { pid } if pid == std::process::id()), "{told}");
        drop(deaf);
        // Without a socket at all it is the same.
        assert!(matches!(take(dir.path()).await, Err(NotMoved::Silent { .. })));
    }

    #[tokio::test]
    async fn something_else_than_the_question_moves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let door = Door::open(dir.path(), &lock).unwrap();
        let asking = tokio::spawn({
            let path = dir.path().join(SOCKET);
            async move {
                let mut wrong = UnixStream::connect(&path).await.unwrap();
                wrong.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
                let mut said = Vec::new();
                // Closed, with or without a reset; nothing was said.
                drop(wrong.read_to_end(&mut said).await);
                assert!(said.is_empty());
                // Nor does one that gave up waiting for the answer.
                let mut gone = UnixStream::connect(&path).await.unwrap();
                gone.write_all(QUESTION).await.unwrap();
                drop(gone);
                let mut right = UnixStream::connect(&path).await.unwrap();
                right.write_all(QUESTION).await.unwrap();
                let mut said = [0; LEAVING.len()];
                timeout(ANSWER, right.read_exact(&mut said)).await.expect("an answer").unwrap();
                assert_eq!(said, *LEAVING);
            }
        });
        let waiting = door.asked().await.unwrap();
        asking.await.unwrap();
        drop(waiting);
    }
}
