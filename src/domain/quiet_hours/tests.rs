use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::zone::{Source, state};

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).expect("valid").to_utc().into()
}

fn place(states: &[&str]) -> Place {
    let zones: BTreeMap<&str, Tz> = states
        .iter()
        .flat_map(|code| state(code).expect("a state").zones.iter().map(|zone| (zone.name(), *zone)))
        .collect();
    Place {
        zones: zones.into_values().collect(),
        by: Source::Address,
        states: states.iter().map(|code| (*code).to_owned()).collect(),
        in_us: true,
    }
}

fn wide() -> Compliance {
    Compliance { open_minute: 0, close_minute: 1440, ..Compliance::default() }
}

/// The open stretch of a date in a state's first zone, by asking every minute.
fn stretch(code: &str, date: &str) -> Option<(u32, u32)> {
    let place = Place { zones: vec![state(code).expect("a state").zones[0]], ..place(&[code]) };
    let own = wide();
    let hours = Hours { place: &place, own: &own };
    let date: NaiveDate = date.parse().expect("a date");
    let open = |minute: &u32| {
        let civil = date.and_hms_opt(minute / 60, minute % 60, 0).expect("a minute");
        let local = place.zones[0].from_local_datetime(&civil).earliest();
        local.is_some_and(|local| hours.is_open(local.to_utc().into()))
    };
    let all: Vec<u32> = (0..1440).filter(open).collect();
    let (first, last) = (*all.first()?, *all.last()?);
    assert_eq!(u32::try_from(all.len()), Ok(last - first + 1), "{code} {date}: one stretch");
    Some((first, last + 1))
}

#[test]
fn each_state_has_the_hours_of_its_sources() {
    const H: u32 = 60;
    // Wednesday, Saturday, Sunday, and a holiday (Memorial Day 2026, a Monday).
    let (wednesday, saturday, sunday, holiday) = ("2026-05-20", "2026-05-23", "2026-05-24", "2026-05-25");
    let federal = Some((8 * H, 21 * H));
    let till_eight = Some((8 * H, 20 * H));
    let from_nine = Some((9 * H, 21 * H));
    let nine_to_eight = Some((9 * H, 20 * H));
    let weekdays_only = |hours| [hours, hours, None, None];
    for (code, wanted) in [
        ("US-AL", weekdays_only(till_eight)),
        ("US-CA", [from_nine; 4]),
        ("US-CT", [nine_to_eight; 4]),
        ("US-FL", [till_eight; 4]),
        ("US-IL", [from_nine; 4]),
        ("US-KY", [Some((10 * H, 21 * H)); 4]),
        ("US-LA", weekdays_only(till_eight)),
        ("US-MA", [till_eight; 4]),
        ("US-MD", [till_eight; 4]),
        ("US-MI", [from_nine; 4]),
        ("US-MN", [from_nine; 4]),
        ("US-MS", weekdays_only(till_eight)),
        ("US-NJ", [till_eight; 4]),
        ("US-NM", [from_nine; 4]),
        ("US-NV", [nine_to_eight; 4]),
        ("US-OK", [till_eight; 4]),
        ("US-PA", [federal, Some((8 * H, 12 * H)), federal, None]),
        ("US-RI", [Some((9 * H, 18 * H)), Some((10 * H, 17 * H)), None, None]),
        ("US-SD", [from_nine, None, None, from_nine]),
        ("US-TN", [till_eight; 4]),
        ("US-TX", [from_nine, from_nine, Some((12 * H, 21 * H)), from_nine]),
        ("US-UT", weekdays_only(federal)),
        ("US-WA", [till_eight; 4]),
        ("US-WY", [till_eight; 4]),
        // And those without a law of their own.
        ("US-NY", [federal; 4]),
        ("US-OR", [federal; 4]),
        ("US-PR", [federal; 4]),
    ] {
        let found = [wednesday, saturday, sunday, holiday].map(|date| stretch(code, date));
        assert_eq!(found, wanted, "{code}");
    }
    let with_rules: BTreeSet<&str> = rules().iter().map(|rule| rule.place.as_str()).collect();
    assert_eq!(with_rules.len(), 25, "a state was added: add it to the list above, too");
}

#[test]
fn every_row_says_what_it_stands_on() {
    for rule in rules() {
        let Rule { place, on, hours, law, sources, .. } = rule;
        assert!(place == "US" || state(place).is_some(), "{place}");
        assert!(!law.is_empty() && !sources.is_empty(), "{place} {on:?}");
        assert!(hours.is_none_or(|(open, close)| open < close), "{place} {on:?}");
        let same = rules().iter().filter(|other| other.place == *place && other.on == *on && other.from == rule.from);
        assert_eq!(same.count(), 1, "{place} {on:?} stands twice");
    }
    assert!(checked() >= NaiveDate::from_ymd_opt(2026, 11, 28).expect("a date"));
}

