//! Whom the rules chose, against whoever owns the record in the CRM by now.
//!
//! **Invariant:** an owner is written for a buyer of nobody's alone. Whoever works there and was made the owner meanwhile, by a
//! person or another program, keeps the record: the CRM is asked right before.

use super::WriteBack;
use crate::server::crm::CrmError;
use crate::server::crm::write::{Owned, What, Write};

/// Why an owner is not written, in its row.
pub(super) const KEPT: &str = "somebody owns the record in the CRM by now, and keeps it";

/// What is to be done about an owner.
pub(super) enum Stands {
    /// They become it, or the write is of something else.
    Free,
    /// They are it.
    There,
    /// Somebody else is, and stays.
    Kept,
}

impl WriteBack {
    /// How the owner of a record stands before another is written.
    pub(super) async fn owner_stands(&self, write: &Write) -> Result<Stands, CrmError> {
        if !matches!(write.what, What::Owner) {
            return Ok(Stands::Free);
        }
        Ok(match self.crm.owned(write).await? {
            Owned::Nobody => Stands::Free,
            Owned::By(rep) if write.owner.as_ref() == Some(&rep) => Stands::There,
            // Who left us is not with us any more, whatever the CRM says: the rules chose who comes after them.
            Owned::By(rep) if !self.service.playbook().is_active(&rep) => Stands::Free,
            Owned::By(_) | Owned::Stranger => Stands::Kept,
        })
    }
}
