use chrono::NaiveDate;
use chrono_tz::Tz;
use uuid::Uuid;

use super::*;
use crate::domain::hours::{Calendar, Window};

fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

/// Turns of a week from Monday 2026-03-02 at 9:00 in New York.
fn rotation(reps: &[&str]) -> Rotation {
    Rotation {
        label: String::new(),
        reps: reps.iter().map(|rep| (*rep != "-").then(|| RepId::from(*rep))).collect(),
        since: date(2026, 3, 2),
        hand_off: 9 * 60,
        length: Length::Days(7),
        zone: Tz::America__New_York,
        only: None,
    }
}

fn only(zone: Tz, days: &[usize], windows: &[&str], holidays: &[NaiveDate]) -> Calendar {
    let windows: Vec<Window> = windows.iter().map(|w| w.parse().unwrap()).collect();
    let week = std::array::from_fn(|day| if days.contains(&day) { windows.clone() } else { Vec::new() });
    Calendar { zone, week, holidays: holidays.iter().map(|day| (*day, Vec::new())).collect() }
}

fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

fn id(n: u128) -> OverrideId {
    OverrideId(Uuid::from_u128(n))
}

fn over(n: u128, rep: Option<&str>, from: &str, to: &str) -> Override {
    Override { id: id(n), rep: rep.map(RepId::from), from: at(from), to: at(to) }
}

fn says(rotation: &Rotation, table: &[(&str, Option<&str>)]) {
    for (when, who) in table {
        assert_eq!(rotation.at(at(when)).map(RepId::as_str), *who, "{when}");
    }
}

/// Shifts as a person would read them.
fn told(shifts: &[Shift]) -> Vec<String> {
    let short = |at: Timestamp| at.utc().format("%d %H:%M").to_string();
    shifts.iter().map(|s| format!("{} {} to {}", s.rep, short(s.from), short(s.to))).collect()
}

#[test]
fn hands_over_at_the_local_hour_through_daylight_saving() {
    says(
        &rotation(&["maya", "ben"]),
        &[
            ("2026-03-02T08:59:59-05:00", None),
            ("2026-03-02T09:00:00-05:00", Some("maya")),
            // The clocks change on Sunday the 8th; the hand-off stays at 9:00 local time.
            ("2026-03-09T08:59:59-04:00", Some("maya")),
            ("2026-03-09T09:00:00-04:00", Some("ben")),
            ("2026-03-16T09:00:00-04:00", Some("maya")),
        ],
    );
    let half_days = Rotation { length: Length::Hours(12), ..rotation(&["maya", "ben"]) };
    says(
        &half_days,
        &[
            ("2026-03-07T20:59:59-05:00", Some("maya")),
            ("2026-03-07T21:00:00-05:00", Some("ben")),
            ("2026-03-08T08:59:59-04:00", Some("ben")),
            ("2026-03-08T09:00:00-04:00", Some("maya")),
            ("2026-03-08T21:00:00-04:00", Some("ben")),
        ],
    );
}

#[test]
fn a_hand_off_in_a_gap_moves_on_and_one_in_a_fold_is_the_first() {
    let nightly = |since, hand_off| Rotation { since, hand_off, length: Length::Days(1), ..rotation(&["a", "b"]) };
    // 02:30 does not exist on the 8th of March: 03:30 takes its place.
    says(
        &nightly(date(2026, 3, 7), 150),
        &[
            ("2026-03-08T01:59:59-05:00", Some("a")),
            ("2026-03-08T03:29:59-04:00", Some("a")),
            ("2026-03-08T03:30:00-04:00", Some("b")),
            ("2026-03-09T02:30:00-04:00", Some("a")),
        ],
    );
    // 01:30 comes twice on the 1st of November: the second one changes nothing.
    says(
        &nightly(date(2026, 10, 31), 90),
        &[
            ("2026-11-01T01:29:59-04:00", Some("a")),
            ("2026-11-01T01:30:00-04:00", Some("b")),
            ("2026-11-01T01:15:00-05:00", Some("b")),
            ("2026-11-01T01:30:00-05:00", Some("b")),
            ("2026-11-02T01:30:00-05:00", Some("a")),
        ],
    );
}