#[test]
fn a_law_counts_from_the_day_it_came_into_force() {
    // Texas reads texts as solicitations since September 2025; before, the federal hours alone.
    assert_eq!(stretch("US-TX", "2025-08-31"), Some((8 * 60, 21 * 60)));
    assert_eq!(stretch("US-TX", "2025-09-01"), Some((9 * 60, 21 * 60)));
}

#[test]
fn the_edges_are_exact_to_the_millisecond() {
    let (new_york, own) = (place(&["US-NY"]), wide());
    let hours = Hours { place: &new_york, own: &own };
    for (text, open) in [
        ("2026-03-03T07:59:59.999-05:00", false),
        ("2026-03-03T08:00:00-05:00", true),
        ("2026-03-03T20:59:59.999-05:00", true),
        ("2026-03-03T21:00:00-05:00", false),
    ] {
        assert_eq!(hours.is_open(at(text)), open, "{text}");
    }
    // The night the clocks go forward is an hour shorter, and the one they go back an hour longer.
    for (night, opens) in [
        ("2026-03-07T22:00:00-05:00", "2026-03-08T08:00:00-04:00"),
        ("2026-10-31T22:00:00-04:00", "2026-11-01T08:00:00-05:00"),
    ] {
        assert_eq!(hours.next_open(at(night)), Some(at(opens)), "{night}");
    }
}

#[test]
fn where_a_buyer_may_be_in_two_zones_both_must_be_awake() {
    let (florida, own) = (place(&["US-FL"]), wide());
    assert_eq!(florida.zones.len(), 2);
    let hours = Hours { place: &florida, own: &own };
    // 8:00 in Chicago is the first hour of both, 20:00 in New York the last.
    assert!(!hours.is_open(at("2026-03-03T08:30:00-05:00")));
    assert!(hours.is_open(at("2026-03-03T08:00:00-06:00")));
    assert!(!hours.is_open(at("2026-03-03T20:00:00-05:00")));
    assert_eq!(hours.next_open(at("2026-03-03T20:00:00-05:00")), Some(at("2026-03-04T08:00:00-06:00")));
    assert_eq!(hours.closed_by(at("2026-03-03T19:30:00-06:00")).as_deref(), Some("Fla. Stat. 501.616(6)"));
}

#[test]
fn the_playbook_narrows_and_never_widens() {
    let new_york = place(&["US-NY"]);
    let own = Compliance { open_minute: 10 * 60, close_minute: 24 * 60, ..Compliance::default() };
    let hours = Hours { place: &new_york, own: &own };
    let morning = at("2026-03-03T09:00:00-05:00");
    assert_eq!(hours.closed_by(morning).as_deref(), Some("playbook"));
    assert_eq!(hours.next_open(morning), Some(at("2026-03-03T10:00:00-05:00")));
    assert_eq!(hours.closed_by(at("2026-03-03T21:30:00-05:00")).as_deref(), Some("47 CFR 64.1200(c)(1)"));
    // Outside the United States its own hours are all there is.
    let berlin = Place::of_zone(Tz::Europe__Berlin, Source::Contact);
    assert!(Hours { place: &berlin, own: &own }.is_open(at("2026-03-03T22:30:00+01:00")));
    // Nothing in common: never, rather than a search without end.
    let never = Compliance { open_minute: 22 * 60, close_minute: 23 * 60, ..Compliance::default() };
    let hours = Hours { place: &new_york, own: &never };
    assert_eq!(hours.judge(None, morning).said, Said::Never);
}

#[test]
fn a_direct_answer_may_leave_at_night_and_says_why() {
    let (new_york, own) = (place(&["US-NY"]), Compliance::default());
    let hours = Hours { place: &new_york, own: &own };
    let late = at("2026-03-03T22:30:00-05:00");
    let direct = hours.judge(Some(late - Span::minutes(120)), late);
    assert_eq!(direct.said, Said::Direct);
    assert_eq!(direct.closed_by.as_deref(), Some("47 CFR 64.1200(c)(1)"));
    assert!(direct.is_telling(Some(late), &own, late));
    let unasked = hours.judge(Some(late - Span::minutes(121)), late);
    assert_eq!(unasked.said, Said::Until(at("2026-03-04T08:00:00-05:00")));
    assert_eq!(
        (unasked.by, unasked.zones, unasked.states),
        (Source::Address, new_york.zones.clone(), new_york.states.clone())
    );
    let noon = at("2026-03-03T12:00:00-05:00");
    assert!(!hours.judge(Some(noon), noon).is_telling(Some(noon), &own, noon));
    assert!(hours.judge(None, noon).is_telling(None, &own, noon));
}

