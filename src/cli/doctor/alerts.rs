//! Alerts beside the client: what waits, what was given up, and whom none can reach.

use super::report::Report;
use crate::cli::rep::known;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::alert::reachable::unreachable;
use crate::domain::id::RepId;
use crate::domain::playbook::Playbook;
use crate::server::notify::{Given, in_words, unreadable};
use crate::server::store::consent::ConsentStore as _;
use crate::server::store::notice::NoticeStore as _;
use crate::server::store::sqlite::SqliteStore;
use crate::server::store::{Store as _, StoreError};

const AREA: &str = "alerts";

/// An opt-out that another system does not know for so many minutes is worth a look.
const LAGGING: i64 = 15;

/// Notices of one recipient that are looked at.
const LOOKED_AT: usize = 500;

/// Looks at what a backend's database holds of them.
pub(super) async fn look(report: &mut Report, store: &SqliteStore) -> Result<(), StoreError> {
    let Some(playbook) = store.playbook().await? else { return Ok(()) };
    if playbook.consent.tell.is_empty() && !playbook.lines.is_empty() {
        let what = "no other system hears of opt-outs: one that texts the same people goes on after their STOP";
        report.fine(AREA, "consent", format!("{what}. tell = [\"NAME\"] under [consent] names its webhook"));
    }
    if playbook.alerting.is_empty() {
        report.fine(AREA, "channels", "none in the playbook: reps hear by their inbox alone");
        return Ok(());
    }
    channels(report, &playbook).await;
    let counts = store.count_notices().await?;
    let in_vain = store.notices(LOOKED_AT).await?.iter().filter(|row| row.tries > 0).count();
    let wait = match in_vain {
        0 => format!("{} wait", counts.waiting),
        some => format!("{} wait, {some} of them tried in vain so far", counts.waiting),
    };
    let next = "the log names the channel and what it answered";
    match (counts.dead, in_vain) {
        (0, 0) => report.fine(AREA, "notices", format!("{wait}, none was given up")),
        (0, _) => report.look(AREA, "notices", format!("{wait}; none was given up"), next),
        (dead, _) => report.look(AREA, "notices", format!("{wait}; {dead} were given up within a week"), next),
    }
    if !playbook.consent.tell.is_empty() {
        consents(report, store).await?;
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

/// Whether what channels need can be read. What is read by one's own environment tells nothing of the backend's.
async fn channels(report: &mut Report, playbook: &Playbook) {
    let lacking = in_words(unreadable(playbook, &Given::new()).await);
    if lacking.is_empty() {
        return report.fine(AREA, "channels", "whoever runs this can read what they need");
    }
    for lacks in lacking {
        let next = "see that the backend can read it: as it starts, its log names every channel that it cannot use";
        report.look(AREA, "channels", format!("whoever runs this cannot read what is needed by {lacks}"), next);
    }
}

/// Whether other systems know of every opt-out: one that does not may text somebody who said STOP.
async fn consents(report: &mut Report, store: &SqliteStore) -> Result<(), StoreError> {
    let untold = store.untold_consents().await?;
    let next = "the log names the channel and what it answered; until then stop that system's campaigns by hand";
    if untold.refused > 0 {
        let what = format!("{} opt-out(s) or opt-in(s) were refused for good by another system", untold.refused);
        report.look(AREA, "consent", what, next);
    }
    match untold.oldest {
        None => report.fine(AREA, "consent", "other systems know of every opt-out"),
        Some(oldest) => {
            let minutes = SystemClock.now().since(oldest).as_seconds() / 60;
            let what = format!("{} opt-out(s) or opt-in(s) wait to be told, one for {minutes} min", untold.waiting);
            if minutes < LAGGING {
                report.fine(AREA, "consent", what);
            } else {
                report.look(AREA, "consent", what, next);
            }
        }
    }
    Ok(())
}
