//! Secrets, and the three places they come from: the environment, a file that only its owner reads, and the desktop's
//! keyring. They are never part of an argument, a log, an error or the journal.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The longest secret read, in bytes.
const LONGEST: u64 = 4096;

/// Longest wait for the keyring: one that is locked asks the person first, and nobody may sit there.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the secrets of this program are filed under in a keyring.
const SERVICE: &str = "comeback";

/// A secret. It shows itself nowhere, is compared in constant time, and its memory is wiped when it goes.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Why a secret cannot be read. What it is does not appear in the words.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No such variable.
    #[error("the variable {0} is not set")]
    NotSet(String),
    /// No such file, or not for us.
    #[error("{file} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// The system's words.
        why: std::io::ErrorKind,
    },
    /// Others may read it.
    #[error("{file} may be read by others than its owner (mode {mode:03o}): chmod 600 {file}")]
    Open {
        /// Which file.
        file: String,
        /// Its permissions.
        mode: u32,
    },
    /// There is nothing in it.
    #[error("{0} is empty: it should hold a secret")]
    Empty(String),
    /// It is longer than secrets are, or no text.
    #[error("{0} holds no secret: it is longer than 4096 bytes, or no text")]
    NotASecret(String),
    /// The keyring does not have it, or is locked: it answers the same where nobody can be asked.
    #[error("the keyring holds no secret named {name}, or is locked: unlock it, or {store}")]
    NotInKeyring {
        /// The name asked for.
        name: String,
        /// How to put it there.
        store: String,
    },
    /// There is no keyring, or it is locked.
    #[error("the keyring cannot be asked: {0}")]
    NoKeyring(&'static str),
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a variable of the environment.
    Env(String),
    /// In a file that nobody but its owner reads.
    File(PathBuf),
    /// In the keyring of the desktop, under a name.
    Keyring(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Keyring(name) => write!(f, "{name} in the keyring"),
        }
    }
}

impl Source {
    /// As it stands where a secret could stand as well: `env:NAME`, `file:/PATH` or `keyring:NAME`.
    pub fn written(&self) -> String {
        match self {
            Self::Env(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Keyring(name) => format!("keyring:{name}"),
        }
    }

    /// Reads that. Nothing for what is a secret itself: none that a carrier gives begins so.
    pub fn parse(text: &str) -> Option<Self> {
        let named = |begins: &str| text.strip_prefix(begins).filter(|rest| !rest.is_empty());
        let env = named("env:").map(|name| Self::Env(name.to_owned()));
        let file = || named("file:").filter(|path| path.starts_with('/')).map(|path| Self::File(path.into()));
        env.or_else(file).or_else(|| named("keyring:").map(|name| Self::Keyring(name.to_owned())))
    }

    /// Reads it now. Blank space around it is not part of it.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let found = self.text()?;
        let secret = Secret::new(found.trim());
        if secret.is_empty() { Err(SecretError::Empty(self.to_string())) } else { Ok(secret) }
    }

    /// Reads several, one a line, the one in use first: two while a secret is rotated.
    pub fn read_all(&self) -> Result<Vec<Secret>, SecretError> {
        let found = self.text()?;
        let all: Vec<Secret> = found.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
        if all.is_empty() { Err(SecretError::Empty(self.to_string())) } else { Ok(all) }
    }

    fn text(&self) -> Result<Zeroizing<String>, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(text) if text.len() as u64 > LONGEST => Err(SecretError::NotASecret(self.to_string())),
                Ok(text) => Ok(Zeroizing::new(text)),
                Err(_) => Err(SecretError::NotSet(name.clone())),
            },
            Self::File(path) => from_file(path),
            Self::Keyring(name) => from_keyring(name),
        }
    }
}

/// A secret at hand, or one that is read each time it is needed, so that a new one holds without a restart.
#[derive(Clone, Debug)]
pub enum Held {
    /// At hand.
    Here(Secret),
    /// Outside.
    At(Source),
}

impl Held {
    /// As it is now. A keyring may take its time, which no other task waits for.
    pub async fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Here(secret) => Ok(secret.clone()),
            Self::At(source) => {
                let source = source.clone();
                let read = tokio::task::spawn_blocking(move || source.read()).await;
                read.unwrap_or(Err(SecretError::NoKeyring("asking it broke off")))
            }
        }
    }
}

