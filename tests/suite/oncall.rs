//! Who is on call, against an oracle that reads the documented rules minute by minute from the clock on the wall, by
//! another library ([`crate::civil`]).
//!
//! The oracle knows no turns that become instants and no merging: it writes down when each hand-off's wall time is first
//! shown, lets the latest one have every minute from there on, and lays layer over layer and override over override.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use comeback::domain::hours::{Calendar, Window};
use comeback::domain::id::{OverrideId, RepId};
use comeback::domain::oncall::{FinalSchedule, Length, OnCall, Override, Rotation, Why, swap};
use comeback::domain::time::{Span, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::civil::{DAYS, MINUTE, Walk, walks};
use crate::hours::window;

/// Who has a minute, and why.
type Answer = (Option<RepId>, Why);

/// Who this rotation has in every minute of the stretch.
fn walk_rotation(rotation: &Rotation, walk: &Walk) -> Vec<Option<RepId>> {
    assert_eq!(rotation.zone, walk.zone);
    let first = rotation.since.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(rotation.hand_off.into());
    let length = match rotation.length {
        Length::Days(days) => TimeDelta::days(days.into()),
        Length::Hours(hours) => TimeDelta::hours(hours.into()),
    };
    let end = walk.first_date.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::days(DAYS + 3);
    let mut begun_before = None;
    let mut begins: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut civil, mut turn) = (first, 0);
    while civil < end {
        let begin = walk.covers(civil).then(|| walk.instant(civil)).filter(|ms| *ms > walk.first);
        match begin {
            None => begun_before = Some(turn),
            // A hand-off between two minutes has come at the second; all of ours are whole.
            Some(ms) => {
                assert_eq!((ms - walk.first) % MINUTE, 0);
                if let Some(minute) = walk.minute(ms) {
                    let latest = begins.entry(minute).or_insert(turn);
                    *latest = turn.max(*latest);
                }
            }
        }
        civil += length;
        turn += 1;
    }
    let open = rotation.only.as_ref().map(|hours| {
        let weekday = |date: NaiveDate| chrono::Datelike::weekday(&date).num_days_from_monday() as usize;
        walk.open(|date| hours.holidays.get(&date).unwrap_or(&hours.week[weekday(date)]))
    });
    let mut has = begun_before;
    (0..Walk::minutes())
        .map(|minute| {
            has = has.max(begins.get(&minute).copied());
            let turn = has.filter(|_| !rotation.reps.is_empty() && open.as_ref().is_none_or(|open| open[minute]))?;
            rotation.reps[turn % rotation.reps.len()].clone()
        })
        .collect()
}

/// Who is on call in every minute of the stretch. `walks` has a walk for the zone of every layer.
fn walk_schedule(layers: &[Rotation], overrides: &[Override], walks: &[&Walk]) -> Vec<Answer> {
    let mut answers = vec![(None, Why::Nobody); Walk::minutes()];
    for (index, layer) in layers.iter().enumerate() {
        let walk = walks.iter().find(|walk| walk.zone == layer.zone).unwrap();
        for (answer, rep) in answers.iter_mut().zip(walk_rotation(layer, walk)) {
            if rep.is_some() {
                *answer = (rep, Why::Layer(index));
            }
        }
    }
    for (minute, answer) in answers.iter_mut().enumerate() {
        let now = walks[0].at(minute);
        for o in overrides.iter().filter(|o| o.from <= now && now < o.to) {
            *answer = (o.rep.clone(), Why::Override(o.id));
        }
    }
    answers
}

