//! On call changes hands: whoever takes it is told what is open. Each hand-off is told once, whoever restarts.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::alert::follow;
use crate::domain::oncall::{self, FinalSchedule, HandOff};
use crate::domain::time::{Span, Timestamp};
use crate::server::service::{Service, ServiceError};
use crate::server::store::StoreError;
use crate::server::store::notice::NoticeRow;

/// A hand-off is told as long after it as this: after a longer outage it is no news.
const NEWS: Span = Span::minutes(120);

/// Who is on call still is told of a hand-off up to so long after it: they may not know of it.
const STILL: Span = Span::minutes(24 * 60);

/// Between two looks, at most, in real time: another process may have given somebody a shift.
const EVERY: Duration = Duration::from_secs(30);

/// Runs until `shutdown`; fails only when the database does.
pub(super) async fn run(service: Service, mut shutdown: watch::Receiver<bool>) -> Result<(), ServiceError> {
    let (mut told, mut moves, mut playbooks) = (BTreeSet::new(), service.moves(), service.playbooks());
    while !*shutdown.borrow() {
        moves.mark_unchanged();
        playbooks.mark_unchanged();
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
            _ = playbooks.changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    Ok(())
}

/// Who took a schedule over lately, and from whom: whoever really had it last, also where nobody did in between. With when
/// it changes hands next.
fn hand_offs(schedule: FinalSchedule<'_>, now: Timestamp) -> (Vec<HandOff>, Option<Timestamp>) {
    let (mut at, mut begun) = (now - STILL, Vec::new());
    while let Some(hand_off) = schedule.next_hand_off(at) {
        at = hand_off.at;
        if at > now {
            return (begun, Some(at));
        }
        let over = schedule.next_hand_off(at).is_some_and(|next| next.at <= now);
        if hand_off.takes.is_some() && (!over || at >= now - NEWS) {
            let gives = schedule.last_before(at).filter(|gives| Some(gives) != hand_off.takes.as_ref());
            begun.push(HandOff { gives, ..hand_off });
        }
    }
    (begun, None)
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
        let (begun, coming) = hand_offs(plan.with(&roster), now);
        next = next.into_iter().chain(coming).min();
        for HandOff { at, gives, takes } in begun {
            let Some(takes) = takes else { continue };
            let key = format!("hand_off:{whose}:{}:{takes}", at.millis());
            let notice = follow::handed_over(&playbook, &plan, gives.as_ref(), &takes, at);
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

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use chrono_tz::America::New_York;

    use super::*;
    use crate::domain::event::Event;
    use crate::domain::id::{OverrideId, RepId, ScheduleId};
    use crate::domain::oncall::{Length, Override, Rotation};
    use crate::domain::roster::Roster;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    /// Omar and Inés day by day from Monday, 2 March 2026, at nine in the morning: on Tuesday it is Inés.
    fn daily(only: Option<&str>) -> Rotation {
        Rotation {
            label: String::new(),
            reps: vec![Some("omar".into()), Some("ines".into())],
            since: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
            hand_off: 9 * 60,
            length: Length::Days(1),
            zone: New_York,
            only: only.map(|hours| crate::domain::hours::Calendar {
                zone: New_York,
                week: std::array::from_fn(|day| if day < 5 { vec![hours.parse().unwrap()] } else { Vec::new() }),
                holidays: std::collections::BTreeMap::new(),
            }),
        }
    }

    fn shift(n: u128, rep: Option<&str>, from: &str, to: &str) -> Override {
        Override { id: OverrideId(Uuid::from_u128(n)), rep: rep.map(RepId::from), from: at(from), to: at(to) }
    }

    #[test]
    fn whoever_really_had_it_just_before_is_named() {
        let noon = "2026-03-03T12:00:00-05:00";
        let (ten, two) = ("2026-03-03T10:00:00-05:00", "2026-03-03T14:00:00-05:00");
        let usual = shift(1, Some("ben"), ten, noon);
        let on_top = shift(2, Some("maya"), noon, two);
        let nobody = shift(3, None, ten, noon);
        let of_ines = shift(4, Some("ben"), "2026-03-03T09:00:00-05:00", "2026-03-04T09:00:00-05:00");
        let of_omar = shift(5, Some("ines"), "2026-03-04T09:00:00-05:00", "2026-03-05T09:00:00-05:00");
        let swapped = vec![of_ines.clone(), of_omar];
        for (why, only, overrides, now, takes, gives) in [
            ("the layers", None, vec![], "2026-03-03T09:00:00-05:00", "ines", Some("omar")),
            ("into an override", None, vec![usual.clone()], ten, "ben", Some("ines")),
            ("out of an override", None, vec![usual.clone()], noon, "ines", Some("ben")),
            ("from one override into another", None, vec![usual.clone(), on_top.clone()], noon, "maya", Some("ben")),
            ("out of the second", None, vec![usual, on_top], two, "ines", Some("maya")),
            ("after nobody by an override, to the same one", None, vec![nobody.clone()], noon, "ines", None),
            ("a swap", None, swapped.clone(), "2026-03-03T09:00:00-05:00", "ben", Some("omar")),
            ("the other half of a swap", None, swapped.clone(), "2026-03-04T09:00:00-05:00", "ines", Some("ben")),
            ("after a swap", None, swapped, "2026-03-06T09:00:00-05:00", "omar", Some("ines")),
            ("after a night", Some("09:00-17:00"), vec![], "2026-03-04T09:00:00-05:00", "omar", Some("ines")),
            ("after a weekend", Some("09:00-17:00"), vec![], "2026-03-09T09:00:00-04:00", "ines", Some("omar")),
            (
                "after an override and a night",
                Some("09:00-17:00"),
                vec![of_ines],
                "2026-03-04T09:00:00-05:00",
                "omar",
                Some("ben"),
            ),
        ] {
            let layers = [daily(only)];
            let (begun, next) = hand_offs(FinalSchedule { layers: &layers, overrides: &overrides }, at(now));
            let last = begun.last().unwrap();
            let names = (last.takes.as_ref().map(RepId::as_str), last.gives.as_ref().map(RepId::as_str));
            assert_eq!((last.at, names), (at(now), (Some(takes), gives)), "{why}");
            assert!(next.is_some_and(|next| next > at(now)), "{why}");
        }
    }

    #[test]
    fn what_is_over_stays_as_it_was_when_an_override_is_made_anew_or_taken_back() {
        let (layers, schedule) = ([daily(None)], ScheduleId::new("east"));
        let (eleven, noon) = (at("2026-03-03T11:00:00-05:00"), at("2026-03-03T12:00:00-05:00"));
        let bens = shift(1, Some("ben"), "2026-03-03T10:00:00-05:00", "2026-03-03T14:00:00-05:00");
        let mayas = Override { rep: Some("maya".into()), ..bens.clone() };
        let made = |schedule: &ScheduleId, shift| Event::Overridden { schedule: schedule.clone(), shift };
        let dropped = Event::OverrideDropped { schedule: schedule.clone(), id: bens.id };
        for (why, then, takes, gives) in [
            ("it goes to somebody else", made(&schedule, mayas), "maya", "ben"),
            ("it is taken back", dropped, "ines", "ben"),
        ] {
            let mut roster = Roster::default();
            roster.apply(at("2026-03-03T09:30:00-05:00"), &made(&schedule, bens.clone()));
            roster.apply(eleven, &then);
            let overrides = roster.overrides_of(&schedule);
            let (begun, _) = hand_offs(FinalSchedule { layers: &layers, overrides }, noon);
            let last = begun.last().unwrap();
            let names = (last.takes.as_ref().map(RepId::as_str), last.gives.as_ref().map(RepId::as_str));
            assert_eq!((last.at, names), (eleven, (Some(takes), Some(gives))), "{why}");
        }
    }
}
