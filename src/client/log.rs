//! The client's log: a file of its profile, since the screen belongs to the inbox. It carries no number, name, text or
//! token, and stays small: the older half goes when it is full.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::profile::{self, ProfileError};
use crate::config::diagnose::nearest;

/// The variable that sets the level: `off`, `error`, `warn`, `info`, `debug`, `trace`.
pub const LEVEL: &str = "COMEBACK_LOG";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Largest size of one file, in bytes. There are at most two.
const LARGEST: u64 = 1024 * 1024;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is not one.
    #[error("{LEVEL}={word}: {}write off, error, warn, info, debug or trace", nearest.map_or_else(String::new, |n| format!("did you mean {n}? ")))]
    Level {
        /// What stood there.
        word: String,
        /// The level it is nearest to.
        nearest: Option<&'static str>,
    },
    /// Folder or file.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// The level by its name; `warn` when there is none.
pub fn level(name: Option<&str>) -> Result<LevelFilter, LogError> {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or("warn");
    name.parse().map_err(|_| LogError::Level { word: name.to_owned(), nearest: nearest(name, &LEVELS) })
}

/// Starts logging into `log` of a folder, at a level by its name; `warn` when there is none.
pub fn start(folder: &Path, level: Option<&str>) -> Result<(), LogError> {
    let ours = self::level(level)?;
    if ours == LevelFilter::OFF {
        return Ok(());
    }
    profile::make_dir(folder)?;
    let file = Rotating::open(folder.join("log"), LARGEST)?;
    // Libraries say what they like about what passes through them, so only their warnings are heard.
    let filter = Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target("comeback", ours);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Shared(Arc::new(Mutex::new(file))));
    // Already started by a test or an embedding program: theirs stands.
    drop(tracing_subscriber::registry().with(filter).with(lines).try_init());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the inbox starts");
    Ok(())
}

/// A file that is put aside when it is full; the one that was aside before is gone.
#[derive(Debug)]
struct Rotating {
    file: File,
    path: PathBuf,
    size: u64,
    largest: u64,
}

impl Rotating {
    fn open(path: PathBuf, largest: u64) -> Result<Self, ProfileError> {
        drop(profile::private_file(&path)?);
        let failed = |source| ProfileError::File { path: path.clone(), source };
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { file, path, size, largest })
    }

    fn rotate(&mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("old"))?;
        let fresh = Self::open(self.path.clone(), self.largest).map_err(io::Error::other)?;
        *self = fresh;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.size > 0 && self.size.saturating_add(more) > self.largest {
            self.rotate()?;
        }
        self.file.write_all(bytes)?;
        self.size = self.size.saturating_add(more);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// One line at a time.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Rotating>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

impl MakeWriter<'_> for Shared {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_both_together_stay_small() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();
        let mut log = Rotating::open(path.clone(), 20).unwrap();
        for line in ["one line\n", "two lines\n", "three lines\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!((read("log.old"), read("log")), ("one line\ntwo lines\n".to_owned(), "three lines\n".to_owned()));
        drop(log);
        // Started again, it goes on in the same file and knows how much is in it.
        let mut log = Rotating::open(path, 20).unwrap();
        log.write_all(b"four\n").unwrap();
        assert_eq!(read("log"), "three lines\nfour\n");
        log.write_all(b"a line longer than the whole file may be\n").unwrap();
        log.write_all(b"six\n").unwrap();
        assert_eq!(read("log.old"), "a line longer than the whole file may be\n");
        assert_eq!(read("log"), "six\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        drop(Rotating::open(path.clone(), 20).unwrap());
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_level_that_is_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let error = start(dir.path(), Some("loud")).unwrap_err();
        assert_eq!(error.to_string(), "COMEBACK_LOG=loud: write off, error, warn, info, debug or trace");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        start(dir.path(), Some("off")).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "off leaves no file");
    }
}
