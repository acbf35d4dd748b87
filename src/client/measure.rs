//! Reports for the screen: asked of the backend, and the last of each kept beside the profile for when it is away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

use super::handle::{Notice, WhichReport};
use super::http::Backend;
use super::profile::{self, ProfileError};
use crate::domain::measure::chart::Behind;
use crate::domain::measure::report::Report;
use crate::domain::time::Timestamp;

/// Reports kept: the last of each that was looked at.
const KEPT: usize = 12;

/// Most that is read of what was kept.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Conversations behind a number, at most.
const MOST: u32 = 200;

/// A report as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    report: Report,
}

/// By what was asked.
type Reports = BTreeMap<String, Kept>;

fn file(dir: &Path) -> PathBuf {
    dir.join("reports.json")
}

fn key(which: WhichReport) -> String {
    format!("{} {} {}", which.report.word(), which.by.name(), which.days)
}

/// What was kept. A file that does not read is none: the next answer makes it anew.
fn kept(dir: &Path) -> Reports {
    let read = || {
        let path = file(dir);
        let small = std::fs::metadata(&path).ok()?.len() <= LONGEST;
        serde_json::from_slice(&std::fs::read(path).ok().filter(|_| small)?).ok()
    };
    read().unwrap_or_default()
}

/// Keeps one, and forgets the oldest. It stands whole or not at all.
fn keep(dir: &Path, which: WhichReport, one: Kept) -> Result<(), ProfileError> {
    let mut all = kept(dir);
    all.insert(key(which), one);
    while all.len() > KEPT {
        let oldest = all.iter().min_by_key(|(_, kept)| kept.at).map(|(key, _)| key.clone());
        oldest.and_then(|oldest| all.remove(&oldest));
    }
    let bytes = serde_json::to_vec(&all).unwrap_or_default();
    profile::write_private(&file(dir), &bytes)
}

/// Tells what was kept at once, then what the backend says, or why it says nothing.
pub(super) fn read(
    backend: &Backend,
    dir: &Path,
    which: WhichReport,
    now: Timestamp,
    notices: &UnboundedSender<Notice>,
) {
    let (backend, dir, notices) = (backend.clone(), dir.to_owned(), notices.clone());
    tokio::spawn(async move {
        let say = |notice| drop(notices.send(notice));
        let before = blocking({
            let dir = dir.clone();
            move || kept(&dir).remove(&key(which))
        });
        if let Some(Kept { at, report }) = before.await.flatten() {
            say(Notice::Measured { which, at, report: report.into() });
        }
        match backend.report(which.report.word(), &which.asked()).await {
            Ok(body) => {
                say(Notice::Measured { which, at: now, report: body.0.clone().into() });
                let one = Kept { at: now, report: body.0 };
                if let Some(Err(error)) = blocking(move || keep(&dir, which, one)).await {
                    tracing::warn!(%error, "a report is not kept: offline it will not be there");
                }
            }
            Err(e) => say(Notice::Unmeasured { which, why: e.to_string() }),
        }
    });
}

/// Files are read and written where nobody waits for them.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Asks for the conversations behind a number.
pub(super) fn open(backend: &Backend, behind: Behind, days: u32, notices: &UnboundedSender<Notice>) {
    let (backend, notices) = (backend.clone(), notices.clone());
    tokio::spawn(async move {
        let mut asked = vec![("since", format!("{days}d")), ("limit", MOST.to_string())];
        asked.extend(behind.asked.clone());
        let found = backend.behind(behind.report, &asked).await;
        drop(notices.send(Notice::Behind { behind, found: found.map(Into::into).map_err(|e| e.to_string()) }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::ReportName;
    use crate::domain::measure::cell::By;

    fn which(days: u32) -> WhichReport {
        WhichReport { report: ReportName::Load, by: By::Cohort, days }
    }

    #[test]
    fn the_newest_reports_are_kept_and_a_broken_file_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(kept(dir.path()), Reports::new());
        let one = |n: i64| Kept { at: Timestamp::from_millis(n), report: Report::Load(Box::default()) };
        for n in 0..20_u32 {
            keep(dir.path(), which(n), one(i64::from(n))).unwrap();
        }
        let all = kept(dir.path());
        assert_eq!(all.len(), KEPT);
        assert!(all.contains_key("load cohort 19") && !all.contains_key("load cohort 7"), "{:?}", all.keys());
        std::fs::write(file(dir.path()), b"{\"load\": ").unwrap();
        assert_eq!(kept(dir.path()), Reports::new());
        keep(dir.path(), which(1), one(1)).unwrap();
        assert_eq!(kept(dir.path()).len(), 1);
    }
}
