//! Measuring at work: the journal read on in the background, what it makes kept in a file beside the database, reports
//! answered from there.
//!
//! **Invariants:** the file holds nothing that the journal does not, but for deals as the CRM told them: thrown away, it is
//! made again and is the same, and the CRM is asked again. It is never written in a transaction of the committer's, nor in its
//! file, so that no reply waits for it. Each commit of it says how far it has read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::service::Service;

pub mod behind;
mod carried;
mod closed;
mod compare;
pub mod deals;
mod exchanges;
pub mod follow;
mod heard;
mod holds;
mod known;
pub mod outcomes;
mod packed;
mod period;
pub mod projections;
pub mod read;
pub mod report;
mod row;
mod sent;
mod spread;
mod teams;
mod under;
mod write;

pub use follow::{Followed, follow};
pub use projections::{MeasureError, Projections, ReadTo};

/// Between two rounds while something happens, in real time: a report is at most this much behind, and a busy minute is
/// read in a few steps, not with every commit.
const EVERY: Duration = Duration::from_secs(2);

/// After a failure, in real time.
const AGAIN: Duration = Duration::from_secs(60);

/// Reads on until `shutdown`. A failure is told in the log and tried again: nothing but reports waits for it.
pub async fn run(service: Service, projections: Arc<Projections>, mut shutdown: watch::Receiver<bool>) {
    let mut head = service.pulse().watch();
    while !*shutdown.borrow() {
        head.mark_unchanged();
        let pause = match follow(service.store(), &projections, &shutdown).await {
            Ok(followed) => {
                if followed.refolded {
                    tracing::info!(entries = followed.entries, "the journal was measured from its start");
                }
                EVERY
            }
            // A command at the same database read on at the same time: from there it goes on.
            Err(MeasureError::Overtaken) => EVERY,
            Err(e) => {
                tracing::warn!(error = %e, "reports stand still for now; the journal is whole");
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = shutdown.wait_for(|down| *down) => return,
        }
        tokio::select! {
            _ = head.changed() => {}
            _ = shutdown.wait_for(|down| *down) => return,
        }
    }
}
