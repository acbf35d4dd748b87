//! Times as programs and spreadsheets write them.

use chrono::{DateTime, NaiveDate, NaiveTime};

use crate::domain::time::Timestamp;

/// An instant of RFC 3339, or the beginning of a day, `2026-11-30`, in UTC; nothing for anything else.
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc().into());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_beginning_and_nonsense_is_no_time() {
        assert_eq!(instant("2026-11-30"), instant("2026-11-30T00:00:00Z"));
        assert_eq!(instant(" 2026-11-30T01:00:00+01:00 "), instant("2026-11-30"));
        for nonsense in ["", "soon", "30.11.2026", "2026-02-30", "2026-11-30 10:00"] {
            assert_eq!(instant(nonsense), None, "{nonsense}");
        }
    }
}
