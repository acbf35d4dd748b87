//! One backend a database. Two would each send what is due and each believe their own memory of the rest.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::server::store::StoreError;

/// Held while a backend runs on a database: a lock of the system on a file beside it, which ends with the process however
/// that ends. Commands such as `rep add` do not ask for it: they work beside a running backend.
#[derive(Debug)]
pub struct Serving {
    _file: File,
}

impl Serving {
    /// Takes the database at `path` for this process, or says who has it. To be called before it is opened, and so before
    /// it is brought up to date.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let lock = lock_of(path);
        let failed = |e: std::io::Error| StoreError::Fatal(format!("cannot open {}: {e}", lock.display()));
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok());
                return Err(StoreError::Served {
                    pid: pid.map_or_else(String::new, |pid| format!(" (process {pid})")),
                });
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// The process of the backend that runs on a database, 0 when it is not written down; none when none runs.
pub fn holder(path: &Path) -> Option<u32> {
    let mut file = File::open(lock_of(path)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) | Err(TryLockError::Error(_)) => return None,
    }
    let mut text = String::new();
    Some(file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0))
}

/// The lock of a database, whatever link it was named by.
fn lock_of(path: &Path) -> PathBuf {
    let in_folder = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    let mut name = fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned()).into_os_string();
    name.push(".serving");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_backend_learns_who_has_the_database_also_by_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("c.db"), folder.path().join("link.db"));
        fs::write(&path, "").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let first = Serving::take(&path).unwrap();
        for name in [&path, &link, &folder.path().join("./c.db")] {
            let said = Serving::take(name).expect_err("it is taken").to_string();
            assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
        }
        Serving::take(&folder.path().join("other.db")).unwrap();
        assert_eq!(holder(&link), Some(std::process::id()));
        drop(first);
        assert_eq!(holder(&path), None);
        Serving::take(&link).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let said = Serving::take(Path::new("/nowhere/at/all/c.db")).expect_err("no folder").to_string();
        assert!(said.contains("cannot open /nowhere/at/all/c.db"), "{said}");
    }
}