impl Held {
    /// All that are live now, the one in use first: two while a secret is rotated.
    pub async fn read_all(&self) -> Result<Vec<Secret>, SecretError> {
        match self {
            Self::Here(secret) => Ok(vec![secret.clone()]),
            Self::At(source) => {
                let source = source.clone();
                let read = tokio::task::spawn_blocking(move || source.read_all()).await;
                read.unwrap_or(Err(SecretError::NoKeyring("asking it broke off")))
            }
        }
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let file = || path.display().to_string();
    let unreadable = |e: std::io::Error| SecretError::Unreadable { file: file(), why: e.kind() };
    let opened = File::open(path).map_err(unreadable)?;
    let mode = opened.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 && !is_handed_over(path) {
        return Err(SecretError::Open { file: file(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    let read = opened.take(LONGEST + 1).read_to_string(&mut text);
    read.map_err(|e| {
        let no_text = e.kind() == std::io::ErrorKind::InvalidData;
        if no_text { SecretError::NotASecret(file()) } else { unreadable(e) }
    })?;
    if text.len() as u64 > LONGEST { Err(SecretError::NotASecret(file())) } else { Ok(text) }
}

/// What systemd hands over stands in a folder that only the service enters; its access list shows as the group's mode.
fn is_handed_over(path: &Path) -> bool {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty());
    folder.is_some_and(|folder| path.starts_with(folder))
}

/// How the machine's keyring is asked, and how a secret is put there. The secret itself travels by a pipe.
struct Tool {
    program: &'static str,
    lookup: fn(&str) -> Vec<String>,
    store: fn(&str) -> String,
}

/// The Secret Service of Linux desktops (those of GNOME and KDE, and password managers), by libsecret's own program.
const SECRET_TOOL: Tool = Tool {
    program: "secret-tool",
    lookup: |name| ["lookup", "service", SERVICE, "name", name].map(str::to_owned).to_vec(),
    store: |name| format!("secret-tool store --label='{SERVICE} {name}' service {SERVICE} name {name}"),
};

/// The keychain of macOS, by its own program.
const SECURITY: Tool = Tool {
    program: "security",
    lookup: |name| ["find-generic-password", "-s", SERVICE, "-a", name, "-w"].map(str::to_owned).to_vec(),
    store: |name| format!("security add-generic-password -s {SERVICE} -a {name} -w"),
};

fn from_keyring(name: &str) -> Result<Zeroizing<String>, SecretError> {
    let tool = if cfg!(target_os = "macos") { SECURITY } else { SECRET_TOOL };
    let mut child = Command::new(tool.program)
        .args((tool.lookup)(name))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may quote what it was asked.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| SecretError::NoKeyring("its program is not installed (secret-tool, of libsecret)"))?;
    let mut pipe = child.stdout.take().ok_or(SecretError::NoKeyring("its program says nothing"))?.take(LONGEST + 1);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Zeroizing::new(String::new());
        let read = pipe.read_to_string(&mut text).map(|_| text);
        drop(tell.send(read));
    });
    let read = told.recv_timeout(PATIENCE);
    if !matches!(read, Ok(Ok(_))) {
        drop(child.kill());
    }
    let ended = child.wait();
    match read {
        Ok(Ok(text)) if text.len() as u64 > LONGEST => Err(SecretError::NotASecret(format!("{name} in the keyring"))),
        Ok(Ok(text)) if !text.trim().is_empty() && ended.is_ok_and(|how| how.success()) => Ok(text),
        Ok(Ok(_)) => Err(SecretError::NotInKeyring { name: name.to_owned(), store: (tool.store)(name) }),
        Ok(Err(_)) => Err(SecretError::NotASecret(format!("{name} in the keyring"))),
        Err(_) => Err(SecretError::NoKeyring("it does not answer: unlock it, or use a file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str, mode: u32) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, Source::File(file))
    }

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = Secret::new("s3cret");
        assert_eq!(format!("{secret:?} {:?}", Held::Here(secret.clone())), "Secret Here(Secret)");
        assert!(
            secret == Secret::from("s3cret") && secret != Secret::from("s3cre") && secret != Secret::from("s3creT")
        );
    }

    #[test]
    fn a_file_that_others_read_is_refused_and_not_quoted() {
        for mode in [0o644, 0o640, 0o604, 0o660, 0o622] {
            let (_folder, source) = kept("s3cret\n", mode);
            let said = source.read().unwrap_err().to_string();
            assert!(said.contains("chmod 600") && !said.contains("s3cret"), "{said}");
        }
        for mode in [0o600, 0o400] {
            let (_folder, source) = kept(" s3cret\n", mode);
            assert_eq!(source.read().unwrap(), Secret::from("s3cret"));
        }
    }

    #[test]
    fn what_is_no_secret_is_said_without_repeating_it() {
        let long = "x".repeat(5000);
        for (text, says) in [("", "is empty"), (" \n", "is empty"), (long.as_str(), "longer than 4096")] {
            let (_folder, source) = kept(text, 0o600);
            let said = source.read().unwrap_err().to_string();
            assert!(said.contains(says) && !said.contains("xxx"), "{said}");
        }
        let said = Source::File("not-there".into()).read().unwrap_err().to_string();
        assert!(said.contains("not-there cannot be read"), "{said}");
        let said = Source::Env("COMEBACK_NOBODY_SETS_THIS".to_owned()).read().unwrap_err().to_string();
        assert!(said.contains("is not set"), "{said}");
    }

    #[test]
    fn where_a_secret_is_is_told_from_a_secret() {
        for text in ["env:COMEBACK_TOKEN", "file:/run/secrets/line", "keyring:twilio main"] {
            assert_eq!(Source::parse(text).map(|source| source.written()).as_deref(), Some(text));
        }
        let hex = "0123456789abcdef".repeat(2);
        for secret in [hex.as_str(), "KEY0123_x", "whsec_MfKQ9r8=", "env:", "file:relative", "keyring:", "", "ENV:X"] {
            assert_eq!(Source::parse(secret), None, "{secret}");
        }
    }

    #[test]
    fn two_live_values_stand_on_two_lines() {
        let (_folder, source) = kept("new\n\n old \n", 0o600);
        assert_eq!(source.read_all().unwrap(), [Secret::from("new"), Secret::from("old")]);
    }
}