/// Asks every question of the stretch and holds the answers against the oracle's.
fn compare(layers: &[Rotation], overrides: &[Override], walks: &[&Walk], (from, to): (usize, usize)) {
    let schedule = FinalSchedule { layers, overrides };
    let answers = walk_schedule(layers, overrides, walks);
    let at = |minute| walks[0].at(minute);
    let minute = |at: Timestamp| usize::try_from((at.millis() - walks[0].first) / MINUTE).unwrap();

    let asked = |at| {
        let OnCall { rep, why } = schedule.at(at);
        (rep.cloned(), why)
    };
    for (now, answer) in answers.iter().enumerate() {
        let edge = now > 0 && answers[now - 1] != *answer;
        if edge {
            assert_eq!(asked(at(now) - Span::millis(1)), answers[now - 1], "just before {}", at(now));
        }
        if edge || now % 61 == 0 {
            assert_eq!(asked(at(now)), *answer, "{} in {}", at(now), walks[0].zone);
        }
    }

    let shifts = schedule.shifts(at(from), at(to));
    let mut painted = vec![None; answers.len()];
    for shift in &shifts {
        assert!(at(from) <= shift.from && shift.from < shift.to && shift.to <= at(to), "{shift:?}");
        let here = minute(shift.from)..minute(shift.to);
        let why: BTreeSet<Why> = answers[here.clone()].iter().map(|(_, why)| *why).collect();
        assert_eq!((why.len(), why), (shift.why.len(), shift.why.iter().copied().collect()), "{shift:?}");
        painted[here].fill(Some(shift.rep.clone()));
    }
    for now in from..to {
        assert_eq!(painted[now], answers[now].0, "{} in the shifts {shifts:?}", at(now));
    }
    for pair in shifts.windows(2) {
        assert!(pair[0].to <= pair[1].from, "in order and disjoint: {pair:?}");
        assert!(pair[0].to < pair[1].from || pair[0].rep != pair[1].rep, "one shift told as two: {pair:?}");
    }
    let gaps = schedule.gaps(at(from), at(to));
    let mut nobody = vec![false; answers.len()];
    for gap in &gaps {
        nobody[minute(gap.from)..minute(gap.to)].fill(true);
        assert!(gap.why.iter().all(|why| !matches!(why, Why::Layer(_))), "{gap:?}");
    }
    assert!((from..to).all(|now| nobody[now] == answers[now].0.is_none()), "{gaps:?}");
    assert!(gaps.windows(2).all(|pair| pair[0].to < pair[1].from), "{gaps:?}");

    for now in (0..answers.len()).step_by(3931) {
        let next = (now..answers.len()).find(|later| answers[*later].0 != answers[now].0);
        let told = schedule.next_hand_off(at(now));
        match next {
            Some(next) => {
                let told = told.unwrap();
                let (gives, takes) = (answers[next - 1].0.clone(), answers[next].0.clone());
                assert_eq!((told.at, told.gives, told.takes), (at(next), gives, takes), "after {}", at(now));
            }
            None => assert!(told.is_none_or(|told| told.at >= at(answers.len())), "after {}", at(now)),
        }
        // The whole shift around it, as far as the stretch reaches.
        let around = schedule.shift_at(at(now));
        assert_eq!(around.as_ref().map(|shift| &shift.rep), answers[now].0.as_ref(), "{}", at(now));
        if let Some(shift) = around {
            let begins =
                (0..now).rev().find(|earlier| answers[*earlier].0 != answers[now].0).map(|before| at(before + 1));
            assert!(begins.map_or(shift.from <= at(0), |begins| shift.from == begins), "{shift:?} around {}", at(now));
            assert!(next.map_or(shift.to >= at(answers.len()), |next| shift.to == at(next)), "{shift:?}");
        }
    }
}

fn rep() -> impl Strategy<Value = Option<RepId>> {
    prop_oneof![5 => prop::sample::select(vec!["maya", "ben", "ines"]).prop_map(|rep| Some(rep.into())), 1 => Just(None)]
}

fn hours(walk: &'static Walk) -> impl Strategy<Value = Calendar> {
    let day = || prop::collection::vec(window(), 0..3);
    let holiday = (0..DAYS, prop::collection::vec(window(), 0..2));
    let week = [day(), day(), day(), day(), day(), day(), day()];
    (week, prop::collection::vec(holiday, 0..3)).prop_map(|(week, holidays)| {
        let date = |day| walk.first_date + TimeDelta::days(day);
        let holidays = holidays.into_iter().map(|(day, windows)| (date(day), windows)).collect();
        Calendar { zone: walk.zone, week, holidays }
    })
}

fn rotation(walk: &'static Walk) -> impl Strategy<Value = Rotation> {
    let length = prop_oneof![
        3 => prop::sample::select(vec![1, 1, 1, 2, 7]).prop_map(Length::Days),
        2 => prop::sample::select(vec![1, 2, 5, 8, 10, 12, 24, 25, 36]).prop_map(Length::Hours),
    ];
    // Hand-offs crowd into the small hours, where clocks change; some rotations have run for years.
    let hand_off = prop_oneof![1 => 0u16..1440, 3 => (0u16..48).prop_map(|n| n * 5)];
    let since = prop_oneof![2 => -20..DAYS, 1 => -1200i64..-20];
    let only = prop::option::weighted(0.4, hours(walk));
    (prop::collection::vec(rep(), 0..4), since, hand_off, length, only).prop_map(
        |(reps, since, hand_off, length, only)| {
            let since = walk.first_date + TimeDelta::days(since);
            Rotation { label: String::new(), reps, since, hand_off, length, zone: walk.zone, only }
        },
    )
}

fn overrides(walk: &'static Walk) -> impl Strategy<Value = Vec<Override>> {
    let last = DAYS * 1440;
    let one = (-2000..last, prop_oneof![1i64..600, 1i64..20_000, -600i64..1], rep());
    prop::collection::vec(one, 0..5).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(n, (from, length, rep))| Override {
            id: OverrideId(Uuid::from_u128(n as u128)),
            rep,
            from: Timestamp::from_millis(walk.first + from * MINUTE),
            to: Timestamp::from_millis(walk.first + (from + length) * MINUTE),
        });
        made.collect()
    })
}

