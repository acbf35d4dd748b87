//! What is written into the folder: `written.jsonl`, a line for every write under its key, and never two for one.
//!
//! **Invariants:** a line is on disk before it is said to be written. A line that a crash or a full disk cut off was never
//! said to be, and is taken out before anything follows it; what failed half way is taken out as well, so that whatever
//! stands there stands whole. One program at a time has the file.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use uuid::Uuid;

use crate::server::crm::CrmError;
use crate::server::crm::directory;
use crate::server::crm::when::instant;
use crate::server::crm::write::{TaskState, What, Write};

/// Its name.
const NAME: &str = "written.jsonl";

/// The largest file that is read and written on, in bytes: millions of texts.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// The longest line that may be one of ours, in bytes.
const LONGEST: u64 = 256 * 1024;

/// The file, which is opened, and read once, when it is first needed.
pub(super) struct Written {
    folder: PathBuf,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: File,
    /// Up to here everything is whole and on disk.
    length: u64,
    /// Whether nothing stands behind that.
    whole: bool,
    made: BTreeMap<Uuid, Made>,
}

/// What a line made.
#[derive(Clone, Copy)]
enum Made {
    Task { stands: TaskState },
    Other,
}

/// What is read of a line; whatever else stands there is for others.
#[derive(Deserialize)]
struct Line {
    key: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    passed_on: bool,
    #[serde(default)]
    at: Option<String>,
}

impl Written {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), open: Mutex::default() }
    }

    /// Makes a write; one whose key stands there already is made.
    pub(super) fn write(&self, write: &Write) -> Result<String, CrmError> {
        self.with(|open| {
            if open.made.contains_key(&write.key) {
                return Ok(write.key.to_string());
            }
            let (ends, passed_on) = ended(&write.what);
            if let Some(task) = ends
                && !key_of(task).is_some_and(|task| matches!(open.made.get(&task), Some(Made::Task { .. })))
            {
                return Err(CrmError::NotFound);
            }
            let line = format!("{}\n", directory::body(write));
            if line.len() as u64 > LONGEST {
                return Err(CrmError::Invalid(format!("a line has {} KiB at most", LONGEST / 1024)));
            }
            open.append(line.as_bytes()).map_err(|e| unwritten(&e))?;
            open.heard(&Line {
                key: write.key.to_string(),
                kind: kind(&write.what).to_owned(),
                task: ends.map(str::to_owned),
                passed_on,
                at: Some(write.at.to_string()),
            });
            Ok(write.key.to_string())
        })
    }

    /// Whether a write stands there.
    pub(super) fn find(&self, key: Uuid) -> Result<Option<String>, CrmError> {
        self.with(|open| Ok(open.made.contains_key(&key).then(|| key.to_string())))
    }

    /// How a task stands by our own lines.
    pub(super) fn task(&self, id: &str) -> Result<TaskState, CrmError> {
        let key = key_of(id).ok_or(CrmError::NotFound)?;
        self.with(|open| match open.made.get(&key) {
            Some(Made::Task { stands }) => Ok(*stands),
            Some(Made::Other) | None => Err(CrmError::NotFound),
        })
    }

    /// The file as it is, read again when somebody put another in its place.
    fn with<T>(&self, of: impl FnOnce(&mut Open) -> Result<T, CrmError>) -> Result<T, CrmError> {
        let mut kept = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join(NAME);
        // Let go of before it is opened anew: its lock is ours.
        let open = match kept.take().filter(|open| open.is_at(&path)) {
            Some(open) => kept.insert(open),
            None => kept.insert(Open::read(&path)?),
        };
        if !open.whole {
            open.mend().map_err(|e| unwritten(&e))?;
        }
        of(open)
    }
}

