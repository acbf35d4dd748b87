//! Reports that are mailed: each due time is written down once as a notice for each reader, whoever restarts.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::alert::{Notice, To, What};
use crate::domain::time::{Span, Timestamp};
use crate::server::service::{Service, ServiceError};
use crate::server::store::StoreError;
use crate::server::store::notice::NoticeRow;

/// A report goes so long after it was due, when nothing ran before; what was due earlier than the last time is skipped.
const STILL: Span = Span::minutes(12 * 60);

/// Between two looks, at most, in real time: `Instant` stops while a machine is suspended.
const EVERY: Duration = Duration::from_secs(30);

/// Runs until `shutdown`; fails only when the database does.
pub(super) async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let (mut told, mut playbooks) = (BTreeSet::new(), service.playbooks());
    while !*shutdown.borrow() {
        playbooks.mark_unchanged();
        let next = match look(&service, &mut told).await {
            Ok(next) => next,
            Err(e @ StoreError::Fatal(_)) => return Err(ServiceError::Stopped(e.to_string())),
            Err(e) => {
                tracing::warn!(error = %e, "reports that are due are looked at again");
                None
            }
        };
        let wait = next.map_or(EVERY, |at| service.clock().real_wait(at, EVERY));
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(50))) => {}
            // Another one may mail other reports, and at other times.
            _ = playbooks.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Writes down what is due; tells when something is due next. The key holds across restarts; `told` spares the database.
async fn look(service: &Service, told: &mut BTreeSet<String>) -> Result<Option<Timestamp>, StoreError> {
    let (playbook, now) = (service.playbook(), service.clock().now());
    let (mut rows, mut next) = (Vec::new(), None::<Timestamp>);
    for (name, mailed) in &playbook.alerting.reports {
        if let Some(at) = mailed.next(now) {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        let Some(due) = mailed.last(now).filter(|due| *due >= now - STILL) else { continue };
        for rep in &mailed.to {
            let key = format!("report:{name}:{}:{rep}", due.millis());
            if told.insert(key.clone()) {
                let what = What::Report { name: name.clone(), due };
                let notice = Notice { to: To::Rep(rep.clone()), what, conversation: None, at: now };
                rows.push(NoticeRow { key: Some(key), ..NoticeRow::new(Uuid::now_v7(), notice) });
            }
        }
    }
    if rows.is_empty() {
        return Ok(next);
    }
    if let Err(e) = service.store().put_notices(&rows).await {
        // It is not written down: the next look writes it.
        for key in rows.iter().filter_map(|row| row.key.as_ref()) {
            told.remove(key);
        }
        return Err(e);
    }
    service.alerted().notify_one();
    Ok(next)
}
