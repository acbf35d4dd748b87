//! What is written back into the CRM: whether anything waits or was refused.

use super::crm::AREA;
use super::report::Report;
use crate::clock::{Clock as _, SystemClock};
use crate::server::store::StoreError;
use crate::server::store::crm_write::CrmWriteStore as _;
use crate::server::store::sqlite::SqliteStore;

/// Writes that wait looked through for one that we have no right to, oldest first.
const LOOKED_AT: usize = 1_000;

/// A write that waits for so many minutes is worth a look.
const LAGGING: i64 = 15;

/// Looks at what a backend's database holds of them. Whether a backend ever wrote into a CRM from it.
pub(super) async fn look(report: &mut Report, store: &SqliteStore) -> Result<bool, StoreError> {
    if store.crm_read_to().await?.is_none() {
        return Ok(false);
    }
    let standing = store.crm_standing().await?;
    let minutes = standing.oldest.map_or(0, |oldest| SystemClock.now().since(oldest).as_seconds() / 60);
    let what = format!("{} wait, one for {minutes} min; {} were refused", standing.waiting, standing.refused);
    if standing.refused > 0 || minutes >= LAGGING {
        report.look(AREA, "writes", what, "comeback crm writes names them and why; answers wait for none of them");
    } else {
        report.fine(AREA, "writes", format!("{} wait, none was refused", standing.waiting));
    }
    if standing.forbidden > 0 {
        let (waiting, _) = store.crm_stuck(LOOKED_AT).await?;
        let why = waiting.into_iter().find(|row| row.forbidden).and_then(|row| row.waits).unwrap_or_default();
        let next =
            "give the CRM's app that right: they are tried again by themselves, and at once by comeback crm retry";
        report.look(AREA, "rights", format!("{} of them wait for one: {why}", standing.forbidden), next);
    }
    Ok(true)
}
