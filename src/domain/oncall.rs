//! Who is on call at an instant.
//!
//! A rotation hands over by local wall clock in its own zone, so a 9:00 hand-off stays at 9:00 through a change of
//! daylight saving time. Layers, overrides and swaps come later; they belong in this file.

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::RepId;
use super::time::Timestamp;

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// In order of turns; empty means nobody is ever on call.
    pub reps: Vec<RepId>,
    /// The local day of the first hand-off.
    pub since: NaiveDate,
    /// Local minute of the day at which turns change.
    pub hand_off: u16,
    /// Days in a turn, at least one.
    pub days: u32,
    /// The zone of the hand-off.
    pub zone: Tz,
}

impl Rotation {
    /// Who is on call at `at`; nobody before the first hand-off.
    pub fn at(&self, at: Timestamp) -> Option<&RepId> {
        let local = self.zone.from_utc_datetime(&at.utc().naive_utc()).naive_local();
        let minute = u16::try_from(chrono::Timelike::num_seconds_from_midnight(&local) / 60).unwrap_or(0);
        let today = if minute < self.hand_off { local.date().pred_opt()? } else { local.date() };
        let days = u64::try_from((today - self.since).num_days()).ok()?;
        let turn = days / u64::from(self.days.max(1));
        let len = u64::try_from(self.reps.len()).ok().filter(|n| *n > 0)?;
        self.reps.get(usize::try_from(turn % len).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation() -> Rotation {
        Rotation {
            reps: vec!["maya".into(), "ben".into()],
            since: NaiveDate::from_ymd_opt(2026, 3, 2).expect("a Monday"),
            hand_off: 9 * 60,
            days: 7,
            zone: chrono_tz::America::New_York,
        }
    }

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).expect("valid").to_utc().into()
    }

    #[test]
    fn hands_over_at_the_local_hour_through_daylight_saving() {
        let r = rotation();
        for (when, who) in [
            ("2026-03-02T08:59:59-05:00", None),
            ("2026-03-02T09:00:00-05:00", Some("maya")),
            // The clocks change on Sunday the 8th; the hand-off stays at 9:00 local time.
            ("2026-03-09T08:59:59-04:00", Some("maya")),
            ("2026-03-09T09:00:00-04:00", Some("ben")),
            ("2026-03-16T09:00:00-04:00", Some("maya")),
        ] {
            assert_eq!(r.at(at(when)).map(RepId::as_str), who, "{when}");
        }
    }

    #[test]
    fn an_empty_rotation_has_nobody() {
        assert_eq!(Rotation { reps: vec![], ..rotation() }.at(at("2026-04-01T12:00:00Z")), None);
    }
}
