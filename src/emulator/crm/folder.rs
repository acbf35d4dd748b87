//! The CRM as a folder: its tables are written anew whenever they say something else, and what others wrote into it is
//! taken in. Not a word of this is shared with who reads and writes there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::deals::deals;
use super::tables::{Table, completed, tables};
use super::writes::keep;
use crate::emulator::shared::Shared;

/// Between two looks at the world and at the folder, in real time.
const LOOK: Duration = Duration::from_secs(1);

/// What is written there, a line each.
const WRITTEN: &str = "written.jsonl";

/// A folder that shows the world.
pub(crate) struct Folder {
    path: PathBuf,
    shown: BTreeMap<&'static str, String>,
    /// Bytes of what was written that were taken in.
    read: u64,
}

impl Folder {
    /// Makes the folder and writes its tables.
    pub(crate) fn open(path: PathBuf, shared: &Shared) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        let mut folder = Self { path, shown: BTreeMap::new(), read: 0 };
        folder.look(shared)?;
        Ok(folder)
    }

    /// Follows the world until the emulator ends.
    pub(crate) async fn follow(mut self, shared: Arc<Shared>) {
        loop {
            tokio::time::sleep(LOOK).await;
            // A few kilobytes: nobody waits for them.
            if let Err(error) = self.look(&shared) {
                tracing::warn!(%error, "the emulated CRM's folder is not up to date");
            }
        }
    }

    fn look(&mut self, shared: &Shared) -> io::Result<()> {
        self.take(shared)?;
        for table in tables(&shared.contacts, &deals(&shared.contacts, shared.began, shared.now()))? {
            self.show(table)?;
        }
        let done = completed(&shared.state().written)?;
        done.map_or(Ok(()), |done| self.show(done))
    }

    /// Beside the old one first, so that nobody reads half a table.
    fn show(&mut self, (name, text): Table) -> io::Result<()> {
        if self.shown.get(name) != Some(&text) {
            let beside = self.path.join(format!(".{name}"));
            fs::write(&beside, &text)?;
            fs::rename(&beside, self.path.join(name))?;
            self.shown.insert(name, text);
        }
        Ok(())
    }

    /// Takes in the whole lines that came since.
    fn take(&mut self, shared: &Shared) -> io::Result<()> {
        let mut file = match File::open(self.path.join(WRITTEN)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut more = Vec::new();
        file.read_to_end(&mut more)?;
        let now = shared.now().to_string();
        let mut state = shared.state();
        for line in more.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            self.read += line.len() as u64;
            let Ok(write) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
            let id = write["key"].as_str().unwrap_or_default().to_owned();
            let _ = keep(&mut state.written, write, id, &now);
        }
        Ok(())
    }
}
