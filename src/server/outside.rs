//! Files outside the database that only grow, a line at a time: what a database cannot vouch for by itself.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Appends lines; they are on disk when this returns. A new file is readable by its owner only.
pub(super) fn append(file: &Path, lines: &[String]) -> Result<()> {
    let mut to = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(file)?;
    // A line that a crash cut off was never promised to anyone.
    to.set_len(finished(&to)?)?;
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    to.write_all(text.as_bytes())?;
    to.sync_all()
}

/// Every whole line, oldest first; nothing when there is no file yet.
pub(super) fn lines(file: &Path) -> Result<Vec<String>> {
    let mut text = String::new();
    match File::open(file) {
        Ok(mut file) => drop(file.read_to_string(&mut text)?),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    Ok(whole.lines().map(str::to_owned).collect())
}

/// How long a file is up to the end of its last whole line.
fn finished(mut file: &File) -> Result<u64> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Ok(end as u64)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_line_cut_off_does_not_count_and_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines");
        assert_eq!(lines(&file).unwrap(), Vec::<String>::new());
        append(&file, &["one".to_owned(), "two".to_owned()]).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "one\ntwo\nthr").unwrap();
        assert_eq!(lines(&file).unwrap(), ["one", "two"]);
        append(&file, &["three".to_owned()]).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\ntwo\nthree\n");
    }
}
