//! Files with keys of checkpoints: a secret as 64 hexadecimal digits, or a half of a pair with its name before them.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::journal::{Key, Keys, from_hex, to_hex};

/// What stands before the digits of a pair's halves.
const PRIVATE: &str = "ed25519-private:";
const PUBLIC: &str = "ed25519-public:";

/// Writes a new key: a secret, or a pair when its public half has a place.
pub(super) fn write(out: &Path, public: Option<&Path>) -> anyhow::Result<()> {
    let seed: [u8; 32] = rand::random();
    let Some(public) = public else { return write_new(out, 0o600, &to_hex(&seed)) };
    let half = Key::pair(&seed)?.public_half().context("the pair has no public half")?;
    write_new(out, 0o600, &format!("{PRIVATE}{}", to_hex(&seed)))?;
    write_new(public, 0o644, &format!("{PUBLIC}{}", to_hex(&half)))
}

/// Makes the file before anything is in it, so that it is never readable by others.
fn write_new(file: &Path, readable: u32, text: &str) -> anyhow::Result<()> {
    let name = file.display();
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(readable).open(file);
    let mut made = made.with_context(|| format!("{name} cannot be made; an existing file is never written over"))?;
    made.write_all(format!("{text}\n").as_bytes())
        .and_then(|()| made.sync_all())
        .with_context(|| format!("{name} cannot be written"))
}

/// Reads the live keys, the one that signs first, and the retired ones.
pub(in crate::cli) fn read_keys(live: &[PathBuf], retired: &[PathBuf]) -> anyhow::Result<Keys> {
    let all = |files: &[PathBuf]| files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<Key>>>();
    Ok(Keys::new(all(live)?, all(retired)?))
}

/// Reads a key. One that signs may be read by its owner only.
fn read(file: &Path) -> anyhow::Result<Key> {
    let name = file.display();
    let about = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?;
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let text = text.trim();
    let no_key = || anyhow::anyhow!("{name} is no key of 64 hexadecimal digits: comeback audit key makes one");
    if let Some(half) = text.strip_prefix(PUBLIC) {
        return from_hex(half).map(Key::public).ok_or_else(no_key);
    }
    anyhow::ensure!(
        (about.permissions().mode() & 0o077).count_ones() == 0,
        "others may read {name}, and whoever reads it can forge checkpoints: chmod 600 it, or make a new one"
    );
    let (digits, is_pair) = text.strip_prefix(PRIVATE).map_or((text, false), |digits| (digits, true));
    let bytes = from_hex(digits).ok_or_else(no_key)?;
    Ok(if is_pair { Key::pair(&bytes)? } else { Key::new(&bytes)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_once_and_read_by_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(&at("secret"), None).unwrap();
        write(&at("pair"), Some(&at("half"))).unwrap();
        let said = write(&at("pair"), None).unwrap_err().to_string();
        assert!(said.contains("never written over"), "{said}");
        let mode = |name: &str| std::fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("secret"), mode("pair")), (0o600, 0o600));
        let keys = read_keys(&[at("pair"), at("secret")], &[at("half")]).unwrap();
        assert_eq!(keys.signer().unwrap().public_half(), read(&at("half")).unwrap().public_half());
        assert!(read_keys(&[at("half")], &[]).unwrap().signer().is_err(), "a public half signs nothing");
        std::fs::set_permissions(at("pair"), std::fs::Permissions::from_mode(0o644)).unwrap();
        let said = read(&at("pair")).unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
        std::fs::write(at("half"), "ed25519-public:12").unwrap();
        assert!(read(&at("half")).unwrap_err().to_string().contains("64 hexadecimal digits"));
    }
}
