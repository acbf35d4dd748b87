//! A profile: one backend, one person, one folder. The token lies in a file of its own that only its owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::RepId;
use crate::wire::session::SignedIn;

/// What the driver needs to start.
#[derive(Clone)]
pub struct Profile {
    /// Where the backend answers, without a path: `https://comeback.example`.
    pub base_url: String,
    /// The folder of cache, lock and token.
    pub dir: PathBuf,
    /// The bearer token of this device.
    pub token: String,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profile({} in {})", self.base_url, self.dir.display())
    }
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Nobody signed in here yet.
    #[error("nobody is signed in in {}: run “comeback login URL” first", .0.display())]
    NotSignedIn(PathBuf),
    /// Another client runs on it.
    #[error("this profile is already open in another comeback (process {pid}): use that one, or end it first")]
    InUse {
        /// The other process, as it wrote it down; 0 when it could not be read.
        pid: u32,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file that names the backend is not ours.
    #[error("{}: not a comeback profile: {source}", path.display())]
    Garbled {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> ProfileError {
    let path = path.to_owned();
    move |source| ProfileError::File { path, source }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    base_url: String,
    /// Whose profile it is: cache, drafts and outbox are theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rep: Option<RepId>,
}

impl Profile {
    /// Whose profile it is; nobody's when nobody signed in here yet, or when its file cannot be read.
    pub fn owner(dir: &Path) -> Option<RepId> {
        serde_json::from_slice::<Stored>(&fs::read(dir.join("profile.json")).ok()?).ok()?.rep
    }

    /// Writes down a fresh sign-in. The token last: a running client takes a new token to mean that all is new.
    pub fn save(dir: &Path, base_url: &str, signed_in: &SignedIn) -> Result<Self, ProfileError> {
        make_dir(dir)?;
        let rep = Some(signed_in.session.rep.clone());
        let stored = Stored { base_url: base_url.trim_end_matches('/').to_owned(), rep };
        let text = serde_json::to_vec_pretty(&stored)
            .map_err(|source| ProfileError::Garbled { path: dir.join("profile.json"), source })?;
        write_private(&dir.join("profile.json"), &text)?;
        write_private(&dir.join("token"), signed_in.token.as_bytes())?;
        Self::load(dir)
    }

    /// Reads it back: the token first, since it is written last.
    pub fn load(dir: &Path) -> Result<Self, ProfileError> {
        let token_path = dir.join("token");
        let token = match fs::read_to_string(&token_path) {
            Ok(token) => token.trim().to_owned(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(ProfileError::NotSignedIn(dir.to_owned())),
            Err(e) => return Err(file_error(&token_path)(e)),
        };
        let path = dir.join("profile.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(ProfileError::NotSignedIn(dir.to_owned())),
            Err(e) => return Err(file_error(&path)(e)),
        };
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|source| ProfileError::Garbled { path: path.clone(), source })?;
        Ok(Self { base_url: stored.base_url, dir: dir.to_owned(), token })
    }
}

/// Makes the folder, readable by its owner only.
pub fn make_dir(dir: &Path) -> Result<(), ProfileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(file_error(dir))
}

/// Opens a file for writing that only its owner can read.
pub fn private_file(path: &Path) -> Result<File, ProfileError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(file_error(path))
}

/// Replaces a file whole or not at all.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(file_error(&fresh)(e)),
        Ok(()) | Err(_) => {}
    }
    let mut file = private_file(&fresh)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error(&fresh))?;
    fs::rename(&fresh, path).map_err(file_error(path))
}

/// Held while a client runs on a profile; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the profile, or says who has it.
    pub fn take(dir: &Path) -> Result<Self, ProfileError> {
        let path = dir.join("lock");
        let mut file = private_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0);
                return Err(ProfileError::InUse { pid });
            }
            Err(fs::TryLockError::Error(e)) => return Err(file_error(&path)(e)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(file_error(&path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::DeviceId;
    use crate::domain::playbook::Role;
    use crate::wire::session::Session;

    fn signed_in() -> SignedIn {
        let session = Session {
            device: DeviceId(uuid::Uuid::from_u128(1)),
            rep: RepId::new("maya"),
            name: "Maya".to_owned(),
            role: Role::Rep,
            company: "Acme".to_owned(),
            wire: 1,
        };
        SignedIn { token: "s3cret".to_owned(), session }
    }

    #[test]
    fn a_profile_comes_back_as_it_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("a/b");
        assert!(matches!(Profile::load(&home), Err(ProfileError::NotSignedIn(_))));
        assert_eq!(Profile::owner(&home), None);
        Profile::save(&home, "https://x.example/", &signed_in()).unwrap();
        Profile::save(&home, "https://x.example/", &signed_in()).unwrap();
        let back = Profile::load(&home).unwrap();
        assert_eq!((back.base_url.as_str(), back.token.as_str()), ("https://x.example", "s3cret"));
        assert!(!format!("{back:?}").contains("s3cret"));
        assert_eq!(Profile::owner(&home), Some(RepId::new("maya")));
        fs::write(home.join("profile.json"), "{").unwrap();
        assert!(matches!(Profile::load(&home), Err(ProfileError::Garbled { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_token() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        Profile::save(dir.path(), "https://x.example", &signed_in()).unwrap();
        let mode = fs::metadata(dir.path().join("token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_second_client_learns_who_has_the_profile() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        match Lock::take(dir.path()) {
            Err(ProfileError::InUse { pid }) => assert_eq!(pid, std::process::id()),
            other => panic!("{other:?}"),
        }
        drop(first);
        Lock::take(dir.path()).unwrap();
    }
}