#[test]
fn the_turn_of_a_skipped_day_has_no_length() {
    // Samoa went from Thursday the 29th to Saturday the 31st of December 2011.
    let zone = Tz::Pacific__Apia;
    let daily = Rotation {
        since: date(2011, 12, 28),
        length: Length::Days(1),
        zone,
        ..rotation(&["wednesday", "thursday", "friday", "saturday"])
    };
    let schedule = FinalSchedule { layers: &[daily], overrides: &[] };
    let shifts = schedule.shifts(at("2011-12-28T09:00:00-10:00"), at("2012-01-01T09:00:00+14:00"));
    let who: Vec<_> = shifts.iter().map(|s| (s.rep.as_str(), (s.to - s.from).as_seconds() / 3600)).collect();
    assert_eq!(who, [("wednesday", 24), ("thursday", 24), ("saturday", 24)]);
    assert_eq!(schedule.gaps(at("2011-12-28T09:00:00-10:00"), at("2012-01-01T09:00:00+14:00")), []);
}

#[test]
fn nights_belong_to_the_day_they_open() {
    let zone = Tz::America__New_York;
    // Weekday nights; Wednesday the 4th is a holiday.
    let nights = Rotation {
        only: Some(only(zone, &[0, 1, 2, 3, 4], &["18:00-08:00", "12:00-13:00"], &[date(2026, 3, 4)])),
        ..rotation(&["maya"])
    };
    says(
        &nights,
        &[
            ("2026-03-02T12:59:00-05:00", Some("maya")),
            ("2026-03-02T13:00:00-05:00", None),
            ("2026-03-02T18:00:00-05:00", Some("maya")),
            ("2026-03-03T07:59:59-05:00", Some("maya")),
            ("2026-03-03T08:00:00-05:00", None),
            // Tuesday's night ends on the holiday's morning; the holiday's own does not begin.
            ("2026-03-04T07:59:59-05:00", Some("maya")),
            ("2026-03-04T12:30:00-05:00", None),
            ("2026-03-04T18:00:00-05:00", None),
            ("2026-03-05T07:00:00-05:00", None),
            ("2026-03-05T18:00:00-05:00", Some("maya")),
            // Friday's night runs into Saturday.
            ("2026-03-07T07:59:59-05:00", Some("maya")),
            ("2026-03-07T18:00:00-05:00", None),
        ],
    );
}

#[test]
fn the_later_layer_has_it_where_it_has_somebody() {
    let zone = Tz::America__New_York;
    let weekends = Rotation {
        label: "weekends".to_owned(),
        reps: vec![Some("ines".into()), None],
        only: Some(only(zone, &[5, 6], &["00:00-24:00"], &[])),
        ..rotation(&[])
    };
    let layers = [rotation(&["maya", "ben"]), weekends];
    let schedule = FinalSchedule { layers: &layers, overrides: &[] };
    let said = |when: &str| {
        let OnCall { rep, why } = schedule.at(at(when));
        (rep.map(RepId::as_str), why)
    };
    assert_eq!(said("2026-03-01T12:00:00-05:00"), (None, Why::Nobody));
    assert_eq!(said("2026-03-06T23:59:59-05:00"), (Some("maya"), Why::Layer(0)));
    assert_eq!(said("2026-03-07T00:00:00-05:00"), (Some("ines"), Why::Layer(1)));
    // The weekend after, the turn is empty: the layer below shows through.
    assert_eq!(said("2026-03-14T12:00:00-04:00"), (Some("ben"), Why::Layer(0)));
    let shifts = schedule.shifts(at("2026-03-06T17:00:00Z"), at("2026-03-16T17:00:00Z"));
    assert_eq!(
        told(&shifts),
        [
            "maya 06 17:00 to 07 05:00",
            "ines 07 05:00 to 09 04:00",
            "maya 09 04:00 to 09 13:00",
            "ben 09 13:00 to 16 13:00",
            "maya 16 13:00 to 16 17:00",
        ]
    );
}

