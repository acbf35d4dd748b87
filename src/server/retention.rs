//! What is kept for a while only: the outcomes of commands. How far a device is stays for ever, so that an older command
//! that comes again is told so, and never runs.

use std::time::Duration;

use tokio::sync::watch;

use super::service::{Service, ServiceError};
use super::store::StoreError;
use crate::domain::time::Span;

/// How long an outcome is kept: a device that was offline for longer asks its person.
const KEPT: Span = Span::minutes(90 * 24 * 60);

/// How long a notice is kept once it ended: an answer to a page of last week still means it.
const NOTICES_KEPT: Span = Span::minutes(7 * 24 * 60);

/// Outcomes forgotten in one transaction: commands wait no longer behind it than behind a group of their own.
const BATCH: usize = 500;

/// Between two rounds, in real time.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Runs until `shutdown`; fails only when the database does.
pub async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    while !*shutdown.borrow() {
        if let Err(e) = forget_rows(&service, &shutdown).await {
            if matches!(e, StoreError::Fatal(_)) {
                return Err(ServiceError::Stopped(e.to_string()));
            }
            tracing::warn!(error = %e, "old notices and writes stay for now");
        }
        match forget(&service, &shutdown).await {
            Ok(0) => {}
            Ok(outcomes) => tracing::info!(outcomes, "outcomes older than ninety days are forgotten"),
            Err(e @ StoreError::Fatal(_)) => return Err(ServiceError::Stopped(e.to_string())),
            Err(e) => tracing::warn!(error = %e, "old outcomes stay for now"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

async fn forget_rows(service: &Service, shutdown: &watch::Receiver<bool>) -> Result<(), StoreError> {
    forget_notices(service, shutdown).await?;
    let (head, _) = service.store().head().await?;
    let older_than = service.clock().now().min(head.at) - KEPT;
    while !*shutdown.borrow() && service.store().forget_crm(older_than, BATCH).await? == BATCH {}
    Ok(())
}

/// Notices that ended long ago, batch by batch; how many were forgotten.
pub async fn forget_notices(service: &Service, shutdown: &watch::Receiver<bool>) -> Result<usize, StoreError> {
    let (head, _) = service.store().head().await?;
    let older_than = service.clock().now().min(head.at) - NOTICES_KEPT;
    let mut forgotten = 0;
    while !*shutdown.borrow() {
        let batch = service.store().forget_notices(older_than, BATCH).await?;
        forgotten += batch;
        if batch < BATCH {
            break;
        }
    }
    Ok(forgotten)
}

/// One round: batch by batch, until nothing old is left or the process drains. How many were forgotten.
pub async fn forget(service: &Service, shutdown: &watch::Receiver<bool>) -> Result<usize, StoreError> {
    let (head, _) = service.store().head().await?;
    // The journal's time stands behind a clock that jumped ahead: nothing is forgotten on its word alone.
    let older_than = service.clock().now().min(head.at) - KEPT;
    let mut forgotten = 0;
    while !*shutdown.borrow() {
        let batch = service.store().forget_outcomes(older_than, BATCH).await?;
        forgotten += batch;
        if batch < BATCH {
            break;
        }
    }
    Ok(forgotten)
}
