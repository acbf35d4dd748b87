//! What the CRM has not taken, at hand for every device that asks: whoever writes there says it after each round.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::store::crm_write::{CrmRow, CrmStanding};
use super::store::{Store, StoreError};
use crate::domain::safe_text::SafeText;
use crate::domain::visibility::{Principal, audience};
use crate::wire::unwritten::Unwritten;

/// Writes told at most, of those that wait and of those that were refused.
const MOST: usize = 100;

/// Longest reason, in characters: the CRM's own words are among them.
const LONGEST: usize = 200;

/// One of them, and who may see its conversation.
type Told = (BTreeSet<Principal>, Unwritten);

/// What the CRM has not taken.
#[derive(Debug)]
pub struct Stuck {
    told: Mutex<Arc<Vec<Told>>>,
    standing: Mutex<CrmStanding>,
    news: watch::Sender<()>,
}

impl Default for Stuck {
    fn default() -> Self {
        Self { told: Mutex::default(), standing: Mutex::default(), news: watch::Sender::new(()) }
    }
}

impl Stuck {
    /// Looks again; how all of them stand. One conversation is told once, by what it waits for the longest.
    pub async fn look(&self, store: &dyn Store) -> Result<CrmStanding, StoreError> {
        let standing = store.crm_standing().await?;
        let CrmStanding { waiting, refused, .. } = standing;
        let mut told: Vec<Told> = Vec::new();
        if waiting + refused > 0 {
            let (waits, no) = store.crm_stuck(MOST).await?;
            for (row, refused) in no.iter().map(|row| (row, true)).chain(waits.iter().map(|row| (row, false))) {
                let Some(one) = unwritten(row, refused) else { continue };
                if told.iter().any(|(_, known)| known.conversation == one.conversation) {
                    continue;
                }
                if let Some(subject) = store.subject(one.conversation, 0).await? {
                    told.push((audience(&subject.state), one));
                }
            }
        }
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
        let told = Arc::new(told);
        let before = std::mem::replace(&mut *self.lock(), Arc::clone(&told));
        if before != told {
            self.news.send_replace(());
        }
        Ok(standing)
    }

    /// How all of them stood when it was looked last.
    pub fn standing(&self) -> CrmStanding {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes whenever what is told does.
    pub fn watch(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<Vec<Told>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What somebody may see of it.
    pub fn seen_by(&self, principals: &BTreeSet<Principal>) -> Vec<Unwritten> {
        let all = Arc::clone(&self.lock());
        let seen = all.iter().filter(|(who, _)| !who.is_disjoint(principals));
        seen.map(|(_, one)| one.clone()).collect()
    }
}

/// One that was tried, or will not be.
fn unwritten(row: &CrmRow, refused: bool) -> Option<Unwritten> {
    let why = row.waits.as_ref()?;
    let why = SafeText::line(why).as_str().chars().take(LONGEST).collect();
    Some(Unwritten { conversation: row.conversation, since: row.at, refused, why })
}
