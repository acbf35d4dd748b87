//! What is written back into the CRM: whether anything waits or was refused.

use super::report::Report;
use crate::clock::{Clock as _, SystemClock};
use crate::server::store::StoreError;
use crate::server::store::crm_write::CrmWriteStore as _;
use crate::server::store::sqlite::SqliteStore;

const AREA: &str = "crm";

/// A write that waits for so many minutes is worth a look.
const LAGGING: i64 = 15;

/// Looks at what a backend's database holds of them.
pub(super) async fn look(report: &mut Report, store: &SqliteStore) -> Result<(), StoreError> {
    if store.crm_read_to().await?.is_none() {
        report.fine(AREA, "writes", "no CRM takes any");
        return Ok(());
    }
    let standing = store.crm_standing().await?;
    let minutes = standing.oldest.map_or(0, |oldest| SystemClock.now().since(oldest).as_seconds() / 60);
    let what = format!("{} wait, one for {minutes} min; {} were refused", standing.waiting, standing.refused);
    if standing.refused > 0 || minutes >= LAGGING {
        report.look(AREA, "writes", what, "comeback crm writes names them and why; answers wait for none of them");
    } else {
        report.fine(AREA, "writes", format!("{} wait, none was refused", standing.waiting));
    }
    Ok(())
}
