//! Devices by their id.

use async_trait::async_trait;
use rusqlite::Transaction;

use super::SqliteStore;
use super::people::{device_row, to_device};
use super::row::optional;
use crate::domain::id::DeviceId;
use crate::server::store::key::DeviceKeys;
use crate::server::store::{Device, StoreError};

#[async_trait]
impl DeviceKeys for SqliteStore {
    async fn device_key(&self, id: DeviceId) -> Result<Option<(Device, [u8; 32])>, StoreError> {
        self.read(move |tx| device_key(tx, id)).await
    }
}

fn device_key(tx: &Transaction<'_>, id: DeviceId) -> Result<Option<(Device, [u8; 32])>, StoreError> {
    let sql = "SELECT id, rep, name, created, revoked, token FROM device WHERE id = ?1 AND revoked = 0";
    let found = tx.prepare_cached(sql)?.query_row([id.to_string()], |r| Ok((device_row(r)?, r.get(5)?)));
    optional(found)?.map(|(row, token)| Ok((to_device(row)?, token))).transpose()
}
