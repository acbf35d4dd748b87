//! Parts of a text, saved for the person. The file's name is ours, never one that came over the wire, and no other file
//! is written over.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::sync::mpsc::UnboundedSender;

use super::handle::{Notice, Toast, Weight};
use super::http::Backend;
use crate::domain::id::MessageId;
use crate::wire::media::{file_name, size};

/// Files of one name in a folder, at most.
const MOST_ALIKE: u32 = 1000;

/// Fetches one and saves it, and opens the first of a text where the person would see it; a toast says where it is, or why
/// not.
pub(super) fn save(backend: &Backend, message: MessageId, n: u32, notices: &UnboundedSender<Notice>) {
    let (backend, notices) = (backend.clone(), notices.clone());
    tokio::spawn(async move {
        let (text, weight) = match backend.media(message, n).await {
            Ok((kind, bytes)) => match write(&downloads(), &file_name(&kind, n), &bytes) {
                Ok(path) => {
                    let said = if n == 0 && open(&path) { "Saved and opened" } else { "Saved" };
                    (format!("{said} {} ({})", path.display(), size(bytes.len())), Weight::Said)
                }
                Err(e) => (format!("It came and cannot be written to {}: {e}", downloads().display()), Weight::Warned),
            },
            Err(e) => (format!("Not saved: {e}"), Weight::Warned),
        };
        drop(notices.send(Notice::Toast(Toast { text, weight, conversation: None })));
    });
}

/// Opens a file as the desktop does; whether it could be asked to. The file's name is ours, and what is in it is one of the
/// kinds that the backend keeps.
fn open(path: &Path) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some(program) = opener(set, cfg!(target_os = "macos")) else { return false };
    let quiet =
        Command::new(program).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = quiet else { return false };
    // Somebody has to hear that it ended.
    std::thread::spawn(move || drop(child.wait()));
    true
}

/// The desktop's own program for it. At the other end of SSH it would open where nobody sits.
fn opener(set: impl Fn(&str) -> bool, mac: bool) -> Option<&'static str> {
    if ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().any(&set) {
        None
    } else if mac {
        Some("open")
    } else {
        ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(&set).then_some("xdg-open")
    }
}

/// Where the person looks for what they saved.
fn downloads() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let home = set("HOME").unwrap_or_else(|| PathBuf::from("."));
    let usual = home.join("Downloads");
    set("XDG_DOWNLOAD_DIR").unwrap_or(if usual.is_dir() { usual } else { home })
}

/// Writes a new file, readable by its owner only; a name that is taken gets a number.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
    for n in 0..MOST_ALIKE {
        let name = if n == 0 { name.to_owned() } else { format!("{stem} ({n}).{ending}") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => return file.write_all(bytes).map(|()| path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_opened_where_the_person_sits_and_nowhere_else() {
        for (set, mac, wanted) in [
            (&["DISPLAY"][..], false, Some("xdg-open")),
            (&["WAYLAND_DISPLAY"], false, Some("xdg-open")),
            (&[], false, None),
            (&["DISPLAY", "SSH_CONNECTION"], false, None),
            (&[], true, Some("open")),
            (&["SSH_TTY"], true, None),
        ] {
            assert_eq!(opener(|name| set.contains(&name), mac), wanted, "{set:?} {mac}");
        }
    }

    #[test]
    fn no_file_is_written_over_and_what_is_saved_is_its_owner_s() {
        let folder = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8]| write(folder.path(), "photo.jpg", bytes).unwrap();
        let (first, second) = (write(b"one"), write(b"two"));
        assert_eq!(second.file_name().unwrap(), "photo (1).jpg");
        assert_eq!(
            (std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap()),
            (b"one".to_vec(), b"two".to_vec())
        );
        assert_eq!(std::fs::metadata(first).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
