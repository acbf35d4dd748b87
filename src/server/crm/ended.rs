//! When a closed deal ended: on its close date, by which the CRM's own reports count it, and not when somebody got
//! round to moving it to a closed stage. Pure.

use chrono_tz::Tz;

use super::when::When;
use crate::domain::deal::StageChange;
use crate::domain::time::Timestamp;

/// Where the company is, and what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Here {
    /// The company's zone: a close date is a day there.
    pub zone: Tz,
    /// Now.
    pub now: Timestamp,
}

/// When a deal ended that is closed and took this way, by the close date that is told of it. Nothing for one that came
/// to no stage.
///
/// It came to its last stage as it ended. What its history has after that was no step of it: somebody wrote down later
/// what was over.
pub fn when(way: &mut Vec<StageChange>, told: Option<When>, here: Here) -> Option<Timestamp> {
    let mut last = way.pop()?;
    let ended = end(told, last.at, here);
    last.at = ended;
    way.retain(|change| change.at <= ended);
    // It had been closed before, was opened again and closed once more.
    way.pop_if(|before| before.stage == last.stage);
    way.push(last);
    Some(ended)
}

/// The instant, or the end of the day. The move says it more exactly where it was on that day, and is all there is
/// where no date is told, or one that is not over yet: that one counts once it is.
fn end(told: Option<When>, moved: Timestamp, Here { zone, now }: Here) -> Timestamp {
    let on_another_day = |told: &When| told.day(zone) != When::At(moved).day(zone);
    let ends = told.filter(on_another_day).map(|told| told.ends(zone));
    ends.filter(|ends| *ends <= now).unwrap_or(moved)
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::super::when::instant;
    use super::*;

    fn at(text: &str) -> Timestamp {
        instant(text).unwrap()
    }

    /// When it came to which stage.
    type Came = (&'static str, &'static str);

    fn way(all: &[Came]) -> Vec<StageChange> {
        all.iter().map(|(on, stage)| StageChange { at: at(on), stage: (*stage).to_owned(), place: None }).collect()
    }

    #[test]
    fn a_deal_ended_on_its_close_date_or_when_it_was_moved() {
        let moved = "2026-03-03T15:00:00Z";
        for (told, now, ended) in [
            (None, "2026-03-10T12:00:00Z", moved),
            // Days, which end in New York.
            (Some("2026-02-20"), "2026-03-10T12:00:00Z", "2026-02-21T04:59:59.999Z"),
            (Some("2026-03-02"), "2026-03-03T15:00:00Z", "2026-03-03T04:59:59.999Z"),
            (Some("2026-03-03"), "2026-03-10T12:00:00Z", moved),
            (Some("2026-03-06"), "2026-03-10T12:00:00Z", "2026-03-07T04:59:59.999Z"),
            (Some("2026-03-06"), "2026-03-07T04:59:59.999Z", "2026-03-07T04:59:59.999Z"),
            // Not over yet, and ahead.
            (Some("2026-03-06"), "2026-03-07T04:59:59.998Z", moved),
            (Some("2026-03-31"), "2026-03-10T12:00:00Z", moved),
            // Instants.
            (Some("2026-02-20T17:00:00Z"), "2026-03-10T12:00:00Z", "2026-02-20T17:00:00Z"),
            (Some("2026-03-06T17:00:00Z"), "2026-03-10T12:00:00Z", "2026-03-06T17:00:00Z"),
            (Some("2026-03-06T17:00:00Z"), "2026-03-06T16:59:59Z", moved),
            // The night before, and the day itself, by New York's midnight.
            (Some("2026-03-03T04:59:59Z"), "2026-03-10T12:00:00Z", "2026-03-03T04:59:59Z"),
            (Some("2026-03-03T05:00:00Z"), "2026-03-10T12:00:00Z", moved),
            (Some("2026-03-04T04:59:59Z"), "2026-03-10T12:00:00Z", moved),
        ] {
            let here = Here { zone: New_York, now: at(now) };
            let mut took = way(&[("2026-01-10T15:00:00Z", "New"), (moved, "Won")]);
            assert_eq!(when(&mut took, told.and_then(When::read), here), Some(at(ended)), "{told:?} at {now}");
            assert_eq!(took, way(&[("2026-01-10T15:00:00Z", "New"), (ended, "Won")]), "{told:?} at {now}");
        }
    }

    #[test]
    fn a_deal_came_to_its_last_stage_as_it_ended_and_nothing_after_that_was_a_step() {
        let here = Here { zone: Tz::UTC, now: at("2026-03-10") };
        let long = [("2026-01-10", "New"), ("2026-02-10", "Proposal"), ("2026-03-03", "Lost")];
        let again = [("2026-01-10", "New"), ("2026-01-20", "Lost"), ("2026-02-10", "New"), ("2026-03-03", "Lost")];
        let (new, proposal) = (("2026-01-10", "New"), ("2026-02-10", "Proposal"));
        let cases: [(&[Came], &str, &[Came]); 7] = [
            (&long, "2026-03-31", &long),
            (&long, "2026-03-05", &[new, proposal, ("2026-03-05T23:59:59.999Z", "Lost")]),
            (&long, "2026-02-20", &[new, proposal, ("2026-02-20T23:59:59.999Z", "Lost")]),
            (&long, "2026-01-31", &[new, ("2026-01-31T23:59:59.999Z", "Lost")]),
            // Before anybody made it.
            (&long, "2026-01-05", &[("2026-01-05T23:59:59.999Z", "Lost")]),
            // Opened again since, and closed once more.
            (&again, "2026-01-25", &[new, ("2026-01-25T23:59:59.999Z", "Lost")]),
            (&again, "2026-03-03", &again),
        ];
        for (took, told, wanted) in cases {
            let mut made = way(took);
            let ended = when(&mut made, When::read(told), here);
            assert_eq!(made, way(wanted), "{told}");
            assert_eq!(ended, made.last().map(|last| last.at), "{told}");
        }
        assert_eq!(when(&mut Vec::new(), When::read("2026-01-05"), here), None);
    }
}
