//! A SQLite file: its place, version, integrity, size, file system and room.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::report::Report;

/// The oldest SQLite that loses nothing.
const OLDEST_SQLITE: i32 = 3_051_003;
/// Marks a file as comeback's: `cbk1`.
const APPLICATION_ID: i64 = 0x6362_6b31;
/// A log of changes that grew beyond this is being kept from shrinking.
const LARGE_WAL: u64 = 256 * 1024 * 1024;
/// Less room than this is worth a look; less than a tenth of it will soon stop everything.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;

/// What a file should be.
pub(super) struct Wanted {
    /// The version this program writes.
    pub(super) version: u64,
    /// Asks a file for its version.
    pub(super) asked_by: &'static str,
}

/// Looks at a file that is there, without changing it. True when it is sound and of the version this program writes.
pub(super) fn look(report: &mut Report, area: &'static str, path: &Path, wanted: &Wanted) -> bool {
    let sqlite = rusqlite::version();
    if rusqlite::version_number() >= OLDEST_SQLITE {
        report.fine(area, "SQLite", sqlite);
    } else {
        report.wrong(area, "SQLite", format!("{sqlite} can lose data"), "build with 3.51.3 or newer");
    }
    room(report, area, path);
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let wal = std::fs::metadata(Path::new(&wal)).map_or(0, |m| m.len());
    let sizes = format!("{}, and {} not yet taken in", bytes(size), bytes(wal));
    if wal > LARGE_WAL {
        report.look(
            area,
            "size",
            sizes,
            "something reads it without end and keeps it from shrinking: see who has it open",
        );
    } else {
        report.fine(area, "size", sizes);
    }
    if private(path) {
        report.fine(area, "permissions", "its owner's alone");
    } else {
        let next = format!("chmod 600 {}", path.display());
        report.look(area, "permissions", "others on this machine can read it", next);
    }
    match open(path, wanted.asked_by) {
        Ok(found) => judge(report, area, path, &found, wanted.version),
        Err(e) => {
            let next = "see its permissions and its disk; a backup, or for a cache a new sign-in, brings it back";
            report.wrong(area, "file", format!("{} cannot be read: {e}", path.display()), next);
            false
        }
    }
}

struct Found {
    id: i64,
    version: u64,
    check: String,
}

fn open(path: &Path, version: &str) -> rusqlite::Result<Found> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(Found {
        id: db.pragma_query_value(None, "application_id", |r| r.get(0))?,
        version: db.query_row(version, [], |r| r.get::<_, i64>(0))?.unsigned_abs(),
        check: db.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?,
    })
}

fn judge(report: &mut Report, area: &'static str, path: &Path, found: &Found, version: u64) -> bool {
    if found.id != APPLICATION_ID {
        let said = format!("{} is another program's", path.display());
        report.wrong(area, "file", said, "see that the path is right; nothing was changed");
        return false;
    }
    report.fine(area, "file", path.display().to_string());
    let whole = found.check == "ok";
    if whole {
        report.fine(area, "integrity", "quick_check finds nothing");
    } else {
        // What SQLite says names pages and tables, never what is in them.
        let next = "stop what runs on it, keep a copy, and go back to a backup; a cache can be moved away and is fetched again";
        report.wrong(area, "integrity", format!("damaged: {}", found.check), next);
    }
    match found.version.cmp(&version) {
        std::cmp::Ordering::Equal => report.fine(area, "version", version.to_string()),
        std::cmp::Ordering::Less => {
            let said = format!("{}; this program writes {version}", found.version);
            report.look(area, "version", said, "it is brought up to date at the next start");
        }
        std::cmp::Ordering::Greater => {
            let said = format!("{}; this program knows {version}", found.version);
            report.wrong(area, "version", said, "a newer comeback wrote it: update this one");
        }
    }
    whole && found.version == version
}

/// Nothing for the group and for others.
fn private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.permissions().mode().trailing_zeros() >= 6)
}

/// The file system and its room.
fn room(report: &mut Report, area: &'static str, path: &Path) {
    match file_system(path) {
        Some((name, true)) => report.look(
            area,
            "file system",
            format!("{name}: locks and syncs there are not what SQLite needs"),
            "put it on a local disk (ext4, XFS, APFS)",
        ),
        Some((name, false)) => report.fine(area, "file system", name),
        None => {}
    }
    let Ok(disk) = rustix::fs::statvfs(path) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let said = format!("{} free", bytes(free));
    if free < LITTLE_ROOM / 10 {
        report.wrong(area, "room", said, "make room: when it is full nothing is taken in any more");
    } else if free < LITTLE_ROOM {
        report.look(area, "room", said, "make room soon");
    } else {
        report.fine(area, "room", said);
    }
}

/// The file system by its name, and whether it is one that SQLite should not live on.
#[cfg(target_os = "linux")]
fn file_system(path: &Path) -> Option<(String, bool)> {
    let kind = i128::from(rustix::fs::statfs(path).ok()?.f_type);
    // linux/magic.h; ZFS and FUSE by their own.
    let (name, doubtful) = match kind & 0xffff_ffff {
        0x6969 => ("NFS", true),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => ("SMB", true),
        0x2fc1_2fc1 => ("ZFS", true),
        0x6573_5546 => ("FUSE", true),
        0x0102_1997 => ("9p", true),
        0x7375_7245 => ("Coda", true),
        0x00c3_6400 => ("Ceph", true),
        0xef53 => ("ext4", false),
        0x5846_5342 => ("XFS", false),
        0x9123_683e => ("btrfs", false),
        0xf2f5_2010 => ("F2FS", false),
        0x0102_1994 => return Some(("tmpfs: gone when the machine restarts".to_owned(), false)),
        0x794c_7630 => ("overlay", false),
        other => return Some((format!("unknown to us ({other:#x})"), false)),
    };
    Some((name.to_owned(), doubtful))
}

#[cfg(not(target_os = "linux"))]
fn file_system(_path: &Path) -> Option<(String, bool)> {
    None
}

fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        1_000_000..10_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", count / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_file_a_damaged_one_and_anothers_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "PRAGMA application_id = 0x63626b31; PRAGMA user_version = 2; CREATE TABLE t (a); CREATE INDEX i ON t (a)",
        )
        .unwrap();
        for n in 0..2_000 {
            db.execute("INSERT INTO t VALUES (?1)", [format!("{n:0100}")]).unwrap();
        }
        drop(db);
        let said = |version| {
            let mut report = Report::default();
            let sound = look(&mut report, "cache", &path, &Wanted { version, asked_by: "PRAGMA user_version" });
            (sound, report.wrong_count(), report.text())
        };
        let (sound, wrong, text) = said(2);
        assert!(sound && wrong == 0 && text.contains("quick_check finds nothing"), "{text}");
        assert!(matches!(said(3), (false, 0, _)), "older: worth a look");
        let (_, wrong, text) = said(1);
        assert!(wrong == 1 && text.contains("update this one"), "{text}");
        let mut raw = std::fs::read(&path).unwrap();
        let half = raw.len() / 2;
        raw[half..half + 8_192].fill(0x5a);
        std::fs::write(&path, raw).unwrap();
        let (sound, wrong, text) = said(2);
        assert!(!sound && wrong == 1 && text.contains("damaged"), "{text}");
        std::fs::write(&path, "not a database at all, but long enough to have a header of a hundred bytes, as SQLite wants to see it there").unwrap();
        let (sound, wrong, text) = said(2);
        assert!(!sound && wrong == 1 && text.contains("cannot be read"), "{text}");
    }
}
