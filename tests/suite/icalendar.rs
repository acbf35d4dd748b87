//! The on-call feed, read by a parser that is not ours.

use comeback::domain::icalendar::{Feed, Part};
use comeback::domain::id::{RepId, ScheduleId};
use comeback::domain::oncall::{FinalSchedule, Length, Rotation, Shift, Why};
use comeback::domain::safe_text::SafeText;
use comeback::domain::time::Timestamp;
use icalendar::parser::{Component, read_calendar, unfold};
use proptest::prelude::*;

use crate::world::at;

const CHANGED: &str = "2026-01-01T00:00:00Z";

/// The events of a feed. Every property is one that the standard knows, and stands once.
fn events(text: &str) -> Vec<[String; 5]> {
    assert!(text.ends_with("\r\n"));
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
    }
    let unfolded = unfold(text);
    let calendar = read_calendar(&unfolded).unwrap();
    let property = |component: &Component<'_>, name: &str| {
        let found: Vec<_> = component.properties.iter().filter(|p| p.name == name).collect();
        assert_eq!(found.len(), 1, "{name} in {component:?}");
        found[0].val.as_str().to_owned()
    };
    let known = ["VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL"];
    let names: Vec<_> = calendar.properties.iter().map(|p| p.name.as_str().to_owned()).collect();
    assert_eq!(names, known);
    let event = |component: &Component<'_>| {
        assert_eq!((component.name.as_str(), component.properties.len()), ("VEVENT", 6), "{component:?}");
        assert_eq!(property(component, "TRANSP"), "TRANSPARENT");
        ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"].map(|name| property(component, name))
    };
    calendar.components.iter().map(event).collect()
}

fn seconds(at: Timestamp) -> String {
    at.utc().format("%Y%m%dT%H%M%SZ").to_string()
}

#[test]
fn a_year_of_turns_comes_back_as_it_went() {
    let layers = [Rotation {
        label: String::new(),
        reps: vec![Some("omar".into()), Some("ines".into())],
        since: chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
        hand_off: 540,
        length: Length::Days(7),
        zone: chrono_tz::America::New_York,
        only: None,
    }];
    let schedule = FinalSchedule { layers: &layers, overrides: &[] };
    let shifts = schedule.shifts(at("2026-01-05T14:00:00Z"), at("2027-01-04T14:00:00Z"));
    let (id, feed) = (ScheduleId::new("east"), Feed { company: "Northwind", changed: at(CHANGED) });
    let part = Part { id: &id, label: "East on call", shifts: &shifts };
    let name = |rep: &RepId| if rep.as_str() == "omar" { "Omar Haddad".to_owned() } else { "Inés, Robles".to_owned() };
    let told = events(&feed.of_schedule(part, name));
    assert_eq!(told.len(), 52);
    for (shift, [_, stamp, start, end, summary]) in shifts.iter().zip(&told) {
        assert_eq!((stamp.as_str(), start, end), ("20260101T000000Z", &seconds(shift.from), &seconds(shift.to)));
        assert_eq!(*summary, format!("{}, East on call", name(&shift.rep)));
    }
    let own = events(&feed.of_rep(&"ines".into(), "Inés", &[part]));
    let wanted: Vec<_> = shifts.iter().filter(|s| s.rep.as_str() == "ines").map(|s| seconds(s.from)).collect();
    assert_eq!(own.iter().map(|event| event[2].clone()).collect::<Vec<_>>(), wanted);
}

/// Names that try to end a line, add a property, or hide.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[a-z,;:\\\\\"\r\n\t\u{0}\u{7f}\u{85}\u{2028}\u{202e}\u{feff}é漢😀 ]{0,120}",
        Just("\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x".to_owned()),
        Just("\\n\\,\\".to_owned()),
        "(é|漢|😀){20,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_name_gets_out_of_its_place(
        (company, id, label, rep, name) in (hostile(), hostile(), hostile(), hostile(), hostile()),
        from in 0i64..4_000_000_000_000, length in 1_000i64..1_000_000_000,
    ) {
        let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(from + length));
        let shifts = [Shift { rep: RepId(rep.clone()), from, to, why: vec![Why::Nobody] }];
        let id = ScheduleId(id);
        let part = Part { id: &id, label: &label, shifts: &shifts };
        let feed = Feed { company: &company, changed: at(CHANGED) };
        for (told, summary) in [
            (feed.of_schedule(part, |_| name.clone()), format!("{name}, {label}")),
            (feed.of_rep(&RepId(rep), &name, &[part]), format!("On call: {label}")),
        ] {
            let told = events(&told);
            prop_assert_eq!(told.len(), 1);
            prop_assert_eq!(&told[0][2..4], &[seconds(from), seconds(to)]);
            let safe = SafeText::line(&summary);
            prop_assert_eq!(told[0][4].trim(), safe.as_str().trim());
        }
    }

    #[test]
    fn events_of_different_things_have_different_names(
        one in ("[a-z@%-]{1,4}", "[a-z@%-]{1,4}"), other in ("[a-z@%-]{1,4}", "[a-z@%-]{1,4}"),
    ) {
        prop_assume!(one != other);
        let uid = |(schedule, rep): &(String, String)| {
            let id = ScheduleId::new(schedule);
            let shifts = [Shift { rep: RepId::new(rep), from: at(CHANGED), to: at("2026-02-01T00:00:00Z"), why: vec![] }];
            let feed = Feed { company: "Northwind", changed: at(CHANGED) };
            events(&feed.of_schedule(Part { id: &id, label: "", shifts: &shifts }, RepId::to_string))[0][0].clone()
        };
        prop_assert_ne!(uid(&one), uid(&other));
    }
}
