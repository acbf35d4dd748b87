//! The person's own editor on a draft. The words go by a private file, never by a shell's command line.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest text read back, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Opens `$VISUAL` or `$EDITOR` (else `vi`) on these words and answers with what was saved. An error leaves the draft
/// as it was.
pub(super) fn edit(text: &str) -> io::Result<String> {
    let wanted = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.trim().is_empty()));
    let wanted = wanted.unwrap_or_else(|| "vi".to_owned());
    edit_with(&wanted, text)
}

fn edit_with(editor: &str, text: &str) -> io::Result<String> {
    let file = Draft::create(text)?;
    let mut words = editor.split_whitespace();
    let program = words.next().ok_or_else(|| io::Error::other("no editor is named"))?;
    let status = Command::new(program).args(words).arg(&file.0).status()?;
    if !status.success() {
        return Err(io::Error::other("the editor ended with an error"));
    }
    let mut saved = String::new();
    File::open(&file.0)?.take(LONGEST).read_to_string(&mut saved)?;
    Ok(saved)
}

/// A private file that goes when it is dropped.
struct Draft(PathBuf);

impl Draft {
    fn create(text: &str) -> io::Result<Self> {
        let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let path = folder.join(format!("comeback-{}.txt", uuid::Uuid::new_v4()));
        let mut file = open_private(&path)?;
        let draft = Self(path);
        file.write_all(text.as_bytes())?;
        Ok(draft)
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A file that is gone already needs nothing.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_editor_saves_comes_back_and_the_file_goes() {
        assert_eq!(edit_with("true", "as it was").unwrap(), "as it was");
        assert!(edit_with("false", "x").is_err());
        assert!(edit_with("no-such-editor-anywhere", "x").is_err());
        let draft = Draft::create("secret").unwrap();
        let path = draft.0.clone();
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777, 0o600);
        drop(draft);
        assert!(!path.exists());
    }
}
