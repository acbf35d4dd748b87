//! On call changes hands: whoever takes it is told what is open. Each hand-off is told once, whoever restarts.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::alert::follow;
use crate::domain::oncall;
use crate::domain::time::{Span, Timestamp};
use crate::server::service::{Service, ServiceError};
use crate::server::store::StoreError;
use crate::server::store::notice::NoticeRow;

/// A hand-off is told as long after it as this: after a longer outage it is no news.
const NEWS: Span = Span::minutes(120);

/// Who is on call still is told of a hand-off up to so long after it: they may not know of it.
const STILL: Span = Span::minutes(24 * 60);

/// Between two looks, at most, in real time: a playbook may change in between.
const EVERY: Duration = Duration::from_secs(30);

/// Runs until `shutdown`; fails only when the database does.
pub(super) async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let (mut told, mut moves) = (BTreeSet::new(), service.moves());
    while !*shutdown.borrow() {
        moves.mark_unchanged();
        let next = match look(&service, &mut told).await {
            Ok(next) => next,
            Err(e @ StoreError::Fatal(_)) => return Err(ServiceError::Stopped(e.to_string())),
            Err(e) => {
                tracing::warn!(error = %e, "hand-offs are looked at again");
                None
            }
        };
        let wait = next.map_or(EVERY, |at| service.clock().real_wait(at, EVERY));
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(50))) => {}
            // Somebody took another's shift, perhaps for now.
            _ = moves.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Writes down the notices of the hand-offs since a while ago; tells when the next one is.
async fn look(service: &Service, told: &mut BTreeSet<String>) -> Result<Option<Timestamp>, StoreError> {
    let (playbook, now) = (service.playbook(), service.clock().now());
    if playbook.alerting.is_empty() {
        return Ok(None);
    }
    let roster = service.store().roster().await?;
    let (mut rows, mut next) = (Vec::new(), None::<Timestamp>);
    for plan in oncall::plans(&playbook) {
        let own = plan.team.filter(|_| plan.is_of_team(&playbook));
        let whose = own.map_or_else(|| format!("schedule:{}", plan.id), ToString::to_string);
        let schedule = plan.with(&roster);
        let mut at = now - STILL;
        while let Some(hand_off) = schedule.next_hand_off(at) {
            at = hand_off.at;
            if at > now {
                next = Some(next.map_or(at, |next| next.min(at)));
                break;
            }
            let over = schedule.next_hand_off(at).is_some_and(|next| next.at <= now);
            let Some(takes) = hand_off.takes.as_ref().filter(|_| !over || at >= now - NEWS) else { continue };
            let key = format!("hand_off:{whose}:{}:{takes}", at.millis());
            let notice = follow::handed_over(&playbook, &plan, hand_off.gives.as_ref(), takes, at);
            if let Some(notice) = notice.filter(|_| told.insert(key.clone())) {
                rows.push(NoticeRow { key: Some(key), ..NoticeRow::new(Uuid::now_v7(), notice) });
            }
        }
    }
    if !rows.is_empty() {
        service.store().put_notices(&rows).await?;
        service.alerted().notify_one();
    }
    Ok(next)
}
