//! Alerts beside the client: what waits, what was given up, and whom none can reach.

use super::report::Report;
use crate::cli::rep::known;
use crate::domain::alert::reachable::unreachable;
use crate::domain::id::RepId;
use crate::server::store::notice::NoticeStore as _;
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{Store as _, StoreError};

const AREA: &str = "alerts";

/// Looks at what a backend's database holds of them.
pub(super) async fn look(report: &mut Report, store: &SqliteStore) -> Result<(), StoreError> {
    let Some(playbook) = store.playbook().await? else { return Ok(()) };
    if playbook.alerting.is_empty() {
        report.fine(AREA, "channels", "none in the playbook: reps hear by their inbox alone");
        return Ok(());
    }
    let counts = store.count_notices().await?;
    match counts.dead {
        0 => report.fine(AREA, "notices", format!("{} wait, none was given up", counts.waiting)),
        dead => report.look(
            AREA,
            "notices",
            format!("{} wait, {dead} were given up within a week", counts.waiting),
            "the log names the channel and what it answered",
        ),
    }
    let reaches = store.reaches().await?;
    // A report is made to be pasted: how many, not who.
    let next = "comeback rep reach names them, and what to do";
    match reaches.iter().filter(|reach| reach.stopped.is_some()).count() {
        0 => {}
        stopped => report.look(AREA, "pages", format!("{stopped} rep(s) texted STOP to the page line"), next),
    }
    let known = |rep: &RepId| known(&reaches, rep);
    match unreachable(&playbook, Some(&known)).len() {
        0 => report.fine(AREA, "reach", "an alert can reach everybody"),
        reps => report.look(AREA, "reach", format!("no alert can reach {reps} rep(s)"), next),
    }
    Ok(())
}
