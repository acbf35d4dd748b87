//! Whether a write was made. Which trace each kind of it leaves is the same in every CRM of records; how one is read is the
//! connector's.

use async_trait::async_trait;

use super::write::{Owned, What, Write};
use super::{Crm, CrmError};
use crate::domain::id::DealId;

/// A CRM whose records tell what was written on them.
#[async_trait]
pub(super) trait Traces: Crm {
    /// The record that carries the mark of a write, of one that makes a record.
    async fn marked(&self, write: &Write) -> Result<Option<String>, CrmError>;

    /// The person, when they are marked as opted out, or as not any more.
    async fn opted(&self, person: &str, out: bool) -> Result<Option<String>, CrmError>;

    /// The write, where it was made.
    async fn look_for(&self, write: &Write) -> Result<Option<String>, CrmError> {
        match &write.what {
            What::Log { .. }
            | What::Task { .. }
            | What::Outcome { .. }
            | What::Reopened
            | What::Undelivered { .. }
            | What::Missed { .. } => self.marked(write).await,
            What::TaskDone { task, .. } | What::PutAside { task } => {
                let is_done = self.task(task).await?.is_over();
                Ok(is_done.then(|| task.clone()))
            }
            What::Owner => {
                let is_theirs = match self.owned(write).await? {
                    Owned::By(rep) => write.owner == Some(rep),
                    Owned::Nobody | Owned::Stranger => false,
                };
                let record = write.deal.as_ref().map_or(write.contact.as_str(), DealId::as_str);
                Ok(is_theirs.then(|| record.to_owned()))
            }
            // Marked once more it is marked as before.
            What::NotHeld { .. } => Ok(None),
            What::Consent { opted_out, .. } => self.opted(write.contact.as_str(), *opted_out).await,
        }
    }
}