type Case = (&'static Walk, Vec<Rotation>, Vec<Override>, (usize, usize));

fn case() -> impl Strategy<Value = Case> {
    (0..walks().len()).prop_flat_map(|place| {
        let walk = &walks()[place];
        let range = prop_oneof![
            Just((0, Walk::minutes())),
            (0..Walk::minutes(), 0..Walk::minutes()).prop_map(|(a, b)| (a.min(b), a.max(b))),
        ];
        (Just(walk), prop::collection::vec(rotation(walk), 0..4), overrides(walk), range)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_schedule_agrees_with_a_minute_by_minute_walk((walk, layers, overrides, range) in case()) {
        compare(&layers, &overrides, &[walk], range);
    }
}

fn people(names: &[&str]) -> Vec<Option<RepId>> {
    names.iter().map(|name| Some(RepId::from(*name))).collect()
}

fn plain(walk: &Walk, length: Length, hand_off: u16) -> Rotation {
    let (reps, since) = (people(&["maya", "ben", "ines"]), walk.first_date - TimeDelta::days(9));
    Rotation { label: String::new(), reps, since, hand_off, length, zone: walk.zone, only: None }
}

fn whole() -> (usize, usize) {
    (0, Walk::minutes())
}

#[test]
fn daily_weekly_and_hourly_turns_agree_with_the_walk_in_every_place() {
    for walk in walks() {
        for length in [Length::Days(1), Length::Days(7), Length::Hours(1), Length::Hours(12)] {
            for hand_off in [0, 150, 540] {
                compare(&[plain(walk, length, hand_off)], &[], &[walk], whole());
            }
        }
    }
}

#[test]
fn weeks_nights_weekends_and_holidays_agree_with_the_walk_in_every_place() {
    for walk in walks() {
        let hours = |days: &[usize], text: &str| {
            let window: Window = text.parse().unwrap();
            let week = std::array::from_fn(|day| if days.contains(&day) { vec![window] } else { Vec::new() });
            Calendar { zone: walk.zone, week, holidays: BTreeMap::new() }
        };
        let holiday = walk.first_date + TimeDelta::days(5);
        let off = |mut hours: Calendar| {
            hours.holidays.insert(holiday, Vec::new());
            Some(hours)
        };
        let base = plain(walk, Length::Days(7), 540);
        let layers = [
            Rotation { only: off(hours(&[0, 1, 2, 3, 4], "18:00-08:00")), ..base.clone() },
            Rotation { only: off(hours(&[5, 6], "00:00-24:00")), reps: people(&["omar", "zoe"]), ..base.clone() },
            Rotation {
                only: Some(Calendar {
                    holidays: [(holiday, vec![Window::WHOLE_DAY])].into(),
                    ..hours(&[], "0:00-24:00")
                }),
                reps: people(&["lea"]),
                ..base.clone()
            },
        ];
        compare(&layers, &[], &[walk], whole());
    }
}

#[test]
fn layers_of_two_zones_agree_with_the_walks_of_both() {
    for (zone, first) in [(Tz::America__New_York, (2026, 3, 3)), (Tz::America__New_York, (2026, 10, 26))] {
        let first = NaiveDate::from_ymd_opt(first.0, first.1, first.2).unwrap();
        let near = walks().iter().find(|walk| walk.zone == zone && walk.first_date == first).unwrap();
        let far = Walk::of(Tz::Europe__London, first);
        // London by day, New York by its own: what is left over is told as a gap.
        let day = |walk: &Walk| {
            let week =
                std::array::from_fn(|day| if day < 5 { vec!["09:00-17:00".parse().unwrap()] } else { Vec::new() });
            Rotation {
                only: Some(Calendar { zone: walk.zone, week, holidays: BTreeMap::new() }),
                ..plain(walk, Length::Days(7), 540)
            }
        };
        compare(&[day(near), day(&far)], &[], &[near, &far], whole());
    }
}

#[test]
fn a_swap_exchanges_two_shifts_and_touches_no_other_minute() {
    for walk in walks() {
        let layers = [plain(walk, Length::Days(2), 540)];
        let before = FinalSchedule { layers: &layers, overrides: &[] };
        let shifts = before.shifts(walk.at(0), walk.at(Walk::minutes()));
        let (one, other) = (&shifts[1], &shifts[3]);
        let ids = [1, 2].map(|n| OverrideId(Uuid::from_u128(n)));
        let overrides = swap(ids, one, other).unwrap();
        compare(&layers, &overrides, &[walk], whole());
        let after = FinalSchedule { layers: &layers, overrides: &overrides };
        for minute in (0..Walk::minutes()).step_by(17) {
            let now = walk.at(minute);
            let wanted = if one.from <= now && now < one.to {
                Some(&other.rep)
            } else if other.from <= now && now < other.to {
                Some(&one.rep)
            } else {
                before.at(now).rep
            };
            assert_eq!(after.at(now).rep, wanted, "{now} in {}", walk.zone);
        }
    }
}