impl Open {
    fn read(path: &Path) -> Result<Self, CrmError> {
        let unreadable = |e: io::Error| CrmError::Unreachable(format!("{NAME} cannot be used: {e}"));
        let file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(unreadable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CrmError::Unreachable(format!("another program has {NAME}: one writes into a folder")));
            }
            Err(TryLockError::Error(e)) => return Err(unreadable(e)),
        }
        if file.metadata().map_err(unreadable)?.len() > LARGEST {
            let why = format!("{NAME} is larger than {} MiB: move it away", LARGEST / 1024 / 1024);
            return Err(CrmError::Unreachable(why));
        }
        let mut open = Self { file, length: 0, whole: false, made: BTreeMap::new() };
        let Some(last) = open.lines().map_err(unreadable)? else {
            return Err(CrmError::Unreachable(format!(
                "{NAME} ends in a line that is none of ours: is it another file?"
            )));
        };
        if serde_json::from_slice::<serde_json::Value>(&last).is_ok() {
            // A whole line but for its end: written by hand, or cut off at the last byte.
            open.take(&last);
            open.length += last.len() as u64;
            open.append(b"\n").map_err(unreadable)?;
        }
        // Also what a process wrote that died before it was on disk.
        open.mend().map_err(unreadable)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(unreadable)?;
        }
        Ok(open)
    }

    /// Reads every whole line; what stands behind the last of them, unless that is longer than any line of ours.
    fn lines(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut reader = BufReader::new(self.file.try_clone()?);
        let mut line = Vec::new();
        // Whether the beginning of this line was passed over already.
        let mut long = false;
        loop {
            line.clear();
            let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? as u64;
            let ended = line.last() == Some(&b'\n');
            if !ended && read < LONGEST {
                return Ok((!long).then_some(line));
            }
            if ended && !long {
                self.take(&line);
            }
            long = !ended;
            self.length += read;
        }
    }

    fn take(&mut self, line: &[u8]) {
        if let Ok(line) = serde_json::from_slice::<Line>(line) {
            self.heard(&line);
        }
    }

    fn heard(&mut self, line: &Line) {
        let Some(key) = key_of(&line.key) else { return };
        let made = if line.kind == TASK { Made::Task { stands: TaskState::Open } } else { Made::Other };
        self.made.entry(key).or_insert(made);
        if line.kind == TASK_DONE
            && let Some(task) = line.task.as_deref().and_then(key_of)
            && let Some(Made::Task { stands }) = self.made.get_mut(&task)
            && !stands.is_over()
        {
            let at = line.at.as_deref().and_then(instant).unwrap_or_default();
            *stands = if line.passed_on { TaskState::Deferred } else { TaskState::Done { at } };
        }
    }

    /// Whether this is still the file that stands there, as long as we left it.
    fn is_at(&self, path: &Path) -> bool {
        let (Ok(ours), Ok(there)) = (self.file.metadata(), path.metadata()) else { return false };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino()) && (!self.whole || there.len() == self.length)
    }

    /// Appends a line. What of it got there before something failed is taken out at once, or before anything else.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.whole = false;
        let wrote = self.file.write_all(line).and_then(|()| self.file.sync_data());
        if let Err(e) = wrote {
            if let Err(left) = self.mend() {
                tracing::error!(error = %left, "the end of {NAME} is not whole; it is mended before the next write");
            }
            return Err(e);
        }
        self.length += line.len() as u64;
        self.whole = true;
        Ok(())
    }

    /// Takes out what stands behind the last whole line, and sees to it that all before is on disk.
    fn mend(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_all()?;
        self.whole = true;
        Ok(())
    }
}

const TASK: &str = "task";
const TASK_DONE: &str = "task_done";

/// As it stands in the line.
fn kind(what: &What) -> &'static str {
    match ended(what) {
        (Some(_), _) => TASK_DONE,
        (None, _) if matches!(what, What::Task { .. }) => TASK,
        (None, _) => "",
    }
}

/// The task that it ends, and whether nobody did that one.
fn ended(what: &What) -> (Option<&str>, bool) {
    match what {
        What::TaskDone { task, passed_on } => (Some(task), *passed_on),
        What::PutAside { task } => (Some(task), true),
        What::Log { .. }
        | What::Task { .. }
        | What::Outcome { .. }
        | What::Reopened
        | What::NotHeld { .. }
        | What::Undelivered { .. }
        | What::Missed { .. }
        | What::Owner
        | What::Consent { .. } => (None, false),
    }
}

fn key_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn unwritten(e: &io::Error) -> CrmError {
    CrmError::Unreachable(format!("{NAME} was not written: {e}"))
}