#[test]
fn an_override_wins_and_the_last_one_made_wins_over_all() {
    let layers = [rotation(&["maya", "ben"])];
    let overrides = [
        over(1, Some("ines"), "2026-03-03T12:00:00Z", "2026-03-03T20:00:00Z"),
        over(2, None, "2026-03-03T14:00:00Z", "2026-03-03T15:00:00Z"),
        over(3, Some("maya"), "2026-03-03T19:00:00Z", "2026-03-03T22:00:00Z"),
        // It ends before it begins, so it changes nothing.
        over(4, Some("omar"), "2026-03-03T18:00:00Z", "2026-03-03T10:00:00Z"),
    ];
    let schedule = FinalSchedule { layers: &layers, overrides: &overrides };
    assert_eq!(schedule.at(at("2026-03-03T14:30:00Z")), OnCall { rep: None, why: Why::Override(id(2)) });
    assert_eq!(schedule.at(at("2026-03-03T15:00:00Z")).why, Why::Override(id(1)));
    let (from, to) = (at("2026-03-03T10:00:00Z"), at("2026-03-04T10:00:00Z"));
    let shifts = schedule.shifts(from, to);
    assert_eq!(
        told(&shifts),
        [
            "maya 03 10:00 to 03 12:00",
            "ines 03 12:00 to 03 14:00",
            "ines 03 15:00 to 03 19:00",
            "maya 03 19:00 to 04 10:00",
        ]
    );
    assert_eq!(shifts[3].why, [Why::Override(id(3)), Why::Layer(0)], "one shift, and all that it rests on");
    let gap = Gap { from: at("2026-03-03T14:00:00Z"), to: at("2026-03-03T15:00:00Z"), why: vec![Why::Override(id(2))] };
    assert_eq!(schedule.gaps(from, to), [gap]);
    assert_eq!(schedule.shift_at(at("2026-03-03T14:30:00Z")), None);
    assert_eq!(schedule.shift_at(at("2026-03-03T15:00:00Z")), Some(shifts[2].clone()));
    let whole = schedule.shift_at(at("2026-03-04T10:00:00Z")).unwrap();
    assert_eq!(told(&[whole]), ["maya 03 19:00 to 09 13:00"], "not cut by what was asked before");
    let next = |after: &str| schedule.next_hand_off(at(after)).map(|h| (h.at, h.gives, h.takes));
    let (maya, ben, ines) = (Some("maya".into()), Some("ben".into()), Some("ines".into()));
    assert_eq!(next("2026-03-03T10:00:00Z"), Some((at("2026-03-03T12:00:00Z"), maya.clone(), ines.clone())));
    assert_eq!(next("2026-03-03T12:00:00Z"), Some((at("2026-03-03T14:00:00Z"), ines.clone(), None)));
    assert_eq!(next("2026-03-03T14:59:59Z"), Some((at("2026-03-03T15:00:00Z"), None, ines)));
    assert_eq!(next("2026-03-04T10:00:00Z"), Some((at("2026-03-09T13:00:00Z"), maya, ben)));
}

#[test]
fn a_swap_is_two_overrides_and_only_of_two_shifts_of_two_people() {
    let layers = [rotation(&["maya", "ben", "ines"])];
    let plain = FinalSchedule { layers: &layers, overrides: &[] };
    let shifts = plain.shifts(at("2026-03-02T14:00:00Z"), at("2026-03-23T13:00:00Z"));
    assert_eq!(told(&shifts), ["maya 02 14:00 to 09 13:00", "ben 09 13:00 to 16 13:00", "ines 16 13:00 to 23 13:00"]);
    let overrides = swap([id(1), id(2)], &shifts[0], &shifts[2]).unwrap();
    let swapped = FinalSchedule { layers: &layers, overrides: &overrides };
    let shifts_after = swapped.shifts(shifts[0].from, shifts[2].to);
    assert_eq!(
        told(&shifts_after),
        ["ines 02 14:00 to 09 13:00", "ben 09 13:00 to 16 13:00", "maya 16 13:00 to 23 13:00"]
    );
    // Decided with numbers: the layers may change, the swap stays.
    let other = [rotation(&["omar"])];
    let moved = FinalSchedule { layers: &other, overrides: &overrides };
    assert_eq!(moved.at(shifts[2].from).rep.map(RepId::as_str), Some("maya"));

    assert_eq!(swap([id(1), id(2)], &shifts[0], &shifts[0]), Err(NotASwap::OneShift));
    let again = Shift { rep: shifts[0].rep.clone(), ..shifts[1].clone() };
    assert_eq!(swap([id(1), id(2)], &shifts[0], &again), Err(NotASwap::SamePerson));
    let long = Shift { to: shifts[1].to, ..shifts[0].clone() };
    assert_eq!(swap([id(1), id(2)], &long, &shifts[1]), Err(NotASwap::Overlap));
    let empty = Shift { to: shifts[0].from, ..shifts[0].clone() };
    assert_eq!(swap([id(1), id(2)], &empty, &shifts[1]), Err(NotASwap::NoLength));
}

