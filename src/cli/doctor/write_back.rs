//! What is written back into the CRM: whether anything waits or was refused.

use super::crm::AREA;
use super::report::Report;
use crate::cli::crm_writes::kind;
use crate::clock::{Clock as _, SystemClock};
use crate::server::store::StoreError;
use crate::server::store::crm_write::CrmWriteStore as _;
use crate::server::store::sqlite::SqliteStore;

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
    if let Some(first) = store.crm_first_forbidden().await? {
        let (what, why) = (kind(&first.wanted), first.waits.unwrap_or_default());
        let said = format!("{} of them wait for one; the first ({what}): {why}", standing.forbidden);
        let next =
            "give the CRM's app that right: they are tried again by themselves, and at once by comeback crm retry";
        report.look(AREA, "rights", said, next);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{ConversationId, MessageId};
    use crate::domain::time::Timestamp;
    use crate::domain::write_back::Wanted;
    use crate::server::store::crm_write::CrmRow;

    fn text(n: u128) -> CrmRow {
        let at = Timestamp::from_millis(1_772_550_000_000);
        CrmRow {
            key: Uuid::from_u128(n),
            once: format!("log:{n}"),
            conversation: ConversationId(Uuid::from_u128(n)),
            place: (1, 0),
            at,
            rep: None,
            wanted: Wanted::Log { message: MessageId(Uuid::from_u128(n)) },
            about: None,
            closed: false,
            forbidden: false,
            next_at: at,
            tries: 0,
            begun: false,
            waits: None,
            ended: None,
            made: None,
        }
    }

    #[tokio::test]
    async fn a_right_that_is_missing_is_told_with_its_cause_however_much_waits_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("x.db")).unwrap();
        let mut rows: Vec<CrmRow> = (1..=1_001).map(text).collect();
        let why = "the CRM does not let our app do this (403): MISSING_SCOPES";
        rows.push(CrmRow { forbidden: true, waits: Some(why.to_owned()), ..text(2_000) });
        store.crm_follow(1, &rows).await.unwrap();
        let mut report = Report::new();
        look(&mut report, &store).await.unwrap();
        let told = report.text();
        assert!(told.contains(&format!("1 of them wait for one; the first (text): {why}")), "{told}");
    }
}