#[test]
fn federal_holidays_are_those_of_the_calendar() {
    let of = |year: i32| -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
        first
            .iter_days()
            .take_while(|d| chrono::Datelike::year(d) == year)
            .filter(|d| is_federal(*d))
            .map(|d| d.to_string())
            .collect()
    };
    assert_eq!(
        of(2026),
        [
            "2026-01-01",
            "2026-01-19",
            "2026-02-16",
            "2026-05-25",
            "2026-06-19",
            "2026-07-03",
            "2026-07-04",
            "2026-09-07",
            "2026-10-12",
            "2026-11-11",
            "2026-11-26",
            "2026-12-25",
        ]
    );
    // New Year 2028 is a Saturday and is observed on the last day of 2027.
    assert!(of(2027).contains(&"2027-12-31".to_owned()));
    assert!(of(2027).contains(&"2027-07-05".to_owned()) && of(2027).contains(&"2027-07-04".to_owned()));
}

/// Instants around clock changes, closed Sundays and holidays, and anywhere.
fn instant() -> impl Strategy<Value = Timestamp> {
    let minute = |text: &str| at(text).millis() / 60_000;
    let days = ["2026-03-08T00:00:00Z", "2026-11-01T00:00:00Z", "2026-05-24T00:00:00Z", "2026-12-25T00:00:00Z"];
    let near = prop::sample::select(days.map(minute).to_vec()).prop_flat_map(|m| m - 1440..m + 2 * 1440);
    prop_oneof![near, minute("2025-01-01T00:00:00Z")..minute("2029-01-01T00:00:00Z")]
        .prop_map(|m| Timestamp::from_millis(m * 60_000))
}

fn anywhere() -> impl Strategy<Value = Place> {
    let states: Vec<&'static str> = rules().iter().map(|r| r.place.as_str()).filter(|p| *p != "US").collect();
    let more = [Tz::Australia__Lord_Howe, Tz::Africa__Cairo, Tz::America__St_Johns, Tz::Asia__Kathmandu];
    let chosen = prop::collection::vec(prop::sample::select(states), 0..3);
    (chosen, prop::collection::vec(prop::sample::select(more.to_vec()), 0..2), any::<bool>()).prop_map(
        |(states, extra, in_us)| {
            let mut place = place(&states);
            place.zones.extend(extra);
            if place.zones.is_empty() {
                place.zones.push(Tz::UTC);
            }
            place.in_us |= in_us;
            place
        },
    )
}

fn limits() -> impl Strategy<Value = Compliance> {
    (0u16..1440, 1u16..=1440).prop_map(|(open_minute, close_minute)| Compliance {
        open_minute,
        close_minute,
        ..Compliance::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_may_leave_for_all_may_leave_for_each(place in anywhere(), own in limits(), at in instant()) {
        let all = Hours { place: &place, own: &own }.is_open(at);
        let each = place.zones.iter().all(|zone| {
            let states: Vec<Option<String>> =
                if place.states.is_empty() { vec![None] } else { place.states.iter().cloned().map(Some).collect() };
            states.into_iter().all(|state| {
                let one = Place { zones: vec![*zone], states: state.into_iter().collect(), ..place.clone() };
                Hours { place: &one, own: &own }.is_open(at)
            })
        });
        prop_assert_eq!(all, each);
    }

    #[test]
    fn nothing_leaves_outside_the_federal_hours_of_any_zone(place in anywhere(), own in limits(), at in instant()) {
        let place = Place { in_us: true, ..place };
        if (Hours { place: &place, own: &own }).is_open(at) {
            for zone in &place.zones {
                let hour = local(*zone, at).hour();
                prop_assert!((8..21).contains(&hour), "{hour} in {zone}");
            }
        }
    }

    #[test]
    fn the_next_window_is_what_a_walk_by_minutes_finds(place in anywhere(), own in limits(), from in instant()) {
        let hours = Hours { place: &place, own: &own };
        let walked = (0..4 * 1440).map(|n| from + Span::minutes(n)).find(|at| hours.is_open(*at));
        let found = hours.next_open(from);
        match walked {
            Some(at) => prop_assert_eq!(found, Some(at)),
            // Nothing within four days: a search finds nothing either, or something later.
            None => prop_assert!(found.is_none_or(|at| at > from + Span::minutes(4 * 1440 - 1) && hours.is_open(at))),
        }
    }
}