#[test]
fn what_was_stored_before_schedules_reads_and_is_written_the_same() {
    let stored = r#"{"reps":["maya","ben"],"since":"2026-03-02","hand_off":540,"days":7,"zone":"America/New_York"}"#;
    let read: Rotation = serde_json::from_str(stored).unwrap();
    assert_eq!(read, rotation(&["maya", "ben"]));
    assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    let zone = Tz::America__New_York;
    let full = Rotation {
        label: "nights".to_owned(),
        length: Length::Hours(12),
        only: Some(only(zone, &[0], &["18:00-08:00"], &[date(2026, 12, 25)])),
        ..rotation(&["maya", "-"])
    };
    let schedule = Schedule { label: "East".to_owned(), team: Some("east".into()), zone, layers: vec![full, read] };
    let text = serde_json::to_string(&schedule).unwrap();
    assert!(text.contains(r#""reps":["maya",null]"#) && text.contains(r#""hours":12"#), "{text}");
    assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), schedule);
}

#[test]
fn hostile_numbers_end() {
    let nobody = rotation(&[]);
    assert_eq!(nobody.at(at("2026-04-01T12:00:00Z")), None);
    let (least, most) = (NaiveDate::MIN, NaiveDate::MAX);
    for length in [Length::Days(0), Length::Days(1), Length::Days(u32::MAX), Length::Hours(0), Length::Hours(u32::MAX)]
    {
        for since in [least, date(1, 1, 1), date(9999, 12, 31), most] {
            let layers = [Rotation { length, since, hand_off: u16::MAX, ..rotation(&["maya", "-", "ben"]) }];
            let schedule = FinalSchedule { layers: &layers, overrides: &[] };
            for edge in [i64::MIN, 0, i64::MAX].map(|ms| serde_json::from_value(ms.into()).unwrap()) {
                let _ = (schedule.at(edge), schedule.next_hand_off(edge), schedule.gaps(edge, Timestamp::MAX));
            }
        }
    }
    // Ten years of hours, and no more.
    let layers = [Rotation { length: Length::Hours(1), since: date(1, 1, 1), ..rotation(&["maya", "ben"]) }];
    let schedule = FinalSchedule { layers: &layers, overrides: &[] };
    let shifts = schedule.shifts(at("2026-01-01T00:00:00Z"), Timestamp::MAX);
    assert!((87_500..87_700).contains(&shifts.len()), "{}", shifts.len());
    assert_eq!(schedule.shifts(Timestamp::MAX, Timestamp::MIN), []);
    // Nothing ever changes, and the search says so.
    let layers = [rotation(&["maya"])];
    let schedule = FinalSchedule { layers: &layers, overrides: &[] };
    assert_eq!(schedule.next_hand_off(at("2026-04-01T12:00:00Z")), None);
    let long = schedule.shift_at(at("2026-04-01T12:00:00Z")).unwrap();
    assert_eq!((long.from, long.to), (at("2026-03-02T14:00:00Z"), at("2027-05-06T12:00:00Z")), "400 days on");
    assert_eq!(schedule.next_hand_off(at("2026-03-01T12:00:00Z")).unwrap().at, at("2026-03-02T14:00:00Z"));
}
