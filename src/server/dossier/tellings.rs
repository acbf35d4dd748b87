//! How far other systems were told of a number's words: the marketing tool by its webhook, and the CRM by its own record.

use crate::domain::alert::{To, What};
use crate::domain::consent::Number;
use crate::domain::safe_text::SafeText;
use crate::domain::time::Timestamp;
use crate::domain::write_back::Wanted;
use crate::server::consent::SHOWN;
use crate::server::store::crm_write::{CrmEnd, CrmRow};
use crate::server::store::notice::{Ended, NoticeRow};
use crate::server::store::{Store, StoreError};
use crate::wire::dossier::DossierLine;

/// A line for each: when it ended, or since when it is to be told.
pub(super) async fn of(store: &dyn Store, number: &Number) -> Result<Vec<DossierLine>, StoreError> {
    let notices = store.consent_notices(number.id, SHOWN).await?;
    let writes = store.crm_consents(number.id, SHOWN).await?;
    Ok(notices.iter().filter_map(notice).chain(writes.iter().filter_map(write)).collect())
}

/// A webhook's. Whether somebody got a notice that is unknown is said as it is: nobody knows.
fn notice(row: &NoticeRow) -> Option<DossierLine> {
    let What::Consent { out, seq, .. } = &row.notice.what else { return None };
    let whom = match &row.notice.to {
        To::Channels(names) => format!("the channel {}", names.join(", ")),
        To::Rep(rep) => rep.to_string(),
    };
    let of = format!("of their {} (entry {seq})", word(*out));
    let (at, what) = match row.ended {
        None => (row.notice.at, format!("{whom} is to be told {of}: not told yet{}", tried(row.tries))),
        Some((Ended::Sent, at)) => (at, format!("{whom} was told {of}")),
        Some((Ended::Dropped, at)) => (at, format!("{whom} was not told {of}: it was not wanted any more")),
        Some((Ended::Unknown, at)) => (at, format!("{whom} may have been told {of}: its answer never came")),
        Some((Ended::Dead, at)) => (at, format!("{whom} was not told {of}: given up{}", tried(row.tries))),
    };
    Some(line(at, &what))
}

/// The CRM's.
fn write(row: &CrmRow) -> Option<DossierLine> {
    let Wanted::Consent { .. } = &row.wanted else { return None };
    let of = format!("how the number stands (entry {})", row.place.0);
    let (at, what) = match row.ended {
        None => (row.at, format!("the CRM is to be told {of}: not told yet{}", tried(row.tries))),
        Some((CrmEnd::Made, at)) => (at, format!("the CRM was told {of}")),
        Some((CrmEnd::Dropped, at)) => (at, format!("the CRM was not told {of}: nobody there has the number")),
        Some((CrmEnd::Refused, at)) => (at, format!("the CRM refused to be told {of}")),
    };
    Some(line(at, &what))
}

const fn word(out: bool) -> &'static str {
    if out { "opt-out" } else { "opt-in" }
}

fn tried(tries: u32) -> String {
    match tries {
        0 => String::new(),
        1 => ", tried once".to_owned(),
        n => format!(", tried {n} times"),
    }
}

fn line(at: Timestamp, what: &str) -> DossierLine {
    let what = vec![SafeText::line(what).as_str().to_owned()];
    DossierLine { at: at.millis(), what, words: None, by: None, seq: None, hash: None }
}
