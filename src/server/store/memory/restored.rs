//! A store in memory that is a backup brought back.

use super::Tables;
use crate::server::store::RestoreWrite;

impl Tables {
    pub(super) fn restored(&mut self, restore: Option<RestoreWrite>) {
        match restore {
            Some(RestoreWrite::Begun(restored)) => {
                self.restores.push(restored);
                self.invites.clear();
                self.notices.retain(|_, row| row.ended.is_some() || row.is_consent());
                self.api_keys.values_mut().for_each(|key| key.revoked = true);
                // What waited may have been made since the backup: it is looked for.
                self.crm_writes.values_mut().for_each(|row| row.begun |= row.ended.is_none());
                self.devices.values_mut().for_each(|(device, _)| device.revoked = true);
            }
            Some(RestoreWrite::Reconciled) => self.restores.iter_mut().for_each(|r| r.reconciled = true),
            None => {}
        }
    }
}
