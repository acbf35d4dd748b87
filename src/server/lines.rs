//! What a carrier's error means for the number it came to: a number that is set up wrongly stops and an admin is told once,
//! one that was too fast rests.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::carrier::meaning::{self, Meaning};
use super::service::Service;
use super::store::notice::NoticeRow;
use super::store::{CarrierLine, LineStop, StoreError};
use crate::domain::alert::{Notice, To, What};
use crate::domain::contact::Address;
use crate::domain::pacing;
use crate::domain::time::Span;

/// While the day's share is used up: nobody says when the carrier's day ends, so it is tried now and then.
const FULL_DAY: Span = Span::minutes(60);

/// A queue that was full when a report says so: some doublings of a second.
const FULL_QUEUE: u32 = 5;

/// Takes in an error that a carrier gave for a text from this number.
pub async fn heard(service: &Service, line: &CarrierLine, code: u32) -> Result<Meaning, StoreError> {
    let meaning = meaning::of(&line.provider, code);
    let (clock, now) = (service.clock(), service.clock().now());
    let until = match meaning {
        Meaning::Admin => None,
        Meaning::DayIsFull => Some(now + clock.of_real(FULL_DAY)),
        Meaning::Slow => {
            Some(now + clock.of_real(pacing::pause(FULL_QUEUE, pacing::jitter(line.number.as_str(), now))))
        }
        Meaning::OptedOut | Meaning::Never => return Ok(meaning),
    };
    let stop = LineStop { number: line.number.clone(), id: Uuid::now_v7(), code, at: now, until };
    if service.store().stop_line(&stop).await? {
        let what = name(service, &line.number);
        if until.is_none() {
            tracing::error!(
                line = what,
                carrier = line.provider,
                code,
                "nothing leaves from this line any more, its answers wait: put it right at the carrier, then comeback line resume"
            );
        } else {
            tracing::warn!(
                line = what,
                carrier = line.provider,
                code,
                "this line rests: the carrier takes no more for now"
            );
        }
        // Whoever sends looks again, and tells an admin.
        service.pulse().nudge();
    }
    Ok(meaning)
}

/// The line as the playbook calls it: numbers stand in no log.
pub(super) fn name(service: &Service, number: &Address) -> String {
    let playbook = service.playbook();
    let pages = || playbook.alerting.pages_from(number).map(|channel| format!("the number of the channel {channel}"));
    let listed = playbook.line_of(number).map(|(id, _)| id.to_string());
    listed.or_else(pages).unwrap_or_else(|| "one that is not in the playbook".to_owned())
}

/// Tells the admin of every stop that waits for somebody, once: what was told before is known by its key, also after a
/// restart.
pub(super) async fn tell(service: &Service, stops: &[LineStop], told: &mut BTreeSet<Uuid>) -> Result<(), StoreError> {
    let operations = service.playbook().alerting.operations.clone();
    let mut rows = Vec::new();
    for stop in stops.iter().filter(|stop| stop.until.is_none()) {
        if told.insert(stop.id) && !operations.is_empty() {
            let notice = Notice {
                to: To::Channels(operations.clone()),
                what: What::LineStopped { line: name(service, &stop.number), code: stop.code },
                conversation: None,
                at: service.clock().now(),
            };
            let key = Some(format!("line_stopped:{}", stop.id));
            rows.push(NoticeRow { key, ..NoticeRow::new(Uuid::now_v7(), notice) });
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    if let Err(e) = service.store().put_notices(&rows).await {
        // Not told: it is tried again.
        told.retain(|id| !stops.iter().any(|stop| stop.id == *id));
        return Err(e);
    }
    service.alerted().notify_one();
    Ok(())
}
