//! By which clock a database lives. A backend's lives by this machine's; a demo's world has a time of its own, and whoever
//! writes to its database with another one would make its clock go back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, PacedClock, SystemClock};
use crate::domain::time::{Span, Timestamp};

/// How a world's time goes on, kept in a file beside its database.
#[derive(Debug, Serialize, Deserialize)]
struct World {
    /// Its time when it was started, in milliseconds since 1970.
    began: i64,
    /// This machine's time then.
    real: i64,
    /// How fast it runs.
    speed: f64,
}

fn file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".world");
    name.into()
}

/// Says that a database lives in a world of its own from now on.
pub(super) fn mark(database: &Path, began: Timestamp, speed: f64) -> std::io::Result<()> {
    let world = World { began: began.millis(), real: SystemClock.now().millis(), speed };
    std::fs::write(file(database), serde_json::to_vec(&world).map_err(std::io::Error::other)?)
}

/// The clock of a database.
pub(super) fn clock(database: &Path) -> Arc<dyn Clock> {
    let world = std::fs::read(file(database)).ok().and_then(|text| serde_json::from_slice::<World>(&text).ok());
    let Some(World { began, real, speed }) = world.filter(|world| world.speed > 0.0) else {
        return Arc::new(SystemClock);
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a demo does not run for ages")]
    let passed = ((SystemClock.now().millis() - real).max(0) as f64 * speed) as i64;
    Arc::new(PacedClock::start(Timestamp::from_millis(began) + Span::millis(passed), speed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_database_lives_in_its_own_time_and_any_other_in_ours() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("db");
        assert_eq!(clock(&database).pace().to_string(), "1");
        let tuesday = Timestamp::from_millis(1_793_718_000_000);
        mark(&database, tuesday, 12.0).unwrap();
        let world = clock(&database);
        assert_eq!(world.pace().to_string(), "12");
        let since = world.now().since(tuesday);
        assert!(since >= Span::ZERO && since < Span::minutes(60), "{since:?}");
        std::fs::write(file(&database), "{}").unwrap();
        assert_eq!(clock(&database).pace().to_string(), "1", "a file that does not read marks nothing");
    }
}
